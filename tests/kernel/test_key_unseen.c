// SPDX-License-Identifier: MIT
/*
 * What WARD_KEY_OPEN writes is out of sight until all of the call has verified: who looks
 * meanwhile, through whatever mapping, waits, and sees what was opened, or zeroes.
 */
#define _GNU_SOURCE
#include "key_test.h"

#include <pthread.h>

enum { ROUNDS = 12 };

/** struct scene - a buffer, a file for it, and somebody who looks on */
struct scene {
	int session, key;
	struct ward_key_grant grant;
	struct sealed_file file;
	struct buf buf;
	volatile uint64_t at;
	pthread_t watcher;
	volatile bool over;
	volatile unsigned long looks;
	volatile unsigned long seen;	/* words of the text where the call failed, or half of it */
};

static struct scene scene_new(size_t length, uint32_t flags, size_t text, uint32_t chunk)
{
	struct scene sc = { .session = session_open(), .grant = grant_new(0, 0) };

	need_keys();
	sc.key = key_of(sc.session, &sc.grant);
	sc.file = file_new(&sc.grant, NULL, text, chunk);
	sc.buf = buf_get_with(sc.session, length, flags);
	return sc;
}

static uint64_t word(const unsigned char *p)
{
	return *(const volatile uint64_t *)p;
}

/* Places all over the text, its first and its last words among them. */
static size_t place(const struct scene *sc, unsigned int i)
{
	return i % 2 ? i * 40503ul % (sc->file.len / 8) * 8 : (sc->file.len - 8) * (i / 2 % 2);
}

static void *watch_for_text(void *arg)
{
	struct scene *sc = arg;
	unsigned int i;
	size_t at;

	for (i = 0; !sc->over; i++) {
		at = place(sc, i);
		sc->seen += word(sc->buf.p + sc->at + at) == word(sc->file.text + at);
		sc->looks = i;
	}
	return NULL;
}

/* The first word is there before the last one, or the last one before the first. */
static void *watch_for_parts(void *arg)
{
	struct scene *sc = arg;
	const unsigned char *p, *text = sc->file.text;
	size_t one = 0, other = sc->file.len - 8, swap;

	while (!sc->over) {
		p = sc->buf.p + sc->at;
		if (word(p + one) == word(text + one))
			sc->seen += word(p + other) != word(text + other);
		swap = one;
		one = other;
		other = swap;
		sc->looks++;
	}
	return NULL;
}

static void watch(struct scene *sc, void *(*how)(void *arg))
{
	ASSERT_EQ(pthread_create(&sc->watcher, NULL, how, sc), 0);
	while (!sc->looks)
		;
}

static void watched(struct scene *sc)
{
	sc->over = true;
	pthread_join(sc->watcher, NULL);
	EXPECT_EQ(sc->seen, 0);
}

/* The tag that is wrong is that of the last message. */
static void open_in_vain(struct scene *sc)
{
	int i;

	sc->file.bytes[sc->file.sealed_len - 1] ^= 1;
	watch(sc, watch_for_text);
	for (i = 0; i < ROUNDS; i++)
		EXPECT_EQ(key_open(sc->key, &sc->file, sc->buf.fd, sc->at), -EBADMSG);
	watched(sc);
	EXPECT_TRUE(all_zero(sc->buf.p + sc->at, sc->file.len));
}

TEST_TIMEOUT(one_message_that_does_not_verify, 120)
{
	struct scene sc = scene_new(4 * HUGE, 0, 2 * HUGE, 2 * HUGE);

	sc.at = HUGE / 2;
	open_in_vain(&sc);
}

TEST_TIMEOUT(messages_before_the_one_that_does_not_verify, 120)
{
	struct scene sc = scene_new(2 * HUGE, WARD_BUF_LAZY, HUGE, 1 << 16);

	open_in_vain(&sc);
}

/* Small pages, a whole page table at a time. */
TEST_TIMEOUT(in_a_mapping_that_is_filled_at_once, 120)
{
	struct scene sc = scene_new(HUGE + 64 * PAGE, WARD_BUF_POPULATE, 64 * PAGE, 64 * PAGE);

	sc.at = HUGE;
	sc.buf.p[0] = 0x5a;
	open_in_vain(&sc);
	EXPECT_EQ(sc.buf.p[0], 0x5a);
}

static void *open_in_turns(void *arg)
{
	struct scene *sc = arg;

	while (!sc->over)
		key_open(sc->key, &sc->file, sc->buf.fd, sc->at);
	return NULL;
}

/* Two calls into one chunk: neither lifts what hides the other's. */
TEST_TIMEOUT(two_calls_into_one_chunk, 120)
{
	struct scene sc = scene_new(HUGE, 0, HUGE / 2, HUGE / 2), other = sc;
	pthread_t thread;

	other.file = file_new(&sc.grant, NULL, HUGE / 2, 1 << 14);
	other.at = HUGE / 2;
	ASSERT_EQ(pthread_create(&thread, NULL, open_in_turns, &other), 0);
	open_in_vain(&sc);
	other.over = true;
	pthread_join(thread, NULL);
	EXPECT_MEMEQ(sc.buf.p + other.at, other.file.text, other.file.len);
}

TEST_TIMEOUT(all_of_a_call_at_once, 120)
{
	struct scene sc = scene_new(ROUNDS * HUGE, 0, HUGE / 2 + PAGE, 1 << 16);
	int i;

	watch(&sc, watch_for_parts);
	for (i = 0; i < ROUNDS; i++) {
		sc.at = i * HUGE;
		EXPECT_EQ(key_open(sc.key, &sc.file, sc.buf.fd, sc.at), 0);
		EXPECT_MEMEQ(sc.buf.p + sc.at, sc.file.text, sc.file.len);
	}
	sc.at = 0;
	watched(&sc);
}

static long module_refs(void)
{
	FILE *f = fopen("/sys/module/ward/refcnt", "re");
	long refs = -1;

	ASSERT_TRUE(f && fscanf(f, "%ld", &refs) == 1);
	fclose(f);
	return refs;
}

/* ---- other ways to look ----------------------------------------------------------------- */

static struct scene shared;

/* The kernel reads for it: a pipe never gets what was not verified. */
static void write_into_a_pipe(int sock)
{
	int pipe_fds[2], sv = sock;
	uint64_t got;

	ASSERT_EQ(pipe(pipe_fds), 0);
	shared.buf.p = buf_map(shared.buf.fd, shared.buf.length);
	ASSERT_TRUE(shared.buf.p != MAP_FAILED);
	say(sv);
	for (;;) {
		ASSERT_EQ(write(pipe_fds[1], shared.buf.p, sizeof(got)), sizeof(got));
		ASSERT_EQ(read(pipe_fds[0], &got, sizeof(got)), sizeof(got));
		ASSERT_TRUE(got != word(shared.file.text));
	}
}

TEST_TIMEOUT(another_process_and_the_kernel_for_it, 120)
{
	struct peer peer;
	int status;

	shared = scene_new(HUGE, WARD_BUF_SHARED, HUGE / 2, HUGE / 2);
	shared.file.bytes[shared.file.sealed_len - 1] ^= 1;
	peer = peer_start(write_into_a_pipe);
	hear(peer.sock);
	for (status = 0; status < ROUNDS; status++)
		EXPECT_EQ(key_open(shared.key, &shared.file, shared.buf.fd, 0), -EBADMSG);
	/* It can be killed where it waits. */
	status = peer_kill(&peer);
	EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
}

static void touch_until_it_ends(int sock)
{
	volatile unsigned char *p = buf_map(shared.buf.fd, shared.buf.length);

	ASSERT_TRUE(p != MAP_FAILED);
	say(sock);
	while (!touch(p, false))
		;
}

/* Who waits for a call into a buffer that ends meanwhile gets what others get. */
TEST_TIMEOUT(the_buffer_ends_meanwhile, 120)
{
	pthread_t thread;
	struct peer peer;
	int i;

	for (i = 0; i < 4; i++) {
		shared = scene_new(4 * HUGE, WARD_BUF_SHARED, 4 * HUGE, 1 << 20);
		peer = peer_start(touch_until_it_ends);
		hear(peer.sock);
		ASSERT_EQ(pthread_create(&thread, NULL, open_in_turns, &shared), 0);
		sleep_ns(20 * MS);
		EXPECT_EQ(buf_wipe(shared.buf.fd), shared.buf.length);
		EXPECT_EQ(peer_wait(&peer), 0);
		shared.over = true;
		pthread_join(thread, NULL);
		buf_drop(&shared.buf);
	}
}

static void *touch_all_the_time(void *arg)
{
	struct scene *sc = arg;

	for (; !sc->over; sc->looks++)
		touch(sc->buf.p + sc->looks % 2 * HUGE, sc->looks % 3 == 0);
	return NULL;
}

/* In another place, and back; a part of it read-only, and not; gone, and there again. */
static void change_mapping(struct scene *sc)
{
	unsigned char *p = sc->buf.p, *room;
	size_t len = sc->buf.length;

	room = mmap(NULL, len, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ASSERT_TRUE(mremap(p, len, len, MREMAP_MAYMOVE | MREMAP_FIXED, room) == room);
	ASSERT_TRUE(mremap(room, len, len, MREMAP_MAYMOVE | MREMAP_FIXED, p) == p);
	sleep_ns(2 * MS);
	/* That leaves several mappings, which no mremap() moves at once. */
	ASSERT_EQ(mprotect(p + PAGE, HUGE, PROT_READ), 0);
	ASSERT_EQ(mprotect(p + PAGE, HUGE, PROT_READ | PROT_WRITE), 0);
	sleep_ns(2 * MS);
	ASSERT_EQ(munmap(p, len), 0);
	ASSERT_TRUE(mmap(p, len, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED_NOREPLACE,
			 sc->buf.fd, 0) == p);
}

/* Who waits holds up nobody who changes what it waits for, and misses nothing. */
TEST_TIMEOUT(the_mapping_changes_meanwhile, 120)
{
	struct scene sc = scene_new(2 * HUGE, 0, 2 * HUGE, 1 << 20);
	pthread_t opener;
	int i;

	sc.file.bytes[sc.file.sealed_len - 1] ^= 1;
	watch(&sc, touch_all_the_time);
	ASSERT_EQ(pthread_create(&opener, NULL, open_in_turns, &sc), 0);
	for (i = 0; i < 4 * ROUNDS; i++)
		change_mapping(&sc);
	watched(&sc);
	pthread_join(opener, NULL);
	EXPECT_EQ(key_open(sc.key, &sc.file, sc.buf.fd, 0), -EBADMSG);
	EXPECT_TRUE(all_zero(sc.buf.p, sc.buf.length));
}

static void *open_once(void *arg)
{
	struct scene *sc = arg;

	key_open(sc->key, &sc->file, sc->buf.fd, 0);
	return NULL;
}

static void *touch_once(void *arg)
{
	struct scene *sc = arg;

	touch(sc->buf.p, false);
	return NULL;
}

static void close_meanwhile(unsigned int i)
{
	struct scene sc = scene_new(HUGE, 0, HUGE, HUGE);
	pthread_t opener, toucher;

	ASSERT_EQ(pthread_create(&opener, NULL, open_once, &sc), 0);
	sleep_ns(i % 4 * MS);
	ASSERT_EQ(pthread_create(&toucher, NULL, touch_once, &sc), 0);
	sleep_ns(i % 3 * MS);
	close(sc.session);
	buf_drop(&sc.buf);
	close(sc.key);
	pthread_join(opener, NULL);
	pthread_join(toucher, NULL);
	file_free(&sc.file);
}

/* Who waits for a call may be the last that anything is left for: nothing stays. */
TEST_TIMEOUT(all_is_closed_meanwhile, 120)
{
	long before = module_refs();
	unsigned int i;

	for (i = 0; i < 2 * ROUNDS; i++)
		close_meanwhile(i);
	for (i = 0; i < 1000 && module_refs() != before; i++)
		sleep_ns(10 * MS);
	EXPECT_EQ(module_refs(), before);
}

KTAP_MAIN()
