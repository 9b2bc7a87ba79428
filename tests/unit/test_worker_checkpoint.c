// SPDX-License-Identifier: MIT
/* However often training is broken off, and wherever: it ends with the same bits. */
#include "checkpoint_bench.h"
#include "swtpm.h"

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
		cmocka_unit_test_setup(test_sealed_by_a_tpm, fresh),
		cmocka_unit_test_setup(test_others_are_refused, fresh),
		cmocka_unit_test_setup(test_contents_are_a_strangers, fresh),
		cmocka_unit_test_setup(test_changed_bytes, fresh),
		cmocka_unit_test_setup(test_in_the_vault, fresh),
		cmocka_unit_test_setup(test_goes_on_without_a_place, fresh),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
