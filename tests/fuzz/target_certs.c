// SPDX-License-Identifier: MIT
/* Certificates, PEM or DER: as a root that is named, and as collateral. */
#include <openssl/x509.h>
#include <string.h>

#include "cert.h"
#include "fuzz.h"
#include "gpu.h"
#include "pck.h"

/* What vendors write into their leaves. */
static void leaf(struct wv_bytes in)
{
	const uint8_t *p = in.data;
	X509 *cert = in.len ? d2i_X509(NULL, &p, (long)in.len) : NULL;
	static struct wv_gpu gpu;
	struct cert_vek vek;
	struct wv_pck pck;
	struct wv_fault fault = { .reason = WV_OK };

	memset(&gpu, 0, sizeof(gpu));
	gpu.has_fwid = 1;
	memset(gpu.fwid, 0xf1, sizeof(gpu.fwid));	/* as gpu_make.h has it */
	if (cert) {
		fuzz_refusal(cert_vek_read(cert, &vek, &fault), &fault);
		fault.reason = WV_OK;
		fuzz_refusal(pck_read(cert, &pck, &fault), &fault);
		fault.reason = WV_OK;	/* they fill it in, and clear it not */
		fuzz_refusal(gpu_read_leaf(cert, &gpu, &fault), &fault);
	}
	X509_free(cert);
}

int fuzz_one(struct wv_bytes in)
{
	struct wv_bytes none = { NULL, 0 };
	struct wv_roots *roots = wv_roots_new();
	struct wv_collateral c = { .vek = in, .intermediate = in, .ark = in };
	struct wv_vek *vek = NULL;
	struct wv_fault fault;
	int rc = WV_NO_MEMORY;

	if (roots)
		rc = fuzz_refusal(wv_roots_add(roots, in, &fault), &fault);
	leaf(in);
	if (roots)
		wv_vek_open(roots, &c, none, FUZZ_NOW, &vek, &fault);
	wv_vek_free(vek);
	wv_roots_free(roots);
	return rc;
}
