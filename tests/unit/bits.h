/* SPDX-License-Identifier: MIT */
/*
 * Every bit of a kind's evidence flipped: refused, or the byte is one of those that no
 * verdict uses, and then the verdict is the same. doc/security.md publishes those bytes, and
 * the tests compare with what it says.
 *
 * WARD_EVERY_BIT=1 flips every bit of all kinds: make every-bit.
 */
#ifndef TEST_BITS_H
#define TEST_BITS_H

#include "support.h"

#define BITS_SPANS_MAX 8
#define BITS_ITEMS_MAX 8

/**
 * struct bits_span - bytes from @from up to @to that no verdict uses
 * @why: words that doc/security.md has, too, in the row of this kind; one entry there may
 *	stand for several spans
 * @mask: the bits of each that are meant; 0 = all
 * @maybe: there may be none, as the lengths of signatures happen to be
 * @blank: take out of a verdict what shows these bytes, though nothing rests on it; NULL =
 *	the verdict is the same in every field
 */
struct bits_span {
	size_t from, to;
	const char *why;
	uint8_t mask;
	bool maybe;
	void (*blank)(struct wv_verdict *v);
};

/**
 * struct bits_subject - genuine evidence, accepted as it stands
 * @evidence, @challenge, @appraisal: for wv_verify_evidence(). The policy should accept all
 *	that is authentic, so that what refuses a flip is not a rule
 * @items, @collateral: for @appraisal to point to
 * @bytes, @len: what is flipped, a part of the evidence or of what @appraisal points to
 * @spans, @span_count: the bytes whose flips may be accepted
 */
struct bits_subject {
	struct wv_evidence evidence;
	struct wv_bytes challenge;
	struct wv_appraisal appraisal;
	struct wv_bytes items[BITS_ITEMS_MAX];
	struct wv_collateral collateral;
	uint8_t *bytes;
	size_t len;
	struct bits_span spans[BITS_SPANS_MAX];
	size_t span_count;
};

/**
 * struct bits_kind - one for each part of a kind's evidence
 * @name: as doc/security.md has it, in the first column of its table
 * @open: fills in *s, zeroed before; false = it can't be made here, and the kind is skipped
 * @per_byte: 8 = every bit; fewer where that would take more than 10 s of CPU time: so
 *	many of each byte, others from byte to byte
 * @form: for @open, where one function makes several
 */
struct bits_kind {
	const char *name;
	unsigned int per_byte;
	bool (*open)(struct bits_subject *s, int form);
	void (*close)(struct bits_subject *s);
	int form;
};

/** bits_run - a test of each kind; what main() returns */
int bits_run(const char *group, const struct bits_kind *const *kinds, size_t count);

/** bits_policy, bits_root - of @s's appraisal: a policy's text, and one more root */
void bits_policy(struct bits_subject *s, const char *text);
void bits_root(struct bits_subject *s, struct wv_bytes pem);

/** bits_span - @len bytes more that may be accepted */
struct bits_span *bits_span(struct bits_subject *s, size_t from, size_t len, const char *why);

/** bits_find - where @text stands in @in; it does */
size_t bits_find(struct wv_bytes in, const void *text, size_t len);

#define BITS_PEM_TAIL "of PEM the last base64 group, where it holds more than the certificate"
#define BITS_PEM_ROOT "the root that the verifier has itself"

/** bits_pem - of a chain in PEM, @len bytes at @from and the root last: what may be accepted */
void bits_pem(struct bits_subject *s, size_t from, size_t len);

/** bits_close - what bits_policy() and bits_root() made */
void bits_close(struct bits_subject *s);

#endif /* TEST_BITS_H */
