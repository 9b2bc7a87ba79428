// SPDX-License-Identifier: MIT
/*
 * An SNP report as JSON; TCBs as users of snpguest know them.
 */
#include <stdio.h>

#include "json_write.h"
#include "snp.h"

static json_t *tcb_json(const struct wv_tcb *t, uint64_t raw, int product)
{
	struct json_out o = out_start();
	char text[20];

	if (product == WV_PRODUCT_TURIN)
		out_put_number(&o, "fmc", t->fmc);
	out_put_number(&o, "bootloader", t->bootloader);
	out_put_number(&o, "tee", t->tee);
	out_put_number(&o, "snp", t->snp);
	out_put_number(&o, "microcode", t->microcode);
	snprintf(text, sizeof(text), "0x%016llx", (unsigned long long)raw);
	out_put_text(&o, "raw", text);
	return out_take(&o);
}

static void put_version(struct json_out *o, const char *key, const uint8_t v[3])
{
	char text[16];

	snprintf(text, sizeof(text), "%u.%u.%u", v[2], v[1], v[0]);
	out_put_text(o, key, text);
}

static json_t *bits_json(uint64_t value, const struct snp_bit *bits)
{
	struct json_out o = out_start();

	for (; bits->name; bits++)
		out_put_bool(&o, bits->name, value >> bits->bit & 1);
	return out_take(&o);
}

/* As a policy names them: snp.guest_policy. */
static json_t *guest_policy_json(uint64_t policy)
{
	json_t *o = bits_json(policy, snp_guest_bits);
	char abi[16];

	snprintf(abi, sizeof(abi), "%u.%u", (unsigned int)(policy >> 8 & 0xff),
		 (unsigned int)(policy & 0xff));
	if (o)
		json_object_set_new(o, "min_abi", json_string(abi));
	return o;
}

static const char *key_text(uint32_t key)
{
	return key == WV_VEK_VCEK ? "vcek" : key == WV_VEK_VLEK ? "vlek" :
	       key == SNP_KEY_NONE ? "none" : "unknown";
}

static void put_head(struct json_out *o, const struct wv_snp_report *r)
{
	char policy[20];

	snprintf(policy, sizeof(policy), "0x%llx", (unsigned long long)r->policy);
	out_put_number(o, "version", r->version);
	out_put_text(o, "product", wv_product_text(r->product));
	out_put_number(o, "guest_svn", r->guest_svn);
	out_put_text(o, "policy", policy);
	out_put_bool(o, "debug", r->policy & WV_SNP_POLICY_DEBUG);
	out_put_bool(o, "smt", r->policy & WV_SNP_POLICY_SMT);
	out_put(o, "guest_policy", guest_policy_json(r->policy));
	out_put_hex(o, "family_id", r->family_id, 16);
	out_put_hex(o, "image_id", r->image_id, 16);
	out_put_number(o, "vmpl", r->vmpl);
	out_put_number(o, "signature_algo", r->signature_algo);
	out_put_number(o, "platform_info", r->platform_info);
	out_put(o, "platform", bits_json(r->platform_info, snp_platform_bits));
	out_put_text(o, "signing_key", key_text(r->signing_key));
	out_put_bool(o, "author_key_enabled", r->key_info & 1);
	out_put_bool(o, "mask_chip_key", r->key_info & 2);
}

static void put_digests(struct json_out *o, const struct wv_snp_report *r)
{
	out_put_hex(o, "report_data", r->report_data, 64);
	out_put_hex(o, "measurement", r->measurement, 48);
	out_put_hex(o, "host_data", r->host_data, 32);
	out_put_hex(o, "id_key_digest", r->id_key_digest, 48);
	out_put_hex(o, "author_key_digest", r->author_key_digest, 48);
	out_put_hex(o, "report_id", r->report_id, 32);
	out_put_hex(o, "report_id_ma", r->report_id_ma, 32);
	out_put_hex(o, "chip_id", r->chip_id, 64);
}

static void put_platform(struct json_out *o, const struct wv_snp_report *r)
{
	if (r->version >= 3) {
		out_put_number(o, "cpuid_family", r->cpuid_family);
		out_put_number(o, "cpuid_model", r->cpuid_model);
		out_put_number(o, "cpuid_stepping", r->cpuid_stepping);
	}
	out_put(o, "current_tcb", tcb_json(&r->current_tcb, r->raw_current_tcb, r->product));
	out_put(o, "reported_tcb", tcb_json(&r->reported_tcb, r->raw_reported_tcb, r->product));
	out_put(o, "committed_tcb",
		tcb_json(&r->committed_tcb, r->raw_committed_tcb, r->product));
	out_put(o, "launch_tcb", tcb_json(&r->launch_tcb, r->raw_launch_tcb, r->product));
	out_put_text(o, "tcb_used", "reported");
	put_version(o, "current_version", r->current_version);
	put_version(o, "committed_version", r->committed_version);
	if (r->version >= 5) {
		out_put_number(o, "launch_mit_vector", r->launch_mit_vector);
		out_put_number(o, "current_mit_vector", r->current_mit_vector);
	}
}

json_t *report_json(const struct wv_snp_report *r)
{
	struct json_out o = out_start();

	put_head(&o, r);
	put_digests(&o, r);
	put_platform(&o, r);
	return out_take(&o);
}
