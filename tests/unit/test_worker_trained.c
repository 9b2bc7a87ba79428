// SPDX-License-Identifier: MIT
/* Models read back from their files. */
#include "worker_bench.h"

#include <fcntl.h>
#include <unistd.h>

#include "../../userspace/worker/model_file.h"
#include "../../userspace/worker/safetensors.h"
#include "../../userspace/worker/safetensors_read.h"
#include "../../userspace/worker/train.h"
#include "../../userspace/worker/trained.h"

enum { NEWTON, SGD, LBFGS, LAYERS };

static char dir[] = "/tmp/ward-trained-XXXXXX";

/* A cohort, one model of it, and the model's file. */
struct made {
	struct bench_cohort b;
	struct model model;
	uint8_t *bytes;
	size_t len;
};

static void made_of(struct made *made, size_t run, enum plan_scale scale)
{
	char path[512];
	struct failure failure = { 0 };
	struct model_file file;
	ssize_t got;
	int fd;

	memset(made, 0, sizeof(*made));
	bench_begin(&made->b, 60, 4096, 8, 1 << 20);
	made->b.plan->scale = scale;
	cohort_fit(&made->b.cohort);
	if (train_model(&made->b.cohort, &made->b.plan->run[run], NULL, &made->model, &failure) ||
	    model_file_write(&made->b.cohort, &made->model, dir, &file, &failure))
		fail_msg("%s", failure.text);
	snprintf(path, sizeof(path), "%s/%s", dir, file.name);
	made->bytes = malloc(1 << 16);
	fd = open(path, O_RDONLY);
	got = read(fd, made->bytes, 1 << 16);
	assert_true(fd >= 0 && got > 0);
	made->len = (size_t)got;
	close(fd);
	assert_int_equal(unlink(path), 0);
}

static void made_begin(struct made *made, size_t run)
{
	made_of(made, run, PLAN_SCALE_POOLED);
}

static void made_end(struct made *made)
{
	free(made->bytes);
	model_clear(&made->model);
	bench_end(&made->b);
}

static int read_back(struct made *made, const char *site, const uint8_t *bytes, size_t len,
		     struct trained *out, struct failure *failure)
{
	*failure = (struct failure){ 0 };
	return trained_read(out, made->b.plan, made->model.run, site, bytes, len,
			    &made->b.memory, failure);
}

/* ---- what was written is what is read ------------------------------------------- */

static double by_training(const struct made *made, struct net_work *work, const double *row)
{
	double x[4];

	memcpy(x, row, sizeof(x));
	scaler_apply(&made->b.site[0].scaler, x);
	return 1 / (1 + exp(-*net_forward(&made->model.net, made->model.theta, x, work)));
}

static void answers_alike(size_t run)
{
	static const double rows[][4] = {
		{ 20, 1, 0, 0 }, { 61.5, NAN, 1, 0 }, { NAN, NAN, NAN, NAN }, { 90, 9.99, 0, 1 },
	};
	struct failure failure;
	struct trained trained;
	struct net_work work;
	struct made made;
	double x[4];
	size_t i;

	made_begin(&made, run);
	if (read_back(&made, NULL, made.bytes, made.len, &trained, &failure))
		fail_msg("%s", failure.text);
	assert_int_equal(net_work_init(&work, &made.b.memory, &made.model.net), 0);
	for (i = 0; i < 4; i++) {
		double expected = by_training(&made, &work, rows[i]);
		double answer;

		memcpy(x, rows[i], sizeof(x));
		answer = *trained_answer(&trained, x);
		assert_memory_equal(&answer, &expected, sizeof(answer));
		assert_true(answer > 0 && answer < 1);
	}
	made_end(&made);
}

static void test_logistic(void **state)
{
	(void)state;
	answers_alike(LBFGS);
}

static void test_layers(void **state)
{
	(void)state;
	answers_alike(LAYERS);
}

/* Each site's rows are standardised by its own statistics. */
static void test_by_site(void **state)
{
	static const char *const names[] = { "north", "south", "west" };
	struct failure failure;
	struct trained trained;
	struct made made;
	size_t i;

	(void)state;
	made_of(&made, LBFGS, PLAN_SCALE_SITE);
	for (i = 0; i < 3; i++) {
		const struct scaler *own = &made.b.site[i].scaler;

		if (read_back(&made, names[i], made.bytes, made.len, &trained, &failure))
			fail_msg("%s", failure.text);
		assert_memory_equal(trained.scaler.shift, own->shift, 4 * sizeof(double));
		assert_memory_equal(trained.scaler.scale, own->scale, 4 * sizeof(double));
		assert_memory_equal(trained.scaler.fill, own->fill, 4 * sizeof(double));
	}
	assert_int_equal(read_back(&made, "east", made.bytes, made.len, &trained, &failure), -1);
	assert_int_equal(failure.exit, EXIT_MISUSE);
	assert_int_equal(read_back(&made, NULL, made.bytes, made.len, &trained, &failure), -1);
	assert_int_equal(failure.exit, EXIT_MISUSE);
	made_end(&made);
}

/* ---- of another plan, run or site -------------------------------------------------- */

static void test_another_plan(void **state)
{
	struct failure failure;
	struct trained trained;
	struct made made;

	(void)state;
	made_begin(&made, LBFGS);
	made.b.plan->name[0] ^= 1;
	assert_int_equal(read_back(&made, NULL, made.bytes, made.len, &trained, &failure), -1);
	assert_non_null(strstr(failure.text, "metadata plan"));
	made.b.plan->name[0] ^= 1;
	made.b.plan->feature[3].level = 4;
	assert_int_equal(read_back(&made, NULL, made.bytes, made.len, &trained, &failure), -1);
	assert_non_null(strstr(failure.text, "metadata features"));
	made.b.plan->feature[3].level = 3;
	made.model.run = &made.b.plan->run[LAYERS];
	assert_int_equal(read_back(&made, NULL, made.bytes, made.len, &trained, &failure), -1);
	assert_non_null(strstr(failure.text, "metadata format"));
	assert_int_equal(failure.exit, EXIT_DAMAGED);
	made_end(&made);
}

/* ---- damaged ---------------------------------------------------------------------------- */

/* Cut anywhere it is refused. */
static void test_cut(void **state)
{
	struct failure failure;
	struct trained trained;
	struct made made;
	size_t len;

	(void)state;
	made_begin(&made, LAYERS);
	for (len = 0; len < made.len; len++) {
		uint8_t *cut = malloc(len ? len : 1);

		memcpy(cut, made.bytes, len);
		assert_int_equal(read_back(&made, NULL, cut, len, &trained, &failure), -1);
		assert_int_equal(failure.exit, EXIT_DAMAGED);
		free(cut);
	}
	made_end(&made);
}

struct file {
	const char *header;
	size_t numbers;
	const char *says;	/* NULL: it is right */
};

static int try_file(const struct file *file, struct failure *failure)
{
	size_t text = strlen(file->header), len = 8 + text + 8 * file->numbers;
	uint8_t *bytes = calloc(1, len);
	double out[4];
	struct tensors tensors;
	int ret;

	bytes[0] = (uint8_t)text;
	bytes[1] = (uint8_t)(text >> 8);
	memcpy(bytes + 8, file->header, text);
	ret = tensors_open(bytes, len, &tensors, failure);
	if (!ret)
		ret = tensors_copy(&tensors, "a", 0, 2, out, failure);
	tensors_close(&tensors);
	free(bytes);
	return ret;
}

#define A(from, to)	"\"a\":{\"dtype\":\"F64\",\"shape\":[2],\"data_offsets\":[" from "," to "]}"
#define B(from, to)	"\"b\":{\"dtype\":\"F64\",\"shape\":[2],\"data_offsets\":[" from "," to "]}"

static void test_foreign(void **state)
{
	static const struct file files[] = {
		{ "{" A("0", "16") "}", 2, NULL },
		{ "{" A("0", "16") "}   ", 2, NULL },
		{ "{" A("16", "32") "," B("0", "16") "}", 4, NULL },
		{ "{" A("0", "16") "," B("0", "16") "}", 2, "overlap" },
		{ "{" A("0", "16") "," B("8", "24") "}", 3, "nothing begins at byte 16" },
		{ "{" A("0", "16") "}", 3, "nothing begins at byte 16" },
		{ "{" A("8", "24") "}", 3, "nothing begins at byte 0" },
		{ "{" A("0", "16") "}", 1, "ends behind the file" },
		{ "{" A("0", "8") "}", 1, "data_offsets" },
		{ "{" A("16", "0") "}", 2, "data_offsets" },
		{ "{" A("-16", "0") "}", 2, "data_offsets" },
		{ "{" A("0", "16") "," A("0", "16") "}", 2, "not a JSON object" },
		{ "{" B("0", "16") "}", 2, "tensor a is not there" },
		{ "[]", 0, "not a JSON object" },
		{ "{}", 1, "nothing begins at byte 0" },
		{ "{\"a\":1}", 0, "dtype" },
		{ "{\"a\":{\"dtype\":\"F32\",\"shape\":[4],\"data_offsets\":[0,16]}}", 2, "dtype" },
		{ "{\"a\":{\"dtype\":\"F64\",\"shape\":[],\"data_offsets\":[0,8]}}", 1, "shape" },
		{ "{\"a\":{\"dtype\":\"F64\",\"shape\":[0],\"data_offsets\":[0,0]}}", 0, "shape" },
		{ "{\"a\":{\"dtype\":\"F64\",\"shape\":[1,2,1],\"data_offsets\":[0,16]}}", 2, "shape" },
		{ "{\"a\":{\"dtype\":\"F64\",\"shape\":[1,2],\"data_offsets\":[0,16]}}", 2, "wanted" },
		{ "{\"a\":{\"dtype\":\"F64\",\"shape\":[4611686018427387904,4],"
		  "\"data_offsets\":[0,16]}}", 2, "data_offsets" },
	};
	struct failure failure;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		failure = (struct failure){ 0 };
		assert_int_equal(try_file(&files[i], &failure), files[i].says ? -1 : 0);
		if (files[i].says && !strstr(failure.text, files[i].says))
			fail_msg("%s: %s", files[i].header, failure.text);
	}
}

static void test_no_numbers(void **state)
{
	struct failure failure;
	struct trained trained;
	struct made made;
	size_t at;

	(void)state;
	made_begin(&made, LBFGS);
	/* weights, bias, and 4 each of fill, shift, scale: the last one */
	at = made.len - sizeof(double);
	memset(made.bytes + at, 0, sizeof(double));
	assert_int_equal(read_back(&made, NULL, made.bytes, made.len, &trained, &failure), -1);
	assert_non_null(strstr(failure.text, "scale: column 4"));
	memset(made.bytes + at, 0xff, sizeof(double));
	assert_int_equal(read_back(&made, NULL, made.bytes, made.len, &trained, &failure), -1);
	assert_non_null(strstr(failure.text, "no number"));
	made_end(&made);
}

static void test_no_room(void **state)
{
	struct failure failure;
	struct trained trained;
	struct made made;

	(void)state;
	made_begin(&made, LAYERS);
	made.b.memory.reclaim = NULL;
	made.b.memory.budget = made.b.memory.live;
	while (memory_take(&made.b.memory, 64))
		;
	assert_int_equal(read_back(&made, NULL, made.bytes, made.len, &trained, &failure), -1);
	assert_int_equal(failure.exit, EXIT_DEVICE);
	made_end(&made);
}

static int make_dir(void **state)
{
	(void)state;
	return mkdtemp(dir) ? 0 : -1;
}

static int remove_dir(void **state)
{
	(void)state;
	return rmdir(dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_logistic),
		cmocka_unit_test(test_layers),
		cmocka_unit_test(test_by_site),
		cmocka_unit_test(test_another_plan),
		cmocka_unit_test(test_cut),
		cmocka_unit_test(test_foreign),
		cmocka_unit_test(test_no_numbers),
		cmocka_unit_test(test_no_room),
	};

	return cmocka_run_group_tests(tests, make_dir, remove_dir);
}
