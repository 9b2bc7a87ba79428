// SPDX-License-Identifier: MIT
/*
 * P15: a MiB by WARD_KEY_OPEN beside the same MiB by the kernel's own gcm(aes), between
 * pages of its own, and the ioctl that it takes. The buffer is mapped, and the text
 * looked at: what was out of sight has to be mapped again.
 */
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "bench.h"
#include "kmod/wardbench.h"

enum { EACH = 8 };

/** struct keyed - a key, the call, and where the text is to be seen */
struct keyed {
	int fd;
	struct ward_key_open cmd;
	const volatile unsigned char *text;
};

static void open_round(const void *arg, uint64_t part[PARTS])
{
	const struct keyed *keyed = arg;
	struct ward_key_open cmd = keyed->cmd;
	uint64_t t = __rdtsc();
	int i;

	for (i = 0; i < EACH; i++) {
		need(!ioctl(keyed->fd, WARD_KEY_OPEN, &cmd), "WARD_KEY_OPEN");
		(void)*keyed->text;
	}
	part[0] = (__rdtsc() - t) / EACH;
}

static void gcm_round(const void *arg, uint64_t part[PARTS])
{
	part[0] = bench_each(WARDBENCH_GCM, *(const int *)arg, EACH);
}

void rows_keys(void)
{
	int session = session_open();
	struct keyed keyed = { .fd = bench_key(session, &keyed.cmd) };
	struct side s[] = {
		{ "WARD_KEY_OPEN of 1 MiB, seen", open_round, &keyed, { { 0 } } },
		{ "gcm(aes) of 1 MiB", gcm_round, &session, { { 0 } } },
		{ "null ioctl", bench_null, &session, { { 0 } } },
	};

	keyed.cmd.buffer_fd = ward_alloc(session, HUGE, WARD_BUF_POPULATE);
	need(keyed.cmd.buffer_fd >= 0, "a buffer");
	keyed.text = mmap(huge_hint(HUGE), HUGE, PROT_READ, MAP_SHARED, keyed.cmd.buffer_fd, 0);
	need(keyed.text != MAP_FAILED, "a mapping");
	race(s, 3);
	row_ratio("P15 WARD_KEY_OPEN / gcm(aes) and an ioctl, per MiB",
		  (double)median(&s[0], 0) /
		  (double)(median(&s[1], 0) + median(&s[2], 0)), 1.1);
	tell("WARD_KEY_OPEN of 1 MiB, one message, seen", (double)median(&s[0], 0), "instructions");
	tell("gcm(aes) of 1 MiB", (double)median(&s[1], 0), "instructions");
	close(keyed.fd);
	close(session);
}
