// SPDX-License-Identifier: MIT
/*
 * Claims of Microsoft Azure Attestation ("x-ms-...": SEV-SNP and TDX guests of Azure) and of
 * Intel Trust Authority (TDX, alone or in a composite token).
 */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "fault.h"
#include "hex.h"
#include "token.h"

static const char *text_of(const json_t *o, const char *name)
{
	return json_string_value(json_object_get(o, name));
}

static bool says(const json_t *o, const char *name, const char *want)
{
	const char *have = text_of(o, name);

	return have && !strcasecmp(have, want);
}

int token_hex(const json_t *o, const char *name, uint8_t *out, size_t len,
	      struct wv_fault *fault)
{
	const json_t *v = json_object_get(o, name);

	if (!v)
		return fault_set(fault, WV_JWT_CLAIM_MISSING, name, -1, "the token lacks it");
	if (json_is_string(v) && hex_decode(json_string_value(v), out, len))
		return WV_OK;
	return fault_set(fault, WV_JWT_DAMAGED, name, -1, "%zu hexadecimal digits are expected",
			 2 * len);
}

/* Adds to *out; absent = left as it is, unless it is needed. */
static int read_debug(const json_t *o, const char *name, bool needed, int *out,
		      struct wv_fault *fault)
{
	const json_t *v = json_object_get(o, name);

	if (!v && needed)
		return fault_set(fault, WV_JWT_CLAIM_MISSING, name, -1,
				 "whether the guest can be looked into is not said");
	if (v && !json_is_boolean(v))
		return fault_set(fault, WV_JWT_DAMAGED, name, -1, "true or false is expected");
	*out |= json_is_true(v);
	return WV_OK;
}

static int read_snp(const json_t *tee, struct wv_token *t)
{
	t->has_measurement = 1;
	return read_debug(tee, "x-ms-sevsnpvm-is-debuggable", true, &t->debug, &t->fault) ?:
	       token_hex(tee, "x-ms-sevsnpvm-launchmeasurement", t->measurement,
			 sizeof(t->measurement), &t->fault);
}

/* The lowest byte of a TD's attributes: whatever lets somebody look into it. */
static int read_td_debug(const json_t *tee, struct wv_token *t)
{
	uint8_t attributes[8];
	bool has = json_object_get(tee, "tdx_td_attributes");
	int rc;

	if (has) {
		rc = token_hex(tee, "tdx_td_attributes", attributes, sizeof(attributes), &t->fault);
		if (rc)
			return rc;
		t->debug |= (attributes[0] & WV_TDX_DEBUG) != 0;
	}
	if (says(tee, "dbgstat", "enabled"))
		t->debug = 1;
	return read_debug(tee, "tdx_is_debuggable", false, &t->debug, &t->fault) ?:
	       read_debug(tee, "tdx_td_attributes_debug", !has, &t->debug, &t->fault);
}

static int read_td(const json_t *tee, struct wv_token *t, struct token_claims *c)
{
	char name[16];
	int rc = read_td_debug(tee, t) ?:
		 token_hex(tee, "tdx_mrtd", t->measurement, sizeof(t->measurement), &t->fault);

	if (rc)
		return rc;
	t->has_measurement = 1;
	for (int i = 0; i < 4; i++) {
		snprintf(name, sizeof(name), "tdx_rtmr%d", i);
		if (!json_object_get(tee, name))
			return WV_OK;
		rc = token_hex(tee, name, t->rtmr[i], sizeof(t->rtmr[i]), &t->fault);
		if (rc)
			return rc;
	}
	t->has_rtmr = 1;
	c->tcb_status = text_of(tee, "attester_tcb_status");
	return WV_OK;
}

static int unsupported(struct wv_token *t, const char *field, const char *what)
{
	return fault_set(&t->fault, WV_JWT_UNSUPPORTED, field, -1,
			 "'%.60s' is no guest of a TEE that is known here", what ? what : "");
}

/* Set where a guest meets Azure's own rules for confidential machines. */
static int check_azure_compliance(const json_t *tee, struct wv_token *t)
{
	const char *status = text_of(tee, "x-ms-compliance-status");

	snprintf(t->status, sizeof(t->status), "%s", status ? status : "");
	if (status && (!strcmp(status, "azure-compliant-cvm") || !strcmp(status, "azure-compliant-uvm")))
		return WV_OK;
	return fault_set(&t->fault, WV_JWT_NOT_COMPLIANT, "x-ms-compliance-status", -1,
			 "'%.60s' is not azure-compliant-cvm", status ? status : "");
}

/* Of the machine around the TEE: its boot loader, kernel and hypervisor. */
static int read_azure_debug(const json_t *root, struct wv_token *t)
{
	static const char names[][37] = {
		"x-ms-azurevm-bootdebug-enabled", "x-ms-azurevm-kerneldebug-enabled",
		"x-ms-azurevm-hypervisordebug-enabled",
	};
	int rc = WV_OK;

	for (size_t i = 0; !rc && i < sizeof(names) / sizeof(names[0]); i++)
		rc = read_debug(root, names[i], false, &t->debug, &t->fault);
	return rc;
}

static int read_maa(const json_t *root, struct wv_token *t, struct token_claims *c)
{
	const char *type = text_of(root, "x-ms-attestation-type");
	int rc;

	t->service = WV_TOKEN_MAA;
	c->tee = root;
	if (type && !strcmp(type, "azurevm")) {
		t->unchecked |= WV_TOKEN_NO_GUEST;
		c->tee = json_object_get(root, "x-ms-isolation-tee");
		type = text_of(c->tee, "x-ms-attestation-type");
	}
	if (type && !strcmp(type, "sevsnpvm"))
		c->bit = POLICY_TEE_AZURE_SNP;
	else if (type && !strcmp(type, "tdxvm"))
		c->bit = POLICY_TEE_AZURE_TDX;
	else
		return unsupported(t, "x-ms-attestation-type", type);
	snprintf(t->tee, sizeof(t->tee), "%s",
		 c->bit == POLICY_TEE_AZURE_SNP ? "azure-snp" : "azure-tdx");
	rc = check_azure_compliance(c->tee, t) ?: read_azure_debug(root, t);
	if (rc)
		return rc;
	return c->bit == POLICY_TEE_AZURE_SNP ? read_snp(c->tee, t) : read_td(c->tee, t, c);
}

/* Policies at the service that the evidence failed, where the caller let them fail. */
static int check_policies(const json_t *o, struct wv_token *t)
{
	const json_t *failed = json_object_get(o, "policy_ids_unmatched");

	if (!json_array_size(failed))
		return WV_OK;
	return fault_set(&t->fault, WV_JWT_NOT_COMPLIANT, "policy_ids_unmatched", -1,
			 "%zu policies of the service were not met", json_array_size(failed));
}

static int read_ita(const json_t *root, struct wv_token *t, struct token_claims *c)
{
	const json_t *inner = json_object_get(root, "tdx");
	const char *type;
	int rc;

	t->service = WV_TOKEN_ITA;
	c->tee = json_is_object(inner) ? inner : root;
	type = text_of(c->tee, "attester_type");
	if (!type || strcasecmp(type, "TDX"))
		return unsupported(t, "attester_type", type);
	c->bit = POLICY_TEE_TDX;
	snprintf(t->tee, sizeof(t->tee), "tdx");
	rc = check_policies(root, t) ?: (c->tee == root ? 0 : check_policies(c->tee, t)) ?:
	     read_td(c->tee, t, c);
	if (rc)
		return rc;
	c->tcb_status = text_of(c->tee, "attester_tcb_status");
	snprintf(t->status, sizeof(t->status), "%s", c->tcb_status ? c->tcb_status : "");
	if (c->tcb_status)
		return WV_OK;
	return fault_set(&t->fault, WV_JWT_CLAIM_MISSING, "attester_tcb_status", -1,
			 "the token lacks it");
}

int token_claims_read(const json_t *root, struct wv_token *t, struct token_claims *out)
{
	memset(out, 0, sizeof(*out));
	out->root = root;
	if (json_object_get(root, "x-ms-attestation-type"))
		return read_maa(root, t, out);
	if (json_object_get(root, "attester_type") ||
	    text_of(json_object_get(root, "tdx"), "attester_type"))
		return read_ita(root, t, out);
	return fault_set(&t->fault, WV_JWT_UNSUPPORTED, "payload", -1,
			 "it is of neither Azure Attestation nor Intel Trust Authority");
}
