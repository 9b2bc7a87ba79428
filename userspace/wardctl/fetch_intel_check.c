// SPDX-License-Identifier: MIT
/*
 * What makes Intel's collateral believable enough to be kept: the signature by a chain
 * that ends at a trusted root, the window, the platform. The verifier looks at all of it
 * again.
 */
#include <jansson.h>
#include <openssl/ecdsa.h>
#include <openssl/err.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "fetch_intel.h"
#include "fetch_pool.h"
#include "hex.h"
#include "infile.h"

static bool no(char *why, const char *text)
{
	snprintf(why, FETCH_WHY, "%s", text);
	return false;
}

/* The root of @cert in @p, trusted as Intel's. */
static X509 *trusted_root(struct fetch *f, const struct fetch_pool *p, X509 *cert, char *why)
{
	X509 *root = fetch_pool_issuer(p, cert, f->now);
	struct wv_bytes der = root && fetch_self_signed(root) ? fetch_cert_bytes(root, false) :
								(struct wv_bytes){ NULL, 0 };
	struct wv_fault fault = { .text = "its issuers do not lead to a root that is valid now" };
	bool ok = der.data && !wv_roots_check(f->roots, &der, WV_VENDOR_INTEL, 0, &fault);

	infile_free(&der);
	if (!ok)
		fetch_printable(why, FETCH_WHY, fault.text);
	return ok ? root : NULL;
}

static bool keep_chain(struct fetch_item *it, X509 *leaf, X509 *root, char *why)
{
	struct wv_bytes chain = fetch_pems(leaf, root);

	if (!chain.data)
		return no(why, "no memory");
	infile_free(&it->chain);
	it->chain = chain;
	return true;
}

/*
 * The exact bytes of member @key: what is signed is them, not what they mean. They must
 * mean @body: a signed text elsewhere in the file vouches for nothing.
 */
static bool inner(struct wv_bytes text, const char *key, const json_t *body, struct wv_bytes *out)
{
	char quoted[64];
	const uint8_t *at;
	size_t skip;
	json_error_t end;
	json_t *value;

	skip = (size_t)snprintf(quoted, sizeof(quoted), "\"%s\"", key);
	at = memmem(text.data, text.len, quoted, skip);
	if (!at)
		return false;
	at += skip;
	while (at < text.data + text.len && *at && strchr(" \t\r\n:", *at))
		at++;
	out->data = at;
	value = json_loadb((const char *)at, (size_t)(text.data + text.len - at),
			   JSON_DISABLE_EOF_CHECK, &end);
	out->len = json_equal(value, body) && end.position > 0 ? (size_t)end.position : 0;
	json_decref(value);
	return out->len > 0;
}

/* 128 digits: r and s, big-endian, to the DER that OpenSSL wants. */
static int signature_der(const char *digits, uint8_t **der)
{
	uint8_t raw[64];
	ECDSA_SIG *sig = ECDSA_SIG_new();
	BIGNUM *r, *s;
	int len = -1;
	size_t i;

	*der = NULL;
	for (i = 0; i < 64 && digits; i++) {
		int hi = hex_digit(digits[2 * i]);
		int lo = hi < 0 ? -1 : hex_digit(digits[2 * i + 1]);

		if (lo < 0)
			break;
		raw[i] = (uint8_t)(hi << 4 | lo);
	}
	if (i < 64 || digits[128] || !sig) {
		ECDSA_SIG_free(sig);
		return -1;
	}
	r = BN_bin2bn(raw, 32, NULL);
	s = BN_bin2bn(raw + 32, 32, NULL);
	if (r && s && ECDSA_SIG_set0(sig, r, s)) {
		len = i2d_ECDSA_SIG(sig, der);
	} else {
		BN_free(r);
		BN_free(s);
	}
	ECDSA_SIG_free(sig);
	return len;
}

/* SHA-256 of what is signed, and DER of the signature; what has none is signed by nobody. */
struct signature {
	uint8_t digest[32];
	uint8_t *der;
	int len;
};

static struct signature signature_of(struct wv_bytes text, const char *digits)
{
	struct signature s = { .len = -1 };

	if (text.len && EVP_Digest(text.data, text.len, s.digest, NULL, EVP_sha256(), NULL))
		s.len = signature_der(digits, &s.der);
	return s;
}

static bool signed_by(const struct signature *s, X509 *cert)
{
	EVP_PKEY *key = X509_get0_pubkey(cert);
	EVP_PKEY_CTX *ctx = NULL;
	bool ok;

	ERR_set_mark();
	if (s->len > 0 && fetch_key_fits(key) && EVP_PKEY_is_a(key, "EC"))
		ctx = EVP_PKEY_CTX_new(key, NULL);
	ok = ctx && EVP_PKEY_verify_init(ctx) == 1 &&
	     EVP_PKEY_CTX_set_signature_md(ctx, EVP_sha256()) == 1 &&
	     EVP_PKEY_verify(ctx, s->der, (size_t)s->len, s->digest, sizeof(s->digest)) == 1;
	ERR_pop_to_mark();
	EVP_PKEY_CTX_free(ctx);
	return ok;
}

static bool check_signature(struct fetch *f, struct fetch_item *it, json_t *root, const char *key,
			    char *why)
{
	const char *digits = json_string_value(json_object_get(root, "signature"));
	struct fetch_pool pool = { 0 };
	struct signature signature;
	struct wv_bytes text;
	X509 *anchor;
	bool ok = false;
	size_t i;

	no(why, "none of its issuers signed it");
	fetch_pool_add(&pool, it->chain);
	if (!inner(it->body, key, json_object_get(root, key), &text))
		text = (struct wv_bytes){ NULL, 0 };
	signature = signature_of(text, digits);
	for (i = 0; !ok && i < pool.count; i++) {
		if (!signed_by(&signature, pool.certs[i]))
			continue;
		anchor = trusted_root(f, &pool, pool.certs[i], why);
		if (anchor && !fetch_valid(pool.certs[i], f->now))
			no(why, "the certificate that signed it is expired, or not valid yet");
		else if (anchor)
			ok = keep_chain(it, pool.certs[i], anchor, why);
	}
	OPENSSL_free(signature.der);
	fetch_pool_clear(&pool);
	return ok;
}

static bool check_window(struct fetch *f, struct fetch_item *it, json_t *body, char *why)
{
	const char *issued = json_string_value(json_object_get(body, "issueDate"));
	const char *next = json_string_value(json_object_get(body, "nextUpdate"));
	int64_t from, to;
	char text[32];

	if (!issued || !next || wv_time_parse(issued, &from) || wv_time_parse(next, &to))
		return no(why, "it does not say from when to when it holds");
	it->next_update = to;
	if (f->now >= from && f->now <= to)
		return true;
	wv_time_text(f->now < from ? from : to, text);
	snprintf(why, FETCH_WHY, "it %s %s", f->now < from ? "begins at" : "ended at", text);
	return false;
}

typedef bool (*matches_fn)(const struct fetch_item *it, json_t *body, char *why);

static bool check_json(struct fetch *f, struct fetch_item *it, const char *key,
		       matches_fn matches, char *why)
{
	json_t *root = json_loadb((const char *)it->body.data, it->body.len,
				  JSON_REJECT_DUPLICATES, NULL);
	json_t *body = json_object_get(root, key);
	bool ok = json_is_object(body) ||
		  (snprintf(why, FETCH_WHY, "it is not JSON with a member '%s'", key) && false);

	ok = ok && matches(it, body, why) && check_signature(f, it, root, key, why) &&
	     check_window(f, it, body, why);
	json_decref(root);
	return ok;
}

static bool is_word(json_t *body, const char *key, const char *word)
{
	const char *value = json_string_value(json_object_get(body, key));

	return value && !strcasecmp(value, word);
}

static bool tcb_matches(const struct fetch_item *it, json_t *body, char *why)
{
	const struct fetch_intel *w = it->want;

	if (!is_word(body, "id", "TDX"))
		return no(why, "it is not TDX's TCB info");
	return is_word(body, "fmspc", w->of.fmspc) || no(why, "it is of another FMSPC");
}

static bool qe_matches(const struct fetch_item *it, json_t *body, char *why)
{
	(void)it;
	return is_word(body, "id", "TD_QE") ||
	       no(why, "it is not the identity of TDX's quoting enclave");
}

bool fetch_check_tcb_info(struct fetch *f, struct fetch_item *it, char *why)
{
	return check_json(f, it, "tcbInfo", tcb_matches, why);
}

bool fetch_check_qe_identity(struct fetch *f, struct fetch_item *it, char *why)
{
	return check_json(f, it, "enclaveIdentity", qe_matches, why);
}

/* The CA of the pool whose name says platform or processor, and whose list it is. */
static X509 *find_pck_ca(const struct fetch_pool *p, const struct fetch_intel *w, X509_CRL *crl)
{
	char name[128];
	size_t i;

	for (i = 0; i < p->count; i++) {
		fetch_name(X509_get_subject_name(p->certs[i]), name, sizeof(name));
		if (strstr(name, w->of.platform ? "Platform" : "Processor") &&
		    !X509_NAME_cmp(X509_CRL_get_issuer(crl), X509_get_subject_name(p->certs[i])))
			return p->certs[i];
	}
	return NULL;
}

bool fetch_check_pck_crl(struct fetch *f, struct fetch_item *it, char *why)
{
	const struct fetch_intel *w = it->want;
	X509_CRL *crl = fetch_crl(it->body);
	struct fetch_pool pool = { 0 };
	X509 *ca, *root = NULL;
	bool ok = false;

	fetch_pool_add(&pool, it->chain);
	ca = crl ? find_pck_ca(&pool, w, crl) : NULL;
	if (!crl)
		no(why, "it is not a revocation list");
	else if (!ca)
		no(why, "it is not the list of the CA that was asked for");
	else
		root = trusted_root(f, &pool, ca, why);
	if (root)
		ok = fetch_crl_check(crl, ca, f->now, &it->next_update, why) &&
		     keep_chain(it, ca, root, why);
	fetch_pool_clear(&pool);
	X509_CRL_free(crl);
	return ok;
}

bool fetch_check_root_crl(struct fetch *f, struct fetch_item *it, char *why)
{
	const struct fetch_intel *w = it->want;
	X509_CRL *crl = fetch_crl(it->body);
	struct fetch_pool pool = { 0 };
	bool ok = false;
	size_t i;

	no(why, crl ? "the list is not the root's" : "it is not a revocation list");
	fetch_pool_add(&pool, w->chain);
	for (i = 0; crl && !ok && i < pool.count; i++)
		ok = fetch_self_signed(pool.certs[i]) &&
		     fetch_crl_check(crl, pool.certs[i], f->now, &it->next_update, why);
	fetch_pool_clear(&pool);
	X509_CRL_free(crl);
	return ok;
}
