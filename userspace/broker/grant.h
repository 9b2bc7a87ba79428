/* SPDX-License-Identifier: MIT */
/*
 * A data key for the kernel of an attested session: struct ward_key_grant, sealed to the
 * session's own key. doc/formats.md, sections 8 and 14.
 */
#ifndef BROKER_GRANT_H
#define BROKER_GRANT_H

#include <stdint.h>

#include "release.h"

/**
 * grant_json - the answer to a worker whose kernel holds its keys
 * @who: whose session and boot it is for: no other can import it
 * @to: the session's X25519 key
 * @key: 32 bytes
 * Returns JSON text to be freed with free(); NULL: @to is no key, or the library failed.
 */
char *grant_json(const struct release *r, const struct config_resource *resource,
		 const struct attested *who, const uint8_t *to, const uint8_t *key);

#endif /* BROKER_GRANT_H */
