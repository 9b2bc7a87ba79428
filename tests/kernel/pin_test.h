/* SPDX-License-Identifier: MIT */
/*
 * What the tests of class B share: memory that may be pinned, or not.
 */
#ifndef PIN_TEST_H
#define PIN_TEST_H

#include "ward_test.h"

static inline unsigned char *anon(size_t n, int flags)
{
	void *p = mmap(NULL, n, PROT_READ | PROT_WRITE, flags | MAP_ANONYMOUS, -1, 0);

	ASSERT_TRUE(p != MAP_FAILED);
	return p;
}

/* Private anonymous memory that fork does not copy. */
static inline unsigned char *pinnable(size_t n)
{
	unsigned char *p = anon(n, MAP_PRIVATE);

	ASSERT_EQ(madvise(p, n, MADV_DONTFORK), 0);
	return p;
}

static inline int pin_clean(int s, void *p, uint64_t length)
{
	struct ward_buf_pin cmd = {
		.size = sizeof(cmd), .flags = WARD_PIN_CLEAN,
		.addr = (uintptr_t)p, .length = length,
	};
	int ret = ward_call(s, WARD_BUF_PIN, &cmd);

	return ret ? ret : cmd.out_fd;
}

#endif /* PIN_TEST_H */
