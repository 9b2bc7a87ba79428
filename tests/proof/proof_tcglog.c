// SPDX-License-Identifier: MIT
/*
 * Event logs of every length and content: the header, after which a log is sound; the event at any
 * place of a sound log, behind which reading goes on; a register that a digest of its bank extends.
 * wv_tcglog_open() is these one after the other: proof_tcglog_loop.c.
 */
#include "contract.h"
#include "../../userspace/verifier/tcglog.c"
#define find_alg replay_find	/* a room of its own */
#include "../../userspace/verifier/tcglog_replay.c"
#include "proof.h"

/* What the one half asserts of a log that was accepted the other assumes. */
static bool is_sound(const struct wv_tcglog *log, struct wv_bytes in)
{
	size_t i;

	if (log->data != in.data || log->len != in.len || in.len > WV_TCGLOG_MAX ||
	    log->first > log->len || !log->banks || log->banks > WV_TCGLOG_BANKS || log->locality > 4)
		return false;
	for (i = 0; i < WV_TCGLOG_BANKS; i++)
		if (i < log->banks && !length_ok(log->alg[i], log->digest_len[i]))
			return false;
	return true;
}

static __attribute__((unused)) void of_header(struct wv_bytes in)
{
	struct cursor c = cursor_over(in.data, in.len);
	struct wv_tcglog log = { .data = in.data, .len = in.len };
	struct wv_fault fault;

	if (in.len > WV_TCGLOG_MAX || read_header(&c, &log, &fault))
		return;
	reached();
	__CPROVER_assert(is_sound(&log, in) && log.first == c.at, "the log is sound");
}

/* The other thing that is noted of an event: no locality but those that are. */
static __attribute__((unused)) void of_locality(struct wv_bytes in)
{
	struct wv_tcglog log = { .locality = 0 };
	struct wv_tcglog_event e = { .pcr = nondet_uint32(), .type = nondet_uint32(),
				     .data = in.data, .data_len = in.len };
	struct wv_fault fault;

	__CPROVER_assert(note_locality(&e, &log, &fault) || log.locality <= 4, "a locality");
}

static void check_event(const struct wv_tcglog *log, const struct wv_tcglog_event *e,
			struct wv_bytes in)
{
	size_t i;

	for (i = 0; i < WV_TCGLOG_BANKS; i++) {
		struct wv_bytes digest = { e->digest[i], i < log->banks ? log->digest_len[i] : 0 };

		__CPROVER_assert(!digest.data || (i < log->banks && there(digest, in)),
				 "digests lie in the log");
	}
	__CPROVER_assert(there((struct wv_bytes){ e->data, e->data_len }, in), "so does the data");
	__CPROVER_assert(e->pcr < WV_TCGLOG_PCRS || e->type == WV_EV_NO_ACTION, "of a register");
}

static __attribute__((unused)) void of_event(struct wv_bytes in)
{
	struct wv_tcglog log;
	struct wv_tcglog_event e;
	size_t at = nondet_size_t(), was = at;

	log.data = in.data;	/* else CBMC takes it for a pointer to anything */

	__CPROVER_assume(is_sound(&log, in));
	if (!wv_tcglog_next(&log, &at, &e))
		return;
	reached();
	__CPROVER_assert(at > was && at <= log.len, "it moves on, inside of the log");
	check_event(&log, &e, in);
}

/* Of a digest exactly as many bytes are there as the header's check says. */
static __attribute__((unused)) void of_register(void)
{
	uint16_t alg = (uint16_t)nondet_uint32();
	struct wv_bytes digest = any_bytes(WV_TCGLOG_DIGEST_MAX);
	struct wv_tcglog_pcrs pcrs;

	if (!length_ok(alg, digest.len) || wv_tcglog_start(alg, (uint8_t)nondet_uint32(), &pcrs))
		return;
	reached();
	wv_tcglog_extend(&pcrs, nondet_uint32(), digest.data);
}

void proof(void)
{
	struct wv_bytes in = any_bytes(LENGTH_ANY);

#if defined(PROOF_HEADER)
	if (nondet_bool())
		of_header(in);
	else
		of_locality(in);
#elif defined(PROOF_EXTEND)
	of_register();
#else
	of_event(in);
#endif
}
