/* SPDX-License-Identifier: MIT */
/* The work of `wardctl dataset`: from descriptor to descriptor, no names. */
#ifndef WARDCTL_DATASET_OPS_H
#define WARDCTL_DATASET_OPS_H

#include "dataset.h"
#include "progress.h"

/**
 * dataset_encrypt - encrypt a file from its start to its end
 * @in: plaintext; must hold exactly params->length bytes
 * @out: where to write
 * @id: the new data set's id, WARD_DATASET_ID_LEN bytes (out)
 * Returns 0 or -errno with *err filled.
 */
int dataset_encrypt(int in, int out, const uint8_t *key, const struct ward_dataset_params *params,
		    uint8_t *id, struct progress *p, struct ward_dataset_error *err);

/**
 * dataset_decrypt - decrypt all chunks in order
 * @out: where to write the plaintext; -1 = nowhere, only check
 */
int dataset_decrypt(struct ward_dataset *ds, int out, struct progress *p,
		    struct ward_dataset_error *err);

/** dataset_rekey - write the same data set, id and metadata, under another key */
int dataset_rekey(struct ward_dataset *ds, int out, const uint8_t *key, struct progress *p,
		  struct ward_dataset_error *err);

#endif /* WARDCTL_DATASET_OPS_H */
