// SPDX-License-Identifier: MIT
#include "data.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "../common/regular.h"
#include "scrub.h"
#include "vault.h"

static int fail_dataset(const struct data *data, int err,
			const struct ward_dataset_error *error, struct failure *failure)
{
	enum exit_code exit = EXIT_DAMAGED;

	/* what the file cannot be blamed for */
	if (err == -ENOMEM || err == -EIO || err == -EKEYREVOKED || err == -EKEYEXPIRED ||
	    err == -EDQUOT || err == -EOWNERDEAD || err == -ESHUTDOWN)
		exit = EXIT_DEVICE;
	return failed(failure, exit, "%s (%s): %s", data->name, data->path,
		      error->text[0] ? error->text : strerror(-err));
}

static int take_header(struct data *data, struct failure *failure)
{
	const struct ward_dataset_info *info = ward_dataset_info(data->set);

	memcpy(data->id, info->id, sizeof(data->id));
	data->chunk_bytes = info->chunk_size;
	data->chunks = info->chunks;
	data->rows = info->rows;
	if (!info->rows)
		return failed(failure, EXIT_DAMAGED, "%s (%s): the data set is not a table",
			      data->name, data->path);
	return 0;
}

int data_peek(struct data *data, struct failure *failure)
{
	data->fd = regular_open(data->path);
	if (data->fd < 0)
		return failed(failure, EXIT_MISUSE, "%s (%s): %s", data->name, data->path,
			      regular_strerror(data->fd));
	return data_peek_fd(data, failure);
}

int data_peek_fd(struct data *data, struct failure *failure)
{
	struct ward_dataset_error error = { 0 };
	int err;

	err = ward_dataset_open(data->fd, NULL, &data->set, &error);
	if (err)
		return fail_dataset(data, err, &error, failure);
	err = take_header(data, failure);
	ward_dataset_close(data->set);
	data->set = NULL;
	return err;
}

static int write_zeros(int fd)
{
	static const uint8_t no_key[WARD_DATASET_KEY_LEN];
	static const struct ward_dataset_params params = {
		.kind = WARD_DATASET_BYTES, .length = 1, .metadata = "{}", .metadata_len = 2,
	};
	struct ward_dataset_writer *writer;
	int err = ward_dataset_create(fd, no_key, &params, &writer, NULL);

	if (err)
		return err;
	err = ward_dataset_write(writer, no_key, 1, NULL);
	if (!err)
		err = ward_dataset_finish(writer, NULL);
	ward_dataset_writer_free(writer);
	return err;
}

void data_warm_up(void)
{
	static const uint8_t no_key[WARD_DATASET_KEY_LEN];
	int fd = memfd_create("warm-up", MFD_CLOEXEC);
	struct ward_dataset *set;
	uint8_t byte;

	if (fd < 0)
		return;
	if (!write_zeros(fd) && !ward_dataset_open(fd, no_key, &set, NULL)) {
		(void)ward_dataset_read_chunk(set, 0, &byte, 1, NULL);
		ward_dataset_close(set);
	}
	close(fd);
}

/* Opened: is it what was peeked at? */
static int same_header(struct data *data, struct failure *failure)
{
	size_t chunk_bytes = data->chunk_bytes;
	uint8_t id[WARD_DATASET_ID_LEN];

	memcpy(id, data->id, sizeof(id));
	if (take_header(data, failure))
		return -1;
	if (ward_dataset_digest(data->set, data->digest))
		return failed(failure, EXIT_DEVICE, "%s (%s): the cryptographic library failed",
			      data->name, data->path);
	if (memcmp(id, data->id, sizeof(id)) || chunk_bytes != data->chunk_bytes)
		return failed(failure, EXIT_DAMAGED, "%s (%s): the file changed while it was read",
			      data->name, data->path);
	return 0;
}

int data_open(struct data *data, const uint8_t *key, struct failure *failure)
{
	struct ward_dataset_error error = { 0 };
	int err;

	vault_enter();
	err = ward_dataset_open(data->fd, key, &data->set, &error);
	vault_leave();
	scrub_stack();
	return err ? fail_dataset(data, err, &error, failure) : same_header(data, failure);
}

int data_open_kernel(struct data *data, struct ward_key *key, struct ward_buffer *buffer,
		     struct failure *failure)
{
	struct ward_dataset_error error = { 0 };
	int err = ward_dataset_open_kernel(data->fd, key, buffer, &data->set, &error);

	data->by_kernel = !err;
	return err ? fail_dataset(data, err, &error, failure) : same_header(data, failure);
}

/* Return: text, or NULL where there is none; -1 in *bad where it is no text. */
static const char *text_of(const struct data *data, const char *member, int *bad)
{
	json_t *value = json_object_get(data->metadata, member);

	if (value && !json_is_string(value))
		*bad = -1;
	return json_string_value(value);
}

static int read_columns(struct data *data, struct site *site)
{
	json_t *columns = json_object_get(data->metadata, "columns"), *column;
	size_t i;

	if (!json_is_array(columns) || !json_array_size(columns))
		return -1;
	data->columns = calloc(json_array_size(columns), sizeof(*data->columns));
	if (!data->columns)
		return -1;
	json_array_foreach(columns, i, column) {
		data->columns[i] = json_string_value(column);
		if (!data->columns[i])
			return -1;
	}
	site->table.columns = json_array_size(columns);
	site->table.names = data->columns;
	return 0;
}

static int read_metadata(struct data *data, struct site *site)
{
	const struct ward_dataset_info *info = ward_dataset_info(data->set);
	const char *delimiter;
	int bad = 0;

	data->metadata = json_loadb(info->metadata, info->metadata_len,
				    JSON_REJECT_DUPLICATES, NULL);
	if (!json_is_object(data->metadata) || read_columns(data, site))
		return -1;
	delimiter = text_of(data, "delimiter", &bad);
	if (delimiter && (strlen(delimiter) != 1 || !strchr(",;\t", *delimiter)))
		return -1;
	site->table.delimiter = delimiter ? *delimiter : ',';
	site->table.missing = text_of(data, "missing", &bad);
	site->table.header = json_is_true(json_object_get(data->metadata, "header"));
	site->label = text_of(data, "label", &bad);
	return bad;
}

static int open_chunk(void *arg, uint64_t chunk, uint8_t *out, size_t *len,
		      struct failure *failure)
{
	struct data *data = arg;
	struct ward_dataset_error error = { 0 };
	int64_t got;

	got = ward_dataset_read_chunk(data->set, chunk, out, data->chunk_bytes, &error);
	if (got < 0)
		return fail_dataset(data, (int)got, &error, failure);
	*len = (size_t)got;
	return 0;
}

static int open_chunk_into(void *arg, uint64_t chunk, void *handle, size_t *len,
			   struct failure *failure)
{
	struct data *data = arg;
	struct ward_dataset_error error = { 0 };
	int64_t got = ward_dataset_read_chunk_into(data->set, chunk, handle, 0, &error);

	if (got < 0)
		return fail_dataset(data, (int)got, &error, failure);
	*len = (size_t)got;
	return 0;
}

int data_site(struct data *data, unsigned int index, struct site *site,
	      struct failure *failure)
{
	*site = (struct site){
		.index = index, .name = data->name, .expected = data->rows,
		.table = { .name = data->name },
		.source = { .chunks = data->chunks, .chunk_bytes = data->chunk_bytes,
			    .open = open_chunk,
			    .open_into = data->by_kernel ? open_chunk_into : NULL,
			    .arg = data },
	};
	if (read_metadata(data, site))
		return failed(failure, EXIT_DAMAGED,
			      "%s (%s): the metadata is not that of a table: columns, label, missing, delimiter, header",
			      data->name, data->path);
	return 0;
}

void data_close(struct data *data)
{
	if (data->path && data->fd >= 0)
		close(data->fd);
	ward_dataset_close(data->set);
	json_decref(data->metadata);
	free(data->columns);
	data->fd = -1;
	data->set = NULL;
	data->metadata = NULL;
	data->columns = NULL;
}
