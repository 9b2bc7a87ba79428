/* SPDX-License-Identifier: MIT */
/*
 * A TPM's evidence without a TPM: keys are OpenSSL's, and every structure is what
 * the test wants it to be. Nothing here is a TPM's word.
 */
#ifndef TEST_TPM_SIM_H
#define TEST_TPM_SIM_H

#include <openssl/x509.h>

#include "support.h"

/* TPM 2.0 part 2, section 6.3. */
enum {
	SIM_RSA = 0x0001, SIM_SHA1 = 0x0004, SIM_SHA256 = 0x000b, SIM_SHA384 = 0x000c,
	SIM_SHA512 = 0x000d, SIM_NULL = 0x0010, SIM_RSASSA = 0x0014, SIM_RSAPSS = 0x0016,
	SIM_ECDSA = 0x0018, SIM_ECC = 0x0023,
};

#define SIM_AK_ATTRIBUTES	0x00050072u	/* as wardd's own keys have them, without noDA */

/**
 * struct tpm_sim - what one piece of evidence will be, to be changed at will
 * @key: that signs, and whose public part is told; EC or RSA
 * @scheme, @hash: how; @name, @symmetric, @attributes, @exponent: what the key says
 * @magic, @type, @safe: of the attestation
 * @bank, @width, @selected: registers; @selections: how often the bank is named
 * @pcr, @pcr_len: their values
 * @swapped, @dropped, @doubled: the values that are told, not those that are quoted
 * @over: report data, in place of those of the bundle; or NULL
 * @told_key: another key's public part; or NULL
 * @shared, @log, @log_size, @cert, @ek_cert, @ima_log: as formats.md section 11 has them
 * @hcl: a paravisor's report, as the evidence of an Azure VM has it; absent = a TPM's
 * @bare: the signature without TPMT_SIGNATURE's head
 * @td_quote: in @aux, where it is given
 * @ak, @attest: these bytes as the public part, and as what is signed
 * @data, @aux: all of it, ready made, in place of the rest
 */
struct tpm_sim {
	EVP_PKEY *key;
	uint16_t scheme, hash, name, symmetric;
	uint32_t attributes, exponent;
	uint32_t magic;
	uint16_t type;
	uint8_t safe;
	uint16_t bank;
	uint8_t width;
	uint32_t selected, selections;
	uint8_t pcr[24][64];
	size_t pcr_len;
	bool swapped, dropped, doubled;
	const uint8_t *over;
	EVP_PKEY *told_key;
	uint64_t shared;
	struct wv_bytes log;
	uint64_t log_size;
	X509 *cert;
	struct wv_bytes ek_cert, ima_log;
	struct wv_bytes hcl, td_quote;
	bool bare;
	struct wv_bytes ak, attest;
	struct wv_bytes data, aux;
};

/** tpm_sim_new - sound evidence of registers 0 to 7 and 9 of bank SHA-256; @key is lent */
void tpm_sim_new(struct tpm_sim *t, EVP_PKEY *key);

/** tpm_sim_data, tpm_sim_aux - the bytes; ut_free() them */
struct wv_bytes tpm_sim_data(const struct tpm_sim *t, const uint8_t report_data[64]);
struct wv_bytes tpm_sim_aux(const struct tpm_sim *t);

/** tpm_sim_ak - SHA-256 of the public part that @t tells, as a policy names it */
void tpm_sim_ak(const struct tpm_sim *t, char hex[65]);

/** tpm_sim_cert - a certificate; @issuer NULL = it signs itself */
X509 *tpm_sim_cert(const char *name, EVP_PKEY *key, X509 *issuer, EVP_PKEY *issuer_key, bool ca,
		   long from, long to);

/** tpm_sim_usage - say in extension @nid what a certificate is for, and sign it anew */
void tpm_sim_usage(X509 *cert, int nid, const char *usage, EVP_PKEY *issuer_key);

#endif /* TEST_TPM_SIM_H */
