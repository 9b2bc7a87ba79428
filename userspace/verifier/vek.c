// SPDX-License-Identifier: MIT
/*
 * Versioned endorsement keys: from a VCEK or VLEK certificate up to a trusted
 * root.
 */
#include <openssl/err.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

#include "crl.h"
#include "fault.h"
#include "roots.h"
#include "snp.h"
#include "vek.h"
#include "vek_key.h"
#include "when.h"

#define SOURCES 4

/**
 * struct search - what a chain is built from. Parsing a certificate costs more than a
 *	signature: each is read when the ones before it did not do
 * @collateral: the caller's; may be NULL
 * @leaf: first certificate = the VEK
 * @sources, @next: files that may hold its issuers, and the first that was not read
 * @pool: the certificates that were
 * @store, @opened: the caller's further files, likewise
 */
struct search {
	const struct wv_collateral *collateral;
	struct cert_list leaf;
	struct {
		struct wv_bytes bytes;
		const char *field;
	} sources[SOURCES];
	size_t next;
	struct cert_list pool;
	struct store store;
	bool opened;
};

static void search_clear(struct search *s)
{
	cert_list_clear(&s->leaf);
	cert_list_clear(&s->pool);
	if (s->opened)
		store_clear(&s->store);
}

static int open_store(struct search *s, struct wv_fault *fault)
{
	if (s->opened || !s->collateral || !s->collateral->item_count)
		return WV_OK;
	s->opened = true;
	return store_open(&s->store, s->collateral, NULL, fault);
}

static struct wv_bytes table_vek(const struct snp_table *t, int kind)
{
	if (kind == WV_VEK_VLEK || (kind == VEK_ANY_KIND && !t->vcek.len))
		return t->vlek;
	return t->vcek;
}

static void add_source(struct search *s, size_t at, struct wv_bytes bytes, const char *field)
{
	s->sources[at].bytes = bytes;
	s->sources[at].field = field;
}

/* The caller's files come before those of the evidence. */
static int collect(struct search *s, const struct snp_table *t, int kind, struct wv_fault *fault)
{
	const struct wv_collateral *c = s->collateral;
	struct wv_bytes vek = c && c->vek.len ? c->vek : table_vek(t, kind);
	int rc = cert_list_add(&s->leaf, vek, "VEK", fault);

	if (c)
		add_source(s, 0, c->intermediate, "ASK");
	if (c)
		add_source(s, 1, c->ark, "ARK");
	add_source(s, 2, t->ask, "aux.ASK");
	add_source(s, 3, t->ark, "aux.ARK");
	return rc;
}

/*
 * The CA among @certs from @from on that signed @cert; *named says that some carried the
 * right name at least.
 */
static X509 *issuer_in(X509 *const *certs, size_t from, size_t count, X509 *cert, bool *named)
{
	const X509_NAME *want = X509_get_issuer_name(cert);
	size_t i;

	for (i = from; i < count; i++) {
		if (X509_NAME_cmp(X509_get_subject_name(certs[i]), want))
			continue;
		*named = true;
		if (cert_is_ca(certs[i]) && cert_signed_by(cert, certs[i]))
			return certs[i];
	}
	return NULL;
}

/* In what was read, then in one source after the other. */
static int issuer_at_hand(struct search *s, X509 *cert, bool *named, X509 **out,
			  struct wv_fault *fault)
{
	size_t from = 0;
	int rc = WV_OK;

	for (;;) {
		*out = issuer_in(s->pool.certs, from, s->pool.count, cert, named);
		if (*out || rc || s->next == SOURCES)
			return rc;
		from = s->pool.count;
		rc = cert_list_add(&s->pool, s->sources[s->next].bytes,
				   s->sources[s->next].field, fault);
		s->next++;
	}
}

static int issuer_elsewhere(struct search *s, const struct wv_roots *roots, X509 *cert,
			    bool *named, X509 **out, struct wv_fault *fault)
{
	const struct cert_list *list = roots_certs(roots);
	int rc;

	*out = issuer_in(list->certs, 0, list->count, cert, named);
	if (*out)
		return WV_OK;
	rc = open_store(s, fault);
	if (!rc)
		*out = issuer_in(s->store.certs, 0, s->store.cert_count, cert, named);
	return rc;
}

static int find_issuer(struct search *s, const struct wv_roots *roots, X509 *cert,
		       const char *field, X509 **out, struct wv_fault *fault)
{
	char name[128], issuer[128];
	bool named = false;
	int rc = issuer_at_hand(s, cert, &named, out, fault);

	if (!rc && !*out)
		rc = issuer_elsewhere(s, roots, cert, &named, out, fault);
	if (rc || *out)
		return rc;
	cert_common_name(X509_get_subject_name(cert), name, sizeof(name));
	cert_common_name(X509_get_issuer_name(cert), issuer, sizeof(issuer));
	if (named)
		return fault_set(fault, WV_CHAIN_INVALID, field, -1,
				 "'%s' is not signed by '%s' with RSA-4096-PSS, SHA-384, salt 48",
				 name, issuer);
	return fault_set(fault, WV_COLLATERAL_MISSING, field, -1,
			 "the issuer of '%s', '%s', is not at hand", name, issuer);
}

static int check_anchor(struct wv_vek *vek, const struct wv_roots *roots, X509 *ark,
			struct wv_fault *fault)
{
	const struct anchor *a = roots_find(roots, ark, VENDOR_AMD);

	if (!a)
		return fault_set(fault, WV_CHAIN_UNTRUSTED, "ARK", -1,
				 "the key of '%s' is neither pinned nor named as a root",
				 vek->info.subject[2]);
	if (!roots_known(a, ark) &&
	    (!cert_is_ca(ark) || !cert_is_self_issued(ark) || !cert_signed_by(ark, ark)))
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
	if (!cert_is_leaf(cert))
		return fault_set(fault, WV_CHAIN_INVALID, "VEK", -1,
				 "'%s' is the certificate of a CA, which signs no reports",
				 vek->info.subject[0]);
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

/* AMD's roots publish which of their ASKs and ASVKs are revoked, and nothing of VEKs. */
static int check_revoked(struct wv_vek *vek, struct search *s, X509 *ask, X509 *ark,
			 int64_t now, struct wv_fault *fault)
{
	struct crl_query q = { .cert = ask, .issuer = ark, .form = CERT_AMD, .now = now,
			       .field = "ASK" };
	bool checked = false;
	int rc = open_store(s, fault);

	if (!rc && s->opened)
		rc = crl_check(&s->store, &q, &checked, fault);
	vek->info.crl_checked = checked;
	return rc;
}

static int build(struct wv_vek *vek, const struct wv_roots *roots, struct search *s,
		 X509 *leaf, int kind, int64_t now, struct wv_fault *fault)
{
	static const char fields[3][4] = { "VEK", "ASK", "ARK" };
	X509 *chain[3] = { leaf, NULL, NULL };
	int rc, i;

	EVP_PKEY_free(vek->key);
	*vek = (struct wv_vek){ .info = { .not_before = INT64_MIN, .not_after = INT64_MAX } };

	rc = find_issuer(s, roots, chain[0], fields[0], &chain[1], fault);
	if (!rc)
		rc = find_issuer(s, roots, chain[1], fields[1], &chain[2], fault);
	if (rc)
		return rc;
	for (i = 0; i < 3; i++)
		cert_common_name(X509_get_subject_name(chain[i]), vek->info.subject[i],
				 sizeof(vek->info.subject[i]));
	for (i = 0; i < 3; i++)
		if (!cert_understood(chain[i]))
			return fault_set(fault, WV_CHAIN_INVALID, fields[i], -1,
					 "an extension of '%s' cannot be read, is there twice, or is critical and not known",
					 vek->info.subject[i]);
	rc = read_vek(vek, chain[0], kind, fault);
	if (!rc)
		rc = check_anchor(vek, roots, chain[2], fault);
	for (i = 0; !rc && i < 3; i++)
		rc = cert_holds(chain[i], now, fields[i], &vek->info.not_before,
				&vek->info.not_after, fault);
	return rc ?: check_revoked(vek, s, chain[1], chain[2], now, fault);
}

static int none_fits(size_t others, struct wv_fault *fault)
{
	if (!others)
		return fault_set(fault, WV_COLLATERAL_MISSING, "VEK", -1,
				 "no VCEK or VLEK certificate is at hand");
	return fault_set(fault, WV_COLLATERAL_MISSING, "VEK", -1,
			 "VCEK and VLEK certificates at hand: %zu, of this report's chip and reported TCB: none",
			 others);
}

/*
 * Chips with the same TCB have reports with the same masked chip id, and keys are certified
 * anew: the first certificate counts whose chain holds and whose key signed the report.
 */
static int build_any(struct wv_vek *vek, const struct wv_roots *roots, struct search *s,
		     struct wv_bytes report, int64_t now, struct wv_fault *fault)
{
	struct wv_fault one = { .reason = WV_OK };
	struct wv_snp_report r, copy;
	size_t i, others = 0;
	bool is_vek;
	int rc = WV_OK, failed = WV_OK;

	if (report.len)
		rc = wv_snp_parse(report, &r, fault) ?: open_store(s, fault);
	for (i = 0; !rc && i < s->store.cert_count; i++) {
		if (!vek_fits(s->store.certs[i], &r, &is_vek)) {
			others += is_vek;
			continue;
		}
		copy = r;
		rc = build(vek, roots, s, s->store.certs[i], (int)r.signing_key, now, &one) ?:
		     wv_vek_check(vek, report, &copy, &one);
		if (!rc)
			return fault_clear(fault);
		if (!failed && fault)
			*fault = one;
		failed = failed ?: rc;
		rc = rc == WV_NO_MEMORY ? rc : WV_OK;
	}
	return rc ?: failed ?: none_fits(others, fault);
}

int vek_open(const struct wv_roots *roots, const struct wv_collateral *collateral,
	     struct wv_bytes table, struct wv_bytes report, int kind, int64_t now,
	     struct wv_vek **out, struct wv_fault *fault)
{
	struct wv_vek *vek = calloc(1, sizeof(*vek));
	struct search search = { .collateral = collateral };
	struct snp_table entries;
	int rc;

	*out = NULL;
	fault_clear(fault);
	if (!vek)
		return fault_set(fault, WV_NO_MEMORY, "VEK", -1, "no memory");
	ERR_set_mark();
	rc = snp_table_parse(table, &entries, fault);
	if (!rc)
		rc = collect(&search, &entries, kind, fault);
	if (!rc && search.leaf.count)
		rc = build(vek, roots, &search, search.leaf.certs[0], kind, now, fault);
	else if (!rc)
		rc = build_any(vek, roots, &search, report, now, fault);
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
	return vek_open(roots, collateral, table, (struct wv_bytes){ NULL, 0 }, VEK_ANY_KIND, now,
			out, fault);
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
