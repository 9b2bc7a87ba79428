// SPDX-License-Identifier: MIT
/*
 * TCG PC Client Platform Firmware Profile: the crypto-agile event log.
 */
#include <string.h>

#include "cursor.h"
#include "fault.h"

#define HEADER_DIGEST	20u	/* of the first event, which is in the form of TPM 1.2 */
#define SIGNATURE_LEN	16u

/* NUL and all: both are 16 bytes. */
static const char spec_id[SIGNATURE_LEN] = "Spec ID Event03";
static const char startup_locality[SIGNATURE_LEN] = "StartupLocality";

static int damaged(struct wv_fault *fault, size_t at, const char *text)
{
	return fault_set(fault, WV_EVENT_LOG_DAMAGED, "event log", (int64_t)at, "%s", text);
}

/* Lengths that everybody knows must be those; what nobody knows is passed over. */
static bool length_ok(uint16_t alg, size_t len)
{
	switch (alg) {
	case WV_ALG_SHA1:
		return len == 20;
	case WV_ALG_SHA256:
		return len == 32;
	case WV_ALG_SHA384:
		return len == 48;
	case WV_ALG_SHA512:
		return len == 64;
	default:
		return len > 0 && len <= WV_TCGLOG_DIGEST_MAX;
	}
}

int wv_tcglog_bank(const struct wv_tcglog *log, uint16_t alg)
{
	size_t i;

	for (i = 0; i < log->banks; i++)
		if (log->alg[i] == alg)
			return (int)i;
	return -1;
}

static bool read_banks(struct cursor *c, struct wv_tcglog *log)
{
	uint32_t n = cursor_le32(c), i;

	if (!n || n > WV_TCGLOG_BANKS)
		return false;
	for (i = 0; i < n; i++) {
		uint16_t alg = cursor_le16(c);
		size_t len = cursor_le16(c);

		if (!cursor_ok(c) || wv_tcglog_bank(log, alg) >= 0 || !length_ok(alg, len))
			return false;
		log->alg[i] = alg;
		log->digest_len[i] = len;
		log->banks++;
	}
	return true;
}

/* The first event: which banks each of the others has a digest of. */
static int read_header(struct cursor *c, struct wv_tcglog *log, struct wv_fault *fault)
{
	uint32_t pcr = cursor_le32(c), type = cursor_le32(c), size;
	struct cursor body;
	const uint8_t *signature;

	cursor_zero(c, HEADER_DIGEST);
	size = cursor_le32(c);
	body = cursor_sub(c, c->at, size);
	cursor_skip(c, size);
	signature = cursor_take(&body, SIGNATURE_LEN);
	if (!cursor_ok(c) || pcr || type != WV_EV_NO_ACTION || !signature ||
	    memcmp(signature, spec_id, SIGNATURE_LEN))
		return damaged(fault, 0, "it does not begin as a crypto-agile log of a TPM 2.0 does");
	cursor_skip(&body, 8);	/* platform class, version, errata, width of UINTN */
	if (!read_banks(&body, log))
		return damaged(fault, 0, "its header announces kinds of digests that cannot be");
	cursor_skip(&body, cursor_u8(&body));	/* the vendor's own */
	if (!cursor_done(&body))
		return damaged(fault, 0, "its header is not as long as it says");
	log->first = c->at;
	return WV_OK;
}

static bool read_digests(const struct wv_tcglog *log, struct cursor *c, struct wv_tcglog_event *e)
{
	uint32_t n = cursor_le32(c), i;

	if (n > log->banks)
		return false;
	for (i = 0; i < n; i++) {
		int bank = wv_tcglog_bank(log, cursor_le16(c));

		if (!cursor_ok(c) || bank < 0 || e->digest[bank])
			return false;
		e->digest[bank] = cursor_take(c, log->digest_len[bank]);
	}
	return cursor_ok(c);
}

static int read_event(const struct wv_tcglog *log, struct cursor *c, struct wv_tcglog_event *e,
		      struct wv_fault *fault)
{
	memset(e, 0, sizeof(*e));
	e->offset = c->at;
	e->pcr = cursor_le32(c);
	e->type = cursor_le32(c);
	if (!read_digests(log, c, e))
		return damaged(fault, e->offset, "an event's digests are not those of the header, or are cut");
	e->data_len = cursor_le32(c);
	e->data = cursor_take(c, e->data_len);
	if (!cursor_ok(c))
		return damaged(fault, e->offset, "an event is cut, or longer than the log");
	if (e->pcr >= WV_TCGLOG_PCRS && e->type != WV_EV_NO_ACTION)
		return damaged(fault, e->offset, "an event is of a register that does not exist");
	return WV_OK;
}

/* What register 0 began with, if the firmware was not started from locality 0. */
static int note_locality(const struct wv_tcglog_event *e, struct wv_tcglog *log,
			 struct wv_fault *fault)
{
	if (e->type != WV_EV_NO_ACTION || e->pcr || e->data_len != SIGNATURE_LEN + 1 ||
	    memcmp(e->data, startup_locality, SIGNATURE_LEN))
		return WV_OK;
	log->locality = e->data[SIGNATURE_LEN];
	if (log->locality > 4)
		return damaged(fault, e->offset, "the firmware's locality is none that a TPM has");
	return WV_OK;
}

int wv_tcglog_open(struct wv_bytes in, struct wv_tcglog *log, struct wv_fault *fault)
{
	struct cursor c = cursor_over(in.data, in.len);
	struct wv_tcglog_event e;
	int rc;

	fault_clear(fault);
	memset(log, 0, sizeof(*log));
	if (in.len > WV_TCGLOG_MAX)
		return damaged(fault, 0, "it is longer than any log");
	log->data = in.data;
	log->len = in.len;
	rc = read_header(&c, log, fault);
	while (!rc && !cursor_done(&c)) {
		rc = read_event(log, &c, &e, fault);
		rc = rc ? rc : note_locality(&e, log, fault);
		log->events++;
	}
	return rc;
}

int wv_tcglog_next(const struct wv_tcglog *log, size_t *at, struct wv_tcglog_event *out)
{
	struct cursor c = cursor_over(log->data, log->len);

	c.at = *at < log->len ? *at : log->len;
	if (cursor_done(&c) || read_event(log, &c, out, NULL))
		return 0;
	*at = c.at;
	return 1;
}
