/* SPDX-License-Identifier: MIT */
/*
 * Attested channels as connections: of a federation, where both sides give evidence of their session
 * and judge the other's by a policy, when a channel opens and again every so often; of who asks a
 * server, and judges that alone.
 */
#ifndef WARD_WORKER_ATTESTED_H
#define WARD_WORKER_ATTESTED_H

#include <stdint.h>

#include "failure.h"
#include "libward_channel_verify.h"
#include "link.h"

#define ATTESTED_ANSWER_MS	600000	/* a peer answers when its turn to read comes */

/**
 * struct attested - what this side gives and asks for
 * @session: whose evidence it gives; the caller's; NULL: it has none to give
 * @evidence, @evidence_arg: what gives it in place of the session; or NULL
 * @reattest_ms: the peer's evidence is asked for again when it is so old; 0 = never
 * @handshake_ms: until a channel must be open; 0 = as the library has it
 */
struct attested {
	struct ward_session *session;
	ward_channel_evidence_fn evidence;
	void *evidence_arg;
	uint32_t reattest_ms, handshake_ms;

	/* private */
	struct wv_roots *roots;
	struct wv_policy *policy;
	struct wv_appraisal appraisal;
	struct ward_channel_identity *identity;
};

/**
 * struct attested_files - what peers are judged by
 * @policy: file
 * @root: PEM file of a root beside the vendors' that are built in, or NULL
 * @policy_option: as messages begin that are about it: "--policy "
 * @root_option: likewise
 */
struct attested_files {
	const char *policy;
	const char *root;
	const char *policy_option;
	const char *root_option;
};

/**
 * attested_read() - read the files: before a key is asked for, since they may be wrong
 * @attested: all zero
 * @files: files
 * @failure: what went wrong
 *
 * Return: 0 or -1; attested_close() in any case.
 */
int attested_read(struct attested *attested, const struct attested_files *files,
		  struct failure *failure);

/**
 * attested_open() - make a key for the channel
 * @attested: read, its upper part filled in
 * @failure: what went wrong
 *
 * Return: 0 or -1; attested_close() in any case.
 */
int attested_open(struct attested *attested, struct failure *failure);

/** attested_close() - after all connections */
void attested_close(struct attested *attested);

/**
 * attested_accept() - a connection that opens its channel when it is first read
 * @attested: outlives it
 * @fd: connected; taken over
 * @link: filled in
 *
 * Return: 0 or -ENOMEM, and @fd is closed.
 */
int attested_accept(const struct attested *attested, int fd, struct link *link);

/**
 * attested_connect() - reach the aggregator, open the channel
 * @attested: outlives the connection
 * @where: HOST:PORT
 * @patience_s: so long it is tried again where nobody listens yet
 * @link: filled in
 * @failure: what went wrong
 *
 * Return: 0 or -1.
 */
int attested_connect(const struct attested *attested, const char *where, uint32_t patience_s,
		     struct link *link, struct failure *failure);

/**
 * attested_listen() - a socket that listens
 * @where: HOST:PORT, or :PORT for all addresses
 * @failure: what went wrong
 *
 * Return: a descriptor or -1.
 */
int attested_listen(const char *where, struct failure *failure);

#endif /* WARD_WORKER_ATTESTED_H */
