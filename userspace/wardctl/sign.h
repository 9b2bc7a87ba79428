/* SPDX-License-Identifier: MIT */
/* Signed results: a JWT (RFC 7519) by a key in a file. */
#ifndef WARDCTL_SIGN_H
#define WARDCTL_SIGN_H

#include "wardctl.h"

/**
 * sign_jwt - a claims set as a JWT, ES256 or ES384 as the key is
 * @key_path: an EC private key on P-256 or P-384, PEM, not encrypted, that group and others
 *	have no rights to
 * @claims: JSON text
 * The header has the public key ("jwk") and its thumbprint ("kid", RFC 7638).
 * Returns an exit code, the error told. *out: to be freed with free().
 */
int sign_jwt(struct wardctl *ctl, const char *key_path, const char *claims, char **out);

#endif /* WARDCTL_SIGN_H */
