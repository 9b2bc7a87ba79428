/* SPDX-License-Identifier: MIT */
/* What the files of sealing share: doc/formats.md, section 6, types 3 and 4. */
#ifndef WARD_SEAL_PRIVATE_H
#define WARD_SEAL_PRIVATE_H

#include "libward_seal.h"
#include "recipient.h"
#include "sys.h"

#define SEAL_VERSION		1
#define SEAL_NAME_LEN		WARD_SEAL_NAME_LEN
#define SEAL_DIGEST_MAX		48
#define SEAL_SNP_HOW_LEN	64
#define SEAL_SNP_SALT_LEN	32
#define SEAL_TPM_AUTH		1u	/* flag: an auth value is asked for */

/**
 * struct seal_tpm_how - *how* of type 3
 * @parent: name of the primary key
 * @values: of the PCRs, in order of their numbers, seal_digest_len() bytes each
 * @public, @private: the object, as the TPM marshals TPM2B_PUBLIC and TPM2B_PRIVATE
 */
struct seal_tpm_how {
	uint16_t flags;
	uint16_t bank;
	uint32_t pcrs;
	const uint8_t *parent;
	const uint8_t *values;
	const uint8_t *public;
	size_t public_len;
	const uint8_t *private;
	size_t private_len;
};

/** struct seal_snp_how - *how* of type 4 */
struct seal_snp_how {
	uint16_t bind;
	uint32_t root;
	uint64_t fields;
	uint32_t vmpl;
	uint32_t svn;
	uint64_t tcb;
	uint8_t salt[SEAL_SNP_SALT_LEN];
};

/** seal_digest_len - of a bank's values; 0: an unknown bank */
size_t seal_digest_len(uint16_t bank);
size_t seal_pcr_count(uint32_t pcrs);

/** seal_tpm_parse - views into @how; 0 or -EBADMSG with *why */
int seal_tpm_parse(const uint8_t *how, size_t len, struct seal_tpm_how *out, const char **why);

/** seal_tpm_format - the reverse; its length, or 0: it doesn't fit */
size_t seal_tpm_format(const struct seal_tpm_how *t, uint8_t *how, size_t room);

int seal_snp_parse(const uint8_t *how, size_t len, struct seal_snp_how *out, const char **why);
void seal_snp_format(const struct seal_snp_how *s, uint8_t how[SEAL_SNP_HOW_LEN]);

/** seal_pcr_words - "0,2,4,7" */
void seal_pcr_words(uint32_t pcrs, char *text, size_t size);

/**
 * struct seal_identity - what the calling process is; zeroes where it was not asked
 * @cgroup: SHA-256 of its path; @module: of ward.ko's build id
 */
struct seal_identity {
	uint32_t uid;
	uint8_t cgroup[32];
	uint8_t module[32];
};

/** seal_identity_read - those of @bind; 0 or -errno, with @said */
int seal_identity_read(uint32_t bind, struct seal_identity *id, char said[WARD_SEAL_SAID]);

/** seal_snp_make, seal_snp_unlock - on a double's system calls too, for a given process */
int seal_snp_make(const struct ward_sys *sys, const struct seal_identity *id,
		  struct ward_recipient_key *r, struct ward_seal_snp *snp);
int seal_snp_unlock(const struct ward_sys *sys, const struct seal_identity *id,
		    struct ward_seal_snp *snp, const struct ward_recipient *r, uint8_t *secret);

/** seal_say - fill @said and return @rc */
int seal_say(char said[WARD_SEAL_SAID], int rc, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

#endif /* WARD_SEAL_PRIVATE_H */
