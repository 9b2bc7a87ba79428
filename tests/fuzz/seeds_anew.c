// SPDX-License-Identifier: MIT
/* What stands behind a signature, damaged and signed anew; and formats' rarer fields. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "../unit/cose_make.h"
#include "../unit/gpu_make.h"
#include "../unit/quote_make.h"
#include "../unit/tcglog_make.h"
#include "../unit/tpm_sim.h"
#include "roots.h"
#include "seeds_intel.h"
#include "tpm.h"

static const uint8_t over[64] = { 7 };
static const struct wv_bytes challenge = { over, sizeof(over) };

/* ---- TPM: each byte of the quote and of its key, another or the last ------------------------ */

static void put_tpm(struct tpm_sim *t, struct wv_bytes *part, struct wv_bytes sound, const char *kind)
{
	struct wv_bytes none = { NULL, 0 }, data;
	uint8_t made[1024];
	char name[64];
	size_t i;

	assert_true(sound.len < sizeof(made));
	for (i = 0; i < 2 * sound.len; i++) {
		memcpy(made, sound.data, sound.len);
		*part = (struct wv_bytes){ made, i < sound.len ? sound.len : i - sound.len };
		if (i < sound.len)
			made[i] ^= i % 2 ? 0x80 : 1;
		data = tpm_sim_data(t, over);
		snprintf(name, sizeof(name), "bad-%s-%zu", kind, i);
		seed_pair("tpm", name, NULL, data, none);
		ut_free(data);
	}
	*part = none;
}

static void tpm(EVP_PKEY *key, const char *attest, const char *ak)
{
	struct wv_bytes sound;
	struct tpm_data d;
	struct tpm_sim t;

	tpm_sim_new(&t, key);
	sound = tpm_sim_data(&t, over);
	assert_int_equal(tpm_data_parse(sound, false, &d, NULL), 0);
	if (attest)
		put_tpm(&t, &t.attest, d.quote, attest);
	put_tpm(&t, &t.ak, (struct wv_bytes){ d.ak.data, d.ak.len < 40 ? d.ak.len : 40 }, ak);
	ut_free(sound);
}

/* Attributes, one missing each; schemes and hashes that the key may say. */
static void tpm_keys(EVP_PKEY *key, const char *kind)
{
	static const uint16_t schemes[] = { SIM_NULL, SIM_RSASSA, SIM_RSAPSS, SIM_ECDSA, 0x001a };
	static const uint16_t hashes[] = { SIM_SHA1, SIM_SHA256, SIM_SHA384, SIM_SHA512, SIM_NULL, 0x27 };
	struct wv_bytes none = { NULL, 0 }, data;
	struct tpm_sim t;
	char name[64];
	size_t i;

	for (i = 0; i < 64; i++) {
		tpm_sim_new(&t, key);
		if (i < 32)
			t.attributes ^= 1u << i;
		else if (i < 37)
			t.scheme = schemes[i - 32];
		else if (i < 43)
			t.hash = hashes[i - 37];
		else if (i < 49)
			t.name = hashes[i - 43];
		else if (i < 55)
			t.bank = hashes[i - 49];
		else
			t.selected = 1u << (i - 55) * 3;
		data = tpm_sim_data(&t, over);
		snprintf(name, sizeof(name), "bad-key-%s-%zu", kind, i);
		seed_pair("tpm", name, NULL, data, none);
		ut_free(data);
	}
}

/* ---- CCA, PSA, Nitro: each claim absent, mistyped, of another length -------------------------- */

struct claim {
	int64_t key;
	bool bytes;
};

static const struct claim cca_claims[] = {
	{ 10, true }, { 256, true }, { 265, false }, { 2395, false }, { 2396, true }, { 2399, false },
	{ 2400, false }, { 2401, true }, { 2402, false }, { 44235, true }, { 44236, false },
	{ 44237, true }, { 44238, true }, { 44239, false }, { 44240, false }, { 0, false },
};
static const struct claim psa_claims[] = {
	{ 10, true }, { 256, true }, { 265, false }, { 2394, false }, { 2395, false }, { 2396, true },
	{ 2397, true }, { 2398, false }, { 2399, false }, { 0, false },
};
static const struct claim old_claims[] = {
	{ -75000, false }, { -75001, false }, { -75002, false }, { -75003, true }, { -75004, true },
	{ -75005, false }, { -75006, false }, { -75008, true }, { -75009, true }, { 0, false },
};

static void arm_claims(struct arm_plan plan, const char *target, const char *kind,
		       const struct claim *claims, struct wv_bytes (*make)(const struct arm_plan *plan))
{
	static const size_t lengths[] = { 0, 1, 31, 33, 48, 64, 65, 97, 128 };
	struct arm_plan p;
	char name[64];
	size_t i, n;

	for (i = 0; claims[i].key; i++)
		for (n = 0; n < (claims[i].bytes ? 2 + sizeof(lengths) / sizeof(lengths[0]) : 2); n++) {
			p = plan;
			p.without = n ? 0 : claims[i].key;
			p.mistyped = n == 1 ? claims[i].key : 0;
			p.odd = n > 1 ? claims[i].key : 0;
			p.odd_len = n > 1 ? lengths[n - 2] : 0;
			snprintf(name, sizeof(name), "bad-%s-%zu-%zu", kind, i, n);
			seed_take(target, name, make(&p));
		}
}

static void arm_words(struct arm_plan plan, const char *target, const char *kind,
		      struct wv_bytes (*make)(const struct arm_plan *plan))
{
	static const char *const profiles[] = { "tag:psacertified.org,2023:psa#tfm", "x",
						"http://arm.com/CCA-SSD/1.0.0", "PSA_IOT_PROFILE_1",
						"tag:psacertified.org,2019:psa#legacy" };
	static const char *const hashes[] = { "sha-512", "sha-384", "md5" };
	struct arm_plan p;
	char name[64];
	unsigned int i;

	for (i = 0; i < 26; i++) {
		p = plan;
		if (i < 16)
			p.lifecycle = i < 8 ? i << 12 | 1 : i << 8;
		else if (i < 21)
			p.profile = profiles[i - 16];
		else if (i < 24)
			p.key_hash = hashes[i - 21];
		else if (i == 24)
			p.instance = 2;
		else
			p.other_binder = true;
		snprintf(name, sizeof(name), "bad-%s-word-%u", kind, i);
		seed_take(target, name, make(&p));
	}
}

static void nitro(void)
{
	static const char *const names[] = { "module_id", "digest", "timestamp", "pcrs", "certificate",
					     "cabundle", "public_key", "user_data", "nonce" };
	struct nitro_recipe recipe = nitro_default;
	struct nitro_pki pki;
	char name[64];
	size_t i;

	nitro_pki_make(&recipe, &pki);
	for (i = 0; i < 18 + 8; i++) {
		struct nitro_plan plan = { .user_data = challenge };

		plan.without = i < 9 ? names[i] : NULL;
		plan.twice = i >= 9 && i < 18 ? names[i - 9] : NULL;
		plan.open = i == 18;
		plan.registers = i == 19 ? 33 : i == 20 ? 3 : 0;
		plan.digest = i == 21 ? "SHA256" : i == 22 ? "" : NULL;
		plan.cose.longer = i == 23;
		plan.cose.tag = i == 24 ? 18 : i == 25 ? 17 : 0;
		snprintf(name, sizeof(name), "bad-member-%zu", i);
		seed_take("nitro", name, nitro_make(&pki, &plan));
	}
	nitro_pki_free(&pki);
}

/* ---- COSE: what headers, signatures and keys may be ------------------------------------------- */

static void cose(void)
{
	static const char *const curves[] = { "P-256", "P-384", "P-521" };
	static const int64_t algs[] = { -7, -35, -36, -8, 5, -257 };
	char name[64];
	size_t i, n;

	for (i = 0; i < 3; i++) {
		EVP_PKEY *key = EVP_EC_gen(curves[i]);
		struct arm_plan arm = { .realm = { .key = key } };

		for (n = 0; n < 6 + 8; n++) {
			struct cose_plan p = { .key = key, .alg = n < 6 ? algs[n] : 0,
					       .no_alg = n == 6, .alg_outside = n == 7, .crit = n == 8,
					       .untagged = n == 9, .tag = n == 10 ? 98 : 0,
					       .zero_r = n == 11, .order_s = n == 12,
					       .longer = n == 13 ? 4 : 0 };

			snprintf(name, sizeof(name), "bad-sign-%zu-%zu", i, n);
			seed_take("cose", name, cose_make(&p, challenge));
		}
		snprintf(name, sizeof(name), "key-%zu", i);
		seed_take("cose", name, arm_realm_key(&arm));
		arm.old = true;
		snprintf(name, sizeof(name), "point-%zu", i);
		seed_take("cose", name, arm_realm_key(&arm));
		EVP_PKEY_free(key);
	}
}

/* ---- a GPU's opaque data: each type, with what it should have and should not ------------------ */

static void opaque(void)
{
	static const uint8_t types[] = { 3, 6, 14, 15, 17, 18, 20, 21, 36, 63, 64 };
	static const uint8_t lengths[] = { 0, 1, 4, 5, 8, 31, 48, 64, 100 };
	static const uint8_t fill[] = { 'A', 0, 0x1f, 0x7f };
	uint8_t made[256];
	char name[64];
	size_t i, n, f;

	for (i = 0; i < sizeof(types); i++)
		for (n = 0; n < sizeof(lengths); n++)
			for (f = 0; f < (n ? sizeof(fill) : 1); f++) {
				size_t len = lengths[n];

				memset(made, fill[f], sizeof(made));
				memcpy(made, (uint8_t[]){ types[i], 0, (uint8_t)len, 0 }, 4);
				memcpy(made + 4 + len, made, 4 + len);
				snprintf(name, sizeof(name), "bad-opaque-%zu-%zu-%zu", i, n, f);
				seed("gpu", name, (struct wv_bytes){ made, 4 + len });
				if (f == 0 && n == 2)
					seed("gpu", "bad-opaque-twice", (struct wv_bytes){ made, 2 * (4 + len) });
			}
}

static void gpu_reports(void)
{
	struct wv_bytes none = { NULL, 0 }, report;
	struct gpu_plan p;
	EVP_PKEY *key = EVP_EC_gen("P-384");
	struct gpu_pki pki = { .key = { key } };
	char name[64];
	size_t i, at;

	for (i = 0; i < 240; i++) {
		gpu_plan_new(&p, &pki, over);
		p.blocks = i == 0 ? 0 : i == 1 ? 129 : i == 2 ? 255 : 2;
		p.record_lie = i == 3 ? 1 : i == 4 ? -55 : 0;
		p.opaque_lie = i == 5 ? 1 : i == 6 ? -1 : 0;
		report = gpu_make(&p);
		at = i < 20 ? report.len : i < 120 ? i : i - 120;
		if (i >= 120)
			((uint8_t *)report.data)[at] ^= i % 2 ? 1 : 0x80;
		snprintf(name, sizeof(name), "bad-report-%zu", i);
		seed_pair("gpu", name, NULL, (struct wv_bytes){ report.data, i < 120 ? at : report.len }, none);
		ut_free(report);
	}
	EVP_PKEY_free(key);
}

/* ---- quotes: types of certification data, and each length ------------------------------------- */

/* Numbers and the first bytes of each part; of signatures and reports one byte in 32. */
static bool tells(size_t at)
{
	return at < 8 || (at >= 128 && at < 144) || at >= 500 || at % 32 == 0;
}

static void quotes(int version)
{
	struct quote_plan plan;
	struct wv_bytes q;
	size_t i, from = version == 3 ? 48 + 384 : 48 + 584;
	char name[64];

	for (i = 0; i < 10; i++) {
		quote_plan_new(&plan, &seeds_intel_pki, version, 2);
		plan.certs_type = (uint16_t)i;
		plan.off_curve = i == 8;
		plan.bad_hash = i == 9;
		if (i >= 8)
			plan.certs_type = 5;
		snprintf(name, sizeof(name), "bad-type-%d-%zu", version, i);
		q = quote_make(&plan);
		seed("quote", name, q);
		quote_plan_free(&plan);
		if (i < 9)
			ut_free(q);
	}
	/* What stands behind the body is lengths and types, and data: 4, 64, 64, 6, 384, 64, 2, 32, 6. */
	for (i = 0; i < 2 * 640; i++) {
		size_t at = from + i / 2;
		uint8_t was = q.data[at];

		((uint8_t *)q.data)[at] ^= 1;
		snprintf(name, sizeof(name), "bad-tail-%d-%zu", version, i);
		if (tells(i / 2))
			seed("quote", name, (struct wv_bytes){ q.data, i % 2 ? at : q.len });
		((uint8_t *)q.data)[at] = was;
	}
	ut_free(q);
}

/* ---- event logs ------------------------------------------------------------------------------- */

static void begin(struct tcglog_made *log, size_t banks, const uint16_t (*bank)[2])
{
	static const uint8_t zero[20];
	size_t i;

	log->len = 0;
	tcglog_put(log, 0, 4);
	tcglog_put(log, WV_EV_NO_ACTION, 4);
	for (i = 0; i < sizeof(zero); i++)
		tcglog_put(log, 0, 1);
	tcglog_put(log, 29 + 4 * banks, 4);
	for (i = 0; i < 16; i++)
		tcglog_put(log, (uint8_t)"Spec ID Event03"[i], 1);
	tcglog_put(log, 0x0200020000000000, 8);
	tcglog_put(log, banks, 4);
	for (i = 0; i < banks; i++) {
		tcglog_put(log, bank[i][0], 2);
		tcglog_put(log, bank[i][1], 2);
	}
	tcglog_put(log, 0, 1);
}

static void event(struct tcglog_made *log, uint32_t pcr, uint32_t type, size_t banks,
		  const uint16_t (*bank)[2], const char *data, size_t len)
{
	size_t i, n;

	tcglog_put(log, pcr, 4);
	tcglog_put(log, type, 4);
	tcglog_put(log, banks, 4);
	for (i = 0; i < banks; i++) {
		tcglog_put(log, bank[i][0], 2);
		for (n = 0; n < bank[i][1]; n++)
			tcglog_put(log, n, 1);
	}
	tcglog_put(log, len, 4);
	for (i = 0; i < len; i++)
		tcglog_put(log, (uint8_t)data[i], 1);
}

static void logs(void)
{
	static const struct {
		size_t header, of;
		uint16_t bank[4][2];
		uint32_t pcr, type;
		const char *data;
	} made[] = {
		{ 4, 4, { { 4, 20 }, { 11, 32 }, { 12, 48 }, { 13, 64 } }, 1, 8, "x" },
		{ 2, 2, { { 12, 48 }, { 0x12, 32 } }, 1, 8, "x" },
		{ 1, 1, { { 0x12, 64 } }, 1, 8, "x" },
		{ 1, 1, { { 0x12, 0 } }, 1, 8, "x" },
		{ 1, 1, { { 0x12, 65 } }, 1, 8, "x" },
		{ 1, 1, { { 4, 32 } }, 1, 8, "x" },
		{ 1, 1, { { 12, 32 } }, 1, 8, "x" },
		{ 1, 1, { { 13, 32 } }, 1, 8, "x" },
		{ 2, 2, { { 11, 32 }, { 11, 32 } }, 1, 8, "x" },
		{ 0, 0, { { 0, 0 } }, 1, 8, "x" },
		{ 2, 1, { { 11, 32 }, { 4, 20 } }, 1, 8, "x" },
		{ 1, 2, { { 11, 32 }, { 4, 20 } }, 1, 8, "x" },
		{ 2, 0, { { 11, 32 }, { 4, 20 } }, 1, 8, "x" },
		{ 1, 1, { { 11, 32 } }, 24, 8, "x" },
		{ 1, 1, { { 11, 32 } }, 0xffffffff, 3, "x" },
		{ 1, 1, { { 11, 32 } }, 0, 3, "StartupLocality\0\3" },
		{ 1, 1, { { 11, 32 } }, 0, 3, "StartupLocality\0\4" },
		{ 1, 1, { { 11, 32 } }, 0, 3, "StartupLocality\0\5" },
		{ 1, 1, { { 11, 32 } }, 0, 3, "startupLocality\0\3" },
		{ 1, 1, { { 11, 32 } }, 0, 8, "StartupLocality\0\3" },
	};
	struct tcglog_made log;
	char name[32];
	size_t i;

	for (i = 0; i < sizeof(made) / sizeof(made[0]); i++) {
		size_t len = strlen(made[i].data);

		begin(&log, made[i].header, made[i].bank);
		event(&log, made[i].pcr, made[i].type, made[i].of, made[i].bank, made[i].data,
		      len > 1 ? 17 : len);
		snprintf(name, sizeof(name), "bank-%zu", i);
		seed("tcglog", name, tcglog_bytes(&log));
	}
}

void seeds_anew(void)
{
	EVP_PKEY *p256 = EVP_EC_gen("P-256"), *p384 = EVP_EC_gen("P-384"), *rsa = EVP_RSA_gen(2048);
	struct arm_plan cca = { .platform = { .key = p384 }, .realm = { .key = p384 },
				.challenge = challenge };
	struct arm_plan psa = { .platform = { .key = p256 }, .challenge = challenge };

	tpm(p256, "attest", "ak-ec");
	tpm(rsa, NULL, "ak-rsa");
	tpm_keys(p256, "ec");
	tpm_keys(rsa, "rsa");
	trust_key(p256);
	trust_key(p384);
	arm_claims(cca, "cca", "claim", cca_claims, cca_make);
	arm_words(cca, "cca", "new", cca_make);
	arm_claims(psa, "psa", "claim", psa_claims, psa_make);
	arm_words(psa, "psa", "new", psa_make);
	psa.old = cca.old = true;
	arm_claims(psa, "psa", "old-claim", old_claims, psa_make);
	arm_words(psa, "psa", "old", psa_make);
	cca.cmw = true;
	arm_words(cca, "cca", "cmw", cca_make);
	nitro();
	cose();
	opaque();
	gpu_reports();
	quotes(3);
	quotes(4);
	logs();
	EVP_PKEY_free(p256);
	EVP_PKEY_free(p384);
	EVP_PKEY_free(rsa);
}
