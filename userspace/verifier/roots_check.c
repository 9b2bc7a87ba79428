// SPDX-License-Identifier: MIT
/* Whether a root certificate that came along is one that is trusted. */
#include <openssl/err.h>

#include "fault.h"
#include "roots.h"

_Static_assert((int)WV_VENDOR_AMD == (int)VENDOR_AMD && (int)WV_VENDOR_INTEL == (int)VENDOR_INTEL &&
	       (int)WV_VENDOR_AWS == (int)VENDOR_AWS &&
	       (int)WV_VENDOR_NVIDIA == (int)VENDOR_NVIDIA, "one list of vendors");

static int check(const struct wv_roots *roots, X509 *cert, int vendor, int product,
		 struct wv_fault *fault)
{
	const struct anchor *a = roots_find(roots, cert, (enum vendor)vendor);
	char name[128];

	cert_common_name(X509_get_subject_name(cert), name, sizeof(name));
	if (!a)
		return fault_set(fault, WV_CHAIN_UNTRUSTED, "root", -1,
				 "the key of '%s' is neither pinned nor named as a root", name);
	if (a->product && product && a->product != product)
		return fault_set(fault, WV_PRODUCT_MISMATCH, "root", -1,
				 "'%s' is the root of %s, not of %s", name,
				 wv_product_text(a->product), wv_product_text(product));
	return fault_clear(fault);
}

int wv_roots_check(const struct wv_roots *roots, const struct wv_bytes *cert, int vendor,
		   int product, struct wv_fault *fault)
{
	struct cert_list list = { 0 };
	int rc;

	fault_clear(fault);
	ERR_set_mark();
	rc = cert_list_add(&list, *cert, "root", fault);
	if (!rc && list.count != 1)
		rc = fault_set(fault, WV_CERTIFICATE_DAMAGED, "root", -1,
			       "one certificate is expected, not %zu", list.count);
	if (!rc)
		rc = check(roots, list.certs[0], vendor, product, fault);
	cert_list_clear(&list);
	ERR_pop_to_mark();
	return rc;
}
