// SPDX-License-Identifier: MIT
#include "federation_file.h"

#include <string.h>

#include <openssl/evp.h>

#include "cursor.h"

static const uint8_t magic[8] = "WARD-FED";

#define VERSION		1
#define BUNDLE_MAX	(1u << 20)

/* ---- writing ------------------------------------------------------------- */

/* Counts while there is nowhere to write. */
struct put {
	uint8_t *out;
	size_t len;
};

static void put_raw(struct put *p, const void *data, size_t len)
{
	if (p->out && len)
		memcpy(p->out + p->len, data, len);
	p->len += len;
}

static void put_u32(struct put *p, size_t value)
{
	const uint8_t le[4] = {
		(uint8_t)value, (uint8_t)(value >> 8), (uint8_t)(value >> 16),
		(uint8_t)(value >> 24),
	};

	put_raw(p, le, sizeof(le));
}

/* A number, four zeros, so many bytes. */
static void put_bytes(struct put *p, const uint8_t *data, size_t len)
{
	put_u32(p, len);
	put_u32(p, 0);
	put_raw(p, data, len);
}

size_t federation_receipts_put(uint8_t *out, const struct federation_receipt *receipt,
			       size_t count)
{
	struct put p = { .out = out };
	size_t i;

	put_u32(&p, count);
	put_u32(&p, 0);
	for (i = 0; i < count; i++) {
		put_raw(&p, receipt[i].dataset, sizeof(receipt[i].dataset));
		put_raw(&p, receipt[i].release, sizeof(receipt[i].release));
		put_raw(&p, receipt[i].nonce, sizeof(receipt[i].nonce));
		put_bytes(&p, receipt[i].bundle, receipt[i].len);
	}
	return p.len;
}

size_t federation_file_put(uint8_t *out, const struct federation_file *file)
{
	struct put p = { .out = out };
	size_t i;

	put_raw(&p, magic, sizeof(magic));
	put_u32(&p, VERSION);
	put_u32(&p, file->sites);
	put_raw(&p, file->federation, sizeof(file->federation));
	put_raw(&p, file->plan, sizeof(file->plan));
	put_u32(&p, file->models);
	put_u32(&p, 0);
	for (i = 0; i < file->models; i++) {
		put_raw(&p, file->model[i].name, sizeof(file->model[i].name));
		put_raw(&p, file->model[i].parameters, sizeof(file->model[i].parameters));
	}
	for (i = 0; i < file->sites; i++) {
		put_raw(&p, file->site[i].name, sizeof(file->site[i].name));
		put_raw(&p, file->site[i].session, sizeof(file->site[i].session));
		put_raw(&p, file->site[i].nonce, sizeof(file->site[i].nonce));
		put_bytes(&p, file->site[i].receipts, file->site[i].len);
	}
	if (!file->receipt_len)
		return p.len;
	put_raw(&p, file->session, sizeof(file->session));
	put_bytes(&p, file->receipt, file->receipt_len);
	return p.len;
}

/* ---- reading --------------------------------------------------------------- */

static const uint8_t *get_bytes(struct cursor *c, size_t max, size_t *len)
{
	*len = cursor_le32(c);
	cursor_zero(c, 4);
	if (*len > max)
		c->failed = true;
	return cursor_take(c, *len);
}

int federation_receipts_get(const uint8_t *in, size_t len, struct federation_receipt *receipt)
{
	struct cursor c = cursor_over(in, len);
	size_t count = cursor_le32(&c), i;

	cursor_zero(&c, 4);
	if (!cursor_ok(&c) || count > FEDERATION_RECEIPTS_MAX)
		return -1;
	for (i = 0; i < count; i++) {
		cursor_copy(&c, receipt[i].dataset, sizeof(receipt[i].dataset));
		cursor_copy(&c, receipt[i].release, sizeof(receipt[i].release));
		cursor_copy(&c, receipt[i].nonce, sizeof(receipt[i].nonce));
		receipt[i].bundle = get_bytes(&c, BUNDLE_MAX, &receipt[i].len);
		if (!receipt[i].len)
			return -1;
	}
	return cursor_done(&c) ? (int)count : -1;
}

/* Text of letters, digits, - and _, and zeros behind it. */
static void get_name(struct cursor *c, char name[FEDERATION_NAME_LEN])
{
	static const char letters[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_";
	size_t len, i;

	cursor_copy(c, name, FEDERATION_NAME_LEN);
	len = strnlen(name, FEDERATION_NAME_LEN);
	if (!len || len == FEDERATION_NAME_LEN || strspn(name, letters) != len)
		c->failed = true;
	for (i = len; i < FEDERATION_NAME_LEN; i++) {
		if (name[i])
			c->failed = true;
	}
	if (c->failed)
		name[0] = '\0';
}

static void get_site(struct cursor *c, struct federation_file *file, size_t i)
{
	struct federation_receipt receipt[FEDERATION_RECEIPTS_MAX];
	struct federation_site *site = &file->site[i];

	get_name(c, site->name);
	cursor_copy(c, site->session, sizeof(site->session));
	cursor_copy(c, site->nonce, sizeof(site->nonce));
	site->receipts = get_bytes(c, FEDERATION_LIST_MAX, &site->len);
	if (site->len && cursor_ok(c) &&
	    federation_receipts_get(site->receipts, site->len, receipt) < 0)
		c->failed = true;
	if (i && strcmp(file->site[i - 1].name, site->name) >= 0)
		c->failed = true;
}

static void get_models(struct cursor *c, struct federation_file *file)
{
	size_t i;

	file->models = cursor_le32(c);
	cursor_zero(c, 4);
	if (file->models > FEDERATION_MODELS_MAX)
		c->failed = true;
	for (i = 0; cursor_ok(c) && i < file->models; i++) {
		get_name(c, file->model[i].name);
		cursor_copy(c, file->model[i].parameters, sizeof(file->model[i].parameters));
	}
}

int federation_file_get(const uint8_t *in, size_t len, struct federation_file *file)
{
	struct cursor c = cursor_over(in, len);
	const uint8_t *mark = cursor_take(&c, sizeof(magic));
	size_t i;

	*file = (struct federation_file){ 0 };
	if (!mark || memcmp(mark, magic, sizeof(magic)) || cursor_le32(&c) != VERSION)
		return -1;
	file->sites = cursor_le32(&c);
	if (!file->sites || file->sites > FEDERATION_SITES_MAX)
		return -1;
	cursor_copy(&c, file->federation, sizeof(file->federation));
	cursor_copy(&c, file->plan, sizeof(file->plan));
	get_models(&c, file);
	for (i = 0; cursor_ok(&c) && i < file->sites; i++)
		get_site(&c, file, i);
	file->signed_len = c.at;
	cursor_copy(&c, file->session, sizeof(file->session));
	file->receipt = get_bytes(&c, BUNDLE_MAX, &file->receipt_len);
	return cursor_done(&c) && file->receipt_len ? 0 : -1;
}

int federation_file_nonce(const uint8_t *in, size_t signed_len, uint8_t out[32])
{
	static const char label[] = "WARD-FEDERATION-V1";	/* with its NUL */
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	int ok = ctx && EVP_DigestInit_ex(ctx, EVP_sha256(), NULL) &&
		 EVP_DigestUpdate(ctx, label, sizeof(label)) &&
		 EVP_DigestUpdate(ctx, in, signed_len) && EVP_DigestFinal_ex(ctx, out, NULL);

	EVP_MD_CTX_free(ctx);
	return ok ? 0 : -1;
}
