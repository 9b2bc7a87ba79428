// SPDX-License-Identifier: MIT
#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>
#include <time.h>

#include "tally.h"

enum { LOOPBACK, PRIVATE, IPV4, IPV6, UNKNOWN };

static const char *const names[TALLY_CLASSES] = { "loopback", "private", "ipv4", "ipv6", "unknown" };

/* RFC 1918, 3927 and 6598. */
static int class_of_ipv4(uint32_t a)
{
	if (a >> 24 == 127)
		return LOOPBACK;
	return a >> 24 == 10 || a >> 20 == 0xac1 || a >> 16 == 0xc0a8 || a >> 16 == 0xa9fe ||
	       a >> 22 == 0x191 ? PRIVATE : IPV4;
}

/* RFC 4193 and 4291. Addresses of IPv4 that came by IPv6 are those of IPv4. */
static int class_of_ipv6(const struct in6_addr *a)
{
	uint32_t four;

	if (IN6_IS_ADDR_V4MAPPED(a)) {
		memcpy(&four, a->s6_addr + 12, sizeof(four));
		return class_of_ipv4(ntohl(four));
	}
	if (IN6_IS_ADDR_LOOPBACK(a))
		return LOOPBACK;
	return (a->s6_addr[0] & 0xfe) == 0xfc || IN6_IS_ADDR_LINKLOCAL(a) ? PRIVATE : IPV6;
}

static int class_of(const char *peer)
{
	struct in6_addr six;
	struct in_addr four;

	if (peer && inet_pton(AF_INET, peer, &four) == 1)
		return class_of_ipv4(ntohl(four.s_addr));
	return peer && inet_pton(AF_INET6, peer, &six) == 1 ? class_of_ipv6(&six) : UNKNOWN;
}

void tally_add(struct tally *t, int64_t now, const char *peer, const char *event,
	       const char *result)
{
	struct tally_sum *sum = &t->of[class_of(peer)];
	size_t i;

	if (!t->since)
		t->since = now;
	sum->total++;
	for (i = 0; i < sum->rows; i++)
		if (!strcmp(sum->row[i].event, event) && !strcmp(sum->row[i].result, result))
			break;
	if (i == sum->rows && i < TALLY_ROWS) {
		sum->row[i].event = event;
		sum->row[i].result = result;
		sum->rows++;
	}
	if (i < TALLY_ROWS)
		sum->row[i].count++;
}

json_t *tally_json(const struct tally_sum *sum)
{
	json_t *counts = json_object(), *of;
	uint64_t named = 0;

	for (size_t i = 0; i < sum->rows; i++) {
		of = json_object_get(counts, sum->row[i].event);
		if (!of) {
			of = json_object();
			json_object_set_new(counts, sum->row[i].event, of);
		}
		json_object_set_new(of, sum->row[i].result,
				    json_integer((json_int_t)sum->row[i].count));
		named += sum->row[i].count;
	}
	if (named < sum->total)
		json_object_set_new(counts, "other", json_integer((json_int_t)(sum->total - named)));
	return counts;
}

/** struct flushing - what the transaction appends */
struct flushing {
	const struct tally *t;
	const struct audit *audit;
};

static int append(struct db *db, void *arg, struct db_fault *fault)
{
	const struct flushing *f = arg;
	int rc = audit_lock(db, fault);

	for (int i = 0; !rc && i < TALLY_CLASSES; i++) {
		const struct audit_entry e = {
			.time = time(NULL), .event = "refused", .result = "counted",
			.peer = names[i], .since = f->t->since, .sum = &f->t->of[i],
		};

		if (e.sum->total)
			rc = audit_append(db, f->audit, &e, fault);
	}
	return rc;
}

int tally_flush(struct tally *t, struct db *db, const struct audit *audit, int64_t now,
		struct db_fault *fault)
{
	struct flushing f = { t, audit };
	int rc;

	/* a clock that was set back ends an interval, too */
	if (!t->since || (now && now >= t->since && now - t->since < TALLY_SECONDS))
		return 0;
	rc = db_transaction(db, append, &f, fault);
	if (!rc)
		memset(t, 0, sizeof(*t));
	return rc;
}
