// SPDX-License-Identifier: MIT
/*
 * The table of recipients comes from a stranger, like the header before it. What it
 * says is believed by nobody: a wrap that doesn't open opens nothing.
 */
#include <errno.h>
#include <string.h>

#include <openssl/evp.h>

#include "cursor.h"
#include "dataset_private.h"
#include "recipient_private.h"

#define MAGIC		"WARDTO2"	/* 8 bytes with its NUL */
#define FIXED_LEN	24
#define ENTRY_LEN	(4 + WARD_RECIPIENT_ID_LEN + WARD_RECIPIENT_WRAP_LEN)
#define SUM_LEN		32

/* Told from every other reason: a table that nobody could look at may be whole. */
static const char no_memory[] = "out of memory";

static int checksum(const uint8_t *slot, size_t used, const uint8_t *id, uint8_t sum[SUM_LEN])
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	int ok;

	ok = ctx && EVP_DigestInit_ex(ctx, EVP_sha256(), NULL) == 1 &&
	     EVP_DigestUpdate(ctx, id, WARD_DATASET_ID_LEN) == 1 &&
	     EVP_DigestUpdate(ctx, slot, used) == 1 && EVP_DigestFinal_ex(ctx, sum, NULL) == 1;
	EVP_MD_CTX_free(ctx);
	return ok ? 0 : -ENOMEM;
}

static const char *read_entry(struct cursor *c, struct ward_recipient *r)
{
	r->type = cursor_le16(c);
	r->how_len = cursor_le16(c);
	cursor_copy(c, r->id, sizeof(r->id));
	if (cursor_ok(c) && r->how_len > WARD_RECIPIENT_HOW_MAX)
		return "a recipient's description is too long";
	r->how = cursor_take(c, r->how_len);
	cursor_copy(c, r->wrap, sizeof(r->wrap));
	if (!cursor_ok(c))
		return "a recipient ends behind the table";
	return r->type ? NULL : "a recipient of type 0";
}

static const char *read_entries(struct cursor c, size_t count, struct ward_recipients *out)
{
	const char *why = NULL;

	for (out->count = 0; !why && out->count < count; out->count++)
		why = read_entry(&c, &out->of[out->count]);
	if (why)
		return why;
	return cursor_done(&c) ? NULL : "bytes after the last recipient";
}

static const char *read_slot(struct cursor *c, const uint8_t *slot, const uint8_t *id,
			     struct ward_recipients *out)
{
	const uint8_t *magic = cursor_take(c, sizeof(MAGIC));
	uint8_t sum[SUM_LEN];
	const uint8_t *want;
	uint32_t count, used;

	if (!magic || memcmp(magic, MAGIC, sizeof(MAGIC)))
		return "it doesn't begin with WARDTO2";
	out->sequence = cursor_le64(c);
	count = cursor_le32(c);
	used = cursor_le32(c);
	if (!count || count > WARD_RECIPIENTS_MAX)
		return "not 1 to 64 recipients";
	if (used < FIXED_LEN || used - FIXED_LEN > cursor_left(c))
		return "it is longer than its place";
	cursor_skip(c, used - FIXED_LEN);
	want = cursor_take(c, SUM_LEN);
	if (!want)
		return "it is longer than its place";
	if (checksum(slot, used, id, sum))
		return no_memory;
	if (memcmp(sum, want, SUM_LEN))
		return "its checksum is wrong";
	return read_entries(cursor_over(slot + FIXED_LEN, used - FIXED_LEN), count, out);
}

int recipients_parse(const uint8_t *slot, size_t size, const uint8_t *id,
		     struct ward_recipients *out, const char **why)
{
	struct cursor c = cursor_over(slot, size);

	memset(out, 0, sizeof(*out));
	*why = read_slot(&c, slot, id, out);
	if (!*why) {
		cursor_zero(&c, cursor_left(&c));
		*why = cursor_ok(&c) ? NULL : "not zero behind its end";
	}
	if (*why == no_memory)
		return -ENOMEM;
	return *why ? -EBADMSG : 0;
}

static uint8_t *put_entry(uint8_t *p, const struct ward_recipient *r)
{
	dataset_put32(p, r->type | (uint32_t)r->how_len << 16);
	p += 4;
	memcpy(p, r->id, sizeof(r->id));
	p += sizeof(r->id);
	if (r->how_len)
		memcpy(p, r->how, r->how_len);
	p += r->how_len;
	memcpy(p, r->wrap, sizeof(r->wrap));
	return p + sizeof(r->wrap);
}

int recipients_format(const struct ward_recipients *r, const uint8_t *id, uint8_t *slot,
		      size_t size)
{
	size_t used = FIXED_LEN;
	uint8_t *p = slot + FIXED_LEN;

	for (size_t i = 0; i < r->count; i++)
		used += ENTRY_LEN + r->of[i].how_len;
	if (!r->count || r->count > WARD_RECIPIENTS_MAX || used + SUM_LEN > size)
		return -EINVAL;
	memset(slot, 0, size);
	memcpy(slot, MAGIC, sizeof(MAGIC));
	dataset_put64(slot + 8, r->sequence);
	dataset_put32(slot + 16, (uint32_t)r->count);
	dataset_put32(slot + 20, (uint32_t)used);
	for (size_t i = 0; i < r->count; i++)
		p = put_entry(p, &r->of[i]);
	return checksum(slot, used, id, p);
}
