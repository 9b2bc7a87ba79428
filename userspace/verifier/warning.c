// SPDX-License-Identifier: MIT
/*
 * The warnings of a verdict: word, sentence and, of what was not checked, what to do.
 */
#include "wardverify.h"

/* @mend: of what was not checked: what to do, so that it is; NULL = nothing was left out */
struct warning {
	const char *text;
	const char *explain;
	const char *mend;
};

/* In order of the bits. */
static const struct warning warnings[WV_WARN_COUNT] = {
	{ "guest-unmeasured", "The launch measurement is not pinned: nobody knows which kernel and ward module made the claims.",
	  "Pin the image in the policy: doc/policy.md, doc/measured-boot.md." },
	{ "simulated", "A simulated TEE stands behind this; it protects nothing.", NULL },
	{ "debug-allowed", "The host may read this guest's memory (DEBUG).", NULL },
	{ "named-root", "Trust comes from a root that was named, not from one that is built in.", NULL },
	{ "exe-advisory", "The policy leans on the executable's digest, which ptrace, LD_PRELOAD or an interpreter can defeat here.", NULL },
	{ "events-absent", "The bundle includes no event records.",
	  "Have the records exported with the bundle; --complete refuses one without." },
	{ "events-gap", "Event records are missing; those that are there prove nothing.", NULL },
	{ "events-withheld", "Some event records are present as digests only.", NULL },
	{ "nonce-unchecked", "No nonce was given: the evidence may be a replay.",
	  "Send a nonce of your own, and name it (--nonce)." },
	{ "binding-unchecked", "No binding was given: the evidence may be meant for something else.",
	  "Name what the evidence must be bound to (--binding)." },
	{ "crl-unchecked", "No revocation list was looked at.",
	  "Fetch the lists ('wardctl fetch crl', 'wardctl fetch tdx') and give their folder (--collateral DIR); a policy asks for them with collateral.crl." },
	{ "vlek", "The report is signed by a cloud operator's key, not by a chip's own.", NULL },
	{ "chip-masked", "The report does not say which chip it comes from.", NULL },
	{ "smt", "The guest may share a core with others (SMT).", NULL },
	{ "class-b", "Class B memory was used: the caller's own memory, zeroed in place, outside of a receipt's total.", NULL },
	{ "purpose-unchecked", "No purpose was asked for.",
	  "Name what the evidence was taken for (--purpose, or in the policy)." },
	{ "evidence-unchecked", "A piece of evidence beside the one that was verified is of a kind that was not; it proves nothing here.",
	  "Say in the policy what is accepted of that kind, or leave the piece out." },
	{ "ak-unpinned", "Nobody knows the key that signed the TPM's quote: it may be another machine's, or no TPM's; its registers prove nothing.",
	  "Put the SHA-256 of the key into the policy's tpm.ak, or name the root of its certificate (--root)." },
	{ "ak-shared", "Others in the guest than wardd can have the key sign that signed the TPM's quote, over claims that ward never made.", NULL },
	{ "collateral-unchecked", "There was no TCB info, or no identity of the quoting enclave, to compare the platform with: nobody knows whether it is patched.",
	  "Fetch both ('wardctl fetch tdx') and give their folder (--collateral DIR)." },
	{ "age-unproven", "The age of the evidence is by the guest's clock, which its host sets: without a nonce old evidence may pass for new.",
	  "Send a nonce of your own, and name it (--nonce)." },
	{ "claims-absent", "The policy asks for a worker, a session or a machine; evidence without claims says nothing of them.",
	  "Take evidence as a ward bundle." },
};

const char *wv_warning_text(int n)
{
	return n >= 0 && n < WV_WARN_COUNT ? warnings[n].text : NULL;
}

const char *wv_warning_explain(int n)
{
	return n >= 0 && n < WV_WARN_COUNT ? warnings[n].explain : NULL;
}

const char *wv_warning_mend(int n)
{
	return n >= 0 && n < WV_WARN_COUNT ? warnings[n].mend : NULL;
}
