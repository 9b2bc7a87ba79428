// SPDX-License-Identifier: MIT
/*
 * hoard: the control of the residue test. It holds the same tables and keys as
 * the worker did, but in malloc, until it is killed. It reads them from standard
 * input (see holding.h), says "hoard: N bytes" and sleeps.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "holding.h"

static int get(void *out, size_t len)
{
	uint8_t *at = out;
	ssize_t n;

	while (len) {
		n = read(0, at, len);
		if (n <= 0)
			return -1;
		at += n;
		len -= (size_t)n;
	}
	return 0;
}

static int hold_block(uint64_t block, uint64_t *total)
{
	uint64_t len;
	uint8_t *bytes;

	if (get(&len, sizeof(len)) || len > HOLDING_MAX)
		return -1;
	bytes = malloc(len ? len : 1);
	if (!bytes || get(bytes, len))
		return -1;
	holding_mask(bytes, len, block);
	*total += len;
	return 0;	/* held, not leaked: that is what it is for */
}

int main(void)
{
	uint64_t blocks, i, total = 0;
	char magic[8];

	if (get(magic, sizeof(magic)) || memcmp(magic, HOLDING_MAGIC, sizeof(magic)) ||
	    get(&blocks, sizeof(blocks)) || blocks > HOLDING_BLOCKS) {
		fprintf(stderr, "hoard: the input is not what residue --export writes\n");
		return 7;
	}
	for (i = 0; i < blocks; i++) {
		if (hold_block(i, &total)) {
			fprintf(stderr, "hoard: block %llu cannot be held\n",
				(unsigned long long)i);
			return 7;
		}
	}
	printf("hoard: %llu bytes\n", (unsigned long long)total);
	fflush(stdout);
	sleep(600);
	return 0;
}
