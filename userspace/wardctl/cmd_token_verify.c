// SPDX-License-Identifier: MIT
/*
 * wardctl token verify: the word of an attestation service, held against what is expected.
 */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "appraise.h"
#include "infile.h"
#include "verbs.h"
#include "wardverify_token.h"

/** struct job - options read so far; owns what it points to */
struct job {
	struct wv_token_appraisal in;
	struct wv_bytes jwks;
	struct wv_policy *policy;
	uint8_t nonce[64], measurement[48];
};

static int take_jwks(struct wardctl *ctl, struct job *j, const char *path)
{
	int rc;

	infile_free(&j->jwks);
	rc = infile_read(ctl, path, &j->jwks);
	j->in.jwks = j->jwks;
	return rc;
}

static int take_policy(struct wardctl *ctl, struct job *j, const char *path)
{
	struct wv_bytes text;
	struct wv_fault fault;
	int rc = infile_read(ctl, path, &text);

	if (rc)
		return rc;
	wv_policy_free(j->policy);
	if (wv_policy_parse(text, &j->policy, &fault))
		rc = appraise_fault(ctl, path, &fault);
	j->in.policy = j->policy;
	infile_free(&text);
	return rc;
}

static int take_time(struct wardctl *ctl, struct job *j, const char *text)
{
	if (!wv_time_parse(text, &j->in.now))
		return EXIT_OK;
	return ctl_usage(ctl, "--at takes a time such as 2026-01-31T12:00:00Z, not '%s'", text);
}

static int take(struct wardctl *ctl, struct job *j, int opt, const char *text)
{
	switch (opt) {
	case 'j':
		return take_jwks(ctl, j, text);
	case 'p':
		return take_policy(ctl, j, text);
	case 't':
		return take_time(ctl, j, text);
	case 'i':
		j->in.issuer = text;
		return EXIT_OK;
	case 'a':
		j->in.audience = text;
		return EXIT_OK;
	case 'n':
		return appraise_hex(ctl, "nonce", text, j->nonce, 8, 64, &j->in.nonce);
	case 'm':
		return appraise_hex(ctl, "measurement", text, j->measurement, 48, 48,
				    &j->in.measurement);
	case 'u':
		j->in.accept_unmeasured = 1;
		return EXIT_OK;
	default:
		return ctl_usage(ctl, "an option is not known, or lacks its value");
	}
}

static int read_options(struct wardctl *ctl, struct job *j, int argc, char **argv)
{
	static const struct option options[] = {
		{ "jwks", required_argument, NULL, 'j' },
		{ "issuer", required_argument, NULL, 'i' },
		{ "audience", required_argument, NULL, 'a' },
		{ "nonce", required_argument, NULL, 'n' },
		{ "policy", required_argument, NULL, 'p' },
		{ "measurement", required_argument, NULL, 'm' },
		{ "accept-unmeasured", no_argument, NULL, 'u' },
		{ "at", required_argument, NULL, 't' },
		{ NULL, 0, NULL, 0 },
	};
	int opt, rc = EXIT_OK;

	opterr = 0;
	while (!rc && (opt = getopt_long(argc, argv, "", options, NULL)) != -1)
		rc = opt == '?' ? ctl_bad_option(ctl, argv) : take(ctl, j, opt, optarg);
	if (!rc && argc - optind != 1)
		rc = ctl_usage(ctl, "one file is expected");
	if (!rc && !j->jwks.data)
		rc = ctl_usage(ctl, "--jwks is missing: the service's keys, which decide whom you trust");
	if (!rc && !j->policy && !j->in.measurement.data && !j->in.accept_unmeasured)
		rc = ctl_usage(ctl, "--policy or --measurement is missing: a token that names a measurement which nobody compares proves no image (--accept-unmeasured: go without)");
	return rc;
}

static void show_when(struct output *o, const char *key, int64_t t)
{
	char text[32];

	if (!t)
		return;
	wv_time_text(t, text);
	out_text(o, key, text);
}

static void show_claims(struct output *o, const struct wv_token *t)
{
	static const char *const services[] = {
		"not known", "Azure Attestation", "Intel Trust Authority",
	};

	out_text(o, "service", services[t->service]);
	if (*t->issuer)
		out_text(o, "issuer", t->issuer);
	if (*t->tee)
		out_text(o, "tee", t->tee);
	if (*t->status)
		out_text(o, "status", t->status);
	show_when(o, "issued_at", t->issued_at);
	show_when(o, "expires_at", t->expires_at);
	if (t->has_measurement)
		out_hex(o, "measurement", t->measurement, sizeof(t->measurement));
	out_list(o, "rtmr");
	for (int i = 0; t->has_rtmr && i < 4; i++)
		out_hex(o, NULL, t->rtmr[i], sizeof(t->rtmr[i]));
	out_close(o);
}

static void show_unchecked(struct output *o, unsigned int unchecked)
{
	static const char *const meanings[WV_TOKEN_UNCHECKED_COUNT] = {
		"any instance whose keys are in the JWKS may have issued it (--issuer)",
		"it is meant for somebody, who was not named here (--audience)",
		"it may be a replay (--nonce)",
		"nobody knows which image runs there (--policy, --measurement)",
		"the measurement is the paravisor's; which kernel runs behind it no token says, but the evidence does (verify evidence)",
	};

	if (!unchecked)
		return;
	out_list(o, "not_checked");
	for (int i = 0; i < WV_TOKEN_UNCHECKED_COUNT; i++)
		if (unchecked & 1u << i)
			out_textf(o, NULL, "%s: %s", wv_token_unchecked_text(i), meanings[i]);
	out_close(o);
}

static void show_text(struct output *o, const struct wv_token *t)
{
	const struct wv_fault *f = &t->fault;

	out_text(o, "verdict", wv_reason_text(f->reason));
	if (f->reason) {
		out_textf(o, "because", "%s: %s", f->field, f->text);
		out_text(o, "meaning", wv_reason_explain(f->reason));
		out_text(o, "mend", wv_reason_mend(f->reason));
	}
	if (*t->algorithm)
		out_textf(o, "signature", "%s%s%s%s", t->algorithm, *t->key_id ? " by key " : "",
			  t->key_id, t->authentic ? "" : ": not verified");
	if (t->authentic)
		show_claims(o, t);
	out_bool(o, "measured", t->measured);
	show_unchecked(o, t->unchecked);
}

static int show(struct wardctl *ctl, const char *path, const struct wv_token *t)
{
	int code = wv_reason_exit(t->fault.reason);
	char *json;

	if (code)
		fprintf(stderr, "wardctl: %s: refused: %s\n", path,
			wv_reason_text(t->fault.reason));
	if (!ctl->json) {
		show_text(ctl->out, t);
		return code;
	}
	json = wv_token_json(t);
	if (!json || !out_parsed(ctl->out, NULL, json))
		code = ctl_error(ctl, EXIT_DEVICE, "no-memory", "no memory");
	free(json);
	return code;
}

/* The line's end that programs put behind a token; more is no part of it either. */
static struct wv_bytes without_newline(struct wv_bytes in)
{
	if (in.len && in.data[in.len - 1] == '\n')
		in.len -= in.len > 1 && in.data[in.len - 2] == '\r' ? 2 : 1;
	return in;
}

static int verify(struct wardctl *ctl, const struct job *j, const char *path)
{
	struct wv_bytes file;
	struct wv_token t;
	int rc = infile_read(ctl, path, &file);

	if (rc)
		return rc;
	wv_verify_token(without_newline(file), &j->in, &t);
	infile_free(&file);
	return show(ctl, path, &t);
}

static int run(struct wardctl *ctl, int argc, char **argv)
{
	struct job j = { .in = { .now = (int64_t)time(NULL), .leeway = WV_TOKEN_LEEWAY } };
	int rc = read_options(ctl, &j, argc, argv) ?: verify(ctl, &j, argv[optind]);

	wv_policy_free(j.policy);
	infile_free(&j.jwks);
	return rc;
}

const struct wardctl_verb verb_token_verify = {
	.name = "token verify",
	.args = "FILE --jwks FILE [--policy FILE] [--measurement HEX] [--accept-unmeasured] "
		"[--issuer URL] [--audience TEXT] [--nonce HEX] [--at TIME]",
	.help = "a token (JWT) of Azure Attestation or Intel Trust Authority",
	.details = "  --jwks FILE          the service's keys (JWKS), fetched from where you trust it\n"
		   "  --policy FILE        what is accepted: the members that speak of the TEE\n"
		   "  --measurement HEX    the launch digest or MRTD that is expected\n"
		   "  --accept-unmeasured  do without both: nobody knows then which image it is\n"
		   "  --issuer URL         the instance of the service that must have issued it\n"
		   "  --audience TEXT      for whom it must be meant\n"
		   "  --nonce HEX          the nonce that you sent; without it a replay goes unnoticed\n"
		   "  --at TIME            verify as of this time (RFC 3339)\n"
		   "  Keys that the token itself offers are not looked at.\n",
	.run = run,
};
