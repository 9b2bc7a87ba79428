// SPDX-License-Identifier: MIT
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <string.h>

#include "cursor.h"
#include "fault.h"
#include "tdreport.h"

/* REPORTMACSTRUCT, 256 bytes; TEE_TCB_INFO, 239, and 17 zeroes; TDINFO_STRUCT, 512. */
enum {
	TCB_DIGEST = 32,	/* SHA-384 of TEE_TCB_INFO */
	INFO_DIGEST = 80,	/* SHA-384 of TDINFO_STRUCT */
	REPORT_DATA = 128,
	TCB_AT = 256,
	TCB_LEN = 239,
	TCB_SVN2 = 128,		/* in TEE_TCB_INFO, for modules of version 1.5 on */
	INFO_AT = 512,
	INFO_LEN = 512,
	SERVICE_TD = 400,	/* in TDINFO_STRUCT */
};

#define TYPE_TDX	0x81
#define VERSION_MAX	1

static int damaged(struct wv_fault *fault, int64_t offset, const char *text)
{
	return fault_set(fault, WV_EVIDENCE_DAMAGED, "tdreport", offset, "%s", text);
}

/* Type, subtype, version; the bytes that are reserved, in the parts as well. */
static int check_form(struct wv_bytes report, struct wv_fault *fault)
{
	struct cursor c = cursor_over(report.data, report.len);
	uint8_t type = cursor_u8(&c), subtype = cursor_u8(&c), version = cursor_u8(&c);

	if (report.len != TDREPORT_LEN)
		return damaged(fault, -1, "it has not 1024 bytes");
	if (type != TYPE_TDX || subtype || version > VERSION_MAX)
		return damaged(fault, 0, "of another type than 0x81, or of a version that is not known");
	cursor_zero(&c, 13);
	c.at = 192;
	cursor_zero(&c, 32);
	c.at = TCB_AT + TCB_SVN2 + 16;
	cursor_zero(&c, INFO_AT - TCB_AT - TCB_SVN2 - 16);
	c.at = INFO_AT + SERVICE_TD + 48;
	cursor_zero(&c, INFO_LEN - SERVICE_TD - 48);
	return cursor_ok(&c) ? WV_OK :
			       damaged(fault, (int64_t)c.at, "reserved bytes are not zero");
}

static int check_digest(const uint8_t *report, size_t at, size_t part, size_t len,
			struct wv_fault *fault)
{
	uint8_t digest[48];

	if (!EVP_Digest(report + part, len, digest, NULL, EVP_sha384(), NULL))
		return fault_set(fault, WV_NO_MEMORY, "tdreport", -1, "no memory");
	if (!CRYPTO_memcmp(digest, report + at, sizeof(digest)))
		return WV_OK;
	return fault_set(fault, WV_TDREPORT_MISMATCH, "tdreport", (int64_t)at,
			 "the digest is not that of the bytes from %zu on", part);
}

int tdreport_check(struct wv_bytes report, struct wv_fault *fault)
{
	return check_form(report, fault) ?:
	       check_digest(report.data, TCB_DIGEST, TCB_AT, TCB_LEN, fault) ?:
	       check_digest(report.data, INFO_DIGEST, INFO_AT, INFO_LEN, fault);
}

/* The body of a quote is the report's fields, one part after the other. */
static const struct shared {
	const char *name;
	size_t body, report, len;
} shared[] = {
	{ "tee_tcb_svn", 0, TCB_AT + 8, 16 },
	{ "mr_seam", 16, TCB_AT + 24, 48 },
	{ "mr_signer_seam", 64, TCB_AT + 72, 48 },
	{ "seam_attributes", 112, TCB_AT + 120, 8 },
	{ "attributes", 120, INFO_AT, 8 },
	{ "xfam", 128, INFO_AT + 8, 8 },
	{ "mr_td", 136, INFO_AT + 16, 48 },
	{ "mr_config_id", 184, INFO_AT + 64, 48 },
	{ "mr_owner", 232, INFO_AT + 112, 48 },
	{ "mr_owner_config", 280, INFO_AT + 160, 48 },
	{ "rtmr0", 328, INFO_AT + 208, 48 },
	{ "rtmr1", 376, INFO_AT + 256, 48 },
	{ "rtmr2", 424, INFO_AT + 304, 48 },
	{ "rtmr3", 472, INFO_AT + 352, 48 },
	{ "report_data", 520, REPORT_DATA, 64 },
	{ "tee_tcb_svn2", 584, TCB_AT + TCB_SVN2, 16 },
	{ "mr_service_td", 600, INFO_AT + SERVICE_TD, 48 },
};

int tdreport_quoted(struct wv_bytes report, struct wv_bytes body, struct wv_fault *fault)
{
	size_t i;

	if (body.len != 584 && body.len != 648)
		return fault_set(fault, WV_EVIDENCE_UNSUPPORTED, "td_quote", -1,
				 "a body of %zu bytes", body.len);
	for (i = 0; i < sizeof(shared) / sizeof(shared[0]); i++) {
		const struct shared *s = &shared[i];

		if (s->body + s->len <= body.len &&
		    CRYPTO_memcmp(report.data + s->report, body.data + s->body, s->len))
			return fault_set(fault, WV_TDREPORT_MISMATCH, "td_quote", (int64_t)s->body,
					 "its %s is another than the TDREPORT's", s->name);
	}
	return WV_OK;
}
