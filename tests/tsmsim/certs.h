/* SPDX-License-Identifier: MIT */
/*
 * A certificate chain in the form of AMD's (57230), for a simulated TEE and for
 * tests that forge one. Nothing in here protects anything.
 */
#ifndef TSMSIM_CERTS_H
#define TSMSIM_CERTS_H

#include <openssl/evp.h>
#include <openssl/x509.h>
#include <stddef.h>
#include <stdint.h>

/**
 * struct sim_recipe - what to make
 * @ark_name, @ask_name, @vek_name: common names
 * @org: organisation in every subject
 * @product: product name in the VEK's extension, "Milan-B0"
 * @bootloader, @tee, @snp, @microcode: TCB in the VEK's extensions
 * @fmc: -1 = no such extension (all but Turin)
 * @vlek: 1 = no chip id in the VEK
 * @chip_id_len: 64, Turin 8
 * @salt_len: of the RSA-PSS signatures; AMD's is 48
 * @not_before, @not_after: seconds from now, for all three, or for the one that @dated
 *	names: 1 ARK, 2 ASK, 3 VEK; the others then last ten years from yesterday on
 * @csp_id: operator in the VEK, as a VLEK has it; NULL = none
 * @ark_issuer: another name than the ARK's own, or NULL
 * @vek_ca: 1 = the VEK says that it is a CA
 * @vek_critical: 1 = it has a critical extension that nobody knows
 * @vek_twice: 1 = it has an extension twice that nobody knows
 * @vek_lists: where it says that revocation lists are, as OpenSSL's configuration has it; or NULL
 */
struct sim_recipe {
	const char *ark_name;
	const char *ask_name;
	const char *vek_name;
	const char *org;
	const char *product;
	int bootloader, tee, snp, microcode, fmc;
	int vlek;
	int chip_id_len;
	int salt_len;
	long not_before, not_after;
	int dated;
	const char *csp_id;
	const char *ark_issuer;
	int vek_ca, vek_critical, vek_twice;
	const char *vek_lists;
};

/** The simulator's own recipe: every subject says SIMULATED. */
extern const struct sim_recipe sim_default_recipe;

struct sim_pki {
	EVP_PKEY *ark_key, *ask_key, *vek_key;
	X509 *ark, *ask, *vek;
	uint8_t chip_id[64];
};

/**
 * sim_pki_make - make keys and certificates; 0, or -1 with OpenSSL's error queue
 * @reuse: take the RSA keys of this one (they are slow to make), or NULL
 */
int sim_pki_make(const struct sim_recipe *recipe, const struct sim_pki *reuse,
		 struct sim_pki *out);
void sim_pki_free(struct sim_pki *pki);

/**
 * sim_cert_table - the certificate table of GHCB 56421 section 4.1.8.1, entries in DER
 * Returns bytes to be freed with free(), or NULL.
 */
uint8_t *sim_cert_table(const struct sim_pki *pki, size_t *len);

/** sim_key_scalar, sim_key_point - the VEK's key, big endian; 0 or -1 */
int sim_key_scalar(const struct sim_pki *pki, uint8_t out[48]);
int sim_key_point(const struct sim_pki *pki, uint8_t out[96]);

#endif /* TSMSIM_CERTS_H */
