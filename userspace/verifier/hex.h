/* SPDX-License-Identifier: MIT */
#ifndef WARD_HEX_H
#define WARD_HEX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** hex_encode - lower case, with a final NUL: @out has 2 * @len + 1 bytes */
void hex_encode(const uint8_t *data, size_t len, char *out);

/** hex_decode - exactly 2 * @len digits of either case and nothing after them */
bool hex_decode(const char *text, uint8_t *out, size_t len);

#endif /* WARD_HEX_H */
