// SPDX-License-Identifier: MIT
#include "seal.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../common/seal_words.h"
#include "cursor.h"
#include "scrub.h"
#include "vault.h"

#define PCRS_DEFAULT	(1u << 0 | 1u << 2 | 1u << 4 | 1u << 7)

/* ---- the command line ------------------------------------------------------- */

int seal_parse(const char *text, struct seal_options *options, struct failure *failure)
{
	if (!strcmp(text, "tpm") || !strncmp(text, "tpm:", 4)) {
		options->tpm = true;
		options->pcrs = PCRS_DEFAULT;
		if (!text[3] || !seal_words_pcrs(text + 4, &options->pcrs))
			return 0;
		return failed(failure, EXIT_MISUSE,
			      "--seal-to %s: " SEAL_WORDS_PCRS, text);
	}
	if (!strcmp(text, "snp") || !strncmp(text, "snp:", 4)) {
		options->snp = true;
		options->fields = WARD_SEAL_SNP_MEASUREMENT | WARD_SEAL_SNP_POLICY;
		options->bind = WARD_SEAL_BIND_UID;
		if (!text[3] || !seal_words_bind(text + 4, &options->fields, &options->bind))
			return 0;
		return failed(failure, EXIT_MISUSE,
			      "--seal-to %s: " SEAL_WORDS_BIND, text);
	}
	if (!strncmp(text, "broker:", 7) && text[7]) {
		options->resource = text + 7;
		return 0;
	}
	return failed(failure, EXIT_MISUSE,
		      "--seal-to %s: tpm, snp and broker:REPOSITORY/TYPE/TAG are possible", text);
}

bool seal_asked(const struct seal_options *options)
{
	return options->tpm || options->snp || options->resource;
}

/* ---- recipients --------------------------------------------------------------- */

static int fail_seal(int err, const char *said, struct failure *failure)
{
	enum exit_code exit = err == -EINVAL ? EXIT_MISUSE : fail_errno(err);

	return failed(failure, exit, "--seal-to: %s", *said ? said : strerror(-err));
}

static int add_machine(struct seal *seal, const struct seal_options *options,
		       struct failure *failure)
{
	int err;

	if (options->tpm) {
		err = ward_recipient_tpm2(&seal->of[seal->count++], &seal->tpm);
		if (err)
			return fail_seal(err, seal->tpm.said, failure);
	}
	if (options->snp) {
		err = ward_recipient_snp(&seal->of[seal->count++], &seal->snp);
		if (err)
			return fail_seal(err, seal->snp.said, failure);
	}
	return 0;
}

int seal_open(struct seal *seal, const struct seal_options *options, const uint8_t *key,
	      struct memory *memory, struct failure *failure)
{
	int ret;

	*seal = (struct seal){
		.key = key, .options = options,
		.tpm = { .where = options->tcti, .pcrs = options->pcrs },
		.snp = { .device = options->device, .fields = options->fields,
			 .bind = options->bind },
	};
	seal->of = memory_take(memory, SEAL_RECIPIENTS_MAX * sizeof(*seal->of));
	if (!seal->of)
		return failed(failure, EXIT_DEVICE,
			      "no room for the secrets of --seal-to in the budget; raise --budget");
	/* tpm2-tss writes what it thinks of each failure to stderr; we say it once. */
	setenv("TSS2_LOG", "all+NONE", 0);
	ret = add_machine(seal, options, failure);
	if (!ret && key) {
		int err = ward_recipient_key(&seal->of[seal->count++], key, options->resource);

		if (err)
			ret = fail_seal(err, "the broker's key can't be used; its path may be too long",
					failure);
	}
	scrub_stack();
	return ret;
}

/* ---- unsealing ------------------------------------------------------------------ */

/* doc/formats.md, section 6, type 3: its PCRs and their bank; no auth value. */
static bool is_asked_tpm2(const struct seal_options *options, const struct ward_recipient *r)
{
	struct cursor c = cursor_over(r->how, r->how_len);
	uint16_t flags, bank;
	uint32_t pcrs;

	cursor_skip(&c, 2);
	flags = cursor_le16(&c);
	pcrs = cursor_le32(&c);
	bank = cursor_le16(&c);
	return options->tpm && cursor_ok(&c) && !flags && pcrs == options->pcrs &&
	       bank == WARD_SEAL_BANK_SHA256;
}

/* Type 4: what is mixed in; of the VCEK, at VMPL 0. */
static bool is_asked_snp(const struct seal_options *options, const struct ward_recipient *r)
{
	struct cursor c = cursor_over(r->how, r->how_len);
	uint32_t root, vmpl;
	uint64_t fields;
	uint16_t bind;

	cursor_skip(&c, 2);
	bind = cursor_le16(&c);
	root = cursor_le32(&c);
	fields = cursor_le64(&c);
	vmpl = cursor_le32(&c);
	return options->snp && cursor_ok(&c) && bind == options->bind && !root &&
	       fields == options->fields && !vmpl;
}

static bool is_asked(const struct seal_options *options, const struct ward_recipient *r)
{
	if (!options)
		return false;
	return r->type == WARD_RECIPIENT_TPM2 ? is_asked_tpm2(options, r) :
						is_asked_snp(options, r);
}

static int remember(struct seal *seal, int err, const char *said)
{
	if (err && err != -ENOKEY && !*seal->said)
		snprintf(seal->said, sizeof(seal->said), "%s", said);
	return err ? -ENOKEY : 0;
}

static int unlock_machine(struct seal *seal, const struct ward_recipient *r, uint8_t *secret)
{
	bool tpm = r->type == WARD_RECIPIENT_TPM2;
	int err;

	if (!is_asked(seal->options, r))
		return remember(seal, -EPERM, tpm ?
				"it is sealed to a TPM, and not as --seal-to says" :
				"it is sealed to a guest's firmware, and not as --seal-to says");
	err = tpm ? ward_recipient_unlock_tpm2(&seal->tpm, r, secret) :
		    ward_recipient_unlock_snp(&seal->snp, r, secret);
	return remember(seal, err, tpm ? seal->tpm.said : seal->snp.said);
}

static int unlock(struct seal *seal, const struct ward_recipient *r, uint8_t *secret)
{
	switch (r->type) {
	case WARD_RECIPIENT_KEY:
		return seal->key ? ward_recipient_unlock_key((void *)seal->key, r, secret) : -ENOKEY;
	case WARD_RECIPIENT_TPM2:
	case WARD_RECIPIENT_SNP:
		return unlock_machine(seal, r, secret);
	}
	return -ENOKEY;
}

/* What the TPM's library needs does not fit the vault. */
int seal_unlock(void *arg, const struct ward_recipient *r, uint8_t *secret)
{
	bool inside = vault_inside();
	int err;

	vault_leave();
	err = unlock(arg, r, secret);
	if (inside)
		vault_enter();
	return err;
}
