// SPDX-License-Identifier: MIT
/*
 * A TPM's quote as JSON; its numbers by the names that tpm2-tools gives them.
 */
#include <stdio.h>

#include "json_write.h"
#include "tpm.h"

static const char *alg_text(uint16_t alg)
{
	switch (alg) {
	case TPM_RSA:
		return "rsa";
	case TPM_ECC:
		return "ecc";
	case TPM_RSASSA:
		return "rsassa";
	case TPM_RSAPSS:
		return "rsapss";
	case TPM_ECDSA:
		return "ecdsa";
	}
	return wv_alg_text(alg) ?: "unknown";
}

static json_t *key_json(const struct wv_tpm *t)
{
	static const char trust[][10] = { "unknown", "pinned", "certified", "reported" };
	struct json_out o = out_start();

	out_put_hex(&o, "sha256", t->ak_sha256, sizeof(t->ak_sha256));
	out_put_text(&o, "type", alg_text(t->ak_type));
	out_put_number(&o, "bits", t->ak_bits);
	out_put_text(&o, "scheme", alg_text(t->ak_scheme));
	out_put_text(&o, "hash", alg_text(t->ak_hash));
	out_put_text(&o, "trust", trust[t->ak_trust]);
	out_put_bool(&o, "shared", t->ak_shared);
	return out_take(&o);
}

static json_t *log_json(const struct wv_tpm *t)
{
	static const char states[][9] = { "absent", "cut", "unread", "replayed" };
	struct json_out o = out_start();
	json_t *explains = json_array();

	out_put_text(&o, "state", states[t->log]);
	out_put_number(&o, "events", t->log_events);
	for (unsigned int n = 0; explains && n < WV_TPM_PCRS; n++)
		if (t->log_explains & 1u << n)
			json_array_append_new(explains, json_integer(n));
	out_put(&o, "explains", explains);
	return out_take(&o);
}

/* Member names are register numbers, lowest first: a policy's tpm.pcrs has them so. */
static json_t *pcrs_json(const struct wv_tpm *t)
{
	struct json_out bank = out_start(), o = out_start();
	char name[8];

	for (unsigned int n = 0; n < WV_TPM_PCRS; n++) {
		snprintf(name, sizeof(name), "%u", n);
		if (t->selected & 1u << n)
			out_put_hex(&bank, name, t->pcr[n], t->pcr_len);
	}
	out_put(&o, alg_text(t->bank), out_take(&bank));
	return out_take(&o);
}

void put_quote(struct json_out *o, const struct wv_tpm *t)
{
	char firmware[20];

	snprintf(firmware, sizeof(firmware), "0x%016llx", (unsigned long long)t->firmware_version);
	out_put(o, "pcrs", pcrs_json(t));
	out_put_number(o, "clock_ms", t->clock_ms);
	out_put_bool(o, "clock_safe", t->clock_safe);
	out_put_number(o, "reset_count", t->reset_count);
	out_put_number(o, "restart_count", t->restart_count);
	out_put_text(o, "firmware_version", firmware);
}

json_t *tpm_json(const struct wv_tpm *t)
{
	struct json_out o = out_start();

	out_put(&o, "ak", key_json(t));
	put_quote(&o, t);
	out_put(&o, "event_log", log_json(t));
	return out_take(&o);
}
