// SPDX-License-Identifier: MIT
/*
 * Taking a quote apart. Numbers are little endian; Intel TDX DCAP Quoting Library
 * API, appendix A (version 4 and 5); Intel SGX ECDSA Quote Library Reference,
 * appendix A (version 3).
 */
#include <string.h>

#include "cursor.h"
#include "fault.h"
#include "quote.h"

#define KEY_P256	2	/* of header.key_type */
#define CERTS_QE	6	/* type of certification data: of the enclave that quotes */
#define BODY_TD10	2	/* of version 5 */
#define BODY_TD15	3
#define TYPE_HEAD	6	/* u16 type, u32 size */

/* Every quote is made by an enclave of Intel's: 939a7233-f79c-4ca9-940a-0db3957f0607. */
static const uint8_t intel[16] = { 0x93, 0x9a, 0x72, 0x33, 0xf7, 0x9c, 0x4c, 0xa9,
				   0x94, 0x0a, 0x0d, 0xb3, 0x95, 0x7f, 0x06, 0x07 };

static int damaged(struct wv_fault *fault, const char *field, const struct cursor *c,
		   const char *text)
{
	return fault_set(fault, WV_EVIDENCE_DAMAGED, field, (int64_t)c->at, "%s", text);
}

static int unsupported(struct wv_fault *fault, const char *field, int64_t at, const char *what,
		       unsigned int value)
{
	return fault_set(fault, WV_EVIDENCE_UNSUPPORTED, field, at, "%s 0x%x is not known here",
			 what, value);
}

static void read_header(struct cursor *c, struct wv_quote_header *h)
{
	h->version = cursor_le16(c);
	h->key_type = cursor_le16(c);
	h->tee_type = cursor_le32(c);
	h->qe_svn = cursor_le16(c);
	h->pce_svn = cursor_le16(c);
	cursor_copy(c, h->qe_vendor, sizeof(h->qe_vendor));
	cursor_copy(c, h->user_data, sizeof(h->user_data));
}

static int check_header(const struct cursor *c, const struct wv_quote_header *h,
			struct wv_fault *fault)
{
	if (!cursor_ok(c))
		return damaged(fault, "quote.header", c, "cut short in the header");
	if (h->version < 3 || h->version > 5)
		return unsupported(fault, "quote.version", 0, "version", h->version);
	if (h->key_type != KEY_P256)
		return unsupported(fault, "quote.key_type", 2, "attestation key type",
				   h->key_type);
	if (h->tee_type != (h->version == 3 ? QUOTE_TEE_SGX : QUOTE_TEE_TDX))
		return unsupported(fault, "quote.tee_type", 4,
				   h->version == 3 ? "in version 3, TEE type" :
						     "in version 4 or 5, TEE type", h->tee_type);
	if (memcmp(h->qe_vendor, intel, sizeof(intel)))
		return fault_set(fault, WV_EVIDENCE_UNSUPPORTED, "quote.qe_vendor", 12,
				 "the enclave that quotes is not Intel's");
	/* These were the SVNs of version 3, and are reserved since. */
	if (h->version > 3 && (h->qe_svn || h->pce_svn))
		return fault_set(fault, WV_EVIDENCE_DAMAGED, "quote.header", 8,
				 "reserved bytes are not zero");
	return WV_OK;
}

/* SGX REPORT body, Intel SDM volume 3D, table 38-21. */
static void read_enclave(struct cursor *c, struct wv_enclave *e)
{
	cursor_copy(c, e->cpu_svn, sizeof(e->cpu_svn));
	e->misc_select = cursor_le32(c);
	cursor_zero(c, 12);
	cursor_copy(c, e->ext_prod_id, sizeof(e->ext_prod_id));
	e->attributes = cursor_le64(c);
	e->xfrm = cursor_le64(c);
	cursor_copy(c, e->mr_enclave, sizeof(e->mr_enclave));
	cursor_zero(c, 32);
	cursor_copy(c, e->mr_signer, sizeof(e->mr_signer));
	cursor_zero(c, 32);
	cursor_copy(c, e->config_id, sizeof(e->config_id));
	e->prod_id = cursor_le16(c);
	e->svn = cursor_le16(c);
	e->config_svn = cursor_le16(c);
	cursor_zero(c, 42);
	cursor_copy(c, e->family_id, sizeof(e->family_id));
	cursor_copy(c, e->report_data, sizeof(e->report_data));
}

static void read_td(struct cursor *c, struct wv_tdx *t)
{
	cursor_copy(c, t->tee_tcb_svn, sizeof(t->tee_tcb_svn));
	cursor_copy(c, t->mr_seam, sizeof(t->mr_seam));
	cursor_copy(c, t->mr_signer_seam, sizeof(t->mr_signer_seam));
	t->seam_attributes = cursor_le64(c);
	t->attributes = cursor_le64(c);
	t->xfam = cursor_le64(c);
	cursor_copy(c, t->mr_td, sizeof(t->mr_td));
	cursor_copy(c, t->mr_config_id, sizeof(t->mr_config_id));
	cursor_copy(c, t->mr_owner, sizeof(t->mr_owner));
	cursor_copy(c, t->mr_owner_config, sizeof(t->mr_owner_config));
	cursor_copy(c, t->rtmr, sizeof(t->rtmr));
	cursor_copy(c, t->report_data, sizeof(t->report_data));
	if (t->body != BODY_TD15)
		return;
	cursor_copy(c, t->tee_tcb_svn2, sizeof(t->tee_tcb_svn2));
	cursor_copy(c, t->mr_service_td, sizeof(t->mr_service_td));
}

/* Version 5 says what body it has; version 4 has that of TD 1.0, without a word. */
static int read_kind(struct cursor *c, struct quote *q, struct wv_fault *fault)
{
	uint16_t type = BODY_TD10;
	uint32_t size = QUOTE_TD10_LEN;

	if (q->header.version == 5) {
		type = cursor_le16(c);
		size = cursor_le32(c);
	}
	if (!cursor_ok(c))
		return damaged(fault, "quote.body", c, "cut short before the body");
	if (type != BODY_TD10 && type != BODY_TD15)
		return unsupported(fault, "quote.body_type", QUOTE_HEADER_LEN, "body type", type);
	if (size != (type == BODY_TD10 ? QUOTE_TD10_LEN : QUOTE_TD15_LEN))
		return fault_set(fault, WV_EVIDENCE_DAMAGED, "quote.body_size",
				 QUOTE_HEADER_LEN + 2, "%u bytes for body type %u", size, type);
	q->tdx.body = type;
	return WV_OK;
}

static int read_body(struct cursor *c, struct quote *q, struct wv_fault *fault)
{
	int rc = WV_OK;

	if (q->header.tee_type == QUOTE_TEE_TDX)
		rc = read_kind(c, q, fault);
	if (rc)
		return rc;
	q->body_at = c->at;
	if (q->header.tee_type == QUOTE_TEE_TDX)
		read_td(c, &q->tdx);
	else
		read_enclave(c, &q->sgx.enclave);
	if (!cursor_ok(c))
		return damaged(fault, "quote.body", c,
			       "cut short in the body, or reserved bytes are not zero");
	q->signed_part = (struct wv_bytes){ c->data, c->at };
	return WV_OK;
}

/* Type and size before data; the size must be that of all that is left. */
static int typed(struct cursor *c, uint16_t want, const char *field, struct wv_fault *fault)
{
	size_t at = c->at;
	uint16_t type = cursor_le16(c);
	uint32_t size = cursor_le32(c);

	if (!cursor_ok(c))
		return damaged(fault, field, c, "cut short");
	if (want == QUOTE_CERTS_PEM && type >= 1 && type <= 3)
		return fault_set(fault, WV_PCK_ABSENT, field, (int64_t)at,
				 "certification data of type %u is the platform's id (PPID), a chain of certificates in PEM (%u) is needed",
				 type, want);
	if (type != want)
		return fault_set(fault, WV_EVIDENCE_UNSUPPORTED, field, (int64_t)at,
				 "certification data of type %u, not %u", type, want);
	if (size != cursor_left(c))
		return fault_set(fault, WV_EVIDENCE_DAMAGED, field, (int64_t)at + 2,
				 "%u bytes where %zu are left", size, cursor_left(c));
	return WV_OK;
}

static int read_certs(struct cursor *c, struct quote *q, struct wv_fault *fault)
{
	int rc = typed(c, QUOTE_CERTS_PEM, "quote.certification_data", fault);
	size_t len = cursor_left(c);

	if (rc)
		return rc;
	q->certs = (struct wv_bytes){ cursor_take(c, len), len };
	while (q->certs.len && !q->certs.data[q->certs.len - 1])
		q->certs.len--;
	return WV_OK;
}

static int read_qe(struct cursor *c, struct quote *q, struct wv_fault *fault)
{
	struct wv_enclave *qe = q->header.tee_type == QUOTE_TEE_TDX ? &q->tdx.qe : &q->sgx.qe;

	if (cursor_left(c) >= QUOTE_ENCLAVE_LEN)
		q->qe_report = c->data + c->at;
	read_enclave(c, qe);
	if (!cursor_ok(c))
		return damaged(fault, "quote.qe_report", c,
			       "cut short, or reserved bytes are not zero");
	q->qe_signature = cursor_take(c, 64);
	q->qe_auth.len = cursor_le16(c);
	q->qe_auth.data = cursor_take(c, q->qe_auth.len);
	if (!cursor_ok(c))
		return damaged(fault, "quote.qe_auth", c, "cut short");
	return read_certs(c, q, fault);
}

/* What follows the body: its length, then exactly that. */
static int read_signature(struct cursor *c, struct quote *q, struct wv_fault *fault)
{
	uint32_t size = cursor_le32(c);
	struct cursor s = cursor_sub(c, 0, c->at + (size_t)size);
	int rc = WV_OK;

	if (!cursor_ok(c) || !cursor_ok(&s))
		return damaged(fault, "quote.signature_size", c,
			       "more bytes of signature data than there are");
	s.at = c->at;
	q->signature = cursor_take(&s, 64);
	q->key = cursor_take(&s, 64);
	if (!cursor_ok(&s))
		return damaged(fault, "quote.signature", &s, "cut short");
	if (q->header.version > 3)
		rc = typed(&s, CERTS_QE, "quote.qe_certification_data", fault);
	if (!rc)
		rc = read_qe(&s, q, fault);
	cursor_skip(c, size);
	return rc;
}

/*
 * Guests hand over buffers whole, some of them with what was in them: what follows the
 * quote is counted, never read.
 */
static void read_trailing(struct cursor *c, struct quote *q)
{
	size_t left = cursor_left(c), *trailing;
	int *zero;

	trailing = q->header.tee_type == QUOTE_TEE_TDX ? &q->tdx.trailing : &q->sgx.trailing;
	zero = q->header.tee_type == QUOTE_TEE_TDX ? &q->tdx.trailing_zero : &q->sgx.trailing_zero;
	cursor_zero(c, left);
	*trailing = left;
	*zero = cursor_ok(c);
}

int quote_parse(struct wv_bytes in, struct quote *out, struct wv_fault *fault)
{
	struct cursor c = cursor_over(in.data, in.len);
	int rc;

	memset(out, 0, sizeof(*out));
	fault_clear(fault);
	if (in.len > QUOTE_MAX)
		return fault_set(fault, WV_EVIDENCE_DAMAGED, "quote", -1,
				 "%zu bytes are too many for a quote", in.len);
	read_header(&c, &out->header);
	rc = check_header(&c, &out->header, fault) ?: read_body(&c, out, fault) ?:
	     read_signature(&c, out, fault);
	if (rc)
		return rc;
	if (out->header.tee_type == QUOTE_TEE_TDX)
		out->tdx.header = out->header;
	else
		out->sgx.header = out->header;
	read_trailing(&c, out);
	return WV_OK;
}

const struct wv_enclave *quote_qe(const struct quote *q)
{
	return q->header.tee_type == QUOTE_TEE_TDX ? &q->tdx.qe : &q->sgx.qe;
}

bool quote_is(struct wv_bytes in)
{
	struct cursor c = cursor_over(in.data, in.len);
	struct wv_quote_header h;

	read_header(&c, &h);
	return cursor_ok(&c) && !memcmp(h.qe_vendor, intel, sizeof(intel));
}
