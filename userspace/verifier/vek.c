// SPDX-License-Identifier: MIT
/*
 * Versioned endorsement keys: from a VCEK or VLEK certificate up to a trusted
 * root.
 */
#include <openssl/err.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

#include "cert.h"
#include "fault.h"
#include "roots.h"
#include "snp.h"
#include "vek.h"
#include "vek_key.h"
#include "when.h"

/**
 * struct search - what a chain is built from
 * @leaf: first certificate = the VEK
 * @pool: everything that may be its issuers
 */
struct search {
	struct cert_list leaf;
	struct cert_list pool;
};

static void search_clear(struct search *s)
{
	cert_list_clear(&s->leaf);
	cert_list_clear(&s->pool);
}

static struct wv_bytes table_vek(const struct snp_table *t, int kind)
{
	if (kind == WV_VEK_VLEK || (kind == VEK_ANY_KIND && !t->vcek.len))
		return t->vlek;
	return t->vcek;
}

static int collect(struct search *s, const struct wv_collateral *c, const struct snp_table *t,
		   int kind, struct wv_fault *fault)
{
	struct wv_bytes vek = c && c->vek.len ? c->vek : table_vek(t, kind);
	int rc = cert_list_add(&s->leaf, vek, "VEK", fault);

	if (!rc && c)
		rc = cert_list_add(&s->pool, c->intermediate, "ASK", fault);
	if (!rc && c)
		rc = cert_list_add(&s->pool, c->ark, "ARK", fault);
	if (!rc)
		rc = cert_list_add(&s->pool, t->ask, "aux.ASK", fault);
	if (!rc)
		rc = cert_list_add(&s->pool, t->ark, "aux.ARK", fault);
	if (!rc && !s->leaf.count)
		rc = fault_set(fault, WV_COLLATERAL_MISSING, "VEK", -1,
			       "no VCEK or VLEK certificate is at hand");
	return rc;
}

/*
 * The CA in @list that signed @cert; *named says that some carried the right
 * name at least.
 */
static X509 *issuer_in(const struct cert_list *list, X509 *cert, bool *named)
{
	const X509_NAME *want = X509_get_issuer_name(cert);
	size_t i;

	for (i = 0; i < list->count; i++) {
		X509 *candidate = list->certs[i];

		if (X509_NAME_cmp(X509_get_subject_name(candidate), want))
			continue;
		*named = true;
		if (cert_is_ca(candidate) && cert_signed_by(cert, candidate))
			return candidate;
	}
	return NULL;
}

static int find_issuer(const struct search *s, const struct wv_roots *roots, X509 *cert,
		       const char *field, X509 **out, struct wv_fault *fault)
{
	char name[128], issuer[128];
	bool named = false;

	*out = issuer_in(&s->pool, cert, &named);
	if (!*out)
		*out = issuer_in(roots_certs(roots), cert, &named);
	if (*out)
		return WV_OK;
	cert_common_name(X509_get_subject_name(cert), name, sizeof(name));
	cert_common_name(X509_get_issuer_name(cert), issuer, sizeof(issuer));
	if (named)
		return fault_set(fault, WV_CHAIN_INVALID, field, -1,
				 "'%s' is not signed by '%s' with RSA-4096-PSS, SHA-384, salt 48",
				 name, issuer);
	return fault_set(fault, WV_COLLATERAL_MISSING, field, -1,
			 "the issuer of '%s', '%s', is not at hand", name, issuer);
}

static int check_times(struct wv_vek *vek, X509 *cert, const char *field, int64_t now,
		       struct wv_fault *fault)
{
	char limit[WHEN_TEXT_LEN], asked[WHEN_TEXT_LEN];
	int64_t from, to;

	if (!cert_times(cert, &from, &to))
		return fault_set(fault, WV_CERTIFICATE_DAMAGED, field, -1,
				 "its validity cannot be read");
	when_text(now < from ? from : to, limit);
	when_text(now, asked);
	if (now < from)
		return fault_set(fault, WV_CERTIFICATE_NOT_YET, field, -1,
				 "valid from %s on, asked for %s", limit, asked);
	if (now > to)
		return fault_set(fault, WV_CERTIFICATE_EXPIRED, field, -1,
				 "valid until %s, asked for %s", limit, asked);
	if (from > vek->info.not_before)
		vek->info.not_before = from;
	if (to < vek->info.not_after)
		vek->info.not_after = to;
	return WV_OK;
}

static int check_anchor(struct wv_vek *vek, const struct wv_roots *roots, X509 *ark,
			struct wv_fault *fault)
{
	const struct anchor *a = roots_find(roots, ark);

	if (!a)
		return fault_set(fault, WV_CHAIN_UNTRUSTED, "ARK", -1,
				 "the key of '%s' is neither pinned nor named as a root",
				 vek->info.subject[2]);
	if (!cert_is_ca(ark) || !cert_signed_by(ark, ark))
		return fault_set(fault, WV_CHAIN_INVALID, "ARK", -1,
				 "'%s' is not a self-signed CA certificate",
				 vek->info.subject[2]);
	if (a->product && a->product != vek->info.product)
		return fault_set(fault, WV_PRODUCT_MISMATCH, "ARK", -1,
				 "the root is that of %s, the VEK is for %s",
				 wv_product_text(a->product), wv_product_text(vek->info.product));
	vek->info.named_root = a->named;
	vek->info.simulated = a->simulated;
	return WV_OK;
}

static int read_vek(struct wv_vek *vek, X509 *cert, int kind, struct wv_fault *fault)
{
	struct cert_vek c;
	int rc = cert_vek_read(cert, &c, fault);

	if (rc)
		return rc;
	if (kind != VEK_ANY_KIND && kind != c.kind)
		return fault_set(fault, WV_KEY_KIND_MISMATCH, "VEK", -1,
				 "the report is signed by a %s, the certificate is for a %s",
				 kind == WV_VEK_VLEK ? "VLEK" : "VCEK",
				 c.kind == WV_VEK_VLEK ? "VLEK" : "VCEK");
	vek->info.kind = c.kind;
	vek->info.product = c.product;
	vek->info.tcb = c.tcb;
	vek->info.has_chip_id = c.chip_id_len != 0;
	vek->info.chip_id_len = c.chip_id_len;
	memcpy(vek->info.chip_id, c.chip_id, sizeof(c.chip_id));
	vek->key = X509_get_pubkey(cert);
	if (!vek->key || !vek_key_usable(vek->key))
		return fault_set(fault, WV_CHAIN_INVALID, "VEK", -1,
				 "its key is not on the curve P-384");
	return WV_OK;
}

static int build(struct wv_vek *vek, const struct wv_roots *roots, const struct search *s,
		 int kind, int64_t now, struct wv_fault *fault)
{
	static const char *const fields[3] = { "VEK", "ASK", "ARK" };
	X509 *chain[3] = { s->leaf.certs[0], NULL, NULL };
	int rc, i;

	rc = find_issuer(s, roots, chain[0], fields[0], &chain[1], fault);
	if (!rc)
		rc = find_issuer(s, roots, chain[1], fields[1], &chain[2], fault);
	if (rc)
		return rc;
	for (i = 0; i < 3; i++)
		cert_common_name(X509_get_subject_name(chain[i]), vek->info.subject[i],
				 sizeof(vek->info.subject[i]));
	rc = read_vek(vek, chain[0], kind, fault);
	if (!rc)
		rc = check_anchor(vek, roots, chain[2], fault);
	for (i = 0; !rc && i < 3; i++)
		rc = check_times(vek, chain[i], fields[i], now, fault);
	return rc;
}

int vek_open(const struct wv_roots *roots, const struct wv_collateral *collateral,
	     struct wv_bytes table, int kind, int64_t now, struct wv_vek **out,
	     struct wv_fault *fault)
{
	struct wv_vek *vek = calloc(1, sizeof(*vek));
	struct search search = { 0 };
	struct snp_table entries;
	int rc;

	*out = NULL;
	fault_clear(fault);
	if (!vek)
		return fault_set(fault, WV_NO_MEMORY, "VEK", -1, "no memory");
	vek->info.not_before = INT64_MIN;
	vek->info.not_after = INT64_MAX;
	ERR_set_mark();
	rc = snp_table_parse(table, &entries, fault);
	if (!rc)
		rc = collect(&search, collateral, &entries, kind, fault);
	if (!rc)
		rc = build(vek, roots, &search, kind, now, fault);
	search_clear(&search);
	ERR_pop_to_mark();
	if (rc)
		wv_vek_free(vek);
	else
		*out = vek;
	return rc;
}

int wv_vek_open(const struct wv_roots *roots, const struct wv_collateral *collateral,
		struct wv_bytes table, int64_t now, struct wv_vek **out, struct wv_fault *fault)
{
	return vek_open(roots, collateral, table, VEK_ANY_KIND, now, out, fault);
}

void wv_vek_free(struct wv_vek *vek)
{
	if (!vek)
		return;
	EVP_PKEY_free(vek->key);
	free(vek);
}

void wv_vek_info(const struct wv_vek *vek, struct wv_vek_info *out)
{
	*out = vek->info;
}
