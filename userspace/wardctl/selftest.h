/* SPDX-License-Identifier: MIT */
/*
 * wardctl mem selftest: what its probes share. A probe tries, on the running
 * kernel, one way to memory that ward promises to close. The same way to ordinary
 * memory is its control: where that fails too, nothing was shown.
 */
#ifndef WARDCTL_SELFTEST_H
#define WARDCTL_SELFTEST_H

#include "libward.h"
#include "wardctl.h"

enum proof {
	PROOF_HOLDS,
	PROOF_FAILS,
	PROOF_UNTRIED,
};

#define MARKER_LEN 64

/**
 * struct selftest - one run
 * @session: of the probes
 * @buffer: class A, filled with @marker from end to end
 * @plain: as much ordinary memory, filled with @control
 * @data: where @buffer is mapped
 * @size: bytes of either
 * @zero_at_start: @buffer read as zero before it was filled
 * @marker, @control: random
 * @why: what a probe found, in a few words; selftest_say()
 */
struct selftest {
	struct ward_session *session;
	struct ward_buffer *buffer;
	uint8_t *plain;
	uint8_t *data;
	size_t size;
	bool zero_at_start;
	uint8_t marker[MARKER_LEN];
	uint8_t control[MARKER_LEN];
	char why[200];
};

/** selftest_say - keep the words; returns @proof */
enum proof selftest_say(struct selftest *t, enum proof proof, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/**
 * selftest_refused - judge a call that must be refused
 * @done: the call succeeded
 * @err: its errno where it did not
 */
enum proof selftest_refused(struct selftest *t, bool done, int err, const char *what);

/** selftest_own - a class A buffer of @size bytes; NULL = @why says why not */
struct ward_buffer *selftest_own(struct selftest *t, size_t size, uint32_t flags);

/** selftest_touch - read a byte: 0, or the signal that it gave */
int selftest_touch(const volatile uint8_t *at);

/** selftest_all - @len bytes are all @value */
bool selftest_all(const uint8_t *data, size_t len, uint8_t value);

/* selftest_reach.c: other ways to the memory than its owner's own */
enum proof probe_vm_readv(struct selftest *t);
enum proof probe_proc_mem(struct selftest *t);
enum proof probe_vmsplice(struct selftest *t);
enum proof probe_direct_io(struct selftest *t);
enum proof probe_fork(struct selftest *t);

/* selftest_map.c: what its owner may not do to the mapping */
enum proof probe_dofork(struct selftest *t);
enum proof probe_dodump(struct selftest *t);
enum proof probe_mremap(struct selftest *t);
enum proof probe_exec(struct selftest *t);
enum proof probe_private(struct selftest *t);
enum proof probe_second(struct selftest *t);
enum proof probe_zero(struct selftest *t);

/* selftest_end.c: what is left at the end */
enum proof probe_wiped(struct selftest *t);
enum proof probe_class_b(struct selftest *t);
enum proof probe_clean(struct selftest *t);
enum proof probe_hold(struct selftest *t);
enum proof probe_purge(struct selftest *t);

/* selftest_kcore.c */
enum proof probe_kcore(struct selftest *t);

#endif /* WARDCTL_SELFTEST_H */
