// SPDX-License-Identifier: MIT
/*
 * mkcose DIR: Nitro documents, CCA and PSA tokens under keys made for this run, with the
 * policies that accept them, for the tests of the command line.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../unit/cose_make.h"
#include "../unit/intel_make.h"

static const char *dir;
static const uint8_t asked[64] = { 0xa5 };

static void write_file(const char *name, struct wv_bytes b)
{
	char path[4096];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	f = fopen(path, "wb");
	if (!f || fwrite(b.data, 1, b.len, f) != b.len || fclose(f)) {
		perror(path);
		exit(1);
	}
	ut_free(b);
}

static void write_policy(const char *name, const char *before, EVP_PKEY *key, const char *after)
{
	char *public = cose_public(key), *text = malloc(2048);
	int len = snprintf(text, 2048, "{\"ward-policy\":1,%s\"%s\"%s}\n", before, public, after);

	free(public);
	write_file(name, (struct wv_bytes){ (uint8_t *)text, (size_t)len });
}

static void nitro(void)
{
	struct nitro_plan plan = { .user_data = { asked, sizeof(asked) } };
	struct nitro_pki pki;

	nitro_pki_make(&nitro_default, &pki);
	write_file("root.pem", intel_pem((X509 *[]){ pki.root }, 1));
	write_file("nitro.cbor", nitro_make(&pki, &plan));
	plan.debug = true;
	write_file("nitro-debug.cbor", nitro_make(&pki, &plan));
	plan = (struct nitro_plan){ .cose = { .zero_r = true }, .user_data = plan.user_data };
	write_file("nitro-unsigned.cbor", nitro_make(&pki, &plan));
	nitro_pki_free(&pki);
}

static void arm(void)
{
	EVP_PKEY *key = EVP_EC_gen("P-384");
	struct arm_plan plan = { .platform = { .key = key }, .realm = { .key = key },
				 .challenge = { asked, sizeof(asked) } };

	write_policy("cca.json", "\"cca\":{\"rim\":[\"2121212121212121212121212121212121212121212121212121212121212121\"],"
		     "\"platform_keys\":[{\"public_key\":", key, "}]}");
	write_policy("psa.json", "\"accept_unmeasured\":true,\"psa\":{\"keys\":[{\"public_key\":", key, "}]}");
	write_file("cca.cbor", cca_make(&plan));
	write_file("psa.cbor", psa_make(&plan));
	plan.other_binder = true;
	write_file("cca-two-halves.cbor", cca_make(&plan));
	plan = (struct arm_plan){ .platform = { .key = key }, .realm = { .key = key },
				  .challenge = plan.challenge, .lifecycle = 0x6000 };
	write_file("psa-retired.cbor", psa_make(&plan));
	EVP_PKEY_free(key);
}

int main(int argc, char **argv)
{
	if (argc != 2) {
		fprintf(stderr, "mkcose DIR\n");
		return 1;
	}
	dir = argv[1];
	nitro();
	arm();
	return 0;
}
