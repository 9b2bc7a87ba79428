// SPDX-License-Identifier: MIT
/*
 * The firmware's event log against the registers that were quoted. A quote proves
 * the registers; the log, which nothing signs, only tells how they came about.
 */
#include <string.h>

#include "fault.h"
#include "tpm.h"

/*
 * Registers that the system which was started leaves alone: a log that leads
 * elsewhere is of another boot. Into the others it may have extended more since.
 */
#define BEFORE_THE_SYSTEM 0x03ffu	/* 0 to 9 */

static int compare(const struct wv_tcglog_pcrs *replayed, struct wv_tpm *out,
		   struct wv_fault *fault)
{
	uint32_t both = replayed->extended & out->selected;
	unsigned int n;

	for (n = 0; n < WV_TPM_PCRS; n++) {
		if (!(both & 1u << n))
			continue;
		if (!memcmp(replayed->value[n], out->pcr[n], out->pcr_len))
			out->log_explains |= 1u << n;
		else if (BEFORE_THE_SYSTEM & 1u << n)
			return fault_set(fault, WV_EVENT_LOG_MISMATCH, "event_log", -1,
					 "it leads to another value of register %u than was quoted",
					 n);
	}
	return WV_OK;
}

int tpm_log_check(const struct tpm_aux *aux, struct wv_tpm *out, struct wv_fault *fault)
{
	struct wv_tcglog_pcrs replayed;
	struct wv_tcglog log;
	int rc;

	out->log = WV_LOG_ABSENT;
	if (!aux->event_log_size)
		return WV_OK;
	out->log = WV_LOG_CUT;
	if (aux->event_log_size != aux->event_log.len)
		return WV_OK;
	out->log = WV_LOG_UNREAD;
	if (wv_tcglog_open(aux->event_log, &log, NULL))
		return WV_OK;
	rc = wv_tcglog_replay(&log, out->bank, &replayed, fault);
	if (rc)
		return rc == WV_NO_MEMORY ? rc : fault_clear(fault);
	out->log = WV_LOG_REPLAYED;
	out->log_events = log.events;
	return compare(&replayed, out, fault);
}
