// SPDX-License-Identifier: MIT
/* Quotes and the event log of firmware. */
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <string.h>

#include "../unit/tcglog_make.h"
#include "../unit/tpm_sim.h"
#include "roots.h"

static void piece(const char *name, const struct tpm_sim *t)
{
	static const uint8_t over[64] = { 7 };
	struct wv_bytes data = tpm_sim_data(t, over), aux = tpm_sim_aux(t);
	char hex[65];

	tpm_sim_ak(t, hex);
	trust_ak(hex);
	seed_pair("tpm", name, NULL, data, aux);
	ut_free(data);
	ut_free(aux);
}

/* Registers that the log leads to. */
static void boot(struct tpm_sim *t, struct wv_bytes log)
{
	struct wv_tcglog_pcrs pcrs;
	struct wv_tcglog opened;
	struct wv_fault fault;
	unsigned int n;

	assert_int_equal(wv_tcglog_open(log, &opened, &fault), 0);
	assert_int_equal(wv_tcglog_replay(&opened, WV_ALG_SHA256, &pcrs, &fault), 0);
	for (n = 0; n < WV_TCGLOG_PCRS; n++)
		if (pcrs.extended & 1u << n)
			memcpy(t->pcr[n], pcrs.value[n], pcrs.len);
	t->log = log;
	t->log_size = log.len;
}

/* What a TPM never says, or a library never takes: signed all the same. */
static void unsound(EVP_PKEY *key, const char *kind)
{
	static const char *const names[] = { "magic", "type", "safe", "unsafe", "width", "twice",
					     "none", "symmetric", "attributes", "exponent", "name",
					     "hash", "scheme", "bank", "swapped", "dropped", "bare",
					     "shared" };
	char name[48];
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		struct tpm_sim t;

		tpm_sim_new(&t, key);
		switch (i) {
		case 0: t.magic = 1; break;
		case 1: t.type = 0x8017; break;
		case 2: t.safe = 2; break;
		case 3: t.safe = !t.safe; break;
		case 4: t.width = 4; break;
		case 5: t.selections = 2; break;
		case 6: t.selections = 0; break;
		case 7: t.symmetric = 6; break;
		case 8: t.attributes = 0; break;
		case 9: t.exponent = 3; break;
		case 10: t.name = SIM_SHA1; break;
		case 11: t.hash = SIM_SHA1; break;
		case 12: t.scheme = SIM_NULL; break;
		case 13: t.bank = SIM_SHA1; break;
		case 14: t.swapped = true; break;
		case 15: t.dropped = true; break;
		case 16: t.bare = true; break;
		default: t.shared = 1;
		}
		snprintf(name, sizeof(name), "%s-%s", kind, names[i]);
		piece(name, &t);
	}
}

/* Curves and digests as certification profiles have them. */
static void wider(const char *name, EVP_PKEY *key, uint16_t hash, uint16_t bank, size_t len)
{
	struct tpm_sim t;

	tpm_sim_new(&t, key);
	t.hash = t.name = hash;
	t.bank = bank;
	t.pcr_len = len;
	piece(name, &t);
	EVP_PKEY_free(key);
}

static struct wv_bytes log_of_a_boot(struct tcglog_made *log)
{
	tcglog_begin(log);
	tcglog_add(log, 0, 8, "firmware", 8);
	tcglog_add(log, 4, WV_EV_EFI_BOOT_SERVICES_APPLICATION, "kernel", 6);
	tcglog_add(log, 7, WV_EV_SEPARATOR, "\0\0\0\0", 4);
	return tcglog_bytes(log);
}

void seeds_tpm(void)
{
	EVP_PKEY *p256 = EVP_EC_gen("P-256"), *rsa = EVP_RSA_gen(2048);
	struct tcglog_made made;
	struct wv_bytes log = log_of_a_boot(&made);
	struct tpm_sim t;

	seed("tcglog", "boot", log);
	tpm_sim_new(&t, p256);
	piece("ecdsa", &t);
	boot(&t, log);
	piece("log", &t);
	t.log_size++;
	piece("log-cut", &t);
	t.log_size = --t.log.len;
	piece("log-unread", &t);
	unsound(p256, "ec");
	unsound(rsa, "rsa");
	wider("p384", EVP_EC_gen("P-384"), SIM_SHA384, SIM_SHA384, 48);
	wider("p521", EVP_EC_gen("P-521"), SIM_SHA512, SIM_SHA512, 64);
	wider("rsa3072", EVP_RSA_gen(3072), SIM_SHA256, SIM_SHA256, 32);
	wider("p224", EVP_EC_gen("P-224"), SIM_SHA256, SIM_SHA256, 32);
	tpm_sim_new(&t, rsa);
	t.scheme = SIM_RSASSA;
	piece("rsassa", &t);
	t.scheme = SIM_RSAPSS;
	piece("rsapss", &t);
	EVP_PKEY_free(p256);
	EVP_PKEY_free(rsa);
}
