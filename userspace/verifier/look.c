// SPDX-License-Identifier: MIT
/*
 * What a file is that was taken for evidence: whoever sent it in another form, or a part of
 * it, is told so. Nothing is decided by it.
 */
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "cursor.h"
#include "fault.h"
#include "look.h"

static bool begins(struct wv_bytes in, const void *with, size_t len)
{
	return in.len >= len && !memcmp(in.data, with, len);
}

/* All of @in are characters that @hex or base64 has, or white space. */
static bool all_of(struct wv_bytes in, bool hex)
{
	static const char digits[] = "0123456789abcdefABCDEF", space[] = " \t\r\n";
	static const char base64[] = "ghijklmnopqrstuvwxyzGHIJKLMNOPQRSTUVWXYZ+/=-_";
	size_t i;

	for (i = 0; i < in.len; i++)
		if (!in.data[i] || (!strchr(digits, in.data[i]) && !strchr(space, in.data[i]) &&
				    (hex || !strchr(base64, in.data[i]))))
			return false;
	return true;
}

static const char *text_look(struct wv_bytes in)
{
	if (begins(in, "-----BEGIN ", 11))
		return "a key or certificate in PEM, not evidence";
	if (begins(in, "eyJ", 3))
		return "a token (JWT): 'wardctl token verify'";
	if (in.data[0] == '{' || in.data[0] == '[')
		return "JSON: if evidence stands in it, decode that into a file of its own";
	if (all_of(in, true))
		return "hexadecimal digits: decode them (xxd -r -p)";
	if (all_of(in, false))
		return "base64: decode it (base64 -d)";
	return NULL;
}

/* AMD 56860 table "ATTESTATION_REPORT": the version, and the algorithm at 0x34. */
static bool is_cut_report(struct wv_bytes in)
{
	struct cursor c = cursor_over(in.data, in.len);
	uint32_t version = cursor_le32(&c), algorithm;

	cursor_take(&c, 0x30);
	algorithm = cursor_le32(&c);
	return cursor_ok(&c) && algorithm == 1 && version >= 2 && version <= 5 &&
	       in.len < WV_SNP_REPORT_SIZE;
}

/* The first bytes of entries of a certificate table, GHCB 56421 table 14. */
bool look_is_table(struct wv_bytes in)
{
	return begins(in, "\x63\xda\x75\x8d\xe6\x64\x45\x64", 8) ||
	       begins(in, "\x4a\xb7\xb3\x79\xbb\xac\x4f\xe4", 8) ||
	       begins(in, "\xc0\xb4\x06\xa4\xa8\x03\x49\x52", 8) ||
	       begins(in, "\xa8\x07\x4b\xc2\xa2\x5a\x48\x3e", 8);
}

/* TCG EFI Platform Specification 9.4.5.1: of the first event 32 bytes, then this. */
static bool is_event_log(struct wv_bytes in)
{
	return in.len >= 48 && !memcmp(in.data + 32, "Spec ID Event03", 16);
}

static const char *binary_look(struct wv_bytes in)
{
	if (is_cut_report(in))
		return "an SNP report that was cut short: it has 1184 bytes";
	if (look_is_table(in))
		return "the certificate table of an SNP report: append it to its report";
	if (begins(in, "\xff\x54\x43\x47", 4))
		return "a TPM's quote without its signature, key and registers, which a bundle has";
	if (is_event_log(in))
		return "a TPM's event log: 'wardctl measure log'";
	return NULL;
}

int look_unknown(struct wv_bytes in, struct wv_fault *fault)
{
	const char *look = text_look(in) ?: binary_look(in), *tee = wv_evidence_find(in);

	if (tee)
		return fault_set(fault, WV_EVIDENCE_UNKNOWN, "evidence", 0,
				 "it looks like evidence of kind %s, bare: 'wardctl verify evidence' takes it (%zu bytes)",
				 tee, in.len);
	if (look)
		return fault_set(fault, WV_EVIDENCE_UNKNOWN, "evidence", 0,
				 "it looks like %s (%zu bytes)", look, in.len);
	return fault_set(fault, WV_EVIDENCE_UNKNOWN, "evidence", 0,
			 "%zu bytes that begin with %02x, as no kind of evidence does", in.len,
			 in.data[0]);
}
