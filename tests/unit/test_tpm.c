// SPDX-License-Identifier: MIT
/* A TPM's evidence as the verifier reads it, and as it is shown. */
#include <stdlib.h>
#include <string.h>

#include "../../userspace/common/cbor_put.h"
#include "support.h"
#include "tpm.h"

/* What differs from sound evidence of two registers. */
struct made {
	bool hcl;
	uint64_t shared, version;
	size_t pcrs, pcr_len;
	bool more;
};

static const struct made sound = { .shared = 1, .version = 1, .pcrs = 2, .pcr_len = 32 };

static void field(struct cbor_put *w, const char *key, size_t len)
{
	static const uint8_t bytes[64] = { 7, 7, 7 };

	cbor_put_text(w, key);
	cbor_put_bytes(w, bytes, len);
}

static void walk(struct cbor_put *w, const struct made *m)
{
	cbor_put_map(w, m->hcl ? 7 : 6);
	field(w, "ak", 10);
	if (m->hcl)
		field(w, "hcl", 11);
	cbor_put_text(w, "pcrs");
	cbor_put_array(w, m->pcrs);
	for (size_t i = 0; i < m->pcrs; i++)
		cbor_put_bytes(w, "0123456789012345678901234567890123456789012345678901234567890123456789",
			       m->pcr_len);
	field(w, "quote", 12);
	cbor_put_text(w, "shared");
	cbor_put_uint(w, m->shared);
	cbor_put_text(w, "version");
	cbor_put_uint(w, m->version);
	field(w, "signature", 13);
	if (m->more)
		cbor_put_uint(w, 0);
}

static struct wv_bytes make(const struct made *m)
{
	struct cbor_put w = { NULL, 0 };

	walk(&w, m);
	w.at = malloc(w.len);
	w.len = 0;
	walk(&w, m);
	return (struct wv_bytes){ w.at, w.len };
}

static void sound_evidence(void **state)
{
	struct wv_fault fault;
	struct wv_bytes b = make(&sound);
	struct tpm_data t;

	(void)state;
	ut_reason(WV_OK, tpm_data_parse(b, false, &t, &fault), NULL);
	assert_int_equal(t.ak.len, 10);
	assert_null(t.hcl.data);
	assert_int_equal(t.pcr_count, 2);
	assert_int_equal(t.pcr[1].len, 32);
	assert_int_equal(t.shared, 1);
	assert_int_equal(t.quote.len, 12);
	assert_int_equal(t.signature.len, 13);
	ut_free(b);
}

static void cut_short(void **state)
{
	struct made with = sound;
	struct wv_bytes b;
	struct wv_fault fault;
	struct tpm_data t;

	(void)state;
	with.hcl = true;
	b = make(&with);
	ut_reason(WV_OK, tpm_data_parse(b, true, &t, &fault), NULL);
	assert_int_equal(t.hcl.len, 11);
	for (size_t len = 0; len < b.len; len++) {
		uint8_t *copy = malloc(len ? len : 1);

		memcpy(copy, b.data, len);
		ut_reason(WV_BUNDLE_DAMAGED,
			  tpm_data_parse((struct wv_bytes){ copy, len }, true, &t, &fault), &fault);
		free(copy);
	}
	/* Each kind is no other kind. */
	ut_reason(WV_BUNDLE_DAMAGED, tpm_data_parse(b, false, &t, &fault), &fault);
	ut_free(b);
}

static void not_as_written(void **state)
{
	struct made wrong[7];
	struct wv_fault fault;
	struct tpm_data t;

	(void)state;
	for (size_t i = 0; i < 7; i++)
		wrong[i] = sound;
	wrong[0].shared = 2;
	wrong[1].version = 2;
	wrong[2].pcrs = 0;
	wrong[3].pcrs = 25;
	wrong[4].pcr_len = 19;
	wrong[5].pcr_len = 65;
	wrong[6].more = true;
	for (size_t i = 0; i < 7; i++) {
		struct wv_bytes b = make(&wrong[i]);

		ut_reason(WV_BUNDLE_DAMAGED, tpm_data_parse(b, false, &t, &fault), &fault);
		ut_free(b);
	}
}

static void shown(const char *tee, const struct made *m, const char *text)
{
	struct wv_bundle bundle = { .leaves = 1, .evidence_count = 1 };
	struct wv_bytes b = make(m);
	char *json;

	bundle.evidence[0].data = b;
	strcpy(bundle.evidence[0].tee, tee);
	strcpy(bundle.evidence[0].provider, "vtpm");
	json = wv_bundle_json(&bundle);
	assert_non_null(json);
	if (text ? !strstr(json, text) : !!strstr(json, "ak_shared"))
		fail_msg("%s: %s", text, json);
	free(json);
	ut_free(b);
}

static void whose_the_key_is(void **state)
{
	struct made own = sound, azure = sound, damaged = sound;

	(void)state;
	own.shared = 0;
	azure.hcl = true;
	damaged.version = 9;
	shown("tpm", &sound, "\"ak_shared\": true");
	shown("tpm", &own, "\"ak_shared\": false");
	shown("azure-tdx", &azure, "\"ak_shared\": true");
	shown("tpm", &damaged, NULL);
	shown("tdx", &sound, NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sound_evidence),
		cmocka_unit_test(cut_short),
		cmocka_unit_test(not_as_written),
		cmocka_unit_test(whose_the_key_is),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
