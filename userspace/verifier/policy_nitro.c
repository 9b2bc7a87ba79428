// SPDX-License-Identifier: MIT
/*
 * The member "nitro" of a policy: doc/formats.md section 7.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "digest.h"
#include "fault.h"
#include "policy_read.h"
#include "rule.h"

static const char *const members[] = { "pcrs", "module_id", NULL };

static int read_pcrs(struct doc_in *in, json_t *object, struct policy_nitro *out)
{
	json_t *pcrs = json_object_get(object, "pcrs"), *value;
	const char *key;

	if (!pcrs)
		return WV_OK;
	if (!json_is_object(pcrs) || !json_object_size(pcrs))
		return doc_fault(in, "pcrs", "an object of registers is expected");
	json_object_foreach(pcrs, key, value) {
		int n = policy_register(key, WV_NITRO_PCRS), rc;

		if (n < 0)
			return doc_fault(in, key, "a register from \"0\" to \"%d\" is expected",
					 WV_NITRO_PCRS - 1);
		rc = policy_read_set(in, pcrs, key, WV_NITRO_PCR_LEN, policy_hex_element,
				     "96 hexadecimal digits", &out->pcr[n]);
		if (rc)
			return rc;
		out->pinned |= 1u << n;
	}
	return WV_OK;
}

static bool module_element(json_t *v, uint8_t *out, size_t width)
{
	struct wv_bytes text = { NULL, 0 };

	(void)width;
	if (json_is_string(v))
		text = PIECE(json_string_value(v), json_string_length(v));
	return text.len && digest_sha256(out, &text, 1);
}

int policy_read_nitro(struct doc_in *in, struct policy_nitro *out)
{
	json_t *object;
	int rc = doc_object(in, in->root, "nitro", members, &object);

	if (rc || !object)
		return rc;
	out->given = 1;
	return read_pcrs(in, object, out) ?:
	       policy_read_set(in, object, "module_id", 32, module_element, "a module's id",
			       &out->module_id);
}

void policy_nitro_clear(struct policy_nitro *n)
{
	size_t i;

	free(n->module_id.values);
	for (i = 0; i < WV_NITRO_PCRS; i++)
		free(n->pcr[i].values);
}

bool policy_nitro_tells(const struct policy_nitro *n)
{
	return n->pinned & 1u || (n->pinned & 6u) == 6u;
}

static int check_debug(const struct wv_policy *p, const struct wv_nitro *n, struct rules *rules)
{
	struct wv_rule says = { .name = "allow_debug", .held = !n->debug || p->allow_debug,
				.reason = WV_DEBUG_ALLOWED, .field = "payload.pcrs", .offset = -1,
				.expected = p->allow_debug ? "any" : "no debug",
				.found = n->debug ? "debug" : "no debug" };

	return rule(rules, &says, "registers 0 to 2 are all zero: the enclave runs in debug mode");
}

static int check_register(const struct policy_nitro *p, const struct wv_nitro *n, unsigned int i,
			  struct rules *rules)
{
	char field[32], name[32];
	struct wv_rule says = { .name = name, .held = (n->pcr_there & 1u << i) != 0,
				.reason = WV_PCR_MISSING, .field = field, .offset = -1,
				.expected = "a register of the document",
				.found = "left out of the document" };

	snprintf(field, sizeof(field), "payload.pcrs.%u", i);
	snprintf(name, sizeof(name), "nitro.pcrs.%u", i);
	if (!says.held)
		return rule(rules, &says,
			    "the policy pins register %u, which the document leaves out", i);
	return rule_set(rules, name, &p->pcr[i], n->pcr[i], WV_PCR_MISMATCH, field, -1);
}

static int check_module(const struct policy_nitro *p, const struct wv_nitro *n,
			struct rules *rules)
{
	struct wv_bytes id = PIECE(n->module_id, strlen(n->module_id));
	struct wv_rule says = { .name = "nitro.module_id", .reason = WV_IDENTITY_REFUSED,
				.field = "payload.module_id", .offset = -1,
				.expected = "one of the policy's list", .found = n->module_id };
	uint8_t digest[32];

	if (!p->module_id.count)
		return WV_OK;
	if (!digest_sha256(digest, &id, 1))
		return fault_set(rules->fault, WV_NO_MEMORY, says.field, -1, "no memory");
	says.held = policy_has(&p->module_id, digest);
	if (says.held)
		rule_match(rules, says.name, &p->module_id, digest);
	return rule(rules, &says, "'%s' is not in the policy's list", n->module_id);
}

int policy_nitro(const struct wv_policy *p, const struct wv_nitro *n, struct rules *rules)
{
	unsigned int i;
	int rc = check_debug(p, n, rules) ?: check_module(&p->nitro, n, rules);

	for (i = 0; !rc && i < WV_NITRO_PCRS; i++)
		if (p->nitro.pinned & 1u << i)
			rc = check_register(&p->nitro, n, i, rules);
	return rc;
}
