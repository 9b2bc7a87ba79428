// SPDX-License-Identifier: MIT
#include <endian.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>

#include "row_mac.h"
#include "text.h"

/** struct row_mac - @ctx: keyed, begun anew for each row */
struct row_mac {
	EVP_MAC_CTX *ctx;
};

struct row_mac *row_mac_new(const uint8_t *key, size_t len)
{
	OSSL_PARAM params[] = {
		OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, (char *)"SHA256", 0),
		OSSL_PARAM_END,
	};
	struct row_mac *m = OPENSSL_zalloc(sizeof(*m));
	EVP_MAC *hmac = EVP_MAC_fetch(NULL, "HMAC", NULL);

	if (m && hmac)
		m->ctx = EVP_MAC_CTX_new(hmac);
	EVP_MAC_free(hmac);
	if (m && m->ctx && EVP_MAC_init(m->ctx, key, len, params) == 1)
		return m;
	row_mac_free(m);
	return NULL;
}

void row_mac_free(struct row_mac *m)
{
	if (m)
		EVP_MAC_CTX_free(m->ctx);
	OPENSSL_free(m);
}

/* Kind, and number or length, then the bytes: no two rows are the same text. */
static int add(EVP_MAC_CTX *ctx, const struct db_value *v)
{
	uint64_t wide = htobe64(v->type == DB_INT ? (uint64_t)v->number : (uint64_t)v->len);
	uint8_t head[1 + sizeof(wide)] = { (uint8_t)v->type };
	int bytes = v->type == DB_TEXT || v->type == DB_BLOB;

	memcpy(head + 1, &wide, sizeof(wide));
	return EVP_MAC_update(ctx, head, v->type == DB_NULL ? 1 : sizeof(head)) == 1 &&
	       (!bytes || EVP_MAC_update(ctx, v->data, v->len) == 1);
}

static int compute(const struct row_mac *m, const char *table, const struct db_value *columns,
		   size_t count, uint8_t out[ROW_MAC_LEN])
{
	size_t len;
	int ok = EVP_MAC_init(m->ctx, NULL, 0, NULL) == 1 &&
		 EVP_MAC_update(m->ctx, (const uint8_t *)table, strlen(table) + 1) == 1;

	for (size_t i = 0; ok && i < count; i++)
		ok = add(m->ctx, &columns[i]);
	return ok && EVP_MAC_final(m->ctx, out, &len, ROW_MAC_LEN) == 1 && len == ROW_MAC_LEN ? 0 : -1;
}

int row_tag(const struct db *db, const char *table, const struct db_value *columns, size_t count,
	    struct row_tag *out, struct db_fault *fault)
{
	const struct row_mac *m = db_trusts(db);

	*out = (struct row_tag){ .len = 0 };
	if (!m)
		return 0;
	if (compute(m, table, columns, count, out->mac)) {
		*fault = (struct db_fault){ "database: no memory for a row's MAC" };
		return -EIO;
	}
	out->len = sizeof(out->mac);
	return 0;
}

/* Of a text, whatever a stranger wrote there, what a terminal may have. */
static void show(const struct db_value *key, char out[121])
{
	const char *text = key->data;
	size_t i;

	for (i = 0; i < key->len && i < 120; i++)
		out[i] = text[i] >= ' ' && text[i] <= '~' ? text[i] : '?';
	out[i] = 0;
}

/* The primary key is the first column; a session's is no secret either. */
static int refuse(const char *table, const struct db_value *key, struct db_fault *fault)
{
	char text[121] = "";

	if (key->type == DB_BLOB && key->len >= 8)
		text_hex(key->data, 8, text);
	else if (key->type == DB_TEXT)
		show(key, text);
	snprintf(fault->text, sizeof(fault->text), "database: table %s, row '%s': not as a broker of "
		 "this keyring wrote it; delete it, or see ward-broker --adopt", table, text);
	return -EKEYREJECTED;
}

int row_check(const struct db *db, const char *table, const struct db_value *columns, size_t count,
	      struct db_fault *fault)
{
	const struct db_value *mac = &columns[count - 1];
	struct row_tag tag;
	int rc = row_tag(db, table, columns, count - 1, &tag, fault);

	if (rc || !tag.len)
		return rc;
	return mac->type == DB_BLOB && mac->len == tag.len &&
	       !CRYPTO_memcmp(mac->data, tag.mac, tag.len) ? 0 :
							     refuse(table, &columns[0], fault);
}
