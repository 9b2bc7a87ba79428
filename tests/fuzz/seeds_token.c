// SPDX-License-Identifier: MIT
/* Tokens of attestation services, and the keys for them. */
#include <openssl/sha.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "../unit/token_make.h"
#include "roots.h"
#include "seeds_token.h"

#define D8 "a1a1a1a1a1a1a1a1"
#define D48 D8 D8 D8 D8 D8 D8
#define Z64 "0000000000000000000000000000000000000000000000000000000000000000"

#define TIMES "\"exp\":%lld,\"iat\":%lld,\"nbf\":%lld,\"aud\":[\"ward\"],"
#define MAA TIMES "\"iss\":\"https://s.eus2.attest.azure.net\",\"x-ms-attestation-type\":"
#define ITA TIMES "\"iss\":\"https://portal.trustauthority.intel.com\","
#define COMPLIANT "\"x-ms-compliance-status\":\"azure-compliant-cvm\","
#define SNP COMPLIANT "\"x-ms-sevsnpvm-is-debuggable\":false,\"x-ms-sevsnpvm-hostdata\":\"" Z64 "\"," \
	"\"x-ms-sevsnpvm-launchmeasurement\":\"" D48 "\",\"x-ms-sevsnpvm-vmpl\":0"
#define TD "\"attester_tcb_status\":\"UpToDate\",\"dbgstat\":\"disabled\"," \
	"\"tdx_td_attributes\":\"0000000000000000\",\"tdx_td_attributes_debug\":false," \
	"\"tdx_is_debuggable\":false,\"tdx_mrtd\":\"" D48 "\",\"tdx_rtmr0\":\"" D48 "\"," \
	"\"tdx_rtmr1\":\"" D48 "\",\"tdx_rtmr2\":\"" D48 "\",\"tdx_rtmr3\":\"" D48 "\""
#define PAYLOAD "\"x-ms-runtime\":{\"client-payload\":{\"nonce\":\"AQIDBAUGBwg=\"}}"
#define UNMATCHED "\"attester_type\":\"TDX\",\"policy_ids_unmatched\":[],"

static const char *const texts[TEXTS] = {
	[TEXT_MAA] = "{" MAA "\"azurevm\",\"secureboot\":true,"
		     "\"x-ms-azurevm-kerneldebug-enabled\":false,\"x-ms-isolation-tee\":{"
		     "\"x-ms-attestation-type\":\"sevsnpvm\"," SNP "}," PAYLOAD "}",
	[TEXT_MAA_SNP] = "{" MAA "\"sevsnpvm\"," SNP "," PAYLOAD "}",
	[TEXT_MAA_TDX] = "{" MAA "\"tdxvm\"," COMPLIANT TD "," PAYLOAD "}",
	[TEXT_ITA] = "{" ITA UNMATCHED TD ",\"verifier_nonce\":{\"val\":\"AQIDBAUGBwg=\"}}",
	[TEXT_ITA_NESTED] = "{" ITA "\"tdx\":{" UNMATCHED TD "},"
			    "\"verifier_nonce\":{\"val\":\"AQIDBAUGBwg=\"}}",
};

static uint8_t known[4096][32];
static size_t known_count;

void token_seed(const char *name, char *token)
{
	assert_true(known_count < sizeof(known) / sizeof(known[0]));
	SHA256((const uint8_t *)token, strlen(token), known[known_count++]);
	seed_text("token", name, token);
	free(token);
}

char *token_text(int which, long long now)
{
	char *text;

	assert_true(asprintf(&text, texts[which], now + SEED_YEAR, now - 9, now - 9) > 0);
	return text;
}

static json_t *sound(const char *name, const char *alg, int which, long long now, json_t *list)
{
	json_t *key = token_key_make(alg, name);
	char *text = token_text(which, now), *token = token_make(key, text);

	json_array_append_new(list, token_key_public(key));
	if (!strcmp(name, "maa"))
		root_text("token-rsa.jwt", token);
	if (!strcmp(name, "ita"))
		root_text("token-ec.jwt", token);
	token_seed(name, token);
	free(text);
	return key;
}

void seeds_token(void)
{
	json_t *list = json_array();
	long long now = time(NULL);
	json_t *rsa = sound("maa", "RS256", TEXT_MAA, now, list);
	json_t *ec = sound("ita", "ES256", TEXT_ITA, now, list);
	char *jwks;

	json_decref(sound("maa-ps", "PS384", TEXT_MAA, now, list));
	json_decref(sound("ita-es", "ES384", TEXT_ITA, now, list));
	jwks = token_jwks(list);
	seed_text("token", "jwks", jwks);
	root_text("jwks.json", jwks);
	free(jwks);
	token_claims_seeds(ec, now);
	token_header_seeds(ec, now);
	token_keys_seeds(rsa, ec, now);
	root_take("tokens", (struct wv_bytes){ memcpy(malloc(sizeof(known)), known, sizeof(known)),
					       known_count * 32 });
	json_decref(rsa);
	json_decref(ec);
}
