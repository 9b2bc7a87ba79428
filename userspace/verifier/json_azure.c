// SPDX-License-Identifier: MIT
/*
 * A paravisor's report as JSON. What it does not say is left out.
 */
#include "json_write.h"
#include "tpm.h"

static void put_said(struct json_out *o, const char *key, int said)
{
	if (said != WV_UNSAID)
		out_put_bool(o, key, said == WV_SAID_YES);
}

static void put_said_text(struct json_out *o, const char *key, const char *text)
{
	if (*text)
		out_put_text(o, key, text);
}

json_t *azure_json(const struct wv_azure *a)
{
	struct json_out o = out_start();

	out_put_text(&o, "hardware", a->kind == WV_AZURE_TDX ? "tdx" : "snp");
	out_put_number(&o, "hcl_version", a->version);
	out_put_text(&o, "runtime_hash", wv_alg_text(a->hash));
	out_put_hex(&o, "runtime_sha256", a->runtime_digest, sizeof(a->runtime_digest));
	put_said_text(&o, "vm_id", a->vm_id);
	put_said_text(&o, "root_cert_thumbprint", a->root_thumbprint);
	put_said(&o, "secure_boot", a->secure_boot);
	put_said(&o, "tpm_enabled", a->tpm_enabled);
	put_said(&o, "tpm_persisted", a->tpm_persisted);
	put_said(&o, "console_enabled", a->console_enabled);
	if (a->has_user_data)
		out_put_hex(&o, "user_data", a->user_data, sizeof(a->user_data));
	if (a->has_quote)
		out_put(&o, "quote", tpm_json(&a->quote));
	return out_take(&o);
}
