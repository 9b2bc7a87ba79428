// SPDX-License-Identifier: MIT
/*
 * Every bit of Intel's quotes: of a TD in each form, of an enclave, and of the certificates
 * that they carry.
 */
#include <stdlib.h>
#include <string.h>

#include "bits.h"
#include "quote.h"
#include "quote_make.h"

static struct intel_pki pki;
static struct wv_bytes made;
static uint8_t data[64];

enum form { TD_4 = 42, TD_5_2 = 52, TD_5_3 = 53, ENCLAVE = 30 };

/* All of the quote; the certificates start at *@certs. */
static void open_quote(struct bits_subject *s, int form, size_t *certs)
{
	struct quote_plan plan;
	struct quote q;

	intel_pki_make(&intel_default, &pki);
	quote_plan_new(&plan, &pki, form / 10, form % 10);
	made = quote_make(&plan);
	quote_plan_free(&plan);
	assert_int_equal(quote_parse(made, &q, NULL), WV_OK);
	*certs = (size_t)(q.certs.data - made.data);
	memset(data, 0x11, sizeof(data));
	strcpy(s->evidence.tee, form == ENCLAVE ? "sgx" : "tdx");
	s->evidence.data = made;
	s->challenge = (struct wv_bytes){ data, sizeof(data) };
	s->appraisal.now = INTEL_NOW;
	bits_root(s, intel_pem((X509 *[]){ pki.root }, 1));
	bits_policy(s, "{\"ward-policy\":1,\"accept_unmeasured\":true,\"allow_debug\":true,"
		       "\"allow_tee\":[\"tdx\"]}");
}

static bool open_signed(struct bits_subject *s, int form)
{
	open_quote(s, form, &s->len);
	s->bytes = (uint8_t *)made.data;
	return true;
}

/* PCK, its CA and the root, which this verifier has itself; as PEM. */
static bool open_certs(struct bits_subject *s, int form)
{
	size_t at;

	open_quote(s, form, &at);
	s->bytes = (uint8_t *)made.data + at;
	s->len = made.len - at;
	bits_pem(s, 0, s->len);
	return true;
}

static void close_quote(struct bits_subject *s)
{
	bits_close(s);
	ut_free(made);
	intel_pki_free(&pki);
}

static const struct bits_kind td_4 = { "tdx, quote v4", 8, open_signed, close_quote, TD_4 };
static const struct bits_kind td_5_2 = { "tdx, quote v5, TD 1.0", 4, open_signed, close_quote,
					 TD_5_2 };
static const struct bits_kind td_5_3 = { "tdx, quote v5, TD 1.5", 8, open_signed, close_quote,
					 TD_5_3 };
static const struct bits_kind enclave = { "sgx, quote v3", 8, open_signed, close_quote, ENCLAVE };
static const struct bits_kind certs = { "tdx, certificates of a quote", 8, open_certs,
					close_quote, TD_5_3 };

int main(void)
{
	const struct bits_kind *const kinds[] = { &td_4, &td_5_2, &td_5_3, &enclave, &certs };

	return bits_run("every bit of quotes", kinds, 5);
}
