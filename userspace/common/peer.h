/* SPDX-License-Identifier: MIT */
/*
 * Who asks: a client's address up to its prefix (/32 of IPv4, /64 of IPv6), how many
 * connections it has and what it may still ask for. The table has one size, whatever
 * comes; which slots an address falls on is keyed, so that nobody chooses them.
 */
#ifndef WARD_COMMON_PEER_H
#define WARD_COMMON_PEER_H

#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#define PEER_SETS	1024
#define PEER_WAYS	8

enum peer_bucket { PEER_REQUESTS, PEER_SESSIONS, PEER_BUCKETS };

/**
 * struct peer_limits - what one prefix may do
 * @connections: at a time
 * @burst: tokens of a full bucket, each kind
 * @period: milliseconds in which an empty one fills
 */
struct peer_limits {
	uint32_t connections;
	uint32_t burst[PEER_BUCKETS];
	int64_t period[PEER_BUCKETS];
};

/**
 * struct bucket - tokens that come by themselves
 * @level: a token is worth the period; a millisecond adds the burst
 * @at: when @level was right
 */
struct bucket {
	int64_t level, at;
};

/** bucket_fill - as full as it can be */
void bucket_fill(struct bucket *bucket, uint32_t burst, int64_t period, int64_t now);

/** bucket_take - a token; returns 0, or the seconds until there is one again */
unsigned int bucket_take(struct bucket *bucket, uint32_t burst, int64_t period, int64_t now);

struct peer;
struct peer_table;

/** peer_table_new - NULL = no memory or no random numbers */
struct peer_table *peer_table_new(const struct peer_limits *limits);
void peer_table_free(struct peer_table *table);

/** peer_table_limit - others from now on */
void peer_table_limit(struct peer_table *table, const struct peer_limits *limits);

/**
 * peer_enter - one connection more
 * @now: milliseconds of a clock that never goes back
 * Returns the prefix, which stays until peer_leave(), or NULL: it has enough.
 */
struct peer *peer_enter(struct peer_table *table, const struct sockaddr *address, int64_t now);
void peer_leave(struct peer *peer);

/** peer_take - a token; returns 0, or the seconds until there is one again */
unsigned int peer_take(const struct peer_table *table, struct peer *peer, enum peer_bucket bucket,
		       int64_t now);

/** peer_first_refusal - true once for each time that the prefix runs dry: for the journal */
int peer_first_refusal(struct peer *peer);

#endif /* WARD_COMMON_PEER_H */
