// SPDX-License-Identifier: MIT
/*
 * What `ward-train bench` measures with: kinds of memory that are what they are called, by what
 * the kernel says of their mappings, and phases of which each has its own time.
 */
#include "worker_bench.h"

#include <unistd.h>

#include "../../userspace/worker/counters.h"
#include "../../userspace/worker/memory_kind.h"
#include "../../userspace/worker/phases.h"

#define LEN	(8 * MEMORY_PAGE)

/* Whether the mapping that begins at @data has a flag, by /proc/self/smaps. */
static bool has_flag(const void *data, const char *flag)
{
	FILE *file = fopen("/proc/self/smaps", "re");
	bool here = false, found = false;
	unsigned long start, end;
	char line[512], *flags;

	assert_non_null(file);
	while (fgets(line, sizeof(line), file)) {
		if (sscanf(line, "%lx-%lx ", &start, &end) == 2)
			here = (unsigned long)data >= start && (unsigned long)data < end;
		flags = here && !strncmp(line, "VmFlags:", 8) ? strstr(line, flag) : NULL;
		found |= flags != NULL;
	}
	fclose(file);
	return found;
}

/* Return: 0, or what the kernel or a limit refuses here. */
static int block_of(enum memory_kind kind, void **data, void **handle)
{
	struct memory_backend backend = memory_backend_of(kind);
	int err = backend.get(backend.arg, LEN, "test", data, handle);
	size_t i;

	for (i = 0; !err && i < LEN; i++)
		if (((const uint8_t *)*data)[i])
			fail_msg("byte %zu of %s is not zero", i, memory_kind_name(kind));
	return err;
}

static void plain_memory_is_not_locked(void **state)
{
	struct memory_backend backend = memory_backend_of(MEMORY_PLAIN);
	void *data, *handle;

	(void)state;
	assert_int_equal(block_of(MEMORY_PLAIN, &data, &handle), 0);
	assert_false(has_flag(data, " lo"));
	assert_true(has_flag(data, " mr"));	/* the line was found */
	backend.put(backend.arg, handle);
}

static void locked_kinds_are_locked(enum memory_kind kind)
{
	struct memory_backend backend = memory_backend_of(kind);
	void *data, *handle;
	int err = block_of(kind, &data, &handle);

	if (err == -ENOSYS || err == -EPERM || err == -ENOMEM || err == -EAGAIN)
		skip();		/* no memfd_secret(), or RLIMIT_MEMLOCK */
	assert_int_equal(err, 0);
	assert_true(has_flag(data, " lo"));
	backend.put(backend.arg, handle);
}

static void mlocked_memory_is_locked(void **state)
{
	(void)state;
	locked_kinds_are_locked(MEMORY_MLOCKED);
}

static void secret_memory_is_locked(void **state)
{
	(void)state;
	locked_kinds_are_locked(MEMORY_SECRET);
}

static void kinds_have_names(void **state)
{
	enum memory_kind kind;
	int i;

	(void)state;
	for (i = 0; i < MEMORY_KINDS; i++) {
		assert_int_equal(memory_kind_parse(memory_kind_name(i), &kind), 0);
		assert_int_equal(kind, i);
	}
	assert_int_equal(memory_kind_parse("swap", &kind), -1);
	assert_int_equal(memory_kind_parse("", &kind), -1);
}

/* ---- phases ------------------------------------------------------------------ */

/* Long enough for any clock to see. */
static void work(void)
{
	struct timespec start, now;

	clock_gettime(CLOCK_MONOTONIC, &start);
	do
		clock_gettime(CLOCK_MONOTONIC, &now);
	while (now.tv_sec == start.tv_sec && now.tv_nsec == start.tv_nsec);
}

static int slow_get(void *arg, size_t len, const char *label, void **data, void **handle)
{
	work();
	return bench_get(arg, len, label, data, handle);
}

static int slow_open(void *arg, uint64_t chunk, uint8_t *out, size_t *len, struct failure *failure)
{
	(void)out;
	work();
	*len = (size_t)chunk;
	return arg ? 0 : failed(failure, EXIT_DAMAGED, "no");
}

static void memory_is_a_phase_of_its_own(void **state)
{
	struct bench_memory bench = { 0 };
	struct phases phases;
	struct phased_memory phased = {
		.below = { slow_get, bench_put, &bench }, .phases = &phases,
	};
	struct memory_backend backend = phased_backend(&phased);
	void *data, *handle;
	uint64_t memory;

	(void)state;
	phases_begin(&phases);
	assert_int_equal(phases_enter(&phases, PHASE_COMPUTE), PHASE_OUTSIDE);
	assert_int_equal(backend.get(backend.arg, LEN, "test", &data, &handle), 0);
	memory = phases.wall[PHASE_MEMORY];
	assert_true(memory > 0);
	assert_int_equal(phases.now, PHASE_COMPUTE);
	backend.put(backend.arg, handle);
	assert_true(phases.wall[PHASE_MEMORY] > memory);
	assert_int_equal(phases.now, PHASE_COMPUTE);
	assert_int_equal(phased.refused, 0);
	work();
	phases_enter(&phases, PHASE_OUTSIDE);
	assert_true(phases.wall[PHASE_COMPUTE] > 0);
	assert_int_equal(phases.wall[PHASE_DECRYPT] + phases.wall[PHASE_ATTEST], 0);
	assert_int_equal(phases_wall(&phases),
			 phases.wall[PHASE_COMPUTE] + phases.wall[PHASE_MEMORY]);
	memory = phases_wall(&phases);
	work();
	phases_enter(&phases, PHASE_OUTSIDE);	/* what was outside counts nowhere */
	assert_int_equal(phases_wall(&phases), memory);
}

static void the_first_refusal_is_kept(void **state)
{
	struct bench_memory bench = { .refuse_above = LEN };
	struct phases phases;
	struct phased_memory phased = { .below = bench_backend(&bench), .phases = &phases };
	struct memory_backend backend = phased_backend(&phased);
	void *data, *handle, *more;

	(void)state;
	phases_begin(&phases);
	assert_int_equal(backend.get(backend.arg, LEN, "test", &data, &handle), 0);
	assert_int_equal(phased.refused, 0);
	assert_int_equal(backend.get(backend.arg, LEN, "test", &data, &more), -EDQUOT);
	assert_int_equal(phased.refused, -EDQUOT);
	backend.put(backend.arg, handle);
	assert_int_equal(phased.refused, -EDQUOT);
}

static void reading_is_another_one(void **state)
{
	struct source source = { .chunks = 1, .open = slow_open, .arg = &source };
	struct failure failure = { 0 };
	struct phased_source phased;
	struct phases phases;
	size_t len = 0;

	(void)state;
	phases_begin(&phases);
	phases_enter(&phases, PHASE_COMPUTE);
	phased_source(&phased, &phases, &source);
	assert_int_equal(source.open(source.arg, 7, NULL, &len, &failure), 0);
	assert_int_equal(len, 7);
	assert_true(phases.wall[PHASE_DECRYPT] > 0);
	assert_int_equal(phases.now, PHASE_COMPUTE);
	phased.below.arg = NULL;
	assert_int_equal(source.open(source.arg, 7, NULL, &len, &failure), -1);
	assert_int_equal(phases.now, PHASE_COMPUTE);
	assert_string_equal(failure.text, "no");
}

/* ---- counters ------------------------------------------------------------------ */

/* What can be counted here is, what can't be has a reason. A processor's counters may be in use. */
static void counters_count_or_say_why(void **state)
{
	struct counters counters;
	int i;

	(void)state;
	counters_begin(&counters);
	for (i = 0; i < 1000; i++)
		getppid();
	counters_end(&counters);
	for (i = 0; i < COUNTERS; i++) {
		if (counters.why[i][0])
			print_message("%s: %s\n", counter_name(i), counters.why[i]);
		else if (i == COUNTER_CALLS)
			assert_in_range(counters.value[i], 1000, 1000000000);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(kinds_have_names),
		cmocka_unit_test(plain_memory_is_not_locked),
		cmocka_unit_test(mlocked_memory_is_locked),
		cmocka_unit_test(secret_memory_is_locked),
		cmocka_unit_test(memory_is_a_phase_of_its_own),
		cmocka_unit_test(the_first_refusal_is_kept),
		cmocka_unit_test(reading_is_another_one),
		cmocka_unit_test(counters_count_or_say_why),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
