/* SPDX-License-Identifier: MIT */
/*
 * Memory for a secret on its way out: class A of ward's where the device gives some (pinned,
 * hidden, wiped by the kernel however the process ends), else locked by OpenSSL.
 */
#ifndef WARDCTL_SECRET_MEM_H
#define WARDCTL_SECRET_MEM_H

#include <stdbool.h>

#include "libward.h"

/** enum secret_kind - what was obtained, the best first */
enum secret_kind { SECRET_CLASS_A, SECRET_LOCKED, SECRET_UNLOCKED };

/** struct secret_mem - zeroes at first; secret_mem_free() it in any case */
struct secret_mem {
	void *data;
	size_t size;
	enum secret_kind kind;
	struct ward_session *session;
	struct ward_buffer *buffer;
};

/** secret_mem_new - @size zeroed bytes; false = no memory. Once a process */
bool secret_mem_new(struct secret_mem *m, size_t size);
void secret_mem_free(struct secret_mem *m);

/** secret_mem_word - "class-a", "locked", "unlocked" */
const char *secret_mem_word(const struct secret_mem *m);

#endif /* WARDCTL_SECRET_MEM_H */
