/* SPDX-License-Identifier: MIT */
/* `ward-train infer`: what a server answers of rows, which have it only once it has proved itself. */
#ifndef WARD_WORKER_ASK_H
#define WARD_WORKER_ASK_H

#include <stdbool.h>

#include "emit.h"
#include "failure.h"

/**
 * struct ask_options - what the command line says
 * @server: HOST:PORT of `ward-train serve --channel`
 * @policy: file, by which it is judged
 * @root: PEM file of a root beside the vendors', or NULL
 * @rows: file of what is asked
 * @json: that is JSON; else a table
 */
struct ask_options {
	const char *server;
	const char *policy;
	const char *root;
	const char *rows;
	bool json;
};

/**
 * ask_read() - read the command line of `ward-train infer`
 * @argc: arguments, the verb being the first
 * @argv: arguments
 * @options: filled in
 * @emit: filled in
 * @help: true: usage was asked for and printed
 * @failure: EXIT_MISUSE and what to do
 *
 * Return: 0 or -1.
 */
int ask_read(int argc, char **argv, struct ask_options *options, struct emit *emit, bool *help,
	     struct failure *failure);

/**
 * ask_run() - do it; the answer goes to standard output
 * @options: checked by the caller
 * @emit: how
 * @failure: EXIT_REFUSED: the policy says no, and no row was sent; EXIT_DAMAGED: the server refuses
 *	what was asked; EXIT_NETWORK
 *
 * Return: 0 or -1.
 */
int ask_run(const struct ask_options *options, const struct emit *emit, struct failure *failure);

#endif /* WARD_WORKER_ASK_H */
