// SPDX-License-Identifier: MIT
/* What `wardctl fetch` gets: answers of the vendors' services, folders with the same. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "../unit/sim.h"
#include "roots.h"
#include "seeds_intel.h"

static struct sim_pki amd;

/* As it stands in a header; its own, for whoever frees it. */
static struct wv_bytes percent(const char *name, struct wv_bytes pem)
{
	char *out = malloc(64 + 3 * pem.len);
	size_t n, i;

	assert_non_null(out);
	n = (size_t)sprintf(out, "HTTP/1.1 200 OK\r\n%s: ", name);
	for (i = 0; i < pem.len; i++)
		n += (size_t)sprintf(out + n, strchr("\n +/=", pem.data[i]) ? "%%%02X" : "%c", pem.data[i]);
	n += (size_t)sprintf(out + n, "\r\n");
	return (struct wv_bytes){ (uint8_t *)out, n };
}

static struct wv_bytes joined(struct wv_bytes a, struct wv_bytes b)
{
	uint8_t *both = malloc(a.len + b.len);

	assert_non_null(both);
	memcpy(both, a.data, a.len);
	memcpy(both + a.len, b.data, b.len);
	ut_free(a);
	ut_free(b);
	return (struct wv_bytes){ both, a.len + b.len };
}

static struct wv_bytes der_of(X509 *cert)
{
	uint8_t *der = NULL;
	int len = i2d_X509(cert, &der);

	assert_true(len > 0);
	return (struct wv_bytes){ der, (size_t)len };
}

/* An answer, and a folder with body and issuers; frees both. */
static void keep(char kind, const char *name, const char *header, struct wv_bytes chain,
		 struct wv_bytes body)
{
	const char head[] = { kind, 0 };
	struct wv_bytes none = { NULL, 0 }, line = header ? percent(header, chain) : none;

	/* seed_pair() takes a text: item 0 is written as 7. */
	seed_pair("fetch", name, head, line, body);
	seed_pair("import", name, head, body, none);
	if (header) {
		uint8_t *rest = malloc(2 + chain.len);

		assert_non_null(rest);
		rest[0] = (uint8_t)(chain.len >> 8);
		rest[1] = (uint8_t)chain.len;
		memcpy(rest + 2, chain.data, chain.len);
		seed_pair("import", name, head, body, (struct wv_bytes){ rest, 2 + chain.len });
		free(rest);
		ut_free(line);
		ut_free(chain);
	}
	ut_free(body);
}

static void amds(void)
{
	struct crl_recipe r = { .issuer = amd.ark, .key = amd.ark_key, .pss = true,
				.from = time(NULL) - 86400, .to = time(NULL) + SEED_YEAR };
	struct wv_bytes ca = joined(sim_pem(amd.ask), sim_pem(amd.ark)), none = { NULL, 0 };
	uint8_t *copy = malloc(ca.len);

	assert_non_null(copy);
	memcpy(copy, ca.data, ca.len);
	root_take("fetch.ca", (struct wv_bytes){ copy, ca.len });
	root_take("fetch.chip", (struct wv_bytes){ memcpy(malloc(64), amd.chip_id, 64), 64 });
	root("fetch-amd.pem", amd.ark);
	keep(7, "ca", NULL, none, ca);
	keep(1, "vcek", NULL, none, der_of(amd.vek));
	keep(2, "amd-crl", NULL, none, crl_make(&r));
}

/* THIM's answer: PEM within JSON. */
static void thim(void)
{
	struct wv_bytes vcek = sim_pem(amd.vek), ca = joined(sim_pem(amd.ask), sim_pem(amd.ark));
	size_t len = 64 + 2 * (vcek.len + ca.len), n, i;
	char *text = malloc(len);
	const struct wv_bytes none = { NULL, 0 };

	assert_non_null(text);
	n = (size_t)sprintf(text, "{\"vcekCert\":\"");
	for (i = 0; i < vcek.len; i++)
		n += (size_t)sprintf(text + n, vcek.data[i] == '\n' ? "\\n" : "%c", vcek.data[i]);
	n += (size_t)sprintf(text + n, "\",\"certificateChain\":\"");
	for (i = 0; i < ca.len; i++)
		n += (size_t)sprintf(text + n, ca.data[i] == '\n' ? "\\n" : "%c", ca.data[i]);
	n += (size_t)sprintf(text + n, "\"}");
	seed_pair("fetch", "thim-ca", "\x47", none, (struct wv_bytes){ (uint8_t *)text, n });
	seed_pair("fetch", "thim-vcek", "\x41", none, (struct wv_bytes){ (uint8_t *)text, n });
	free(text);
	ut_free(vcek);
	ut_free(ca);
}

static void intels(void)
{
	const struct intel_pki *pki = &seeds_intel_pki;
	struct intel_doc d = intel_doc_default;
	struct crl_recipe r = { .issuer = pki->ca, .aki = pki->ca, .key = pki->ca_key,
				.from = time(NULL) - 86400, .to = time(NULL) + SEED_YEAR };
	X509 *const ca[] = { pki->ca, pki->root };
	char issued[32], next[32];
	const struct wv_bytes none = { NULL, 0 };

	wv_time_text(time(NULL) - 86400, issued);
	wv_time_text(time(NULL) + SEED_YEAR, next);
	d.issued = issued;
	d.next = next;
	keep(3, "tcb-info", "TCB-Info-Issuer-Chain", intel_signers(pki), intel_tcb_info(pki, &d));
	keep(4, "identity", "SGX-Enclave-Identity-Issuer-Chain", intel_signers(pki),
	     intel_identity(pki, &d));
	keep(5, "pck-crl", "SGX-PCK-CRL-Issuer-Chain", intel_pem(ca, 2), crl_make(&r));
	r.issuer = r.aki = pki->root;
	r.key = pki->root_key;
	keep(6, "root-crl", NULL, none, crl_make(&r));
	root_take("fetch.chain", intel_pem(ca, 2));
}

void seeds_fetch(void)
{
	if (sim_pki_make(&sim_default_recipe, NULL, &amd))
		assert_true(false);
	amds();
	thim();
	intels();
	seed_text("fetch", "status", "\x03" "\x01" "\x01" "HTTP/1.1 503 Busy\r\n");
	sim_pki_free(&amd);
}
