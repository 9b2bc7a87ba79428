// SPDX-License-Identifier: MIT
/*
 * Back-off: AMD's service answers about one VCEK in ten seconds and address, and says
 * 429 to the rest. Who is told to come later comes later, not with all the others, and
 * not at all where that would be after the run's end.
 */
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

#include "fetch.h"
#include "progress.h"

#define FIRST_MS	1000
#define LONGEST_MS	30000
#define ASKED_MAX_MS	120000	/* a server that wants more is passed over */
#define TROUBLE_TRIES	3
#define TICK_MS		100
#define ASK_MS		250	/* with less left, an answer would be cut short */

static int64_t monotonic_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* The clock that files are stamped with, so that "since I began" can be told. */
void fetch_start(struct fetch *f, int64_t seconds)
{
	struct timespec wall;

	clock_gettime(CLOCK_REALTIME_COARSE, &wall);
	f->started = (int64_t)wall.tv_sec * 1000000000 + wall.tv_nsec;
	f->deadline = monotonic_ms() + seconds * 1000;
}

int64_t fetch_left(const struct fetch *f)
{
	int64_t left = f->deadline - monotonic_ms();

	return left > 0 ? left : 0;
}

/* 0 to @most; where the kernel has no random bytes, half of it. */
static int64_t random_up_to(int64_t most)
{
	uint32_t n;

	if (getrandom(&n, sizeof(n), GRND_NONBLOCK) != sizeof(n))
		return most / 2;
	return n % (most + 1);
}

/* Half to all of 1 s, 2 s, 4 s..; what the server asks for, and a little more. */
static int64_t pause_ms(unsigned int tries, const struct fetch_reply *reply)
{
	int64_t ms = FIRST_MS;

	if (reply->retry_after > 0 && reply->retry_after <= ASKED_MAX_MS / 1000)
		return reply->retry_after * 1000 + random_up_to(500);
	if (reply->retry_after > 0)
		return INT64_MAX;
	while (tries-- && ms < LONGEST_MS)
		ms *= 2;
	ms = ms < LONGEST_MS ? ms : LONGEST_MS;
	return ms / 2 + random_up_to(ms / 2);
}

static void doze(const struct fetch *f, const char *name, int64_t ms)
{
	struct timespec tick = { 0, TICK_MS * 1000000L };
	struct progress bar;
	char label[64];

	snprintf(label, sizeof(label), "waiting for %s", name);
	progress_start(&bar, label, (uint64_t)(ms / TICK_MS) + 1, f->ctl->quiet);
	for (; ms > 0; ms -= TICK_MS) {
		nanosleep(&tick, NULL);
		progress_add(&bar, 1);
	}
	progress_end(&bar);
}

/* False: there is no time for it. */
static bool wait_turn(const struct fetch *f, const struct fetch_source *s, unsigned int tries,
		      const struct fetch_reply *reply, char *why)
{
	int64_t ms = pause_ms(tries, reply);
	size_t at = strlen(why);

	if (ms < fetch_left(f) - ASK_MS) {
		doze(f, s->name, ms);
		/* A busy machine sleeps longer than it was asked to. */
		if (fetch_left(f) >= ASK_MS)
			return true;
	}
	if (reply->retry_after)
		snprintf(why + at, FETCH_WHY - at, "; it asks for %ld s of patience",
			 reply->retry_after);
	else
		snprintf(why + at, FETCH_WHY - at, "; --timeout leaves no time to ask again");
	return false;
}

enum fetch_end fetch_ask(struct fetch *f, const struct fetch_source *s,
			 const struct fetch_request *rq, struct fetch_reply *reply, char *why)
{
	enum fetch_end end;
	unsigned int tries = 0;

	for (;;) {
		end = fetch_http(f, s, rq, reply, why);
		if (end != FETCH_BUSY && end != FETCH_TROUBLE)
			return end;
		tries++;
		if ((end == FETCH_TROUBLE && tries == TROUBLE_TRIES) ||
		    !wait_turn(f, s, tries - 1, reply, why))
			return end;
		fetch_reply_free(reply);
	}
}
