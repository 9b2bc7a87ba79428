// SPDX-License-Identifier: MIT
/*
 * The multicast group "pressure": who may listen, that every change of the
 * global level is told, and that who was not told of one can see it.
 */
#include "attest_test.h"

#include <poll.h>

#include "wire.h"

enum {
	CYCLES = 100000,
	FEW_CYCLES = 10000,	/* in a kernel under debug */
};

static int set_limit(struct wire *w, uint64_t bytes)
{
	return tell(w, WARD_GENL_CMD_LIMIT_SET, WARD_A_LIMIT, &bytes, sizeof(bytes));
}

static uint64_t global_limit(struct wire *w)
{
	struct attrs attrs = { 0 };

	ASSERT_EQ(ask(w, WARD_GENL_CMD_LIMIT_GET, 0, NULL, 0, &attrs), 0);
	return attr_u64(&attrs, WARD_A_LIMIT);
}

static void join_as_worker(int sock)
{
	(void)sock;
	become(WORKER_UID);
	ASSERT_EQ(join(wire_open(), WARD_GENL_GROUP_PRESSURE), -EPERM);
}

TEST(group_is_for_administrators)
{
	struct peer peer = peer_start(join_as_worker);

	EXPECT_EQ(peer_wait(&peer), 0);
}

static uint64_t level_seq(struct wire *w)
{
	struct attrs attrs = { 0 };

	ASSERT_EQ(ask(w, WARD_GENL_CMD_PRESSURE_GET, 0, NULL, 0, &attrs), 0);
	return attr_u64(&attrs, WARD_A_LEVEL_SEQ);
}

TEST(group_is_told_of_every_level)
{
	static const uint32_t levels[] = {
		WARD_LEVEL_MEDIUM, WARD_LEVEL_CRITICAL, WARD_LEVEL_MEDIUM, WARD_LEVEL_LOW,
	};
	struct wire *w = wire_open(), *ear = wire_open();
	uint64_t was = global_limit(w), seq = level_seq(w);
	struct timeval patience = { .tv_sec = 20 };
	int s = session_open(), fds[2];
	struct attrs attrs = { 0 };
	unsigned int i;

	ASSERT_EQ(join(ear, WARD_GENL_GROUP_PRESSURE), 0);
	ASSERT_EQ(setsockopt(ear->fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience)), 0);
	ASSERT_EQ(session_pressure(s).out_live_global, 0);
	ASSERT_EQ(set_limit(w, 100 * PAGE), 0);
	fds[0] = buf_alloc(s, 80 * PAGE);
	fds[1] = buf_alloc(s, 15 * PAGE);
	ASSERT_GE(fds[1], 0);
	EXPECT_EQ(session_pressure(s).out_level, WARD_LEVEL_CRITICAL);
	close(fds[1]);
	close(fds[0]);
	for (i = 0; i < 4; i++) {
		ASSERT_EQ(receive(ear), 1);
		parse((const void *)ear->buf, &attrs);
		EXPECT_EQ(attr_u32(&attrs, WARD_A_LEVEL), levels[i]);
		EXPECT_EQ(attr_u64(&attrs, WARD_A_LEVEL_SEQ), seq + 1 + i);
		EXPECT_EQ(attr_u64(&attrs, WARD_A_LIMIT), 100 * PAGE);
		attr_data(&attrs, WARD_A_SOME, sizeof(struct ward_stall));
	}
	ASSERT_EQ(set_limit(w, was), 0);
}

/*
 * A budget around which a load swings: no change comes twice, and each is told
 * to the group and to the session, or its number shows that it was lost.
 */
TEST_TIMEOUT(swinging_load, 600)
{
	struct wire *w = wire_open(), *ear = wire_open();
	uint64_t was = global_limit(w), first = level_seq(w), told, last = first;
	uint32_t level = WARD_LEVEL_LOW;
	const int cycles = ktap_seconds(1) > 1 ? FEW_CYCLES : CYCLES;
	int s = session_open(), base, i, fd;
	struct attrs attrs = { 0 };

	ASSERT_EQ(join(ear, WARD_GENL_GROUP_PRESSURE), 0);
	ASSERT_EQ(fcntl(ear->fd, F_SETFL, O_NONBLOCK), 0);
	ASSERT_EQ(set_limit(w, 20 * PAGE), 0);
	base = buf_alloc(s, 14 * PAGE);
	ASSERT_GE(base, 0);
	for (i = 0; i < cycles; i++) {
		/* Over a mark and back within its hysteresis; or over the next one. */
		fd = buf_alloc(s, (i % 10 ? 1 : 4) * PAGE);
		ASSERT_GE(fd, 0);
		close(fd);
		if (i % 1000)
			continue;
		close(base);
		base = buf_alloc(s, 14 * PAGE);
		ASSERT_GE(base, 0);
		while (receive(ear) == 1) {
			parse((const void *)ear->buf, &attrs);
			told = attr_u64(&attrs, WARD_A_LEVEL_SEQ);
			EXPECT_TRUE(told > last);
			if (told == last + 1)
				EXPECT_TRUE(attr_u32(&attrs, WARD_A_LEVEL) != level);
			last = told;
			level = attr_u32(&attrs, WARD_A_LEVEL);
		}
	}
	close(base);
	told = level_seq(w) - first;
	printf("# %llu changes in %d cycles, the last one told is %llu\n",
	       (unsigned long long)told, cycles, (unsigned long long)(last - first));
	/* Two for each of the high swings and of the drops, and not one for the low ones. */
	EXPECT_TRUE(told >= 2 * cycles / 10 && told <= 2 * cycles / 10 + 4 * cycles / 1000 + 4);
	EXPECT_TRUE(last > first && last - first <= told);
	EXPECT_EQ(session_pressure(s).out_level, WARD_LEVEL_LOW);
	EXPECT_EQ(session_info(s).out_live, 0);
	ASSERT_EQ(set_limit(w, was), 0);
}

/* ---- a listener that does not listen ----------------------------------------------- */

enum { ROOM_OF_EAR = 4096, SWINGS = 200 };

/** struct tally - what an ear has heard. */
struct tally {
	uint64_t last;		/* number of the last change told */
	unsigned int told;
	unsigned int missed;	/* jumps of the numbers, summed up */
	unsigned int overruns;	/* how often the socket said so */
};

/* One message, or an overrun; false when there is nothing for so long. */
static bool hear_one(struct wire *ear, struct tally *t, int ms)
{
	struct pollfd p = { .fd = ear->fd, .events = POLLIN };
	struct attrs attrs = { 0 };
	uint64_t seq;
	int ret;

	if (poll(&p, 1, ms) != 1)
		return false;
	ret = receive(ear);
	if (ret == -ENOBUFS) {
		t->overruns++;
		return true;
	}
	ASSERT_EQ(ret, 1);
	parse((const void *)ear->buf, &attrs);
	seq = attr_u64(&attrs, WARD_A_LEVEL_SEQ);
	ASSERT_TRUE(seq > t->last);
	t->missed += seq - t->last - 1;
	t->told++;
	t->last = seq;
	return true;
}

/* Two changes each: of 20 pages 14 are held, and 4 more are critical. */
static void swing(int s, int times)
{
	int fd;

	while (times--) {
		fd = buf_alloc(s, 4 * PAGE);
		ASSERT_GE(fd, 0);
		close(fd);
	}
}

/*
 * Its socket is full: it is told that there was more (ENOBUFS), and the next
 * message that it gets has the number that says how many it missed.
 */
TEST(who_reads_too_late_learns_how_many_were_missed)
{
	struct wire *w = wire_open(), *ear = wire_open();
	uint64_t was = global_limit(w), first;
	int room = ROOM_OF_EAR, s = session_open();
	struct tally t = { 0 };

	ASSERT_EQ(session_pressure(s).out_live_global, 0);
	ASSERT_EQ(join(ear, WARD_GENL_GROUP_PRESSURE), 0);
	ASSERT_EQ(setsockopt(ear->fd, SOL_SOCKET, SO_RCVBUF, &room, sizeof(room)), 0);
	ASSERT_EQ(set_limit(w, 20 * PAGE), 0);
	ASSERT_GE(buf_alloc(s, 14 * PAGE), 0);
	swing(s, 1);
	t.last = first = level_seq(w);
	while (hear_one(ear, &(struct tally){ 0 }, 500))
		;
	/* Now it is deaf for a while. */
	swing(s, SWINGS);
	EXPECT_EQ(level_seq(w), first + 2 * SWINGS);
	while (hear_one(ear, &t, 1000))
		;
	EXPECT_GT(t.overruns, 0);
	EXPECT_GT(t.told, 0);
	EXPECT_LT(t.told, 2 * SWINGS);
	/* It listens again: what it hears next accounts for all before it. */
	swing(s, 1);
	while (t.last < first + 2 * SWINGS + 2)
		ASSERT_TRUE(hear_one(ear, &t, 20000));
	EXPECT_EQ(t.told + t.missed, 2 * SWINGS + 2);
	EXPECT_GT(t.missed, 0);
	EXPECT_EQ(level_seq(w), t.last);
	ktap_note("%u told, %u missed, %u overruns", t.told, t.missed, t.overruns);
	ASSERT_EQ(set_limit(w, was), 0);
}

KTAP_MAIN()
