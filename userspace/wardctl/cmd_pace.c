// SPDX-License-Identifier: MIT
/* wardctl pace show, pace set: how fast evidence may be asked for. */
#include <errno.h>
#include <getopt.h>
#include <stdlib.h>

#include "device.h"
#include "verbs.h"

#define HOUR_MS 3600000u
#define BURST_MAX 4096u

/**
 * struct knob - one figure of the pace
 * @name: of the option
 * @which: WARD_PACE_*
 * @at: where it lies in struct ward_pace
 * @least: the smallest value; a burst of nothing would let nothing through
 * @most: the largest
 */
struct knob {
	const char *name;
	uint32_t which;
	size_t at;
	uint32_t least;
	uint32_t most;
};

#define AT(member) offsetof(struct ward_pace, member)

static const struct knob knobs[] = {
	{ "call-interval", WARD_PACE_CALL_MS, AT(call_ms), 0, HOUR_MS },
	{ "call-burst", WARD_PACE_CALL_BURST, AT(call_burst), 1, BURST_MAX },
	{ "user-interval", WARD_PACE_ASK_MS, AT(ask_ms), 0, HOUR_MS },
	{ "user-burst", WARD_PACE_ASK_BURST, AT(ask_burst), 1, BURST_MAX },
	{ "cooldown", WARD_PACE_COOLDOWN_MS, AT(cooldown_ms), 0, HOUR_MS },
};

/** struct wish - what was asked for: WARD_PACE_* and their values */
struct wish {
	uint32_t which;
	struct ward_pace pace;
};

static int tell(struct wardctl *ctl, struct ward_control *control)
{
	struct ward_provider provider = { .size = sizeof(provider) };
	int err = ward_control_provider(control, &provider);

	if (err)
		return device_refused(ctl, control, err, "pace show");
	device_pace(ctl, &provider.pace);
	return EXIT_OK;
}

static int with_control(struct wardctl *ctl, const struct wish *wish)
{
	struct ward_control *control;
	int err = 0, rc = device_control(ctl, &control);

	if (rc)
		return rc;
	if (wish->which)
		err = ward_control_pace_set(control, wish->which, &wish->pace);
	rc = err ? device_refused(ctl, control, err, "pace set") : tell(ctl, control);
	ward_control_close(control);
	return rc;
}

static int run_show(struct wardctl *ctl, int argc, char **argv)
{
	const struct wish nothing = { 0 };

	if (argc > 1)
		return ctl_usage(ctl, "pace show takes no argument, not '%s'", argv[1]);
	return with_control(ctl, &nothing);
}

static bool number(const char *text, const struct knob *knob, uint32_t *to)
{
	unsigned long value;
	char *end;

	if (*text < '0' || *text > '9')
		return false;
	errno = 0;
	value = strtoul(text, &end, 10);
	*to = (uint32_t)value;
	return !errno && !*end && value >= knob->least && value <= knob->most;
}

static int take(struct wardctl *ctl, struct wish *wish, const struct knob *knob, const char *text)
{
	uint32_t *to = (uint32_t *)((char *)&wish->pace + knob->at);

	if (wish->which & knob->which)
		return ctl_usage(ctl, "--%s is named twice", knob->name);
	if (!number(text, knob, to))
		return ctl_usage(ctl, "--%s takes %u to %u, not '%s'", knob->name, knob->least,
				 knob->most, text);
	wish->which |= knob->which;
	return EXIT_OK;
}

static int run_set(struct wardctl *ctl, int argc, char **argv)
{
	static const struct option longs[] = {
		{ "call-interval", required_argument, NULL, 0 },
		{ "call-burst", required_argument, NULL, 1 },
		{ "user-interval", required_argument, NULL, 2 },
		{ "user-burst", required_argument, NULL, 3 },
		{ "cooldown", required_argument, NULL, 4 },
		{ 0 },
	};
	struct wish wish = { 0 };
	int c, rc = EXIT_OK;

	opterr = 0;
	while (!rc && (c = getopt_long(argc, argv, "", longs, NULL)) != -1)
		rc = c == '?' ? ctl_usage(ctl, "'%s' is not an option, or lacks its value",
					  argv[optind - 1]) :
				take(ctl, &wish, &knobs[c], optarg);
	if (!rc && optind < argc)
		rc = ctl_usage(ctl, "pace set takes no argument, not '%s'", argv[optind]);
	if (!rc && !wish.which)
		rc = ctl_usage(ctl, "nothing is named that shall change");
	return rc ? rc : with_control(ctl, &wish);
}

const struct wardctl_verb verb_pace_show = {
	.name = "pace show",
	.args = "",
	.help = "how fast evidence may be asked for (root)",
	.details = "Milliseconds from one call of the provider to the next, calls at once after a quiet\n"
		   "time, the same for the requests of each user, and how long a provider that failed\n"
		   "is left alone at first.\n",
	.run = run_show,
};

const struct wardctl_verb verb_pace_set = {
	.name = "pace set",
	.args = "[--call-interval MS] [--call-burst N] [--user-interval MS] [--user-burst N]"
		" [--cooldown MS]",
	.help = "change it, at once and for this load of the module (root)",
	.details = "MS is milliseconds, up to an hour; an interval of 0 is no bound, a cool-down of 0\n"
		   "asks a provider that failed all the same. N is 1 to 4096. All that is named is set,\n"
		   "or nothing.\n",
	.run = run_set,
};
