// SPDX-License-Identifier: MIT
/* What strangers send to the key broker, and to its client. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../unit/sim.h"
#include "b64.h"
#include "fuzz.h"
#include "seeds.h"

#define ONE_DIGEST "000102030405060708090a0b0c0d0e0f000102030405060708090a0b0c0d0e0f"
#define ONE_JWK "{\"kty\":\"EC\",\"crv\":\"P-384\"," \
	"\"x\":\"qofKIr6LBTeOscce8yCtdG4dO2KLp5uYWfdB4IJUKjhVAvJdv1UpbDpUXjhydgq3\"," \
	"\"y\":\"NhfeSpYmLG9dnpi_kpLcKfj0Hb0omhR86doxE7XwuMAKYLHOHX6BnXpDHXyQ6g5f\"}"

static const char *const keys[][2] = {
	{ "p384", ONE_JWK },
	{ "rsa", "{\"kty\":\"RSA\",\"n\":\"AQAB\",\"e\":\"AQAB\"}" },
	{ "private", "{\"kty\":\"EC\",\"crv\":\"P-384\",\"x\":\"AA\",\"y\":\"AA\",\"d\":\"AA\"}" },
	{ "jwe", "{\"protected\":\"eyJhbGciOiJFQ0RILUVTK0EyNTZLVyIsImVuYyI6IkEyNTZHQ00iLCJlcGsiOnsiY3J2"
		 "IjoiUC0zODQiLCJrdHkiOiJFQyIsIngiOiJBQSIsInkiOiJBQSJ9fQ\",\"encrypted_key\":\"AAAA\","
		 "\"iv\":\"AAAAAAAAAAAAAAAA\",\"ciphertext\":\"AAAA\",\"tag\":\"AAAAAAAAAAAAAAAAAAAAAA\"}" },
};

#define ATTEST(more) "POST /kbs/v0/attest\nc\n{" more "\"runtime-data\":{\"nonce\":\"@N\",\"tee-pubkey\":" \
	ONE_JWK "},\"tee-evidence\":{\"primary_evidence\":{\"bundle\":\"d2FyZA\"}," \
	"\"additional_evidence\":\"{}\"}}"

static const char *const requests[][2] = {
	{ "auth", "POST /kbs/v0/auth\n\n{\"version\":\"0.4.0\",\"tee\":\"ward\",\"extra-params\":{}}" },
	{ "params", "POST /kbs/v0/auth\n\n{\"version\":\"0.4.0\",\"tee\":\"ward\",\"extra-params\":"
		    "{\"tee-metadata\":{\"primary_tee\":{\"tee\":\"ward\"},\"additional_tees\":[]},"
		    "\"attestation-policy-selector\":\"a\"}}" },
	{ "attest", ATTEST("") },
	{ "initdata", ATTEST("\"init-data\":{\"format\":\"toml\",\"body\":\"\"},") },
	{ "resource", "GET /kbs/v0/resource/a/b/c\nc\n" },
	{ "counter", "POST /kbs/v0/counter/a/b/c\nc\n{\"at\":1}" },
	{ "token", "GET /kbs/v0/resource/a/b/c\nteyJhbGciOiJFUzI1NiJ9.e30.AAAA\n" },
	{ "policy", "POST /kbs/v0/resource-policy\n\n{\"policy\":\"AA\"}" },
	/* by an administrator; the base64 is {"ward-policy":1}, and "package policy" */
	{ "admin-policy", "POST /kbs/v0/resource-policy\na\n{\"policy\":\"eyJ3YXJkLXBvbGljeSI6MX0\"}" },
	{ "admin-rego", "POST /kbs/v0/attestation-policy\na\n{\"type\":\"rego\",\"policy_id\":\"default\","
			"\"policy\":\"cGFja2FnZSBwb2xpY3k\"}" },
	{ "admin-named", "POST /kbs/v0/attestation-policy\na\n{\"type\":\"ward-policy\",\"policy_id\":\"a\","
			 "\"policy\":\"eyJ3YXJkLXBvbGljeSI6MX0\"}" },
	{ "admin-key", "POST /kbs/v0/resource/a/b/d\na\n0123456789abcdef0123456789abcdef" },
	{ "admin-resource", "POST /kbs/v0/resource/a/b/d\na\n{\"project\":\"p\",\"dataset\":"
			    "\"000102030405060708090a0b0c0d0e0f\",\"key\":"
			    "\"AAECAwQFBgcICQoLDA0ODwABAgMEBQYHCAkKCwwNDg8\",\"uses\":3,\"expires\":"
			    "\"2099-01-01T00:00:00Z\",\"clients\":[\"" ONE_DIGEST "\"]}" },
	{ "admin-list", "GET /admin/v1/resources\na\n" },
	{ "admin-page", "GET /admin/v1/resources?after=a%2Fb/c&limit=7\na\n" },
	{ "admin-audit", "GET /admin/v1/audit?first=2&limit=3\na\n" },
	{ "admin-old", "GET /admin/v1/policies/a/1\na\n" },
	{ "admin-dry", "POST /admin/v1/dry-run\na\n{\"bundle\":\"AAAA\"}" },
};

/* Evidence that is accepted: over the target's nonce, and for a key that the claims name. */
void seeds_rcar_accepted(const struct sim_pki *pki)
{
	static const char format[] =
		"POST /kbs/v0/attest\nc\n{\"runtime-data\":{\"nonce\":\"@N\",\"tee-pubkey\":"
		"{\"kty\":\"OKP\",\"crv\":\"X25519\",\"x\":\"%s\"}},\"tee-evidence\":"
		"{\"primary_evidence\":{\"bundle\":\"%s\"},\"additional_evidence\":\"{}\"}}";
	uint8_t cookie[32], nonce[32], thumb[32];
	char x[B64_TEXT_LEN(32)], *text, *all;
	struct wv_bytes bundle;
	struct sim_guest g;

	sim_guest_new(&g, WARD_PURPOSE_RELEASE);
	memset(cookie, FUZZ_RCAR_COOKIE, sizeof(cookie));
	EVP_Digest(cookie, sizeof(cookie), nonce, NULL, EVP_sha256(), NULL);
	memset(g.claims.session_key, 0x09, sizeof(g.claims.session_key));
	memcpy(g.claims.nonce, nonce, sizeof(nonce));
	if (wv_thumbprint_x25519(g.claims.session_key, thumb) ||
	    wv_binding_release((struct wv_bytes){ nonce, sizeof(nonce) }, thumb, g.claims.binding))
		exit(1);
	bundle = sim_bundle(&g, pki);
	text = malloc(B64_TEXT_LEN(bundle.len));
	b64url_encode(g.claims.session_key, 32, x);
	b64url_encode(bundle.data, bundle.len, text);
	if (asprintf(&all, format, x, text) < 0)
		exit(1);
	seed_text("rcar", "accepted", all);
	free(all);
	free(text);
	ut_free(bundle);
}

void seeds_rcar(void)
{
	size_t i;

	for (i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		seed_text("jwk", keys[i][0], keys[i][1]);
	for (i = 0; i < sizeof(requests) / sizeof(requests[0]); i++)
		seed_text("rcar", requests[i][0], requests[i][1]);
}
