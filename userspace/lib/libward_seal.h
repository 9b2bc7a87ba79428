/* SPDX-License-Identifier: MIT */
/*
 * Sealing: recipients of a data set that a machine is, not a person. A TPM 2.0 gives
 * the secret back while its PCRs are what they were; the firmware of an SEV-SNP guest
 * derives it again for the same guest. doc/sealing.md says what survives which update,
 * doc/formats.md, section 6, what stands in the file.
 */
#ifndef LIBWARD_SEAL_H
#define LIBWARD_SEAL_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

struct ward_recipient;
struct ward_recipient_key;

#define WARD_SEAL_SAID		256
#define WARD_SEAL_PCRS		24
#define WARD_SEAL_NAME_LEN	34	/* of a TPM's object: algorithm, SHA-256 */
#define WARD_SEAL_AUTH_MIN	16
#define WARD_SEAL_AUTH_MAX	32
#define WARD_SEAL_BANK_SHA256	0x000b	/* as TPM_ALG_ID has them */
#define WARD_SEAL_BANK_SHA384	0x000c

/**
 * struct ward_seal_tpm - a TPM, and what it is to ask for
 * @where: "device:PATH" or "unix:PATH"; NULL = device:/dev/tpmrm0
 * @pcrs: bit n = PCR n must be what it is now; 0 = none
 * @bank: which bank's; 0 = SHA-256
 * @auth: value that who unseals must have, or NULL: WARD_SEAL_AUTH_MIN to _MAX bytes
 * @auth_len: its bytes
 * @said: out: what was wrong, a sentence
 * @name: of the TPM's primary key, by which its counters are known to be its own; zeroes =
 *	whichever answers is taken, and its name noted here
 */
struct ward_seal_tpm {
	const char *where;
	uint32_t pcrs;
	uint16_t bank;
	const uint8_t *auth;
	size_t auth_len;
	char said[WARD_SEAL_SAID];
	uint8_t name[WARD_SEAL_NAME_LEN];
};

/**
 * ward_recipient_tpm2() - seal a fresh secret to a TPM
 * @r: ward_recipient_clear() it
 *
 * Returns 0; -EINVAL: @tpm makes no sense; -ENOENT: no TPM; -EACCES, -EPERM: not
 * allowed to; -EIO: the TPM refuses; -ENOMEM. @tpm->said says more.
 */
int ward_recipient_tpm2(struct ward_recipient_key *r, struct ward_seal_tpm *tpm);

/**
 * ward_recipient_unlock_tpm2() - @arg: a struct ward_seal_tpm; where and auth count
 *
 * Returns 0; -ENOKEY: no TPM's; -ESTALE: a PCR differs, @said names those; -EXDEV: another
 * TPM, or it was cleared; -EACCES: the auth value is wrong or missing; -EBADMSG: what the
 * file says of it; else as ward_recipient_tpm2().
 */
int ward_recipient_unlock_tpm2(void *arg, const struct ward_recipient *r, uint8_t *secret);

/**
 * ward_seal_counter() - read a counter of the TPM's
 * @index: of NV storage, 0x01000000 to 0x01ffffff
 * @make: make it if it is not there
 *
 * Returns 0; -ENOENT: no such counter; -EINVAL: that index is something else; -EXDEV: not
 * the TPM of @tpm->name, or it was cleared; else as ward_recipient_tpm2().
 */
int ward_seal_counter(struct ward_seal_tpm *tpm, uint32_t index, int make, uint64_t *value);

/** ward_seal_counter_step() - one more; returns as ward_seal_counter() */
int ward_seal_counter_step(struct ward_seal_tpm *tpm, uint32_t index);

/* Bits of struct ward_seal_snp's @fields: GUEST_FIELD_SELECT of the firmware's interface. */
#define WARD_SEAL_SNP_POLICY		(1u << 0)
#define WARD_SEAL_SNP_IMAGE		(1u << 1)
#define WARD_SEAL_SNP_FAMILY		(1u << 2)
#define WARD_SEAL_SNP_MEASUREMENT	(1u << 3)
#define WARD_SEAL_SNP_SVN		(1u << 4)
#define WARD_SEAL_SNP_TCB		(1u << 5)
#define WARD_SEAL_SNP_FIELDS		0x3fu

/* What the calling process is, mixed in by this library: see doc/sealing.md for its worth. */
#define WARD_SEAL_BIND_UID		(1u << 0)
#define WARD_SEAL_BIND_CGROUP		(1u << 1)
#define WARD_SEAL_BIND_MODULE		(1u << 2)
#define WARD_SEAL_BINDS			0x7u

/**
 * struct ward_seal_snp - an SEV-SNP guest, and what its key is to depend on
 * @device: of the firmware, or "unix:PATH" of wardd's socket; NULL = /dev/sev-guest where the
 *	caller may open that, else wardd at /run/wardd/keys if it is there
 * @fields: WARD_SEAL_SNP_*
 * @bind: WARD_SEAL_BIND_*
 * @vmrk: from the VM root key, which a migration agent gave, instead of the VCEK
 * @vmpl: not below the caller's own
 * @said: out: what was wrong, a sentence
 *
 * SVN and TCB are the guest's of now; the file holds them, so that a guest of a higher
 * SVN, or on firmware of a higher TCB, can ask for the key of the lower.
 */
struct ward_seal_snp {
	const char *device;
	uint32_t fields;
	uint32_t bind;
	int vmrk;
	uint32_t vmpl;
	char said[WARD_SEAL_SAID];
};

/**
 * ward_recipient_snp() - seal to what this guest is
 *
 * Returns 0; -EINVAL; -ENOENT: no such guest; -EACCES, -EPERM: not allowed to ask;
 * -EIO: the firmware refuses; -EBADMSG: its answer makes no sense. @snp->said says more.
 */
int ward_recipient_snp(struct ward_recipient_key *r, struct ward_seal_snp *snp);

/**
 * ward_recipient_unlock_snp() - @arg: a struct ward_seal_snp; @device counts
 *
 * Returns 0; -ENOKEY: not an SNP guest's; else as ward_recipient_snp(). Another guest gets
 * another secret, and no error here: the content key doesn't open with it then.
 */
int ward_recipient_unlock_snp(void *arg, const struct ward_recipient *r, uint8_t *secret);

/**
 * ward_recipient_needs() - what a recipient needs to open the file, in words
 * @text: @size bytes
 *
 * Returns 0; -EBADMSG: what the file says of it makes no sense, @text says so.
 */
int ward_recipient_needs(const struct ward_recipient *r, char *text, size_t size);

#ifdef __cplusplus
}
#endif

#endif /* LIBWARD_SEAL_H */
