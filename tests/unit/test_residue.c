// SPDX-License-Identifier: MIT
/* The residue scanner finds what it must, where it is, and nothing else. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "dataset.h"

/* Programs of the bench, not a library: their rooms are taken in as they are. */
#include "../e2e/derive.c"
#include "../e2e/design.c"
#include "../e2e/export.c"
#include "../e2e/patterns.c"
#include "../e2e/scan.c"
#include "../e2e/site.c"

#define IMAGE	(256 * 1024)

static const char table[] =
	"63.0,1.0,145.0,233.0,2.3,0\n"
	"28,1,130,132,0,0\n"
	"29,1,120,?,.7,1\n"
	"1,0,1,0,1,0\n"
	"36,?,1,?,0,125\n";

static const char metadata[] =
	"{\"name\":\"there\",\"columns\":[\"age\",\"sex\",\"bp\",\"chol\",\"peak\",\"ill\"],"
	"\"label\":\"ill\",\"missing\":\"?\"}";

static const char plan[] =
	"{\"ward-plan\":1,\"features\":[{\"column\":\"bp\"},{\"column\":\"age\"},"
	"{\"column\":\"sex\",\"levels\":[1]},{\"column\":\"chol\"}]}";

static const char model[] =
	"{\"shift\":{\"dtype\":\"F64\",\"shape\":[1,4],\"data_offsets\":[0,32]},"
	"\"scale\":{\"dtype\":\"F64\",\"shape\":[1,4],\"data_offsets\":[32,64]}}";

static const double scales[] = { 131.5, 40.25, 0.5, 180.75, 10.5, 17.25, 0.5, 0 };

struct bench {
	char dir[64];
	char file[5][96];
	struct site site;
	struct design design;
	struct patterns set;
	uint8_t *image;
	struct scan scan;
	size_t covered;
};

static void put_file(const char *path, const void *bytes, size_t len)
{
	FILE *f = fopen(path, "wb");

	assert_non_null(f);
	assert_int_equal(fwrite(bytes, 1, len, f), len);
	fclose(f);
}

static void put_dataset(const char *path, const uint8_t *key)
{
	struct ward_dataset_params params = {
		.kind = WARD_DATASET_TABLE, .length = sizeof(table) - 1, .rows = 5,
		.metadata = metadata, .metadata_len = sizeof(metadata) - 1,
	};
	struct ward_dataset_writer *w = NULL;
	int fd = open(path, O_CREAT | O_RDWR, 0600);

	assert_true(fd >= 0);
	assert_int_equal(ward_dataset_create(fd, key, &params, &w, NULL), 0);
	assert_int_equal(ward_dataset_write(w, table, sizeof(table) - 1, NULL), 0);
	assert_int_equal(ward_dataset_finish(w, NULL), 0);
	ward_dataset_writer_free(w);
	close(fd);
}

static void put_model(const char *path)
{
	uint8_t bytes[512];
	uint64_t len = sizeof(model) - 1;

	memcpy(bytes, &len, 8);
	memcpy(bytes + 8, model, len);
	memcpy(bytes + 8 + len, scales, sizeof(scales));
	put_file(path, bytes, 8 + len + sizeof(scales));
}

static int setup(void **state)
{
	static const char *const names[] = { "d.wds", "d.key", "d.csv", "plan", "model" };
	struct bench *b = calloc(1, sizeof(*b));
	char *models[1], error[256];
	char dir[] = "/tmp/ward-residue-XXXXXX";
	uint8_t key[32];
	int i;

	assert_non_null(mkdtemp(dir));
	memcpy(b->dir, dir, sizeof(dir));
	for (i = 0; i < 5; i++)
		snprintf(b->file[i], sizeof(b->file[i]), "%s/%s", dir, names[i]);
	for (i = 0; i < 32; i++)
		key[i] = (uint8_t)(i * 37 + 11);
	put_dataset(b->file[0], key);
	put_file(b->file[1], key, sizeof(key));
	put_file(b->file[2], table, sizeof(table) - 1);
	put_file(b->file[3], plan, sizeof(plan) - 1);
	put_model(b->file[4]);
	models[0] = b->file[4];
	assert_int_equal(site_load(&b->site, b->file[0], b->file[1], b->file[2], error), 0);
	assert_int_equal(design_load(&b->design, b->file[3], models, 1, error), 0);
	assert_int_equal(derive_rows(&b->set, &b->site, 0, &b->design, &b->covered), 0);
	assert_int_equal(derive_keys(&b->set, &b->site, 0), 0);
	b->image = malloc(IMAGE);
	memset(b->image, 0, IMAGE);
	*state = b;
	return 0;
}

static int teardown(void **state)
{
	struct bench *b = *state;
	int i;

	for (i = 0; i < 5; i++)
		unlink(b->file[i]);
	rmdir(b->dir);
	site_free(&b->site);
	design_free(&b->design);
	patterns_free(&b->set);
	free(b->image);
	free(b);
	return 0;
}

static void search(struct bench *b)
{
	assert_int_equal(scan_memory(&b->set, b->image, IMAGE, NULL, NULL, &b->scan), 0);
}

static void only(struct bench *b, unsigned int kind, size_t at)
{
	search(b);
	assert_true(b->scan.hits > 0);
	assert_int_equal(b->scan.hits, b->scan.kind[kind].hits);
	assert_int_equal(b->scan.kind[kind].shown[0].offset, at);
}

static void plain_memory_has_no_hits(void **state)
{
	struct bench *b = *state;
	uint64_t x = 88172645463325252ull;
	double small[] = { 0, 1, 1, 0, 1, 2, 3, 4, 0, 1 };
	size_t i;

	search(b);
	assert_int_equal(b->scan.hits, 0);
	assert_int_equal(b->scan.zero_pages, IMAGE / 4096);
	for (i = 0; i < IMAGE; i++) {
		x ^= x << 13;
		x ^= x >> 7;
		x ^= x << 17;
		b->image[i] = (uint8_t)x;
	}
	for (i = 0; i + sizeof(small) < IMAGE / 2; i += 129)
		memcpy(b->image + i, small, sizeof(small));
	search(b);
	assert_int_equal(b->scan.hits, 0);
}

static void text_is_found_at_every_offset(void **state)
{
	struct bench *b = *state;
	static const char row[] = "63.0,1.0,145.0,233.0";
	size_t at;

	for (at = 4096 - sizeof(row); at < 4096 + 9; at++) {
		memset(b->image, 0, IMAGE);
		memcpy(b->image + at, row, sizeof(row));
		only(b, PATTERN_TEXT, at);
	}
	memset(b->image, 0, IMAGE);
	memcpy(b->image + IMAGE - 20, row, 20);
	only(b, PATTERN_TEXT, IMAGE - 20);
}

static void a_missing_value_is_text_but_no_number(void **state)
{
	struct bench *b = *state;

	memcpy(b->image + 777, "29,1,120,?,.7", 13);
	search(b);
	assert_int_equal(b->scan.hits, 0);	/* 13 characters are too few */
	memcpy(b->image + 777, "29,1,120,?,.7,1", 15);
	only(b, PATTERN_TEXT, 777);
	assert_int_equal(b->scan.hits, 1);
	memset(b->image, 0, IMAGE);
	memcpy(b->image + 99, "36,?,1,?,0,125", 14);
	only(b, PATTERN_TEXT, 99);		/* too few for a window: the whole row */
	assert_int_equal(b->covered, 4);	/* all but the row of zeros and ones */
}

static void numbers_are_found(void **state)
{
	struct bench *b = *state;
	double row[] = { 28, 1, 130, 132 };
	double design[] = { 145, 63, 1, 233 };
	float narrow[] = { 63, 1, 145, 233 };

	memcpy(b->image + 4099, row, sizeof(row));
	only(b, PATTERN_F64, 4099);
	memset(b->image, 0, IMAGE);
	memcpy(b->image + 8, design, sizeof(design));
	only(b, PATTERN_F64, 8);
	memset(b->image, 0, IMAGE);
	memcpy(b->image + 64, narrow, sizeof(narrow));
	only(b, PATTERN_F32, 64);
}

static void standardised_numbers_are_found(void **state)
{
	struct bench *b = *state;
	double row[] = { (145 - 131.5) / 10.5, (63 - 40.25) / 17.25, (1 - 0.5) / 0.5,
			 (233 - 180.75) / 1 };
	float narrow[4];
	int i;

	memcpy(b->image + 5000, row, sizeof(row));
	only(b, PATTERN_STD64, 5000);
	for (i = 0; i < 4; i++)
		narrow[i] = (float)row[i];
	memset(b->image, 0, IMAGE);
	memcpy(b->image + 5000, narrow, sizeof(narrow));
	only(b, PATTERN_STD32, 5000);
}

static double training[] = { 0.125, -1.0 / 3, 2.0 / 7, 1e-5 / 3, NAN, 3.0 / 7, 0, 0, 1 };
static struct numbers seen = { training, sizeof(training) / sizeof(*training) };

/* Threes of a run; none reaches over its end, and plain ones are none. */
static void numbers_of_training_are_found(void **state)
{
	struct bench *b = *state;

	assert_int_equal(derive_numbers(&b->set, &seen), 0);
	assert_int_equal(patterns_count(&b->set, PATTERN_NUMBERS), 3);
	memcpy(b->image + 4001, training + 1, 3 * sizeof(double));
	only(b, PATTERN_NUMBERS, 4001);
}

static void half_a_key_is_found(void **state)
{
	struct bench *b = *state;
	struct key_texts t;

	memcpy(b->image + 100, b->site.key + 16, 16);
	only(b, PATTERN_KEY_RAW, 100);
	derive_key_texts(b->site.key, &t);
	memset(b->image, 0, IMAGE);
	memcpy(b->image + 100, t.hex + 32, 32);
	only(b, PATTERN_KEY_HEX, 100);
	memset(b->image, 0, IMAGE);
	memcpy(b->image + 100, t.base64url + 27, 16);
	search(b);
	assert_true(b->scan.kind[PATTERN_KEY_BASE64URL].hits == 1);
}

/* Any half of the three keys that the data key leads to. */
static void the_file_keys_are_found(void **state)
{
	struct bench *b = *state;
	struct file_keys keys;
	size_t at;

	assert_int_equal(derive_file_keys(&b->site, &keys), 0);
	for (at = 0; at < sizeof(keys); at += 16) {
		memset(b->image, 0, IMAGE);
		memcpy(b->image + 9999, (uint8_t *)&keys + at, 16);
		only(b, PATTERN_KEY_RAW, 9999);
	}
}

static void patterns_are_long_and_special(void **state)
{
	struct bench *b = *state;
	struct patterns set = { 0 };
	size_t i;

	for (i = 0; i < b->set.count; i++)
		assert_true(b->set.list[i].len >= PATTERN_MIN);
	assert_int_equal(patterns_add(&set, PATTERN_TEXT, 0, 0, "short", 5), 0);
	assert_int_equal(patterns_add(&set, PATTERN_TEXT, 0, 0, "aaaaaaaaaaaaaaaaaaaa", 20), 0);
	assert_int_equal(set.count, 0);
	assert_int_equal(set.refused, 2);
	patterns_free(&set);
}

/* What the control holds is all that is looked for, and masked on its way. */
static void the_holding_covers_every_pattern(void **state)
{
	struct bench *b = *state;
	char path[128];
	uint64_t blocks, len, i;
	size_t at = 0, kind;
	FILE *f;

	snprintf(path, sizeof(path), "%s/holding", b->dir);
	assert_int_equal(derive_numbers(&b->set, &seen), 0);
	assert_int_equal(export_holding(path, &b->site, 1, &b->design, &seen), 0);
	f = fopen(path, "rb");
	assert_non_null(f);
	assert_true(fread(b->image, 1, IMAGE, f) > 16);
	search(b);
	assert_int_equal(b->scan.hits, 0);
	memset(b->image, 0, IMAGE);
	assert_int_equal(fseek(f, 8, SEEK_SET), 0);
	assert_int_equal(fread(&blocks, 8, 1, f), 1);
	for (i = 0; i < blocks; i++) {
		assert_int_equal(fread(&len, 8, 1, f), 1);
		assert_true(at + len < IMAGE);
		assert_int_equal(fread(b->image + at, 1, len, f), len);
		holding_mask(b->image + at, len, i);
		at += len;
	}
	fclose(f);
	unlink(path);
	search(b);
	for (kind = 0; kind < PATTERN_KINDS; kind++) {
		if (kind == PATTERN_STD64 || kind == PATTERN_STD32)
			assert_true(b->scan.kind[kind].distinct > 0);
		else
			assert_int_equal(b->scan.kind[kind].distinct,
					 patterns_count(&b->set, (unsigned int)kind));
	}
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(plain_memory_has_no_hits),
		TEST(text_is_found_at_every_offset),
		TEST(a_missing_value_is_text_but_no_number),
		TEST(numbers_are_found),
		TEST(standardised_numbers_are_found),
		TEST(numbers_of_training_are_found),
		TEST(half_a_key_is_found),
		TEST(the_file_keys_are_found),
		TEST(patterns_are_long_and_special),
		TEST(the_holding_covers_every_pattern),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
