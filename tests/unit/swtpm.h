/* SPDX-License-Identifier: MIT */
/*
 * A real software TPM (swtpm) for a test, with somebody in the middle: every
 * command passes a hook of the test's, which may change, lose or answer it.
 */
#ifndef TEST_SWTPM_H
#define TEST_SWTPM_H

#include "support.h"

/* Of commands, TPM 2.0 part 2, section 6.5.2. */
enum {
	SWTPM_CC_CREATE = 0x153,
	SWTPM_CC_QUOTE = 0x158,
	SWTPM_CC_PCR_READ = 0x17e,
};

/* What becomes of a command, or of an answer. */
enum swtpm_way {
	SWTPM_PASS,
	SWTPM_ANSWER,	/* @answer, swtpm never sees the command */
	SWTPM_SWALLOW,	/* nobody answers */
	SWTPM_HANG_UP,
	SWTPM_KILL,	/* swtpm dies, and with it the connection */
};

struct swtpm_message {
	uint8_t data[4096];
	size_t len;
};

/**
 * struct swtpm - one of them
 * @dir: its state's; a test may have files `event` and `ima` there
 * @socket: where the test connects: "unix:..."
 * @command: called with each command; NULL = all pass
 * @answered: called with each answer of the TPM's, which it may change
 * @arg: theirs
 * @seen: every byte that went by, for a test that looks for a secret
 */
struct swtpm {
	char dir[64];
	char socket[96];
	enum swtpm_way (*command)(struct swtpm *s, const struct swtpm_message *m,
				  struct swtpm_message *answer);
	void (*answered)(struct swtpm *s, uint32_t cc, struct swtpm_message *answer);
	void *arg;
	int count;
	uint8_t *seen;
	size_t seen_len;
	struct swtpm_inside *inside;
};

/** swtpm_start() - NULL, and the test is skipped, where swtpm is not installed */
struct swtpm *swtpm_start(void);
void swtpm_end(struct swtpm *s);

/** swtpm_kill(), swtpm_again() - end the TPM's process; start one over its state */
void swtpm_kill(struct swtpm *s);
void swtpm_again(struct swtpm *s);

/** swtpm_ask() - a command of the test's own in the midst of the other's */
void swtpm_ask(struct swtpm *s, const void *command, size_t len, struct swtpm_message *answer);

/** swtpm_code() - of a command, or of an answer */
uint32_t swtpm_code(const struct swtpm_message *m);

/** swtpm_say() - an answer that is nothing but a code */
void swtpm_say(struct swtpm_message *answer, uint32_t code);

#endif /* TEST_SWTPM_H */
