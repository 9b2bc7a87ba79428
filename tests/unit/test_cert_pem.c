// SPDX-License-Identifier: MIT
/*
 * Reading certificates: PEM by the short way and by OpenSSL's, and the pool that gives
 * the same certificate for the same bytes, and for those alone.
 */
#include <openssl/err.h>
#include <openssl/pem.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cert.h"
#include "intel_group.h"

static int read_list(struct cert_list *list, struct cert_pool *pool, struct wv_bytes in)
{
	*list = (struct cert_list){ .pool = pool };
	return cert_list_add(list, in, "chain", NULL);
}

/* As OpenSSL alone reads it; whatever is wrong ends it. */
static size_t by_openssl(struct wv_bytes in, X509 *out[CERT_LIST_MAX])
{
	BIO *bio = BIO_new_mem_buf(in.data, (int)in.len);
	size_t n = 0;
	X509 *x;

	while (n < CERT_LIST_MAX && (x = PEM_read_bio_X509(bio, NULL, NULL, (void *)"")))
		out[n++] = x;
	if (ERR_GET_REASON(ERR_peek_last_error()) != PEM_R_NO_START_LINE)
		while (n)
			X509_free(out[--n]);
	BIO_free(bio);
	ERR_clear_error();
	return n;
}

/* What is read is what OpenSSL reads; returns how many. */
static size_t same_as_openssl(struct wv_bytes in)
{
	X509 *theirs[CERT_LIST_MAX];
	struct cert_list ours;
	int rc = read_list(&ours, NULL, in);
	size_t i, n, count = ours.count;

	ERR_clear_error();
	n = by_openssl(in, theirs);
	if (!rc) {
		assert_int_equal(ours.count, n);
		for (i = 0; i < n; i++)
			assert_int_equal(X509_cmp(ours.certs[i], theirs[i]), 0);
	}
	while (n)
		X509_free(theirs[--n]);
	cert_list_clear(&ours);
	return rc ? 0 : count;
}

static size_t framed(const char *before, struct wv_bytes pem, const char *behind)
{
	struct wv_bytes all;
	char *text;
	size_t n;

	assert_true(asprintf(&text, "%s%.*s%s", before, (int)pem.len, (const char *)pem.data,
			     behind) > 0);
	all = (struct wv_bytes){ (const uint8_t *)text, strlen(text) };
	n = same_as_openssl(all);
	free(text);
	return n;
}

static void framing(void **state)
{
	struct wv_bytes chain = intel_chain(&pki), shorter = { chain.data, chain.len - 1 };

	(void)state;
	assert_int_equal(framed("", chain, ""), 3);
	assert_int_equal(framed("", shorter, ""), 3);
	assert_int_equal(framed("", chain, "\n\r\n"), 3);
	assert_int_equal(framed("subject=CN = root\n", chain, ""), 3);
	assert_int_equal(framed("", chain, "a word\n"), 3);
	assert_int_equal(framed("\n", chain, "-----BEGIN X509 CRL-----\n"), 0);
	assert_int_equal(framed("", chain, "-----BEGIN CERTIFICATE-----\n"), 0);
	assert_int_equal(framed("", chain, "-----BEGIN CERTIFICATE-----\nMA\n"
					   "-----END CERTIFICATE-----\n"), 0);
	ut_free(chain);
}

/* The short way knows LF alone. */
static void line_ends(void **state)
{
	struct wv_bytes one = intel_pem(&pki.root, 1), crlf;
	uint8_t *text = malloc(2 * one.len);
	size_t i, n = 0;

	(void)state;
	for (i = 0; i < one.len; i++) {
		if (one.data[i] == '\n')
			text[n++] = '\r';
		text[n++] = one.data[i];
	}
	crlf = (struct wv_bytes){ text, n };
	assert_int_equal(same_as_openssl(crlf), 1);
	/* All of it in one line. */
	for (i = n = 0; i < one.len; i++)
		if (one.data[i] != '\n' || n == sizeof("-----BEGIN CERTIFICATE-----") - 1 ||
		    one.data[i + 1] == '-')
			text[n++] = one.data[i];
	crlf.len = n;
	assert_int_equal(same_as_openssl(crlf), 1);
	free(text);
	ut_free(one);
}

/* Each byte in turn is another one: what is still taken is what OpenSSL takes. */
static void any_byte(void **state)
{
	static const uint8_t other[] = { '-', '_', '=', '\n', '\r', ' ', 'A', 'b', 0, 0xff };
	struct wv_bytes one = intel_pem(&pki.tcb, 1);
	uint8_t *text = malloc(one.len);
	struct wv_bytes in = { text, one.len };
	size_t i, k, refused = 0;

	(void)state;
	for (i = 0; i < one.len; i++) {
		memcpy(text, one.data, one.len);
		for (k = 0; k < sizeof(other); k++) {
			text[i] = other[k];
			refused += same_as_openssl(in) == 0;
		}
	}
	assert_true(refused > one.len);
	free(text);
	ut_free(one);
}

static void cut_anywhere(void **state)
{
	struct wv_bytes chain = intel_chain(&pki), in = chain;

	(void)state;
	for (; in.len; in.len--) {
		size_t n = same_as_openssl(in);

		assert_true(n <= 3 && (n == 3 || in.len < chain.len - 1));
	}
	ut_free(chain);
}

static void pool_by_bytes(void **state)
{
	struct wv_bytes chain = intel_chain(&pki), signers = intel_signers(&pki);
	struct cert_pool pool = { NULL };
	struct cert_list a, b, c;
	uint8_t *der = NULL;
	struct wv_bytes root;
	bool more;
	X509 *x;

	(void)state;
	assert_int_equal(read_list(&a, &pool, chain), WV_OK);
	assert_int_equal(read_list(&b, &pool, signers), WV_OK);
	assert_int_equal(read_list(&c, NULL, signers), WV_OK);
	assert_int_equal(b.count, 2);
	assert_ptr_equal(b.certs[1], a.certs[2]);
	assert_ptr_not_equal(b.certs[0], a.certs[0]);
	assert_ptr_not_equal(c.certs[1], a.certs[2]);
	/* By DER as well; another signature over the same contents is another certificate. */
	root.len = (size_t)i2d_X509(pki.root, &der);
	root.data = der;
	x = cert_pool_read(&pool, root, &more);
	assert_ptr_equal(x, a.certs[2]);
	X509_free(x);
	der[root.len - 1] ^= 1;
	x = cert_pool_read(&pool, root, &more);
	assert_non_null(x);
	assert_ptr_not_equal(x, a.certs[2]);
	X509_free(x);
	/* A list that is cleared leaves the pool's as they are. */
	cert_list_clear(&a);
	assert_int_equal(X509_cmp(b.certs[1], pki.root), 0);
	cert_list_clear(&b);
	cert_list_clear(&c);
	cert_pool_clear(&pool);
	OPENSSL_free(der);
	ut_free(chain);
	ut_free(signers);
}

static void pool_and_what_follows(void **state)
{
	struct cert_pool pool = { NULL };
	uint8_t *der = NULL, longer[2048] = { 0 };
	struct wv_bytes in = { longer, 0 };
	X509 *x, *y;
	bool more;

	(void)state;
	in.len = (size_t)i2d_X509(pki.pck, &der);
	assert_true(in.len < sizeof(longer));
	memcpy(longer, der, in.len);
	in.len++;
	assert_null(cert_pool_read(&pool, in, &more));
	assert_true(more);
	in.len -= 2;
	assert_null(cert_pool_read(&pool, in, &more));
	assert_false(more);
	in.len++;
	x = cert_pool_read(&pool, in, &more);
	y = cert_pool_read(&pool, in, &more);
	assert_non_null(x);
	assert_ptr_equal(x, y);
	ERR_clear_error();
	X509_free(x);
	X509_free(y);
	cert_pool_clear(&pool);
	OPENSSL_free(der);
}

/*
 * A block with bytes behind its certificate is damaged, whatever OpenSSL had to say of the
 * file before: its error queue is the thread's.
 */
static void bytes_in_a_block(void **state)
{
	struct wv_bytes first = intel_pem(&pki.root, 1), both;
	uint8_t *der = NULL, longer[2048] = { 0 };
	struct cert_list list;
	BIO *bio = BIO_new(BIO_s_mem());
	char *text;
	int len;

	(void)state;
	assert_int_equal(framed("a word\n", first, ""), 1);
	assert_int_equal(read_list(&list, NULL, first), WV_OK);
	cert_list_clear(&list);
	len = i2d_X509(pki.pck, &der);
	memcpy(longer, der, (size_t)len);
	BIO_write(bio, first.data, (int)first.len);
	assert_true(PEM_write_bio(bio, "CERTIFICATE", "", longer, len + 1) > 0);
	both.len = (size_t)BIO_get_mem_data(bio, &text);
	both.data = (const uint8_t *)text;
	ERR_raise(ERR_LIB_PEM, PEM_R_NO_START_LINE);
	assert_int_equal(read_list(&list, NULL, both), WV_CERTIFICATE_DAMAGED);
	cert_list_clear(&list);
	ERR_clear_error();
	BIO_free(bio);
	OPENSSL_free(der);
	ut_free(first);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(framing),
		cmocka_unit_test(line_ends),
		cmocka_unit_test(any_byte),
		cmocka_unit_test(cut_anywhere),
		cmocka_unit_test(bytes_in_a_block),
		cmocka_unit_test(pool_by_bytes),
		cmocka_unit_test(pool_and_what_follows),
	};

	return cmocka_run_group_tests(tests, intel_setup, intel_teardown);
}
