// SPDX-License-Identifier: MIT
/* wardctl config apply: tell the kernel, and wardd, what the configuration says. */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "config.h"
#include "device.h"
#include "outfile.h"
#include "policy_words.h"
#include "provider.h"
#include "verbs.h"

/**
 * struct section - one of the kernel's
 * @named: whether the configuration says anything
 * @apply: an exit code, told if not 0; @control is NULL for what needs none
 */
struct section {
	const char *name;
	bool needs_control;
	bool (*named)(const struct config_settings *s);
	int (*apply)(struct wardctl *ctl, struct ward_control *control,
		     const struct config_settings *s);
};

/* ---- sections ----------------------------------------------------------------------- */

static bool has_limits(const struct config_settings *s)
{
	return s->limits_which || s->users;
}

static int apply_limits(struct wardctl *ctl, struct ward_control *control,
			const struct config_settings *s)
{
	int err = s->limits_which ? ward_control_limit_set(control, s->limits_which, NULL,
							   &s->limits) : 0;

	for (size_t i = 0; i < s->users && !err; i++) {
		struct ward_limits one = { .size = sizeof(one), .user = s->user[i].bytes };

		err = ward_control_limit_set(control, WARD_LIMIT_USER, &s->user[i].uid, &one);
	}
	return err ? device_refused(ctl, control, err, "config apply: [limits]") : EXIT_OK;
}

static bool has_pace(const struct config_settings *s)
{
	return s->pace_which;
}

static int apply_pace(struct wardctl *ctl, struct ward_control *control,
		      const struct config_settings *s)
{
	int err = ward_control_pace_set(control, s->pace_which, &s->pace);

	return err ? device_refused(ctl, control, err, "config apply: [pace]") : EXIT_OK;
}

static bool has_policy(const struct config_settings *s)
{
	return s->has_policy;
}

static int apply_policy(struct wardctl *ctl, struct ward_control *control,
			const struct config_settings *s)
{
	int err = ward_control_policy_set(control, &s->policy);

	return err ? policy_set_refused(ctl, control, err, "config apply: [policy]") : EXIT_OK;
}

static bool has_provider(const struct config_settings *s)
{
	return s->tsm != CONFIG_TSM_NO;
}

/* Where the kernel has no TSM reports there is nothing to link, unless it must be. */
static int apply_provider(struct wardctl *ctl, struct ward_control *control,
			  const struct config_settings *s)
{
	int rc = EXIT_OK, state = ward_provider_state(NULL);

	(void)control;
	if (s->tsm == CONFIG_TSM_AUTO &&
	    (state == WARD_LINK_NO_CONFIGFS || state == WARD_LINK_NO_TSM || state == WARD_LINK_NO_WARD)) {
		out_text(ctl->out, "link", provider_link_text(state));
		return EXIT_OK;
	}
	for (size_t i = 0; i < CONFIG_ATTRIBUTES && !rc; i++)
		if (s->attribute[i])
			rc = provider_attribute(ctl, config_attribute[i], s->attribute[i]);
	if (!rc)
		rc = provider_attach(ctl);
	if (!rc)
		out_text(ctl->out, "link", provider_link_text(ward_provider_state(NULL)));
	return rc;
}

static const struct section sections[] = {
	{ "limits", true, has_limits, apply_limits },
	{ "pace", true, has_pace, apply_pace },
	{ "policy", true, has_policy, apply_policy },
	{ "provider", false, has_provider, apply_provider },
};
#define SECTIONS (sizeof(sections) / sizeof(sections[0]))

/* One connection for all that need one, none where nothing does. */
static int apply(struct wardctl *ctl, const struct config_settings *s, unsigned int which)
{
	struct ward_control *control = NULL;
	unsigned int done = 0;
	int rc = EXIT_OK;

	for (size_t i = 0; i < SECTIONS && !rc; i++) {
		if (!(which & 1u << i) || !sections[i].named(s))
			continue;
		if (sections[i].needs_control && !control)
			rc = device_control(ctl, &control);
		if (!rc)
			rc = sections[i].apply(ctl, control, s);
		done |= 1u << i;
	}
	ward_control_close(control);
	if (rc)
		return rc;
	out_list(ctl->out, "applied");
	for (size_t i = 0; i < SECTIONS; i++)
		if (done & 1u << i)
			out_text(ctl->out, NULL, sections[i].name);
	out_close(ctl->out);
	return EXIT_OK;
}

/* ---- wardd's options ----------------------------------------------------------------- */

/* @before each: nothing, or a blank once something stands there. */
static void put_each(FILE *f, const char **before, const char *option, const char *list)
{
	while (list && *list) {
		size_t len = strcspn(list, " \t");

		fprintf(f, "%s--%s %.*s", *before, option, (int)len, list);
		list += len + strspn(list + len, " \t");
		*before = " ";
	}
}

static void put_options(FILE *f, const struct config_settings *s)
{
	const char *before = "";

	fputs("# Made by wardctl config apply; systemd reads it for wardd.service.\nWARDD_OPTIONS=", f);
	put_each(f, &before, "backend", s->backends);
	put_each(f, &before, "beside", s->besides);
	if (s->exclusive && strcmp(s->exclusive, "no")) {
		fprintf(f, "%s--exclusive%s", before, strcmp(s->exclusive, "mend") ? "" : "=mend");
		before = " ";
	}
	if (s->wardd_keys)
		fprintf(f, "%s--keys", before);
	fputc('\n', f);
}

static int write_options(struct wardctl *ctl, const char *path, const struct config_settings *s)
{
	struct outfile file;
	FILE *f;
	int copy, rc = outfile_open(&file, path, 0644);

	if (rc)
		return ctl_error(ctl, EXIT_DEVICE, "output", "%s: %s", path, outfile_strerror(rc));
	copy = dup(file.fd);
	f = copy < 0 ? NULL : fdopen(copy, "w");
	if (f)
		put_options(f, s);
	if (!f || fclose(f)) {
		rc = errno ? -errno : -EIO;
		if (!f && copy >= 0)
			close(copy);
		outfile_abort(&file);
	} else {
		rc = outfile_commit(&file);
	}
	if (rc < 0)
		return ctl_error(ctl, EXIT_DEVICE, "output", "%s: %s", path, outfile_strerror(rc));
	out_text(ctl->out, "wardd", path);
	return EXIT_OK;
}

/* ---- the verb ------------------------------------------------------------------------ */

/** struct wish - what was asked for: sections as bits, all if there is none */
struct wish {
	const char *from;
	const char *wardd;
	unsigned int which;
};

static int take_section(struct wardctl *ctl, struct wish *wish, const char *name)
{
	for (size_t i = 0; i < SECTIONS; i++)
		if (!strcmp(sections[i].name, name)) {
			wish->which |= 1u << i;
			return EXIT_OK;
		}
	return ctl_usage(ctl, "'%s' is no section: limits, pace, policy or provider", name);
}

static int options(struct wardctl *ctl, struct wish *wish, int argc, char **argv)
{
	static const struct option longs[] = {
		{ "from", required_argument, NULL, 'f' },
		{ "wardd", required_argument, NULL, 'w' },
		{ 0 },
	};
	int c, rc = EXIT_OK;

	opterr = 0;
	while ((c = getopt_long(argc, argv, "", longs, NULL)) != -1) {
		if (c == '?')
			return ctl_bad_option(ctl, argv);
		*(c == 'f' ? &wish->from : &wish->wardd) = optarg;
	}
	while (!rc && optind < argc)
		rc = take_section(ctl, wish, argv[optind++]);
	if (!rc && !wish->which && !wish->wardd)
		wish->which = (1u << SECTIONS) - 1;
	return rc;
}

static int run(struct wardctl *ctl, int argc, char **argv)
{
	static struct config_settings settings;
	struct wish wish = { .from = CONFIG_DIR };
	struct config config;
	int rc = options(ctl, &wish, argc, argv);

	if (rc)
		return rc;
	rc = config_load(ctl, wish.from, &config);
	if (!rc) {
		config_settings_read(&config, &settings);
		rc = config_complain(ctl, &config);
	}
	if (!rc && wish.which)
		rc = apply(ctl, &settings, wish.which);
	if (!rc && wish.wardd)
		rc = write_options(ctl, wish.wardd, &settings);
	config_free(&config);
	return rc;
}

const struct wardctl_verb verb_config_apply = {
	.name = "config apply",
	.args = "[--from FILE] [--wardd FILE] [SECTION]...",
	.help = "tell the kernel what it says, for this load of the module (root)",
	.details = "SECTION is limits, pace, policy or provider; all of them unless some are named. Of\n"
		   "a configuration with an error nothing is applied. --from is a file or directory as\n"
		   "for config check. --wardd writes what wardd.service gives to wardd as options, and\n"
		   "without a SECTION does nothing else. See ward.conf(5).\n",
	.run = run,
};
