/* SPDX-License-Identifier: MIT */
/* wardd's command line. */
#ifndef WARDD_OPTIONS_H
#define WARDD_OPTIONS_H

#include "backend.h"

/* The smallest exit code of a program that was called wrongly, and so on. */
enum { EXIT_OK = 0, EXIT_USAGE = 1, EXIT_TROUBLE = 6 };

/**
 * struct wanted - one agent
 * @text: of the command line, cut into config.options in place
 * @beside: bind with WARD_AGENT_BESIDE
 * @timeout_ms: how long a request may wait for it
 */
struct wanted {
	const struct backend *backend;
	struct backend_config config;
	char text[512];
	bool beside;
	uint32_t timeout_ms;
};

enum exclusive { EXCLUSIVE_NO, EXCLUSIVE_CHECK, EXCLUSIVE_MEND };

/**
 * struct options - all of it
 * @count: agents that were named; 0 = look for what there is
 * @agent_fd: of an agent that a launcher bound, or -1
 * @keys: device whose derived keys are given to others, or NULL
 * @probe: say which backends work here, and end
 */
struct options {
	struct wanted agents[WARD_AGENTS_MAX];
	size_t count;
	enum exclusive exclusive;
	int agent_fd;
	const char *keys;
	bool probe;
};

/**
 * options_read() - from the command line; says on stderr what is wrong with it
 *
 * Return: -1 to go on, or an exit code.
 */
int options_read(int argc, char **argv, struct options *o);

/** options_agent() - add an agent: "NAME[,OPTION[=VALUE]]...". 0 or -EINVAL */
int options_agent(struct options *o, const char *text, bool beside, struct trouble *why);

#endif /* WARDD_OPTIONS_H */
