/* SPDX-License-Identifier: MIT */
/*
 * The further files of a struct wv_collateral, each recognised by its bytes.
 */
#ifndef WARD_STORE_H
#define WARD_STORE_H

#include <jansson.h>
#include <openssl/x509.h>
#include <stdbool.h>

#include "cert.h"
#include "when.h"

#define STORE_CERTS_MAX	WV_COLLATERAL_CERTS_MAX
#define STORE_CRLS_MAX	WV_COLLATERAL_CRLS_MAX
#define STORE_DOCS_MAX	WV_COLLATERAL_DOCS_MAX
#define STORE_JSON_MAX	(64u << 10)
#define STORE_CRL_MAX	(96u << 10)

/**
 * struct store_doc - a TCB info or enclave identity
 * @kind: enum wv_item_kind
 * @text: the whole file; @body: in it, the bytes that are signed
 * @signature: r and s, big-endian
 * @root: as parsed; @object: the signed part of it
 * @issued, @next_update, @evaluation, @fmspc, @pce_id: from @object; nothing is verified
 */
struct store_doc {
	int kind;
	size_t item;
	struct wv_bytes text;
	struct wv_bytes body;
	uint8_t signature[64];
	json_t *root;
	json_t *object;
	int64_t issued, next_update;
	uint32_t evaluation;
	uint8_t fmspc[6];
	uint8_t pce_id[2];
};

/**
 * struct store - everything is owned but the bytes, which the caller keeps
 * @given: what it is made of; @bytes: of the items of it that were recognised so far
 * @crl_signers: whose signature on a list was verified already; not owned
 * @pool: of certificates, each once: @own, or that of who opened the store
 */
struct store {
	const struct wv_collateral *given;
	size_t bytes;
	size_t cert_count, crl_count, doc_count;
	X509 *certs[STORE_CERTS_MAX];
	X509_CRL *crls[STORE_CRLS_MAX];
	X509 *crl_signers[STORE_CRLS_MAX];
	struct store_doc docs[STORE_DOCS_MAX];
	struct cert_pool *pool, own;
};

/**
 * store_open - recognise @c's items; store_clear() in any case. @c may be NULL
 * @pool: outlives the store; NULL = it has its own
 * Returns 0, WV_COLLATERAL_UNKNOWN, WV_COLLATERAL_DAMAGED, WV_CERTIFICATE_DAMAGED or
 * WV_NO_MEMORY; the fault's field names the item.
 */
int store_open(struct store *s, const struct wv_collateral *c, struct cert_pool *pool,
	       struct wv_fault *fault);
void store_clear(struct store *s);

/** struct store_days - when a piece of collateral holds; @now: what is asked */
struct store_days {
	int64_t from, to, now;
	const char *field;
};

/**
 * store_window - does it hold now?
 * Returns 0, WV_COLLATERAL_EXPIRED, WV_COLLATERAL_NOT_YET, or WV_CLOCK_SUSPECT: not one
 * of @s's documents and lists had been issued then.
 */
int store_window(const struct store *s, const struct store_days *d, struct wv_fault *fault);

/** store_doc_read - one JSON document; store_doc_clear() in any case */
int store_doc_read(struct wv_bytes text, struct store_doc *out, struct wv_fault *fault);
void store_doc_clear(struct store_doc *d);

/**
 * json_span - where the value of member @key of the outermost object stands in @text
 * @text: JSON that a parser accepted and that repeats no member
 */
bool json_span(struct wv_bytes text, const char *key, struct wv_bytes *out);

#endif /* WARD_STORE_H */
