// SPDX-License-Identifier: MIT
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <openssl/rand.h>

#include "../common/regular.h"
#include "bench.h"
#include "../lib/table.h"

static int refused(const struct job_data *file, int err, const char *text,
		   struct failure *failure)
{
	enum exit_code exit = err == -EINVAL ? EXIT_MISUSE :
			      err == -EBADMSG ? EXIT_DAMAGED : EXIT_DEVICE;

	return failed(failure, exit, "%s: %s", file->path, text);
}

static int encrypt(int from, int to, const uint8_t *key, const struct ward_dataset_params *params,
		   struct ward_dataset_error *error)
{
	struct ward_dataset_writer *writer;
	int err = ward_dataset_create(to, key, params, &writer, error);

	if (err)
		return err;
	err = ward_dataset_write_from(writer, from, 1, NULL, NULL, error);
	if (!err)
		err = ward_dataset_finish(writer, error);
	ward_dataset_writer_free(writer);
	return err;
}

static int fill(const struct job_data *file, const struct ward_table *table,
		const struct ward_table_spec *spec, int from, int to, uint8_t *key,
		struct failure *failure)
{
	struct ward_dataset_params params = {
		.kind = WARD_DATASET_TABLE, .length = table->bytes, .rows = table->rows,
	};
	struct ward_dataset_error error = { .text = "the random source failed" };
	char *metadata = ward_table_metadata(table, spec, NULL);
	int err = -EIO;

	if (!metadata)
		return refused(file, -EBADMSG, "a column's name is not UTF-8", failure);
	params.metadata = metadata;
	params.metadata_len = strlen(metadata);
	if (RAND_bytes(key, WARD_DATASET_KEY_LEN) == 1 && !lseek(from, 0, SEEK_SET))
		err = encrypt(from, to, key, &params, &error);
	free(metadata);
	return err ? refused(file, err, error.text, failure) : 0;
}

int bench_table(const struct bench_options *options, const struct job_data *file,
		struct data *data, uint8_t *key, struct failure *failure)
{
	struct ward_table_spec spec = {
		.delimiter = options->delimiter, .label = options->label,
		.missing = options->missing,
	};
	struct ward_table_error error = { 0 };
	struct ward_table table;
	int ret, err, fd = regular_open(file->path);

	*data = (struct data){ .name = file->name, .path = file->path, .fd = -1 };
	if (fd < 0)
		return failed(failure, EXIT_MISUSE, "%s: %s", file->path, regular_strerror(fd));
	err = ward_table_check(fd, &spec, &table, &error);
	if (err) {
		close(fd);
		return refused(file, err, error.text, failure);
	}
	data->fd = memfd_create("table", MFD_CLOEXEC);
	ret = data->fd < 0 ? refused(file, -EIO, strerror(errno), failure) :
			     fill(file, &table, &spec, fd, data->fd, key, failure);
	ward_table_clear(&table);
	close(fd);
	return ret ? -1 : data_peek_fd(data, failure);
}
