// SPDX-License-Identifier: MIT
/* What a sealing recipient wants, as it stands in the table: from a stranger, like the rest. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "cursor.h"
#include "dataset_private.h"
#include "seal_private.h"

#define TPM_FIXED	50

int seal_say(char said[WARD_SEAL_SAID], int rc, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(said, WARD_SEAL_SAID, fmt, ap);
	va_end(ap);
	return rc;
}

size_t seal_digest_len(uint16_t bank)
{
	return bank == WARD_SEAL_BANK_SHA256 ? 32 : bank == WARD_SEAL_BANK_SHA384 ? 48 : 0;
}

size_t seal_pcr_count(uint32_t pcrs)
{
	return (size_t)__builtin_popcount(pcrs);
}

static uint8_t *put16(uint8_t *p, uint32_t v)
{
	p[0] = (uint8_t)v;
	p[1] = (uint8_t)(v >> 8);
	return p + 2;
}

/* ---- TPM ------------------------------------------------------------------------ */

static const char *tpm_wrong(const struct seal_tpm_how *t, uint16_t version, uint16_t zero)
{
	if (version != SEAL_VERSION)
		return "a version of its description that is not known";
	if (t->flags & ~SEAL_TPM_AUTH)
		return "it asks for something unknown";
	if (t->pcrs >> WARD_SEAL_PCRS)
		return "a PCR above 23";
	if (!seal_digest_len(t->bank))
		return "an unknown bank of PCRs";
	return zero ? "must be zero" : NULL;
}

int seal_tpm_parse(const uint8_t *how, size_t len, struct seal_tpm_how *out, const char **why)
{
	struct cursor c = cursor_over(how, len);
	uint16_t version = cursor_le16(&c), zero;

	memset(out, 0, sizeof(*out));
	out->flags = cursor_le16(&c);
	out->pcrs = cursor_le32(&c);
	out->bank = cursor_le16(&c);
	out->public_len = cursor_le16(&c);
	out->private_len = cursor_le16(&c);
	zero = cursor_le16(&c);
	out->parent = cursor_take(&c, SEAL_NAME_LEN);
	*why = cursor_ok(&c) ? tpm_wrong(out, version, zero) : "its description is cut short";
	if (*why)
		return -EBADMSG;
	out->values = cursor_take(&c, seal_pcr_count(out->pcrs) * seal_digest_len(out->bank));
	out->public = cursor_take(&c, out->public_len);
	out->private = cursor_take(&c, out->private_len);
	if (!cursor_done(&c))
		*why = "its description has another length than it says";
	return *why ? -EBADMSG : 0;
}

size_t seal_tpm_format(const struct seal_tpm_how *t, uint8_t *how, size_t room)
{
	size_t values = seal_pcr_count(t->pcrs) * seal_digest_len(t->bank);
	size_t len = TPM_FIXED + values + t->public_len + t->private_len;
	uint8_t *p = how;

	if (len > room || t->public_len > UINT16_MAX || t->private_len > UINT16_MAX)
		return 0;
	p = put16(put16(p, SEAL_VERSION), t->flags);
	dataset_put32(p, t->pcrs);
	p = put16(put16(p + 4, t->bank), (uint32_t)t->public_len);
	p = put16(put16(p, (uint32_t)t->private_len), 0);
	memcpy(p, t->parent, SEAL_NAME_LEN);
	p += SEAL_NAME_LEN;
	if (values)
		memcpy(p, t->values, values);
	memcpy(p + values, t->public, t->public_len);
	memcpy(p + values + t->public_len, t->private, t->private_len);
	return len;
}

/* ---- SNP ------------------------------------------------------------------------ */

int seal_snp_parse(const uint8_t *how, size_t len, struct seal_snp_how *out, const char **why)
{
	struct cursor c = cursor_over(how, len);
	uint16_t version = cursor_le16(&c);

	memset(out, 0, sizeof(*out));
	out->bind = cursor_le16(&c);
	out->root = cursor_le32(&c);
	out->fields = cursor_le64(&c);
	out->vmpl = cursor_le32(&c);
	out->svn = cursor_le32(&c);
	out->tcb = cursor_le64(&c);
	cursor_copy(&c, out->salt, sizeof(out->salt));
	*why = NULL;
	if (!cursor_done(&c))
		*why = "its description has another length than 64 bytes";
	else if (version != SEAL_VERSION)
		*why = "a version of its description that is not known";
	else if (out->bind & ~WARD_SEAL_BINDS || out->fields & ~(uint64_t)WARD_SEAL_SNP_FIELDS ||
		 out->root > 1 || out->vmpl > 3)
		*why = "it asks for something unknown";
	return *why ? -EBADMSG : 0;
}

void seal_snp_format(const struct seal_snp_how *s, uint8_t how[SEAL_SNP_HOW_LEN])
{
	uint8_t *p = put16(put16(how, SEAL_VERSION), s->bind);

	dataset_put32(p, s->root);
	dataset_put64(p + 4, s->fields);
	dataset_put32(p + 12, s->vmpl);
	dataset_put32(p + 16, s->svn);
	dataset_put64(p + 20, s->tcb);
	memcpy(p + 28, s->salt, sizeof(s->salt));
}

/* ---- words ----------------------------------------------------------------------- */

void seal_pcr_words(uint32_t pcrs, char *text, size_t size)
{
	size_t at = 0;

	*text = 0;
	for (unsigned int i = 0; i < WARD_SEAL_PCRS && at < size; i++)
		if (pcrs >> i & 1)
			at += (size_t)snprintf(text + at, size - at, "%s%u", at ? "," : "", i);
}

static int tpm_needs(const struct ward_recipient *r, char *text, size_t size)
{
	struct seal_tpm_how t;
	char pcrs[96];
	const char *why;
	int rc = seal_tpm_parse(r->how, r->how_len, &t, &why);

	if (rc) {
		snprintf(text, size, "%s", why);
		return rc;
	}
	seal_pcr_words(t.pcrs, pcrs, sizeof(pcrs));
	snprintf(text, size, "the same TPM%s%s%s%s", *pcrs ? " with PCRs " : "", pcrs,
		 !*pcrs ? "" : t.bank == WARD_SEAL_BANK_SHA384 ? " (SHA-384) as they were" :
		 " (SHA-256) as they were", t.flags & SEAL_TPM_AUTH ? ", and the auth value" : "");
	return 0;
}

static void join(char *text, size_t size, uint64_t bits, const char *const *words, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (bits >> i & 1) {
			size_t at = strlen(text);

			snprintf(text + at, size - at, "%s%s", at ? ", " : "", words[i]);
		}
}

static int snp_needs(const struct ward_recipient *r, char *text, size_t size)
{
	static const char *const fields[] = { "policy", "image id", "family id", "measurement",
					      "SVN", "TCB" };
	static const char *const binds[] = { "uid", "cgroup", "ward.ko" };
	struct seal_snp_how s;
	char what[160] = "";
	const char *why;
	int rc = seal_snp_parse(r->how, r->how_len, &s, &why);

	if (rc) {
		snprintf(text, size, "%s", why);
		return rc;
	}
	join(what, sizeof(what), s.fields, fields, 6);
	join(what, sizeof(what), s.bind, binds, 3);
	snprintf(text, size, "%s%s%s at VMPL %u", s.root ? "an SNP guest of the same VMRK" :
		 "the same processor's SNP guest", *what ? " of the same " : "", what, (unsigned int)s.vmpl);
	return 0;
}

/* A stranger's text on its way to somebody's terminal: printable ASCII stays. */
static void key_needs(const struct ward_recipient *r, char *text, size_t size)
{
	size_t at;

	snprintf(text, size, "the data key%s", r->how_len ? ", found at " : "");
	at = strlen(text);
	for (size_t i = 0; i < r->how_len && at + 1 < size; i++)
		text[at++] = r->how[i] >= ' ' && r->how[i] <= '~' ? (char)r->how[i] : '?';
	text[at] = 0;
}

int ward_recipient_needs(const struct ward_recipient *r, char *text, size_t size)
{
	switch (r->type) {
	case WARD_RECIPIENT_KEY:
		key_needs(r, text, size);
		return 0;
	case WARD_RECIPIENT_X25519:
		snprintf(text, size, "the private key");
		return 0;
	case WARD_RECIPIENT_TPM2:
		return tpm_needs(r, text, size);
	case WARD_RECIPIENT_SNP:
		return snp_needs(r, text, size);
	}
	snprintf(text, size, "a newer version of ward");
	return 0;
}
