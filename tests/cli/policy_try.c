// SPDX-License-Identifier: MIT
/*
 * policy_try: reads policies from stdin, a JSON document on each line, and says of each
 * on a line what the reader says: the reason's word, field, line, column, text, with tabs
 * between them.
 */
#include <stdio.h>
#include <stdlib.h>

#include "wardverify.h"

static void try(const char *text, size_t len)
{
	struct wv_policy *policy;
	struct wv_fault fault;
	int rc = wv_policy_parse((struct wv_bytes){ (const uint8_t *)text, len }, &policy, &fault);

	if (rc)
		printf("%s\t%s\t%d\t%d\t%s\n", wv_reason_text(rc), fault.field, fault.line,
		       fault.column, fault.text);
	else
		printf("ok\t\t0\t0\t\n");
	wv_policy_free(policy);
}

int main(void)
{
	char *line = NULL;
	size_t size = 0;
	ssize_t len;

	while ((len = getline(&line, &size, stdin)) > 0)
		try(line, (size_t)len - (line[len - 1] == '\n'));
	free(line);
	return fflush(stdout) ? 1 : 0;
}
