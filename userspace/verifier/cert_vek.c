// SPDX-License-Identifier: MIT
/*
 * The extensions of a VCEK or VLEK: AMD 57230 tables 8 and 9.
 */
#include <openssl/objects.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <string.h>

#include "cert.h"
#include "cursor.h"
#include "fault.h"

#define AMD_ARC "1.3.6.1.4.1.3704.1."

#define CHIP_ID_LEN		64
#define CHIP_ID_LEN_TURIN	8

/* The one extension with this OID; an empty view when absent or repeated. */
static struct wv_bytes extension(const X509 *cert, const char *suffix)
{
	struct wv_bytes none = { NULL, 0 };
	const ASN1_OCTET_STRING *value;
	ASN1_OBJECT *oid;
	char text[48];
	int at, again;

	snprintf(text, sizeof(text), AMD_ARC "%s", suffix);
	oid = OBJ_txt2obj(text, 1);
	if (!oid)
		return none;
	at = X509_get_ext_by_OBJ(cert, oid, -1);
	again = at < 0 ? -1 : X509_get_ext_by_OBJ(cert, oid, at);
	ASN1_OBJECT_free(oid);
	if (at < 0 || again >= 0)
		return none;
	value = X509_EXTENSION_get_data(X509_get_ext(cert, at));
	return (struct wv_bytes){ ASN1_STRING_get0_data(value),
				  (size_t)ASN1_STRING_length(value) };
}

/* DER INTEGER 0 to 255 in its shortest form: a leading zero from 0x80 on. */
static bool read_level(const X509 *cert, const char *suffix, uint8_t *out)
{
	struct wv_bytes e = extension(cert, suffix);
	struct cursor c = cursor_over(e.data, e.len);
	uint8_t tag = cursor_u8(&c), len = cursor_u8(&c);
	uint8_t lead = len == 2 ? cursor_u8(&c) : 0;

	*out = cursor_u8(&c);
	return cursor_done(&c) && tag == 0x02 && !lead &&
	       ((len == 1 && *out < 0x80) || (len == 2 && *out >= 0x80));
}

/* "Milan-B0" on a VCEK, "Milan" on a VLEK: the line counts, not the stepping. */
static int read_product(const X509 *cert)
{
	static const struct {
		const char *name;
		int product;
	} lines[] = {
		{ "Milan", WV_PRODUCT_MILAN },
		{ "Genoa", WV_PRODUCT_GENOA },
		{ "Turin", WV_PRODUCT_TURIN },
	};
	struct wv_bytes e = extension(cert, "2");
	size_t i, len;

	if (e.len < 2 || e.data[0] != 0x16 || e.data[1] != e.len - 2)
		return WV_PRODUCT_UNKNOWN;
	for (i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		len = strlen(lines[i].name);
		if (e.len - 2 >= len && !memcmp(e.data + 2, lines[i].name, len) &&
		    (e.len - 2 == len || e.data[2 + len] == '-'))
			return lines[i].product;
	}
	return WV_PRODUCT_UNKNOWN;
}

static bool read_tcb(const X509 *cert, int product, struct wv_tcb *tcb)
{
	tcb->fmc = 0;
	return read_level(cert, "3.1", &tcb->bootloader) && read_level(cert, "3.2", &tcb->tee) &&
	       read_level(cert, "3.3", &tcb->snp) && read_level(cert, "3.8", &tcb->microcode) &&
	       (product != WV_PRODUCT_TURIN || read_level(cert, "3.9", &tcb->fmc));
}

/* A VCEK carries a chip id (HWID), a VLEK the name of an operator (CSP_ID). */
static bool read_kind(const X509 *cert, struct cert_vek *out)
{
	struct wv_bytes chip = extension(cert, "4"), operator = extension(cert, "5");
	size_t want = out->product == WV_PRODUCT_TURIN ? CHIP_ID_LEN_TURIN : CHIP_ID_LEN;

	if (!chip.len == !operator.len)
		return false;
	out->kind = chip.len ? WV_VEK_VCEK : WV_VEK_VLEK;
	if (!chip.len)
		return true;
	if (chip.len != want)
		return false;
	memcpy(out->chip_id, chip.data, chip.len);
	out->chip_id_len = chip.len;
	return true;
}

int cert_vek_read(const X509 *cert, struct cert_vek *out, struct wv_fault *fault)
{
	memset(out, 0, sizeof(*out));
	out->product = read_product(cert);
	if (out->product == WV_PRODUCT_UNKNOWN)
		return fault_set(fault, WV_PRODUCT_MISMATCH, "VEK", -1,
				 "the product name in the certificate is none of Milan, Genoa, Turin");
	if (!read_tcb(cert, out->product, &out->tcb))
		return fault_set(fault, WV_CERTIFICATE_DAMAGED, "VEK", -1,
				 "a TCB extension is missing, repeated or malformed");
	if (!read_kind(cert, out))
		return fault_set(fault, WV_CERTIFICATE_DAMAGED, "VEK", -1,
				 "neither a chip id (VCEK) nor an operator (VLEK) of the right form");
	return WV_OK;
}
