// SPDX-License-Identifier: MIT
/*
 * The answer of Azure Key Vault: as the text that was signed, whoever signed it, and as a JWS,
 * which nobody here may have signed.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../../userspace/wardctl/skr.h"
#include "fuzz.h"

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

static const struct skr_request request = {
	.vault = "https://v.example", .name = "k", .enc = "CKM_RSA_AES_KEY_WRAP", .nonce = "00",
};

static void must_say(enum skr_end how, const struct trouble *why)
{
	if (how != SKR_OK && !*why->text)
		fuzz_die("refused, and nobody says why");
}

static void unsigned_jws(struct wv_bytes in)
{
	X509_STORE *roots = X509_STORE_new();
	struct skr_answer answer;
	struct trouble why = { "" };
	enum skr_end how = roots ? skr_open(in, &request, roots, &answer, &why) : SKR_UNSIGNED;

	if (how == SKR_OK)
		fuzz_die("an answer that nobody signed");
	if (roots)
		must_say(how, &why);
	X509_STORE_free(roots);
}

/* What is read has the form of a wrapped key, of the key that was asked for. */
static void must_fit(const struct skr_answer *a)
{
	static const char kid[] = "https://v.example/keys/k/";
	struct trouble why = { "" };
	struct maa_key key = { .own = NULL };
	uint8_t *out = malloc(a->wrapped_len);
	size_t len;

	if (a->wrapped_len < MAA_KEY_LEN + 16 || a->wrapped_len > SKR_WRAPPED_MAX + 3 ||
	    strncmp(a->kid, kid, strlen(kid)) || !*a->kty)
		fuzz_die("an answer that is none");
	if (out && skr_unwrap(a, &key, out, &len, &why) == SKR_OK)
		fuzz_die("unwrapped without a key");
	free(out);
}

int fuzz_one(struct wv_bytes in)
{
	struct skr_answer answer;
	struct trouble why = { "" };
	enum skr_end how = skr_read(in, &request, &answer, &why);

	must_say(how, &why);
	if (how == SKR_OK)
		must_fit(&answer);
	skr_answer_free(&answer);
	unsigned_jws(in);
	return how == SKR_OK ? WV_OK : WV_JWT_DAMAGED;
}
