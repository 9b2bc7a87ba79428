// SPDX-License-Identifier: MIT
/*
 * The reasons of a refusal: word, sentence, mend.
 */
#include <string.h>

#include "wardverify.h"

struct reason {
	int value;
	const char *text;
	const char *explain;
	const char *mend;
};

/* In rising order of value. */
static const struct reason reasons[] = {
	{ WV_OK, "ok", "Everything that was asked for holds.", "Nothing to do; read the warnings." },

	{ WV_USAGE, "usage", "An argument makes no sense.", "Correct the call." },
	{ WV_NO_OWN_TIME, "no-own-time",
	  "The evidence carries no time that its own signature vouches for.",
	  "Name the time of the verification yourself (--at 2026-01-31T00:00:00Z)." },
	{ WV_NO_MEMORY, "no-memory", "The process ran out of memory.", "Free memory and try again." },

	{ WV_SIGNATURE_INVALID, "signature-invalid",
	  "The evidence is not signed by the key of the given VCEK or VLEK, or was changed after it was signed.",
	  "Take fresh evidence; make sure that the certificate belongs to this chip and TCB." },
	{ WV_CHAIN_UNTRUSTED, "chain-untrusted",
	  "The certificate chain ends at a key that is neither a pinned AMD root nor a root that you named. Names in certificates count for nothing.",
	  "If this is a simulated TEE, name its root (--root ark.pem) and allow it in the policy; otherwise distrust the sender." },
	{ WV_CHAIN_INVALID, "chain-invalid",
	  "A certificate of the chain is not signed by its issuer as AMD prescribes (RSA-PSS, SHA-384, salt of 48 bytes), or is of the wrong form.",
	  "Fetch the certificates again from AMD's key distribution service." },
	{ WV_CERTIFICATE_EXPIRED, "certificate-expired",
	  "A certificate of the chain had ended at the time of the verification.",
	  "Fetch a current certificate, or verify old evidence at its own time (--at)." },
	{ WV_CERTIFICATE_NOT_YET, "certificate-not-yet-valid",
	  "A certificate of the chain had not begun at the time of the verification.",
	  "Check the clock and the time given by --at." },
	{ WV_TCB_MISMATCH, "tcb-mismatch",
	  "The report's TCB is not the one that its VCEK or VLEK was issued for.",
	  "Fetch the VCEK for the report's reported TCB." },
	{ WV_CHIP_MISMATCH, "chip-mismatch",
	  "The report comes from another chip than the VCEK was issued for.",
	  "Fetch the VCEK for the report's chip id." },
	{ WV_PRODUCT_MISMATCH, "product-mismatch",
	  "Report, certificate and root speak of different product lines.",
	  "Fetch the certificates of the product line that the report's CPUID names." },
	{ WV_KEY_KIND_MISMATCH, "key-kind-mismatch",
	  "The report says that another kind of key signed it (VCEK, VLEK) than the certificate is for.",
	  "Give the certificate that key_info of the report names." },
	{ WV_REPORT_DATA_MISMATCH, "report-data-mismatch",
	  "What the TEE signed is not the hash of these claims: claims, path or evidence were exchanged.",
	  "Take fresh evidence; distrust whoever handed over the bundle." },
	{ WV_CHAIN_BROKEN, "chain-broken",
	  "The event records do not lead to the chain head that was attested: records were changed, added, removed or reordered.",
	  "Export the records again; they must end with the record that the claims' session_seq names." },
	{ WV_EVENTS_GAP, "events-gap",
	  "Event records are missing and the complete list was asked for.",
	  "Export sooner, before the session's ring drops records, or do without --complete." },
	{ WV_EVIDENCE_UNSUPPORTED, "evidence-unsupported",
	  "The bundle holds a kind of evidence that this version does not verify.",
	  "Use evidence of AMD SEV-SNP, or a newer version." },

	{ WV_COLLATERAL_MISSING, "collateral-missing",
	  "A certificate that the verification needs is neither in the evidence nor in the collateral given.",
	  "Fetch the ARK, ASK (or ASVK) and VCEK (or VLEK) and give their folder (--collateral DIR)." },

	{ WV_CERTIFICATE_REVOKED, "certificate-revoked",
	  "A certificate of the chain was revoked by its issuer.",
	  "Don't trust this platform before its firmware is updated." },
	{ WV_CRL_INVALID, "crl-invalid",
	  "The revocation list is damaged, expired or not signed by the root.",
	  "Fetch the list again." },

	{ WV_GUEST_UNMEASURED, "guest-unmeasured",
	  "The evidence is genuine, but the policy pins no launch measurement, so nobody knows which kernel and ward module made the claims.",
	  "Put the image's launch digest into the policy (\"measurement\"), or say \"accept_unmeasured\": true." },
	{ WV_MEASUREMENT_MISMATCH, "measurement-mismatch",
	  "The guest was launched from another image (kernel, initrd, command line) than the policy accepts.",
	  "Compare the report's measurement with the build of the image; update the policy only if the image is yours." },
	{ WV_TCB_BELOW_POLICY, "tcb-below-policy",
	  "The platform's firmware is older than the policy asks for.",
	  "Have the platform's firmware updated, or lower min_tcb knowingly." },
	{ WV_DEBUG_ALLOWED, "debug-allowed",
	  "The guest's own policy lets the host read its memory (DEBUG).",
	  "Launch the guest without the debug bit." },
	{ WV_VMPL_REFUSED, "vmpl-refused",
	  "The report was asked for at a less privileged VMPL than the policy accepts.",
	  "Raise vmpl_max if a paravisor or SVSM is part of the measured image." },
	{ WV_HOST_DATA_REFUSED, "host-data-refused",
	  "The host data given at launch is not among those that the policy accepts.",
	  "Compare the report's host_data with the policy." },
	{ WV_SIMULATED_REFUSED, "simulated-refused",
	  "The evidence comes from a simulated TEE, which protects nothing.",
	  "For development only: name \"simulated-snp\" in the policy's allow_tee." },
	{ WV_TEE_REFUSED, "tee-refused",
	  "The policy accepts no evidence of this kind of TEE.",
	  "Name the TEE in the policy's allow_tee." },
	{ WV_WRONG_PURPOSE, "wrong-purpose",
	  "The evidence was taken for another purpose; evidence for one is refused for another.",
	  "Ask for evidence with the purpose that is needed." },
	{ WV_WRONG_UID, "wrong-uid",
	  "The worker runs under another uid than the one that is accepted.",
	  "Run the worker as the user that the policy names." },
	{ WV_WRONG_GID, "wrong-gid",
	  "The worker runs under another gid than the one that is accepted.",
	  "Run the worker in the group that the policy names." },
	{ WV_WRONG_CGROUP, "wrong-cgroup",
	  "The worker runs in a control group that the policy does not accept.",
	  "Start the worker by the service that the policy names." },
	{ WV_WRONG_DECLARED, "wrong-declared",
	  "What the worker declared about itself (script, plan) is not what the policy accepts.",
	  "Compare the worker's declarations with the policy's." },
	{ WV_WRONG_EXE, "wrong-exe",
	  "The worker's executable has no digest, or one that the policy does not accept.",
	  "Enable fs-verity or IMA for the executable and put its digest into the policy." },
	{ WV_POSTURE_REFUSED, "posture-refused",
	  "A fact about the machine that the policy asks for is not so, or could not be found out.",
	  "Run 'wardctl doctor' on the machine." },
	{ WV_TAINT_REFUSED, "taint-refused",
	  "The kernel carries a taint flag that the policy refuses.",
	  "Reboot the machine into a clean kernel; see taint in the claims." },
	{ WV_NONCE_MISMATCH, "nonce-mismatch",
	  "The evidence answers another nonce: it is a replay, or meant for somebody else.",
	  "Ask for fresh evidence over your nonce." },
	{ WV_BINDING_MISMATCH, "binding-mismatch",
	  "The evidence is bound to another key, release or request than this one.",
	  "Bind the evidence to what it is used for; see doc/formats.md, Bindings." },
	{ WV_WRONG_SESSION, "wrong-session",
	  "The evidence speaks of another session.",
	  "Take the evidence in the session that the key was released to." },
	{ WV_WRONG_INSTANCE, "wrong-instance",
	  "The evidence comes from another load of the ward module: the machine was rebooted or the module reloaded, or it is another machine.",
	  "Nothing can be proved about the former instance any more; treat the release as unreceipted." },
	{ WV_SESSION_REVOKED, "session-revoked",
	  "An administrator revoked the session.",
	  "Ask the administrator; start a new session." },
	{ WV_NOT_SEALED, "not-sealed",
	  "The session was neither sealed nor ended when the receipt was taken: it could go on allocating protected memory.",
	  "Seal the session, then take the receipt." },
	{ WV_MEMORY_LIVE, "memory-live",
	  "The session still held class A memory when the receipt was taken.",
	  "Wipe or close every buffer, then take the receipt." },
	{ WV_WIPED_SHORT, "wiped-short",
	  "Not every byte of class A memory that the session ever held was unmapped and zeroed.",
	  "Wipe or close every buffer, then take the receipt." },
	{ WV_KEYS_LIVE, "keys-live",
	  "The session still held data keys in the kernel when the receipt was taken.",
	  "Close the keys, then take the receipt." },
	{ WV_LEASE_EXPIRED, "lease-expired",
	  "The session's lease had run out when the evidence was taken: it holds no protected memory and can get none.",
	  "Start a new session, and let the data's owner renew its lease in time." },
	{ WV_LEASE_REFUSED, "lease-refused",
	  "The session has no lease, one that runs longer than the policy allows, or one that somebody else can renew.",
	  "Set the lease before the evidence is taken, with the owner's anchor; see lease_max and lease_anchor in doc/formats.md, Policy." },

	{ WV_BUNDLE_DAMAGED, "bundle-damaged",
	  "The bundle is not one map in deterministic CBOR with exactly the known keys.",
	  "Transfer the file again, in binary; see doc/formats.md, Evidence bundle." },
	{ WV_CLAIMS_DAMAGED, "claims-damaged",
	  "The claims have a wrong size or version, or bytes that must be zero are not.",
	  "Transfer the file again; a newer module may need a newer verifier." },
	{ WV_EVIDENCE_DAMAGED, "evidence-damaged",
	  "The evidence is cut short, of an unknown version, or not what its provider should have sent.",
	  "Take fresh evidence; look at the offset named." },
	{ WV_CERTIFICATE_DAMAGED, "certificate-damaged",
	  "A certificate cannot be read.",
	  "Fetch it again; PEM and DER are both accepted." },
	{ WV_POLICY_DAMAGED, "policy-damaged",
	  "The policy is not the JSON that doc/formats.md describes.",
	  "Mend the line and column named; 'wardctl policy check FILE' tries it." },
	{ WV_RELEASE_DAMAGED, "release-damaged",
	  "The release record is not one line of a broker's release log.",
	  "Take the line from the log as it is." },
	{ WV_EVENT_DAMAGED, "event-damaged",
	  "An event record has a wrong size or type, or bytes that must be zero are not.",
	  "Transfer the file again." },
};

#define REASONS (sizeof(reasons) / sizeof(reasons[0]))

static const struct reason *find(int value)
{
	size_t i;

	for (i = 0; i < REASONS; i++)
		if (reasons[i].value == value)
			return &reasons[i];
	return NULL;
}

const char *wv_reason_text(int reason)
{
	const struct reason *r = find(reason);

	return r ? r->text : NULL;
}

const char *wv_reason_explain(int reason)
{
	const struct reason *r = find(reason);

	return r ? r->explain : NULL;
}

const char *wv_reason_mend(int reason)
{
	const struct reason *r = find(reason);

	return r ? r->mend : NULL;
}

int wv_reason_exit(int reason)
{
	if (reason == WV_OK)
		return 0;
	if (reason == WV_NO_MEMORY)
		return 6;
	if (reason < 20)
		return 1;
	if (reason < 40)
		return 2;
	if (reason < 50)
		return 3;
	if (reason < 60)
		return 4;
	return reason < 100 ? 5 : 7;
}

int wv_reason_find(const char *text)
{
	size_t i;

	for (i = 0; i < REASONS; i++)
		if (!strcmp(reasons[i].text, text))
			return reasons[i].value;
	return -1;
}

int wv_reason_next(int reason)
{
	size_t i;

	for (i = 0; i < REASONS; i++)
		if (reasons[i].value > reason)
			return reasons[i].value;
	return -1;
}
