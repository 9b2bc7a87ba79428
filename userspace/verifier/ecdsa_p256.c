// SPDX-License-Identifier: MIT
/*
 * ECDSA on P-256 with keys and signatures as quotes carry them: numbers of 32 bytes,
 * big endian, without any envelope.
 */
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/param_build.h>
#include <string.h>

#include "ecdsa.h"
#include "pck.h"

/* The point is checked: one that is not on the curve gives no key. */
EVP_PKEY *ecdsa_p256_key(const uint8_t xy[64])
{
	char group[] = "P-256";
	uint8_t point[65] = { 4 };
	OSSL_PARAM params[] = {
		OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, group, 0),
		OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, point, sizeof(point)),
		OSSL_PARAM_construct_end(),
	};
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
	EVP_PKEY *key = NULL;

	memcpy(point + 1, xy, 64);
	if (!ctx || EVP_PKEY_fromdata_init(ctx) != 1 ||
	    EVP_PKEY_fromdata(ctx, &key, EVP_PKEY_PUBLIC_KEY, params) != 1)
		key = NULL;
	EVP_PKEY_CTX_free(ctx);
	return key;
}

bool ecdsa_p256_signed(EVP_PKEY *key, const uint8_t rs[64], struct wv_bytes message)
{
	return ecdsa_signed(key, EVP_sha256(), BN_bin2bn(rs, 32, NULL),
			    BN_bin2bn(rs + 32, 32, NULL), message);
}
