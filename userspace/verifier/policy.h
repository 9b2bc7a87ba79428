/* SPDX-License-Identifier: MIT */
#ifndef WARD_POLICY_H
#define WARD_POLICY_H

#include <stdbool.h>

#include "wardverify.h"

#define POLICY_LIST_MAX 1024

struct rules;	/* rule.h */

/**
 * struct policy_set - accepted values of @width bytes; count 0 = not checked
 * @values: owned
 * @names: of each value, "" = none; in the same piece of memory
 */
struct policy_set {
	size_t count;
	size_t width;
	uint8_t *values;
	char (*names)[WV_NAME_LEN];
};

/** struct policy_tcb - least levels; @has has a bit for each part, in order of wv_tcb */
struct policy_tcb {
	unsigned int has;
	struct wv_tcb min;
};

/* Bits of wv_policy.tee and .needed. */
#define POLICY_TEE_SNP		(1u << 0)
#define POLICY_TEE_SIMULATED	(1u << 1)
#define POLICY_TEE_TPM		(1u << 3)
#define POLICY_TEE_TDX		(1u << 4)
#define POLICY_TEE_AZURE_SNP	(1u << 5)
#define POLICY_TEE_AZURE_TDX	(1u << 6)
#define POLICY_TEE_NITRO	(1u << 7)
#define POLICY_TEE_CCA		(1u << 8)
#define POLICY_TEE_SGX		(1u << 9)
#define POLICY_TEE_PSA		(1u << 10)
#define POLICY_TEE_GPU		(1u << 11)

/**
 * struct policy_tpm - what is accepted of a TPM's quote
 * @given: the policy speaks of it
 * @required: a piece of it must be there
 * @accept_unpinned: also of a key that nobody knows
 * @ak: 32: SHA-256 of keys' TPMT_PUBLIC
 * @bank: of @pcr: TPM_ALG_ID; 0 = none is pinned
 * @pinned: a bit for each register that @pcr has values for
 */
struct policy_tpm {
	int given;
	int required;
	int accept_unpinned;
	struct policy_set ak;
	uint16_t bank;
	uint32_t pinned;
	struct policy_set pcr[WV_TPM_PCRS];
};

/** struct policy_bits - bits that @mask names must be as in @want */
struct policy_bits {
	uint64_t mask;
	uint64_t want;
};

/**
 * struct policy_snp - what is accepted of an SNP report beside what the policy always had
 * @given: the policy speaks of it
 * @id_key, @author_key: 48: digests as in the report
 * @require_id_block, @require_author_key: the launch must have had them
 * @family_id, @image_id: 16
 * @chip_id: 64, zero padded
 * @report_id, @report_id_ma: 32
 * @product: 2: enum wv_product, stepping or SNP_ANY_STEPPING
 * @min_launch_tcb, @min_committed_tcb: by product
 * @has_version, @min_version: build, minor, major as wv_snp_report has them
 * @min_build, @min_guest_svn: 0 = not checked
 * @permit_provisional: false: current firmware must be the committed one
 * @guest, @platform: bits of the guest's policy and of platform_info
 * @has_abi, @min_abi: least ABI in the guest's policy, major in the high byte
 * @launch_mitigations, @current_mitigations: bits that must be set
 */
struct policy_snp {
	int given;
	struct policy_set id_key, author_key;
	int require_id_block, require_author_key;
	struct policy_set family_id, image_id;
	struct policy_set chip_id;
	struct policy_set report_id, report_id_ma;
	struct policy_set product;
	struct policy_tcb min_launch_tcb[WV_PRODUCT_TURIN + 1];
	struct policy_tcb min_committed_tcb[WV_PRODUCT_TURIN + 1];
	int has_version;
	uint8_t min_version[3];
	uint64_t min_build, min_guest_svn;
	int permit_provisional;
	struct policy_bits guest, platform;
	int has_abi;
	uint16_t min_abi;
	uint64_t launch_mitigations, current_mitigations;
};

#define SNP_ANY_STEPPING 0xff

/**
 * struct policy_collateral - what is accepted of revocation lists and TCB status
 * @crl_required: every list must be there
 * @levels: a bit for each enum wv_tcb_level; 0 = up to date alone
 * @grace_days: for following a new level; 0 = none
 * @max_age_days: of TCB info and identity; 0 = not checked
 * @accepted, @refused: WV_ADVISORY_LEN: advisories, zero padded
 * @pins: it judges by TCB info and identity, which must be there
 */
struct policy_collateral {
	int crl_required;
	unsigned int levels;
	uint32_t grace_days;
	uint32_t max_age_days;
	struct policy_set accepted, refused;
	bool pins;
};

/**
 * struct policy_azure - what is accepted of a confidential VM of Azure's
 * @registers: of its vTPM; of this alone what "pcrs" fills in
 * @vm_id: 16: accepted ids
 * @root_thumbprint: 32
 * @secure_boot, @tpm_enabled, @tpm_persisted, @console_enabled: what must be said;
 *	WV_UNSAID = not checked
 */
struct policy_azure {
	struct policy_tpm registers;
	struct policy_set vm_id, root_thumbprint;
	int secure_boot, tpm_enabled, tpm_persisted, console_enabled;
};

/** struct policy_tdx - what is accepted of a TD; digests are of 48 bytes */
struct policy_tdx {
	int given;
	struct policy_set mr_td;
	struct policy_set rtmr[WV_TDX_RTMRS];
	struct policy_set mr_seam, mr_signer_seam;
	struct policy_set mr_config_id, mr_owner, mr_owner_config, mr_service_td;
	struct policy_bits attributes, xfam;
	int has_min_svn, has_min_svn2;
	uint8_t min_svn[16], min_svn2[16];
	uint64_t min_qe_svn, min_pce_svn;
};

/** struct policy_sgx - what is accepted of an enclave; @prod_id: little endian, 2 bytes */
struct policy_sgx {
	int given;
	int required;
	struct policy_set mr_enclave, mr_signer;	/* 32 */
	struct policy_set prod_id;
	struct policy_bits attributes;
	uint64_t min_svn, min_qe_svn, min_pce_svn;
};

/**
 * struct policy_key - a platform's key, owned
 * @sha256: of its SubjectPublicKeyInfo
 * @has_implementation, @has_instance: it counts for these only
 */
struct policy_key {
	struct evp_pkey_st *key;
	uint8_t sha256[32];
	bool has_implementation, has_instance;
	uint8_t implementation[32];
	uint8_t instance[33];
};

struct policy_keys {
	size_t count;
	struct policy_key *keys;
};

/* Digests of 32, 48 or 64 bytes in one set: the length, then the digest and zeroes. */
#define POLICY_HASH	65

/** struct policy_component - what every component with @type must be; "" = each */
struct policy_component {
	char type[64];
	struct policy_set measurement;	/* POLICY_HASH */
	struct policy_set signer;	/* POLICY_HASH */
};

#define POLICY_COMPONENTS_MAX 64

/**
 * struct policy_platform - what is accepted of one that makes Arm's tokens
 * @lifecycle: a bit for each enum wv_lifecycle; 0 = secured, and debug where that is
 *	allowed
 */
struct policy_platform {
	struct policy_set implementation_id;	/* 32 */
	struct policy_set instance_id;		/* 33 */
	unsigned int lifecycle;
	size_t component_count;
	struct policy_component *components;
};

/** struct policy_cca - what is accepted of an Arm CCA token; @given: the policy speaks of it */
struct policy_cca {
	int given;
	struct policy_keys keys;
	struct policy_platform platform;
	struct policy_set rim;			/* POLICY_HASH */
	struct policy_set rem[WV_CCA_REMS];	/* POLICY_HASH */
	struct policy_set personalization;	/* 64 */
};

/** struct policy_psa - what is accepted of a PSA token; @given: the policy speaks of it */
struct policy_psa {
	int given;
	int required;
	struct policy_keys keys;
	struct policy_platform platform;
};

/**
 * struct policy_nitro - what is accepted of a Nitro document
 * @given: the policy speaks of it
 * @pinned: a bit for each register that @pcr has values for
 * @module_id: SHA-256 of the ids
 */
struct policy_nitro {
	int given;
	uint32_t pinned;
	struct policy_set pcr[WV_NITRO_PCRS];	/* 48 */
	struct policy_set module_id;		/* 32 */
};

/** struct policy_limit - at most @most, where it is @given */
struct policy_limit {
	bool given;
	uint64_t most;
};

/**
 * struct policy_session - what is accepted of a session
 * @live, @peak: bytes of class A memory, bound to a process or shared
 * @refuse_class_b, @refuse_shared: sessions that ever held such memory
 * @want_events: the whole list of records; @refuse_dropped: rings that lost some
 * @sealed: it was sealed, or has ended; @kernel_keys: its data keys are the kernel's alone
 * @userns: the caller's level
 * @min_version, @version, @build_id: the module's; versions as in the claims
 * @max_age: seconds, 0 = not checked; @clock_leeway: seconds
 */
struct policy_session {
	struct policy_limit live, peak;
	int refuse_class_b, refuse_shared;
	int want_events, refuse_dropped;
	int sealed;
	int kernel_keys;
	struct policy_limit userns;
	bool has_min_version;
	uint32_t min_version;
	struct policy_set version;	/* 4 */
	struct policy_set build_id;	/* 20 */
	uint64_t max_age;
	uint64_t clock_leeway;
};

/** struct policy_gpu_block - accepted values, 48 bytes each, of the measurement @index */
struct policy_gpu_block {
	unsigned int index;
	struct policy_set values;
};

/**
 * struct policy_gpu - what is accepted of a GPU's report
 * @arch: a bit for each architecture; 0 = any
 * @device_id, @driver_version, @vbios_version: texts, zero padded to WV_GPU_TEXT
 */
struct policy_gpu {
	int required;
	uint64_t arch;
	struct policy_set device_id, driver_version, vbios_version;
	size_t block_count;
	struct policy_gpu_block *blocks;
};

/** struct wv_policy - doc/policy.md; numbers in sets are little endian u32 */
struct wv_policy {
	uint8_t digest[32];		/* SHA-256 of the document */
	struct policy_set measurement;	/* 48 */
	int accept_unmeasured;
	uint32_t purpose;		/* 0 = not checked */
	struct policy_set uid;		/* 4 */
	struct policy_set gid;		/* 4 */
	struct policy_set cgroup;	/* 32: SHA-256 of the path */
	struct policy_set declared;	/* 64 */
	struct policy_set exe;		/* 64, zero padded */
	int allow_debug;
	uint32_t vmpl_max;
	struct policy_set host_data;	/* 32 */
	struct policy_tcb min_tcb[WV_PRODUCT_TURIN + 1];
	uint64_t posture;
	uint64_t taint_mask;
	unsigned int tee;
	uint64_t lease_max;		/* seconds; 0 = not checked */
	struct policy_set lease_anchor;	/* 32 */
	unsigned int needed;		/* kinds of evidence that must be there */
	struct policy_tpm tpm;
	struct policy_snp snp;
	struct policy_collateral collateral;
	struct policy_azure azure;
	struct policy_tdx tdx;
	struct policy_sgx sgx;
	struct policy_nitro nitro;
	struct policy_cca cca;
	struct policy_psa psa;
	struct policy_session session;
	struct policy_gpu gpu;
};

/** policy_has - @set is not checked at all, or has @value */
bool policy_has(const struct policy_set *set, const uint8_t *value);

/** policy_number - element @i of numbers of 32 bits */
uint32_t policy_number(const struct policy_set *set, size_t i);

/** policy_name - what the policy calls @value, if @set has it and a name for it; else NULL */
const char *policy_name(const struct policy_set *set, const uint8_t *value);

/* What it says of a session's memory, state, records, caller, module; 0 or a reason. */
int policy_ledger(const struct wv_policy *p, const struct wv_claims *k, struct rules *rules);
int policy_sealed(const struct wv_policy *p, const struct wv_claims *k, struct rules *rules);
int policy_keys(const struct wv_policy *p, const struct wv_claims *k, struct rules *rules);
int policy_dropped(const struct wv_policy *p, const struct wv_claims *k, struct rules *rules);
int policy_userns(const struct wv_policy *p, const struct wv_claims *k, struct rules *rules);
int policy_module(const struct wv_policy *p, const struct wv_claims *k, struct rules *rules);

/** policy_age - the claims' own time is close enough to @now; 0 or a reason */
int policy_age(const struct wv_policy *p, const struct wv_claims *k, int64_t now,
	       struct rules *rules);

/** policy_asks_claims - it has members that evidence without claims can't answer */
bool policy_asks_claims(const struct wv_policy *p);

/** policy_report - what the policy says of the TEE's report; 0 or a reason */
int policy_report(const struct wv_policy *p, const struct wv_snp_report *r, struct rules *rules);

/** policy_snp - what the member "snp" says of it; 0 or a reason */
int policy_snp(const struct policy_snp *s, const struct wv_snp_report *r, struct rules *rules);

/**
 * policy_snp_tells - it pins who must have signed the guest's measurement: firmware
 * launches a guest with an ID block only if that names the measurement (56860,
 * SNP_LAUNCH_FINISH)
 */
bool policy_snp_tells(const struct policy_snp *s);

/**
 * struct tcb_rule - least levels against one TCB of a report
 * @name: the policy's member; @min: by product
 * @product: the report's; @found: the TCB; @field, @offset: where it stands
 */
struct tcb_rule {
	const char *name;
	const struct policy_tcb *min;
	int product;
	const struct wv_tcb *found;
	const char *field;
	int64_t offset;
};

/** policy_tcb - no part of it is below; 0 or WV_TCB_BELOW_POLICY */
int policy_tcb(struct rules *rules, const struct tcb_rule *t);

/** policy_worker - what it says of the caller; 0 or a reason */
int policy_worker(const struct wv_policy *p, const struct wv_claims *k, struct rules *rules);

/** policy_machine - what it says of the machine's posture; 0 or a reason */
int policy_machine(const struct wv_policy *p, const struct wv_claims *k, struct rules *rules);

/** policy_lease - what it says of the session's lease; 0 or a reason */
int policy_lease(const struct wv_policy *p, const struct wv_claims *k, struct rules *rules);

/**
 * policy_registers_tell - are registers pinned that tell what was started?
 * 4 (the programs that firmware starts) or 7 (whose signatures it takes) must be among
 * them: whatever else runs on that machine can extend those behind from their start to
 * the values that are pinned, and 16 and 23 anybody resets.
 */
bool policy_registers_tell(const struct policy_tpm *t);

/** policy_ak_pinned - @policy (NULL = none) names this key */
bool policy_ak_pinned(const struct wv_policy *p, const uint8_t ak_sha256[32]);

/** policy_tpm - what it says of a TPM's key and registers; 0 or a reason */
int policy_tpm(const struct wv_policy *p, const struct wv_tpm *t, struct rules *rules);

/** policy_collateral - what it says of a platform's TCB status; 0 or a reason */
int policy_collateral(const struct wv_policy *p, const struct wv_tcb_status *s, int64_t now,
		      struct rules *rules);

/** policy_crl - what it says of revocation lists that were not looked at (@warnings) */
int policy_crl(const struct wv_policy *p, uint64_t warnings, struct rules *rules);

/**
 * policy_registers - the registers that @p pins; 0 or a reason
 * @member: what they are called in the policy
 */
int policy_registers(const struct policy_tpm *p, const struct wv_tpm *t, const char *member,
		     struct rules *rules);

/** policy_azure - what it says of a VM of Azure's and its vTPM's registers; 0 or a reason */
int policy_azure(const struct policy_azure *p, const struct wv_azure *said, struct rules *rules);

/** policy_nitro, policy_cca, policy_psa - what it says of these; 0 or a reason */
int policy_nitro(const struct wv_policy *p, const struct wv_nitro *n, struct rules *rules);
int policy_cca(const struct wv_policy *p, const struct wv_cca *c, struct rules *rules);
int policy_psa(const struct wv_policy *p, const struct wv_psa *t, struct rules *rules);

/**
 * policy_nitro_tells - are registers pinned that tell what the enclave runs?
 * 0 covers the whole image; 1 and 2 together cover its kernel and ramfs, and what runs.
 */
bool policy_nitro_tells(const struct policy_nitro *n);

/** policy_gpu - what it says of a GPU's report; 0 or a reason */
int policy_gpu(const struct policy_gpu *p, const struct wv_gpu *g, struct rules *rules);

/**
 * policy_none - what stands in for no policy at all: any hardware, so that the verdict tells
 *	what it is; never measured
 * @p: zeroes
 */
void policy_none(struct wv_policy *p);

#endif /* WARD_POLICY_H */
