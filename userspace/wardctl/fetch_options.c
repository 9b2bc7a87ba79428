// SPDX-License-Identifier: MIT
/* Options of the fetching verbs. */
#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "appraise.h"
#include "fetch.h"
#include "fetch_item.h"
#include "infile.h"

#define TIMEOUT_SECONDS	120
#define TIMEOUT_MAX	3600

enum { OPT_SOURCE = 256, OPT_IMPORT, OPT_OFFLINE, OPT_REFRESH, OPT_CACHE, OPT_TIMEOUT, OPT_TLS_CA,
       OPT_PROXY, OPT_CONFIG, OPT_ROOT, OPT_AT, OPT_FMSPC, OPT_CA };

static const struct known {
	unsigned int group;	/* 0 = every verb */
	struct option option;
} known[] = {
	{ 0, { "source", required_argument, NULL, OPT_SOURCE } },
	{ 0, { "import", required_argument, NULL, OPT_IMPORT } },
	{ 0, { "offline", no_argument, NULL, OPT_OFFLINE } },
	{ 0, { "refresh", no_argument, NULL, OPT_REFRESH } },
	{ 0, { "cache", required_argument, NULL, OPT_CACHE } },
	{ 0, { "timeout", required_argument, NULL, OPT_TIMEOUT } },
	{ 0, { "tls-ca", required_argument, NULL, OPT_TLS_CA } },
	{ 0, { "proxy", required_argument, NULL, OPT_PROXY } },
	{ 0, { "config", required_argument, NULL, OPT_CONFIG } },
	{ 0, { "root", required_argument, NULL, OPT_ROOT } },
	{ 0, { "at", required_argument, NULL, OPT_AT } },
	{ FETCH_TAKES_REPORT, { "report", required_argument, NULL, 'r' } },
	{ FETCH_TAKES_EK, { "endorser", required_argument, NULL, 'e' } },
	{ FETCH_TAKES_MODEL, { "processor-model", required_argument, NULL, 'p' } },
	{ FETCH_TAKES_TDX, { "fmspc", required_argument, NULL, OPT_FMSPC } },
	{ FETCH_TAKES_TDX, { "ca", required_argument, NULL, OPT_CA } },
};
#define KNOWN (sizeof(known) / sizeof(known[0]))

static int take_root(struct wardctl *ctl, struct fetch *f, const char *path)
{
	struct wv_bytes cert;
	struct wv_fault fault;
	int rc = infile_read(ctl, path, &cert);

	if (rc)
		return rc;
	if (wv_roots_add(f->roots, cert, &fault))
		rc = appraise_fault(ctl, path, &fault);
	infile_free(&cert);
	return rc;
}

static int take_import(struct fetch *f, const char *dir)
{
	if (f->import_count == FETCH_IMPORTS_MAX)
		return ctl_usage(f->ctl, "more than %d folders", FETCH_IMPORTS_MAX);
	f->imports[f->import_count++] = dir;
	return EXIT_OK;
}

static int take_timeout(struct fetch *f, const char *text)
{
	char *end;
	long seconds;

	errno = 0;
	seconds = strtol(text, &end, 10);
	if (errno || *end || end == text || seconds < 1 || seconds > TIMEOUT_MAX)
		return ctl_usage(f->ctl, "--timeout takes 1 to %d seconds, not '%s'", TIMEOUT_MAX,
				 text);
	f->deadline = seconds;
	return EXIT_OK;
}

static int take_time(struct fetch *f, const char *text)
{
	if (!wv_time_parse(text, &f->now))
		return EXIT_OK;
	return ctl_usage(f->ctl, "--at takes a time such as 2026-01-31T12:00:00Z, not '%s'", text);
}

static int take_proxy(struct fetch *f, const char *url)
{
	f->proxy = url;
	if (fetch_proxy_fits(url))
		return EXIT_OK;
	return ctl_usage(f->ctl,
			 "--proxy takes an address without a password, such as http://proxy.example:3128");
}

static int take_ek(struct fetch *f, const char *word)
{
	f->vlek = !strcmp(word, "vlek");
	if (f->vlek || !strcmp(word, "vcek"))
		return EXIT_OK;
	return ctl_usage(f->ctl, "-e takes vcek or vlek, not '%s'", word);
}

static int take_own(struct fetch *f, int opt, const char *text)
{
	switch (opt) {
	case 'r':
		f->report = text;
		return EXIT_OK;
	case 'p':
		f->processor = text;
		return EXIT_OK;
	case 'e':
		return take_ek(f, text);
	case OPT_FMSPC:
		f->fmspc = text;
		return EXIT_OK;
	default:
		f->ca = text;
		return EXIT_OK;
	}
}

/* Paths that are options' alone until all of them are read. */
struct paths {
	const char *cache, *config;
};

static int take(struct wardctl *ctl, struct fetch *f, enum fetch_kind vendor, int opt,
		const char *text, struct paths *paths)
{
	switch (opt) {
	case OPT_SOURCE:
		return fetch_source_add(f, vendor, text);
	case OPT_IMPORT:
		return take_import(f, text);
	case OPT_OFFLINE:
		f->offline = true;
		return EXIT_OK;
	case OPT_REFRESH:
		f->refresh = true;
		return EXIT_OK;
	case OPT_CACHE:
		paths->cache = text;
		return EXIT_OK;
	case OPT_CONFIG:
		paths->config = text;
		return EXIT_OK;
	case OPT_TIMEOUT:
		return take_timeout(f, text);
	case OPT_TLS_CA:
		f->tls_ca = text;
		return EXIT_OK;
	case OPT_PROXY:
		return take_proxy(f, text);
	case OPT_ROOT:
		return take_root(ctl, f, text);
	case OPT_AT:
		return take_time(f, text);
	default:
		return take_own(f, opt, text);
	}
}

static int finish(struct fetch *f, enum fetch_kind vendor, const struct paths *paths)
{
	int rc;

	if (f->offline && f->refresh)
		return ctl_usage(f->ctl, "--offline and --refresh exclude each other");
	if (!fetch_cache_place(f, paths->cache))
		return ctl_usage(f->ctl, "the cache's path is too long");
	rc = fetch_config(f, vendor, paths->config);
	if (rc)
		return rc;
	fetch_source_default(f, vendor);
	fetch_start(f, f->deadline);
	return EXIT_OK;
}

int fetch_options(struct wardctl *ctl, struct fetch *f, enum fetch_kind vendor,
		  unsigned int takes, int argc, char **argv)
{
	struct option options[KNOWN + 1] = { { 0 } };
	struct paths paths = { NULL, NULL };
	size_t i, n = 0;
	int opt, rc = EXIT_OK;

	memset(f, 0, sizeof(*f));
	for (i = 0; i < KNOWN; i++)
		if (!known[i].group || known[i].group & takes)
			options[n++] = known[i].option;
	f->ctl = ctl;
	f->now = (int64_t)time(NULL);
	f->deadline = TIMEOUT_SECONDS;
	f->roots = wv_roots_new();
	if (!f->roots)
		return ctl_error(ctl, EXIT_DEVICE, "no-memory", "no memory");
	opterr = 0;
	while (!rc && (opt = getopt_long(argc, argv, takes & FETCH_TAKES_REPORT ? "r:e:" :
					 takes & FETCH_TAKES_MODEL ? "p:" : "",
					 options, NULL)) != -1)
		rc = opt == '?' ? ctl_bad_option(ctl, argv) :
				  take(ctl, f, vendor, opt, optarg, &paths);
	f->positionals = optind;
	return rc ? rc : finish(f, vendor, &paths);
}

void fetch_free(struct fetch *f)
{
	wv_roots_free(f->roots);
	fetch_config_free(f);
}
