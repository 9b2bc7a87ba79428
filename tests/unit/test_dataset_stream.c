// SPDX-License-Identifier: MIT
/* Whole data sets by several threads: the same bytes as by one, and the first error. */
#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "dataset.h"

#define C	WARD_DATASET_CHUNK_MIN
#define BODY	(128 + 2 * WARD_DATASET_SLOT_MIN)

static const uint8_t key[WARD_DATASET_KEY_LEN] = "a key of a stream's own.......";

static uint8_t pattern(uint64_t i)
{
	return (uint8_t)(i * 2654435761u >> 11);
}

static int filled(size_t len)
{
	uint8_t *p = malloc(len + 1);
	int fd = memfd_create("plain", MFD_CLOEXEC);

	for (size_t i = 0; i < len; i++)
		p[i] = pattern(i);
	assert_int_equal(pwrite(fd, p, len, 0), len);
	free(p);
	return fd;
}

static void count(void *arg, uint64_t bytes)
{
	*(uint64_t *)arg += bytes;
}

static int encrypt(int in, uint64_t length, uint32_t chunk, unsigned int threads, int out)
{
	struct ward_dataset_params p = { .kind = WARD_DATASET_SEALED, .chunk_size = chunk,
					 .slot_size = WARD_DATASET_SLOT_MIN, .length = length,
					 .metadata = "{}", .metadata_len = 2 };
	struct ward_dataset_writer *w = NULL;
	uint64_t told = 0;
	int rc;

	assert_int_equal(ward_dataset_create(out, key, &p, &w, NULL), 0);
	rc = ward_dataset_write_from(w, in, threads, count, &told, NULL);
	if (!rc) {
		assert_int_equal(told, ward_dataset_writer_length(w));
		assert_int_equal(ward_dataset_write_from(w, in, 1, NULL, NULL, NULL), -EINVAL);
		rc = ward_dataset_finish(w, NULL);
	}
	ward_dataset_writer_free(w);
	return rc;
}

static void whole(int fd, size_t len)
{
	uint8_t *p = malloc(len + 2);

	assert_int_equal(pread(fd, p, len + 1, 0), len);
	for (size_t i = 0; i < len; i++)
		if (p[i] != pattern(i))
			fail_msg("byte %zu differs", i);
	free(p);
}

static int decrypt(int fd, int out, unsigned int threads, struct ward_dataset_error *err)
{
	struct ward_dataset *ds = NULL;
	int rc = ward_dataset_open(fd, key, &ds, err);

	rc = rc ?: ward_dataset_read_to(ds, out, threads, NULL, NULL, err);
	ward_dataset_close(ds);
	return rc;
}

static void test_round_trips(void **state)
{
	static const size_t sizes[] = { 0, 1, C - 1, C, C + 1, 262143, 262144, 262145, 524288,
					3 * 262144 + 5, 9 * 262144 + 4096 };
	static const unsigned int threads[] = { 1, 2, 7, 0 };

	(void)state;
	for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++)
		for (size_t j = 0; j < 4; j++) {
			int in = filled(sizes[i]), out = memfd_create("o", 0), fd = memfd_create("d", 0);

			assert_int_equal(lseek(in, 0, SEEK_SET), 0);
			assert_int_equal(encrypt(in, sizes[i], j & 1 ? C : 65536, threads[j], fd), 0);
			assert_int_equal(decrypt(fd, out, threads[3 - j], NULL), 0);
			whole(out, sizes[i]);
			assert_int_equal(decrypt(fd, -1, threads[j], NULL), 0);
			close(in);
			close(out);
			close(fd);
		}
}

static void *pour(void *arg)
{
	const int *ends = arg;
	uint8_t piece[777];

	for (uint64_t at = 0; at < 1000000; at += sizeof(piece)) {
		size_t n = 1000000 - at < sizeof(piece) ? 1000000 - at : sizeof(piece);

		for (size_t i = 0; i < n; i++)
			piece[i] = pattern(at + i);
		if (write(ends[1], piece, n) != (ssize_t)n)
			break;
	}
	close(ends[1]);
	return NULL;
}

static void test_pipe(void **state)
{
	int ends[2], fd = memfd_create("d", 0), out = memfd_create("o", 0);
	pthread_t writer;

	(void)state;
	assert_int_equal(pipe(ends), 0);
	assert_int_equal(pthread_create(&writer, NULL, pour, ends), 0);
	assert_int_equal(encrypt(ends[0], WARD_DATASET_UNKNOWN, C, 3, fd), 0);
	pthread_join(writer, NULL);
	assert_int_equal(decrypt(fd, out, 2, NULL), 0);
	whole(out, 1000000);
	close(ends[0]);
	close(fd);
	close(out);
}

/* Of several that are wrong the first is named, whichever thread met which. */
static void test_first_error(void **state)
{
	struct ward_dataset_error err;
	size_t len = 8 * 262144;
	int in = filled(len), fd = memfd_create("d", 0);

	(void)state;
	assert_int_equal(encrypt(in, len, C, 2, fd), 0);
	for (uint64_t chunk = 3; chunk < len / C; chunk += 40)
		assert_int_equal(pwrite(fd, "!!!!!!!!", 8, (off_t)(BODY + chunk * (C + 16))), 8);
	for (unsigned int threads = 1; threads < 5; threads++) {
		assert_int_equal(decrypt(fd, -1, threads, &err), -EBADMSG);
		assert_int_equal(err.chunk, 3);
		assert_int_equal(err.offset, BODY + 3 * (C + 16));
	}
	close(in);
	close(fd);
}

static void test_lengths(void **state)
{
	int in = filled(600000), fd = memfd_create("d", 0);

	(void)state;
	assert_int_equal(encrypt(in, 599999, C, 2, fd), -EOVERFLOW);
	assert_int_equal(lseek(in, 0, SEEK_SET), 0);
	assert_int_equal(encrypt(in, 600001, C, 2, fd), -ENODATA);
	assert_int_equal(encrypt(-1, 5, C, 2, fd), -EBADF);
	assert_int_equal(decrypt(in, -1, 2, NULL), -EBADMSG);
	close(in);
	close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_round_trips),
		cmocka_unit_test(test_pipe),
		cmocka_unit_test(test_first_error),
		cmocka_unit_test(test_lengths),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
