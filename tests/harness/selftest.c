// SPDX-License-Identifier: MIT
/*
 * The harness on itself: what must fail, fails. tests/harness/selftest.sh runs
 * these one by one and holds the outcome against the name's first word.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ktap.h"

TEST(pass_everything_holds)
{
	EXPECT_TRUE(1);
	EXPECT_FALSE(0);
	EXPECT_EQ(3, 3);
	EXPECT_NE(3L, 4L);
	ASSERT_LT(1, 2);
	ASSERT_GE(2, 2);
	EXPECT_MEMEQ("abc", "abc", 3);
	EXPECT_STREQ("abc", "abc");
	EXPECT_ERRNO(close(-1), EBADF);
	EXPECT_ERRNO(-EINVAL, EINVAL);
}

TEST(fail_true)
{
	EXPECT_TRUE(0);
}

TEST(fail_equal)
{
	EXPECT_EQ(1, 2);
}

TEST(fail_bytes)
{
	EXPECT_MEMEQ("abc", "abd", 3);
}

TEST(fail_string)
{
	EXPECT_STREQ("abc", "ab");
}

TEST(fail_errno_of_a_call_that_succeeds)
{
	EXPECT_ERRNO(getpid(), EBADF);
}

TEST(fail_other_errno)
{
	EXPECT_ERRNO(close(-1), EINVAL);
}

TEST(fail_goes_on_after_expect)
{
	EXPECT_EQ(1, 2);
	ktap_note("went on");
	ASSERT_EQ(3, 4);
	ktap_note("must not be seen");
}

TEST(fail_by_crash)
{
	raise(SIGSEGV);
}

TEST(fail_by_exit_of_zero_length)
{
	exit(7);
}

TEST_TIMEOUT(fail_by_hanging, 1)
{
	for (;;)
		pause();
}

TEST(fail_in_a_forked_child)
{
	pid_t pid = fork();
	int status;

	if (!pid)
		ASSERT_EQ(1, 2);
	ASSERT_EQ(waitpid(pid, &status, 0), pid);
	ASSERT_EQ(status, 0);
}

TEST(fail_even_if_skipped_afterwards)
{
	EXPECT_EQ(1, 2);
	SKIP("too late");
}

TEST(skip_with_a_reason)
{
	SKIP("not on this kernel");
}

KTAP_MAIN()
