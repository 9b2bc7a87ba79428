// SPDX-License-Identifier: MIT
/*
 * mkevidence DIR: bundles, receipts and reports of a simulated guest, sound and
 * unsound, under keys made for this run, for the tests of the command line.
 */
#include <endian.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "../unit/cose_make.h"
#include "../unit/crl_make.h"
#include "../unit/quote_make.h"
#include "libward.h"
#include "mkevidence.h"

static const char *dir;
struct sim_pki pki;

void write_file(const char *name, struct wv_bytes b)
{
	char path[4096];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	f = fopen(path, "wb");
	if (!f || fwrite(b.data, 1, b.len, f) != b.len || fclose(f)) {
		perror(path);
		exit(1);
	}
}

void make_folder(const char *name)
{
	char path[4096];

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	mkdir(path, 0777);
}

void write_text(const char *name, const char *text)
{
	write_file(name, (struct wv_bytes){ (const uint8_t *)text, strlen(text) });
}

void write_cert(const char *name, X509 *cert)
{
	struct wv_bytes pem = sim_pem(cert);

	write_file(name, pem);
	ut_free(pem);
}

void write_key(const char *name, EVP_PKEY *key)
{
	BIO *bio = BIO_new(BIO_s_mem());
	struct wv_bytes pem;
	char *data;

	if (!PEM_write_bio_PrivateKey(bio, key, NULL, NULL, 0, NULL, NULL))
		exit(1);
	pem.len = (size_t)BIO_get_mem_data(bio, &data);
	pem.data = (const uint8_t *)data;
	write_file(name, pem);
	BIO_free(bio);
}

void write_bundle(const char *name, const struct sim_guest *g)
{
	struct wv_bytes b = sim_bundle(g, &pki);

	write_file(name, b);
	ut_free(b);
}

static void write_changed(const char *name, const struct sim_guest *g, size_t at)
{
	struct wv_bytes b = sim_bundle(g, &pki);

	((uint8_t *)b.data)[at] ^= 1;
	write_file(name, b);
	ut_free(b);
}

static void releases(void)
{
	struct sim_guest g;
	struct wv_bytes b;

	sim_guest_new(&g, WARD_PURPOSE_RELEASE);
	g.leaves = 7;
	g.index = 6;
	write_bundle("release.ward", &g);
	/* the head of the file is 20 bytes and 3 nodes: byte 400 lies in the claims */
	write_changed("edited.ward", &g, 400);
	b = sim_bundle(&g, &pki);
	write_file("cut.ward", (struct wv_bytes){ b.data, b.len - 1 });
	ut_free(b);
	g.leaves = 64;
	g.index = 40;
	write_bundle("tree.ward", &g);
	g.policy |= WV_SNP_POLICY_DEBUG;
	write_bundle("debug.ward", &g);
	sim_guest_new(&g, WARD_PURPOSE_RELEASE);
	g.measurement[0] ^= 1;
	write_bundle("other-image.ward", &g);
	sim_guest_new(&g, WARD_PURPOSE_RELEASE);
	g.claims.caller.uid = htole32(1001);
	write_bundle("other-uid.ward", &g);
	sim_guest_new(&g, WARD_PURPOSE_RELEASE);
	g.event_count = 0;
	write_bundle("no-events.ward", &g);
	sim_guest_new(&g, WARD_PURPOSE_RELEASE);
	g.events[1].id = htole64(99);
	write_bundle("other-events.ward", &g);
}

static void receipt(struct sim_guest *g)
{
	uint8_t release[16], dataset[16], nonce[32];

	sim_guest_new(g, WARD_PURPOSE_RECEIPT);
	memset(release, 0x77, sizeof(release));
	memset(dataset, 0x66, sizeof(dataset));
	memset(nonce, 0x11, sizeof(nonce));
	wv_binding_receipt(release, dataset, nonce, g->claims.binding);
}

static void receipts(void)
{
	struct sim_guest g;

	receipt(&g);
	write_bundle("receipt.ward", &g);
	g.event_count = 0;
	write_bundle("receipt-bare.ward", &g);
	receipt(&g);
	memmove(g.events, g.events + 1, (g.event_count - 1) * sizeof(g.events[0]));
	g.event_count--;
	write_bundle("receipt-gap.ward", &g);
	receipt(&g);
	g.withheld = 1u << 1 | 1u << 3;
	write_bundle("receipt-withheld.ward", &g);
	receipt(&g);
	g.claims.state = 0;
	write_bundle("unsealed.ward", &g);
	receipt(&g);
	g.claims.live_a = htole64(4096);
	write_bundle("live.ward", &g);
	receipt(&g);
	memset(g.claims.session, 0x45, 16);
	memset(g.claims.subject, 0x45, 16);
	sim_heads(&g);
	write_bundle("other-session.ward", &g);
	write_text("log.json",
		   "{\"version\":1,\"time\":\"2026-11-22T02:00:00Z\",\"resource\":\"default/site/1\","
		   "\"dataset\":\"66666666666666666666666666666666\","
		   "\"release\":\"77777777777777777777777777777777\",\"receipt_nonce\":"
		   "\"1111111111111111111111111111111111111111111111111111111111111111\","
		   "\"session\":\"44444444444444444444444444444444\","
		   "\"instance\":\"33333333333333333333333333333333\",\"uid\":1000,"
		   "\"measurement\":\"a0a1a2a3a4a5a6a7a8a9aaabacadaeafb0b1b2b3b4b5b6b7b8b9babbbcbdbebf"
		   "c0c1c2c3c4c5c6c7c8c9cacbcccdcecf\",\"evidence_sha256\":"
		   "\"0000000000000000000000000000000000000000000000000000000000000000\"}\n");
}

static const char *hex_of(const uint8_t *bytes, size_t len, char *out)
{
	for (size_t i = 0; i < len; i++)
		sprintf(out + 2 * i, "%02x", bytes[i]);
	return out;
}

/* A model's card in a folder, models beside it, and evidence that vouches for it. */
static void cards(void)
{
	static const char model[] = "a model", onnx[] = "a graph";
	char text[2048], of[2][65], declared[129];
	uint8_t sha256[2][32], digest[64];
	struct sim_guest g;

	sim_guest_new(&g, WARD_PURPOSE_REPORT);
	memset(g.claims.declared, 0x5d, sizeof(g.claims.declared));
	EVP_Digest(model, sizeof(model) - 1, sha256[0], NULL, EVP_sha256(), NULL);
	EVP_Digest(onnx, sizeof(onnx) - 1, sha256[1], NULL, EVP_sha256(), NULL);
	snprintf(text, sizeof(text),
		 "{\"ward-card\":1,\"model\":{\"file\":\"model-n.safetensors\",\"sha256\":\"%s\"},"
		 "\"onnx\":{\"file\":\"model-n.onnx\",\"sha256\":\"%s\"},\"plan\":{\"name\":\"trial\"},"
		 "\"worker\":{\"session\":\"44444444444444444444444444444444\","
		 "\"instance\":\"33333333333333333333333333333333\",\"declared\":\"%s\"}}\n",
		 hex_of(sha256[0], 32, of[0]), hex_of(sha256[1], 32, of[1]),
		 hex_of(g.claims.declared, 64, declared));
	make_folder("card");
	write_text("card/model-n.json", text);
	write_text("card/model-n.safetensors", model);
	write_text("card/model-n.onnx", onnx);
	EVP_Digest(text, strlen(text), digest, NULL, EVP_sha512(), NULL);
	memcpy(g.claims.nonce, digest, sizeof(digest));
	g.claims.nonce_len = htole32(sizeof(digest));
	if (ward_binding_card(digest, g.claims.binding))
		exit(1);
	write_bundle("card.ward", &g);
	memset(g.claims.declared, 0x5e, sizeof(g.claims.declared));
	write_bundle("card-other-plan.ward", &g);
}

/* Report and certificate table in one file, as go-sev-guest's attest -extended gives them. */
static void write_extended(const char *name, const uint8_t *report)
{
	size_t len;
	uint8_t *table = sim_cert_table(&pki, &len), *both = malloc(WV_SNP_REPORT_SIZE + len);

	memcpy(both, report, WV_SNP_REPORT_SIZE);
	memcpy(both + WV_SNP_REPORT_SIZE, table, len);
	write_file(name, (struct wv_bytes){ both, WV_SNP_REPORT_SIZE + len });
	free(table);
	free(both);
}

static void write_list(const char *name, const struct crl_recipe *list)
{
	struct wv_bytes der = crl_make(list), pem = crl_pem(der);

	write_file(name, pem);
	ut_free(der);
	ut_free(pem);
}

static void reports(void)
{
	uint8_t report[WV_SNP_REPORT_SIZE], data[64];
	struct sim_guest g;

	memset(data, 0x5a, sizeof(data));
	sim_guest_new(&g, WARD_PURPOSE_REPORT);
	sim_report(&g, &pki, data, report);
	write_file("report.bin", (struct wv_bytes){ report, sizeof(report) });
	write_extended("extended.bin", report);
	report[0x90] ^= 1;
	write_file("report-edited.bin", (struct wv_bytes){ report, sizeof(report) });
	write_file("report-cut.bin", (struct wv_bytes){ report, sizeof(report) - 1 });
}

/*
 * For doc/coming-from.md: certificates whose names don't say that they are simulated, and
 * a report with more in it than the others.
 */
static void unmarked(void)
{
	struct sim_recipe r = sim_default_recipe;
	uint8_t report[WV_SNP_REPORT_SIZE], data[64];
	struct crl_recipe list = { .pss = true, .from = time(NULL) - 3600,
				   .to = time(NULL) + 86400 };
	struct sim_pki marked = pki;
	struct sim_guest g;
	size_t i;

	r.ark_name = "test ARK";
	r.ask_name = "test ASK";
	r.vek_name = "test VCEK";
	r.org = "test of ward";
	if (sim_pki_make(&r, &marked, &pki))
		exit(1);
	make_folder("plain");
	write_cert("plain/ark.pem", pki.ark);
	write_cert("plain/ask.pem", pki.ask);
	write_cert("plain/vcek.pem", pki.vek);
	list.issuer = pki.ark;
	list.key = pki.ark_key;
	write_list("plain/crl.pem", &list);
	list.revoked[0] = pki.ask;
	list.revoked_count = 1;
	write_list("plain/revoking.pem", &list);
	memset(data, 0x5a, sizeof(data));
	sim_guest_new(&g, WARD_PURPOSE_REPORT);
	sim_set(&g, 0x04, 4, 4);		/* guest SVN */
	sim_set(&g, 0x08, 8, 0x30133);		/* SMT, ABI 1.51 */
	sim_set(&g, 0x40, 8, 0x24);		/* ECC, aliases looked for */
	sim_set(&g, 0x1e8, 3, 0x01371d);	/* 1.55.29, current and committed */
	sim_set(&g, 0x1ec, 3, 0x01371d);
	for (i = 0; i < 48; i += 8)
		sim_set(&g, 0xe0 + i, 8, 0xaaaaaaaaaaaaaaaa);	/* ID key */
	sim_report(&g, &pki, data, report);
	write_file("plain/report.bin", (struct wv_bytes){ report, sizeof(report) });
	write_extended("plain/attestation.bin", report);
	sim_pki_free(&pki);
	pki = marked;
}

static void policies(void)
{
	write_text("policy.json",
		   "{\n \"ward-policy\": 1,\n \"measurement\": [\"a0a1a2a3a4a5a6a7a8a9aaabacadaeafb0b1b2b3"
		   "b4b5b6b7b8b9babbbcbdbebfc0c1c2c3c4c5c6c7c8c9cacbcccdcecf\"],\n"
		   " \"purpose\": \"release\",\n \"uid\": [1000],\n"
		   " \"allow_tee\": [\"simulated-snp\"]\n}\n");
	write_text("unpinned.json",
		   "{\"ward-policy\":1,\"allow_tee\":[\"simulated-snp\"]}\n");
	write_text("real-only.json", "{\"ward-policy\":1,\"accept_unmeasured\":true}\n");
	write_text("bad.json", "{\"ward-policy\":1,\n  \"uids\":[1000]}\n");
}

/* One bit of s: the last bytes of the signature, which are the last of the TPM's data. */
static void write_signed_otherwise(const char *name, const struct sim_guest *g)
{
	struct wv_bytes b = sim_bundle(g, &pki);
	struct wv_bundle *read;
	size_t at;

	if (wv_bundle_decode(b, &read, NULL))
		exit(1);
	at = (size_t)(read->evidence[0].data.data - b.data) + read->evidence[0].data.len - 1;
	((uint8_t *)b.data)[at] ^= 1;
	write_file(name, b);
	wv_bundle_free(read);
	ut_free(b);
}

void write_tpm(const char *name, const struct tpm_sim *t, bool launch)
{
	struct sim_guest g;

	sim_guest_new(&g, WARD_PURPOSE_RELEASE);
	g.no_launch = !launch;
	if (!launch)
		g.claims.tee = htole32(WARD_TEE_TPM);
	g.tpm = t;
	g.tpm_count = 1;
	write_bundle(name, &g);
	if (!strcmp(name, "tpm.ward"))
		write_signed_otherwise("tpm-edited.ward", &g);
}

static void tpm_policy(const char *name, const char *ak, const char *more)
{
	char text[2048];

	snprintf(text, sizeof(text),
		 "{\"ward-policy\":1,\"purpose\":\"release\",%s,\"tpm\":{\"ak\":[\"%s\"],\"pcrs\":{\"sha256\":"
		 "{\"4\":[\"1414141414141414141414141414141414141414141414141414141414141414\"],"
		 "\"9\":[\"1919191919191919191919191919191919191919191919191919191919191919\"]}}}}\n",
		 more, ak);
	write_text(name, text);
}

/* Quotes by keys of OpenSSL's: no TPM stands behind them. */
static void tpms(void)
{
	EVP_PKEY *key = EVP_EC_gen("P-256"), *other = EVP_EC_gen("P-256");
	struct tpm_sim t;
	char ak[65];

	tpm_sim_new(&t, key);
	tpm_sim_ak(&t, ak);
	write_tpm("tpm.ward", &t, false);
	write_tpm("both.ward", &t, true);
	t.pcr[9][0] ^= 1;
	write_tpm("tpm-other-boot.ward", &t, false);
	tpm_sim_new(&t, other);
	write_tpm("tpm-other-machine.ward", &t, false);
	tpm_policy("tpm.json", ak, "\"allow_tee\":[\"tpm\"]");
	tpm_policy("both.json", ak, "\"allow_tee\":[\"simulated-snp\"]");
	EVP_PKEY_free(key);
	EVP_PKEY_free(other);
}

static void write_quote(const char *name, const struct quote_plan *plan)
{
	struct wv_bytes b = quote_make(plan);

	write_file(name, b);
	ut_free(b);
}

static void write_and_free(const char *name, struct wv_bytes b)
{
	write_file(name, b);
	ut_free(b);
}

static struct wv_bytes list_of(X509 *issuer, EVP_PKEY *key, X509 *revoked)
{
	struct crl_recipe r = { .issuer = issuer, .key = key, .aki = issuer,
				.from = time(NULL) - INTEL_DAY, .to = time(NULL) + 30 * INTEL_DAY,
				.revoked = { revoked }, .revoked_count = revoked != NULL };

	return crl_make(&r);
}

/* What Intel publishes of that platform; @revoked: of its PCK, too. */
static void collateral(const struct intel_pki *p, const char *folder, bool revoked)
{
	struct intel_doc doc = intel_doc_default;
	char name[64], issued[32], next[32];

	make_folder(folder);
	wv_time_text(time(NULL) - INTEL_DAY, issued);
	wv_time_text(time(NULL) + 30 * INTEL_DAY, next);
	doc.issued = issued;
	doc.next = next;
	snprintf(name, sizeof(name), "%s/tcb-info.json", folder);
	write_and_free(name, intel_tcb_info(p, &doc));
	snprintf(name, sizeof(name), "%s/qe-identity.json", folder);
	write_and_free(name, intel_identity(p, &doc));
	snprintf(name, sizeof(name), "%s/tcb-signing.pem", folder);
	write_and_free(name, intel_signers(p));
	snprintf(name, sizeof(name), "%s/root.crl", folder);
	write_and_free(name, list_of(p->root, p->root_key, NULL));
	snprintf(name, sizeof(name), "%s/pck.crl", folder);
	write_and_free(name, list_of(p->ca, p->ca_key, revoked ? p->pck : NULL));
}

static void td_bundle(struct quote_plan *plan)
{
	struct wv_evidence e = { .provider = "tdx_guest", .tee = "tdx" };
	struct sim_guest g;

	sim_guest_new(&g, WARD_PURPOSE_RELEASE);
	g.no_launch = true;
	g.claims.tee = htole32(WARD_TEE_TDX);
	sim_report_data(&g, plan->bytes + TD_REPORT_DATA);
	e.data = quote_make(plan);
	g.more = &e;
	g.more_count = 1;
	write_bundle("td.ward", &g);
	ut_free(e.data);
}

#define DIGEST(b) b b b b b b b b b b b b b b b b b b b b b b b b \
	b b b b b b b b b b b b b b b b b b b b b b b b

/* Quotes of a platform under a root of its own, intel-root.pem, with Intel's names. */
static void quotes(void)
{
	struct quote_plan plan;
	struct intel_pki p;

	intel_pki_make(&intel_default, &p);
	write_cert("intel-root.pem", p.root);
	collateral(&p, "intel", false);
	collateral(&p, "intel-revoked", true);
	quote_plan_new(&plan, &p, 5, 3);
	memset(plan.bytes + TD_TCB_SVN, 5, 16);
	plan.bytes[TD_TCB_SVN + 1] = 1;
	memcpy(plan.bytes + TD_TCB_SVN2, plan.bytes + TD_TCB_SVN, 16);
	intel_qe_report(true, 4, plan.qe);
	write_quote("quote.dat", &plan);
	td_bundle(&plan);
	plan.bytes[TD_ATTRIBUTES] |= 1;
	write_quote("quote-debug.dat", &plan);
	quote_plan_free(&plan);
	quote_plan_new(&plan, &p, 3, 0);
	write_quote("enclave.dat", &plan);
	quote_plan_free(&plan);
	intel_pki_free(&p);
	write_text("td.json", "{\"ward-policy\":1,\"tdx\":{\n \"mrtd\":[\"" DIGEST("3d") "\"],\n"
		   " \"rtmr1\":[\"" DIGEST("a1") "\"],\n \"rtmr2\":[\"" DIGEST("a2") "\"]}}\n");
}

static void cose_bundle(const char *name, const struct sim_guest *like, struct wv_evidence *e)
{
	struct sim_guest g = *like;

	g.more = e;
	g.more_count = 1;
	write_bundle(name, &g);
	ut_free(e->data);
}

/* Bundles that rest on a Nitro document or a CCA token, at the time COSE_NOW. */
static void enclaves(void)
{
	EVP_PKEY *key = EVP_EC_gen("P-384");
	struct wv_evidence nitro = { .provider = "nitro", .tee = "nitro" };
	struct wv_evidence cca = { .provider = "tsm", .tee = "cca" };
	char text[1024], *public = cose_public(key);
	uint8_t data[64];
	struct nitro_plan document = { .user_data = { data, sizeof(data) } };
	struct arm_plan token = { .platform = { .key = key }, .realm = { .key = key },
				  .challenge = { data, sizeof(data) } };
	struct nitro_pki authority;
	struct sim_guest g;

	nitro_pki_make(&nitro_default, &authority);
	write_cert("nitro-root.pem", authority.root);
	snprintf(text, sizeof(text),
		 "{\"ward-policy\":1,\"accept_unmeasured\":true,\"cca\":{\"platform_keys\":"
		 "[{\"public_key\":\"%s\"}]}}\n", public);
	write_text("cca.json", text);
	sim_guest_new(&g, WARD_PURPOSE_RELEASE);
	g.no_launch = true;
	sim_report_data(&g, data);
	nitro.data = nitro_make(&authority, &document);
	cose_bundle("nitro.ward", &g, &nitro);
	cca.data = cca_make(&token);
	cose_bundle("cca.ward", &g, &cca);
	token.other_binder = true;
	cca.data = cca_make(&token);
	cose_bundle("cca-two-halves.ward", &g, &cca);
	data[0] ^= 1;
	nitro.data = nitro_make(&authority, &document);
	cose_bundle("nitro-other-claims.ward", &g, &nitro);
	nitro_pki_free(&authority);
	EVP_PKEY_free(key);
	free(public);
}

int main(int argc, char **argv)
{
	if (argc != 2) {
		fprintf(stderr, "usage: mkevidence DIR\n");
		return 1;
	}
	dir = argv[1];
	if (sim_pki_make(&sim_default_recipe, NULL, &pki)) {
		fprintf(stderr, "mkevidence: no keys\n");
		return 1;
	}
	write_cert("ark.pem", pki.ark);
	write_cert("ask.pem", pki.ask);
	write_cert("vcek.pem", pki.vek);
	releases();
	receipts();
	cards();
	reports();
	unmarked();
	policies();
	tpms();
	quotes();
	enclaves();
	pieces();
	beside();
	azures();
	sim_pki_free(&pki);
	return 0;
}
