// SPDX-License-Identifier: MIT
/*
 * A report against a verified VEK.
 */
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <string.h>

#include "bytes.h"
#include "ecdsa.h"
#include "fault.h"
#include "snp.h"
#include "vek.h"
#include "vek_key.h"

bool vek_key_usable(EVP_PKEY *key)
{
	char group[32] = "";

	return EVP_PKEY_is_a(key, "EC") &&
	       EVP_PKEY_get_utf8_string_param(key, OSSL_PKEY_PARAM_GROUP_NAME, group,
					      sizeof(group), NULL) &&
	       !strcmp(group, "secp384r1");
}

/* r and s stand little-endian in a report. */
static bool signature_holds(const struct wv_vek *vek, const uint8_t *report)
{
	const uint8_t *p = report + SNP_SIGNATURE;

	return ecdsa_signed(vek->key, EVP_sha384(), BN_lebin2bn(p, SNP_COMPONENT_LEN, NULL),
			    BN_lebin2bn(p + SNP_COMPONENT_LEN, SNP_COMPONENT_LEN, NULL),
			    (struct wv_bytes){ report, SNP_SIGNED_LEN });
}

/* A VLEK names no chip; a host may mask the chip id, which then is zero. */
static bool chip_matches(const struct wv_vek_info *vek, const struct wv_snp_report *r)
{
	if (!vek->has_chip_id || all_zero(r->chip_id, sizeof(r->chip_id)))
		return true;
	return !memcmp(r->chip_id, vek->chip_id, vek->chip_id_len) &&
	       all_zero(r->chip_id + vek->chip_id_len, sizeof(r->chip_id) - vek->chip_id_len);
}

static int check_kind(const struct wv_vek_info *vek, const struct wv_snp_report *r,
		      struct wv_fault *fault)
{
	static const char names[][5] = { "VCEK", "VLEK" };

	if (r->signing_key == (uint32_t)vek->kind)
		return WV_OK;
	return fault_set(fault, WV_KEY_KIND_MISMATCH, "report.key_info", 0x48,
			 "the report names signing key %u, the certificate is for a %s (%d)",
			 r->signing_key, names[vek->kind], vek->kind);
}

/* Version 2 does not say its product: the certificate does. */
static int check_product(const struct wv_vek_info *vek, struct wv_snp_report *r,
			 struct wv_fault *fault)
{
	if (r->version < 3) {
		snp_set_product(r, vek->product);
		return WV_OK;
	}
	if (r->product == vek->product)
		return WV_OK;
	return fault_set(fault, WV_PRODUCT_MISMATCH, "report.cpuid", 0x188,
			 "CPUID family 0x%02x model 0x%02x is %s, the certificate is for %s",
			 r->cpuid_family, r->cpuid_model, wv_product_text(r->product),
			 wv_product_text(vek->product));
}

static int check_tcb(const struct wv_vek_info *vek, const struct wv_snp_report *r,
		     struct wv_fault *fault)
{
	const struct wv_tcb *a = &r->reported_tcb, *b = &vek->tcb;

	if (a->fmc == b->fmc && a->bootloader == b->bootloader && a->tee == b->tee &&
	    a->snp == b->snp && a->microcode == b->microcode)
		return WV_OK;
	return fault_set(fault, WV_TCB_MISMATCH, "report.reported_tcb", 0x180,
			 "report fmc %u bootloader %u tee %u snp %u microcode %u, "
			 "certificate %u %u %u %u %u",
			 a->fmc, a->bootloader, a->tee, a->snp, a->microcode, b->fmc,
			 b->bootloader, b->tee, b->snp, b->microcode);
}

/* The signature comes first: nothing else in an unsigned report means anything. */
static int check(const struct wv_vek *vek, struct wv_bytes report, struct wv_snp_report *r,
		 struct wv_fault *fault)
{
	int rc = wv_snp_parse(report, r, fault);

	if (rc)
		return rc;
	if (!signature_holds(vek, report.data))
		return fault_set(fault, WV_SIGNATURE_INVALID, "report.signature", SNP_SIGNATURE,
				 "the key of '%s' did not sign this report%s",
				 vek->info.subject[0],
				 chip_matches(&vek->info, r) ?
					 "" : "; the certificate is for another chip");
	rc = check_kind(&vek->info, r, fault);
	if (!rc)
		rc = check_product(&vek->info, r, fault);
	if (!rc && !chip_matches(&vek->info, r))
		rc = fault_set(fault, WV_CHIP_MISMATCH, "report.chip_id", 0x1a0,
			       "the certificate is for another chip");
	return rc ?: check_tcb(&vek->info, r, fault);
}

int wv_vek_check(const struct wv_vek *vek, struct wv_bytes report, struct wv_snp_report *out,
		 struct wv_fault *fault)
{
	struct wv_snp_report scratch;
	int rc;

	fault_clear(fault);
	ERR_set_mark();
	rc = check(vek, report, out ? out : &scratch, fault);
	ERR_pop_to_mark();
	return rc;
}
