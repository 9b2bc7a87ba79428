// SPDX-License-Identifier: MIT
/* What the probes of the self test share. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "selftest.h"

enum proof selftest_say(struct selftest *t, enum proof proof, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(t->why, sizeof(t->why), fmt, ap);
	va_end(ap);
	return proof;
}

enum proof selftest_refused(struct selftest *t, bool done, int err, const char *what)
{
	if (done)
		return selftest_say(t, PROOF_FAILS, "%s succeeded", what);
	return selftest_say(t, PROOF_HOLDS, "%s: %s", what, strerror(err));
}

struct ward_buffer *selftest_own(struct selftest *t, size_t size, uint32_t flags)
{
	struct ward_buffer *buffer = NULL;
	int err = ward_buffer_alloc(t->session, size, flags, "selftest", &buffer);

	if (err)
		selftest_say(t, PROOF_UNTRIED, "no buffer for it: %s", ward_strerror(err));
	return buffer;
}

static sigjmp_buf touched;

static void on_signal(int number)
{
	siglongjmp(touched, number);
}

int selftest_touch(const volatile uint8_t *at)
{
	struct sigaction catch = { .sa_handler = on_signal }, bus, segv;
	int got;

	sigemptyset(&catch.sa_mask);
	sigaction(SIGBUS, &catch, &bus);
	sigaction(SIGSEGV, &catch, &segv);
	got = sigsetjmp(touched, 1);
	if (!got)
		(void)*at;
	sigaction(SIGBUS, &bus, NULL);
	sigaction(SIGSEGV, &segv, NULL);
	return got;
}

bool selftest_all(const uint8_t *data, size_t len, uint8_t value)
{
	size_t i;

	for (i = 0; i < len; i++)
		if (data[i] != value)
			return false;
	return true;
}
