// SPDX-License-Identifier: MIT
/* wardctl kbs set-resource, delete-resource: data keys of a broker's database. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/crypto.h>

#include "../lib/keyfile.h"
#include "b64.h"
#include "dataset_job.h"
#include "kbs_admin.h"
#include "secret_out.h"
#include "verbs.h"

#define PATH_MAX_LEN	200
#define PATH_LETTERS	"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_./"

/**
 * struct terms - what is said of a key
 * @dataset: id in hex; the other terms go with it
 */
struct terms {
	const char *file, *dataset, *project, *policy, *expires, *uses;
};

static int parse(struct wardctl *ctl, int argc, char **argv, struct kbs_admin *a, struct terms *t)
{
	static const struct option longs[] = {
		KBS_ADMIN_LONGS, { "resource-file", required_argument, NULL, 'f' },
		{ "dataset", required_argument, NULL, 'd' }, { "project", required_argument, NULL, 'p' },
		{ "policy", required_argument, NULL, 'P' }, { "expires", required_argument, NULL, 'e' },
		{ "uses", required_argument, NULL, 'n' }, { 0 },
	};
	static const struct option bare[] = { KBS_ADMIN_LONGS, { 0 } };
	int c, rc = EXIT_OK;

	opterr = 0;
	while (!rc && (c = getopt_long(argc, argv, "", t ? longs : bare, NULL)) != -1)
		switch (c) {
		case '?':
			rc = ctl_bad_option(ctl, argv);
			break;
		case 'f':
			t->file = optarg;
			break;
		case 'd':
			t->dataset = optarg;
			break;
		case 'p':
			t->project = optarg;
			break;
		case 'P':
			t->policy = optarg;
			break;
		case 'e':
			t->expires = optarg;
			break;
		case 'n':
			t->uses = optarg;
			break;
		default:
			rc = kbs_admin_option(ctl, a, c, optarg);
		}
	if (!rc && (argc - optind != 1 || strlen(argv[optind]) >= PATH_MAX_LEN ||
		    argv[optind][strspn(argv[optind], PATH_LETTERS)]))
		rc = ctl_usage(ctl, "one resource is expected: repository/type/tag");
	return rc ? rc : kbs_admin_check(ctl, a);
}

static int check_terms(struct wardctl *ctl, const struct terms *t)
{
	char *end;

	if (!t->file)
		return ctl_usage(ctl, "--resource-file is needed: the data key");
	if (!t->dataset && (t->project || t->policy || t->expires || t->uses))
		return ctl_usage(ctl, "--project, --policy, --expires and --uses go with --dataset");
	if (t->uses && (strtol(t->uses, &end, 10) < 1 || *end))
		return ctl_usage(ctl, "--uses takes a number from 1 on, not '%s'", t->uses);
	return EXIT_OK;
}

/* With its terms, as the broker takes them; the caller wipes and frees it. */
static char *compose(const struct terms *t, const uint8_t key[WARD_KEYFILE_LEN])
{
	char secret[B64_TEXT_LEN(WARD_KEYFILE_LEN)], *text = NULL;
	json_t *body;

	b64url_encode(key, WARD_KEYFILE_LEN, secret);
	body = json_pack("{s:s, s:s, s:s, s:s*, s:s*}", "project",
			 t->project ? t->project : "default", "dataset", t->dataset, "key", secret,
			 "policy", t->policy, "expires", t->expires);
	OPENSSL_cleanse(secret, sizeof(secret));
	if (body && (!t->uses ||
		     !json_object_set_new(body, "uses", json_integer(strtol(t->uses, NULL, 10)))))
		text = json_dumps(body, JSON_COMPACT);
	json_decref(body);
	return text;
}

static int show(struct wardctl *ctl, const struct kbs_admin *a, const char *path, json_t *answer)
{
	out_text(ctl->out, "resource", path);
	out_text(ctl->out, "broker", a->url);
	if (answer)
		out_int(ctl->out, "version",
			json_integer_value(json_object_get(answer, "version")));
	json_decref(answer);
	return EXIT_OK;
}

static int set(struct wardctl *ctl, const struct kbs_admin *a, const struct terms *t, const char *path,
	       const uint8_t key[WARD_KEYFILE_LEN])
{
	char where[PATH_MAX_LEN + 32], *text = t->dataset ? compose(t, key) : NULL;
	struct kbs_request req = { .method = "POST", .path = where, .data = key,
				   .len = WARD_KEYFILE_LEN };
	json_t *answer = NULL;
	int rc;

	if (t->dataset && !text)
		return ctl_error(ctl, EXIT_DEVICE, "no-memory", "no memory");
	if (text) {
		req.data = text;
		req.len = strlen(text);
	}
	snprintf(where, sizeof(where), "/kbs/v0/resource/%s", path);
	rc = kbs_admin_ask(ctl, a, &req, &answer);
	if (text)
		OPENSSL_cleanse(text, strlen(text));
	free(text);
	return rc ? rc : show(ctl, a, path, answer);
}

static int run_set(struct wardctl *ctl, int argc, char **argv)
{
	uint8_t key[WARD_KEYFILE_LEN];
	struct job job = { .ctl = ctl };
	struct kbs_admin a = { 0 };
	struct terms t = { 0 };
	int rc;

	secret_keep();
	rc = parse(ctl, argc, argv, &a, &t);
	rc = rc ? rc : check_terms(ctl, &t);
	rc = rc ? rc : job_key(&job, t.file, key);
	if (rc)
		return rc;
	rc = set(ctl, &a, &t, argv[optind], key);
	OPENSSL_cleanse(key, sizeof(key));
	return rc;
}

static int run_delete(struct wardctl *ctl, int argc, char **argv)
{
	struct kbs_admin a = { 0 };
	char where[PATH_MAX_LEN + 32];
	struct kbs_request req = { .method = "DELETE", .path = where };
	json_t *answer = NULL;
	int rc = parse(ctl, argc, argv, &a, NULL);

	if (rc)
		return rc;
	snprintf(where, sizeof(where), "/admin/v1/resources/%s", argv[optind]);
	rc = kbs_admin_ask(ctl, &a, &req, &answer);
	json_decref(answer);
	return rc ? rc : show(ctl, &a, argv[optind], NULL);
}

const struct wardctl_verb verb_kbs_set_resource = {
	.name = "kbs set-resource",
	.args = KBS_ADMIN_ARGS "\n       --resource-file FILE [--dataset ID [--project NAME] [--policy NAME]\n"
		"       [--expires TIME] [--uses NUMBER]] PATH",
	.help = "enter a data key into ward-broker's database",
	.details = KBS_ADMIN_DETAILS
		   "  --resource-file F   the data key, mode 0600, as dataset encrypt writes it\n"
		   "  --dataset ID        of the data set that it opens, in hex; without it the key takes\n"
		   "                      the place of the one that is there, on its terms; a new\n"
		   "                      one names no data set\n"
		   "  --project NAME      whose it is (default)\n"
		   "  --policy NAME       that must accept the evidence, too\n"
		   "  --expires TIME      not released from then on (RFC 3339)\n"
		   "  --uses NUMBER       how often it may be released\n",
	.run = run_set,
};

const struct wardctl_verb verb_kbs_delete_resource = {
	.name = "kbs delete-resource",
	.args = KBS_ADMIN_ARGS " PATH",
	.help = "delete a key out of ward-broker's database",
	.details = KBS_ADMIN_DETAILS,
	.run = run_delete,
};
