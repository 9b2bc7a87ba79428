// SPDX-License-Identifier: MIT
/* wardctl kbs set-resource-policy, set-attestation-policy: of a broker's database. */
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "b64.h"
#include "infile.h"
#include "kbs_admin.h"
#include "verbs.h"

#define DEFAULT_ID "default"

/** struct job - one run; @id: of an attestation policy, NULL = of all resources */
struct job {
	struct kbs_admin admin;
	const char *file, *id;
};

static int parse(struct wardctl *ctl, int argc, char **argv, struct job *j)
{
	static const struct option longs[] = {
		KBS_ADMIN_LONGS, { "policy-file", required_argument, NULL, 'f' },
		{ "id", required_argument, NULL, 'i' }, { 0 },
	};
	int c, rc = EXIT_OK;

	opterr = 0;
	while (!rc && (c = getopt_long(argc, argv, "", longs, NULL)) != -1)
		if (c == '?' || (c == 'i' && !j->id))
			rc = ctl_bad_option(ctl, argv);
		else if (c == 'f')
			j->file = optarg;
		else if (c == 'i')
			j->id = optarg;
		else
			rc = kbs_admin_option(ctl, &j->admin, c, optarg);
	if (!rc && optind != argc)
		rc = ctl_usage(ctl, "no argument is taken beside the options");
	if (!rc && !j->file)
		rc = ctl_usage(ctl, "--policy-file is needed: a policy as 'wardctl policy check' reads it");
	return rc ? rc : kbs_admin_check(ctl, &j->admin);
}

/* As Trustee's clients put it. */
static char *compose(const struct job *j, struct wv_bytes policy)
{
	char *encoded = malloc(B64_TEXT_LEN(policy.len)), *text;
	json_t *body;

	if (!encoded)
		return NULL;
	b64url_encode(policy.data, policy.len, encoded);
	body = json_pack("{s:s, s:s*, s:s*}", "policy", encoded, "type", j->id ? "ward-policy" : NULL,
			 "policy_id", j->id);
	text = body ? json_dumps(body, JSON_COMPACT) : NULL;
	json_decref(body);
	free(encoded);
	return text;
}

static int set(struct wardctl *ctl, const struct job *j, struct wv_bytes policy)
{
	char *text = compose(j, policy);
	struct kbs_request req = {
		.method = "POST", .data = text, .len = text ? strlen(text) : 0,
		.path = j->id ? "/kbs/v0/attestation-policy" : "/kbs/v0/resource-policy",
	};
	json_t *answer = NULL;
	int rc;

	if (!text)
		return ctl_error(ctl, EXIT_DEVICE, "no-memory", "no memory");
	rc = kbs_admin_ask(ctl, &j->admin, &req, &answer);
	free(text);
	if (rc)
		return rc;
	out_text(ctl->out, "policy", json_string_value(json_object_get(answer, "entered")));
	out_text(ctl->out, "broker", j->admin.url);
	out_int(ctl->out, "version", json_integer_value(json_object_get(answer, "version")));
	json_decref(answer);
	return EXIT_OK;
}

static int work(struct wardctl *ctl, int argc, char **argv, struct job *j)
{
	struct wv_bytes policy = { 0 };
	int rc = parse(ctl, argc, argv, j);

	if (!rc)
		rc = infile_read(ctl, j->file, &policy);
	if (!rc)
		rc = set(ctl, j, policy);
	infile_free(&policy);
	return rc;
}

static int run_attestation(struct wardctl *ctl, int argc, char **argv)
{
	struct job j = { .id = DEFAULT_ID };

	return work(ctl, argc, argv, &j);
}

static int run_resource(struct wardctl *ctl, int argc, char **argv)
{
	struct job j = { 0 };

	return work(ctl, argc, argv, &j);
}

const struct wardctl_verb verb_kbs_set_attestation_policy = {
	.name = "kbs set-attestation-policy",
	.args = KBS_ADMIN_ARGS "\n       --policy-file FILE [--id NAME]",
	.help = "enter a policy into ward-broker's database",
	.details = KBS_ADMIN_DETAILS
		   "  --policy-file FILE  the policy, in JSON (ward-policy(5))\n"
		   "  --id NAME           that a resource asks for it by; without one 'default', which\n"
		   "                      all evidence must meet\n",
	.run = run_attestation,
};

const struct wardctl_verb verb_kbs_set_resource_policy = {
	.name = "kbs set-resource-policy",
	.args = KBS_ADMIN_ARGS "\n       --policy-file FILE",
	.help = "set the policy that all of ward-broker's releases ask for",
	.details = KBS_ADMIN_DETAILS
		   "  --policy-file FILE  the policy, in JSON (ward-policy(5))\n",
	.run = run_resource,
};
