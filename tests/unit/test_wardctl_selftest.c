// SPDX-License-Identifier: MIT
/*
 * The self test on memory that nothing protects: no probe may say that a promise
 * holds there. And what people write as sizes and users.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "../../userspace/wardctl/selftest.h"
#include "../../userspace/wardctl/size.h"

static struct selftest t;

static uint8_t *memory(size_t size, const uint8_t *marker)
{
	uint8_t *at = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	size_t i;

	assert_ptr_not_equal(at, MAP_FAILED);
	for (i = 0; i < size; i += MARKER_LEN)
		memcpy(at + i, marker, MARKER_LEN);
	return at;
}

static int setup(void **state)
{
	(void)state;
	t.size = 8 * (size_t)sysconf(_SC_PAGESIZE);
	memset(t.marker, 0xa5, MARKER_LEN);
	memset(t.control, 0x5a, MARKER_LEN);
	t.data = memory(t.size, t.marker);
	t.plain = memory(t.size, t.control);
	return 0;
}

/* What this machine forbids for any memory cannot be tried; nothing holds. */
static void nothing_holds_for_ordinary_memory(void **state)
{
	enum proof (*const probes[])(struct selftest *) = {
		probe_vm_readv, probe_proc_mem, probe_vmsplice, probe_direct_io, probe_fork,
		probe_zero,
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(probes) / sizeof(probes[0]); i++) {
		enum proof proof = probes[i](&t);

		if (proof == PROOF_HOLDS)
			fail_msg("probe %zu holds: %s", i, t.why);
		assert_true(t.why[0]);
	}
}

static void what_needs_no_rights_fails(void **state)
{
	enum proof (*const probes[])(struct selftest *) = {
		probe_vmsplice, probe_fork, probe_dofork, probe_dodump, probe_exec, probe_mremap,
		probe_zero,
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(probes) / sizeof(probes[0]); i++)
		if (probes[i](&t) != PROOF_FAILS)
			fail_msg("probe %zu does not fail: %s", i, t.why);
}

static void a_touch_tells_the_signal(void **state)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	uint8_t *at = memory(page, t.marker);

	(void)state;
	assert_int_equal(selftest_touch(at), 0);
	munmap(at, page);
	assert_int_equal(selftest_touch(at), SIGSEGV);
	assert_int_equal(selftest_touch(t.plain), 0);
}

static void sizes(void **state)
{
	static const struct {
		const char *text;
		uint64_t value;
	} good[] = {
		{ "0", 0 }, { "4096", 4096 }, { "64K", 65536 }, { "64k", 65536 }, { "512M", 512ull << 20 },
		{ "8G", 8ull << 30 }, { "1t", 1ull << 40 }, { "none", UINT64_MAX },
		{ "18446744073709551614", UINT64_MAX - 1 }, { "16777215T", 16777215ull << 40 },
	};
	static const char *const bad[] = {
		"", " 1", "-1", "+1", "1 ", "1.5G", "1e9", "0x10", "4kk", "4KB", "K", "None", "no",
		"18446744073709551615", "18446744073709551616", "16777216T", "99999999999999999999",
	};
	uint64_t value;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		assert_true(size_parse(good[i].text, &value));
		assert_true(value == good[i].value);
	}
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (size_parse(bad[i], &value))
			fail_msg("'%s' is taken for a size", bad[i]);
}

static void users(void **state)
{
	uint32_t uid = 7;

	(void)state;
	assert_true(user_parse("root", &uid));
	assert_int_equal(uid, 0);
	assert_true(user_parse("4294967294", &uid));
	assert_true(uid == 4294967294u);
	/* The highest number is no user: it stands for none. */
	assert_false(user_parse("4294967295", &uid));
	assert_false(user_parse("4294967296", &uid));
	assert_false(user_parse("-1", &uid));
	assert_false(user_parse("", &uid));
	assert_false(user_parse("no such user", &uid));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_holds_for_ordinary_memory),
		cmocka_unit_test(what_needs_no_rights_fails),
		cmocka_unit_test(a_touch_tells_the_signal),
		cmocka_unit_test(sizes),
		cmocka_unit_test(users),
	};

	return cmocka_run_group_tests_name("wardctl selftest", tests, setup, NULL);
}
