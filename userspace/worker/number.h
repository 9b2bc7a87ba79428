/* SPDX-License-Identifier: MIT */
/*
 * Decimal text to the nearest double, without a copy outside protected memory.
 */
#ifndef WARD_WORKER_NUMBER_H
#define WARD_WORKER_NUMBER_H

#include <stddef.h>

#define NUMBER_MAX	1024	/* characters of one number */

/**
 * number_parse() - read one number
 * @text: its characters, not NUL terminated, no blanks
 * @len: how many
 * @scratch: NUMBER_MAX + 1 bytes of protected memory, zero again afterwards
 * @out: the double nearest to it, ties to even
 *
 * The grammar is that of doc/formats.md section 6: sign or none, digits with
 * or without one point, exponent or none. What underflows is zero or
 * subnormal, as the nearest double says.
 *
 * Return: 0; -EINVAL (not that grammar), -EMSGSIZE (longer than NUMBER_MAX),
 * -ERANGE (overflows a double).
 */
int number_parse(const char *text, size_t len, char *scratch, double *out);

#endif /* WARD_WORKER_NUMBER_H */
