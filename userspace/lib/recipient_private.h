/* SPDX-License-Identifier: MIT */
/* Tables of recipients as they stand in a data set: doc/formats.md, section 6. */
#ifndef WARD_RECIPIENT_PRIVATE_H
#define WARD_RECIPIENT_PRIVATE_H

#include "recipient.h"

/**
 * recipient_unwrap - the content key out of its wrap
 * @id_salt: data-set id and salt
 * Returns 0; -EKEYREJECTED: another secret or a changed wrap; -EIO.
 */
int recipient_unwrap(const uint8_t *secret, const uint8_t *id_salt,
		     const uint8_t wrap[WARD_RECIPIENT_WRAP_LEN], uint8_t *content);

/**
 * recipients_add - wrap @content for @key; one of the same id is replaced
 * @key: outlives @r, which points into it
 * Returns 0; -EINVAL: the table is full; -EIO.
 */
int recipients_add(struct ward_recipients *r, const struct ward_recipient_key *key,
		   const uint8_t *id_salt, const uint8_t *content);

/** recipients_remove - the one of that id; 0, or -ENOENT */
int recipients_remove(struct ward_recipients *r, const uint8_t *id);

/**
 * recipients_parse - a table out of its slot
 * @slot: @size bytes; what @out points to
 * @id: of the data set
 * Returns 0; -EBADMSG with *why: not whole, not this data set's, or against the format;
 * -ENOMEM with *why: nobody knows.
 */
int recipients_parse(const uint8_t *slot, size_t size, const uint8_t *id,
		     struct ward_recipients *out, const char **why);

/** recipients_format - the reverse; 0, or -EINVAL: it doesn't fit, @slot is undefined then */
int recipients_format(const struct ward_recipients *r, const uint8_t *id, uint8_t *slot,
		      size_t size);

#endif /* WARD_RECIPIENT_PRIVATE_H */
