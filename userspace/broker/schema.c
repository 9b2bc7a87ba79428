// SPDX-License-Identifier: MIT
/*
 * A step is never changed once it was released: a new one is added. Times are seconds
 * since the epoch. What is secret in a table is wrapped (keyring.h).
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "schema.h"

#define STATEMENTS_MAX 12

/* How a statement begins that is for one kind of database alone. */
#define SQLITE		"sqlite:"
#define POSTGRES	"postgresql:"

static const char *const steps[][STATEMENTS_MAX] = {
	{
		/* Who owns keys: a name in paths of the administration, nothing more. */
		"CREATE TABLE project (name TEXT PRIMARY KEY, created BIGINT NOT NULL)",
		/* Policies by name; @json as it was given. */
		"CREATE TABLE policy (name TEXT PRIMARY KEY, project TEXT NOT NULL REFERENCES project,"
		" json TEXT NOT NULL, sha256 BYTEA NOT NULL, changed BIGINT NOT NULL)",
		/* Keys and other secrets. uses: how often it may be released; used: how often
		 * it was. clients: JSON list of SHA-256 of certificates' keys, NULL = anybody. */
		"CREATE TABLE resource (path TEXT PRIMARY KEY, project TEXT NOT NULL REFERENCES project,"
		" dataset BYTEA, wrapped BYTEA NOT NULL, policy TEXT REFERENCES policy, clients TEXT,"
		" expires BIGINT, uses BIGINT, used BIGINT NOT NULL DEFAULT 0,"
		" key_uses BIGINT, key_lifetime BIGINT,"
		" disabled BIGINT NOT NULL DEFAULT 0, changed BIGINT NOT NULL)",
		/* How often a key of the configuration file was released. */
		"CREATE TABLE use_count (path TEXT PRIMARY KEY, used BIGINT NOT NULL)",
		/* Sessions of the protocol. id: SHA-256 of the cookie; state: enum session_state;
		 * who: JSON, once attested. */
		"CREATE TABLE session (id BYTEA PRIMARY KEY, nonce BYTEA NOT NULL UNIQUE,"
		" state BIGINT NOT NULL, started BIGINT NOT NULL, who TEXT)",
		"CREATE INDEX session_started ON session (started)",
		/* Each decision: the record is the JSON that was signed; head = SHA-256 over the
		 * one before and it. line: of the release log, where it is a release. */
		"CREATE TABLE audit (seq BIGINT PRIMARY KEY, time BIGINT NOT NULL, record TEXT NOT NULL,"
		" head BYTEA NOT NULL, signature BYTEA NOT NULL, line TEXT)",
		/* What all brokers of a database share: signing keys (wrapped), settings. */
		"CREATE TABLE shared (name TEXT PRIMARY KEY, value BYTEA NOT NULL)",
	},
	{
		/* Every text that a policy's name has had: the audit names texts by their SHA-256. */
		"CREATE TABLE policy_version (name TEXT NOT NULL, version BIGINT NOT NULL,"
		" project TEXT NOT NULL, json TEXT NOT NULL, sha256 BYTEA NOT NULL,"
		" changed BIGINT NOT NULL, PRIMARY KEY (name, version))",
		"INSERT INTO policy_version (name, version, project, json, sha256, changed)"
		" SELECT name, 1, project, json, sha256, changed FROM policy",
		/* How often the key, or its terms, were replaced. */
		"ALTER TABLE resource ADD COLUMN version BIGINT NOT NULL DEFAULT 1",
	},
	{
		/* Which version of what is sealed by a resource's key is the newest. */
		"CREATE TABLE counter (path TEXT PRIMARY KEY, value BIGINT NOT NULL)",
	},
	{
		/* What authenticates a row (row_mac.h); NULL where there is no keyring. */
		"ALTER TABLE resource ADD COLUMN mac BYTEA",
		"ALTER TABLE policy ADD COLUMN mac BYTEA",
		"ALTER TABLE use_count ADD COLUMN mac BYTEA",
		"ALTER TABLE counter ADD COLUMN mac BYTEA",
		/* Sessions are short: none is taken over. id: SHA-256 of the cookie, and the nonce. */
		"DROP TABLE session",
		SQLITE "CREATE TABLE session (id BYTEA PRIMARY KEY, state BIGINT NOT NULL,"
		" started BIGINT NOT NULL, who TEXT, mac BYTEA) WITHOUT ROWID",
		POSTGRES "CREATE TABLE session (id BYTEA PRIMARY KEY, state BIGINT NOT NULL,"
		" started BIGINT NOT NULL, who TEXT, mac BYTEA)",
		"CREATE INDEX session_started ON session (started)",
		/* To SQLite, BIGINT PRIMARY KEY is an index beside the table: two pages a record. */
		SQLITE "ALTER TABLE audit RENAME TO audit_before",
		SQLITE "CREATE TABLE audit (seq INTEGER PRIMARY KEY, time BIGINT NOT NULL,"
		" record TEXT NOT NULL, head BYTEA NOT NULL, signature BYTEA NOT NULL, line TEXT)",
		SQLITE "INSERT INTO audit SELECT * FROM audit_before",
		SQLITE "DROP TABLE audit_before",
	},
};

#define STEPS ((int64_t)(sizeof(steps) / sizeof(*steps)))

static int take_number(void *arg, const struct db_value *columns, size_t count)
{
	(void)count;
	*(int64_t *)arg = columns[0].number;
	return 0;
}

static int run(struct db *db, const char *sql, struct db_fault *fault)
{
	struct db_query q = { .sql = sql };
	int rc = db_run(db, &q, fault);

	return rc < 0 ? rc : 0;
}

static int run_step(struct db *db, const char *sql, struct db_fault *fault)
{
	const char *colon = strchr(sql, ':');
	size_t len = colon ? (size_t)(colon - sql) : 0;

	if (!colon)
		return run(db, sql, fault);
	return len == strlen(db_scheme(db)) && !strncmp(sql, db_scheme(db), len) ?
		       run(db, colon + 1, fault) : 0;
}

static int version(struct db *db, int64_t *out, struct db_fault *fault)
{
	struct db_query q = { .sql = "SELECT version FROM ward_schema", .row = take_number,
			      .arg = out };
	int rc = db_run(db, &q, fault);

	return rc < 0 ? rc : 0;
}

/* A row is there from the first start on; whoever takes a step holds the others off. */
static int make_version(struct db *db, void *arg, struct db_fault *fault)
{
	(void)arg;
	return run(db, "CREATE TABLE IF NOT EXISTS ward_schema"
		   " (one BIGINT PRIMARY KEY, version BIGINT NOT NULL)", fault) ?:
	       run(db, "INSERT INTO ward_schema VALUES (1, 0) ON CONFLICT DO NOTHING", fault);
}

static int next_step(struct db *db, void *arg, struct db_fault *fault)
{
	int64_t *at = arg;
	int rc = db_lock(db, "ward_schema", fault) ?: version(db, at, fault);

	if (rc || *at >= STEPS)
		return rc;
	for (int i = 0; !rc && i < STATEMENTS_MAX && steps[*at][i]; i++)
		rc = run_step(db, steps[*at][i], fault);
	return rc ? rc : run(db, "UPDATE ward_schema SET version = version + 1", fault);
}

int schema_bring_up(struct db *db, struct db_fault *fault)
{
	int64_t at = -1;
	int rc = db_transaction(db, make_version, NULL, fault);

	/* Two that make the first table together: one of them finds it there. */
	if (rc == -EEXIST)
		rc = db_transaction(db, make_version, NULL, fault);
	while (!rc && at < STEPS)
		rc = db_transaction(db, next_step, &at, fault);
	if (rc || at == STEPS)
		return rc;
	snprintf(fault->text, sizeof(fault->text),
		 "database: its tables are of version %lld, this broker knows %lld: a newer one made them",
		 (long long)at, (long long)STEPS);
	return -ENOTSUP;
}
