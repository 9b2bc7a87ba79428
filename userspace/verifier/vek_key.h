/* SPDX-License-Identifier: MIT */
#ifndef WARD_VEK_KEY_H
#define WARD_VEK_KEY_H

#include <openssl/evp.h>
#include <stdbool.h>

#include "wardverify.h"

/** struct wv_vek - a verified VCEK or VLEK; owns @key */
struct wv_vek {
	EVP_PKEY *key;
	struct wv_vek_info info;
};

/** vek_key_usable - an EC key on P-384 */
bool vek_key_usable(EVP_PKEY *key);

#endif /* WARD_VEK_KEY_H */
