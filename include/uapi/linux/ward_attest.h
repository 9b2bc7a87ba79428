/* SPDX-License-Identifier: (GPL-2.0-only WITH Linux-syscall-note) OR MIT */
/*
 * ward: asking for evidence. Part of the ABI of /dev/ward, which ward.h opens with;
 * include that.
 */
#ifndef _UAPI_LINUX_WARD_ATTEST_H
#define _UAPI_LINUX_WARD_ATTEST_H

#include <linux/types.h>
#include <linux/ward_claims.h>

/**
 * struct ward_attest - WARD_ATTEST on a session: evidence over claims
 * @size: sizeof(struct ward_attest)
 * @flags: must be 0
 * @purpose: WARD_PURPOSE_*
 * @nonce_len: 8 to 64; raw: 0
 * @nonce: the relying party's; bytes beyond @nonce_len zero
 * @binding: what the evidence shall be bound to (a hash of a public key, say); raw:
 *	the report data
 * @subject: zero, or the id of an ended session of the caller's uid (anybody's
 *	for CAP_SYS_ADMIN in the initial user namespace): its tombstone is what
 *	the ledger, state and chain of the claims then speak of
 * @deadline_ns: CLOCK_BOOTTIME, absolute; 0 = 60 s from now
 * @claims_addr: WARD_CLAIMS_SIZE bytes are written there
 * @path_addr: the Merkle path: nodes of 64 bytes, from the leaf upwards
 * @evidence_addr: the provider's evidence (configfs-tsm's outblob)
 * @aux_addr: endorsements that came with it (auxblob); may be 0 with length 0
 * @manifest_addr: the service manifest (manifestblob); likewise
 * @claims_len: capacity in bytes; written: bytes used or needed
 * @path_len: the same
 * @evidence_len: the same
 * @aux_len: the same
 * @manifest_len: the same
 * @out_index: position of these claims among the tree's leaves, from 0
 * @out_leaves: leaves of the tree, 1 to WARD_PATH_MAX; 0 = none, raw
 * @out_tee: WARD_TEE_*
 * @out_generation: the provider's write generation that this evidence had
 * @out_retry_after_ns: with EAGAIN and EHOSTDOWN, where it is written too: when
 *	to call again, relative
 * @out_provider: its name, as configfs-tsm or the agent gives it, NUL padded
 * @more_addr: struct ward_evidence_part, one for each provider beside; may be 0
 *	with length 0
 * @more_len: capacity in bytes; written: bytes used or needed
 * @out_parts: how many
 * @max_age_ns: an answer of this session to the same request will do if its claims
 *	are no older; 0 = none will
 * @out_age_ns: how old the claims are of an answer that was given before; 0 = it
 *	is a new one
 * @out_denied_by: with EACCES: see WARD_DENIED_*; else 0
 * @out_denied: with EACCES, where it is written too: WARD_DENIED_*; else 0
 * @reserved: zero
 *
 * Requests that wait together become the leaves of one tree, and one call of
 * the provider serves them all. The wait can be killed; a request whose
 * caller died is answered to nobody and harms none. WARD_PURPOSE_RECEIPT
 * needs a sealed session (or an ended subject) that holds no class A memory:
 * EINVAL otherwise. Class B is no part of it; @live_b of the claims tells.
 *
 * How fast
 * --------
 * Calls of the provider are paced (8 at once, then one every 2 s, unless the
 * administrator set something else): requests wait for the next one and share
 * it. Users take turns in its tree, and the sessions of a user in the user's.
 * 64 requests on the sessions of one uid may wait at once (8 of them with raw
 * report data, which have a call each), 256 in all. Who is
 * refused is told at once, and spends nothing:
 *
 *  - EAGAIN, too many wait: @out_retry_after_ns is a guess at the next call;
 *  - EAGAIN, the next call comes no earlier than the deadline:
 *    @out_retry_after_ns is when a call can be made, to be asked for with a
 *    later deadline;
 *  - EAGAIN, the uid asks more often than 64 times at once and 4 times a second:
 *    @out_retry_after_ns is when it may ask again, to the nanosecond;
 *  - EHOSTDOWN, the provider answered garbage (EBADMSG, EOVERFLOW, another TEE's
 *    evidence) or failed three times in a row (EIO, or ENXIO though it is still
 *    there): it is not called until @out_retry_after_ns from now (30 s at first,
 *    twice as long after each vain probe, 32 times as long at most). Who waits
 *    when that happens gets it too. The first request after that is the probe:
 *    answered, it lets everybody in again; while it is under way, the others'
 *    @out_retry_after_ns is a guess. Another provider is not held to account for
 *    the last one.
 *
 * The same again
 * --------------
 * A request with @max_age_ns has its answer kept, one for each session, in memory
 * charged to the caller's cgroup. Another one with @max_age_ns is given the very
 * same bytes, at once and at the cost of copying them, where it comes from the same
 * process image (mm: no fork or exec between), with the same credentials and in
 * the same cgroup; has the same purpose, nonce, binding and subject; the claims
 * are no older than @max_age_ns; the session has not since extended its register,
 * been sealed, set or renewed its lease or lost it, or been revoked; no provider
 * came or went, and no policy was set. All else is a new request. The claims are
 * what they were: bytes held, figures of the machine and chain heads are of
 * @boot_ns, the thread that they name is the one that asked then, and so are its
 * advisory bits: who has become dumpable or traced since is given it too. An answer
 * given again counts in no pace, and is not recorded: the record of the first one
 * names its leaf, and who can have it again has had it. EMSGSIZE leaves it kept, so that the second
 * try with more room costs no call.
 *
 * Raw report data
 * ---------------
 * For protocols that say themselves what the TEE shall sign (other brokers',
 * Trustee's): with WARD_PURPOSE_RAW the 64 bytes of @binding are the report data,
 * as they are. The last 16 of them are zero (a hash of up to 48 bytes, padded), so
 * that they are never those of claims; @nonce_len, @nonce, @subject and @max_age_ns
 * are zero too: EINVAL otherwise. It is denied unless the policy says otherwise, and
 * allowed to a user or group as other purposes are. The call of the provider is for
 * this request alone, in its turn and at the pace of all; agents, and those beside,
 * are asked just the same. There are no claims and no path (@claims_len and @path_len
 * come back as 0), so that nothing but the sender's word ties the evidence to a
 * session, and nothing is kept. The record names the purpose, and the report data's
 * first 32 bytes.
 *
 * Lengths: with EMSGSIZE all six *_len fields say what is needed; where claims
 * or evidence had no chance to fit, what is always enough, and the provider has
 * not been asked. What the out_* fields hold then means nothing. Endorsements
 * and manifest that are not wanted (address and length 0) need no room, and
 * their length comes back as 0. Capacities
 * of WARD_CLAIMS_SIZE, 64 * WARD_PATH_NODES_MAX, WARD_EVIDENCE_MAX,
 * WARD_AUX_MAX and WARD_MANIFEST_MAX always suffice. A session that is
 * sealed may still attest; one that is revoked may not.
 *
 * Errors: EINVAL, EOPNOTSUPP, EFAULT, EMSGSIZE, ENOMEM, EACCES, ENODEV, ENXIO,
 * EAGAIN, EHOSTDOWN, ETIME, EBADMSG, EOVERFLOW, EIO, ENOENT, EPERM, ESHUTDOWN,
 * EINTR.
 */
struct ward_attest {
	__u32 size;
	__u32 flags;
	__u32 purpose;
	__u32 nonce_len;
	__u8 nonce[WARD_NONCE_MAX];
	__u8 binding[WARD_BINDING_LEN];
	__u8 subject[WARD_ID_LEN];
	__aligned_u64 deadline_ns;
	__aligned_u64 claims_addr;
	__aligned_u64 path_addr;
	__aligned_u64 evidence_addr;
	__aligned_u64 aux_addr;
	__aligned_u64 manifest_addr;
	__u32 claims_len;
	__u32 path_len;
	__u32 evidence_len;
	__u32 aux_len;
	__u32 manifest_len;
	__u32 out_index;
	__u32 out_leaves;
	__u32 out_tee;
	__aligned_u64 out_generation;
	__aligned_u64 out_retry_after_ns;
	__u8 out_provider[WARD_LABEL_LEN];
	__aligned_u64 more_addr;
	__u32 more_len;
	__u32 out_parts;
	__aligned_u64 max_age_ns;
	__aligned_u64 out_age_ns;
	__aligned_u64 out_denied_by;
	__u32 out_denied;
	__u32 reserved;
};

/* Report data that the caller chose end in so many zero bytes. */
#define WARD_RAW_ZEROES		16

/* ward_attest.out_denied: what of the policy it was; and what @out_denied_by is. */
enum {
	WARD_DENIED_NOT = 0,
	WARD_DENIED_OTHERS = 1,		/* no rule names the caller: bit n, what it may ask for */
	WARD_DENIED_RULES = 2,		/* none that does allows it: bit n, what they allow */
	WARD_DENIED_POSTURE = 3,	/* WARD_POSTURE_*: required, and not known or not so */
	WARD_DENIED_PROCESS = 4,	/* WARD_ADVISE_*: what it is, and must not be */
};

/**
 * struct ward_evidence_part - head of a further piece of evidence
 * @size: bytes of this head and what follows it, a multiple of 8: from here to
 *	the next part
 * @tee: WARD_TEE_*
 * @data_len: bytes of evidence
 * @aux_len: bytes of endorsements
 * @manifest_len: bytes of a service manifest
 * @error: 0, or why this provider gave no evidence, a positive errno: ETIME (no
 *	answer in its time) or one that WARD_ATTEST has for providers. All three
 *	lengths are 0 then
 * @generation: as ward_attest.out_generation
 * @provider: its name, NUL padded
 *
 * Evidence, endorsements and manifest follow the head in this order, each padded
 * with zero bytes to a multiple of 8. Every part is over the same report data as
 * the evidence of the primary provider. Parts stand in the order in which their
 * agents were bound.
 */
struct ward_evidence_part {
	__u32 size;
	__u32 tee;
	__u32 data_len;
	__u32 aux_len;
	__u32 manifest_len;
	__u32 error;
	__aligned_u64 generation;
	__u8 provider[WARD_LABEL_LEN];
};

/* (WARD_PARTS_MAX - 1) parts: 64 bytes of head, and the most of each */
#define WARD_MORE_MAX	(3 * (64 + WARD_EVIDENCE_MAX + WARD_AUX_MAX + WARD_MANIFEST_MAX))

#endif /* _UAPI_LINUX_WARD_ATTEST_H */
