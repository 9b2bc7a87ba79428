// SPDX-License-Identifier: GPL-2.0-only
/*
 * Who may ask for evidence, for what purpose, on a machine in what state. The
 * administrator sets a policy whole; latches are for ever: what they cover can
 * only become stricter, or not change at all, until the module is loaded again.
 *
 * Readers hold RCU alone. A reader that judged by a policy which is being replaced
 * says so: the claims have that one's hash.
 */
#include <linux/cred.h>
#include <linux/mutex.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/uidgid.h>

#include "critical.h"
#include "policy.h"

static DEFINE_MUTEX(set_lock);	/* one writer at a time */
static struct ward_policy __rcu *in_force;
static unsigned long count;	/* of those set; after the pointer */

/* ---- the canonical form ---------------------------------------------------------- */

struct canonical_rule {
	__le32 kind;
	__le32 id;
	__le32 purposes;
	__le32 zero;
};

struct canonical {
	__le32 otherwise;
	__le32 refuse;
	__le64 posture;
	__le32 latches;
	__le32 n;
	struct canonical_rule rules[];
};

/*
 * What IMA measures. The record's number makes each policy one of its own, and says
 * which was the last: IMA drops what it has already, such as one that comes back.
 */
struct measured {
	u8 instance[WARD_ID_LEN];
	__le64 seq;
	struct canonical policy;	/* its rules follow */
};

static struct measured *measured_of(const struct ward_policy *policy, size_t *len)
{
	struct measured *m;
	struct canonical *c;
	u32 i;

	*len = struct_size(c, rules, policy->n);
	m = kzalloc(offsetof(struct measured, policy) + *len, GFP_KERNEL);
	if (!m)
		return NULL;
	memcpy(m->instance, ward_instance, sizeof(m->instance));
	c = &m->policy;
	c->otherwise = cpu_to_le32(policy->otherwise);
	c->refuse = cpu_to_le32(policy->refuse);
	c->posture = cpu_to_le64(policy->posture);
	c->latches = cpu_to_le32(policy->latches);
	c->n = cpu_to_le32(policy->n);
	for (i = 0; i < policy->n; i++) {
		c->rules[i].kind = cpu_to_le32(policy->rules[i].kind);
		c->rules[i].id = cpu_to_le32(policy->rules[i].id);
		c->rules[i].purposes = cpu_to_le32(policy->rules[i].purposes);
	}
	return m;
}

static void hash(const struct canonical *c, size_t len, u8 *out)
{
	static const char tag[] = "WARD-POLICY-V1";	/* hashed with its NUL */
	const struct ward_span spans[] = { { tag, sizeof(tag) }, { c, len } };

	ward_sha256(spans, ARRAY_SIZE(spans), out);
}

/* ---- latches ----------------------------------------------------------------------- */

static bool same_rules(const struct ward_policy *a, const struct ward_policy *b)
{
	return a->otherwise == b->otherwise && a->n == b->n &&
	       !memcmp(a->rules, b->rules, a->n * sizeof(a->rules[0]));
}

/* Why @next may not follow @now; NULL = it may. */
static const char *latched(const struct ward_policy *now, const struct ward_policy *next)
{
	if (now->latches & ~next->latches)
		return "a latch that is set stays set until the module is loaded again";
	if (now->latches & WARD_LATCH_RULES && !same_rules(now, next))
		return "the rules are latched";
	if (now->latches & WARD_LATCH_POSTURE && now->posture & ~next->posture)
		return "the posture that is required is latched: it can only grow";
	if (now->latches & WARD_LATCH_REFUSE && now->refuse & ~next->refuse)
		return "what is refused is latched: it can only grow";
	return NULL;
}

/* ---- setting ------------------------------------------------------------------------- */

struct ward_policy *ward_policy_new(u32 rules)
{
	struct ward_policy *policy = kzalloc(struct_size(policy, rules, rules), GFP_KERNEL);

	if (policy)
		policy->n = rules;
	return policy;
}

/* The record's number. */
static __le64 record(const struct ward_policy *policy)
{
	struct ward_event ev = {
		.type = cpu_to_le16(WARD_EVENT_POLICY),
		.reason = cpu_to_le16(policy->latches),
		.id = cpu_to_le64(policy->n),
	};

	memcpy(ev.detail, policy->hash, sizeof(ev.detail));
	ward_ledger_system(&ev);
	return ev.seq;
}

/* Records under the lock, so that records are in the order of the policies. */
static int replace(struct ward_policy *policy, __le64 *seq, const char **why)
{
	struct ward_policy *old;

	guard(mutex)(&set_lock);
	old = rcu_dereference_protected(in_force, lockdep_is_held(&set_lock));
	*why = latched(old, policy);
	if (*why)
		return -EPERM;
	rcu_assign_pointer(in_force, policy);
	smp_store_release(&count, count + 1);
	*seq = record(policy);
	kfree_rcu(old, rcu);
	return 0;
}

int ward_policy_set(struct ward_policy *policy, const char **why)
{
	struct measured *m;
	size_t len;
	int rc;

	*why = NULL;
	m = measured_of(policy, &len);
	if (!m)
		return -ENOMEM;
	hash(&m->policy, len, policy->hash);
	rc = replace(policy, &m->seq, why);
	if (!rc)
		ward_critical("ward_policy", m, offsetof(struct measured, policy) + len);
	kfree(m);
	return rc;
}

struct ward_policy *ward_policy_copy(void)
{
	const struct ward_policy *policy;
	struct ward_policy *copy;

	guard(mutex)(&set_lock);
	policy = rcu_dereference_protected(in_force, lockdep_is_held(&set_lock));
	copy = ward_policy_new(policy->n);
	if (!copy)
		return NULL;
	copy->otherwise = policy->otherwise;
	copy->refuse = policy->refuse;
	copy->posture = policy->posture;
	copy->latches = policy->latches;
	memcpy(copy->hash, policy->hash, sizeof(copy->hash));
	memcpy(copy->rules, policy->rules, policy->n * sizeof(policy->rules[0]));
	return copy;
}

u64 ward_policy_count(void)
{
	return smp_load_acquire(&count);
}

/* ---- judging --------------------------------------------------------------------------- */

static bool names_current(const struct ward_rule *rule)
{
	if (rule->kind == WARD_RULE_UID)
		return uid_eq(current_euid(), make_kuid(&init_user_ns, rule->id));
	return in_egroup_p(make_kgid(&init_user_ns, rule->id));
}

/* What all rules that name current allow together; @named: there is one. */
static u32 purposes_of_current(const struct ward_policy *policy, bool *named)
{
	u32 purposes = 0, i;

	*named = false;
	for (i = 0; i < policy->n; i++) {
		if (!names_current(&policy->rules[i]))
			continue;
		*named = true;
		purposes |= policy->rules[i].purposes;
	}
	return *named ? purposes : policy->otherwise;
}

static int deny(struct ward_denial *why, u32 what, u64 by)
{
	why->why = what;
	why->by = by;
	return -EACCES;
}

static int judge_purpose(const struct ward_policy *policy, u32 purpose,
			 struct ward_denial *why)
{
	bool named;
	u32 purposes = purposes_of_current(policy, &named);

	if (purposes & BIT(purpose))
		return 0;
	return deny(why, named ? WARD_DENIED_RULES : WARD_DENIED_OTHERS, purposes);
}

int ward_policy_admits(u32 purpose, struct ward_denial *why)
{
	int rc;

	rcu_read_lock();
	rc = judge_purpose(rcu_dereference(in_force), purpose, why);
	rcu_read_unlock();
	return rc;
}

static int judge(const struct ward_policy *policy, struct ward_claims *claims,
		 struct ward_denial *why)
{
	u64 posture = le64_to_cpu(claims->posture) & le64_to_cpu(claims->posture_known);
	u32 refused = policy->refuse & le32_to_cpu(claims->advisory);
	int rc = judge_purpose(policy, le32_to_cpu(claims->purpose), why);

	if (rc)
		return rc;
	if (policy->posture & ~posture)
		return deny(why, WARD_DENIED_POSTURE, policy->posture & ~posture);
	if (refused)
		return deny(why, WARD_DENIED_PROCESS, refused);
	memcpy(claims->policy_hash, policy->hash, sizeof(claims->policy_hash));
	return 0;
}

int ward_policy_judge(struct ward_claims *claims, struct ward_denial *why)
{
	int rc;

	rcu_read_lock();
	rc = judge(rcu_dereference(in_force), claims, why);
	rcu_read_unlock();
	return rc;
}

/* ---- the room ---------------------------------------------------------------------------- */

/* What holds until an administrator says otherwise; its hash is zero. */
int ward_policy_init(void)
{
	struct ward_policy *policy = ward_policy_new(0);

	if (!policy)
		return -ENOMEM;
	policy->otherwise = WARD_PURPOSES;
	RCU_INIT_POINTER(in_force, policy);
	return 0;
}

/* Nobody asks or sets any more. */
void ward_policy_exit(void)
{
	kfree(rcu_dereference_protected(in_force, true));
}
