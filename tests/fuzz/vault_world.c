// SPDX-License-Identifier: MIT
#include "vault_world.h"

#include <errno.h>

const struct skr_request vault_request = {
	.vault = "https://v.example", .name = "k", .enc = "CKM_RSA_AES_KEY_WRAP", .nonce = "00",
};

/* No TPM is asked. */
int maa_tpm_open(const struct maa_key *k, enum maa_scheme scheme, const uint8_t *in, uint8_t *out,
		 size_t *len, struct trouble *why)
{
	(void)k;
	(void)scheme;
	(void)in;
	(void)out;
	*len = 0;
	return trouble_set(why, -EIO, "no TPM");
}
