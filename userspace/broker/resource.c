// SPDX-License-Identifier: MIT
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "keyfile.h"
#include "resource.h"
#include "row_mac.h"
#include "text.h"

#define COLUMNS ROW_RESOURCE ", mac"

/* Of COLUMNS, those that change. */
enum { WRAPPED = 3, USED = 8, DISABLED = 9, VERSION = 12, CHANGED = 13, MAC = 14, COLUMN_COUNT };

/* A key unwraps under its own path alone: rows can't be exchanged. */
static void wrap_name(const char *path, char out[RESOURCE_PATH_MAX + 16])
{
	snprintf(out, RESOURCE_PATH_MAX + 16, "resource/%s", path);
}

/* ---- rows -------------------------------------------------------------------------- */

static int read_clients(const struct db_value *v, struct resource *r)
{
	json_t *list, *one;
	size_t i;
	int rc = 0;

	if (v->type == DB_NULL)
		return 0;
	list = v->type == DB_TEXT ? json_loadb(v->data, v->len, 0, NULL) : NULL;
	if (!json_is_array(list) || !json_array_size(list) ||
	    json_array_size(list) > RESOURCE_CLIENTS_MAX)
		rc = -EBADMSG;
	else
		json_array_foreach(list, i, one)
			if (!json_is_string(one) ||
			    text_unhex(json_string_value(one), r->clients[i], 32))
				rc = -EBADMSG;
	r->terms.client_count = rc ? 0 : json_array_size(list);
	json_decref(list);
	return rc;
}

/* A number that is there is at least @low: what is damaged must not mean "no limit". */
static int read_number(const struct db_value *v, int64_t low, int64_t *out)
{
	*out = v->type == DB_INT ? v->number : 0;
	return v->type == DB_NULL || (v->type == DB_INT && v->number >= low) ? 0 : -EBADMSG;
}

static int read_text(const struct db_value *v, char *out, size_t size)
{
	if (v->type != DB_TEXT || !v->len || v->len >= size)
		return -EBADMSG;
	memcpy(out, v->data, v->len + 1);
	return 0;
}

static int read_row(const struct db_value *c, struct resource *r)
{
	int64_t disabled, key_uses, lifetime;

	memset(r, 0, sizeof(*r));
	r->stored = 1;
	if (read_text(&c[0], r->path, sizeof(r->path)) ||
	    read_text(&c[1], r->project, sizeof(r->project)) ||
	    c[2].type != DB_BLOB || c[2].len != sizeof(r->terms.dataset) ||
	    c[3].type != DB_BLOB || c[3].len != sizeof(r->wrapped) ||
	    (c[4].type != DB_NULL && read_text(&c[4], r->policy, sizeof(r->policy))) ||
	    read_clients(&c[5], r) || read_number(&c[6], 1, &r->terms.expires) ||
	    read_number(&c[7], 1, &r->terms.uses) || read_number(&c[8], 0, &r->used) ||
	    read_number(&c[9], 0, &disabled) || read_number(&c[10], 1, &key_uses) ||
	    read_number(&c[11], 1, &lifetime) || read_number(&c[12], 1, &r->version) ||
	    read_number(&c[13], 0, &r->changed))
		return -EBADMSG;
	memcpy(r->terms.dataset, c[2].data, c[2].len);
	memcpy(r->wrapped, c[3].data, c[3].len);
	r->disabled = disabled != 0;
	r->terms.key_uses = (uint64_t)key_uses;
	r->terms.key_lifetime = (uint64_t)lifetime;
	r->terms.path = r->path;
	r->terms.project = r->project;
	r->terms.policy = r->policy[0] ? r->policy : NULL;
	r->terms.clients = r->clients;
	return 0;
}

/** struct row - the one that is looked for; @fault: of its MAC */
struct row {
	struct db *db;
	struct resource *r;
	struct db_fault *fault;
};

static int take_one(void *arg, const struct db_value *c, size_t count)
{
	struct row *row = arg;

	if (count != COLUMN_COUNT)
		return -EBADMSG;
	return row_check(row->db, "resource", c, count, row->fault) ?: read_row(c, row->r);
}

int resource_stored(struct db *db, const char *path, struct resource *out, struct db_fault *fault)
{
	struct row row = { db, out, fault };
	struct db_query q = { .sql = "SELECT " COLUMNS " FROM resource WHERE path = $1",
			      .args = { db_text(path) }, .arg_count = 1, .row = take_one, .arg = &row };
	int rc = db_run(db, &q, fault);

	if (rc == -EBADMSG)
		snprintf(fault->text, sizeof(fault->text), "database: the resource is damaged");
	return rc < 0 ? rc : rc ? 0 : -ENOENT;
}

int resource_find(const struct config *config, struct db *db, const char *path,
		  struct resource *out, struct db_fault *fault)
{
	const struct config_resource *configured = config_find(config, path);

	memset(out, 0, sizeof(*out));
	if (configured) {
		out->terms = *configured;
		return 0;
	}
	if (!config_path_ok(path))	/* a database may refuse the text itself */
		return -ENOENT;
	return resource_stored(db, path, out, fault);
}

int resource_key(const struct resource *r, const struct keyring *keyring,
		 uint8_t key[RESOURCE_KEY])
{
	char name[RESOURCE_PATH_MAX + 16];
	size_t len;

	if (!r->stored)
		return ward_keyfile_read(r->terms.key_file, key);
	if (!keyring)
		return -ENOKEY;
	wrap_name(r->path, name);
	return keyring_unwrap(keyring, name, r->wrapped, sizeof(r->wrapped), key, &len);
}

/* ---- amendments -------------------------------------------------------------------- */

/**
 * struct amendment - of the row of a path
 * @amend: makes its change of @r, as it was read: wrapped, used, disabled, version, changed;
 *	0 or -errno
 * @tag: of the row then
 */
struct amendment {
	struct row row;
	int (*amend)(struct resource *r, const void *arg);
	const void *arg;
	struct row_tag tag;
};

/* What isn't read into *r, or would be written otherwise, stays in the MAC as it was. */
static int take_amended(void *arg, const struct db_value *c, size_t count)
{
	struct amendment *a = arg;
	struct resource *r = a->row.r;
	struct db_value next[MAC];
	int rc = take_one(&a->row, c, count) ?: a->amend(r, a->arg);

	if (rc)
		return rc;
	memcpy(next, c, sizeof(next));
	next[WRAPPED] = db_blob(r->wrapped, sizeof(r->wrapped));
	next[USED] = db_int(r->used);
	next[DISABLED] = db_int(r->disabled);
	next[VERSION] = db_int(r->version);
	next[CHANGED] = db_int(r->changed);
	return row_tag(a->row.db, "resource", next, MAC, &a->tag, a->row.fault);
}

/* Inside of a transaction. */
static int amend_row(struct db *db, const char *path, struct amendment *a, struct db_fault *fault)
{
	struct resource *r = a->row.r;
	struct db_query find = { .sql = "SELECT " COLUMNS " FROM resource WHERE path = $1",
				 .args = { db_text(path) }, .arg_count = 1, .row = take_amended,
				 .arg = a };
	struct db_query put = { .sql = "UPDATE resource SET wrapped = $2, used = $3, disabled = $4,"
				       " version = $5, changed = $6, mac = $7 WHERE path = $1",
				.arg_count = 7 };
	int rc;

	a->row.db = db;
	a->row.fault = fault;
	rc = db_run(db, &find, fault);
	if (rc == -EBADMSG)
		snprintf(fault->text, sizeof(fault->text), "database: the resource is damaged");
	if (rc <= 0)
		return rc ? rc : -ENOENT;
	put.args[0] = db_text(path);
	put.args[1] = db_blob(r->wrapped, sizeof(r->wrapped));
	put.args[2] = db_int(r->used);
	put.args[3] = db_int(r->disabled);
	put.args[4] = db_int(r->version);
	put.args[5] = db_int(r->changed);
	put.args[6] = row_tag_value(&a->tag);
	rc = db_run(db, &put, fault);
	return rc < 0 ? rc : rc ? 0 : -ENOENT;
}

static int count_use(struct resource *r, const void *wrapped)
{
	if (r->disabled || memcmp(r->wrapped, wrapped, sizeof(r->wrapped)))
		return -ENOENT;
	r->used++;
	return 0;
}

int resource_use(struct db *db, const char *path, const uint8_t *wrapped, struct resource *out,
		 struct db_fault *fault)
{
	struct amendment a = { .row = { .r = out }, .amend = count_use, .arg = wrapped };

	return amend_row(db, path, &a, fault);
}

/** struct switching - @disabled or not, at @now */
struct switching {
	const char *path;
	int disabled;
	int64_t now;
};

static int switch_it(struct resource *r, const void *arg)
{
	const struct switching *s = arg;

	r->disabled = s->disabled;
	r->changed = s->now;
	return 0;
}

static int switch_row(struct db *db, void *arg, struct db_fault *fault)
{
	const struct switching *s = arg;
	struct resource r;
	struct amendment a = { .row = { .r = &r }, .amend = switch_it, .arg = s };

	return amend_row(db, s->path, &a, fault);
}

int resource_disable(struct db *db, const char *path, int disabled, int64_t now,
		     struct db_fault *fault)
{
	struct switching s = { path, disabled, now };

	return db_transaction(db, switch_row, &s, fault);
}

/** struct renewing - another key for @path; @version: of what is there then */
struct renewing {
	const char *path;
	uint8_t wrapped[RESOURCE_KEY + KEYRING_ADDS];
	int64_t now, version;
};

static int renew(struct resource *r, const void *arg)
{
	const struct renewing *n = arg;

	memcpy(r->wrapped, n->wrapped, sizeof(r->wrapped));
	r->changed = n->now;
	r->version++;
	return 0;
}

static int renew_row(struct db *db, void *arg, struct db_fault *fault)
{
	struct renewing *n = arg;
	struct resource r = { .version = 0 };
	struct amendment a = { .row = { .r = &r }, .amend = renew, .arg = n };
	int rc = amend_row(db, n->path, &a, fault);

	n->version = r.version;
	return rc;
}

int resource_renew(struct db *db, const struct keyring *keyring, const char *path,
		   const uint8_t key[RESOURCE_KEY], int64_t now, int64_t *version,
		   struct db_fault *fault)
{
	struct renewing n = { .path = path, .now = now };
	char name[RESOURCE_PATH_MAX + 16];
	size_t len;
	int rc;

	if (!keyring)
		return -ENOKEY;
	if (!config_path_ok(path))
		return -EINVAL;
	wrap_name(path, name);
	rc = keyring_wrap(keyring, name, key, RESOURCE_KEY, n.wrapped, &len) ?:
	     db_transaction(db, renew_row, &n, fault);
	*version = n.version;
	return rc;
}

/* ---- new ones ---------------------------------------------------------------------- */

#define INSERT "INSERT INTO resource (" COLUMNS ")" \
	       " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)"
#define INSTEAD " ON CONFLICT (path) DO UPDATE SET project = $2, dataset = $3, wrapped = $4," \
		" policy = $5, clients = $6, expires = $7, uses = $8, used = $9, disabled = $10," \
		" key_uses = $11, key_lifetime = $12, version = $13, changed = $14, mac = $15"

/**
 * struct putting - what the transaction enters
 * @clients: JSON or NULL
 * @replace: one that is there
 */
struct putting {
	struct resource *r;
	char *clients;
	int64_t now;
	int replace;
};

static struct db_value or_null(int64_t n)
{
	return n ? db_int(n) : (struct db_value){ .type = DB_NULL };
}

static int write_row(struct db *db, const struct putting *p, struct db_fault *fault)
{
	const struct resource *r = p->r;
	struct db_query q = {
		.sql = p->replace ? INSERT INSTEAD : INSERT,
		.args = { db_text(r->terms.path), db_text(r->project), db_blob(r->terms.dataset, 16),
			  db_blob(r->wrapped, sizeof(r->wrapped)), db_text(r->terms.policy),
			  db_text(p->clients), or_null(r->terms.expires), or_null(r->terms.uses),
			  db_int(r->used), db_int(r->disabled), or_null((int64_t)r->terms.key_uses),
			  or_null((int64_t)r->terms.key_lifetime), db_int(r->version),
			  db_int(p->now) },
		.arg_count = COLUMN_COUNT,
	};
	struct row_tag tag;
	int rc = row_tag(db, "resource", q.args, MAC, &tag, fault);

	q.args[MAC] = row_tag_value(&tag);
	rc = rc ? rc : db_run(db, &q, fault);
	return rc < 0 ? rc : 0;
}

static int put_row(struct db *db, void *arg, struct db_fault *fault)
{
	struct putting *p = arg;
	struct resource *r = p->r, old = { .version = 0 };
	struct db_query known = { .sql = "SELECT name FROM policy WHERE name = $1",
				  .args = { db_text(r->terms.policy) }, .arg_count = 1 };
	int rc = r->terms.policy ? db_run(db, &known, fault) : 1;

	if (rc <= 0)
		return rc ? rc : -ENOENT;
	rc = project_put(db, r->project, p->now, fault);
	if (!rc && p->replace)
		rc = resource_stored(db, r->terms.path, &old, fault);
	if (rc && rc != -ENOENT)
		return rc;
	r->used = old.used;
	r->disabled = old.disabled;
	r->version = old.version + 1;
	return write_row(db, p, fault);
}

static char *write_clients(const struct resource *r)
{
	json_t *list = json_array();
	char hex[65], *out;

	for (size_t i = 0; i < r->terms.client_count; i++) {
		text_hex(r->terms.clients[i], 32, hex);
		json_array_append_new(list, json_string(hex));
	}
	out = json_dumps(list, JSON_COMPACT);
	json_decref(list);
	return out;
}

static int put(struct db *db, const struct keyring *keyring, struct resource *r,
	       const uint8_t key[RESOURCE_KEY], struct putting *p, struct db_fault *fault)
{
	char name[RESOURCE_PATH_MAX + 16];
	size_t len;
	int rc;

	if (!keyring)
		return -ENOKEY;
	if (!config_path_ok(r->terms.path) || !config_name_ok(r->project))
		return -EINVAL;
	if (r->terms.key_lifetime > CONFIG_LIFETIME_MAX)	/* nanoseconds of more overflow */
		return -ERANGE;
	wrap_name(r->terms.path, name);
	rc = keyring_wrap(keyring, name, key, RESOURCE_KEY, r->wrapped, &len);
	if (!rc && r->terms.client_count) {
		p->clients = write_clients(r);
		rc = p->clients ? 0 : -ENOMEM;
	}
	rc = rc ?: db_transaction(db, put_row, p, fault);
	free(p->clients);
	return rc;
}

int resource_put(struct db *db, const struct keyring *keyring, struct resource *r,
		 const uint8_t key[RESOURCE_KEY], int64_t now, struct db_fault *fault)
{
	struct putting p = { .r = r, .now = now };

	return put(db, keyring, r, key, &p, fault);
}

int resource_replace(struct db *db, const struct keyring *keyring, struct resource *r,
		     const uint8_t key[RESOURCE_KEY], int64_t now, int64_t *version,
		     struct db_fault *fault)
{
	struct putting p = { .r = r, .now = now, .replace = 1 };
	int rc = put(db, keyring, r, key, &p, fault);

	*version = r->version;
	return rc;
}

int resource_drop(struct db *db, const char *path, struct db_fault *fault)
{
	struct db_query q = { .sql = "DELETE FROM resource WHERE path = $1",
			      .args = { db_text(path) }, .arg_count = 1 };

	int rc = db_run(db, &q, fault);

	return rc < 0 ? rc : rc ? 0 : -ENOENT;
}

/* ---- all of them --------------------------------------------------------------------- */

/**
 * struct walk - a page under way
 * @left: how many resources it may still have
 * @place: a copy of the last row's path, whatever it is; free() its data
 */
struct walk {
	struct row row;
	resource_row *each;
	void *arg;
	int64_t left;
	struct db_value place;
};

static int keep_place(struct walk *w, const struct db_value *path)
{
	char *copy = malloc(path->len + 1);

	if (!copy) {
		*w->row.fault = (struct db_fault){ "resources: no memory" };
		return -ENOMEM;
	}
	if (path->len)
		memcpy(copy, path->data, path->len);
	copy[path->len] = '\0';
	free((void *)w->place.data);
	w->place = *path;
	w->place.data = copy;
	return 0;
}

/* What a request could name. */
static int is_path(const struct db_value *v)
{
	return v->type == DB_TEXT && v->len < RESOURCE_PATH_MAX && strlen(v->data) == v->len &&
	       config_path_ok(v->data);
}

static const char *unusable(int rc)
{
	return rc == -EKEYREJECTED ? "row-not-authentic" : rc == -EBADMSG ? "row-damaged" : NULL;
}

static int take_each(void *arg, const struct db_value *c, size_t count)
{
	struct walk *w = arg;
	struct resource *r = w->row.r;
	int rc = keep_place(w, &c[0]);

	if (rc || !is_path(&c[0]))
		return rc;
	rc = take_one(&w->row, c, count);
	if (rc && !unusable(rc))
		return rc;
	if (rc) {
		memset(r, 0, sizeof(*r));
		memcpy(r->path, c[0].data, c[0].len);
	}
	w->left--;
	return w->each(w->arg, r, unusable(rc));
}

/* The rows behind @w's place, as many as are left at most; how many came, or as db_run(). */
static int next_rows(struct walk *w)
{
	const struct db_value from = w->place;	/* in use until the query ends */
	struct db_query q = { .sql = "SELECT " COLUMNS " FROM resource WHERE path > $1"
				     " ORDER BY path LIMIT $2",
			      .args = { from, db_int(w->left) }, .arg_count = 2,
			      .row = take_each, .arg = w };
	int rc;

	w->place = (struct db_value){ .type = DB_NULL };
	rc = db_run(w->row.db, &q, w->row.fault);
	free((void *)from.data);
	return rc;
}

/* Rows that nothing could ask for are passed over, without a page becoming shorter for them. */
int resource_page(struct db *db, const char *after, int64_t limit, resource_row *each, void *arg,
		  struct db_fault *fault)
{
	struct resource r;
	struct walk w = { .row = { db, &r, fault }, .each = each, .arg = arg, .left = limit };
	const struct db_value begin = db_text(after);
	int rc = keep_place(&w, &begin);
	int64_t asked = 0;

	while (rc == asked && w.left > 0) {
		asked = w.left;
		rc = next_rows(&w);
	}
	free((void *)w.place.data);
	return rc < 0 ? rc : 0;
}
