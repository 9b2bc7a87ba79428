/* SPDX-License-Identifier: MIT */
/*
 * How a chain's head moves, after doc/formats.md section 3.
 */
#ifndef CHAIN_TEST_H
#define CHAIN_TEST_H

#include <string.h>

#include <linux/ward.h>
#include <openssl/sha.h>

static inline void next_head(const struct ward_event *ev, uint8_t *head)
{
	uint8_t record[1 + WARD_EVENT_SIZE] = { 0x00 }, link[1 + 64] = { 0x01 };

	memcpy(record + 1, ev, WARD_EVENT_SIZE);
	memcpy(link + 1, head, 32);
	SHA256(record, sizeof(record), link + 33);
	SHA256(link, sizeof(link), head);
}

#endif /* CHAIN_TEST_H */
