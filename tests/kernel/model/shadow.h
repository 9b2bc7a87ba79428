/* SPDX-License-Identifier: MIT */
/*
 * The shadow: what the ledger must say after each operation, worked out from
 * the text of the uapi headers. It does no system call and knows nothing of
 * processes; world.c tells it who still refers to what.
 */
#ifndef MODEL_SHADOW_H
#define MODEL_SHADOW_H

#include <stdbool.h>
#include <stdint.h>

#include <linux/ward.h>

#define PAGE_BYTES	4096ull

enum { KIND_A, KIND_SHARED, KIND_B, KINDS };
enum { SESSIONS = 10, BUFFERS = 40, RING = 512, NOTICES = 32, PIECES = 12 };
enum { USERS = 3, LINKS = 6, CHUNK_PAGES = 512 };

#define NO_LIMIT	(~0ull)

/** struct shadow_record - what of an event record can be told beforehand */
struct shadow_record {
	uint16_t type;
	uint16_t reason;
	uint32_t class;
	uint64_t id;
	uint64_t bytes;
};

/** struct shadow_notice - what of a notice can */
struct shadow_notice {
	uint32_t kind;
	uint32_t level;
	uint64_t live;
	uint64_t id;
};

/**
 * struct shadow_lease - until when a session may hold memory; 0 = never, none
 * @expires: as the kernel told it, within what the shadow allows
 * @chain: the data owner's: each is the hash of the next
 * @link: the one that is the anchor
 */
struct shadow_lease {
	uint64_t deadline, term, expires;
	uint8_t anchor[WARD_HEAD_LEN];
	uint8_t chain[LINKS][WARD_HEAD_LEN];
	int link;
};

/** struct shadow_user - a uid; @limit: of its own, or NO_LIMIT */
struct shadow_user {
	uint32_t uid;
	uint64_t limit;
	uint32_t level;
};

/* Limits, by the numbers that ward_netlink.h's records have. */
enum { LIMIT_GLOBAL = 1, LIMIT_USER, LIMIT_SESSION, LIMIT_ONE_USER, LIMITS };

/** struct shadow_limits - one LIMIT_SET: bit n of @named: limit n is to be bytes[n] */
struct shadow_limits {
	uint32_t named;
	uint64_t bytes[LIMITS];
	uint32_t uid;
};

/**
 * struct shadow_session - a session and its part of the ledger
 * @used: its slot is; a session without a file lives on in its buffers
 * @files: references to its file, told by world.c
 * @closed: its file is gone, and shared buffers with it
 * @ring: record of sequence number n is at (n - 1) % RING
 * @notices: notice of number n is at (n - 1) % NOTICES
 * @seen: number of the last one that read() returned
 */
struct shadow_session {
	bool used;
	uint8_t id[WARD_ID_LEN];
	uint32_t uid;
	int files;
	bool closed;
	uint64_t limit;
	uint64_t live[KINDS], peak[KINDS];
	uint64_t live_all, peak_all;
	uint64_t live_volatile;
	uint64_t alloc_buffers, alloc_bytes;
	uint64_t wiped_buffers, wiped_bytes;
	uint64_t unpinned_buffers, unpinned_bytes;
	uint64_t failed;
	uint32_t state;
	struct shadow_lease lease;
	uint8_t declared[WARD_DIGEST_LEN];
	uint64_t seq;
	bool recorded;		/* since the global chain was counted */
	struct shadow_record ring[RING];
	uint32_t level;
	uint32_t own_level;	/* that its own limit alone makes */
	uint64_t threshold;
	uint64_t notice_seq, seen;
	struct shadow_notice notices[NOTICES];
};

/** struct piece - a run of a buffer's pages that is one mapping (one VMA) */
struct piece {
	int process;		/* whose */
	uint32_t first, pages;
	uint64_t place;		/* page number in its memory */
	int prot;
};

/**
 * struct shadow_buffer - a buffer, until nothing refers to it any more
 * @owner: process that made it; @owner_mm: which of its lives. Shared ones belong
 *	to the session
 * @end: WARD_END_*
 * @refs: file descriptors, wherever they are; told by world.c
 * @age: when it became volatile, greater = later; 0 = it is not
 * @pieces: where it is mapped
 * @touched: of a lazy one: which chunks have memory; NULL where all have
 * @words: first word of each page; what else a page holds is zero
 */
struct shadow_buffer {
	bool used;
	int kind;
	uint64_t id;
	uint64_t length;
	int session;
	int owner;
	uint32_t owner_mm;
	uint32_t end;
	int refs;
	uint64_t age;
	int count;
	struct piece pieces[PIECES];
	bool *touched;
	uint64_t *words;
};

/**
 * struct shadow - one world's part of the machine, or the whole of it
 * @seq: records of the global chain when they were last counted
 * @system: its own since then
 * @records: of sessions since then
 * @heads: sessions that they are of
 */
struct shadow {
	struct shadow_user users[USERS];
	struct shadow_session sessions[SESSIONS];
	struct shadow_buffer buffers[BUFFERS];
	uint64_t limit, limit_user, limit_session;
	uint64_t live[KINDS], live_all, peak_all, live_volatile;
	uint64_t last_age;
	uint64_t failed, wiped_bytes;
	uint64_t seq, system, records, heads;
	uint32_t level;
	uint64_t ended;			/* sessions */
	uint64_t wiped_buffers;		/* of either class */
};

int shadow_open(struct shadow *s, const uint8_t *id, uint32_t uid);
/* What WARD_BUF_ALLOC and _PIN answer for room: 0 and charged, or -errno. */
int shadow_charge(struct shadow *s, int session, int kind, uint64_t bytes);
/* The same of who waits for room that doesn't come. */
int shadow_charge_wait(struct shadow *s, int session, int kind, uint64_t bytes);
void shadow_refund(struct shadow *s, int session, int kind, uint64_t bytes);
/* The buffer of a charge that succeeded; its slot. */
int shadow_made(struct shadow *s, int session, int kind, uint64_t bytes, uint64_t id);
/* Ends it, unless it has ended: bytes wiped. */
uint64_t shadow_end(struct shadow *s, int buffer, uint32_t reason);
/* Ends all of a session's, or the shared ones alone, the oldest first. */
void shadow_end_all(struct shadow *s, int session, uint32_t reason, bool shared);
void shadow_revoke(struct shadow *s, int session);
/* 0 or -errno of WARD_BUF_VOLATILE and WARD_BUF_HOLD. */
int shadow_volatile(struct shadow *s, int buffer);
int shadow_hold(struct shadow *s, int buffer, uint32_t *survived);
void shadow_forget(struct shadow *s, int buffer);
void shadow_bury(struct shadow *s, int session);
int shadow_watch(struct shadow *s, int session, uint64_t threshold, uint64_t limit);
int shadow_measure(struct shadow *s, int session, const uint8_t *digest);
void shadow_seal(struct shadow *s, int session);
/* The global chain was counted: could it have so many records? */
bool shadow_counted(struct shadow *s, uint64_t seq);
/* Nothing more is given to it. */
bool shadow_is_closed(const struct shadow_session *a);

/* ---- memory that comes when it is touched ---------------------------------- */

void shadow_make_lazy(struct shadow_buffer *b);
void shadow_touch(struct shadow_buffer *b, uint32_t first, uint32_t pages);
uint64_t shadow_present(const struct shadow_buffer *b);

/* ---- leases: shadow_lease.c ------------------------------------------------- */

/*
 * 0 or -errno of WARD_LEASE called at @now. Where it renews or sets a term, when it
 * expires is the kernel's to say: see shadow_lease_told().
 */
int shadow_lease(struct shadow *s, int session, const struct ward_lease *cmd, uint64_t now);
/* What it answered; false where that can't be, of a call between two moments. */
bool shadow_lease_told(struct shadow *s, int session, const struct ward_lease *cmd,
		       uint64_t before, uint64_t after);
void shadow_lease_ends(struct shadow *s, int session);

/* ---- limits and levels: shadow_limit.c -------------------------------------- */

uint64_t shadow_limit_session(const struct shadow *s, const struct shadow_session *a);
uint64_t shadow_limit_user(const struct shadow *s, uint32_t uid);
/* The tightest of the three. */
uint64_t shadow_limit(const struct shadow *s, const struct shadow_session *a);
uint64_t shadow_live_user(const struct shadow *s, uint32_t uid);
/* Would @bytes fit, were there @less bytes less? */
bool shadow_fits(const struct shadow *s, const struct shadow_session *a, uint64_t bytes,
		 uint64_t less);
void shadow_limits_set(struct shadow *s, const struct shadow_limits *limits);
/* A session that begins; one whose bytes moved; one with another limit. */
void shadow_level_enter(struct shadow *s, struct shadow_session *a);
void shadow_levels_follow(struct shadow *s, struct shadow_session *a);
void shadow_level_watch(struct shadow *s, struct shadow_session *a);

/* ---- within the shadow --------------------------------------------------------- */

void shadow_record(struct shadow *s, struct shadow_session *a, struct shadow_record r);
void shadow_notice(struct shadow_session *a, uint32_t kind, uint64_t id);

static inline uint64_t shadow_dropped(const struct shadow_session *a)
{
	return a->seq > RING ? a->seq - RING : 0;
}

/* ---- places: where pages of a buffer lie in its owner's memory ------------ */

/*
 * Cuts a piece so that @pages pages after @skip are one of their own: its index,
 * or -1 when there is no room for more of them, and nothing is changed.
 */
int piece_cut(struct shadow_buffer *b, int piece, uint32_t skip, uint32_t pages);
void piece_drop(struct shadow_buffer *b, int piece);

#endif /* MODEL_SHADOW_H */
