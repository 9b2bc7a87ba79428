// SPDX-License-Identifier: MIT
/* What needs a hand that knows: keys of an owner's, and evidence of an agent's. */
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "../../kernel/agent_test.h"
#include "../../kernel/key_test.h"
#include "calls.h"

CALL(key)
{
	const int session = *world_file(world, arg[0] % BUFFERS);
	const unsigned int to = arg[4] % (AGENTS - KEYS);
	uint8_t public[WARD_KEY_LEN];
	struct ward_key_grant grant;
	struct sealed sealed;
	int fd;

	if (key_pair(session, public))
		return -1;
	grant = grant_new(arg[1], arg[2] & ~TIME_AHEAD);
	if (arg[3] & 1)
		grant.version ^= htole32((uint32_t)arg[3]);
	sealed = seal_to(session, &grant);
	if (arg[3] & 2)
		sealed.text[arg[3] % sizeof(sealed.text)] ^= 1;
	fd = key_import(session, &sealed);
	if (fd < 0)
		return -1;
	if (world->file[KEYS + to] >= 0)
		close(world->file[KEYS + to]);
	world->file[KEYS + to] = fd;
	world->grant[to] = grant;
	return 0;
}

/* A file of the owner's, opened into a buffer; @damage: of which byte one bit is wrong. */
CALL(key_file)
{
	const unsigned int key = arg[0] % (AGENTS - KEYS);
	const int buffer = *world_file(world, arg[1]);
	const uint32_t chunk = ((uint32_t)arg[3] % 65536 + 16) & ~15u;
	struct sealed_file file = file_new(&world->grant[key], NULL, arg[2] % 131072 + 1, chunk);

	if (arg[5])
		file.bytes[arg[5] % file.sealed_len] ^= 1;
	file.cmd.buffer_fd = buffer;
	file.cmd.offset = arg[4];
	file.cmd.size = sizeof(file.cmd);
	ward_call(world->file[KEYS + key], WARD_KEY_OPEN, &file.cmd);
	file_free(&file);
	return 0;
}

/* The next request of the agent is answered: rightly, with an error, or with one byte wrong. */
CALL(answer)
{
	const int agent = *world_file(world, arg[0]);
	struct pollfd p = { .fd = agent, .events = POLLIN };
	struct ward_agent_request req = { 0 };
	uint8_t report[REPORT_LEN];

	if (poll(&p, 1, 200) != 1 || agent_next(agent, &req) != 1)
		return -1;
	world->cookie = req.cookie;
	memcpy(world->asked, req.report_data, sizeof(world->asked));
	if (arg[1])
		return agent_error(agent, req.cookie, (uint32_t)arg[1]);
	report_over(req.report_data, report);
	if (arg[2])
		report[arg[2] % REPORT_LEN] ^= 1;
	return agent_reply(agent, req.cookie, report, REPORT_LEN);
}
