// SPDX-License-Identifier: MIT
/* Windows over rows, pieces of keys. Kinds of float32 follow those of float64. */
#include "derive.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/params.h>

#define SPECIAL		3	/* special values in a window */
#define TEXT_MIN	14	/* characters of one */

struct where {
	struct patterns *set;
	uint32_t site;
	uint32_t line;
};

static bool special(double value)
{
	return !isnan(value) && !(fabs(value) <= 10 && value == floor(value));
}

/* The end of the shortest window from @at; 0 = there is none. */
static size_t window_end(const bool *mark, const double *value, size_t count, size_t at)
{
	unsigned int n = 0;

	for (; at < count && !isnan(value[at]); at++) {
		n += mark[at];
		if (n == SPECIAL)
			return at + 1;
	}
	return 0;
}

static int add_doubles(struct where *w, enum pattern_kind kind, const double *value,
		       size_t count)
{
	float narrow[SITE_COLUMNS_MAX];
	size_t i;

	for (i = 0; i < count; i++)
		narrow[i] = (float)value[i];
	if (patterns_add(w->set, kind, w->site, w->line, value, count * sizeof(*value)))
		return -ENOMEM;
	return patterns_add(w->set, kind + 1, w->site, w->line, narrow,
			    count * sizeof(*narrow));
}

/* @mark tells the special ones, by their values before they were standardised. */
static int add_windows(struct where *w, enum pattern_kind kind, const bool *mark,
		       const double *value, size_t count)
{
	size_t at, end;

	for (at = 0; at < count; at++) {
		end = window_end(mark, value, count, at);
		if (end && add_doubles(w, kind, value + at, end - at))
			return -ENOMEM;
	}
	return 0;
}

static int add_texts(struct where *w, const struct site *site, size_t row, const bool *mark)
{
	const struct field *f = site->field + row * site->columns;
	size_t at, end, len;
	bool any = false;
	unsigned int n;

	for (at = 0; at < site->columns; at++) {
		for (n = 0, len = 0, end = at; end < site->columns; end++) {
			n += mark[end];
			len = f[end].at + f[end].len - f[at].at;
			if (n >= SPECIAL && len >= TEXT_MIN)
				break;
		}
		if (end == site->columns)
			break;
		if (patterns_add(w->set, PATTERN_TEXT, w->site, w->line,
				 site->text + f[at].at, len))
			return -ENOMEM;
		any = true;
	}
	/* Too many missing values for a window: the row as a whole. */
	end = site->columns - 1;
	len = f[end].at + f[end].len - f[0].at;
	if (any || len < TEXT_MIN)
		return any;
	if (patterns_add(w->set, PATTERN_TEXT, w->site, w->line, site->text + f[0].at, len))
		return -ENOMEM;
	return 1;
}

static int add_standardised(struct where *w, const struct design *design, const bool *mark,
			    const double *value)
{
	double out[SITE_COLUMNS_MAX], sd;
	size_t s, i;
	int inverse;

	for (s = 0; s < design->scales; s++) {
		/* A worker may divide, or multiply by the inverse: the last bit differs. */
		for (inverse = 0; inverse < 2; inverse++) {
			for (i = 0; i < design->features; i++) {
				sd = design->sd[s][i] > 0 ? design->sd[s][i] : 1;
				out[i] = value[i] - design->mean[s][i];
				out[i] = inverse ? out[i] * (1 / sd) : out[i] / sd;
			}
			if (add_windows(w, PATTERN_STD64, mark, out, design->features))
				return -ENOMEM;
		}
	}
	return 0;
}

static int add_design(struct where *w, const struct site *site, size_t row,
		      const struct design *design)
{
	double value[SITE_COLUMNS_MAX];
	bool mark[SITE_COLUMNS_MAX];
	size_t i;

	if (design->features > SITE_COLUMNS_MAX || design_row(design, site, row, value))
		return -EINVAL;
	for (i = 0; i < design->features; i++)
		mark[i] = !design->feature[i].indicator && special(value[i]);
	if (add_windows(w, PATTERN_F64, mark, value, design->features))
		return -ENOMEM;
	return add_standardised(w, design, mark, value);
}

int derive_rows(struct patterns *set, const struct site *site, uint32_t index,
		const struct design *design, size_t *covered)
{
	struct where w = { .set = set, .site = index };
	bool mark[SITE_COLUMNS_MAX];
	const double *value;
	size_t row, i;
	int rc;

	for (row = 0; row < site->rows; row++) {
		value = site->value + row * site->columns;
		w.line = site->line[row];
		for (i = 0; i < site->columns; i++)
			mark[i] = special(value[i]);
		rc = add_texts(&w, site, row, mark);
		if (rc < 0)
			return rc;
		if (covered)
			*covered += (size_t)rc;
		rc = add_windows(&w, PATTERN_F64, mark, value, site->columns);
		if (!rc && design)
			rc = add_design(&w, site, row, design);
		if (rc)
			return rc;
	}
	return 0;
}

static void url_text(const char *base64, char *out)
{
	for (; *base64 && *base64 != '='; base64++)
		*out++ = *base64 == '+' ? '-' : *base64 == '/' ? '_' : *base64;
	*out = '\0';
}

void derive_key_texts(const uint8_t *key, struct key_texts *out)
{
	static const char digits[] = "0123456789abcdef";
	size_t i;

	*out = (struct key_texts){ 0 };
	for (i = 0; i < SITE_KEY_LEN; i++) {
		out->hex[2 * i] = digits[key[i] >> 4];
		out->hex[2 * i + 1] = digits[key[i] & 15];
	}
	for (i = 0; i < 2 * SITE_KEY_LEN; i++)
		out->upper[i] = (char)toupper(out->hex[i]);
	EVP_EncodeBlock((unsigned char *)out->base64, key, SITE_KEY_LEN);
	url_text(out->base64, out->base64url);
}

static int hkdf(const struct site *site, const uint8_t *secret, const char *info, uint8_t *out)
{
	uint8_t salt[sizeof(site->id) + sizeof(site->salt)];
	EVP_KDF *kdf = EVP_KDF_fetch(NULL, "HKDF", NULL);
	EVP_KDF_CTX *ctx = kdf ? EVP_KDF_CTX_new(kdf) : NULL;
	OSSL_PARAM p[5];
	int rc = -EIO;

	memcpy(salt, site->id, sizeof(site->id));
	memcpy(salt + sizeof(site->id), site->salt, sizeof(site->salt));
	p[0] = OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, (char *)"SHA256", 0);
	p[1] = OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_KEY, (void *)secret,
						 SITE_KEY_LEN);
	p[2] = OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_SALT, salt, sizeof(salt));
	p[3] = OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_INFO, (void *)info, strlen(info));
	p[4] = OSSL_PARAM_construct_end();
	if (ctx && EVP_KDF_derive(ctx, out, SITE_KEY_LEN, p) == 1)
		rc = 0;
	EVP_KDF_CTX_free(ctx);
	EVP_KDF_free(kdf);
	return rc;
}

static int unwrap(const struct site *site, const uint8_t *key, uint8_t *content)
{
	static const uint8_t iv[12];
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	int n, ok;

	ok = ctx && EVP_DecryptInit_ex(ctx, EVP_aes_256_gcm(), NULL, key, iv) == 1 &&
	     EVP_DecryptUpdate(ctx, NULL, &n, site->id, sizeof(site->id)) == 1 &&
	     EVP_DecryptUpdate(ctx, content, &n, site->wrap, SITE_KEY_LEN) == 1 &&
	     EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_TAG, 16,
				 (void *)(site->wrap + SITE_KEY_LEN)) == 1 &&
	     EVP_DecryptFinal_ex(ctx, content + SITE_KEY_LEN, &n) == 1;
	EVP_CIPHER_CTX_free(ctx);
	return ok ? 0 : -EIO;
}

int derive_file_keys(const struct site *site, struct file_keys *out)
{
	return hkdf(site, site->key, "WARD-WRAP-V2", out->wrap) ?:
	       unwrap(site, out->wrap, out->content) ?:
	       hkdf(site, out->content, "WARD-DATASET-V2", out->chunks);
}

static int add_pieces(struct where *w, enum pattern_kind kind, const void *bytes, size_t len)
{
	const uint8_t *at = bytes;
	size_t done;

	for (done = 0; done + 16 <= len; done += 16)
		if (patterns_add(w->set, kind, w->site, 0, at + done, 16))
			return -ENOMEM;
	return 0;
}

static int add_key(struct where *w, const uint8_t *key)
{
	struct key_texts texts;
	int rc;

	derive_key_texts(key, &texts);
	rc = add_pieces(w, PATTERN_KEY_RAW, key, SITE_KEY_LEN);
	if (!rc)
		rc = add_pieces(w, PATTERN_KEY_HEX, texts.hex, 64);
	if (!rc)
		rc = add_pieces(w, PATTERN_KEY_HEX_UPPER, texts.upper, 64);
	/* 43 characters: from both ends, so that the last ones count too. */
	if (!rc)
		rc = add_pieces(w, PATTERN_KEY_BASE64, texts.base64, 43);
	if (!rc)
		rc = add_pieces(w, PATTERN_KEY_BASE64, texts.base64 + 27, 16);
	if (!rc)
		rc = add_pieces(w, PATTERN_KEY_BASE64URL, texts.base64url, 43);
	if (!rc)
		rc = add_pieces(w, PATTERN_KEY_BASE64URL, texts.base64url + 27, 16);
	explicit_bzero(&texts, sizeof(texts));
	return rc;
}

int derive_keys(struct patterns *set, const struct site *site, uint32_t index)
{
	struct where w = { .set = set, .site = index };
	struct file_keys keys;
	int rc = derive_file_keys(site, &keys);

	if (!rc)
		rc = add_key(&w, site->key);
	if (!rc)
		rc = add_pieces(&w, PATTERN_KEY_RAW, &keys, sizeof(keys));
	explicit_bzero(&keys, sizeof(keys));
	return rc;
}

int derive_numbers(struct patterns *set, const struct numbers *numbers)
{
	const double *at;
	size_t i;

	for (i = 0; i + SPECIAL <= numbers->count; i++) {
		at = numbers->value + i;
		if (isnan(at[0]) || isnan(at[1]) || isnan(at[2]))
			continue;
		if (patterns_add(set, PATTERN_NUMBERS, 0, 0, at, SPECIAL * sizeof(*at)))
			return -ENOMEM;
	}
	return 0;
}
