// SPDX-License-Identifier: MIT
/*
 * wardctl events: what the kernel recorded, and what it records. A follower joins
 * the group before it asks for what there is, so that nothing falls between.
 */
#include <endian.h>
#include <errno.h>
#include <getopt.h>
#include <stdlib.h>

#include "records.h"
#include "sessions.h"
#include "verbs.h"

/**
 * struct wish - what was asked for, and how far it is
 * @named: the session of which chain, as it was written; NULL = another, or none
 * @session: of one chain, where @of_chain; zero = the global one
 * @from: number of the last record before; then of the last one shown
 * @missed: records between two shown that nobody has any more
 * @shown: so far
 * @count: to show; 0 = no end
 * @last: begin so many before the newest, where @newest_only
 * @top: number of the newest
 */
struct wish {
	struct wardctl *ctl;
	bool of_chain, follow;
	const char *named;
	uint8_t session[WARD_ID_LEN];
	uint64_t from;
	uint64_t missed;
	unsigned long shown, count;
	bool newest_only;
	uint64_t last, top;
};

static uint64_t number_of(const struct wish *w, const struct ward_event_entry *entry)
{
	return w->of_chain ? le64toh(entry->event.seq) : entry->seq;
}

static void show_missed(struct wish *w, uint64_t missed)
{
	if (w->ctl->json)
		out_uint(w->ctl->out, "missed_before", missed);
	else if (missed)
		out_line(w->ctl->out, "  ... %llu records before this one are gone",
			 (unsigned long long)missed);
}

/* One record, as an element of a list or, followed, as an object of its own. */
static int show(const struct ward_event_entry *entry, void *arg)
{
	struct wish *w = arg;
	uint64_t number = number_of(w, entry), missed = number - w->from - 1;
	struct wardctl *ctl = w->ctl;
	char line[256];
	bool good;

	if (number <= w->from || (w->count && w->shown == w->count))
		return 0;
	w->from = number;
	w->missed += missed;
	w->shown++;
	if (ctl->json && !w->follow)
		out_object(ctl->out, NULL);
	show_missed(w, missed);
	good = ctl->json ? record_members(ctl, entry) : record_line(entry, line, sizeof(line));
	if (!ctl->json && good)
		out_line(ctl->out, "%s", line);
	if (ctl->json && !w->follow)
		out_close(ctl->out);
	if (!good)
		return -EBADMSG;
	if (!w->follow)
		return 0;
	good = out_finish(ctl->out);
	out_reset(ctl->out);
	return good ? 0 : -EIO;
}

static int refused(struct wish *w, struct ward_control *control, int err)
{
	if (err == -ENOENT)
		return ctl_error(w->ctl, EXIT_DEVICE, "no-session",
				 "no such session; its records ended with it, but for those that"
				 " 'wardctl events' as root still shows\n"
				 "  mend: wardctl session list shows those that are open");
	if (err == -EPERM && !w->of_chain)
		return ctl_error(w->ctl, EXIT_DEVICE, "not-allowed",
				 "only root (CAP_SYS_ADMIN) sees everybody's records\n"
				 "  mend: your own sessions' by 'wardctl events --session ID'");
	return device_refused(w->ctl, control, err, "events");
}

static int newest(const struct ward_event_entry *entry, void *arg)
{
	struct wish *w = arg;

	w->top = number_of(w, entry);
	return 0;
}

/* Where the last records begin. One that is made meanwhile comes on top of them. */
static int begin(struct wish *w, struct ward_control *control)
{
	int err;

	if (!w->newest_only)
		return EXIT_OK;
	err = ward_control_events(control, w->of_chain ? w->session : NULL, w->from, newest, w);
	if (err)
		return refused(w, control, err);
	if (w->top > w->last && w->top - w->last > w->from)
		w->from = w->top - w->last;
	return EXIT_OK;
}

static int once(struct wish *w, struct ward_control *control)
{
	int err;

	if (w->ctl->json)
		out_list(w->ctl->out, "records");
	err = ward_control_events(control, w->of_chain ? w->session : NULL, w->from, show, w);
	if (err)
		return refused(w, control, err);
	if (w->ctl->json) {
		out_close(w->ctl->out);
		out_uint(w->ctl->out, "missed", w->missed);
	} else if (!w->shown) {
		out_line(w->ctl->out, "no records");
	}
	return EXIT_OK;
}

/* In the group's numbers a gap may be filled by what the kernel still has. */
static int fill_gap(struct wish *w, struct ward_control *control,
		    const struct ward_event_entry *entry)
{
	if (entry->seq <= w->from + 1)
		return 0;
	return ward_control_events(control, NULL, w->from, show, w);
}

static int follow(struct wish *w, struct ward_control *control)
{
	struct ward_event_entry entry;
	int err = ward_control_events_watch(control);

	out_compact(w->ctl->out);
	if (!err)
		err = ward_control_events(control, NULL, w->from, show, w);
	while (!err && (!w->count || w->shown < w->count)) {
		err = ward_control_event(control, -1, &entry);
		if (err == -EINTR) {
			err = 0;
			continue;
		}
		if (!err)
			err = fill_gap(w, control, &entry);
		if (!err)
			err = show(&entry, w);
	}
	if (err == -EIO)
		return ctl_error(w->ctl, EXIT_DEVICE, "output", "writing the result failed");
	return err ? refused(w, control, err) : EXIT_OK;
}

static bool number(const char *text, unsigned long long *to)
{
	char *end;

	errno = 0;
	*to = strtoull(text, &end, 10);
	return !errno && *text >= '0' && *text <= '9' && !*end;
}

static int option(struct wish *w, int c, const char *value)
{
	unsigned long long n;

	switch (c) {
	case 'f':
		w->follow = true;
		return EXIT_OK;
	case 'g':
		w->of_chain = true;
		w->named = NULL;
		return EXIT_OK;
	case 's':
		w->of_chain = true;
		w->named = value;
		if (session_named(value))
			return EXIT_OK;
		return ctl_usage(w->ctl, "a session id is 32 hex digits, or the first 8 or more,"
				 " not '%s'", value);
	case 'F':
		if (!number(value, &n))
			return ctl_usage(w->ctl, "--from takes a number, not '%s'", value);
		w->from = n ? n - 1 : 0;
		return EXIT_OK;
	case 'l':
		if (!number(value, &n))
			return ctl_usage(w->ctl, "--last takes a number, not '%s'", value);
		w->newest_only = true;
		w->last = n;
		return EXIT_OK;
	default:
		if (!number(value, &n) || !n)
			return ctl_usage(w->ctl, "--count takes a number from 1, not '%s'", value);
		w->count = n;
		return EXIT_OK;
	}
}

static int options(struct wish *w, int argc, char **argv)
{
	static const struct option longs[] = {
		{ "follow", no_argument, NULL, 'f' },
		{ "session", required_argument, NULL, 's' },
		{ "global", no_argument, NULL, 'g' },
		{ "from", required_argument, NULL, 'F' },
		{ "count", required_argument, NULL, 'n' },
		{ "last", required_argument, NULL, 'l' },
		{ 0 },
	};
	bool from = false, one = false, global = false;
	int c, rc = EXIT_OK;

	opterr = 0;
	while (!rc && (c = getopt_long(argc, argv, "fs:gn:", longs, NULL)) != -1) {
		if (c == '?')
			return ctl_bad_option(w->ctl, argv);
		from |= c == 'F';
		one |= c == 's';
		global |= c == 'g';
		rc = option(w, c, optarg);
	}
	if (rc)
		return rc;
	if (optind < argc)
		return ctl_usage(w->ctl, "events takes no argument, not '%s'", argv[optind]);
	if (one && global)
		return ctl_usage(w->ctl, "--session and --global exclude each other");
	if (w->newest_only && from)
		return ctl_usage(w->ctl, "--from and --last exclude each other");
	if (w->follow && w->of_chain)
		return ctl_usage(w->ctl, "--follow tells of all chains; it goes with neither"
				 " --session nor --global");
	return EXIT_OK;
}

static int run(struct wardctl *ctl, int argc, char **argv)
{
	struct wish w = { .ctl = ctl };
	struct ward_control *control;
	int rc = options(&w, argc, argv);

	if (!rc)
		rc = device_control(ctl, &control);
	if (rc)
		return rc;
	if (w.named)
		rc = session_find(ctl, control, w.named, w.session);
	if (!rc)
		rc = begin(&w, control);
	if (!rc)
		rc = w.follow ? follow(&w, control) : once(&w, control);
	ward_control_close(control);
	return rc;
}

const struct wardctl_verb verb_events = {
	.name = "events",
	.args = "[--follow | --session ID | --global] [--from N | --last N] [--count N]",
	.help = "what the kernel recorded: all (root), one session's chain, the global chain",
	.details = "Without an option: the newest records of all chains in the order in which they\n"
		   "were made. --follow goes on with each as it is made, with -o json one object a\n"
		   "line; a number (event_seq) counts them, and missed_before says how many between\n"
		   "two are gone. --session shows the chain of one session, which its owner may see\n"
		   "too, --global the global chain. --from N begins with record N of what is shown,\n"
		   "--last N with the last N of them, --count ends after N: with neither --from nor\n"
		   "--last that is the oldest. ID may be cut after 8 digits or more where that names\n"
		   "one session alone. Labels and details are hex.\n",
	.run = run,
};
