// SPDX-License-Identifier: MIT
/*
 * What a job with a second thread and checkpoints leaves outside of its protected memory:
 * all that this process may write is searched for rows, weights and the secret that seals,
 * when training has returned and the data are still held, and once they are not. The owner's
 * side is another process, so that this one meets plaintext by decrypting it alone.
 */
#include "worker_bench.h"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../../userspace/worker/checkpoint.h"
#include "../../userspace/worker/data.h"
#include "../../userspace/worker/scrub.h"
#include "../../userspace/worker/train.h"
#include "../../userspace/worker/vault.h"

#define ROWS		2000
#define LINES		40	/* that are searched for */
#define LINE_LEN	14
#define WEIGHTS		5	/* of the run that is trained: 4 features and the bias */
#define RANGES_MAX	64
#define BUDGET		(256u << 10)
#define SECRET		"0123456789abcdefghijklmnopqrstu"

static const char metadata[] =
	"{\"columns\":[\"age\",\"dose\",\"kind\",\"ill\"],\"missing\":\"?\"}";

/** struct told - what the owner's process says: bytes inverted, which match nothing */
struct told {
	uint8_t line[LINES][LINE_LEN];
	uint8_t secret[16];
};

struct range {
	uintptr_t from;
	uintptr_t to;
};

/** struct world - protected memory that knows its ranges */
struct world {
	struct bench_memory bench;
	struct memory_backend behind;
	struct range held[RANGES_MAX];
};

static struct told told;
static char dir[] = "/tmp/ward-residue-XXXXXX";
static char table[64], file[64];

/* ---- protected memory ------------------------------------------------------------ */

static int world_get(void *arg, size_t len, const char *label, void **data, void **handle)
{
	struct world *world = arg;
	int i, err = world->behind.get(world->behind.arg, len, label, data, handle);

	for (i = 0; !err && i < RANGES_MAX; i++) {
		if (world->held[i].to)
			continue;
		world->held[i].from = (uintptr_t)*data;
		world->held[i].to = (uintptr_t)*data + len;
		return 0;
	}
	assert_int_equal(err, 0);
	fail();
	return -1;
}

static void world_put(void *arg, void *handle)
{
	struct world *world = arg;
	const struct bench_handle *h = handle;
	int i;

	for (i = 0; i < RANGES_MAX; i++) {
		if (world->held[i].from == (uintptr_t)h->data)
			world->held[i] = (struct range){ 0 };
	}
	world->behind.put(world->behind.arg, handle);
}

/* ---- the search -------------------------------------------------------------------- */

static size_t count(uintptr_t from, uintptr_t to, const uint8_t *inverted, size_t len)
{
	const volatile uint8_t *at = (const volatile uint8_t *)from;
	const volatile uint8_t *end = (const volatile uint8_t *)to - len;
	size_t hits = 0, i;

	for (; at <= end; at++) {
		for (i = 0; i < len && at[i] == (uint8_t)~inverted[i]; i++)
			;
		hits += i == len;
	}
	return hits;
}

static bool is_held(const struct world *world, uintptr_t from, uintptr_t to, uintptr_t *next)
{
	uintptr_t first = to;
	int i;

	for (i = 0; i < RANGES_MAX; i++) {
		const struct range *held = &world->held[i];

		if (held->from <= from && from < held->to) {
			*next = held->to;
			return true;
		}
		if (held->from > from && held->from < first)
			first = held->from;
	}
	*next = first;
	return false;
}

/* Hits in protected memory, and in all else that is writable. */
struct hits {
	size_t held;
	size_t elsewhere;
};

static void look(const struct world *world, const uint8_t *inverted, size_t len, struct hits *hits)
{
	FILE *maps = fopen("/proc/self/maps", "r");
	uintptr_t from, to, next;
	char line[512], mode[8];

	assert_non_null(maps);
	while (fgets(line, sizeof(line), maps)) {
		if (sscanf(line, "%lx-%lx %7s", &from, &to, mode) != 3 || strncmp(mode, "rw", 2))
			continue;
		for (; from < to; from = next) {
			bool held = is_held(world, from, to, &next);
			size_t *into = held ? &hits->held : &hits->elsewhere;

			*into += count(from, next < to ? next : to, inverted, len);
		}
	}
	fclose(maps);
}

static struct hits look_for_rows(const struct world *world)
{
	struct hits hits = { 0 };
	size_t i;

	for (i = 0; i < LINES; i++)
		look(world, told.line[i], LINE_LEN, &hits);
	return hits;
}

/* ---- the owner ----------------------------------------------------------------------- */

static void invert(uint8_t *out, const void *bytes, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++)
		out[i] = (uint8_t)~((const uint8_t *)bytes)[i];
}

static void encrypt(const char *text, size_t len)
{
	const struct ward_dataset_params params = {
		.kind = WARD_DATASET_TABLE, .chunk_size = WARD_DATASET_CHUNK_MIN, .length = len,
		.rows = ROWS, .metadata = metadata, .metadata_len = strlen(metadata),
	};
	struct ward_dataset_writer *writer;
	int fd = open(table, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	if (fd < 0 || ward_dataset_create(fd, (const uint8_t *)SECRET, &params, &writer, NULL) ||
	    ward_dataset_write(writer, text, len, NULL) || ward_dataset_finish(writer, NULL))
		_exit(1);
}

/* Lines from everywhere in the table, from their first byte on. */
static void own(int to)
{
	size_t len, i;
	char *text = bench_table(3, ROWS, &len), *line;

	encrypt(text, len);
	for (i = 0; i < LINES; i++) {
		line = strchr(text + len / (LINES + 1) * (i + 1), '\n') + 1;
		invert(told.line[i], line, LINE_LEN);
	}
	invert(told.secret, SECRET, sizeof(told.secret));
	_exit(write(to, &told, sizeof(told)) == sizeof(told) ? 0 : 1);
}

static int setup(void **state)
{
	int fds[2], status;
	pid_t pid;

	(void)state;
	assert_non_null(mkdtemp(dir));
	snprintf(table, sizeof(table), "%s/t", dir);
	snprintf(file, sizeof(file), "%s/c", dir);
	assert_int_equal(pipe(fds), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (!pid)
		own(fds[1]);
	assert_int_equal(read(fds[0], &told, sizeof(told)), sizeof(told));
	assert_int_equal(waitpid(pid, &status, 0), pid);
	close(fds[0]);
	close(fds[1]);
	return status;
}

static int teardown(void **state)
{
	(void)state;
	unlink(table);
	unlink(file);
	return rmdir(dir);
}

/* ---- the worker ------------------------------------------------------------------------ */

struct worker {
	struct world world;
	struct memory memory;
	struct ring ring;
	struct plan *plan;
	struct data data;
	struct site site;
	struct cohort cohort;
	struct seal seal;
	struct checkpoint checkpoint;
	struct keeper keeper;
};

/* The key comes from the broker into protected memory; here from a text in read-only memory. */
static const uint8_t *key_of(struct worker *w)
{
	uint8_t *key = memory_take(&w->memory, 32);

	assert_non_null(key);
	memcpy(key, SECRET, 32);
	return key;
}

static void begin(struct worker *w, bool vault)
{
	struct memory_backend backend = { world_get, world_put, &w->world };
	struct seal_options sealed = { .resource = "a/b/c" };
	struct failure failure = { 0 };
	const uint8_t *key;

	w->world.behind = bench_backend(&w->world.bench);
	memory_init(&w->memory, &backend, BUDGET);
	w->plan = bench_plan(bench_plan_text);
	w->data = (struct data){ .name = "north", .path = table, .fd = -1 };
	key = key_of(w);
	if (data_peek(&w->data, &failure))
		fail_msg("%s", failure.text);
	data_warm_up();
	if (vault)
		assert_int_equal(vault_open(&w->memory, VAULT_CHECKPOINT + 4096), 0);
	if (data_open(&w->data, key, &failure) ||
	    ring_init(&w->ring, &w->memory, w->data.chunk_bytes, 6, 1, &failure) ||
	    ring_read_ahead(&w->ring, &failure) || data_site(&w->data, 0, &w->site, &failure) ||
	    site_init(&w->site, w->plan, &w->ring, &w->memory, &failure) ||
	    seal_open(&w->seal, &sealed, key, &w->memory, &failure))
		fail_msg("%s", failure.text);
	w->cohort = (struct cohort){ .plan = w->plan, .memory = &w->memory, .ring = &w->ring,
				     .sites = 1, .site = &w->site };
	w->checkpoint = (struct checkpoint){
		.path = file, .steps = 1, .plan = w->plan, .data = &w->data, .sites = 1,
		.seal = &w->seal, .memory = &w->memory,
	};
	if (cohort_survey(&w->cohort, &failure) ||
	    checkpoint_open(&w->checkpoint, &w->keeper, &failure))
		fail_msg("%s", failure.text);
}

static void forget(struct worker *w)
{
	site_end(&w->site);
	checkpoint_end(&w->checkpoint);
	ring_end(&w->ring);
	memory_release(&w->memory, NULL);
	data_close(&w->data);
	vault_close();
	plan_free(w->plan);
	scrub_stack();
	assert_int_equal(w->world.bench.live, 0);
}

/* Trains with the first run; weights come inverted, two and two: a pattern of 16 bytes. */
static void train(struct worker *w, uint8_t *weights)
{
	struct train_hooks hooks = { .keeper = &w->keeper };
	struct failure failure = { 0 };
	struct model model;

	if (train_model(&w->cohort, &w->plan->run[0], &hooks, &model, &failure))
		fail_msg("%s", failure.text);
	assert_int_equal(net_params(&model.net), WEIGHTS);
	invert(weights, model.theta, WEIGHTS * sizeof(double));
	model_clear(&model);
	scrub_stack();
}

static struct hits look_for_weights(const struct world *world, const uint8_t *weights)
{
	struct hits hits = { 0 };
	size_t i;

	for (i = 0; i + 1 < WEIGHTS; i++)
		look(world, weights + i * sizeof(double), 2 * sizeof(double), &hits);
	return hits;
}

static struct hits look_for_secret(const struct world *world)
{
	struct hits hits = { 0 };

	look(world, told.secret, sizeof(told.secret), &hits);
	return hits;
}

static void test_where_plaintext_is(void **state)
{
	uint8_t weights[WEIGHTS * sizeof(double)];
	struct worker w = { 0 };
	struct hits rows, of_model, secret;
	int life;

	(void)state;
	for (life = 0; life < 2; life++) {	/* the second goes on from the checkpoint */
		w = (struct worker){ 0 };
		begin(&w, true);
		assert_int_equal(w.checkpoint.resumed, life);
		train(&w, weights);
		rows = look_for_rows(&w.world);
		of_model = look_for_weights(&w.world, weights);
		secret = look_for_secret(&w.world);
		assert_true(rows.held > 0);	/* the search finds what is there */
		assert_true(of_model.held >= WEIGHTS - 1);
		assert_true(secret.held > 0);
		assert_int_equal(rows.elsewhere, 0);
		assert_int_equal(of_model.elsewhere, 0);
		assert_int_equal(secret.elsewhere, 0);
		forget(&w);
		rows = look_for_rows(&w.world);
		of_model = look_for_weights(&w.world, weights);
		secret = look_for_secret(&w.world);
		assert_int_equal(rows.held + of_model.held + secret.held, 0);
		assert_int_equal(rows.elsewhere + of_model.elsewhere + secret.elsewhere, 0);
	}
}

/* A copy on the heap or on the stack would be found. */
static void test_copies_are_found(void **state)
{
	uint8_t weights[WEIGHTS * sizeof(double)];
	struct worker w = { 0 };
	uint8_t *heap, stack[LINE_LEN];
	size_t i;

	(void)state;
	begin(&w, true);
	train(&w, weights);
	heap = malloc(LINE_LEN);
	assert_non_null(heap);
	for (i = 0; i < LINE_LEN; i++)
		((volatile uint8_t *)heap)[i] = (uint8_t)~told.line[1][i];
	for (i = 0; i < LINE_LEN; i++)
		((volatile uint8_t *)stack)[i] = (uint8_t)~told.line[2][i];
	assert_true(look_for_rows(&w.world).elsewhere >= 2);
	free(heap);
	explicit_bzero(stack, sizeof(stack));
	forget(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_where_plaintext_is),
		cmocka_unit_test(test_copies_are_found),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
