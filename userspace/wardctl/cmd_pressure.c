// SPDX-License-Identifier: MIT
/*
 * wardctl pressure: how full protected memory is, and where each number comes
 * from. Following it is follow.c's.
 */
#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <unistd.h>

#include "device.h"
#include "figures.h"
#include "follow.h"
#include "verbs.h"

static void show_stall(struct wardctl *ctl, const char *key, const struct ward_stall *stall)
{
	out_object(ctl->out, key);
	out_real(ctl->out, "avg10", stall->avg10 / 100.0);
	out_real(ctl->out, "avg60", stall->avg60 / 100.0);
	out_real(ctl->out, "avg300", stall->avg300 / 100.0);
	out_uint(ctl->out, "total_us", stall->total_us);
	out_close(ctl->out);
}

static void show_figure(struct wardctl *ctl, const struct ward_figure *figure, bool reported)
{
	if (!ctl->json) {
		out_line(ctl->out, "  %-20s %14llu  %s%s", figure->name,
			 (unsigned long long)figure->value, figure->source,
			 reported ? " (reported)" : "");
		return;
	}
	out_object(ctl->out, NULL);
	out_text(ctl->out, "name", figure->name);
	out_uint(ctl->out, "value", figure->value);
	out_text(ctl->out, "source", figure->source);
	out_bool(ctl->out, "reported", reported);
	out_close(ctl->out);
}

static void show_figures(struct wardctl *ctl, const struct ward_gauge *gauge)
{
	struct ward_figure own[FIGURES_MAX];
	size_t n = figures_reported(own), i;

	if (ctl->json)
		out_list(ctl->out, "figures");
	else if (gauge->figures || n)
		out_line(ctl->out, "figures, and where the kernel has them from:");
	for (i = 0; i < gauge->figures; i++)
		show_figure(ctl, &gauge->figure[i], false);
	for (i = 0; i < n; i++)
		show_figure(ctl, &own[i], true);
	if (ctl->json)
		out_close(ctl->out);
}

static void show(struct wardctl *ctl, const struct ward_gauge *gauge)
{
	if (ctl->json)
		out_uint(ctl->out, "boot_ns", follow_now());
	device_memory(ctl, &gauge->memory);
	device_limit(ctl, "limit_each_user", gauge->limit_user);
	device_limit(ctl, "limit_each_session", gauge->limit_session);
	out_uint(ctl->out, "waiting", gauge->waiting);
	if (gauge->has_level_seq)
		out_uint(ctl->out, "level_changes", gauge->level_seq);
	if (gauge->has_stalls) {
		show_stall(ctl, "some", &gauge->some);
		show_stall(ctl, "full", &gauge->full);
	}
	show_figures(ctl, gauge);
}

static int once(struct wardctl *ctl, struct ward_control *control)
{
	struct ward_gauge *gauge;
	int err = ward_control_gauge(control, &gauge);

	if (err)
		return device_refused(ctl, control, err, "pressure");
	show(ctl, gauge);
	ward_gauge_free(gauge);
	return EXIT_OK;
}

/* A user's own limit is told to their own sessions alone, so this opens one. */
static int mine(struct wardctl *ctl)
{
	struct ward_pressure pressure = { .size = sizeof(pressure) };
	struct ward_session *session;
	int err, rc = device_session(ctl, &session);

	if (rc)
		return rc;
	err = ward_session_pressure(session, &pressure);
	ward_session_close(session);
	if (err)
		return device_error(ctl, err, "pressure --mine");
	out_text(ctl->out, "level", device_level(pressure.out_level));
	out_uint(ctl->out, "uid", geteuid());
	out_uint(ctl->out, "live_user", pressure.out_live_user);
	device_limit(ctl, "limit_user", pressure.out_limit_user);
	device_limit(ctl, "limit_session", pressure.out_limit_session);
	device_limit(ctl, "limit_global", pressure.out_limit_global);
	return EXIT_OK;
}

static bool number(const char *text, long low, long high, long *to)
{
	char *end;

	errno = 0;
	*to = strtol(text, &end, 10);
	return !errno && end != text && !*end && *to >= low && *to <= high;
}

static int options(struct wardctl *ctl, int argc, char **argv, struct follow *f, bool *own)
{
	static const struct option longs[] = {
		{ "follow", no_argument, NULL, 'f' },
		{ "bytes", no_argument, NULL, 'b' },
		{ "interval", required_argument, NULL, 'i' },
		{ "count", required_argument, NULL, 'n' },
		{ "mine", no_argument, NULL, 'm' },
		{ 0 },
	};
	bool needs_follow = false;
	int c;

	opterr = 0;
	while ((c = getopt_long(argc, argv, "fbi:n:", longs, NULL)) != -1) {
		needs_follow |= c != 'f' && c != 'm';
		if (c == 'f')
			f->on = true;
		else if (c == 'm')
			*own = true;
		else if (c == 'b')
			f->bytes = true;
		else if (c == 'i' && !number(optarg, 10, 3600000, &f->interval_ms))
			return ctl_usage(ctl, "--interval takes 10 to 3600000 milliseconds, not '%s'",
					 optarg);
		else if (c == 'n' && !number(optarg, 1, 1000000000, &f->count))
			return ctl_usage(ctl, "--count takes a number from 1, not '%s'", optarg);
		else if (c == '?')
			return ctl_bad_option(ctl, argv);
	}
	if (optind < argc)
		return ctl_usage(ctl, "pressure takes no argument, not '%s'", argv[optind]);
	if (*own && f->on)
		return ctl_usage(ctl, "--mine and --follow exclude each other");
	if (needs_follow && !f->on)
		return ctl_usage(ctl, "--bytes, --interval and --count go with --follow");
	return EXIT_OK;
}

static int run(struct wardctl *ctl, int argc, char **argv)
{
	struct follow f = { .interval_ms = 1000 };
	struct ward_control *control;
	bool own = false;
	int rc = options(ctl, argc, argv, &f, &own);

	if (!rc && own)
		return mine(ctl);
	if (!rc)
		rc = device_control(ctl, &control);
	if (rc)
		return rc;
	rc = f.on ? follow(ctl, control, &f) : once(ctl, control);
	ward_control_close(control);
	return rc;
}

const struct wardctl_verb verb_pressure = {
	.name = "pressure",
	.args = "[--mine | --follow [--bytes] [--interval MS] [--count N]]",
	.help = "how full protected memory is, once or at every change of level",
	.details = "Once: every figure and where the kernel has it from; what user space read itself\n"
		   "is marked as reported. live a counts shared and volatile memory, too; of the\n"
		   "figures ward.live.a is what one process alone can reach, ward.live.shared the\n"
		   "rest of it. --follow shows the level now and each change of it, with\n"
		   "-o json one object a line. The kernel tells root of every change. Others look\n"
		   "every --interval milliseconds (1000); the kernel numbers the changes, so that\n"
		   "those between two looks are told as missed. --bytes shows changes of any figure,\n"
		   "by looking. --count ends it after N lines. --mine shows what the caller holds and\n"
		   "may hold, a limit of their own among it; it opens a session to be told.\n",
	.run = run,
};
