// SPDX-License-Identifier: MIT
/* wardctl limits show, limits set: how much protected memory may be held. */
#include <errno.h>
#include <getopt.h>
#include <unistd.h>

#include "device.h"
#include "size.h"
#include "verbs.h"

/**
 * struct choice - what was asked for
 * @which: WARD_LIMIT_*
 * @one: the user's limit is @uid's alone
 */
struct choice {
	uint32_t which;
	bool one;
	uint32_t uid;
	struct ward_limits limits;
};

static void show_limits(struct wardctl *ctl, const struct choice *c,
			const struct ward_limits *limits)
{
	device_limit(ctl, "global", limits->global);
	if (c->one)
		out_uint(ctl->out, "uid", c->uid);
	device_limit(ctl, c->one ? "user" : "each_user", limits->user);
	device_limit(ctl, "each_session", limits->session);
}

static int tell(struct wardctl *ctl, struct ward_control *control, const struct choice *c)
{
	struct ward_limits limits = { .size = sizeof(limits) };
	int err = ward_control_limits(control, c->one ? &c->uid : NULL, &limits);

	if (err)
		return device_refused(ctl, control, err, "limits");
	show_limits(ctl, c, &limits);
	return EXIT_OK;
}

static int set(struct wardctl *ctl, struct ward_control *control, const struct choice *c)
{
	int err = ward_control_limit_set(control, c->which, c->one ? &c->uid : NULL, &c->limits);

	if (err)
		return device_refused(ctl, control, err, "limits set");
	return tell(ctl, control, c);
}

static int with_control(struct wardctl *ctl, const struct choice *c,
			int (*act)(struct wardctl *, struct ward_control *, const struct choice *))
{
	struct ward_control *control;
	int rc = device_control(ctl, &control);

	if (rc)
		return rc;
	rc = act(ctl, control, c);
	ward_control_close(control);
	return rc;
}

/* One limit named twice is a slip, not a choice. */
static int take_size(struct wardctl *ctl, struct choice *c, uint32_t which, uint64_t *to,
		     const char *text)
{
	if (c->which & which)
		return ctl_usage(ctl, "the same limit is named twice");
	if (!size_parse(text, to))
		return ctl_usage(ctl, "'%s' is no size: bytes, or with K, M, G or T, or none", text);
	if (*to != UINT64_MAX && *to % (uint64_t)sysconf(_SC_PAGESIZE))
		return ctl_usage(ctl, "'%s' is not a multiple of the page size (%ld)", text,
				 sysconf(_SC_PAGESIZE));
	c->which |= which;
	return EXIT_OK;
}

static int take_user(struct wardctl *ctl, struct choice *c, const char *text)
{
	if (c->one)
		return ctl_usage(ctl, "one user at a time");
	if (!user_parse(text, &c->uid))
		return ctl_usage(ctl, "'%s' is neither a user id nor a user of this machine", text);
	c->one = true;
	return EXIT_OK;
}

static int set_option(struct wardctl *ctl, struct choice *c, int option, char **argv)
{
	switch (option) {
	case 'g':
		return take_size(ctl, c, WARD_LIMIT_GLOBAL, &c->limits.global, optarg);
	case 's':
		return take_size(ctl, c, WARD_LIMIT_SESSION, &c->limits.session, optarg);
	case 'e':
		return take_size(ctl, c, WARD_LIMIT_USER, &c->limits.user, optarg);
	case 'u':
		return take_user(ctl, c, optarg);
	default:
		return ctl_bad_option(ctl, argv);
	}
}

static int set_options(struct wardctl *ctl, struct choice *c, int argc, char **argv)
{
	static const struct option longs[] = {
		{ "global", required_argument, NULL, 'g' },
		{ "session", required_argument, NULL, 's' },
		{ "each-user", required_argument, NULL, 'e' },
		{ "user", required_argument, NULL, 'u' },
		{ 0 },
	};
	int option, rc = EXIT_OK;

	opterr = 0;
	while (!rc && (option = getopt_long(argc, argv, "", longs, NULL)) != -1)
		rc = set_option(ctl, c, option, argv);
	if (rc)
		return rc;
	if (c->one && c->which & WARD_LIMIT_USER)
		return ctl_usage(ctl, "--user and --each-user exclude each other");
	if (argc - optind != c->one)
		return ctl_usage(ctl, c->one ? "--user takes a user, and after the options a size" :
					       "every size needs its option: --global, --session, --each-user");
	if (c->one)
		return take_size(ctl, c, WARD_LIMIT_USER, &c->limits.user, argv[optind]);
	return c->which ? EXIT_OK : ctl_usage(ctl, "no limit is named");
}

static int run_set(struct wardctl *ctl, int argc, char **argv)
{
	struct choice c = { .limits.size = sizeof(c.limits) };
	int rc = set_options(ctl, &c, argc, argv);

	return rc ? rc : with_control(ctl, &c, set);
}

static int run_show(struct wardctl *ctl, int argc, char **argv)
{
	static const struct option longs[] = {
		{ "user", required_argument, NULL, 'u' },
		{ 0 },
	};
	struct choice c = { .which = 0 };
	int option, rc = EXIT_OK;

	opterr = 0;
	while (!rc && (option = getopt_long(argc, argv, "", longs, NULL)) != -1)
		rc = option == 'u' ? take_user(ctl, &c, optarg) :
		     ctl_bad_option(ctl, argv);
	if (!rc && optind < argc)
		rc = ctl_usage(ctl, "limits show takes no argument, not '%s'", argv[optind]);
	return rc ? rc : with_control(ctl, &c, tell);
}

const struct wardctl_verb verb_limits_show = {
	.name = "limits show",
	.args = "[--user UID|NAME]",
	.help = "how much protected memory may be held (root)",
	.details = "Bytes that everybody together, each user and each session may hold; a dash (null)\n"
		   "is no limit. --user shows that user's own in place of each user's.\n",
	.run = run_show,
};

const struct wardctl_verb verb_limits_set = {
	.name = "limits set",
	.args = "[--global SIZE] [--session SIZE] [--each-user SIZE | --user UID|NAME SIZE]",
	.help = "change it, at once and for this load of the module (root)",
	.details = "SIZE is bytes, a multiple of the page size, with K, M, G or T (powers of 1024), or\n"
		   "none (for one user: each user's holds). All that is named is set, or nothing. A\n"
		   "limit below what is held takes nothing away: nothing more is given until it fits.\n",
	.run = run_set,
};
