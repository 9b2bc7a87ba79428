// SPDX-License-Identifier: MIT
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>

#include "attested_json.h"
#include "row_mac.h"
#include "store_session.h"
#include "text.h"

int session_expired(const struct session_limits *limits, const struct session *s, int64_t now)
{
	return now < s->started - SESSION_SKEW || now - s->started >= limits->timeout;
}

static int digest(const uint8_t raw[SESSION_ID_LEN], uint8_t id[SESSION_ID_LEN])
{
	return EVP_Digest(raw, SESSION_ID_LEN, id, NULL, EVP_sha256(), NULL) == 1 ? 0 : -EIO;
}

static int done(int rc)
{
	return rc < 0 ? rc : 0;
}

static int take_count(void *arg, const struct db_value *columns, size_t count)
{
	if (count != 1 || columns[0].type != DB_INT)
		return -EBADMSG;
	*(int64_t *)arg = columns[0].number;
	return 0;
}

/**
 * struct starting - a session that is to begin
 */
struct starting {
	const struct session_limits *limits;
	const struct session *s;
};

/* @sql's $1 to $4 are the row, $5 its MAC; as db_run(). */
static int write_row(struct db *db, const struct session *s, const char *who, const char *sql,
		     struct db_fault *fault)
{
	struct db_query q = {
		.sql = sql,
		.args = { db_blob(s->id, sizeof(s->id)), db_int(s->state), db_int(s->started),
			  db_text(who) },
		.arg_count = 5,
	};
	struct row_tag tag;
	int rc = row_tag(db, "session", q.args, 4, &tag, fault);

	q.args[4] = row_tag_value(&tag);
	return rc ? rc : db_run(db, &q, fault);
}

/*
 * Counted and inserted as one: two brokers don't exceed the cap together. A session that the
 * machine's crash takes along is one that nobody may use: no disk needs to be waited for.
 */
static int insert(struct db *db, void *arg, struct db_fault *fault)
{
	const struct starting *t = arg;
	const struct session *s = t->s;
	int64_t live = 0;
	struct db_query count = {
		.sql = "SELECT count(*) FROM session WHERE started > $1",
		.args = { db_int(s->started - t->limits->timeout) }, .arg_count = 1,
		.row = take_count, .arg = &live,
	};
	int rc = db_lock(db, "session", fault) ?: done(db_run(db, &count, fault));

	if (!rc && live >= t->limits->max)
		rc = -ENOSPC;
	return rc ? rc : done(write_row(db, s, NULL, "INSERT INTO session (" ROW_SESSION ", mac)"
					" VALUES ($1, $2, $3, $4, $5)", fault));
}

int session_start(struct db *db, const struct session_limits *limits, int64_t now, char *cookie,
		  uint8_t nonce[SESSION_NONCE_LEN], struct db_fault *fault)
{
	struct session s = { .state = SESSION_NEW, .started = now };
	struct starting t = { limits, &s };
	uint8_t raw[SESSION_ID_LEN];
	int rc = -EIO;

	*fault = (struct db_fault){ "no random numbers" };
	if (RAND_priv_bytes(raw, sizeof(raw)) == 1 && !digest(raw, s.id))
		rc = db_transaction_hasty(db, insert, &t, fault);
	if (!rc) {
		text_hex(raw, sizeof(raw), cookie);
		memcpy(nonce, s.id, sizeof(s.id));
	}
	OPENSSL_cleanse(raw, sizeof(raw));
	return rc;
}

/** struct finding - @fault: of the MAC */
struct finding {
	struct db *db;
	struct session *s;
	struct db_fault *fault;
};

static int take_session(void *arg, const struct db_value *c, size_t count)
{
	struct finding *f = arg;
	struct session *s = f->s;
	int rc = count == 5 ? row_check(f->db, "session", c, count, f->fault) : -EBADMSG;

	if (rc)
		return rc;
	if (c[1].type != DB_INT || c[1].number < SESSION_NEW || c[1].number > SESSION_ATTESTED ||
	    c[2].type != DB_INT)
		return -EBADMSG;
	s->state = (enum session_state)c[1].number;
	s->started = c[2].number;
	if (s->state != SESSION_ATTESTED)
		return 0;
	return c[3].type != DB_TEXT || attested_read(c[3].data, c[3].len, &s->attested) ? -EBADMSG : 0;
}

int session_find(struct db *db, const char *cookie, struct session *out, struct db_fault *fault)
{
	struct finding f = { db, out, fault };
	struct db_query q = { .sql = "SELECT " ROW_SESSION ", mac FROM session WHERE id = $1",
			      .arg_count = 1, .row = take_session, .arg = &f };
	uint8_t raw[SESSION_ID_LEN];
	int rc;

	memset(out, 0, sizeof(*out));
	if (text_unhex(cookie, raw, sizeof(raw)))
		return -ENOENT;
	rc = digest(raw, out->id);
	OPENSSL_cleanse(raw, sizeof(raw));
	if (rc)
		return rc;
	q.args[0] = db_blob(out->id, sizeof(out->id));
	rc = db_run(db, &q, fault);
	if (rc == -EBADMSG)
		*fault = (struct db_fault){ "database: a session's row is damaged" };
	return rc < 0 ? rc : rc ? 0 : -ENOENT;
}

int session_spend(struct db *db, const struct session *s, enum session_state state,
		  struct db_fault *fault)
{
	char *who = state == SESSION_ATTESTED ? attested_write(&s->attested) : NULL;
	struct session spent = { .state = state, .started = s->started };
	int rc = state == SESSION_ATTESTED && !who ? -ENOMEM : 0;

	memcpy(spent.id, s->id, sizeof(spent.id));
	if (!rc)
		rc = write_row(db, &spent, who, "UPDATE session SET state = $2, started = $3, who = $4,"
			       " mac = $5 WHERE id = $1 AND state = 1", fault);
	else
		*fault = (struct db_fault){ "session: no memory" };
	free(who);
	return rc < 0 ? rc : rc ? 0 : -EALREADY;
}

int session_nonce_used(struct db *db, const uint8_t *nonce, size_t len, struct db_fault *fault)
{
	struct db_query q = { .sql = "SELECT started FROM session WHERE id = $1 AND state > 1",
			      .args = { db_blob(nonce, len) }, .arg_count = 1 };

	return len == SESSION_NONCE_LEN ? db_run(db, &q, fault) : 0;
}

int session_sweep(struct db *db, const struct session_limits *limits, int64_t now,
		  struct db_fault *fault)
{
	struct db_query q = {
		.sql = "DELETE FROM session WHERE started <= $1 OR started > $2",
		.args = { db_int(now - 2 * (int64_t)limits->timeout),
			  db_int(now + limits->timeout) },
		.arg_count = 2,
	};

	return db_run(db, &q, fault);
}

int64_t session_count(struct db *db, const struct session_limits *limits, int64_t now,
		      struct db_fault *fault)
{
	int64_t live = 0;
	struct db_query q = {
		.sql = "SELECT count(*) FROM session WHERE started > $1",
		.args = { db_int(now - limits->timeout) }, .arg_count = 1,
		.row = take_count, .arg = &live,
	};
	int rc = db_run(db, &q, fault);

	return rc < 0 ? rc : live;
}
