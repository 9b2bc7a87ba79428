/* SPDX-License-Identifier: (GPL-2.0-only WITH Linux-syscall-note) OR MIT */
/*
 * ward: what the kernel vouches for. Claims and event records leave the
 * machine: they are little endian, of fixed size, and specified byte by byte
 * in doc/formats.md as well.
 */
#ifndef _UAPI_LINUX_WARD_CLAIMS_H
#define _UAPI_LINUX_WARD_CLAIMS_H

#include <linux/types.h>

#define WARD_ID_LEN		16	/* session, instance and subject ids */
#define WARD_NONCE_MAX		64
#define WARD_BINDING_LEN	64
#define WARD_DIGEST_LEN		64	/* SHA-512: leaves, nodes, report data */
#define WARD_HEAD_LEN		32	/* SHA-256: event digests and chain heads */
#define WARD_LABEL_LEN		32
#define WARD_CLAIMS_SIZE	1024
#define WARD_EVENT_SIZE		128
#define WARD_EVIDENCE_MAX	32768
#define WARD_AUX_MAX		65536
#define WARD_MANIFEST_MAX	65536
#define WARD_PATH_MAX		64	/* leaves of one tree, hence 6 path nodes */
#define WARD_PATH_NODES_MAX	6

/*
 * Enumerations. Values are part of the ABI and of what leaves the machine.
 */

/* Purpose of evidence. Evidence taken for one is refused for another. */
enum {
	WARD_PURPOSE_RELEASE = 1,	/* a key broker releases a key to it */
	WARD_PURPOSE_CHANNEL = 2,	/* it ends a secure channel */
	WARD_PURPOSE_RECEIPT = 3,	/* it proves the wipe; the session is sealed */
	WARD_PURPOSE_SEAL = 4,		/* it derives or unwraps a sealing key */
	WARD_PURPOSE_REPORT = 5,	/* for people to look at */
	WARD_PURPOSE_RAW = 6,		/* report data of the caller's own: over no claims */
};

enum {
	WARD_CLASS_A = 1,		/* memory that ward owns */
	WARD_CLASS_B = 2,		/* the caller's memory, pinned and wiped */
};

enum {
	WARD_LEVEL_LOW = 0,
	WARD_LEVEL_MEDIUM = 1,
	WARD_LEVEL_CRITICAL = 2,
};

/* Kind of TEE, as the kernel that runs ward sees it; also the format of evidence. */
enum {
	WARD_TEE_NONE = 0,
	WARD_TEE_SNP = 1,
	WARD_TEE_TDX = 2,
	WARD_TEE_CCA = 3,
	WARD_TEE_SEV = 4,
	WARD_TEE_TPM = 5,		/* a (v)TPM's quote */
	WARD_TEE_NITRO = 6,		/* an attestation document of /dev/nsm */
	WARD_TEE_AZURE_SNP = 7,		/* a paravisor's HCL report and its vTPM's quote */
	WARD_TEE_AZURE_TDX = 8,		/* likewise */
	WARD_TEE_SIMULATED = 255,	/* the provider calls itself a simulator */
};

/* Kind of provider of evidence. */
enum {
	WARD_PROVIDER_TSM = 1,		/* the kernel's TSM report entry */
	WARD_PROVIDER_AGENT = 2,	/* a program, see ward_agent.h */
};

/* Who digested the executable. Advisory in every case: see ward_claims. */
enum {
	WARD_EXE_NONE = 0,
	WARD_EXE_VERITY = 1,		/* fs-verity's digest of the file */
	WARD_EXE_IMA = 2,		/* SHA-256 by IMA */
};

/* Why a buffer or a key ended. */
enum {
	WARD_END_NONE = 0,		/* it lives */
	WARD_END_WIPE = 1,		/* WARD_BUF_WIPE, WARD_KEY_END */
	WARD_END_CLOSE = 2,		/* last reference dropped */
	WARD_END_MM = 3,		/* exit, SIGKILL or exec of its owner */
	WARD_END_SESSION = 4,		/* its session ended */
	WARD_END_REVOKE = 5,		/* an administrator revoked the session */
	WARD_END_LEASE = 6,		/* the session's lease ran out */
	WARD_END_PURGE = 7,		/* volatile contents given up */
	WARD_END_REBOOT = 8,		/* the machine goes down */
	WARD_END_UNMAP = 9,		/* class B: its owner unmapped or moved it */
	WARD_END_USES = 10,		/* a key: all its uses were used */
	WARD_END_TIME = 11,		/* a key: its lifetime is over */
	WARD_END_SEAL = 12,		/* a key: the session was sealed */
};

/* Type of an event record. */
enum {
	WARD_EVENT_SESSION_OPEN = 1,
	WARD_EVENT_SESSION_SEAL = 2,
	WARD_EVENT_SESSION_END = 3,
	WARD_EVENT_BUF_ALLOC = 4,
	WARD_EVENT_BUF_PIN = 5,
	WARD_EVENT_BUF_WIPE = 6,	/* class A: unmapped, zeroed */
	WARD_EVENT_BUF_UNPIN = 7,	/* class B: zeroed in place */
	WARD_EVENT_MEASURE = 8,		/* the declared register was extended */
	WARD_EVENT_ATTEST_OK = 9,
	WARD_EVENT_ATTEST_FAIL = 10,
	WARD_EVENT_LEVEL = 11,		/* a pressure level was entered */
	WARD_EVENT_PROVIDER = 12,	/* attached (reason 1) or detached (0) */
	WARD_EVENT_LINK = 13,		/* global chain only: a session's newest head */
	WARD_EVENT_MODULE = 14,		/* global chain only: module start */
	WARD_EVENT_LEASE = 15,		/* set (reason 0), renewed (1), run out (2) */
	WARD_EVENT_REVOKE = 16,		/* an administrator revoked the session */
	WARD_EVENT_POWER = 17,		/* global chain only: see reason */
	WARD_EVENT_LIMIT = 18,		/* global chain only: a limit was set */
	WARD_EVENT_BREAKER = 19,	/* global chain only: see reason */
	WARD_EVENT_POLICY = 20,		/* global chain only: a policy was set */
	WARD_EVENT_KEY_PAIR = 21,	/* the session's X25519 key was made */
	WARD_EVENT_KEY_IMPORT = 22,	/* a data key came in */
	WARD_EVENT_KEY_END = 23,	/* a data key was destroyed */
};

/**
 * struct ward_event - one record of a chain, WARD_EVENT_SIZE bytes, little endian
 * @size: 128
 * @type: WARD_EVENT_*
 * @reason: for BUF_WIPE, BUF_UNPIN and KEY_END: WARD_END_*; for ATTEST_FAIL: a positive
 *	errno; for LEVEL: the level; for PROVIDER: 1 or 0; for LEASE: 0 set,
 *	1 renewed, 2 run out; for POWER: 1 suspend, 2 resume, 3 reboot or halt;
 *	for LIMIT: 1 global, 2 per user, 3 per session, 4 one user's, 5 time
 *	between calls of the provider, 6 their burst, 7 time between a user's
 *	requests, 8 their burst, 9 the breaker's cool-down; for BREAKER: 0 it
 *	closed, it opened because of 1 garbage, 2 repeated failure, 3 a probe
 *	that failed; for POLICY: WARD_LATCH_*; for KEY_IMPORT: 0 by WARD_KEY_IMPORT,
 *	1 by WARD_KEY_UNWRAP; else 0
 * @seq: position in its chain, from 1
 * @time_ns: CLOCK_BOOTTIME
 * @id: buffer or key id, unique per boot; for LINK: the session's sequence number;
 *	for ATTEST_*: the purpose; for MODULE: its version; for LEASE: when it
 *	runs out; for PROVIDER: WARD_PROVIDER_*; for BREAKER that opens: a
 *	positive errno; for POLICY: its rules; else 0
 * @bytes: the buffer's size; for LEVEL: bytes live; for LIMIT: the limit, in
 *	bytes, and from reason 5 on in milliseconds or tokens; for REVOKE and
 *	LEASE's end: bytes live before; for KEY_END: bytes opened with it; else 0
 * @cost_ns: how long it took to unmap and zero, or to get evidence; for BREAKER
 *	that opens: the cool-down; for KEY_END: how long it took to destroy; else 0
 * @uid: of the session's opener, in the initial user namespace; for LIMIT 4:
 *	the user; 0 where no session is concerned
 * @class: WARD_CLASS_* or 0
 * @label: what the worker called it; show as hex
 * @detail: for LINK: the session's newest head; for MEASURE: the first 32 bytes of
 *	the digest; for ATTEST_*: the first 32 bytes of the leaf, or of raw report
 *	data where @id is WARD_PURPOSE_RAW; for PROVIDER: its name; for SESSION_*: the
 *	session id and 16 zero bytes; for LEASE: the anchor; for POLICY: its hash; for
 *	KEY_PAIR: the public half; for KEY_IMPORT and KEY_END: its grant's dataset and
 *	release; else zero
 * @reserved: zero
 *
 * A record's digest is b = SHA-256(0x00 || record). A chain's head becomes
 * SHA-256(0x01 || previous head || b). It starts as
 * SHA-256("WARD-CHAIN-V1" || 0x00 || instance id || session id), the session
 * id being 16 zero bytes for the global chain. That one takes a session's newest
 * head as a LINK before it takes another session's or a record of its own, and
 * before anybody is shown its head: what is shown covers every record so far.
 */
struct ward_event {
	__le32 size;
	__le16 type;
	__le16 reason;
	__le64 seq;
	__le64 time_ns;
	__le64 id;
	__le64 bytes;
	__le64 cost_ns;
	__le32 uid;
#ifdef __cplusplus
	__le32 class_;
#else
	__le32 class;
#endif
	__u8 label[WARD_LABEL_LEN];
	__u8 detail[32];
	__u8 reserved[8];
};

/**
 * struct ward_who - a process as the kernel sees it
 * @pid: thread id in the initial pid namespace
 * @tgid: process id in the initial pid namespace
 * @start_ns: start of the process, CLOCK_BOOTTIME
 * @uid: effective, in the initial user namespace
 * @gid: effective, in the initial user namespace
 * @own_uid: the same in the process's own user namespace
 * @own_gid: the same in the process's own user namespace
 * @userns_level: 0 = the initial user namespace
 * @reserved: zero
 * @cgroup_id: id in the cgroup v2 hierarchy; unique per boot only
 * @cgroup_hash: SHA-256 of the cgroup's path from the root, without the final
 *	NUL; all zero when it could not be had
 */
struct ward_who {
	__le32 pid;
	__le32 tgid;
	__le64 start_ns;
	__le32 uid;
	__le32 gid;
	__le32 own_uid;
	__le32 own_gid;
	__le32 userns_level;
	__le32 reserved;
	__le64 cgroup_id;
	__u8 cgroup_hash[32];
};

/* ward_claims.advisory: what weakens the executable's digest. */
#define WARD_ADVISE_TRACED		(1u << 0)	/* some thread is ptraced */
#define WARD_ADVISE_DUMPABLE		(1u << 1)	/* others of its uid may trace it */
#define WARD_ADVISE_NO_NEW_PRIVS	(1u << 2)
#define WARD_ADVISE_SECCOMP		(1u << 3)	/* strict mode or a filter */
#define WARD_ADVISE_INIT_USERNS		(1u << 4)
#define WARD_ADVISE_CALLER_NOT_OPENER	(1u << 5)	/* the fd was passed on */

/*
 * ward_claims.posture: facts about the machine; ward_claims.posture_known has
 * the bits that this kernel could find out. A bit that is not known is zero.
 */
#define WARD_POSTURE_MEM_ENCRYPT	(1ull << 0)	/* memory encryption active */
#define WARD_POSTURE_MODULE_SIG		(1ull << 1)	/* ward.ko carried a valid signature */
#define WARD_POSTURE_KEXEC_LOADED	(1ull << 2)	/* a crash kernel is loaded */
#define WARD_POSTURE_HIBERNATION_OFF	(1ull << 3)	/* hibernation is blocked now */
#define WARD_POSTURE_LOCKDOWN_INTEGRITY	(1ull << 4)
#define WARD_POSTURE_LOCKDOWN_CONF	(1ull << 5)	/* confidentiality */
#define WARD_POSTURE_EXCLUSIVE		(1ull << 6)	/* nobody else reaches the TEE */
#define WARD_POSTURE_INIT_ON_FREE	(1ull << 7)

/* ward_claims.state */
#define WARD_STATE_SEALED		(1u << 0)
#define WARD_STATE_TOMBSTONE		(1u << 1)	/* the subject session has ended */
#define WARD_STATE_REVOKED		(1u << 2)
#define WARD_STATE_EXPIRED		(1u << 3)	/* the lease ran out */

/**
 * struct ward_claims - what the kernel vouches for, WARD_CLAIMS_SIZE bytes
 * @size: 1024
 * @version: 1
 * @purpose: WARD_PURPOSE_*
 * @nonce_len: bytes of @nonce that count, up to 64
 * @nonce: the caller's, the rest zero
 * @binding: the caller's
 * @instance: random, drawn when the module was loaded
 * @session: the session that asked
 * @subject: the session that the ledger, state and chain below speak of: the
 *	same as @session, or one of the caller's that has ended
 * @caller: who called WARD_ATTEST
 * @opener: who opened the session
 * @exe_kind: WARD_EXE_*
 * @advisory: WARD_ADVISE_*
 * @exe_digest: of the caller's executable, zero padded. Advisory: PR_SET_MM,
 *	ptrace, LD_PRELOAD and interpreters defeat it
 * @declared: register extended by WARD_MEASURE; what the worker declares
 * @session_key: X25519 public key of the session (WARD_KEY_PAIR); zero until there is
 *	one. It stays when the private half is gone: once the session is sealed,
 *	revoked, expired or ended
 * @keys_live: data keys held by the session in the kernel
 * @keys_destroyed: data keys that the session held and that are destroyed
 * @posture: WARD_POSTURE_*
 * @posture_known: bits of @posture that this kernel could find out
 * @taint: kernel taint, bit n = TAINT flag n, without out-of-tree (12)
 * @tee: WARD_TEE_* as the (primary) provider says, or as the kernel detects it
 * @lockdown: 0 none, 1 integrity, 2 confidentiality
 * @limit_global: bytes; ~0 = no limit
 * @limit_user: the same, per uid
 * @limit_session: the same, per session; 0 for a subject that has ended
 * @live_a: class A bytes held now by @subject, bound to its process
 * @peak_a: most that @live_a ever was
 * @live_shared: class A bytes held now, bound to the session
 * @peak_shared: most that @live_shared ever was
 * @live_volatile: part of the above that the kernel may purge
 * @peak_volatile: most that @live_volatile ever was
 * @live_b: class B bytes held now; never part of a receipt's total
 * @peak_b: most that @live_b ever was
 * @alloc_buffers: class A buffers ever made
 * @alloc_bytes: class A bytes ever made
 * @wiped_buffers: class A buffers unmapped and zeroed
 * @wiped_bytes: class A bytes unmapped and zeroed
 * @unpinned_buffers: class B buffers zeroed in place and unpinned
 * @unpinned_bytes: class B bytes zeroed in place and unpinned
 * @failed: charges refused
 * @state: WARD_STATE_*
 * @reserved0: zero
 * @lease_deadline_ns: the hard deadline, CLOCK_BOOTTIME; 0 = none
 * @lease_anchor: head of the owner's hash chain; zero = none
 * @session_seq: records in @subject's chain so far
 * @session_head: its head
 * @global_seq: records in the global chain so far
 * @global_head: its head
 * @events_dropped: records of @subject that its ring no longer holds
 * @policy_hash: of the policy in force; zero = none set
 * @boot_ns: CLOCK_BOOTTIME when the claims were composed; informational
 * @real_ns: CLOCK_REALTIME; influenced by the host; informational
 * @module_version: major << 16 | minor << 8 | patch; self-asserted
 * @reserved1: zero
 * @build_id: first 20 bytes of SHA-256 over the module's sources; self-asserted
 * @reserved2: zero
 * @lease_term_ns: how long each renewal lasts; 0 = none
 * @lease_expires_ns: when the lease runs out as things stand, CLOCK_BOOTTIME;
 *	0 = never
 * @reserved: zero
 *
 * leaf = SHA-512(0x00 || claims), node = SHA-512(0x01 || left || right) over a
 * tree shaped as RFC 9162 section 2.1.1 shapes it, and the report data that
 * the TEE signs is SHA-512("WARD-CLAIMS-V1" || 0x00 || root).
 */
struct ward_claims {
	__le32 size;
	__le32 version;
	__le32 purpose;
	__le32 nonce_len;
	__u8 nonce[WARD_NONCE_MAX];		/* 16 */
	__u8 binding[WARD_BINDING_LEN];		/* 80 */
	__u8 instance[WARD_ID_LEN];		/* 144 */
	__u8 session[WARD_ID_LEN];		/* 160 */
	__u8 subject[WARD_ID_LEN];		/* 176 */
	struct ward_who caller;			/* 192 */
	struct ward_who opener;			/* 272 */
	__le32 exe_kind;			/* 352 */
	__le32 advisory;
	__u8 exe_digest[64];			/* 360 */
	__u8 declared[WARD_DIGEST_LEN];		/* 424 */
	__u8 session_key[32];			/* 488 */
	__le32 keys_live;			/* 520 */
	__le32 keys_destroyed;
	__le64 posture;				/* 528 */
	__le64 posture_known;
	__le64 taint;
	__le32 tee;				/* 552 */
	__le32 lockdown;
	__le64 limit_global;			/* 560 */
	__le64 limit_user;
	__le64 limit_session;
	__le64 live_a;				/* 584 */
	__le64 peak_a;
	__le64 live_shared;
	__le64 peak_shared;
	__le64 live_volatile;
	__le64 peak_volatile;
	__le64 live_b;
	__le64 peak_b;
	__le64 alloc_buffers;			/* 648 */
	__le64 alloc_bytes;
	__le64 wiped_buffers;
	__le64 wiped_bytes;
	__le64 unpinned_buffers;
	__le64 unpinned_bytes;
	__le64 failed;				/* 696 */
	__le32 state;				/* 704 */
	__le32 reserved0;
	__le64 lease_deadline_ns;		/* 712 */
	__u8 lease_anchor[32];
	__le64 session_seq;			/* 752 */
	__u8 session_head[WARD_HEAD_LEN];
	__le64 global_seq;			/* 792 */
	__u8 global_head[WARD_HEAD_LEN];
	__le64 events_dropped;			/* 832 */
	__u8 policy_hash[32];			/* 840 */
	__le64 boot_ns;				/* 872 */
	__le64 real_ns;
	__le32 module_version;			/* 888 */
	__le32 reserved1;
	__u8 build_id[20];			/* 896 */
	__u8 reserved2[4];
	__le64 lease_term_ns;			/* 920 */
	__le64 lease_expires_ns;
	__u8 reserved[88];			/* 936 */
};

#endif /* _UAPI_LINUX_WARD_CLAIMS_H */
