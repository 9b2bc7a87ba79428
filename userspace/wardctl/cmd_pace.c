// SPDX-License-Identifier: MIT
/* wardctl pace show, pace set: how fast evidence may be asked for. */
#include <getopt.h>

#include "device.h"
#include "pace.h"
#include "verbs.h"

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

static int take(struct wardctl *ctl, struct wish *wish, const struct pace_knob *knob,
		const char *text)
{
	if (wish->which & knob->which)
		return ctl_usage(ctl, "--%s is named twice", knob->name);
	if (!pace_parse(knob, text, &wish->pace))
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
		rc = c == '?' ? ctl_bad_option(ctl, argv) :
				take(ctl, &wish, &pace_knobs[c], optarg);
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
