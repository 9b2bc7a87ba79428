// SPDX-License-Identifier: MIT
#ifndef _GNU_SOURCE
#define _GNU_SOURCE	/* memmem */
#endif
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "bits.h"

#define KINDS_MAX 16
#define KIND_SECONDS_MAX 400	/* of CPU time; many times what it should take */

/* ---- what the kinds make their subjects of ------------------------------------------- */

void bits_policy(struct bits_subject *s, const char *text)
{
	struct wv_fault fault;

	ut_reason(WV_OK, wv_policy_parse((struct wv_bytes){ (const uint8_t *)text, strlen(text) },
					 (struct wv_policy **)&s->appraisal.policy, &fault),
		  &fault);
}

void bits_root(struct bits_subject *s, struct wv_bytes pem)
{
	if (!s->appraisal.roots)
		s->appraisal.roots = wv_roots_new();
	assert_int_equal(wv_roots_add((struct wv_roots *)s->appraisal.roots, pem, NULL), WV_OK);
	ut_free(pem);
}

struct bits_span *bits_span(struct bits_subject *s, size_t from, size_t len, const char *why)
{
	struct bits_span *span = &s->spans[s->span_count++];

	assert_true(s->span_count <= BITS_SPANS_MAX && from + len <= s->len);
	*span = (struct bits_span){ .from = from, .to = from + len, .why = why };
	return span;
}

size_t bits_find(struct wv_bytes in, const void *text, size_t len)
{
	const uint8_t *at = memmem(in.data, in.len, text, len);

	assert_non_null(at);
	return (size_t)(at - in.data);
}

#define PEM_BEGIN "-----BEGIN"
#define PEM_END "\n-----END"

/* Where the last one of @len bytes at @from begins. */
static size_t last_pem(const struct bits_subject *s, size_t from, size_t len)
{
	const uint8_t *p = s->bytes + from, *next;

	while ((next = memmem(p + 1, (size_t)(s->bytes + from + len - p - 1), PEM_BEGIN, 10)))
		p = next;
	return (size_t)(p - s->bytes);
}

/*
 * Base64's last group, before a line of END, may be longer than the certificate. If that line
 * is damaged before the root's, the root is taken for a part of what is before it, and is as
 * if it were not there.
 */
void bits_pem(struct bits_subject *s, size_t from, size_t len)
{
	size_t root = last_pem(s, from, len), at = from, end = root;

	while (at < root) {
		end = at + bits_find((struct wv_bytes){ s->bytes + at, root - at }, PEM_END, 9);
		bits_span(s, end - 4, 4, BITS_PEM_TAIL)->maybe = true;
		at = end + sizeof("\n-----END CERTIFICATE-----\n") - 1;
	}
	bits_span(s, end + 1, from + len - end - 1, BITS_PEM_ROOT);
}

void bits_close(struct bits_subject *s)
{
	wv_vek_free((struct wv_vek *)s->appraisal.vek);
	wv_roots_free((struct wv_roots *)s->appraisal.roots);
	wv_policy_free((struct wv_policy *)s->appraisal.policy);
}

/* ---- what is published --------------------------------------------------------------- */

static FILE *open_list(void)
{
	static const char *const beside[] = { "doc/security.md", "../doc/security.md",
					      "../../doc/security.md" };
	FILE *f = NULL;
	size_t i;

	for (i = 0; !f && i < sizeof(beside) / sizeof(beside[0]); i++)
		f = fopen(beside[i], "r");
	return f;
}

/* The row of the table that begins with @name. */
static void read_row(const char *name, char *row, int size)
{
	char begin[128];
	FILE *f = open_list();

	if (!f)
		fail_msg("doc/security.md is not to be found from here");
	snprintf(begin, sizeof(begin), "| %s |", name);
	while (fgets(row, size, f) && strncmp(row, begin, strlen(begin)))
		;
	fclose(f);
	if (strncmp(row, begin, strlen(begin)))
		fail_msg("doc/security.md has no row '%s'", name);
}

static void check_published(const struct bits_kind *k, const struct bits_subject *s)
{
	char row[2048] = "";
	size_t i;

	read_row(k->name, row, sizeof(row));
	if (!strstr(row, "| none |") != !!s->span_count)
		fail_msg("%s: doc/security.md and the test differ in whether any may be accepted",
			 k->name);
	for (i = 0; i < s->span_count; i++)
		if (!strstr(row, s->spans[i].why))
			fail_msg("%s: doc/security.md does not say '%s'", k->name, s->spans[i].why);
}

/* ---- flips ----------------------------------------------------------------------------- */

struct tally {
	size_t refused, accepted, wrong;
	size_t in_span[BITS_SPANS_MAX];
};

static int judge(const struct bits_subject *s, struct wv_verdict *v)
{
	wv_verify_evidence(&s->evidence, s->challenge, &s->appraisal, v);
	return v->fault.reason;
}

static int span_of(const struct bits_subject *s, size_t at, unsigned int bit)
{
	size_t i;

	for (i = 0; i < s->span_count; i++)
		if (at >= s->spans[i].from && at < s->spans[i].to &&
		    (!s->spans[i].mask || s->spans[i].mask & 1u << bit))
			return (int)i;
	return -1;
}

/* Every field but the digest of what was given, which is another. */
static bool same(struct wv_verdict a, struct wv_verdict b, const struct bits_span *span)
{
	memset(a.evidence_digest, 0, sizeof(a.evidence_digest));
	memset(b.evidence_digest, 0, sizeof(b.evidence_digest));
	if (span->blank) {
		span->blank(&a);
		span->blank(&b);
	}
	return !memcmp(&a, &b, sizeof(a));
}

#define WRONG_SHOWN 100

static void wrong(const struct bits_kind *k, struct tally *t, size_t at, unsigned int bit,
		  uint8_t byte, const char *what)
{
	if (t->wrong++ < WRONG_SHOWN)
		print_error("%s: byte %zu, bit %u of %02x: %s\n", k->name, at, bit, byte, what);
}

/* Flip one bit: what comes of it. The bytes are as before afterwards. */
static void flip(const struct bits_kind *k, struct bits_subject *s, size_t at, unsigned int bit,
		 const struct wv_verdict *untouched, struct tally *t)
{
	struct wv_verdict v;
	int rc, span;

	s->bytes[at] ^= (uint8_t)(1u << bit);
	rc = judge(s, &v);
	s->bytes[at] ^= (uint8_t)(1u << bit);
	if (rc) {
		t->refused++;
		return;
	}
	t->accepted++;
	span = span_of(s, at, bit);
	if (span < 0) {
		wrong(k, t, at, bit, s->bytes[at], "accepted");
		return;
	}
	t->in_span[span]++;
	if (!same(v, *untouched, &s->spans[span]))
		wrong(k, t, at, bit, s->bytes[at], "another verdict");
}

static double cpu_seconds(void)
{
	return (double)clock() / CLOCKS_PER_SEC;
}

static void tell(const struct bits_kind *k, const struct bits_subject *s, unsigned int per_byte,
		 const struct tally *t, double seconds)
{
	size_t i;

	print_message("%s: %zu bytes, %u bits of each; %zu refused, %zu accepted, %.1f s\n",
		      k->name, s->len, per_byte, t->refused, t->accepted, seconds);
	for (i = 0; i < s->span_count; i++)
		print_message("  %zu accepted of %zu to %zu: %s\n", t->in_span[i], s->spans[i].from,
			      s->spans[i].to - 1, s->spans[i].why);
}

static void flip_all(const struct bits_kind *k, struct bits_subject *s)
{
	unsigned int n, per_byte = getenv("WARD_EVERY_BIT") ? 8 : k->per_byte;
	struct wv_verdict untouched;
	struct tally t = { 0 };
	double from = cpu_seconds();
	size_t at, i;

	ut_reason(WV_OK, judge(s, &untouched), &untouched.fault);
	for (at = 0; at < s->len; at++)
		for (n = 0; n < per_byte; n++)
			flip(k, s, at, (unsigned int)(at * 3 + n) % 8, &untouched, &t);
	ut_reason(WV_OK, judge(s, &untouched), &untouched.fault);
	tell(k, s, per_byte, &t, cpu_seconds() - from);
	assert_int_equal(t.wrong, 0);
	assert_true(t.refused > 0);
	/* A span that nothing is accepted of is not to be published. */
	for (i = 0; per_byte == 8 && i < s->span_count; i++)
		assert_true(t.in_span[i] > 0 || s->spans[i].maybe);
	assert_true(getenv("WARD_EVERY_BIT") || cpu_seconds() - from < KIND_SECONDS_MAX);
}

static void every_bit(void **state)
{
	const struct bits_kind *k = *state;
	struct bits_subject s;

	memset(&s, 0, sizeof(s));
	s.collateral.items = s.items;
	if (!k->open(&s, k->form))
		ut_skip("this kind's evidence can't be made here");
	flip_all(k, &s);
	check_published(k, &s);
	k->close(&s);
}

int bits_run(const char *group, const struct bits_kind *const *kinds, size_t count)
{
	struct CMUnitTest tests[KINDS_MAX];
	size_t i;

	for (i = 0; i < count && i < KINDS_MAX; i++)
		tests[i] = (struct CMUnitTest){
			.name = kinds[i]->name, .test_func = every_bit,
			.initial_state = (void *)kinds[i],
		};
	return _cmocka_run_group_tests(group, tests, i, NULL, NULL);
}
