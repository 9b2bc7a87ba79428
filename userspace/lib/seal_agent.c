// SPDX-License-Identifier: MIT
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include <openssl/crypto.h>

#include "libward.h"
#include "seal_agent.h"

#define ANSWER_S 60	/* the firmware's and, for a cgroup, the kernel's */

/* Neither swapped nor dumped, and no longer there for whoever gets the page next. */
static int memory_make(int *fd, uint8_t **at)
{
	*fd = memfd_create("ward-secret", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (*fd < 0)
		return -errno;
	*at = MAP_FAILED;
	if (!ftruncate(*fd, SEAL_AGENT_ROOM) &&
	    !fcntl(*fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL))
		*at = mmap(NULL, SEAL_AGENT_ROOM, PROT_READ | PROT_WRITE, MAP_SHARED, *fd, 0);
	if (*at == MAP_FAILED || mlock(*at, SEAL_AGENT_ROOM)) {
		int rc = -errno;

		if (*at != MAP_FAILED)
			munmap(*at, SEAL_AGENT_ROOM);
		close(*fd);
		return rc;
	}
	return 0;
}

static void memory_end(int fd, uint8_t *at)
{
	OPENSSL_cleanse(at, SEAL_AGENT_ROOM);
	munmap(at, SEAL_AGENT_ROOM);
	close(fd);
}

static int agent_connect(const char *path, char said[WARD_SEAL_SAID])
{
	const struct timeval limit = { .tv_sec = ANSWER_S };
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	int fd, rc;

	if (strlen(path) >= sizeof(to.sun_path))
		return seal_say(said, -EINVAL, "%.100s: too long for a socket", path);
	strcpy(to.sun_path, path);
	fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	if (fd >= 0 && !setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit)) &&
	    !connect(fd, (struct sockaddr *)&to, sizeof(to)))
		return fd;
	rc = errno == ECONNREFUSED ? -ENOENT : -errno;
	if (fd >= 0)
		close(fd);
	return seal_say(said, rc, "%.100s: %s (wardd --keys gives the firmware's keys there, to "
			"who may open /dev/ward)", path, strerror(-rc));
}

static int send_ask(int fd, const struct seal_agent_ask *ask, const int *fds)
{
	union {
		char bytes[CMSG_SPACE(SEAL_AGENT_FDS * sizeof(int))];
		struct cmsghdr align;
	} control = { { 0 } };
	struct iovec iov = { (void *)ask, sizeof(*ask) };
	struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = control.bytes,
			    .msg_controllen = sizeof(control.bytes) };
	struct cmsghdr *c = CMSG_FIRSTHDR(&m);

	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(SEAL_AGENT_FDS * sizeof(int));
	memcpy(CMSG_DATA(c), fds, SEAL_AGENT_FDS * sizeof(int));
	return sendmsg(fd, &m, MSG_NOSIGNAL) == (ssize_t)sizeof(*ask) ? 0 : -errno;
}

static int exchange(int fd, const struct seal_agent_ask *ask, const int *fds,
		    struct seal_agent_answer *answer, char said[WARD_SEAL_SAID])
{
	int rc = send_ask(fd, ask, fds);
	ssize_t n = rc ? -1 : recv(fd, answer, sizeof(*answer), 0);

	if (n == (ssize_t)sizeof(*answer) && answer->magic == SEAL_AGENT_MAGIC && answer->rc <= 0)
		return 0;
	return seal_say(said, -EIO, "wardd gave no answer: %s", rc ? strerror(-rc) :
			n < 0 ? strerror(errno) : "it ended, or is of another version");
}

int seal_agent_ask(const char *path, uint32_t what, uint8_t how[SEAL_SNP_HOW_LEN],
		   uint8_t secret[WARD_RECIPIENT_SECRET_LEN], char said[WARD_SEAL_SAID])
{
	struct seal_agent_ask ask = { .magic = SEAL_AGENT_MAGIC, .what = what };
	struct seal_agent_answer answer = { .rc = 0 };
	struct ward_session *session;
	int fds[SEAL_AGENT_FDS], fd, rc = ward_session_open(NULL, &session);
	uint8_t *memory = NULL;

	if (rc)
		return seal_say(said, rc, "wardd gives keys to sessions, and /dev/ward can't be "
				"opened: %s (wardctl doctor)", strerror(-rc));
	memcpy(ask.how, how, sizeof(ask.how));
	fds[SEAL_AGENT_SESSION] = ward_session_fd(session);
	rc = memory_make(&fds[SEAL_AGENT_MEMORY], &memory);
	if (rc) {
		ward_session_close(session);
		return seal_say(said, rc, "no memory for a secret: %s", strerror(-rc));
	}
	fd = agent_connect(path, said);
	rc = fd < 0 ? fd : exchange(fd, &ask, fds, &answer, said);
	if (!rc && answer.rc)
		rc = seal_say(said, answer.rc, "%.*s", WARD_SEAL_SAID - 1, answer.said);
	if (!rc) {
		memcpy(how, answer.how, SEAL_SNP_HOW_LEN);
		memcpy(secret, memory, WARD_RECIPIENT_SECRET_LEN);
	}
	if (fd >= 0)
		close(fd);
	memory_end(fds[SEAL_AGENT_MEMORY], memory);
	ward_session_close(session);
	return rc;
}
