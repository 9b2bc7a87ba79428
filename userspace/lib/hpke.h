/* SPDX-License-Identifier: MIT */
/*
 * Hybrid public key encryption in base mode: RFC 9180, DHKEM(X25519, HKDF-SHA256),
 * HKDF-SHA256. One message a context. OpenSSL has it from 3.2 on; this serves 3.0.
 *
 * Secrets are on the stack and wiped; OpenSSL's own contexts wipe theirs.
 */
#ifndef WARD_HPKE_H
#define WARD_HPKE_H

#include <stddef.h>
#include <stdint.h>

#define HPKE_KEY_LEN	32	/* X25519, private or public */
#define HPKE_TAG_LEN	16

/** struct hpke_text - bytes that both sides know; @data may be NULL where @len is 0 */
struct hpke_text {
	const void *data;
	size_t len;
};

/** enum hpke_aead - as RFC 9180, section 7.3 numbers them */
enum hpke_aead { HPKE_AES_128_GCM = 1, HPKE_AES_256_GCM = 2 };

/**
 * struct hpke - what both sides share: RFC 9180, section 5.1; hpke_clear() it
 * @key: of the AEAD: 16 bytes of it count for HPKE_AES_128_GCM
 */
struct hpke {
	enum hpke_aead aead;
	uint8_t key[32];
	uint8_t nonce[12];
	uint8_t exporter[32];
};

/** hpke_pair - a fresh key pair; 0 or -EIO. The caller wipes @private_key */
int hpke_pair(uint8_t private_key[HPKE_KEY_LEN], uint8_t public_key[HPKE_KEY_LEN]);

/** hpke_public - the public key to a private one; 0 or -EIO */
int hpke_public(const uint8_t private_key[HPKE_KEY_LEN], uint8_t public_key[HPKE_KEY_LEN]);

/**
 * hpke_send - the sender's side
 * @to: recipient's public key
 * @enc: out: the encapsulated key
 * Returns 0; -EKEYREJECTED: @to is no key (of low order); -EIO: the library failed.
 */
int hpke_send(struct hpke *h, enum hpke_aead aead, const uint8_t to[HPKE_KEY_LEN],
	      struct hpke_text info, uint8_t enc[HPKE_KEY_LEN]);

/** hpke_receive - the recipient's side; returns as hpke_send(), of @enc */
int hpke_receive(struct hpke *h, enum hpke_aead aead, const uint8_t private_key[HPKE_KEY_LEN],
		 const uint8_t enc[HPKE_KEY_LEN], struct hpke_text info);

/** hpke_seal - the context's first message; @out has @plain.len + HPKE_TAG_LEN bytes; 0 or -EIO */
int hpke_seal(const struct hpke *h, struct hpke_text aad, struct hpke_text plain, uint8_t *out);

/**
 * hpke_open - open it again
 * @out: @sealed.len - HPKE_TAG_LEN bytes; wiped on failure
 * Returns 0; -EBADMSG: it doesn't verify; -EIO.
 */
int hpke_open(const struct hpke *h, struct hpke_text aad, struct hpke_text sealed, uint8_t *out);

/** hpke_export - a secret of at most 32 bytes for @context: section 5.3; 0 or -EIO */
int hpke_export(const struct hpke *h, struct hpke_text context, uint8_t *out, size_t len);

void hpke_clear(struct hpke *h);

#endif /* WARD_HPKE_H */
