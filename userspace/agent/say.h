/* SPDX-License-Identifier: MIT */
/*
 * What wardd tells an administrator: to the journal with fields and an id, where it
 * listens, else as a line on stderr, written in one call, so that threads do not mix
 * them.
 */
#ifndef WARDD_SAY_H
#define WARDD_SAY_H

/** enum said - what kind of news; priority and id of each: say.c */
enum said {
	SAID_FOUND,		/* what this machine has */
	SAID_ABSENT,		/* a backend that was looked for, and is not here */
	SAID_UNUSABLE,		/* one that was named, and cannot be opened */
	SAID_NONE,		/* nothing gives evidence */
	SAID_EXCLUSIVE,		/* --exclusive: others reach a quote interface */
	SAID_REFUSED,		/* the kernel does not take the agent */
	SAID_BOUND,
	SAID_FAILED,		/* no evidence for a request */
	SAID_WORKS,		/* again */
	SAID_RETIRED,		/* another agent took its place */
	SAID_BROKEN,		/* the link to the kernel */
	SAID_HUNG,		/* a device that does not answer, at the end */
	SAID_ENDED,
	SAID_MANAGER,		/* the service manager cannot be told */
	SAID_COUNT,
};

/**
 * say() - one message
 * @said: what kind
 * @backend: which one it is about; begins the text; NULL = none
 * @err: 0 or -errno, for the journal's field alone
 */
void say(enum said said, const char *backend, int err, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

#endif /* WARDD_SAY_H */
