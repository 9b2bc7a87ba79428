/* SPDX-License-Identifier: MIT */
/*
 * wardctl fetch: collateral from a cache, a folder or the network, checked before
 * it is believed. What comes from where makes no difference to trust: every item is
 * held against pinned or named roots, whoever gave it.
 */
#ifndef WARDCTL_FETCH_H
#define WARDCTL_FETCH_H

#include <limits.h>
#include <stdint.h>

#include "wardctl.h"
#include "wardverify.h"

#define FETCH_SOURCES_MAX 8
#define FETCH_IMPORTS_MAX 8
/* No more than the verifier reads: what is kept must be of use. */
#define FETCH_CERT_MAX	(64u << 10)
#define FETCH_PAIR_MAX	(16u << 10)	/* of an answer: two of AMD's have 5 KiB */
#define FETCH_CRL_MAX	(96u << 10)
#define FETCH_JSON_MAX	(64u << 10)

enum fetch_kind { FETCH_KDS, FETCH_THIM, FETCH_PCS, FETCH_PCCS };

/**
 * struct fetch_source - one place on the network
 * @name: "kds", "thim", "pcs", "pccs"
 * @url: without a slash at the end
 * @named: its URL was given, so that --tls-ca holds for it
 */
struct fetch_source {
	enum fetch_kind kind;
	const char *name;
	const char *url;
	bool named;
};

struct config;

/**
 * struct fetch - one run: what the options said, and what it has come to
 * @cache: the folder; "" = none can be used
 * @now: of the certificates' and lists' windows
 * @started: wall clock in ns when the run began; @deadline: monotonic, in ms
 * @requests: sent so far
 * @config, @words: whose texts the rest may point to
 * @vlek, @report, @processor, @fmspc, @ca: of the verb's own options
 */
struct fetch {
	struct wardctl *ctl;
	struct fetch_source sources[FETCH_SOURCES_MAX];
	size_t source_count;
	const char *imports[FETCH_IMPORTS_MAX];
	size_t import_count;
	char cache[PATH_MAX];
	bool offline, refresh;
	const char *tls_ca, *proxy;
	struct wv_roots *roots;
	int64_t now, started, deadline;
	unsigned int requests;
	struct config *config;
	char *words;
	const char *report, *processor, *fmspc, *ca;
	bool vlek;
	int positionals;
};

/**
 * struct fetch_request - one GET, or with @body a POST of that JSON text
 * @header: one more header, or NULL
 * @bearer: a token to show, or NULL
 * @max: of the answer's body
 */
struct fetch_request {
	char url[1024];
	const char *header;
	const char *bearer;
	const char *body;
	size_t max;
};

/**
 * struct fetch_reply - what came back
 * @data: the body, owned
 * @chain: the issuer chain that a header carried, PEM, owned; NULL = none
 * @retry_after: seconds that the server asks for, 0 = it doesn't
 */
struct fetch_reply {
	long status;
	uint8_t *data;
	size_t len;
	char *chain;
	long retry_after;
};

/* How a request ended: which of them may be sent again, and whose fault it was. */
enum fetch_end {
	FETCH_OK,
	FETCH_BUSY,	/* 429, 503: later */
	FETCH_TROUBLE,	/* the connection or another 5xx: a few times more */
	FETCH_LINK,	/* TLS: never by itself */
	FETCH_ANSWER,	/* an answer, and not what was asked for */
};

#define FETCH_WHY 512

/** fetch_http - send one request; @why: FETCH_WHY bytes, filled unless FETCH_OK */
enum fetch_end fetch_http(struct fetch *f, const struct fetch_source *s,
			  const struct fetch_request *rq, struct fetch_reply *reply, char *why);
void fetch_reply_free(struct fetch_reply *reply);

/** fetch_ask - the same with back-off, as long as the run may last */
enum fetch_end fetch_ask(struct fetch *f, const struct fetch_source *s,
			 const struct fetch_request *rq, struct fetch_reply *reply, char *why);

/** fetch_start - the run begins, and may last so many seconds */
void fetch_start(struct fetch *f, int64_t seconds);

/** fetch_left - milliseconds until the run's end, at least 0 */
int64_t fetch_left(const struct fetch *f);

/** fetch_printable - a stranger's text on its way to a terminal */
void fetch_printable(char *out, size_t size, const char *text);

/* Options. */

enum { FETCH_TAKES_REPORT = 1, FETCH_TAKES_EK = 2, FETCH_TAKES_MODEL = 4, FETCH_TAKES_TDX = 8 };

/**
 * fetch_options - read argv; @vendor: FETCH_KDS for AMD's sources, FETCH_PCS for Intel's
 * Returns an exit code, the error told. fetch_free() in any case.
 */
int fetch_options(struct wardctl *ctl, struct fetch *f, enum fetch_kind vendor,
		  unsigned int takes, int argc, char **argv);
void fetch_free(struct fetch *f);

/** fetch_source_add - NAME or NAME=URL; an exit code, the error told */
int fetch_source_add(struct fetch *f, enum fetch_kind vendor, const char *text);
/** fetch_source_fits - whether a word of the configuration is a source, of any vendor */
bool fetch_source_fits(const char *text, size_t len);
/** fetch_proxy_fits - http or https, and nobody's password */
bool fetch_proxy_fits(const char *url);
/** fetch_source_take - one that fits, if it is the vendor's */
void fetch_source_take(struct fetch *f, enum fetch_kind vendor, const char *word);
/** fetch_source_default - the vendor's own service, where no source was named */
void fetch_source_default(struct fetch *f, enum fetch_kind vendor);

/**
 * fetch_config - what ward.conf(5) says in [fetch], where no option said otherwise
 * @path: of --config, or the machine's
 * Returns an exit code, the error told. The texts are f->config's.
 */
int fetch_config(struct fetch *f, enum fetch_kind vendor, const char *path);
void fetch_config_free(struct fetch *f);

#define FETCH_ARGS \
	"[--source NAME[=URL]]... [--import DIR]... [--offline] [--refresh] [--cache DIR] " \
	"[--timeout SECONDS] [--tls-ca FILE] [--proxy URL] [--config FILE] [--root CERT]... " \
	"[--at TIME]"
#define FETCH_DETAILS \
	"  --source NAME[=URL]  ask there, in the order given: kds (AMD), thim (Azure's own, inside\n" \
	"                       Azure alone), pcs (Intel), pccs=URL (a cache of one's own); default:\n" \
	"                       the vendor's service\n" \
	"  --import DIR         look there first: files in any layout, Trustee's too; may be repeated\n" \
	"  --offline            cache and folders only; exit code 3 names what is missing\n" \
	"  --refresh            ask again, whatever the cache has\n" \
	"  --cache DIR          the cache; else $WARD_COLLATERAL_CACHE, root's\n" \
	"                       /var/cache/ward-collateral, or ~/.cache/ward-collateral\n" \
	"  --timeout SECONDS    of the whole run, waiting included (120)\n" \
	"  --tls-ca FILE        who vouches for sources named with an address (PEM)\n" \
	"  --proxy URL          go through this one; the environment's are not used\n" \
	"  --config FILE        has a section [fetch] for what is not said here (/etc/ward)\n" \
	"  --root CERT          trust this root too; may be repeated\n" \
	"  --at TIME            what must be valid is valid then (RFC 3339)\n"

#endif /* WARDCTL_FETCH_H */
