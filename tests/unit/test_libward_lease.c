// SPDX-License-Identifier: MIT
/*
 * Leases as libward asks for them, and the owner's chain against a model that
 * checks every link as the kernel does.
 */
#define _GNU_SOURCE
#include <openssl/evp.h>

#include "fake_ward.h"

static struct ward_lease seen;

static int lease_hook(unsigned int cmd, void *arg)
{
	struct ward_lease *lease = arg;

	assert_int_equal(cmd, WARD_CMD_LEASE);
	assert_int_equal(lease->size, sizeof(*lease));
	seen = *lease;
	lease->out_expires_ns = 77;
	lease->out_deadline_ns = 88;
	return 0;
}

static void what_is_asked_is_what_is_sent(void **state)
{
	static const uint8_t zero[WARD_HEAD_LEN];
	struct ward_session *session = fake_session();
	uint8_t anchor[WARD_HEAD_LEN], proof[WARD_HEAD_LEN];
	struct ward_lease lease;

	(void)state;
	memset(anchor, 0xaa, sizeof(anchor));
	memset(proof, 0xbb, sizeof(proof));
	fake.ioctl_hook = lease_hook;
	assert_int_equal(ward_session_lease(session, &lease), 0);
	assert_int_equal(lease.out_expires_ns, 77);
	assert_true(!seen.flags && !seen.deadline_ns && !seen.term_ns);
	assert_memory_equal(seen.anchor, zero, sizeof(zero));

	assert_int_equal(ward_session_lease_set(session, 1000, 500, anchor, &lease), 0);
	assert_int_equal(seen.flags, 0);
	assert_int_equal(seen.deadline_ns, 1000);
	assert_int_equal(seen.term_ns, 500);
	assert_memory_equal(seen.anchor, anchor, sizeof(anchor));
	assert_memory_equal(seen.proof, zero, sizeof(zero));
	assert_int_equal(lease.out_deadline_ns, 88);
	assert_int_equal(ward_session_lease_set(session, 900, 0, NULL, NULL), 0);
	assert_memory_equal(seen.anchor, zero, sizeof(zero));

	assert_int_equal(ward_session_lease_renew(session, proof, NULL), 0);
	assert_int_equal(seen.flags, WARD_LEASE_RENEW);
	assert_true(!seen.deadline_ns && !seen.term_ns);
	assert_memory_equal(seen.proof, proof, sizeof(proof));
	assert_memory_equal(seen.anchor, zero, sizeof(zero));
	ward_session_close(session);
}

static void refusals_pass_through(void **state)
{
	static const int why[] = { EKEYREJECTED, EPERM, EINVAL, ESHUTDOWN, EOPNOTSUPP };
	struct ward_session *session = fake_session();
	uint8_t proof[WARD_HEAD_LEN] = { 1 };
	struct ward_lease lease = { .out_expires_ns = 5 };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(why) / sizeof(*why); i++) {
		fake.ioctl_fail[WARD_CMD_LEASE] = 1;
		fake.ioctl_errno[WARD_CMD_LEASE] = why[i];
		assert_int_equal(ward_session_lease_renew(session, proof, &lease), -why[i]);
		assert_int_equal(lease.out_expires_ns, 5);
	}
	ward_session_close(session);
}

/* The kernel's side: SHA-256(proof) must be the anchor, then proof becomes it. */
static int renew(uint8_t *anchor, const uint8_t *proof)
{
	uint8_t hash[WARD_HEAD_LEN];

	assert_true(EVP_Digest(proof, WARD_HEAD_LEN, hash, NULL, EVP_sha256(), NULL));
	if (memcmp(hash, anchor, sizeof(hash)))
		return -EKEYREJECTED;
	memcpy(anchor, proof, WARD_HEAD_LEN);
	return 0;
}

static void a_chain_renews_in_order_and_only_so(void **state)
{
	uint8_t anchor[WARD_HEAD_LEN], proof[WARD_HEAD_LEN], skipped[WARD_HEAD_LEN];
	struct ward_lease_chain *chain = NULL;
	uint32_t i, n = 50;

	(void)state;
	assert_int_equal(ward_lease_chain_new(NULL, n, &chain), 0);
	assert_int_equal(ward_lease_chain_anchor(chain, anchor), 0);
	for (i = 1; i <= n; i++) {
		if (i < n) {
			assert_int_equal(ward_lease_chain_proof(chain, i + 1, skipped), 0);
			assert_int_equal(renew(anchor, skipped), -EKEYREJECTED);
		}
		assert_int_equal(ward_lease_chain_proof(chain, i, proof), 0);
		assert_int_equal(renew(anchor, proof), 0);
		assert_int_equal(renew(anchor, proof), -EKEYREJECTED);
	}
	assert_int_equal(ward_lease_chain_proof(chain, n + 1, proof), -ENOENT);
	assert_int_equal(ward_lease_chain_proof(chain, 0, proof), -EINVAL);
	ward_lease_chain_free(chain);
	ward_lease_chain_free(NULL);
}

/* SHA-256 of 32 zero bytes, and of that: FIPS 180-4 by another program. */
static void a_seed_gives_the_same_chain(void **state)
{
	static const uint8_t seed[WARD_HEAD_LEN];
	static const uint8_t once[] = {
		0x66, 0x68, 0x7a, 0xad, 0xf8, 0x62, 0xbd, 0x77, 0x6c, 0x8f, 0xc1,
		0x8b, 0x8e, 0x9f, 0x8e, 0x20, 0x08, 0x97, 0x14, 0x85, 0x6e, 0xe2,
		0x33, 0xb3, 0x90, 0x2a, 0x59, 0x1d, 0x0d, 0x5f, 0x29, 0x25,
	};
	uint8_t got[WARD_HEAD_LEN], other[WARD_HEAD_LEN];
	struct ward_lease_chain *chain = NULL;

	(void)state;
	assert_int_equal(ward_lease_chain_new(seed, 1, &chain), 0);
	assert_int_equal(ward_lease_chain_anchor(chain, got), 0);
	assert_memory_equal(got, once, sizeof(once));
	assert_int_equal(ward_lease_chain_proof(chain, 1, got), 0);
	assert_memory_equal(got, seed, sizeof(seed));
	ward_lease_chain_free(chain);
	/* Random ones differ. */
	assert_int_equal(ward_lease_chain_new(NULL, 1, &chain), 0);
	assert_int_equal(ward_lease_chain_anchor(chain, got), 0);
	ward_lease_chain_free(chain);
	assert_int_equal(ward_lease_chain_new(NULL, 1, &chain), 0);
	assert_int_equal(ward_lease_chain_anchor(chain, other), 0);
	ward_lease_chain_free(chain);
	assert_memory_not_equal(got, other, sizeof(got));
}

static void lengths_have_bounds(void **state)
{
	struct ward_lease_chain *chain = NULL;
	uint8_t anchor[WARD_HEAD_LEN];

	(void)state;
	assert_int_equal(ward_lease_chain_new(NULL, 0, &chain), -EINVAL);
	assert_int_equal(ward_lease_chain_new(NULL, WARD_LEASE_CHAIN_MAX + 1, &chain), -EINVAL);
	assert_null(chain);
	assert_int_equal(ward_lease_chain_new(NULL, WARD_LEASE_CHAIN_MAX, &chain), 0);
	assert_int_equal(ward_lease_chain_anchor(chain, anchor), 0);
	ward_lease_chain_free(chain);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_asked_is_what_is_sent),
		cmocka_unit_test(refusals_pass_through),
		cmocka_unit_test(a_chain_renews_in_order_and_only_so),
		cmocka_unit_test(a_seed_gives_the_same_chain),
		cmocka_unit_test(lengths_have_bounds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
