// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a key's owner wraps with it: how often, how long and for what it may be used.
 *
 * A call takes its uses before it opens anything, and gives back those of messages that
 * it did not come to: two calls never open more than was granted, whatever becomes of
 * either.
 */
#include <linux/ktime.h>
#include <linux/limits.h>
#include <linux/string.h>
#include <linux/timekeeping.h>

#include "key.h"

static_assert(sizeof(struct ward_key_grant) == WARD_KEY_GRANT_SIZE);
static_assert(offsetof(struct ward_key_grant, dataset) == 24);
static_assert(offsetof(struct ward_key_grant, key) == 56);

static u64 end_of(u64 lifetime)
{
	ktime_t now = ktime_get_boottime();

	return ktime_to_ns(ktime_add_safe(now, min_t(u64, lifetime, KTIME_MAX)));
}

int ward_grant_read(const struct ward_key_grant *grant, struct ward_allowance *out)
{
	if (grant->version != cpu_to_le32(1) || grant->flags ||
	    memchr_inv(grant->reserved, 0, sizeof(grant->reserved)))
		return -EBADMSG;
	out->left = le64_to_cpu(grant->uses);
	out->limited = out->left;
	if (grant->lifetime_ns)
		out->expires_ns = end_of(le64_to_cpu(grant->lifetime_ns));
	memcpy(out->dataset, grant->dataset, sizeof(out->dataset));
	memcpy(out->release, grant->release, sizeof(out->release));
	return 0;
}

bool ward_allowance_over(const struct ward_allowance *allowance)
{
	return allowance->expires_ns && ktime_get_boottime_ns() >= allowance->expires_ns;
}

int ward_allowance_take(struct ward_allowance *allowance, u64 messages)
{
	guard(spinlock)(&allowance->lock);
	if (!allowance->limited)
		return 0;
	if (allowance->left < messages)
		return -EDQUOT;
	allowance->left -= messages;
	allowance->taken += messages;
	return 0;
}

bool ward_allowance_settle(struct ward_allowance *allowance, u64 messages, u64 back)
{
	guard(spinlock)(&allowance->lock);
	if (!allowance->limited)
		return false;
	allowance->taken -= messages;
	allowance->left += back;
	return !allowance->left && !allowance->taken;
}

u64 ward_allowance_left(struct ward_allowance *allowance)
{
	guard(spinlock)(&allowance->lock);
	return allowance->limited ? allowance->left : U64_MAX;
}
