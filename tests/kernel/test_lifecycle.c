// SPDX-License-Identifier: MIT
/*
 * The machine goes to sleep. Suspend to RAM is recorded and takes nothing away.
 * Hibernation is refused over a buffer: the image leaves out pages of class A, so that what is read
 * after it is not what was written, and takes in pages of class B, so that
 * they get to disk. The kernel's own test stops it before anything is saved.
 */
#include "key_test.h"
#include "wait_test.h"

#define PM_STATE	"/sys/power/state"
#define PM_TEST		"/sys/power/pm_test"
#define PM_DELAY	"/sys/module/suspend/parameters/pm_test_delay"

/* 0 or -errno. */
static int put(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC), ret;

	if (fd < 0)
		return -errno;
	ret = write(fd, text, strlen(text)) < 0 ? -errno : 0;
	close(fd);
	return ret;
}

/* Sleep up to the moment when every process stands still, and back. */
static int sleep_by(const char *state)
{
	int ret;

	ASSERT_EQ(put(PM_TEST, "freezer"), 0);
	put(PM_DELAY, "1");
	ret = put(PM_STATE, state);
	put(PM_TEST, "none");
	return ret;
}

static int hibernate(void)
{
	return sleep_by("disk");
}

static void need_state(const char *state, const char *why)
{
	char text[64] = { 0 };
	int fd = open(PM_STATE, O_RDONLY | O_CLOEXEC);

	if (fd < 0 || read(fd, text, sizeof(text) - 1) < 0 || !strstr(text, state) ||
	    access(PM_TEST, W_OK))
		SKIP(why);
	close(fd);
}

static void need_hibernation(void)
{
	need_state("disk", "this kernel does not hibernate");
}

/* Records of the global chain so far, and one more for having asked. */
static uint64_t global_records(int session)
{
	struct answer *a;
	uint64_t seq;
	int err;

	a = attest(session, WARD_PURPOSE_REPORT, &err);
	ASSERT_EQ(err, 0);
	seq = a->claims.global_seq;
	free(a);
	return seq;
}

TEST_TIMEOUT(suspend_is_recorded_and_takes_nothing, 120)
{
	uint64_t before;
	struct buf b;
	int session;

	need_state("freeze", "this kernel does not suspend");
	provider_attach();
	session = session_open();
	b = buf_get(session, HUGE + PAGE);
	fill_words(b.p, b.length, 9);
	before = global_records(session);
	ASSERT_EQ(global_records(session), before + 1);	/* nobody else is about */
	EXPECT_EQ(sleep_by("freeze"), 0);
	EXPECT_EQ(global_records(session), before + 2 + 2);
	EXPECT_TRUE(has_words(b.p, b.length, 9));
	EXPECT_EQ(buf_info(b.fd).out_end, WARD_END_NONE);
}

TEST_TIMEOUT(no_hibernation_over_a_buffer, 120)
{
	struct buf b;

	need_hibernation();
	b = buf_get(session_open(), 2 * HUGE);
	fill_words(b.p, b.length, 7);
	EXPECT_EQ(hibernate(), -EBUSY);
	EXPECT_TRUE(has_words(b.p, b.length, 7));
}

/* A key, or the private half of a pair, would get to disk with the image. */
TEST_TIMEOUT(no_hibernation_over_a_key, 120)
{
	struct ward_key_grant grant = grant_new(0, 0);
	int s = session_open(), key;
	uint8_t public[WARD_KEY_LEN];

	need_hibernation();
	need_keys();
	ASSERT_EQ(key_pair(s, public), 0);
	EXPECT_EQ(hibernate(), -EBUSY);
	key = key_of(s, &grant);
	EXPECT_EQ(hibernate(), -EBUSY);
	close(key);
	close(s);
	EXPECT_EQ(hibernate(), 0);
}

TEST_TIMEOUT(no_hibernation_over_a_pin, 120)
{
	void *p = mmap(NULL, PAGE, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	need_hibernation();
	ASSERT_TRUE(p != MAP_FAILED);
	ASSERT_EQ(madvise(p, PAGE, MADV_DONTFORK), 0);
	ASSERT_GE(buf_pin(session_open(), p, PAGE), 0);
	EXPECT_EQ(hibernate(), -EBUSY);
}

/* The way by which an image is loaded: opened, and not used. */
static int prepare_to_load(void)
{
	int fd = open("/dev/snapshot", O_WRONLY | O_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

/* What the image does not overwrite would stay behind, wiped by nobody. */
TEST_TIMEOUT(no_image_is_loaded_over_a_buffer, 120)
{
	int s = session_open(), fd;
	struct buf b;

	need_hibernation();
	if (access("/dev/snapshot", F_OK))
		SKIP("this kernel takes no image from user space");
	b = buf_get(s, HUGE);
	fill_words(b.p, b.length, 8);
	EXPECT_EQ(prepare_to_load(), -EBUSY);
	EXPECT_TRUE(has_words(b.p, b.length, 8));
	buf_drop(&b);
	fd = prepare_to_load();
	ASSERT_GE(fd, 0);
	EXPECT_EQ(session_info(s).out_pool, 0);
	EXPECT_EQ(buf_alloc(s, PAGE), -EBUSY);
	close(fd);
	EXPECT_GE(buf_alloc(s, PAGE), 0);
}

/* The image leaves clean memory out too: what is kept is given up before. */
TEST_TIMEOUT(pools_are_empty_before_an_image, 120)
{
	int s = session_open();
	struct buf b;

	need_hibernation();
	b = buf_get(s, 2 * HUGE);
	buf_drop(&b);
	ASSERT_EQ(session_info(s).out_pool, 2 * HUGE);
	EXPECT_EQ(hibernate(), 0);
	EXPECT_EQ(session_info(s).out_pool, 0);
	b = buf_get(s, 2 * HUGE);
	EXPECT_TRUE(all_zero(b.p, b.length));
	buf_drop(&b);
	EXPECT_EQ(session_info(s).out_pool, 2 * HUGE);
}

/* Nothing is held: it may, and there is memory again when it is over. */
TEST_TIMEOUT(hibernation_without_buffers, 120)
{
	struct buf b;
	int session;

	need_hibernation();
	session = session_open();
	ASSERT_EQ(session_pressure(session).out_live_global, 0);
	EXPECT_EQ(hibernate(), 0);
	b = buf_get(session, PAGE);
	EXPECT_TRUE(all_zero(b.p, b.length));
	EXPECT_EQ(hibernate(), -EBUSY);
	buf_drop(&b);
}

/* ---- allocations that wait -------------------------------------------------------- */

/* The freezer wakes them: a wait that nothing bounds ends, the other one goes on. */
TEST_TIMEOUT(suspend_and_waits, 120)
{
	struct waiter bounded = { .deadline = now_boot() + 55 * SECOND }, other = { 0 };
	int fd, s;

	need_state("freeze", "this kernel does not suspend");
	s = full_session(10, &fd);
	start(&bounded, s, 5);
	start(&other, s, 5);
	EXPECT_EQ(sleep_by("freeze"), 0);
	EXPECT_EQ(finish(&other), -EINTR);
	EXPECT_TRUE(waiting_becomes(s, 1));
	EXPECT_FALSE(is_done(&bounded));
	close(fd);
	EXPECT_GE(finish(&bounded), 0);
	EXPECT_EQ(session_info(s).out_live, 5 * PAGE);
	EXPECT_EQ(session_pressure(s).out_failed, 0);
}

/* Who waits waits for memory that is held: the image is refused, and all goes on. */
TEST_TIMEOUT(refused_hibernation_ends_no_wait, 120)
{
	struct waiter w = { 0 };
	int fd, s;

	need_hibernation();
	s = full_session(10, &fd);
	start(&w, s, 5);
	EXPECT_EQ(hibernate(), -EBUSY);
	nap(100 * MS);
	EXPECT_FALSE(is_done(&w));
	close(fd);
	EXPECT_GE(finish(&w), 0);
}

KTAP_MAIN()
