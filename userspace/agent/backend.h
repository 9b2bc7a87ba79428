/* SPDX-License-Identifier: MIT */
/*
 * A backend makes evidence out of one kind of hardware: it opens a device, and
 * has it sign 64 bytes. It knows neither ward nor the other backends.
 */
#ifndef WARDD_BACKEND_H
#define WARDD_BACKEND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "libward.h"
#include "sys.h"
#include "trouble.h"

#define BACKEND_OPTIONS_MAX 16

/** struct backend_option - NAME=VALUE of the command line; NAME alone has "" */
struct backend_option {
	const char *name;
	const char *value;
};

/**
 * struct backend_config - what a backend is opened with
 * @sys: the system calls that it makes; a test's own in tests
 * @count: how many options there are, no name twice
 * @options: those of the backend's own list
 */
struct backend_config {
	const struct ward_sys *sys;
	size_t count;
	struct backend_option options[BACKEND_OPTIONS_MAX];
};

/** backend_option() - its value, or @fallback where it was not given */
const char *backend_option(const struct backend_config *config, const char *name,
			   const char *fallback);

/**
 * backend_number() - a decimal number from @min to @max, @fallback if not given
 *
 * Return: 0; -EINVAL with @why.
 */
int backend_number(const struct backend_config *config, const char *name, uint64_t fallback,
		   uint64_t min, uint64_t max, uint64_t *out, struct trouble *why);

/**
 * backend_choice() - one of two words, @fallback if not given
 * @chosen: it is @other
 *
 * Return: 0; -EINVAL with @why.
 */
int backend_choice(const struct backend_config *config, const char *name, const char *fallback,
		   const char *other, bool *chosen, struct trouble *why);

/**
 * struct backend - one kind of hardware
 * @name: the provider's, in answers and records
 * @about: what it is, for people: one line
 * @tee: WARD_TEE_* of its evidence
 * @options: names that it takes, up to NULL. "timeout" is everybody's
 * @quotes_launch: its evidence covers how the machine was started, and another
 *	backend's quote may stand beside it. One that covers both needs none
 * @beside: by itself it is bound beside one that covers the launch
 * @tee_of: the same as @tee where only the open device tells; NULL = @tee
 * @open: 0 and *state, or -errno and @why: -ENOENT for a device that this machine
 *	does not have
 * @quote: evidence over @report_data (64 bytes) before @deadline_ns
 *	(CLOCK_BOOTTIME). @out is zeroed before; data, aux and manifest are malloc'ed,
 *	the caller's to free whatever is returned. 0, or -errno and @why out of what
 *	WARD_AGENT_REPLY takes: EPERM EIO ENXIO ENOMEM EBUSY EBADMSG EOVERFLOW. One
 *	call at a time
 * @close: also after a @quote that failed
 */
struct backend {
	const char *name;
	const char *about;
	uint32_t tee;
	const char *const *options;
	bool quotes_launch;
	bool beside;
	uint32_t (*tee_of)(const void *state);
	int (*open)(const struct backend_config *config, void **state, struct trouble *why);
	int (*quote)(void *state, const uint8_t *report_data, uint64_t deadline_ns,
		     struct ward_piece *out, struct trouble *why);
	void (*close)(void *state);
};

/**
 * backends - all of them, up to NULL, in the order in which they are looked for
 *
 * A test that links one backend need not link the others.
 */
extern const struct backend *const backends[];

/** backend_find() - by name, or NULL */
const struct backend *backend_find(const char *name);

/* What ends the complaint that a device may not be opened. */
#define BACKEND_AS_ROOT " (run wardd as root, or as one who may open it)"

/**
 * backend_open_device() - the device of option "device", for reading and writing
 * @path: without that option
 * @absent: what it means that there is none
 * @fd: closed by the caller through @config's own close()
 *
 * Return: 0; -errno with @why.
 */
int backend_open_device(const struct backend_config *config, const char *path,
			const char *absent, int *fd, struct trouble *why);

/** backend_piece_free() - data, aux and manifest of what quote() made */
void backend_piece_free(struct ward_piece *piece);

/** backend_keep() - a malloc'ed copy of @len bytes in *@to, or -ENOMEM */
int backend_keep(const void *data, size_t len, const uint8_t **to, size_t *to_len);

#endif /* WARDD_BACKEND_H */
