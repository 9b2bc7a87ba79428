// SPDX-License-Identifier: MIT
/* wardd's command line. */
#define _GNU_SOURCE
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <getopt.h>
#include <string.h>

#include "../../userspace/agent/options.h"

static struct options options;

/* Words up to NULL after the program's name. */
static int reads(const char *word, ...)
{
	char *argv[16] = { (char *)"wardd", (char *)word };
	int argc = 2;
	va_list ap;

	va_start(ap, word);
	while ((argv[argc] = va_arg(ap, char *)))
		argc++;
	va_end(ap);
	optind = 0;
	return options_read(argc, argv, &options);
}

static const char *option_of(size_t agent, const char *name)
{
	return backend_option(&options.agents[agent].config, name, NULL);
}

static void one_backend(void **state)
{
	(void)state;
	assert_int_equal(reads("--backend", "sev-guest,vmpl=1,simulated,device=/dev/x", NULL), -1);
	assert_int_equal(options.count, 1);
	assert_string_equal(options.agents[0].backend->name, "sev-guest");
	assert_false(options.agents[0].beside);
	assert_string_equal(option_of(0, "vmpl"), "1");
	assert_string_equal(option_of(0, "simulated"), "");
	assert_string_equal(option_of(0, "device"), "/dev/x");
	assert_null(option_of(0, "timeout"));
	assert_int_equal(options.agent_fd, -1);
	assert_int_equal(reads("--beside", "sev-guest,timeout=5", NULL), -1);
	assert_true(options.agents[0].beside);
	assert_int_equal(options.agents[0].timeout_ms, 5);
	assert_int_equal(reads("--backend", "nitro", NULL), -1);
	assert_int_equal(options.agents[0].timeout_ms, WARD_AGENT_TIMEOUT_MS);
}

static void what_is_wrong(void **state)
{
	(void)state;
	assert_int_equal(reads("--backend", "no-such", NULL), EXIT_USAGE);
	assert_int_equal(reads("--backend", "", NULL), EXIT_USAGE);
	assert_int_equal(reads("--backend", ",", NULL), EXIT_USAGE);
	assert_int_equal(reads("--backend", "sev-guest,no-such=1", NULL), EXIT_USAGE);
	assert_int_equal(reads("--backend", "sev-guest,vmpl=1,vmpl=2", NULL), EXIT_USAGE);
	assert_int_equal(reads("--backend", "sev-guest,timeout=0", NULL), EXIT_USAGE);
	assert_int_equal(reads("--backend", "sev-guest,timeout=60001", NULL), EXIT_USAGE);
	assert_int_equal(reads("--backend", "sev-guest,timeout", NULL), EXIT_USAGE);
	assert_int_equal(reads("-b", "sev-guest", "-b", "sev-guest", NULL), EXIT_USAGE);
	assert_int_equal(reads("-b", "sev-guest", "more", NULL), EXIT_USAGE);
	assert_int_equal(reads("--agent-fd", "0", NULL), EXIT_USAGE);
	assert_int_equal(reads("--agent-fd", "999", "-b", "sev-guest", NULL), EXIT_USAGE);
	assert_int_equal(reads("--agent-fd", "0", "-x", "-b", "sev-guest", NULL), EXIT_USAGE);
	assert_int_equal(reads("--probe", "-b", "sev-guest", NULL), EXIT_USAGE);
	assert_int_equal(reads("--exclusive=perhaps", NULL), EXIT_USAGE);
}

static void the_rest(void **state)
{
	(void)state;
	assert_int_equal(reads("--exclusive", NULL), -1);
	assert_int_equal(options.exclusive, EXCLUSIVE_CHECK);
	assert_int_equal(options.count, 0);
	assert_null(options.keys);
	assert_int_equal(reads("--keys", NULL), -1);
	assert_string_equal(options.keys, "/dev/sev-guest");
	assert_int_equal(reads("-k/dev/other", NULL), -1);
	assert_string_equal(options.keys, "/dev/other");
	assert_int_equal(reads("--keys", "--probe", NULL), EXIT_USAGE);
	assert_int_equal(reads("--exclusive=mend", NULL), -1);
	assert_int_equal(options.exclusive, EXCLUSIVE_MEND);
	assert_int_equal(reads("--agent-fd", "0", "-b", "sev-guest", NULL), -1);
	assert_int_equal(options.agent_fd, 0);
	assert_int_equal(reads("--probe", NULL), -1);
	assert_true(options.probe);
	assert_int_equal(reads("--help", NULL), EXIT_OK);
}

static void numbers(void **state)
{
	static const char *const wrong[] = { "", "x", "1x", "-1", " 1", "0", "11", "1e1",
					     "99999999999999999999" };
	struct backend_config config = { .count = 1, .options = { { "n", "10" } } };
	struct trouble why;
	uint64_t n;

	(void)state;
	assert_int_equal(backend_number(&config, "n", 5, 1, 10, &n, &why), 0);
	assert_int_equal(n, 10);
	assert_int_equal(backend_number(&config, "m", 5, 1, 10, &n, &why), 0);
	assert_int_equal(n, 5);
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		config.options[0].value = wrong[i];
		assert_int_equal(backend_number(&config, "n", 5, 1, 10, &n, &why), -EINVAL);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_backend),
		cmocka_unit_test(what_is_wrong),
		cmocka_unit_test(the_rest),
		cmocka_unit_test(numbers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
