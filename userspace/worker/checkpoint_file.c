// SPDX-License-Identifier: MIT
#include "checkpoint_file.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "../common/regular.h"
#include "cursor.h"
#include "outfile.h"
#include "plan.h"
#include "vault.h"

static const char magic[16] = "WARD-CHECKPOINT";

#define VERSION		1
#define SITE_NAME	64
#define METADATA	"{\"name\":\"ward-train checkpoint\"}"

/* ---- writing ------------------------------------------------------------------ */

struct out {
	struct ward_dataset_writer *writer;
	struct ward_dataset_error error;
	int err;	/* the first */
};

static void put(struct out *out, const void *bytes, size_t len)
{
	if (!out->err && len)
		out->err = ward_dataset_write(out->writer, bytes, len, &out->error);
}

static void put_word(struct out *out, uint64_t word)
{
	put(out, &word, sizeof(word));
}

static void put_head(struct out *out, const struct checkpoint_head *head)
{
	char name[SITE_NAME];
	size_t i;

	put(out, magic, sizeof(magic));
	put_word(out, VERSION);
	put_word(out, head->uid);
	put(out, head->plan, PLAN_DIGEST_LEN);
	put_word(out, head->sites);
	for (i = 0; i < head->sites; i++) {
		memset(name, 0, sizeof(name));
		strncpy(name, head->data[i].name, sizeof(name) - 1);
		put(out, name, sizeof(name));
		put(out, head->data[i].id, sizeof(head->data[i].id));
		put(out, head->data[i].digest, sizeof(head->data[i].digest));
	}
	put_word(out, head->done);
	put_word(out, head->words);
}

/* Plaintext goes from where it lies straight through the cipher. */
static void put_all(struct out *out, const struct checkpoint_head *head, const uint64_t *records,
		    const struct state *state)
{
	size_t i;

	put_head(out, head);
	put(out, records, head->words * sizeof(*records));
	for (i = 0; i < state->parts; i++)
		put(out, state->part[i].at, state->part[i].len);
	if (!out->err)
		out->err = ward_dataset_finish(out->writer, &out->error);
}

static int fail_out(const char *path, const struct out *out, struct failure *failure)
{
	return failed(failure, EXIT_DEVICE, "%s: %s", path,
		      *out->error.text ? out->error.text : strerror(-out->err));
}

int checkpoint_file_write(const char *path, const struct seal *seal,
			  const struct checkpoint_head *head, const uint64_t *records,
			  const struct state *state, struct failure *failure)
{
	struct ward_dataset_params params = {
		.kind = WARD_DATASET_SEALED, .length = WARD_DATASET_UNKNOWN,
		.metadata = METADATA, .metadata_len = sizeof(METADATA) - 1,
		.to = seal->of, .to_count = seal->count,
	};
	struct out out = { 0 };
	struct outfile file;

	if (outfile_begin(&file, path, failure))
		return -1;
	vault_enter();
	out.err = ward_dataset_create(file.fd, NULL, &params, &out.writer, &out.error);
	if (!out.err)
		put_all(&out, head, records, state);
	ward_dataset_writer_free(out.writer);
	vault_leave();
	if (!out.err)
		return outfile_commit(&file, 0600, failure);
	outfile_abort(&file);
	return fail_out(path, &out, failure);
}

/* ---- reading -------------------------------------------------------------------- */

static int fail_open(const char *path, const struct seal *seal, int err,
		     const struct ward_dataset_error *error, struct failure *failure)
{
	enum exit_code exit = EXIT_DAMAGED;

	if (err == -EKEYREJECTED)
		return failed(failure, EXIT_REFUSED, "%s can't be opened here: %s", path,
			      *seal->said ? seal->said :
			      "it was sealed to another machine, guest, user or key");
	if (err == -ENOMEM || err == -EIO)
		exit = EXIT_DEVICE;
	return failed(failure, exit, "%s: %s", path, *error->text ? error->text : strerror(-err));
}

static int read_chunks(const char *path, struct ward_dataset *set, struct memory_block *block,
		       struct failure *failure)
{
	const struct ward_dataset_info *info = ward_dataset_info(set);
	struct ward_dataset_error error = { 0 };
	uint64_t i;

	for (i = 0; i < info->chunks; i++) {
		size_t from = i * info->chunk_size;
		int64_t got = ward_dataset_read_chunk(set, i, block->data + from,
						      block->len - from, &error);

		if (got < 0)
			return failed(failure, got == -EIO ? EXIT_DEVICE : EXIT_DAMAGED, "%s: %s",
				      path, error.text);
	}
	return 0;
}

static int read_set(const char *path, struct ward_dataset *set, struct memory *memory,
		    struct memory_block *block, size_t *len, struct failure *failure)
{
	const struct ward_dataset_info *info = ward_dataset_info(set);
	int err;

	if (info->kind != WARD_DATASET_SEALED || !info->length)
		return failed(failure, EXIT_DAMAGED, "%s: not a checkpoint", path);
	err = memory_get(memory, info->length, "checkpoint", block);
	if (err)
		return failed(failure, EXIT_DEVICE,
			      "%s: no room for its %" PRIu64 " bytes in the budget; raise --budget",
			      path, info->length);
	*len = info->length;
	if (!read_chunks(path, set, block, failure))
		return 1;
	memory_put(memory, block);
	return -1;
}

int checkpoint_file_read(const char *path, struct seal *seal, struct memory *memory,
			 struct memory_block *block, size_t *len, struct failure *failure)
{
	struct ward_dataset_error error = { 0 };
	struct ward_dataset *set = NULL;
	int err, ret, fd = regular_open(path);

	if (fd == -ENOENT)
		return 0;
	if (fd < 0)
		return failed(failure, EXIT_MISUSE, "%s: %s", path, regular_strerror(fd));
	vault_enter();
	err = ward_dataset_open_as(fd, seal_unlock, seal, &set, &error);
	vault_leave();
	ret = err ? fail_open(path, seal, err, &error, failure) :
		    read_set(path, set, memory, block, len, failure);
	ward_dataset_close(set);
	close(fd);
	return ret;
}

/* ---- whose it is ------------------------------------------------------------------ */

static int check_site(const char *path, struct cursor *c, const struct data *data,
		      struct failure *failure)
{
	const uint8_t *name = cursor_take(c, SITE_NAME);
	const uint8_t *id = cursor_take(c, sizeof(data->id));
	const uint8_t *digest = cursor_take(c, sizeof(data->digest));

	if (!cursor_ok(c))
		return failed(failure, EXIT_DAMAGED, "%s: it is cut short", path);
	if (!strncmp((const char *)name, data->name, SITE_NAME) &&
	    !memcmp(id, data->id, sizeof(data->id)) &&
	    !memcmp(digest, data->digest, sizeof(data->digest)))
		return 0;
	return failed(failure, EXIT_REFUSED,
		      "%s: a checkpoint with other data in place of %s; name another file, or remove it to begin anew",
		      path, data->name);
}

static int check_head(const char *path, struct cursor *c, const struct checkpoint_head *head,
		      struct failure *failure)
{
	const uint8_t *word = cursor_take(c, sizeof(magic));
	uint64_t version = cursor_le64(c), uid = cursor_le64(c);
	const uint8_t *plan = cursor_take(c, PLAN_DIGEST_LEN);
	uint64_t sites = cursor_le64(c);

	if (!cursor_ok(c) || memcmp(word, magic, sizeof(magic)))
		return failed(failure, EXIT_DAMAGED, "%s: not a checkpoint of ward-train", path);
	if (version != VERSION)
		return failed(failure, EXIT_DAMAGED,
			      "%s: a checkpoint of version %" PRIu64 ", only %d is known; remove it to begin anew",
			      path, version, VERSION);
	if (uid != head->uid)
		return failed(failure, EXIT_REFUSED, "%s: a checkpoint of uid %" PRIu64 ", not of %"
			      PRIu64, path, uid, head->uid);
	if (memcmp(plan, head->plan, PLAN_DIGEST_LEN))
		return failed(failure, EXIT_REFUSED,
			      "%s: a checkpoint of another plan; name another file, or remove it to begin anew",
			      path);
	if (sites != head->sites)
		return failed(failure, EXIT_REFUSED,
			      "%s: a checkpoint with %" PRIu64 " data sets, not %zu; name another file, or remove it to begin anew",
			      path, sites, head->sites);
	return 0;
}

int checkpoint_file_check(const char *path, const uint8_t *bytes, size_t len,
			  const struct checkpoint_head *head, struct checkpoint_body *body,
			  struct failure *failure)
{
	struct cursor c = cursor_over(bytes, len);
	size_t i;

	if (check_head(path, &c, head, failure))
		return -1;
	for (i = 0; i < head->sites; i++) {
		if (check_site(path, &c, &head->data[i], failure))
			return -1;
	}
	body->done = cursor_le64(&c);
	body->words = cursor_le64(&c);
	if (body->words > SIZE_MAX / sizeof(uint64_t))
		return failed(failure, EXIT_DAMAGED, "%s: it is cut short", path);
	body->records = cursor_take(&c, body->words * sizeof(uint64_t));
	body->state_len = cursor_left(&c);
	body->state = cursor_take(&c, body->state_len);
	return cursor_ok(&c) ? 0 : failed(failure, EXIT_DAMAGED, "%s: it is cut short", path);
}
