/* SPDX-License-Identifier: MIT */
/*
 * A small harness for C test programs that speak KTAP (Linux,
 * Documentation/dev-tools/ktap.rst). Each test runs in a child process with a
 * deadline: a crash, a hang or a leftover process fails that test alone.
 *
 *	#include "ktap.h"
 *
 *	TEST(zeroed_on_close)
 *	{
 *		int fd = open("/dev/ward", O_RDWR);
 *
 *		ASSERT_GE(fd, 0);
 *		EXPECT_EQ(read_byte(fd), 0);
 *	}
 *
 *	KTAP_MAIN()
 *
 * EXPECT_* notes a failure and goes on, ASSERT_* ends the test. Both print file,
 * line, the expressions and both values. SKIP("why") ends the test as skipped;
 * only what this kernel cannot have is skipped, never what failed to set up.
 *
 * A program takes test names as arguments to run only those, and -l to list.
 */
#ifndef KTAP_H
#define KTAP_H

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

/** struct ktap_test - one test; made by TEST(), owned by the program. */
struct ktap_test {
	const char *name;
	void (*fn)(void);
	unsigned int timeout;	/* seconds */
	struct ktap_test *next;
};

void ktap_register(struct ktap_test *test);
int ktap_main(int argc, char **argv);

/* What the macros below end in; each returns true when the check held. */
bool ktap_true(const char *file, int line, const char *text, bool value,
	       bool wanted);
bool ktap_compare(const char *file, int line, const char *left_text,
		  const char *op, const char *right_text, long long left,
		  long long right);
bool ktap_bytes(const char *file, int line, const char *text, const void *left,
		const void *right, size_t len);
bool ktap_string(const char *file, int line, const char *text,
		 const char *left, const char *right);
bool ktap_fails(const char *file, int line, const char *text, long long ret,
		int err, int wanted);
/**
 * ktap_seconds() - how long to wait for what takes @seconds elsewhere
 *
 * A kernel under debug takes longer: KTAP_SCALE of the environment says by how much.
 */
unsigned int ktap_seconds(unsigned int seconds);
void ktap_stop(void) __attribute__((noreturn));
void ktap_skip(const char *why) __attribute__((noreturn));
/** ktap_note() - print a diagnostic line ("# ..."); takes what printf takes. */
void ktap_note(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* Under TCG a test is slow; what takes longer says so with TEST_TIMEOUT. */
#define KTAP_TIMEOUT	240

#define TEST(test)	TEST_TIMEOUT(test, KTAP_TIMEOUT)
#define TEST_TIMEOUT(test, seconds)					\
	static void ktap_fn_##test(void);				\
	static struct ktap_test ktap_test_##test = {			\
		.name = #test, .fn = ktap_fn_##test,			\
		.timeout = (seconds),					\
	};								\
	__attribute__((constructor)) static void ktap_ctor_##test(void)	\
	{								\
		ktap_register(&ktap_test_##test);			\
	}								\
	static void ktap_fn_##test(void)

#define KTAP_MAIN()							\
	int main(int argc, char **argv)					\
	{								\
		return ktap_main(argc, argv);				\
	}

#define SKIP(why)	ktap_skip(why)

#define KTAP_OR_STOP(held)						\
	do {								\
		if (!(held))						\
			ktap_stop();					\
	} while (0)

#define KTAP_TRUE(a, want)						\
	ktap_true(__FILE__, __LINE__, #a, !!(a), want)
#define KTAP_CMP(a, op, b)						\
({									\
	__typeof__(a) ktap_a = (a);					\
	__typeof__(b) ktap_b = (b);					\
									\
	ktap_a op ktap_b ? true :					\
		ktap_compare(__FILE__, __LINE__, #a, #op, #b,		\
			     (long long)ktap_a, (long long)ktap_b);	\
})
#define KTAP_BYTES(a, b, len)						\
	ktap_bytes(__FILE__, __LINE__, #a " and " #b, a, b, len)
#define KTAP_STRING(a, b)						\
	ktap_string(__FILE__, __LINE__, #a, a, b)
#define KTAP_FAILS(call, wanted)					\
({									\
	long long ktap_ret;						\
									\
	errno = 0;							\
	ktap_ret = (long long)(call);					\
	ktap_fails(__FILE__, __LINE__, #call, ktap_ret, errno, wanted);	\
})

#define EXPECT_TRUE(a)		((void)KTAP_TRUE(a, true))
#define EXPECT_FALSE(a)		((void)KTAP_TRUE(a, false))
#define EXPECT_EQ(a, b)		((void)KTAP_CMP(a, ==, b))
#define EXPECT_NE(a, b)		((void)KTAP_CMP(a, !=, b))
#define EXPECT_LT(a, b)		((void)KTAP_CMP(a, <, b))
#define EXPECT_LE(a, b)		((void)KTAP_CMP(a, <=, b))
#define EXPECT_GT(a, b)		((void)KTAP_CMP(a, >, b))
#define EXPECT_GE(a, b)		((void)KTAP_CMP(a, >=, b))
#define EXPECT_MEMEQ(a, b, len)	((void)KTAP_BYTES(a, b, len))
#define EXPECT_STREQ(a, b)	((void)KTAP_STRING(a, b))
/* The call answers -1 with this errno, or minus this errno. */
#define EXPECT_ERRNO(call, err)	((void)KTAP_FAILS(call, err))

#define ASSERT_TRUE(a)		KTAP_OR_STOP(KTAP_TRUE(a, true))
#define ASSERT_FALSE(a)		KTAP_OR_STOP(KTAP_TRUE(a, false))
#define ASSERT_EQ(a, b)		KTAP_OR_STOP(KTAP_CMP(a, ==, b))
#define ASSERT_NE(a, b)		KTAP_OR_STOP(KTAP_CMP(a, !=, b))
#define ASSERT_LT(a, b)		KTAP_OR_STOP(KTAP_CMP(a, <, b))
#define ASSERT_LE(a, b)		KTAP_OR_STOP(KTAP_CMP(a, <=, b))
#define ASSERT_GT(a, b)		KTAP_OR_STOP(KTAP_CMP(a, >, b))
#define ASSERT_GE(a, b)		KTAP_OR_STOP(KTAP_CMP(a, >=, b))
#define ASSERT_MEMEQ(a, b, len)	KTAP_OR_STOP(KTAP_BYTES(a, b, len))
#define ASSERT_STREQ(a, b)	KTAP_OR_STOP(KTAP_STRING(a, b))
#define ASSERT_ERRNO(call, err)	KTAP_OR_STOP(KTAP_FAILS(call, err))

#endif /* KTAP_H */
