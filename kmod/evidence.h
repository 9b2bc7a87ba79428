/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Evidence: what a TEE signs over claims, where it comes from, and the tree that
 * lets one call serve many. Ground floor; only claims.c, request.c, attest.c,
 * control.c and main.c above deal in it.
 */
#ifndef WARD_EVIDENCE_H
#define WARD_EVIDENCE_H

#include <linux/types.h>
#include <linux/ward.h>

/* ---- merkle.c ----------------------------------------------------------- */

void ward_merkle_leaf(const struct ward_claims *claims, u8 *leaf);
/* Root over @n leaves of 64 bytes; RFC 9162 section 2.1.1. */
void ward_merkle_root(const u8 (*leaves)[WARD_DIGEST_LEN], unsigned int n, u8 *root);
/* Path of leaf @index, nodes from the leaf upwards; returns their number. */
unsigned int ward_merkle_path(const u8 (*leaves)[WARD_DIGEST_LEN], unsigned int n,
			      unsigned int index, u8 (*path)[WARD_DIGEST_LEN]);
void ward_merkle_report_data(const u8 *root, u8 *report_data);

/* ---- provider_tsm.c: evidence by way of configfs-tsm --------------------- */

/* What a provider returned; all of it kvmalloc'ed and owned by the holder. */
struct ward_evidence {
	u8 *data;
	u8 *aux;
	u8 *manifest;
	size_t data_len;
	size_t aux_len;
	size_t manifest_len;
	u64 generation;
	u32 tee;
	char provider[WARD_LABEL_LEN];
};

/**
 * struct ward_provider_ops - a source of evidence
 * @name: of the kind of provider, for people
 * @get: one call of the hardware over @report_data (64 bytes). Process
 *	context, may sleep for long; called by one thread at a time
 * @peek: name of what is attached into @name (WARD_LABEL_LEN) and its last
 *	generation; -ENODEV when nothing is
 */
struct ward_provider_ops {
	const char *name;
	int (*get)(const u8 *report_data, struct ward_evidence *out);
	int (*peek)(char *name, u64 *generation);
};

extern const struct ward_provider_ops ward_tsm_ops;
/* WARD_TEE_* that a provider's name stands for, WARD_TEE_NONE for others. */
u32 ward_tsm_tee(const char *provider);
int ward_tsm_init(void);
void ward_tsm_exit(void);
void ward_evidence_free(struct ward_evidence *ev);

#endif /* WARD_EVIDENCE_H */
