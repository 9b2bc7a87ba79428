// SPDX-License-Identifier: MIT
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <string.h>

#include "fetch_amd.h"
#include "fetch_amd_check.h"
#include "fetch_pool.h"
#include "infile.h"

static bool no(char *why, const char *text)
{
	snprintf(why, FETCH_WHY, "%s", text);
	return false;
}

static bool by_library(const struct wv_fault *fault, char *why)
{
	char text[sizeof(fault->text)];

	fetch_printable(text, sizeof(text), fault->text);
	snprintf(why, FETCH_WHY, "%s: %s: %s", wv_reason_text(fault->reason), fault->field, text);
	return false;
}

/* A body put into its own form; false = no memory. */
static bool replace(struct fetch_item *it, struct wv_bytes body)
{
	if (!body.data)
		return false;
	infile_free(&it->body);
	it->body = body;
	return true;
}

bool fetch_is_vek(const X509 *cert)
{
	static const char *const ids[] = { "1.3.6.1.4.1.3704.1.4", "1.3.6.1.4.1.3704.1.5" };
	bool found = false;
	size_t i;

	for (i = 0; !found && i < 2; i++) {
		ASN1_OBJECT *oid = OBJ_txt2obj(ids[i], 1);

		found = oid && X509_get_ext_by_OBJ(cert, oid, -1) >= 0;
		ASN1_OBJECT_free(oid);
	}
	return found;
}

static bool trusted(struct fetch *f, X509 *ark, int product, char *why)
{
	struct wv_bytes der = fetch_cert_bytes(ark, false);
	struct wv_fault fault;
	int rc = der.data ? wv_roots_check(f->roots, &der, WV_VENDOR_AMD, product, &fault) :
			    WV_NO_MEMORY;

	infile_free(&der);
	if (!rc)
		return true;
	return rc == WV_NO_MEMORY ? no(why, "no memory") : by_library(&fault, why);
}

/* AMD's ASVK says VLEK in its name ("SEV-VLEK-Milan"), its ASK doesn't ("SEV-Milan"). */
static bool on_side(X509 *cert, bool vlek)
{
	char name[128];

	fetch_name(X509_get_subject_name(cert), name, sizeof(name));
	return (strstr(name, "VLEK") != NULL) == vlek;
}

static bool self_issued(X509 *cert)
{
	return X509_check_ca(cert) == 1 &&
	       !X509_NAME_cmp(X509_get_issuer_name(cert), X509_get_subject_name(cert));
}

/* Signatures last: whoever answers could have a hundred of them tried, by any key. */
static X509 *find_ark(struct fetch *f, const struct fetch_pool *p, int product, char *why)
{
	size_t i;

	no(why, "there is no self-signed CA certificate in it");
	for (i = 0; i < p->count; i++) {
		X509 *cert = p->certs[i];

		if (!self_issued(cert) || !trusted(f, cert, product, why))
			continue;
		if (!fetch_valid(cert, f->now))
			no(why, "the ARK is expired, or not valid yet");
		else if (!fetch_self_signed(cert))
			no(why, "the ARK's signature is not its own");
		else
			return cert;
	}
	return NULL;
}

static X509 *find_intermediate(struct fetch *f, const struct fetch_pool *p, X509 *ark, bool vlek)
{
	struct fetch_pool one = { 1, { ark } };
	size_t i;

	for (i = 0; i < p->count; i++)
		if (p->certs[i] != ark && !fetch_self_signed(p->certs[i]) &&
		    X509_check_ca(p->certs[i]) == 1 && fetch_valid(p->certs[i], f->now) &&
		    on_side(p->certs[i], vlek) && fetch_pool_issuer(&one, p->certs[i], f->now))
			return p->certs[i];
	return NULL;
}

bool fetch_check_ca(struct fetch *f, struct fetch_item *it, char *why)
{
	const struct fetch_amd *w = it->want;
	struct fetch_pool pool = { 0 };
	X509 *ark, *intermediate = NULL;
	bool ok = false;

	fetch_pool_add(&pool, it->body);
	ark = find_ark(f, &pool, w->product, why);
	if (ark) {
		intermediate = find_intermediate(f, &pool, ark, w->vlek);
		if (!intermediate)
			snprintf(why, FETCH_WHY, "there is no valid %s in it that the ARK signed",
				 w->vlek ? "ASVK" : "ASK");
	}
	if (intermediate)
		ok = replace(it, fetch_pems(intermediate, ark)) || no(why, "no memory");
	fetch_pool_clear(&pool);
	return ok;
}

bool fetch_amd_pair(struct wv_bytes ca, X509 **intermediate, X509 **ark)
{
	struct fetch_pool pool = { 0 };

	if (fetch_pool_add(&pool, ca) != 2) {
		fetch_pool_clear(&pool);
		return false;
	}
	*intermediate = pool.certs[0];
	*ark = pool.certs[1];
	return true;
}

static bool same_tcb(const struct wv_tcb *a, const struct wv_tcb *b)
{
	return a->fmc == b->fmc && a->bootloader == b->bootloader && a->tee == b->tee &&
	       a->snp == b->snp && a->microcode == b->microcode;
}

static bool as_asked(const struct fetch_amd *w, const struct wv_vek_info *v, char *why)
{
	if (v->kind != WV_VEK_VCEK)
		return no(why, "it is a VLEK certificate");
	if (v->product != w->product) {
		snprintf(why, FETCH_WHY, "it is of %s, not of %s", wv_product_text(v->product),
			 wv_product_text(w->product));
		return false;
	}
	if (v->chip_id_len != w->chip_len || memcmp(v->chip_id, w->chip, w->chip_len))
		return no(why, "it is of another chip");
	if (same_tcb(&v->tcb, &w->tcb))
		return true;
	snprintf(why, FETCH_WHY, "it is of another TCB: fmc %u bl %u tee %u snp %u ucode %u",
		 v->tcb.fmc, v->tcb.bootloader, v->tcb.tee, v->tcb.snp, v->tcb.microcode);
	return false;
}

bool fetch_check_vcek(struct fetch *f, struct fetch_item *it, char *why)
{
	const struct fetch_amd *w = it->want;
	const struct wv_collateral c = { .vek = it->body, .intermediate = w->ca };
	struct wv_bytes none = { NULL, 0 };
	struct wv_vek_info info;
	struct wv_fault fault;
	struct wv_vek *vek;
	X509 *cert = fetch_cert(it->body);
	bool ok;

	if (!cert)
		return no(why, "it is not one certificate");
	ok = !wv_vek_open(f->roots, &c, none, f->now, &vek, &fault) || by_library(&fault, why);
	if (ok) {
		wv_vek_info(vek, &info);
		wv_vek_free(vek);
		ok = as_asked(w, &info, why) &&
		     (replace(it, fetch_cert_bytes(cert, false)) || no(why, "no memory"));
	}
	X509_free(cert);
	return ok;
}

bool fetch_check_amd_crl(struct fetch *f, struct fetch_item *it, char *why)
{
	const struct fetch_amd *w = it->want;
	X509_CRL *crl = fetch_crl(it->body);
	X509 *intermediate = NULL, *ark = NULL;
	bool ok = crl || no(why, "it is not a revocation list");

	ok = ok && (fetch_amd_pair(w->ca, &intermediate, &ark) || no(why, "no memory")) &&
	     fetch_crl_check(crl, ark, f->now, &it->next_update, why) &&
	     (replace(it, fetch_crl_bytes(crl, false)) || no(why, "no memory"));
	X509_CRL_free(crl);
	X509_free(intermediate);
	X509_free(ark);
	return ok;
}
