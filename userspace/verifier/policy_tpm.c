// SPDX-License-Identifier: MIT
/*
 * The member "tpm" of a policy: doc/policy.md.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "fault.h"
#include "hex.h"
#include "policy_read.h"
#include "rule.h"
#include "tpm.h"

static const char *const members[] = { "required", "pcrs", "ak", "accept_unpinned_ak", NULL };

/* SHA-1 is no bank to pin: whoever made one boot may have made another like it. */
static const struct bank {
	const char *name;
	uint16_t alg;
	size_t width;
	const char *what;
} banks[] = {
	{ "sha256", WV_ALG_SHA256, 32, "64 hexadecimal digits" },
	{ "sha384", WV_ALG_SHA384, 48, "96 hexadecimal digits" },
	{ "sha512", WV_ALG_SHA512, 64, "128 hexadecimal digits" },
};
#define BANKS (sizeof(banks) / sizeof(banks[0]))
static const char *const bank_names[] = { "sha256", "sha384", "sha512", NULL };

/* SHA-256 of the public key, or its name: the same after the number of the hash. */
static bool ak_element(json_t *v, uint8_t *out, size_t width)
{
	const char *text = json_is_string(v) ? json_string_value(v) : "";

	if (!strncasecmp(text, "000b", 4) && strlen(text) == 4 + 2 * width)
		text += 4;
	return hex_decode(text, out, width);
}

int policy_register(const char *text, int count)
{
	char again[8];
	int n = 0;
	size_t i;

	for (i = 0; i < 2 && text[i] >= '0' && text[i] <= '9'; i++)
		n = n * 10 + (text[i] - '0');
	snprintf(again, sizeof(again), "%d", n);
	return i && n < count && !strcmp(again, text) ? n : -1;
}

static int read_registers(struct doc_in *in, json_t *object, const struct bank *bank,
			  struct policy_tpm *out)
{
	const char *key;
	json_t *value;

	if (!json_is_object(object) || !json_object_size(object))
		return doc_fault(in, bank->name, "an object of registers is expected");
	in->object = object;
	json_object_foreach(object, key, value) {
		int n = policy_register(key, WV_TPM_PCRS), rc;

		if (n < 0)
			return doc_fault(in, key, "a register from \"0\" to \"%d\" is expected",
					 WV_TPM_PCRS - 1);
		rc = policy_read_set(in, object, key, bank->width, policy_hex_element, bank->what,
				     &out->pcr[n]);
		if (rc)
			return rc;
		out->pinned |= 1u << n;
	}
	out->bank = bank->alg;
	return WV_OK;
}

int policy_read_registers(struct doc_in *in, json_t *object, struct policy_tpm *out)
{
	json_t *pcrs = json_object_get(object, "pcrs"), *value;
	size_t i;
	int rc;

	if (!pcrs)
		return WV_OK;
	rc = json_is_object(pcrs) ? doc_known(in, pcrs, bank_names) : WV_OK;
	if (rc)
		return rc;
	for (i = 0; json_is_object(pcrs) && json_object_size(pcrs) == 1 && i < BANKS; i++) {
		value = json_object_get(pcrs, banks[i].name);
		if (value)
			return read_registers(in, value, &banks[i], out);
	}
	return doc_fault(in, "pcrs", "an object with one bank is expected: sha256, sha384 or sha512");
}

int policy_read_tpm(struct doc_in *in, struct policy_tpm *out)
{
	json_t *object;
	int rc = doc_object(in, in->root, "tpm", members, &object);

	if (rc || !object)
		return rc;
	out->given = 1;
	out->required = 1;
	return doc_flag(in, object, "required", &out->required) ?:
	       doc_flag(in, object, "accept_unpinned_ak", &out->accept_unpinned) ?:
	       policy_read_set(in, object, "ak", 32, ak_element, "64 hexadecimal digits, or 000b and 64",
			       &out->ak) ?:
	       policy_read_registers(in, object, out);
}

void policy_tpm_clear(struct policy_tpm *t)
{
	size_t i;

	free(t->ak.values);
	for (i = 0; i < WV_TPM_PCRS; i++)
		free(t->pcr[i].values);
}

bool policy_registers_tell(const struct policy_tpm *t)
{
	return t->pinned & (1u << 4 | 1u << 7);
}

bool policy_ak_pinned(const struct wv_policy *p, const uint8_t ak_sha256[32])
{
	return p && p->tpm.ak.count && policy_has(&p->tpm.ak, ak_sha256);
}

static int check_register(const struct policy_tpm *p, const struct wv_tpm *t, unsigned int n,
			  const char *member, struct rules *rules)
{
	char field[32], name[32];
	struct wv_rule says = { .name = name, .held = (t->selected & 1u << n) != 0,
				.reason = WV_PCR_MISSING, .field = field, .offset = -1,
				.expected = "a register that was quoted",
				.found = "left out of the quote" };

	snprintf(field, sizeof(field), "pcrs.%u", n);
	snprintf(name, sizeof(name), "%s.%u", member, n);
	if (!says.held)
		return rule(rules, &says,
			    "the policy pins register %u, which the quote leaves out", n);
	return rule_set(rules, name, &p->pcr[n], t->pcr[n], WV_PCR_MISMATCH, field, -1);
}

static int check_bank(const struct policy_tpm *p, const struct wv_tpm *t, const char *member,
		      struct rules *rules)
{
	char expected[24], found[24];
	struct wv_rule says = { .name = member, .held = t->bank == p->bank,
				.reason = WV_PCR_BANK_REFUSED, .field = "quote", .offset = -1,
				.expected = expected, .found = found };

	snprintf(expected, sizeof(expected), "bank %s", wv_alg_text(p->bank));
	snprintf(found, sizeof(found), "bank %s", wv_alg_text(t->bank) ?: "?");
	return rule(rules, &says, "registers of bank 0x%04x, the policy pins those of 0x%04x",
		    t->bank, p->bank);
}

int policy_registers(const struct policy_tpm *p, const struct wv_tpm *t, const char *member,
		     struct rules *rules)
{
	unsigned int n;
	int rc;

	if (!p->pinned)
		return WV_OK;
	rc = check_bank(p, t, member, rules);
	/* While somebody looks on, values of another bank are not compared. */
	for (n = 0; !rc && n < WV_TPM_PCRS && t->bank == p->bank; n++)
		if (p->pinned & 1u << n)
			rc = check_register(p, t, n, member, rules);
	return rc;
}

int policy_tpm(const struct wv_policy *p, const struct wv_tpm *t, struct rules *rules)
{
	return policy_registers(&p->tpm, t, "tpm.pcrs", rules);
}
