// SPDX-License-Identifier: MIT
/*
 * wardctl pressure: how full protected memory is. Following asks the control
 * plane again and again: it leaves no session and no record behind, and works
 * without access to the device.
 */
#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "device.h"
#include "verbs.h"

/**
 * struct follow - what was asked for
 * @on: go on after the first answer
 * @interval_ms: between two looks
 * @count: answers to show; 0 = until interrupted
 */
struct follow {
	bool on;
	long interval_ms;
	long count;
};

static void show(struct wardctl *ctl, const struct ward_memory *memory)
{
	struct timespec now;

	clock_gettime(CLOCK_BOOTTIME, &now);
	if (ctl->json)
		out_uint(ctl->out, "boot_ns",
			 (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec);
	device_memory(ctl, memory);
}

static void show_line(struct wardctl *ctl, const struct ward_memory *m)
{
	out_line(ctl->out, "%-8s live A %llu, live B %llu, peak %llu, wiped %llu, refused %llu",
		 device_level(m->level), (unsigned long long)m->live_a,
		 (unsigned long long)m->live_b, (unsigned long long)m->peak,
		 (unsigned long long)m->wiped, (unsigned long long)m->failed);
}

static int emit(struct wardctl *ctl, const struct ward_memory *memory)
{
	if (ctl->json)
		show(ctl, memory);
	else
		show_line(ctl, memory);
	if (!out_finish(ctl->out))
		return ctl_error(ctl, EXIT_DEVICE, "output", "writing the result failed");
	out_reset(ctl->out);
	return EXIT_OK;
}

static void pause_ms(long ms)
{
	struct timespec wait = { .tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000 };

	nanosleep(&wait, NULL);
}

/* Every change is shown once; the state at the start counts as one. */
static int follow(struct wardctl *ctl, struct ward_control *control, const struct follow *f)
{
	struct ward_memory now, before;
	int err, rc = EXIT_OK;
	long shown = 0;

	memset(&before, 0xff, sizeof(before));
	while (!rc && (!f->count || shown < f->count)) {
		memset(&now, 0, sizeof(now));
		err = ward_control_pressure(control, &now);
		if (err)
			return device_error(ctl, err, "pressure");
		if (memcmp(&now, &before, sizeof(now))) {
			rc = emit(ctl, &now);
			before = now;
			shown++;
		}
		if (!f->count || shown < f->count)
			pause_ms(f->interval_ms);
	}
	return rc;
}

static int once(struct wardctl *ctl, struct ward_control *control)
{
	struct ward_memory memory;
	int err = ward_control_pressure(control, &memory);

	if (err)
		return device_error(ctl, err, "pressure");
	show(ctl, &memory);
	return EXIT_OK;
}

static bool number(const char *text, long low, long high, long *to)
{
	char *end;

	errno = 0;
	*to = strtol(text, &end, 10);
	return !errno && end != text && !*end && *to >= low && *to <= high;
}

static int options(struct wardctl *ctl, int argc, char **argv, struct follow *f)
{
	static const struct option longs[] = {
		{ "follow", no_argument, NULL, 'f' },
		{ "interval", required_argument, NULL, 'i' },
		{ "count", required_argument, NULL, 'n' },
		{ 0 },
	};
	int c;

	opterr = 0;
	while ((c = getopt_long(argc, argv, "fi:n:", longs, NULL)) != -1) {
		if (c == 'f')
			f->on = true;
		else if (c == 'i' && !number(optarg, 10, 3600000, &f->interval_ms))
			return ctl_usage(ctl, "--interval takes 10 to 3600000 milliseconds, not '%s'",
					 optarg);
		else if (c == 'n' && !number(optarg, 1, 1000000000, &f->count))
			return ctl_usage(ctl, "--count takes a number from 1, not '%s'", optarg);
		else if (c == '?')
			return ctl_usage(ctl, "'%s' is not an option, or lacks its value",
					 argv[optind - 1]);
	}
	if (optind < argc)
		return ctl_usage(ctl, "pressure takes no argument, not '%s'", argv[optind]);
	return EXIT_OK;
}

static int run(struct wardctl *ctl, int argc, char **argv)
{
	struct follow f = { .interval_ms = 1000 };
	struct ward_control *control;
	int rc = options(ctl, argc, argv, &f);

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
	.args = "[--follow [--interval MS] [--count N]]",
	.help = "how full protected memory is, once or at every change",
	.details = "--follow looks every --interval milliseconds (1000) and shows what changed; with\n"
		   "-o json one object per change. --count ends it after N of them.\n",
	.run = run,
};
