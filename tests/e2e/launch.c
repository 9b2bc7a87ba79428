// SPDX-License-Identifier: MIT
/*
 * launch NAME FD COMMAND...: become the agent NAME for SIMULATED evidence, and run
 * a command that has its descriptor as FD, and need have no other right.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "libward.h"

static int bind_agent(const char *name)
{
	struct ward_agent_options options = {
		.size = sizeof(options), .name = name, .tee = WARD_TEE_SIMULATED,
	};
	struct ward_session *session;
	struct ward_agent *agent;
	int err = ward_session_open(NULL, &session);

	if (err)
		return err;
	err = ward_agent_bind(session, &options, &agent);
	ward_session_close(session);
	return err ? err : ward_agent_fd(agent);
}

int main(int argc, char **argv)
{
	int fd, to;

	if (argc < 4) {
		fputs("usage: launch NAME FD COMMAND...\n", stderr);
		return 1;
	}
	to = atoi(argv[2]);
	fd = bind_agent(argv[1]);
	if (fd < 0) {
		fprintf(stderr, "launch: %s\n", strerror(-fd));
		return 1;
	}
	/* The copy is not closed by exec. */
	if (dup2(fd, to) != to || (fd != to && close(fd)))
		return 1;
	execvp(argv[3], argv + 3);
	perror(argv[3]);
	return 1;
}
