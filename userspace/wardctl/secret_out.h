/* SPDX-License-Identifier: MIT */
/* Where secrets go: a file of its owner's alone, a descriptor, a pipe. Never argv or a log. */
#ifndef WARDCTL_SECRET_OUT_H
#define WARDCTL_SECRET_OUT_H

#include "wardctl.h"

/**
 * struct secret_out - what the options said
 * @path: of a file, which gets mode 0600; NULL = no file
 * @fd: a descriptor that the caller opened; -1 = none
 * @to_stdout: the result is the secret alone
 */
struct secret_out {
	const char *path;
	int fd;
	bool to_stdout;
};

#define SECRET_OUT_NONE { NULL, -1, false }
#define SECRET_OUT_ARGS "[--out FILE | --fd NUMBER | --stdout]"
#define SECRET_OUT_DETAILS \
	"  --out FILE          put it there, mode 0600\n" \
	"  --fd NUMBER         write it to this descriptor, which the caller opened\n" \
	"  --stdout            write it to the standard output, even a terminal; without any of\n" \
	"                      the three: to the standard output unless that is a terminal\n"

/** secret_out_fd - what --fd takes; an exit code, told */
int secret_out_fd(struct wardctl *ctl, struct secret_out *to, const char *text);

/** secret_out_check - decide, before anything is asked for; an exit code, told */
int secret_out_check(struct wardctl *ctl, struct secret_out *to);

/** secret_out_write - all of it; an exit code, told. On stdout it takes the result's place */
int secret_out_write(struct wardctl *ctl, const struct secret_out *to, const void *data,
		     size_t len);

/** secret_keep - no core dumps of this process, no ptrace(2) by its user, allocators that wipe */
void secret_keep(void);

#endif /* WARDCTL_SECRET_OUT_H */
