// SPDX-License-Identifier: MIT
/*
 * The reasons of a refusal: word, sentence, mend.
 */
#include <string.h>

#include "wardverify.h"

/*
 * @says: word, sentence and mend, each with its NUL: three pointers would be three
 *	relocations for each reason, which is much of a small library
 */
struct reason {
	int value;
	const char *says;
};

/* In rising order of value. */
static const struct reason reasons[] = {
	{ WV_OK, "ok\0" "Everything that was asked for holds.\0" "Nothing to do; read the warnings." },

	{ WV_USAGE, "usage\0" "An argument makes no sense.\0" "Correct the call." },
	{ WV_NO_OWN_TIME, "no-own-time\0"
	  "The evidence carries no time that its own signature vouches for.\0"
	  "Name the time of the verification yourself (--at 2026-01-31T00:00:00Z)." },
	{ WV_NO_MEMORY, "no-memory\0" "The process ran out of memory.\0" "Free memory and try again." },

	{ WV_SIGNATURE_INVALID, "signature-invalid\0"
	  "The evidence is not signed by the key that should have signed it (that of its certificate: a VCEK, VLEK or enclave's; a TPM's; the one that the policy names for a platform), or was changed after it was signed.\0"
	  "Take fresh evidence; make sure that the certificate belongs to this chip and TCB, the key to this platform." },
	{ WV_CHAIN_UNTRUSTED, "chain-untrusted\0"
	  "The certificate chain ends at a key that is neither a pinned root of the TEE's vendor nor a root that you named. Names in certificates count for nothing.\0"
	  "If this is a simulated TEE, name its root (--root ark.pem) and allow it in the policy; otherwise distrust the sender." },
	{ WV_CHAIN_INVALID, "chain-invalid\0"
	  "A certificate of the chain is not signed by its issuer as the TEE's vendor prescribes, or is of the wrong form: a CA's where that of a key that signs belongs, or the reverse.\0"
	  "Fetch the certificates again from the vendor's own service." },
	{ WV_CERTIFICATE_EXPIRED, "certificate-expired\0"
	  "A certificate of the chain had ended at the time of the verification.\0"
	  "Fetch a current certificate, or verify old evidence as of its own time (--at TIME; a Nitro document, whose certificate lives for hours: --at document)." },
	{ WV_CERTIFICATE_NOT_YET, "certificate-not-yet-valid\0"
	  "A certificate of the chain had not begun at the time of the verification.\0"
	  "Check the clock and the time given by --at." },
	{ WV_TCB_MISMATCH, "tcb-mismatch\0"
	  "The report's TCB is not the one that its VCEK or VLEK was issued for.\0"
	  "Fetch the VCEK for the report's reported TCB." },
	{ WV_CHIP_MISMATCH, "chip-mismatch\0"
	  "The report comes from another chip than the VCEK was issued for.\0"
	  "Fetch the VCEK for the report's chip id." },
	{ WV_PRODUCT_MISMATCH, "product-mismatch\0"
	  "Report, certificate and root speak of different product lines.\0"
	  "Fetch the certificates of the product line that the report's CPUID names." },
	{ WV_KEY_KIND_MISMATCH, "key-kind-mismatch\0"
	  "The report says that another kind of key signed it (VCEK, VLEK) than the certificate is for.\0"
	  "Give the certificate that key_info of the report names." },
	{ WV_REPORT_DATA_MISMATCH, "report-data-mismatch\0"
	  "What the TEE signed is not the hash of these claims: claims, path or evidence were exchanged.\0"
	  "Take fresh evidence; distrust whoever handed over the bundle." },
	{ WV_CHAIN_BROKEN, "chain-broken\0"
	  "The event records do not lead to the chain head that was attested: records were changed, added, removed or reordered.\0"
	  "Export the records again; they must end with the record that the claims' session_seq names." },
	{ WV_EVENTS_GAP, "events-gap\0"
	  "Event records are missing and the complete list was asked for.\0"
	  "Export sooner, before the session's ring drops records, or do without --complete." },
	{ WV_EVIDENCE_UNSUPPORTED, "evidence-unsupported\0"
	  "The evidence is of a kind, or written by a profile, that this version does not verify.\0"
	  "Use evidence of a kind that doc/formats.md, section 4, says is verified, or a newer version." },
	{ WV_EVIDENCE_REPEATED, "evidence-repeated\0"
	  "The bundle holds more than one piece of the same kind: which of them counts is not to be told.\0"
	  "Bind one provider of that kind alone, and take fresh evidence." },
	{ WV_AK_UNFIT, "ak-unfit\0"
	  "The key that signed the TPM's quote is none that signs nothing but what its TPM made: a quote by it proves nothing.\0"
	  "Use a restricted signing key, made in the TPM and fixed to it, of 2048-bit RSA or ECC and SHA-2; wardd makes one itself." },
	{ WV_AK_UNTRUSTED, "ak-untrusted\0"
	  "The key that signed the TPM's quote is neither named by the policy nor certified by a root that you named: it may be another machine's, or no TPM's at all.\0"
	  "Put the SHA-256 of the key (ak_sha256 of 'wardctl display', compared on a machine that you trust) into the policy's tpm.ak, or name the root of its certificate (--root)." },
	{ WV_QUOTE_UNFIT, "quote-unfit\0"
	  "What the TPM's key signed is no quote, or one over no register or over several banks.\0"
	  "Have registers of one bank quoted; see pcrs= in wardd(8)." },
	{ WV_PCR_DIGEST_MISMATCH, "pcr-digest-mismatch\0"
	  "The register values in the bundle are not those that the TPM signed: other values, another number of them, or in another order.\0"
	  "Take fresh evidence; distrust whoever handed over the bundle." },
	{ WV_EVENT_LOG_MISMATCH, "event-log-mismatch\0"
	  "The firmware's event log in the bundle does not lead to the register values that the TPM signed.\0"
	  "Take fresh evidence; if it stays so, the log is not that of this boot." },

	{ WV_COLLATERAL_MISSING, "collateral-missing\0"
	  "A certificate that the verification needs is neither in the evidence nor in the collateral given.\0"
	  "Give the folder that has it (--collateral DIR). AMD's are fetched ('wardctl fetch vcek'); a VLEK, and a GPU's chain, come from where the report came from." },

	{ WV_CERTIFICATE_REVOKED, "certificate-revoked\0"
	  "A certificate of the chain was revoked by its issuer.\0"
	  "Don't trust this platform before its firmware is updated." },
	{ WV_CRL_INVALID, "crl-invalid\0"
	  "The revocation list is damaged, expired or not signed by the root.\0"
	  "Fetch the list again." },

	{ WV_GUEST_UNMEASURED, "guest-unmeasured\0"
	  "The evidence is genuine, but the policy pins nothing, or too little, of what measures the software there, so nobody knows what runs and made it.\0"
	  "Pin it in the policy: measurement (SNP); mrtd, rtmr1 and rtmr2 (tdx); pcrs (nitro; azure and tpm, register 4 or 7 among them, with measurement or a known key); rim (cca); mrenclave (sgx); measurements (gpu); or say \"accept_unmeasured\": true. 'wardctl display FILE' shows the values." },
	{ WV_MEASUREMENT_MISMATCH, "measurement-mismatch\0"
	  "The guest was launched from another image (kernel, initrd, command line) than the policy accepts.\0"
	  "Compare the report's measurement with the build of the image; update the policy only if the image is yours." },
	{ WV_TCB_BELOW_POLICY, "tcb-below-policy\0"
	  "The platform's firmware is older than the policy asks for.\0"
	  "Have the platform's firmware updated, or lower min_tcb knowingly." },
	{ WV_DEBUG_ALLOWED, "debug-allowed\0"
	  "The guest, enclave or platform was started for debugging: others can read its memory.\0"
	  "Start it without debugging." },
	{ WV_VMPL_REFUSED, "vmpl-refused\0"
	  "The report was asked for at a less privileged VMPL than the policy accepts.\0"
	  "Raise vmpl_max if a paravisor or SVSM is part of the measured image." },
	{ WV_HOST_DATA_REFUSED, "host-data-refused\0"
	  "The host data given at launch is not among those that the policy accepts.\0"
	  "Compare the report's host_data with the policy." },
	{ WV_SIMULATED_REFUSED, "simulated-refused\0"
	  "The evidence comes from a simulated TEE, which protects nothing.\0"
	  "For development only: name \"simulated-snp\" in the policy's allow_tee." },
	{ WV_TEE_REFUSED, "tee-refused\0"
	  "The policy accepts no evidence of this kind of TEE.\0"
	  "Name the TEE in the policy's allow_tee; TDX, Nitro and CCA also by saying what is accepted of them (tdx, nitro, cca)." },
	{ WV_WRONG_PURPOSE, "wrong-purpose\0"
	  "The evidence was taken for another purpose; evidence for one is refused for another.\0"
	  "Ask for evidence with the purpose that is needed." },
	{ WV_WRONG_UID, "wrong-uid\0"
	  "The worker runs under another uid than the one that is accepted.\0"
	  "Run the worker as the user that the policy names." },
	{ WV_WRONG_GID, "wrong-gid\0"
	  "The worker runs under another gid than the one that is accepted.\0"
	  "Run the worker in the group that the policy names." },
	{ WV_WRONG_CGROUP, "wrong-cgroup\0"
	  "The worker runs in a control group that the policy does not accept.\0"
	  "Start the worker by the service that the policy names." },
	{ WV_WRONG_DECLARED, "wrong-declared\0"
	  "What the worker declared about itself (script, plan) is not what the policy accepts.\0"
	  "Compare the worker's declarations with the policy's." },
	{ WV_WRONG_EXE, "wrong-exe\0"
	  "The worker's executable has no digest, or one that the policy does not accept.\0"
	  "Enable fs-verity or IMA for the executable and put its digest into the policy." },
	{ WV_POSTURE_REFUSED, "posture-refused\0"
	  "A fact about the machine that the policy asks for is not so, or could not be found out.\0"
	  "Run 'wardctl doctor' on the machine." },
	{ WV_TAINT_REFUSED, "taint-refused\0"
	  "The kernel carries a taint flag that the policy refuses.\0"
	  "Reboot the machine into a clean kernel; see taint in the claims." },
	{ WV_NONCE_MISMATCH, "nonce-mismatch\0"
	  "The evidence answers another nonce: it is a replay, or meant for somebody else.\0"
	  "Ask for fresh evidence over your nonce." },
	{ WV_BINDING_MISMATCH, "binding-mismatch\0"
	  "The evidence is bound to another key, release or request than this one.\0"
	  "Bind the evidence to what it is used for; see doc/formats.md, Bindings." },
	{ WV_WRONG_SESSION, "wrong-session\0"
	  "The evidence speaks of another session.\0"
	  "Take the evidence in the session that the key was released to." },
	{ WV_WRONG_INSTANCE, "wrong-instance\0"
	  "The evidence comes from another load of the ward module: the machine was rebooted or the module reloaded, or it is another machine.\0"
	  "Nothing can be proved about the former instance any more; treat the release as unreceipted." },
	{ WV_SESSION_REVOKED, "session-revoked\0"
	  "An administrator revoked the session.\0"
	  "Ask the administrator; start a new session." },
	{ WV_NOT_SEALED, "not-sealed\0"
	  "The session was neither sealed nor ended when the receipt was taken: it could go on allocating protected memory.\0"
	  "Seal the session, then take the receipt." },
	{ WV_MEMORY_LIVE, "memory-live\0"
	  "The session still held class A memory when the receipt was taken.\0"
	  "Wipe or close every buffer, then take the receipt." },
	{ WV_WIPED_SHORT, "wiped-short\0"
	  "Not every byte of class A memory that the session ever held was unmapped and zeroed.\0"
	  "Wipe or close every buffer, then take the receipt." },
	{ WV_KEYS_LIVE, "keys-live\0"
	  "The session still held data keys in the kernel when the receipt was taken.\0"
	  "Close the keys, then take the receipt." },
	{ WV_LEASE_EXPIRED, "lease-expired\0"
	  "The session's lease had run out when the evidence was taken: it holds no protected memory and can get none.\0"
	  "Start a new session, and let the data's owner renew its lease in time." },
	{ WV_LEASE_REFUSED, "lease-refused\0"
	  "The session has no lease, one that runs longer than the policy allows, or one that somebody else can renew.\0"
	  "Set the lease before the evidence is taken, with the owner's anchor; see lease_max and lease_anchor in doc/policy.md." },
	{ WV_EVIDENCE_MISSING, "evidence-missing\0"
	  "The bundle lacks a kind of evidence that the policy asks for, or that its own claims name: it was left out, or its provider failed.\0"
	  "Look at the providers ('wardctl provider show') and take fresh evidence; or ask for less (evidence, tpm.required) knowingly." },
	{ WV_PCR_MISMATCH, "pcr-mismatch\0"
	  "A register of the TPM or the enclave has another value than the policy accepts: firmware, boot loader, kernel, initrd (with ward.ko) or command line are others.\0"
	  "Compare the machine's event log with the one that you know; update the policy only if the image is yours." },
	{ WV_PCR_MISSING, "pcr-missing\0"
	  "The policy pins a register that the evidence leaves out.\0"
	  "Have it quoted; see pcrs= in wardd(8)." },
	{ WV_PCR_BANK_REFUSED, "pcr-bank-refused\0"
	  "The quote is over a bank of registers that proves nothing (SHA-1), or another than the policy pins.\0"
	  "Have registers of the policy's bank quoted; see pcrs= in wardd(8)." },

	{ WV_BUNDLE_DAMAGED, "bundle-damaged\0"
	  "The bundle is not one map in deterministic CBOR with exactly the known keys.\0"
	  "Transfer the file again, in binary; see doc/formats.md, Evidence bundle." },
	{ WV_CLAIMS_DAMAGED, "claims-damaged\0"
	  "The claims have a wrong size or version, or bytes that must be zero are not.\0"
	  "Transfer the file again; a newer module may need a newer verifier." },
	{ WV_EVIDENCE_DAMAGED, "evidence-damaged\0"
	  "The evidence is cut short, of an unknown version, or not what its provider should have sent.\0"
	  "Take fresh evidence; look at the offset named." },
	{ WV_CERTIFICATE_DAMAGED, "certificate-damaged\0"
	  "A certificate cannot be read.\0"
	  "Fetch it again; PEM and DER are both accepted." },
	{ WV_POLICY_DAMAGED, "policy-damaged\0"
	  "The policy is not the JSON that doc/policy.md describes.\0"
	  "Mend the line and column named; 'wardctl policy check FILE' tries it." },
	{ WV_RELEASE_DAMAGED, "release-damaged\0"
	  "The release record is not one line of a broker's release log.\0"
	  "Take the line from the log as it is." },
	{ WV_EVENT_DAMAGED, "event-damaged\0"
	  "An event record has a wrong size or type, or bytes that must be zero are not.\0"
	  "Transfer the file again." },
	{ WV_EVENT_LOG_DAMAGED, "event-log-damaged\0"
	  "The TPM's event log is cut short, or not a crypto-agile log as firmware of TPM 2.0 writes it.\0"
	  "Copy /sys/kernel/security/tpm0/binary_bios_measurements again, whole and in binary." },

	{ WV_QE_SIGNATURE_INVALID, "qe-signature-invalid\0"
	  "The report of the enclave that made the quote is not signed by the platform's certification key (PCK): it is another platform's, or was changed.\0"
	  "Take a fresh quote; distrust whoever handed over this one." },
	{ WV_QE_HASH_MISMATCH, "qe-hash-mismatch\0"
	  "The enclave that made the quote vouches for another attestation key than the one that stands in the quote.\0"
	  "Take a fresh quote; distrust whoever handed over this one." },
	{ WV_PCK_ABSENT, "pck-absent\0"
	  "The quote carries the encrypted id of its platform (PPID, certification data of type 1 to 3) in place of the certificate of its key, which only a service that knows the platform can find.\0"
	  "Register the platform and configure its quoting service with a certificate cache (PCCS), so that quotes carry the chain of certificates (type 5)." },
	{ WV_COLLATERAL_FORGED, "collateral-signature-invalid\0"
	  "A TCB info or the identity of a quoting enclave is not signed by Intel's TCB signing key, whose certificate the platform's own root signed, or was changed after it was signed: a single space is enough.\0"
	  "Fetch it again, and keep the bytes as they were served, together with the issuer chain that came in the headers of the answer." },
	{ WV_TDX_MODULE_MISMATCH, "tdx-module-mismatch\0"
	  "The TDX module on the platform is signed by another, has other attributes, or is of a generation that the TCB info does not know.\0"
	  "Fetch a current TCB info; if it stays so, the module is not one that Intel released." },
	{ WV_QE_MISMATCH, "qe-identity-mismatch\0"
	  "The enclave that quoted is not Intel's quoting enclave: signer, product, attributes or MISCSELECT differ from its published identity.\0"
	  "Have the operator install Intel's quoting enclave; distrust the quote." },
	{ WV_CLOCK_SUSPECT, "clock-suspect\0"
	  "All TCB info, identities and revocation lists that were given had not yet been issued at the time of the verification: the clock is more likely wrong than all of them.\0"
	  "Check the clock and the time given by --at." },
	{ WV_RUNTIME_MISMATCH, "runtime-mismatch\0"
	  "The hardware's report in a paravisor's is over other runtime data: the keys and settings in these are nobody's word.\0"
	  "Take fresh evidence; distrust whoever handed over the bundle." },
	{ WV_AK_MISMATCH, "ak-mismatch\0"
	  "The key that signed the vTPM's quote is another than the one that the paravisor's report names.\0"
	  "Have wardd use the vTPM's own key (ak=0x81000003), and take fresh evidence." },
	{ WV_TDREPORT_MISMATCH, "tdreport-mismatch\0"
	  "The TDREPORT in the paravisor's report is not the one that the TD quote was made of, or contradicts itself.\0"
	  "Have a TD quote made of the TDREPORT that is in the evidence." },
	{ WV_COSE_ALGORITHM, "cose-algorithm\0"
	  "A COSE message names no signature algorithm that is known here, or names it where the signature doesn't cover it, or the key is on another curve.\0"
	  "Take fresh evidence; whoever handed it over may have changed its headers." },
	{ WV_BINDER_MISMATCH, "binder-mismatch\0"
	  "The platform's half of a CCA token vouches for another realm's key than the one that signed the realm's half: the halves of two tokens were put together.\0"
	  "Take a fresh token; distrust whoever handed it over." },
	{ WV_PLATFORM_KEY_UNTRUSTED, "platform-key-untrusted\0"
	  "Nobody says whose the key is that signed the platform's token: the policy names none for this platform, and no certificate at hand leads to a root that you named.\0"
	  "Name the key in the policy (cca.platform_keys, psa.keys), as the platform's maker publishes it, or give its certificate and name its root (--root)." },
	{ WV_FWID_MISMATCH, "fwid-mismatch\0"
	  "The GPU's certificate was issued for a key of other firmware than the report names.\0"
	  "Have the certificates read from the GPU again, after its last reset; distrust whoever handed over the evidence." },
	{ WV_JWT_SIGNATURE_INVALID, "jwt-signature-invalid\0"
	  "The token is not signed by the key that it names, or was changed after it was signed.\0"
	  "Take a fresh token; distrust whoever handed it over." },
	{ WV_JWT_ALGORITHM_REFUSED, "jwt-algorithm-refused\0"
	  "The token asks for no signature, for a symmetric one, or for an algorithm that is not taken.\0"
	  "Take a token signed with RS256, PS256, PS384, ES256 or ES384." },
	{ WV_JWT_KEY_UNKNOWN, "jwt-key-unknown\0"
	  "The set of keys (JWKS) has none of the token's kid: another service's token, or a set from before the keys changed.\0"
	  "Fetch the service's set again, over TLS, from where its documentation says: not from the token's jku." },
	{ WV_JWT_KEY_UNFIT, "jwt-key-unfit\0"
	  "The key that the token names is not for its algorithm: of another kind or curve, for another use, or too weak.\0"
	  "Fetch the service's set of keys again; distrust the token." },
	{ WV_JWT_EXPIRED, "jwt-expired\0"
	  "The token had ended at the time of the verification; to a clock that is ahead it looks the same.\0"
	  "Compare the token's times with the clock; take a fresh token, or verify an old one at its own time (--at)." },
	{ WV_JWT_NOT_YET_VALID, "jwt-not-yet-valid\0"
	  "The token had not begun at the time of the verification.\0"
	  "Check the clock and the time given by --at." },
	{ WV_JWT_FROM_FUTURE, "jwt-from-future\0"
	  "The token's signature holds, and its service issued it after the time of the verification: this machine's clock is behind, or --at is too early.\0"
	  "Set the clock ('wardctl doctor' looks at it), or name the right time (--at)." },
	{ WV_JWT_ISSUER_MISMATCH, "jwt-issuer-mismatch\0"
	  "Another service, or another instance of it, issued the token than the one that is accepted.\0"
	  "Compare iss with the instance that you trust (--issuer)." },
	{ WV_JWT_AUDIENCE_MISMATCH, "jwt-audience-mismatch\0"
	  "The token was issued for somebody else.\0"
	  "Have a token issued for this audience." },
	{ WV_JWT_UNSUPPORTED, "jwt-unsupported\0"
	  "The token asks for an extension that is not known here, or speaks of no TEE of a known service: Azure Attestation (SEV-SNP, TDX), Intel Trust Authority (TDX).\0"
	  "Take the token of a confidential VM, or verify the evidence itself." },
	{ WV_JWT_NOT_COMPLIANT, "jwt-not-compliant\0"
	  "The service says in the token that the machine does not meet its own rules.\0"
	  "Don't trust this machine; ask the service why." },
	{ WV_JWT_CLAIM_MISSING, "jwt-claim-missing\0"
	  "The token lacks a claim without which it proves too little: its end, the measurement, or whether the guest can be looked into.\0"
	  "Have the service put the claim into its tokens." },

	{ WV_COLLATERAL_EXPIRED, "collateral-expired\0"
	  "A TCB info, an identity or a revocation list was to be replaced before the time of the verification.\0"
	  "Fetch it again (wardctl fetch), or verify old evidence at its own time (--at)." },
	{ WV_COLLATERAL_NOT_YET, "collateral-not-yet-valid\0"
	  "A TCB info, an identity or a revocation list had not yet been issued at the time of the verification, though others had.\0"
	  "Check the time given by --at; verify old evidence with the collateral of its days." },
	{ WV_COLLATERAL_FOREIGN, "collateral-of-other-platform\0"
	  "There is TCB info, but none for the platform's FMSPC and PCE.\0"
	  "Fetch the TCB info for the FMSPC that the verdict names." },
	{ WV_CRL_MISSING, "crl-missing\0"
	  "The policy requires revocation lists, and the list of an issuer in the chain was not given.\0"
	  "Fetch the issuer's list and hand it over with the collateral." },

	{ WV_TCB_LEVEL_REVOKED, "tcb-revoked\0"
	  "Intel revoked the patch level of the platform, its TDX module or its quoting enclave: their keys are held to be known to others.\0"
	  "Do not use the platform until its firmware is updated and it has new certificates." },

	{ WV_TD_MODULE_REFUSED, "td-module-refused\0"
	  "The TDX module that runs the TD is not one that is accepted: another measurement, another signer than Intel, or attributes that a module for production does not have.\0"
	  "Compare mr_seam, mr_signer_seam and seam_attributes of the quote with the policy's member tdx." },
	{ WV_TD_CONFIG_REFUSED, "td-config-refused\0"
	  "The TD was set up in another way than the policy accepts: attributes, extended features (XFAM), or an id that its owner gave it.\0"
	  "Compare the field named with the policy's member tdx; launch the TD with other settings, or name these in the policy." },
	{ WV_ENCLAVE_REFUSED, "enclave-refused\0"
	  "The SGX enclave is signed by another, is another product or has other attributes than the policy accepts.\0"
	  "Compare the field named with the policy's member sgx." },
	{ WV_TCB_STATUS_REFUSED, "tcb-status-refused\0"
	  "The platform is not patched or set up as the policy demands: its TCB status is not among those that it accepts.\0"
	  "Have the operator update the platform (the verdict says by how much each part is behind); or accept the status, or days of grace, in the policy's member collateral." },
	{ WV_ADVISORY_REFUSED, "advisory-refused\0"
	  "A security advisory that the policy does not accept applies to the platform.\0"
	  "Read the advisory; have the operator update the platform, or name it in advisories_accepted." },
	{ WV_COLLATERAL_AGED, "collateral-too-old\0"
	  "TCB info or identity were issued longer ago than the policy's max_age_days.\0"
	  "Fetch them again." },
	{ WV_TCB_UNSUPPORTED, "tcb-unsupported\0"
	  "The platform is below every level that Intel lists for it.\0"
	  "Have the operator update the platform's firmware, and fetch a current TCB info." },
	{ WV_VM_REFUSED, "vm-refused\0"
	  "The evidence comes from a VM of Azure's that the policy does not name.\0"
	  "Ask the VM that the policy names, or add this one's id to azure.vm_id." },
	{ WV_VM_CONFIG_REFUSED, "vm-config-refused\0"
	  "The VM was set up on Azure otherwise than the policy asks for.\0"
	  "Deploy the VM as the policy says (secure boot, vTPM), or change the policy's member azure." },
	{ WV_ID_KEY_REFUSED, "id-key-refused\0"
	  "The guest's ID block is signed by a key that the policy does not accept, and no author key that it accepts vouches for that key.\0"
	  "Compare the report's id_key_digest with the policy's snp.id_key." },
	{ WV_AUTHOR_KEY_REFUSED, "author-key-refused\0"
	  "No author key that the policy accepts vouches for the key that signed the guest's ID block.\0"
	  "Compare the report's author_key_digest with the policy's snp.author_key." },
	{ WV_ID_BLOCK_MISSING, "id-block-missing\0"
	  "The guest was launched without an ID block: nobody signed its measurement.\0"
	  "Launch the guest with an ID block, or don't ask for one (snp.require_id_block, snp.id_key, snp.author_key)." },
	{ WV_AUTHOR_KEY_MISSING, "author-key-missing\0"
	  "The guest was launched without an author key.\0"
	  "Launch the guest with an author key, or don't ask for one (snp.require_author_key)." },
	{ WV_IMAGE_ID_REFUSED, "image-id-refused\0"
	  "The family id or image id in the guest's ID block is not one that the policy accepts.\0"
	  "Compare the field named with the policy's snp.family_id or snp.image_id." },
	{ WV_CHIP_REFUSED, "chip-refused\0"
	  "The report comes from a chip that the policy does not name, or from one whose id is masked.\0"
	  "Compare the report's chip_id with the policy's snp.chip_id." },
	{ WV_FIRMWARE_BELOW_POLICY, "firmware-below-policy\0"
	  "The platform's SEV firmware has a lower version or build than the policy asks for.\0"
	  "Have the platform's firmware updated, or lower snp.min_version or snp.min_build knowingly." },
	{ WV_FIRMWARE_PROVISIONAL, "firmware-provisional\0"
	  "The platform runs firmware that is not committed: its host can go back to the older one.\0"
	  "Have the firmware committed (SNP_COMMIT), or accept it: snp.permit_provisional." },
	{ WV_GUEST_POLICY_REFUSED, "guest-policy-refused\0"
	  "The guest was launched with another guest policy than is accepted: it allows the host what the policy refuses, or lacks what it asks for.\0"
	  "Launch the guest with another guest policy, or change snp.guest_policy." },
	{ WV_PLATFORM_INFO_REFUSED, "platform-info-refused\0"
	  "The platform is set up in another way than the policy accepts.\0"
	  "Have the platform set up otherwise (its firmware's options), or change snp.platform_info." },
	{ WV_MITIGATION_MISSING, "mitigation-missing\0"
	  "The platform lacks a mitigation that the policy asks for, or its report, of a version below 5, tells of none.\0"
	  "Have the platform's firmware updated; compare launch_mit_vector and current_mit_vector with the policy." },
	{ WV_GUEST_SVN_BELOW_POLICY, "guest-svn-below-policy\0"
	  "The guest's own security version, from its ID block, is below the one that the policy asks for.\0"
	  "Launch the current image, or lower snp.min_guest_svn knowingly." },
	{ WV_REPORT_ID_REFUSED, "report-id-refused\0"
	  "The report comes from another guest (or migration agent) than the one that the policy names: a report id lasts as long as its guest.\0"
	  "Compare the field named with the policy's snp.report_id or snp.report_id_ma." },
	{ WV_PRODUCT_REFUSED, "product-refused\0"
	  "The report comes from a product line or stepping that the policy does not accept.\0"
	  "Compare product and cpuid_stepping of the report with the policy's snp.product." },
	{ WV_LIFECYCLE_REFUSED, "lifecycle-refused\0"
	  "The platform is in a state of its lifecycle that the policy does not accept: being made, being provisioned, decommissioned, or unknown.\0"
	  "Use a platform that is secured; or name the state in the policy's lifecycle if you know why it is so." },
	{ WV_COMPONENT_REFUSED, "component-refused\0"
	  "A component of the platform's firmware is not as the policy says, or is not there.\0"
	  "Update the firmware to what the policy names, or the policy to the firmware's reference values." },
	{ WV_IDENTITY_REFUSED, "identity-refused\0"
	  "The evidence comes from a platform, kind of platform or module that the policy does not name.\0"
	  "Make sure that the evidence is that of the right machine; then add its id to the policy." },
	{ WV_GPU_REFUSED, "gpu-refused\0"
	  "The GPU is of another architecture than the policy accepts, or another device.\0"
	  "Use a GPU that the policy's member gpu names." },
	{ WV_GPU_VERSION_REFUSED, "gpu-version-refused\0"
	  "The GPU's driver or VBIOS is of a version that the policy does not accept.\0"
	  "Install one that it names, or add the version to gpu.driver_version or gpu.vbios_version." },
	{ WV_GPU_MEASUREMENT_MISMATCH, "gpu-measurement-mismatch\0"
	  "A measurement of the GPU is not one that the policy accepts, or is not there: other firmware runs on it, or it is set up otherwise.\0"
	  "Compare with the reference values of that driver and VBIOS (NVIDIA's RIM service)." },
	{ WV_MODULE_REFUSED, "module-refused\0"
	  "The ward module has another version, or was built from other sources, than the policy accepts.\0"
	  "Install the module that the policy names ('wardctl status' shows what runs), or put this one's version or build id into the policy." },
	{ WV_LEDGER_REFUSED, "ledger-refused\0"
	  "The session holds or held more protected memory than the policy accepts, or memory of a kind that it refuses (class B, shared).\0"
	  "Look at the ledger in the claims; have the worker use less, or none of that kind." },
	{ WV_EVIDENCE_OLD, "evidence-old\0"
	  "By the claims' own time the evidence is older than the policy accepts.\0"
	  "Ask for fresh evidence over a nonce of yours; if it is fresh, one of the clocks is wrong." },
	{ WV_EVIDENCE_FUTURE, "evidence-future\0"
	  "By the claims' own time the evidence was taken after the time of the verification: one of the clocks is wrong.\0"
	  "Set the clocks of both machines, or allow for the difference (clock_leeway); look at --at." },
	{ WV_WRONG_USERNS, "wrong-userns\0"
	  "The worker runs in a user namespace that is nested deeper than the policy accepts.\0"
	  "Run the worker in the initial user namespace, or raise userns_level_max knowingly." },
	{ WV_KEYS_IN_USER_SPACE, "keys-in-user-space\0"
	  "The policy gives data keys to the kernel alone, and this worker wants them itself: its session has no key pair, or the evidence is bound to another key.\0"
	  "Let ward-train take kernel-held keys (no --key-in-user-space; 'wardctl status' tells whether this kernel can), or take keys out of the policy knowingly." },

	{ WV_COLLATERAL_DAMAGED, "collateral-damaged\0"
	  "A file of collateral is cut short, altered, too long, or of a version that is not read.\0"
	  "Fetch it again, and keep the bytes as they were served." },
	{ WV_COLLATERAL_UNKNOWN, "collateral-unknown\0"
	  "A file of collateral is of no kind that is used: certificates, a revocation list, TCB info, identity of a quoting enclave.\0"
	  "Take the file out of the folder." },
	{ WV_HCL_DAMAGED, "hcl-damaged\0"
	  "The report of Azure's paravisor is cut short, contradicts itself or is of a form that is not known.\0"
	  "Read NV index 0x01400001 of the vTPM again, whole." },
	{ WV_GPU_DAMAGED, "gpu-damaged\0"
	  "The GPU's report is cut short, contradicts itself or is of a form that is not known.\0"
	  "Take fresh evidence." },
	{ WV_JWT_DAMAGED, "jwt-damaged\0"
	  "The token is not three parts of base64url with sound JSON inside: cut short, too long, a member twice, or of another type.\0"
	  "Take the token as the service gave it, without quotes or line breaks." },
	{ WV_JWKS_DAMAGED, "jwks-damaged\0"
	  "The set of keys is not a JWKS (RFC 7517), or a key in it contradicts its own certificate.\0"
	  "Fetch it again." },
	{ WV_EVIDENCE_UNKNOWN, "evidence-unknown\0"
	  "The file is neither a bundle nor evidence of a kind that is known: another file, a part of one, or in another encoding.\0"
	  "Give the bytes as the TEE made them: doc/verifying.md has the kinds; decode hexadecimal digits and base64 first." },
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

static const char *part(const struct reason *r, int n)
{
	const char *at = r ? r->says : NULL;

	while (at && n--)
		at += strlen(at) + 1;
	return at;
}

const char *wv_reason_text(int reason)
{
	return part(find(reason), 0);
}

const char *wv_reason_explain(int reason)
{
	return part(find(reason), 1);
}

const char *wv_reason_mend(int reason)
{
	return part(find(reason), 2);
}

/* From 200 on each class has a hundred numbers, or fifty. */
static int exit_of_later(int reason)
{
	if (reason < 300)
		return 2;
	if (reason < 350)
		return 3;
	if (reason < 400)
		return 4;
	return reason < 500 ? 5 : 7;
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
	if (reason < 100)
		return 5;
	if (reason < 200)
		return 7;
	return exit_of_later(reason);
}

int wv_reason_find(const char *text)
{
	size_t i;

	for (i = 0; i < REASONS; i++)
		if (!strcmp(reasons[i].says, text))
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
