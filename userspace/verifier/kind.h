/* SPDX-License-Identifier: MIT */
/*
 * The kinds of evidence that this library verifies: one table.
 */
#ifndef WARD_KIND_H
#define WARD_KIND_H

#include <jansson.h>

#include "judge.h"

#define KIND_MAX 32

enum kind_role {
	KIND_LAUNCH,	/* a TEE that vouches for the whole guest */
	KIND_TPM,	/* a TPM: beside launch evidence, or alone where the policy says so */
	KIND_BESIDE,	/* something beside the guest: adds to a bundle, never stands for it */
};

/**
 * struct kind - a kind of evidence
 * @tee: the word in a bundle (doc/formats.md section 4)
 * @bit: POLICY_TEE_*
 * @have: WV_HAVE_*: set by appraise(); a bundle has one such piece
 * @what: what such a piece is, for people
 * @appraise: chain, signature, freshness (judge_fresh()), then, for a KIND_LAUNCH,
 *	judge_tee(), then the policy's rules. Fills in its part of the verdict, and
 *	"measured" where what the policy pins there tells what was started.
 * @recognise: bytes outside of a bundle are of this kind, by their look; NULL = they
 *	never come alone, or look like those of another row
 * @member, @json: what a piece says, as it stands, and its name in JSON; NULL = nothing
 */
struct kind {
	char tee[16];
	unsigned int bit;
	enum kind_role role;
	unsigned int have;
	char what[28];
	int (*appraise)(struct judge *j, const struct wv_evidence *e);
	bool (*recognise)(struct wv_bytes data);
	const char *member;
	json_t *(*json)(struct wv_bytes data, struct wv_fault *fault);
};

/** kind_find - the kind that @tee names, or NULL */
const struct kind *kind_find(const char *tee);
/** kind_of_bit - the word of a POLICY_TEE_* */
const char *kind_of_bit(unsigned int bit);
/** kind_words - the words of POLICY_TEE_* bits, with commas between them; "none" */
void kind_words(unsigned int bits, char *out, size_t size);
/** kind_at - the kinds one after the other, from 0; NULL behind the last */
const struct kind *kind_at(size_t n);

/**
 * kind_snp_report - an SNP report, wherever it came in: chain and signature. What it
 *	says counts as the TEE's word then
 * @table: certificates that came with it, or none
 */
int kind_snp_report(struct judge *j, struct wv_bytes report, struct wv_bytes table);

/** kind_repeated - the bundle had a piece of this kind already: WV_EVIDENCE_REPEATED, else 0 */
int kind_repeated(const struct kind *k, struct wv_verdict *v);
/** leeway_appraise - @k's appraise() as of now, or of a time that is clock_leeway away */
int leeway_appraise(struct judge *j, const struct kind *k, const struct wv_evidence *e);

int kind_snp(struct judge *j, const struct wv_evidence *e);
bool kind_snp_recognise(struct wv_bytes data);
json_t *kind_snp_json(struct wv_bytes data, struct wv_fault *fault);
int kind_azure_snp(struct judge *j, const struct wv_evidence *e);
bool kind_azure_snp_recognise(struct wv_bytes data);
int kind_azure_tdx(struct judge *j, const struct wv_evidence *e);
bool kind_azure_tdx_recognise(struct wv_bytes data);
json_t *kind_azure_json(struct wv_bytes data, struct wv_fault *fault);
int kind_gpu(struct judge *j, const struct wv_evidence *e);
bool kind_gpu_recognise(struct wv_bytes data);
json_t *kind_gpu_json(struct wv_bytes data, struct wv_fault *fault);
int kind_tpm(struct judge *j, const struct wv_evidence *e);


/** kind_tdx_quote - a TD's quote, wherever it came in: chain and signatures, as above */
int kind_tdx_quote(struct judge *j, struct wv_bytes data);

int kind_tdx(struct judge *j, const struct wv_evidence *e);
bool kind_tdx_recognise(struct wv_bytes data);
json_t *kind_tdx_json(struct wv_bytes data, struct wv_fault *fault);
int kind_sgx(struct judge *j, const struct wv_evidence *e);
bool kind_sgx_recognise(struct wv_bytes data);
json_t *kind_sgx_json(struct wv_bytes data, struct wv_fault *fault);

int kind_nitro(struct judge *j, const struct wv_evidence *e);
bool kind_nitro_recognise(struct wv_bytes data);
json_t *kind_nitro_json(struct wv_bytes data, struct wv_fault *fault);
int kind_nitro_time(struct wv_bytes data, int64_t *out, struct wv_fault *fault);
int kind_cca(struct judge *j, const struct wv_evidence *e);
bool kind_cca_recognise(struct wv_bytes data);
json_t *kind_cca_json(struct wv_bytes data, struct wv_fault *fault);
int kind_psa(struct judge *j, const struct wv_evidence *e);
bool kind_psa_recognise(struct wv_bytes data);
json_t *kind_psa_json(struct wv_bytes data, struct wv_fault *fault);

#endif /* WARD_KIND_H */
