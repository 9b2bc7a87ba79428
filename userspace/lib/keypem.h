/* SPDX-License-Identifier: MIT */
/* X25519 keys as OpenSSL writes them (PEM): of recipients who keep no secret of ours. */
#ifndef WARD_KEYPEM_H
#define WARD_KEYPEM_H

#include <stdint.h>

#define WARD_KEYPEM_LEN 32

/**
 * ward_keypem_public() - read a public key
 * @path: PEM, "PUBLIC KEY"
 * @key: WARD_KEYPEM_LEN bytes
 *
 * Returns 0; -EINVAL: not an X25519 key; or what open(2) and read(2) say.
 */
int ward_keypem_public(const char *path, uint8_t *key);

/**
 * ward_keypem_private() - read a private key
 * @path: PEM, "PRIVATE KEY", unencrypted, a regular file that group and others have no
 *	rights to
 * @key: WARD_KEYPEM_LEN bytes; the caller wipes them; zeroed on failure
 *
 * Returns as ward_keypem_public(); -EPERM: group or others may reach the file.
 */
int ward_keypem_private(const char *path, uint8_t *key);

#endif /* WARD_KEYPEM_H */
