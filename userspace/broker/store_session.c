// SPDX-License-Identifier: MIT
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>

#include "attested_json.h"
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
	struct db_query put = {
		.sql = "INSERT INTO session (id, nonce, state, started) VALUES ($1, $2, $3, $4)",
		.args = { db_blob(s->id, sizeof(s->id)), db_blob(s->nonce, sizeof(s->nonce)),
			  db_int(SESSION_NEW), db_int(s->started) },
		.arg_count = 4,
	};
	int rc = db_lock(db, "session", fault) ?: done(db_run(db, &count, fault));

	if (!rc && live >= t->limits->max)
		rc = -ENOSPC;
	return rc ? rc : done(db_run(db, &put, fault));
}

int session_start(struct db *db, const struct session_limits *limits, int64_t now, char *cookie,
		  uint8_t nonce[SESSION_NONCE_LEN], struct db_fault *fault)
{
	struct session s = { .state = SESSION_NEW, .started = now };
	struct starting t = { limits, &s };
	uint8_t raw[SESSION_ID_LEN];
	int rc = -EIO;

	*fault = (struct db_fault){ "no random numbers" };
	if (RAND_priv_bytes(raw, sizeof(raw)) == 1 && RAND_bytes(s.nonce, sizeof(s.nonce)) == 1 &&
	    !digest(raw, s.id))
		rc = db_transaction_hasty(db, insert, &t, fault);
	if (!rc) {
		text_hex(raw, sizeof(raw), cookie);
		memcpy(nonce, s.nonce, sizeof(s.nonce));
	}
	OPENSSL_cleanse(raw, sizeof(raw));
	return rc;
}

static int take_session(void *arg, const struct db_value *c, size_t count)
{
	struct session *s = arg;

	if (count != 4 || c[0].type != DB_BLOB || c[0].len != sizeof(s->nonce) ||
	    c[1].type != DB_INT || c[1].number < SESSION_NEW || c[1].number > SESSION_ATTESTED ||
	    c[2].type != DB_INT)
		return -EBADMSG;
	memcpy(s->nonce, c[0].data, sizeof(s->nonce));
	s->state = (enum session_state)c[1].number;
	s->started = c[2].number;
	if (s->state != SESSION_ATTESTED)
		return 0;
	return c[3].type != DB_TEXT || attested_read(c[3].data, c[3].len, &s->attested) ? -EBADMSG : 0;
}

int session_find(struct db *db, const char *cookie, struct session *out, struct db_fault *fault)
{
	struct db_query q = { .sql = "SELECT nonce, state, started, who FROM session WHERE id = $1",
			      .arg_count = 1, .row = take_session, .arg = out };
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
	struct db_query q = {
		.sql = "UPDATE session SET state = $2, who = $3 WHERE id = $1 AND state = 1",
		.args = { db_blob(s->id, sizeof(s->id)), db_int(state), db_text(who) },
		.arg_count = 3,
	};
	int rc = state == SESSION_ATTESTED && !who ? -ENOMEM : db_run(db, &q, fault);

	free(who);
	return rc < 0 ? rc : rc ? 0 : -EALREADY;
}

int session_nonce_used(struct db *db, const uint8_t *nonce, size_t len, struct db_fault *fault)
{
	struct db_query q = { .sql = "SELECT started FROM session WHERE nonce = $1 AND state > 1",
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
