// SPDX-License-Identifier: MIT
/*
 * What the certificate of a GPU's key says: TCG DICE Attestation Architecture 1.1
 * section 6.1, and DSP0274's name of a device. Hopper has a composite device id of an
 * older day under the parent's OID, whose last bytes are the digest; from Blackwell on
 * it is DiceTcbInfo.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE	/* memrchr */
#endif
#include <openssl/objects.h>
#include <openssl/x509v3.h>
#include <string.h>

#include "cert.h"
#include "der.h"
#include "fault.h"
#include "gpu.h"

#define OID_DICE	"2.23.133.5.4.1"
#define OID_TCB_INFO	"2.23.133.5.4.1.1"
#define OID_DEVICE	"1.3.6.1.4.1.412.274.1"	/* id-DMTF-device-info */
#define FWIDS		0xa6			/* [6] of DiceTcbInfo */

/* The element's contents, whatever its tag, which must be of one byte. */
static uint8_t any(struct cursor *c, struct cursor *in)
{
	uint8_t tag = cursor_u8(c);
	size_t len = der_length(c);
	const uint8_t *p = cursor_take(c, len);

	*in = cursor_over(p, p ? len : 0);
	if (!p || (tag & 0x1f) == 0x1f)
		c->failed = true;
	return tag;
}

/* The first FWID: SEQUENCE of an OID and the digest. */
static bool first_fwid(struct cursor fwids, uint8_t out[48])
{
	struct cursor fwid = der_next(&fwids, DER_SEQUENCE), digest;

	der_next(&fwid, DER_OID);
	digest = der_next(&fwid, DER_OCTETS);
	cursor_copy(&digest, out, 48);
	return cursor_done(&digest) && cursor_done(&fwid);
}

static bool tcb_info_fwid(const uint8_t *p, size_t len, uint8_t out[48])
{
	struct cursor c = cursor_over(p, len), info = der_next(&c, DER_SEQUENCE), in;

	while (cursor_left(&info) && cursor_ok(&info))
		if (any(&info, &in) == FWIDS && cursor_ok(&info))
			return cursor_done(&c) && first_fwid(in, out);
	return false;
}

/* @found: there is such an extension; false = it cannot be read */
static bool leaf_fwid(X509 *leaf, uint8_t out[48], bool *found)
{
	char oid[32];
	int i;

	*found = false;
	for (i = 0; i < X509_get_ext_count(leaf); i++) {
		X509_EXTENSION *e = X509_get_ext(leaf, i);
		const ASN1_OCTET_STRING *v = X509_EXTENSION_get_data(e);
		const uint8_t *p = ASN1_STRING_get0_data(v);
		size_t len = (size_t)ASN1_STRING_length(v);

		if (OBJ_obj2txt(oid, sizeof(oid), X509_EXTENSION_get_object(e), 1) <= 0)
			continue;
		*found = !strcmp(oid, OID_DICE) || !strcmp(oid, OID_TCB_INFO);
		if (*found && !strcmp(oid, OID_TCB_INFO))
			return tcb_info_fwid(p, len, out);
		if (*found && len >= 48)
			memcpy(out, p + len - 48, 48);
		if (*found)
			return len >= 48;
	}
	return true;
}

static int check_fwid(X509 *leaf, const struct wv_gpu *g, struct wv_fault *fault)
{
	uint8_t fwid[48];
	bool found;

	if (!g->has_fwid)
		return WV_OK;
	if (!leaf_fwid(leaf, fwid, &found))
		return fault_set(fault, WV_CERTIFICATE_DAMAGED, "gpu.leaf", -1,
				 "its firmware's digest cannot be read");
	if (found && !memcmp(fwid, g->fwid, sizeof(fwid)))
		return WV_OK;
	return fault_set(fault, WV_FWID_MISMATCH, "gpu.opaque.fwid", -1,
			 found ? "the certificate was issued for a key of other firmware" :
				 "the certificate names no firmware");
}

#define NO_SUCH_EXTENSION (-1)

/* "NVIDIA:GH100:48B02D92494BADF4": the last part is the device's. */
static int read_device(X509 *leaf, char out[WV_GPU_TEXT], struct wv_fault *fault)
{
	int has, i;
	GENERAL_NAMES *names = X509_get_ext_d2i(leaf, NID_subject_alt_name, &has, NULL);
	char oid[32];

	if (!names && has != NO_SUCH_EXTENSION)
		return fault_set(fault, WV_CERTIFICATE_DAMAGED, "gpu.leaf", -1,
				 "the names of its device cannot be read");

	for (i = 0; i < sk_GENERAL_NAME_num(names); i++) {
		const GENERAL_NAME *n = sk_GENERAL_NAME_value(names, i);
		const ASN1_STRING *s;
		const char *text, *colon;
		size_t len;

		if (n->type != GEN_OTHERNAME || n->d.otherName->value->type != V_ASN1_UTF8STRING ||
		    OBJ_obj2txt(oid, sizeof(oid), n->d.otherName->type_id, 1) <= 0 ||
		    strcmp(oid, OID_DEVICE))
			continue;
		s = n->d.otherName->value->value.utf8string;
		text = (const char *)ASN1_STRING_get0_data(s);
		len = (size_t)ASN1_STRING_length(s);
		colon = memrchr(text, ':', len);
		len = colon ? len - (size_t)(colon + 1 - text) : 0;
		if (len && len < WV_GPU_TEXT && strspn(colon + 1, "0123456789ABCDEFabcdef") >= len)
			memcpy(out, colon + 1, len);
	}
	GENERAL_NAMES_free(names);
	return WV_OK;
}

/* "GH100 A01 GSP FMC LF": chip, stepping, and what signs. */
static void read_chip(X509 *leaf, struct wv_gpu *out)
{
	static const struct {
		const char *prefix, *arch;
	} archs[] = { { "GH", "hopper" }, { "GB", "blackwell" } };
	char name[128];
	size_t len, i;

	cert_common_name(X509_get_subject_name(leaf), name, sizeof(name));
	len = strcspn(name, " ");
	if (len >= WV_GPU_TEXT)
		len = WV_GPU_TEXT - 1;
	memcpy(out->chip, name, len);
	strcpy(out->arch, "unknown");
	for (i = 0; i < sizeof(archs) / sizeof(archs[0]); i++)
		if (!strncmp(out->chip, archs[i].prefix, 2))
			strcpy(out->arch, archs[i].arch);
}

int gpu_read_leaf(X509 *leaf, struct wv_gpu *out, struct wv_fault *fault)
{
	read_chip(leaf, out);
	return read_device(leaf, out->device_id, fault) ?: check_fwid(leaf, out, fault);
}
