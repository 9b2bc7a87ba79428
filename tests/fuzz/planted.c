// SPDX-License-Identifier: MIT
/*
 * What `tests/fuzz/run` tests tests/fuzz/slowest with: an input says how long it takes.
 * "loop N" is so many steps; "kernel N" is as slow by the clock, in the kernel, and takes next
 * to no instructions here.
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "fuzz.h"

static void steps(unsigned long n)
{
	volatile unsigned long i;

	for (i = 0; i < n; i++)
		;
}

static void zeroes(unsigned long n)
{
	static char data[1 << 20];
	int fd = open("/dev/zero", O_RDONLY);

	while (n--)
		if (read(fd, data, sizeof(data)) != sizeof(data))
			fuzz_die("/dev/zero has no zeroes");
	close(fd);
}

int fuzz_one(struct wv_bytes in)
{
	char text[32] = "", what[8];
	unsigned long n;

	memcpy(text, in.data, in.len < sizeof(text) ? in.len : sizeof(text) - 1);
	if (sscanf(text, "%7s %lu", what, &n) != 2)
		return WV_USAGE;
	(strcmp(what, "loop") ? zeroes : steps)(n);
	return WV_OK;
}
