// SPDX-License-Identifier: MIT
/* A key vault's answer that cannot be read for want of memory is refused, and leaves none behind. */
#include <jansson.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <stdlib.h>

#include "../../userspace/wardctl/skr.h"
#include "b64.h"
#include "gpu_make.h"

#define SETTLE	2	/* runs until what the library keeps for good is there */

static unsigned long made, failing;
static long live;

static bool lacks(void)
{
	return ++made == failing;
}

static void *take(size_t size, const char *file, int line)
{
	void *p = lacks() ? NULL : malloc(size);

	(void)file;
	(void)line;
	live += !!p;
	return p;
}

static void *take_more(void *p, size_t size, const char *file, int line)
{
	void *out = lacks() ? NULL : realloc(p, size);

	(void)file;
	(void)line;
	live += !p && out;
	return out;
}

static void give(void *p, const char *file, int line)
{
	(void)file;
	(void)line;
	live -= !!p;
	free(p);
}

/* OpenSSL takes them only before it allocates anything. */
__attribute__((constructor)) static void take_over(void)
{
	if (!CRYPTO_set_mem_functions(take, take_more, give))
		abort();
}

static char *b64url(const uint8_t *in, size_t len)
{
	char *out = malloc(B64_TEXT_LEN(len));

	assert_non_null(out);
	b64url_encode(in, len, out);
	return out;
}

/* A JWS with @cert in x5c, under a signature that is none. */
static char *answer(X509 *cert)
{
	static const uint8_t signature[96];
	uint8_t *der = NULL, *text;
	char *parts[3], *head, *out;
	int len = i2d_X509(cert, &der);

	assert_true(len > 0);
	text = malloc((size_t)len / 3 * 4 + 5);
	assert_non_null(text);
	EVP_EncodeBlock(text, der, len);
	assert_true(asprintf(&head, "{\"alg\":\"ES384\",\"x5c\":[\"%s\"]}", text) > 0);
	parts[0] = b64url((const uint8_t *)head, strlen(head));
	parts[1] = b64url((const uint8_t *)"{}", 2);
	parts[2] = b64url(signature, sizeof(signature));
	assert_true(asprintf(&out, "%s.%s.%s", parts[0], parts[1], parts[2]) > 0);
	OPENSSL_free(der);
	free(text);
	free(head);
	for (size_t i = 0; i < 3; i++)
		free(parts[i]);
	return out;
}

/* How many of OpenSSL's allocations are left after one reading in which the @nth fails. */
static long left(const char *text, X509_STORE *roots, unsigned long nth)
{
	static const struct skr_request asked = {
		.vault = "https://v.example", .name = "k", .enc = "CKM_RSA_AES_KEY_WRAP", .nonce = "00",
	};
	struct wv_bytes in = { (const uint8_t *)text, strlen(text) };
	struct trouble why = { "" };
	struct skr_answer out;
	long before = live;

	made = 0;
	failing = nth;
	assert_int_equal(skr_open(in, &asked, roots, &out, &why), SKR_UNSIGNED);
	failing = 0;
	assert_true(*why.text);
	skr_answer_free(&out);
	ERR_clear_error();	/* has texts */
	return live - before;
}

static void memory_that_lacks(void **state)
{
	X509_STORE *roots = X509_STORE_new();
	struct gpu_recipe recipe;
	unsigned long n, all;
	struct gpu_pki pki;
	char *text;

	(void)state;
	gpu_recipe_new(&recipe);
	gpu_pki_make(&recipe, &pki);
	text = answer(pki.cert[0]);
	for (n = 0; n < SETTLE; n++)
		left(text, roots, 0);
	assert_int_equal(left(text, roots, 0), 0);
	for (n = 1, all = made; n <= all; n++) {
		left(text, roots, n);	/* once something may be kept for good */
		assert_int_equal(left(text, roots, n), 0);
	}
	free(text);
	gpu_pki_free(&pki);
	X509_STORE_free(roots);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(memory_that_lacks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
