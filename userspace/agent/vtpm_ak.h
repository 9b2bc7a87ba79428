/* SPDX-License-Identifier: MIT */
/*
 * The key that signs quotes (AK): one of our own, which nobody else can use, or
 * one that the platform provided, which every program that reaches the TPM can.
 */
#ifndef WARDD_VTPM_AK_H
#define WARDD_VTPM_AK_H

#include "vtpm_nv.h"

/**
 * struct vtpm_ak_kind - which key
 * @handle: a persistent one, or 0
 * @template: NV index of a template (TPMT_PUBLIC) that the key is derived from, or 0
 * @rsa: a key of our own is RSA 2048 instead of ECC P-256
 * @hierarchy: of a key that is made or derived: ESYS_TR_RH_ENDORSEMENT or _OWNER
 */
struct vtpm_ak_kind {
	TPM2_HANDLE handle;
	TPM2_HANDLE template;
	bool rsa;
	ESYS_TR hierarchy;
};

/**
 * struct vtpm_ak - a key that is ready to sign
 * @auth: its authorization, OpenSSL secure memory; NULL = it has none
 * @session: what @auth is shown through; ESYS_TR_PASSWORD where there is none
 * @shared: others can sign with it, too
 */
struct vtpm_ak {
	ESYS_TR key;
	ESYS_TR session;
	uint8_t *auth;
	bool shared;
	bool persistent;
	TPMT_PUBLIC public;
};

#define VTPM_AUTH_LEN 32

/**
 * vtpm_ak_open() - make, derive or find the key
 * @ak: to be closed, whatever is returned
 *
 * A key of our own is created anew each time, from the TPM's random numbers: a
 * primary key would be derived from its template, by anybody who asks.
 *
 * Return: 0; -ENOENT (no such handle or template), -EBADMSG (it is no restricted
 * signing key), -errno.
 */
int vtpm_ak_open(struct tss *tpm, const struct vtpm_ak_kind *kind, struct vtpm_ak *ak,
		 struct trouble *why);
void vtpm_ak_close(struct tss *tpm, struct vtpm_ak *ak);

/** vtpm_ak_unlock() - let tpm2-tss have the authorization, for a command */
void vtpm_ak_unlock(struct tss *tpm, const struct vtpm_ak *ak);
/** vtpm_ak_lock() - take it away again */
void vtpm_ak_lock(struct tss *tpm, const struct vtpm_ak *ak);

#endif /* WARDD_VTPM_AK_H */
