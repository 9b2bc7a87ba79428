/* SPDX-License-Identifier: MIT */
/*
 * An open TPM: commands through tpm2-tss that end by a deadline, troubles in words, the
 * storage key and sessions salted to it.
 */
#ifndef WARD_LIB_TSS_H
#define WARD_LIB_TSS_H

#include <tss2/tss2_esys.h>

#include "sys.h"
#include "trouble.h"

struct tss_link;

#define TSS_NAME_LEN 34		/* of an object: algorithm, SHA-256 */

/**
 * struct tss - an open TPM
 * @deadline_ns: of what is done now, CLOCK_BOOTTIME
 */
struct tss {
	const struct ward_sys *sys;
	struct tss_link *link;
	ESYS_CONTEXT *esys;
	uint64_t deadline_ns;
};

/**
 * tss_open() - open the TPM at @where (tss_link_open())
 *
 * Every answer is late until tss_deadline() was called.
 *
 * Return: as tss_link_open(), -EIO.
 */
int tss_open(const struct ward_sys *sys, const char *where, struct tss *tpm, struct trouble *why);

/** tss_close() - and zero it; also one that was not opened, if it is zeroes */
void tss_close(struct tss *tpm);

/** tss_deadline() - of every command from now on */
void tss_deadline(struct tss *tpm, uint64_t deadline_ns);

/** tss_lost() - nothing more will come of it: it must be opened anew */
bool tss_lost(const struct tss *tpm);

/**
 * tss_again() - a command's code says that it is to be given again, and there is
 *	time: waits a moment
 */
bool tss_again(struct tss *tpm, TSS2_RC rc);

/** tss_code() - the TPM's own, without what names parameter or session; 0: not the TPM's */
TSS2_RC tss_code(TSS2_RC rc);

/** tss_absent() - @rc says that the TPM has no such handle */
bool tss_absent(TSS2_RC rc);

/**
 * tss_failed() - what @rc of the command @what means
 *
 * Return: with @why, -EPERM EIO ENXIO ENOMEM EBUSY EBADMSG.
 */
int tss_failed(const struct tss *tpm, TSS2_RC rc, const char *what, struct trouble *why);

/** tss_flush() - a transient object or session; leaves ESYS_TR_NONE */
void tss_flush(struct tss *tpm, ESYS_TR *handle);

/**
 * tss_primary() - the key that @hierarchy derives from @template, the same each time
 * @out: to be flushed; ESYS_TR_NONE after an error
 * @public: or NULL
 *
 * Return: 0 or tss_failed().
 */
int tss_primary(struct tss *tpm, ESYS_TR hierarchy, const TPM2B_PUBLIC *template, ESYS_TR *out,
		TPMT_PUBLIC *public, struct trouble *why);

/**
 * tss_storage() - the key on P-256 that wraps what is ours and salts sessions
 *
 * Anybody can derive it, and gains nothing. Who sits between us and the TPM can offer a
 * key of his own instead: its name tells.
 *
 * Return: as tss_primary().
 */
int tss_storage(struct tss *tpm, ESYS_TR hierarchy, ESYS_TR *out, struct trouble *why);

/** tss_name() - of an object with a name of SHA-256. 0, -EBADMSG or tss_failed() */
int tss_name(struct tss *tpm, ESYS_TR object, uint8_t name[TSS_NAME_LEN], struct trouble *why);

/**
 * tss_session() - salted to @storage: who sees what passes learns no authorization
 * @kind: TPM2_SE_*
 * @hide: TPMA_SESSION_DECRYPT, _ENCRYPT: what goes to the TPM, or comes back, is encrypted
 * @out: to be flushed; ESYS_TR_NONE after an error
 *
 * Return: 0 or tss_failed().
 */
int tss_session(struct tss *tpm, ESYS_TR storage, TPM2_SE kind, TPMA_SESSION hide, ESYS_TR *out,
		struct trouble *why);

/** tss_registers() - @pcrs of @bank, as the TPM takes them */
TPML_PCR_SELECTION tss_registers(uint32_t pcrs, TPM2_ALG_ID bank);

#endif /* WARD_LIB_TSS_H */
