/* SPDX-License-Identifier: MIT */
/*
 * A double of a device under one of wardd's backends: a table of system calls
 * whose ioctl is the test's own, and a clock that only waiting moves.
 */
#ifndef TESTS_UNIT_FAKE_DEVICE_H
#define TESTS_UNIT_FAKE_DEVICE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../userspace/agent/backends.h"

#define FAKE_DEVICE_FD 4242
#define FAKE_SECOND 1000000000ull

struct fake_device {
	char path[64];
	int open_errno;
	int (*ioctl)(unsigned long request, void *arg);	/* 0 or errno */
	unsigned int ioctls, closed, slept;
	uint64_t clock_ns;
};

static struct fake_device fake_device;

static int fake_device_open(const char *path, int flags)
{
	(void)flags;
	snprintf(fake_device.path, sizeof(fake_device.path), "%s", path);
	errno = fake_device.open_errno;
	return fake_device.open_errno ? -1 : FAKE_DEVICE_FD;
}

static int fake_device_close(int fd)
{
	assert_int_equal(fd, FAKE_DEVICE_FD);
	fake_device.closed++;
	return 0;
}

static int fake_device_ioctl(int fd, unsigned long request, void *arg)
{
	assert_int_equal(fd, FAKE_DEVICE_FD);
	fake_device.ioctls++;
	errno = fake_device.ioctl(request, arg);
	return errno ? -1 : 0;
}

static int fake_device_clock(clockid_t clock, struct timespec *now)
{
	assert_int_equal(clock, CLOCK_BOOTTIME);
	now->tv_sec = (time_t)(fake_device.clock_ns / FAKE_SECOND);
	now->tv_nsec = (long)(fake_device.clock_ns % FAKE_SECOND);
	return 0;
}

static int fake_device_sleep(const struct timespec *wait, struct timespec *left)
{
	(void)left;
	fake_device.slept++;
	fake_device.clock_ns += (uint64_t)wait->tv_sec * FAKE_SECOND + (uint64_t)wait->tv_nsec;
	return 0;
}

static const struct ward_sys fake_device_sys = {
	.open = fake_device_open,
	.close = fake_device_close,
	.ioctl = fake_device_ioctl,
	.clock_gettime = fake_device_clock,
	.nanosleep = fake_device_sleep,
};

/* What is signed, and a deadline ten seconds ahead of the double's clock. */
static const uint8_t fake_report_data[WARD_DIGEST_LEN] = { 0xa5, 1, 2, 3, [63] = 0x5a };
#define FAKE_DEADLINE (10 * FAKE_SECOND)

/* The backend over a fresh double; options are "name", "value", ..., NULL. */
static inline void *fake_device_backend(const struct backend *backend,
					int (*ioctl)(unsigned long, void *), ...)
{
	struct backend_config config = { .sys = &fake_device_sys };
	struct trouble why = { "" };
	void *state = NULL;
	const char *name;
	va_list ap;

	memset(&fake_device, 0, sizeof(fake_device));
	fake_device.ioctl = ioctl;
	va_start(ap, ioctl);
	while ((name = va_arg(ap, const char *))) {
		const char *value = va_arg(ap, const char *);

		config.options[config.count++] = (struct backend_option){ name, value };
	}
	va_end(ap);
	if (backend->open(&config, &state, &why))
		fail_msg("open: %s", why.text);
	return state;
}

/* An open that must fail so, with a reason that says @text. */
static inline void fake_device_refused(const struct backend *backend, int err, const char *text,
				       const char *option, const char *value)
{
	struct backend_config config = { .sys = &fake_device_sys, .count = option ? 1 : 0,
					 .options = { { option, value } } };
	struct trouble why = { "" };
	void *state = NULL;

	assert_int_equal(backend->open(&config, &state, &why), err);
	assert_null(state);
	assert_non_null(strstr(why.text, text));
}

/* One quote over fake_report_data; what it made in *out, why it did not in *why. */
static inline int fake_device_quote(const struct backend *backend, void *state,
				    struct ward_piece *out, struct trouble *why)
{
	memset(out, 0, sizeof(*out));
	memset(why, 0, sizeof(*why));
	return backend->quote(state, fake_report_data, FAKE_DEADLINE, out, why);
}

/* A quote that must fail so, with a reason that says @text. */
static inline void fake_device_fails(const struct backend *backend, void *state, int err,
				     const char *text)
{
	struct ward_piece out;
	struct trouble why;

	assert_int_equal(fake_device_quote(backend, state, &out, &why), err);
	if (!strstr(why.text, text))
		fail_msg("'%s' does not say '%s'", why.text, text);
	backend_piece_free(&out);
}

#endif /* TESTS_UNIT_FAKE_DEVICE_H */
