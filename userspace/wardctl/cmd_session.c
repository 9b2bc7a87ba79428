// SPDX-License-Identifier: MIT
/* wardctl session list: who uses ward. */
#include <inttypes.h>

#include "sessions.h"
#include "verbs.h"

static void object(struct wardctl *ctl, const struct ward_session_entry *entry)
{
	out_object(ctl->out, NULL);
	session_who(ctl, entry);
	out_uint(ctl->out, "opened_ns", entry->opened_ns);
	out_uint(ctl->out, "records", entry->seq);
	out_uint(ctl->out, "records_dropped", entry->dropped);
	out_hex(ctl->out, "head", entry->head, sizeof(entry->head));
	out_uint(ctl->out, "live_buffers", entry->buffers);
	session_lease(ctl, entry->lease_ns);
	device_memory(ctl, &entry->memory);
	out_close(ctl->out);
}

static void row(struct wardctl *ctl, const struct ward_session_entry *entry)
{
	long long left = session_lease_left(entry->lease_ns);
	char id[SESSION_ID_TEXT], lease[24] = "-";

	session_id_text(entry->id, id);
	if (left >= 0)
		snprintf(lease, sizeof(lease), "%llds", left);
	out_line(ctl->out, "%-32s %8" PRIu32 " %8" PRIu32 " %-7s %8" PRIu64 " %12" PRIu64 " %8s %s",
		 id, entry->uid, entry->tgid, session_state(entry->state), entry->seq,
		 entry->memory.live_a + entry->memory.live_b, lease, entry->comm);
}

static void show(struct wardctl *ctl, const struct sessions *sessions)
{
	size_t i;

	if (ctl->json) {
		out_list(ctl->out, "sessions");
		for (i = 0; i < sessions->count; i++)
			object(ctl, &sessions->entry[i]);
		out_close(ctl->out);
		return;
	}
	if (!sessions->count) {
		sessions_none(ctl);
		return;
	}
	out_line(ctl->out,
		 "SESSION                               UID      PID STATE    RECORDS         LIVE    LEASE COMMAND");
	for (i = 0; i < sessions->count; i++)
		row(ctl, &sessions->entry[i]);
}

static int run(struct wardctl *ctl, int argc, char **argv)
{
	struct ward_control *control;
	struct sessions sessions;
	int err, rc;

	if (argc > 1)
		return ctl_usage(ctl, "session list takes no argument, not '%s'", argv[1]);
	rc = device_control(ctl, &control);
	if (rc)
		return rc;
	err = sessions_read(control, &sessions);
	ward_control_close(control);
	if (err)
		return device_error(ctl, err, "session list");
	show(ctl, &sessions);
	sessions_free(&sessions);
	return EXIT_OK;
}

const struct wardctl_verb verb_session_list = {
	.name = "session list",
	.args = "",
	.help = "the sessions that are open: all for root, else your own",
	.run = run,
};
