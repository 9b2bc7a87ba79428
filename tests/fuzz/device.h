/* SPDX-License-Identifier: MIT */
/*
 * A device under one of wardd's backends that answers with the input: system calls whose
 * ioctl is the target's own, and a clock that only waiting moves.
 */
#ifndef TEST_FUZZ_DEVICE_H
#define TEST_FUZZ_DEVICE_H

#include <errno.h>
#include <string.h>

#include "../../userspace/agent/backends.h"
#include "sentence.h"

#define DEVICE_SECOND	1000000000ull
#define DEVICE_DEADLINE	(10 * DEVICE_SECOND)

/* What is signed; seeds have the same. */
static const uint8_t device_data[WARD_DIGEST_LEN] = { 0xa5, 1, 2, 3, [63] = 0x5a };

/* The target's: 0 or an errno. */
static int device_answer(unsigned long request, void *arg);

static uint64_t device_clock;

static int device_open(const char *path, int flags)
{
	(void)path;
	(void)flags;
	return 1 << 20;
}

static int device_close(int fd)
{
	(void)fd;
	return 0;
}

static int device_ioctl(int fd, unsigned long request, void *arg)
{
	(void)fd;
	errno = device_answer(request, arg);
	return errno ? -1 : 0;
}

static int device_now(clockid_t clock, struct timespec *now)
{
	(void)clock;
	now->tv_sec = (time_t)(device_clock / DEVICE_SECOND);
	now->tv_nsec = (long)(device_clock % DEVICE_SECOND);
	return 0;
}

static int device_sleep(const struct timespec *wait, struct timespec *left)
{
	(void)left;
	device_clock += (uint64_t)wait->tv_sec * DEVICE_SECOND + (uint64_t)wait->tv_nsec;
	return 0;
}

static const struct ward_sys device_sys = {
	.open = device_open, .close = device_close, .ioctl = device_ioctl,
	.clock_gettime = device_now, .nanosleep = device_sleep,
};

/* What WARD_AGENT_REPLY takes, and no more than fits. */
static inline int device_judge(int err, const struct ward_piece *piece, const struct trouble *why)
{
	static const int known[] = { EPERM, EIO, ENXIO, ENOMEM, EBUSY, EBADMSG, EOVERFLOW };
	size_t i = 0;

	if (!err) {
		if (!piece->data || !piece->data_len || piece->data_len > WARD_EVIDENCE_MAX ||
		    piece->aux_len > WARD_AUX_MAX || piece->manifest_len > WARD_MANIFEST_MAX)
			fuzz_die("%zu bytes of evidence, %zu beside", piece->data_len, piece->aux_len);
		return WV_OK;
	}
	while (i < sizeof(known) / sizeof(known[0]) && err != -known[i])
		i++;
	if (i == sizeof(known) / sizeof(known[0]))
		fuzz_die("the kernel takes no error %d: %s", err, why->text);
	return fuzz_sentence(why->text);
}

/* One quote of a backend that is opened for it. @config: options, or NULL */
static inline int device_quote(const struct backend *b, const struct backend_config *options)
{
	struct backend_config config = { .count = 0 };
	struct ward_piece piece = { .data = NULL };
	struct trouble why = { "" };
	void *state;
	int err;

	if (options)
		config = *options;
	config.sys = &device_sys;
	device_clock = 0;
	if (b->open(&config, &state, &why))
		return fuzz_sentence(why.text);
	err = b->quote(state, device_data, DEVICE_DEADLINE, &piece, &why);
	err = device_judge(err, &piece, &why);
	backend_piece_free(&piece);
	b->close(state);
	return err;
}

#endif /* TEST_FUZZ_DEVICE_H */
