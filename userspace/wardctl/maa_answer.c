// SPDX-License-Identifier: MIT
/*
 * A token that comes back is believed by its signature, and kept if it speaks of what was
 * evidenced: the same TEE and measurement, our nonce, our key.
 */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <openssl/crypto.h>

#include "maa.h"

#define TAG_LEN		16
#define IV_LEN		12

static int damaged(struct maa *m, const char *what)
{
	return ctl_error(m->ctl, EXIT_NETWORK, "bad-reply", "%s: %s", m->url, what);
}

/* ---- what comes encrypted to the vTPM's key ---------------------------------------------- */

/** struct envelope - base64 of a JSON object's texts; owns @jwt */
struct envelope {
	uint8_t key[B64_DATA_LEN(4 * MAA_KEY_LEN)], iv[B64_DATA_LEN(64)], tag[B64_DATA_LEN(64)];
	uint8_t *jwt;
	size_t jwt_len;
};

static bool field(const json_t *o, const char *name, uint8_t *out, size_t max, size_t want)
{
	const json_t *v = json_object_get(o, name);
	size_t n = json_string_length(v), len;

	return n && n <= max && b64_decode(json_string_value(v), n, out, &len) && len == want;
}

static bool envelope_read(const json_t *o, struct envelope *e)
{
	const json_t *jwt = json_object_get(o, "Jwt");
	size_t n = json_string_length(jwt);

	e->jwt = n && n <= 2 * WV_TOKEN_MAX ? malloc(B64_DATA_LEN(n)) : NULL;
	return e->jwt && b64_decode(json_string_value(jwt), n, e->jwt, &e->jwt_len) &&
	       field(o, "EncryptedInnerKey", e->key, 4 * MAA_KEY_LEN, MAA_KEY_LEN) &&
	       field(json_object_get(o, "EncryptionParams"), "Iv", e->iv, 64, IV_LEN) &&
	       field(o, "AuthenticationData", e->tag, 64, TAG_LEN);
}

static char *decrypt(const struct envelope *e, const uint8_t *key, size_t key_len)
{
	static const uint8_t aad[] = "Transport Key";
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	char *out = malloc(e->jwt_len + 1);
	int n = 0, last = 0;
	bool good = ctx && out &&
		    EVP_DecryptInit_ex(ctx, key_len == 16 ? EVP_aes_128_gcm() : EVP_aes_256_gcm(),
				       NULL, key, e->iv) == 1 &&
		    EVP_DecryptUpdate(ctx, NULL, &n, aad, sizeof(aad) - 1) == 1 &&
		    EVP_DecryptUpdate(ctx, (uint8_t *)out, &n, e->jwt, (int)e->jwt_len) == 1 &&
		    EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_TAG, TAG_LEN, (void *)e->tag) == 1 &&
		    EVP_DecryptFinal_ex(ctx, (uint8_t *)out + n, &last) == 1;

	EVP_CIPHER_CTX_free(ctx);
	if (good && !memchr(out, 0, (size_t)n)) {
		out[n] = 0;
		return out;
	}
	free(out);
	return NULL;
}

static int envelope_open(struct maa *m, const json_t *o)
{
	struct envelope e = { .jwt = NULL };
	struct trouble why;
	uint8_t key[64];
	size_t len = 0;
	int rc = EXIT_OK;

	if (!envelope_read(o, &e))
		rc = damaged(m, "the token's envelope is not what the protocol has");
	else if (maa_key_open(&m->key, MAA_PKCS1, e.key, key, &len, &why))
		rc = ctl_error(m->ctl, EXIT_DEVICE, "tpm", "the token's key: %s", why.text);
	else if (len != 16 && len != 32)
		rc = damaged(m, "the token is encrypted by a key of another length");
	if (!rc)
		m->token = decrypt(&e, key, len);
	if (!rc && !m->token)
		rc = damaged(m, "the token can't be decrypted: it was changed");
	OPENSSL_cleanse(key, sizeof(key));
	free(e.jwt);
	return rc;
}

static int guest_token(struct maa *m, const char *text)
{
	size_t n = strlen(text), len;
	uint8_t *raw = malloc(B64_DATA_LEN(n));
	json_t *o = NULL;
	int rc;

	if (raw && b64_decode(text, n, raw, &len))
		o = json_loadb((char *)raw, len, JSON_REJECT_DUPLICATES, NULL);
	free(raw);
	rc = envelope_open(m, o);
	json_decref(o);
	return rc;
}

int maa_answer(struct maa *m, const json_t *reply)
{
	const char *text = json_string_value(json_object_get(reply, "token"));

	if (!text || !*text)
		return damaged(m, "the answer has no token");
	if (!m->key.own && m->key.pcrs)
		return guest_token(m, text);
	m->token = strdup(text);
	return m->token ? EXIT_OK : ctl_error(m->ctl, EXIT_DEVICE, "no-memory", "no memory");
}

/* ---- what is accepted --------------------------------------------------------------------- */

/* Of an accepted token, whose form is known to be right. */
static json_t *claims_of(const char *token)
{
	const char *first = strchr(token, '.'), *second = first ? strchr(first + 1, '.') : NULL;
	size_t n = second ? (size_t)(second - first - 1) : 0, len;
	uint8_t *raw = malloc(B64_DATA_LEN(n));
	json_t *out = NULL;

	if (raw && n && b64url_decode(first + 1, n, raw, &len))
		out = json_loadb((char *)raw, len, 0, NULL);
	free(raw);
	return out;
}

static bool encrypts(const json_t *key)
{
	const json_t *ops = json_object_get(key, "key_ops"), *op;
	size_t i;

	json_array_foreach(ops, i, op)
		if (json_is_string(op) && !strcmp(json_string_value(op), "encrypt"))
			return true;
	return false;
}

bool maa_names_key(const struct maa *m)
{
	json_t *claims = claims_of(m->token), *own = maa_key_jwk(&m->key);
	const json_t *keys = json_object_get(json_object_get(claims, "x-ms-runtime"), "keys"), *key;
	bool found = false;
	size_t i, count = 0;

	json_array_foreach(keys, i, key) {
		if (!encrypts(key))
			continue;
		count++;
		found = json_equal(json_object_get(key, "n"), json_object_get(own, "n")) &&
			json_equal(json_object_get(key, "e"), json_object_get(own, "e"));
	}
	json_decref(claims);
	json_decref(own);
	return found && count == 1;
}

static int against(struct maa *m, const struct maa_evidence *e)
{
	const char *tee = e->tdx ? "azure-tdx" : "azure-snp";

	if (strcmp(m->said.tee, tee) || !m->said.has_measurement ||
	    memcmp(m->said.measurement, e->measurement, sizeof(e->measurement)))
		return ctl_error(m->ctl, EXIT_EVIDENCE, "token-other-machine",
				 "%s: the token speaks of %s, or of another measurement than the evidence", m->url,
				 *m->said.tee ? m->said.tee : "no TEE");
	if ((m->key.own || m->key.pcrs) && !maa_names_key(m))
		return ctl_error(m->ctl, EXIT_EVIDENCE, "token-key-missing",
				 "%s: the token does not name this guest's key, alone, as one to encrypt to", m->url);
	return EXIT_OK;
}

int maa_accept(struct maa *m, const struct maa_evidence *e)
{
	const struct wv_fault *f = &m->said.fault;

	m->in.jwks = m->jwks;
	m->in.nonce = (struct wv_bytes){ m->nonce, m->nonce_len };
	m->in.now = (int64_t)time(NULL);
	m->in.leeway = WV_TOKEN_LEEWAY;
	if (wv_verify_token((struct wv_bytes){ (uint8_t *)m->token, strlen(m->token) }, &m->in, &m->said))
		return ctl_error(m->ctl, wv_reason_exit(f->reason), wv_reason_text(f->reason),
				 "%s: the token is refused: %s: %s: %s", m->url,
				 wv_reason_text(f->reason), f->field, f->text);
	return e ? against(m, e) : EXIT_OK;
}
