/* SPDX-License-Identifier: MIT */
/*
 * Parts of tcb_evaluate(): levels, the words for them, and how they are put together.
 */
#ifndef WARD_TCB_STATUS_H
#define WARD_TCB_STATUS_H

#include "json_read.h"
#include "tcb.h"

/** tcb_level_find - the level that a document's word names, or -1 */
int tcb_level_find(const char *word);

/** tcb_outdated - of out of date, whatever else */
bool tcb_outdated(int level);

/** tcb_needs_configuration - of it, whatever else */
bool tcb_needs_configuration(int level);

/** tcb_without_age - what would remain if nothing were out of date */
int tcb_without_age(int level);

/**
 * tcb_converge - platform's level with that of a part of it (TDX module, quoting enclave)
 * @part: WV_TCB_UNCHECKED changes nothing
 */
int tcb_converge(int platform, int part);

/** tcb_doc_in - for reading @d with the functions of json_read.h */
struct doc_in tcb_doc_in(const struct store_doc *d, struct wv_fault *fault);

/** tcb_read_level - tcbDate and tcbStatus of an element of tcbLevels */
int tcb_read_level(struct doc_in *in, json_t *element, int *level, int64_t *date);

/** tcb_add_advisories - those of an element of tcbLevels, each once */
int tcb_add_advisories(struct doc_in *in, json_t *element, struct wv_tcb_status *out);

/**
 * tcb_add_outdated - since when the element at @at of @levels has been surpassed: the
 *	earliest of the later dates before it
 */
int tcb_add_outdated(struct doc_in *in, json_t *levels, size_t at, struct wv_tcb_status *out);

/**
 * tcb_read_svn - the isvsvn of each element of @levels against @svn
 * @at: of the first that @svn reaches; @behind: by how much it is below the newest
 */
struct tcb_svn_match {
	size_t at;
	int level;
	int64_t date;
	uint16_t behind;
};

/** tcb_match_svn - find it; WV_TCB_UNSUPPORTED if @svn is below all. Advisories are added */
int tcb_match_svn(struct doc_in *in, json_t *levels, uint16_t svn, const char *field,
		  struct tcb_svn_match *m, struct wv_tcb_status *out);

/**
 * struct tcb_info_levels - what TCB info says of a platform
 * @sgx: by the SGX components alone; @tdx: by those of TDX too, with the module
 */
struct tcb_info_levels {
	int sgx;
	int tdx;
};

/** tcb_info_evaluate - @d against @t: fills in platform, module, dates, what is behind */
int tcb_info_evaluate(const struct store_doc *d, const struct tcb_platform *t,
		      struct tcb_info_levels *levels, struct wv_tcb_status *out,
		      struct wv_fault *fault);

/**
 * tcb_relaunch - a TD 1.5 that runs on a module that was patched under it
 * @level: of platform and module together, which it replaces
 */
int tcb_relaunch(const struct store_doc *d, const struct tcb_platform *t,
		 const struct tcb_info_levels *levels, const struct wv_tcb_status *st, int *level,
		 struct wv_fault *fault);

/** qe_identity_evaluate - @d against the enclave that quoted: fills in qe */
int qe_identity_evaluate(const struct store_doc *d, const struct wv_enclave *qe,
			 struct wv_tcb_status *out, struct wv_fault *fault);

/**
 * qe_known - the enclave that quoted is Intel's by signer, product and mode: what remains to
 *	be looked at where no identity is at hand; 0 or WV_QE_MISMATCH
 */
int qe_known(bool tdx, const struct wv_enclave *qe, struct wv_fault *fault);

/** struct tcb_signer - whose signature documents carry; @cert: found already, or NULL */
struct tcb_signer {
	const struct store *store;
	X509 *root;
	int64_t now;
	X509 *cert;
};

/** tcb_doc_signed - @d is signed by a TCB signing key under the platform's root */
int tcb_doc_signed(struct tcb_signer *signer, const struct store_doc *d, const char *field,
		   struct wv_fault *fault);

#endif /* WARD_TCB_STATUS_H */
