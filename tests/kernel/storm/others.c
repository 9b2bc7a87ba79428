// SPDX-License-Identifier: MIT
/* See storm.h: ends, children, evidence and who gives it, the control plane. */
#define _GNU_SOURCE
#include "storm.h"

#include <poll.h>
#include <sys/prctl.h>

#include "../key_test.h"

bool has_provider;
/* One at a time attaches or detaches; the others go on without waiting. */
static pthread_mutex_t provider = PTHREAD_MUTEX_INITIALIZER;

/* ---- ends ---------------------------------------------------------------------------- */

static int do_seal(struct storm *s)
{
	struct ward_seal cmd = { .size = sizeof(cmd) };

	return ward_call(seat_of(s), WARD_SEAL, &cmd);
}

static int do_lease(struct storm *s)
{
	return lease_deadline(seat_of(s), boot_ns() + draw(s, 20 * MS));
}

static int do_revoke(struct storm *s)
{
	struct ward_info info = { .size = sizeof(info) };
	int ret = ward_call(seat_of(s), WARD_INFO, &info);

	return ret ? ret : tell(s->wire, WARD_GENL_CMD_SESSION_REVOKE, WARD_A_SESSION_ID,
				info.out_session, WARD_ID_LEN);
}

/*
 * In a child, which has none of the mappings but all of the fds: a session of its own,
 * that ends with it. Nothing that may wait for another thread's lock.
 */
static void child_lives(struct storm *s)
{
	int fd = session_open(), buf = buf_alloc(fd, HUGE);
	unsigned char *p = buf_map(buf, HUGE);

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (guarded(touch_some, s, window(draw(s, PLACES))) == 0)
		(void)buf_alloc(seat_of(s), PAGE);
	if (p != MAP_FAILED)
		guarded(touch_some, s, p);
	switch (draw(s, 3)) {
	case 0:
		execl("/bin/true", "true", NULL);
		break;
	case 1:
		raise(SIGKILL);
	}
	_exit(0);
}

static int do_fork(struct storm *s)
{
	pid_t pid = fork();

	if (!pid)
		child_lives(s);
	if (pid < 0)
		return -errno;
	return waitpid(pid, NULL, 0) == pid ? 0 : -errno;
}

/* ---- evidence ------------------------------------------------------------------------- */

static int do_attest(struct storm *s)
{
	struct answer *a = s->answer;

	a->cmd = (struct ward_attest) {
		.purpose = draw(s, 3) ? WARD_PURPOSE_REPORT : WARD_PURPOSE_RECEIPT,
		.nonce_len = 32, .nonce = { draw(s, 256) },
		.deadline_ns = boot_ns() + draw(s, 300 * MS),
	};
	return answer_ask(a, seat_of(s));
}

/* Comes, perhaps reads a request, perhaps answers it, and is gone. */
static int do_agent(struct storm *s)
{
	bool beside = draw(s, 2);
	char name[] = "storm0";
	struct ward_agent_request req;
	int agent;

	name[5] += s->number;
	agent = agent_bind(name, beside ? WARD_TEE_TPM : WARD_TEE_SIMULATED,
			   beside ? WARD_AGENT_BESIDE : 0, 200);
	if (agent < 0)
		return agent;
	/* Who asked may give up between poll() and read(). */
	ASSERT_EQ(fcntl(agent, F_SETFL, O_NONBLOCK), 0);
	if (poll(&(struct pollfd){ .fd = agent, .events = POLLIN }, 1, draw(s, 10)) > 0 &&
	    agent_next(agent, &req) == 1 && draw(s, 2))
		agent_answer(agent, &req);
	close(agent);
	return 0;
}

static int do_provider(struct storm *s)
{
	if (!has_provider || pthread_mutex_trylock(&provider))
		return 0;
	switch (draw(s, 3)) {
	case 0:
		provider_detach();
		break;
	case 1:
		provider_detach();
		tsmsim_unload();
		break;
	default:
		provider_attach();
	}
	pthread_mutex_unlock(&provider);
	return 0;
}

static int do_key_pair(struct storm *s)
{
	uint8_t public[WARD_KEY_LEN];

	return key_pair(seat_of(s), public);
}

/* ---- the control plane ------------------------------------------------------------------ */

static void look(const struct attrs *attrs, void *arg)
{
	(void)attrs;
	(void)arg;
}

static int do_dump(struct storm *s)
{
	static const uint8_t whole[] = {
		WARD_GENL_CMD_SESSION_GET, WARD_GENL_CMD_PROVIDER_GET,
	};
	static const uint8_t of_one[] = { WARD_GENL_CMD_BUFFER_GET, WARD_GENL_CMD_EVENT_GET };
	struct ward_info info = { .size = sizeof(info) };
	struct request_attr id = { WARD_A_SESSION_ID, WARD_ID_LEN, info.out_session };

	if (draw(s, 2))
		return dump_each(s->wire, whole[draw(s, 2)], NULL, 0, look, NULL);
	if (ward_call(seat_of(s), WARD_INFO, &info))
		return 0;
	return dump_each(s->wire, of_one[draw(s, 2)], &id, 1, look, NULL);
}

static int do_get(struct storm *s)
{
	static const uint8_t commands[] = {
		WARD_GENL_CMD_STATUS_GET, WARD_GENL_CMD_PRESSURE_GET, WARD_GENL_CMD_PROVIDER_GET,
		WARD_GENL_CMD_LIMIT_GET, WARD_GENL_CMD_POLICY_GET,
	};
	struct attrs attrs;

	return ask(s->wire, commands[draw(s, sizeof(commands))], 0, NULL, 0, &attrs);
}

static int do_limit(struct storm *s)
{
	static const uint16_t which[] = { WARD_A_LIMIT_USER, WARD_A_LIMIT_SESSION };
	uint64_t bytes = draw(s, 3) ? ~0ull : (4 + draw(s, 8)) * HUGE;

	return tell(s->wire, WARD_GENL_CMD_LIMIT_SET, which[draw(s, 2)], &bytes, sizeof(bytes));
}

const struct operation other_operations[] = {
	{ "seal", do_seal, 1 },		{ "lease", do_lease, 2 },
	{ "revoke", do_revoke, 2 },	{ "fork", do_fork, 2 },
	{ "attest", do_attest, 4 },	{ "agent", do_agent, 2 },
	{ "provider", do_provider, 1 },	{ "key-pair", do_key_pair, 1 },
	{ "dump", do_dump, 4 },		{ "get", do_get, 3 },
	{ "limit", do_limit, 2 },
	{ NULL },
};
