// SPDX-License-Identifier: MIT
/*
 * Claims and records: offsets, and everything that must be refused.
 */
#include <endian.h>
#include <string.h>

#include "sim.h"

static struct ward_claims raw;

static int parse(struct wv_claims *out, struct wv_fault *fault)
{
	return wv_claims_parse((struct wv_bytes){ (uint8_t *)&raw, sizeof(raw) }, out, fault);
}

static void fresh(void)
{
	struct sim_guest g;

	sim_guest_new(&g, WARD_PURPOSE_REPORT);
	raw = g.claims;
}

/* Fields where formats.md section 1 puts them, written byte by byte. */
static void offsets(void **state)
{
	static const struct {
		size_t at, len, field;
	} places[] = {
#define PLACE(at, len, f) { at, len, offsetof(struct wv_claims, f) }
		PLACE(192, 4, caller.pid), PLACE(208, 4, caller.uid), PLACE(232, 8, caller.cgroup_id),
		PLACE(288, 4, opener.uid), PLACE(356, 4, advisory), PLACE(520, 4, keys_live),
		PLACE(544, 8, taint), PLACE(560, 8, limit_global), PLACE(584, 8, live_a),
		PLACE(600, 8, live_shared), PLACE(616, 8, live_volatile), PLACE(632, 8, live_b),
		PLACE(648, 8, alloc_buffers), PLACE(656, 8, alloc_bytes),
		PLACE(664, 8, wiped_buffers), PLACE(672, 8, wiped_bytes),
		PLACE(680, 8, unpinned_buffers), PLACE(696, 8, failed),
		PLACE(712, 8, lease_deadline_ns), PLACE(792, 8, global_seq), PLACE(872, 8, boot_ns),
		PLACE(880, 8, real_ns), PLACE(888, 4, module_version),
		PLACE(920, 8, lease_term_ns), PLACE(928, 8, lease_expires_ns),
	};
	struct wv_claims k;
	struct wv_fault fault;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		uint8_t *p = (uint8_t *)&raw + places[i].at;
		uint64_t want = 0, got = 0;

		fresh();
		memcpy(p, "\x01\x02\x03\x04\x05\x06\x07\x08", places[i].len);
		want = places[i].len == 4 ? 0x04030201 : 0x0807060504030201;
		ut_reason(WV_OK, parse(&k, &fault), &fault);
		memcpy(&got, (uint8_t *)&k + places[i].field, places[i].len);
		if (places[i].len == 4)
			got &= 0xffffffff;
		assert_true(want == (places[i].len == 4 ? le32toh((uint32_t)got) : got));
	}
}

static void reserved(void **state)
{
	static const struct {
		size_t at, len;
	} zero[] = { { 228, 4 }, { 308, 4 }, { 708, 4 }, { 892, 4 }, { 916, 4 }, { 936, 88 },
		     { 48, 32 } /* the nonce has 32 bytes */ };
	struct wv_claims k;
	struct wv_fault fault;
	size_t i, n;

	(void)state;
	for (i = 0; i < sizeof(zero) / sizeof(zero[0]); i++) {
		for (n = 0; n < zero[i].len; n++) {
			fresh();
			((uint8_t *)&raw)[zero[i].at + n] = 0x80;
			ut_reason(WV_CLAIMS_DAMAGED, parse(&k, &fault), &fault);
			assert_int_equal(fault.offset, zero[i].at + n);
		}
	}
}

struct wrong {
	size_t at;
	uint32_t value;
	const char *field;
};

static void values(void **state)
{
	static const struct wrong wrong[] = {
		{ 0, 1023, "claims.size" },	{ 4, 2, "claims.version" },
		{ 8, 0, "claims.purpose" },	{ 8, 6, "claims.purpose" },
		{ 12, 65, "claims.nonce_len" }, { 12, 0xffffffff, "claims.nonce_len" },
		{ 352, 3, "claims.exe_kind" },	{ 528, 1, "claims.posture" },
		{ 552, 9, "claims.tee" },	{ 552, 254, "claims.tee" },
		{ 556, 3, "claims.lockdown" },	{ 704, 16, "claims.state" },
		{ 832, 7, "claims.events_dropped" },
	};
	struct wv_claims k;
	struct wv_fault fault;
	uint32_t v;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		fresh();
		v = htole32(wrong[i].value);
		memcpy((uint8_t *)&raw + wrong[i].at, &v, 4);
		ut_reason(WV_CLAIMS_DAMAGED, parse(&k, &fault), &fault);
		assert_string_equal(fault.field, wrong[i].field);
	}
}

static void lengths(void **state)
{
	struct wv_claims k;
	struct wv_fault fault;
	size_t len;

	(void)state;
	fresh();
	for (len = 0; len < sizeof(raw); len++) {
		struct wv_bytes cut = { (uint8_t *)&raw, len };

		ut_reason(WV_CLAIMS_DAMAGED, wv_claims_parse(cut, &k, &fault), &fault);
	}
}

static void records(void **state)
{
	struct sim_guest g;
	struct wv_event e;
	struct wv_fault fault;
	size_t len;

	(void)state;
	sim_guest_new(&g, WARD_PURPOSE_REPORT);
	ut_reason(WV_OK,
		  wv_event_parse((struct wv_bytes){ (uint8_t *)&g.events[3], 128 }, &e, &fault),
		  &fault);
	assert_int_equal(e.type, WARD_EVENT_BUF_WIPE);
	assert_int_equal(e.reason, WARD_END_WIPE);
	assert_int_equal(e.seq, 4);
	assert_int_equal(e.bytes, 2 << 20);
	assert_int_equal(e.uid, 1000);
	assert_int_equal(e.class_, WARD_CLASS_A);
	for (len = 0; len < 128; len++)
		ut_reason(WV_EVENT_DAMAGED,
			  wv_event_parse((struct wv_bytes){ (uint8_t *)&g.events[3], len }, &e,
					 &fault),
			  &fault);
	g.events[3].reserved[7] = 1;
	ut_reason(WV_EVENT_DAMAGED,
		  wv_event_parse((struct wv_bytes){ (uint8_t *)&g.events[3], 128 }, &e, &fault),
		  &fault);
	assert_int_equal(fault.offset, 127);
}

/* Every type and reason of this version has its word, and only those. */
static void words(void **state)
{
	uint16_t i;

	(void)state;
	for (i = WARD_EVENT_SESSION_OPEN; i <= WARD_EVENT_KEY_END; i++)
		assert_string_not_equal(wv_event_type_text(i), "unknown");
	for (i = WARD_END_NONE; i <= WARD_END_SEAL; i++)
		assert_string_not_equal(wv_end_text(i), "unknown");
	assert_string_equal(wv_event_type_text(WARD_EVENT_LEASE), "lease");
	assert_string_equal(wv_event_type_text(WARD_EVENT_REVOKE), "revoke");
	assert_string_equal(wv_event_type_text(WARD_EVENT_POWER), "power");
	assert_string_equal(wv_event_type_text(WARD_EVENT_LIMIT), "limit");
	assert_string_equal(wv_event_type_text(WARD_EVENT_BREAKER), "breaker");
	assert_string_equal(wv_event_type_text(WARD_EVENT_POLICY), "policy");
	assert_string_equal(wv_event_type_text(WARD_EVENT_KEY_PAIR), "key-pair");
	assert_string_equal(wv_event_type_text(WARD_EVENT_KEY_END), "key-end");
	assert_string_equal(wv_event_type_text(WARD_EVENT_KEY_END + 1), "unknown");
	assert_string_equal(wv_event_type_text(UINT16_MAX), "unknown");
	assert_string_equal(wv_end_text(WARD_END_LEASE), "lease");
	assert_string_equal(wv_end_text(WARD_END_PURGE), "purge");
	assert_string_equal(wv_end_text(WARD_END_UNMAP), "unmap");
	assert_string_equal(wv_end_text(WARD_END_SEAL), "seal");
	assert_string_equal(wv_end_text(WARD_END_SEAL + 1), "unknown");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(offsets), cmocka_unit_test(reserved), cmocka_unit_test(values),
		cmocka_unit_test(lengths), cmocka_unit_test(records), cmocka_unit_test(words),
	};

	return cmocka_run_group_tests_name("claims", tests, NULL, NULL);
}
