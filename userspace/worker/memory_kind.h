/* SPDX-License-Identifier: MIT */
/*
 * Kinds of memory that one training can be measured in: what a budget's blocks are made of.
 *
 * Only `ward-train bench` takes another kind than ward's own.
 */
#ifndef WARD_WORKER_MEMORY_KIND_H
#define WARD_WORKER_MEMORY_KIND_H

#include "memory.h"

enum memory_kind {
	MEMORY_PLAIN,	/* what a program has that protects nothing: neither locked nor wiped */
	MEMORY_MLOCKED,	/* out of swap, and wiped before it is given back */
	MEMORY_SECRET,	/* memfd_secret(2): out of the kernel's direct map, too; wiped likewise */
	MEMORY_WARD,	/* class A */
	MEMORY_KINDS,
};

/** memory_kind_name() - plain, mlocked, secret, ward */
const char *memory_kind_name(enum memory_kind kind);

/**
 * memory_kind_parse() - the kind of that name
 * @name: as memory_kind_name() has it
 * @kind: filled in
 *
 * Return: 0 or -1.
 */
int memory_kind_parse(const char *name, enum memory_kind *kind);

/**
 * memory_backend_of() - blocks of that kind
 * @kind: any but MEMORY_WARD, whose backend needs a session
 *
 * Return: the backend. Its get() tells why in -errno: -ENOSYS, the kernel has no
 * memfd_secret(); -EAGAIN or -ENOMEM, RLIMIT_MEMLOCK is too low.
 */
struct memory_backend memory_backend_of(enum memory_kind kind);

#endif /* WARD_WORKER_MEMORY_KIND_H */
