// SPDX-License-Identifier: MIT
/*
 * Options of the verifying verbs.
 */
#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "appraise.h"
#include "collateral.h"
#include "hex.h"
#include "infile.h"

enum { OPT_POLICY = 256, OPT_ROOT, OPT_AT, OPT_COLLATERAL, OPT_NO_COLLATERAL, OPT_NONCE,
       OPT_BINDING, OPT_PURPOSE, OPT_SESSION, OPT_COMPLETE, OPT_RELEASE, OPT_LOG,
       OPT_SINCE, OPT_UNTIL, OPT_EAR, OPT_EAR_JWT, OPT_EAR_KEY, OPT_EXPLAIN, OPT_CARD };

struct known {
	unsigned int group;	/* 0 = every verb */
	struct option option;
};

static const struct known known[] = {
	{ 0, { "policy", required_argument, NULL, OPT_POLICY } },
	{ 0, { "root", required_argument, NULL, OPT_ROOT } },
	{ 0, { "at", required_argument, NULL, OPT_AT } },
	{ 0, { "collateral", required_argument, NULL, OPT_COLLATERAL } },
	{ 0, { "no-collateral", no_argument, NULL, OPT_NO_COLLATERAL } },
	{ APPRAISE_EXPECT | APPRAISE_SNPGUEST, { "ear", required_argument, NULL, OPT_EAR } },
	{ APPRAISE_EXPECT | APPRAISE_SNPGUEST, { "ear-jwt", required_argument, NULL, OPT_EAR_JWT } },
	{ APPRAISE_EXPECT | APPRAISE_SNPGUEST, { "ear-key", required_argument, NULL, OPT_EAR_KEY } },
	{ APPRAISE_EXPECT | APPRAISE_CHECK, { "nonce", required_argument, NULL, OPT_NONCE } },
	{ APPRAISE_EXPECT | APPRAISE_CHECK, { "binding", required_argument, NULL, OPT_BINDING } },
	{ APPRAISE_EXPECT | APPRAISE_CHECK, { "purpose", required_argument, NULL, OPT_PURPOSE } },
	{ APPRAISE_EXPECT | APPRAISE_CHECK, { "session", required_argument, NULL, OPT_SESSION } },
	{ APPRAISE_EXPECT | APPRAISE_RELEASE | APPRAISE_CHECK,
	  { "complete", no_argument, NULL, OPT_COMPLETE } },
	{ APPRAISE_EXPECT | APPRAISE_SNPGUEST | APPRAISE_RELEASE | APPRAISE_CHECK,
	  { "explain", no_argument, NULL, OPT_EXPLAIN } },
	{ APPRAISE_CARD, { "card", required_argument, NULL, OPT_CARD } },
	{ APPRAISE_RELEASE, { "release", required_argument, NULL, OPT_RELEASE } },
	{ APPRAISE_RELEASE, { "log", required_argument, NULL, OPT_LOG } },
	{ APPRAISE_RELEASE, { "since", required_argument, NULL, OPT_SINCE } },
	{ APPRAISE_RELEASE, { "until", required_argument, NULL, OPT_UNTIL } },
	{ APPRAISE_SNPGUEST, { "tcb", no_argument, NULL, 't' } },
	{ APPRAISE_SNPGUEST, { "signature", no_argument, NULL, 's' } },
	{ APPRAISE_SNPGUEST, { "measurement", required_argument, NULL, 'm' } },
	{ APPRAISE_SNPGUEST, { "host-data", required_argument, NULL, 'd' } },
	{ APPRAISE_SNPGUEST | APPRAISE_BARE, { "report-data", required_argument, NULL, 'r' } },
};
#define KNOWN (sizeof(known) / sizeof(known[0]))

/* Hex with or without 0x, @min to @max bytes; the count, or 0. */
static size_t hex(const char *text, uint8_t *out, size_t min, size_t max)
{
	size_t n;

	if (!strncmp(text, "0x", 2))
		text += 2;
	for (n = 0; text[2 * n] && n < max; n++) {
		int hi = hex_digit(text[2 * n]), lo = hex_digit(text[2 * n + 1]);

		if (hi < 0 || lo < 0)
			return 0;
		out[n] = (uint8_t)(hi << 4 | lo);
	}
	return text[2 * n] || n < min ? 0 : n;
}

int appraise_hex(struct wardctl *ctl, const char *name, const char *text, uint8_t *out,
		 size_t min, size_t max, struct wv_bytes *view)
{
	size_t n = hex(text, out, min, max);

	if (!n && min == max)
		return ctl_usage(ctl, "--%s takes %zu hexadecimal digits", name, 2 * max);
	if (!n)
		return ctl_usage(ctl, "--%s takes %zu to %zu hexadecimal digits", name, 2 * min,
				 2 * max);
	if (view)
		*view = (struct wv_bytes){ out, n };
	return EXIT_OK;
}

static int take_policy(struct wardctl *ctl, struct appraise *a, const char *path)
{
	struct wv_bytes text;
	struct wv_fault fault;
	int rc = infile_read(ctl, path, &text);

	if (rc)
		return rc;
	wv_policy_free(a->policy);
	if (wv_policy_parse(text, &a->policy, &fault))
		rc = appraise_fault(ctl, path, &fault);
	infile_free(&text);
	return rc;
}

static int take_root(struct wardctl *ctl, struct appraise *a, const char *path)
{
	struct wv_bytes cert;
	struct wv_fault fault;
	int rc = infile_read(ctl, path, &cert);

	if (rc)
		return rc;
	if (wv_roots_add(a->roots, cert, &fault))
		rc = appraise_fault(ctl, path, &fault);
	infile_free(&cert);
	return rc;
}

static int take_time(struct wardctl *ctl, struct appraise *a, const char *text)
{
	a->document_time = !strcmp(text, "document");
	a->at_given = true;
	if (a->document_time || !wv_time_parse(text, &a->now))
		return EXIT_OK;
	return ctl_usage(ctl, "--at takes a time such as 2026-01-31T12:00:00Z, or 'document', not '%s'",
			 text);
}

static int take_purpose(struct wardctl *ctl, struct appraise *a, const char *word)
{
	a->expect.purpose = wv_purpose_find(word);
	if (a->expect.purpose)
		return EXIT_OK;
	return ctl_usage(ctl, "--purpose takes release, channel, receipt, seal or report, not '%s'",
			 word);
}

static int take_snpguest(struct wardctl *ctl, struct appraise *a, int opt, const char *text)
{
	switch (opt) {
	case 'm':
		a->want_measurement = true;
		return appraise_hex(ctl, "measurement", text, a->measurement, 48, 48, NULL);
	case 'd':
		a->want_host_data = true;
		return appraise_hex(ctl, "host-data", text, a->host_data, 32, 32, NULL);
	case 'r':
		a->want_report_data = true;
		return appraise_hex(ctl, "report-data", text, a->report_data, 64, 64, NULL);
	default:
		return EXIT_OK;	/* -t and -s: TCB and signature are checked in any case */
	}
}

static int take(struct wardctl *ctl, struct appraise *a, int opt, const char *text,
		const char **release)
{
	switch (opt) {
	case OPT_POLICY:
		return take_policy(ctl, a, text);
	case OPT_ROOT:
		return take_root(ctl, a, text);
	case OPT_AT:
		return take_time(ctl, a, text);
	case OPT_COLLATERAL:
		a->collateral_dir = text;
		return EXIT_OK;
	case OPT_EAR:
		a->ear.json = text;
		return EXIT_OK;
	case OPT_EAR_JWT:
		a->ear.jwt = text;
		return EXIT_OK;
	case OPT_EAR_KEY:
		a->ear.key = text;
		return EXIT_OK;
	case OPT_NO_COLLATERAL:
		a->no_collateral = true;
		return EXIT_OK;
	case OPT_NONCE:
		return appraise_hex(ctl, "nonce", text, a->nonce, 8, 64, &a->expect.nonce);
	case OPT_BINDING:
		return appraise_hex(ctl, "binding", text, a->binding, 64, 64, &a->expect.binding);
	case OPT_SESSION:
		return appraise_hex(ctl, "session", text, a->session, 16, 16, &a->expect.session);
	case OPT_PURPOSE:
		return take_purpose(ctl, a, text);
	case OPT_COMPLETE:
		a->expect.events_complete = 1;
		return EXIT_OK;
	case OPT_EXPLAIN:
		a->explain = true;
		return EXIT_OK;
	case OPT_CARD:
		a->card_path = text;
		return EXIT_OK;
	case OPT_RELEASE:
		*release = text;
		return EXIT_OK;
	case OPT_LOG:
		a->log = text;
		return EXIT_OK;
	case OPT_SINCE:
		return releases_since(ctl, &a->releases, text);
	case OPT_UNTIL:
		return releases_until(ctl, &a->releases, text);
	default:
		return take_snpguest(ctl, a, opt, text);
	}
}

static int unknown(struct wardctl *ctl, const char *said)
{
	return ctl_usage(ctl, "'%s' is not an option here, or lacks its value", said);
}

int appraise_options(struct wardctl *ctl, struct appraise *a, unsigned int takes, int argc,
		     char **argv, const char **release)
{
	struct option options[KNOWN + 1] = { { 0 } };
	size_t i, n = 0;
	int opt, rc = EXIT_OK;

	memset(a, 0, sizeof(*a));
	for (i = 0; i < KNOWN; i++)
		if (!known[i].group || known[i].group & takes)
			options[n++] = known[i].option;
	a->now = (int64_t)time(NULL);
	a->roots = wv_roots_new();
	if (!a->roots)
		return ctl_error(ctl, EXIT_DEVICE, "no-memory", "no memory");
	opterr = 0;
	while (!rc && (opt = getopt_long(argc, argv, takes & APPRAISE_SNPGUEST ? "tsm:d:r:" : "",
					 options, NULL)) != -1)
		rc = opt == '?' ? unknown(ctl, argv[optind - 1]) :
				  take(ctl, a, opt, optarg, release);
	a->positionals = optind;
	if (!rc && a->collateral_dir && a->no_collateral)
		rc = ctl_usage(ctl, "--collateral and --no-collateral exclude each other");
	if (!rc && a->card_path)
		rc = card_expect(ctl, a, a->card_path);
	return rc ?: ear_check(ctl, &a->ear);
}

void appraise_free(struct appraise *a)
{
	wv_roots_free(a->roots);
	wv_policy_free(a->policy);
	collateral_free(&a->collateral);
	releases_free(&a->releases);
	rules_seen_free(&a->rules);
	card_free(a->card);
}

int appraise_ready(struct wardctl *ctl, struct appraise *a, int kind)
{
	if (a->document_time)
		return ctl_error(ctl, wv_reason_exit(WV_NO_OWN_TIME),
				 wv_reason_text(WV_NO_OWN_TIME), "%s %s",
				 wv_reason_explain(WV_NO_OWN_TIME), wv_reason_mend(WV_NO_OWN_TIME));
	a->in = (struct wv_appraisal){
		.roots = a->roots,
		.policy = a->policy,
		.expect = &a->expect,
		.collateral = &a->collateral,
		.now = a->now,
		.rule = a->explain ? rules_seen_note : NULL,
		.rule_context = &a->rules,
	};
	if (!a->collateral_dir)
		return EXIT_OK;
	if (a->names_alone)
		return collateral_load_names(ctl, a->collateral_dir, kind, &a->collateral);
	return collateral_load(ctl, a->collateral_dir, kind, &a->collateral) ?:
	       collateral_load_cache(ctl, a->collateral_dir, a->evidence, &a->collateral);
}
