// SPDX-License-Identifier: MIT
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "keyring.h"
#include "shared.h"
#include "secret_wrap.h"

/** struct found - @wrapped: the row's bytes, of @len; 0 = there is no row */
struct found {
	uint8_t wrapped[SHARED_MAX + SECRET_WRAP_EXTRA];
	size_t len;
};

static int take(void *arg, const struct db_value *columns, size_t count)
{
	struct found *f = arg;

	if (count != 1 || columns[0].type != DB_BLOB || !columns[0].len ||
	    columns[0].len > sizeof(f->wrapped))
		return -EBADMSG;
	memcpy(f->wrapped, columns[0].data, columns[0].len);
	f->len = columns[0].len;
	return 0;
}

static int look(struct db *db, const char *name, struct found *f, struct db_fault *fault)
{
	struct db_query q = { .sql = "SELECT value FROM shared WHERE name = $1",
			      .args = { db_text(name) }, .arg_count = 1, .row = take, .arg = f };
	int rc = db_run(db, &q, fault);

	return rc < 0 ? rc : 0;
}

/* Two that start together: one row stays, and both read it afterwards. */
static int put(struct db *db, const char *name, const void *secret, size_t len,
	       struct db_fault *fault)
{
	uint8_t wrapped[SHARED_MAX + SECRET_WRAP_EXTRA];
	size_t wrapped_len;
	struct db_query q = {
		.sql = "INSERT INTO shared (name, value) VALUES ($1, $2) ON CONFLICT DO NOTHING",
		.arg_count = 2,
	};
	int rc = secret_wrap(name, secret, len, wrapped, &wrapped_len);

	if (rc)
		return rc;
	q.args[0] = db_text(name);
	q.args[1] = db_blob(wrapped, wrapped_len);
	rc = db_run(db, &q, fault);
	explicit_bzero(wrapped, sizeof(wrapped));
	return rc < 0 ? rc : 0;
}

int shared_secret(struct db *db, const char *name, const void *offer, size_t offer_len,
		  uint8_t *out, struct db_fault *fault)
{
	struct found f = { .len = 0 };
	size_t len = 0;
	int rc = look(db, name, &f, fault);

	if (!rc && !f.len)
		rc = offer_len > SHARED_MAX ? -EMSGSIZE : put(db, name, offer, offer_len, fault) ?:
							  look(db, name, &f, fault);
	if (!rc)
		rc = secret_unwrap(name, f.wrapped, f.len, out, &len);
	explicit_bzero(&f, sizeof(f));
	if (rc == -EBADMSG)
		snprintf(fault->text, sizeof(fault->text),
			 "database: the shared secret '%.32s' is damaged or wrapped by another keyring",
			 name);
	return rc ? rc : (int)len;
}

/* ---- a database's first keyring ------------------------------------------------- */

#define PLAIN_MAX 8
#define PLAIN_NAME 64

/** struct plain_rows - secrets that stand there as they are, behind a byte of zero */
struct plain_rows {
	size_t count;
	struct {
		char name[PLAIN_NAME];
		uint8_t secret[SHARED_MAX];
		size_t len;
	} row[PLAIN_MAX];
};

static int take_plain(void *arg, const struct db_value *c, size_t count)
{
	struct plain_rows *rows = arg;
	const uint8_t *value = c[1].data;

	(void)count;
	if (c[1].type != DB_BLOB || c[1].len < 2 || value[0])
		return 0;
	if (rows->count == PLAIN_MAX || c[0].len >= PLAIN_NAME || c[1].len > SHARED_MAX + 1)
		return -E2BIG;
	memcpy(rows->row[rows->count].name, c[0].data, c[0].len + 1);
	memcpy(rows->row[rows->count].secret, value + 1, c[1].len - 1);
	rows->row[rows->count++].len = c[1].len - 1;
	return 0;
}

static int rewrap(struct db *db, const struct keyring *keyring, const struct plain_rows *rows,
		  struct db_fault *fault)
{
	for (size_t i = 0; i < rows->count; i++) {
		uint8_t wrapped[SHARED_MAX + KEYRING_ADDS];
		size_t len;
		struct db_query q = { .sql = "UPDATE shared SET value = $2 WHERE name = $1",
				      .arg_count = 2 };
		int rc = keyring_wrap(keyring, rows->row[i].name, rows->row[i].secret,
				      rows->row[i].len, wrapped, &len);

		if (rc)
			return rc;
		q.args[0] = db_text(rows->row[i].name);
		q.args[1] = db_blob(wrapped, len);
		rc = db_run(db, &q, fault);
		if (rc < 0)
			return rc;
	}
	return 0;
}

/*
 * Who could write there, or take the keyring away, may know the key of tokens, or have put it
 * there. Tokens are short: another is made. The audit's is pinned by those who check it.
 */
static int drop_token_key(struct db *db, struct db_fault *fault)
{
	struct db_query q = { .sql = "DELETE FROM shared WHERE name = '" SHARED_TOKEN_KEY "'" };
	int rc = db_run(db, &q, fault);

	return rc < 0 ? rc : 0;
}

int shared_rewrap(struct db *db, const struct keyring *keyring, struct db_fault *fault)
{
	struct plain_rows rows = { .count = 0 };
	struct db_query q = { .sql = "SELECT name, value FROM shared", .row = take_plain,
			      .arg = &rows };
	int rc = drop_token_key(db, fault) ?: db_run(db, &q, fault);

	rc = rc < 0 ? rc : rewrap(db, keyring, &rows, fault);
	explicit_bzero(&rows, sizeof(rows));
	return rc;
}
