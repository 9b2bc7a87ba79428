// SPDX-License-Identifier: MIT
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <stdlib.h>
#include <string.h>

#include "quote_make.h"

const struct intel_recipe quote_simulated = {
	.root_cn = "ward SIMULATED test Root CA",
	.ca_cn = "ward SIMULATED test Platform CA",
	.pck_cn = "ward SIMULATED test PCK",
	.tcb_cn = "ward SIMULATED test TCB Signing",
	.org = "ward SIMULATED, protects nothing",
	.fmspc = { 0x90, 0xc0, 0x6f },
	.components = { 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5 },
	.pcesvn = 13,
	.from = INTEL_NOW - 400 * INTEL_DAY,
	.to = INTEL_NOW + 3650LL * INTEL_DAY,
};

static const uint8_t intel[16] = { 0x93, 0x9a, 0x72, 0x33, 0xf7, 0x9c, 0x4c, 0xa9,
				   0x94, 0x0a, 0x0d, 0xb3, 0x95, 0x7f, 0x06, 0x07 };

static void plan_td(struct quote_plan *plan)
{
	static const uint8_t attributes[8] = { 0, 0, 0, 0x10 }, xfam[8] = { 0xe7, 0x02, 0x06 };
	static const uint8_t svn[16] = { 5, 1, 2 };
	int i;

	memcpy(plan->bytes + TD_TCB_SVN, svn, sizeof(svn));
	memset(plan->bytes + TD_MRSEAM, 0x5e, 48);
	memcpy(plan->bytes + TD_ATTRIBUTES, attributes, 8);
	memcpy(plan->bytes + TD_XFAM, xfam, 8);
	memset(plan->bytes + TD_MRTD, 0x3d, 48);
	for (i = 0; i < 4; i++)
		memset(plan->bytes + TD_RTMR0 + 48 * i, 0xa0 + i, 48);
	memset(plan->bytes + TD_REPORT_DATA, 0x11, 64);
	memcpy(plan->bytes + TD_TCB_SVN2, svn, sizeof(svn));
}

static void plan_enclave(uint8_t *report)
{
	static const uint8_t attributes[16] = { 5, 0, 0, 0, 0, 0, 0, 0, 0xe7 };

	memset(report, 0x0c, 16);
	memcpy(report + SGX_ATTRIBUTES, attributes, 16);
	memset(report + SGX_MRENCLAVE, 0xec, 32);
	memset(report + SGX_MRSIGNER, 0x51, 32);
	report[SGX_PRODID] = 1;
	report[SGX_SVN] = 6;
	memset(report + SGX_REPORT_DATA, 0x11, 64);
}

void quote_plan_new(struct quote_plan *plan, const struct intel_pki *pki, int version, int body)
{
	memset(plan, 0, sizeof(*plan));
	plan->pki = pki;
	plan->pck = pki->pck_key;
	plan->attestation = EVP_EC_gen("P-256");
	plan->version = version;
	plan->body = body;
	plan->certs_type = 5;
	plan->header[2] = 2;
	memcpy(plan->header + 12, intel, sizeof(intel));
	plan->auth_len = sizeof(plan->auth);
	memset(plan->auth, 0xa5, sizeof(plan->auth));
	plan_enclave(plan->qe);
	if (version == 3)
		plan_enclave(plan->bytes);
	else
		plan_td(plan);
}

void quote_plan_free(struct quote_plan *plan)
{
	EVP_PKEY_free(plan->attestation);
}

size_t quote_body_len(const struct quote_plan *plan)
{
	if (plan->version == 3)
		return 384;
	return plan->version == 5 && plan->body == 3 ? 648 : 584;
}

size_t quote_body_at(const struct quote_plan *plan)
{
	return plan->version == 5 ? 54 : 48;
}

/* x || y, big endian. */
static void point_of(EVP_PKEY *key, uint8_t xy[64])
{
	uint8_t point[65];
	size_t len;

	assert_int_equal(EVP_PKEY_get_octet_string_param(key, OSSL_PKEY_PARAM_PUB_KEY, point,
							 sizeof(point), &len), 1);
	assert_int_equal(len, sizeof(point));
	memcpy(xy, point + 1, 64);
}

static void put(struct wv_bytes *out, const void *data, size_t len)
{
	assert_true(out->len + len <= QUOTE_MADE_MAX);
	memcpy((uint8_t *)out->data + out->len, data, len);
	out->len += len;
}

static void put_le(struct wv_bytes *out, uint64_t v, size_t len)
{
	while (len--) {
		uint8_t b = (uint8_t)v;

		put(out, &b, 1);
		v >>= 8;
	}
}

static void put_signed_part(struct wv_bytes *out, const struct quote_plan *plan)
{
	uint8_t header[48];

	memcpy(header, plan->header, sizeof(header));
	header[0] = (uint8_t)plan->version;
	header[4] = plan->version == 3 ? 0 : 0x81;
	put(out, header, sizeof(header));
	if (plan->version == 5) {
		put_le(out, (uint64_t)plan->body, 2);
		put_le(out, quote_body_len(plan), 4);
	}
	put(out, plan->bytes, quote_body_len(plan));
}

static void put_qe(struct wv_bytes *out, const struct quote_plan *plan, const uint8_t xy[64])
{
	uint8_t report[384], bound[96], rs[64];

	memcpy(bound, xy, 64);
	memcpy(bound + 64, plan->auth, plan->auth_len);
	memcpy(report, plan->qe, sizeof(report));
	memset(report + SGX_REPORT_DATA, 0, 64);
	assert_true(EVP_Digest(bound, 64 + plan->auth_len, report + SGX_REPORT_DATA, NULL,
			       EVP_sha256(), NULL));
	report[SGX_REPORT_DATA] ^= plan->bad_hash;
	intel_sign(plan->pck, report, sizeof(report), rs);
	put(out, report, sizeof(report));
	put(out, rs, sizeof(rs));
	put_le(out, plan->auth_len, 2);
	put(out, plan->auth, plan->auth_len);
}

struct wv_bytes quote_make(const struct quote_plan *plan)
{
	struct wv_bytes out = { calloc(1, QUOTE_MADE_MAX), 0 };
	struct wv_bytes certs = plan->certs;
	uint8_t rs[64], xy[64];
	size_t inner;

	if (!certs.data)
		certs = intel_chain(plan->pki);
	inner = 384 + 64 + 2 + plan->auth_len + 6 + certs.len;
	put_signed_part(&out, plan);
	intel_sign(plan->attestation, out.data, out.len, rs);
	point_of(plan->attestation, xy);
	xy[63] ^= plan->off_curve;
	put_le(&out, 64 + 64 + (plan->version > 3 ? 6 : 0) + inner, 4);
	put(&out, rs, sizeof(rs));
	put(&out, xy, sizeof(xy));
	if (plan->version > 3) {
		put_le(&out, 6, 2);
		put_le(&out, inner, 4);
	}
	put_qe(&out, plan, xy);
	put_le(&out, plan->certs_type, 2);
	put_le(&out, certs.len, 4);
	put(&out, certs.data, certs.len);
	if (!plan->certs.data)
		ut_free(certs);
	return out;
}
