// SPDX-License-Identifier: MIT
/*
 * Other recipients for a data set, its contents left alone. Two tables stand in the
 * file and the newer whole one counts. First the older is overwritten and synced: a
 * crash leaves either the table of before or this one. Then the other is, so that
 * nobody who was left out stays in the file.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include <openssl/crypto.h>

#include "dataset_private.h"
#include "recipient_private.h"

static int fail(struct ward_dataset_error *err, int rc, const char *what)
{
	return dataset_fail(err, rc, WARD_DATASET_NO_CHUNK, 0, "%s", what);
}

static int edit(struct ward_recipients *r, const struct ward_dataset_info *info,
		const struct unlocked *got, const struct ward_dataset_rekey *change,
		struct ward_dataset_error *err)
{
	uint8_t id_salt[WARD_DATASET_ID_LEN + WARD_DATASET_SALT_LEN];
	int rc = 0;

	memcpy(id_salt, info->id, WARD_DATASET_ID_LEN);
	memcpy(id_salt + WARD_DATASET_ID_LEN, info->salt, WARD_DATASET_SALT_LEN);
	if (change->remove_opener)
		recipients_remove(r, got->id);
	for (size_t i = 0; i < change->remove_count; i++)
		if (recipients_remove(r, change->remove[i]))
			return fail(err, -EINVAL, "a recipient to remove is not there");
	for (size_t i = 0; !rc && i < change->add_count; i++)
		rc = recipients_add(r, &change->add[i], id_salt, got->content);
	if (rc == -EINVAL)
		return fail(err, rc, "a data set has at most 64 recipients");
	if (rc)
		return fail(err, rc, "the cryptographic library failed");
	return r->count ? 0 : fail(err, -EINVAL, "nobody could open it any more");
}

/* Which of the two is in force: its sequence is the one that was read. Or -errno. */
static int slot_in_force(int fd, const struct ward_dataset_info *info, uint8_t *slot)
{
	struct ward_recipients first;
	const char *why;
	int rc = dataset_pread(fd, slot, info->slot_size, info->header_len);

	if (!rc)
		rc = recipients_parse(slot, info->slot_size, info->id, &first, &why);
	if (rc && rc != -EBADMSG)
		return rc;
	return rc || first.sequence != info->recipients->sequence;
}

static int put_slot(int fd, const struct ward_dataset_info *info, const uint8_t *slot, int which)
{
	uint64_t at = info->header_len + (uint64_t)which * info->slot_size;
	int rc = dataset_pwrite(fd, slot, info->slot_size, at);

	return rc ? rc : fdatasync(fd) ? -errno : 0;
}

static int write_both(int fd, const struct ward_dataset_info *info,
		      const struct ward_recipients *r, struct ward_dataset_error *err)
{
	uint8_t *slot = malloc(info->slot_size);
	int in_force, rc;

	if (!slot)
		return fail(err, -ENOMEM, "out of memory");
	in_force = slot_in_force(fd, info, slot);
	rc = in_force < 0 ? in_force : recipients_format(r, info->id, slot, info->slot_size);
	if (rc && rc != -EINVAL)
		dataset_fail(err, rc, WARD_DATASET_NO_CHUNK, info->header_len,
			     "can't make out the recipients: %s", strerror(-rc));
	else if (rc)
		rc = dataset_fail(err, rc, WARD_DATASET_NO_CHUNK, info->header_len,
				  "the recipients don't fit into a table of %" PRIu32 " bytes",
				  info->slot_size);
	else if ((rc = put_slot(fd, info, slot, !in_force)) ||
		 (rc = put_slot(fd, info, slot, in_force)))
		dataset_fail(err, rc, WARD_DATASET_NO_CHUNK, info->header_len,
			     "can't write the recipients: %s", strerror(-rc));
	free(slot);
	return rc;
}

static int rekey(int fd, struct ward_dataset *ds, ward_recipient_unlock *unlock, void *arg,
		 const struct ward_dataset_rekey *change, struct ward_dataset_error *err)
{
	const struct ward_dataset_info *info = ward_dataset_info(ds);
	struct ward_recipients next = *info->recipients;
	struct unlocked got;
	int rc = dataset_unlock(ds, unlock, arg, &got, err);

	if (rc)
		return rc;
	rc = edit(&next, info, &got, change, err);
	OPENSSL_cleanse(&got, sizeof(got));
	if (!rc && next.sequence == UINT64_MAX)
		rc = fail(err, -EBADMSG, "the tables of recipients can't be counted on");
	next.sequence++;
	return rc ? rc : write_both(fd, info, &next, err);
}

int ward_dataset_rekey(int fd, ward_recipient_unlock *unlock, void *arg,
		       const struct ward_dataset_rekey *change,
		       struct ward_dataset_error *err)
{
	struct ward_dataset *ds = NULL;
	int rc;

	if (flock(fd, LOCK_EX | LOCK_NB))
		return fail(err, errno == EWOULDBLOCK ? -EBUSY : -errno,
			    "another changes its recipients: try again");
	rc = ward_dataset_open(fd, NULL, &ds, err) ?: rekey(fd, ds, unlock, arg, change, err);
	ward_dataset_close(ds);
	flock(fd, LOCK_UN);
	return rc;
}
