// SPDX-License-Identifier: MIT
/*
 * Labels of buffers: text that ends and nothing else, since people read them later in
 * records (RFC 3629 section 4, and no control characters).
 */
#include "ward_test.h"

/* 0, or -EINVAL; ends the test where it is something else. */
static int with_label(int session, const char *bytes, size_t len)
{
	struct ward_buf_alloc cmd = { .size = sizeof(cmd), .length = PAGE };
	int ret;

	ASSERT_TRUE(len <= sizeof(cmd.label));
	memcpy(cmd.label, bytes, len);
	ret = ward_call(session, WARD_BUF_ALLOC, &cmd);
	ASSERT_TRUE(ret == 0 || ret == -EINVAL);
	if (!ret)
		ASSERT_EQ(close(cmd.out_fd), 0);
	return ret;
}

#define LABEL(session, text)	with_label(session, text, sizeof(text) - 1)

TEST(text_of_every_length_is_taken)
{
	int s = session_open();

	EXPECT_EQ(LABEL(s, ""), 0);
	EXPECT_EQ(LABEL(s, "rows \x7e"), 0);
	EXPECT_EQ(LABEL(s, "\xc2\xa0\xdf\xbf"), 0);
	EXPECT_EQ(LABEL(s, "\xe0\xa0\x80\xed\x9f\xbf\xef\xbf\xbf"), 0);
	EXPECT_EQ(LABEL(s, "\xf0\x90\x80\x80\xf1\x80\x80\x80\xf4\x8f\xbf\xbf"), 0);
	EXPECT_EQ(LABEL(s, "0123456789012345678901234567890"), 0);
}

TEST(what_is_no_text_is_refused)
{
	int s = session_open();

	EXPECT_EQ(LABEL(s, "0123456789012345678901234567890x"), -EINVAL);
	EXPECT_EQ(LABEL(s, "ends\0not"), -EINVAL);
	EXPECT_EQ(LABEL(s, "\x1b[2J"), -EINVAL);
	EXPECT_EQ(LABEL(s, "\x7f"), -EINVAL);
	/* a tail alone, bytes that begin nothing */
	EXPECT_EQ(LABEL(s, "\x80"), -EINVAL);
	EXPECT_EQ(LABEL(s, "\xc1\xbf"), -EINVAL);
	EXPECT_EQ(LABEL(s, "\xf5\x80\x80\x80"), -EINVAL);
	/* C1 controls, overlong forms, surrogates, beyond the last character */
	EXPECT_EQ(LABEL(s, "\xc2\x9b"), -EINVAL);
	EXPECT_EQ(LABEL(s, "\xe0\x9f\xbf"), -EINVAL);
	EXPECT_EQ(LABEL(s, "\xed\xa0\x80"), -EINVAL);
	EXPECT_EQ(LABEL(s, "\xf0\x8f\xbf\xbf"), -EINVAL);
	EXPECT_EQ(LABEL(s, "\xf4\x90\x80\x80"), -EINVAL);
	/* cut short, by its end and by the field's */
	EXPECT_EQ(LABEL(s, "\xe2\x82"), -EINVAL);
	EXPECT_EQ(LABEL(s, "\xe2\x28\xa1"), -EINVAL);
	EXPECT_EQ(LABEL(s, "\xe2\x82\x28"), -EINVAL);
	EXPECT_EQ(LABEL(s, "012345678901234567890123456789\xe2"), -EINVAL);
	EXPECT_EQ(session_info(s).out_live, 0);
}

KTAP_MAIN()
