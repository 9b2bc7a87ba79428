/* SPDX-License-Identifier: MIT */
/*
 * Certificates and collateral in the form of Intel's, under a root that a test makes:
 * what quotes are signed with, and what they are compared with.
 */
#ifndef TEST_INTEL_MAKE_H
#define TEST_INTEL_MAKE_H

#include <openssl/x509.h>

#include "crl_make.h"
#include "support.h"

#define INTEL_NOW	1767225600	/* 2026-01-01: within every window of intel_default */
#define INTEL_DAY	86400

/**
 * struct intel_recipe - what to make
 * @root_cn, @ca_cn, @pck_cn, @tcb_cn, @org: names
 * @fmspc, @pce_id, @components, @pcesvn: what the PCK certificate says
 * @from, @to: seconds since the epoch, for every certificate
 * @pck_from, @pck_to: of the PCK certificate alone, unless 0
 * @pck_is_ca, @tcb_is_ca: basic constraints of what should be an end entity
 */
struct intel_recipe {
	const char *root_cn, *ca_cn, *pck_cn, *tcb_cn, *org;
	uint8_t fmspc[6];
	uint8_t pce_id[2];
	uint8_t components[16];
	uint16_t pcesvn;
	int64_t from, to, pck_from, pck_to;
	bool pck_is_ca, tcb_is_ca;
};

/** intel_default - Intel's own names, FMSPC 90c06f000000, and SVNs that intel_levels reach */
extern const struct intel_recipe intel_default;

/** struct intel_pki - keys on P-256, and certificates: root, PCK CA, PCK, TCB signing */
struct intel_pki {
	EVP_PKEY *root_key, *ca_key, *pck_key, *tcb_key;
	X509 *root, *ca, *pck, *tcb;
};

void intel_pki_make(const struct intel_recipe *recipe, struct intel_pki *out);
void intel_pki_free(struct intel_pki *pki);

/** intel_pem - certificates as PEM, one after the other; ut_free() it */
struct wv_bytes intel_pem(X509 *const *certs, size_t count);

/** intel_chain - PCK, CA and root as PEM, as a quote carries them; ut_free() it */
struct wv_bytes intel_chain(const struct intel_pki *pki);

/** intel_signers - TCB signing and root as PEM, as PCS sends them along; ut_free() it */
struct wv_bytes intel_signers(const struct intel_pki *pki);

/** intel_sign - r and s, 32 bytes each and big-endian, over @len bytes */
void intel_sign(EVP_PKEY *key, const void *data, size_t len, uint8_t out[64]);

/**
 * intel_envelope - {"@name":@body,"signature":"..."} as PCS serves it; ut_free() it
 * @body: JSON text, taken as it is
 */
struct wv_bytes intel_envelope(EVP_PKEY *key, const char *name, const char *body);

/**
 * struct intel_doc - windows and levels of TCB info and identity
 * @tdx: of TDX, else of SGX
 * @issued, @next: RFC 3339
 * @fmspc: hex
 * @levels, @modules: JSON text of tcbLevels and tdxModuleIdentities; NULL = none
 * @id: of an identity: "QE", "TD_QE", "QVE"; NULL = by @tdx
 * @mrsigner, @prodid, @miscselect, @attributes: of an identity; NULL and 0 = Intel's
 * @more: members to be added, with a comma at their end; NULL = none
 */
struct intel_doc {
	bool tdx;
	const char *issued, *next;
	const char *fmspc;
	const char *levels;
	const char *modules;
	const char *id;
	const char *mrsigner;
	unsigned int prodid;
	const char *miscselect, *attributes;
	const char *more;
};

/** intel_doc_default - a window around INTEL_NOW, levels that intel_default's SVNs top */
extern const struct intel_doc intel_doc_default;

/** intel_tcb_info, intel_identity - the signed documents; ut_free() them */
struct wv_bytes intel_tcb_info(const struct intel_pki *pki, const struct intel_doc *doc);
struct wv_bytes intel_identity(const struct intel_pki *pki, const struct intel_doc *doc);

/**
 * intel_level - one element of tcbLevels as JSON text; free() it
 * @svn: of every component; those of TDX only where @tdx
 */
char *intel_level(bool tdx, unsigned int svn, unsigned int pcesvn, const char *date,
		  const char *status, const char *advisories);

/** intel_qe_report - 384 bytes of a quoting enclave's report as identities expect it */
void intel_qe_report(bool tdx, uint16_t isvsvn, uint8_t out[384]);

#endif /* TEST_INTEL_MAKE_H */
