/* SPDX-License-Identifier: MIT */
/*
 * What the tests of leases share: the call, a hash chain as a data owner has
 * it, the records.
 */
#ifndef LEASE_TEST_H
#define LEASE_TEST_H

#include "attest_test.h"

#include <openssl/sha.h>

#include "ward_test.h"

#define MS	1000000ull
#define SECOND	(1000 * MS)

/* One call of WARD_LEASE; 0 or -errno. */
static inline int lease(int session, struct ward_lease *cmd)
{
	cmd->size = sizeof(*cmd);
	return ward_call(session, WARD_LEASE, cmd);
}

static inline struct ward_lease lease_tell(int session)
{
	struct ward_lease cmd = { 0 };

	ASSERT_EQ(lease(session, &cmd), 0);
	return cmd;
}

static inline int lease_deadline(int session, uint64_t deadline_ns)
{
	struct ward_lease cmd = { .deadline_ns = deadline_ns };

	return lease(session, &cmd);
}

static inline uint64_t boot_ns(void)
{
	return now_ns(CLOCK_BOOTTIME);
}

/*
 * Lets the lease run out in @ns; the moment. Where that is over before the kernel
 * is asked (which then refuses it), a machine is too slow for @ns: some more.
 */
static inline uint64_t lease_for(int session, uint64_t ns)
{
	uint64_t deadline;
	int ret, i;

	for (i = 0, ret = -EINVAL; i < 6 && ret == -EINVAL; i++, ns *= 4) {
		deadline = boot_ns() + ns;
		ret = lease_deadline(session, deadline);
		if (boot_ns() < deadline)
			break;
	}
	ASSERT_EQ(ret, 0);
	return deadline;
}

static inline void sleep_ns(uint64_t ns)
{
	struct timespec nap = { .tv_sec = ns / SECOND, .tv_nsec = ns % SECOND };

	nanosleep(&nap, NULL);
}

/* ---- the owner's hash chain: x[i] = SHA-256(x[i + 1]) ------------------------- */

enum { LINKS = 6 };

struct owner {
	uint8_t x[LINKS][WARD_HEAD_LEN];	/* x[0] is the anchor */
};

static inline struct owner owner_new(void)
{
	struct owner o;
	int i;

	fill_words(o.x[LINKS - 1], WARD_HEAD_LEN, fresh_seed());
	for (i = LINKS - 2; i >= 0; i--)
		SHA256(o.x[i + 1], WARD_HEAD_LEN, o.x[i]);
	return o;
}

static inline int lease_term(int session, const struct owner *o, uint64_t term_ns)
{
	struct ward_lease cmd = { .term_ns = term_ns };

	memcpy(cmd.anchor, o->x[0], WARD_HEAD_LEN);
	return lease(session, &cmd);
}

/* Shows @proof; the reply in @cmd. */
static inline int lease_renew(int session, const uint8_t *proof, struct ward_lease *cmd)
{
	*cmd = (struct ward_lease){ .flags = WARD_LEASE_RENEW };
	memcpy(cmd->proof, proof, WARD_HEAD_LEN);
	return lease(session, cmd);
}

/* ---- records ------------------------------------------------------------------ */

/* The record of @type and @reason that came last, or the test ends. */
static inline struct ward_event last_record(int session, uint16_t type, uint16_t reason)
{
	static struct ward_event all[512];
	struct ward_events cmd = {
		.size = sizeof(cmd), .from_seq = 1, .addr = (uintptr_t)all, .count = 512,
	};
	uint32_t i;

	ASSERT_EQ(ward_call(session, WARD_EVENTS, &cmd), 0);
	for (i = cmd.count; i > 0; i--)
		if (all[i - 1].type == type && all[i - 1].reason == reason)
			break;
	ASSERT_GT(i, 0);
	return all[i - 1];
}

#endif /* LEASE_TEST_H */
