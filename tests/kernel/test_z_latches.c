// SPDX-License-Identifier: MIT
/*
 * Latches of the policy. The last program of all by its name: what it latches
 * stays until the module is loaded again.
 */
#include "policy_test.h"

TEST(latches_hold)
{
	struct policy p = {
		.otherwise = ALL, .refuse = WARD_ADVISE_TRACED,
		.posture = WARD_POSTURE_INIT_ON_FREE, .latches = WARD_LATCH_POSTURE,
	}, next;
	struct wire *w = wire_open();

	p.posture = 0;
	ASSERT_EQ(set(w, &p), 0);
	next = p;
	next.latches = 0;
	EXPECT_EQ(set(w, &next), -EPERM);
	next = p;
	next.refuse = 0;
	EXPECT_EQ(set(w, &next), 0);		/* not latched yet */
	p.latches |= WARD_LATCH_REFUSE;
	ASSERT_EQ(set(w, &p), 0);
	next = p;
	next.refuse = 0;
	EXPECT_EQ(set(w, &next), -EPERM);
	next.refuse = p.refuse;
	next.otherwise = ALL & ~ONE(WARD_PURPOSE_SEAL);
	EXPECT_EQ(set(w, &next), 0);
	next.latches = LATCHES;
	ASSERT_EQ(set(w, &next), 0);
	EXPECT_EQ(set(w, &next), 0);		/* the same again */
	p = next;
	p.otherwise = ALL;
	EXPECT_EQ(set(w, &p), -EPERM);
	p.otherwise = next.otherwise | ONE(WARD_PURPOSE_RAW);
	EXPECT_EQ(set(w, &p), -EPERM);
	p = next;
	p.n = 1;
	EXPECT_EQ(set(w, &p), -EPERM);
	p = next;
	p.refuse |= WARD_ADVISE_DUMPABLE;
	p.posture = WARD_POSTURE_INIT_ON_FREE;
	EXPECT_EQ(set(w, &p), 0);		/* stricter */
	p.posture = 0;
	EXPECT_EQ(set(w, &p), -EPERM);
}

KTAP_MAIN()
