/* SPDX-License-Identifier: MIT */
/*
 * How a process gets a key that SEV-SNP's firmware derives, where /dev/sev-guest is not
 * for it: by wardd, who says what the process is. One question and one answer on a
 * connection; the secret goes through memory of the asker's, not through the socket,
 * whose buffers the kernel frees as they are.
 */
#ifndef WARD_LIB_SEAL_AGENT_H
#define WARD_LIB_SEAL_AGENT_H

#include <stdint.h>

#include "seal_private.h"

#define SEAL_AGENT_DIR		"/run/wardd"
#define SEAL_AGENT_SOCKET	SEAL_AGENT_DIR "/keys"	/* SOCK_SEQPACKET */
#define SEAL_AGENT_MAGIC	0x31594b57u		/* "WKY1" */
#define SEAL_AGENT_ROOM		4096			/* of the memory */

enum { SEAL_AGENT_MAKE, SEAL_AGENT_UNLOCK };

/* With a question go two descriptors. */
enum { SEAL_AGENT_SESSION, SEAL_AGENT_MEMORY, SEAL_AGENT_FDS };

/**
 * struct seal_agent_ask - what a process asks
 * @what: SEAL_AGENT_*
 * @how: of the recipient; to make one, what it is to depend on
 *
 * With it go a session of /dev/ward and a memfd of SEAL_AGENT_ROOM bytes that can't shrink.
 */
struct seal_agent_ask {
	uint32_t magic;
	uint32_t what;
	uint8_t how[SEAL_SNP_HOW_LEN];
};

/**
 * struct seal_agent_answer - what it is told
 * @rc: 0: the secret's 32 bytes begin the memory; or -errno
 * @how: of the recipient that was made
 * @said: what was wrong
 */
struct seal_agent_answer {
	uint32_t magic;
	int32_t rc;
	uint8_t how[SEAL_SNP_HOW_LEN];
	char said[WARD_SEAL_SAID];
};

/**
 * seal_agent_ask() - ask wardd at @path
 * @what: SEAL_AGENT_*
 * @how: in, and after SEAL_AGENT_MAKE out
 *
 * Returns 0; -ENOENT: nobody serves there; -EACCES; -EIO: no sense in the answer; or what
 * wardd says.
 */
int seal_agent_ask(const char *path, uint32_t what, uint8_t how[SEAL_SNP_HOW_LEN],
		   uint8_t secret[WARD_RECIPIENT_SECRET_LEN], char said[WARD_SEAL_SAID]);

#endif /* WARD_LIB_SEAL_AGENT_H */
