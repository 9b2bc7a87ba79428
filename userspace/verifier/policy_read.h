/* SPDX-License-Identifier: MIT */
/* Parts of a policy that are read in several files. */
#ifndef WARD_POLICY_READ_H
#define WARD_POLICY_READ_H

#include "json_read.h"
#include "policy.h"

/* Turns one element of a list into @width bytes; false = not of the right form. */
typedef bool (*policy_element_fn)(json_t *v, uint8_t *out, size_t width);

/** policy_hex_element - exactly @width bytes in hex */
bool policy_hex_element(json_t *v, uint8_t *out, size_t width);
/** policy_id_element - a number of 32 bits, little endian */
bool policy_id_element(json_t *v, uint8_t *out, size_t width);
/** policy_path_element - SHA-256 of a path from '/' on */
bool policy_path_element(json_t *v, uint8_t *out, size_t width);

/**
 * policy_read_set - member @key of @object: a list whose elements are all @what
 * Each may have a name: {"name": text, "value": @what}. Absent = @set stays empty, and is
 * not checked. free(set->values) in any case.
 */
int policy_read_set(struct doc_in *in, json_t *object, const char *key, size_t width,
		    policy_element_fn element, const char *what, struct policy_set *set);

/** struct policy_word - a word that may stand in a list, and its bit */
struct policy_word {
	const char *text;
	uint64_t bit;
};

/** policy_read_words - member @key of @object: a list of @words (ends with NULL); absent = @out stays */
int policy_read_words(struct doc_in *in, json_t *object, const char *key,
		      const struct policy_word *words, uint64_t *out);

/** policy_read_choice - the same of a member that is one word; @out becomes its bit */
int policy_read_choice(struct doc_in *in, json_t *object, const char *key,
		       const struct policy_word *words, uint64_t *out);

/** policy_words_text - the words of @bits, with commas between them; "none" */
void policy_words_text(const struct policy_word *words, uint64_t bits, char *out, size_t size);

/** policy_postures - WARD_POSTURE_* */
extern const struct policy_word policy_postures[];

/** policy_read_tcb - member @key of @from: least levels; @out has a place for each product */
int policy_read_tcb(struct doc_in *in, json_t *from, const char *key, struct policy_tcb *out);

/** policy_read_snp - the member "snp"; policy_snp_clear() in any case */
int policy_read_snp(struct doc_in *in, struct policy_snp *out);
void policy_snp_clear(struct policy_snp *s);

/** policy_read_session - "ledger" and its like; policy_session_clear() in any case */
int policy_read_session(struct doc_in *in, struct policy_session *out);
void policy_session_clear(struct policy_session *s);

/** policy_register - "0" to @count - 1, each in one spelling; -1 = it is none */
int policy_register(const char *text, int count);

/** policy_read_tpm - the member "tpm"; policy_tpm_clear() in any case */
int policy_read_tpm(struct doc_in *in, struct policy_tpm *out);
void policy_tpm_clear(struct policy_tpm *t);

/** policy_read_collateral - the member "collateral"; policy_collateral_clear() in any case */
int policy_read_collateral(struct doc_in *in, struct policy_collateral *out);
void policy_collateral_clear(struct policy_collateral *c);
/** policy_read_bits - member @key of @object: {"mask": "0x...", "value": "0x..."}, or none */
int policy_read_bits(struct doc_in *in, json_t *object, const char *key, struct policy_bits *out);

/** policy_read_tdx, policy_read_sgx - the members "tdx" and "sgx"; cleared in any case */
int policy_read_tdx(struct doc_in *in, struct policy_tdx *out);
void policy_tdx_clear(struct policy_tdx *t);
int policy_read_sgx(struct doc_in *in, struct policy_sgx *out);
void policy_sgx_clear(struct policy_sgx *s);

/** policy_read_registers - the member "pcrs" of @object, as "tpm" has it */
int policy_read_registers(struct doc_in *in, json_t *object, struct policy_tpm *out);

/** policy_read_azure - the member "azure"; policy_azure_clear() in any case */
int policy_read_azure(struct doc_in *in, struct policy_azure *out);
void policy_azure_clear(struct policy_azure *a);
/** policy_read_nitro, policy_read_cca, policy_read_psa - likewise */
int policy_read_nitro(struct doc_in *in, struct policy_nitro *out);
void policy_nitro_clear(struct policy_nitro *n);
int policy_read_cca(struct doc_in *in, struct policy_cca *out);
void policy_cca_clear(struct policy_cca *c);
int policy_read_psa(struct doc_in *in, struct policy_psa *out);
void policy_psa_clear(struct policy_psa *t);

/** policy_read_gpu - the member "gpu"; policy_gpu_clear() in any case */
int policy_read_gpu(struct doc_in *in, struct policy_gpu *out);
void policy_gpu_clear(struct policy_gpu *g);

#endif /* WARD_POLICY_READ_H */
