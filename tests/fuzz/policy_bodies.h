/* SPDX-License-Identifier: MIT */
/* Policies, but for the braces and "ward-policy": what they pin beside lists of digests. */
#ifndef TEST_FUZZ_POLICY_BODIES_H
#define TEST_FUZZ_POLICY_BODIES_H

#define D32 "a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1"
#define D64 D32 D32
#define D96 D64 D32
#define D128 D64 D64
#define Z32 "00000000000000000000000000000000"
#define Z96 Z32 Z32 Z32

/** policy_bodies - the last is NULL */
extern const char *const policy_bodies[];

#endif /* TEST_FUZZ_POLICY_BODIES_H */
