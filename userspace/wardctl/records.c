// SPDX-License-Identifier: MIT
#include <inttypes.h>
#include <string.h>

#include "records.h"
#include "sessions.h"
#include "wardverify.h"

static bool parse(const struct ward_event_entry *entry, struct wv_event *out)
{
	struct wv_bytes record = { (const uint8_t *)&entry->event, sizeof(entry->event) };
	struct wv_fault fault;

	return !wv_event_parse(record, out, &fault);
}

static bool of_session(const struct ward_event_entry *entry)
{
	static const uint8_t none[WARD_ID_LEN];

	return memcmp(entry->session, none, sizeof(none)) != 0;
}

/* A word where there is one, else a number. */
static void reason_text(const struct wv_event *e, char *to, size_t room)
{
	if (e->type == WARD_EVENT_BUF_WIPE || e->type == WARD_EVENT_BUF_UNPIN)
		snprintf(to, room, "%s", wv_end_text(e->reason));
	else
		snprintf(to, room, "%u", e->reason);
}

static const char *class_text(uint32_t class_)
{
	return class_ == WARD_CLASS_A ? "a" : class_ == WARD_CLASS_B ? "b" : "-";
}

bool record_line(const struct ward_event_entry *entry, char *to, size_t room)
{
	char id[SESSION_ID_TEXT] = "machine", reason[16];
	struct wv_event e;

	if (!parse(entry, &e))
		return false;
	if (of_session(entry))
		session_id_text(entry->session, id);
	reason_text(&e, reason, sizeof(reason));
	snprintf(to, room, "%14.6f s  %-32s %6" PRIu64 "  %-12s %-8s uid %" PRIu32
		 "  %" PRIu64 " bytes  class %s  id %" PRIu64,
		 (double)e.time_ns / 1e9, id, e.seq, wv_event_type_text(e.type), reason, e.uid,
		 e.bytes, class_text(e.class_), e.id);
	return true;
}

bool record_members(struct wardctl *ctl, const struct ward_event_entry *entry)
{
	char reason[16];
	struct wv_event e;

	if (!parse(entry, &e))
		return false;
	reason_text(&e, reason, sizeof(reason));
	if (entry->seq)
		out_uint(ctl->out, "event_seq", entry->seq);
	if (of_session(entry))
		out_hex(ctl->out, "session", entry->session, sizeof(entry->session));
	else
		out_null(ctl->out, "session");
	out_uint(ctl->out, "seq", e.seq);
	out_text(ctl->out, "type", wv_event_type_text(e.type));
	out_text(ctl->out, "reason", reason);
	out_uint(ctl->out, "time_ns", e.time_ns);
	out_uint(ctl->out, "id", e.id);
	out_uint(ctl->out, "bytes", e.bytes);
	out_uint(ctl->out, "cost_ns", e.cost_ns);
	out_uint(ctl->out, "uid", e.uid);
	out_text(ctl->out, "class", class_text(e.class_));
	out_hex(ctl->out, "label", e.label, sizeof(e.label));
	out_hex(ctl->out, "detail", e.detail, sizeof(e.detail));
	return true;
}
