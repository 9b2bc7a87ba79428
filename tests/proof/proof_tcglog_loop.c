// SPDX-License-Identifier: MIT
/*
 * The loops over an event log's events, by induction, for as many as there may be: an event's
 * contract, proved of read_event(), then stands in its place in wv_tcglog_open().
 */
#include "contract.h"
#include "fault.h"
#include "proof.h"

/* Without words: a contract's check passes no more parameters on to a function that takes any. */
static int refused(struct wv_fault *fault, int reason)
{
	if (fault)
		fault->reason = reason;
	return reason;
}
#define fault_set(fault, reason, ...) refused(fault, reason)

/* There is no digest of bank @i, or as many bytes of one as the log says of the bank. */
#define DIGEST(i) \
	(!e->digest[i] || (i < log->banks && __CPROVER_same_object(e->digest[i], c->data) && \
			   __CPROVER_r_ok(e->digest[i], log->digest_len[i])))

static int read_event(const struct wv_tcglog *log, struct cursor *c, struct wv_tcglog_event *e,
		      struct wv_fault *fault)
__CPROVER_requires(THERE(c) && !c->failed && __CPROVER_r_ok(log, sizeof(*log)) &&
		   log->banks <= WV_TCGLOG_BANKS && __CPROVER_w_ok(e, sizeof(*e)) &&
		   (!fault || __CPROVER_w_ok(fault, sizeof(*fault))))
__CPROVER_assigns(c->at, c->failed, *e; fault: fault->reason)
__CPROVER_ensures(c->at >= WAS(c->at) && c->at <= c->len)
__CPROVER_ensures(__CPROVER_return_value || (!c->failed && c->at > WAS(c->at)))
__CPROVER_ensures(__CPROVER_return_value || !e->data_len ||
		  (__CPROVER_same_object(e->data, c->data) && __CPROVER_r_ok(e->data, e->data_len)))
__CPROVER_ensures(__CPROVER_return_value ||
		  (DIGEST(0) && DIGEST(1) && DIGEST(2) && DIGEST(3) && DIGEST(4) && DIGEST(5) &&
		   DIGEST(6) && DIGEST(7)));

#include "../../userspace/verifier/tcglog.c"
#define find_alg replay_find	/* a room of its own */
#include "../../userspace/verifier/tcglog_replay.c"

static __attribute__((unused)) void of_event(struct wv_bytes in)
{
	struct wv_tcglog log;
	struct wv_tcglog_event e;
	struct wv_fault fault;
	struct cursor c = cursor_over(in.data, in.len);

	c.at = nondet_size_t();
	__CPROVER_assume(c.at <= c.len && !c.failed && log.banks <= WV_TCGLOG_BANKS);
	if (!read_event(&log, &c, &e, nondet_bool() ? &fault : NULL))
		reached();
}

static __attribute__((unused)) void of_open(struct wv_bytes in)
{
	struct wv_tcglog log;
	struct wv_fault fault;

	if (wv_tcglog_open(in, &log, &fault))
		return;
	reached();
	__CPROVER_assert(log.data == in.data && log.len == in.len && log.first <= log.len,
			 "the log is what was given");
	__CPROVER_assert(in.len <= WV_TCGLOG_MAX && log.locality <= 4, "and no other");
}

/* Of a log that was opened: each bank's digests are as long as they must be. */
static __attribute__((unused)) void of_replay(struct wv_bytes in)
{
	struct wv_tcglog_pcrs pcrs;
	struct wv_tcglog log;
	struct wv_fault fault;
	size_t i;

	log.data = in.data;
	__CPROVER_assume(log.len == in.len && log.first <= log.len && log.banks <= WV_TCGLOG_BANKS);
	for (i = 0; i < WV_TCGLOG_BANKS; i++)
		__CPROVER_assume(i >= log.banks || length_ok(log.alg[i], log.digest_len[i]));
	if (!wv_tcglog_replay(&log, (uint16_t)nondet_uint32(), &pcrs, &fault))
		reached();
}

void proof(void)
{
	struct wv_bytes in = any_bytes(LENGTH_ANY);

#if defined(PROOF_EVENT)
	of_event(in);
#elif defined(PROOF_REPLAY)
	of_replay(in);
#else
	of_open(in);
#endif
}
