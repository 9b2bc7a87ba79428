// SPDX-License-Identifier: MIT
/*
 * Trust anchors. A chain is trusted for the key that it ends at, never for the
 * names in it: anybody can write AMD's names into a certificate.
 */
#include <openssl/err.h>
#include <stdlib.h>
#include <string.h>

#include "fault.h"
#include "roots.h"

#define NAMED_MAX CERT_LIST_MAX

struct wv_roots {
	size_t count;
	struct anchor anchors[3 + NAMED_MAX];
	struct cert_list named;
};

/*
 * SHA-256 over the DER SubjectPublicKeyInfo of AMD's root keys, from the ARK
 * certificates that https://kdsintf.amd.com/vcek/v1/{Milan,Genoa,Turin}/cert_chain
 * serves; the same keys stand in .../vlek/v1/.../cert_chain. To check one:
 * openssl x509 -in ark.pem -noout -pubkey | openssl pkey -pubin -outform DER | sha256sum
 */
static const struct anchor amd_roots[] = {
	{ /* ARK-Milan */
	  .spki = { 0x9f, 0x05, 0x6b, 0xee, 0x44, 0x37, 0x7e, 0x29, 0x30, 0x8c, 0xb5,
		    0xff, 0xa8, 0x95, 0xbd, 0xfb, 0x62, 0xd1, 0x88, 0x81, 0xfa, 0x6b,
		    0xed, 0x8d, 0x6f, 0x07, 0x5b, 0x02, 0x04, 0x08, 0x9c, 0xb9 },
	  .product = WV_PRODUCT_MILAN },
	{ /* ARK-Genoa */
	  .spki = { 0x42, 0x9a, 0x69, 0xc9, 0x42, 0x2a, 0xa2, 0x58, 0xee, 0x4d, 0x8d,
		    0xb5, 0xfc, 0xda, 0x9c, 0x64, 0x70, 0xef, 0x15, 0xf8, 0xcd, 0x5a,
		    0x9c, 0xeb, 0xd6, 0xcb, 0xc7, 0xd9, 0x0b, 0x86, 0x38, 0x31 },
	  .product = WV_PRODUCT_GENOA },
	{ /* ARK-Turin */
	  .spki = { 0x4f, 0x12, 0x54, 0x10, 0x56, 0x3a, 0x2a, 0xb9, 0xa5, 0x03, 0x56,
		    0xf9, 0x24, 0x3f, 0x6f, 0xe0, 0xb6, 0xf7, 0x3d, 0xe9, 0x86, 0x03,
		    0xf5, 0x3f, 0x90, 0x33, 0x9c, 0x70, 0xe9, 0xd7, 0xad, 0x08 },
	  .product = WV_PRODUCT_TURIN },
};

#define AMD_ROOTS (sizeof(amd_roots) / sizeof(amd_roots[0]))

struct wv_roots *wv_roots_new(void)
{
	struct wv_roots *r = calloc(1, sizeof(*r));

	if (!r)
		return NULL;
	memcpy(r->anchors, amd_roots, sizeof(amd_roots));
	r->count = AMD_ROOTS;
	return r;
}

void wv_roots_free(struct wv_roots *roots)
{
	if (!roots)
		return;
	cert_list_clear(&roots->named);
	free(roots);
}

static int add_anchor(struct wv_roots *roots, X509 *cert, struct wv_fault *fault)
{
	struct anchor a = { .named = 1 };
	char name[128];

	cert_common_name(X509_get_subject_name(cert), name, sizeof(name));
	a.simulated = strstr(name, "SIMULATED") != NULL;
	if (!cert_spki_digest(cert, a.spki))
		return fault_set(fault, WV_CERTIFICATE_DAMAGED, "root", -1,
				 "the certificate's public key cannot be read");
	if (!roots_find(roots, cert))
		roots->anchors[roots->count++] = a;
	return WV_OK;
}

int wv_roots_add(struct wv_roots *roots, struct wv_bytes cert, struct wv_fault *fault)
{
	size_t before = roots->named.count;
	int rc;

	fault_clear(fault);
	ERR_set_mark();
	rc = cert_list_add(&roots->named, cert, "root", fault);
	if (!rc && roots->named.count != before + 1)
		rc = fault_set(fault, WV_CERTIFICATE_DAMAGED, "root", -1,
			       "one certificate is expected, not %zu", roots->named.count - before);
	if (!rc)
		rc = add_anchor(roots, roots->named.certs[before], fault);
	while (rc && roots->named.count > before)
		X509_free(roots->named.certs[--roots->named.count]);
	ERR_pop_to_mark();
	return rc;
}

const struct anchor *roots_find(const struct wv_roots *roots, const X509 *cert)
{
	uint8_t spki[32];
	size_t i;

	if (!cert_spki_digest(cert, spki))
		return NULL;
	for (i = 0; i < roots->count; i++)
		if (!memcmp(roots->anchors[i].spki, spki, sizeof(spki)))
			return &roots->anchors[i];
	return NULL;
}

const struct cert_list *roots_certs(const struct wv_roots *roots)
{
	return &roots->named;
}
