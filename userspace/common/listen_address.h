/* SPDX-License-Identifier: MIT */
/* ADDRESS:PORT and [ADDRESS]:PORT, as somebody writes where to listen. */
#ifndef WARD_COMMON_LISTEN_ADDRESS_H
#define WARD_COMMON_LISTEN_ADDRESS_H

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum listen_fault { LISTEN_OK, LISTEN_NO_PORT, LISTEN_PORT_RANGE };

/**
 * listen_address() - cut it in two
 * @text: what was written
 * @host: start of the address in it
 * @len: of that; may be 0 between brackets
 * @port: 0 to 65535
 *
 * Return: LISTEN_NO_PORT: there is no address, or no number behind it; LISTEN_PORT_RANGE: what is
 * there is no port; else LISTEN_OK.
 */
static inline enum listen_fault listen_address(const char *text, const char **host, size_t *len,
					       uint16_t *port)
{
	const char *colon = strrchr(text, ':');
	unsigned long value;
	char *end;

	*len = colon ? (size_t)(colon - text) : 0;
	if (!*len || colon[1] < '0' || colon[1] > '9')
		return LISTEN_NO_PORT;
	value = strtoul(colon + 1, &end, 10);
	if (*end || value > UINT16_MAX)
		return LISTEN_PORT_RANGE;
	*host = text;
	if (*len >= 2 && *text == '[' && colon[-1] == ']') {
		++*host;
		*len -= 2;
	}
	*port = (uint16_t)value;
	return LISTEN_OK;
}

#endif /* WARD_COMMON_LISTEN_ADDRESS_H */
