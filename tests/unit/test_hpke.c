// SPDX-License-Identifier: MIT
/* HPKE: the published vector of RFC 9180, appendix A.1.1, and what must not open. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "hpke.h"

static void unhex(const char *hex, uint8_t *out)
{
	for (; *hex; hex += 2) {
		unsigned int b;

		assert_int_equal(sscanf(hex, "%2x", &b), 1);
		*out++ = (uint8_t)b;
	}
}

static struct hpke_text text(const char *s)
{
	return (struct hpke_text){ s, strlen(s) };
}

static void receive_vector(struct hpke *h)
{
	uint8_t private_key[32], enc[32];

	unhex("4612c550263fc8ad58375df3f557aac531d26850903e55a9f23f21d8534e8ac8", private_key);
	unhex("37fda3567bdbd628e88668c3c8d7e97d1d1253b6d4ea6d44c150f741f1bf4431", enc);
	assert_int_equal(hpke_receive(h, HPKE_AES_128_GCM, private_key, enc,
				      text("Ode on a Grecian Urn")), 0);
}

/* A.1.1: the suite differs from ours in the AEAD's number and key length alone. */
static void test_vector(void **state)
{
	uint8_t want[32], sealed[45], plain[29], out[32];
	struct hpke h;

	(void)state;
	receive_vector(&h);
	unhex("4531685d41d65f03dc48f6b8302c05b0", want);
	assert_memory_equal(h.key, want, 16);
	unhex("56d890e5accaaf011cff4b7d", want);
	assert_memory_equal(h.nonce, want, 12);
	unhex("f938558b5d72f1a23810b4be2ab4f84331acc02fc97babc53a52ae8218a355a9"
	      "6d8770ac83d07bea87e13c512a", sealed);
	assert_int_equal(hpke_open(&h, text("Count-0"),
				   (struct hpke_text){ sealed, sizeof(sealed) }, plain), 0);
	assert_memory_equal(plain, "Beauty is truth, truth beauty", sizeof(plain));
	assert_int_equal(hpke_export(&h, text(""), out, sizeof(out)), 0);
	unhex("3853fe2b4035195a573ffc53856e77058e15d9ea064de3e59f4961d0095250ee", want);
	assert_memory_equal(out, want, sizeof(out));
	hpke_clear(&h);
}

struct pair {
	uint8_t private_key[32], public_key[32], enc[32], sealed[48], plain[32], key[32];
	struct hpke sender, recipient;
};

static void make(struct pair *p)
{
	memset(p, 0, sizeof(*p));
	memcpy(p->key, "a key that goes to the recipient", 32);
	assert_int_equal(hpke_pair(p->private_key, p->public_key), 0);
	assert_int_equal(hpke_send(&p->sender, HPKE_AES_256_GCM, p->public_key, text("info"),
				   p->enc), 0);
	assert_int_equal(hpke_seal(&p->sender, text("aad"), (struct hpke_text){ p->key, 32 },
				   p->sealed), 0);
}

static int try_open(struct pair *p, const char *info, const char *aad)
{
	assert_int_equal(hpke_receive(&p->recipient, HPKE_AES_256_GCM, p->private_key, p->enc,
				      text(info)), 0);
	return hpke_open(&p->recipient, text(aad), (struct hpke_text){ p->sealed, 48 }, p->plain);
}

static void test_round_trip(void **state)
{
	uint8_t a[32], b[32];
	struct pair p;

	(void)state;
	make(&p);
	assert_int_equal(try_open(&p, "info", "aad"), 0);
	assert_memory_equal(p.plain, p.key, 32);
	assert_int_equal(hpke_export(&p.sender, text("x"), a, 32), 0);
	assert_int_equal(hpke_export(&p.recipient, text("x"), b, 32), 0);
	assert_memory_equal(a, b, 32);
	assert_int_equal(hpke_export(&p.recipient, text("y"), b, 32), 0);
	assert_memory_not_equal(a, b, 32);
}

static void test_what_must_not_open(void **state)
{
	static const uint8_t zero[32];
	struct pair p;

	(void)state;
	make(&p);
	assert_int_equal(try_open(&p, "other", "aad"), -EBADMSG);
	assert_memory_equal(p.plain, zero, 32);
	assert_int_equal(try_open(&p, "info", "other"), -EBADMSG);
	for (size_t i = 0; i < sizeof(p.sealed); i++) {
		p.sealed[i] ^= 1;
		assert_int_equal(try_open(&p, "info", "aad"), -EBADMSG);
		p.sealed[i] ^= 1;
	}
	p.private_key[5] ^= 1;
	assert_int_equal(try_open(&p, "info", "aad"), -EBADMSG);
	assert_int_equal(hpke_open(&p.recipient, text(""), (struct hpke_text){ p.sealed, 15 },
				   p.plain), -EBADMSG);
}

/* Points of low order make a secret that everybody knows. */
static void test_low_order(void **state)
{
	static const uint8_t zero[32], one[32] = { 1 };
	uint8_t enc[32], private_key[32], public_key[32];
	struct hpke h;

	(void)state;
	assert_int_equal(hpke_pair(private_key, public_key), 0);
	assert_int_equal(hpke_send(&h, HPKE_AES_256_GCM, zero, text(""), enc), -EKEYREJECTED);
	assert_int_equal(hpke_send(&h, HPKE_AES_256_GCM, one, text(""), enc), -EKEYREJECTED);
	assert_int_equal(hpke_receive(&h, HPKE_AES_256_GCM, private_key, one, text("")),
			 -EKEYREJECTED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_vector),
		cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_what_must_not_open),
		cmocka_unit_test(test_low_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
