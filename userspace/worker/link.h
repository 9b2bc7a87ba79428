/* SPDX-License-Identifier: MIT */
/*
 * A connection between the aggregator and a site, whatever carries it: an attested channel in
 * the program, a socket in unit tests. One thread reads and writes at a time.
 */
#ifndef WARD_WORKER_LINK_H
#define WARD_WORKER_LINK_H

#include <stddef.h>
#include <stdint.h>

#include "wire.h"

/**
 * struct link - a connection
 * @read: all of @len bytes. Return: 0; -ECONNRESET: the other side is gone; or a negative errno
 * @write: all of @len bytes. Return: 0 or a negative errno
 * @cut: from any thread: who waits in @read or @write is let go, and every later call fails
 * @close: nobody uses it any more
 * @why: what ended it, for people, or "": the caller's until @close
 * @renew: the other side proves itself again, by a nonce that is drawn now. Return: 0 or a
 *	negative errno; or NULL
 * @session: id of the session whose evidence the other side gave, WIRE_ID_LEN bytes, once
 *	something was read; or NULL
 * @arg: for all of them
 */
struct link {
	int (*read)(void *arg, void *data, size_t len);
	int (*write)(void *arg, const void *data, size_t len);
	void (*cut)(void *arg);
	void (*close)(void *arg);
	const char *(*why)(void *arg);
	int (*renew)(void *arg);
	const uint8_t *(*session)(void *arg);
	void *arg;
};

/**
 * link_send() - a frame whose head stands before its payload
 * @link: connection
 * @frame: WIRE_HEAD bytes of room, which are filled in, and the payload
 * @type: of the frame
 * @number: of the question
 * @len: of the payload
 *
 * Return: 0 or a negative errno.
 */
int link_send(const struct link *link, uint8_t *frame, uint32_t type, uint64_t number, size_t len);

/**
 * link_head() - read the head of the next frame
 * @link: connection
 * @head: filled in
 *
 * Return: 0; -EPROTO: bytes that are no head; or as link.read.
 */
int link_head(const struct link *link, struct wire_head *head);

/**
 * link_renew() - have the other side prove itself again where that is due
 * @link: connection
 * @every: in each such round; 0 = never
 * @rounds: before this one
 *
 * Return: 0; -EOPNOTSUPP: this connection can't; or as link.renew.
 */
int link_renew(const struct link *link, uint64_t every, uint64_t rounds);

/**
 * link_refuse() - say why, and nothing after it
 * @link: connection
 * @number: of the question
 * @reason: enum wire_reason
 */
void link_refuse(const struct link *link, uint64_t number, uint32_t reason);

#endif /* WARD_WORKER_LINK_H */
