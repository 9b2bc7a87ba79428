// SPDX-License-Identifier: MIT
/*
 * The key broker protocol end to end, without its transport: a line "METHOD PATH[?QUERY]", then
 * "c" (the cookie of a living session), "t" and a token, "a" (an administrator asks), or
 * neither, then the body. "@N" in a body is the session's nonce, which is always the same,
 * so that evidence over it can be a seed. Nothing a stranger sends is a release.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <openssl/evp.h>

#include "../../userspace/broker/admin.h"
#include "../../userspace/broker/journal.h"
#include "../../userspace/broker/rcar.h"
#include "../../userspace/broker/schema.h"
#include "../../userspace/broker/text.h"
#include "fuzz.h"

static struct config_resource resource = {
	.path = (char *)"a/b/c", .key_file = (char *)"/nonexistent",
};
static struct config config = {
	.session_max = 65536, .session_timeout = 300, .token_lifetime = 300,
	.resources = &resource, .resource_count = 1,
};
static struct rcar rcar = { .config = &config, .limits = { 65536, 300 } };
static int64_t now;

static int no_reload(void *arg, struct config_fault *fault)
{
	(void)arg;
	snprintf(fault->text, sizeof(fault->text), "there is nothing to read");
	return -1;
}

static struct admin admin = { .rcar = &rcar, .reload = no_reload };

void __wrap_journal(const struct decision *d);
void __wrap_journal(const struct decision *d)
{
	(void)d;
}

/* One database for the process, in memory; a session for each input. */
static void open_once(void)
{
	static const char policy[] = "{\"ward-policy\":1,\"accept_unmeasured\":true,"
				     "\"allow_tee\":[\"simulated-snp\",\"snp\"]}";
	static char url[64];
	struct db_fault fault = { "" };
	struct wv_fault wf;
	const struct wv_appraisal *world = fuzz_world();

	if (rcar.db)
		return;
	snprintf(url, sizeof(url), "sqlite:/dev/shm/ward-fuzz-%d.db", (int)getpid());
	if (db_open(url, &rcar.db, &fault) || schema_bring_up(rcar.db, &fault) ||
	    audit_open(rcar.db, &rcar.audit, &fault) || token_key_open(rcar.db, &rcar.token, &fault))
		fuzz_die("%s", fault.text);
	unlink(url + strlen("sqlite:"));
	if (wv_policy_parse((struct wv_bytes){ (const uint8_t *)policy, sizeof(policy) - 1 },
			    (struct wv_policy **)&rcar.policy, &wf))
		fuzz_die("%s", wf.text);
	rcar.policies = policies_new();
	rcar.roots = world->roots;
	now = world->now;
}

static void run(const char *sql)
{
	struct db_query q = { .sql = sql };
	struct db_fault fault = { "" };

	if (db_run(rcar.db, &q, &fault) < 0)
		fuzz_die("%s", fault.text);
}

static void begin(char cookie[SESSION_COOKIE_LEN + 1], char nonce[64])
{
	uint8_t raw[SESSION_ID_LEN], id[SESSION_NONCE_LEN];
	struct db_fault fault = { "" };
	struct db_query fix = { .sql = "UPDATE session SET id = $1",
				.args = { db_blob(id, sizeof(id)) }, .arg_count = 1 };

	open_once();
	run("DELETE FROM session");
	run("DELETE FROM resource");
	run("DELETE FROM policy");
	run("DELETE FROM policy_version");
	if (session_start(rcar.db, &rcar.limits, now, cookie, id, &fault))
		fuzz_die("%s", fault.text);
	memset(raw, FUZZ_RCAR_COOKIE, sizeof(raw));
	text_hex(raw, sizeof(raw), cookie);
	EVP_Digest(raw, sizeof(raw), id, NULL, EVP_sha256(), NULL);
	if (db_run(rcar.db, &fix, &fault) < 0)
		fuzz_die("%s", fault.text);
	EVP_EncodeBlock((unsigned char *)nonce, id, sizeof(id));
}

/* @body with the session's nonce where it says @N; free() it. */
static char *fill(const char *body, const char *nonce)
{
	const char *at = strstr(body, "@N");
	char *out;

	if (!at)
		return strdup(body);
	return asprintf(&out, "%.*s%s%s", (int)(at - body), body, nonce, at + 2) < 0 ? NULL : out;
}

static int ask(struct rcar_request *r, int as_admin)
{
	struct rcar_reply reply;
	int status;

	if (as_admin)
		admin_handle(&admin, r, &reply);
	else
		rcar_handle(&rcar, r, &reply);
	status = reply.status;
	if (!strncmp(r->path, "/kbs/v0/resource/", 17) && status == 200 && !as_admin)
		fuzz_die("a key was released");
	if (reply.problem != (status != 200))
		fuzz_die("status %d with problem %d", status, reply.problem);
	if (reply.problem && reply.cookie[0])
		fuzz_die("a cookie with a refusal");
	free(reply.body);
	return status == 200 ? 0 : status;
}

/* What follows the path, as the transport cuts it off; NULL = nothing. */
static const char *cut_query(char *path)
{
	char *query = strchr(path, '?');

	if (query)
		*query++ = '\0';
	return query;
}

static int split_and_ask(char *text, const char *cookie, const char *nonce)
{
	struct rcar_request r = { .peer = "192.0.2.1", .now = 1000, .time = now };
	char *second = strchr(text, '\n'), *third = second ? strchr(second + 1, '\n') : NULL;
	char *path = strchr(text, ' '), *body;
	int rc;

	if (!third || !path || path > second)
		return 1;
	*second++ = *third++ = *path++ = '\0';
	r.method = text;
	r.path = path;
	r.query = cut_query(path);
	r.cookie = *second == 'c' ? cookie : NULL;
	r.bearer = *second == 't' ? second + 1 : NULL;
	body = fill(third, nonce);
	r.body = body;
	r.body_len = body ? strlen(body) : 0;
	rc = ask(&r, *second == 'a');
	free(body);
	return rc;
}

int fuzz_one(struct wv_bytes in)
{
	char cookie[SESSION_COOKIE_LEN + 1], nonce[64];
	char *text;
	int rc;

	alloc_hold(true);
	begin(cookie, nonce);
	text = strndup(in.len ? (const char *)in.data : "", in.len);
	alloc_hold(false);
	rc = text ? split_and_ask(text, cookie, nonce) : 1;
	free(text);
	return rc;
}
