// SPDX-License-Identifier: MIT
/* wardctl mem list: who holds how much, session by session and buffer by buffer. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "sessions.h"
#include "verbs.h"

/** struct holdings - what is held, read in one go */
struct holdings {
	struct sessions sessions;
	struct ward_buffer_entry *buffer;
	size_t buffers;
	struct ward_memory all;
};

static int take(const struct ward_buffer_entry *entry, void *arg)
{
	struct holdings *h = arg;
	struct ward_buffer_entry *more;

	more = reallocarray(h->buffer, h->buffers + 1, sizeof(*more));
	if (!more)
		return -ENOMEM;
	h->buffer = more;
	more[h->buffers++] = *entry;
	return 0;
}

static int holdings_read(struct ward_control *control, struct holdings *h)
{
	int err = sessions_read(control, &h->sessions), tries;

	if (!err)
		err = -EINTR;
	for (tries = 0; err == -EINTR && tries < 5; tries++) {
		h->buffers = 0;
		err = ward_control_buffers(control, NULL, take, h);
	}
	return err ? err : ward_control_pressure(control, &h->all);
}

static void holdings_free(struct holdings *h)
{
	sessions_free(&h->sessions);
	free(h->buffer);
}

/* Arbitrary bytes: what is not plain ASCII shows as \xNN, and so does a backslash. */
static void label_text(const uint8_t *label, char *to)
{
	static const char digits[] = "0123456789abcdef";
	size_t i;

	for (i = 0; i < WARD_LABEL_LEN && label[i]; i++) {
		if (label[i] >= 0x20 && label[i] < 0x7f && label[i] != '\\') {
			*to++ = (char)label[i];
			continue;
		}
		*to++ = '\\';
		*to++ = 'x';
		*to++ = digits[label[i] >> 4];
		*to++ = digits[label[i] & 15];
	}
	*to = '\0';
}

#define LABEL_TEXT (4 * WARD_LABEL_LEN + 1)

static const char *class_text(uint32_t class_)
{
	return class_ == WARD_CLASS_A ? "a" : class_ == WARD_CLASS_B ? "b" : "?";
}

static const char *const protections[] = {
	"wiped", "no-swap", "no-fork", "no-dump", "no-gup", "no-kcore", "unmapped", "clean",
};

static void buffer_object(struct wardctl *ctl, const struct holdings *h,
			  const struct ward_buffer_entry *b)
{
	const struct ward_session_entry *s = sessions_find(&h->sessions, b->session);
	char label[LABEL_TEXT];

	label_text(b->label, label);
	out_object(ctl->out, NULL);
	out_uint(ctl->out, "id", b->id);
	out_hex(ctl->out, "session", b->session, sizeof(b->session));
	if (s) {
		out_uint(ctl->out, "uid", s->uid);
		out_text(ctl->out, "command", s->comm);
		session_lease(ctl, s->lease_ns);
	}
	out_text(ctl->out, "class", class_text(b->buf_class));
	out_text(ctl->out, "label", label);
	out_uint(ctl->out, "length", b->length);
	out_uint(ctl->out, "present", b->present);
	out_uint(ctl->out, "huge", b->huge);
	out_uint(ctl->out, "mapped", b->mapped);
	out_bool(ctl->out, "shared", b->state & WARD_BUF_IS_SHARED);
	out_bool(ctl->out, "volatile", b->state & WARD_BUF_IS_VOLATILE);
	device_bits(ctl, "protection", b->protection, protections,
		    sizeof(protections) / sizeof(protections[0]));
	out_close(ctl->out);
}

/* w s f d g k u c, in the order of the bits; '-' = not obtained. */
static void protection_text(uint64_t bits, char *to)
{
	static const char letters[] = "wsfdgkuc";
	size_t i;

	for (i = 0; letters[i]; i++)
		to[i] = bits >> i & 1 ? letters[i] : '-';
	to[i] = '\0';
}

static void buffer_row(struct wardctl *ctl, const struct holdings *h,
		       const struct ward_buffer_entry *b)
{
	const struct ward_session_entry *s = sessions_find(&h->sessions, b->session);
	char label[LABEL_TEXT], protection[9], lease[24] = "-";
	long long left = s ? session_lease_left(s->lease_ns) : -1;

	label_text(b->label, label);
	protection_text(b->protection, protection);
	if (left >= 0)
		snprintf(lease, sizeof(lease), "%llds", left);
	out_line(ctl->out,
		 "%8" PRIu64 " %02x%02x%02x%02x %8" PRIu32 " %-15s %-5s %12" PRIu64 " %12" PRIu64
		 " %12" PRIu64 " %3" PRIu32 " %c%c %s %8s %s", b->id, b->session[0], b->session[1],
		 b->session[2], b->session[3], s ? s->uid : 0, s ? s->comm : "?",
		 class_text(b->buf_class), b->length, b->present, b->huge, b->mapped,
		 b->state & WARD_BUF_IS_SHARED ? 'S' : '-',
		 b->state & WARD_BUF_IS_VOLATILE ? 'V' : '-', protection, lease, label);
}

static void session_row(struct wardctl *ctl, const struct ward_session_entry *entry)
{
	const struct ward_memory *m = &entry->memory;

	out_line(ctl->out,
		 "%02x%02x%02x%02x %8" PRIu32 " %8" PRIu32 " %-15s %7" PRIu64 " %12" PRIu64 " %12"
		 PRIu64 " %12" PRIu64 " %12" PRIu64 " %12" PRIu64 " %s", entry->id[0], entry->id[1],
		 entry->id[2], entry->id[3], entry->uid, entry->tgid, entry->comm, entry->buffers,
		 m->live_a, m->live_b, m->live_volatile, m->peak, m->wiped, device_level(m->level));
}

static void session_object(struct wardctl *ctl, const struct ward_session_entry *entry)
{
	out_object(ctl->out, NULL);
	session_who(ctl, entry);
	out_uint(ctl->out, "live_buffers", entry->buffers);
	session_lease(ctl, entry->lease_ns);
	device_memory(ctl, &entry->memory);
	out_close(ctl->out);
}

static void show_text(struct wardctl *ctl, const struct holdings *h)
{
	size_t i;

	if (!h->sessions.count)
		sessions_none(ctl);
	else
		out_line(ctl->out,
			 "SESSION       UID      PID COMMAND         BUFFERS       LIVE_A       LIVE_B"
			 "     VOLATILE         PEAK        WIPED LEVEL");
	for (i = 0; i < h->sessions.count; i++)
		session_row(ctl, &h->sessions.entry[i]);
	if (h->buffers) {
		out_line(ctl->out, "%s", "");
		out_line(ctl->out,
			 "  BUFFER SESSION       UID COMMAND         CLASS       LENGTH      PRESENT"
			 "         HUGE MAP SV PROTECT     LEASE LABEL");
	}
	for (i = 0; i < h->buffers; i++)
		buffer_row(ctl, h, &h->buffer[i]);
}

static void show_json(struct wardctl *ctl, const struct holdings *h)
{
	size_t i;

	out_list(ctl->out, "sessions");
	for (i = 0; i < h->sessions.count; i++)
		session_object(ctl, &h->sessions.entry[i]);
	out_close(ctl->out);
	out_list(ctl->out, "buffers");
	for (i = 0; i < h->buffers; i++)
		buffer_object(ctl, h, &h->buffer[i]);
	out_close(ctl->out);
}

static int run(struct wardctl *ctl, int argc, char **argv)
{
	struct holdings h = { .buffers = 0 };
	struct ward_control *control;
	int err, rc;

	if (argc > 1)
		return ctl_usage(ctl, "mem list takes no argument, not '%s'", argv[1]);
	rc = device_control(ctl, &control);
	if (rc)
		return rc;
	err = holdings_read(control, &h);
	rc = err ? device_refused(ctl, control, err, "mem list") : EXIT_OK;
	ward_control_close(control);
	if (!rc) {
		if (ctl->json)
			show_json(ctl, &h);
		else
			show_text(ctl, &h);
		out_object(ctl->out, "total");
		device_memory(ctl, &h.all);
		out_close(ctl->out);
	}
	holdings_free(&h);
	return rc;
}

const struct wardctl_verb verb_mem_list = {
	.name = "mem list",
	.args = "",
	.help = "who holds how much protected memory, buffer by buffer, and the total",
	.details = "Bytes are exact. Class a is memory that ward owns, class b memory that it pins.\n"
		   "PRESENT has memory behind it, HUGE lies in 2 MiB pages; S shared, V volatile.\n"
		   "PROTECT: what was obtained: w wiped at its end, s not swapped, f not forked,\n"
		   "d not dumped, g out of reach of get_user_pages(), k not in kcore, u unmapped at\n"
		   "its end, c held nothing before. Root sees all, others their own.\n",
	.run = run,
};
