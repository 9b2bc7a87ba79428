/* SPDX-License-Identifier: MIT */
/*
 * What went wrong, in words for people and as an exit code for programs.
 *
 * Texts name files, lines, columns and sites. They never quote a field of a
 * table: a message ends up in logs, and a field is a patient's.
 */
#ifndef WARD_WORKER_FAILURE_H
#define WARD_WORKER_FAILURE_H

enum exit_code {
	EXIT_OK = 0,
	EXIT_MISUSE = 1,	/* of the command line */
	EXIT_EVIDENCE = 2,	/* bad signature or evidence */
	EXIT_COLLATERAL = 3,
	EXIT_REVOKED = 4,
	EXIT_REFUSED = 5,	/* by a policy */
	EXIT_DEVICE = 6,	/* device, module or this machine */
	EXIT_DAMAGED = 7,	/* damaged input */
	EXIT_NETWORK = 8,
};

struct failure {
	enum exit_code exit;
	char text[512];
};

/**
 * failed() - record what went wrong; the first record stays
 * @failure: where; starts as zero
 * @exit: class of it
 * @fmt: what, where, and what to do, as one line
 *
 * Return: -1, for the caller to return.
 */
__attribute__((format(printf, 3, 4)))
int failed(struct failure *failure, enum exit_code exit, const char *fmt, ...);

/**
 * fail_errno() - the exit code that an error of libward belongs to
 * @err: negative errno
 *
 * Return: EXIT_DEVICE; EXIT_REFUSED where a right is missing.
 */
enum exit_code fail_errno(int err);

#endif /* WARD_WORKER_FAILURE_H */
