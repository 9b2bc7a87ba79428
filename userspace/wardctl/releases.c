// SPDX-License-Identifier: MIT
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "appraise.h"
#include "infile.h"
#include "releases.h"

static int take_time(struct wardctl *ctl, const char *option, const char *text, int64_t *to,
		     bool *has)
{
	*has = !wv_time_parse(text, to);
	if (*has)
		return EXIT_OK;
	return ctl_usage(ctl, "--%s takes a time such as 2026-01-31T12:00:00Z, not '%s'", option,
			 text);
}

int releases_since(struct wardctl *ctl, struct releases *r, const char *text)
{
	return take_time(ctl, "since", text, &r->since, &r->has_since);
}

int releases_until(struct wardctl *ctl, struct releases *r, const char *text)
{
	return take_time(ctl, "until", text, &r->until, &r->has_until);
}

static bool in_range(const struct releases *r, int64_t time)
{
	return (!r->has_since || time >= r->since) && (!r->has_until || time < r->until);
}

static bool keep(struct releases *r, const struct wv_release *one)
{
	struct wv_release *more = reallocarray(r->one, r->count + 1, sizeof(*more));

	if (!more)
		return false;
	r->one = more;
	more[r->count++] = *one;
	return true;
}

static int take_line(struct wardctl *ctl, struct releases *r, const char *path, size_t number,
		     struct wv_bytes line)
{
	struct wv_release one;
	struct wv_fault fault;
	char where[512];

	if (wv_release_parse(line, &one, &fault)) {
		snprintf(where, sizeof(where), "%s, line %zu of the log", path, number);
		return appraise_fault(ctl, where, &fault);
	}
	if (in_range(r, one.time) && !keep(r, &one))
		return ctl_error(ctl, EXIT_DEVICE, "no-memory", "no memory");
	return EXIT_OK;
}

static int take_lines(struct wardctl *ctl, struct releases *r, const char *path,
		      struct wv_bytes log)
{
	size_t at = 0, number = 0;
	int rc = EXIT_OK;

	while (!rc && at < log.len) {
		const uint8_t *end = memchr(log.data + at, '\n', log.len - at);
		size_t len = end ? (size_t)(end - log.data) - at : log.len - at;

		rc = take_line(ctl, r, path, ++number, (struct wv_bytes){ log.data + at, len });
		at += len + 1;
	}
	return rc;
}

int releases_read(struct wardctl *ctl, const char *path, struct releases *r)
{
	struct wv_bytes log;
	int rc;

	if (r->has_since && r->has_until && r->since >= r->until)
		return ctl_usage(ctl, "--until must be after --since");
	rc = infile_read(ctl, path, &log);
	if (rc)
		return rc;
	rc = take_lines(ctl, r, path, log);
	infile_free(&log);
	if (!rc && !r->count)
		rc = ctl_error(ctl, EXIT_USAGE, "no-release",
			       "%s: no release lies in this time: nothing could be said of it", path);
	return rc;
}

void releases_free(struct releases *r)
{
	free(r->one);
	r->one = NULL;
	r->count = 0;
}

bool releases_file(const char *dir, const struct wv_release *one, char *to, size_t room)
{
	int n = snprintf(to, room, "%s/", dir);
	size_t at = (size_t)n, i;

	if (n < 0 || at + 2 * sizeof(one->release) + sizeof(".ward") > room)
		return false;
	for (i = 0; i < sizeof(one->release); i++)
		at += (size_t)snprintf(to + at, room - at, "%02x", one->release[i]);
	snprintf(to + at, room - at, ".ward");
	return true;
}

static void show_time(struct wardctl *ctl, const char *key, bool has, int64_t time)
{
	char text[32];

	if (!has) {
		out_null(ctl->out, key);
		return;
	}
	wv_time_text(time, text);
	out_text(ctl->out, key, text);
}

void releases_show(struct wardctl *ctl, const struct releases *r)
{
	show_time(ctl, "since", r->has_since, r->since);
	show_time(ctl, "until", r->has_until, r->until);
	out_uint(ctl->out, "releases", r->count);
}

void releases_show_one(struct wardctl *ctl, const struct wv_release *one)
{
	out_hex(ctl->out, "release", one->release, sizeof(one->release));
	out_hex(ctl->out, "session", one->session, sizeof(one->session));
	show_time(ctl, "time", true, one->time);
}
