// SPDX-License-Identifier: MIT
/*
 * What programs read: figures as people would write them.
 */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../../userspace/wardctl/output.h"

/* Every share of time that the kernel tells, in 1/100 percent. */
static void hundredths_have_two_digits_at_most(void **state)
{
	char *text, want[32];
	size_t len;

	(void)state;
	for (int i = 0; i <= 10000; i++) {
		FILE *stream = open_memstream(&text, &len);
		struct output *out = out_new(stream, true);

		out_real(out, "avg10", i / 100.0);
		assert_true(out_finish(out));
		out_free(out);
		fclose(stream);
		snprintf(want, sizeof(want), "\"avg10\": %.5g%s\n", i / 100.0,
			 i % 100 ? "" : ".0");
		assert_non_null(strstr(text, want));
		free(text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(hundredths_have_two_digits_at_most),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
