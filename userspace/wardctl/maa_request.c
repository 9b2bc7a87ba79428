// SPDX-License-Identifier: MIT
/* What Azure Attestation is asked, by what it evidences: three requests of three versions. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cursor.h"
#include "hex.h"
#include "maa.h"

#define SIGNATURE_HEAD	6	/* of a TPMT_SIGNATURE by RSASSA: algorithm, hash, length */
#define ATTEST_CLOCK	25	/* clock and firmware version of a TPMS_ATTEST */

static json_t *b64url_of(struct wv_bytes b)
{
	return maa_b64url(b.data, b.len);
}

static json_t *b64_of(struct wv_bytes b)
{
	return maa_b64(b.data, b.len);
}

static json_t *b64_text(const char *text)
{
	return maa_b64(text, strlen(text));
}

/* A JSON text within a text; takes over @value. */
static json_t *packed(json_t *value)
{
	char *text = value ? json_dumps(value, JSON_COMPACT) : NULL;
	json_t *out = text ? maa_b64url(text, strlen(text)) : NULL;

	free(text);
	json_decref(value);
	return out;
}

static json_t *snp_proof(const struct maa_evidence *e)
{
	return packed(json_pack("{s:o, s:o}", "SnpReport", b64url_of(e->report), "VcekCertChain",
				b64url_of(e->chain)));
}

/* ---- the hardware's report alone ------------------------------------------------------ */

static json_t *platform(const struct maa *m, const struct maa_evidence *e)
{
	char nonce[2 * sizeof(m->nonce) + 1];

	hex_encode(m->nonce, m->nonce_len, nonce);
	return json_pack("{s:o, s:{s:o, s:s}, s:s}", e->tdx ? "quote" : "report",
			 e->tdx ? b64url_of(e->report) : snp_proof(e), "runtimeData", "data",
			 b64url_of(e->runtime), "dataType", "JSON", "nonce", nonce);
}

/* ---- with a vTPM's quote --------------------------------------------------------------- */

uint32_t maa_quoted(const struct tpm_data *t)
{
	struct cursor c = cursor_over(t->quote.data, t->quote.len);
	uint32_t count, mask = 0;
	uint16_t bank;
	uint8_t size;

	cursor_skip(&c, 6);			/* magic, type */
	cursor_skip(&c, cursor_be(&c, 2));	/* name of the key */
	cursor_skip(&c, cursor_be(&c, 2));	/* extraData */
	cursor_skip(&c, ATTEST_CLOCK);
	count = cursor_be32(&c);
	bank = (uint16_t)cursor_be(&c, 2);
	size = cursor_u8(&c);
	for (unsigned int i = 0; i < size && i < 3; i++)
		mask |= (uint32_t)cursor_u8(&c) << 8 * i;
	return cursor_ok(&c) && count == 1 && bank == WV_ALG_SHA256 && size == 3 &&
	       (size_t)__builtin_popcount(mask) == t->pcr_count ? mask : 0;
}

static void add_registers(const struct maa *m, const struct tpm_data *t, json_t *set, json_t *values)
{
	size_t n = 0;

	for (int i = 0; i < WV_TPM_PCRS; i++) {
		if (!(m->key.pcrs >> i & 1))
			continue;
		json_array_append_new(set, json_integer(i));
		json_array_append_new(values, json_pack("{s:i, s:o}", "Index", i, "Digest",
							b64_of(t->pcr[n++])));
	}
}

static json_t *tpm2b(struct wv_bytes b)
{
	uint8_t sized[2 + 2048] = { (uint8_t)(b.len >> 8), (uint8_t)b.len };

	if (b.len > sizeof(sized) - 2)
		return NULL;
	memcpy(sized + 2, b.data, b.len);
	return maa_b64(sized, b.len + 2);
}

static json_t *part(const struct maa_part *p)
{
	return maa_b64(p->data, p->len);
}

static json_t *tpm_info(const struct maa *m, const struct maa_evidence *e)
{
	const struct maa_key *k = &m->key;
	struct wv_bytes signature = e->quote.signature;
	json_t *set = json_array(), *values = json_array();

	if (signature.len > SIGNATURE_HEAD && !memcmp(signature.data, "\0\x14\0\x0b", 4)) {
		signature.data += SIGNATURE_HEAD;
		signature.len -= SIGNATURE_HEAD;
	}
	add_registers(m, &e->quote, set, values);
	return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}",
			 "AikCert", b64_of(e->aux.ak_cert), "AikPub", tpm2b(e->quote.ak),
			 "PcrQuote", b64_of(e->quote.quote), "PcrSignature", b64_of(signature),
			 "PcrSet", set, "PCRs", values, "EncKeyPub", part(&k->public),
			 "EncKeyCertifyInfo", part(&k->certified), "EncKeyCertifyInfoSignature",
			 part(&k->signature));
}

static json_t *isolation(const struct maa_evidence *e)
{
	return json_pack("{s:s, s:{s:o, s:o}}", "Type", e->tdx ? "Tdx" : "SevSnp", "Evidence",
			 "Proof", e->tdx ? b64_of(e->report) : snp_proof(e), "RunTimeData",
			 e->tdx ? b64_of(e->runtime) : b64url_of(e->runtime));
}

/* What the service is told of the system it can't check: no more than that it is Linux. */
static json_t *guest(const struct maa *m, const struct maa_evidence *e)
{
	json_t *info = json_pack("{s:s, s:o, s:o, s:i, s:i, s:o, s:o, s:{s:o}, s:o, s:o}",
				 "AttestationProtocolVersion", "2.0", "OSType", b64_text("Linux"),
				 "OSDistro", b64_text("Linux"), "OSVersionMajor", 0,
				 "OSVersionMinor", 0, "OSBuild", b64_text("NotApplication"),
				 "TcgLogs", b64_of(e->aux.event_log), "ClientPayload", "nonce",
				 maa_b64(m->nonce, m->nonce_len), "TpmInfo", tpm_info(m, e),
				 "IsolationInfo", isolation(e));

	return json_pack("{s:o}", "AttestationInfo", packed(info));
}

char *maa_request(const struct maa *m, const struct maa_evidence *e, const char **path)
{
	json_t *body = e->guest ? guest(m, e) : platform(m, e);
	char *text = body ? json_dumps(body, JSON_COMPACT) : NULL;

	*path = e->guest ? "attest/AzureGuest?api-version=2020-10-01" :
		e->tdx ? "attest/TdxVm?api-version=2025-06-01" :
			 "attest/SevSnpVm?api-version=2022-08-01";
	json_decref(body);
	return text;
}
