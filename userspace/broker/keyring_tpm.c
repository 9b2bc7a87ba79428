// SPDX-License-Identifier: MIT
/*
 * A TPM 2.0: the master key is sealed under a primary key of the owner hierarchy, which
 * is derived anew each time, and unsealed with the registers that the wrap names, if it
 * names any. What passes between us and the TPM is encrypted by a salted session.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/crypto.h>
#include <tss2/tss2_mu.h>

#include "cursor.h"
#include "keyring_source.h"
#include "tss.h"

#define WAIT_NS		60000000000ull	/* for all that a wrap takes */
#define PLACE_MAX	256
#define PCRS		24
#define HEAD		(5 + TSS_NAME_LEN)	/* tag, registers, the primary key's name */

/** struct place - where a TPM is; @pcrs: bits of registers of SHA-256 */
struct place {
	char where[PLACE_MAX];
	uint32_t pcrs;
};

/**
 * struct sealing - an open TPM
 * @storage, @session, @object: of ours, flushed at the end
 * @name: of the primary key, which whoever stands before the TPM could have put his in
 *	place of; esys has computed it from the public half
 */
struct sealing {
	struct tss tpm;
	ESYS_TR storage, session, object;
	uint8_t name[TSS_NAME_LEN];
};

static int tpm_fail(const struct sealing *s, TSS2_RC rc, const char *what,
		    struct config_fault *fault)
{
	struct trouble why = { "" };

	tss_failed(&s->tpm, rc, what, &why);
	return keyring_fail(fault, -EIO, "keyring", "%.190s", why.text);
}

/* ---- places ------------------------------------------------------------------------ */

static int parse_pcrs(const char *text, uint32_t *out)
{
	*out = 0;
	do {
		char *end;
		unsigned long n = strtoul(text, &end, 10);

		if (*text < '0' || *text > '9' || n >= PCRS || (*end && *end != '+'))
			return -1;
		*out |= 1u << n;
		text = *end ? end + 1 : end;
		if (*end && !*text)
			return -1;
	} while (*text);
	return 0;
}

static int parse_place(const char *text, struct place *p, struct config_fault *fault)
{
	static const char option[] = ",pcrs=";
	const char *comma = strstr(text, option);
	size_t len = comma ? (size_t)(comma - text) : strlen(text);

	p->pcrs = 0;
	if ((strncmp(text, "device:", 7) && strncmp(text, "unix:", 5)) || len >= sizeof(p->where))
		return keyring_fail(fault, -1, "keyring", "tpm2:%.64s: device:PATH or unix:PATH is "
				    "wanted there", text);
	memcpy(p->where, text, len);
	p->where[len] = 0;
	if (comma && parse_pcrs(comma + strlen(option), &p->pcrs))
		return keyring_fail(fault, -1, "keyring", "pcrs=%.40s: numbers from 0 to %d with '+' "
				    "between them are wanted", comma + strlen(option), PCRS - 1);
	return 0;
}

static int check(const char *place, struct config_fault *fault)
{
	struct place p;

	return parse_place(place, &p, fault);
}

/* ---- the TPM ----------------------------------------------------------------------- */

static int make_storage(struct sealing *s, struct config_fault *fault)
{
	struct trouble why = { "" };

	return tss_storage(&s->tpm, ESYS_TR_RH_OWNER, &s->storage, &why) ||
	       tss_name(&s->tpm, s->storage, s->name, &why) ?
	       keyring_fail(fault, -EIO, "keyring", "%.190s", why.text) : 0;
}

static int start_session(struct sealing *s, TPM2_SE kind, struct config_fault *fault)
{
	struct trouble why = { "" };

	tss_flush(&s->tpm, &s->session);
	return tss_session(&s->tpm, s->storage, kind, TPMA_SESSION_DECRYPT | TPMA_SESSION_ENCRYPT,
			   &s->session, &why) ?
	       keyring_fail(fault, -EIO, "keyring", "%.190s", why.text) : 0;
}

/* The registers as they are now become part of the session's policy. */
static int add_registers(struct sealing *s, uint32_t pcrs, struct config_fault *fault)
{
	const TPML_PCR_SELECTION selection = tss_registers(pcrs, TPM2_ALG_SHA256);
	const TPM2B_DIGEST as_they_are = { .size = 0 };
	TSS2_RC rc;

	do
		rc = Esys_PolicyPCR(s->tpm.esys, s->session, ESYS_TR_NONE, ESYS_TR_NONE,
				    ESYS_TR_NONE, &as_they_are, &selection);
	while (tss_again(&s->tpm, rc));
	return rc ? tpm_fail(s, rc, "for its registers", fault) : 0;
}

static int read_policy(struct sealing *s, uint32_t pcrs, TPM2B_DIGEST *out,
		       struct config_fault *fault)
{
	TPM2B_DIGEST *digest = NULL;
	TSS2_RC rc;

	if (start_session(s, TPM2_SE_TRIAL, fault) || add_registers(s, pcrs, fault))
		return -EIO;
	rc = Esys_PolicyGetDigest(s->tpm.esys, s->session, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE,
				  &digest);
	if (rc)
		return tpm_fail(s, rc, "for the registers' policy", fault);
	*out = *digest;
	Esys_Free(digest);
	return 0;
}

static int open_tpm(const struct place *p, struct sealing *s, struct config_fault *fault)
{
	struct trouble why = { "" };
	int rc;

	memset(s, 0, sizeof(*s));
	s->storage = s->session = s->object = ESYS_TR_NONE;
	rc = tss_open(&ward_sys_real, p->where, &s->tpm, &why);
	if (rc == -EACCES)
		return keyring_fail(fault, -EIO, "keyring", "%.100s: the broker's user may not open "
				    "it: put the user into the group tss", p->where);
	if (rc)
		return keyring_fail(fault, -EIO, "keyring", "%.190s", why.text);
	tss_deadline(&s->tpm, ward_sys_now(&ward_sys_real) + WAIT_NS);
	return make_storage(s, fault);
}

static void close_tpm(struct sealing *s)
{
	if (s->tpm.esys) {
		tss_flush(&s->tpm, &s->object);
		tss_flush(&s->tpm, &s->session);
		tss_flush(&s->tpm, &s->storage);
	}
	tss_close(&s->tpm);
}

/* ---- wraps ------------------------------------------------------------------------- */

static int put_wrap(const struct sealing *s, const struct place *p, const TPM2B_PUBLIC *public,
		    const TPM2B_PRIVATE *private, struct keyring_wrapped *out,
		    struct config_fault *fault)
{
	size_t at = HEAD;

	out->data[0] = keyring_tpm.tag;
	for (int i = 0; i < 4; i++)
		out->data[1 + i] = (uint8_t)(p->pcrs >> (24 - 8 * i));
	memcpy(out->data + 5, s->name, TSS_NAME_LEN);
	if (Tss2_MU_TPM2B_PUBLIC_Marshal(public, out->data, sizeof(out->data), &at) ||
	    Tss2_MU_TPM2B_PRIVATE_Marshal(private, out->data, sizeof(out->data), &at))
		return keyring_fail(fault, -EIO, "keyring", "the TPM's wrap is too long");
	out->len = at;
	return 0;
}

static int seal(struct sealing *s, const struct place *p, const uint8_t *key,
		struct keyring_wrapped *out, struct config_fault *fault)
{
	TPM2B_SENSITIVE_CREATE sensitive = { .sensitive.data.size = KEYRING_KEY };
	TPM2B_PUBLIC template = { .publicArea = {
		.type = TPM2_ALG_KEYEDHASH,
		.nameAlg = TPM2_ALG_SHA256,
		.objectAttributes = TPMA_OBJECT_FIXEDTPM | TPMA_OBJECT_FIXEDPARENT |
				    TPMA_OBJECT_NODA | (p->pcrs ? 0 : TPMA_OBJECT_USERWITHAUTH),
		.parameters.keyedHashDetail.scheme.scheme = TPM2_ALG_NULL,
	} };
	const TPML_PCR_SELECTION pcrs = { .count = 0 };
	const TPM2B_DATA outside = { .size = 0 };
	TPM2B_PRIVATE *private = NULL;
	TPM2B_PUBLIC *public = NULL;
	TSS2_RC rc;

	if (p->pcrs && read_policy(s, p->pcrs, &template.publicArea.authPolicy, fault))
		return -EIO;
	if (start_session(s, TPM2_SE_HMAC, fault))
		return -EIO;
	memcpy(sensitive.sensitive.data.buffer, key, KEYRING_KEY);
	do
		rc = Esys_Create(s->tpm.esys, s->storage, s->session, ESYS_TR_NONE, ESYS_TR_NONE,
				 &sensitive, &template, &outside, &pcrs, &private, &public, NULL,
				 NULL, NULL);
	while (tss_again(&s->tpm, rc));
	OPENSSL_cleanse(&sensitive, sizeof(sensitive));
	if (rc)
		return tpm_fail(s, rc, "to seal the master key", fault);
	rc = put_wrap(s, p, public, private, out, fault) ? 1 : 0;
	Esys_Free(private);
	Esys_Free(public);
	return rc ? -EIO : 0;
}

static int wrap(const char *place, const uint8_t *key, struct keyring_wrapped *out,
		struct config_fault *fault)
{
	struct sealing s;
	struct place p;
	int rc;

	if (parse_place(place, &p, fault))
		return -EIO;
	rc = open_tpm(&p, &s, fault) ?: seal(&s, &p, key, out, fault);
	close_tpm(&s);
	return rc;
}

static int load(struct sealing *s, const struct keyring_wrapped *in, uint32_t *pcrs,
		struct config_fault *fault)
{
	struct cursor c = cursor_over(in->data, in->len);
	TPM2B_PRIVATE private = { .size = 0 };
	TPM2B_PUBLIC public = { .size = 0 };
	size_t at = HEAD;
	TSS2_RC rc;

	cursor_skip(&c, 1);
	*pcrs = cursor_be32(&c);
	if (in->len < HEAD || *pcrs >> PCRS ||
	    Tss2_MU_TPM2B_PUBLIC_Unmarshal(in->data, in->len, &at, &public) ||
	    Tss2_MU_TPM2B_PRIVATE_Unmarshal(in->data, in->len, &at, &private) || at != in->len)
		return keyring_fail(fault, -EBADMSG, "keyring", "a TPM's wrap is damaged");
	/* Before any session is salted to it: only the key that sealed hears what is unsealed. */
	if (memcmp(in->data + 5, s->name, TSS_NAME_LEN))
		return keyring_fail(fault, -EACCES, "keyring", "this TPM has another primary key "
				    "than the one that sealed: another TPM, or one that was cleared");
	if (start_session(s, TPM2_SE_HMAC, fault))
		return -EIO;
	do
		rc = Esys_Load(s->tpm.esys, s->storage, s->session, ESYS_TR_NONE, ESYS_TR_NONE,
			       &private, &public, &s->object);
	while (tss_again(&s->tpm, rc));
	if (!rc)
		return 0;
	s->object = ESYS_TR_NONE;
	/* Sealed by another TPM, or changed since: the TPM itself tells neither from the other. */
	return tpm_fail(s, rc, "to load a sealed key", fault) == -EIO && tss_lost(&s->tpm) ?
		       -EIO : -EACCES;
}

static int unseal(struct sealing *s, uint32_t pcrs, uint8_t *key, struct config_fault *fault)
{
	TPM2B_SENSITIVE_DATA *data = NULL;
	TSS2_RC rc;

	if (pcrs && (start_session(s, TPM2_SE_POLICY, fault) || add_registers(s, pcrs, fault)))
		return -EIO;
	do
		rc = Esys_Unseal(s->tpm.esys, s->object, s->session, ESYS_TR_NONE, ESYS_TR_NONE,
				 &data);
	while (tss_again(&s->tpm, rc));
	if (rc) {
		tpm_fail(s, rc, "to unseal the master key", fault);
		return tss_lost(&s->tpm) ? -EIO : -EACCES;
	}
	rc = data->size == KEYRING_KEY ? 0 : 1;
	if (!rc)
		memcpy(key, data->buffer, KEYRING_KEY);
	OPENSSL_cleanse(data, sizeof(*data));
	Esys_Free(data);
	return rc ? keyring_fail(fault, -EBADMSG, "keyring", "a TPM's wrap holds no key") : 0;
}

static int unwrap(const char *place, const struct keyring_wrapped *in, uint8_t *key,
		  struct config_fault *fault)
{
	struct sealing s;
	struct place p;
	uint32_t pcrs;
	int rc;

	if (parse_place(place, &p, fault))
		return -EIO;
	rc = open_tpm(&p, &s, fault) ?: load(&s, in, &pcrs, fault) ?: unseal(&s, pcrs, key, fault);
	close_tpm(&s);
	return rc;
}

const struct keyring_source keyring_tpm = {
	.name = "tpm2", .tag = 2, .check = check, .wrap = wrap, .unwrap = unwrap,
};
