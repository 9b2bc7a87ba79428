// SPDX-License-Identifier: MIT
/*
 * Hibernation. The image leaves out pages of class A, so that what is read
 * after it is not what was written, and takes in pages of class B, so that
 * they get to disk. The kernel's own test stops it before anything is saved.
 */
#include "ward_test.h"

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

/* Hibernation up to the moment when every process stands still, and back. */
static int hibernate(void)
{
	int ret;

	ASSERT_EQ(put(PM_TEST, "freezer"), 0);
	put(PM_DELAY, "1");
	ret = put(PM_STATE, "disk");
	put(PM_TEST, "none");
	return ret;
}

static void need_hibernation(void)
{
	char text[64] = { 0 };
	int fd = open(PM_STATE, O_RDONLY | O_CLOEXEC);

	if (fd < 0 || read(fd, text, sizeof(text) - 1) < 0 || !strstr(text, "disk") ||
	    access(PM_TEST, W_OK))
		SKIP("this kernel does not hibernate");
	close(fd);
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

KTAP_MAIN()
