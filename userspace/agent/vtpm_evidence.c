// SPDX-License-Identifier: MIT
/*
 * doc/formats.md section 11. The order of keys (RFC 8949 section 4.2.1: shorter
 * first, then bytewise) stands in the sequence of calls.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <tss2/tss2_mu.h>

#include "../common/cbor_put.h"
#include "cursor.h"
#include "vtpm_evidence.h"
#include "vtpm_log.h"

#define AUX_HEADS	128u	/* bytes of aux beside what it carries */
#define TPM_STRUCT_MAX	2048u	/* of a public key or a signature as the TPM has them */

/** struct part - a structure as the TPM writes it */
struct part {
	uint8_t data[TPM_STRUCT_MAX];
	size_t len;
};

/** struct aux - everything that goes into it */
struct aux {
	const struct vtpm_endorsements *from;
	struct vtpm_log event, ima;
};

static void put_field(struct cbor_put *w, const char *key, const void *data, size_t len)
{
	cbor_put_text(w, key);
	cbor_put_bytes(w, data, len);
}

static void put_data(struct cbor_put *w, const struct vtpm_quote *q, const struct part *public,
		     const struct part *signature, bool shared, const struct vtpm_bytes *hcl)
{
	cbor_put_map(w, hcl ? 7 : 6);
	put_field(w, "ak", public->data, public->len);
	if (hcl)
		put_field(w, "hcl", hcl->data, hcl->len);
	cbor_put_text(w, "pcrs");
	cbor_put_array(w, q->pcr_count);
	for (size_t i = 0; i < q->pcr_count; i++)
		cbor_put_bytes(w, q->pcr[i], q->pcr_len);
	put_field(w, "quote", q->attest.attestationData, q->attest.size);
	cbor_put_text(w, "shared");
	cbor_put_uint(w, shared);
	cbor_put_text(w, "version");
	cbor_put_uint(w, 1);
	put_field(w, "signature", signature->data, signature->len);
}

static int room_for(struct cbor_put *w, size_t max, struct trouble *why)
{
	if (w->len > max)
		return trouble_set(why, -EOVERFLOW, "%zu bytes, more than the %zu that fit", w->len,
				   max);
	w->at = malloc(w->len);
	w->len = 0;
	return w->at ? 0 : trouble_set(why, -ENOMEM, "no memory");
}

int vtpm_evidence_data(const struct vtpm_quote *quote, const struct vtpm_ak *ak,
		       const struct vtpm_bytes *hcl, struct ward_piece *out, struct trouble *why)
{
	struct part public = { .len = 0 }, signature = { .len = 0 };
	struct cbor_put w = { NULL, 0 };
	int err;

	if (Tss2_MU_TPMT_PUBLIC_Marshal(&ak->public, public.data, sizeof(public.data), &public.len) ||
	    Tss2_MU_TPMT_SIGNATURE_Marshal(&quote->signature, signature.data,
					   sizeof(signature.data), &signature.len))
		return trouble_set(why, -EBADMSG, "a key or signature of a kind that is not known");
	put_data(&w, quote, &public, &signature, ak->shared, hcl);
	err = room_for(&w, WARD_EVIDENCE_MAX, why);
	if (err)
		return err;
	put_data(&w, quote, &public, &signature, ak->shared, hcl);
	out->data = w.at;
	out->data_len = w.len;
	return 0;
}

static void put_aux(struct cbor_put *w, const struct aux *a)
{
	cbor_put_map(w, 6);
	put_field(w, "ak_cert", a->from->ak_cert.data, a->from->ak_cert.len);
	put_field(w, "ek_cert", a->from->ek_cert.data, a->from->ek_cert.len);
	put_field(w, "ima_log", a->ima.kept.data, a->ima.kept.len);
	put_field(w, "event_log", a->event.kept.data, a->event.kept.len);
	cbor_put_text(w, "ima_log_size");
	cbor_put_uint(w, a->ima.size);
	cbor_put_text(w, "event_log_size");
	cbor_put_uint(w, a->event.size);
}

/* The event log first: it explains how the machine was started. */
static int read_logs(struct aux *a, struct trouble *why)
{
	size_t used = AUX_HEADS + a->from->ak_cert.len + a->from->ek_cert.len;
	size_t room = used < WARD_AUX_MAX ? WARD_AUX_MAX - used : 0;
	int err = vtpm_log_read(a->from->event_log, room, &a->event, why);

	return err ?: vtpm_log_read(a->from->ima_log, room - a->event.kept.len, &a->ima, why);
}

int vtpm_evidence_aux(const struct vtpm_endorsements *from, struct ward_piece *out,
		      struct trouble *why)
{
	struct cbor_put w = { NULL, 0 };
	struct aux a = { .from = from };
	int err = read_logs(&a, why);

	if (!err) {
		put_aux(&w, &a);
		err = room_for(&w, WARD_AUX_MAX, why);
	}
	if (!err) {
		put_aux(&w, &a);
		out->aux = w.at;
		out->aux_len = w.len;
	}
	vtpm_bytes_free(&a.event.kept);
	vtpm_bytes_free(&a.ima.kept);
	return err;
}

/* DER: 0x30, a length of 1, or of 1 + n bytes. What is not DER stays as it is. */
void vtpm_cert_trim(struct vtpm_bytes *cert)
{
	struct cursor c = cursor_over(cert->data, cert->len);
	uint8_t tag = cursor_u8(&c), first = cursor_u8(&c);
	uint64_t len = first;

	if (first > 0x80 && first <= 0x84)
		len = cursor_be(&c, first - 0x80);
	if (tag == 0x30 && first != 0x80 && first <= 0x84 && cursor_ok(&c) && len < cursor_left(&c))
		cert->len = c.at + len;
}
