// SPDX-License-Identifier: MIT
#include <errno.h>
#include <string.h>

#include "keyring.h"
#include "secret_wrap.h"

enum { FORM_PLAIN = 0 };

static const struct keyring *under;

void secret_wrap_under(const struct keyring *keyring)
{
	under = keyring;
}

int secret_wrap(const char *name, const void *secret, size_t len, uint8_t *out, size_t *out_len)
{
	if (under)
		return keyring_wrap(under, name, secret, len, out, out_len);
	out[0] = FORM_PLAIN;
	memcpy(out + 1, secret, len);
	*out_len = len + 1;
	return 0;
}

int secret_unwrap(const char *name, const uint8_t *wrapped, size_t len, uint8_t *out,
		  size_t *out_len)
{
	if (under)
		return keyring_unwrap(under, name, wrapped, len, out, out_len) ? -EBADMSG : 0;
	if (len < 2 || wrapped[0] != FORM_PLAIN)
		return -EBADMSG;
	memcpy(out, wrapped + 1, len - 1);
	*out_len = len - 1;
	return 0;
}
