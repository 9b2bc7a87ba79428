// SPDX-License-Identifier: MIT
/* Operations on leases. The driver is the data owner too: it has the hash chains. */
#include <errno.h>
#include <openssl/sha.h>
#include <string.h>
#include <time.h>

#include "../attest_test.h"
#include "ktap.h"
#include "world.h"

#define FAR	(1000000ull * 1000000000)	/* no run takes that long */
#define SOON	20000000ull

static void new_chain(struct world *w, struct shadow_lease *l)
{
	int i;

	for (i = 0; i < WARD_HEAD_LEN; i++)
		l->chain[LINKS - 1][i] = (uint8_t)world_random(w);
	for (i = LINKS - 2; i >= 0; i--)
		SHA256(l->chain[i + 1], WARD_HEAD_LEN, l->chain[i]);
}

/* The session is asked, and what it answers is what the shadow says. */
static void do_lease(struct world *w, int p, const struct handle *h, struct ward_lease cmd)
{
	struct ward_lease *slot = &world_slot(w, p)->lease;
	uint64_t before = now_ns(CLOCK_BOOTTIME);
	int wanted = shadow_lease(&w->shadow, h->thing.at, &cmd, before);

	cmd.size = sizeof(cmd);
	*slot = cmd;
	CHECK(w, world_ioctl(w, p, h->fd, WARD_LEASE), wanted);
	if (!wanted)
		CHECK(w, shadow_lease_told(&w->shadow, h->thing.at, slot, before,
					   now_ns(CLOCK_BOOTTIME)), true);
}

/* A deadline, often an earlier one than before; a term; both; or only a question. */
static bool op_set(struct world *w)
{
	uint32_t what = world_pick(w, 8);
	struct ward_lease cmd = { 0 };
	struct shadow_session *a;
	struct handle *h;
	int p;

	a = world_session(w, &p, &h);
	if (!a)
		return false;
	if (what & 1)
		cmd.deadline_ns = a->lease.deadline && world_chance(w, 60) ?
			a->lease.deadline - world_pick(w, 1000000) :
			now_ns(CLOCK_BOOTTIME) + FAR + world_random(w) % FAR;
	if (what & 2) {
		if (!a->lease.term)
			new_chain(w, &a->lease);
		cmd.term_ns = FAR + world_random(w) % FAR;
		memcpy(cmd.anchor, a->lease.chain[0], WARD_HEAD_LEN);
	}
	do_lease(w, p, h, cmd);
	return true;
}

static bool op_set_wrong(struct world *w)
{
	struct ward_lease cmd = { 0 };
	struct shadow_session *a;
	struct handle *h;
	int p;

	a = world_session(w, &p, &h);
	if (!a)
		return false;
	switch (world_pick(w, 7)) {
	case 0:
		cmd.deadline_ns = 1;
		break;
	case 1:
		cmd.deadline_ns = 1ull << 63;
		break;
	case 2:
		cmd.term_ns = FAR;
		break;
	case 3:
		cmd.anchor[5] = 1;
		break;
	case 4:
		cmd.term_ns = WARD_LEASE_TERM_MAX_NS + 1;
		cmd.anchor[5] = 1;
		break;
	case 5:
		cmd.proof[31] = 1;
		break;
	default:
		cmd.flags = WARD_LEASE_RENEW;
		cmd.deadline_ns = now_ns(CLOCK_BOOTTIME) + FAR;
	}
	do_lease(w, p, h, cmd);
	return true;
}

/* With the next link, one that was shown, one after the next, or noise. */
static bool op_renew(struct world *w)
{
	struct ward_lease cmd = { .flags = WARD_LEASE_RENEW };
	struct shadow_session *a;
	struct handle *h;
	int p, link;

	a = world_session(w, &p, &h);
	if (!a || (!a->lease.term && world_chance(w, 80)))
		return false;
	link = a->lease.link + (world_chance(w, 70) ? 1 : (int)world_pick(w, 3));
	if (link < LINKS)
		memcpy(cmd.proof, a->lease.chain[link], WARD_HEAD_LEN);
	if (link >= LINKS || world_chance(w, 10))
		cmd.proof[world_pick(w, WARD_HEAD_LEN)] ^= (uint8_t)(1 + world_pick(w, 255));
	do_lease(w, p, h, cmd);
	return true;
}

/* ---- the end ------------------------------------------------------------------- */

/* It comes by itself: all is over when the last level has been told. */
static void await_end(struct world *w, int p, const struct handle *h)
{
	const struct shadow_session *a = &w->shadow.sessions[h->thing.at];
	struct ward_pressure *now = &world_slot(w, p)->pressure;
	struct timespec nap = { .tv_nsec = 1000000 };
	int i;

	for (i = 0; i < (int)ktap_seconds(30) * 1000; i++) {
		*now = (struct ward_pressure){ .size = sizeof(*now) };
		CHECK(w, world_ioctl(w, p, h->fd, WARD_PRESSURE), 0);
		if (now->out_seq == a->notice_seq && now->out_live == a->live_all)
			break;
		nanosleep(&nap, NULL);
	}
	CHECK(w, now->out_live, a->live_all);
	CHECK(w, now->out_seq, a->notice_seq);
}

static bool is_over(const struct shadow_session *a)
{
	return a->state & (WARD_STATE_REVOKED | WARD_STATE_EXPIRED);
}

/* A deadline that is over before the call came is refused: another one, then. */
static bool op_expire(struct world *w)
{
	struct ward_lease *slot, cmd = { .size = sizeof(cmd) };
	struct shadow_session *a;
	struct handle *h;
	uint64_t before;
	int64_t ret;
	int p;

	a = world_session(w, &p, &h);
	if (!a || is_over(a))
		return false;
	slot = &world_slot(w, p)->lease;
	do {
		before = now_ns(CLOCK_BOOTTIME);
		cmd.deadline_ns = before + SOON;
		*slot = cmd;
		ret = world_ioctl(w, p, h->fd, WARD_LEASE);
	} while (ret == -EINVAL && now_ns(CLOCK_BOOTTIME) >= cmd.deadline_ns);
	CHECK(w, ret, shadow_lease(&w->shadow, h->thing.at, &cmd, before));
	CHECK(w, shadow_lease_told(&w->shadow, h->thing.at, slot, before,
				   now_ns(CLOCK_BOOTTIME)), true);
	shadow_lease_ends(&w->shadow, h->thing.at);
	w->leases++;
	await_end(w, p, h);
	return true;
}

const struct operation lease_operations[] = {
	{ "lease", 20, op_set, 0 },
	{ "lease that is wrong", 8, op_set_wrong, 0 },
	{ "lease renewed", 15, op_renew, 0 },
	{ "lease that ends", 2, op_expire, 0 },
	{ 0 }
};
