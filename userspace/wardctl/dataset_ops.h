/* SPDX-License-Identifier: MIT */
/* The work of `wardctl dataset`: from descriptor to descriptor, no names. */
#ifndef WARDCTL_DATASET_OPS_H
#define WARDCTL_DATASET_OPS_H

#include "dataset.h"
#include "progress.h"

/**
 * dataset_encrypt - encrypt a file from its start to its end
 * @in: plaintext, from where it stands; exactly params->length bytes, if that is known
 * @out: where to write
 * @threads: as of ward_dataset_write_from()
 * @id: the new data set's id, WARD_DATASET_ID_LEN bytes (out)
 * Returns 0 or -errno with *err filled.
 */
int dataset_encrypt(int in, int out, const struct ward_dataset_params *params, uint8_t *id,
		    unsigned int threads, struct progress *p, struct ward_dataset_error *err);

/**
 * dataset_decrypt - decrypt all chunks
 * @out: where to write the plaintext; -1 = nowhere, only check
 */
int dataset_decrypt(struct ward_dataset *ds, int out, unsigned int threads, struct progress *p,
		    struct ward_dataset_error *err);

/** dataset_rekey - write the same data set, id and metadata, for others, under another key */
int dataset_rekey(struct ward_dataset *ds, int out, const struct ward_recipient_key *to,
		  size_t count, struct progress *p, struct ward_dataset_error *err);

#endif /* WARDCTL_DATASET_OPS_H */
