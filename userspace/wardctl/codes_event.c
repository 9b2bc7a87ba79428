// SPDX-License-Identifier: MIT
/* Records of the chains: struct ward_event of ward_claims.h. */
#include "codes.h"
#include "libward.h"

static const struct code events[] = {
	{ WARD_EVENT_SESSION_OPEN, "session-open", NULL, "A process opened /dev/ward.", NULL },
	{ WARD_EVENT_SESSION_SEAL, "session-seal", NULL,
	  "The session was sealed: it can hold no new protected memory.", NULL },
	{ WARD_EVENT_SESSION_END, "session-end", NULL,
	  "The session ended; what it was is kept for receipts for a while.", NULL },
	{ WARD_EVENT_BUF_ALLOC, "buf-alloc", NULL, "Class A memory was given out.", NULL },
	{ WARD_EVENT_BUF_PIN, "buf-pin", NULL, "Memory of the worker's own was pinned, class B.",
	  NULL },
	{ WARD_EVENT_BUF_WIPE, "buf-wipe", NULL,
	  "A class A buffer was unmapped and zeroed; the reason says why it ended.", NULL },
	{ WARD_EVENT_BUF_UNPIN, "buf-unpin", NULL,
	  "Class B memory was zeroed in place and let go; the reason says why.", NULL },
	{ WARD_EVENT_MEASURE, "measure", NULL,
	  "The worker extended its declared register; the kernel vouches for no more than that.",
	  NULL },
	{ WARD_EVENT_ATTEST_OK, "attest-ok", NULL,
	  "Evidence was given; the id is its purpose, the detail begins its leaf.", NULL },
	{ WARD_EVENT_ATTEST_FAIL, "attest-fail", NULL,
	  "A request for evidence failed; the reason is the errno.", "wardctl explain that errno" },
	{ WARD_EVENT_LEVEL, "level", NULL, "Memory pressure changed; the reason is the level.",
	  "wardctl pressure tells who is short of what" },
	{ WARD_EVENT_PROVIDER, "provider", NULL, "A provider of evidence came or went.", NULL },
	{ WARD_EVENT_LINK, "link", NULL,
	  "The global chain took in a session's newest head: all its records so far.", NULL },
	{ WARD_EVENT_MODULE, "module", NULL, "The module started; a new chain begins.", NULL },
	{ WARD_EVENT_LEASE, "lease", NULL, "The session's lease was set, renewed, or ran out.",
	  NULL },
	{ WARD_EVENT_REVOKE, "revoke", NULL, "An administrator revoked the session.",
	  "Ask the administrator; start a new session." },
	{ WARD_EVENT_POWER, "power", NULL, "The machine suspended, resumed, or goes down.", NULL },
	{ WARD_EVENT_LIMIT, "limit", NULL,
	  "The administrator set a limit; the reason says which, the bytes how much.", NULL },
	{ WARD_EVENT_BREAKER, "breaker", NULL,
	  "A provider that failed is left alone, or is asked again.",
	  "wardctl doctor; wardctl provider show" },
	{ WARD_EVENT_POLICY, "policy", NULL,
	  "The administrator said anew who may ask for evidence; the detail is the policy's hash.",
	  NULL },
};

static const struct code reasons[] = {
	{ 0, "gone", "provider", "The provider was detached, or its agent ended.", NULL },
	{ 1, "bound", "provider", "The provider can be asked from now on.", NULL },
	{ 0, "set", "lease", "The session got a lease, or a shorter one.", NULL },
	{ 1, "renewed", "lease", "The data's owner prolonged the lease.", NULL },
	{ 2, "run-out", "lease",
	  "The lease ran out: all buffers of the session were ended, and it can have no more.",
	  "Start a new session, and let the data's owner renew its lease in time." },
	{ 1, "suspend", "power", "The machine went to sleep.", NULL },
	{ 2, "resume", "power", "The machine woke up.", NULL },
	{ 3, "reboot", "power", "The machine goes down: all buffers were ended.", NULL },
	{ 0, "low", "level", "There is room.", NULL },
	{ 1, "medium", "level", "75 % of a limit are held.",
	  "Free what is not needed, or mark it volatile." },
	{ 2, "critical", "level", "90 % of a limit are held: allocations may be refused soon.",
	  "wardctl mem list shows who holds what; wardctl limits set raises a limit" },
	{ 1, "global", "limit", "Bytes that everybody together may hold.", NULL },
	{ 2, "each-user", "limit", "Bytes that each user may hold.", NULL },
	{ 3, "each-session", "limit", "Bytes that each session may hold.", NULL },
	{ 4, "one-user", "limit", "Bytes that the user of the record may hold.", NULL },
	{ 5, "call-interval", "limit", "Milliseconds from call to call of the provider.", NULL },
	{ 6, "call-burst", "limit", "Calls of the provider at once, after a quiet time.", NULL },
	{ 7, "user-interval", "limit", "Milliseconds from request to request of a user.", NULL },
	{ 8, "user-burst", "limit", "Requests of a user at once, after a quiet time.", NULL },
	{ 9, "cooldown", "limit", "Milliseconds that a provider which failed is left alone.",
	  NULL },
	{ 0, "closed", "breaker", "The provider answered again: everybody may ask.", NULL },
	{ 1, "garbage", "breaker",
	  "The provider answered with what is no evidence, or another request's.",
	  "See the kernel log; the id is the errno." },
	{ 2, "failures", "breaker", "The provider failed three times in a row.",
	  "wardctl doctor: VMPCK lost, host that throttles, device gone" },
	{ 3, "probe-failed", "breaker", "Asked again after a while, the provider failed again.",
	  "wardctl doctor; it is asked again by itself" },
	{ WARD_LATCH_RULES, "rules", "policy",
	  "Latched until the module is loaded again: who may ask for what.", NULL },
	{ WARD_LATCH_POSTURE, "posture", "policy",
	  "Latched until the module is loaded again: what the machine must be can only grow.",
	  NULL },
	{ WARD_LATCH_REFUSE, "refuse", "policy",
	  "Latched until the module is loaded again: refused processes can only grow.", NULL },
};

#define BUFFER "buf-wipe buf-unpin"

static const struct code ends[] = {
	{ WARD_END_NONE, "none", BUFFER, "The buffer lives.", NULL },
	{ WARD_END_WIPE, "wipe", BUFFER, "Its owner wiped it.", NULL },
	{ WARD_END_CLOSE, "close", BUFFER, "Nobody held it open any more.", NULL },
	{ WARD_END_MM, "mm", BUFFER, "Its process ended, was killed, or ran another program.",
	  NULL },
	{ WARD_END_SESSION, "session", BUFFER, "Its session was closed.", NULL },
	{ WARD_END_REVOKE, "revoke", BUFFER, "An administrator revoked the session.", NULL },
	{ WARD_END_LEASE, "lease", BUFFER, "The session's lease ran out.", NULL },
	{ WARD_END_PURGE, "purge", BUFFER,
	  "It was volatile, and the kernel gave its contents up for others' need.", NULL },
	{ WARD_END_REBOOT, "reboot", BUFFER, "The machine went down.", NULL },
	{ WARD_END_UNMAP, "unmap", "buf-unpin", "Its owner unmapped or moved the memory.", NULL },
};

/* What a receipt, or a range of them, has of a session's records. */
static const struct code histories[] = {
	{ -1, "complete", NULL,
	  "Every record of the session's chain is there, from the first one to the head that the"
	  " claims name; of a range: so it is for each release in it.", NULL },
	{ -1, "gap", NULL,
	  "Records are missing at the beginning: the session's ring dropped them before they were"
	  " read. What is there leads to the head; what is missing, nobody can tell.",
	  "Export sooner, or more often: receipt export for a session that lives." },
	{ -1, "absent", NULL,
	  "No records came with it. The receipt says what it says without them.",
	  "receipt export as root carries those that the kernel still has." },
};

const struct code_kind code_histories = CODE_KIND("records", histories);
const struct code_kind code_events = CODE_KIND("event", events);
const struct code_kind code_event_reasons = CODE_KIND("event-reason", reasons);
const struct code_kind code_ends = CODE_KIND("end", ends);
