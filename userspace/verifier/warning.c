// SPDX-License-Identifier: MIT
/*
 * The warnings of a verdict: word and sentence.
 */
#include "wardverify.h"

struct warning {
	const char *text;
	const char *explain;
};

/* In order of the bits. */
static const struct warning warnings[WV_WARN_COUNT] = {
	{ "guest-unmeasured", "The launch measurement is not pinned: nobody knows which kernel and ward module made the claims." },
	{ "simulated", "A simulated TEE stands behind this; it protects nothing." },
	{ "debug-allowed", "The host may read this guest's memory (DEBUG)." },
	{ "named-root", "Trust comes from a root that was named, not from one of AMD's." },
	{ "exe-advisory", "The policy leans on the executable's digest, which ptrace, LD_PRELOAD or an interpreter can defeat here." },
	{ "events-absent", "The bundle includes no event records." },
	{ "events-gap", "Event records are missing; those that are there prove nothing." },
	{ "events-withheld", "Some event records are present as digests only." },
	{ "nonce-unchecked", "No nonce was given: the evidence may be a replay." },
	{ "binding-unchecked", "No binding was given: the evidence may be meant for something else." },
	{ "crl-unchecked", "No revocation list was looked at." },
	{ "vlek", "The report is signed by a cloud operator's key, not by a chip's own." },
	{ "chip-masked", "The report does not say which chip it comes from." },
	{ "smt", "The guest may share a core with others (SMT)." },
	{ "class-b", "Class B memory was used: the caller's own memory, zeroed in place, outside of a receipt's total." },
	{ "purpose-unchecked", "No purpose was asked for." },
	{ "evidence-unchecked", "A piece of evidence beside the one that was verified is of a kind that was not; it proves nothing here." },
};

const char *wv_warning_text(int n)
{
	return n >= 0 && n < WV_WARN_COUNT ? warnings[n].text : NULL;
}

const char *wv_warning_explain(int n)
{
	return n >= 0 && n < WV_WARN_COUNT ? warnings[n].explain : NULL;
}
