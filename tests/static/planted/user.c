// SPDX-License-Identifier: MIT
/* What cppcheck, gcc's and clang's analyzers must find: a block that is freed twice. */
#include <stdlib.h>

int planted(size_t len);

int planted(size_t len)
{
	char *block = malloc(len);

	if (!block)
		return -1;
	free(block);
	free(block);
	return 0;
}
