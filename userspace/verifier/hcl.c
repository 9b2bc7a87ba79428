// SPDX-License-Identifier: MIT
/*
 * The frame of a paravisor's report. Names of fields: IGVM_ATTEST of Microsoft's
 * OpenHCL, openhcl_attestation_protocol.
 */
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <string.h>

#include "cursor.h"
#include "digest.h"
#include "fault.h"
#include "hcl.h"
#include "tpm.h"

enum {
	RUNTIME_AT = HCL_REPORT_AT + HCL_REPORT_LEN,
	RUNTIME_LEN = 20,	/* its header, before the JSON text */
	VERSION_MAX = 2,
	SNP_DATA_AT = 0x50,	/* report data in the hardware's report */
	TDX_DATA_AT = 128,
};

/* IgvmAttestHashType. */
static const uint16_t hashes[] = { 0, WV_ALG_SHA256, WV_ALG_SHA384, WV_ALG_SHA512 };
#define HASHES (sizeof(hashes) / sizeof(hashes[0]))

bool hcl_is(struct wv_bytes in)
{
	return in.len >= 4 && !memcmp(in.data, "HCLA", 4);
}

#define damaged(fault, offset, ...) fault_set(fault, WV_HCL_DAMAGED, "hcl", offset, __VA_ARGS__)

/* Type of request, status and reserved words, which nothing signs, are not looked at. */
static int read_header(struct cursor *c, struct wv_azure *said, uint32_t *size,
		       struct wv_fault *fault)
{
	const uint8_t *magic = cursor_take(c, 4);

	said->version = cursor_le32(c);
	*size = cursor_le32(c);
	cursor_skip(c, 20);
	if (!cursor_ok(c) || memcmp(magic, "HCLA", 4))
		return damaged(fault, 0, "it does not begin with HCLA and a header");
	if (!said->version || said->version > VERSION_MAX)
		return damaged(fault, 4, "version %u is not known", said->version);
	return WV_OK;
}

static int read_runtime(struct cursor *c, uint32_t size, struct hcl *out, struct wv_azure *said,
			struct wv_fault *fault)
{
	uint32_t all = cursor_le32(c), version = cursor_le32(c), hash, n;

	said->kind = (int)cursor_le32(c);
	hash = cursor_le32(c);
	n = cursor_le32(c);
	out->runtime = (struct wv_bytes){ cursor_take(c, n), n };
	if (!cursor_ok(c) || all < RUNTIME_LEN || all - RUNTIME_LEN != n || size != c->at)
		return damaged(fault, RUNTIME_AT, "its lengths do not agree: %u in all, %u of runtime data, %u of text, %zu bytes",
			       size, all, n, c->len);
	if (version != 1)
		return damaged(fault, RUNTIME_AT + 4, "runtime data of version %u", version);
	if (said->kind != WV_AZURE_SNP && said->kind != WV_AZURE_TDX)
		return damaged(fault, RUNTIME_AT + 8, "a hardware report of kind %d, neither SNP (2) nor TDX (4)",
			       said->kind);
	if (!hash || hash >= HASHES)
		return damaged(fault, RUNTIME_AT + 12, "hash %u is not known", hash);
	said->hash = hashes[hash];
	return WV_OK;
}

static int read_frame(struct wv_bytes in, struct hcl *out, struct wv_azure *said,
		      struct wv_fault *fault)
{
	struct cursor c = cursor_over(in.data, in.len);
	uint32_t size;
	int rc = read_header(&c, said, &size, fault);

	if (rc)
		return rc;
	out->report = (struct wv_bytes){ cursor_take(&c, HCL_REPORT_LEN), HCL_REPORT_LEN };
	rc = read_runtime(&c, size, out, said, fault);
	if (rc)
		return rc;
	cursor_zero(&c, cursor_left(&c));
	if (!cursor_ok(&c))
		return damaged(fault, (int64_t)c.at, "something follows it");
	out->report_data = (struct wv_bytes){
		out->report.data + (said->kind == WV_AZURE_SNP ? SNP_DATA_AT : TDX_DATA_AT), 64 };
	return WV_OK;
}

/* What of the 64 bytes the hash leaves is zero. */
static int check_binding(const struct hcl *hcl, struct wv_azure *said, struct wv_fault *fault)
{
	uint8_t want[64] = { 0 };

	if (!EVP_Digest(hcl->runtime.data, hcl->runtime.len, want, NULL, tpm_md(said->hash), NULL) ||
	    !digest_sha256(said->runtime_digest, &hcl->runtime, 1))
		return fault_set(fault, WV_NO_MEMORY, "hcl", -1, "no memory");
	if (!CRYPTO_memcmp(hcl->report_data.data, want, sizeof(want)))
		return WV_OK;
	return fault_set(fault, WV_RUNTIME_MISMATCH, "hcl.report_data",
			 HCL_REPORT_AT + (said->kind == WV_AZURE_SNP ? SNP_DATA_AT : TDX_DATA_AT),
			 "the hardware's report is over other runtime data than these");
}

int hcl_parse(struct wv_bytes in, struct hcl *out, struct wv_azure *said, struct wv_fault *fault)
{
	memset(out, 0, sizeof(*out));
	memset(said, 0, sizeof(*said));
	if (in.len > HCL_MAX)
		return damaged(fault, -1, "%zu bytes, at most %u are expected", in.len, HCL_MAX);
	return read_frame(in, out, said, fault) ?: check_binding(out, said, fault) ?:
	       hcl_read_text(out, said, fault);
}
