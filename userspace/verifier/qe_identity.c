// SPDX-License-Identifier: MIT
/*
 * The enclave that quoted against the identity that Intel published for it (4.1.2.9 of
 * the DCAP quote verification library).
 */
#include <string.h>

#include "fault.h"
#include "tcb_status.h"

struct identity {
	uint8_t misc[4], misc_mask[4];
	uint8_t attributes[16], attributes_mask[16];
	uint8_t signer[32];
	uint64_t prod_id;
};

static int read_identity(struct doc_in *in, json_t *o, struct identity *id)
{
	return doc_hex(in, o, "miscselect", id->misc, sizeof(id->misc)) ?:
	       doc_hex(in, o, "miscselectMask", id->misc_mask, sizeof(id->misc_mask)) ?:
	       doc_hex(in, o, "attributes", id->attributes, sizeof(id->attributes)) ?:
	       doc_hex(in, o, "attributesMask", id->attributes_mask,
		       sizeof(id->attributes_mask)) ?:
	       doc_hex(in, o, "mrsigner", id->signer, sizeof(id->signer)) ?:
	       doc_number(in, o, "isvprodid", UINT16_MAX, 1, &id->prod_id);
}

static void put_le(uint8_t *out, uint64_t v, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		out[i] = (uint8_t)(v >> 8 * i);
}

static bool masked_equal(const uint8_t *found, const uint8_t *mask, const uint8_t *want, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if ((found[i] & mask[i]) != want[i])
			return false;
	return true;
}

/* Numbers stand in an identity as the bytes lie in a report: lowest first. */
static int compare(const struct identity *id, const struct wv_enclave *qe, struct wv_fault *fault)
{
	uint8_t misc[4], attributes[16];

	put_le(misc, qe->misc_select, 4);
	put_le(attributes, qe->attributes, 8);
	put_le(attributes + 8, qe->xfrm, 8);
	if (memcmp(id->signer, qe->mr_signer, sizeof(id->signer)))
		return fault_set(fault, WV_QE_MISMATCH, "qe.mr_signer", -1,
				 "the quoting enclave is signed by another than its identity says");
	if (id->prod_id != qe->prod_id)
		return fault_set(fault, WV_QE_MISMATCH, "qe.prod_id", -1,
				 "product %u, the identity is that of %u", qe->prod_id,
				 (unsigned int)id->prod_id);
	if (!masked_equal(attributes, id->attributes_mask, id->attributes, sizeof(attributes)))
		return fault_set(fault, WV_QE_MISMATCH, "qe.attributes", -1,
				 "attributes 0x%016llx, masked, are not those of its identity",
				 (unsigned long long)qe->attributes);
	if (!masked_equal(misc, id->misc_mask, id->misc, sizeof(misc)))
		return fault_set(fault, WV_QE_MISMATCH, "qe.misc_select", -1,
				 "MISCSELECT 0x%08x, masked, is not that of its identity",
				 qe->misc_select);
	return WV_OK;
}

int qe_identity_evaluate(const struct store_doc *d, const struct wv_enclave *qe,
			 struct wv_tcb_status *out, struct wv_fault *fault)
{
	struct doc_in in = tcb_doc_in(d, fault);
	struct tcb_svn_match m;
	struct identity id;
	int rc = read_identity(&in, d->object, &id) ?: compare(&id, qe, fault) ?:
		 tcb_match_svn(&in, json_object_get(d->object, "tcbLevels"), qe->svn, "qe.svn", &m,
			       out);

	if (rc)
		return rc;
	out->qe = m.level;
	out->qe_date = m.date;
	out->behind_qe = m.behind;
	return WV_OK;
}

/*
 * Any enclave that its host lets use the provisioning key is certified by the PCE, and then
 * signs quotes of whatever it likes: without the identity at hand signer and product, which
 * all versions of Intel's share (https://api.trustedservices.intel.com: sgx and
 * tdx/certification/v4/qe/identity), still tell them from somebody's own.
 */
static const struct known_qe {
	uint8_t signer[32];
	uint16_t prod_id;
} known[] = {
	{ { 0x8c, 0x4f, 0x57, 0x75, 0xd7, 0x96, 0x50, 0x3e, 0x96, 0x13, 0x7f,
	    0x77, 0xc6, 0x8a, 0x82, 0x9a, 0x00, 0x56, 0xac, 0x8d, 0xed, 0x70,
	    0x14, 0x0b, 0x08, 0x1b, 0x09, 0x44, 0x90, 0xc5, 0x7b, 0xff }, 1 },	/* QE */
	{ { 0xdc, 0x9e, 0x2a, 0x7c, 0x6f, 0x94, 0x8f, 0x17, 0x47, 0x4e, 0x34,
	    0xa7, 0xfc, 0x43, 0xed, 0x03, 0x0f, 0x7c, 0x15, 0x63, 0xf1, 0xba,
	    0xbd, 0xdf, 0x63, 0x40, 0xc8, 0x2e, 0x0e, 0x54, 0xa8, 0xc5 }, 2 },	/* TD_QE */
};

int qe_known(bool tdx, const struct wv_enclave *qe, struct wv_fault *fault)
{
	const struct known_qe *want = &known[tdx];

	if (memcmp(want->signer, qe->mr_signer, sizeof(want->signer)))
		return fault_set(fault, WV_QE_MISMATCH, "qe.mr_signer", -1,
				 "the enclave that quotes is not signed by Intel");
	if (want->prod_id != qe->prod_id)
		return fault_set(fault, WV_QE_MISMATCH, "qe.prod_id", -1,
				 "product %u of Intel's, the quoting enclave is %u", qe->prod_id,
				 want->prod_id);
	if (qe->attributes & WV_SGX_DEBUG)
		return fault_set(fault, WV_QE_MISMATCH, "qe.attributes", -1,
				 "the quoting enclave can be looked into (DEBUG): its key is its host's");
	return WV_OK;
}
