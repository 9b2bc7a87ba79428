// SPDX-License-Identifier: MIT
/*
 * keeper FILE: holds one buffer of each kind, writes its process id to FILE, and
 * reads its memory until that is taken away. Exit status 0 when it was (SIGBUS),
 * 3 when that didn't happen within five minutes.
 */
#include <err.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "libward.h"

#define MIB ((size_t)1 << 20)

static sigjmp_buf gone;

static void on_bus(int number)
{
	siglongjmp(gone, number);
}

static uint8_t *hold(struct ward_session *session, size_t size, uint32_t flags, const char *label,
		     int is_volatile)
{
	struct ward_buffer *buffer;
	int rc = ward_buffer_alloc(session, size, flags, label, &buffer);

	if (!rc && is_volatile)
		rc = ward_buffer_volatile(buffer);
	if (rc)
		errx(1, "%s: %s", label, ward_strerror(rc));
	return ward_buffer_data(buffer);
}

static void pin(struct ward_session *session)
{
	void *at = mmap(NULL, 16384, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct ward_buffer *buffer;
	int rc;

	if (at == MAP_FAILED)
		err(1, "mmap");
	rc = ward_buffer_pin(session, at, 16384, "io", &buffer);
	if (rc)
		errx(1, "pin: %s", ward_strerror(rc));
}

static void announce(const char *path)
{
	FILE *f = fopen(path, "w");

	if (!f || fprintf(f, "%d\n", (int)getpid()) < 0 || fclose(f))
		err(1, "%s", path);
}

int main(int argc, char **argv)
{
	struct ward_session *session;
	uint8_t *rows;
	int i, rc;

	if (argc != 2)
		errx(1, "usage: keeper FILE");
	rc = ward_session_open(NULL, &session);
	if (rc)
		errx(1, "open: %s", ward_strerror(rc));
	rows = hold(session, 4 * MIB, 0, "r\xc3\xb6ws \\ 1", 0);
	memset(rows, 0x5a, 4 * MIB);
	hold(session, 65536, 0, "cache", 1);
	hold(session, 65536, WARD_BUF_SHARED, "loader", 0);
	pin(session);
	signal(SIGBUS, on_bus);
	if (sigsetjmp(gone, 1))
		return 0;
	announce(argv[1]);
	for (i = 0; i < 3000; i++) {
		if (*(volatile uint8_t *)rows != 0x5a)
			errx(2, "the memory changed under its owner");
		usleep(100000);
	}
	return 3;
}
