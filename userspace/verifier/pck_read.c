// SPDX-License-Identifier: MIT
/*
 * What a PCK certificate says of its platform: Intel SGX PCK Certificate and CRL
 * Profile Specification, section 1.3.5.
 */
#include <openssl/objects.h>
#include <string.h>

#include "der.h"
#include "fault.h"
#include "pck.h"

#define SGX_ARC "1.2.840.113741.1.13.1"

/* 1.2.840.113741.1.13.1 as contents of an OBJECT IDENTIFIER. */
static const uint8_t arc[] = { 0x2a, 0x86, 0x48, 0x86, 0xf8, 0x4d, 0x01, 0x0d, 0x01 };

/* Number of a member: SGX_ARC.n or, below one, SGX_ARC.under.n; 0 = none of them. */
static unsigned int member(struct cursor *c, unsigned int under)
{
	struct cursor oid = der_next(c, DER_OID);
	const uint8_t *head = cursor_take(&oid, sizeof(arc));
	unsigned int n;

	if (!head || memcmp(head, arc, sizeof(arc)) || (under && cursor_u8(&oid) != under))
		return 0;
	n = cursor_u8(&oid);
	return cursor_done(&oid) && n < 0x80 ? n : 0;
}

static void octets(struct cursor *c, void *out, size_t len)
{
	struct cursor in = der_next(c, DER_OCTETS);

	cursor_copy(&in, out, len);
	if (!cursor_done(&in))
		c->failed = true;
}

static uint32_t number(struct cursor *c, uint8_t tag, uint32_t max)
{
	uint32_t v = der_number(c, tag);

	if (v > max)
		c->failed = true;
	return v;
}

/* One SEQUENCE { OID, value } of the TCB: 1 to 16 components, 17 PCESVN, 18 CPUSVN. */
static unsigned int read_level(struct cursor *tcb, struct wv_pck *out)
{
	struct cursor pair = der_next(tcb, DER_SEQUENCE);
	unsigned int n = member(&pair, 2);

	if (n >= 1 && n <= 16)
		out->components[n - 1] = (uint8_t)number(&pair, DER_INTEGER, UINT8_MAX);
	else if (n == 17)
		out->pce_svn = (uint16_t)number(&pair, DER_INTEGER, UINT16_MAX);
	else if (n == 18)
		octets(&pair, out->cpu_svn, sizeof(out->cpu_svn));
	else
		pair.failed = true;
	return cursor_done(&pair) ? n : 0;
}

static bool read_tcb(struct cursor *c, struct wv_pck *out)
{
	struct cursor tcb = der_next(c, DER_SEQUENCE);
	uint32_t seen = 0;

	while (cursor_left(&tcb)) {
		unsigned int n = read_level(&tcb, out);

		if (!n || seen & 1u << n)
			return false;
		seen |= 1u << n;
	}
	return cursor_done(&tcb) && seen == 0x7fffe;
}

/* One SEQUENCE { OID, value }; those that platforms have beside these are passed over. */
static bool read_member(struct cursor *list, struct wv_pck *out, uint32_t *seen)
{
	struct cursor pair = der_next(list, DER_SEQUENCE);
	unsigned int n = member(&pair, 0);
	bool tcb = true;

	if (n == 1)
		octets(&pair, out->ppid, sizeof(out->ppid));
	else if (n == 2)
		tcb = read_tcb(&pair, out);
	else if (n == 3)
		octets(&pair, out->pce_id, sizeof(out->pce_id));
	else if (n == 4)
		octets(&pair, out->fmspc, sizeof(out->fmspc));
	else if (n == 5)
		out->sgx_type = (int)number(&pair, DER_ENUMERATED, WV_SGX_SCALABLE_INTEGRITY);
	else
		cursor_skip(&pair, cursor_left(&pair));
	if (!tcb || !n || n > 31 || *seen & 1u << n)
		return false;
	*seen |= 1u << n;
	return cursor_done(&pair);
}

static bool read_extension(const ASN1_OCTET_STRING *value, struct wv_pck *out)
{
	struct cursor c = cursor_over(ASN1_STRING_get0_data(value),
				      (size_t)ASN1_STRING_length(value));
	struct cursor list = der_next(&c, DER_SEQUENCE);
	uint32_t seen = 0;

	while (cursor_left(&list))
		if (!read_member(&list, out, &seen))
			return false;
	return cursor_done(&list) && cursor_done(&c) && (seen & 0x3e) == 0x3e;
}

int pck_read(const X509 *cert, struct wv_pck *out, struct wv_fault *fault)
{
	ASN1_OBJECT *oid = OBJ_txt2obj(SGX_ARC, 1);
	int at, again;

	if (!oid)
		return fault_set(fault, WV_NO_MEMORY, "PCK", -1, "no memory");
	at = X509_get_ext_by_OBJ(cert, oid, -1);
	again = at < 0 ? -1 : X509_get_ext_by_OBJ(cert, oid, at);
	ASN1_OBJECT_free(oid);
	if (at < 0 || again >= 0)
		return fault_set(fault, WV_CERTIFICATE_DAMAGED, "PCK", -1,
				 "the certificate %s", at < 0 ?
					 "does not say of what platform it is (no extension " SGX_ARC ")" :
					 "speaks of its platform twice");
	if (!read_extension(X509_EXTENSION_get_data(X509_get_ext(cert, at)), out))
		return fault_set(fault, WV_CERTIFICATE_DAMAGED, "PCK", -1,
				 "what it says of its platform (" SGX_ARC ") is incomplete or malformed");
	return WV_OK;
}
