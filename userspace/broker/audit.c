// SPDX-License-Identifier: MIT
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>

#include "audit.h"
#include "audit_record.h"
#include "shared.h"
#include "text.h"

#define SEED_LEN	32
#define SIGNATURE_LEN	64
#define PAGE		256	/* rows of an export that are held at a time */

struct audit {
	EVP_PKEY *key;
};

int audit_open(struct db *db, struct audit **out, struct db_fault *fault)
{
	struct audit *a = calloc(1, sizeof(*a));
	uint8_t offer[SEED_LEN], seed[SHARED_MAX];
	int rc = -ENOMEM;

	*fault = (struct db_fault){ "audit: no memory or no random numbers" };
	if (a && RAND_priv_bytes(offer, sizeof(offer)) == 1)
		rc = shared_secret(db, "audit-key", offer, sizeof(offer), seed, fault);
	if (rc == SEED_LEN)
		a->key = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, seed, SEED_LEN);
	explicit_bzero(offer, sizeof(offer));
	explicit_bzero(seed, sizeof(seed));
	if (rc >= 0)
		rc = a->key ? 0 : -EBADMSG;
	if (rc)
		audit_close(a);
	else
		*out = a;
	return rc;
}

void audit_close(struct audit *audit)
{
	if (!audit)
		return;
	EVP_PKEY_free(audit->key);
	free(audit);
}

int audit_key_pem(const struct audit *audit, FILE *out)
{
	return PEM_write_PUBKEY(out, audit->key) == 1 && !fflush(out) ? 0 : -1;
}

int audit_lock(struct db *db, struct db_fault *fault)
{
	return db_lock(db, "audit", fault);
}

/** struct tail - the last record's number and head; none: 0 and zeroes */
struct tail {
	int64_t seq;
	uint8_t head[AUDIT_HEAD_LEN];
};

static int take_tail(void *arg, const struct db_value *c, size_t count)
{
	struct tail *t = arg;

	if (count != 2 || c[0].type != DB_INT || c[1].type != DB_BLOB ||
	    c[1].len != sizeof(t->head))
		return -EBADMSG;
	t->seq = c[0].number;
	memcpy(t->head, c[1].data, sizeof(t->head));
	return 0;
}

static int find_tail(struct db *db, struct tail *t, struct db_fault *fault)
{
	struct db_query q = { .sql = "SELECT seq, head FROM audit ORDER BY seq DESC LIMIT 1",
			      .row = take_tail, .arg = t };
	int rc = db_run(db, &q, fault);

	if (rc == -EBADMSG)
		*fault = (struct db_fault){ "database: the audit's last row is damaged" };
	return rc < 0 ? rc : 0;
}

static int sign(const struct audit *a, const uint8_t head[AUDIT_HEAD_LEN], uint8_t *signature)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	size_t len = SIGNATURE_LEN;
	int ok = ctx && EVP_DigestSignInit(ctx, NULL, NULL, NULL, a->key) == 1 &&
		 EVP_DigestSign(ctx, signature, &len, head, AUDIT_HEAD_LEN) == 1;

	EVP_MD_CTX_free(ctx);
	return ok ? 0 : -1;
}

static int signed_by(const struct audit *a, const uint8_t *head, const uint8_t *signature)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	int ok = ctx && EVP_DigestVerifyInit(ctx, NULL, NULL, NULL, a->key) == 1 &&
		 EVP_DigestVerify(ctx, signature, SIGNATURE_LEN, head, AUDIT_HEAD_LEN) == 1;

	EVP_MD_CTX_free(ctx);
	return ok;
}

/* Within a string of JSON its quotes would be escaped: what is found is the member. */
static int names_line(const char *record, const char *line)
{
	char member[sizeof("\"line_sha256\":\"\"") + 64] = "\"line_sha256\":\"";
	uint8_t md[32];

	if (EVP_Digest(line, strlen(line), md, NULL, EVP_sha256(), NULL) != 1)
		return 0;
	text_hex(md, sizeof(md), member + strlen(member));
	strcat(member, "\"");
	return strstr(record, member) != NULL;
}

int audit_vouches(const struct audit *audit, const char *line, const struct db_value *record,
		  const struct db_value *before, const struct db_value *head,
		  const struct db_value *signature)
{
	uint8_t at[AUDIT_HEAD_LEN] = { 0 };

	if (record->type != DB_TEXT || head->type != DB_BLOB || head->len != sizeof(at) ||
	    signature->type != DB_BLOB || signature->len != SIGNATURE_LEN ||
	    (before->type != DB_NULL && (before->type != DB_BLOB || before->len != sizeof(at))))
		return 0;
	if (before->type == DB_BLOB)
		memcpy(at, before->data, sizeof(at));
	return !audit_head(at, record->data, record->len) && !memcmp(at, head->data, sizeof(at)) &&
	       signed_by(audit, head->data, signature->data) && names_line(record->data, line);
}

static int put(struct db *db, const struct tail *t, const struct audit_entry *e, const char *record,
	       const uint8_t *signature, struct db_fault *fault)
{
	struct db_query q = {
		.sql = "INSERT INTO audit (seq, time, record, head, signature, line)"
		       " VALUES ($1, $2, $3, $4, $5, $6)",
		.args = { db_int(t->seq), db_int(e->time), db_text(record),
			  db_blob(t->head, sizeof(t->head)), db_blob(signature, SIGNATURE_LEN),
			  db_text(e->line) },
		.arg_count = 6,
	};
	int rc = db_run(db, &q, fault);

	return rc < 0 ? rc : 0;
}

int audit_append(struct db *db, const struct audit *audit, const struct audit_entry *e,
		 struct db_fault *fault)
{
	uint8_t signature[SIGNATURE_LEN];
	struct tail t = { 0 };
	char *record;
	int rc = find_tail(db, &t, fault);

	if (rc)
		return rc;
	t.seq++;
	record = audit_record(t.seq, e);
	if (!record || audit_head(t.head, record, strlen(record)) || sign(audit, t.head, signature)) {
		*fault = (struct db_fault){ "audit: the record can't be made or signed" };
		rc = -EIO;
	}
	rc = rc ? rc : put(db, &t, e, record, signature, fault);
	free(record);
	return rc;
}

/** struct noting - what a transaction of its own appends */
struct noting {
	const struct audit *audit;
	const struct audit_entry *e;
};

static int note(struct db *db, void *arg, struct db_fault *fault)
{
	const struct noting *n = arg;

	return audit_lock(db, fault) ?: audit_append(db, n->audit, n->e, fault);
}

int audit_note(struct db *db, const struct audit *audit, const struct audit_entry *e,
	       struct db_fault *fault)
{
	struct noting n = { audit, e };

	return db_transaction(db, note, &n, fault);
}

/** struct page - of an export; @last: number of the last row that was written */
struct page {
	FILE *out;
	int64_t last;
};

static int put_row(void *arg, const struct db_value *c, size_t count)
{
	struct page *p = arg;

	if (count != 4 || c[0].type != DB_INT || c[1].type != DB_TEXT || c[2].type != DB_BLOB ||
	    c[3].type != DB_BLOB)
		return -EBADMSG;
	p->last = c[0].number;
	return audit_line(p->out, &c[1], &c[2], &c[3]);
}

int audit_export(struct db *db, int64_t first, int64_t max, FILE *out, struct db_fault *fault)
{
	struct page p = { out, first - 1 };
	int64_t left = max ? max : INT64_MAX;
	int rc;

	do {
		struct db_query q = {
			.sql = "SELECT seq, record, head, signature FROM audit WHERE seq > $1"
			       " ORDER BY seq LIMIT $2",
			.args = { db_int(p.last), db_int(left < PAGE ? left : PAGE) }, .arg_count = 2,
			.row = put_row, .arg = &p,
		};

		rc = db_run(db, &q, fault);
		left -= rc > 0 ? rc : 0;
	} while (rc > 0 && left);
	rc = rc < 0 ? rc : 0;
	if (rc == -EBADMSG || rc == -ENOMEM)
		*fault = (struct db_fault){ "database: a row of the audit is damaged" };
	if (!rc && (fflush(out) || ferror(out)))
		rc = -EIO;
	return rc;
}
