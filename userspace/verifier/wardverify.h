/* SPDX-License-Identifier: MIT */
/*
 * libwardverify: appraise what a ward module vouches for.
 *
 * Bytes, a policy and a time go in, a verdict comes out. The library opens no
 * file, reads no clock and no environment, prints nothing and keeps no state
 * between calls; everything that decides is an argument. All functions may be
 * called from any thread as long as an object is not changed at the same time.
 *
 * Formats: doc/formats.md; AMD 56860 (SEV-SNP firmware ABI), AMD 57230 (VCEK);
 * event logs of TPMs: wardverify_log.h.
 *
 * Conventions: functions that can fail return 0 or a positive enum wv_reason
 * and then fill *fault (which may be NULL). Structs that the caller allocates
 * are zero-initialised by the caller where a comment says "in", and written as
 * a whole by the library where it says "out". Times are seconds since the
 * epoch, UTC.
 */
#ifndef WARDVERIFY_H
#define WARDVERIFY_H

#include <stddef.h>
#include <stdint.h>

#include <linux/ward_claims.h>

#include "wardverify_azure.h"
#include "wardverify_base.h"
#include "wardverify_cca.h"
#include "wardverify_collateral.h"
#include "wardverify_gpu.h"
#include "wardverify_log.h"
#include "wardverify_nitro.h"
#include "wardverify_reason.h"
#include "wardverify_receipt.h"
#include "wardverify_roots.h"
#include "wardverify_rule.h"
#include "wardverify_snp.h"
#include "wardverify_tdx.h"
#include "wardverify_tpm.h"

#ifdef __cplusplus
extern "C" {
#endif

#define WV_BUNDLE_MAX		(1u << 20)	/* doc/formats.md section 4 */
#define WV_POLICY_MAX		(64u << 10)	/* doc/policy.md */
#define WV_EVIDENCE_MAX		8		/* pieces in a bundle */
#define WV_EVENTS_MAX		16384		/* entries of its list of events */
#define WV_SNP_REPORT_SIZE	1184
#define WV_BINDING_LEN		64
#define WV_THUMBPRINT_LEN	32

/*
 * Roots: which ARKs are trusted.
 */

/** struct wv_roots - trust anchors: AMD's by pinned public key, plus those named */
struct wv_roots;

/** wv_roots_new - AMD's roots for Milan, Genoa and Turin; NULL = no memory */
WV_API struct wv_roots *wv_roots_new(void);
WV_API void wv_roots_free(struct wv_roots *roots);

/**
 * wv_roots_add - trust one more root, because the caller says so
 * @cert: one certificate, PEM or DER; its public key becomes an anchor
 *
 * Roots never come out of evidence. A root whose subject says SIMULATED makes
 * every verdict that rests on it "simulated".
 * Returns 0, WV_CERTIFICATE_DAMAGED or WV_NO_MEMORY.
 */
WV_API int wv_roots_add(struct wv_roots *roots, struct wv_bytes cert, struct wv_fault *fault);

/**
 * struct wv_collateral - endorsements beside the evidence (in); each PEM or DER,
 *	or absent
 * @vek: VCEK or VLEK certificate. Absent here and in the evidence, the one of the report's
 *	chip and TCB is taken out of @items
 * @intermediate: ASK or ASVK certificate, or a PEM with ASK and ARK together
 * @ark: ARK certificate
 * @items, @item_count: whatever else there is: certificates and revocation lists (PEM or
 *	DER), Intel's TCB info and QE identity (JSON); each is known by its bytes
 * @ignore_unknown: pass over an item that is none of these; else it is a refusal. One that
 *	is of them and damaged is refused in any case
 *
 * What is absent here is taken from the evidence's own certificate table; no
 * trust is drawn from where a certificate came from.
 */
struct wv_collateral {
	struct wv_bytes vek;
	struct wv_bytes intermediate;
	struct wv_bytes ark;
	const struct wv_bytes *items;
	size_t item_count;
	int ignore_unknown;
};

/*
 * SEV-SNP.
 */

/**
 * wv_snp_parse - read a report of version 2 to 5; nothing is verified
 * Returns 0 or WV_EVIDENCE_DAMAGED (length, version, reserved bits and bytes, padding).
 */
WV_API int wv_snp_parse(struct wv_bytes report, struct wv_snp_report *out, struct wv_fault *fault);

/**
 * struct wv_vek - a VCEK or VLEK whose chain was verified up to a trusted root
 *
 * Verifying a chain costs far more than verifying a report: keep this object
 * and check many reports against it, as long as its time window holds.
 */
struct wv_vek;

/** struct wv_vek_info - what a verified VEK certificate says (out) */
struct wv_vek_info {
	int kind;			/* enum wv_vek_kind */
	int product;
	int simulated;			/* the root's subject says SIMULATED */
	int crl_checked;		/* the root's list was given, and names no intermediate */
	int named_root;			/* the root was named by the caller, not built in */
	int has_chip_id;
	size_t chip_id_len;		/* 64, on Turin 8 */
	uint8_t chip_id[64];
	struct wv_tcb tcb;
	int64_t not_before;		/* of the whole chain: latest start, earliest end */
	int64_t not_after;
	char subject[3][128];		/* VEK, intermediate, root: common names */
};

/**
 * wv_vek_open - verify VEK <- ASK or ASVK <- ARK <- trusted root
 * @roots: whose keys may end the chain
 * @collateral: certificates; @table fills the gaps
 * @table: certificate table that came with the evidence, maybe empty
 * @now: the time at which every certificate must be valid
 * @out: to be freed with wv_vek_free()
 *
 * The chain is built by issuer. RSA-PSS with SHA-384 and a salt of 48 bytes is
 * required of every link. Returns 0, WV_COLLATERAL_MISSING, WV_CHAIN_*,
 * WV_CERTIFICATE_* or WV_NO_MEMORY.
 */
WV_API int wv_vek_open(const struct wv_roots *roots, const struct wv_collateral *collateral,
		       struct wv_bytes table, int64_t now, struct wv_vek **out,
		       struct wv_fault *fault);
WV_API void wv_vek_free(struct wv_vek *vek);
WV_API void wv_vek_info(const struct wv_vek *vek, struct wv_vek_info *out);

/**
 * wv_vek_check - a report against a verified VEK: signature, key kind, product,
 *	chip id, TCB
 * @out: the parsed report (product filled in), may be NULL
 */
WV_API int wv_vek_check(const struct wv_vek *vek, struct wv_bytes report,
			struct wv_snp_report *out, struct wv_fault *fault);

/*
 * Claims, events, bundle.
 */

/** struct wv_who - a process; fields as struct ward_who, host byte order */
struct wv_who {
	uint32_t pid, tgid;
	uint64_t start_ns;
	uint32_t uid, gid, own_uid, own_gid, userns_level;
	uint64_t cgroup_id;
	uint8_t cgroup_hash[32];
};

/** struct wv_claims - fields as struct ward_claims, host byte order (out) */
struct wv_claims {
	uint32_t purpose;
	uint32_t nonce_len;
	uint8_t nonce[64];
	uint8_t binding[64];
	uint8_t instance[16];
	uint8_t session[16];
	uint8_t subject[16];
	struct wv_who caller;
	struct wv_who opener;
	uint32_t exe_kind;
	uint32_t advisory;
	uint8_t exe_digest[64];
	uint8_t declared[64];
	uint8_t session_key[32];
	uint32_t keys_live, keys_destroyed;
	uint64_t posture, posture_known, taint;
	uint32_t tee, lockdown;
	uint64_t limit_global, limit_user, limit_session;
	uint64_t live_a, peak_a;
	uint64_t live_shared, peak_shared;
	uint64_t live_volatile, peak_volatile;
	uint64_t live_b, peak_b;
	uint64_t alloc_buffers, alloc_bytes;
	uint64_t wiped_buffers, wiped_bytes;
	uint64_t unpinned_buffers, unpinned_bytes;
	uint64_t failed;
	uint32_t state;
	uint64_t lease_deadline_ns;
	uint8_t lease_anchor[32];
	uint64_t session_seq;
	uint8_t session_head[32];
	uint64_t global_seq;
	uint8_t global_head[32];
	uint64_t events_dropped;
	uint8_t policy_hash[32];
	uint64_t boot_ns, real_ns;
	uint32_t module_version;
	uint8_t build_id[20];
	uint64_t lease_term_ns, lease_expires_ns;
};

/**
 * wv_claims_parse - read claims (formats.md section 1), with every check of
 *	reserved bytes, lengths and known enumerations
 * Returns 0 or WV_CLAIMS_DAMAGED.
 */
WV_API int wv_claims_parse(struct wv_bytes claims, struct wv_claims *out, struct wv_fault *fault);

/** wv_purpose_text - "release", ... or NULL; wv_purpose_find - the value or 0 */
WV_API const char *wv_purpose_text(uint32_t purpose);
WV_API uint32_t wv_purpose_find(const char *text);

/** struct wv_event - fields as struct ward_event, host byte order (out) */
struct wv_event {
	uint16_t type, reason;
	uint64_t seq, time_ns, id, bytes, cost_ns;
	uint32_t uid, class_;
	uint8_t label[32];
	uint8_t detail[32];
};

/** wv_event_parse - read one record; 0 or WV_EVENT_DAMAGED */
WV_API int wv_event_parse(struct wv_bytes record, struct wv_event *out, struct wv_fault *fault);
/** wv_event_type_text - "session-open", "buf-wipe", ... or "unknown" */
WV_API const char *wv_event_type_text(uint16_t type);
/** wv_end_text - "wipe", "close", ... of WARD_END_*, or "unknown" */
WV_API const char *wv_end_text(uint16_t end);

/**
 * wv_report_data - the 64 bytes that a TEE signs for these claims
 *	(formats.md section 2; RFC 9162 section 2.1.3.2)
 * @claims: WARD_CLAIMS_SIZE bytes, as they are
 * @index, @leaves: position of the claims and size of the tree
 * @path: @nodes nodes of 64 bytes, from the leaf upwards
 * Returns 0 or WV_BUNDLE_DAMAGED (a path of the wrong length).
 */
WV_API int wv_report_data(struct wv_bytes claims, uint64_t index, uint64_t leaves,
			  const uint8_t (*path)[64], size_t nodes, uint8_t out[64],
			  struct wv_fault *fault);

/** struct wv_evidence - one piece of evidence in a bundle */
struct wv_evidence {
	char provider[32];
	char tee[32];
	struct wv_bytes data;
	struct wv_bytes aux;
	struct wv_bytes manifest;
};

/**
 * struct wv_bundle - a decoded bundle, or one to be encoded
 * @claims: WARD_CLAIMS_SIZE bytes
 * @index, @leaves, @nodes, @path: place of the claims in the tree
 * @evidence, @evidence_count: 1 to WV_EVIDENCE_MAX
 * @events: @event_count entries of 128 (records) or 32 bytes (digests), oldest
 *	first; 0 = not included. When included, they must end with record
 *	session_seq of the claims: later records are not covered by the head
 *
 * All wv_bytes point into memory that the caller keeps alive.
 */
struct wv_bundle {
	struct wv_bytes claims;
	uint64_t index;
	uint64_t leaves;
	size_t nodes;
	uint8_t path[WARD_PATH_NODES_MAX][64];
	size_t evidence_count;
	struct wv_evidence evidence[WV_EVIDENCE_MAX];
	size_t event_count;
	const struct wv_bytes *events;
};

/**
 * wv_bundle_decode - read a bundle strictly (formats.md section 4)
 * @in: must outlive *out
 * @out: release with wv_bundle_free()
 * Returns 0, WV_BUNDLE_DAMAGED or WV_NO_MEMORY.
 */
WV_API int wv_bundle_decode(struct wv_bytes in, struct wv_bundle **out, struct wv_fault *fault);
WV_API void wv_bundle_free(struct wv_bundle *bundle);

/**
 * wv_bundle_encode - write a bundle; *out is to be freed with free()
 * Returns 0, WV_USAGE (a length or count out of range) or WV_NO_MEMORY.
 */
WV_API int wv_bundle_encode(const struct wv_bundle *bundle, uint8_t **out, size_t *out_len,
			    struct wv_fault *fault);

/*
 * Bindings (formats.md section 5). They cannot fail but for memory: 0 or
 * WV_NO_MEMORY, WV_USAGE for a nonce above 64 bytes.
 */
WV_API int wv_binding_release(struct wv_bytes nonce, const uint8_t thumbprint[WV_THUMBPRINT_LEN],
			      uint8_t out[WV_BINDING_LEN]);
WV_API int wv_binding_receipt(const uint8_t release[16], const uint8_t dataset[16],
			      const uint8_t owner_nonce[32], uint8_t out[WV_BINDING_LEN]);
WV_API int wv_binding_report(struct wv_bytes request, uint8_t out[WV_BINDING_LEN]);
/** wv_thumbprint_x25519 - RFC 7638's of an X25519 public key as a JWK, for wv_binding_release() */
WV_API int wv_thumbprint_x25519(const uint8_t key[32], uint8_t out[WV_THUMBPRINT_LEN]);

/**
 * wv_keys_kernel - are data keys the kernel's alone, by what the claims say?
 * Of a release: they name a session key and are bound to it, so that what is released
 * goes to it. Of a receipt: they name one, and keys that were destroyed. Of other
 * purposes: they name one. Returns 1 or 0: in user space.
 */
WV_API int wv_keys_kernel(const struct wv_claims *claims);

/*
 * Policy, expectations, verdict.
 */

/** struct wv_policy - what a relying party accepts (doc/policy.md) */
struct wv_policy;

/**
 * wv_policy_parse - read a policy; strict, unknown members are errors
 * @json: at most WV_POLICY_MAX bytes
 * Returns 0, WV_POLICY_DAMAGED (with line and column) or WV_NO_MEMORY.
 */
WV_API int wv_policy_parse(struct wv_bytes json, struct wv_policy **out, struct wv_fault *fault);
WV_API void wv_policy_free(struct wv_policy *policy);
/** wv_policy_warnings - what the policy leaves open: WV_WARN_* bits */
WV_API uint64_t wv_policy_warnings(const struct wv_policy *policy);

/**
 * struct wv_expect - what the relying party knows about this very exchange (in)
 * @purpose: WARD_PURPOSE_*; 0 = not checked
 * @nonce: 8 to 64 bytes that the relying party chose; absent = not checked
 * @binding: 64 bytes; absent = not checked
 * @session: 16 bytes; the claims' session; absent = not checked
 * @subject: 16 bytes; absent = not checked
 * @instance: 16 bytes; absent = not checked
 * @events_complete: 1 = a bundle without its whole event list is refused
 */
struct wv_expect {
	uint32_t purpose;
	struct wv_bytes nonce;
	struct wv_bytes binding;
	struct wv_bytes session;
	struct wv_bytes subject;
	struct wv_bytes instance;
	int events_complete;
};

/* Warnings: the verdict stands, but a person should know. */
#define WV_WARN_UNMEASURED	(1ull << 0)	/* measurement not pinned, as the policy allows */
#define WV_WARN_SIMULATED	(1ull << 1)	/* no TEE stands behind it */
#define WV_WARN_DEBUG		(1ull << 2)	/* debug guest, as the policy allows */
#define WV_WARN_NAMED_ROOT	(1ull << 3)	/* trust comes from a root the caller named */
#define WV_WARN_EXE_ADVISORY	(1ull << 4)	/* executable digest that others could defeat */
#define WV_WARN_EVENTS_ABSENT	(1ull << 5)
#define WV_WARN_EVENTS_GAP	(1ull << 6)
#define WV_WARN_EVENTS_WITHHELD	(1ull << 7)	/* some records as digests only */
#define WV_WARN_NONCE_UNCHECKED	(1ull << 8)	/* no nonce was given: freshness unproven */
#define WV_WARN_BINDING_UNCHECKED (1ull << 9)
#define WV_WARN_CRL_UNCHECKED	(1ull << 10)	/* no revocation list was looked at */
#define WV_WARN_VLEK		(1ull << 11)	/* key of a cloud operator, not of a chip */
#define WV_WARN_CHIP_MASKED	(1ull << 12)
#define WV_WARN_SMT		(1ull << 13)
#define WV_WARN_CLASS_B		(1ull << 14)	/* class B memory was or is held */
#define WV_WARN_NO_PURPOSE	(1ull << 15)	/* purpose was not checked */
#define WV_WARN_EVIDENCE_UNCHECKED (1ull << 16)	/* a piece of a kind that is not verified */
#define WV_WARN_AK_UNPINNED	(1ull << 17)	/* nobody knows the key of a TPM's quote */
#define WV_WARN_AK_SHARED	(1ull << 18)	/* others can have that key sign */
#define WV_WARN_COLLATERAL_UNCHECKED (1ull << 19) /* no TCB info or identity to compare with */
#define WV_WARN_AGE_UNPROVEN	(1ull << 20)	/* an age by the guest's clock, and no nonce */
#define WV_WARN_CLAIMS_ABSENT	(1ull << 21)	/* the policy speaks of claims, the evidence is bare */
#define WV_WARN_COUNT		22

/** wv_warning_text - word for bit @n (0 to WV_WARN_COUNT - 1), "simulated", ... */
WV_API const char *wv_warning_text(int n);
/** wv_warning_explain - a sentence for bit @n */
WV_API const char *wv_warning_explain(int n);
/** wv_warning_mend - of what was not checked: what to do so that it is; else NULL */
WV_API const char *wv_warning_mend(int n);

/**
 * struct wv_verdict - the outcome (out)
 * @fault: reason WV_OK = accepted; else why not, and where
 * @warnings: WV_WARN_*
 * @measured: the launch measurement, or registers of a TPM whose key is known, were
 *	pinned by the policy and match
 * @simulated: a simulated TEE stands behind it
 * @have: WV_HAVE_*: which of the fields below are filled in; they are
 *	authentic only when the verdict is WV_OK
 * @claims, @report, @vek, @tpm, @nitro, @cca, @psa, @azure, @tdx, @sgx: as decoded; a paravisor's report
 *	frames @report
 * @event_count, @events_complete: of the list, recomputed up to the attested head
 * @evidence_digest: SHA-256 of the bundle's bytes
 * @matched, @matched_count: in the order in which the rules were looked at; of more than
 *	WV_MATCHED_MAX the first
 */
struct wv_verdict {
	struct wv_fault fault;
	uint64_t warnings;
	int measured;
	int simulated;
	unsigned int have;
	struct wv_claims claims;
	struct wv_snp_report report;
	struct wv_vek_info vek;
	uint64_t event_count;
	int events_complete;
	uint8_t evidence_digest[32];
	struct wv_tpm tpm;
	struct wv_azure azure;
	struct wv_tdx tdx;
	struct wv_sgx sgx;
	struct wv_gpu gpu;
	size_t matched_count;
	struct wv_matched matched[WV_MATCHED_MAX];
	struct wv_nitro nitro;
	struct wv_cca cca;
	struct wv_psa psa;
};

#define WV_HAVE_CLAIMS	(1u << 0)
#define WV_HAVE_REPORT	(1u << 1)
#define WV_HAVE_VEK	(1u << 2)
#define WV_HAVE_TPM	(1u << 3)
#define WV_HAVE_TDX	(1u << 4)
#define WV_HAVE_AZURE	(1u << 5)
#define WV_HAVE_SGX	(1u << 8)
#define WV_HAVE_NITRO	(1u << 6)
#define WV_HAVE_CCA	(1u << 7)
#define WV_HAVE_PSA	(1u << 9)
#define WV_HAVE_GPU	(1u << 10)

/**
 * struct wv_appraisal - everything that decides (in)
 * @roots: must be given
 * @policy: NULL = the empty policy, under which nothing is measured
 * @expect: NULL = nothing is expected
 * @collateral: NULL = only what came with the evidence
 * @now: time of the verification
 * @vek: a VCEK or VLEK that the caller opened before (wv_vek_open(), under roots and
 *	collateral that it trusts): an SNP report that it signed costs one signature, and
 *	is judged by what was known of the chain then, revocation included. A report that
 *	it did not sign, or another time than its window, is verified as with NULL = none
 * @rule, @rule_context: called with each rule of the policy as it is looked at, also with
 *	those behind the first that does not hold; NULL = nobody asks. The verdict is
 *	the same
 */
struct wv_appraisal {
	const struct wv_roots *roots;
	const struct wv_policy *policy;
	const struct wv_expect *expect;
	const struct wv_collateral *collateral;
	int64_t now;
	const struct wv_vek *vek;
	wv_rule_fn rule;
	void *rule_context;
};

/**
 * wv_verify_bundle - appraise a bundle
 * Order: structure, claims, path, chain, evidence signature, report data, TEE
 * and policy, expectations, event chain. The first refusal ends it.
 * Returns out->fault.reason.
 */
WV_API int wv_verify_bundle(struct wv_bytes bundle, const struct wv_appraisal *appraisal,
			    struct wv_verdict *out);

/**
 * wv_verify_evidence - appraise one piece of evidence without claims: chain, signature
 *	and the members of the policy that speak of its TEE
 * @evidence: tee says of which kind it is
 * @challenge: the bytes that it must carry where its kind has a place for them: report
 *	data, nonce, qualifying data; absent = not checked
 */
WV_API int wv_verify_evidence(const struct wv_evidence *evidence, struct wv_bytes challenge,
			      const struct wv_appraisal *appraisal, struct wv_verdict *out);

/**
 * wv_verify_snp - appraise a bare SNP report (no claims): chain, signature and
 *	the members of the policy that speak of the TEE
 * @report_data: 64 bytes that the report must carry; absent = not checked
 * @table: certificate table, maybe empty
 */
WV_API int wv_verify_snp(struct wv_bytes report, struct wv_bytes table, struct wv_bytes report_data,
			 const struct wv_appraisal *appraisal, struct wv_verdict *out);

/**
 * wv_verdict_measurement - what the TEE measured of the guest, as release logs have it
 * The launch measurement of SEV-SNP, MRTD of a TD, PCR0 of a Nitro enclave, the first 48
 * bytes of a realm's RIM, zero padded; zeroes where no TEE measured it.
 */
WV_API void wv_verdict_measurement(const struct wv_verdict *verdict, uint8_t out[48]);

/**
 * wv_verdict_json - the verdict as one JSON object (doc/formats.md section 9)
 * Returns text to be freed with free(), or NULL = no memory.
 */
WV_API char *wv_verdict_json(const struct wv_verdict *verdict);

/**
 * wv_evidence_find - of which kind evidence outside of a bundle is, by its look: a word
 *	for wv_evidence.tee, or NULL
 */
WV_API const char *wv_evidence_find(struct wv_bytes data);

/**
 * wv_evidence_time - when evidence was made, as its own signature vouches
 * Nothing is verified yet: an appraisal at that time does it.
 * Returns 0, WV_NO_OWN_TIME (its kind has none) or WV_EVIDENCE_DAMAGED.
 */
WV_API int wv_evidence_time(const struct wv_evidence *evidence, int64_t *out,
			    struct wv_fault *fault);

/**
 * wv_evidence_json - what one piece of evidence says, as it stands: nothing is verified
 * Returns text to be freed with free(), or NULL: fault->reason says why, WV_OK = no memory.
 */
WV_API char *wv_evidence_json(const struct wv_evidence *evidence, struct wv_fault *fault);

/** wv_snp_json, wv_bundle_json - what a file says, as it stands: nothing is verified */
WV_API char *wv_snp_json(const struct wv_snp_report *report);
WV_API char *wv_bundle_json(const struct wv_bundle *bundle);

/** wv_time_parse - RFC 3339 to seconds; 0 or WV_USAGE; wv_time_text - the other way round */
WV_API int wv_time_parse(const char *text, int64_t *out);
WV_API void wv_time_text(int64_t t, char out[32]);

#ifdef __cplusplus
}
#endif

#endif /* WARDVERIFY_H */
