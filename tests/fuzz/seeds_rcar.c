// SPDX-License-Identifier: MIT
/* What strangers send to the key broker, and to its client. */
#include "seeds.h"

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
};

void seeds_rcar(void)
{
	size_t i;

	for (i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		seed_text("jwk", keys[i][0], keys[i][1]);
	for (i = 0; i < sizeof(requests) / sizeof(requests[0]); i++)
		seed_text("rcar", requests[i][0], requests[i][1]);
}
