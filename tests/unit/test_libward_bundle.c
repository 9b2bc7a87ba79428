// SPDX-License-Identifier: MIT
/*
 * Bindings and bundles against values that a second implementation of
 * doc/formats.md sections 3 to 5 (Python, hashlib and CBOR by hand) computed.
 */
#define _GNU_SOURCE
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../userspace/lib/libward.h"

static void hex(const uint8_t *bytes, size_t len, char *to)
{
	size_t i;

	for (i = 0; i < len; i++)
		snprintf(to + 2 * i, 3, "%02x", bytes[i]);
}

static void bindings_match_the_formats(void **state)
{
	uint8_t nonce[32], thumbprint[32], release[16], dataset[16], owner[32], digest[64];
	uint8_t out[WARD_BINDING_LEN];
	char text[2 * WARD_BINDING_LEN + 1];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(nonce); i++)
		nonce[i] = i;
	memset(thumbprint, 0x77, sizeof(thumbprint));
	memset(release, 1, sizeof(release));
	memset(dataset, 2, sizeof(dataset));
	memset(owner, 3, sizeof(owner));

	assert_int_equal(ward_binding_release(nonce, 32, thumbprint, out), 0);
	hex(out, sizeof(out), text);
	assert_string_equal(text,
		"84800d05135ab9bed0354c8655bb247186b38e0a276801104a0518a476440efd"
		"69653b5bfe2e72caec49c0ba4d785b7fb9566371ec6f0c5da1c3242c79b7d659");
	assert_int_equal(ward_binding_receipt(release, dataset, owner, out), 0);
	hex(out, sizeof(out), text);
	assert_string_equal(text,
		"1bf03edffba062ea15222edc8aa3d3a548949c50fbb35faec5c5a49f1ef88200"
		"1979a77681ffce164b09a8a9a6209edf3b606a096416a2dfd545e8013450757c");
	assert_int_equal(ward_binding_report(nonce, 32, out), 0);
	hex(out, sizeof(out), text);
	assert_string_equal(text,
		"79ddfba8aca4179a665bbd1c1529cda8dee1760584ff0450f4072de785b68991"
		"51c867c03038d74118dd0c40a0a034a9a444642c39be37f67031ed7fd4b85f42");
	assert_int_equal(ward_binding_report(NULL, 0, out), 0);
	hex(out, sizeof(out), text);
	assert_string_equal(text,
		"fafa3bf147c28289b9a058ec0b2d6bcdc6b06fd25b48e06ca10c284bc725b84c"
		"29e2f17518ec0ab897487443714350ed571b46286c3dc948fc3ac3b2a409db7a");
	for (i = 0; i < sizeof(digest); i++)
		digest[i] = (uint8_t)i;
	assert_int_equal(ward_binding_card(digest, out), 0);
	hex(out, sizeof(out), text);
	assert_string_equal(text,
		"26946cebe276a7e63e5e70f19caaef960fe98f8e26d0969bc14a72c02f8b93c5"
		"df4fbd3af74eb31b1e25428a8069b2532f3d5a67c15792ade7ee7da4c3744705");
	assert_int_equal(ward_binding_release(nonce, 65, thumbprint, out),
			 -EINVAL);
}

static uint8_t path[WARD_PATH_NODES_MAX * WARD_DIGEST_LEN];
static uint8_t data[1184], aux[70000];
static struct ward_event event[400];

static struct ward_evidence evidence_of(size_t aux_len)
{
	struct ward_evidence evidence = {
		.leaves = 1, .path = path, .data = data,
		.data_len = sizeof(data), .aux = aux, .aux_len = aux_len,
		.tee = WARD_TEE_SIMULATED, .provider = "tsmsim",
	};
	size_t i;

	memset(evidence.claims, 0xc1, sizeof(evidence.claims));
	memset(path, 0xa1, sizeof(path));
	memset(data, 0xe1, sizeof(data));
	memset(aux, 0xaa, sizeof(aux));
	for (i = 0; i < 400; i++)
		memset(&event[i], i % 251, sizeof(event[i]));
	return evidence;
}

/* The head of a piece's map and its keys: aux, tee, data, manifest, provider. */
enum { PIECE_KEYS = 1 + 4 + 4 + 5 + 9 + 9 };

static void expect(const struct ward_evidence *evidence, size_t count,
		   uint32_t flags, size_t len, const char *sha256)
{
	struct ward_records records = { .count = count, .event = event };
	uint8_t *bundle, digest[32];
	char text[65];
	size_t got;

	assert_int_equal(ward_bundle_encode(evidence, count ? &records : NULL,
					    flags, &bundle, &got), 0);
	assert_int_equal(got, len);
	assert_true(EVP_Digest(bundle, got, digest, NULL, EVP_sha256(), NULL));
	hex(digest, sizeof(digest), text);
	assert_string_equal(text, sha256);
	free(bundle);
}

static void bundles_match_the_formats(void **state)
{
	struct ward_evidence evidence = evidence_of(0);

	(void)state;
	expect(&evidence, 0, 0, 2313,
	       "97b90fd8f5cb1ce2bf10456ab5c09a591a91a81e99ad54778a44fd0a1452d511");

	evidence = evidence_of(300);
	memset(path + WARD_DIGEST_LEN, 0xa2, WARD_DIGEST_LEN);
	evidence.index = 2;
	evidence.leaves = 3;
	evidence.path_len = 2 * WARD_DIGEST_LEN;
	expect(&evidence, 3, 0, 3137,
	       "4fede68fa88f1304d9f4435a9a6c7fbd75911a796281811a7af7e8b29648be41");

	evidence = evidence_of(70000);
	evidence.index = 40;
	evidence.leaves = 64;
	evidence.path_len = sizeof(path);
	expect(&evidence, 300, WARD_BUNDLE_DIGESTS, 82917,
	       "ff24203f072f4c9feaac78ebb0ac065d5928aa597eccd962fa0487cfb667e6c5");
}

/* Every piece that there is goes in, those that failed do not. */
static void pieces_beside_go_in(void **state)
{
	struct ward_evidence evidence = evidence_of(24);
	struct ward_piece piece[3] = {
		{ .data = data, .data_len = 5, .aux = aux, .aux_len = 9,
		  .tee = WARD_TEE_TPM, .provider = "tpm0" },
		{ .error = 62, .tee = WARD_TEE_TPM, .provider = "tpm1" },
		{ .data = data, .data_len = 1, .tee = WARD_TEE_NITRO, .provider = "nsm" },
	};
	size_t len, one;
	uint8_t *bundle;

	(void)state;
	assert_int_equal(ward_bundle_encode(&evidence, NULL, 0, &bundle, &one), 0);
	free(bundle);
	evidence.more = piece;
	evidence.more_count = 3;
	assert_int_equal(ward_bundle_encode(&evidence, NULL, 0, &bundle, &len), 0);
	assert_int_equal(len - one, 2 * PIECE_KEYS + (5 + 1) + (9 + 1) + (3 + 1) + (4 + 1) +
				    (1 + 1) + (0 + 1) + (5 + 1) + (3 + 1) + 2);
	assert_non_null(memmem(bundle, len, "\x65" "nitro", 6));
	assert_null(memmem(bundle, len, "tpm1", 4));
	free(bundle);
	piece[1].provider[0] = 0;
	assert_int_equal(ward_bundle_encode(&evidence, NULL, 0, &bundle, &len), -EINVAL);
	piece[1].provider[0] = 't';
	evidence.more_count = WARD_PARTS_MAX;
	assert_int_equal(ward_bundle_encode(&evidence, NULL, 0, &bundle, &len), -EINVAL);
	evidence.more_count = 3;
	piece[2].data_len = SIZE_MAX;
	assert_int_equal(ward_bundle_encode(&evidence, NULL, 0, &bundle, &len), -EMSGSIZE);
}

/* The list of events ends where the claims say, whatever was fetched. */
static void records_after_the_claims_are_left_out(void **state)
{
	struct ward_evidence evidence = evidence_of(0);
	struct ward_records records = { .first_seq = 5, .event = event };
	size_t seq, len, empty;
	uint8_t *bundle;

	(void)state;
	assert_int_equal(ward_bundle_encode(&evidence, NULL, 0, &bundle,
					    &empty), 0);
	free(bundle);
	for (seq = 0; seq < 12; seq++) {
		size_t kept = seq < 5 ? 0 : seq - 4 > 4 ? 4 : seq - 4;

		memset(evidence.claims + 752, 0, 8);
		evidence.claims[752] = seq;
		records.count = 4;
		assert_int_equal(ward_bundle_encode(&evidence, &records, 0,
						    &bundle, &len), 0);
		assert_int_equal(len, empty + kept * (WARD_EVENT_SIZE + 2));
		free(bundle);
	}
}

static void what_no_reader_would_take_is_not_written(void **state)
{
	struct ward_evidence evidence = evidence_of(0);
	struct ward_records records = { .event = NULL };
	uint8_t *bundle = NULL;
	size_t len;

	(void)state;
	assert_int_equal(ward_bundle_encode(&evidence, NULL, 2, &bundle, &len),
			 -EINVAL);
	evidence.data_len = 0;
	assert_int_equal(ward_bundle_encode(&evidence, NULL, 0, &bundle, &len),
			 -EINVAL);
	evidence = evidence_of(0);
	evidence.path_len = 63;
	assert_int_equal(ward_bundle_encode(&evidence, NULL, 0, &bundle, &len),
			 -EINVAL);
	evidence.path_len = sizeof(path) + WARD_DIGEST_LEN;
	assert_int_equal(ward_bundle_encode(&evidence, NULL, 0, &bundle, &len),
			 -EINVAL);
	evidence = evidence_of(0);
	memset(evidence.provider, 'x', sizeof(evidence.provider));
	assert_int_equal(ward_bundle_encode(&evidence, NULL, 0, &bundle, &len),
			 -EINVAL);

	evidence = evidence_of(0);
	records.count = 8100;
	records.event = calloc(records.count, sizeof(*records.event));
	assert_non_null(records.event);
	assert_int_equal(ward_bundle_encode(&evidence, &records, 0, &bundle,
					    &len), -EMSGSIZE);
	assert_null(bundle);
	assert_int_equal(ward_bundle_encode(&evidence, &records,
					    WARD_BUNDLE_DIGESTS, &bundle, &len),
			 0);
	free(bundle);
	records.count = SIZE_MAX / 2;
	assert_int_equal(ward_bundle_encode(&evidence, &records, 0, &bundle,
					    &len), -EMSGSIZE);
	free(records.event);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bindings_match_the_formats),
		cmocka_unit_test(bundles_match_the_formats),
		cmocka_unit_test(pieces_beside_go_in),
		cmocka_unit_test(records_after_the_claims_are_left_out),
		cmocka_unit_test(what_no_reader_would_take_is_not_written),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
