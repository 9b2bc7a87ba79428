// SPDX-License-Identifier: MIT
/*
 * GET_MEASUREMENTS and MEASUREMENTS of SPDM 1.1, DSP0274 sections 10.11.1 and 10.11.2.
 */
#include <openssl/bn.h>
#include <openssl/evp.h>
#include <string.h>

#include "cursor.h"
#include "ecdsa.h"
#include "fault.h"
#include "gpu.h"

#define SPDM_1_1	0x11
#define GET_MEASUREMENTS 0xe0
#define MEASUREMENTS	0x60
#define SIGNED		0x01	/* Param1 of the request: a signature is asked for */
#define ALL		0xff	/* Param2: every measurement */
#define BY_DMTF		0x01	/* measurement specification */

static int damaged(struct wv_fault *fault, const struct cursor *c, const char *text)
{
	return fault_set(fault, WV_GPU_DAMAGED, "gpu", (int64_t)c->at, "%s", text);
}

bool gpu_is(struct wv_bytes in)
{
	return in.len > GPU_REQUEST_LEN + GPU_SIGNATURE_LEN && in.data[0] == SPDM_1_1 &&
	       in.data[1] == GET_MEASUREMENTS && in.data[GPU_REQUEST_LEN] == SPDM_1_1 &&
	       in.data[GPU_REQUEST_LEN + 1] == MEASUREMENTS;
}

/* A report over some measurements alone would hide the others. */
static int read_request(struct cursor *c, struct wv_gpu *out, struct wv_fault *fault)
{
	uint8_t version = cursor_u8(c), code = cursor_u8(c), signature = cursor_u8(c);
	uint8_t which = cursor_u8(c);

	cursor_copy(c, out->nonce, sizeof(out->nonce));
	cursor_skip(c, 1);	/* the slot of the certificates, which come along */
	if (!cursor_ok(c) || version != SPDM_1_1 || code != GET_MEASUREMENTS)
		return damaged(fault, c, "it does not begin with GET_MEASUREMENTS of SPDM 1.1");
	if (signature != SIGNED || which != ALL)
		return damaged(fault, c, "what was asked for is not all measurements, signed");
	return WV_OK;
}

static int read_block(struct cursor *c, struct wv_gpu *out, struct wv_fault *fault)
{
	struct wv_gpu_block *b = &out->blocks[out->block_count];
	uint8_t index = cursor_u8(c), specification = cursor_u8(c);
	size_t size = cursor_le16(c), len;

	b->index = index;
	b->type = cursor_u8(c);
	len = cursor_le16(c);
	if (!cursor_ok(c) || specification != BY_DMTF || size != len + 3 || !len ||
	    len > sizeof(b->value))
		return damaged(fault, c, "a measurement is not of the form that DMTF gives it");
	b->len = len;
	cursor_copy(c, b->value, len);
	if (!index || (out->block_count && b[-1].index >= index))
		return damaged(fault, c, "measurements do not rise from index 1 on");
	out->block_count++;
	return cursor_ok(c) ? WV_OK : damaged(fault, c, "cut short within a measurement");
}

static int read_record(struct cursor *c, size_t blocks, size_t len, struct wv_gpu *out,
		       struct wv_fault *fault)
{
	size_t end = c->at + len, i;
	int rc = WV_OK;

	if (!blocks || blocks > WV_GPU_BLOCKS)
		return damaged(fault, c, "no measurement, or more than 128");
	for (i = 0; !rc && i < blocks; i++)
		rc = read_block(c, out, fault);
	if (!rc && c->at != end)
		rc = damaged(fault, c, "the measurements are not as long as is said");
	return rc;
}

static int read_response(struct cursor *c, struct wv_gpu *out, struct wv_fault *fault)
{
	uint8_t version = cursor_u8(c), code = cursor_u8(c);
	size_t blocks, len;
	struct wv_bytes opaque;
	int rc;

	cursor_skip(c, 2);
	blocks = cursor_u8(c);
	len = (size_t)cursor_le(c, 3);
	if (!cursor_ok(c) || version != SPDM_1_1 || code != MEASUREMENTS)
		return damaged(fault, c, "the answer is not MEASUREMENTS of SPDM 1.1");
	rc = read_record(c, blocks, len, out, fault);
	if (rc)
		return rc;
	cursor_skip(c, 32);	/* the GPU's own nonce */
	opaque.len = cursor_le16(c);
	opaque.data = cursor_take(c, opaque.len);
	if (!cursor_ok(c) || cursor_left(c) != GPU_SIGNATURE_LEN)
		return damaged(fault, c, "no signature of 96 bytes ends it");
	return gpu_parse_opaque(opaque, out, fault);
}

int gpu_parse(struct wv_bytes in, struct wv_gpu *out, struct wv_fault *fault)
{
	struct cursor c = cursor_over(in.data, in.len);

	memset(out, 0, sizeof(*out));
	if (in.len > GPU_REPORT_MAX)
		return damaged(fault, &c, "longer than any such report");
	return read_request(&c, out, fault) ?: read_response(&c, out, fault);
}

const struct wv_gpu_block *gpu_block(const struct wv_gpu *g, unsigned int index)
{
	size_t i;

	for (i = 0; i < g->block_count; i++)
		if (g->blocks[i].index == index)
			return &g->blocks[i];
	return NULL;
}

bool gpu_signed(EVP_PKEY *key, struct wv_bytes report)
{
	size_t half = GPU_SIGNATURE_LEN / 2, n = report.len - GPU_SIGNATURE_LEN;

	return ecdsa_signed(key, EVP_sha384(),
			    BN_bin2bn(report.data + n, (int)half, NULL),
			    BN_bin2bn(report.data + n + half, (int)half, NULL),
			    (struct wv_bytes){ report.data, n });
}
