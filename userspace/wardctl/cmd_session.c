// SPDX-License-Identifier: MIT
/* wardctl session list, mem list: who uses ward, who holds how much. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "device.h"
#include "verbs.h"

struct listing {
	struct wardctl *ctl;
	void (*row)(struct wardctl *ctl, const struct ward_session_entry *entry);
	void (*object)(struct wardctl *ctl, const struct ward_session_entry *entry);
	unsigned int count;
};

static void id_text(const uint8_t *id, char *to)
{
	size_t i;

	for (i = 0; i < WARD_ID_LEN; i++)
		snprintf(to + 2 * i, 3, "%02x", id[i]);
}

static const char *state_text(uint32_t state)
{
	if (state & WARD_STATE_REVOKED)
		return "revoked";
	if (state & WARD_STATE_TOMBSTONE)
		return "ended";
	return state & WARD_STATE_SEALED ? "sealed" : "open";
}

static void who(struct wardctl *ctl, const struct ward_session_entry *entry)
{
	out_hex(ctl->out, "session", entry->id, sizeof(entry->id));
	out_uint(ctl->out, "uid", entry->uid);
	out_uint(ctl->out, "pid", entry->tgid);
	out_text(ctl->out, "command", entry->comm);
	out_text(ctl->out, "state", state_text(entry->state));
}

static void session_object(struct wardctl *ctl, const struct ward_session_entry *entry)
{
	who(ctl, entry);
	out_uint(ctl->out, "opened_ns", entry->opened_ns);
	out_uint(ctl->out, "records", entry->seq);
	out_uint(ctl->out, "records_dropped", entry->dropped);
	out_hex(ctl->out, "head", entry->head, sizeof(entry->head));
	out_uint(ctl->out, "live_buffers", entry->buffers);
	device_memory(ctl, &entry->memory);
}

static void session_row(struct wardctl *ctl, const struct ward_session_entry *entry)
{
	char id[2 * WARD_ID_LEN + 1];

	id_text(entry->id, id);
	out_line(ctl->out, "%-32s %8" PRIu32 " %8" PRIu32 " %-7s %8" PRIu64 " %12" PRIu64 " %s", id,
		 entry->uid, entry->tgid, state_text(entry->state), entry->seq,
		 entry->memory.live_a + entry->memory.live_b, entry->comm);
}

static void mem_object(struct wardctl *ctl, const struct ward_session_entry *entry)
{
	who(ctl, entry);
	out_uint(ctl->out, "live_buffers", entry->buffers);
	device_memory(ctl, &entry->memory);
}

static void mem_row(struct wardctl *ctl, const struct ward_session_entry *entry)
{
	const struct ward_memory *m = &entry->memory;

	out_line(ctl->out,
		 "%8" PRIu32 " %8" PRIu32 " %-16s %7" PRIu64 " %12" PRIu64 " %12" PRIu64
		 " %12" PRIu64 " %12" PRIu64 " %s", entry->uid, entry->tgid, entry->comm,
		 entry->buffers, m->live_a, m->live_b, m->peak, m->wiped, device_level(m->level));
}

static int each(const struct ward_session_entry *entry, void *arg)
{
	struct listing *listing = arg;
	struct wardctl *ctl = listing->ctl;

	listing->count++;
	if (!ctl->json) {
		listing->row(ctl, entry);
		return 0;
	}
	out_object(ctl->out, NULL);
	listing->object(ctl, entry);
	out_close(ctl->out);
	return 0;
}

/* Sessions come and go under a dump; a few tries give a consistent one. */
static int list(struct wardctl *ctl, struct ward_control *control, struct listing *listing,
		const char *heading)
{
	int err = -EINTR, tries;

	for (tries = 0; err == -EINTR && tries < 5; tries++) {
		out_reset(ctl->out);
		listing->count = 0;
		out_line(ctl->out, "%s", heading);
		if (ctl->json)
			out_list(ctl->out, "sessions");
		err = ward_control_sessions(control, each, listing);
		if (ctl->json)
			out_close(ctl->out);
	}
	return err;
}

static void no_rows(struct wardctl *ctl)
{
	out_reset(ctl->out);
	out_line(ctl->out, "No session is open (without root, only your own are shown).");
}

static int run_session(struct wardctl *ctl, int argc, char **argv)
{
	struct listing listing = { .ctl = ctl, .row = session_row, .object = session_object };
	struct ward_control *control;
	int err, rc;

	if (argc > 1)
		return ctl_usage(ctl, "session list takes no argument, not '%s'", argv[1]);
	rc = device_control(ctl, &control);
	if (rc)
		return rc;
	err = list(ctl, control, &listing,
		   "SESSION                               UID      PID STATE    RECORDS         LIVE COMMAND");
	ward_control_close(control);
	if (err)
		return device_error(ctl, err, "session list");
	if (!listing.count && !ctl->json)
		no_rows(ctl);
	return EXIT_OK;
}

static int mem_total(struct wardctl *ctl, struct ward_control *control)
{
	struct ward_memory all;
	int err = ward_control_pressure(control, &all);

	if (err)
		return err;
	out_object(ctl->out, "total");
	device_memory(ctl, &all);
	out_close(ctl->out);
	return 0;
}

static int run_mem(struct wardctl *ctl, int argc, char **argv)
{
	struct listing listing = { .ctl = ctl, .row = mem_row, .object = mem_object };
	struct ward_control *control;
	int err, rc;

	if (argc > 1)
		return ctl_usage(ctl, "mem list takes no argument, not '%s'", argv[1]);
	rc = device_control(ctl, &control);
	if (rc)
		return rc;
	err = list(ctl, control, &listing,
		   "     UID      PID COMMAND          BUFFERS       LIVE_A       LIVE_B         PEAK        WIPED LEVEL");
	if (!err && !listing.count && !ctl->json)
		no_rows(ctl);
	if (!err)
		err = mem_total(ctl, control);
	ward_control_close(control);
	return err ? device_error(ctl, err, "mem list") : EXIT_OK;
}

const struct wardctl_verb verb_session_list = {
	.name = "session list",
	.args = "",
	.help = "the sessions that are open: all for root, else your own",
	.run = run_session,
};

const struct wardctl_verb verb_mem_list = {
	.name = "mem list",
	.args = "",
	.help = "who holds how much protected memory, and the total",
	.details = "Bytes are exact. Class A is memory that ward owns, class B memory that it pins.\n",
	.run = run_mem,
};
