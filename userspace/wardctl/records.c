// SPDX-License-Identifier: MIT
#define _GNU_SOURCE	/* strerrorname_np() */
#include <inttypes.h>
#include <string.h>

#include "codes.h"
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

static bool is_end(const struct wv_event *e)
{
	return e->type == WARD_EVENT_BUF_WIPE || e->type == WARD_EVENT_BUF_UNPIN ||
	       e->type == WARD_EVENT_KEY_END;
}

static const char *reason_word(const struct wv_event *e)
{
	if (is_end(e))
		return wv_end_text(e->reason);
	if (e->type == WARD_EVENT_ATTEST_FAIL)
		return strerrorname_np(e->reason);
	return code_event_reason(e->type, e->reason);
}

/* The word for what the reason says, "" = there is none. */
static void reason_name(const struct wv_event *e, char *to, size_t room)
{
	static const char *const latches[] = { "rules", "posture", "refuse" };
	const char *word = reason_word(e);

	if (e->type == WARD_EVENT_POLICY)
		device_names(e->reason, latches, 3, to, room);
	else
		snprintf(to, room, "%s", word ? word : "");
}

/* For people; a dash where the type has no reasons, a number where there is no word. */
static void reason_line(const struct wv_event *e, char *to, size_t room)
{
	reason_name(e, to, room);
	if (e->type == WARD_EVENT_ATTEST_OK && e->id == WARD_PURPOSE_RAW)
		snprintf(to, room, "raw");
	else if (!*to && e->reason)
		snprintf(to, room, "%u", e->reason);
	else if (!*to)
		snprintf(to, room, "-");
}

/* What stands in @bytes: of a limit of asking it is milliseconds, or how many. */
static void amount_line(const struct wv_event *e, char *to, size_t room)
{
	const char *unit = "bytes";

	if (e->type == WARD_EVENT_LIMIT && e->bytes == UINT64_MAX) {
		snprintf(to, room, "no limit");
		return;
	}
	if (e->type == WARD_EVENT_LIMIT && e->reason >= 5)
		unit = e->reason == 6 || e->reason == 8 ? "at once" : "ms";
	snprintf(to, room, "%" PRIu64 " %s", e->bytes, unit);
}

/* For programs: a word of how a buffer ended, else a number. */
static void reason_text(const struct wv_event *e, char *to, size_t room)
{
	if (is_end(e))
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
	char id[SESSION_ID_TEXT] = "machine", reason[32], amount[40];
	struct wv_event e;

	if (!parse(entry, &e))
		return false;
	if (of_session(entry))
		session_id_text(entry->session, id);
	reason_line(&e, reason, sizeof(reason));
	amount_line(&e, amount, sizeof(amount));
	snprintf(to, room, "%14.6f s  %-32s %6" PRIu64 "  %-12s %-8s uid %" PRIu32
		 "  %s  class %s  id %" PRIu64,
		 (double)e.time_ns / 1e9, id, e.seq, wv_event_type_text(e.type), reason, e.uid,
		 amount, class_text(e.class_), e.id);
	return true;
}

bool record_members(struct wardctl *ctl, const struct ward_event_entry *entry)
{
	char reason[16], name[32];
	struct wv_event e;

	if (!parse(entry, &e))
		return false;
	reason_text(&e, reason, sizeof(reason));
	reason_name(&e, name, sizeof(name));
	if (entry->seq)
		out_uint(ctl->out, "event_seq", entry->seq);
	if (of_session(entry))
		out_hex(ctl->out, "session", entry->session, sizeof(entry->session));
	else
		out_null(ctl->out, "session");
	out_uint(ctl->out, "seq", e.seq);
	out_text(ctl->out, "type", wv_event_type_text(e.type));
	out_text(ctl->out, "reason", reason);
	out_text(ctl->out, "reason_name", *name ? name : NULL);
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
