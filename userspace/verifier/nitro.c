// SPDX-License-Identifier: MIT
/*
 * The form of an attestation document: AWS, aws-nitro-enclaves-nsm-api,
 * docs/attestation_process.md section 3. COSE_Sign1 without a tag; its payload is a map
 * with text keys, which newer modules write with an indefinite length.
 */
#include <stdio.h>
#include <string.h>

#include "bytes.h"
#include "cbor_map.h"
#include "fault.h"
#include "nitro.h"

#define CERT_MAX	1024

enum { MODULE_ID, DIGEST, TIMESTAMP, PCRS, CERTIFICATE, CABUNDLE, PUBLIC_KEY, USER_DATA, NONCE,
       MEMBERS };

static const struct map_member members[MEMBERS] = {
	[MODULE_ID] = { "module_id", 0, true, true, MAP_TEXT, 1, 127 },
	[DIGEST] = { "digest", 0, true, true, MAP_TEXT, 1, 16 },
	[TIMESTAMP] = { "timestamp", 0, true, true, MAP_INT, 1, INT64_MAX },
	[PCRS] = { "pcrs", 0, true, true, MAP_ANY, 0, 0 },
	[CERTIFICATE] = { "certificate", 0, true, true, MAP_BYTES, 1, CERT_MAX },
	[CABUNDLE] = { "cabundle", 0, true, true, MAP_ANY, 0, 0 },
	[PUBLIC_KEY] = { "public_key", 0, true, false, MAP_BYTES_OR_NULL, 0, 1024 },
	[USER_DATA] = { "user_data", 0, true, false, MAP_BYTES_OR_NULL, 0, 512 },
	[NONCE] = { "nonce", 0, true, false, MAP_BYTES_OR_NULL, 0, 512 },
};
static const struct map_format format = { .members = members, .count = MEMBERS, .open = true };

static struct item_in inside(const struct map_value *v, struct wv_fault *fault)
{
	return (struct item_in){ .c = cursor_over(v->bytes.data, v->bytes.len),
				 .reason = WV_EVIDENCE_DAMAGED, .fault = fault, .open = true };
}

static int read_pcr(struct item_in *in, const struct item_label *label, struct wv_nitro *out)
{
	struct wv_bytes value;
	int rc;

	if (label->text.data || label->number < 0 || label->number >= WV_NITRO_PCRS)
		return fault_set(in->fault, in->reason, "payload.pcrs", (int64_t)in->c.at,
				 "a register's number is not one of 0 to %d", WV_NITRO_PCRS - 1);
	rc = item_bytes(in, "payload.pcrs", WV_NITRO_PCR_LEN, WV_NITRO_PCR_LEN, &value);
	if (rc)
		return rc;
	memcpy(out->pcr[label->number], value.data, value.len);
	out->pcr_there |= 1u << label->number;
	return WV_OK;
}

static int read_pcrs(const struct map_value *v, struct wv_nitro *out, struct wv_fault *fault)
{
	struct item_in in = inside(v, fault);
	struct item_label label;
	struct item_pairs p;
	bool more = true;
	int rc = item_pairs(&in, "payload.pcrs", &p);

	while (!rc && more) {
		rc = item_pair(&in, &p, &more, &label);
		if (!rc && more)
			rc = read_pcr(&in, &label, out);
	}
	if (!rc && (out->pcr_there & 7) != 7)
		rc = fault_set(fault, WV_EVIDENCE_DAMAGED, "payload.pcrs", -1,
			       "registers 0 to 2 are not all there");
	out->debug = !rc && all_zero(out->pcr[0], 3 * WV_NITRO_PCR_LEN);
	return rc;
}

static int read_cabundle(const struct map_value *v, struct nitro_document *d,
			 struct wv_fault *fault)
{
	struct item_in in = inside(v, fault);
	size_t i;
	int rc = item_array(&in, "payload.cabundle", 1, NITRO_BUNDLE_MAX, &d->bundled);

	for (i = 0; !rc && i < d->bundled; i++)
		rc = item_bytes(&in, "payload.cabundle", 1, CERT_MAX, &d->cabundle[i]);
	return rc;
}

static void keep(const struct map_value *v, struct wv_nitro_data *out)
{
	out->len = v->there ? v->bytes.len : 0;
	if (out->len)
		memcpy(out->data, v->bytes.data, out->len);
}

static int read_payload(struct nitro_document *d, struct wv_nitro *out, struct wv_fault *fault)
{
	struct map_value v[MEMBERS];
	char digest[17];
	int rc = map_read_all(d->cose.payload, "payload", &format, v, fault);

	if (rc)
		return rc;
	map_text(&v[MODULE_ID], out->module_id, sizeof(out->module_id));
	map_text(&v[DIGEST], digest, sizeof(digest));
	if (strcmp(digest, "SHA384"))
		return fault_set(fault, WV_EVIDENCE_DAMAGED, "payload.digest", -1,
				 "registers of '%s', SHA384 is the only one there is", digest);
	out->timestamp_ms = (uint64_t)v[TIMESTAMP].number;
	d->certificate = v[CERTIFICATE].bytes;
	keep(&v[PUBLIC_KEY], &out->public_key);
	keep(&v[USER_DATA], &out->user_data);
	keep(&v[NONCE], &out->nonce);
	return read_pcrs(&v[PCRS], out, fault) ?: read_cabundle(&v[CABUNDLE], d, fault);
}

int nitro_read(struct wv_bytes document, struct nitro_document *d, struct wv_nitro *out,
	       struct wv_fault *fault)
{
	memset(d, 0, sizeof(*d));
	memset(out, 0, sizeof(*out));
	return cose_sign1_read(document, false, "document", &d->cose, fault) ?:
	       read_payload(d, out, fault);
}

int wv_nitro_parse(struct wv_bytes document, struct wv_nitro *out, struct wv_fault *fault)
{
	struct nitro_document d;
	int rc = nitro_read(document, &d, out, fault);

	return rc ? rc : fault_clear(fault);
}
