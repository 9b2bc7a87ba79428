// SPDX-License-Identifier: MIT
/*
 * Bundles for the second reader (tests/cli/reader.sh) that the other tests of the command
 * line have no use for: sound ones of every kind, and ones that are signed and yet wrong.
 */
#include <endian.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../unit/tcglog_make.h"
#include "mkevidence.h"

/* ---- what AMD's certificates say of a chip ------------------------------------------ */

#define VLEK_SIGNS	(1u << 2)
#define MASK_CHIP	(1u << 1)

/**
 * struct chip - a report, and the certificate of its key
 * @product, @vlek, @csp_id, @chip_id_len, @fmc, @microcode: of the certificate (certs.h);
 *	0 = as usual
 * @cpuid: family and model of the report; 0 = Milan's
 * @version: of the report; 0 = 3
 * @key_info: of the report
 * @no_chip: its chip id is zero
 * @other_chip: it is another's
 */
struct chip {
	const char *name, *product, *csp_id;
	int vlek, chip_id_len, fmc, microcode;
	uint16_t cpuid;
	uint32_t version, key_info;
	bool no_chip, other_chip;
};

static const struct chip chips[] = {
	{ .name = "snp-v2", .version = 2 },
	{ .name = "snp-v5", .version = 5 },
	{ .name = "snp-genoa", .product = "Genoa", .cpuid = 0x1911 },
	{ .name = "snp-turin", .product = "Turin", .cpuid = 0x1a02, .fmc = 3, .chip_id_len = 8 },
	{ .name = "snp-vlek", .product = "Milan", .vlek = 1, .csp_id = "an operator",
	  .key_info = VLEK_SIGNS, .no_chip = true },
	{ .name = "snp-masked", .key_info = MASK_CHIP, .no_chip = true },
	{ .name = "snp-masked-not", .key_info = MASK_CHIP },
	{ .name = "snp-masked-other", .key_info = MASK_CHIP, .other_chip = true },
	{ .name = "snp-no-chip", .no_chip = true },
	{ .name = "snp-other-chip", .other_chip = true },
	{ .name = "snp-vlek-chip", .product = "Milan", .vlek = 1, .csp_id = "an operator",
	  .key_info = VLEK_SIGNS },
	{ .name = "snp-other-tcb", .microcode = 116 },
	{ .name = "snp-higher-tcb", .microcode = 243 },
	{ .name = "snp-other-fmc", .product = "Turin", .cpuid = 0x1a02, .fmc = 4, .chip_id_len = 8 },
	{ .name = "snp-milan-fmc", .fmc = 3 },
	{ .name = "snp-turin-no-fmc", .product = "Turin", .cpuid = 0x1a02, .chip_id_len = 8 },
	{ .name = "snp-turin-v2", .product = "Turin", .version = 2, .fmc = 3, .chip_id_len = 8 },
	{ .name = "snp-turin-long", .product = "Turin", .cpuid = 0x1a02, .fmc = 3 },
	{ .name = "snp-short-chip", .chip_id_len = 8 },
	{ .name = "snp-other-product", .product = "Genoa" },
	{ .name = "snp-unknown-product", .product = "Rome" },
	{ .name = "snp-longer-product", .product = "Milano" },
	{ .name = "snp-no-cpuid", .cpuid = 0xffff },
	{ .name = "snp-two-ids", .csp_id = "an operator" },
	{ .name = "snp-no-ids", .vlek = 1, .product = "Milan", .key_info = VLEK_SIGNS },
	{ .name = "snp-vlek-unsaid", .product = "Milan", .vlek = 1, .csp_id = "an operator" },
};

static void chip_guest(const struct chip *c, struct sim_guest *g)
{
	sim_guest_new(g, WARD_PURPOSE_RELEASE);
	g->version = c->version ? c->version : g->version;
	if (c->cpuid) {
		g->cpuid[0] = c->cpuid >> 8;
		g->cpuid[1] = c->cpuid & 0xff;
	}
	sim_set(g, 0x48, 4, c->key_info);
	for (size_t at = 0x1a0; c->no_chip && at < 0x1e0; at += 8)
		sim_set(g, at, 8, 0);
	if (c->other_chip)
		sim_set(g, 0x1a0, 8, 0x1122334455667788);
}

/* Turin reads the TCB of sim_report() so: 3 is its FMC, the boot loader's level 0. */
static void chip_recipe(const struct chip *c, struct sim_recipe *r)
{
	*r = sim_default_recipe;
	r->product = c->product ? c->product : r->product;
	r->vlek = c->vlek;
	r->csp_id = c->csp_id;
	r->chip_id_len = c->chip_id_len ? c->chip_id_len : r->chip_id_len;
	r->microcode = c->microcode ? c->microcode : r->microcode;
	r->fmc = c->fmc ? c->fmc : r->fmc;
	if (!strcmp(r->product, "Turin"))
		r->bootloader = r->tee = r->snp = 0;
}

static void write_chips(void)
{
	struct sim_pki usual = pki;
	struct sim_recipe r;
	struct sim_guest g;
	char name[64];

	for (size_t i = 0; i < sizeof(chips) / sizeof(chips[0]); i++) {
		chip_recipe(&chips[i], &r);
		chip_guest(&chips[i], &g);
		if (sim_pki_make(&r, &usual, &pki))
			exit(1);
		snprintf(name, sizeof(name), "%s.ward", chips[i].name);
		write_bundle(name, &g);
		snprintf(name, sizeof(name), "%s.key", chips[i].name);
		write_key(name, pki.vek_key);
		sim_pki_free(&pki);
	}
	pki = usual;
}

/* ---- logs of what a TPM's registers hold -------------------------------------------- */

/* Of 0, 4, 7, 9 and 11, and of what extends nothing. */
static void log_begin(struct tcglog_made *log, uint8_t locality)
{
	uint8_t startup[17] = "StartupLocality";

	startup[16] = locality;
	tcglog_begin(log);
	tcglog_add(log, 0, WV_EV_NO_ACTION, startup, sizeof(startup));
	tcglog_add(log, 0, WV_EV_EVENT_TAG, "version", 7);
	tcglog_add(log, 7, WV_EV_SEPARATOR, "\0\0\0", 4);
	tcglog_add(log, 0xffffffff, WV_EV_NO_ACTION, "of no register", 14);
	tcglog_add(log, 4, WV_EV_SEPARATOR, "\0\0\0", 4);
	tcglog_add(log, 4, WV_EV_IPL, "a boot loader", 13);
	tcglog_add(log, 9, WV_EV_EVENT_TAG, "Linux initrd", 13);
	tcglog_add(log, 11, WV_EV_IPL, "linux", 5);
}

/* The registers that @told extends have those values in the quote; @log is what comes with it. */
static void write_log(const char *name, EVP_PKEY *key, const struct tcglog_made *told,
		      const struct tcglog_made *log, size_t cut, uint16_t bank)
{
	struct wv_tcglog_pcrs pcrs;
	struct wv_tcglog read;
	struct tpm_sim t;

	tpm_sim_new(&t, key);
	t.selected |= 1u << 11;
	t.bank = bank;
	t.pcr_len = bank == SIM_SHA384 ? 48 : 32;
	if (!wv_tcglog_open(tcglog_bytes(told), &read, NULL) &&
	    !wv_tcglog_replay(&read, WV_ALG_SHA256, &pcrs, NULL))
		for (int n = 0; n < 24; n++)
			if (pcrs.extended & 1u << n || !n)
				memcpy(t.pcr[n], pcrs.value[n], 32);
	t.log = (struct wv_bytes){ log->bytes, log->len - cut };
	t.log_size = log->len;
	write_tpm(name, &t, false);
}

/* As it is, cut and said so, with one more event that was never extended, and so on. */
static void write_logs(void)
{
	EVP_PKEY *key = EVP_EC_gen("P-256");
	struct tcglog_made sound, other;

	log_begin(&sound, 3);
	write_log("log.ward", key, &sound, &sound, 0, SIM_SHA256);
	write_log("log-cut.ward", key, &sound, &sound, 1, SIM_SHA256);
	write_log("log-bank.ward", key, &sound, &sound, 0, SIM_SHA384);
	other = sound;
	other.bytes[other.len - 1] ^= 1;
	write_log("log-said-otherwise.ward", key, &sound, &other, 0, SIM_SHA256);
	tcglog_put(&other, 9, 4);
	write_log("log-damaged.ward", key, &sound, &other, 0, SIM_SHA256);
	for (uint32_t pcr = 8; pcr < 12; pcr++) {
		static const char *const names[] = { "log-unquoted.ward", "log-9.ward", "log-10.ward",
						     "log-11.ward" };
		other = sound;
		tcglog_add(&other, pcr, WV_EV_IPL, "never extended", 14);
		write_log(names[pcr - 8], key, &sound, &other, 0, SIM_SHA256);
	}
	log_begin(&other, 0);
	write_log("log-locality.ward", key, &sound, &other, 0, SIM_SHA256);
	write_log("log-locality-0.ward", key, &other, &other, 0, SIM_SHA256);
	log_begin(&other, 4);
	write_log("log-locality-4.ward", key, &other, &other, 0, SIM_SHA256);
	log_begin(&other, 1);
	write_log("log-locality-1.ward", key, &other, &other, 0, SIM_SHA256);
	other = sound;
	tcglog_add(&other, 0, WV_EV_NO_ACTION, "StartupLocality\0\4", 17);
	write_log("log-late-locality.ward", key, &sound, &other, 0, SIM_SHA256);
	write_log("log-late-told.ward", key, &other, &other, 0, SIM_SHA256);
	other = sound;
	tcglog_add(&other, 0, WV_EV_NO_ACTION, "StartupLocality\0\4", 18);
	write_log("log-longer-locality.ward", key, &other, &other, 0, SIM_SHA256);
	other = sound;
	tcglog_add(&other, 1, WV_EV_NO_ACTION, "StartupLocality\0\4", 17);
	write_log("log-other-locality.ward", key, &other, &other, 0, SIM_SHA256);
	EVP_PKEY_free(key);
}

/* ---- receipts of several releases ---------------------------------------------------- */

static void write_receipt(const char *what, uint8_t number, const struct sim_guest *g)
{
	char name[64];

	snprintf(name, sizeof(name), "range/%02x-%s.ward", number, what);
	write_bundle(name, g);
}

/* Whole, with records missing or none, and refused; of a release whose id is @number. */
static void write_receipts(uint8_t number)
{
	uint8_t release[16], dataset[16], nonce[32];
	struct sim_guest g;

	memset(release, number, sizeof(release));
	memset(dataset, 0x66, sizeof(dataset));
	memset(nonce, 0x11, sizeof(nonce));
	sim_guest_new(&g, WARD_PURPOSE_RECEIPT);
	wv_binding_receipt(release, dataset, nonce, g.claims.binding);
	write_receipt("complete", number, &g);
	g.claims.state = 0;
	write_receipt("unsealed", number, &g);
	g.claims.state = htole32(WARD_STATE_SEALED);
	memmove(g.events, g.events + 1, --g.event_count * sizeof(g.events[0]));
	write_receipt("gap", number, &g);
	g.event_count = 0;
	write_receipt("absent", number, &g);
}

void pieces(void)
{
	write_key("release.key", pki.vek_key);
	write_key("ask.key", pki.ask_key);
	write_chips();
	write_logs();
	make_folder("range");
	for (uint8_t number = 0x80; number < 0x84; number++)
		write_receipts(number);
}
