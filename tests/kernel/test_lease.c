// SPDX-License-Identifier: MIT
/*
 * Leases: what may be set and by whom, the owner's hash chain, what the claims
 * and the records say, and what is left when a lease has run out.
 */
#include "lease_test.h"

/* ---- terms --------------------------------------------------------------------- */

static const uint8_t none[WARD_HEAD_LEN];

TEST(none_at_first)
{
	struct ward_lease cmd = lease_tell(session_open());

	EXPECT_EQ(cmd.out_expires_ns, 0);
	EXPECT_EQ(cmd.out_deadline_ns, 0);
	EXPECT_EQ(cmd.out_term_ns, 0);
	EXPECT_MEMEQ(cmd.out_anchor, none, sizeof(none));
}

TEST(the_deadline_only_shrinks)
{
	uint64_t base = boot_ns() + 100 * SECOND;
	int s = session_open();

	EXPECT_EQ(lease_deadline(s, base), 0);
	EXPECT_EQ(lease_deadline(s, base + 1), -EPERM);
	EXPECT_EQ(lease_deadline(s, base), 0);
	EXPECT_EQ(lease_tell(s).out_deadline_ns, base);
	EXPECT_EQ(lease_deadline(s, base - SECOND), 0);
	EXPECT_EQ(lease_deadline(s, base), -EPERM);
	EXPECT_EQ(lease_tell(s).out_deadline_ns, base - SECOND);
	EXPECT_EQ(lease_tell(s).out_expires_ns, base - SECOND);
}

TEST(a_deadline_lies_ahead)
{
	int s = session_open();

	EXPECT_EQ(lease_deadline(s, 1), -EINVAL);
	EXPECT_EQ(lease_deadline(s, boot_ns()), -EINVAL);
	EXPECT_EQ(lease_deadline(s, 1ull << 63), -EINVAL);
	EXPECT_EQ(lease_deadline(s, UINT64_MAX), -EINVAL);
	EXPECT_EQ(lease_tell(s).out_expires_ns, 0);
	EXPECT_EQ(lease_deadline(s, (1ull << 63) - 1), 0);
	EXPECT_GE(buf_alloc(s, PAGE), 0);
}

TEST(what_makes_no_sense)
{
	struct owner o = owner_new();
	struct ward_lease cmd;
	int s = session_open();

	cmd = (struct ward_lease){ .term_ns = SECOND };
	EXPECT_EQ(lease(s, &cmd), -EINVAL);
	cmd = (struct ward_lease){ .anchor = { 1 } };
	EXPECT_EQ(lease(s, &cmd), -EINVAL);
	cmd = (struct ward_lease){ .proof = { 1 } };
	EXPECT_EQ(lease(s, &cmd), -EINVAL);
	EXPECT_EQ(lease_term(s, &o, WARD_LEASE_TERM_MAX_NS + 1), -EINVAL);
	EXPECT_EQ(lease_term(s, &o, UINT64_MAX), -EINVAL);
	cmd = (struct ward_lease){ .flags = 1u << 1 };
	EXPECT_EQ(lease(s, &cmd), -EOPNOTSUPP);
	EXPECT_EQ(lease_renew(s, o.x[1], &cmd), -EINVAL);	/* no anchor yet */
	ASSERT_EQ(lease_term(s, &o, 100 * SECOND), 0);
	cmd = (struct ward_lease){
		.flags = WARD_LEASE_RENEW, .deadline_ns = boot_ns() + SECOND,
	};
	memcpy(cmd.proof, o.x[1], sizeof(cmd.proof));
	EXPECT_EQ(lease(s, &cmd), -EINVAL);
	EXPECT_MEMEQ(lease_tell(s).out_anchor, o.x[0], WARD_HEAD_LEN);
}

/* The longest term is no overflow. */
TEST(the_longest_term)
{
	struct owner o = owner_new();
	struct ward_lease cmd;
	int s = session_open();

	EXPECT_EQ(lease_term(s, &o, WARD_LEASE_TERM_MAX_NS), 0);
	cmd = lease_tell(s);
	EXPECT_GE(cmd.out_expires_ns, WARD_LEASE_TERM_MAX_NS);
	EXPECT_LE(cmd.out_expires_ns, WARD_LEASE_TERM_MAX_NS + boot_ns());
	EXPECT_EQ(lease_renew(s, o.x[1], &cmd), 0);
	EXPECT_GE(buf_alloc(s, PAGE), 0);
}

TEST(term_and_anchor_are_set_once)
{
	struct owner o = owner_new(), other = owner_new();
	int s = session_open();

	ASSERT_EQ(lease_term(s, &o, 100 * SECOND), 0);
	EXPECT_EQ(lease_term(s, &o, 100 * SECOND), -EPERM);
	EXPECT_EQ(lease_term(s, &other, SECOND), -EPERM);
	EXPECT_MEMEQ(lease_tell(s).out_anchor, o.x[0], WARD_HEAD_LEN);
}

TEST(all_or_nothing)
{
	struct owner o = owner_new();
	uint64_t deadline = boot_ns() + 200 * SECOND;
	struct ward_lease cmd = { .deadline_ns = deadline, .term_ns = 100 * SECOND };
	int s = session_open();

	memcpy(cmd.anchor, o.x[0], sizeof(cmd.anchor));
	ASSERT_EQ(lease(s, &cmd), 0);
	EXPECT_EQ(cmd.out_deadline_ns, deadline);
	EXPECT_LT(cmd.out_expires_ns, deadline);
	cmd.deadline_ns = deadline - 50 * SECOND;
	EXPECT_EQ(lease(s, &cmd), -EPERM);		/* the term is there already */
	EXPECT_EQ(lease_tell(s).out_deadline_ns, deadline);
}

/* A short struct of another time has no room for answers. */
TEST(sizes)
{
	struct ward_lease cmd = { .deadline_ns = boot_ns() + 100 * SECOND };
	int s = session_open();

	cmd.size = offsetof(struct ward_lease, out_expires_ns);
	EXPECT_EQ(ward_call(s, WARD_LEASE, &cmd), 0);
	EXPECT_EQ(cmd.out_expires_ns, 0);
	cmd.size--;
	EXPECT_EQ(ward_call(s, WARD_LEASE, &cmd), -EINVAL);
}

/* ---- renewal ---------------------------------------------------------------------- */

TEST(the_chain_is_walked_link_by_link)
{
	struct owner o = owner_new();
	struct ward_lease cmd;
	uint64_t before;
	int s = session_open(), i;

	ASSERT_EQ(lease_term(s, &o, 100 * SECOND), 0);
	before = lease_tell(s).out_expires_ns;
	for (i = 1; i < LINKS; i++) {
		ASSERT_EQ(lease_renew(s, o.x[i], &cmd), 0);
		EXPECT_MEMEQ(cmd.out_anchor, o.x[i], WARD_HEAD_LEN);
		EXPECT_GT(cmd.out_expires_ns, before);
		EXPECT_LE(cmd.out_expires_ns, boot_ns() + 100 * SECOND);
		before = cmd.out_expires_ns;
	}
	/* The chain is used up. */
	EXPECT_EQ(lease_renew(s, o.x[LINKS - 1], &cmd), -EKEYREJECTED);
}

TEST(only_the_next_link_renews)
{
	struct owner o = owner_new(), other = owner_new();
	struct ward_lease cmd;
	uint64_t expires;
	uint8_t wrong[WARD_HEAD_LEN];
	int s = session_open();

	ASSERT_EQ(lease_term(s, &o, 100 * SECOND), 0);
	expires = lease_tell(s).out_expires_ns;
	EXPECT_EQ(lease_renew(s, o.x[0], &cmd), -EKEYREJECTED);	/* the anchor itself */
	EXPECT_EQ(lease_renew(s, o.x[2], &cmd), -EKEYREJECTED);	/* one too far */
	EXPECT_EQ(lease_renew(s, other.x[1], &cmd), -EKEYREJECTED);
	EXPECT_EQ(lease_renew(s, none, &cmd), -EKEYREJECTED);
	memcpy(wrong, o.x[1], sizeof(wrong));
	wrong[31] ^= 1;
	EXPECT_EQ(lease_renew(s, wrong, &cmd), -EKEYREJECTED);
	EXPECT_EQ(lease_tell(s).out_expires_ns, expires);
	ASSERT_EQ(lease_renew(s, o.x[1], &cmd), 0);
	EXPECT_EQ(lease_renew(s, o.x[1], &cmd), -EKEYREJECTED);	/* once used */
	EXPECT_EQ(lease_renew(s, o.x[0], &cmd), -EKEYREJECTED);
	EXPECT_EQ(lease_renew(s, o.x[2], &cmd), 0);
}

TEST(no_renewal_past_the_deadline)
{
	struct owner o = owner_new();
	uint64_t deadline = boot_ns() + 100 * SECOND;
	struct ward_lease cmd;
	int s = session_open();

	ASSERT_EQ(lease_deadline(s, deadline), 0);
	ASSERT_EQ(lease_term(s, &o, 3600 * SECOND), 0);
	EXPECT_EQ(lease_tell(s).out_expires_ns, deadline);
	ASSERT_EQ(lease_renew(s, o.x[1], &cmd), 0);
	EXPECT_EQ(cmd.out_expires_ns, deadline);
	/* And a deadline that comes later cuts the term that runs. */
	ASSERT_EQ(lease_deadline(s, deadline - 50 * SECOND), 0);
	EXPECT_EQ(lease_tell(s).out_expires_ns, deadline - 50 * SECOND);
}

TEST(a_renewed_lease_outlives_its_first_term)
{
	struct owner o = owner_new();
	struct ward_lease cmd;
	uint64_t first, second;
	int s = session_open();
	struct buf b;

	ASSERT_EQ(lease_term(s, &o, 4 * SECOND), 0);
	first = lease_tell(s).out_expires_ns;
	b = buf_get(s, PAGE);
	fill_words(b.p, PAGE, 5);
	sleep_ns(2 * SECOND);
	ASSERT_EQ(lease_renew(s, o.x[1], &cmd), 0);
	second = cmd.out_expires_ns;
	ASSERT_GE(second, first + 2 * SECOND);
	while (boot_ns() < first + 200 * MS)
		sleep_ns(20 * MS);
	if (boot_ns() < second - SECOND) {	/* else this machine stood still */
		EXPECT_EQ(buf_info(b.fd).out_end, WARD_END_NONE);
		EXPECT_TRUE(has_words(b.p, PAGE, 5));
	}
	EXPECT_EQ(wait_end(b.fd), WARD_END_LEASE);
	EXPECT_GE(boot_ns(), second);
	EXPECT_EQ(lease_renew(s, o.x[2], &cmd), -ESHUTDOWN);
}

/* ---- the end ------------------------------------------------------------------------ */

static void *anonymous(size_t length)
{
	void *p = mmap(NULL, length, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	ASSERT_TRUE(p != MAP_FAILED);
	ASSERT_EQ(madvise(p, length, MADV_DONTFORK), 0);
	return p;
}

TEST(both_classes_end)
{
	int s = session_open(), pin;
	void *p = anonymous(4 * PAGE);
	struct buf b = buf_get(s, HUGE + PAGE);

	fill_words(b.p, b.length, 3);
	pin = buf_pin(s, p, 4 * PAGE);
	ASSERT_GE(pin, 0);
	fill_words(p, 4 * PAGE, 4);
	lease_for(s, 300 * MS);
	EXPECT_EQ(wait_end(b.fd), WARD_END_LEASE);
	EXPECT_EQ(wait_end(pin), WARD_END_LEASE);
	EXPECT_EQ(touch(b.p, false), SIGBUS);
	EXPECT_EQ(touch(b.p + b.length - 1, true), SIGBUS);
	EXPECT_TRUE(all_zero(p, 4 * PAGE));
	EXPECT_EQ(session_info(s).out_live, 0);
	EXPECT_EQ(session_info(s).out_live_b, 0);
}

TEST(no_memory_afterwards)
{
	struct ward_measure m = { .size = sizeof(m) };
	struct ward_lease cmd;
	int s = session_open(), other = session_open();
	void *p = anonymous(PAGE);
	struct buf b = buf_get(s, PAGE);
	uint64_t deadline = lease_for(s, 300 * MS);

	EXPECT_EQ(wait_end(b.fd), WARD_END_LEASE);
	EXPECT_EQ(session_info(s).out_state, WARD_STATE_EXPIRED);
	EXPECT_EQ(buf_alloc(s, PAGE), -ESHUTDOWN);
	EXPECT_EQ(buf_pin(s, p, PAGE), -ESHUTDOWN);
	EXPECT_EQ(lease_deadline(s, boot_ns() + SECOND), -ESHUTDOWN);
	EXPECT_EQ(try_map(b.fd, PAGE, PROT_READ, MAP_SHARED, 0), -EOWNERDEAD);
	/* It still answers. */
	cmd = lease_tell(s);
	EXPECT_EQ(cmd.out_expires_ns, deadline);
	EXPECT_EQ(ward_call(s, WARD_MEASURE, &m), 0);
	/* Another session of the same process has nothing to do with it. */
	EXPECT_GE(buf_alloc(other, PAGE), 0);
}

TEST(a_session_without_buffers_expires_too)
{
	int s = session_open(), i;

	lease_for(s, 100 * MS);
	for (i = 0; i < 1000 && !session_info(s).out_state; i++)
		sleep_ns(10 * MS);
	EXPECT_EQ(session_info(s).out_state, WARD_STATE_EXPIRED);
}

TEST(a_sealed_session_keeps_its_lease)
{
	struct ward_seal seal = { .size = sizeof(seal) };
	struct owner o = owner_new();
	struct ward_lease cmd;
	int s = session_open();
	struct buf b = buf_get(s, PAGE);

	ASSERT_EQ(lease_term(s, &o, 100 * SECOND), 0);
	ASSERT_EQ(ward_call(s, WARD_SEAL, &seal), 0);
	EXPECT_EQ(lease_renew(s, o.x[1], &cmd), 0);
	lease_for(s, 200 * MS);
	EXPECT_EQ(wait_end(b.fd), WARD_END_LEASE);
	EXPECT_EQ(session_info(s).out_state, WARD_STATE_EXPIRED | WARD_STATE_SEALED);
}

TEST(records)
{
	struct owner o = owner_new();
	struct ward_event set, renewed, over, wipe;
	struct ward_lease cmd;
	int s = session_open();
	struct buf b = buf_get(s, 3 * PAGE);
	uint64_t deadline;

	ASSERT_EQ(lease_term(s, &o, 100 * SECOND), 0);
	set = last_record(s, WARD_EVENT_LEASE, 0);
	EXPECT_EQ(set.id, lease_tell(s).out_expires_ns);
	EXPECT_MEMEQ(set.detail, o.x[0], sizeof(set.detail));
	ASSERT_EQ(lease_renew(s, o.x[1], &cmd), 0);
	renewed = last_record(s, WARD_EVENT_LEASE, 1);
	EXPECT_EQ(renewed.id, cmd.out_expires_ns);
	EXPECT_MEMEQ(renewed.detail, o.x[1], sizeof(renewed.detail));
	deadline = lease_for(s, 200 * MS);
	ASSERT_EQ(wait_end(b.fd), WARD_END_LEASE);
	over = last_record(s, WARD_EVENT_LEASE, 2);
	EXPECT_EQ(over.id, deadline);
	EXPECT_GE(over.time_ns, deadline);
	EXPECT_EQ(over.bytes, 3 * PAGE);
	EXPECT_MEMEQ(over.detail, o.x[1], sizeof(over.detail));
	wipe = last_record(s, WARD_EVENT_BUF_WIPE, WARD_END_LEASE);
	EXPECT_GT(wipe.seq, over.seq);
}

/* ---- claims --------------------------------------------------------------------------- */

static struct ward_claims claims_of(int session, const uint8_t *subject)
{
	struct answer *a = answer_new(WARD_PURPOSE_REPORT);
	struct ward_claims claims;

	if (subject)
		memcpy(a->cmd.subject, subject, WARD_ID_LEN);
	ASSERT_EQ(answer_ask(a, session), 0);
	answer_check(a);
	claims = a->claims;
	free(a);
	return claims;
}

static void expect_terms(const struct ward_claims *c, const struct ward_lease *terms)
{
	EXPECT_EQ(c->lease_deadline_ns, terms->out_deadline_ns);
	EXPECT_EQ(c->lease_term_ns, terms->out_term_ns);
	EXPECT_EQ(c->lease_expires_ns, terms->out_expires_ns);
	EXPECT_MEMEQ(c->lease_anchor, terms->out_anchor, WARD_HEAD_LEN);
}

TEST(claims_name_the_terms)
{
	struct owner o = owner_new();
	struct ward_lease terms = { 0 };
	struct ward_claims c;
	int s;

	provider_attach();
	s = session_open();
	c = claims_of(s, NULL);
	expect_terms(&c, &terms);
	ASSERT_EQ(lease_deadline(s, boot_ns() + 3000 * SECOND), 0);
	ASSERT_EQ(lease_term(s, &o, 1000 * SECOND), 0);
	terms = lease_tell(s);
	EXPECT_EQ(terms.out_term_ns, 1000 * SECOND);
	c = claims_of(s, NULL);
	expect_terms(&c, &terms);
	EXPECT_EQ(c.state, 0);
	ASSERT_EQ(lease_renew(s, o.x[1], &terms), 0);
	c = claims_of(s, NULL);
	expect_terms(&c, &terms);
}

/* It can still be asked for, and so can its tombstone. */
TEST(claims_of_an_expired_session)
{
	struct ward_info info;
	struct ward_lease terms;
	struct ward_claims c;
	int s, other;
	struct buf b;

	provider_attach();
	s = session_open();
	other = session_open();
	info = session_info(s);
	b = buf_get(s, PAGE);
	lease_for(s, 200 * MS);
	ASSERT_EQ(wait_end(b.fd), WARD_END_LEASE);
	terms = lease_tell(s);
	c = claims_of(s, NULL);
	expect_terms(&c, &terms);
	EXPECT_EQ(c.state, WARD_STATE_EXPIRED);
	EXPECT_EQ(c.live_a, 0);
	EXPECT_EQ(c.wiped_bytes, PAGE);
	buf_drop(&b);
	close(s);
	c = claims_of(other, info.out_session);
	expect_terms(&c, &terms);
	EXPECT_EQ(c.state, WARD_STATE_EXPIRED | WARD_STATE_TOMBSTONE);
}

KTAP_MAIN()
