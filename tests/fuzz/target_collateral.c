// SPDX-License-Identifier: MIT
/*
 * Files beside certificates: revocation lists, TCB info, identities. Documents are also
 * evaluated as if they were signed: who signs them is trusted, what they say is not.
 */
#include "fuzz.h"
#include "crl.h"
#include "cursor.h"
#include "tcb_status.h"

#define SMALL 16384
#define MARK 0xff
#define MANY 160	/* more than are taken of certificates */

#define SVN(a, b, rest) { a, b, rest, rest }	/* the others are 0 */
#define ALL(n) { n, n, n, n, n, n, n, n, n, n, n, n, n, n, n, n }
/* As intel_docs.c has it, of TDs' quotes and of enclaves'. */
#define TD_QE { 0xdc, 0x9e, 0x2a, 0x7c, 0x6f, 0x94, 0x8f, 0x17, 0x47, 0x4e, 0x34, \
		0xa7, 0xfc, 0x43, 0xed, 0x03, 0x0f, 0x7c, 0x15, 0x63, 0xf1, 0xba, \
		0xbd, 0xdf, 0x63, 0x40, 0xc8, 0x2e, 0x0e, 0x54, 0xa8, 0xc5 }

/* Modules of no generation, of the first, and of one that nobody lists; started and patched. */
static const struct wv_tdx tds[] = {
	{ .tee_tcb_svn = SVN(5, 1, 2), .tee_tcb_svn2 = SVN(6, 1, 3), .body = 3 },
	{ .tee_tcb_svn = ALL(5), .tee_tcb_svn2 = ALL(5), .body = 3 },
	{ .tee_tcb_svn = SVN(5, 0, 5), .body = 2 },
	{ .tee_tcb_svn = { 3, 1, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5 }, .tee_tcb_svn2 = { 5, 1, 5 },
	  .body = 3 },
	{ .tee_tcb_svn = { 3, 1, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5 }, .tee_tcb_svn2 = { 5, 0, 5 },
	  .body = 3 },
	{ .tee_tcb_svn = { 3, 1, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5 }, .tee_tcb_svn2 = { 5, 9, 5 },
	  .body = 3 },
	{ .tee_tcb_svn = { 3, 1, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5 }, .tee_tcb_svn2 = { 5, 1, 1 },
	  .body = 3 },
	{ .tee_tcb_svn = { 3, 1, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3 }, .tee_tcb_svn2 = { 5, 1, 5 },
	  .body = 3 },
	{ .tee_tcb_svn = { 1, 1, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5 }, .body = 2 },
	{ .tee_tcb_svn = ALL(5), .mr_signer_seam = { 1 }, .body = 2 },
	{ .tee_tcb_svn = { 5, 1, 5 }, .seam_attributes = 1, .body = 2 },
	{ .tee_tcb_svn = { 5, 1, 5 }, .mr_signer_seam = { 1 }, .body = 2 },
};
static const struct wv_enclave enclaves[] = {
	{ .attributes = 0x15, .xfrm = 0xe7, .prod_id = 2, .svn = 4, .mr_signer = TD_QE },
	{ .attributes = 0x15, .xfrm = 0xe7, .prod_id = 2, .svn = 3, .mr_signer = TD_QE },
	{ .attributes = 0x15, .xfrm = 0xe7, .prod_id = 2, .svn = 1, .mr_signer = TD_QE },
	{ .attributes = 0x15, .xfrm = 0xe7, .prod_id = 3, .svn = 4, .mr_signer = TD_QE },
	{ .attributes = 0x17, .xfrm = 0xe7, .prod_id = 2, .svn = 4, .mr_signer = TD_QE },
	{ .attributes = 0x15, .xfrm = 0xe7, .prod_id = 2, .svn = 4, .mr_signer = TD_QE, .misc_select = 1 },
	{ .attributes = 0x15, .prod_id = 2, .svn = 4 },
};
static const struct wv_pck pcks[] = {
	{ .fmspc = { 0x90, 0xc0, 0x6f }, .components = ALL(5), .pce_svn = 13 },
	{ .fmspc = { 0x90, 0xc0, 0x6f }, .components = ALL(3), .pce_svn = 6 },
	{ .fmspc = { 0x90, 0xc0, 0x6f }, .components = ALL(5), .pce_svn = 1 },
};
/* What the quoting enclave's identity may have said before. */
static const int qes[] = { WV_TCB_UP_TO_DATE, WV_TCB_OUT_OF_DATE, WV_TCB_REVOKED };

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static void said(int rc, const struct wv_fault *fault, const struct wv_tcb_status *st)
{
	fuzz_refusal(rc, fault);
	if (st->advisory_count > WV_ADVISORIES_MAX)
		fuzz_die("%zu advisories", st->advisory_count);
}

/* @n runs through all combinations. */
static void evaluate_info(const struct store_doc *d, bool tdx, size_t n)
{
	const struct wv_tdx *td = &tds[n % COUNT(tds)];
	struct tcb_platform t = { .tdx = tdx ? td : NULL, .qe = enclaves,
				  .pck = &pcks[n / COUNT(tds) % COUNT(pcks)] };
	struct wv_tcb_status st = { .qe = qes[n / COUNT(tds) / COUNT(pcks)] };
	struct tcb_info_levels levels = { 0 };
	struct wv_fault fault = { .reason = WV_OK };
	int level = 0;

	said(tcb_info_evaluate(d, &t, &levels, &st, &fault) ?:
	     tcb_relaunch(d, &t, &levels, &st, &level, &fault), &fault, &st);
}

/* A verdict evaluates a document for one platform: all of them for small ones alone. */
static void evaluate(const struct store_doc *d, bool small)
{
	size_t i, step = small ? 1 : COUNT(tds) * COUNT(pcks) + 1;
	bool tdx = d->kind == WV_ITEM_TCB_INFO_TDX;

	for (i = 0; (tdx || d->kind == WV_ITEM_TCB_INFO_SGX) &&
		    i < COUNT(tds) * COUNT(pcks) * COUNT(qes); i += tdx ? step : COUNT(tds) * step)
		evaluate_info(d, tdx, i);
	for (i = 0; (d->kind == WV_ITEM_QE_IDENTITY || d->kind == WV_ITEM_TD_QE_IDENTITY) &&
		    i < COUNT(enclaves); i++) {
		struct wv_tcb_status st = { .level = 0 };
		struct wv_fault fault = { .reason = WV_OK };

		said(qe_identity_evaluate(d, &enclaves[i], &st, &fault), &fault, &st);
	}
}

static void look_up(struct store *s)
{
	struct crl_query q = { .now = FUZZ_NOW, .field = "fuzz" };
	struct wv_fault fault;
	bool checked;
	size_t i;

	for (i = 0; s->cert_count && i < s->crl_count; i++) {
		q.cert = q.issuer = s->certs[0];
		q.form = i % 2 ? CERT_AMD : CERT_INTEL;
		fuzz_refusal(crl_check(s, &q, &checked, &fault), &fault);
		crl_check(s, &q, &checked, NULL);
	}
}

/* One file, or behind 0xff many, each with two bytes that say how long it is. */
static struct wv_collateral files_of(struct wv_bytes *in)
{
	static struct wv_bytes items[MANY];
	struct cursor c = cursor_over(in->data, in->len);
	size_t n;

	if (cursor_u8(&c) != MARK)
		return (struct wv_collateral){ .items = in, .item_count = 1 };
	for (n = 0; n < MANY && cursor_left(&c); n++) {
		size_t len = cursor_be16(&c);

		if (len > cursor_left(&c))
			len = cursor_left(&c);
		items[n] = (struct wv_bytes){ cursor_take(&c, len), len };
	}
	return (struct wv_collateral){ .items = items, .item_count = n };
}

int fuzz_one(struct wv_bytes in)
{
	struct wv_collateral c = files_of(&in);
	struct wv_fault fault;
	struct wv_item item;
	struct store s;
	size_t i;
	int rc;

	if (in.len <= SMALL)
		fuzz_refusal(wv_collateral_describe(in, &item, &fault), &fault);
	rc = fuzz_refusal(store_open(&s, &c, NULL, &fault), &fault);
	for (i = 0; i < s.doc_count; i++)
		evaluate(&s.docs[i], in.len <= SMALL);
	look_up(&s);
	store_clear(&s);
	c.ignore_unknown = 1;
	/* Who asks for no reasons gets none. Once more for small ones: what is slow is measured. */
	if (in.len <= SMALL) {
		store_open(&s, &c, NULL, NULL);
		store_clear(&s);
	}
	return rc;
}
