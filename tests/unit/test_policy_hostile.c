// SPDX-License-Identifier: MIT
/*
 * Policies that somebody made to hurt, or mistyped: what a complaint says, and where it
 * points to.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support.h"

static int parse(const void *text, size_t len, struct wv_fault *fault)
{
	struct wv_policy *p = NULL;
	int rc = wv_policy_parse((struct wv_bytes){ text, len }, &p, fault);

	assert_int_equal(!p, !!rc);
	wv_policy_free(p);
	return rc;
}

/* Refused as damaged; what the fault says has @says in it. */
static void refused(const char *text, size_t len, const char *says)
{
	struct wv_fault fault;

	ut_reason(WV_POLICY_DAMAGED, parse(text, len, &fault), &fault);
	if (!strstr(fault.text, says))
		fail_msg("'%s' has no '%s' in it", fault.text, says);
}

/* {"ward-policy":1,"uid":[[[[...]]]]}, and objects likewise */
static char *nested(size_t depth, const char *open, const char *close, size_t *len)
{
	const char *head = "{\"ward-policy\":1,\"uid\":";
	char *text = malloc(strlen(head) + depth * (strlen(open) + 1) + 2);
	char *at = text + sprintf(text, "%s", head);
	size_t i;

	for (i = 0; i < depth; i++)
		at += sprintf(at, "%s", open);
	for (i = 0; i < depth; i++)
		at += sprintf(at, "%s", close);
	at += sprintf(at, "}");
	*len = (size_t)(at - text);
	return text;
}

static void deep(void **state)
{
	static const size_t depths[] = { 2, 100, 1999, 2046, 2047, 2048, 10000, 30000 };
	size_t i, len;
	char *text;

	(void)state;
	for (i = 0; i < sizeof(depths) / sizeof(depths[0]); i++) {
		text = nested(depths[i], "[", "]", &len);
		refused(text, len, depths[i] < 2000 ? "element 1 is not a user id" : "");
		free(text);
	}
	text = nested(10000, "{\"\":", "}", &len);
	refused(text, len, "");
	free(text);
}

static void numbers(void **state)
{
	static const char *const texts[] = {
		"1e400", "-1e400", "99999999999999999999999999", "-99999999999999999999999999",
		"9223372036854775808", "4294967296", "1.0", "1e0", "-1", "NaN", "Infinity", "0x10",
		"01", "\"1\"", "null", "[1]",
	};
	char text[200];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		snprintf(text, sizeof(text), "{\"ward-policy\":1,\"uid\":[%s]}", texts[i]);
		refused(text, strlen(text), "");
		snprintf(text, sizeof(text), "{\"ward-policy\":1,\"lease_max\":%s}", texts[i]);
		refused(text, strlen(text), "");
	}
}

static void bytes(void **state)
{
	static const char nul[] = "{\"ward-policy\":1,\"pur\0pose\":\"release\"}";

	(void)state;
	refused(nul, sizeof(nul) - 1, "");
	refused("{\"ward-policy\":1}\0", 18, "");
#define TRY(text) refused(text, sizeof(text) - 1, "")
	TRY("{\"ward-policy\":1,\"purpose\":\"\\u0000\"}");
	TRY("{\"ward-policy\":1,\"cgroup\":[\"/\xff\"]}");
	TRY("{\"ward-policy\":1,\"cgroup\":[\"/\xc0\xaf\"]}");
	TRY("{\"ward-policy\":1,\"cgroup\":[\"/\xed\xa0\x80\"]}");
	TRY("{\"ward-policy\":1,\"cgroup\":[\"/\xf4\x90\x80\x80\"]}");
	TRY("{\"ward-policy\":1,\"cgroup\":[\"/\\ud800\"]}");
	TRY("\xef\xbb\xbf{\"ward-policy\":1}");
	TRY("{\"ward-policy\":1,\"cgroup\":[\"/\n\"]}");
	TRY("{\"ward-policy\":1} {\"ward-policy\":1}");
	TRY("{\"ward-policy\":1,}");
	TRY("{'ward-policy':1}");
	TRY("{\"ward-policy\":1 /* one */}");
	TRY("\"ward-policy\"");
	TRY("null");
#undef TRY
}

/* Every prefix and every byte changed: an answer, and never a crash. */
static void mangled(void **state)
{
	static const char text[] = "{\"ward-policy\":1,\"uid\":[1,2],\"purpose\":\"release\","
				   "\"min_tcb\":{\"milan\":{\"snp\":8}},\"allow_debug\":false}";
	char copy[sizeof(text)];
	struct wv_fault fault;
	size_t i;
	int c;

	(void)state;
	for (i = 0; i < sizeof(text) - 1; i++) {
		ut_reason(WV_POLICY_DAMAGED, parse(text, i, &fault), &fault);
		for (c = 0; c < 256; c += 5) {
			memcpy(copy, text, sizeof(text));
			copy[i] = (char)c;
			parse(copy, sizeof(text) - 1, &fault);
		}
	}
}

static void large(void **state)
{
	char *text = malloc(2 * WV_POLICY_MAX), *at = text;
	size_t n;

	(void)state;
	at += sprintf(at, "{\"ward-policy\":1,\"uid\":[0");
	for (n = 1; n < 1024; n++)
		at += sprintf(at, ",%zu", n);
	strcpy(at, "]}");
	assert_int_equal(parse(text, strlen(text), NULL), WV_OK);
	strcpy(at, ",1024]}");
	refused(text, strlen(text), "a list of 1 to 1024 elements");

	for (at = text + sprintf(text, "{\"ward-policy\":1"), n = 0; n < 6000; n++)
		at += sprintf(at, ",\"%zu\":1", n);
	strcpy(at, "}");
	refused(text, strlen(text), "unknown member");
	free(text);
}

struct slip {
	const char *text;
	const char *says;
	int line, column;
};

/* The member that is meant, and not another of that name or a word of the same letters. */
static void places(void **state)
{
	static const struct slip slips[] = {
		{ "{\"ward-policy\":1,\"uids\":[1]}", "did you mean 'uid'?", 1, 18 },
		{ "{\"ward-policy\":1,\"measurment\":[1]}", "did you mean 'measurement'?", 1, 18 },
		{ "{\"ward-policy\":1,\"min-tcb\":{}}", "did you mean 'min_tcb'?", 1, 18 },
		{ "{\"ward-policy\":1,\"tpm\":{\"pcr\":{}}}", "did you mean 'pcrs'?", 1, 25 },
		{ "{\"ward-policy\":1,\"frobnicate\":1}", "unknown member", 1, 18 },
		{ "{\"ward-policy\":1,\"min_tcb\":{\"snp\":8}}",
		  "unknown member: here may stand milan, genoa, turin", 1, 29 },
		{ "{\"ward-policy\":1,\"host_data\":[\"00\"]}",
		  "element 1 is not 64 hexadecimal digits: it has 2 characters", 1, 18 },
		{ "{\"ward-policy\":1,\"host_data\":[\"0x00\"]}",
		  "element 1 is not 64 hexadecimal digits (without 0x): it has 4 characters", 1, 18 },
		{ "{\"ward-policy\":1,\"collateral\":{\"crl\":true}}",
		  "\"required\" or \"if-given\" is expected", 1, 32 },
		{ "{\"ward-policy\":1,\"u\":1}", "unknown member", 1, 18 },
		{ "{\"ward-policy\":1,\"allow_tee\":[\"snp\"],\n\"snp\" :1.5,\"min_tcb\":\n{\"milan\":"
		  "{\"snp\":256}}}", "", 0, 0 },
		{ "{\"ward-policy\":1,\"allow_tee\":[\"snp\"],\n\"min_tcb\":\n{\"milan\":{\"snp\":256}}}",
		  "a whole number", 3, 11 },
		{ "{\"ward-policy\":1,\"min_tcb\":{\"genoa\":{\"snp\":1},\n\"milan\":{\"snp\":256}}}",
		  "a whole number", 2, 10 },
		{ "{\"ward-policy\":1,\"cgroup\":[\"/\\\"uid\\\":\",\"/x\"],\n\"uid\":[-1]}",
		  "element 1 is not a user id", 2, 1 },
		{ "{\"ward-policy\":1,\"cgroup\":[\"/a\"],\"tpm\":{\"required\":true},\"required\":1}",
		  "unknown member", 1, 58 },
		{ " \n {\"uid\":[1]}", "the member is missing", 2, 2 },
	};
	struct wv_fault fault;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(slips) / sizeof(slips[0]); i++) {
		const struct slip *s = &slips[i];

		ut_reason(WV_POLICY_DAMAGED, parse(s->text, strlen(s->text), &fault), &fault);
		if (!strstr(fault.text, s->says) ||
		    (s->line && (fault.line != s->line || fault.column != s->column)))
			fail_msg("%s: %d:%d '%s'", s->text, fault.line, fault.column, fault.text);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(deep), cmocka_unit_test(numbers), cmocka_unit_test(bytes),
		cmocka_unit_test(mangled), cmocka_unit_test(large), cmocka_unit_test(places),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
