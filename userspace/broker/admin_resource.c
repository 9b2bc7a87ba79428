// SPDX-License-Identifier: MIT
/* Resources and policies, over the administration. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <jose/b64.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>

#include "admin_private.h"
#include "resource.h"
#include "row_mac.h"
#include "text.h"

/* ---- resources --------------------------------------------------------------------- */

static int take_clients(const json_t *list, struct resource *r)
{
	const json_t *one;
	size_t i;

	if (!list)
		return 0;
	if (!json_array_size(list) || json_array_size(list) > RESOURCE_CLIENTS_MAX)
		return -1;
	json_array_foreach(list, i, one)
		if (!json_is_string(one) || text_unhex(json_string_value(one), r->clients[i], 32))
			return -1;
	r->terms.clients = r->clients;
	r->terms.client_count = json_array_size(list);
	return 0;
}

/* A number from @low on, or nothing: 0. */
static int take_limit(const json_t *body, const char *name, int64_t low, int64_t *out)
{
	const json_t *value = json_object_get(body, name);

	*out = json_integer_value(value);
	return value && (!json_is_integer(value) || *out < low) ? -1 : 0;
}

/* The body's terms; its texts stay the body's. */
static int take_terms(json_t *body, struct resource *r, uint8_t key[RESOURCE_KEY])
{
	const char *dataset, *project, *policy = NULL, *expires = NULL;
	int64_t key_uses, lifetime;
	json_t *secret, *clients = NULL, *n;

	if (json_unpack(body, "{s:s, s:s, s:o, s?s, s?s, s?o, s?o, s?o, s?o !}", "project", &project,
			"dataset", &dataset, "key", &secret, "policy", &policy, "expires", &expires,
			"clients", &clients, "uses", &n, "key_uses", &n, "key_lifetime", &n) ||
	    !config_name_ok(project) || text_unhex(dataset, r->terms.dataset, 16) ||
	    jose_b64_dec(secret, NULL, 0) != RESOURCE_KEY ||
	    jose_b64_dec(secret, key, RESOURCE_KEY) != RESOURCE_KEY ||
	    (expires && (wv_time_parse(expires, &r->terms.expires) || r->terms.expires < 1)) ||
	    take_clients(clients, r) || take_limit(body, "uses", 1, &r->terms.uses) ||
	    take_limit(body, "key_uses", 0, &key_uses) ||
	    take_limit(body, "key_lifetime", 0, &lifetime) || lifetime > CONFIG_LIFETIME_MAX)
		return -1;
	r->terms.key_uses = (uint64_t)key_uses;
	r->terms.key_lifetime = (uint64_t)lifetime;
	r->terms.policy = (char *)policy;
	strcpy(r->project, project);
	return 0;
}

int admin_entered(struct admin_call *call, int64_t version)
{
	return admin_answer(call, json_pack("{s:s, s:I}", "entered", call->name, "version",
					    (json_int_t)version));
}

int admin_put_resource(struct admin_call *call, json_t *body, int replace)
{
	struct rcar *rcar = call->admin->rcar;
	struct resource r = { .terms = { .path = (char *)call->name } };
	struct db_fault fault = { "" };
	uint8_t key[RESOURCE_KEY];
	int64_t version = 1;
	int rc;

	if (take_terms(body, &r, key))
		rc = admin_refuse(call, "malformed-request", "a resource has 'project', 'dataset' (hex) "
				  "and 'key' (base64url of 32 bytes), and may have 'policy', 'clients', "
				  "'expires', 'uses', 'key_uses', 'key_lifetime'");
	else if (config_find(rcar->config, call->name))
		rc = admin_refuse(call, "name-taken", "the configuration has a resource there");
	else {
		rc = replace ? resource_replace(rcar->db, rcar->keyring, &r, key, call->req->time,
						&version, &fault) :
			       resource_put(rcar->db, rcar->keyring, &r, key, call->req->time, &fault);
		rc = rc == -ENOENT ? admin_refuse(call, "malformed-request", "there is no policy of "
						  "that name") : admin_store(call, rc, &fault);
	}
	OPENSSL_cleanse(key, sizeof(key));
	return rc ? -1 : admin_entered(call, version);
}

static int switch_resource(struct admin_call *call, json_t *body)
{
	struct db_fault fault = { "" };
	int disabled;

	if (json_unpack(body, "{s:b !}", "disabled", &disabled))
		return admin_refuse(call, "malformed-request", "'disabled' is true or false");
	if (admin_store(call, resource_disable(call->admin->rcar->db, call->name, disabled,
					       call->req->time, &fault), &fault))
		return -1;
	return admin_answer(call, json_pack("{s:b}", "disabled", disabled));
}

int admin_resource(struct admin_call *call)
{
	struct db_fault fault = { "" };
	json_t *body;
	int rc;

	if (!strcmp(call->req->method, "DELETE"))
		return admin_store(call, resource_drop(call->admin->rcar->db, call->name, &fault),
				   &fault) ?: admin_answer(call, json_pack("{s:s}", "deleted",
									   call->name));
	body = admin_body(call);
	if (!body)
		return -1;
	rc = !strcmp(call->req->method, "PUT") ? admin_put_resource(call, body, 0) :
						 switch_resource(call, body);
	json_decref(body);
	return rc;
}

static void put_limit(json_t *o, const char *name, json_int_t limit)
{
	if (o && limit)
		json_object_set_new(o, name, json_integer(limit));
}

static json_t *show_resource(const struct resource *r)
{
	char dataset[33], hex[65], when[TEXT_TIME_LEN];
	json_t *o, *clients = r->terms.client_count ? json_array() : NULL;

	text_hex(r->terms.dataset, 16, dataset);
	for (size_t i = 0; i < r->terms.client_count; i++) {
		text_hex(r->terms.clients[i], 32, hex);
		json_array_append_new(clients, json_string(hex));
	}
	text_time(r->terms.expires, when);
	o = json_pack("{s:s, s:s, s:s, s:b, s:I, s:I, s:s*, s:o*, s:s*}", "path", r->path, "project",
		      r->project, "dataset", dataset, "disabled", r->disabled, "used",
		      (json_int_t)r->used, "version", (json_int_t)r->version, "policy",
		      r->terms.policy, "clients", clients, "expires",
		      r->terms.expires ? when : NULL);
	put_limit(o, "uses", r->terms.uses);
	put_limit(o, "key_uses", (json_int_t)r->terms.key_uses);
	put_limit(o, "key_lifetime", (json_int_t)r->terms.key_lifetime);
	return o;
}

/* @o, or where there is none, why. */
static int list(json_t *to, json_t *o, const char *key, const char *name, const char *unusable)
{
	if (!o)
		o = json_pack("{s:s, s:s}", key, name, "unusable", unusable ? unusable : "row-damaged");
	return json_array_append_new(to, o) ? -ENOMEM : 0;
}

static int list_resource(void *arg, const struct resource *r, const char *unusable)
{
	return list(arg, unusable ? NULL : show_resource(r), "path", r->path, unusable);
}

/* A path; its slashes may come as %2F, as clients write them that encode a query. */
static int take_after(const char *text, size_t len, char out[RESOURCE_PATH_MAX])
{
	size_t n = 0;

	for (size_t i = 0; i < len; n++) {
		int slash = len - i >= 3 && !strncasecmp(text + i, "%2F", 3);

		if (n == RESOURCE_PATH_MAX - 1)
			return -1;
		out[n] = slash ? '/' : text[i];
		i += slash ? 3 : 1;
	}
	out[n] = '\0';
	return config_path_ok(out) ? 0 : -1;
}

static int take_count(const char *text, size_t len, int64_t *out)
{
	if (!len || len > 3 || strspn(text, "0123456789") != len)
		return -1;
	*out = strtoll(text, NULL, 10);
	return *out < 1 || *out > ADMIN_RESOURCE_PAGE ? -1 : 0;
}

/* "after=a/b/c&limit=100" */
static int read_page(const char *text, char after[RESOURCE_PATH_MAX], int64_t *limit)
{
	while (text && *text) {
		size_t len = strcspn(text, "&");
		int rc = !strncmp(text, "after=", 6) ? take_after(text + 6, len - 6, after) :
			 !strncmp(text, "limit=", 6) ? take_count(text + 6, len - 6, limit) : -1;

		if (rc)
			return rc;
		text += len + (text[len] == '&');
	}
	return 0;
}

/* A page: one that is shorter than it may be is the last. */
int admin_resources(struct admin_call *call)
{
	char after[RESOURCE_PATH_MAX] = "";
	int64_t limit = ADMIN_RESOURCE_PAGE;
	struct db_fault fault = { "" };
	json_t *page;
	int rc;

	if (read_page(call->req->query, after, &limit))
		return admin_refuse(call, "malformed-request", "the query may have 'after', a path, and "
				    "'limit', from 1 to %d", ADMIN_RESOURCE_PAGE);
	page = json_array();
	rc = resource_page(call->admin->rcar->db, after, limit, list_resource, page, &fault);
	if (!rc)
		return admin_answer(call, page);
	json_decref(page);
	return admin_store(call, rc, &fault);
}

/* ---- policies ---------------------------------------------------------------------- */

int admin_put_policy(struct admin_call *call, const char *project, const char *text)
{
	struct db_fault fault = { "" };
	struct wv_fault wf;
	int64_t version;
	int rc;

	rc = policy_put(call->admin->rcar->db, project, call->name, text, strlen(text),
			call->req->time, &version, &wf, &fault);
	if (rc == -EINVAL && wf.reason)
		return admin_refuse(call, "malformed-request", "line %d, column %d: %.32s: %.200s",
				    wf.line, wf.column, wf.field, wf.text);
	call->has_policy = !rc && EVP_Digest(text, strlen(text), call->policy, NULL, EVP_sha256(),
					     NULL) == 1;
	return admin_store(call, rc, &fault) ?: admin_entered(call, version);
}

static int put_policy(struct admin_call *call, json_t *body)
{
	const char *project, *text;

	if (json_unpack(body, "{s:s, s:s !}", "project", &project, "policy", &text))
		return admin_refuse(call, "malformed-request", "a policy has 'project' and 'policy', its "
				    "text");
	return admin_put_policy(call, project, text);
}

/* What has row_mac.h's columns of a policy has them first, then "mac"; text and version follow. */
enum { P_NAME, P_PROJECT, P_SHA256, P_CHANGED, P_MAC, P_TEXT, P_VERSION, P_COLUMNS };

/** struct showing - @out: the answer; @fault: of the row's MAC */
struct showing {
	struct db *db;
	json_t *out;
	struct db_fault *fault;
};

static int take_text(void *arg, const struct db_value *c, size_t count)
{
	struct showing *s = arg;
	char hex[65];

	(void)count;
	if (c[P_SHA256].type != DB_BLOB || c[P_SHA256].len != 32)
		return -EBADMSG;
	text_hex(c[P_SHA256].data, 32, hex);
	s->out = json_pack("{s:s, s:s, s:s, s:I}", "project", c[P_PROJECT].data, "policy",
			   c[P_TEXT].data, "sha256", hex, "version",
			   (json_int_t)c[P_VERSION].number);
	return 0;
}

/* The text is shown all the same: whoever has to mend it wants to see it. */
static int take_current(void *arg, const struct db_value *c, size_t count)
{
	struct showing *s = arg;
	int rc = count == P_COLUMNS ? row_check(s->db, "policy", c, P_MAC + 1, s->fault) : -EBADMSG;

	if (rc && rc != -EKEYREJECTED)
		return rc;
	return take_text(arg, c, count) ?: !rc ? 0 :
	       json_object_set_new(s->out, "unusable", json_string("row-not-authentic"));
}

/* @sql gives those columns of $1, of its version $2 where it asks for one. */
static int show_policy(struct admin_call *call, const char *sql, const char *name, int64_t version)
{
	struct db_fault fault = { "database: the policy is damaged" };
	struct showing s = { call->admin->rcar->db, NULL, &fault };
	struct db_query q = { .sql = sql, .args = { db_text(name), db_int(version) },
			      .arg_count = version ? 2 : 1,
			      .row = version ? take_text : take_current, .arg = &s };
	int rc = db_run(s.db, &q, &fault);

	if (rc > 0)
		return admin_answer(call, s.out);
	json_decref(s.out);
	return admin_store(call, rc ? rc : -ENOENT, &fault);
}

/* As it is, or an earlier text of that name: NAME/VERSION. */
static int get_policy(struct admin_call *call)
{
	char name[POLICY_NAME_MAX + 1];
	const char *slash = strchr(call->name, '/');
	long long version;
	char *end;

	if (!slash)
		return show_policy(call, "SELECT " ROW_POLICY ", mac, json, (SELECT max(version) FROM"
				   " policy_version WHERE name = $1) FROM policy WHERE name = $1",
				   call->name, 0);
	version = strtoll(slash + 1, &end, 10);
	if (slash - call->name > POLICY_NAME_MAX || version < 1 || *end)
		return admin_refuse(call, "path-unknown", "%s", "");
	snprintf(name, sizeof(name), "%.*s", (int)(slash - call->name), call->name);
	return show_policy(call, "SELECT " ROW_POLICY ", NULL, json, version FROM policy_version"
			   " WHERE name = $1 AND version = $2", name, version);
}

int admin_policy(struct admin_call *call)
{
	struct db_fault fault = { "" };
	json_t *body;
	int rc;

	if (!strcmp(call->req->method, "GET"))
		return get_policy(call);
	if (!strcmp(call->req->method, "DELETE"))
		return admin_store(call, policy_drop(call->admin->rcar->db, call->name, &fault),
				   &fault) ?: admin_answer(call, json_pack("{s:s}", "deleted",
									   call->name));
	body = admin_body(call);
	rc = body ? put_policy(call, body) : -1;
	json_decref(body);
	return rc;
}

/* ROW_POLICY, mac. A row whose name nothing could ask for is passed over. */
static int list_policy(void *arg, const struct db_value *c, size_t count)
{
	struct showing *s = arg;
	const char *name = c[0].data;
	char hex[65];
	json_t *o = NULL;
	int rc;

	if (c[0].type != DB_TEXT || strlen(name) != c[0].len || !config_name_ok(name))
		return 0;
	rc = row_check(s->db, "policy", c, count, s->fault);
	if (rc && rc != -EKEYREJECTED)
		return rc;
	if (!rc && c[1].type == DB_TEXT && c[2].type == DB_BLOB && c[2].len == 32) {
		text_hex(c[2].data, 32, hex);
		o = json_pack("{s:s, s:s, s:s}", "name", name, "project", c[1].data, "sha256", hex);
	}
	return list(s->out, o, "name", name, rc ? "row-not-authentic" : NULL);
}

int admin_policies(struct admin_call *call)
{
	struct db_fault fault = { "policies: no memory" };
	struct showing s = { call->admin->rcar->db, json_array(), &fault };
	struct db_query q = { .sql = "SELECT " ROW_POLICY ", mac FROM policy ORDER BY name",
			      .row = list_policy, .arg = &s };
	int rc = db_run(s.db, &q, &fault);

	if (rc >= 0)
		return admin_answer(call, s.out);
	json_decref(s.out);
	return admin_store(call, rc, &fault);
}

/* ---- what would be said of a bundle -------------------------------------------------- */

static void note_rule(void *context, const struct wv_rule *rule)
{
	json_array_append_new(context, json_pack("{s:s, s:b, s:s*, s:s*}", "rule", rule->name, "held",
						 rule->held, "expected", rule->expected, "found",
						 rule->found));
}

static json_t *appraise(struct rcar *rcar, struct wv_bytes bundle, const struct wv_policy *policy,
			const struct rcar_request *req)
{
	struct wv_verdict *v = calloc(1, sizeof(*v));
	json_t *rules = json_array(), *out = NULL;
	struct wv_collateral beside;
	struct wv_appraisal a = { .roots = rcar->roots, .policy = policy, .now = req->time,
				  .rule = note_rule, .rule_context = rules };
	char *text = NULL;
	int has = v && rcar->collateral && !collateral_take(rcar->collateral, bundle, &beside);

	if (has)
		a.collateral = &beside;
	if (v) {
		wv_verify_bundle(bundle, &a, v);
		text = wv_verdict_json(v);
	}
	if (has)
		collateral_release(&beside);
	out = text ? json_loads(text, 0, NULL) : NULL;
	if (out)
		json_object_set(out, "rules", rules);
	json_decref(rules);
	free(text);
	free(v);
	return out;
}

/* Of a policy by its name, or of the broker's own where none is named. */
int admin_dry_run(struct admin_call *call)
{
	struct rcar *rcar = call->admin->rcar;
	const struct wv_policy *policy = rcar->policy;
	json_t *body = admin_body(call), *bundle, *out = NULL;
	struct db_fault fault = { "" };
	const char *name = NULL;
	uint8_t sha256[32], *bytes;
	size_t len;

	if (!body)
		return -1;
	len = json_unpack(body, "{s:o, s?s !}", "bundle", &bundle, "policy", &name) ?
		      0 : jose_b64_dec(bundle, NULL, 0);
	if (!len || len > WV_BUNDLE_MAX) {
		json_decref(body);
		return admin_refuse(call, "malformed-request", "'bundle' is base64url of 1 to %u bytes; "
				    "'policy' may be a name", WV_BUNDLE_MAX);
	}
	bytes = malloc(len);
	if (!bytes || jose_b64_dec(bundle, bytes, len) != len) {
		admin_refuse(call, "malformed-request", "'bundle' is not base64url");
	} else if (name && policies_refresh(rcar->policies, rcar->db, &fault)) {
		admin_refuse(call, "store-failed", "%s", fault.text);
	} else if (name && !(policy = policies_find(rcar->policies, name, sha256))) {
		admin_refuse(call, policies_damaged(rcar->policies, name) ? "policy-unusable" :
			     "malformed-request", "there is no policy of that name to judge by");
	} else {
		out = appraise(rcar, (struct wv_bytes){ bytes, len }, policy, call->req);
		admin_answer(call, out);
	}
	free(bytes);
	json_decref(body);
	return call->reason ? -1 : 0;
}
