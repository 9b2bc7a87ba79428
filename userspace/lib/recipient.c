// SPDX-License-Identifier: MIT
/* Recipients: their secrets, and the content key under them. */
#include <errno.h>
#include <string.h>

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include "dataset_private.h"
#include "hpke.h"
#include "recipient_private.h"

static const char x25519_info[] = "WARD-RECIPIENT-V2";
static const char x25519_secret[] = "WARD-WRAP-V2";

static struct hpke_text text(const char *s)
{
	return (struct hpke_text){ s, strlen(s) };
}

/* ---- wrapping ------------------------------------------------------------------ */

/* One message only is ever wrapped under a secret and a salt, so that its iv is constant. */
static int recipient_wrap(const uint8_t *secret, const uint8_t *id_salt, const uint8_t *content,
			  uint8_t wrap[WARD_RECIPIENT_WRAP_LEN])
{
	EVP_CIPHER_CTX *ctx = dataset_cipher(secret, id_salt, DATASET_USE_WRAP, 1);
	int n, ok;

	ok = ctx && !dataset_begin(ctx, 0, 0, id_salt, WARD_DATASET_ID_LEN) &&
	     EVP_CipherUpdate(ctx, wrap, &n, content, WARD_RECIPIENT_SECRET_LEN) == 1 &&
	     !dataset_tag(ctx, wrap + WARD_RECIPIENT_SECRET_LEN);
	EVP_CIPHER_CTX_free(ctx);
	return ok ? 0 : -EIO;
}

int recipient_unwrap(const uint8_t *secret, const uint8_t *id_salt,
		     const uint8_t wrap[WARD_RECIPIENT_WRAP_LEN], uint8_t *content)
{
	EVP_CIPHER_CTX *ctx = dataset_cipher(secret, id_salt, DATASET_USE_WRAP, 0);
	const uint8_t *tag = wrap + WARD_RECIPIENT_SECRET_LEN;
	uint8_t none[16];
	int n, rc = -EIO;

	if (ctx && !dataset_begin(ctx, 0, 0, id_salt, WARD_DATASET_ID_LEN) &&
	    EVP_CipherUpdate(ctx, content, &n, wrap, WARD_RECIPIENT_SECRET_LEN) == 1 &&
	    EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_TAG, WARD_DATASET_TAG_LEN,
				(void *)tag) == 1)
		rc = EVP_CipherFinal_ex(ctx, none, &n) == 1 ? 0 : -EKEYREJECTED;
	if (rc)
		OPENSSL_cleanse(content, WARD_RECIPIENT_SECRET_LEN);
	EVP_CIPHER_CTX_free(ctx);
	return rc;
}

int recipients_remove(struct ward_recipients *r, const uint8_t *id)
{
	for (size_t i = 0; i < r->count; i++)
		if (!memcmp(r->of[i].id, id, WARD_RECIPIENT_ID_LEN)) {
			r->count--;
			memmove(&r->of[i], &r->of[i + 1], (r->count - i) * sizeof(r->of[0]));
			return 0;
		}
	return -ENOENT;
}

int recipients_add(struct ward_recipients *r, const struct ward_recipient_key *key,
		   const uint8_t *id_salt, const uint8_t *content)
{
	struct ward_recipient *to;

	recipients_remove(r, key->id);
	if (r->count == WARD_RECIPIENTS_MAX)
		return -EINVAL;
	to = &r->of[r->count++];
	to->type = key->type;
	to->how_len = key->how_len;
	to->how = key->how;
	memcpy(to->id, key->id, sizeof(to->id));
	return recipient_wrap(key->secret, id_salt, content, to->wrap);
}

/* ---- who they are ---------------------------------------------------------------- */

int ward_recipient_id(enum ward_recipient_type type, const uint8_t *key,
		      uint8_t id[WARD_RECIPIENT_ID_LEN])
{
	static const char label[] = "WARD-KEY-ID-V2";
	uint8_t text[sizeof(label) + 1 + WARD_RECIPIENT_SECRET_LEN], hash[32];
	int ok;

	memcpy(text, label, sizeof(label));
	text[sizeof(label)] = (uint8_t)type;
	memcpy(text + sizeof(label) + 1, key, WARD_RECIPIENT_SECRET_LEN);
	ok = EVP_Digest(text, sizeof(text), hash, NULL, EVP_sha256(), NULL) == 1;
	if (ok)
		memcpy(id, hash, WARD_RECIPIENT_ID_LEN);
	OPENSSL_cleanse(text, sizeof(text));
	return ok ? 0 : -EIO;
}

/* Text for a terminal: neither control characters nor an escape's first byte. */
static int hint_ok(const char *hint, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if ((unsigned char)hint[i] < ' ' || hint[i] == 0x7f)
			return 0;
	return len <= WARD_RECIPIENT_HINT_MAX;
}

int ward_recipient_key(struct ward_recipient_key *r, const uint8_t *key, const char *hint)
{
	size_t len = hint ? strlen(hint) : 0;

	memset(r, 0, sizeof(*r));
	if (!hint_ok(hint, len))
		return -EINVAL;
	r->type = WARD_RECIPIENT_KEY;
	r->how_len = (uint16_t)len;
	if (len)
		memcpy(r->how, hint, len);
	memcpy(r->secret, key, sizeof(r->secret));
	return ward_recipient_id(WARD_RECIPIENT_KEY, key, r->id);
}

int ward_recipient_x25519(struct ward_recipient_key *r, const uint8_t *public_key)
{
	struct hpke h;
	int rc;

	memset(r, 0, sizeof(*r));
	r->type = WARD_RECIPIENT_X25519;
	r->how_len = HPKE_KEY_LEN;
	rc = ward_recipient_id(WARD_RECIPIENT_X25519, public_key, r->id) ?:
	     hpke_send(&h, HPKE_AES_256_GCM, public_key, text(x25519_info), r->how);
	if (rc)
		return rc;
	rc = hpke_export(&h, text(x25519_secret), r->secret, sizeof(r->secret));
	hpke_clear(&h);
	return rc;
}

void ward_recipient_clear(struct ward_recipient_key *r)
{
	OPENSSL_cleanse(r, sizeof(*r));
}

/* ---- unlocking --------------------------------------------------------------------- */

int ward_recipient_unlock_key(void *arg, const struct ward_recipient *r, uint8_t *secret)
{
	uint8_t id[WARD_RECIPIENT_ID_LEN];
	int rc;

	if (r->type != WARD_RECIPIENT_KEY)
		return -ENOKEY;
	rc = ward_recipient_id(WARD_RECIPIENT_KEY, arg, id);
	if (rc)
		return rc;
	if (memcmp(id, r->id, sizeof(id)))
		return -ENOKEY;
	memcpy(secret, arg, WARD_RECIPIENT_SECRET_LEN);
	return 0;
}

/* The id is that of the public key: a stranger's encapsulated key is not even tried. */
int ward_recipient_unlock_x25519(void *arg, const struct ward_recipient *r, uint8_t *secret)
{
	uint8_t id[WARD_RECIPIENT_ID_LEN], public_key[HPKE_KEY_LEN];
	struct hpke h;
	int rc;

	if (r->type != WARD_RECIPIENT_X25519 || r->how_len != HPKE_KEY_LEN)
		return -ENOKEY;
	rc = hpke_public(arg, public_key) ?:
	     ward_recipient_id(WARD_RECIPIENT_X25519, public_key, id);
	if (rc)
		return rc;
	if (memcmp(id, r->id, sizeof(id)))
		return -ENOKEY;
	rc = hpke_receive(&h, HPKE_AES_256_GCM, arg, r->how, text(x25519_info));
	if (rc)
		return rc;
	rc = hpke_export(&h, text(x25519_secret), secret, WARD_RECIPIENT_SECRET_LEN);
	hpke_clear(&h);
	return rc;
}
