// SPDX-License-Identifier: MIT
/* Encrypted data sets coming in; models, cards and whole files going out. */
#include "worker_bench.h"

#include "support.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <jansson.h>
#include <openssl/evp.h>

#include "../../userspace/worker/card.h"
#include "../../userspace/worker/data.h"
#include "../../userspace/worker/model_file.h"
#include "../../userspace/worker/outfile.h"
#include "../../userspace/worker/safetensors.h"
#include "../../userspace/worker/train.h"
#include "dataset.h"

static char dir[] = "/tmp/ward-worker-XXXXXX";

static int make_dir(void **state)
{
	(void)state;
	return mkdtemp(dir) ? 0 : -1;
}

static int remove_dir(void **state)
{
	struct dirent *entry;
	DIR *d = opendir(dir);

	(void)state;
	while (d && (entry = readdir(d)))
		unlinkat(dirfd(d), entry->d_name, 0);
	if (d)
		closedir(d);
	return rmdir(dir);
}

static const char *in_dir(const char *name)
{
	static char path[4][256];
	static unsigned int next;
	char *out = path[next++ % 4];

	snprintf(out, sizeof(path[0]), "%s/%s", dir, name);
	return out;
}

static uint8_t *slurp(const char *path, size_t *len)
{
	uint8_t *bytes = malloc(1 << 20);
	int fd = open(path, O_RDONLY);
	ssize_t got;

	assert_true(fd >= 0 && bytes);
	got = read(fd, bytes, 1 << 20);
	assert_true(got >= 0);
	close(fd);
	*len = (size_t)got;
	return bytes;
}

/* ---- data sets ------------------------------------------------------------------ */

static const uint8_t key[WARD_DATASET_KEY_LEN] = "0123456789abcdefghijklmnopqrstu";

static const char good_metadata[] =
	"{\"name\":\"t\",\"columns\":[\"age\",\"dose\",\"kind\",\"ill\"],\"label\":\"ill\","
	"\"missing\":\"?\",\"delimiter\":\",\"}";

static void encrypt(const char *path, const char *metadata, const char *text, size_t len,
		    uint64_t rows)
{
	struct ward_dataset_params params = {
		.kind = rows ? WARD_DATASET_TABLE : WARD_DATASET_BYTES,
		.chunk_size = WARD_DATASET_CHUNK_MIN, .length = len, .rows = rows,
		.metadata = metadata, .metadata_len = strlen(metadata),
	};
	struct ward_dataset_writer *writer;
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(ward_dataset_create(fd, key, &params, &writer, NULL), 0);
	assert_int_equal(ward_dataset_write(writer, text, len, NULL), 0);
	assert_int_equal(ward_dataset_finish(writer, NULL), 0);
	ward_dataset_writer_free(writer);
	close(fd);
}

struct trial {
	struct bench_memory bench;
	struct memory memory;
	struct ring ring;
	struct plan *plan;
	struct data data;
	struct site site;
	struct cohort cohort;
	struct failure failure;
};

static int trial_run(struct trial *t, const char *path)
{
	struct memory_backend backend;

	memset(t, 0, sizeof(*t));
	backend = bench_backend(&t->bench);
	memory_init(&t->memory, &backend, 1 << 20);
	t->plan = bench_plan(bench_plan_text);
	t->data = (struct data){ .name = "north", .path = path, .fd = -1 };
	if (data_peek(&t->data, &t->failure) || data_open(&t->data, key, &t->failure) ||
	    ring_init(&t->ring, &t->memory, t->data.chunk_bytes, 2, 1, &t->failure) ||
	    data_site(&t->data, 0, &t->site, &t->failure) ||
	    site_init(&t->site, t->plan, &t->ring, &t->memory, &t->failure))
		return -1;
	t->cohort = (struct cohort){ .plan = t->plan, .memory = &t->memory,
				     .ring = &t->ring, .sites = 1, .site = &t->site };
	return cohort_survey(&t->cohort, &t->failure);
}

static void trial_end(struct trial *t)
{
	site_end(&t->site);
	ring_end(&t->ring);
	memory_release(&t->memory, NULL);
	data_close(&t->data);
	plan_free(t->plan);
	assert_int_equal(t->bench.live, 0);
}

static void test_encrypted_site(void **state)
{
	const char *path = in_dir("good.wds");
	struct trial t;
	size_t len;
	char *text = bench_table(1, 1000, &len);

	(void)state;
	encrypt(path, good_metadata, text, len, 1000);
	if (trial_run(&t, path))
		fail_msg("%s", t.failure.text);
	assert_int_equal(t.site.rows, 1000);
	assert_true(t.site.source.chunks > 3 && t.ring.peak == 2);
	trial_end(&t);
	free(text);
}

static void refused(const char *path, enum exit_code code, const char *says)
{
	struct trial t;

	assert_int_equal(trial_run(&t, path), -1);
	assert_int_equal(t.failure.exit, code);
	if (!strstr(t.failure.text, says))
		fail_msg("'%s' does not say '%s'", t.failure.text, says);
	trial_end(&t);
}

static void flip(const char *path, off_t at)
{
	int fd = open(path, O_RDWR);
	uint8_t byte;

	assert_true(fd >= 0);
	assert_int_equal(pread(fd, &byte, 1, at), 1);
	byte ^= 1;
	assert_int_equal(pwrite(fd, &byte, 1, at), 1);
	close(fd);
}

static void test_damaged_sets(void **state)
{
	const char *path = in_dir("bad.wds");
	size_t len;
	char *text = bench_table(1, 1000, &len);

	(void)state;
	refused(in_dir("none.wds"), EXIT_MISUSE, "No such file");
	encrypt(path, good_metadata, text, len, 1000);
	flip(path, 100);		/* header */
	refused(path, EXIT_DAMAGED, "north");
	flip(path, 100);
	flip(path, 20000);		/* a chunk */
	refused(path, EXIT_DAMAGED, "north");
	flip(path, 20000);
	assert_int_equal(truncate(path, 9000), 0);
	refused(path, EXIT_DAMAGED, "north");
	encrypt(path, good_metadata, text, len, 999);
	refused(path, EXIT_DAMAGED, "1000 rows, its header promises 999");
	encrypt(path, good_metadata, text, len, 0);
	refused(path, EXIT_DAMAGED, "not a table");
	encrypt(path, "{\"name\":\"t\"}", text, len, 1000);
	refused(path, EXIT_DAMAGED, "metadata is not that of a table");
	encrypt(path, "{\"columns\":[\"age\",\"dose\",\"kind\",7]}", text, len, 1000);
	refused(path, EXIT_DAMAGED, "metadata is not that of a table");
	encrypt(path, "{\"columns\":[\"age\",\"dose\",\"kind\",\"ill\"],\"missing\":1}", text,
		len, 1000);
	refused(path, EXIT_DAMAGED, "metadata is not that of a table");
	encrypt(path, "{\"columns\":[\"age\",\"dose\",\"sort\",\"ill\"],\"missing\":\"?\"}", text,
		len, 1000);
	refused(path, EXIT_DAMAGED, "no column kind");
	encrypt(path, "{\"columns\":[\"age\",\"dose\",\"kind\"],\"missing\":\"?\"}", text,
		len, 1000);
	refused(path, EXIT_DAMAGED, "no column ill");
	free(text);
}

/* ---- safetensors ----------------------------------------------------------------- */

/* Read as the format's text says, by nothing of the writer's. */
static json_t *read_header(const uint8_t *bytes, size_t len, const uint8_t **data)
{
	uint64_t header = 0;
	json_t *root;
	int i;

	assert_true(len > 8);
	for (i = 7; i >= 0; i--)
		header = header << 8 | bytes[i];
	assert_true(header <= len - 8 && header % 8 == 0);
	assert_int_equal(bytes[8], '{');
	root = json_loadb((const char *)bytes + 8, header, JSON_REJECT_DUPLICATES, NULL);
	assert_non_null(root);
	*data = bytes + 8 + header;
	return root;
}

static void check_tensor(json_t *root, const char *name, size_t rows, size_t columns,
			 uint64_t begin, uint64_t end)
{
	json_t *tensor = json_object_get(root, name);
	json_t *shape = json_object_get(tensor, "shape");
	json_t *offsets = json_object_get(tensor, "data_offsets");

	assert_string_equal(json_string_value(json_object_get(tensor, "dtype")), "F64");
	assert_int_equal(json_array_size(shape), rows ? 2 : 1);
	assert_int_equal(json_integer_value(json_array_get(shape, rows ? 1 : 0)), columns);
	if (rows)
		assert_int_equal(json_integer_value(json_array_get(shape, 0)), rows);
	assert_int_equal(json_integer_value(json_array_get(offsets, 0)), begin);
	assert_int_equal(json_integer_value(json_array_get(offsets, 1)), end);
}

static void test_safetensors(void **state)
{
	static const double a[] = { 1, -0.5, 1e300 }, b[] = { 4 }, c0[] = { 5, 6 }, c1[] = { 7, 8 };
	static const double all[] = { 1, -0.5, 1e300, 4, 5, 6, 7, 8 };
	const double *row_a[] = { a }, *row_b[] = { b }, *row_c[] = { c0, c1 };
	struct tensor tensor[] = {
		{ "weight", 0, 3, row_a }, { "bias", 0, 1, row_b }, { "shift", 2, 2, row_c },
	};
	json_t *metadata = json_pack("{s:s}", "format", "x"), *root;
	const uint8_t *data;
	uint8_t *bytes;
	size_t len;

	(void)state;
	assert_int_equal(safetensors_encode(tensor, 3, metadata, &bytes, &len), 0);
	root = read_header(bytes, len, &data);
	assert_int_equal(bytes + len - data, sizeof(all));
	assert_memory_equal(data, all, sizeof(all));
	check_tensor(root, "weight", 0, 3, 0, 24);
	check_tensor(root, "bias", 0, 1, 24, 32);
	check_tensor(root, "shift", 2, 2, 32, 64);
	assert_string_equal(json_string_value(json_object_get(
		json_object_get(root, "__metadata__"), "format")), "x");
	json_decref(root);
	json_decref(metadata);
	free(bytes);
}

/* ---- cards -------------------------------------------------------------------------- */

static json_t *at(json_t *root, const char *path)
{
	char copy[128], *part, *rest = copy;

	snprintf(copy, sizeof(copy), "%s", path);
	while ((part = strsep(&rest, ".")))
		root = json_object_get(root, part);
	assert_non_null(root);
	return root;
}

static void check_hash(json_t *card, const char *member, const char *file)
{
	uint8_t *bytes, digest[32];
	char hex[65];
	size_t len, i;

	bytes = slurp(in_dir(file), &len);
	assert_int_equal(EVP_Digest(bytes, len, digest, NULL, EVP_sha256(), NULL), 1);
	for (i = 0; i < 32; i++)
		sprintf(hex + 2 * i, "%02x", digest[i]);
	assert_string_equal(json_string_value(at(at(card, member), "sha256")), hex);
	free(bytes);
}

/* Scores from the file alone equal those of the model that was trained. */
static void check_weights(const struct model *model, const char *file)
{
	const uint8_t *data;
	uint8_t *bytes;
	json_t *root;
	size_t len;

	bytes = slurp(in_dir(file), &len);
	root = read_header(bytes, len, &data);
	check_tensor(root, "weight", 0, model->net.inputs, 0, 8 * model->net.inputs);
	assert_memory_equal(data, model->theta, 8 * net_params(&model->net));
	json_decref(root);
	free(bytes);
}

/* The data set's digest is that of the file's first bytes, as many as its header says. */
static void check_header(const json_t *card, const char *path)
{
	const json_t *data = json_array_get(json_object_get(card, "data"), 0);
	uint8_t *bytes, sha256[32];
	uint32_t header;
	char text[65];
	size_t len, i;

	bytes = slurp(path, &len);
	memcpy(&header, bytes + 8, sizeof(header));
	header = le32toh(header);
	assert_true(header < len);
	assert_int_equal(EVP_Digest(bytes, header, sha256, NULL, EVP_sha256(), NULL), 1);
	for (i = 0; i < sizeof(sha256); i++)
		sprintf(text + 2 * i, "%02x", sha256[i]);
	assert_string_equal(json_string_value(json_object_get(data, "sha256")), text);
	assert_string_equal(json_string_value(json_object_get(data, "receipt")), "receipt-north.ward");
	free(bytes);
}

static void test_card(void **state)
{
	static const uint8_t release[1][CARD_RELEASE_LEN] = { { 0xab } };
	const char *path = in_dir("card.wds");
	struct failure failure = { 0 };
	struct model model;
	struct trial t;
	struct card card = { .release = release, .tee = "simulated-snp", .simulated = 1,
			     .keys_kernel = 1 };
	size_t len;
	char *text = bench_table(1, 300, &len);
	uint8_t digest[CARD_DIGEST_LEN], again[CARD_DIGEST_LEN], *bytes;
	json_t *json;

	(void)state;
	encrypt(path, good_metadata, text, len, 300);
	if (trial_run(&t, path))
		fail_msg("%s", t.failure.text);
	assert_int_equal(train_model(&t.cohort, &t.plan->run[0], NULL, &model, &failure), 0);
	card.cohort = &t.cohort;
	card.data = &t.data;
	card.digest = digest;
	assert_int_equal(card_write(&card, &model, dir, &failure), 0);
	bytes = slurp(in_dir("model-newton.json"), &len);
	assert_int_equal(EVP_Digest(bytes, len, again, NULL, EVP_sha512(), NULL), 1);
	assert_memory_equal(digest, again, sizeof(digest));
	free(bytes);
	json = json_load_file(in_dir("model-newton.json"), 0, NULL);
	assert_non_null(json);
	assert_string_equal(json_string_value(at(json, "worker.evidence")), "card-newton.ward");
	check_header(json, path);
	check_hash(json, "model", "model-newton.safetensors");
	check_hash(json, "onnx", "model-newton.onnx");
	check_weights(&model, "model-newton.safetensors");
	assert_non_null(strstr(json_string_value(at(json, "worker.notice")), "simulated TEE"));
	assert_string_equal(json_string_value(at(json, "worker.keys")), "kernel");
	assert_int_equal(strlen(json_string_value(at(json, "plan.sha512"))), 128);
	assert_int_equal(json_array_size(at(json, "features")), 4);
	assert_int_equal(json_integer_value(at(json, "metrics.sites.north.rows")),
			 (json_int_t)model.site[0].rows);
	assert_true(json_real_value(at(json, "metrics.pooled.auc")) == model.pooled.auc);
	json_decref(json);
	model_clear(&model);
	trial_end(&t);
	free(text);
}

/* Every run of the plan comes to a file whose tensors are its layers. */
static void test_layers_in_the_file(void **state)
{
	static const uint8_t release[1][CARD_RELEASE_LEN] = { { 0xab } };
	const char *path = in_dir("layers.wds");
	struct failure failure = { 0 };
	const uint8_t *data;
	struct model model;
	struct trial t;
	struct card card = { .release = release, .tee = "simulated-snp", .simulated = 1 };
	size_t len, params;
	char *text = bench_table(1, 300, &len);
	uint8_t *bytes;
	json_t *json;

	(void)state;
	encrypt(path, good_metadata, text, len, 300);
	if (trial_run(&t, path))
		fail_msg("%s", t.failure.text);
	assert_int_equal(train_model(&t.cohort, &t.plan->run[3], NULL, &model, &failure), 0);
	assert_true(model.pooled.auc > 0.8);
	params = net_params(&model.net);
	assert_int_equal(params, 4 * 8 + 8 + 8 * 4 + 4 + 4 + 1);
	card.cohort = &t.cohort;
	card.data = &t.data;
	assert_int_equal(card_write(&card, &model, dir, &failure), 0);
	bytes = slurp(in_dir("model-layers.safetensors"), &len);
	json = read_header(bytes, len, &data);
	check_tensor(json, "layer0.weight", 8, 4, 0, 256);
	check_tensor(json, "layer0.bias", 0, 8, 256, 320);
	check_tensor(json, "layer1.weight", 4, 8, 320, 576);
	check_tensor(json, "layer2.weight", 1, 4, 608, 640);
	check_tensor(json, "layer2.bias", 0, 1, 640, 648);
	assert_memory_equal(data, model.theta, 8 * params);
	assert_string_equal(json_string_value(at(at(json, "__metadata__"), "format")),
			    "ward-mlp-1");
	json_decref(json);
	free(bytes);
	json = json_load_file(in_dir("model-layers.json"), 0, NULL);
	assert_int_equal(json_array_size(at(json, "training.hidden")), 2);
	assert_string_equal(json_string_value(at(json, "training.method")), "adam");
	check_hash(json, "model", "model-layers.safetensors");
	check_hash(json, "onnx", "model-layers.onnx");
	json_decref(json);
	model_clear(&model);
	trial_end(&t);
	free(text);
}

/* ---- ONNX ------------------------------------------------------------------------------ */

/* Rows as they stand in a table, and what the model says of them. */
static json_t *cases_of(struct trial *t, const struct model *model)
{
	static const double row[][4] = {
		{ 51.5, 3.25, 1, 0 }, { 20, NAN, 0, 1 }, { NAN, NAN, NAN, NAN }, { 80, 9.5, 0, 0 },
	};
	json_t *rows = json_array(), *scores = json_array();
	struct net_work work;
	size_t i, j;

	assert_int_equal(net_work_init(&work, &t->memory, &model->net), 0);
	for (i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		json_t *values = json_array();
		double x[4];

		memcpy(x, row[i], sizeof(x));
		for (j = 0; j < 4; j++)
			json_array_append_new(values, isnan(x[j]) ? json_null() : json_real(x[j]));
		json_array_append_new(rows, values);
		scaler_apply(&t->site.scaler, x);
		json_array_append_new(scores, json_pack("[f]", loss_chance(
			*net_forward(&model->net, model->theta, x, &work))));
	}
	return json_pack("{s:o, s:o}", "rows", rows, "scores", scores);
}

static void check_onnx(struct trial *t, size_t run)
{
	struct failure failure = { 0 };
	struct model_file file;
	struct model model;
	char command[512], path[256];
	json_t *cases;

	assert_int_equal(train_model(&t->cohort, &t->plan->run[run], NULL, &model, &failure), 0);
	assert_int_equal(model_file_write_onnx(&t->cohort, &model, dir, &file, &failure), 0);
	cases = cases_of(t, &model);
	snprintf(path, sizeof(path), "%s", in_dir("cases.json"));
	assert_int_equal(json_dump_file(cases, path, JSON_REAL_PRECISION(17)), 0);
	snprintf(command, sizeof(command), "/usr/bin/python3 tests/reader/onnx_model.py %s %s",
		 in_dir(file.name), path);
	assert_int_equal(system(command), 0);
	json_decref(cases);
	model_clear(&model);
}

/* onnx's own checker takes the graph, and the graph says what the model says. */
static void test_onnx(void **state)
{
	const char *path = in_dir("onnx.wds");
	struct trial t;
	size_t len;
	char *text = bench_table(1, 300, &len);

	(void)state;
	if (system("/usr/bin/python3 -c 'import onnx' 2>/dev/null")) {
		free(text);
		ut_skip("no python3-onnx");
	}
	encrypt(path, good_metadata, text, len, 300);
	if (trial_run(&t, path))
		fail_msg("%s", t.failure.text);
	check_onnx(&t, 0);
	check_onnx(&t, 3);
	trial_end(&t);
	free(text);
}

/* ---- whole files --------------------------------------------------------------------- */

static size_t files_in_dir(void)
{
	struct dirent *entry;
	DIR *d = opendir(dir);
	size_t count = 0;

	assert_non_null(d);
	while ((entry = readdir(d)))
		count += entry->d_name[0] != '.';
	closedir(d);
	return count;
}

static void test_outfile(void **state)
{
	struct failure failure = { 0 };
	size_t len, before = files_in_dir();
	struct stat st;
	uint8_t *bytes;

	(void)state;
	assert_int_equal(outfile_write(dir, "x", "first", 5, &failure), 0);
	assert_int_equal(outfile_write(dir, "x", "second", 6, &failure), 0);
	bytes = slurp(in_dir("x"), &len);
	assert_int_equal(len, 6);
	assert_memory_equal(bytes, "second", 6);
	free(bytes);
	assert_int_equal(files_in_dir(), before + 1);

	/* a directory is in the way: the failure leaves nothing behind */
	assert_int_equal(mkdir(in_dir("d"), 0700), 0);
	assert_int_equal(outfile_write(dir, "d", "x", 1, &failure), -1);
	assert_int_equal(failure.exit, EXIT_MISUSE);
	assert_int_equal(files_in_dir(), before + 2);
	assert_int_equal(rmdir(in_dir("d")), 0);

	/* so are a link, even to a file, and a pipe: they stay what they are */
	assert_int_equal(symlink("x", in_dir("link")), 0);
	assert_int_equal(mkfifo(in_dir("pipe"), 0600), 0);
	assert_int_equal(outfile_write(dir, "link", "x", 1, &failure), -1);
	assert_int_equal(outfile_put(in_dir("pipe"), "x", 1, &failure), -1);
	assert_int_equal(lstat(in_dir("link"), &st), 0);
	assert_true(S_ISLNK(st.st_mode));
	assert_int_equal(lstat(in_dir("pipe"), &st), 0);
	assert_true(S_ISFIFO(st.st_mode));
	assert_int_equal(files_in_dir(), before + 3);
	assert_int_equal(outfile_dir(in_dir("x"), &failure), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_encrypted_site),
		cmocka_unit_test(test_damaged_sets),
		cmocka_unit_test(test_safetensors),
		cmocka_unit_test(test_card),
		cmocka_unit_test(test_layers_in_the_file),
		cmocka_unit_test(test_onnx),
		cmocka_unit_test(test_outfile),
	};

	return cmocka_run_group_tests(tests, make_dir, remove_dir);
}
