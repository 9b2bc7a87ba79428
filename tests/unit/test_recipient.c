// SPDX-License-Identifier: MIT
/* Who may open a data set: several, others later, and what a crash or a stranger leaves. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>
#include <openssl/crypto.h>

#include "dataset.h"
#include "hpke.h"
#include "recipient_private.h"

#define SLOT	WARD_DATASET_SLOT_MIN
#define HEADER	128

static const uint8_t key_a[32] = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
static const uint8_t key_b[32] = "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb";
static const char plain[] = "what only recipients read";

static int make(const struct ward_recipient_key *to, size_t count)
{
	struct ward_dataset_params p = {
		.slot_size = SLOT, .length = WARD_DATASET_UNKNOWN, .metadata = "{}",
		.metadata_len = 2, .to = to, .to_count = count,
	};
	struct ward_dataset_writer *w = NULL;
	int fd = memfd_create("wds", MFD_CLOEXEC);

	assert_int_equal(ward_dataset_create(fd, key_a, &p, &w, NULL), 0);
	assert_int_equal(ward_dataset_write(w, plain, sizeof(plain), NULL), 0);
	assert_int_equal(ward_dataset_writer_length(w), sizeof(plain));
	assert_int_equal(ward_dataset_finish(w, NULL), 0);
	ward_dataset_writer_free(w);
	return fd;
}

static int opens(int fd, ward_recipient_unlock *unlock, const uint8_t *secret)
{
	struct ward_dataset *ds = NULL;
	char got[4096];
	int rc = ward_dataset_open_as(fd, unlock, (void *)secret, &ds, NULL);

	if (rc)
		return rc;
	assert_int_equal(ward_dataset_read_chunk(ds, 0, got, sizeof(got), NULL), sizeof(plain));
	assert_memory_equal(got, plain, sizeof(plain));
	ward_dataset_close(ds);
	return 0;
}

static int opens_key(int fd, const uint8_t *key)
{
	return opens(fd, ward_recipient_unlock_key, key);
}

static int rekey(int fd, const uint8_t *opener, const struct ward_dataset_rekey *change)
{
	return ward_dataset_rekey(fd, ward_recipient_unlock_key, (void *)opener, change, NULL);
}

static void test_several(void **state)
{
	uint8_t private_key[32], public_key[32], other[32];
	struct ward_recipient_key to[2];
	int fd;

	(void)state;
	assert_int_equal(hpke_pair(private_key, public_key), 0);
	assert_int_equal(hpke_pair(other, other), 0);
	assert_int_equal(ward_recipient_x25519(&to[0], public_key), 0);
	assert_int_equal(ward_recipient_key(&to[1], key_b, "hospital/dataset/b"), 0);
	fd = make(to, 2);
	assert_int_equal(opens_key(fd, key_a), 0);
	assert_int_equal(opens_key(fd, key_b), 0);
	assert_int_equal(opens(fd, ward_recipient_unlock_x25519, private_key), 0);
	assert_int_equal(opens(fd, ward_recipient_unlock_x25519, other), -EKEYREJECTED);
	assert_int_equal(opens(fd, ward_recipient_unlock_x25519, key_a), -EKEYREJECTED);
	assert_int_equal(opens_key(fd, private_key), -EKEYREJECTED);
	close(fd);
}

static void test_exchange(void **state)
{
	struct ward_recipient_key to;
	struct ward_dataset_rekey change = { .add = &to, .add_count = 1, .remove_opener = 1 };
	int fd = make(NULL, 0);

	(void)state;
	assert_int_equal(ward_recipient_key(&to, key_b, NULL), 0);
	assert_int_equal(rekey(fd, key_b, &change), -EKEYREJECTED);
	assert_int_equal(rekey(fd, key_a, &change), 0);
	assert_int_equal(opens_key(fd, key_b), 0);
	assert_int_equal(opens_key(fd, key_a), -EKEYREJECTED);
	change.add_count = 0;
	assert_int_equal(rekey(fd, key_b, &change), -EINVAL);
	assert_int_equal(opens_key(fd, key_b), 0);
	close(fd);
}

/* One that is there already takes its own place, and 64 are the most. */
static void test_full(void **state)
{
	struct ward_recipient_key *to = calloc(WARD_RECIPIENTS_MAX, sizeof(*to));
	struct ward_dataset_rekey change = { .add = to };
	uint8_t key[32] = { 0 };
	int fd = make(NULL, 0);

	(void)state;
	assert_non_null(to);
	for (size_t i = 0; i < WARD_RECIPIENTS_MAX; i++) {
		key[0] = (uint8_t)i;
		assert_int_equal(ward_recipient_key(&to[i], key, NULL), 0);
	}
	change.add_count = 50;
	assert_int_equal(rekey(fd, key_a, &change), 0);
	assert_int_equal(rekey(fd, key_a, &change), 0);
	change.add_count = WARD_RECIPIENTS_MAX;
	assert_int_equal(rekey(fd, key_a, &change), -EINVAL);
	assert_int_equal(opens_key(fd, key_a), 0);
	memset(to[0].how, 'x', sizeof(to[0].how));
	to[0].how_len = 4000;
	change.add_count = 1;
	assert_int_equal(rekey(fd, key_a, &change), -EINVAL);
	assert_int_equal(opens_key(fd, key_a), 0);
	free(to);
	close(fd);
}

static void copy(uint8_t *image, size_t len, int fd)
{
	assert_int_equal(pread(fd, image, len, 0), len);
}

/*
 * The two tables are written one after the other. Whatever part of a write came to
 * disk, one of the two that should is open to its key, and it is never neither.
 */
static void test_every_crash(void **state)
{
	struct ward_recipient_key to;
	const struct ward_dataset_rekey change = { .add = &to, .add_count = 1, .remove_opener = 1 };
	int fd = make(NULL, 0), torn = memfd_create("torn", MFD_CLOEXEC);
	static uint8_t old[HEADER + 2 * SLOT + 64], new[sizeof(old)], image[sizeof(old)];
	size_t len = (size_t)lseek(fd, 0, SEEK_END), at;

	(void)state;
	assert_true(len <= sizeof(old));
	copy(old, len, fd);
	assert_int_equal(ward_recipient_key(&to, key_b, NULL), 0);
	assert_int_equal(rekey(fd, key_a, &change), 0);
	copy(new, len, fd);
	/* The first table was in force: the second is written first, then the first. */
	for (size_t step = 0; step < 2 * 200; step++) {
		int second = step < 200;
		size_t done = step % 200;

		memcpy(image, old, len);
		at = HEADER + (second ? SLOT : 0);
		if (!second)
			memcpy(image + HEADER + SLOT, new + HEADER + SLOT, SLOT);
		memcpy(image + at, new + at, done);
		assert_int_equal(pwrite(torn, image, len, 0), len);
		assert_int_equal(opens_key(torn, key_a) + opens_key(torn, key_b), -EKEYREJECTED);
		if (!second)
			assert_int_equal(opens_key(torn, key_b), 0);
	}
	close(torn);
	close(fd);
}

/*
 * OpenSSL's n-th allocation from now on fails, where it is not 0. It is told before the
 * first one, or it wouldn't listen.
 */
static unsigned long fail_at;

static void *maybe_realloc(void *old, size_t len, const char *file, int line)
{
	(void)file;
	(void)line;
	if (fail_at && !--fail_at)
		return NULL;
	return realloc(old, len);
}

static void *maybe_malloc(size_t len, const char *file, int line)
{
	return maybe_realloc(NULL, len, file, line);
}

static void free_it(void *old, const char *file, int line)
{
	(void)file;
	(void)line;
	free(old);
}

/*
 * A crash left the new table beside the old one. Whoever was left out stays out, though
 * memory doesn't suffice to see that the new table is whole.
 */
static void test_no_memory_opens_no_old_table(void **state)
{
	struct ward_recipient_key to;
	const struct ward_dataset_rekey change = { .add = &to, .add_count = 1, .remove_opener = 1 };
	int fd = make(NULL, 0), rc;
	static uint8_t old[HEADER + 2 * SLOT + 64];
	size_t len = (size_t)lseek(fd, 0, SEEK_END);
	unsigned long n, refused = 0;

	(void)state;
	copy(old, len, fd);
	assert_int_equal(ward_recipient_key(&to, key_b, NULL), 0);
	assert_int_equal(rekey(fd, key_a, &change), 0);
	assert_int_equal(pwrite(fd, old + HEADER, SLOT, HEADER), SLOT);
	assert_int_equal(opens_key(fd, key_b), 0);
	for (n = 1; n < 200; n++) {
		fail_at = n;
		rc = opens_key(fd, key_a);
		fail_at = 0;
		assert_int_not_equal(rc, 0);
		refused += rc != -EKEYREJECTED;
	}
	assert_true(refused);
	close(fd);
}

static void test_one_at_a_time(void **state)
{
	const struct ward_dataset_rekey change = { .remove_opener = 1 };
	char path[] = "/tmp/ward-recipient-XXXXXX", proc[64];
	int fd = mkstemp(path), other;

	(void)state;
	assert_true(fd >= 0);
	snprintf(proc, sizeof(proc), "/proc/self/fd/%d", fd);
	other = open(proc, O_RDWR);
	assert_int_equal(flock(other, LOCK_EX), 0);
	assert_int_equal(rekey(fd, key_a, &change), -EBUSY);
	unlink(path);
	close(other);
	close(fd);
}

/* A stranger may exchange the tables as they like: nothing opens to another key. */
static void test_every_bit_of_a_table(void **state)
{
	static uint8_t image[HEADER + 2 * SLOT + 64];
	int fd = make(NULL, 0);
	size_t len = (size_t)lseek(fd, 0, SEEK_END);

	(void)state;
	copy(image, len, fd);
	memset(image + HEADER + SLOT, 0, SLOT);	/* one table is left */
	for (size_t bit = 0; bit < 8 * 200; bit++) {
		uint8_t *p = &image[HEADER + bit / 8];
		int rc;

		*p ^= (uint8_t)(1 << bit % 8);
		assert_int_equal(pwrite(fd, image, len, 0), len);
		rc = opens_key(fd, key_a);
		assert_true(rc == -EBADMSG || rc == -EKEYREJECTED);
		*p ^= (uint8_t)(1 << bit % 8);
	}
	close(fd);
}

/* Entries that lie, in tables whose checksum is right. */
static void test_tables_that_lie(void **state)
{
	static const uint8_t id[16] = "0123456789abcde";
	struct ward_recipients r = { .sequence = 1, .count = 2 }, out;
	uint8_t slot[SLOT];
	const char *why;

	(void)state;
	r.of[0].type = r.of[1].type = WARD_RECIPIENT_KEY;
	assert_int_equal(recipients_format(&r, id, slot, sizeof(slot)), 0);
	assert_int_equal(recipients_parse(slot, sizeof(slot), id, &out, &why), 0);
	assert_int_equal(out.count, 2);
	assert_int_equal(recipients_parse(slot, sizeof(slot), (const uint8_t *)"another data set",
					  &out, &why), -EBADMSG);
	for (size_t cut = 0; cut < 24 + 2 * 68 + 32; cut++)
		assert_int_equal(recipients_parse(slot, cut, id, &out, &why), -EBADMSG);
	slot[SLOT - 1] = 1;
	assert_int_equal(recipients_parse(slot, sizeof(slot), id, &out, &why), -EBADMSG);
	r.of[1].type = 0;
	assert_int_equal(recipients_format(&r, id, slot, sizeof(slot)), 0);
	assert_int_equal(recipients_parse(slot, sizeof(slot), id, &out, &why), -EBADMSG);
	assert_string_equal(why, "a recipient of type 0");
	r.count = 0;
	assert_int_equal(recipients_format(&r, id, slot, sizeof(slot)), -EINVAL);
}

static void test_hints(void **state)
{
	struct ward_recipient_key r;
	char hint[WARD_RECIPIENT_HINT_MAX + 2];

	(void)state;
	memset(hint, 'h', sizeof(hint));
	hint[sizeof(hint) - 1] = 0;
	assert_int_equal(ward_recipient_key(&r, key_a, hint), -EINVAL);
	hint[sizeof(hint) - 2] = 0;
	assert_int_equal(ward_recipient_key(&r, key_a, hint), 0);
	assert_int_equal(ward_recipient_key(&r, key_a, "\33[2J"), -EINVAL);
	assert_int_equal(ward_recipient_key(&r, key_a, NULL), 0);
	assert_int_equal(r.how_len, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_several),
		cmocka_unit_test(test_exchange),
		cmocka_unit_test(test_full),
		cmocka_unit_test(test_every_crash),
		cmocka_unit_test(test_no_memory_opens_no_old_table),
		cmocka_unit_test(test_one_at_a_time),
		cmocka_unit_test(test_every_bit_of_a_table),
		cmocka_unit_test(test_tables_that_lie),
		cmocka_unit_test(test_hints),
	};

	if (!CRYPTO_set_mem_functions(maybe_malloc, maybe_realloc, free_it))
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
