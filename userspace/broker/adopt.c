// SPDX-License-Identifier: MIT
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "adopt.h"
#include "config.h"
#include "row_mac.h"

/* Sessions are none of them: they are short, and what they say a worker said. */
static const struct table {
	const char *name, *select, *update;
} tables[] = {
#define TABLE(name, row, key) \
	{ name, "SELECT " row ", mac FROM " name, "UPDATE " name " SET mac = $2 WHERE " key " = $1" }
	TABLE("resource", ROW_RESOURCE, "path"),
	TABLE("policy", ROW_POLICY, "name"),
	TABLE("use_count", ROW_USE_COUNT, "path"),
	TABLE("counter", ROW_COUNTER, "path"),
};

#define TABLES (sizeof(tables) / sizeof(*tables))

/** struct stray - one such row; @tag: what its MAC would be */
struct stray {
	const struct table *table;
	char key[CONFIG_PATH_MAX];
	struct row_tag tag;
};

/** struct search - @first: what is wrong with the first; @fault: of the one at hand */
struct search {
	struct db *db;
	const struct table *table;
	struct stray *list;
	size_t count, room;
	struct db_fault first, *fault;
};

/* A MAC would not tell one such value from another. */
static bool are_ours(const struct db_value *c, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (c[i].type == DB_OTHER)
			return false;
	return true;
}

/* As a broker has them: what the operator is shown is what he vouches for. */
static bool is_name(const struct table *table, const struct db_value *key)
{
	const char *name = key->data;

	if (key->type != DB_TEXT || key->len >= CONFIG_PATH_MAX || strlen(name) != key->len)
		return false;
	return strcmp(table->name, "policy") ? config_path_ok(name) : config_name_ok(name);
}

static int keep(struct search *s, const struct db_value *c, size_t count)
{
	struct stray *at;

	if (!is_name(s->table, &c[0]) || !are_ours(c, count))
		return -EKEYREJECTED;	/* no broker could have */
	if (s->count == s->room) {
		size_t room = s->room ? 2 * s->room : 16;
		struct stray *more = reallocarray(s->list, room, sizeof(*more));

		if (!more)
			return -ENOMEM;
		s->list = more;
		s->room = room;
	}
	if (!s->count)
		s->first = *s->fault;
	at = &s->list[s->count++];
	at->table = s->table;
	memcpy(at->key, c[0].data, c[0].len + 1);
	return row_tag(s->db, s->table->name, c, count - 1, &at->tag, s->fault);
}

static int look(void *arg, const struct db_value *c, size_t count)
{
	struct search *s = arg;
	int rc = row_check(s->db, s->table->name, c, count, s->fault);

	return rc == -EKEYREJECTED ? keep(s, c, count) : rc;
}

static int search(struct db *db, struct search *s, struct db_fault *fault)
{
	int rc = 0;

	s->db = db;
	s->fault = fault;
	s->count = 0;
	for (size_t i = 0; rc >= 0 && i < TABLES; i++) {
		const struct db_query q = { .sql = tables[i].select, .row = look, .arg = s };

		s->table = &tables[i];
		rc = db_run(db, &q, fault);
	}
	return rc < 0 ? rc : 0;
}

int adopt_find(struct db *db, struct db_fault *fault)
{
	struct search s = { .count = 0 };
	int rc = search(db, &s, fault);

	if (!rc && s.count)
		*fault = s.first;
	free(s.list);
	return rc ? rc : (int)s.count;
}

/** struct adopting - what the transaction does */
struct adopting {
	const struct audit *audit;
	int64_t now;
	struct search s;
};

static int adopt_one(struct db *db, const struct adopting *a, const struct stray *one,
		     struct db_fault *fault)
{
	char name[CONFIG_PATH_MAX + 16];
	const struct audit_entry e = { .time = a->now, .event = "adopt", .result = "ok",
				       .resource = name };
	const struct db_query q = { .sql = one->table->update,
				    .args = { db_text(one->key), row_tag_value(&one->tag) },
				    .arg_count = 2 };
	int rc = db_run(db, &q, fault);

	snprintf(name, sizeof(name), "%s/%s", one->table->name, one->key);
	return rc < 0 ? rc : audit_append(db, a->audit, &e, fault);
}

static int adopt_rows(struct db *db, void *arg, struct db_fault *fault)
{
	struct adopting *a = arg;
	int rc = audit_lock(db, fault) ?: search(db, &a->s, fault);

	for (size_t i = 0; !rc && i < a->s.count; i++)
		rc = adopt_one(db, a, &a->s.list[i], fault);
	return rc;
}

int adopt_all(struct db *db, const struct audit *audit, int64_t now, FILE *out,
	      struct db_fault *fault)
{
	struct adopting a = { .audit = audit, .now = now };
	int rc = db_transaction(db, adopt_rows, &a, fault);

	for (size_t i = 0; !rc && i < a.s.count; i++)
		fprintf(out, "%s %s\n", a.s.list[i].table->name, a.s.list[i].key);
	free(a.s.list);
	return rc ? rc : (int)a.s.count;
}
