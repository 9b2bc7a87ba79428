/* SPDX-License-Identifier: MIT */
/*
 * What a verdict means in the terms of AR4SI (draft-ietf-rats-ar4si section 2.3).
 */
#ifndef WARD_EAR_H
#define WARD_EAR_H

#include "policy.h"
#include "wardverify_ear.h"

/** enum ear_claim - the trustworthiness vector, in the draft's order */
enum ear_claim {
	EAR_INSTANCE_IDENTITY,
	EAR_CONFIGURATION,
	EAR_EXECUTABLES,
	EAR_FILE_SYSTEM,
	EAR_HARDWARE,
	EAR_RUNTIME_OPAQUE,
	EAR_STORAGE_OPAQUE,
	EAR_SOURCED_DATA,
	EAR_CLAIMS,
};

/* Values that every claim can have. */
#define EAR_MALFUNCTION		(-1)
#define EAR_NO_CLAIM		0
#define EAR_UNEXPECTED		1	/* evidence that cannot be read */
#define EAR_CRYPTO_FAILED	99

/* Values of single claims. */
#define EAR_GOOD		2	/* recognised, genuine, approved, encrypted */
#define EAR_BOOT_APPROVED	3	/* executables: what was loaded during the boot */
#define EAR_UNSAFE		32	/* known weaknesses; runtime-opaque: the host can look in */
#define EAR_UNRECOGNIZED_CODE	33	/* executables */
#define EAR_UNSUPPORTABLE	96
#define EAR_UNRECOGNIZED	97	/* instance-identity, hardware */

/** enum ear_tier - of a value, and of a whole appraisal: ear.status; worse = greater */
enum ear_tier { EAR_NONE, EAR_AFFIRMING, EAR_WARNING, EAR_CONTRAINDICATED };

/** ear_tier_of - draft-ietf-rats-ar4si section 2.3.2 */
enum ear_tier ear_tier_of(int value);
const char *ear_tier_text(enum ear_tier tier);
const char *ear_claim_text(enum ear_claim claim);

/** struct ear_appraisal - of one submodule (out) */
struct ear_appraisal {
	int8_t vector[EAR_CLAIMS];
	enum ear_tier status;
};

/** enum ear_of - whom a submodule speaks of; bits */
enum ear_of {
	EAR_OF_GUEST = 1,	/* launch, what measures it, ward's claims */
	EAR_OF_TPM = 2,
	EAR_OF_ENCLAVE = 4,	/* SGX, beside the guest or alone */
	EAR_OF_ROOT = 8,	/* PSA: a root of trust beside the guest, or alone */
	EAR_OF_GPU = 16,	/* beside the guest, or alone */
};

/** ear_speaks_of - EAR_OF_* of what the verdict is about; never 0 */
unsigned int ear_speaks_of(const struct wv_verdict *v);

/** ear_appraise - one of them. @p: NULL = none */
void ear_appraise(const struct wv_verdict *v, const struct wv_policy *p, enum ear_of of,
		  struct ear_appraisal *out);

/** ear_refuse - what a refusal says of one of them; @of: EAR_OF_* */
void ear_refuse(int reason, unsigned int of, struct ear_appraisal *out);

#endif /* WARD_EAR_H */
