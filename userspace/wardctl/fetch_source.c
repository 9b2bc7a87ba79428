// SPDX-License-Identifier: MIT
/* Where collateral may be asked for. */
#include <string.h>

#include "fetch.h"

/*
 * AMD 57230 chapter 4; Intel's PCS v4 and the design guide of its PCCS; Azure's
 * "Trusted Hardware Identity Management". A PCCS is somebody's own: it has no address.
 */
static const struct known {
	const char *name;
	enum fetch_kind kind, vendor;
	const char *url;
} known[] = {
	{ "kds", FETCH_KDS, FETCH_KDS, "https://kdsintf.amd.com" },
	{ "thim", FETCH_THIM, FETCH_KDS, "http://169.254.169.254" },
	{ "pcs", FETCH_PCS, FETCH_PCS, "https://api.trustedservices.intel.com" },
	{ "pccs", FETCH_PCCS, FETCH_PCS, NULL },
};
#define KNOWN (sizeof(known) / sizeof(known[0]))

static bool starts(const char *text, const char *with)
{
	return !strncmp(text, with, strlen(with));
}

/* In clear only where no wire is: a host's own address, or the link's; no name that begins so. */
static bool clear_allowed(enum fetch_kind kind, const char *url)
{
	const char *host = url + strlen("http://");

	return kind == FETCH_THIM &&
	       (starts(url, "http://169.254.") || starts(url, "http://127.")) &&
	       strspn(host, "0123456789.") == strcspn(host, ":/");
}

/* Printable, a host behind the scheme, and neither a query nor somebody's password. */
static bool url_fits(enum fetch_kind kind, const char *url)
{
	const char *host = strstr(url, "://");
	size_t i;

	if (!host || !host[3] || host[3] == '/' || strpbrk(url, "?#@"))
		return false;
	for (i = 0; url[i]; i++)
		if (url[i] <= ' ' || url[i] > '~' || i > 500)
			return false;
	return starts(url, "https://") || clear_allowed(kind, url);
}

bool fetch_proxy_fits(const char *url)
{
	return (starts(url, "http://") || starts(url, "https://")) && !strpbrk(url, "@?# \t");
}

static const struct known *find(const char *name, size_t len)
{
	size_t i;

	for (i = 0; i < KNOWN; i++)
		if (strlen(known[i].name) == len && !strncmp(known[i].name, name, len))
			return &known[i];
	return NULL;
}

static int append(struct fetch *f, const struct known *k, const char *url)
{
	if (f->source_count == FETCH_SOURCES_MAX)
		return ctl_usage(f->ctl, "more than %d sources", FETCH_SOURCES_MAX);
	f->sources[f->source_count++] = (struct fetch_source){
		.kind = k->kind, .name = k->name, .url = url ? url : k->url, .named = url != NULL,
	};
	return EXIT_OK;
}

bool fetch_source_fits(const char *text, size_t len)
{
	char word[640];
	const char *equals;
	const struct known *k;

	if (len >= sizeof(word))
		return false;
	memcpy(word, text, len);
	word[len] = 0;
	equals = strchr(word, '=');
	k = find(word, equals ? (size_t)(equals - word) : len);
	return k && (equals ? url_fits(k->kind, equals + 1) : k->url != NULL);
}

void fetch_source_take(struct fetch *f, enum fetch_kind vendor, const char *word)
{
	const char *equals = strchr(word, '=');
	const struct known *k = find(word, equals ? (size_t)(equals - word) : strlen(word));

	if (k && k->vendor == vendor && f->source_count < FETCH_SOURCES_MAX)
		append(f, k, equals ? equals + 1 : NULL);
}

int fetch_source_add(struct fetch *f, enum fetch_kind vendor, const char *text)
{
	const char *equals = strchr(text, '=');
	size_t len = equals ? (size_t)(equals - text) : strlen(text);
	const struct known *k = find(text, len);

	if (!k || k->vendor != vendor)
		return ctl_usage(f->ctl, "--source takes %s here, each with =URL or alone, not '%s'",
				 vendor == FETCH_KDS ? "kds or thim" : "pcs or pccs", text);
	if (!equals && !k->url)
		return ctl_usage(f->ctl, "--source %s needs its address: %s=https://..", k->name,
				 k->name);
	if (equals && !url_fits(k->kind, equals + 1))
		return ctl_usage(f->ctl,
				 "'%s' is not an https address (no query, no password) such as https://pccs.example:8081",
				 equals + 1);
	return append(f, k, equals ? equals + 1 : NULL);
}

void fetch_source_default(struct fetch *f, enum fetch_kind vendor)
{
	size_t i;

	for (i = 0; !f->source_count && i < KNOWN; i++)
		if (known[i].kind == vendor)
			append(f, &known[i], NULL);
}
