// SPDX-License-Identifier: MIT
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "private.h"

struct ward_agent {
	const struct ward_sys *sys;
	int fd;
};

static int agent_wrap(const struct ward_sys *sys, int fd, struct ward_agent **out)
{
	struct ward_agent *agent = malloc(sizeof(*agent));

	if (!agent)
		return -ENOMEM;
	agent->sys = sys;
	agent->fd = fd;
	*out = agent;
	return 0;
}

int ward_agent_from_fd(int fd, struct ward_agent **out)
{
	if (fd < 0 || !out)
		return -EINVAL;
	return agent_wrap(&ward_sys_real, fd, out);
}

int ward_agent_bind(struct ward_session *session,
		    const struct ward_agent_options *options,
		    struct ward_agent **out)
{
	struct ward_agent_bind cmd = { .size = sizeof(cmd) };
	size_t len;
	int err;

	if (options->size < sizeof(*options) || !options->name)
		return -EINVAL;
	len = strlen(options->name);
	if (len >= sizeof(cmd.name))
		return -EINVAL;
	memcpy(cmd.name, options->name, len);
	cmd.flags = options->flags;
	cmd.tee = options->tee;
	cmd.timeout_ms = options->timeout_ms;
	err = ward_sys_ioctl(session->sys, session->fd, WARD_AGENT_BIND, &cmd);
	if (err)
		return err;
	err = agent_wrap(session->sys, cmd.out_fd, out);
	if (err)
		session->sys->close(cmd.out_fd);
	return err;
}

void ward_agent_close(struct ward_agent *agent)
{
	if (!agent)
		return;
	agent->sys->close(agent->fd);
	free(agent);
}

int ward_agent_fd(const struct ward_agent *agent)
{
	return agent->fd;
}

static int request_read(struct ward_agent *agent, struct ward_agent_request *request)
{
	struct ward_agent_request got;
	ssize_t n = agent->sys->read(agent->fd, &got, sizeof(got));

	if (n < 0)
		return -errno;
	if (!n)
		return 0;
	if (n != sizeof(got) || got.size != sizeof(got) || got.flags)
		return -EBADMSG;
	*request = got;
	return 1;
}

int ward_agent_next(struct ward_agent *agent, int timeout_ms,
		    struct ward_agent_request *request)
{
	struct pollfd pfd = { .fd = agent->fd, .events = POLLIN };
	int n = agent->sys->poll(&pfd, 1, timeout_ms);

	if (n < 0)
		return -errno;
	if (!n)
		return -ETIME;
	if (pfd.revents & POLLIN)
		return request_read(agent, request);
	return pfd.revents & POLLNVAL ? -EBADF : 0;
}

/* The address of nothing is 0. */
static uint64_t address(const uint8_t *data, size_t len)
{
	return len ? (uintptr_t)data : 0;
}

int ward_agent_reply(struct ward_agent *agent, uint64_t cookie,
		     const struct ward_piece *piece)
{
	struct ward_agent_reply cmd = {
		.size = sizeof(cmd),
		.cookie = cookie,
		.error = piece->error,
	};

	if (!piece->error) {
		if (piece->data_len > WARD_EVIDENCE_MAX || piece->aux_len > WARD_AUX_MAX ||
		    piece->manifest_len > WARD_MANIFEST_MAX)
			return -EMSGSIZE;
		cmd.data_len = piece->data_len;
		cmd.aux_len = piece->aux_len;
		cmd.manifest_len = piece->manifest_len;
		cmd.data_addr = address(piece->data, piece->data_len);
		cmd.aux_addr = address(piece->aux, piece->aux_len);
		cmd.manifest_addr = address(piece->manifest, piece->manifest_len);
		cmd.generation = piece->generation;
	}
	return ward_sys_ioctl(agent->sys, agent->fd, WARD_AGENT_REPLY, &cmd);
}
