// SPDX-License-Identifier: MIT
/*
 * The administration as the clients of Trustee's brokers ask for it: POST of a resource, of
 * an attestation policy, of the resource policy. What they prove with a signed token,
 * the client's certificate has proved here already.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jose/b64.h>

#include "admin_private.h"
#include "resource.h"

#define PROJECT		"default"	/* theirs know none */
#define POLICY_MAX	(256u << 10)	/* bytes */

/* ---- a resource ---------------------------------------------------------------------- */

/* A key alone: another one on the terms that are there, or one that names no data set. */
static int put_key(struct admin_call *call, const uint8_t key[RESOURCE_KEY])
{
	struct resource r = { .terms = { .path = (char *)call->name }, .project = PROJECT };
	struct rcar *rcar = call->admin->rcar;
	struct db_fault fault = { "" };
	int64_t version;
	int rc;

	if (config_find(rcar->config, call->name))
		return admin_refuse(call, "name-taken", "the configuration has a resource there");
	rc = resource_renew(rcar->db, rcar->keyring, call->name, key, call->req->time, &version,
			    &fault);
	if (rc == -ENOENT)
		rc = resource_replace(rcar->db, rcar->keyring, &r, key, call->req->time, &version,
				      &fault);
	return admin_store(call, rc, &fault) ?: admin_entered(call, version);
}

int admin_kbs_resource(struct admin_call *call)
{
	json_t *body;
	int rc;

	if (call->req->body_len == RESOURCE_KEY)
		return put_key(call, call->req->body);
	body = admin_body(call);
	if (!body)
		return admin_refuse(call, "malformed-request", "a resource is a data key, 32 bytes as "
				    "they are, or JSON as PUT /admin/v1/resources takes it");
	rc = admin_put_resource(call, body, 1);
	json_decref(body);
	return rc;
}

/* ---- policies ------------------------------------------------------------------------ */

/* What the base64url holds, as text; free() it. NULL = refused. */
static char *decode(struct admin_call *call, json_t *policy)
{
	size_t len = jose_b64_dec(policy, NULL, 0);
	char *text = len && len <= POLICY_MAX ? malloc(len + 1) : NULL;

	if (!text || jose_b64_dec(policy, text, len) != len) {
		admin_refuse(call, "malformed-request", "'policy' is not base64url, without padding, of "
			     "1 to %u bytes", POLICY_MAX);
		free(text);
		return NULL;
	}
	text[len] = '\0';
	if (strlen(text) == len && text[strspn(text, " \t\r\n")] == '{')
		return text;
	admin_refuse(call, "policy-not-ward", "give an object of JSON as ward-policy(5) has it, which "
		     "'wardctl policy check' takes, where Rego would be");
	free(text);
	return NULL;
}

static int put_policy(struct admin_call *call, json_t *policy)
{
	char *text = decode(call, policy);
	int rc = text ? admin_put_policy(call, PROJECT, text) : -1;

	free(text);
	return rc;
}

static int resource_policy(struct admin_call *call, json_t *body)
{
	json_t *policy;

	if (json_unpack(body, "{s:o !}", "policy", &policy))
		return admin_refuse(call, "malformed-request", "a resource policy has 'policy' alone");
	call->name = POLICY_RESOURCES;
	return put_policy(call, policy);
}

/* "rego" is what their clients say where nobody told them otherwise. */
static int attestation_policy(struct admin_call *call, json_t *body)
{
	const char *type, *id;
	json_t *policy;

	if (json_unpack(body, "{s:s, s:s, s:o !}", "type", &type, "policy_id", &id, "policy",
			&policy))
		return admin_refuse(call, "malformed-request", "an attestation policy has 'type', "
				    "'policy_id' and 'policy'");
	if (strcmp(type, "ward-policy") && strcmp(type, "rego"))
		return admin_refuse(call, "policy-not-ward", "'type' is \"ward-policy\"");
	call->name = id;
	if (config_name_ok(id))
		snprintf(call->object, sizeof(call->object), "%s/%s", call->req->path, id);
	return put_policy(call, policy);
}

static int with_body(struct admin_call *call, int (*put)(struct admin_call *call, json_t *body))
{
	json_t *body = admin_body(call);
	int rc = body ? put(call, body) : -1;

	json_decref(body);
	return rc;
}

int admin_kbs_resource_policy(struct admin_call *call)
{
	return with_body(call, resource_policy);
}

int admin_kbs_attestation_policy(struct admin_call *call)
{
	return with_body(call, attestation_policy);
}
