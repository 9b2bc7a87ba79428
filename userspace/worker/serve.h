/* SPDX-License-Identifier: MIT */
/* Inference inside ward, from the plan and a model to the receipt. */
#ifndef WARD_WORKER_SERVE_H
#define WARD_WORKER_SERVE_H

#include <stdbool.h>
#include <stdint.h>

#include "emit.h"
#include "failure.h"

#define SERVE_ROWS_DEFAULT		1000
#define SERVE_BODY_DEFAULT		(256u << 10)
#define SERVE_BODY_MOST			(4u << 20)
#define SERVE_CONNECTIONS_DEFAULT	64
#define SERVE_TIMEOUT_DEFAULT		20	/* seconds */
#define SERVE_EVIDENCE_DEFAULT		30

/**
 * struct serve_options - what the command line says
 * @device: of ward, or NULL for the usual one
 * @plan: file
 * @run: of the plan, or NULL where it has one
 * @model: file
 * @site: whose statistics standardise, where the plan says by site; or NULL
 * @missing: mark of a missing value in tables
 * @listen: ADDR:PORT
 * @certificate, @key: PEM files
 * @channel: attested channels in their place
 * @out: directory for the receipt
 * @rows: most of a request
 * @body: most bytes of one
 * @connections: at a time
 * @timeout_s: for a request to come, and for the last answers to go
 * @evidence_s: for evidence that is asked for
 * @budget: most bytes of protected memory
 */
struct serve_options {
	const char *device;
	const char *plan;
	const char *run;
	const char *model;
	const char *site;
	const char *missing;
	const char *listen;
	const char *certificate;
	const char *key;
	const char *out;
	bool channel;
	uint64_t rows;
	uint64_t body;
	uint64_t connections;
	uint64_t timeout_s;
	uint64_t evidence_s;
	uint64_t budget;
};

/**
 * serve_read() - read the command line of `ward-train serve`
 * @argc: arguments, the verb being the first
 * @argv: arguments
 * @options: filled in
 * @emit: filled in
 * @help: true: usage was asked for and printed
 * @failure: EXIT_MISUSE and what to do
 *
 * Return: 0 or -1.
 */
int serve_read(int argc, char **argv, struct serve_options *options, struct emit *emit, bool *help,
	       struct failure *failure);

/**
 * serve_run() - do it, until SIGTERM or SIGINT
 * @options: checked by the caller
 * @emit: where steps are said
 * @failure: what went wrong
 *
 * Whatever happens, nothing is held any more when it returns.
 *
 * Return: 0 or -1.
 */
int serve_run(const struct serve_options *options, const struct emit *emit,
	      struct failure *failure);

#endif /* WARD_WORKER_SERVE_H */
