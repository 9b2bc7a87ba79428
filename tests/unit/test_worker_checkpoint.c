// SPDX-License-Identifier: MIT
/* However often training is broken off, and wherever: it ends with the same bits. */
#include "worker_bench.h"
#include "swtpm.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../../userspace/worker/checkpoint.h"
#include "../../userspace/worker/checkpoint_file.h"
#include "../../userspace/worker/train.h"
#include "../../userspace/worker/vault.h"

#define ROWS		12	/* of the smallest site */
#define BUDGET		(4u << 20)
#define PARAMS_MAX	32
#define RUNS		5
#define CALLS_MAX	5000

static const char plan_text[] =
	"{\"ward-plan\":1,\"name\":\"bench\",\"features\":[{\"column\":\"age\"},"
	"{\"column\":\"dose\"},{\"column\":\"kind\",\"levels\":[2,3]}],"
	"\"label\":{\"column\":\"ill\",\"above\":0},"
	"\"split\":{\"rule\":\"folds\",\"seed\":7,\"folds\":2},"
	"\"runs\":[{\"name\":\"newton\",\"method\":\"newton\",\"l2\":0.01},"
	"{\"name\":\"sgd\",\"method\":\"sgd\",\"epochs\":2,\"batch\":7,\"rate\":0.2,"
	"\"decay\":0.1,\"momentum\":0.5,\"window\":10,\"seed\":3},"
	"{\"name\":\"lbfgs\",\"method\":\"lbfgs\",\"l2\":0.01,\"hidden\":[3],\"max_steps\":6},"
	"{\"name\":\"layers\",\"method\":\"adam\",\"hidden\":[3],\"activation\":\"tanh\","
	"\"rate\":0.02,\"epochs\":2,\"batch\":9,\"window\":20,\"seed\":3},"
	"{\"name\":\"rounds\",\"method\":\"sgd\",\"rounds\":3,\"epochs\":1,\"batch\":9,"
	"\"rate\":0.1,\"window\":20,\"seed\":5}]}";

struct outcome {
	double theta[RUNS][PARAMS_MAX];
	uint64_t steps[RUNS];
	double loss[RUNS];
	double norm[RUNS];
	double auc[RUNS];
	double fold[RUNS];
};

/** struct attempt - one life of the program, and when it dies */
struct attempt {
	struct keeper keeper;	/* the one that is asked */
	uint64_t lives;		/* so many steps; 0 = for ever */
	uint64_t every;		/* steps of a checkpoint; 0 = 1 */
	struct seal *seal;	/* NULL = by a key */
	uint64_t steps;
	struct checkpoint checkpoint;
};

/* Thousands of syncs: in memory. */
static char dir[] = "/dev/shm/ward-checkpoint-XXXXXX";
static char path[64];
static uint8_t key[32] = { 1, 2, 3 };
static struct data data[BENCH_SITES];
static struct ward_recipient_key recipient;
static struct seal seal = { .of = &recipient, .count = 1, .key = key };

/* ---- one life ------------------------------------------------------------------- */

static int recall(void *arg, struct model *model, struct failure *failure)
{
	struct attempt *attempt = arg;

	return attempt->keeper.recall(attempt->keeper.arg, model, failure);
}

static int restore(void *arg, const struct state *state, struct failure *failure)
{
	struct attempt *attempt = arg;

	return attempt->keeper.restore(attempt->keeper.arg, state, failure);
}

static int dies(struct attempt *attempt, struct failure *failure)
{
	if (++attempt->steps != attempt->lives)
		return 0;
	return failed(failure, EXIT_DEVICE, "dies");
}

static int keep(void *arg, const struct state *state, struct failure *failure)
{
	struct attempt *attempt = arg;

	return attempt->keeper.keep(attempt->keeper.arg, state, failure) ||
	       dies(attempt, failure) ? -1 : 0;
}

static int done(void *arg, const struct model *model, struct failure *failure)
{
	struct attempt *attempt = arg;

	return attempt->keeper.done(attempt->keeper.arg, model, failure) ||
	       dies(attempt, failure) ? -1 : 0;
}

static void note(struct outcome *out, size_t run, const struct model *model)
{
	size_t params = net_params(&model->net);

	assert_true(params <= PARAMS_MAX);
	memcpy(out->theta[run], model->theta, params * sizeof(double));
	out->steps[run] = model->steps;
	out->loss[run] = model->loss;
	out->norm[run] = model->norm;
	out->auc[run] = model->pooled.auc;
	out->fold[run] = model->fold[0].auc;
}

static int train(struct bench_cohort *b, const struct keeper *keeper, struct outcome *out,
		 struct failure *failure)
{
	struct train_hooks hooks = { .keeper = keeper };
	struct model model;
	size_t run;
	int ret;

	for (run = 0; run < RUNS; run++) {
		ret = train_model(&b->cohort, &b->plan->run[run], &hooks, &model, failure);
		if (!ret)
			note(out, run, &model);
		model_clear(&model);
		if (ret)
			return -1;
	}
	return 0;
}

/* Return: 1 when it came to the end, 0 when it died, -1 when the checkpoint was refused. */
static int live(struct attempt *attempt, size_t chunk, struct outcome *out,
		struct failure *failure)
{
	struct bench_cohort b = { .plan_text = plan_text };
	struct keeper keeper = { recall, restore, keep, done, attempt };
	int ret;

	*out = (struct outcome){ 0 };
	bench_begin(&b, ROWS, chunk, 8, BUDGET);
	attempt->checkpoint = (struct checkpoint){
		.path = path, .steps = attempt->every ? attempt->every : 1, .plan = b.plan, .data = data, .sites = BENCH_SITES,
		.seal = attempt->seal ? attempt->seal : &seal, .memory = &b.memory,
	};
	ret = checkpoint_open(&attempt->checkpoint, &attempt->keeper, failure);
	if (!ret)
		ret = train(&b, &keeper, out, failure) ? 0 : 1;
	checkpoint_end(&attempt->checkpoint);
	bench_end(&b);
	return ret;
}

static void uninterrupted(struct outcome *out)
{
	struct bench_cohort b = { .plan_text = plan_text };
	struct failure failure = { 0 };

	*out = (struct outcome){ 0 };
	bench_begin(&b, ROWS, 512, 8, BUDGET);
	if (train(&b, NULL, out, &failure))
		fail_msg("%s", failure.text);
	bench_end(&b);
}

/* Where the one before died; other chunks, which may not matter. */
static void goes_on(const struct outcome *expected)
{
	struct attempt attempt = { .every = 1000 };
	struct failure failure = { 0 };
	struct outcome out;

	if (live(&attempt, 97, &out, &failure) != 1)
		fail_msg("%s", failure.text);
	assert_memory_equal(&out, expected, sizeof(out));
}

/* ---- tests ------------------------------------------------------------------------ */

static int setup(void **state)
{
	size_t i;

	(void)state;
	if (access("/dev/shm", W_OK))
		memcpy(dir, "/var/tmp", 8);
	assert_non_null(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/c", dir);
	assert_int_equal(ward_recipient_key(&recipient, key, NULL), 0);
	for (i = 0; i < BENCH_SITES; i++) {
		data[i].name = i ? i > 1 ? "west" : "south" : "north";
		memset(data[i].id, (int)i, sizeof(data[i].id));
		memset(data[i].digest, (int)i + 9, sizeof(data[i].digest));
	}
	return 0;
}

static int teardown(void **state)
{
	char name[80];

	(void)state;
	unlink(path);
	snprintf(name, sizeof(name), "%s.new", path);
	unlink(name);
	return rmdir(dir);
}

static int fresh(void **state)
{
	(void)state;
	unlink(path);
	return 0;
}

static void test_dies_at_every_step(void **state)
{
	struct attempt attempt;
	struct outcome expected, out;
	uint64_t lives;
	int came;

	(void)state;
	uninterrupted(&expected);
	for (lives = 1, came = 0; !came; lives++) {
		struct failure failure = { 0 };

		unlink(path);
		attempt = (struct attempt){ .lives = lives };
		came = live(&attempt, 512, &out, &failure);
		assert_true(came >= 0);
		goes_on(&expected);
	}
	/* each model's steps or minibatches, and its end: 3 models of 5 runs */
	assert_true(lives > 60);
}

/* Each life has one step, and the last has none to do. */
static void test_dies_after_every_step(void **state)
{
	struct outcome expected, out;
	uint64_t lives = 0;
	int came = 0;

	(void)state;
	uninterrupted(&expected);
	while (!came) {
		struct attempt attempt = { .lives = 1 };
		struct failure failure = { 0 };

		came = live(&attempt, 512, &out, &failure);
		assert_true(came >= 0);
		assert_int_equal(attempt.checkpoint.resumed, lives++ > 0);
		assert_true(lives < 1000);
	}
	assert_memory_equal(&out, &expected, sizeof(out));
	assert_true(lives > 60);
}

static void test_file_is_the_owners(void **state)
{
	struct attempt attempt = { .lives = 1 };
	struct failure failure = { 0 };
	struct outcome out;
	struct stat st;

	(void)state;
	assert_int_equal(live(&attempt, 512, &out, &failure), 0);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
}

/* ---- killed at every call that changes a file ---------------------------------------- */

/* These stand before the C library's own, for this program and what is linked into it. */

static long lives_calls;	/* of a child that is killed before the last of them; 0 = never */

static void may_die(void)
{
	if (lives_calls && !--lives_calls)
		kill(getpid(), SIGKILL);
}

int open(const char *name, int flags, ...)
{
	mode_t mode = 0;
	va_list args;

	va_start(args, flags);
	if (flags & (O_CREAT | __O_TMPFILE))
		mode = va_arg(args, mode_t);
	va_end(args);
	may_die();
	return (int)syscall(SYS_openat, AT_FDCWD, name, flags, mode);
}

ssize_t pwrite(int fd, const void *bytes, size_t len, off_t at)
{
	may_die();
	return syscall(SYS_pwrite64, fd, bytes, len, at);
}

int fsync(int fd)
{
	may_die();
	return (int)syscall(SYS_fsync, fd);
}

int fchmod(int fd, mode_t mode)
{
	may_die();
	return (int)syscall(SYS_fchmod, fd, mode);
}

int linkat(int from_dir, const char *from, int to_dir, const char *to, int flags)
{
	may_die();
	return (int)syscall(SYS_linkat, from_dir, from, to_dir, to, flags);
}

int rename(const char *from, const char *to)
{
	may_die();
	return (int)syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, 0);
}

int unlink(const char *name)
{
	may_die();
	return (int)syscall(SYS_unlinkat, AT_FDCWD, name, 0);
}

int close(int fd)
{
	may_die();
	return (int)syscall(SYS_close, fd);
}

/* Return: whether it came to the end before call @at. */
static bool run_child(long at)
{
	struct attempt attempt = { .every = 4 };
	struct failure failure = { 0 };
	struct outcome out;
	int status;
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (!pid) {
		lives_calls = at;
		_exit(live(&attempt, 512, &out, &failure) == 1 ? 0 : 1);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	if (WIFEXITED(status))
		assert_int_equal(WEXITSTATUS(status), 0);
	else
		assert_int_equal(WTERMSIG(status), SIGKILL);
	return WIFEXITED(status);
}

static void test_killed_at_every_call(void **state)
{
	struct outcome expected;
	bool ended = false;
	int resumed = 0;
	long at;

	(void)state;
	uninterrupted(&expected);
	for (at = 1; !ended && at < CALLS_MAX; at++) {
		unlink(path);
		ended = run_child(at);
		resumed += !access(path, F_OK);
		goes_on(&expected);
	}
	assert_true(ended);
	print_message("killed %ld times, %d with a checkpoint to go on from\n", at - 2, resumed);
	assert_true(resumed > 100);
}

/* ---- sealed by a TPM -------------------------------------------------------------------- */

static int train_with(struct seal *by, uint64_t lives, struct outcome *out,
		      struct failure *failure)
{
	struct attempt attempt = { .lives = lives, .every = 4, .seal = by };

	return live(&attempt, 512, out, failure);
}

/* Another program extends PCR 7 by SHA-256 before the first command. */
static enum swtpm_way extends(struct swtpm *s, const struct swtpm_message *m,
			      struct swtpm_message *answer)
{
	static const uint8_t command[] = {
		0x80, 2, 0, 0, 0, 65, 0, 0, 1, 0x82, 0, 0, 0, 7, 0, 0, 0, 9, 0x40, 0, 0, 9,
		0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0x0b, 1,
		[64] = 0,
	};

	(void)m;
	(void)answer;
	if (!s->arg) {
		struct swtpm_message said;

		s->arg = s;
		swtpm_ask(s, command, sizeof(command), &said);
		assert_int_equal(swtpm_code(&said), 0);
	}
	return SWTPM_PASS;
}

static void test_sealed_by_a_tpm(void **state)
{
	struct swtpm *s = swtpm_start();
	struct bench_memory bench = { 0 };
	struct memory_backend backend = bench_backend(&bench);
	struct seal_options options = { .tpm = true, .pcrs = 1u << 7 };
	struct failure failure = { 0 };
	struct outcome expected, out;
	struct memory memory;
	struct seal first, second;

	(void)state;
	if (!s)
		return;
	uninterrupted(&expected);
	options.tcti = s->socket;
	memory_init(&memory, &backend, BUDGET);
	assert_int_equal(seal_open(&first, &options, NULL, &memory, &failure), 0);
	assert_int_equal(train_with(&first, 30, &out, &failure), 0);
	failure = (struct failure){ 0 };
	assert_int_equal(seal_open(&second, &options, NULL, &memory, &failure), 0);
	if (train_with(&second, 0, &out, &failure) != 1)
		fail_msg("%s", failure.text);
	assert_memory_equal(&out, &expected, sizeof(out));
	s->command = extends;
	assert_int_equal(train_with(&second, 0, &out, &failure), -1);
	assert_int_equal(failure.exit, EXIT_REFUSED);
	assert_non_null(strstr(failure.text, "PCR 7"));
	memory_release(&memory, NULL);
	swtpm_end(s);
}

/* ---- what is refused ----------------------------------------------------------------- */

static void refused(enum exit_code exit, const char *words)
{
	struct attempt attempt = { 0 };
	struct failure failure = { 0 };
	struct outcome out;

	assert_int_not_equal(live(&attempt, 512, &out, &failure), 1);
	assert_int_equal(failure.exit, exit);
	if (!strstr(failure.text, words))
		fail_msg("'%s' lacks '%s'", failure.text, words);
}

static void test_others_are_refused(void **state)
{
	struct attempt attempt = { .lives = 5 };
	struct failure failure = { 0 };
	struct outcome expected, out;

	(void)state;
	uninterrupted(&expected);
	assert_int_equal(live(&attempt, 512, &out, &failure), 0);
	data[1].digest[31] ^= 1;
	refused(EXIT_REFUSED, "other data in place of south");
	data[1].digest[31] ^= 1;
	data[2].id[0] ^= 1;
	refused(EXIT_REFUSED, "other data in place of west");
	data[2].id[0] ^= 1;
	data[0].name = "nort";
	refused(EXIT_REFUSED, "other data in place of nort");
	data[0].name = "north";
	key[0] ^= 1;
	refused(EXIT_REFUSED, "can't be opened here");
	key[0] ^= 1;
	goes_on(&expected);
}

static void write_contents(const uint8_t *bytes, size_t len)
{
	const struct ward_dataset_params params = {
		.kind = WARD_DATASET_SEALED, .length = len, .metadata = "{}", .metadata_len = 2,
	};
	struct ward_dataset_writer *writer = NULL;
	int fd = open(path, O_RDWR | O_CREAT | O_TRUNC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(ward_dataset_create(fd, key, &params, &writer, NULL), 0);
	assert_int_equal(ward_dataset_write(writer, bytes, len, NULL), 0);
	assert_int_equal(ward_dataset_finish(writer, NULL), 0);
	ward_dataset_writer_free(writer);
	close(fd);
}

/* Who can seal to the same recipient may write anything: it is read as a stranger's. */
static void test_contents_are_a_strangers(void **state)
{
	struct bench_memory bench = { 0 };
	struct memory_backend backend = bench_backend(&bench);
	struct attempt attempt = { .lives = 40 };
	struct failure failure = { 0 };
	struct memory_block block = { 0 };
	struct memory memory;
	struct outcome out;
	uint8_t *bytes;
	uint64_t words;
	size_t len, i, head = 104 + 3 * 112 + 16;

	(void)state;
	assert_int_equal(live(&attempt, 512, &out, &failure), 0);
	memory_init(&memory, &backend, BUDGET);
	failure = (struct failure){ 0 };
	assert_int_equal(checkpoint_file_read(path, &seal, &memory, &block, &len, &failure), 1);
	bytes = malloc(len);
	assert_non_null(bytes);
	memcpy(bytes, block.data, len);
	memory_put(&memory, &block);

	memcpy(&words, bytes + head - 8, sizeof(words));
	assert_true(words && head + words * 8 < len);
	for (i = 1; i < len; i += i < head ? 1 : 8) {
		write_contents(bytes, i);
		if (i != head + words * 8)	/* between two models: as good as whole */
			refused(EXIT_DAMAGED, "");
	}
	bytes[0] ^= 1;
	write_contents(bytes, len);
	refused(EXIT_DAMAGED, "not a checkpoint");
	bytes[0] ^= 1;
	bytes[16] = 2;
	write_contents(bytes, len);
	refused(EXIT_DAMAGED, "version 2");
	bytes[16] = 1;
	bytes[24] ^= 1;
	write_contents(bytes, len);
	refused(EXIT_REFUSED, "a checkpoint of uid");
	bytes[24] ^= 1;
	bytes[32] ^= 1;
	write_contents(bytes, len);
	refused(EXIT_REFUSED, "another plan");
	bytes[32] ^= 1;
	bytes[96] = 2;
	write_contents(bytes, len);
	refused(EXIT_REFUSED, "2 data sets, not 3");
	bytes[96] = 3;
	bytes[head - 16] = 77;
	write_contents(bytes, len);
	refused(EXIT_DAMAGED, "its models are not those of the plan");
	free(bytes);
}

static void test_changed_bytes(void **state)
{
	struct attempt attempt = { .lives = 40 };
	struct failure failure = { 0 };
	struct outcome out;
	int fd;
	uint8_t byte;

	(void)state;
	assert_int_equal(live(&attempt, 512, &out, &failure), 0);
	fd = open(path, O_RDWR);
	assert_int_equal(pread(fd, &byte, 1, 17000), 1);
	byte ^= 1;
	assert_int_equal(pwrite(fd, &byte, 1, 17000), 1);
	refused(EXIT_DAMAGED, "chunk 0");
	assert_int_equal(ftruncate(fd, 100), 0);
	refused(EXIT_DAMAGED, "");
	close(fd);
}

/* What OpenSSL keeps of the content key while a file is sealed lies in the vault. */
static void test_in_the_vault(void **state)
{
	struct bench_memory bench = { 0 };
	struct memory_backend backend = bench_backend(&bench);
	struct attempt attempt = { .lives = 10 };
	struct failure failure = { 0 };
	struct outcome expected, out;
	struct memory memory;

	(void)state;
	uninterrupted(&expected);
	assert_int_equal(live(&attempt, 512, &out, &failure), 0);	/* caches are filled */
	memory_init(&memory, &backend, BUDGET);
	assert_int_equal(vault_open(&memory, VAULT_CHECKPOINT), 0);
	goes_on(&expected);
	attempt = (struct attempt){ .lives = 10 };
	failure = (struct failure){ 0 };
	assert_int_equal(live(&attempt, 512, &out, &failure), 0);
	assert_string_equal(failure.text, "dies");
	goes_on(&expected);
	assert_int_equal(vault_used(), 0);
	assert_int_equal(vault_close(), 0);
	assert_int_equal(bench.live, 0);
}

/* ---- no place to write ----------------------------------------------------------------- */

static unsigned int troubles;

static void trouble(void *arg, const char *text)
{
	(void)arg;
	assert_non_null(strstr(text, dir));
	troubles++;
}

static void test_goes_on_without_a_place(void **state)
{
	struct bench_cohort b = { .plan_text = plan_text };
	struct checkpoint checkpoint = { 0 };
	struct failure failure = { 0 };
	struct outcome expected, out = { 0 };
	struct keeper keeper;
	char nowhere[80];

	(void)state;
	uninterrupted(&expected);
	snprintf(nowhere, sizeof(nowhere), "%s/none/c", dir);
	bench_begin(&b, ROWS, 512, 8, BUDGET);
	checkpoint = (struct checkpoint){
		.path = nowhere, .steps = 3, .plan = b.plan, .data = data, .sites = BENCH_SITES,
		.seal = &seal, .memory = &b.memory, .trouble = trouble,
	};
	assert_int_equal(checkpoint_open(&checkpoint, &keeper, &failure), 0);
	assert_int_equal(train(&b, &keeper, &out, &failure), 0);
	checkpoint_end(&checkpoint);
	bench_end(&b);
	assert_true(troubles > 20);
	assert_memory_equal(&out, &expected, sizeof(out));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_dies_at_every_step, fresh),
		cmocka_unit_test_setup(test_dies_after_every_step, fresh),
		cmocka_unit_test_setup(test_file_is_the_owners, fresh),
		cmocka_unit_test_setup(test_killed_at_every_call, fresh),
		cmocka_unit_test_setup(test_sealed_by_a_tpm, fresh),
		cmocka_unit_test_setup(test_others_are_refused, fresh),
		cmocka_unit_test_setup(test_contents_are_a_strangers, fresh),
		cmocka_unit_test_setup(test_changed_bytes, fresh),
		cmocka_unit_test_setup(test_in_the_vault, fresh),
		cmocka_unit_test_setup(test_goes_on_without_a_place, fresh),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
