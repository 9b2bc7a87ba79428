// SPDX-License-Identifier: MIT
#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>

#include "keyring.h"
#include "keyring_source.h"
#include "row_mac.h"
#include "shared.h"
#include "text.h"

#define VERSION	1
#define HEAD	(1 + KEYRING_ID)	/* version, id of the master key */
#define NAME_MAX_LEN 256
#define CURRENT	"keyring"		/* row: id of the master key */
#define WRAPS	"keyring/"		/* rows: its wraps */

struct keyring {
	uint8_t key[KEYRING_KEY];
	uint8_t id[KEYRING_ID];
	struct row_mac *rows;
};

static const struct keyring_source *const sources[] = { &keyring_passphrase, &keyring_tpm };

int keyring_fail(struct config_fault *fault, int rc, const char *what, const char *fmt, ...)
{
	char why[200];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(why, sizeof(why), fmt, ap);
	va_end(ap);
	snprintf(fault->text, sizeof(fault->text), "%.110s: %s", what, why);
	return rc;
}

static int database_failed(struct config_fault *fault, const struct db_fault *df)
{
	return keyring_fail(fault, -1, "keyring", "%.190s", df->text);
}

static const struct keyring_source *find_source(const char *source, const char **place)
{
	const char *colon = strchr(source, ':');

	for (size_t i = 0; colon && i < sizeof(sources) / sizeof(*sources); i++) {
		size_t len = strlen(sources[i]->name);

		if (len == (size_t)(colon - source) && !strncmp(source, sources[i]->name, len)) {
			*place = colon + 1;
			return sources[i];
		}
	}
	return NULL;
}

int keyring_source_check(const char *source, struct config_fault *fault)
{
	const char *place;
	const struct keyring_source *s = find_source(source, &place);

	if (!s)
		return keyring_fail(fault, -1, "keyring", "'%.64s' is neither passphrase:FILE nor "
				    "tpm2:device:PATH", source);
	return s->check(place, fault);
}

/* Names the master key and tells nothing of it. */
static int key_id(const uint8_t key[KEYRING_KEY], uint8_t id[KEYRING_ID])
{
	static const char label[] = "WARD-KEYRING-V1";	/* with its NUL */
	uint8_t in[sizeof(label) + KEYRING_KEY], digest[32];
	int ok;

	memcpy(in, label, sizeof(label));
	memcpy(in + sizeof(label), key, KEYRING_KEY);
	ok = EVP_Digest(in, sizeof(in), digest, NULL, EVP_sha256(), NULL);
	memcpy(id, digest, KEYRING_ID);
	OPENSSL_cleanse(in, sizeof(in));
	return ok == 1 ? 0 : -1;
}

/* ---- rows ------------------------------------------------------------------------ */

/** struct rows - wraps of the database that are of one kind; @others: of other kinds */
struct rows {
	uint8_t tag;
	size_t count, others;
	struct keyring_wrapped wrap[KEYRING_WRAPS_MAX];
	uint8_t current[KEYRING_ID];
	bool have_current;
};

static int take_row(void *arg, const struct db_value *c, size_t count)
{
	struct rows *r = arg;

	(void)count;
	if (c[0].type != DB_BLOB || !c[0].len || c[0].len > KEYRING_WRAP_MAX ||
	    *(const uint8_t *)c[0].data != r->tag || r->count == KEYRING_WRAPS_MAX) {
		r->others++;
		return 0;
	}
	memcpy(r->wrap[r->count].data, c[0].data, c[0].len);
	r->wrap[r->count++].len = c[0].len;
	return 0;
}

static int take_current(void *arg, const struct db_value *c, size_t count)
{
	struct rows *r = arg;

	(void)count;
	if (c[0].type != DB_BLOB || c[0].len != KEYRING_ID)
		return -EBADMSG;
	memcpy(r->current, c[0].data, KEYRING_ID);
	r->have_current = true;
	return 0;
}

static int read_rows(struct db *db, struct rows *r, struct config_fault *fault)
{
	struct db_query wraps = { .sql = "SELECT value FROM shared WHERE name LIKE '" WRAPS "%'"
					 " ORDER BY name", .row = take_row, .arg = r };
	struct db_query current = { .sql = "SELECT value FROM shared WHERE name = '" CURRENT "'",
				    .row = take_current, .arg = r };
	struct db_fault df = { "" };
	int rc = db_run(db, &current, &df);

	if (rc == -EBADMSG)
		return keyring_fail(fault, -1, "keyring", "the database's id of it is damaged");
	if (rc < 0 || db_run(db, &wraps, &df) < 0)
		return database_failed(fault, &df);
	return 0;
}

static int put(struct db *db, const char *name, const void *value, size_t len, struct db_fault *df)
{
	struct db_query q = { .sql = "INSERT INTO shared (name, value) VALUES ($1, $2)",
			      .args = { db_text(name), db_blob(value, len) }, .arg_count = 2 };
	int rc = db_run(db, &q, df);

	return rc < 0 ? rc : 0;
}

static int put_wrap(struct db *db, const struct keyring_wrapped *w, struct db_fault *df)
{
	uint8_t digest[32];
	char name[sizeof(WRAPS) + 33];

	if (EVP_Digest(w->data, w->len, digest, NULL, EVP_sha256(), NULL) != 1)
		return -ENOMEM;
	strcpy(name, WRAPS);
	text_hex(digest, 16, name + strlen(WRAPS));
	return put(db, name, w->data, w->len, df);
}

/* ---- opening --------------------------------------------------------------------- */

/* The first wrap that opens. What is damaged or another's is passed over. */
static int open_one(struct keyring *k, const struct keyring_source *s, const char *place,
		    const struct rows *r, struct config_fault *fault)
{
	int rc = -1;

	for (size_t i = 0; i < r->count; i++) {
		rc = s->unwrap(place, &r->wrap[i], k->key, fault);
		if (rc == -EIO)
			return -1;
		if (rc)
			continue;
		if (!key_id(k->key, k->id) && r->have_current &&
		    !CRYPTO_memcmp(k->id, r->current, KEYRING_ID))
			return 0;
		return keyring_fail(fault, -1, "keyring", "the wrap that this %s opens holds "
				    "another key than the database's", s->name);
	}
	if (!r->count)
		return keyring_fail(fault, -1, "keyring", "the database has a master key, and no %s "
				    "may open it: have a broker that can run --enrol", s->name);
	return keyring_fail(fault, -1, "keyring", "this %s opens none of the %zu wraps of its kind: "
			    "not the one of this database? (a broker that can open it adds one: "
			    "--enrol)", s->name, r->count);
}

struct making {
	const struct keyring *k;
	const struct keyring_wrapped *wrap;
	bool resources;
};

static int any_row(void *arg, const struct db_value *c, size_t count)
{
	(void)c, (void)count;
	*(bool *)arg = true;
	return 0;
}

static int make_rows(struct db *db, void *arg, struct db_fault *df)
{
	struct making *m = arg;
	struct db_query q = { .sql = "SELECT path FROM resource LIMIT 1", .row = any_row,
			      .arg = &m->resources };
	int rc = db_run(db, &q, df);

	if (rc < 0 || m->resources)
		return rc < 0 ? rc : -ENOKEY;
	return shared_rewrap(db, m->k, df) ?: put(db, CURRENT, m->k->id, KEYRING_ID, df) ?:
	       put_wrap(db, m->wrap, df);
}

/* 1: another broker made one in the meantime. */
static int make(struct db *db, struct keyring *k, const struct keyring_source *s, const char *place,
		struct config_fault *fault)
{
	struct keyring_wrapped wrap;
	struct making m = { .k = k, .wrap = &wrap };
	struct db_fault df = { "" };
	int rc;

	if (RAND_priv_bytes(k->key, KEYRING_KEY) != 1 || key_id(k->key, k->id))
		return keyring_fail(fault, -1, "keyring", "no random numbers");
	if (s->wrap(place, k->key, &wrap, fault))
		return -1;
	rc = db_transaction(db, make_rows, &m, &df);
	if (rc == -EEXIST)
		return 1;
	if (rc == -ENOKEY)
		return keyring_fail(fault, -1, "keyring", "the database has resources and no master "
				    "key: bring its table \"shared\" back");
	return rc ? database_failed(fault, &df) : 0;
}

static int open_or_make(struct db *db, struct keyring *k, const char *source,
			struct config_fault *fault)
{
	const char *place;
	const struct keyring_source *s = find_source(source, &place);
	struct rows *r = OPENSSL_zalloc(sizeof(*r));
	int rc = r ? 0 : keyring_fail(fault, -1, "keyring", "no memory");

	if (!rc) {
		r->tag = s->tag;
		rc = read_rows(db, r, fault);
	}
	if (!rc && !r->have_current && !r->count && !r->others)
		rc = make(db, k, s, place, fault);
	else if (!rc)
		rc = open_one(k, s, place, r, fault);
	if (rc == 1)
		rc = read_rows(db, r, fault) ?: open_one(k, s, place, r, fault);
	OPENSSL_free(r);
	return rc;
}

/* HMAC-SHA256 under the master key, of a label that nothing else has. */
static int derive_rows(struct keyring *k, struct config_fault *fault)
{
	static const char label[] = "WARD-ROWS-V1";	/* with its NUL */
	uint8_t key[32];
	size_t len;

	if (EVP_Q_mac(NULL, "HMAC", NULL, "SHA256", NULL, k->key, KEYRING_KEY,
		      (const uint8_t *)label, sizeof(label), key, sizeof(key), &len))
		k->rows = row_mac_new(key, sizeof(key));
	OPENSSL_cleanse(key, sizeof(key));
	return k->rows ? 0 : keyring_fail(fault, -1, "keyring", "no memory");
}

const struct row_mac *keyring_rows(const struct keyring *k)
{
	return k->rows;
}

int keyring_open(struct db *db, const char *source, struct keyring **out,
		 struct config_fault *fault)
{
	struct keyring *k;
	int rc = keyring_source_check(source, fault);

	if (rc)
		return rc;
	k = OPENSSL_zalloc(sizeof(*k));
	if (!k)
		return keyring_fail(fault, -1, "keyring", "no memory");
	rc = open_or_make(db, k, source, fault) ?: derive_rows(k, fault);
	if (rc)
		keyring_close(k);
	else
		*out = k;
	return rc;
}

void keyring_close(struct keyring *k)
{
	if (k)
		row_mac_free(k->rows);
	OPENSSL_clear_free(k, sizeof(*k));
}

int keyring_enrol(struct db *db, const struct keyring *k, const char *source,
		  struct config_fault *fault)
{
	struct keyring_wrapped wrap;
	struct db_fault df = { "" };
	const char *place;
	int rc = keyring_source_check(source, fault);

	if (rc)
		return rc;
	if (find_source(source, &place)->wrap(place, k->key, &wrap, fault))
		return -1;
	return put_wrap(db, &wrap, &df) ? database_failed(fault, &df) : 0;
}

/* ---- secrets --------------------------------------------------------------------- */

/* What a wrap is bound to: its head and the name. */
static size_t bind(uint8_t aad[HEAD + NAME_MAX_LEN], const uint8_t *head, const char *name)
{
	size_t len = strlen(name);

	if (len > NAME_MAX_LEN)
		return 0;
	memcpy(aad, head, HEAD);
	memcpy(aad + HEAD, name, len);
	return HEAD + len;
}

int keyring_wrap(const struct keyring *k, const char *name, const void *secret, size_t len,
		 uint8_t *out, size_t *out_len)
{
	uint8_t aad[HEAD + NAME_MAX_LEN];
	size_t aad_len;

	out[0] = VERSION;
	memcpy(out + 1, k->id, KEYRING_ID);
	aad_len = bind(aad, out, name);
	if (len > KEYRING_SECRET_MAX || !aad_len)
		return -EMSGSIZE;
	if (keyring_seal(k->key, aad, aad_len, secret, len, out + HEAD))
		return -EIO;
	*out_len = len + KEYRING_ADDS;
	return 0;
}

int keyring_unwrap(const struct keyring *k, const char *name, const uint8_t *wrapped, size_t len,
		   uint8_t *out, size_t *out_len)
{
	uint8_t aad[HEAD + NAME_MAX_LEN];
	size_t aad_len;

	if (len < KEYRING_ADDS || len > KEYRING_SECRET_MAX + KEYRING_ADDS || wrapped[0] != VERSION)
		return -EBADMSG;
	if (CRYPTO_memcmp(wrapped + 1, k->id, KEYRING_ID))
		return -EKEYREJECTED;
	aad_len = bind(aad, wrapped, name);
	if (!aad_len || keyring_unseal(k->key, aad, aad_len, wrapped + HEAD, len - HEAD, out))
		return -EBADMSG;
	*out_len = len - KEYRING_ADDS;
	return 0;
}
