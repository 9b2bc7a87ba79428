// SPDX-License-Identifier: MIT
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/rand.h>
#include <openssl/sha.h>

#include "peer.h"

#define PREFIX_LEN 9	/* family, then 4 bytes of IPv4 or 8 of IPv6 */

/**
 * struct peer - one slot; empty = @seen is 0 and nobody is connected
 * @seen: when it connected last, milliseconds and one
 */
struct peer {
	uint8_t prefix[PREFIX_LEN];
	int refused;
	uint32_t connections;
	int64_t seen;
	struct bucket bucket[PEER_BUCKETS];
};

struct peer_table {
	struct peer_limits limits;
	uint8_t key[16];
	struct peer slots[PEER_SETS][PEER_WAYS];
};

void bucket_fill(struct bucket *bucket, uint32_t burst, int64_t period, int64_t now)
{
	bucket->level = burst * period;
	bucket->at = now;
}

unsigned int bucket_take(struct bucket *bucket, uint32_t tokens, int64_t period, int64_t now)
{
	int64_t burst = tokens, full = burst * period, gone = now - bucket->at;

	/* a whole period fills any bucket: nothing can overflow below */
	bucket->level = gone >= period ? full : bucket->level + (gone > 0 ? gone : 0) * burst;
	if (bucket->level > full)
		bucket->level = full;
	bucket->at = now;
	if (bucket->level < period)
		return (unsigned int)((period - bucket->level) / burst / 1000 + 1);
	bucket->level -= period;
	return 0;
}

struct peer_table *peer_table_new(const struct peer_limits *limits)
{
	struct peer_table *table = calloc(1, sizeof(*table));

	if (table && RAND_bytes(table->key, sizeof(table->key)) != 1) {
		free(table);
		return NULL;
	}
	if (table)
		table->limits = *limits;
	return table;
}

void peer_table_free(struct peer_table *table)
{
	free(table);
}

void peer_table_limit(struct peer_table *table, const struct peer_limits *limits)
{
	table->limits = *limits;
}

/* Addresses of IPv4 that came by IPv6 are those of IPv4. */
static void prefix_of(const struct sockaddr *address, uint8_t out[PREFIX_LEN])
{
	const struct sockaddr_in6 *six = (const void *)address;
	const struct sockaddr_in *four = (const void *)address;

	memset(out, 0, PREFIX_LEN);
	if (address->sa_family == AF_INET) {
		out[0] = 4;
		memcpy(out + 1, &four->sin_addr, 4);
	} else if (address->sa_family == AF_INET6 && IN6_IS_ADDR_V4MAPPED(&six->sin6_addr)) {
		out[0] = 4;
		memcpy(out + 1, six->sin6_addr.s6_addr + 12, 4);
	} else if (address->sa_family == AF_INET6) {
		out[0] = 6;
		memcpy(out + 1, &six->sin6_addr, 8);
	}
}

static struct peer *set_of(struct peer_table *table, const uint8_t prefix[PREFIX_LEN])
{
	uint8_t text[sizeof(table->key) + PREFIX_LEN], digest[SHA256_DIGEST_LENGTH];

	memcpy(text, table->key, sizeof(table->key));
	memcpy(text + sizeof(table->key), prefix, PREFIX_LEN);
	SHA256(text, sizeof(text), digest);
	return table->slots[(digest[0] | digest[1] << 8) % PEER_SETS];
}

/* The prefix's own slot, else the one that was quiet for longest; NULL = all are in use. */
static struct peer *find(struct peer *set, const uint8_t prefix[PREFIX_LEN])
{
	struct peer *best = NULL;

	for (int i = 0; i < PEER_WAYS; i++) {
		if (set[i].seen && !memcmp(set[i].prefix, prefix, PREFIX_LEN))
			return &set[i];
		if (!set[i].connections && (!best || set[i].seen < best->seen))
			best = &set[i];
	}
	if (best)
		memset(best, 0, sizeof(*best));
	return best;
}

struct peer *peer_enter(struct peer_table *table, const struct sockaddr *address, int64_t now)
{
	const struct peer_limits *l = &table->limits;
	uint8_t prefix[PREFIX_LEN];
	struct peer *p;

	prefix_of(address, prefix);
	p = find(set_of(table, prefix), prefix);
	if (!p || p->connections >= l->connections)
		return NULL;
	for (int i = 0; !p->seen && i < PEER_BUCKETS; i++)
		bucket_fill(&p->bucket[i], l->burst[i], l->period[i], now);
	memcpy(p->prefix, prefix, PREFIX_LEN);
	p->seen = now + 1;
	p->connections++;
	return p;
}

void peer_leave(struct peer *peer)
{
	peer->connections--;
}

unsigned int peer_take(const struct peer_table *table, struct peer *p, enum peer_bucket b, int64_t now)
{
	uint32_t burst = table->limits.burst[b];
	int64_t period = table->limits.period[b];
	unsigned int wait = bucket_take(&p->bucket[b], burst, period, now);

	if (!wait && p->bucket[b].level > burst * period / 2)
		p->refused = 0;
	return wait;
}

int peer_first_refusal(struct peer *peer)
{
	int first = !peer->refused;

	peer->refused = 1;
	return first;
}
