/* SPDX-License-Identifier: MIT */
/*
 * Who can open what the worker seals: this machine's TPM, this guest's firmware, whoever
 * the broker releases a key to. doc/sealing.md says what each is worth.
 */
#ifndef WARD_WORKER_SEAL_H
#define WARD_WORKER_SEAL_H

#include <stdbool.h>
#include <stdint.h>

#include "failure.h"
#include "libward_seal.h"
#include "memory.h"
#include "recipient.h"

#define SEAL_RECIPIENTS_MAX	3

/**
 * struct seal_options - what the command line says
 * @tpm: the TPM, while @pcrs are as they are now
 * @tcti: where it is, "device:PATH" or "unix:PATH"; NULL = the machine's own
 * @snp: the firmware of an SEV-SNP guest, as far as @fields and @bind say
 * @device: of the firmware, or NULL
 * @resource: path of a key of the broker's, or NULL
 */
struct seal_options {
	bool tpm;
	uint32_t pcrs;
	const char *tcti;
	bool snp;
	uint32_t fields;
	uint32_t bind;
	const char *device;
	const char *resource;
};

/**
 * struct seal - recipients
 * @of: in protected memory, with their secrets
 * @count: of them
 * @key: of the broker's, in protected memory; or NULL
 */
struct seal {
	struct ward_recipient_key *of;
	size_t count;
	const uint8_t *key;

	/* private */
	const struct seal_options *options;	/* NULL = nobody but @key */
	struct ward_seal_tpm tpm;
	struct ward_seal_snp snp;
	char said[WARD_SEAL_SAID];	/* why the first that ought to have opened it did not */
};

/**
 * seal_parse() - one --seal-to
 * @text: tpm, tpm:0,2,4,7, tpm:none, snp, snp:measurement,uid, broker:REPOSITORY/TYPE/TAG
 * @options: grow
 * @failure: EXIT_MISUSE and what would do
 *
 * Return: 0 or -1.
 */
int seal_parse(const char *text, struct seal_options *options, struct failure *failure);

/**
 * seal_asked() - does anybody stand there
 * @options: options
 *
 * Return: true or false.
 */
bool seal_asked(const struct seal_options *options);

/**
 * seal_open() - ask TPM and firmware for secrets, once for all that will be sealed
 * @seal: filled in
 * @options: outlive @seal
 * @key: what the broker released, in protected memory, which outlives @seal; or NULL
 * @memory: where the recipients live
 * @failure: what is lacking
 *
 * Return: 0 or -1.
 */
int seal_open(struct seal *seal, const struct seal_options *options, const uint8_t *key,
	      struct memory *memory, struct failure *failure);

/**
 * seal_unlock() - get one recipient's secret: a ward_recipient_unlock
 *
 * Only of one that is asked for, and as it is asked for: any guest on the same processor could
 * make a file for a key that depends on no measurement, whoever has the TPM one for its PCRs.
 *
 * @seal: struct seal; @said remembers what was lacking
 * @r: recipient, as the file has it
 * @secret: WARD_RECIPIENT_SECRET_LEN bytes
 *
 * Return: 0, -ENOKEY: the next may do.
 */
int seal_unlock(void *seal, const struct ward_recipient *r, uint8_t *secret);

#endif /* WARD_WORKER_SEAL_H */
