// SPDX-License-Identifier: MIT
/*
 * contained: takes protected memory, 2 MiB at a time, until it is told that there is
 * no more, and says how much that was. Exit status 0 if it was told by ENOMEM, which
 * is what a memory cgroup's limit must come to; 3 otherwise.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "libward.h"

#define PIECE	((size_t)2 << 20)
#define MOST	512

int main(void)
{
	struct ward_buffer *buffer;
	struct ward_session *session;
	size_t n;
	int err = ward_session_open(NULL, &session);

	for (n = 0; !err && n < MOST; n++) {
		err = ward_buffer_alloc(session, PIECE, 0, "rows", &buffer);
		if (!err)
			memset(ward_buffer_data(buffer), 0x5a, PIECE);
	}
	if (err)
		n--;
	printf("held %zu MiB, then: %s\n", n * PIECE >> 20, ward_strerror(err));
	fflush(stdout);
	ward_session_close(session);
	return err == -ENOMEM ? 0 : 3;
}
