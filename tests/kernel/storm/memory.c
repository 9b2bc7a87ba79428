// SPDX-License-Identifier: MIT
/* See storm.h: sessions, buffers, mappings, and memory that goes away while it is touched. */
#define _GNU_SOURCE
#include "storm.h"

#include "../lease_test.h"

struct tally *tally;
atomic_int seats[SEATS], places[PLACES];
unsigned char *windows;

uint64_t draw(struct storm *s, uint64_t below)
{
	return next_word(&s->seed) % below;
}

/* ---- memory that may go away while it is touched ----------------------------------- */

static __thread sigjmp_buf storm_back;

static void storm_fault(int sig)
{
	siglongjmp(storm_back, sig);
}

void guard_signals(void)
{
	struct sigaction act = { .sa_handler = storm_fault };

	sigaction(SIGBUS, &act, NULL);
	sigaction(SIGSEGV, &act, NULL);
}

int guarded(void (*body)(struct storm *s, void *arg), struct storm *s, void *arg)
{
	int sig = sigsetjmp(storm_back, 1);

	if (!sig)
		body(s, arg);
	else if (sig == SIGBUS)
		tally->bus++;
	else
		tally->segv++;
	return sig;
}

unsigned char *window(unsigned int place)
{
	return windows + place * WINDOW;
}

void touch_some(struct storm *s, void *arg)
{
	volatile unsigned char *p = arg;
	unsigned int i;

	/* Most buffers are short: what lies behind their end comes last. */
	for (i = 0; i < 8; i++) {
		uint64_t at = draw(s, i < 6 ? PAGE : WINDOW);

		if (at % 3)
			p[at] = at;
		else
			(void)p[at];
		tally->touched++;
	}
}

/* ---- sessions and buffers ---------------------------------------------------------- */

int seat_of(struct storm *s)
{
	return seats[draw(s, SEATS)];
}

static int place_of(struct storm *s)
{
	return places[draw(s, PLACES)];
}

static int done(int fd)
{
	if (fd >= 0)
		close(fd);
	return fd < 0 ? fd : 0;
}

static int do_open(struct storm *s)
{
	int fd = open(WARD_DEVICE, O_RDWR | O_CLOEXEC | O_NONBLOCK);

	if (fd < 0)
		return -errno;
	done(atomic_exchange(&seats[draw(s, SEATS)], fd));
	return 0;
}

static int do_close(struct storm *s)
{
	done(atomic_exchange(&places[draw(s, PLACES)], -1));
	return 0;
}

static int alloc_some(struct storm *s, uint64_t length, uint32_t never)
{
	static const uint32_t flags[] = {
		0, 0, WARD_BUF_SHARED, WARD_BUF_LAZY, WARD_BUF_POPULATE,
		WARD_BUF_SHARED | WARD_BUF_LAZY, WARD_BUF_WAIT,
	};
	struct ward_buf_alloc cmd = {
		.size = sizeof(cmd), .length = length, .label = "storm",
		.flags = flags[draw(s, sizeof(flags) / sizeof(*flags))] & ~never,
	};
	int ret;

	if (cmd.flags & WARD_BUF_WAIT)
		cmd.deadline_ns = boot_ns() + draw(s, 5 * MS);
	ret = ward_call(seat_of(s), WARD_BUF_ALLOC, &cmd);
	return ret ? ret : cmd.out_fd;
}

static uint64_t some_length(struct storm *s)
{
	return draw(s, 4) ? (1 + draw(s, 16)) * PAGE : HUGE + draw(s, 3) * PAGE;
}

static int do_alloc(struct storm *s)
{
	int fd = alloc_some(s, some_length(s), 0);

	if (fd < 0)
		return fd;
	done(atomic_exchange(&places[draw(s, PLACES)], fd));
	return 0;
}

/*
 * The whole of it, into the window of its place. The number may be another file's by
 * now. Mapped elsewhere first, and moved: a mapping that fails must not leave a hole in
 * the windows.
 */
static int do_map(struct storm *s)
{
	struct ward_buf_info info = { .size = sizeof(info) };
	unsigned int place = draw(s, PLACES);
	void *p, *to = window(place);
	int fd = places[place];
	int ret = ward_call(fd, WARD_BUF_INFO, &info);

	if (ret)
		return ret;
	p = buf_map(fd, info.out_length);
	if (p == MAP_FAILED)
		return -errno;
	if (mremap(p, info.out_length, info.out_length, MREMAP_MAYMOVE | MREMAP_FIXED, to) == to)
		return 0;
	munmap(p, info.out_length);
	return -EINVAL;
}

static int do_unmap(struct storm *s)
{
	void *p = mmap(window(draw(s, PLACES)), WINDOW, PROT_NONE,
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED | MAP_NORESERVE, -1, 0);

	return p == MAP_FAILED ? -errno : 0;
}

static int do_touch(struct storm *s)
{
	guarded(touch_some, s, window(draw(s, PLACES)));
	return 0;
}

/*
 * A buffer that no other thread writes to: zero at first, and then what was written. Who
 * comes by its number, as that of another file before, may end it, but not map it too.
 */
static void write_and_read(struct storm *s, void *arg)
{
	struct buf *b = arg;
	uint64_t seed = next_word(&s->seed) | 1;

	if (!all_zero(b->p, b->length))
		tally->dirty++;
	fill_words(b->p, b->length, seed);
	if (!has_words(b->p, b->length, seed))
		tally->dirty++;
	tally->verified++;
}

static int do_verify(struct storm *s)
{
	struct buf b = { .length = some_length(s) };

	b.fd = alloc_some(s, b.length, WARD_BUF_SHARED);
	if (b.fd < 0)
		return b.fd;
	b.p = buf_map(b.fd, b.length);
	if (b.p != MAP_FAILED) {
		guarded(write_and_read, s, &b);
		munmap(b.p, b.length);
	}
	close(b.fd);
	return 0;
}

static int do_pin(struct storm *s)
{
	int fd = buf_pin(seat_of(s), s->pinned, (1 + draw(s, 8)) * PAGE);

	memset(s->pinned, 0xc3, PAGE);
	if (fd >= 0 && draw(s, 2))
		buf_wipe(fd);
	return done(fd);
}

static int do_wipe(struct storm *s)
{
	int64_t ret = buf_wipe(place_of(s));

	return ret < 0 ? ret : 0;
}

static int do_volatile(struct storm *s)
{
	struct ward_buf_volatile cmd = { .size = sizeof(cmd) };

	return ward_call(place_of(s), WARD_BUF_VOLATILE, &cmd);
}

static int do_hold(struct storm *s)
{
	struct ward_buf_hold cmd = { .size = sizeof(cmd) };

	return ward_call(place_of(s), WARD_BUF_HOLD, &cmd);
}

static int do_buf_info(struct storm *s)
{
	struct ward_buf_info cmd = { .size = sizeof(cmd) };

	return ward_call(place_of(s), WARD_BUF_INFO, &cmd);
}

static int do_ask_session(struct storm *s)
{
	struct ward_info info = { .size = sizeof(info) };
	struct ward_pressure pressure = { .size = sizeof(pressure) };
	struct ward_measure measure = { .size = sizeof(measure), .digest = { 1 } };
	struct ward_watch watch = { .size = sizeof(watch), .threshold = HUGE };
	struct ward_event records[8];
	struct ward_events events = {
		.size = sizeof(events), .from_seq = 1, .addr = (uintptr_t)records, .count = 8,
	};
	struct ward_notice notice;
	int fd = seat_of(s);

	switch (draw(s, 6)) {
	case 0:
		return ward_call(fd, WARD_INFO, &info);
	case 1:
		return ward_call(fd, WARD_PRESSURE, &pressure);
	case 2:
		return ward_call(fd, WARD_MEASURE, &measure);
	case 3:
		return ward_call(fd, WARD_WATCH, &watch);
	case 4:
		return ward_call(fd, WARD_EVENTS, &events);
	default:
		return read(fd, &notice, sizeof(notice)) < 0 ? -errno : 0;
	}
}

const struct operation memory_operations[] = {
	{ "touch", do_touch, 20 },	{ "alloc", do_alloc, 12 },
	{ "map", do_map, 20 },		{ "unmap", do_unmap, 3 },
	{ "close", do_close, 3 },	{ "open", do_open, 10 },
	{ "verify", do_verify, 6 },	{ "pin", do_pin, 4 },
	{ "wipe", do_wipe, 3 },		{ "volatile", do_volatile, 4 },
	{ "hold", do_hold, 4 },		{ "buf-info", do_buf_info, 3 },
	{ "ask-session", do_ask_session, 10 },
	{ NULL },
};
