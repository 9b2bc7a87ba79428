// SPDX-License-Identifier: MIT
/*
 * Policies and release records: strictness, and where a complaint points to.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support.h"

struct doc {
	const char *text;
	const char *field;
	int line, column;
};

static int parse(const char *text, struct wv_fault *fault)
{
	struct wv_policy *p = NULL;
	int rc = wv_policy_parse((struct wv_bytes){ (uint8_t *)text, strlen(text) }, &p, fault);

	assert_int_equal(!p, !!rc);
	wv_policy_free(p);
	return rc;
}

#define M48 "a0a1a2a3a4a5a6a7a8a9aaabacadaeafb0b1b2b3b4b5b6b7b8b9babbbcbdbebfc0c1c2c3c4c5c6c7c8c9cacbcccdcecf"

#define A32 "a0a1a2a3a4a5a6a7a8a9aaabacadaeafb0b1b2b3b4b5b6b7b8b9babbbcbdbebf"

static void good(void **state)
{
	static const char *const texts[] = {
		"{\"ward-policy\":1}",
		"{\"ward-policy\":1,\"measurement\":[\"" M48 "\"],\"purpose\":\"release\","
		"\"uid\":[0,4294967295],\"gid\":[1],\"cgroup\":[\"/\"],\"allow_debug\":false,"
		"\"vmpl_max\":3,\"min_tcb\":{\"turin\":{\"fmc\":1,\"snp\":255}},"
		"\"posture\":[\"module-sig\",\"exclusive\"],\"taint_mask\":4096,"
		"\"exe\":[\"0101010101010101010101010101010101010101\"],"
		"\"allow_tee\":[\"snp\",\"simulated-snp\"],\"lease_max\":3600,"
		"\"lease_anchor\":[\"" A32 "\"]}",
		"{\"ward-policy\":1,\"allow_tee\":[\"snp\",\"tpm\"],\"evidence\":[\"snp\",\"tpm\"],"
		"\"tpm\":{\"required\":true,\"accept_unpinned_ak\":false,\"ak\":[\"" A32 "\","
		"\"000b" A32 "\"],\"pcrs\":{\"sha256\":{\"0\":[\"" A32 "\"],\"23\":[\"" A32
		"\",\"" A32 "\"]}}}}",
		"{\"ward-policy\":1,\"tpm\":{\"pcrs\":{\"sha384\":{\"9\":[\"" M48 "\"]}}}}",
		"{\"ward-policy\":1,\"tpm\":{}}",
		" {\n\"ward-policy\" : 1 , \"accept_unmeasured\":true}\n",
	};
	struct wv_fault fault;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		ut_reason(WV_OK, parse(texts[i], &fault), &fault);
}

static void bad(void **state)
{
	static const struct doc docs[] = {
		{ "", "", 0, 0 },
		{ "[]", "", 0, 0 },
		{ "{}", "ward-policy", 0, 0 },
		{ "{\"ward-policy\":0}", "ward-policy", 1, 2 },
		{ "{\"ward-policy\":2}", "ward-policy", 1, 2 },
		{ "{\"ward-policy\":\"1\"}", "ward-policy", 1, 2 },
		{ "{\"ward-policy\":1.0}", "ward-policy", 1, 2 },
		{ "{\"ward-policy\":1}x", "", 1, 18 },
		{ "{\"ward-policy\":1,\n \"ui\":[1]}", "ui", 2, 2 },
		{ "{\"ward-policy\":1,\n\n  \"uid\":[-1]}", "uid", 3, 3 },
		{ "{\"ward-policy\":1,\"uid\":[4294967296]}", "uid", 1, 18 },
		{ "{\"ward-policy\":1,\"uid\":[]}", "uid", 1, 18 },
		{ "{\"ward-policy\":1,\"uid\":1000}", "uid", 1, 18 },
		{ "{\"ward-policy\":1,\"uid\":[true]}", "uid", 1, 18 },
		{ "{\"ward-policy\":1,\"measurement\":[\"00\"]}", "measurement", 1, 18 },
		{ "{\"ward-policy\":1,\"measurement\":[\"" M48 "0\"]}", "measurement", 1, 18 },
		{ "{\"ward-policy\":1,\"measurement\":[\"" M48 "\",\"zz\"]}", "measurement", 1, 18 },
		{ "{\"ward-policy\":1,\"measurement\":\"" M48 "\"}", "measurement", 1, 18 },
		{ "{\"ward-policy\":1,\"purpose\":\"any\"}", "purpose", 1, 18 },
		{ "{\"ward-policy\":1,\"purpose\":1}", "purpose", 1, 18 },
		{ "{\"ward-policy\":1,\"allow_debug\":1}", "allow_debug", 1, 18 },
		{ "{\"ward-policy\":1,\"accept_unmeasured\":\"yes\"}", "accept_unmeasured", 1, 18 },
		{ "{\"ward-policy\":1,\"vmpl_max\":4}", "vmpl_max", 1, 18 },
		{ "{\"ward-policy\":1,\"min_tcb\":{}}", "min_tcb", 1, 18 },
		{ "{\"ward-policy\":1,\"min_tcb\":{\"rome\":{\"snp\":1}}}", "rome", 1, 29 },
		{ "{\"ward-policy\":1,\"min_tcb\":{\"milan\":{}}}", "min_tcb", 1, 18 },
		{ "{\"ward-policy\":1,\"min_tcb\":{\"milan\":{\"fmc\":1}}}", "fmc", 1, 38 },
		{ "{\"ward-policy\":1,\"min_tcb\":{\"milan\":{\"snp\":256}}}", "snp", 1, 38 },
		{ "{\"ward-policy\":1,\"posture\":[\"secure\"]}", "posture", 1, 18 },
		{ "{\"ward-policy\":1,\"allow_tee\":[\"any\"]}", "allow_tee", 1, 18 },
		{ "{\"ward-policy\":1,\"cgroup\":[\"ward\"]}", "cgroup", 1, 18 },
		{ "{\"ward-policy\":1,\"exe\":[\"00\"]}", "exe", 1, 18 },
		{ "{\"ward-policy\":1,\"taint_mask\":-1}", "taint_mask", 1, 18 },
		{ "{\"ward-policy\":1,\"lease_max\":0}", "lease_max", 1, 18 },
		{ "{\"ward-policy\":1,\"lease_max\":4294967296}", "lease_max", 1, 18 },
		{ "{\"ward-policy\":1,\"lease_anchor\":[\"" M48 "\"]}", "lease_anchor", 1, 18 },
		{ "{\"ward-policy\":1,\"tpm\":true}", "tpm", 1, 18 },
		{ "{\"ward-policy\":1,\"tpm\":{\"pcr\":{}}}", "pcr", 1, 25 },
		{ "{\"ward-policy\":1,\"tpm\":{\"required\":1}}", "required", 1, 25 },
		{ "{\"ward-policy\":1,\"tpm\":{\"ak\":[]}}", "ak", 1, 25 },
		{ "{\"ward-policy\":1,\"tpm\":{\"ak\":[\"" M48 "\"]}}", "ak", 1, 25 },
		{ "{\"ward-policy\":1,\"tpm\":{\"ak\":[\"000c" A32 "\"]}}", "ak", 1, 25 },
		{ "{\"ward-policy\":1,\"tpm\":{\"pcrs\":[]}}", "pcrs", 1, 25 },
		{ "{\"ward-policy\":1,\"tpm\":{\"pcrs\":{}}}", "pcrs", 1, 25 },
		{ "{\"ward-policy\":1,\"tpm\":{\"pcrs\":{\"sha1\":{\"0\":[\"" A32 "\"]}}}}", "sha1", 1, 33 },
		{ "{\"ward-policy\":1,\"tpm\":{\"pcrs\":{\"sha256\":{\"0\":[\"" A32 "\"]},"
		  "\"sha384\":{\"0\":[\"" M48 "\"]}}}}", "pcrs", 1, 25 },
		{ "{\"ward-policy\":1,\"tpm\":{\"pcrs\":{\"sha256\":{}}}}", "sha256", 1, 33 },
		{ "{\"ward-policy\":1,\"tpm\":{\"pcrs\":{\"sha256\":{\"24\":[\"" A32 "\"]}}}}", "24", 1, 43 },
		{ "{\"ward-policy\":1,\"tpm\":{\"pcrs\":{\"sha256\":{\"04\":[\"" A32 "\"]}}}}", "04", 1, 43 },
		{ "{\"ward-policy\":1,\"tpm\":{\"pcrs\":{\"sha256\":{\"+4\":[\"" A32 "\"]}}}}", "+4", 1, 43 },
		{ "{\"ward-policy\":1,\"tpm\":{\"pcrs\":{\"sha256\":{\"\":[\"" A32 "\"]}}}}", "", 1, 0 },
		{ "{\"ward-policy\":1,\"tpm\":{\"pcrs\":{\"sha256\":{\"4\":[]}}}}", "4", 1, 43 },
		{ "{\"ward-policy\":1,\"tpm\":{\"pcrs\":{\"sha256\":{\"4\":[\"" M48 "\"]}}}}", "4", 1, 43 },
		{ "{\"ward-policy\":1,\"tpm\":{\"pcrs\":{\"sha256\":{\"4\":\"" A32 "\"}}}}", "4", 1, 43 },
		{ "{\"ward-policy\":1,\"tpm\":{\"pcrs\":{\"sha256\":{\"4\":[\"" A32 "\"],"
		  "\"4\":[\"" A32 "\"]}}}}", "", 1, 0 },
		{ "{\"ward-policy\":1,\"evidence\":[]}", "evidence", 1, 18 },
		{ "{\"ward-policy\":1,\"evidence\":[\"sev\"]}", "evidence", 1, 18 },
		{ "{\"ward-policy\":1,\"uid\":[1],\"uid\":[2]}", "", 1, 36 },
		{ "{\"ward-policy\":1,\n\"uid\":[1,]}", "", 2, 10 },
	};
	struct wv_fault fault;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(docs) / sizeof(docs[0]); i++) {
		int rc = parse(docs[i].text, &fault);

		if (rc != WV_POLICY_DAMAGED || strcmp(fault.field, docs[i].field) ||
		    (docs[i].line && (fault.line != docs[i].line ||
				      (docs[i].column && *docs[i].field &&
				       fault.column != docs[i].column))))
			fail_msg("document %zu: %d %s at %d:%d: %s", i, rc, fault.field, fault.line,
				 fault.column, fault.text);
	}
}

/* What is allowed in the place of a word that is not, and no place where there is none. */
static void words(void **state)
{
	struct wv_fault fault;

	(void)state;
	parse("{\"ward-policy\":1,\"allow_tee\":[\"snp\",\"sev\"]}", &fault);
	assert_non_null(strstr(fault.text, "element 2 is none of snp, simulated-snp"));
	parse("{\"ward-policy\":1,\"posture\":[1]}", &fault);
	assert_non_null(strstr(fault.text, "none of mem-encrypt, module-sig,"));
	assert_non_null(strstr(fault.text, ", init-on-free"));
	parse("[1]", &fault);
	assert_string_equal(fault.text, "the document is not a JSON object");
	assert_int_equal(fault.offset, -1);
}

static void warnings(void **state)
{
	static const char text[] = "{\"ward-policy\":1,\"allow_tee\":[\"simulated-snp\"],"
				   "\"allow_debug\":true}";
	struct wv_policy *p;

	(void)state;
	assert_int_equal(wv_policy_parse((struct wv_bytes){ (uint8_t *)text, sizeof(text) - 1 }, &p,
					 NULL), WV_OK);
	assert_int_equal(wv_policy_warnings(p), WV_WARN_UNMEASURED | WV_WARN_SIMULATED |
						WV_WARN_DEBUG | WV_WARN_NO_PURPOSE);
	wv_policy_free(p);
}

/* What is left open where a TPM stands in for the launch. */
static void warnings_of_tpms(void **state)
{
	static const char pinned[] = "{\"ward-policy\":1,\"purpose\":\"release\",\"allow_tee\":[\"tpm\"],"
		"\"tpm\":{\"ak\":[\"" A32 "\"],\"pcrs\":{\"sha256\":{\"7\":[\"" A32 "\"]}}}}";
	static const char behind[] = "{\"ward-policy\":1,\"purpose\":\"release\",\"allow_tee\":[\"tpm\"],"
		"\"tpm\":{\"ak\":[\"" A32 "\"],\"pcrs\":{\"sha256\":{\"11\":[\"" A32 "\"]}}}}";
	static const char open[] = "{\"ward-policy\":1,\"purpose\":\"release\",\"allow_tee\":[\"tpm\"],"
		"\"tpm\":{\"accept_unpinned_ak\":true}}";
	struct wv_policy *p;

	(void)state;
	assert_int_equal(wv_policy_parse((struct wv_bytes){ (uint8_t *)pinned, sizeof(pinned) - 1 },
					 &p, NULL), WV_OK);
	assert_int_equal(wv_policy_warnings(p), 0);
	wv_policy_free(p);
	assert_int_equal(wv_policy_parse((struct wv_bytes){ (uint8_t *)behind, sizeof(behind) - 1 },
					 &p, NULL), WV_OK);
	assert_int_equal(wv_policy_warnings(p), WV_WARN_UNMEASURED);
	wv_policy_free(p);
	assert_int_equal(wv_policy_parse((struct wv_bytes){ (uint8_t *)open, sizeof(open) - 1 }, &p,
					 NULL), WV_OK);
	assert_int_equal(wv_policy_warnings(p), WV_WARN_UNMEASURED | WV_WARN_AK_UNPINNED);
	wv_policy_free(p);
}

static void too_long(void **state)
{
	char *text = malloc(WV_POLICY_MAX + 2);
	struct wv_policy *p;

	(void)state;
	memset(text, ' ', WV_POLICY_MAX + 1);
	memcpy(text, "{\"ward-policy\":1}", 17);
	assert_int_equal(wv_policy_parse((struct wv_bytes){ (uint8_t *)text, WV_POLICY_MAX }, &p,
					 NULL), WV_OK);
	wv_policy_free(p);
	assert_int_equal(wv_policy_parse((struct wv_bytes){ (uint8_t *)text, WV_POLICY_MAX + 1 },
					 &p, NULL), WV_POLICY_DAMAGED);
	assert_null(p);
	free(text);
}

#define ID "00112233445566778899aabbccddeeff"
#define RELEASE(time, uid, extra) \
	"{\"version\":1,\"time\":\"" time "\",\"resource\":\"default/site/1\",\"dataset\":\"" ID "\"," \
	"\"release\":\"" ID "\",\"receipt_nonce\":\"" ID ID "\",\"session\":\"" ID "\"," \
	"\"instance\":\"" ID "\",\"uid\":" uid ",\"measurement\":\"" M48 "\"," \
	"\"evidence_sha256\":\"" ID ID "\"" extra "}\n"

static int release(const char *text, struct wv_release *r, struct wv_fault *fault)
{
	return wv_release_parse((struct wv_bytes){ (uint8_t *)text, strlen(text) }, r, fault);
}

static void releases(void **state)
{
	struct wv_release r;
	struct wv_fault fault;

	(void)state;
	ut_reason(WV_OK, release(RELEASE("2026-11-22T02:00:00Z", "1000", ""), &r, &fault), &fault);
	assert_int_equal(r.uid, 1000);
	assert_int_equal(r.time, ut_time(2026, 11, 22) + 7200);
	assert_int_equal(r.session[15], 0xff);
	assert_int_equal(r.measurement[47], 0xcf);
	assert_string_equal(r.resource, "default/site/1");
	ut_reason(WV_RELEASE_DAMAGED,
		  release(RELEASE("2026-11-22", "1000", ""), &r, &fault), &fault);
	ut_reason(WV_RELEASE_DAMAGED,
		  release(RELEASE("2026-11-22T02:00:00Z", "-1", ""), &r, &fault), &fault);
	ut_reason(WV_RELEASE_DAMAGED,
		  release(RELEASE("2026-11-22T02:00:00Z", "1", ",\"more\":1"), &r, &fault), &fault);
	ut_reason(WV_RELEASE_DAMAGED,
		  release(RELEASE("2026-11-22T02:00:00Z", "1", "") "{}", &r, &fault), &fault);
	ut_reason(WV_RELEASE_DAMAGED, release("{\"version\":1}", &r, &fault), &fault);
}

static void times(void **state)
{
	static const char *const wrong[] = {
		"", "2026", "2026-13-01T00:00:00Z", "2026-02-29T00:00:00Z", "2026-01-01T24:00:00Z",
		"2026-01-01T00:60:00Z", "2026-01-01T00:00:00", "2026-01-01T00:00:00.Z",
		"2026-01-01T00:00:00Zx", "2026-01-01T00:00:00+24:00", "20260101T000000Z", "now",
	};
	static const int64_t stamps[] = { 0, -1, 1, 951782400, 4102444800, 253402300799,
					  -62135596800, 1709164799, 1709251200 };
	char text[32];
	int64_t t;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		assert_int_equal(wv_time_parse(wrong[i], &t), WV_USAGE);
	for (i = 0; i < sizeof(stamps) / sizeof(stamps[0]); i++) {
		wv_time_text(stamps[i], text);
		assert_int_equal(wv_time_parse(text, &t), WV_OK);
		assert_true(t == stamps[i]);
	}
	/* what is no date is a number, also at both ends of what a number holds */
	wv_time_text(INT64_MIN, text);
	assert_string_equal(text, "-9223372036854775808");
	wv_time_text(INT64_MAX, text);
	assert_string_equal(text, "9223372036854775807");
	assert_int_equal(wv_time_parse("2024-02-29T01:30:00.5+01:30", &t), WV_OK);
	assert_true(t == ut_time(2024, 2, 29));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(good),	    cmocka_unit_test(bad),	cmocka_unit_test(warnings),
		cmocka_unit_test(too_long), cmocka_unit_test(releases), cmocka_unit_test(times),
		cmocka_unit_test(warnings_of_tpms), cmocka_unit_test(words),
	};

	return cmocka_run_group_tests_name("policy", tests, NULL, NULL);
}
