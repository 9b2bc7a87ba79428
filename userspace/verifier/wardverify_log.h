/* SPDX-License-Identifier: MIT */
/*
 * libwardverify: the event log that firmware, boot loader and kernel leave
 * beside a TPM's registers. Part of wardverify.h.
 *
 * Format: TCG PC Client Platform Firmware Profile, crypto-agile log; on Linux
 * /sys/kernel/security/tpm0/binary_bios_measurements. A log proves nothing by
 * itself: whoever wrote it may have written anything. It explains registers
 * that a TPM signed, if its replay leads to their values.
 */
#ifndef WARDVERIFY_LOG_H
#define WARDVERIFY_LOG_H

#include <stddef.h>
#include <stdint.h>

#include "wardverify_reason.h"

#ifdef __cplusplus
extern "C" {
#endif

struct wv_bytes;
struct wv_fault;

#define WV_TCGLOG_MAX		(512u << 10)	/* bytes of a log */
#define WV_TCGLOG_BANKS		8		/* kinds of digest in one log */
#define WV_TCGLOG_PCRS		24
#define WV_TCGLOG_DIGEST_MAX	64

/* TPM_ALG_ID of banks that can be replayed. */
#define WV_ALG_SHA1	0x0004
#define WV_ALG_SHA256	0x000b
#define WV_ALG_SHA384	0x000c
#define WV_ALG_SHA512	0x000d

/* Types of events that readers ask for; wv_tcglog_type_text() knows more. */
#define WV_EV_NO_ACTION				0x00000003u
#define WV_EV_SEPARATOR				0x00000004u
#define WV_EV_EVENT_TAG				0x00000006u
#define WV_EV_IPL				0x0000000du
#define WV_EV_EFI_BOOT_SERVICES_APPLICATION	0x80000003u

/**
 * struct wv_tcglog - a log that was read to its end and is sound
 * @data, @len: all of it: the caller's, which must stay
 * @first: offset of the first event that has digests
 * @alg, @digest_len: of each bank that the log's header announces
 * @events: how many wv_tcglog_next() gives
 * @locality: from which the firmware started: what register 0 begins with
 */
struct wv_tcglog {
	const uint8_t *data;
	size_t len, first;
	size_t banks;
	uint16_t alg[WV_TCGLOG_BANKS];
	size_t digest_len[WV_TCGLOG_BANKS];
	size_t events;
	uint8_t locality;
};

/**
 * struct wv_tcglog_event - one event; pointers lead into the log
 * @offset: where it begins
 * @pcr: the register that it extends, below WV_TCGLOG_PCRS; one of type
 *	WV_EV_NO_ACTION extends none, whatever stands here
 * @digest: for each bank of the log, in its order; NULL = it has none
 * @data, @data_len: what the event says of itself, which its digest need not cover
 */
struct wv_tcglog_event {
	size_t offset;
	uint32_t pcr, type;
	const uint8_t *digest[WV_TCGLOG_BANKS];
	const uint8_t *data;
	size_t data_len;
};

/**
 * struct wv_tcglog_pcrs - registers of one bank after the replay
 * @len: bytes of a register
 * @extended: a bit for each register that an event extended; the others have
 *	the value of a TPM that was just reset
 */
struct wv_tcglog_pcrs {
	uint16_t alg;
	size_t len;
	uint32_t extended;
	uint8_t value[WV_TCGLOG_PCRS][WV_TCGLOG_DIGEST_MAX];
};

/**
 * wv_tcglog_open - read a log from its first byte to its last
 * Returns 0 or WV_EVENT_LOG_DAMAGED.
 */
WV_API int wv_tcglog_open(struct wv_bytes in, struct wv_tcglog *log, struct wv_fault *fault);

/**
 * wv_tcglog_next - the event at *@at, which moves behind it; start with @log->first
 * Returns 1, or 0 at the end.
 */
WV_API int wv_tcglog_next(const struct wv_tcglog *log, size_t *at, struct wv_tcglog_event *out);

/** wv_tcglog_bank - where @alg stands among the log's banks, or -1 */
WV_API int wv_tcglog_bank(const struct wv_tcglog *log, uint16_t alg);

/**
 * wv_tcglog_replay - the registers to which the log leads
 * Returns 0, WV_USAGE (the log has no such bank, or nobody knows how to extend
 * it), WV_EVENT_LOG_DAMAGED (an event without a digest of that bank) or WV_NO_MEMORY.
 */
WV_API int wv_tcglog_replay(const struct wv_tcglog *log, uint16_t alg, struct wv_tcglog_pcrs *out,
			    struct wv_fault *fault);

/**
 * wv_tcglog_start, wv_tcglog_extend - registers as a reset leaves them, and one of
 *	them with one more digest of the bank's length; for who composes a log's end
 * Return 0, WV_USAGE (no such bank or register) or WV_NO_MEMORY.
 */
WV_API int wv_tcglog_start(uint16_t alg, uint8_t locality, struct wv_tcglog_pcrs *out);
WV_API int wv_tcglog_extend(struct wv_tcglog_pcrs *pcrs, uint32_t pcr, const uint8_t *digest);

/** wv_tcglog_type_text - the TCG's name of a type of events, or NULL */
WV_API const char *wv_tcglog_type_text(uint32_t type);
/** wv_alg_text - "sha1", "sha256", "sha384", "sha512", or NULL */
WV_API const char *wv_alg_text(uint16_t alg);

#ifdef __cplusplus
}
#endif

#endif /* WARDVERIFY_LOG_H */
