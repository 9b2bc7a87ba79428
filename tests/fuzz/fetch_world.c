// SPDX-License-Identifier: MIT
/*
 * $FUZZ_ROOTS has what is asked for: fetch.ca (ASK and ARK), fetch.chip, fetch.chain (of Intel).
 * FMSPC and TCB are those of tests/unit/intel_make.c and tests/tsmsim/certs.c.
 */
#include <dirent.h>
#include <jansson.h>
#include <openssl/sha.h>
#include <stdlib.h>
#include <string.h>

#include "../../userspace/wardctl/fetch_amd.h"
#include "../../userspace/wardctl/fetch_intel.h"
#include "../../userspace/wardctl/fetch_pool.h"
#include "fetch_world.h"

#define SAID_MAX 512

typedef bool (*run_fn)(struct wv_bytes in, struct fetch *f, struct fetch_item *it,
		       unsigned int *kind);

static struct fetch_amd amd = {
	.product = WV_PRODUCT_MILAN, .tcb = { .bootloader = 3, .snp = 8, .microcode = 115 },
};
static struct fetch_intel intel = { .of = { .fmspc = "90c06f000000", .platform = true } };
static uint8_t said[SAID_MAX][32];
static size_t said_count;

static void take(void)
{
	const char *folder = getenv("FUZZ_ROOTS");
	struct wv_bytes chip;

	if (amd.ca.data || !folder)
		return;
	amd.ca = fuzz_file(folder, "fetch.ca");
	intel.chain = fuzz_file(folder, "fetch.chain");
	chip = fuzz_file(folder, "fetch.chip");
	if (chip.len != sizeof(amd.chip))
		fuzz_die("no fetch.chip");
	amd.chip_len = chip.len;
	memcpy(amd.chip, chip.data, chip.len);
	free((void *)chip.data);
}

void fetch_world(struct fetch *f, unsigned int kind, struct fetch_item *it)
{
	static struct wardctl ctl = { .quiet = true };

	take();
	memset(f, 0, sizeof(*f));
	f->ctl = &ctl;
	f->roots = (struct wv_roots *)fuzz_world()->roots;
	f->now = fuzz_world()->now;
	switch (kind) {
	case 0: fetch_amd_ca(it, &amd); break;
	case 1: fetch_amd_vcek(it, &amd); break;
	case 2: fetch_amd_crl(it, &amd); break;
	case 3: fetch_intel_tcb_info(it, &intel); break;
	case 4: fetch_intel_qe_identity(it, &intel); break;
	case 5: fetch_intel_pck_crl(it, &intel); break;
	default: fetch_intel_root_crl(it, &intel);
	}
}

/* ---- what somebody signed ------------------------------------------------------------ */

/* @sum becomes the digest of itself and of the part's. */
static void digest_part(uint8_t sum[32], const void *part, size_t len)
{
	uint8_t both[64];

	memcpy(both, sum, 32);
	SHA256(part, len, both + 32);
	SHA256(both, sizeof(both), sum);
}

static void digest_der(uint8_t sum[32], uint8_t *der, int len)
{
	if (len <= 0)
		fuzz_die("what is believed cannot be written");
	digest_part(sum, der, (size_t)len);
	OPENSSL_free(der);
}

static void digest_certs(uint8_t sum[32], struct wv_bytes body)
{
	struct fetch_pool pool = { 0 };
	size_t i;

	if (!fetch_pool_add(&pool, body))
		fuzz_die("certificates that are believed cannot be read");
	for (i = 0; i < pool.count; i++) {
		uint8_t *der = NULL;
		int len = i2d_re_X509_tbs(pool.certs[i], &der);

		digest_der(sum, der, len);
	}
	fetch_pool_clear(&pool);
}

static void digest_crl(uint8_t sum[32], struct wv_bytes body)
{
	X509_CRL *crl = fetch_crl(body);
	uint8_t *der = NULL;
	int len;

	if (!crl)
		fuzz_die("a list that is believed cannot be read");
	len = i2d_re_X509_CRL_tbs(crl, &der);
	digest_der(sum, der, len);
	X509_CRL_free(crl);
}

static void digest_json(uint8_t sum[32], struct wv_bytes body, const char *key)
{
	json_t *root = json_loadb((const char *)body.data, body.len, 0, NULL);
	char *text = json_dumps(json_object_get(root, key), JSON_COMPACT | JSON_SORT_KEYS);

	if (!text)
		fuzz_die("a document that is believed cannot be read");
	digest_part(sum, text, strlen(text));
	free(text);
	json_decref(root);
}

static void digest(const struct fetch_item *it, unsigned int kind, uint8_t out[32])
{
	memset(out, 0, 32);
	if (kind < 2)
		digest_certs(out, it->body);
	else if (kind == 3 || kind == 4)
		digest_json(out, it->body, kind == 3 ? "tcbInfo" : "enclaveIdentity");
	else
		digest_crl(out, it->body);
}

static bool get(run_fn run, struct wv_bytes in, uint8_t out[32])
{
	struct fetch_item it = { .what = "" };
	unsigned int kind;
	struct fetch f;
	bool ok = run(in, &f, &it, &kind) && !fetch_get(&f, &it);

	if (ok && !alloc_failing())
		digest(&it, kind, out);
	fetch_item_free(&it);
	return ok;
}

/* Whatever may be asked for of what a seed holds: another item of it is as sound. */
static void read_seed(run_fn run, struct wv_bytes in)
{
	uint8_t *first = (uint8_t *)in.data;
	unsigned int i;

	for (i = 0; i < 2 * FETCH_ITEMS && said_count < SAID_MAX; i++) {
		*first = (uint8_t)(i % FETCH_ITEMS | (i < FETCH_ITEMS ? 0 : FETCH_OTHER));
		said_count += get(run, in, said[said_count]);
	}
}

static void read_seeds(run_fn run, const char *folder)
{
	struct dirent **list;
	int i, n = scandir(folder, &list, NULL, alphasort);

	for (i = 0; i < n; i++) {
		struct wv_bytes in = { NULL, 0 };

		if (list[i]->d_name[0] != '.')
			in = fuzz_file(folder, list[i]->d_name);
		if (in.len)
			read_seed(run, in);
		free((void *)in.data);
		free(list[i]);
	}
	if (n >= 0)
		free(list);
}

int fetch_world_get(run_fn run, struct wv_bytes in)
{
	const char *folder = getenv("FUZZ_SEEDS");
	uint8_t now[32];
	size_t i;

	if (!get(run, in, now))
		return WV_USAGE;
	if (alloc_failing() || !folder)
		return WV_OK;
	if (!said_count)
		read_seeds(run, folder);
	for (i = 0; i < said_count; i++)
		if (!memcmp(now, said[i], sizeof(now)))
			return WV_OK;
	fuzz_die("collateral is believed that nobody signed");
}
