// SPDX-License-Identifier: MIT
/*
 * wardctl policy show, policy set: who may ask the kernel for evidence. (What a
 * relying party makes of evidence is `policy check`.)
 */
#include <errno.h>
#include <getopt.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "device.h"
#include "evidence.h"
#include "policy_words.h"
#include "size.h"
#include "verbs.h"
#include "wardverify.h"

/* ---- showing ----------------------------------------------------------------------- */

static void show_rule(struct wardctl *ctl, const struct ward_attest_rule *rule)
{
	struct passwd *user = rule->is_group ? NULL : getpwuid(rule->id);
	struct group *group = rule->is_group ? getgrgid(rule->id) : NULL;
	const char *name = user ? user->pw_name : group ? group->gr_name : NULL;

	out_object(ctl->out, NULL);
	out_uint(ctl->out, rule->is_group ? "gid" : "uid", rule->id);
	if (name)
		out_text(ctl->out, "name", name);
	device_bits(ctl, "purposes", rule->purposes, device_purposes.word, device_purposes.n);
	out_close(ctl->out);
}

static void show(struct wardctl *ctl, const struct ward_attest_policy *policy)
{
	size_t i;

	device_bits(ctl, "purposes", policy->purposes, device_purposes.word, device_purposes.n);
	out_list(ctl->out, "rules");
	for (i = 0; i < policy->rules; i++)
		show_rule(ctl, &policy->rule[i]);
	out_close(ctl->out);
	device_bits(ctl, "posture", policy->posture, device_postures.word,
		    device_postures.n);
	device_bits(ctl, "refuse", policy->refuse, device_refusals.word, device_refusals.n);
	device_bits(ctl, "latches", policy->latches, policy_latches.word, policy_latches.n);
	out_hex(ctl->out, "hash", policy->hash, sizeof(policy->hash));
}

static int tell(struct wardctl *ctl, struct ward_control *control)
{
	struct ward_attest_policy *policy;
	int err = ward_control_policy(control, &policy);

	if (err)
		return device_refused(ctl, control, err, "policy show");
	show(ctl, policy);
	ward_attest_policy_free(policy);
	return EXIT_OK;
}

static int run_show(struct wardctl *ctl, int argc, char **argv)
{
	struct ward_control *control;
	int rc;

	if (argc > 1)
		return ctl_usage(ctl, "policy show takes no argument, not '%s'", argv[1]);
	rc = device_control(ctl, &control);
	if (rc)
		return rc;
	rc = tell(ctl, control);
	ward_control_close(control);
	return rc;
}

/* ---- setting ----------------------------------------------------------------------- */

static int bad_purposes(struct wardctl *ctl, const char *list)
{
	return ctl_usage(ctl, "purposes are release, channel, receipt, seal, report (all = these"
			 " five) and raw with commas between them, or none, not '%s'", list);
}

static int bad_posture(struct wardctl *ctl, const char *list)
{
	char names[256];

	device_names(UINT64_MAX, device_postures.word, device_postures.n, names, sizeof(names));
	return ctl_usage(ctl, "'%s' names a fact that posture does not have; facts are %s", list,
			 names);
}

/* WHO=PURPOSES */
static int take_rule(struct wardctl *ctl, struct ward_attest_policy *policy, bool is_group,
		     char *text)
{
	struct ward_attest_rule *rule = &policy->rule[policy->rules];
	char *list = strchr(text, '=');

	if (!list)
		return ctl_usage(ctl, "a rule is NAME=PURPOSES, not '%s'", text);
	*list++ = '\0';
	if (policy->rules == WARD_ATTEST_RULES_MAX)
		return ctl_usage(ctl, "more than %u rules: name groups", WARD_ATTEST_RULES_MAX);
	rule->is_group = is_group;
	if (!(is_group ? group_parse(text, &rule->id) : user_parse(text, &rule->id)))
		return ctl_usage(ctl, "'%s' is neither a number nor a %s of this machine", text,
				 is_group ? "group" : "user");
	if (!policy_purposes(list, &rule->purposes))
		return bad_purposes(ctl, list);
	for (size_t i = 0; i < policy->rules; i++)
		if (policy->rule[i].is_group == is_group && policy->rule[i].id == rule->id)
			return ctl_usage(ctl, "two rules name %s %u: one says all that it may ask for",
					 is_group ? "gid" : "uid", rule->id);
	policy->rules++;
	return EXIT_OK;
}

static int take(struct wardctl *ctl, struct ward_attest_policy *policy, int option, char *value)
{
	uint64_t bits = 0;

	switch (option) {
	case 'o':
		return policy_purposes(value, &policy->purposes) ? EXIT_OK : bad_purposes(ctl, value);
	case 'u':
	case 'g':
		return take_rule(ctl, policy, option == 'g', value);
	case 'p':
		if (!policy_bits(value, &device_postures, &policy->posture))
			return bad_posture(ctl, value);
		return EXIT_OK;
	case 'r':
		if (!policy_bits(value, &device_refusals, &bits))
			return ctl_usage(ctl, "--refuse takes traced and dumpable, not '%s'", value);
		policy->refuse = (uint32_t)bits;
		return EXIT_OK;
	default:
		if (!policy_bits(value, &policy_latches, &bits))
			return ctl_usage(ctl, "--latch takes rules, posture and refuse, not '%s'", value);
		policy->latches = (uint32_t)bits;
		return EXIT_OK;
	}
}

static int options(struct wardctl *ctl, struct ward_attest_policy *policy, int argc, char **argv)
{
	static const struct option longs[] = {
		{ "others", required_argument, NULL, 'o' },
		{ "user", required_argument, NULL, 'u' },
		{ "group", required_argument, NULL, 'g' },
		{ "posture", required_argument, NULL, 'p' },
		{ "refuse", required_argument, NULL, 'r' },
		{ "latch", required_argument, NULL, 'l' },
		{ 0 },
	};
	bool others = false;
	int c, rc = EXIT_OK;

	opterr = 0;
	while (!rc && (c = getopt_long(argc, argv, "", longs, NULL)) != -1) {
		if (c == '?')
			return ctl_bad_option(ctl, argv);
		others |= c == 'o';
		rc = take(ctl, policy, c, optarg);
	}
	if (!rc && optind < argc)
		rc = ctl_usage(ctl, "policy set takes no argument, not '%s'", argv[optind]);
	if (!rc && !others)
		rc = ctl_usage(ctl, "--others is missing: what may be asked for by whom no rule names");
	return rc;
}

/* Who may read the policy may set one: then EPERM is the word of a latch. */
int policy_set_refused(struct wardctl *ctl, struct ward_control *control, int err, const char *what)
{
	struct ward_attest_policy *now;
	char said[256], names[64];

	snprintf(said, sizeof(said), "%s", ward_control_said(control));
	if (err != -EPERM || !*said || ward_control_policy(control, &now))
		return device_refused(ctl, control, err, what);
	device_names(now->latches, policy_latches.word, policy_latches.n, names, sizeof(names));
	ward_attest_policy_free(now);
	return ctl_error(ctl, EXIT_DEVICE, "latched",
			 "%s: latched (%s): the kernel says: %s\n"
			 "  mend: repeat --latch %s, and what it holds as 'wardctl policy show' has"
			 " it;\n  nothing lifts a latch but loading the module again: wardctl module"
			 " unload, module load",
			 what, names, said, names);
}

static int set(struct wardctl *ctl, const struct ward_attest_policy *policy)
{
	struct ward_control *control;
	int err, rc = device_control(ctl, &control);

	if (rc)
		return rc;
	err = ward_control_policy_set(control, policy);
	rc = err ? policy_set_refused(ctl, control, err, "policy set") : tell(ctl, control);
	ward_control_close(control);
	return rc;
}

static int run_set(struct wardctl *ctl, int argc, char **argv)
{
	static struct ward_attest_rule rules[WARD_ATTEST_RULES_MAX];
	struct ward_attest_policy policy = { .rule = rules };
	int rc = options(ctl, &policy, argc, argv);

	return rc ? rc : set(ctl, &policy);
}

const struct wardctl_verb verb_policy_show = {
	.name = "policy show",
	.args = "",
	.help = "who may ask this kernel for evidence (root)",
	.details = "The purposes of whom no rule names, the rules, what the machine must be, which\n"
		   "processes are refused, the latches, and the hash that claims carry (zero: none\n"
		   "was set since the module was loaded).\n",
	.run = run_show,
};

const struct wardctl_verb verb_policy_set = {
	.name = "policy set",
	.args = "--others PURPOSES [--user WHO=PURPOSES]... [--group WHO=PURPOSES]...\n"
		"       [--posture FACT,...] [--refuse traced,dumpable] [--latch rules,posture,refuse]",
	.help = "say it anew, for this load of the module (root)",
	.details = "PURPOSES is release, channel, receipt, seal, report, raw with commas between them,\n"
		   "all (of them but raw) or none. raw: report data of the asker's own, over no\n"
		   "claims, for other brokers' protocols. The policy is replaced whole: a rule, a fact\n"
		   "or a refusal that is not named again no longer holds. Who is named by several\n"
		   "rules may do what any of them allows. --posture: facts that must be known and\n"
		   "true, by the names of 'wardctl status'. --group counts a process's supplementary\n"
		   "groups, too. A latch holds until the module is loaded again: rules can't change,\n"
		   "posture and refuse can only grow. Every later 'policy set' must repeat the latches\n"
		   "that are set, and what they hold, or is refused.\n"
		   "(What a data owner asks of evidence is another policy: 'wardctl policy check'.)\n",
	.run = run_set,
};
