// SPDX-License-Identifier: GPL-2.0-only
/*
 * X25519, by the kernel's library, which is a module on most kernels and not there on
 * some. It is referred to weakly (compat.h): modprobe loads it first, and where it is
 * missing ward loads all the same, without keys.
 */
#include <linux/compiler.h>

#include "key.h"

#ifdef WARD_X25519
/* An address in data: an instruction might not reach as far as to where nothing is. */
static void *x25519_at = WARD_X25519;

bool ward_x25519_there(void)
{
	return READ_ONCE(x25519_at);
}

bool ward_x25519(u8 *out, const u8 *secret, const u8 *point)
{
	return ward_x25519_call(out, secret, point);
}
#else
bool ward_x25519_there(void)
{
	return false;
}

bool ward_x25519(u8 *out, const u8 *secret, const u8 *point)
{
	return false;
}
#endif

bool ward_x25519_public(u8 *out, const u8 *secret)
{
	static const u8 base[WARD_KEY_LEN] = { 9 };

	return ward_x25519(out, secret, base);
}
