// SPDX-License-Identifier: MIT
/*
 * The answer of Azure Key Vault: as the text that was signed, whoever signed it, and as a JWS,
 * which nobody here may have signed.
 */
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "vault_world.h"

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
	enum skr_end how = roots ? skr_open(in, &vault_request, roots, &answer, &why) : SKR_UNSIGNED;

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
	enum skr_end how = skr_read(in, &vault_request, &answer, &why);

	must_say(how, &why);
	if (how == SKR_OK)
		must_fit(&answer);
	skr_answer_free(&answer);
	unsigned_jws(in);
	return how == SKR_OK ? WV_OK : WV_JWT_DAMAGED;
}
