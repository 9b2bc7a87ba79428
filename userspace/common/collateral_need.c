// SPDX-License-Identifier: MIT
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "collateral_need.h"
#include "hex.h"

/* Azure's paravisor keeps the report in the HCL report, behind a head of 32 bytes. */
static struct wv_bytes report_in(struct wv_bytes in)
{
	const size_t head = 32;

	if (in.len < head + WV_SNP_REPORT_SIZE || memcmp(in.data, "HCLA", 4))
		return in;
	return (struct wv_bytes){ in.data + head, WV_SNP_REPORT_SIZE };
}

/* A piece of a bundle: wardd's of Azure has the HCL report somewhere in its CBOR. */
static struct wv_bytes report_of(const struct wv_evidence *e)
{
	struct wv_bytes in = e->data;
	const uint8_t *hcl = NULL;

	if (in.len && !strncmp(e->tee, "azure-", 6))
		hcl = memmem(in.data, in.len, "HCLA", 4);
	if (hcl)
		in = (struct wv_bytes){ hcl, in.len - (size_t)(hcl - in.data) };
	return report_in(in);
}

int collateral_report(struct wv_bytes in, struct wv_snp_report *out, struct wv_fault *fault)
{
	struct wv_bytes bare = report_in(in);
	struct wv_bundle *bundle;
	size_t i;
	int rc;

	if (bare.len == WV_SNP_REPORT_SIZE || wv_bundle_decode(in, &bundle, NULL))
		return wv_snp_parse(bare, out, fault);
	rc = WV_EVIDENCE_DAMAGED;
	*fault = (struct wv_fault){ .reason = rc, .offset = -1, .field = "report",
				    .text = "the bundle holds no SNP report" };
	for (i = 0; rc && i < bundle->evidence_count; i++) {
		bare = report_of(&bundle->evidence[i]);
		if (bare.len == WV_SNP_REPORT_SIZE)
			rc = wv_snp_parse(bare, out, fault);
	}
	wv_bundle_free(bundle);
	return rc;
}

/*
 * Intel's PCK certificate profile: the extension 1.2.840.113741.1.13.1 holds a pair of
 * .4 and an OCTET STRING of 6 bytes.
 */
static bool read_fmspc(X509 *cert, char out[13])
{
	static const uint8_t head[] = { 0x06, 0x0a, 0x2a, 0x86, 0x48, 0x86, 0xf8, 0x4d,
					0x01, 0x0d, 0x01, 0x04, 0x04, 0x06 };
	ASN1_OBJECT *oid = OBJ_txt2obj("1.2.840.113741.1.13.1", 1);
	int at = oid ? X509_get_ext_by_OBJ(cert, oid, -1) : -1;
	const ASN1_OCTET_STRING *value;
	const uint8_t *data, *found;
	size_t len;

	ASN1_OBJECT_free(oid);
	if (at < 0)
		return false;
	value = X509_EXTENSION_get_data(X509_get_ext(cert, at));
	data = ASN1_STRING_get0_data(value);
	len = (size_t)ASN1_STRING_length(value);
	found = memmem(data, len, head, sizeof(head));
	if (!found || (size_t)(data + len - found) < sizeof(head) + 6)
		return false;
	hex_encode(found + sizeof(head), 6, out);
	return true;
}

static bool read_pck(X509 *cert, struct collateral_platform *out)
{
	char issuer[128];

	if (!read_fmspc(cert, out->fmspc) ||
	    X509_NAME_get_text_by_NID(X509_get_issuer_name(cert), NID_commonName, issuer,
				      sizeof(issuer)) < 0)
		return false;
	out->platform = strstr(issuer, "Platform") != NULL;
	return out->platform || strstr(issuer, "Processor");
}

/* Certification data of type 5 are PEM; they may end in NUL and stand in any order. */
bool collateral_platform(struct wv_bytes in, struct collateral_platform *out)
{
	static const char begin[] = "-----BEGIN CERTIFICATE-----";
	const uint8_t *pem = in.len ? memmem(in.data, in.len, begin, sizeof(begin) - 1) : NULL;
	size_t len = pem ? in.len - (size_t)(pem - in.data) : 0;
	BIO *bio = len && len <= INT_MAX ? BIO_new_mem_buf(pem, (int)len) : NULL;
	bool found = false;
	X509 *cert;

	ERR_set_mark();
	while (bio && !found && (cert = PEM_read_bio_X509(bio, NULL, NULL, (void *)""))) {
		found = read_pck(cert, out);
		X509_free(cert);
	}
	BIO_free(bio);
	ERR_pop_to_mark();
	return found;
}
