// SPDX-License-Identifier: MIT
#define _GNU_SOURCE
#include "key_test.h"

#include <endian.h>

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/kdf.h>
#include <openssl/rand.h>

void need_keys(void)
{
	int s = session_open();
	bool has = session_info(s).out_features & WARD_FEATURE_KEYS;

	close(s);
	if (!has)
		SKIP("this kernel has no X25519 or no AES-GCM");
}

/* ---- HKDF, HPKE ----------------------------------------------------------------- */

struct bytes {
	uint8_t data[256];
	size_t len;
};

static void add(struct bytes *b, const void *data, size_t len)
{
	ASSERT_TRUE(b->len + len <= sizeof(b->data));
	memcpy(b->data + b->len, data, len);
	b->len += len;
}

static void hkdf(int mode, const void *key, size_t key_len, const void *salt, size_t salt_len,
		 const void *info, size_t info_len, uint8_t *out, size_t out_len)
{
	EVP_KDF *kdf = EVP_KDF_fetch(NULL, "HKDF", NULL);
	EVP_KDF_CTX *ctx = EVP_KDF_CTX_new(kdf);
	OSSL_PARAM params[] = {
		OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, (char *)"SHA256", 0),
		OSSL_PARAM_construct_int(OSSL_KDF_PARAM_MODE, &mode),
		OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_KEY, (void *)key, key_len),
		OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_SALT, (void *)salt, salt_len),
		OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_INFO, (void *)info, info_len),
		OSSL_PARAM_construct_end(),
	};

	ASSERT_EQ(EVP_KDF_derive(ctx, out, out_len, params), 1);
	EVP_KDF_CTX_free(ctx);
	EVP_KDF_free(kdf);
}

static void extract(const void *salt, size_t salt_len, const char *suite, size_t suite_len,
		    const char *label, const void *ikm, size_t len, uint8_t *out)
{
	struct bytes in = { .len = 0 };

	add(&in, "HPKE-v1", 7);
	add(&in, suite, suite_len);
	add(&in, label, strlen(label));
	add(&in, ikm, len);
	/* RFC 5869 takes an empty salt for one of zeroes. */
	hkdf(EVP_KDF_HKDF_MODE_EXTRACT_ONLY, in.data, in.len, salt_len ? salt : "\0",
	     salt_len ? salt_len : 1, "", 0, out, 32);
}

static void expand(const uint8_t *prk, const char *suite, size_t suite_len, const char *label,
		   const void *info, size_t len, uint8_t *out, uint8_t out_len)
{
	struct bytes in = { .len = 0 };

	add(&in, (uint8_t[]){ 0, out_len }, 2);
	add(&in, "HPKE-v1", 7);
	add(&in, suite, suite_len);
	add(&in, label, strlen(label));
	add(&in, info, len);
	hkdf(EVP_KDF_HKDF_MODE_EXPAND_ONLY, prk, 32, "", 0, in.data, in.len, out, out_len);
}

static void x25519(const uint8_t *public, uint8_t *enc, uint8_t *shared)
{
	EVP_PKEY *mine = EVP_PKEY_Q_keygen(NULL, NULL, "X25519");
	EVP_PKEY *peer = EVP_PKEY_new_raw_public_key(EVP_PKEY_X25519, NULL, public, 32);
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(mine, NULL);
	size_t len = 32;

	ASSERT_EQ(EVP_PKEY_get_raw_public_key(mine, enc, &len), 1);
	ASSERT_EQ(EVP_PKEY_derive_init(ctx), 1);
	ASSERT_EQ(EVP_PKEY_derive_set_peer(ctx, peer), 1);
	ASSERT_EQ(EVP_PKEY_derive(ctx, shared, &len), 1);
	EVP_PKEY_CTX_free(ctx);
	EVP_PKEY_free(peer);
	EVP_PKEY_free(mine);
}

void hpke_seal_to(const uint8_t *public, const void *info, size_t info_len, const void *text,
		  size_t len, struct sealed *out)
{
	static const char kem[] = "KEM\0\x20", suite[] = "HPKE\0\x20\0\x01\0\x02";
	uint8_t dh[32], prk[32], shared[32], context[65] = { 0 }, secret[32], key[32], nonce[12];
	uint8_t both[64];

	x25519(public, out->enc, dh);
	memcpy(both, out->enc, 32);
	memcpy(both + 32, public, 32);
	extract(NULL, 0, kem, 5, "eae_prk", dh, 32, prk);
	expand(prk, kem, 5, "shared_secret", both, 64, shared, 32);
	extract(NULL, 0, suite, 10, "psk_id_hash", "", 0, context + 1);
	extract(NULL, 0, suite, 10, "info_hash", info, info_len, context + 33);
	extract(shared, 32, suite, 10, "secret", "", 0, secret);
	expand(secret, suite, 10, "key", context, 65, key, 32);
	expand(secret, suite, 10, "base_nonce", context, 65, nonce, 12);
	gcm_seal(key, nonce, "", 0, text, len, out->text);
}

struct sealed seal_to(int session, const struct ward_key_grant *grant)
{
	struct ward_info info = session_info(session);
	struct bytes words = { .len = 0 };
	uint8_t public[WARD_KEY_LEN];
	struct sealed out;

	ASSERT_EQ(key_pair(session, public), 0);
	add(&words, "WARD-KEY-V1", 12);
	add(&words, info.out_instance, WARD_ID_LEN);
	add(&words, info.out_session, WARD_ID_LEN);
	hpke_seal_to(public, words.data, words.len, grant, sizeof(*grant), &out);
	return out;
}

/* ---- the owner ------------------------------------------------------------------------- */

struct ward_key_grant grant_new(uint64_t uses, uint64_t lifetime_ns)
{
	struct ward_key_grant grant = {
		.version = htole32(1), .uses = htole64(uses),
		.lifetime_ns = htole64(lifetime_ns),
	};

	ASSERT_EQ(RAND_bytes(grant.dataset, sizeof(grant.dataset)), 1);
	ASSERT_EQ(RAND_bytes(grant.release, sizeof(grant.release)), 1);
	ASSERT_EQ(RAND_bytes(grant.key, sizeof(grant.key)), 1);
	return grant;
}

void derive(const uint8_t *secret, const struct ward_key_grant *grant, const uint8_t *salt,
	    const char *info, uint8_t *out)
{
	uint8_t both[32];

	memcpy(both, grant->dataset, 16);
	memcpy(both + 16, salt, 16);
	hkdf(EVP_KDF_HKDF_MODE_EXTRACT_AND_EXPAND, secret, 32, both, 32, info, strlen(info),
	     out, 32);
}

void gcm_seal(const uint8_t *key, const uint8_t *iv, const void *aad, size_t aad_len,
	      const void *text, size_t len, uint8_t *out)
{
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	int n;

	ASSERT_EQ(EVP_EncryptInit_ex(ctx, EVP_aes_256_gcm(), NULL, key, iv), 1);
	if (aad_len)
		ASSERT_EQ(EVP_EncryptUpdate(ctx, NULL, &n, aad, (int)aad_len), 1);
	if (len)
		ASSERT_EQ(EVP_EncryptUpdate(ctx, out, &n, text, (int)len), 1);
	ASSERT_EQ(EVP_EncryptFinal_ex(ctx, out + len, &n), 1);
	ASSERT_EQ(EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_GCM_GET_TAG, TAG, out + len), 1);
	EVP_CIPHER_CTX_free(ctx);
}

void wrap(const struct ward_key_grant *grant, const uint8_t *salt, const uint8_t *content,
	  uint8_t out[WARD_KEY_LEN + TAG])
{
	static const uint8_t iv[12];
	uint8_t kek[32];

	derive(grant->key, grant, salt, "WARD-WRAP-V2", kek);
	gcm_seal(kek, iv, grant->dataset, 16, content, 32, out);
}

/* ---- a file of the owner's ------------------------------------------------------------- */

static void seal_messages(struct sealed_file *file, const uint8_t *key)
{
	const struct ward_key_open *cmd = &file->cmd;
	size_t at, part, done = 0;
	uint64_t index = cmd->index;
	uint8_t iv[12];

	for (at = 0; at < file->len || !done; at += part, index++) {
		part = file->len - at < cmd->chunk ? file->len - at : cmd->chunk;
		memcpy(iv, &cmd->iv_prefix, 4);
		memcpy(iv + 4, &index, 8);
		gcm_seal(key, iv, cmd->aad, cmd->aad_len, file->text + at, part,
			 file->bytes + done);
		done += part + TAG;
	}
	ASSERT_EQ(done, file->sealed_len);
}

static void *pages_for(size_t len)
{
	void *p = mmap(NULL, len + PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
		       -1, 0);

	ASSERT_TRUE(p != MAP_FAILED);
	return p;
}

struct sealed_file file_new(const struct ward_key_grant *grant, const uint8_t *content,
			    size_t len, uint32_t chunk)
{
	size_t count = len ? (len + chunk - 1) / chunk : 1;
	struct sealed_file file = { .len = len, .sealed_len = len + count * TAG };
	struct ward_key_open *cmd = &file.cmd;
	uint8_t key[32];

	file.text = pages_for(len);
	file.bytes = pages_for(file.sealed_len);
	fill_words(file.text, (len + 7) & ~7ul, fresh_seed());
	cmd->size = sizeof(*cmd);
	cmd->use = WARD_KEY_USE_DATASET;
	cmd->src = (uintptr_t)file.bytes;
	cmd->src_len = file.sealed_len;
	cmd->chunk = chunk;
	cmd->iv_prefix = 0x01020304;
	cmd->index = 0x1122334455667788;
	cmd->aad_len = 32;
	ASSERT_EQ(RAND_bytes(cmd->aad, 32), 1);
	ASSERT_EQ(RAND_bytes(cmd->salt, 16), 1);
	derive(content ? content : grant->key, grant, cmd->salt, "WARD-DATASET-V2", key);
	seal_messages(&file, key);
	return file;
}

void file_free(struct sealed_file *file)
{
	munmap(file->text, file->len + PAGE);
	munmap(file->bytes, file->sealed_len + PAGE);
}

/* ---- calls ---------------------------------------------------------------------------------- */

int key_pair(int session, uint8_t *public)
{
	struct ward_key_pair cmd = { .size = sizeof(cmd) };
	int ret = ward_call(session, WARD_KEY_PAIR, &cmd);

	memcpy(public, cmd.out_public, WARD_KEY_LEN);
	return ret;
}

int key_import(int session, const struct sealed *sealed)
{
	struct ward_key_import cmd = { .size = sizeof(cmd) };
	int ret;

	memcpy(cmd.enc, sealed->enc, sizeof(cmd.enc));
	memcpy(cmd.sealed, sealed->text, sizeof(cmd.sealed));
	ret = ward_call(session, WARD_KEY_IMPORT, &cmd);
	return ret ? ret : cmd.out_fd;
}

int key_of(int session, const struct ward_key_grant *grant)
{
	struct sealed sealed = seal_to(session, grant);
	int fd = key_import(session, &sealed);

	ASSERT_GE(fd, 0);
	return fd;
}

int key_unwrap(int key, const uint8_t *salt, const uint8_t *wrapped)
{
	struct ward_key_unwrap cmd = { .size = sizeof(cmd) };
	int ret;

	memcpy(cmd.salt, salt, sizeof(cmd.salt));
	memcpy(cmd.wrapped, wrapped, sizeof(cmd.wrapped));
	ret = ward_call(key, WARD_KEY_UNWRAP, &cmd);
	return ret ? ret : cmd.out_fd;
}

struct ward_key_info key_info(int key)
{
	struct ward_key_info cmd = { .size = sizeof(cmd) };

	ASSERT_EQ(ward_call(key, WARD_KEY_INFO, &cmd), 0);
	return cmd;
}

int key_end(int key)
{
	struct ward_key_end cmd = { .size = sizeof(cmd) };

	ASSERT_EQ(ward_call(key, WARD_KEY_END, &cmd), 0);
	return cmd.out_end;
}

int key_open(int key, const struct sealed_file *file, int buf, uint64_t offset)
{
	struct ward_key_open cmd = file->cmd;
	int ret;

	cmd.buffer_fd = buf;
	cmd.offset = offset;
	ret = ward_call(key, WARD_KEY_OPEN, &cmd);
	if (!ret)
		ASSERT_EQ(cmd.out_bytes, file->len);
	return ret;
}

int session_seal(int session)
{
	struct ward_seal cmd = { .size = sizeof(cmd) };

	return ward_call(session, WARD_SEAL, &cmd);
}

struct place place_new(uint64_t uses, uint64_t length)
{
	struct place at = { .session = session_open(), .grant = grant_new(uses, 0) };

	need_keys();
	at.key = key_of(at.session, &at.grant);
	at.buf = buf_get(at.session, length);
	return at;
}
