/* SPDX-License-Identifier: MIT */
/*
 * libwardverify: what a TPM's quote says. Part of wardverify.h.
 */
#ifndef WARDVERIFY_TPM_H
#define WARDVERIFY_TPM_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define WV_TPM_PCRS	24

/** enum wv_ak_trust - who says that the key which signed is a TPM's */
enum wv_ak_trust {
	WV_AK_UNKNOWN = 0,	/* nobody */
	WV_AK_PINNED = 1,	/* the policy: it names this key */
	WV_AK_CERTIFIED = 2,	/* a certificate, up to a root that the caller named */
	WV_AK_REPORTED = 3,	/* a paravisor, whose report the hardware signed */
};

/** enum wv_log_state - what became of the firmware's event log */
enum wv_log_state {
	WV_LOG_ABSENT = 0,
	WV_LOG_CUT = 1,		/* the bundle has its beginning only */
	WV_LOG_UNREAD = 2,	/* of another format, or without the bank that was quoted */
	WV_LOG_REPLAYED = 3,	/* of registers 0 to 9 it leads to those that it speaks of, as quoted */
};

/**
 * struct wv_tpm - a quote (out); TPM 2.0 part 2 names the numbers
 * @ak_sha256: SHA-256 of the signing key's TPMT_PUBLIC: with 000b before it its name,
 *	where that is by SHA-256
 * @ak_type, @ak_scheme, @ak_hash: TPM_ALG_ID; @ak_bits: of modulus or curve
 * @ak_trust: enum wv_ak_trust
 * @ak_shared: others than wardd can have this key sign
 * @bank: TPM_ALG_ID of the registers' bank; @selected: a bit for each register
 * @pcr_len, @pcr: bytes of a register; their values, of those that are selected
 * @clock_ms, @clock_safe, @reset_count, @restart_count, @firmware_version: as signed
 * @log: enum wv_log_state; @log_events: of a log that was replayed
 * @log_explains: a bit for each register whose value the log accounts for
 */
struct wv_tpm {
	uint8_t ak_sha256[32];
	uint16_t ak_type, ak_scheme, ak_hash;
	unsigned int ak_bits;
	int ak_trust;
	int ak_shared;
	uint16_t bank;
	uint32_t selected;
	size_t pcr_len;
	uint8_t pcr[WV_TPM_PCRS][64];
	uint64_t clock_ms;
	int clock_safe;
	uint32_t reset_count, restart_count;
	uint64_t firmware_version;
	int log;
	uint64_t log_events;
	uint32_t log_explains;
};

#ifdef __cplusplus
}
#endif

#endif /* WARDVERIFY_TPM_H */
