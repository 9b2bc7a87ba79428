/* SPDX-License-Identifier: (GPL-2.0-only WITH Linux-syscall-note) OR MIT */
/*
 * ward: protected memory and mediated attestation for confidential VMs.
 *
 * This header is the ABI of /dev/ward. What is asked of and about buffers stands
 * in ward_buffer.h, of and about data keys in ward_key.h, how evidence is asked for in
 * ward_attest.h and how a program provides it in ward_agent.h, what leaves the machine
 * (claims and event records) in ward_claims.h; this one includes all five. The generic
 * netlink family of the control plane is ward_netlink.h.
 *
 * What it is
 * ----------
 * Opening /dev/ward makes a *session*: a random 128-bit id, a chain of events,
 * a ledger of the protected memory that it holds and ever held. Through the
 * session a worker allocates buffers (class A: memory that the kernel owns,
 * hides from other processes and from core dumps, and zeroes on every way
 * out), pins memory of its own (class B: the declared weaker class), asks for
 * evidence of what it is (WARD_ATTEST), gets data keys that only the kernel
 * holds (WARD_KEY_IMPORT), and finally seals itself: from then on it can hold
 * no key and no new protected memory, and evidence taken with purpose
 * WARD_PURPOSE_RECEIPT says so.
 *
 * What opening /dev/ward grants
 * -----------------------------
 * Protected memory up to the limits in force, and evidence over claims that
 * the kernel composes about the caller. It grants no access to another
 * session, to another process's buffers, or to the TEE's own interface, and
 * no way to choose what the kernel says about the caller. A uid holds at most
 * 512 sessions at once; open() gives EDQUOT beyond.
 *
 * Rules of every ioctl
 * --------------------
 *  - The argument points to a struct that starts with
 *    ``__u32 size; __u32 flags;``. @size is what the caller compiled against.
 *    A longer struct than the kernel's, up to a page, is accepted when the tail
 *    is zero; a
 *    shorter one is accepted down to its last mandatory field, the rest is
 *    taken as zero and not written back.
 *  - Fields named out_* are written by the kernel, on success only, except
 *    where a field's comment says otherwise. All other fields are left as
 *    they were.
 *  - Reserved fields must be zero.
 *  - 32-bit callers work: the layout has no pointer and no long.
 *
 * What each errno means
 * ---------------------
 * Every ioctl can give ENOTTY, and for its argument EINVAL, E2BIG, EOPNOTSUPP and
 * EFAULT as they stand here. What else one can give stands at its struct.
 *
 *  ENOTTY      no such ioctl on this fd
 *  EINVAL      understood and wrong: a reserved field, a length, a size
 *  E2BIG       the struct is longer than we know and its tail is not zero, or
 *              longer than a page
 *  EOPNOTSUPP  an unknown flag or an unknown value of a known field
 *  EFAULT      the argument, or an address in it, cannot be read or written.
 *              Where only the answer could not be written, the call is done
 *              all the same, but for new buffers: none is left
 *  EMSGSIZE    an output array is too short; the needed length is in the
 *              matching *_len field, which is written in this case too
 *  EPERM       not allowed to this caller, or a precondition of safety is
 *              missing (WARD_BUF_PIN of memory that fork would copy)
 *  EACCES      mprotect() of a buffer's mapping to PROT_EXEC (mmap: EPERM);
 *              evidence that the administrator's policy denies to this caller,
 *              for this purpose, or on a machine in this state: @out_denied says
 *              which of them
 *  ENOMEM      the kernel has no memory
 *  EMFILE      no file descriptor is left to the caller (ENFILE: to anybody)
 *  EDQUOT      a limit of the ledger would be crossed; a session's keys are too
 *              many, or a key's uses too few
 *  ESHUTDOWN   the session is sealed or revoked, its lease has run out, or
 *              the machine goes down
 *  EOWNERDEAD  the buffer was killed: wiped, revoked, its lease run out, or its
 *              owner's memory is gone
 *  EBUSY       a buffer that is mapped already; new memory or a key while the
 *              machine hibernates
 *  ENOTEMPTY   WARD_PIN_CLEAN was asked for and the range holds something
 *  EKEYREJECTED the proof of a renewal does not hash to the lease's anchor; a key
 *              that was not wrapped to this session's
 *  EKEYREVOKED the key has ended
 *  EKEYEXPIRED the key's lifetime is over
 *  ENOPKG      this kernel lacks the cryptography that keys need
 *  EBADF       the file descriptor in the argument is no buffer
 *  ENODEV      no provider of evidence is attached
 *  ENXIO       the provider that was attached is gone
 *  EUSERS      no more agents may be bound
 *  EAGAIN      the queue, or one user's part of it, is full, the user asks too
 *              often, or no evidence can be had before the deadline; try again
 *              after @out_retry_after_ns. As many allocations as may wait do so.
 *              No notice to read() and O_NONBLOCK
 *  EHOSTDOWN   the provider failed again and again, or answered with what is no
 *              evidence: it is left alone until @out_retry_after_ns from now
 *  ETIME       the deadline passed before evidence arrived, or before there
 *              was room
 *  EBADMSG     the provider answered with evidence that does not belong to
 *              this request: empty, short, stale, or over other report data; a
 *              message or a wrapped key that does not verify
 *  EOVERFLOW   the provider answered with more than WARD_*_MAX bytes
 *  EIO         the provider failed, or an agent did not answer in its time
 *  ENOENT      no such session (as subject of WARD_ATTEST); no such request of
 *              this agent
 *  EINTR       a signal came before anything was done; call again
 *
 * /proc/PID/fdinfo
 * ----------------
 * Protected memory is in no RSS; here is where it shows. Of a session:
 * ward-session (id), ward-state (WARD_STATE_*), ward-live, ward-live-b,
 * ward-volatile, ward-pool, ward-peak (bytes), ward-expires (of the lease; 0 = never). Of a
 * buffer: ward-session, ward-buffer (id), ward-class (A or B), ward-length,
 * ward-present (bytes), ward-end (WARD_END_*). Of a key: ward-session, ward-key (id), ward-end.
 * Each as "name:", a tab, the value.
 */
#ifndef _UAPI_LINUX_WARD_H
#define _UAPI_LINUX_WARD_H

#include <linux/ioctl.h>
#include <linux/types.h>
#include <linux/ward_agent.h>
#include <linux/ward_attest.h>
#include <linux/ward_buffer.h>
#include <linux/ward_claims.h>
#include <linux/ward_key.h>

#define WARD_DEVICE		"/dev/ward"
#define WARD_ABI_VERSION	1

/*
 * Ioctl numbers carry no size: a struct that grows keeps its number.
 */
enum {
	WARD_CMD_INFO = 0x00,
	WARD_CMD_BUF_ALLOC = 0x01,
	WARD_CMD_BUF_PIN = 0x02,
	WARD_CMD_MEASURE = 0x03,
	WARD_CMD_LEASE = 0x04,
	WARD_CMD_ATTEST = 0x05,
	WARD_CMD_PRESSURE = 0x06,
	WARD_CMD_WATCH = 0x07,
	WARD_CMD_EVENTS = 0x08,
	WARD_CMD_SEAL = 0x09,
	WARD_CMD_AGENT_BIND = 0x0a,
	WARD_CMD_KEY_IMPORT = 0x0b,
	WARD_CMD_KEY_PAIR = 0x0c,

	WARD_CMD_BUF_INFO = 0x20,
	WARD_CMD_BUF_WIPE = 0x21,
	WARD_CMD_BUF_VOLATILE = 0x22,
	WARD_CMD_BUF_HOLD = 0x23,

	WARD_CMD_AGENT_REPLY = 0x30,

	WARD_CMD_KEY_OPEN = 0x40,
	WARD_CMD_KEY_UNWRAP = 0x41,
	WARD_CMD_KEY_INFO = 0x42,
	WARD_CMD_KEY_END = 0x43,
};

#define WARD_INFO	_IO('W', WARD_CMD_INFO)
#define WARD_BUF_ALLOC	_IO('W', WARD_CMD_BUF_ALLOC)
#define WARD_BUF_PIN	_IO('W', WARD_CMD_BUF_PIN)
#define WARD_MEASURE	_IO('W', WARD_CMD_MEASURE)
#define WARD_LEASE	_IO('W', WARD_CMD_LEASE)
#define WARD_ATTEST	_IO('W', WARD_CMD_ATTEST)
#define WARD_PRESSURE	_IO('W', WARD_CMD_PRESSURE)
#define WARD_WATCH	_IO('W', WARD_CMD_WATCH)
#define WARD_EVENTS	_IO('W', WARD_CMD_EVENTS)
#define WARD_SEAL	_IO('W', WARD_CMD_SEAL)
#define WARD_AGENT_BIND	_IO('W', WARD_CMD_AGENT_BIND)
#define WARD_BUF_INFO	_IO('W', WARD_CMD_BUF_INFO)
#define WARD_BUF_WIPE	_IO('W', WARD_CMD_BUF_WIPE)
#define WARD_BUF_VOLATILE	_IO('W', WARD_CMD_BUF_VOLATILE)
#define WARD_BUF_HOLD	_IO('W', WARD_CMD_BUF_HOLD)
#define WARD_AGENT_REPLY	_IO('W', WARD_CMD_AGENT_REPLY)
#define WARD_KEY_IMPORT	_IO('W', WARD_CMD_KEY_IMPORT)
#define WARD_KEY_PAIR	_IO('W', WARD_CMD_KEY_PAIR)
#define WARD_KEY_OPEN	_IO('W', WARD_CMD_KEY_OPEN)
#define WARD_KEY_UNWRAP	_IO('W', WARD_CMD_KEY_UNWRAP)
#define WARD_KEY_INFO	_IO('W', WARD_CMD_KEY_INFO)
#define WARD_KEY_END	_IO('W', WARD_CMD_KEY_END)

/**
 * struct ward_info - WARD_INFO on a session: what this module is and what the
 *	session has
 * @size: sizeof(struct ward_info)
 * @flags: must be 0
 * @out_abi: WARD_ABI_VERSION
 * @out_module_version: as in ward_claims
 * @out_state: WARD_STATE_*
 * @out_level: WARD_LEVEL_*
 * @out_session: id
 * @out_instance: id
 * @out_live: class A bytes held now
 * @out_live_b: class B bytes held now
 * @out_limit: bytes that the session may hold by the tightest limit
 * @out_features: WARD_FEATURE_*
 * @out_pool: bytes of wiped memory that the session keeps for its next buffers;
 *	they hold nothing, and are no part of @out_live
 */
struct ward_info {
	__u32 size;
	__u32 flags;
	__u32 out_abi;
	__u32 out_module_version;
	__u32 out_state;
	__u32 out_level;
	__u8 out_session[WARD_ID_LEN];
	__u8 out_instance[WARD_ID_LEN];
	__aligned_u64 out_live;
	__aligned_u64 out_live_b;
	__aligned_u64 out_limit;
	__aligned_u64 out_features;
	__aligned_u64 out_pool;
};

#define WARD_FEATURE_ATTEST	(1ull << 0)	/* this kernel has TSM reports to attach */
#define WARD_FEATURE_HUGE	(1ull << 1)	/* buffers may be mapped by 2 MiB */
#define WARD_FEATURE_NO_GUP	(1ull << 2)	/* buffers cannot be pinned by others */
#define WARD_FEATURE_AGENT	(1ull << 3)	/* agents may bind (WARD_AGENT_BIND) */
#define WARD_FEATURE_KEYS	(1ull << 4)	/* the kernel has the ciphers that keys need */

/**
 * struct ward_measure - WARD_MEASURE on a session: extend the declared register
 * @size: sizeof(struct ward_measure)
 * @flags: must be 0
 * @digest: what the worker declares: register = SHA-512(register || @digest)
 * @out_register: the register afterwards
 *
 * The register starts as zero and can only be extended. Claims call it
 * declared, since it is the worker's word.
 *
 * Errors: ESHUTDOWN (sealed or revoked).
 */
struct ward_measure {
	__u32 size;
	__u32 flags;
	__u8 digest[WARD_DIGEST_LEN];
	__u8 out_register[WARD_DIGEST_LEN];
};

/**
 * struct ward_lease - WARD_LEASE on a session: until when it may hold memory
 * @size: sizeof(struct ward_lease)
 * @flags: 0 to set, WARD_LEASE_RENEW to renew
 * @deadline_ns: CLOCK_BOOTTIME: the hard deadline, from which nothing is
 *	excepted; 0 = leave as it is. It lies ahead (EINVAL) and can only shrink
 *	(EPERM)
 * @term_ns: with @anchor: how long the lease runs from now on, and from each
 *	renewal on; 0 = leave as it is. Set once (EPERM)
 * @anchor: end of a hash chain that only the data owner holds; zero = leave
 * @proof: to renew: x with SHA-256(x) = anchor; else zero
 * @out_expires_ns: when the lease runs out as things stand; 0 = never
 * @out_deadline_ns: the hard deadline; 0 = none
 * @out_term_ns: the term; 0 = none
 * @out_anchor: the anchor as it is now; zero = none
 *
 * A renewal makes @proof the new anchor and lets the lease run for a term from
 * now, never past the hard deadline. So it is the owner of the chain, not the
 * worker, who prolongs it. Set it before attestation: the claims name all of
 * it. With nothing to set the call only answers.
 *
 * When the lease runs out all buffers of the session, of either class, are
 * ended (WARD_END_LEASE) whether their owner runs, hangs or is stopped, and the
 * session can hold no new ones. It can still attest.
 *
 * Errors: EINVAL (a deadline not ahead, or beyond 2^63; only one of @term_ns and
 * @anchor; @term_ns beyond WARD_LEASE_TERM_MAX_NS; a renewal that sets something
 * too, or where there is no anchor), EPERM, EKEYREJECTED, ESHUTDOWN (revoked, or
 * run out; not when there is nothing to set).
 */
struct ward_lease {
	__u32 size;
	__u32 flags;
	__aligned_u64 deadline_ns;
	__aligned_u64 term_ns;
	__u8 anchor[WARD_HEAD_LEN];
	__u8 proof[WARD_HEAD_LEN];
	__aligned_u64 out_expires_ns;
	__aligned_u64 out_deadline_ns;
	__aligned_u64 out_term_ns;
	__u8 out_anchor[WARD_HEAD_LEN];
};

#define WARD_LEASE_RENEW	(1u << 0)
#define WARD_LEASE_TERM_MAX_NS	(1ull << 60)

/**
 * struct ward_stall - share of time in which allocations waited, as PSI gives it
 * @avg10: over 10 s, in 1/100 percent
 * @avg60: over 60 s
 * @avg300: over 300 s
 * @reserved: zero
 * @total_us: in all, since the module was loaded
 */
struct ward_stall {
	__u32 avg10;
	__u32 avg60;
	__u32 avg300;
	__u32 reserved;
	__aligned_u64 total_us;
};

/**
 * struct ward_pressure - WARD_PRESSURE on a session: how full protected memory is
 * @size: sizeof(struct ward_pressure)
 * @flags: must be 0
 * @out_level: WARD_LEVEL_*, of the tightest limit that applies to the session
 * @reserved: zero
 * @out_seq: notices of the session so far, as ward_notice.seq
 * @out_live: bytes of both classes that the session holds
 * @out_peak: most that @out_live ever was
 * @out_limit_session: bytes; ~0 = no limit
 * @out_live_global: bytes of both classes held by everybody
 * @out_limit_global: bytes
 * @out_failed: charges refused to the session
 * @out_live_user: bytes held by all sessions of the session's uid
 * @out_limit_user: bytes; ~0 = no limit
 * @out_volatile: part of @out_live that the kernel may purge
 * @out_pool: as ward_info.out_pool
 * @out_waiting: allocations that wait (WARD_BUF_WAIT), of everybody
 * @out_some: time in which at least one allocation waited
 * @out_full: time in which every session that holds or wants memory waited
 *
 * Levels have hysteresis: medium is entered at 75 % of a limit and left below
 * 70 %, critical at 90 % and 85 %. A session with a watch (WARD_WATCH) has its
 * own threshold in place of medium's 75 %, and 15/16 of it in place of 70 %.
 */
struct ward_pressure {
	__u32 size;
	__u32 flags;
	__u32 out_level;
	__u32 reserved;
	__aligned_u64 out_seq;
	__aligned_u64 out_live;
	__aligned_u64 out_peak;
	__aligned_u64 out_limit_session;
	__aligned_u64 out_live_global;
	__aligned_u64 out_limit_global;
	__aligned_u64 out_failed;
	__aligned_u64 out_live_user;
	__aligned_u64 out_limit_user;
	__aligned_u64 out_volatile;
	__aligned_u64 out_pool;
	__aligned_u64 out_waiting;
	struct ward_stall out_some;
	struct ward_stall out_full;
};

/**
 * struct ward_watch - WARD_WATCH on a session: set the threshold of poll()
 * @size: sizeof(struct ward_watch)
 * @flags: must be 0
 * @threshold: bytes that the session itself may hold before the fd becomes
 *	readable; 0 = back to levels alone
 * @limit: bytes that the session limits itself to from now on (EDQUOT above);
 *	0 = leave as it is. It can only shrink
 *
 * poll() on the session fd reports EPOLLIN and EPOLLPRI while there are notices
 * that read() has not taken. To cross the threshold is a change of level,
 * unless the session's limit, the user's or the global one holds it where it is.
 *
 * Errors: EINVAL (@limit above the one in force), ESHUTDOWN (revoked).
 */
struct ward_watch {
	__u32 size;
	__u32 flags;
	__aligned_u64 threshold;
	__aligned_u64 limit;
};

/* ward_notice.kind */
enum {
	WARD_NOTICE_LEVEL = 1,		/* the level became @level */
	WARD_NOTICE_PURGE = 2,		/* volatile buffer @id was purged */
	WARD_NOTICE_LEASE = 3,		/* the lease ran out */
	WARD_NOTICE_REVOKE = 4,		/* an administrator revoked the session */
};

/**
 * struct ward_notice - what read() on a session fd returns, whole records only
 * @size: sizeof(struct ward_notice)
 * @level: WARD_LEVEL_* at that moment
 * @seq: from 1; a jump by more than one = that many were lost
 * @live: bytes that the session held
 * @time_ns: CLOCK_BOOTTIME
 * @kind: WARD_NOTICE_*
 * @reserved: zero
 * @id: of a buffer, or 0
 *
 * A session keeps its last 32 notices that were not read; older ones are lost.
 * read() returns as many as fit and blocks until one is there unless
 * O_NONBLOCK (EAGAIN then, EINTR for a signal meanwhile); a buffer shorter than a
 * record gives EINVAL, one that cannot be written EFAULT, and the notice stays.
 * The end of a session's rights is told by a notice, never by an error.
 */
struct ward_notice {
	__u32 size;
	__u32 level;
	__aligned_u64 seq;
	__aligned_u64 live;
	__aligned_u64 time_ns;
	__u32 kind;
	__u32 reserved;
	__aligned_u64 id;
};

/**
 * struct ward_events - WARD_EVENTS on a session: its records, oldest first
 * @size: sizeof(struct ward_events)
 * @flags: must be 0
 * @from_seq: first record wanted, from 1
 * @addr: array of struct ward_event
 * @count: its capacity; written: records filled in, also with EMSGSIZE
 * @reserved: zero
 * @out_first_seq: sequence number of the first record filled in; greater than
 *	@from_seq where the ring dropped some
 * @out_last_seq: sequence number of the newest record of the chain
 *
 * Fills what fits. EMSGSIZE when more records remain than @count holds: call
 * again from the next one.
 *
 * Errors: EINVAL, EFAULT, EMSGSIZE, ENOMEM.
 */
struct ward_events {
	__u32 size;
	__u32 flags;
	__aligned_u64 from_seq;
	__aligned_u64 addr;
	__u32 count;
	__u32 reserved;
	__aligned_u64 out_first_seq;
	__aligned_u64 out_last_seq;
};

/**
 * struct ward_seal - WARD_SEAL on a session: no more protected memory, for ever
 * @size: sizeof(struct ward_seal)
 * @flags: must be 0
 * @out_live: bytes of class A still held; they may be used until wiped
 * @out_live_b: the same for class B
 *
 * One way. Sealing twice is success. An allocation that has not come back yet gives
 * ESHUTDOWN: no record of a new buffer stands behind the seal's.
 */
struct ward_seal {
	__u32 size;
	__u32 flags;
	__aligned_u64 out_live;
	__aligned_u64 out_live_b;
};

#endif /* _UAPI_LINUX_WARD_H */
