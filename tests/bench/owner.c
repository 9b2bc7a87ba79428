// SPDX-License-Identifier: MIT
/* A data owner, for the figures of keys: as the kernel tests have one. */
#include "../kernel/key_test.h"

enum { MESSAGE = 1 << 20 };

int bench_key(int session, struct ward_key_open *cmd);
int bench_key(int session, struct ward_key_open *cmd)
{
	struct ward_key_grant grant = grant_new(0, 0);
	struct sealed_file file = file_new(&grant, NULL, MESSAGE, MESSAGE);

	*cmd = file.cmd;
	return key_of(session, &grant);
}
