/* SPDX-License-Identifier: MIT */
/*
 * How secrets stand in the database. Form 0 is the secret as it is: who may read the
 * database may read it. Form 1 is a keyring's (keyring.h); where there is one, form 0 is
 * not taken any more: who may write to the database can't put a key of his there.
 */
#ifndef BROKER_SECRET_WRAP_H
#define BROKER_SECRET_WRAP_H

#include <stddef.h>
#include <stdint.h>

#define SECRET_WRAP_EXTRA 64	/* most bytes that wrapping adds */

struct keyring;

/** secret_wrap_under - from now on; borrowed; NULL = none, as at the start */
void secret_wrap_under(const struct keyring *keyring);

/**
 * secret_wrap - @out has @len + SECRET_WRAP_EXTRA bytes
 * @name: of the secret; what is wrapped under one name does not unwrap under another
 * Returns 0 or -errno.
 */
int secret_wrap(const char *name, const void *secret, size_t len, uint8_t *out, size_t *out_len);

/** secret_unwrap - @out has @len bytes; -EBADMSG: damaged, or of another keyring */
int secret_unwrap(const char *name, const uint8_t *wrapped, size_t len, uint8_t *out,
		  size_t *out_len);

#endif /* BROKER_SECRET_WRAP_H */
