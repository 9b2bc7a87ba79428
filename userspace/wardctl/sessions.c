// SPDX-License-Identifier: MIT
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "hex.h"
#include "sessions.h"

static int take(const struct ward_session_entry *entry, void *arg)
{
	struct sessions *sessions = arg;
	struct ward_session_entry *more;

	more = reallocarray(sessions->entry, sessions->count + 1, sizeof(*more));
	if (!more)
		return -ENOMEM;
	sessions->entry = more;
	more[sessions->count++] = *entry;
	return 0;
}

/* Sessions come and go under a dump; a few tries give a consistent one. */
int sessions_read(struct ward_control *control, struct sessions *out)
{
	int err = -EINTR, tries;

	memset(out, 0, sizeof(*out));
	for (tries = 0; err == -EINTR && tries < 5; tries++) {
		out->count = 0;
		err = ward_control_sessions(control, take, out);
	}
	if (err)
		sessions_free(out);
	return err;
}

void sessions_free(struct sessions *sessions)
{
	free(sessions->entry);
	memset(sessions, 0, sizeof(*sessions));
}

const struct ward_session_entry *sessions_find(const struct sessions *sessions,
					       const uint8_t *id)
{
	size_t i;

	for (i = 0; i < sessions->count; i++)
		if (!memcmp(sessions->entry[i].id, id, WARD_ID_LEN))
			return &sessions->entry[i];
	return NULL;
}

#define PREFIX_LEAST 8u

bool session_named(const char *text)
{
	size_t len = strlen(text);

	return len >= PREFIX_LEAST && len <= 2 * WARD_ID_LEN &&
	       strspn(text, "0123456789abcdefABCDEF") == len;
}

/* How many begin with @text; the first of them, and the others' ids as a list. */
static size_t matches(const struct sessions *sessions, const char *text, uint8_t *id,
		      char *list, size_t room)
{
	char name[SESSION_ID_TEXT];
	size_t i, n = 0, at = 0;

	for (i = 0; i < sessions->count; i++) {
		session_id_text(sessions->entry[i].id, name);
		if (strncasecmp(name, text, strlen(text)))
			continue;
		if (!n++)
			memcpy(id, sessions->entry[i].id, WARD_ID_LEN);
		if (at < room)
			at += (size_t)snprintf(list + at, room - at, "\n  %s", name);
	}
	return n;
}

int session_find(struct wardctl *ctl, struct ward_control *control, const char *text,
		 uint8_t *id)
{
	struct sessions sessions;
	char list[512] = "";
	size_t n;
	int err;

	if (strlen(text) == 2 * WARD_ID_LEN && hex_decode(text, id, WARD_ID_LEN))
		return EXIT_OK;
	err = sessions_read(control, &sessions);
	if (err)
		return device_refused(ctl, control, err, "session list");
	n = matches(&sessions, text, id, list, sizeof(list));
	sessions_free(&sessions);
	if (!n)
		return ctl_error(ctl, EXIT_DEVICE, "no-session",
				 "no such session is open, or it is not yours: '%s'\n"
				 "  mend: wardctl session list shows those that are open", text);
	if (n > 1)
		return ctl_error(ctl, EXIT_USAGE, "ambiguous",
				 "'%s' begins the ids of %zu sessions: say more of it:%s", text, n,
				 list);
	return EXIT_OK;
}

void sessions_none(struct wardctl *ctl)
{
	out_line(ctl->out, "No session is open (without root, only your own are shown).");
}

const char *session_state(uint32_t state)
{
	if (state & WARD_STATE_REVOKED)
		return "revoked";
	if (state & WARD_STATE_TOMBSTONE)
		return "ended";
	if (state & WARD_STATE_EXPIRED)
		return "expired";
	return state & WARD_STATE_SEALED ? "sealed" : "open";
}

void session_who(struct wardctl *ctl, const struct ward_session_entry *entry)
{
	out_hex(ctl->out, "session", entry->id, sizeof(entry->id));
	out_uint(ctl->out, "uid", entry->uid);
	out_uint(ctl->out, "pid", entry->tgid);
	out_text(ctl->out, "command", entry->comm);
	out_text(ctl->out, "state", session_state(entry->state));
}

void session_id_text(const uint8_t *id, char *to)
{
	size_t i;

	for (i = 0; i < WARD_ID_LEN; i++)
		snprintf(to + 2 * i, 3, "%02x", id[i]);
}

long long session_lease_left(uint64_t lease_ns)
{
	struct timespec ts;
	uint64_t now;

	if (!lease_ns)
		return -1;
	clock_gettime(CLOCK_BOOTTIME, &ts);
	now = (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
	return lease_ns > now ? (long long)((lease_ns - now) / 1000000000u) : 0;
}

void session_lease(struct wardctl *ctl, uint64_t lease_ns)
{
	if (!lease_ns) {
		out_null(ctl->out, "lease_ns");
		out_null(ctl->out, "lease_seconds_left");
		return;
	}
	out_uint(ctl->out, "lease_ns", lease_ns);
	out_int(ctl->out, "lease_seconds_left", session_lease_left(lease_ns));
}
