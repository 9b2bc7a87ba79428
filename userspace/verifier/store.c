// SPDX-License-Identifier: MIT
/*
 * What each file of collateral is. One that should be of these kinds and is damaged is
 * an error, always: whoever could make a revocation list be overlooked by damaging it
 * would have revoked nothing.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE	/* memmem */
#endif
#include <openssl/err.h>
#include <openssl/pem.h>
#include <stdio.h>
#include <string.h>

#include "der.h"
#include "fault.h"
#include "store.h"

#define CRL_PEM "-----BEGIN X509 CRL-----"
#define CRL_END "-----END X509 CRL-----"
#define CERT_PEM "-----BEGIN CERTIFICATE-----"
#define CERT_END "-----END CERTIFICATE-----"

enum look { NOTHING, DER, PEM, JSON };
enum part { BYTES, CERTIFICATES, LISTS, DOCUMENTS };

static size_t count_of(struct wv_bytes in, const char *mark)
{
	const uint8_t *at = in.data, *end = in.data + in.len;
	size_t n = 0;

	while ((at = memmem(at, (size_t)(end - at), mark, strlen(mark)))) {
		at += strlen(mark);
		n++;
	}
	return n;
}

/* One name that every document of a kind has is enough to tell that it should be one. */
static bool names(struct wv_bytes in, const char *const *words)
{
	for (; *words; words++)
		if (memmem(in.data, in.len, *words, strlen(*words)))
			return true;
	return false;
}

/* Blanks may stand before JSON, and before a list in PEM as well. */
static uint8_t first_mark(struct wv_bytes in)
{
	size_t i = 0;

	while (i < in.len && (in.data[i] == ' ' || in.data[i] == '\t' || in.data[i] == '\n' ||
			      in.data[i] == '\r'))
		i++;
	return i < in.len ? in.data[i] : 0;
}

/* What an item is by its looks: how it is read follows from it, and what is wrong if it can't be. */
static enum look look_at(struct wv_bytes in)
{
	static const char *const json[] = { "\"tcbInfo\"", "\"enclaveIdentity\"",
					    "\"tcbEvaluationDataNumber\"", NULL };
	static const char *const pem[] = { CRL_PEM, CRL_END, CERT_PEM, CERT_END, NULL };

	if (in.len && in.data[0] == 0x30)
		return DER;
	if (first_mark(in) == '{')
		return names(in, json) ? JSON : NOTHING;
	return in.len && names(in, pem) ? PEM : NOTHING;
}

/* A certificate's first member is its version, [0]; a list's is none that has a tag of its own. */
static bool is_cert(struct wv_bytes der)
{
	struct cursor c = cursor_over(der.data, der.len);
	struct cursor all = der_next(&c, DER_SEQUENCE), body = der_next(&all, DER_SEQUENCE);

	return cursor_left(&body) && body.data[0] == 0xa0;
}

static size_t holds(struct wv_bytes in, enum part part)
{
	enum look look = look_at(in);

	if (part == BYTES)
		return look ? in.len : 0;
	if (look == JSON)
		return part == DOCUMENTS;
	if (look == DER)
		return part == (is_cert(in) ? CERTIFICATES : LISTS);
	return look && part != DOCUMENTS ? count_of(in, part == LISTS ? CRL_END : CERT_END) : 0;
}

/* What too much there is of, and how much. */
static int full(const struct store *s, enum part part, struct wv_fault *fault)
{
	static const struct {
		char what[38];
		unsigned int max;
	} caps[] = {
		[BYTES] = { "bytes", WV_COLLATERAL_BYTES_MAX },
		[CERTIFICATES] = { "certificates, with those that repeat", STORE_CERTS_MAX },
		[LISTS] = { "revocation lists", STORE_CRLS_MAX },
		[DOCUMENTS] = { "JSON documents", STORE_DOCS_MAX },
	};
	const struct wv_collateral *c = s->given;
	size_t i, n = 0;

	for (i = 0; i < c->item_count; i++)
		n += holds(c->items[i], part);
	return fault_set(fault, WV_COLLATERAL_DAMAGED, "", -1,
			 "%zu %s: up to %u%s are read; give what this evidence needs", n,
			 caps[part].what, caps[part].max, part == CERTIFICATES ? " different ones" : "");
}

/*
 * The issuers' chains that come with each document repeat the same certificates: the pool
 * gives the same one for the same bytes.
 */
static int push_cert(struct store *s, X509 *cert, struct wv_fault *fault)
{
	size_t i;

	for (i = 0; i < s->cert_count; i++)
		if (s->certs[i] == cert)
			break;
	if (i < s->cert_count) {
		X509_free(cert);
		return WV_OK;
	}
	if (s->cert_count == STORE_CERTS_MAX) {
		X509_free(cert);
		return full(s, CERTIFICATES, fault);
	}
	s->certs[s->cert_count++] = cert;
	return WV_OK;
}

/* What begins with a damaged line is passed over by who reads PEM; its end is still there. */
static int all_read(struct wv_bytes in, const char *mark, size_t found, struct wv_fault *fault)
{
	size_t ends = count_of(in, mark);

	if (found >= ends)
		return WV_OK;
	return fault_set(fault, WV_COLLATERAL_DAMAGED, "", -1, "%zu of %zu parts in PEM can be read",
			 found, ends);
}

static int add_certs(struct store *s, struct wv_bytes in, struct wv_fault *fault)
{
	struct cert_list list = { .pool = s->pool };
	int rc = cert_list_add(&list, in, "", fault) ?: all_read(in, CERT_END, list.count, fault);
	size_t i;

	for (i = 0; i < list.count; i++) {
		if (rc)
			X509_free(list.certs[i]);
		else
			rc = push_cert(s, list.certs[i], fault);
	}
	return rc;
}

static int push_crl(struct store *s, X509_CRL *crl, struct wv_fault *fault)
{
	if (s->crl_count < STORE_CRLS_MAX) {
		s->crls[s->crl_count++] = crl;
		return WV_OK;
	}
	X509_CRL_free(crl);
	return full(s, LISTS, fault);
}

static int add_crl_der(struct store *s, struct wv_bytes in, struct wv_fault *fault)
{
	const uint8_t *p = in.data;
	X509_CRL *crl = d2i_X509_CRL(NULL, &p, (long)in.len);

	if (crl && p == in.data + in.len)
		return push_crl(s, crl, fault);
	X509_CRL_free(crl);
	return fault_set(fault, WV_COLLATERAL_DAMAGED, "", 0,
			 "neither a certificate nor a revocation list in DER%s",
			 crl ? ": bytes follow it" : "");
}

static int add_crl_pem(struct store *s, struct wv_bytes in, struct wv_fault *fault)
{
	BIO *bio = BIO_new_mem_buf(in.data, (int)in.len);
	X509_CRL *crl;
	size_t n = 0;
	int rc = WV_OK;

	if (!bio)
		return fault_set(fault, WV_NO_MEMORY, "", -1, "no memory");
	while (!rc && (crl = PEM_read_bio_X509_CRL(bio, NULL, NULL, (void *)""))) {
		rc = push_crl(s, crl, fault);
		n++;
	}
	if (!rc && ERR_GET_REASON(ERR_peek_last_error()) != PEM_R_NO_START_LINE)
		rc = fault_set(fault, WV_COLLATERAL_DAMAGED, "", (int64_t)in.len - BIO_pending(bio),
			       "a revocation list in PEM cannot be read");
	BIO_free(bio);
	return rc ?: all_read(in, CRL_END, n, fault);
}

/* Certificates are tried first: there are more of them. */
static int add_der(struct store *s, struct wv_bytes in, struct wv_fault *fault)
{
	bool more;
	X509 *cert = in.len <= CERT_SIZE_MAX ? cert_pool_read(s->pool, in, &more) : NULL;

	if (cert)
		return push_cert(s, cert, fault);
	return add_crl_der(s, in, fault);
}

/* A file may hold a list and the chain of its issuer. */
static int add_pem(struct store *s, struct wv_bytes in, struct wv_fault *fault)
{
	int rc = WV_OK;

	if (count_of(in, CERT_PEM) || count_of(in, CERT_END))
		rc = add_certs(s, in, fault);
	if (!rc && (count_of(in, CRL_PEM) || count_of(in, CRL_END)))
		rc = add_crl_pem(s, in, fault);
	return rc;
}

static int add_json(struct store *s, struct wv_bytes in, size_t item, struct wv_fault *fault)
{
	struct store_doc *d = &s->docs[s->doc_count];
	int rc;

	if (s->doc_count == STORE_DOCS_MAX)
		return full(s, DOCUMENTS, fault);
	rc = store_doc_read(in, d, fault);
	d->item = item;
	if (!rc && (!d->kind || d->kind == WV_ITEM_QVE_IDENTITY))
		rc = WV_COLLATERAL_UNKNOWN;
	if (rc)
		store_doc_clear(d);
	else
		s->doc_count++;
	return rc;
}

static int add(struct store *s, struct wv_bytes in, size_t item, struct wv_fault *fault)
{
	enum look look = look_at(in);

	if (look == NOTHING)
		return WV_COLLATERAL_UNKNOWN;
	if (in.len > STORE_CRL_MAX)
		return fault_set(fault, WV_COLLATERAL_DAMAGED, "", -1,
				 "%zu bytes; up to %u are read", in.len, STORE_CRL_MAX);
	s->bytes += in.len;
	if (s->bytes > WV_COLLATERAL_BYTES_MAX)
		return full(s, BYTES, fault);
	if (look == DER)
		return add_der(s, in, fault);
	return look == JSON ? add_json(s, in, item, fault) : add_pem(s, in, fault);
}

static int name_item(struct wv_fault *fault, size_t item, int rc)
{
	char field[96];

	if (!fault)
		return rc;
	if (rc == WV_COLLATERAL_UNKNOWN)
		fault_set(fault, rc, "", -1,
			  "neither certificates, a revocation list, a TCB info nor an identity of a quoting enclave");
	snprintf(field, sizeof(field), "items[%zu]%s%s", item, fault->field[0] ? "." : "",
		 fault->field);
	snprintf(fault->field, sizeof(fault->field), "%.63s", field);
	return rc;
}

int store_open(struct store *s, const struct wv_collateral *c, struct cert_pool *pool,
	       struct wv_fault *fault)
{
	size_t i;
	int rc = WV_OK;

	memset(s, 0, sizeof(*s));
	s->given = c;
	s->pool = pool ?: &s->own;
	fault_clear(fault);
	ERR_set_mark();
	for (i = 0; !rc && c && i < c->item_count; i++) {
		rc = add(s, c->items[i], i, fault);
		if (rc == WV_COLLATERAL_UNKNOWN && c->ignore_unknown)
			rc = fault_clear(fault);
		else if (rc)
			name_item(fault, i, rc);
	}
	ERR_pop_to_mark();
	return rc;
}

void store_clear(struct store *s)
{
	while (s->cert_count)
		X509_free(s->certs[--s->cert_count]);
	cert_pool_clear(&s->own);
	while (s->crl_count)
		X509_CRL_free(s->crls[--s->crl_count]);
	while (s->doc_count)
		store_doc_clear(&s->docs[--s->doc_count]);
}

static bool begun(const struct store *s, int64_t now)
{
	int64_t from;
	size_t i;

	for (i = 0; i < s->doc_count; i++)
		if (s->docs[i].issued <= now)
			return true;
	for (i = 0; i < s->crl_count; i++)
		if (cert_seconds(X509_CRL_get0_lastUpdate(s->crls[i]), &from) && from <= now)
			return true;
	return false;
}

int store_window(const struct store *s, const struct store_days *d, struct wv_fault *fault)
{
	char limit[WHEN_TEXT_LEN], asked[WHEN_TEXT_LEN];

	if (d->now >= d->from && d->now <= d->to)
		return WV_OK;
	when_text(d->now < d->from ? d->from : d->to, limit);
	when_text(d->now, asked);
	if (d->now > d->to)
		return fault_set(fault, WV_COLLATERAL_EXPIRED, d->field, -1,
				 "it was to be replaced by %s, asked for %s", limit, asked);
	if (begun(s, d->now))
		return fault_set(fault, WV_COLLATERAL_NOT_YET, d->field, -1,
				 "issued on %s, asked for %s", limit, asked);
	return fault_set(fault, WV_CLOCK_SUSPECT, d->field, -1,
			 "all collateral was issued later than %s, this on %s", asked, limit);
}
