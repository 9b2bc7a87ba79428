// SPDX-License-Identifier: MIT
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <openssl/evp.h>

#include "config.h"
#include "journal.h"
#include "metrics.h"
#include "policies.h"
#include "row_mac.h"

/** struct policy - @parsed: NULL = damaged, and @said; @seen: by the refresh under way */
struct policy {
	char name[POLICY_NAME_MAX + 1];
	uint8_t sha256[32];
	struct wv_policy *parsed;
	int seen, said;
};

struct policies {
	struct policy list[ATTESTED_POLICIES_MAX];
	size_t count;
};

struct policies *policies_new(void)
{
	return calloc(1, sizeof(struct policies));
}

void policies_free(struct policies *p)
{
	if (!p)
		return;
	for (size_t i = 0; i < p->count; i++)
		wv_policy_free(p->list[i].parsed);
	free(p);
}

static int digest_of(const void *json, size_t len, uint8_t sha256[32])
{
	return EVP_Digest(json, len, sha256, NULL, EVP_sha256(), NULL) == 1 ? 0 : -ENOMEM;
}

/* ---- the parsed ones --------------------------------------------------------------- */

static struct policy *find(struct policies *p, const char *name)
{
	for (size_t i = 0; i < p->count; i++)
		if (!strcmp(p->list[i].name, name))
			return &p->list[i];
	return NULL;
}

/* Once: it may stay so for long, and each attestation looks again. */
static void say_damaged(struct policy *at, const char *why)
{
	char detail[320];
	struct decision d = { .time = time(NULL), .event = "error", .result = "policy-unusable",
			      .detail = detail };

	snprintf(detail, sizeof(detail), "policy '%s' of the database: %.120s: what asks for it is "
		 "not released; enter it anew", at->name, why);
	if (!at->said)
		journal(&d);
	at->said = 1;
}

static int parse_row(struct policy *to, const struct db_value *json)
{
	const struct wv_bytes text = { json->data, json->len };
	struct wv_policy *parsed;
	struct wv_fault wf;
	uint8_t sha256[32];
	int rc;

	if (digest_of(json->data, json->len, sha256))
		return -ENOMEM;
	if (memcmp(sha256, to->sha256, 32)) {
		say_damaged(to, "it does not fit its digest");
		return 0;
	}
	rc = wv_policy_parse(text, &parsed, &wf);
	if (rc == WV_NO_MEMORY)
		return -ENOMEM;
	if (rc)
		say_damaged(to, wf.text);
	else
		to->parsed = parsed;
	return 0;
}

static void begin(struct policy *at, const char *name, const uint8_t sha256[32])
{
	wv_policy_free(at->parsed);
	*at = (struct policy){ .seen = 1 };
	snprintf(at->name, sizeof(at->name), "%s", name);
	memcpy(at->sha256, sha256, sizeof(at->sha256));
}

/* ROW_POLICY, mac, json. */
enum { NAME, PROJECT, DIGEST, CHANGED, MAC, JSON, COLUMNS };

/** struct refreshing - @fault: of a row's MAC */
struct refreshing {
	struct policies *p;
	struct db *db;
	struct db_fault *fault;
};

/* A row that no broker wrote so is as one that is damaged. */
static int take_authentic(struct refreshing *r, struct policy *at, const struct db_value *c)
{
	int rc = row_check(r->db, "policy", c, JSON, r->fault);

	if (rc == -EKEYREJECTED) {
		wv_policy_free(at->parsed);
		at->parsed = NULL;
		say_damaged(at, "no broker of this keyring wrote its row so");
		return 0;
	}
	return rc || at->parsed ? rc : parse_row(at, &c[JSON]);
}

/* A row whose name nothing could ask for is passed over. */
static int take_row(void *arg, const struct db_value *c, size_t count)
{
	struct refreshing *r = arg;
	uint8_t sha256[32] = { 0 };
	struct policies *p = r->p;
	struct policy *at;

	if (count != COLUMNS || c[0].type != DB_TEXT || c[0].len > POLICY_NAME_MAX)
		return 0;
	if (c[DIGEST].type == DB_BLOB && c[DIGEST].len == sizeof(sha256))
		memcpy(sha256, c[DIGEST].data, sizeof(sha256));
	at = find(p, c[0].data);
	if (!at && p->count == ATTESTED_POLICIES_MAX)
		return 0;
	if (!at)
		at = &p->list[p->count++];
	at->seen = 1;
	if (strcmp(at->name, c[0].data) || memcmp(at->sha256, sha256, sizeof(sha256)))
		begin(at, c[0].data, sha256);
	return take_authentic(r, at, c);
}

static void forget(struct policies *p)
{
	size_t kept = 0;

	for (size_t i = 0; i < p->count; i++) {
		if (p->list[i].seen)
			p->list[kept++] = p->list[i];
		else
			wv_policy_free(p->list[i].parsed);
	}
	memset(p->list + kept, 0, (p->count - kept) * sizeof(p->list[0]));
	p->count = kept;
}

static size_t count_damaged(const struct policies *p)
{
	size_t n = 0;

	for (size_t i = 0; i < p->count; i++)
		n += !p->list[i].parsed;
	return n;
}

int policies_refresh(struct policies *p, struct db *db, struct db_fault *fault)
{
	struct refreshing r = { p, db, fault };
	struct db_query q = { .sql = "SELECT " ROW_POLICY ", mac, json FROM policy ORDER BY name",
			      .row = take_row, .arg = &r };
	int rc;

	for (size_t i = 0; i < p->count; i++)
		p->list[i].seen = 0;
	rc = db_run(db, &q, fault);
	forget(p);
	if (rc == -ENOMEM)
		*fault = (struct db_fault){ "policies: no memory" };
	metrics_policies_damaged(count_damaged(p));
	return rc < 0 ? rc : 0;
}

void policies_judge(const struct policies *p,
		    int (*verify)(void *arg, const struct wv_policy *policy), void *arg,
		    struct attested *who)
{
	who->policy_count = 0;
	for (size_t i = 0; i < p->count; i++)
		if (p->list[i].parsed && !verify(arg, p->list[i].parsed))
			memcpy(who->policies[who->policy_count++], p->list[i].sha256,
			       ATTESTED_POLICY_ID);
}

const struct wv_policy *policies_find(const struct policies *p, const char *name,
				      uint8_t sha256[32])
{
	const struct policy *at = find((struct policies *)p, name);

	if (at)
		memcpy(sha256, at->sha256, 32);
	return at ? at->parsed : NULL;
}

int policies_damaged(const struct policies *p, const char *name)
{
	const struct policy *at = find((struct policies *)p, name);

	return at && !at->parsed;
}

int policies_met(const struct attested *who, const uint8_t sha256[32])
{
	for (size_t i = 0; i < who->policy_count; i++)
		if (!memcmp(who->policies[i], sha256, ATTESTED_POLICY_ID))
			return 1;
	return 0;
}

/* ---- as the database has them now ------------------------------------------------------ */

/** struct standing - @stands: the named text is there */
struct standing {
	struct db *db;
	const struct attested *who;
	const uint8_t *sha256;
	const char *name;
	struct db_fault *fault;
	int stands;
};

static int take_standing(void *arg, const struct db_value *c, size_t count)
{
	struct standing *s = arg;
	int rc = count == JSON && c[NAME].type == DB_TEXT && c[DIGEST].type == DB_BLOB &&
		 c[DIGEST].len == 32 ? row_check(s->db, "policy", c, count, s->fault) : -ESTALE;

	if (rc)
		return rc;
	if (s->name && !strcmp(c[NAME].data, s->name))
		s->stands = !memcmp(c[DIGEST].data, s->sha256, 32);
	if (strcmp(c[NAME].data, POLICY_DEFAULT) && strcmp(c[NAME].data, POLICY_RESOURCES))
		return 0;
	return policies_met(s->who, c[DIGEST].data) ? 0 : -ESTALE;
}

int policies_stand(struct db *db, const char *name, const uint8_t sha256[32],
		   const struct attested *who, struct db_fault *fault)
{
	struct standing s = { db, who, sha256, name, fault, !name };
	const struct db_query q = {
		.sql = "SELECT " ROW_POLICY ", mac FROM policy WHERE name IN ($1, $2, $3)",
		.args = { db_text(POLICY_DEFAULT), db_text(POLICY_RESOURCES),
			  db_text(name ? name : POLICY_DEFAULT) },
		.arg_count = 3, .row = take_standing, .arg = &s,
	};
	int rc = db_run(db, &q, fault);

	return rc < 0 ? rc : s.stands ? 0 : -ESTALE;
}

/* ---- rows -------------------------------------------------------------------------- */

int project_put(struct db *db, const char *name, int64_t now, struct db_fault *fault)
{
	struct db_query q = {
		.sql = "INSERT INTO project (name, created) VALUES ($1, $2) ON CONFLICT DO NOTHING",
		.args = { db_text(name), db_int(now) }, .arg_count = 2,
	};
	int rc = db_run(db, &q, fault);

	return rc < 0 ? rc : 0;
}

/** struct putting - what the transaction enters */
struct putting {
	const char *project, *name, *json;
	uint8_t sha256[32];
	int64_t now, others, version;
};

static int take_number(void *arg, const struct db_value *c, size_t count)
{
	(void)count;
	*(int64_t *)arg = c[0].number;
	return 0;
}

/* Before the row of the name itself changes. */
static int put_version(struct db *db, struct putting *p, struct db_fault *fault)
{
	struct db_query put = {
		.sql = "INSERT INTO policy_version (name, version, project, json, sha256, changed)"
		       " SELECT $1, (SELECT COALESCE(max(version), 0) + 1 FROM policy_version"
		       " WHERE name = $1), $2, $3, $4, $5"
		       " WHERE NOT EXISTS (SELECT 1 FROM policy WHERE name = $1 AND sha256 = $4)",
		.args = { db_text(p->name), db_text(p->project), db_text(p->json),
			  db_blob(p->sha256, 32), db_int(p->now) },
		.arg_count = 5,
	};
	struct db_query last = { .sql = "SELECT max(version) FROM policy_version WHERE name = $1",
				 .args = { db_text(p->name) }, .arg_count = 1,
				 .row = take_number, .arg = &p->version };
	int rc = db_run(db, &put, fault);

	rc = rc < 0 ? rc : db_run(db, &last, fault);
	return rc < 0 ? rc : 0;
}

static int put_row(struct db *db, const struct putting *p, struct db_fault *fault)
{
	struct db_query q = {
		.sql = "INSERT INTO policy (" ROW_POLICY ", mac, json)"
		       " VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (name) DO UPDATE SET"
		       " sha256 = $3, changed = $4, mac = $5, json = $6 WHERE policy.project = $2",
		.args = { db_text(p->name), db_text(p->project), db_blob(p->sha256, 32),
			  db_int(p->now), [JSON] = db_text(p->json) },
		.arg_count = COLUMNS,
	};
	struct row_tag tag;
	int rc = row_tag(db, "policy", q.args, MAC, &tag, fault);

	q.args[MAC] = row_tag_value(&tag);
	rc = rc ? rc : db_run(db, &q, fault);
	return rc < 0 ? rc : rc ? 0 : -EXDEV;
}

static int put_rows(struct db *db, void *arg, struct db_fault *fault)
{
	struct putting *p = arg;
	struct db_query others = { .sql = "SELECT count(*) FROM policy WHERE name <> $1",
				   .args = { db_text(p->name) }, .arg_count = 1,
				   .row = take_number, .arg = &p->others };
	int rc = project_put(db, p->project, p->now, fault);

	if (!rc)
		rc = db_run(db, &others, fault);
	if (rc >= 0 && p->others >= ATTESTED_POLICIES_MAX)
		return -ENOSPC;
	if (rc >= 0)
		rc = put_version(db, p, fault);
	return rc < 0 ? rc : put_row(db, p, fault);
}

int policy_put(struct db *db, const char *project, const char *name, const char *json, size_t len,
	       int64_t now, int64_t *version, struct wv_fault *wf, struct db_fault *fault)
{
	struct putting p = { .project = project, .name = name, .json = json, .now = now };
	struct wv_policy *parsed;
	int rc;

	*wf = (struct wv_fault){ .offset = -1 };
	if (!config_name_ok(name) || !config_name_ok(project) || strlen(json) != len ||
	    wv_policy_parse((struct wv_bytes){ (const uint8_t *)json, len }, &parsed, wf))
		return -EINVAL;
	wv_policy_free(parsed);
	rc = digest_of(json, len, p.sha256) ?: db_transaction(db, put_rows, &p, fault);
	*version = p.version;
	return rc;
}

static int drop_rows(struct db *db, void *arg, struct db_fault *fault)
{
	const char *name = arg;
	int64_t asked = 0;
	struct db_query use = { .sql = "SELECT count(*) FROM resource WHERE policy = $1",
				.args = { db_text(name) }, .arg_count = 1, .row = take_number,
				.arg = &asked };
	struct db_query drop = { .sql = "DELETE FROM policy WHERE name = $1",
				 .args = { db_text(name) }, .arg_count = 1 };
	int rc = db_run(db, &use, fault);

	if (rc < 0 || asked)
		return rc < 0 ? rc : -EBUSY;
	rc = db_run(db, &drop, fault);
	return rc < 0 ? rc : rc ? 0 : -ENOENT;
}

int policy_drop(struct db *db, const char *name, struct db_fault *fault)
{
	return db_transaction(db, drop_rows, (void *)name, fault);
}
