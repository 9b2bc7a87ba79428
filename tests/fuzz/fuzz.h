/* SPDX-License-Identifier: MIT */
/*
 * A fuzz target is one file target_NAME.c that defines fuzz_one(). It is linked with
 * libFuzzer or AFL++ (main.c), and with replay.c, which runs it over files.
 *
 * What holds besides "no crash, no leak, no undefined behaviour": an allocation that
 * fails never turns a refusal into an acceptance. That is why fuzz_one() says what came
 * out, and why every input is run twice.
 */
#ifndef TEST_FUZZ_H
#define TEST_FUZZ_H

#include <stdbool.h>

#include "wardverify.h"

#define FUZZ_RCAR_COOKIE 0x5a	/* each byte of the broker's cookie, whose SHA-256 is its challenge */
#define FUZZ_NOW	1790000000	/* where no seeds say another */

/**
 * fuzz_one - what the input comes to: 0 = accepted, else a reason
 * Whatever it allocates it frees.
 */
int fuzz_one(struct wv_bytes in);

/** fuzz_die - this must never be; the input is kept */
void fuzz_die(const char *fmt, ...) __attribute__((format(printf, 1, 2), noreturn));

/** fuzz_tell - say what each refusal says: replay -v */
extern bool fuzz_tell;

/** fuzz_refusal - a refusal says why: its text, field and reason are sound; returns @rc */
int fuzz_refusal(int rc, const struct wv_fault *fault);

/** fuzz_split - two bytes say how long the first part is, the rest is the second */
bool fuzz_split(struct wv_bytes in, struct wv_bytes *first, struct wv_bytes *second);

/** fuzz_file - a file, with a NUL behind it; {NULL, 0} = it is not there. free() it */
struct wv_bytes fuzz_file(const char *folder, const char *name);

/** fuzz_world - the roots, the policy and the time of the seeds; made at the first call */
const struct wv_appraisal *fuzz_world(void);
/** fuzz_collateral - what the seeds' maker published beside the roots */
const struct wv_collateral *fuzz_collateral(void);

/**
 * struct fuzz_kind - a kind of evidence
 * @tee: NULL = bundles
 * @split: the input is data and aux, as fuzz_split() has them
 * @head: so many bytes before it are the target's own
 * @items: appraised with the collateral that the seeds' maker published
 * @forget: clears what nobody signed, and a verdict shows; NULL = there is none
 */
struct fuzz_kind {
	const char *tee;
	size_t head;
	bool split, items;
	void (*forget)(struct wv_verdict *v);
};

/** fuzz_appraise - judge it in the world of the seeds; what is accepted says what a seed says */
int fuzz_appraise(const struct fuzz_kind *kind, struct wv_bytes in);

/** fuzz_evidence - told by its look, shown, and appraised without a bundle */
int fuzz_evidence(const struct fuzz_kind *kind, struct wv_bytes in);

/** fuzz_text - JSON that the library made is read again by another reader; frees it */
void fuzz_text(char *json);

/** enum alloc_of - whose allocations: those of the library's own code, and beneath it */
enum alloc_of { ALLOC_OWN, ALLOC_OPENSSL, ALLOC_JANSSON, ALLOC_KINDS };

/** alloc_fail - the @nth of @whose allocations from now on fails, and none beside it */
void alloc_fail(enum alloc_of whose, unsigned long nth);
/** alloc_none - from now on none does */
void alloc_none(void);
bool alloc_failing(void);
/** fuzz_lacking - fuzz_one() where that fails, which must not turn refusal @sound to acceptance */
int fuzz_lacking(struct wv_bytes in, enum alloc_of whose, unsigned long nth, int sound);
/** alloc_hold - those of the target itself are not counted: true before, false behind */
void alloc_hold(bool hold);
/** alloc_count - how many there were since alloc_fail() or alloc_none() */
unsigned long alloc_count(enum alloc_of whose);

#endif /* TEST_FUZZ_H */
