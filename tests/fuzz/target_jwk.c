// SPDX-License-Identifier: MIT
/*
 * A worker's public key as a stranger sends it, and a JWE as a stranger's broker does: the
 * broker takes the one and wraps to it, the client opens the other.
 */
#include <string.h>

#include <jansson.h>

#include "../../userspace/broker/jwk.h"
#include "../../userspace/lib/kbs_private.h"
#include "fuzz.h"

static const char pair[] =
	"{\"kty\":\"EC\",\"crv\":\"P-384\","
	"\"x\":\"qofKIr6LBTeOscce8yCtdG4dO2KLp5uYWfdB4IJUKjhVAvJdv1UpbDpUXjhydgq3\","
	"\"y\":\"NhfeSpYmLG9dnpi_kpLcKfj0Hb0omhR86doxE7XwuMAKYLHOHX6BnXpDHXyQ6g5f\","
	"\"d\":\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAB\"}";

/* Taken keys have one form, and taking that form again changes nothing. */
static void again(const char *text, const uint8_t thumbprint[JWK_THUMBPRINT_LEN])
{
	uint8_t other[JWK_THUMBPRINT_LEN];
	char out[ATTESTED_JWK_MAX];
	json_t *key;

	if (fuzz_tell || alloc_failing())
		return;
	key = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
	if (!key || jwk_take(key, out, other) || strcmp(out, text) ||
	    memcmp(other, thumbprint, sizeof(other)))
		fuzz_die("a key that was taken is another the second time");
	if (json_object_size(key) != 4)
		fuzz_die("a taken key has %zu members", json_object_size(key));
	json_decref(key);
}

int fuzz_one(struct wv_bytes in)
{
	uint8_t thumbprint[JWK_THUMBPRINT_LEN], plain[64];
	char text[ATTESTED_JWK_MAX];
	json_t *value, *key;
	int rc;

	value = json_loadb((const char *)in.data, in.len, JSON_REJECT_DUPLICATES, NULL);
	key = json_loads(pair, 0, NULL);
	rc = value && key ? jwk_take(value, text, thumbprint) : -1;
	if (!rc)
		again(text, thumbprint);
	/* the base point's own multiple of one: whoever knows it may wrap to it */
	if (value && key && kbs_key_unwrap(key, value, plain, sizeof(plain)) > (ssize_t)sizeof(plain))
		fuzz_die("more than there is room for");
	json_decref(key);
	json_decref(value);
	return rc ? 1 : 0;
}
