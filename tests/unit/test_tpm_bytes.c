// SPDX-License-Identifier: MIT
/* A TPM's evidence changed and cut at every byte, and the log that comes with it. */
#include "tcglog_make.h"
#include "tpm_judge.h"

static void judge_log(struct tpm_sim *t, int want, int state, uint32_t explains)
{
	struct sim_guest g;
	struct wv_verdict v;

	machine(&g, t);
	ut_reason(want, judge(&g, roots, policy(t, ANYHOW), &v), &v.fault);
	if (want)
		return;
	assert_int_equal(v.tpm.log, state);
	assert_int_equal(v.tpm.log_explains, explains);
}

/* The log that nobody signed: it must lead to what was quoted, or it is of another boot. */
static void event_log(void **state)
{
	struct tcglog_made made;
	struct wv_tcglog_pcrs pcrs;
	struct wv_tcglog log;
	struct tpm_sim t;

	(void)state;
	tcglog_begin(&made);
	tcglog_add(&made, 4, WV_EV_SEPARATOR, "abcd", 4);
	tcglog_add(&made, 9, WV_EV_EVENT_TAG, "Linux initrd", 13);
	tcglog_add(&made, 11, WV_EV_IPL, "linux", 5);
	tpm_sim_new(&t, p256);
	t.selected = 1u << 4 | 1u << 9 | 1u << 10 | 1u << 11;
	t.log = (struct wv_bytes){ made.bytes, made.len };
	t.log_size = made.len;
	assert_int_equal(wv_tcglog_open(t.log, &log, NULL), WV_OK);
	assert_int_equal(log.events, 3);
	assert_int_equal(wv_tcglog_replay(&log, WV_ALG_SHA256, &pcrs, NULL), WV_OK);
	judge_log(&t, WV_EVENT_LOG_MISMATCH, 0, 0);
	memcpy(t.pcr[4], pcrs.value[4], 32);
	memcpy(t.pcr[9], pcrs.value[9], 32);
	/* register 11 is extended by the running system, too: unexplained, no more */
	judge_log(&t, WV_OK, WV_LOG_REPLAYED, 0x210);
	memcpy(t.pcr[11], pcrs.value[11], 32);
	judge_log(&t, WV_OK, WV_LOG_REPLAYED, 0xa10);
	t.pcr[9][0] ^= 1;
	judge_log(&t, WV_EVENT_LOG_MISMATCH, 0, 0);
	t.log_size++;
	judge_log(&t, WV_OK, WV_LOG_CUT, 0);
	t.log.len = t.log_size = made.len - 1;
	judge_log(&t, WV_OK, WV_LOG_UNREAD, 0);
	t.log_size = t.log.len = 0;
	judge_log(&t, WV_OK, WV_LOG_ABSENT, 0);
}

/* One bit of every byte of the quote: all that is judged is signed or compared. */
static void every_byte(void **state)
{
	static const char *const kinds[] = { "P-256", "RSA" };
	struct tpm_sim t;
	struct sim_guest g;

	(void)state;
	for (int kind = 0; kind < 2; kind++) {
		struct wv_bytes bundle;
		struct wv_bundle *b;
		struct wv_appraisal a = { .roots = roots, .now = now };
		struct wv_verdict v;
		size_t refused = 0, at, from, to;
		uint8_t *bytes;

		tpm_sim_new(&t, kind ? rsa : p256);
		machine(&g, &t);
		a.policy = policy(&t, PINNED);
		bundle = sim_bundle(&g, &pki);
		bytes = (uint8_t *)bundle.data;
		ut_reason(WV_OK, wv_bundle_decode(bundle, &b, NULL), NULL);
		from = (size_t)(b->evidence[0].data.data - bundle.data);
		to = from + b->evidence[0].data.len;
		for (at = from; at < to; at++) {
			bytes[at] ^= (uint8_t)(1 << at % 8);
			if (wv_verify_bundle(bundle, &a, &v))
				refused++;
			else if (!memmem(bytes + at - 8, 8, "fshared", 7))
				fail_msg("%s: byte %zu of %zu changed unnoticed", kinds[kind],
					 at - from, to - from);
			bytes[at] ^= (uint8_t)(1 << at % 8);
		}
		print_message("%s: %zu of %zu changed bytes refused\n", kinds[kind], refused,
			      to - from);
		/* Only "shared" is nobody's to sign: wardd's own word, which may warn. */
		assert_true(to - from - refused <= 1);
		wv_bundle_free(b);
		ut_free(bundle);
		wv_policy_free((struct wv_policy *)a.policy);
	}
}

/* Cut at each byte, and each length of it a heap block of its own for the checkers. */
static void cut_short(void **state)
{
	struct wv_bytes data, aux, cut;
	struct sim_guest g;
	struct tpm_sim t, short_one;
	struct wv_verdict v;
	uint8_t report_data[64];

	(void)state;
	tpm_sim_new(&t, p256);
	machine(&g, &t);
	sim_report_data(&g, report_data);
	data = tpm_sim_data(&t, report_data);
	aux = tpm_sim_aux(&t);
	for (size_t len = 1; len < data.len; len++) {
		tpm_sim_new(&short_one, p256);
		cut = (struct wv_bytes){ memcpy(malloc(len), data.data, len), len };
		short_one.data = cut;
		machine(&g, &short_one);
		assert_int_not_equal(judge(&g, roots, policy(&t, ANYHOW), &v), WV_OK);
		assert_int_equal(wv_reason_exit(v.fault.reason), 7);
		ut_free(cut);
	}
	for (size_t len = 0; len <= aux.len; len++) {
		tpm_sim_new(&short_one, p256);
		cut = (struct wv_bytes){ memcpy(malloc(len + 1), aux.data, len), len };
		short_one.data = data;
		short_one.aux = cut;
		machine(&g, &short_one);
		ut_reason(!len || len == aux.len ? WV_OK : WV_BUNDLE_DAMAGED,
			  judge(&g, roots, policy(&t, ANYHOW), &v), &v.fault);
		ut_free(cut);
	}
	ut_free(data);
	ut_free(aux);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(event_log),
		cmocka_unit_test(every_byte),
		cmocka_unit_test(cut_short),
	};

	return cmocka_run_group_tests_name("tpm_bytes", tests, setup, teardown);
}
