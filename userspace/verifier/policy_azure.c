// SPDX-License-Identifier: MIT
/*
 * The member "azure" of a policy: doc/policy.md.
 */
#include <stdlib.h>
#include <string.h>

#include "b64.h"
#include "hex.h"
#include "policy_read.h"
#include "rule.h"

static const char *const members[] = {
	"pcrs", "vm_id", "root_cert_thumbprint", "secure_boot", "tpm_enabled", "tpm_persisted",
	"console_enabled", NULL,
};

/* 8-4-4-4-12 digits of either case; the bytes in the order of the text. */
static bool id_of(const char *text, uint8_t out[16])
{
	char digits[33];
	size_t n = 0;

	if (strlen(text) != 36)
		return false;
	for (size_t i = 0; i < 36; i++) {
		bool dash = i == 8 || i == 13 || i == 18 || i == 23;

		if (dash != (text[i] == '-'))
			return false;
		if (!dash)
			digits[n++] = text[i];
	}
	digits[n] = '\0';
	return hex_decode(digits, out, 16);
}

static bool id_element(json_t *v, uint8_t *out, size_t width)
{
	(void)width;
	return json_is_string(v) && id_of(json_string_value(v), out);
}

static bool thumbprint_of(const char *text, uint8_t out[32])
{
	uint8_t value[B64_DATA_LEN(43)];
	size_t len;

	if (strlen(text) != 43 || !b64url_decode(text, 43, value, &len))
		return false;
	memcpy(out, value, 32);
	return len == 32;
}

static bool thumbprint_element(json_t *v, uint8_t *out, size_t width)
{
	(void)width;
	return json_is_string(v) && thumbprint_of(json_string_value(v), out);
}

static int read_said(struct doc_in *in, json_t *object, const char *key, int *out)
{
	int yes = 0, rc = doc_flag(in, object, key, &yes);

	if (!rc && json_object_get(object, key))
		*out = yes ? WV_SAID_YES : WV_SAID_NO;
	return rc;
}

int policy_read_azure(struct doc_in *in, struct policy_azure *out)
{
	json_t *object;
	int rc = doc_object(in, in->root, "azure", members, &object);

	if (rc || !object)
		return rc;
	return policy_read_registers(in, object, &out->registers) ?:
	       policy_read_set(in, object, "vm_id", 16, id_element,
			       "an id as Azure writes it (8-4-4-4-12 digits)", &out->vm_id) ?:
	       policy_read_set(in, object, "root_cert_thumbprint", 32, thumbprint_element,
			       "43 characters of base64url", &out->root_thumbprint) ?:
	       read_said(in, object, "secure_boot", &out->secure_boot) ?:
	       read_said(in, object, "tpm_enabled", &out->tpm_enabled) ?:
	       read_said(in, object, "tpm_persisted", &out->tpm_persisted) ?:
	       read_said(in, object, "console_enabled", &out->console_enabled);
}

void policy_azure_clear(struct policy_azure *a)
{
	policy_tpm_clear(&a->registers);
	free(a->vm_id.values);
	free(a->root_thumbprint.values);
}

/* What is not said, or said in another form, is no value of a list. */
static int check_text(const struct policy_set *set, const char *said,
		      bool (*decode)(const char *text, uint8_t *out), const char *name, int reason,
		      const char *field, struct rules *rules)
{
	uint8_t value[32];
	struct wv_rule says = { .name = name, .reason = reason, .field = field, .offset = -1,
				.expected = "one that the policy names",
				.found = *said ? said : "nothing" };

	if (!set->count)
		return WV_OK;
	says.held = decode(said, value) && policy_has(set, value);
	return rule(rules, &says, "the VM says %s%s%s, which is not in the policy's list",
		    *said ? "'" : "", says.found, *said ? "'" : "");
}

static int check_said(int want, int said, const char *name, const char *field,
		      struct rules *rules)
{
	static const char words[][8] = { "nothing", "no", "yes" };
	struct wv_rule says = { .name = name, .held = want == said, .reason = WV_VM_CONFIG_REFUSED,
				.field = field, .offset = -1, .expected = words[want],
				.found = words[said] };

	if (want == WV_UNSAID)
		return WV_OK;
	return rule(rules, &says, "the VM says %s, the policy asks for %s", words[said],
		    words[want]);
}

#define VM(member) "hcl.vm-configuration." member

int policy_azure(const struct policy_azure *p, const struct wv_azure *said, struct rules *rules)
{
	return check_text(&p->vm_id, said->vm_id, id_of, "azure.vm_id", WV_VM_REFUSED,
			  VM("vmUniqueId"), rules) ?:
	       check_text(&p->root_thumbprint, said->root_thumbprint, thumbprint_of,
			  "azure.root_cert_thumbprint", WV_VM_CONFIG_REFUSED,
			  VM("root-cert-thumbprint"), rules) ?:
	       check_said(p->secure_boot, said->secure_boot, "azure.secure_boot",
			  VM("secure-boot"), rules) ?:
	       check_said(p->tpm_enabled, said->tpm_enabled, "azure.tpm_enabled",
			  VM("tpm-enabled"), rules) ?:
	       check_said(p->tpm_persisted, said->tpm_persisted, "azure.tpm_persisted",
			  VM("tpm-persisted"), rules) ?:
	       check_said(p->console_enabled, said->console_enabled, "azure.console_enabled",
			  VM("console-enabled"), rules) ?:
	       policy_registers(&p->registers, &said->quote, "azure.pcrs", rules);
}
