// SPDX-License-Identifier: MIT
/* RFC 9180, section numbers in the comments are its. */
#include <errno.h>
#include <string.h>

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>

#include "hpke.h"

#define HASH		32
#define TEXT_MAX	1024	/* of what goes into one HMAC here; longer is refused */

/* ---- section 4: HKDF with labels ------------------------------------------- */

/**
 * struct buffer - what one HMAC is over; wiped by whoever made it
 * @bad: more was put in than fits
 */
struct buffer {
	uint8_t data[TEXT_MAX];
	size_t len;
	int bad;
};

static void put(struct buffer *b, const void *data, size_t len)
{
	if (len > sizeof(b->data) - b->len) {
		b->bad = 1;
		return;
	}
	if (len)
		memcpy(b->data + b->len, data, len);
	b->len += len;
}

static void put_word(struct buffer *b, const char *word)
{
	put(b, word, strlen(word));
}

static void put_be16(struct buffer *b, unsigned int v)
{
	const uint8_t be[2] = { (uint8_t)(v >> 8), (uint8_t)v };

	put(b, be, sizeof(be));
}

/* Of the KEM alone, or of the whole suite. */
static void put_suite(struct buffer *b, int aead)
{
	put_word(b, "HPKE-v1");
	put_word(b, aead ? "HPKE" : "KEM");
	put_be16(b, 0x0020);
	if (!aead)
		return;
	put_be16(b, 0x0001);
	put_be16(b, (unsigned int)aead);
}

static int hmac(const uint8_t *key, size_t key_len, struct buffer *b, uint8_t out[HASH])
{
	unsigned int n = HASH;
	int ok = !b->bad && HMAC(EVP_sha256(), key, (int)key_len, b->data, b->len, out, &n);

	OPENSSL_cleanse(b, sizeof(*b));
	return ok ? 0 : -EIO;
}

static int extract(int aead, const uint8_t *salt, const char *label, struct hpke_text ikm,
		   uint8_t out[HASH])
{
	static const uint8_t none[HASH];
	struct buffer b = { .len = 0 };

	put_suite(&b, aead);
	put_word(&b, label);
	put(&b, ikm.data, ikm.len);
	return hmac(salt ? salt : none, HASH, &b, out);
}

/* One block is enough for all that is asked for here. */
static int expand(int aead, const uint8_t prk[HASH], const char *label, struct hpke_text info,
		  uint8_t *out, size_t len)
{
	struct buffer b = { .len = 0 };
	uint8_t block[HASH];
	int rc;

	if (len > sizeof(block))
		return -EIO;
	put_be16(&b, (unsigned int)len);
	put_suite(&b, aead);
	put_word(&b, label);
	put(&b, info.data, info.len);
	put(&b, "\1", 1);
	rc = hmac(prk, HASH, &b, block);
	if (!rc)
		memcpy(out, block, len);
	OPENSSL_cleanse(block, sizeof(block));
	return rc;
}

/* ---- section 4.1: the KEM ----------------------------------------------------- */

int hpke_public(const uint8_t private_key[HPKE_KEY_LEN], uint8_t out[HPKE_KEY_LEN])
{
	EVP_PKEY *key = EVP_PKEY_new_raw_private_key(EVP_PKEY_X25519, NULL, private_key,
						     HPKE_KEY_LEN);
	size_t n = HPKE_KEY_LEN;
	int ok = key && EVP_PKEY_get_raw_public_key(key, out, &n) == 1 && n == HPKE_KEY_LEN;

	EVP_PKEY_free(key);
	return ok ? 0 : -EIO;
}

int hpke_pair(uint8_t private_key[HPKE_KEY_LEN], uint8_t public_key[HPKE_KEY_LEN])
{
	if (RAND_priv_bytes(private_key, HPKE_KEY_LEN) != 1)
		return -EIO;
	return hpke_public(private_key, public_key);
}

/* OpenSSL refuses a shared secret of zero, which points of low order give. */
static int agree(const uint8_t own[HPKE_KEY_LEN], const uint8_t peer[HPKE_KEY_LEN],
		 uint8_t out[HASH])
{
	EVP_PKEY *mine = EVP_PKEY_new_raw_private_key(EVP_PKEY_X25519, NULL, own, HPKE_KEY_LEN);
	EVP_PKEY *theirs = EVP_PKEY_new_raw_public_key(EVP_PKEY_X25519, NULL, peer, HPKE_KEY_LEN);
	EVP_PKEY_CTX *ctx = mine ? EVP_PKEY_CTX_new(mine, NULL) : NULL;
	size_t n = HASH;
	int rc = -EIO;

	if (theirs && ctx && EVP_PKEY_derive_init(ctx) == 1 &&
	    EVP_PKEY_derive_set_peer(ctx, theirs) == 1)
		rc = EVP_PKEY_derive(ctx, out, &n) == 1 && n == HASH ? 0 : -EKEYREJECTED;
	EVP_PKEY_CTX_free(ctx);
	EVP_PKEY_free(theirs);
	EVP_PKEY_free(mine);
	return rc;
}

/* ExtractAndExpand() of section 4.1. */
static int shared_secret(const uint8_t dh[HASH], const uint8_t enc[HPKE_KEY_LEN],
			 const uint8_t to[HPKE_KEY_LEN], uint8_t out[HASH])
{
	uint8_t context[2 * HPKE_KEY_LEN], prk[HASH];
	int rc;

	memcpy(context, enc, HPKE_KEY_LEN);
	memcpy(context + HPKE_KEY_LEN, to, HPKE_KEY_LEN);
	rc = extract(0, NULL, "eae_prk", (struct hpke_text){ dh, HASH }, prk) ?:
	     expand(0, prk, "shared_secret", (struct hpke_text){ context, sizeof(context) }, out,
		    HASH);
	OPENSSL_cleanse(prk, sizeof(prk));
	return rc;
}

/* ---- section 5.1: the key schedule, mode 0 ------------------------------------- */

static int schedule_context(int aead, struct hpke_text info, uint8_t out[1 + 2 * HASH])
{
	const struct hpke_text none = { NULL, 0 };

	out[0] = 0;
	return extract(aead, NULL, "psk_id_hash", none, out + 1) ?:
	       extract(aead, NULL, "info_hash", info, out + 1 + HASH);
}

static int schedule(struct hpke *h, enum hpke_aead aead, const uint8_t shared[HASH],
		    struct hpke_text info)
{
	const struct hpke_text none = { NULL, 0 };
	uint8_t context[1 + 2 * HASH], secret[HASH];
	const struct hpke_text over = { context, sizeof(context) };
	int rc;

	h->aead = aead;
	rc = schedule_context(aead, info, context) ?:
	     extract(aead, shared, "secret", none, secret) ?:
	     expand(aead, secret, "key", over, h->key, aead == HPKE_AES_128_GCM ? 16 : 32) ?:
	     expand(aead, secret, "base_nonce", over, h->nonce, sizeof(h->nonce)) ?:
	     expand(aead, secret, "exp", over, h->exporter, sizeof(h->exporter));
	OPENSSL_cleanse(secret, sizeof(secret));
	return rc;
}

/* Either side: its own key, the other's, and the two public ones in their order. */
static int setup(struct hpke *h, enum hpke_aead aead, const uint8_t *own, const uint8_t *peer,
		 const uint8_t *enc, const uint8_t *to, struct hpke_text info)
{
	uint8_t dh[HASH], shared[HASH];
	int rc;

	memset(h, 0, sizeof(*h));
	rc = agree(own, peer, dh) ?: shared_secret(dh, enc, to, shared) ?:
	     schedule(h, aead, shared, info);
	OPENSSL_cleanse(dh, sizeof(dh));
	OPENSSL_cleanse(shared, sizeof(shared));
	if (rc)
		hpke_clear(h);
	return rc;
}

int hpke_send(struct hpke *h, enum hpke_aead aead, const uint8_t to[HPKE_KEY_LEN],
	      struct hpke_text info, uint8_t enc[HPKE_KEY_LEN])
{
	uint8_t ephemeral[HPKE_KEY_LEN];
	int rc;

	rc = hpke_pair(ephemeral, enc) ?: setup(h, aead, ephemeral, to, enc, to, info);
	OPENSSL_cleanse(ephemeral, sizeof(ephemeral));
	return rc;
}

int hpke_receive(struct hpke *h, enum hpke_aead aead, const uint8_t private_key[HPKE_KEY_LEN],
		 const uint8_t enc[HPKE_KEY_LEN], struct hpke_text info)
{
	uint8_t to[HPKE_KEY_LEN];

	return hpke_public(private_key, to) ?: setup(h, aead, private_key, enc, enc, to, info);
}

/* ---- sections 5.2 and 5.3 ---------------------------------------------------------- */

static EVP_CIPHER_CTX *start(const struct hpke *h, struct hpke_text aad, int encrypt)
{
	const EVP_CIPHER *cipher = h->aead == HPKE_AES_128_GCM ? EVP_aes_128_gcm() :
								 EVP_aes_256_gcm();
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	int n;

	if (ctx && EVP_CipherInit_ex(ctx, cipher, NULL, h->key, h->nonce, encrypt) == 1 &&
	    (!aad.len || EVP_CipherUpdate(ctx, NULL, &n, aad.data, (int)aad.len) == 1))
		return ctx;
	EVP_CIPHER_CTX_free(ctx);
	return NULL;
}

int hpke_seal(const struct hpke *h, struct hpke_text aad, struct hpke_text plain, uint8_t *out)
{
	EVP_CIPHER_CTX *ctx = start(h, aad, 1);
	uint8_t none[16];
	int n, ok;

	ok = ctx && EVP_CipherUpdate(ctx, out, &n, plain.data, (int)plain.len) == 1 &&
	     EVP_CipherFinal_ex(ctx, none, &n) == 1 &&
	     EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_GET_TAG, HPKE_TAG_LEN, out + plain.len) == 1;
	EVP_CIPHER_CTX_free(ctx);
	return ok ? 0 : -EIO;
}

int hpke_open(const struct hpke *h, struct hpke_text aad, struct hpke_text sealed, uint8_t *out)
{
	const uint8_t *in = sealed.data;
	EVP_CIPHER_CTX *ctx;
	uint8_t none[16];
	size_t len;
	int n, rc = -EIO;

	if (sealed.len < HPKE_TAG_LEN)
		return -EBADMSG;
	len = sealed.len - HPKE_TAG_LEN;
	ctx = start(h, aad, 0);
	if (ctx && EVP_CipherUpdate(ctx, out, &n, in, (int)len) == 1 &&
	    EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_TAG, HPKE_TAG_LEN,
				(void *)(in + len)) == 1)
		rc = EVP_CipherFinal_ex(ctx, none, &n) == 1 ? 0 : -EBADMSG;
	if (rc)
		OPENSSL_cleanse(out, len);
	EVP_CIPHER_CTX_free(ctx);
	return rc;
}

int hpke_export(const struct hpke *h, struct hpke_text context, uint8_t *out, size_t len)
{
	return expand(h->aead, h->exporter, "sec", context, out, len);
}

void hpke_clear(struct hpke *h)
{
	OPENSSL_cleanse(h, sizeof(*h));
}
