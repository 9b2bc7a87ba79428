// SPDX-License-Identifier: MIT
/*
 * A COSE_Sign1 against keys on each curve that nobody signed it with, and the same bytes
 * as a key: a bare point, or a COSE_Key.
 */
#include <openssl/ec.h>

#include "cose.h"
#include "fuzz.h"

static EVP_PKEY *keys[3];

static void make_keys(void)
{
	if (keys[0])
		return;
	keys[0] = EVP_EC_gen("P-256");
	keys[1] = EVP_EC_gen("P-384");
	keys[2] = EVP_EC_gen("P-521");
}

int fuzz_one(struct wv_bytes in)
{
	bool tagged = in.len && in.data[0] >> 5 == 6;
	struct cose_sign1 s;
	struct wv_fault fault = { .reason = WV_OK };
	size_t i;
	int rc;

	make_keys();
	EVP_PKEY_free(cose_key_raw(in));
	EVP_PKEY_free(cose_key_map(in, "key", NULL));
	rc = fuzz_refusal(cose_sign1_read(in, tagged, "message", &s, &fault), &fault);
	for (i = 0; !rc && i < 3; i++)
		if (!fuzz_refusal(cose_sign1_check(&s, keys[i], "message", &fault), &fault))
			fuzz_die("a message holds by a key that did not sign it");
	return rc ? rc : WV_SIGNATURE_INVALID;
}
