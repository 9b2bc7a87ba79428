// SPDX-License-Identifier: MIT
/*
 * holder FILE: a worker that lives long. It holds protected memory, writes "held" to
 * FILE, and then for every line of standard input looks at all that it holds, takes a
 * buffer more, and writes "held" once more. At the end of input it wipes, seals, and
 * writes "sealed". Whatever goes wrong ends it with status 1.
 */
#include <err.h>
#include <stdio.h>
#include <string.h>

#include "libward.h"

enum { LENGTH = 1 << 20, MARK = 0x5a, MOST = 16 };

static struct ward_buffer *held[MOST];
static int count;

static void check(void)
{
	for (int i = 0; i < count; i++) {
		const uint8_t *data = ward_buffer_data(held[i]);

		for (size_t at = 0; at < LENGTH; at++)
			if (data[at] != MARK)
				errx(1, "buffer %d changed under its owner", i);
	}
}

static void take(struct ward_session *session)
{
	int rc;

	if (count == MOST)
		errx(1, "no room for one more");
	rc = ward_buffer_alloc(session, LENGTH, 0, "held", &held[count]);
	if (rc)
		errx(1, "buffer %d: %s", count, ward_strerror(rc));
	memset(ward_buffer_data(held[count++]), MARK, LENGTH);
}

static void end(struct ward_session *session)
{
	int rc;

	while (count)
		ward_buffer_free(held[--count]);
	rc = ward_session_seal(session, NULL);
	if (rc)
		errx(1, "seal: %s", ward_strerror(rc));
	ward_session_close(session);
}

static void say(const char *path, const char *word)
{
	FILE *f = fopen(path, "a");

	if (!f || fprintf(f, "%s\n", word) < 0 || fclose(f))
		err(1, "%s", path);
}

int main(int argc, char **argv)
{
	struct ward_session *session;
	char line[16];
	int rc;

	if (argc != 2)
		errx(1, "usage: holder FILE");
	rc = ward_session_open(NULL, &session);
	if (rc)
		errx(1, "open: %s", ward_strerror(rc));
	do {
		check();
		take(session);
		say(argv[1], "held");
	} while (fgets(line, sizeof(line), stdin));
	check();
	end(session);
	say(argv[1], "sealed");
	return 0;
}
