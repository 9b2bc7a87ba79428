/* SPDX-License-Identifier: MIT */
/* A header alone, as hex.h is, so that every room can use it whatever library it links. */
#ifndef WARD_BYTES_H
#define WARD_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** all_zero - of public bytes: it ends at the first that is not zero */
static inline bool all_zero(const uint8_t *p, size_t len)
{
	while (len--)
		if (*p++)
			return false;
	return true;
}

#endif /* WARD_BYTES_H */
