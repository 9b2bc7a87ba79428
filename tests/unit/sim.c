// SPDX-License-Identifier: MIT
#include <endian.h>
#include <openssl/bn.h>
#include <openssl/ecdsa.h>
#include <openssl/pem.h>
#include <stdlib.h>
#include <string.h>

#include "sim.h"

static void sha(const EVP_MD *md, uint8_t tag, const void *a, size_t na, const void *b, size_t nb,
		uint8_t *out)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();

	assert_true(EVP_DigestInit_ex(ctx, md, NULL) && EVP_DigestUpdate(ctx, &tag, 1) &&
		    EVP_DigestUpdate(ctx, a, na) && EVP_DigestUpdate(ctx, b, nb) &&
		    EVP_DigestFinal_ex(ctx, out, NULL));
	EVP_MD_CTX_free(ctx);
}

/* MTH(D[n]) of RFC 9162 section 2.1.1 over leaves that are hashed already. */
static void tree_root(const uint8_t (*leaf)[64], uint64_t n, uint8_t out[64])
{
	uint8_t left[64], right[64];
	uint64_t k = 1;

	if (n == 1) {
		memcpy(out, leaf[0], 64);
		return;
	}
	while (k * 2 < n)
		k *= 2;
	tree_root(leaf, k, left);
	tree_root(leaf + k, n - k, right);
	sha(EVP_sha512(), 1, left, 64, right, 64, out);
}

/* PATH(m, D[n]) of RFC 9162 section 2.1.3.1. */
static void tree_path(const uint8_t (*leaf)[64], uint64_t n, uint64_t m, uint8_t (*path)[64],
		      size_t *nodes)
{
	uint64_t k = 1;

	if (n == 1)
		return;
	while (k * 2 < n)
		k *= 2;
	if (m < k) {
		tree_path(leaf, k, m, path, nodes);
		tree_root(leaf + k, n - k, path[(*nodes)++]);
	} else {
		tree_path(leaf + k, n - k, m - k, path, nodes);
		tree_root(leaf, k, path[(*nodes)++]);
	}
}

void sim_tree(const uint8_t (*leaf)[64], uint64_t leaves, uint64_t index, uint8_t root[64],
	      uint8_t (*path)[64], size_t *nodes)
{
	*nodes = 0;
	tree_root(leaf, leaves, root);
	tree_path(leaf, leaves, index, path, nodes);
}

void sim_heads(struct sim_guest *g)
{
	static const char start[] = "ARD-CHAIN-V1";	/* behind its first letter */
	uint8_t ids[32], head[32], b[32];
	size_t i;

	memcpy(ids, g->claims.instance, 16);
	memcpy(ids + 16, g->claims.subject, 16);
	sha(EVP_sha256(), 'W', start, sizeof(start), ids, sizeof(ids), head);
	for (i = 0; i < g->event_count; i++) {
		sha(EVP_sha256(), 0, &g->events[i], sizeof(g->events[i]), "", 0, b);
		sha(EVP_sha256(), 1, head, 32, b, 32, head);
	}
	memcpy(g->claims.session_head, head, 32);
	g->claims.session_seq = htole64(g->event_count);
}

void sim_event(struct sim_guest *g, uint16_t type, uint64_t bytes)
{
	struct ward_event *e = &g->events[g->event_count];

	assert_true(g->event_count < SIM_EVENTS_MAX);
	memset(e, 0, sizeof(*e));
	e->size = htole32(sizeof(*e));
	e->type = htole16(type);
	e->seq = htole64(++g->event_count);
	e->time_ns = htole64(1000 * g->event_count);
	e->bytes = htole64(bytes);
	e->uid = htole32(1000);
	if (type == WARD_EVENT_BUF_WIPE)
		e->reason = htole16(WARD_END_WIPE);
	if (type == WARD_EVENT_BUF_ALLOC || type == WARD_EVENT_BUF_WIPE)
		e->class = htole32(WARD_CLASS_A);
	sim_heads(g);
}

void sim_guest_new(struct sim_guest *g, uint32_t purpose)
{
	struct ward_claims *k = &g->claims;
	size_t i;

	memset(g, 0, sizeof(*g));
	k->size = htole32(WARD_CLAIMS_SIZE);
	k->version = htole32(1);
	k->purpose = htole32(purpose);
	k->nonce_len = htole32(32);
	memset(k->nonce, 0x11, 32);
	memset(k->binding, 0x22, sizeof(k->binding));
	memset(k->instance, 0x33, sizeof(k->instance));
	memset(k->session, 0x44, sizeof(k->session));
	memset(k->subject, 0x44, sizeof(k->subject));
	k->caller.uid = k->opener.uid = htole32(1000);
	k->caller.gid = k->opener.gid = htole32(1000);
	k->tee = htole32(WARD_TEE_SIMULATED);
	k->alloc_buffers = k->wiped_buffers = htole64(2);
	k->alloc_bytes = k->wiped_bytes = htole64(6 << 20);
	k->peak_a = htole64(4 << 20);
	if (purpose == WARD_PURPOSE_RECEIPT)
		k->state = htole32(WARD_STATE_SEALED);
	for (i = 0; i < sizeof(g->measurement); i++)
		g->measurement[i] = (uint8_t)(0xa0 + i);
	g->policy = 0x30000;
	g->version = 3;
	memcpy(g->cpuid, "\x19\x01\x01", 3);
	g->tee = "simulated-snp";
	g->leaves = 1;
	sim_event(g, WARD_EVENT_SESSION_OPEN, 0);
	sim_event(g, WARD_EVENT_BUF_ALLOC, 2 << 20);
	sim_event(g, WARD_EVENT_BUF_ALLOC, 4 << 20);
	sim_event(g, WARD_EVENT_BUF_WIPE, 2 << 20);
	sim_event(g, WARD_EVENT_BUF_WIPE, 4 << 20);
	sim_event(g, WARD_EVENT_SESSION_SEAL, 0);
}

static void put(uint8_t *report, size_t at, uint64_t value, size_t n)
{
	for (; n; n--, value >>= 8)
		report[at++] = (uint8_t)value;
}

void sim_set(struct sim_guest *g, size_t at, size_t len, uint64_t value)
{
	assert_true(g->field_count < SIM_FIELDS_MAX && len <= 8);
	g->fields[g->field_count++] = (struct sim_field){ at, len, value };
}

static void sign(const struct sim_pki *pki, uint8_t *report)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	uint8_t der[128];
	const uint8_t *p = der;
	size_t len = sizeof(der);
	ECDSA_SIG *sig;

	assert_true(EVP_DigestSignInit(ctx, NULL, EVP_sha384(), NULL, pki->vek_key) == 1 &&
		    EVP_DigestSign(ctx, der, &len, report, 0x2a0) == 1);
	sig = d2i_ECDSA_SIG(NULL, &p, (long)len);
	assert_non_null(sig);
	assert_int_equal(BN_bn2lebinpad(ECDSA_SIG_get0_r(sig), report + 0x2a0, 72), 72);
	assert_int_equal(BN_bn2lebinpad(ECDSA_SIG_get0_s(sig), report + 0x2e8, 72), 72);
	ECDSA_SIG_free(sig);
	EVP_MD_CTX_free(ctx);
}

void sim_report(const struct sim_guest *g, const struct sim_pki *pki,
		const uint8_t report_data[64], uint8_t *out)
{
	static const int tcb_at[] = { 0x38, 0x180, 0x1e0, 0x1f0 };
	size_t i;

	memset(out, 0, WV_SNP_REPORT_SIZE);
	put(out, 0x00, g->version, 4);
	put(out, 0x08, g->policy, 8);
	put(out, 0x30, g->vmpl, 4);
	put(out, 0x34, 1, 4);
	memcpy(out + 0x50, report_data, 64);
	memcpy(out + 0x90, g->measurement, 48);
	for (i = 0; i < sizeof(tcb_at) / sizeof(tcb_at[0]); i++)
		put(out, (size_t)tcb_at[i], 0x7308000000000003, 8);
	if (g->version >= 3)
		memcpy(out + 0x188, g->cpuid, 3);
	memcpy(out + 0x1a0, pki->chip_id, 64);
	for (i = 0; i < g->field_count; i++)
		put(out, g->fields[i].at, g->fields[i].value, g->fields[i].len);
	sign(pki, out);
}

/* Report data by the other way: the whole tree is built. */
static void report_data(const struct sim_guest *g, struct wv_bundle *b, uint8_t out[64])
{
	static const char tag[] = "ARD-CLAIMS-V1";
	uint8_t leaf[WARD_PATH_MAX][64], root[64];
	uint64_t i;

	for (i = 0; i < g->leaves; i++)
		sha(EVP_sha512(), 0, &i, sizeof(i), "", 0, leaf[i]);
	sha(EVP_sha512(), 0, &g->claims, sizeof(g->claims), "", 0, leaf[g->index]);
	sim_tree(leaf, g->leaves, g->index, root, b->path, &b->nodes);
	sha(EVP_sha512(), 'W', tag, sizeof(tag), root, 64, out);
}

void sim_report_data(const struct sim_guest *g, uint8_t out[64])
{
	struct wv_bundle scratch;

	report_data(g, &scratch, out);
}

static struct wv_evidence *piece(struct wv_bundle *b, const char *provider, const char *tee)
{
	struct wv_evidence *e = &b->evidence[b->evidence_count++];

	assert_true(b->evidence_count <= WV_EVIDENCE_MAX);
	strcpy(e->provider, provider);
	strcpy(e->tee, tee);
	return e;
}

static void add_launch(const struct sim_guest *g, struct wv_bundle *b, struct wv_bytes report,
		       struct wv_bytes table)
{
	struct wv_evidence *e = piece(b, "tsmsim", g->tee);

	e->data = report;
	e->aux = table;
	if (!g->beside)
		return;
	e = piece(b, "tsmsim", g->beside);
	e->data = report;
	e->data.len = 100;
	e->aux = table;
}

static void add_tpms(const struct sim_guest *g, struct wv_bundle *b, const uint8_t data[64])
{
	for (size_t i = 0; i < g->tpm_count; i++) {
		struct wv_evidence *e = piece(b, "vtpm", "tpm");

		e->data = tpm_sim_data(&g->tpm[i], data);
		e->aux = tpm_sim_aux(&g->tpm[i]);
	}
}

static void free_tpms(const struct sim_guest *g, struct wv_bundle *b, size_t first)
{
	for (size_t i = first; i < first + g->tpm_count; i++) {
		ut_free(b->evidence[i].data);
		ut_free(b->evidence[i].aux);
	}
}

/* As they are shown; @digests holds those of the records that are withheld. */
static void show_events(const struct sim_guest *g, struct wv_bytes *out, uint8_t (*digests)[32])
{
	for (size_t i = 0; i < g->event_count; i++) {
		out[i] = (struct wv_bytes){ (const uint8_t *)&g->events[i], WARD_EVENT_SIZE };
		if (!(g->withheld & 1u << i))
			continue;
		sha(EVP_sha256(), 0, &g->events[i], WARD_EVENT_SIZE, "", 0, digests[i]);
		out[i] = (struct wv_bytes){ digests[i], 32 };
	}
}

struct wv_bytes sim_bundle(const struct sim_guest *g, const struct sim_pki *pki)
{
	uint8_t digests[SIM_EVENTS_MAX][32];
	struct wv_bytes events[SIM_EVENTS_MAX];
	struct wv_bundle b = {
		.claims = { (const uint8_t *)&g->claims, sizeof(g->claims) },
		.index = g->index,
		.leaves = g->leaves,
		.events = events,
		.event_count = g->event_count,
	};
	uint8_t report[WV_SNP_REPORT_SIZE], data[64], *table = NULL, *out;
	size_t i, len, table_len, first;
	struct wv_fault fault;

	report_data(g, &b, data);
	show_events(g, events, digests);
	if (!g->no_launch) {
		table = sim_cert_table(pki, &table_len);
		sim_report(g, pki, data, report);
		add_launch(g, &b, (struct wv_bytes){ report, sizeof(report) },
			   (struct wv_bytes){ table, table_len });
	}
	first = b.evidence_count;
	add_tpms(g, &b, data);
	for (i = 0; i < g->more_count; i++)
		b.evidence[b.evidence_count++] = g->more[i];
	ut_reason(WV_OK, wv_bundle_encode(&b, &out, &len, &fault), &fault);
	free_tpms(g, &b, first);
	free(table);
	return (struct wv_bytes){ out, len };
}

struct wv_bytes sim_pem(X509 *cert)
{
	BIO *bio = BIO_new(BIO_s_mem());
	uint8_t *out;
	char *data;
	long len;

	assert_true(PEM_write_bio_X509(bio, cert));
	len = BIO_get_mem_data(bio, &data);
	out = malloc((size_t)len);
	memcpy(out, data, (size_t)len);
	BIO_free(bio);
	return (struct wv_bytes){ out, (size_t)len };
}
