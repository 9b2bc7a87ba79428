/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Internal types and the prototypes of each room, from the lowest floor up.
 * A room calls only rooms above it in this file.
 *
 * Lock order, outermost first:
 *
 *	ward_sessions_lock	(mutex, session.c)  list of sessions, tombstones
 *	ward_key::lock		(rwsem, key.c)      held for read over one message
 *	ward_keyring::lock	(mutex, keyring.c)
 *	mmap_lock		(the kernel's)
 *	ward_buf::lock		(rwsem, buffer.c)   the fault path takes it for read
 *	invalidate_lock		(rwsem, the inode's) likewise; veil.c
 *	volatile_lock		(spinlock, volatile.c)
 *	ward_pool::lock		(spinlock)          also from reclaim, which tries
 *	queue_lock		(spinlock, queue.c) requests that wait, the breaker
 *	ward_ledger_lock	(spinlock)          every account, chain, user, waiter
 *
 * ward_ciphers::lock is a leaf under ward_key::lock; by themselves are
 * ward_allowance::lock, queue_lock (request.c), providers_lock, agents_lock.
 * Between ward_key::lock and ward_buf::lock there is no user copy and no mmap_lock: a
 * key's end waits for nothing that user space can hold up.
 *
 * Under ward_buf::lock there is no user copy, no allocation that may reclaim,
 * and no mmap_lock. ward_ledger_lock is a leaf but for wait queues: it covers
 * counters, chain heads and state bits together, so that a snapshot is one
 * moment and a seal is atomic against a charge. Who waits for room is woken
 * under it.
 */
#ifndef WARD_H
#define WARD_H

#include <linux/kref.h>
#include <linux/list.h>
#include <linux/pgtable.h>
#include <linux/spinlock.h>
#include <linux/types.h>
#include <linux/uidgid.h>
#include <linux/wait.h>
#include <linux/xarray.h>
#include <linux/ward.h>
#include <linux/ward_netlink.h>

#include "gate.h"
#include "keyring.h"
#include "lease.h"

struct file;
struct poll_table_struct;
struct seq_file;
struct task_struct;
struct ward_call;
struct ward_user;

#define WARD_VERSION_MAJOR	0
#define WARD_VERSION_MINOR	1
#define WARD_VERSION_PATCH	0
#define WARD_VERSION_CODE	(WARD_VERSION_MAJOR << 16 | \
				 WARD_VERSION_MINOR << 8 | WARD_VERSION_PATCH)
#define WARD_VERSION_STRING	"0.1.0"

/* The module's random id, drawn in main.c before anything else runs. */
extern u8 ward_instance[WARD_ID_LEN];

/* ---- digest.c: SHA-256 and SHA-512, usable under a spinlock ------------- */

struct ward_span {
	const void *data;
	size_t len;
};

int ward_digest_init(void);
void ward_digest_exit(void);
void ward_sha256(const struct ward_span *spans, unsigned int n, u8 *out);
void ward_sha512(const struct ward_span *spans, unsigned int n, u8 *out);

/* ---- chain.c: hash-chained event records; ward_ledger_lock held --------- */

struct ward_chain {
	u64 seq;
	u64 dropped;
	u8 head[WARD_HEAD_LEN];
	unsigned int cap;
	struct ward_event *ring;	/* record i is at (i - 1) % cap */
};

int ward_chain_init(struct ward_chain *chain, const u8 *session_id,
		    unsigned int cap);
void ward_chain_free(struct ward_chain *chain);
void ward_chain_append(struct ward_chain *chain, struct ward_event *ev);
u64 ward_chain_first(const struct ward_chain *chain);
const struct ward_event *ward_chain_record(const struct ward_chain *chain,
					   u64 seq);

/* ---- ledger.c: who holds how much; events and figures in one moment ----- */

extern spinlock_t ward_ledger_lock;

enum ward_kind {
	WARD_KIND_A,		/* class A, bound to its mm */
	WARD_KIND_SHARED,	/* class A, bound to the session */
	WARD_KIND_B,		/* class B */
	WARD_KINDS,
};

/**
 * struct ward_terms - until when a session may hold memory
 * @deadline_ns: from which nothing is excepted; 0 = none. Only shrinks
 * @term_ns: from each renewal to the next; 0 = none
 * @expires_ns: when the lease runs out as things stand; 0 = never
 * @anchor: the hash whose preimage renews; zero = none
 *
 * Moments are of CLOCK_BOOTTIME.
 */
struct ward_terms {
	u64 deadline_ns;
	u64 term_ns;
	u64 expires_ns;
	u8 anchor[WARD_HEAD_LEN];
};

static inline bool ward_terms_over(const struct ward_terms *terms, u64 now)
{
	return terms->expires_ns && now >= terms->expires_ns;
}

/**
 * struct ward_totals - the figures of a session that outlive it
 *
 * Everything here is protected by ward_ledger_lock while the session lives
 * and constant in its tombstone.
 */
struct ward_totals {
	u8 declared[WARD_DIGEST_LEN];	/* register of WARD_MEASURE */
	u64 live[WARD_KINDS];
	u64 peak[WARD_KINDS];
	u64 live_all;			/* sum of @live */
	u64 peak_all;
	u64 live_volatile;		/* part of @live of class A */
	u64 peak_volatile;
	u64 alloc_buffers;		/* class A */
	u64 alloc_bytes;
	u64 wiped_buffers;		/* class A */
	u64 wiped_bytes;
	u64 unpinned_buffers;		/* class B */
	u64 unpinned_bytes;
	u64 failed;			/* charges refused */
	u8 session_key[WARD_KEY_LEN];	/* the public half, also when the other is gone */
	u32 keys_live;
	u32 keys_destroyed;
	u32 state;			/* WARD_STATE_* */
	u32 uid;			/* of the opener */
	struct ward_terms terms;	/* of its lease */
	u64 seq;
	u64 dropped;
	u8 head[WARD_HEAD_LEN];
};

/**
 * struct ward_gauge - a level with hysteresis; ward_ledger_lock
 * @level: WARD_LEVEL_*
 * @low: @level is left when fewer bytes live
 * @high: @level is left when as many bytes live, or more
 */
struct ward_gauge {
	u32 level;
	u64 low;
	u64 high;
};

#define WARD_NOTICES	32

/**
 * struct ward_notices - what a session has to be told; ward_ledger_lock
 * @seq: of the newest
 * @seen: the last one that read() took
 * @ring: number n is at (n - 1) % WARD_NOTICES
 * @wait: woken when @seq moves
 */
struct ward_notices {
	u64 seq;
	u64 seen;
	struct ward_notice ring[WARD_NOTICES];
	wait_queue_head_t wait;
};

/**
 * struct ward_account - a session's part of the ledger; ward_ledger_lock
 * @node: in the ledger's list, for changes of the global level
 * @peer: among the accounts of its user
 * @user: whose it is; constant
 * @id: of the session; constant
 * @limit: bytes of all kinds that the session set itself; only shrinks
 * @threshold: of WARD_WATCH, in place of medium's 75 %; 0 = none
 * @gauge: of the session's own limit
 * @level: the highest of its own, its user's and the global one
 * @waiting: charges that wait
 * @held: pass of the queue in which its own limit held up a charge
 * @part: what part it has in stalls; pressure.c
 * @notices: see there
 * @journal: its records there, oldest first
 * @noted: how many
 * @acts: the session's own that changed what claims say of it; read without the lock
 */
struct ward_account {
	struct list_head node;
	struct list_head peer;
	struct ward_user *user;
	u8 id[WARD_ID_LEN];
	struct ward_totals totals;
	struct ward_chain chain;
	u64 limit;
	u64 threshold;
	struct ward_gauge gauge;
	u32 level;
	u32 waiting;
	u64 held;
	u32 part;
	struct ward_notices notices;
	struct list_head journal;
	u32 noted;
	u64 acts;
};

/* What the machine as a whole holds; for control.c and pressure. */
struct ward_global {
	u64 limit;
	u64 limit_user;		/* of each user that has none of their own */
	u64 limit_session;	/* of each session */
	u64 live[WARD_KINDS];
	u64 live_all;
	u64 peak_all;
	u64 live_volatile;
	u64 failed;
	u64 wiped_bytes;
	u64 seq;
	u8 head[WARD_HEAD_LEN];
	u32 level;
	u64 level_seq;		/* changes of @level */
	u32 accounts;
};

/* @limit in bytes. */
int ward_ledger_init(u64 limit);
void ward_ledger_exit(void);
int ward_account_init(struct ward_account *acct, const u8 *session_id, u32 uid);
void ward_account_free(struct ward_account *acct);

/*
 * The life of a buffer's bytes. charge() refuses with -EDQUOT above a limit,
 * -ESHUTDOWN once the session is sealed, revoked or expired, or the machine
 * goes down, and -EBUSY while it hibernates. try() does the same and does not
 * count a refusal: the caller can make room and come again; with @in_turn it is
 * -EAGAIN where there is room, and charges that wait may come first. Each successful
 * charge is followed by exactly one of refund() (nothing was made) or made(), which
 * fails with -ESHUTDOWN where the session was sealed meanwhile (refund() then),
 * and each made() by exactly one wiped(), which counts, records and uncharges
 * in one moment. @ev has type, reason, id, bytes, cost, class and label set by
 * the caller.
 */
int ward_ledger_try(struct ward_account *acct, enum ward_kind kind, u64 bytes,
		    bool in_turn);
int ward_ledger_charge(struct ward_account *acct, enum ward_kind kind, u64 bytes);
void ward_ledger_refund(struct ward_account *acct, enum ward_kind kind, u64 bytes);
int ward_ledger_made(struct ward_account *acct, enum ward_kind kind,
		     struct ward_event *ev);
void ward_ledger_wiped(struct ward_account *acct, enum ward_kind kind,
		       struct ward_event *ev);

/*
 * What a session is told of keys: 0, -ESHUTDOWN and -EBUSY as charge() has them. A key
 * is made() once, which is -EDQUOT for one too many, and gone() once; each with its
 * record, in one moment. So is the pair, whose end is no record of its own.
 */
int ward_ledger_admits(struct ward_account *acct);
int ward_ledger_key_made(struct ward_account *acct, struct ward_event *ev);
void ward_ledger_key_gone(struct ward_account *acct, struct ward_event *ev);
int ward_ledger_pair_made(struct ward_account *acct, const u8 *public);
void ward_ledger_pair_gone(struct ward_account *acct);

/* Bytes that live in class A become purgeable, or are no longer. */
void ward_ledger_volatile(struct ward_account *acct, u64 bytes, bool on);

/*
 * No charges until it is open again (-EBUSY); -EBUSY, and nothing changes, while
 * bytes or keys live. After close() there are none any more (-ESHUTDOWN). Who waits is told.
 */
int ward_ledger_shut(void);
void ward_ledger_open(void);
void ward_ledger_close(void);

/* The same two with ward_ledger_lock held already, and without. */
void ward_ledger_append(struct ward_account *acct, struct ward_event *ev);
/* Append a record to a session's chain, linked into the global one. */
void ward_ledger_record(struct ward_account *acct, struct ward_event *ev);
/* Append a record to the global chain alone. */
void ward_ledger_system(struct ward_event *ev);
/*
 * Set bits of WARD_STATE_*; records @ev when one of them was new. Whose wait for
 * room is over by that is told; ward_ledger_lock held, who sets them alone does.
 */
void ward_ledger_state(struct ward_account *acct, u32 bits, struct ward_event *ev);
void ward_ledger_dismiss(struct ward_account *acct);
/* Figures, state, limits and both chain heads of one moment into @claims. */
void ward_ledger_snapshot(struct ward_account *acct, struct ward_claims *claims);
/* The same for an ended session: limits and global head of now, @totals. */
void ward_ledger_epitaph(const struct ward_totals *totals,
			 struct ward_claims *claims);
void ward_ledger_totals(struct ward_account *acct, struct ward_totals *out);
/* Counts providers that came or went; no lock. */
u64 ward_ledger_providers(void);
/* The account's user, as the gate of requests knows them; as long as the account is. */
struct ward_gate_user *ward_account_gate_user(struct ward_account *acct);
void ward_ledger_global(struct ward_global *out);
/* ward_ledger_lock held: bytes that @acct may hold by the tightest limit. */
u64 ward_ledger_limit(const struct ward_account *acct);
/* WARD_PRESSURE: the out_* fields, of one moment. */
void ward_ledger_pressure(struct ward_account *acct, struct ward_pressure *out);
/* WARD_WATCH: a new threshold, and a new limit unless 0; -EINVAL if it grows. */
int ward_ledger_watch(struct ward_account *acct, u64 threshold, u64 limit);
/* The digest goes into the register: register = SHA-512(register || digest). */
int ward_ledger_measure(struct ward_account *acct, const u8 *digest, u8 *out);

/* ---- notice.c: what a session is told ------------------------------------------ */

/* Takes ward_ledger_lock. @kind is WARD_NOTICE_*, @id that of a buffer or 0. */
void ward_notice_add(struct ward_account *acct, u32 kind, u64 id);

/* ---- identity.c: who is calling ----------------------------------------- */

void ward_identity_who(struct task_struct *task, struct ward_who *who);
/* Fills exe_kind, exe_digest, advisory for current. May sleep and read the file. */
void ward_identity_exe(struct ward_claims *claims);

/* ---- posture.c: facts about the machine --------------------------------- */

struct ward_posture {
	u64 bits;
	u64 known;
	u64 taint;
	u32 tee;
	u32 lockdown;
};

void ward_posture_init(void);
void ward_posture_get(struct ward_posture *out);
/* WARD_FEATURE_* as this kernel allows. */
u64 ward_features(void);

/* ---- pool.c: a session's clean memory --------------------------------------- */

/* Buffers are cut into chunks of this order: one folio where it can be had. */
#define WARD_CHUNK_ORDER	(PMD_SHIFT - PAGE_SHIFT)
#define WARD_CHUNK_PAGES	(1UL << WARD_CHUNK_ORDER)

/**
 * struct ward_pool - chunks that hold nothing, kept for a session's next buffers
 * @lock: protects what follows @node. Nothing sleeps or allocates under it
 * @node: in the list of pools
 * @chunks: by order of their size; the last for those that are one folio
 * @pages: in @chunks; read without the lock, too
 * @closed: takes no more
 */
struct ward_pool {
	spinlock_t lock;
	struct list_head node;
	struct list_head chunks[WARD_CHUNK_ORDER + 2];
	unsigned long pages;
	bool closed;
};

/* @limit: bytes of protected memory in all. */
int ward_pool_init(u64 limit);
void ward_pool_exit(void);
void ward_pool_start(struct ward_pool *pool);
void ward_pool_end(struct ward_pool *pool);
unsigned long ward_pool_drain(struct ward_pool *pool);
void ward_pool_close(struct ward_pool *pool);
u64 ward_pool_bytes(const struct ward_pool *pool);
u64 ward_pool_total(void);
void ward_pool_drain_all(void);
void ward_pool_open_all(void);

/* ---- roll.c: a session's buffers -------------------------------------------- */

struct ward_bind;
struct ward_buf;

/**
 * struct ward_roll - a session's buffers
 * @bufs: by id; its lock protects the first two
 * @closed: WARD_END_* for which no more are added; 0 = they are
 * @kept: the mm that first had a buffer of the session, see ward_bind_keep()
 */
struct ward_roll {
	struct xarray bufs;
	u32 closed;
	struct ward_bind *kept;
};

int ward_roll_init(struct ward_roll *roll);
void ward_roll_destroy(struct ward_roll *roll);
int ward_roll_reserve(struct ward_roll *roll, u64 id);
u32 ward_roll_add(struct ward_roll *roll, struct ward_buf *buf);
void ward_roll_drop(struct ward_roll *roll, u64 id);
void ward_roll_close(struct ward_roll *roll, u32 reason);
struct ward_buf *ward_roll_after(struct ward_roll *roll, u64 id);

/* ---- kept.c: a session's last answer, see kept.h ----------------------------- */

struct ward_kept;

/* Where it is kept; the lock, a leaf, protects the pointer, which may be NULL. */
struct ward_keep {
	spinlock_t lock;
	struct ward_kept *kept;
};

void ward_keep_init(struct ward_keep *keep);
void ward_keep_drop(struct ward_keep *keep);

/* ---- session.c: an open of /dev/ward ------------------------------------ */

/**
 * struct ward_session - an open of /dev/ward
 * @ref: held by the session's file, by each buffer, key and request
 * @node: in the list of sessions; ward_sessions_lock
 * @serial: order of opening, for resumable dumps
 * @id: random
 * @uid: of the opener
 * @opener: as it was at open; constant
 * @comm: likewise
 * @opened_ns: CLOCK_BOOTTIME
 * @grave: made at open, so that the end cannot fail
 * @account: see there
 * @line: its requests that wait; queue.c
 * @keep: the last answer to one
 * @roll: its buffers
 * @keys: its data keys
 * @volatiles: those that may be purged, oldest first; volatile_lock
 * @clock: of its lease
 * @pool: clean memory for its next ones
 */
struct ward_session {
	struct kref ref;
	struct list_head node;
	u64 serial;
	u8 id[WARD_ID_LEN];
	kuid_t uid;
	struct ward_who opener;
	char comm[16];
	u64 opened_ns;
	struct ward_tombstone *grave;
	struct ward_account account;
	struct ward_line_session line;
	struct ward_keep keep;
	struct ward_roll roll;
	struct ward_keyring keys;
	struct list_head volatiles;
	struct ward_lease_clock clock;
	struct ward_pool pool;
};

extern const struct file_operations ward_session_fops;
extern const struct ward_lease_ops ward_session_lease_ops;
void ward_session_exit(void);

/**
 * struct ward_session_ops - how a session reaches its buffers; set by buffer.c
 * @end: end every buffer that is there; those of kind SHARED alone if @shared.
 *	When it returns they are zeroed. May sleep
 */
struct ward_session_ops {
	void (*end)(struct ward_session *session, u32 reason, bool shared);
};

void ward_session_set_ops(const struct ward_session_ops *ops);
/*
 * No buffer and no key is made any more, and every one ends with @reason
 * (WARD_END_*): when it returns no byte of any is left. The caller, who holds no
 * lock, has set a state bit that makes charges fail, or shut the ledger.
 */
void ward_session_end_all(struct ward_session *session, u32 reason);
/* WARD_FEATURE_* */
u64 ward_session_features(void);
/* Revoke: the state, the record, the end of all that it holds. */
void ward_session_revoke(struct ward_session *session);
void ward_session_get(struct ward_session *session);
void ward_session_put(struct ward_session *session);
/* The first session opened after @serial, referenced; NULL at the end. */
struct ward_session *ward_session_after(u64 serial);
struct ward_session *ward_session_find(const u8 *id);
/* Every session, without a lock: every other CPU has been stopped for good. */
void ward_session_each_stopped(void (*visit)(struct ward_session *session));
void ward_session_counts(u32 *live, u32 *tombstones);
/* Totals of an ended session; -ENOENT, or -EPERM for another uid's. */
int ward_session_tombstone(const u8 *id, struct ward_totals *out);

/* ---- watch.c: how full it is, and what a session is told of it --------------- */

ssize_t ward_watch_read(struct file *file, char __user *buf, size_t len, loff_t *pos);
__poll_t ward_watch_poll(struct file *file, struct poll_table_struct *table);
int ward_cmd_pressure(struct ward_call *call);
int ward_cmd_watch(struct ward_call *call);

/* ---- buffers: bind.c, buffer.c, own.c, pin.c ---------------- */

int ward_buffer_init(void);
void ward_buffer_exit(void);
int ward_shrinker_init(void);
void ward_shrinker_exit(void);

int ward_cmd_buf_alloc(struct ward_call *call);
int ward_cmd_buf_info(struct ward_call *call);
int ward_cmd_buf_wipe(struct ward_call *call);
int ward_cmd_buf_volatile(struct ward_call *call);
int ward_cmd_buf_hold(struct ward_call *call);
int ward_cmd_buf_pin(struct ward_call *call);

/* ---- claims.c, queue.c, request.c, attest.c -------------------------------------------------- */

/* The id that the build gave the module: 20 bytes, zero where it gave none. */
void ward_build_id(u8 *id);
/* ward_posture_get(), with what the providers of evidence say. */
void ward_claims_posture(struct ward_posture *out);
/*
 * Compose claims about current, which asks on @session. @cmd has been checked
 * but for what depends on the figures. -ENOENT and -EPERM for a subject.
 */
int ward_claims_fill(struct ward_session *session, const struct ward_attest *cmd,
		     struct ward_claims *claims);

int ward_attest_init(void);
void ward_attest_exit(void);
int ward_cmd_attest(struct ward_call *call);

/* ---- agent.c: evidence from user space ------------------------------------- */

int ward_cmd_agent_bind(struct ward_call *call);
int ward_cmd_agent_reply(struct ward_call *call);

/* ---- oom.c, panic.c, lifecycle.c: the machine's own ways ------------------- */

int ward_oom_init(void);
void ward_oom_exit(void);
void ward_panic_init(void);
void ward_panic_exit(void);

int ward_lifecycle_init(void);
void ward_lifecycle_exit(void);

/* ---- fdinfo.c -------------------------------------------------------------- */

void ward_session_show(struct seq_file *seq, struct file *file);
void ward_buf_show(struct seq_file *seq, struct file *file);
void ward_key_show(struct seq_file *seq, struct file *file);

/* ---- ioctl.c ------------------------------------------------------------- */

/**
 * struct ward_call - one ioctl on its way through the house
 * @object: file->private_data: a session, a buffer, a key or an agent
 * @cmd: kernel copy of the argument, the kernel's full size, tail zeroed
 * @room: bytes of @cmd that the caller has, from its start
 * @reply_on_error: the handler wants @cmd written back though it fails
 * @silent: the handler has nothing to write back
 * @publish: a file that the handler made. After @cmd has been written back it
 *	is installed at @fd; when that failed, both are dropped
 * @commit: called with @publish in between, where that went well; may be NULL
 * @fd: reserved with get_unused_fd_flags()
 */
struct ward_call {
	void *object;
	void *cmd;
	u32 room;
	bool reply_on_error;
	bool silent;
	struct file *publish;
	void (*commit)(struct file *file);
	int fd;
};

long ward_ioctl_session(struct file *file, unsigned int cmd, unsigned long arg);
long ward_ioctl_buffer(struct file *file, unsigned int cmd, unsigned long arg);
long ward_ioctl_key(struct file *file, unsigned int cmd, unsigned long arg);
long ward_ioctl_agent(struct file *file, unsigned int cmd, unsigned long arg);

/* session.c's commands */
int ward_cmd_info(struct ward_call *call);
int ward_cmd_measure(struct ward_call *call);
int ward_cmd_lease(struct ward_call *call);
int ward_cmd_events(struct ward_call *call);
int ward_cmd_seal(struct ward_call *call);

/* ---- control.c and control.h: generic netlink ------------------------------------------ */

int ward_control_init(void);
void ward_control_exit(void);

#endif /* WARD_H */
