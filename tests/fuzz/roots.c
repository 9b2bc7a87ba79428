// SPDX-License-Identifier: MIT
/* Whom the fuzzed verifier trusts: keys of this run. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "../unit/cose_make.h"
#include "../unit/sim.h"
#include "roots.h"

static char keys[8192], aks[8192];

void root(const char *name, X509 *cert)
{
	root_take(name, sim_pem(cert));
}

void root_text(const char *name, const char *text)
{
	seed_text("../roots", name, text);
}

void root_take(const char *name, struct wv_bytes b)
{
	seed_take("../roots", name, b);
}

void seed_pair(const char *target, const char *name, const char *head, struct wv_bytes first,
	       struct wv_bytes second)
{
	size_t at = head ? strlen(head) : 0, len = at + 2 + first.len + second.len;
	uint8_t *both = malloc(len);

	assert_non_null(both);
	assert_true(first.len <= UINT16_MAX);
	if (at)
		memcpy(both, head, at);
	both[at++] = (uint8_t)(first.len >> 8);
	both[at++] = (uint8_t)first.len;
	memcpy(both + at, first.data, first.len);
	if (second.len)
		memcpy(both + at + first.len, second.data, second.len);
	seed_take(target, name, (struct wv_bytes){ both, len });
}

static void list(char *out, size_t size, const char *fmt, const char *text)
{
	size_t at = strlen(out);

	if (at)
		at += (size_t)snprintf(out + at, size - at, ",");
	assert_true((size_t)snprintf(out + at, size - at, fmt, text) < size - at);
}

void trust_key(EVP_PKEY *key)
{
	char *text = cose_public(key);

	list(keys, sizeof(keys), "{\"public_key\":\"%s\"}", text);
	free(text);
}

void trust_ak(const char hex[65])
{
	list(aks, sizeof(aks), "\"%s\"", hex);
}

void roots_done(void)
{
	char *text;

	assert_true(asprintf(&text, "{\"ward-policy\":1,\"accept_unmeasured\":true,"
			     "\"allow_debug\":true,\"vmpl_max\":3,\"allow_tee\":[\"snp\","
			     "\"simulated-snp\",\"azure-snp\",\"azure-tdx\",\"tdx\",\"tpm\","
			     "\"nitro\",\"cca\"],\"cca\":{\"platform_keys\":[%s]},"
			     "\"psa\":{\"required\":false,\"keys\":[%s]},"
			     "\"tpm\":{\"required\":false,\"ak\":[%s]}}",
			     keys, keys, aks) > 0);
	root_text("policy.json", text);
	free(text);
	assert_true(asprintf(&text, "%lld", (long long)time(NULL)) > 0);
	root_text("now", text);
	free(text);
}
