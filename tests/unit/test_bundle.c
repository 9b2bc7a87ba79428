// SPDX-License-Identifier: MIT
/*
 * Bundles: one form and no other. What is read, written again, gives the same
 * bytes; everything else is refused.
 */
#include <stdlib.h>
#include <string.h>

#include "sim.h"

static uint8_t claims[WARD_CLAIMS_SIZE], record[WARD_EVENT_SIZE], event_digest[32];

/* A small bundle with something of everything. */
static struct wv_bytes small(void)
{
	struct wv_bytes events[2] = { { record, sizeof(record) },
				      { event_digest, sizeof(event_digest) } };
	struct wv_bundle b = {
		.claims = { claims, sizeof(claims) },
		.index = 2,
		.leaves = 3,
		.nodes = 1,
		.evidence_count = 2,
		.event_count = 2,
		.events = events,
	};
	struct wv_fault fault;
	uint8_t *out;
	size_t len;

	strcpy(b.evidence[0].provider, "tsmsim");
	strcpy(b.evidence[0].tee, "simulated-snp");
	b.evidence[0].data = (struct wv_bytes){ claims, 300 };
	strcpy(b.evidence[1].provider, "p");
	strcpy(b.evidence[1].tee, "t");
	b.evidence[1].data = (struct wv_bytes){ claims, 1 };
	b.evidence[1].aux = (struct wv_bytes){ claims, 30 };
	b.evidence[1].manifest = (struct wv_bytes){ claims, 24 };
	ut_reason(WV_OK, wv_bundle_encode(&b, &out, &len, &fault), &fault);
	return (struct wv_bytes){ out, len };
}

/* Reads @in; when that succeeds, writing it again must give the same bytes. */
static int read_back(struct wv_bytes in, struct wv_fault *fault)
{
	struct wv_bundle *b;
	uint8_t *out;
	size_t len;
	int rc = wv_bundle_decode(in, &b, fault);

	if (rc) {
		assert_null(b);
		return rc;
	}
	assert_int_equal(wv_bundle_encode(b, &out, &len, fault), WV_OK);
	assert_int_equal(len, in.len);
	assert_memory_equal(out, in.data, len);
	free(out);
	wv_bundle_free(b);
	return WV_OK;
}

static void round_trip(void **state)
{
	struct wv_bytes in = small();
	struct wv_bundle *b;
	struct wv_fault fault;

	(void)state;
	ut_reason(WV_OK, read_back(in, &fault), &fault);
	ut_reason(WV_OK, wv_bundle_decode(in, &b, &fault), &fault);
	assert_int_equal(b->index, 2);
	assert_int_equal(b->leaves, 3);
	assert_int_equal(b->nodes, 1);
	assert_int_equal(b->event_count, 2);
	assert_int_equal(b->events[1].len, 32);
	assert_int_equal(b->evidence_count, 2);
	assert_string_equal(b->evidence[0].tee, "simulated-snp");
	assert_int_equal(b->evidence[1].aux.len, 30);
	assert_int_equal(b->evidence[1].manifest.len, 24);
	wv_bundle_free(b);
	ut_free(in);
}

static void truncated(void **state)
{
	struct wv_bytes in = small();
	struct wv_fault fault;
	uint8_t *copy;
	size_t len;

	(void)state;
	for (len = 0; len < in.len; len++) {
		/* A buffer of its own, so that a read past the end is seen. */
		copy = malloc(len ? len : 1);
		memcpy(copy, in.data, len);
		ut_reason(WV_BUNDLE_DAMAGED, read_back((struct wv_bytes){ copy, len }, &fault),
			  &fault);
		free(copy);
	}
	ut_free(in);
}

static void every_bit(void **state)
{
	struct wv_bytes in = small();
	uint8_t *p = (uint8_t *)in.data;
	size_t bit, refused = 0;

	(void)state;
	for (bit = 0; bit < 8 * in.len; bit++) {
		p[bit / 8] ^= (uint8_t)(1 << bit % 8);
		if (read_back(in, NULL))
			refused++;
		p[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
	print_message("%zu of %zu flips break the structure\n", refused, 8 * in.len);
	assert_true(refused > 700);
	ut_free(in);
}

static void followed(void **state)
{
	struct wv_bytes in = small();
	uint8_t *longer = malloc(in.len + 1);
	struct wv_fault fault;
	int last;

	(void)state;
	memcpy(longer, in.data, in.len);
	for (last = 0; last < 256; last++) {
		longer[in.len] = (uint8_t)last;
		ut_reason(WV_BUNDLE_DAMAGED,
			  read_back((struct wv_bytes){ longer, in.len + 1 }, &fault), &fault);
		assert_int_equal(fault.offset, in.len);
	}
	free(longer);
	ut_free(in);
}

/* @n bytes at @at give way to @with. */
static struct wv_bytes patched(struct wv_bytes in, size_t at, size_t n, const char *with,
			       size_t with_len)
{
	uint8_t *out = malloc(in.len + with_len);

	memcpy(out, in.data, at);
	memcpy(out + at, with, with_len);
	memcpy(out + at + with_len, in.data + at + n, in.len - at - n);
	return (struct wv_bytes){ out, in.len - n + with_len };
}

static size_t find(struct wv_bytes in, const char *what, size_t n)
{
	size_t i;

	for (i = 0; i + n <= in.len; i++)
		if (!memcmp(in.data + i, what, n))
			return i;
	fail_msg("not found");
	return 0;
}

/* Well-formed CBOR that says the same in another form. */
static void other_forms(void **state)
{
	static const struct {
		const char *what;
		size_t n;
		const char *with;
		size_t with_n;
	} forms[] = {
		{ "\x64path", 5, "\x78\x04path", 6 },		/* longer text head */
		{ "\x64path", 5, "\x7f\x64path\xff", 7 },	/* indefinite text */
		{ "\x64path\x83", 6, "\x64path\x9f", 6 },	/* indefinite array */
		{ "\x64path\x83\x02", 7, "\x64path\x83\x18\x02", 8 },
		{ "\x64path\x83\x02", 7, "\x64path\x83\x19\x00\x02", 9 },
		{ "\x64path\x83\x02", 7, "\x64path\x83\xc1\x02", 8 },	/* a tag */
		{ "\x64path\x83\x02", 7, "\x64path\x83\xf6", 7 },	/* null */
		{ "\x64path\x83\x02", 7, "\x64path\x83\x21", 7 },	/* negative */
		{ "\x64path\x83\x02", 7, "\x64path\x83\x03", 7 },	/* no such leaf */
		{ "\x66" "claims\x59\x04\x00", 10, "\x66" "claims\x5a\x00\x00\x04\x00", 12 },
		{ "\x67version\x01", 9, "\x67version\x02", 9 },
		{ "\x67version\x01", 9, "\x67version\x18\x01", 10 },
		{ "\x67version\x01", 9, "\x67Version\x01", 9 },
		{ "\x63tee\x61t", 6, "\x63tee\x61\x07", 6 },
		{ "\x63tee\x61t", 6, "\x63tee\x60", 5 },
		{ "\x63tee\x61t", 6, "\x63tee\x41t", 6 },
		{ "\x64" "data\x41", 6, "\x64" "data\x40", 6 },
		{ "\x68" "evidence\x82", 10, "\x68" "evidence\x80", 10 },
		{ "\x68" "evidence\x82\xa5", 11, "\x68" "evidence\x82\xa4", 11 },
	};
	struct wv_bytes in = small();
	struct wv_fault fault;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		size_t at = find(in, forms[i].what, forms[i].n);
		struct wv_bytes p = patched(in, at, forms[i].n, forms[i].with, forms[i].with_n);
		int rc = read_back(p, &fault);

		if (!rc)
			fail_msg("form %zu was accepted", i);
		ut_free(p);
	}
	ut_free(in);
}

/* Counts that promise more than there is must cost nothing. */
static void big_promises(void **state)
{
	static const char *const counts[] = {
		"\x9a\xff\xff\xff\xff", "\x9b\xff\xff\xff\xff\xff\xff\xff\xff",
		"\x9a\x00\x0f\xff\xff",
	};
	static const size_t lens[] = { 5, 9, 5 };
	struct wv_bytes in = small();
	struct wv_fault fault;
	size_t i, at = find(in, "\x66" "events", 7) + 7;

	(void)state;
	for (i = 0; i < 3; i++) {
		struct wv_bytes p = patched(in, at, 1, counts[i], lens[i]);

		ut_reason(WV_BUNDLE_DAMAGED, read_back(p, &fault), &fault);
		ut_free(p);
	}
	ut_reason(WV_BUNDLE_DAMAGED,
		  read_back((struct wv_bytes){ in.data, WV_BUNDLE_MAX + 1 }, &fault), &fault);
	ut_reason(WV_BUNDLE_DAMAGED, read_back((struct wv_bytes){ NULL, 0 }, &fault), &fault);
	ut_free(in);
}

static void writer_refuses(void **state)
{
	struct wv_bundle b = {
		.claims = { claims, sizeof(claims) }, .leaves = 1, .evidence_count = 1,
	};
	uint8_t *out;
	size_t len;

	(void)state;
	strcpy(b.evidence[0].provider, "p");
	strcpy(b.evidence[0].tee, "snp");
	b.evidence[0].data = (struct wv_bytes){ claims, 1 };
	assert_int_equal(wv_bundle_encode(&b, &out, &len, NULL), WV_OK);
	free(out);
	b.claims.len--;
	assert_int_equal(wv_bundle_encode(&b, &out, &len, NULL), WV_USAGE);
	b.claims.len++;
	b.index = 1;
	assert_int_equal(wv_bundle_encode(&b, &out, &len, NULL), WV_USAGE);
	b.index = 0;
	b.evidence[0].tee[0] = '\0';
	assert_int_equal(wv_bundle_encode(&b, &out, &len, NULL), WV_USAGE);
	strcpy(b.evidence[0].tee, "snp");
	b.evidence_count = 0;
	assert_int_equal(wv_bundle_encode(&b, &out, &len, NULL), WV_USAGE);
}

/* A certificate table whose first entry is a VLEK begins as a map does. */
static void tables(void **state)
{
	static const uint8_t first[4][16] = {
		{ 0x63, 0xda, 0x75, 0x8d, 0xe6, 0x64, 0x45, 0x64 },
		{ 0x4a, 0xb7, 0xb3, 0x79, 0xbb, 0xac, 0x4f, 0xe4 },
		{ 0xc0, 0xb4, 0x06, 0xa4, 0xa8, 0x03, 0x49, 0x52 },
		{ 0xa8, 0x07, 0x4b, 0xc2, 0xa2, 0x5a, 0x48, 0x3e },
	};
	struct wv_bundle *b;
	struct wv_fault fault;
	size_t i;

	(void)state;
	for (i = 0; i < 4; i++) {
		ut_reason(WV_EVIDENCE_UNKNOWN,
			  wv_bundle_decode((struct wv_bytes){ first[i], 16 }, &b, &fault), &fault);
		assert_non_null(strstr(fault.text, "certificate table"));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(round_trip),	cmocka_unit_test(truncated),
		cmocka_unit_test(every_bit),	cmocka_unit_test(followed),
		cmocka_unit_test(other_forms),	cmocka_unit_test(big_promises),
		cmocka_unit_test(writer_refuses), cmocka_unit_test(tables),
	};
	size_t i;

	for (i = 0; i < sizeof(claims); i++)
		claims[i] = (uint8_t)(i * 7);
	return cmocka_run_group_tests_name("bundle", tests, NULL, NULL);
}
