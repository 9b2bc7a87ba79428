/* SPDX-License-Identifier: MIT */
/*
 * The interfaces that give quotes, and who but root reaches them. Whoever does gets
 * evidence over data of his own choice.
 */
#ifndef WARD_COMMON_QUOTE_NODES_H
#define WARD_COMMON_QUOTE_NODES_H

#include <stdbool.h>
#include <sys/stat.h>

/* Patterns for glob(3), up to NULL. */
static const char *const quote_nodes[] = {
	"/dev/sev-guest",
	"/dev/tdx_guest",
	"/dev/nsm",
	"/dev/tpm[0-9]*",
	"/dev/tpmrm[0-9]*",
	"/sys/kernel/config/tsm/report",
	"/sys/kernel/config/tsm/report/*",
	"/sys/kernel/config/tsm/report/*/inblob",
	NULL
};

/* The bits that let in others than the owner: configfs is open to look at. */
static inline mode_t quote_node_bits(const struct stat *st)
{
	return S_ISDIR(st->st_mode) ? 0022 : 0066;
}

static inline bool quote_node_open(const struct stat *st, uid_t owner)
{
	return st->st_mode & quote_node_bits(st) || st->st_uid != owner;
}

#endif /* WARD_COMMON_QUOTE_NODES_H */
