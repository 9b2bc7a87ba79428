// SPDX-License-Identifier: MIT
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

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
