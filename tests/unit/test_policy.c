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
	assert_int_equal(wv_time_parse("2024-02-29T01:30:00.5+01:30", &t), WV_OK);
	assert_true(t == ut_time(2024, 2, 29));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(good),	    cmocka_unit_test(bad),	cmocka_unit_test(warnings),
		cmocka_unit_test(too_long), cmocka_unit_test(releases), cmocka_unit_test(times),
	};

	return cmocka_run_group_tests_name("policy", tests, NULL, NULL);
}
