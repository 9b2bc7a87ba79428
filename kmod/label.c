// SPDX-License-Identifier: GPL-2.0-only
/*
 * Labels: a worker's name for a buffer. They go into records that people read
 * later, elsewhere, so that only text gets in: UTF-8 (RFC 3629 section 4) in
 * its shortest form, without control characters.
 */
#include <linux/kernel.h>
#include <linux/string.h>

#include "buffer.h"

/* How many bytes follow @lead, or -1 where none may start a character. */
static int tail_of(u8 lead)
{
	if (lead < 0x80)
		return lead < 0x20 || lead == 0x7f ? -1 : 0;
	if (lead >= 0xc2 && lead <= 0xdf)
		return 1;
	if (lead >= 0xe0 && lead <= 0xef)
		return 2;
	if (lead >= 0xf0 && lead <= 0xf4)
		return 3;
	return -1;
}

/* The second byte keeps out overlong forms, surrogates, and C1 controls. */
static bool second_ok(u8 lead, u8 second)
{
	switch (lead) {
	case 0xc2:
		return second >= 0xa0 && second <= 0xbf;
	case 0xe0:
		return second >= 0xa0 && second <= 0xbf;
	case 0xed:
		return second >= 0x80 && second <= 0x9f;
	case 0xf0:
		return second >= 0x90 && second <= 0xbf;
	case 0xf4:
		return second >= 0x80 && second <= 0x8f;
	default:
		return second >= 0x80 && second <= 0xbf;
	}
}

static bool char_ok(const u8 *at, int tail)
{
	int i;

	if (tail && !second_ok(at[0], at[1]))
		return false;
	for (i = 2; i <= tail; i++)
		if (at[i] < 0x80 || at[i] > 0xbf)
			return false;
	return true;
}

/**
 * ward_label_ok() - is it text that ends?
 * @label: WARD_LABEL_LEN bytes from user space
 */
bool ward_label_ok(const u8 *label)
{
	size_t len = strnlen(label, WARD_LABEL_LEN);
	size_t at = 0;
	int tail;

	if (len == WARD_LABEL_LEN || memchr_inv(label + len, 0, WARD_LABEL_LEN - len))
		return false;
	while (at < len) {
		tail = tail_of(label[at]);
		/* A character that is cut short meets the NUL behind it. */
		if (tail < 0 || at + tail >= WARD_LABEL_LEN || !char_ok(label + at, tail))
			return false;
		at += 1 + tail;
	}
	return true;
}
