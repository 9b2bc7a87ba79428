// SPDX-License-Identifier: GPL-2.0-only
/*
 * See kept.h. An answer is kept only where it was asked for with max_age_ns, one
 * for each session, in memory that is charged to who asked; it is gone with the
 * session's file. To find it costs a few comparisons: no claims are composed,
 * nothing is hashed, nobody is called, nothing is recorded.
 *
 * The mm and the credentials are held, so that no other can be at their address:
 * the same pointer is the same address space since the same exec, and the very
 * credentials, which the kernel never changes in place.
 */
#include <linux/cgroup.h>
#include <linux/cred.h>
#include <linux/mm.h>
#include <linux/sched/mm.h>
#include <linux/slab.h>
#include <linux/timekeeping.h>

#include "kept.h"

/**
 * struct ward_kept - an answer, whom it was for, and to what
 * @ref: held by the session and by who hands it out
 * @mm: of the caller; mmgrab()
 * @cred: likewise; referenced
 * @moment: see there
 * @subject: as it was asked for
 * @claims: have the rest of the question, and when
 * @evidence: its pointers lead into @bytes
 * @answer: as handed out, but for its age
 * @bytes: path and evidence
 */
struct ward_kept {
	struct kref ref;
	struct mm_struct *mm;
	const struct cred *cred;
	struct ward_moment moment;
	u8 subject[WARD_ID_LEN];
	struct ward_claims claims;
	struct ward_evidence_set evidence;
	struct ward_answer answer;
	u8 bytes[];
};

/* ---- lifetime ------------------------------------------------------------------ */

static void kept_free(struct kref *ref)
{
	struct ward_kept *kept = container_of(ref, struct ward_kept, ref);

	mmdrop(kept->mm);
	put_cred(kept->cred);
	kvfree(kept);
}

void ward_kept_release(struct ward_kept *kept)
{
	kref_put(&kept->ref, kept_free);
}

void ward_keep_init(struct ward_keep *keep)
{
	spin_lock_init(&keep->lock);
	keep->kept = NULL;
}

static void keep_set(struct ward_keep *keep, struct ward_kept *kept)
{
	struct ward_kept *old;

	spin_lock(&keep->lock);
	old = keep->kept;
	WRITE_ONCE(keep->kept, kept);
	spin_unlock(&keep->lock);
	if (old)
		ward_kept_release(old);
}

/* Nobody can ask any more. */
void ward_keep_drop(struct ward_keep *keep)
{
	keep_set(keep, NULL);
}

static struct ward_kept *keep_get(struct ward_keep *keep)
{
	struct ward_kept *kept;

	if (!READ_ONCE(keep->kept))
		return NULL;
	spin_lock(&keep->lock);
	kept = keep->kept;
	if (kept)
		kref_get(&kept->ref);
	spin_unlock(&keep->lock);
	return kept;
}

/* ---- putting by ------------------------------------------------------------------- */

static size_t bytes_of(const struct ward_answer *answer)
{
	const struct ward_evidence_set *set = answer->evidence;
	const struct ward_evidence *ev = &set->primary;

	return answer->path_len + ev->data_len + ev->aux_len + ev->manifest_len +
	       set->more_len;
}

/* Where @from's copy is; *@to moves behind it. */
static u8 *copy_part(u8 **to, const void *from, size_t len)
{
	u8 *at = *to;

	if (!len)
		return NULL;
	memcpy(at, from, len);
	*to += len;
	return at;
}

static void copy_answer(struct ward_kept *kept, const struct ward_answer *answer)
{
	struct ward_evidence *ev = &kept->evidence.primary;
	u8 *to = kept->bytes;

	kept->claims = *answer->claims;
	kept->evidence = *answer->evidence;
	kept->answer = *answer;
	kept->answer.claims = &kept->claims;
	kept->answer.evidence = &kept->evidence;
	kept->answer.path = copy_part(&to, answer->path, answer->path_len);
	ev->data = copy_part(&to, ev->data, ev->data_len);
	ev->aux = copy_part(&to, ev->aux, ev->aux_len);
	ev->manifest = copy_part(&to, ev->manifest, ev->manifest_len);
	kept->evidence.more = copy_part(&to, kept->evidence.more, kept->evidence.more_len);
}

void ward_kept_put_by(struct ward_session *session, const struct ward_attest *cmd,
		      const struct ward_moment *moment, const struct ward_answer *answer)
{
	struct ward_kept *kept;

	kept = kvmalloc(struct_size(kept, bytes, bytes_of(answer)),
			GFP_KERNEL_ACCOUNT | __GFP_NOWARN);
	if (!kept)
		return;
	kref_init(&kept->ref);
	mmgrab(current->mm);
	kept->mm = current->mm;
	kept->cred = get_current_cred();
	kept->moment = *moment;
	memcpy(kept->subject, cmd->subject, WARD_ID_LEN);
	copy_answer(kept, answer);
	keep_set(&session->keep, kept);
}

/* ---- finding -------------------------------------------------------------------------- */

static bool same_cgroup(const struct ward_kept *kept)
{
	u64 id;

	rcu_read_lock();
	id = cgroup_id(task_dfl_cgroup(current));
	rcu_read_unlock();
	return id == le64_to_cpu(kept->claims.caller.cgroup_id);
}

static bool same_asker(const struct ward_kept *kept)
{
	return kept->mm == current->mm && kept->cred == current_cred() &&
	       same_cgroup(kept);
}

/* The nonce's padding is zero in both; so what equals has been checked. */
static bool same_question(const struct ward_kept *kept, const struct ward_attest *cmd)
{
	const struct ward_claims *claims = &kept->claims;

	return cmd->purpose == le32_to_cpu(claims->purpose) &&
	       cmd->nonce_len == le32_to_cpu(claims->nonce_len) &&
	       !memcmp(cmd->nonce, claims->nonce, WARD_NONCE_MAX) &&
	       !memcmp(cmd->binding, claims->binding, WARD_BINDING_LEN) &&
	       !memcmp(cmd->subject, kept->subject, WARD_ID_LEN);
}

static bool still_holds(const struct ward_kept *kept, const struct ward_account *acct)
{
	struct ward_moment now = ward_moment_now(acct);

	return now.acts == kept->moment.acts && now.providers == kept->moment.providers &&
	       now.policies == kept->moment.policies;
}

static bool fits(const struct ward_kept *kept, const struct ward_session *session,
		 const struct ward_attest *cmd, u64 *age)
{
	*age = ktime_get_boottime_ns() - le64_to_cpu(kept->claims.boot_ns);
	return *age <= cmd->max_age_ns && same_asker(kept) && same_question(kept, cmd) &&
	       still_holds(kept, &session->account);
}

struct ward_kept *ward_kept_find(struct ward_session *session,
				 const struct ward_attest *cmd,
				 struct ward_answer *answer)
{
	struct ward_kept *kept;
	u64 age;

	if (!cmd->max_age_ns)
		return NULL;
	kept = keep_get(&session->keep);
	if (!kept)
		return NULL;
	if (!fits(kept, session, cmd, &age)) {
		ward_kept_release(kept);
		return NULL;
	}
	*answer = kept->answer;
	answer->age_ns = age;
	return kept;
}
