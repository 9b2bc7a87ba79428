// SPDX-License-Identifier: MIT
/* Encrypted data sets: round trips, and every way in which a file can be wrong. */
#include <errno.h>
#include <fcntl.h>
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
#include "dataset_vector.h"

#define C	WARD_DATASET_CHUNK_MIN
#define HEADER	128
#define SLOT	WARD_DATASET_SLOT_MIN
#define BODY	(HEADER + 2 * SLOT)

static const char meta[] = "{\"name\":\"test\"}";
static const uint8_t key[WARD_DATASET_KEY_LEN] = "0123456789abcdefghijklmnopqrstu";
static const uint8_t other_key[WARD_DATASET_KEY_LEN] = "0123456789abcdefghijklmnopqrstv";

static uint8_t pattern(uint64_t i)
{
	return (uint8_t)(i * 2654435761u >> 13);
}

static uint8_t *plain(size_t len)
{
	uint8_t *p = malloc(len ? len : 1);

	assert_non_null(p);
	for (size_t i = 0; i < len; i++)
		p[i] = pattern(i);
	return p;
}

/* An anonymous file holding a data set; write sizes vary with step. */
static int make(size_t len, uint32_t chunk, const uint8_t *k, size_t step)
{
	struct ward_dataset_params params = {
		.kind = WARD_DATASET_TABLE, .chunk_size = chunk, .length = len, .rows = 7,
		.slot_size = SLOT,
		.metadata = meta, .metadata_len = sizeof(meta) - 1,
	};
	struct ward_dataset_writer *w = NULL;
	uint8_t *p = plain(len);
	int fd = memfd_create("wds", MFD_CLOEXEC);

	assert_true(fd >= 0);
	assert_int_equal(ward_dataset_create(fd, k, &params, &w, NULL), 0);
	for (size_t done = 0; done < len; done += step) {
		size_t n = len - done < step ? len - done : step;

		assert_int_equal(ward_dataset_write(w, p + done, n, NULL), 0);
	}
	assert_int_equal(ward_dataset_finish(w, NULL), 0);
	ward_dataset_writer_free(w);
	free(p);
	return fd;
}

static size_t size_of(int fd)
{
	off_t n = lseek(fd, 0, SEEK_END);

	assert_true(n >= 0);
	return (size_t)n;
}

static uint8_t get(int fd, size_t off)
{
	uint8_t b;

	assert_int_equal(pread(fd, &b, 1, (off_t)off), 1);
	return b;
}

static void put(int fd, size_t off, uint8_t b)
{
	assert_int_equal(pwrite(fd, &b, 1, (off_t)off), 1);
}

static void put_all(int fd, size_t off, const void *data, size_t len)
{
	assert_int_equal(pwrite(fd, data, len, (off_t)off), len);
}

static int64_t read_whole(int fd, const uint8_t *k, struct ward_dataset_error *err)
{
	uint8_t buf[C * 4];
	struct ward_dataset *ds = NULL;
	int64_t total = 0, n = ward_dataset_open(fd, k, &ds, err);

	if (n)
		return n;
	for (uint64_t i = 0; n >= 0 && i < ward_dataset_info(ds)->chunks; i++) {
		n = ward_dataset_read_chunk(ds, i, buf, sizeof(buf), err);
		for (int64_t j = 0; j < n; j++)
			assert_int_equal(buf[j], pattern((uint64_t)(total + j)));
		total += n;
	}
	ward_dataset_close(ds);
	return n < 0 ? n : total;
}

static void test_round_trip(void **state)
{
	static const size_t sizes[] = { 0, 1, 15, 16, 17, C - 1, C, C + 1, 2 * C - 1, 2 * C,
					2 * C + 1, 9 * C + 5 };
	static const size_t steps[] = { 1 << 20, 1000, 16, 7 };

	(void)state;
	for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++)
		for (size_t j = 0; j < sizeof(steps) / sizeof(*steps); j++) {
			int fd = make(sizes[i], C, key, steps[j]);
			size_t chunks = (sizes[i] + C - 1) / C;

			assert_int_equal(size_of(fd), BODY + sizes[i] + 16 * chunks);
			assert_int_equal(read_whole(fd, key, NULL), sizes[i]);
			close(fd);
		}
}

static void test_large_chunks(void **state)
{
	size_t len = (1 << 20) + (300 << 10) + 3;
	uint8_t *buf = malloc(1 << 20);
	struct ward_dataset *ds = NULL;
	int fd = make(len, 1 << 20, key, 99999);

	(void)state;
	assert_non_null(buf);
	assert_int_equal(ward_dataset_open(fd, key, &ds, NULL), 0);
	/* out of order, on purpose */
	assert_int_equal(ward_dataset_read_chunk(ds, 1, buf, 1 << 20, NULL), len - (1 << 20));
	assert_int_equal(buf[0], pattern(1 << 20));
	assert_int_equal(ward_dataset_read_chunk(ds, 0, buf, 1 << 20, NULL), 1 << 20);
	for (size_t i = 0; i < 1 << 20; i++)
		if (buf[i] != pattern(i))
			fail_msg("byte %zu differs", i);
	ward_dataset_close(ds);
	close(fd);
	free(buf);
}

static void test_info_without_key(void **state)
{
	const struct ward_dataset_info *info;
	struct ward_dataset_error err;
	struct ward_dataset *ds = NULL;
	uint8_t buf[C];
	int fd = make(C + 1, C, key, C);

	(void)state;
	assert_int_equal(ward_dataset_open(fd, NULL, &ds, NULL), 0);
	info = ward_dataset_info(ds);
	assert_int_equal(info->version, 2);
	assert_int_equal(info->kind, WARD_DATASET_TABLE);
	assert_int_equal(info->recipients->count, 1);
	assert_int_equal(info->recipients->of[0].type, WARD_RECIPIENT_KEY);
	assert_int_equal(info->header_len, 128);
	assert_int_equal(info->chunk_size, C);
	assert_int_equal(info->length, C + 1);
	assert_int_equal(info->chunks, 2);
	assert_int_equal(info->rows, 7);
	assert_int_equal(info->verified, 0);
	assert_string_equal(info->metadata, meta);
	assert_int_equal(ward_dataset_read_chunk(ds, 0, buf, sizeof(buf), &err), -ENOKEY);
	ward_dataset_close(ds);
	close(fd);
}

static void test_misuse(void **state)
{
	struct ward_dataset *ds = NULL;
	uint8_t buf[C];
	int fd = make(C + 1, C, key, C), pipes[2];

	(void)state;
	assert_int_equal(ward_dataset_open(fd, key, &ds, NULL), 0);
	assert_int_equal(ward_dataset_chunk_len(ds, 0), C);
	assert_int_equal(ward_dataset_chunk_len(ds, 1), 1);
	assert_int_equal(ward_dataset_chunk_len(ds, 2), 0);
	assert_int_equal(ward_dataset_read_chunk(ds, 2, buf, C, NULL), -ERANGE);
	assert_int_equal(ward_dataset_read_chunk(ds, UINT64_MAX, buf, C, NULL), -ERANGE);
	assert_int_equal(ward_dataset_read_chunk(ds, 0, buf, C - 1, NULL), -EMSGSIZE);
	ward_dataset_close(ds);
	close(fd);
	assert_int_equal(pipe(pipes), 0);
	assert_true(ward_dataset_open(pipes[0], key, &ds, NULL) < 0);
	close(pipes[0]);
	close(pipes[1]);
	assert_int_equal(ward_dataset_open(-1, key, &ds, NULL), -EBADF);
}

static void test_every_truncation(void **state)
{
	struct ward_dataset_error err;
	int fd = make(2 * C + 1, C, key, C);
	size_t len = size_of(fd);

	(void)state;
	while (len--) {
		if (len > HEADER && len < BODY && len % 61)
			continue;	/* the tables: one place is as good as the next */
		assert_int_equal(ftruncate(fd, (off_t)len), 0);
		err.text[0] = 0;
		assert_int_equal(read_whole(fd, key, &err), -EBADMSG);
		assert_int_equal(read_whole(fd, NULL, NULL), -EBADMSG);
		assert_int_not_equal(err.text[0], 0);
	}
	close(fd);
}

/* The file grows shorter after it was opened: chunk and offset are named. */
static void test_truncated_while_open(void **state)
{
	struct ward_dataset_error err;
	struct ward_dataset *ds = NULL;
	uint8_t buf[C], zero[C] = { 0 };
	int fd = make(2 * C, C, key, C);

	(void)state;
	assert_int_equal(ward_dataset_open(fd, key, &ds, NULL), 0);
	assert_int_equal(ftruncate(fd, BODY + C + 16 + C), 0);
	memset(buf, 0xaa, sizeof(buf));
	assert_int_equal(ward_dataset_read_chunk(ds, 1, buf, C, &err), -EBADMSG);
	assert_int_equal(err.chunk, 1);
	assert_int_equal(err.offset, BODY + C + 16 + C);
	assert_memory_equal(buf, zero, C);
	ward_dataset_close(ds);
	close(fd);
}

static void test_extended(void **state)
{
	struct ward_dataset_error err;
	int fd = make(C, C, key, C);
	size_t len = size_of(fd);

	(void)state;
	for (size_t more = 1; more < 40; more++) {
		put(fd, len + more - 1, 0);
		assert_int_equal(read_whole(fd, key, &err), -EBADMSG);
		assert_int_equal(err.offset, len);
	}
	close(fd);
}

static void test_every_header_bit(void **state)
{
	int fd = make(C + 1, C, key, C);

	(void)state;
	for (size_t i = 0; i < 128 * 8; i++) {
		uint8_t b = get(fd, i / 8);
		int64_t rc;

		put(fd, i / 8, (uint8_t)(b ^ 1 << i % 8));
		rc = read_whole(fd, key, NULL);
		if (rc != -EBADMSG && rc != -EKEYREJECTED && rc != -ENOTSUP)
			fail_msg("header bit %zu flipped: %lld", i, (long long)rc);
		put(fd, i / 8, b);
	}
	assert_int_equal(read_whole(fd, key, NULL), C + 1);
	close(fd);
}

static void test_every_body_byte(void **state)
{
	struct ward_dataset_error err;
	int fd = make(C + 5, C, key, C);
	size_t len = size_of(fd), second = BODY + C + 16;

	(void)state;
	for (size_t i = BODY; i < len; i++) {
		uint8_t b = get(fd, i);

		put(fd, i, b ^ 0x40);
		assert_int_equal(read_whole(fd, key, &err), -EBADMSG);
		assert_int_equal(err.chunk, i >= second);
		assert_int_equal(err.offset, i >= second ? second : BODY);
		put(fd, i, b);
	}
	close(fd);
}

/* A wrong tag leaves no plaintext behind, and spares what lies beyond the chunk. */
static void test_wiped_on_failure(void **state)
{
	struct ward_dataset *ds = NULL;
	uint8_t buf[C + 8], zero[C] = { 0 };
	int fd = make(C, C, key, C);

	(void)state;
	put(fd, BODY + C, get(fd, BODY + C) ^ 1);
	assert_int_equal(ward_dataset_open(fd, key, &ds, NULL), 0);
	memset(buf, 0xaa, sizeof(buf));
	assert_int_equal(ward_dataset_read_chunk(ds, 0, buf, sizeof(buf), NULL), -EBADMSG);
	assert_memory_equal(buf, zero, C);
	for (size_t i = C; i < sizeof(buf); i++)
		assert_int_equal(buf[i], 0xaa);
	ward_dataset_close(ds);
	close(fd);
}

static void copy_chunk(int from, size_t off_from, int to, size_t off_to)
{
	uint8_t buf[C + 16];

	assert_int_equal(pread(from, buf, sizeof(buf), (off_t)off_from), sizeof(buf));
	assert_int_equal(pwrite(to, buf, sizeof(buf), (off_t)off_to), sizeof(buf));
}

static void test_swapped_chunks(void **state)
{
	struct ward_dataset_error err;
	uint8_t first[C + 16], second[C + 16];
	int fd = make(3 * C, C, key, C);

	(void)state;
	assert_int_equal(pread(fd, first, C + 16, BODY), C + 16);
	assert_int_equal(pread(fd, second, C + 16, BODY + C + 16), C + 16);
	assert_int_equal(pwrite(fd, second, C + 16, BODY), C + 16);
	assert_int_equal(pwrite(fd, first, C + 16, BODY + C + 16), C + 16);
	assert_int_equal(read_whole(fd, key, &err), -EBADMSG);
	assert_int_equal(err.chunk, 0);
	close(fd);
}

/* The same plaintext under the same key in two files: chunks don't fit each other. */
static void test_foreign_chunk(void **state)
{
	struct ward_dataset_error err;
	int a = make(2 * C, C, key, C), b = make(2 * C, C, key, C);

	(void)state;
	copy_chunk(b, BODY + C + 16, a, BODY + C + 16);
	assert_int_equal(read_whole(a, key, &err), -EBADMSG);
	assert_int_equal(err.chunk, 1);
	close(a);
	close(b);
}

static void test_wrong_key(void **state)
{
	struct ward_dataset_error err;
	int fd = make(C, C, key, C);

	(void)state;
	assert_int_equal(read_whole(fd, other_key, &err), -EKEYREJECTED);
	assert_int_equal(err.chunk, WARD_DATASET_NO_CHUNK);
	assert_non_null(strstr(err.text, "key"));
	close(fd);
}

static void test_writer_limits(void **state)
{
	struct ward_dataset_params p = { .length = 3, .metadata = "{}", .metadata_len = 2 };
	struct ward_dataset_writer *w = NULL;
	int fd = memfd_create("wds", MFD_CLOEXEC);
	static char big[WARD_DATASET_HEADER_MAX];

	(void)state;
	assert_int_equal(ward_dataset_create(fd, key, &p, &w, NULL), 0);
	assert_int_equal(ward_dataset_write(w, "ab", 2, NULL), 0);
	assert_int_equal(ward_dataset_finish(w, NULL), -ENODATA);
	assert_int_equal(ward_dataset_write(w, "cd", 2, NULL), -EOVERFLOW);
	ward_dataset_writer_free(w);
	for (uint32_t bad = 1; bad <= 3; bad++) {
		p.chunk_size = bad == 1 ? C / 2 : bad == 2 ? C + 1 : WARD_DATASET_CHUNK_MAX * 2;
		assert_int_equal(ward_dataset_create(fd, key, &p, &w, NULL), -EINVAL);
	}
	p.chunk_size = 0;
	p.length = WARD_DATASET_LENGTH_MAX + 1;
	assert_int_equal(ward_dataset_create(fd, key, &p, &w, NULL), -EINVAL);
	p.length = 0;
	memset(big, ' ', sizeof(big));
	p.metadata = big;
	p.metadata_len = WARD_DATASET_HEADER_MAX - 88 - 16 + 1;
	assert_int_equal(ward_dataset_create(fd, key, &p, &w, NULL), -EINVAL);
	p.metadata_len--;
	assert_int_equal(ward_dataset_create(fd, key, &p, &w, NULL), 0);
	ward_dataset_writer_free(w);
	close(fd);
	fd = open("/dev/full", O_WRONLY);
	assert_int_equal(ward_dataset_create(fd, key, &p, &w, NULL), -ENOSPC);
	close(fd);
}

/* Written by an independent implementation from the text of the format. */
static void test_known_answer(void **state)
{
	struct ward_dataset *ds = NULL;
	uint8_t buf[C];
	int fd = memfd_create("wds", MFD_CLOEXEC);

	(void)state;
	put_all(fd, 0, vector_head, sizeof(vector_head));
	put_all(fd, sizeof(vector_head), vector_table, sizeof(vector_table));
	put_all(fd, sizeof(vector_head) + SLOT, vector_table, sizeof(vector_table));
	put_all(fd, sizeof(vector_head) + 2 * SLOT, vector_body, sizeof(vector_body));
	assert_int_equal(ward_dataset_open(fd, vector_key, &ds, NULL), 0);
	assert_int_equal(ward_dataset_info(ds)->rows, 2);
	assert_int_equal(ward_dataset_read_chunk(ds, 0, buf, sizeof(buf), NULL),
			 sizeof(vector_plain) - 1);
	assert_memory_equal(buf, vector_plain, sizeof(vector_plain) - 1);
	ward_dataset_close(ds);
	close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_large_chunks),
		cmocka_unit_test(test_info_without_key),
		cmocka_unit_test(test_misuse),
		cmocka_unit_test(test_every_truncation),
		cmocka_unit_test(test_truncated_while_open),
		cmocka_unit_test(test_extended),
		cmocka_unit_test(test_every_header_bit),
		cmocka_unit_test(test_every_body_byte),
		cmocka_unit_test(test_wiped_on_failure),
		cmocka_unit_test(test_swapped_chunks),
		cmocka_unit_test(test_foreign_chunk),
		cmocka_unit_test(test_wrong_key),
		cmocka_unit_test(test_writer_limits),
		cmocka_unit_test(test_known_answer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
