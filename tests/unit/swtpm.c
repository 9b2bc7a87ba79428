// SPDX-License-Identifier: MIT
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "swtpm.h"

#define SEEN_MAX	(1u << 20)
#define START_TRIES	1000	/* of 20 ms: a loaded machine starts a process slowly */
#define HEADER		10

struct swtpm_inside {
	pid_t pid;
	int listener, stop, up;
	pthread_t thread;
};

/* ---- bytes ---------------------------------------------------------------------- */

static uint32_t be32(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

uint32_t swtpm_code(const struct swtpm_message *m)
{
	return m->len < HEADER ? 0 : be32(m->data + 6);
}

void swtpm_say(struct swtpm_message *answer, uint32_t code)
{
	const uint8_t head[HEADER] = { 0x80, 0x01, 0, 0, 0, HEADER, (uint8_t)(code >> 24),
				       (uint8_t)(code >> 16), (uint8_t)(code >> 8), (uint8_t)code };

	memcpy(answer->data, head, HEADER);
	answer->len = HEADER;
}

static bool read_all(int fd, uint8_t *to, size_t len)
{
	while (len) {
		ssize_t n = read(fd, to, len);

		if (n <= 0)
			return false;
		to += n;
		len -= (size_t)n;
	}
	return true;
}

static bool message_read(int fd, struct swtpm_message *m)
{
	if (!read_all(fd, m->data, HEADER))
		return false;
	m->len = be32(m->data + 2);
	return m->len >= HEADER && m->len <= sizeof(m->data) &&
	       read_all(fd, m->data + HEADER, m->len - HEADER);
}

static bool message_write(int fd, const struct swtpm_message *m)
{
	return send(fd, m->data, m->len, MSG_NOSIGNAL) == (ssize_t)m->len;
}

static void remember(struct swtpm *s, const struct swtpm_message *m)
{
	if (s->seen_len + m->len > SEEN_MAX)
		return;
	memcpy(s->seen + s->seen_len, m->data, m->len);
	s->seen_len += m->len;
}

/* ---- in the middle ---------------------------------------------------------------- */

static int connect_to(const char *dir, const char *name)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	snprintf(to.sun_path, sizeof(to.sun_path), "%s/%s", dir, name);
	if (fd >= 0 && connect(fd, (struct sockaddr *)&to, sizeof(to))) {
		close(fd);
		fd = -1;
	}
	return fd;
}

/* false: this connection is over. */
static bool pass(struct swtpm *s, int client, struct swtpm_message *m)
{
	struct swtpm_message answer = { .len = 0 };
	enum swtpm_way way;

	remember(s, m);
	way = s->command ? s->command(s, m, &answer) : SWTPM_PASS;
	switch (way) {
	case SWTPM_ANSWER:
		return message_write(client, &answer);
	case SWTPM_SWALLOW:
		return true;
	case SWTPM_KILL:
		swtpm_kill(s);
		return false;
	case SWTPM_HANG_UP:
		return false;
	case SWTPM_PASS:
		break;
	}
	if (!message_write(s->inside->up, m) || !message_read(s->inside->up, &answer))
		return false;
	if (s->answered)
		s->answered(s, swtpm_code(m), &answer);
	remember(s, &answer);
	return message_write(client, &answer);
}

static void serve_client(struct swtpm *s, int client)
{
	struct pollfd fds[] = { { .fd = client, .events = POLLIN },
				{ .fd = s->inside->stop, .events = POLLIN } };
	struct swtpm_message m;

	s->inside->up = connect_to(s->dir, "tpm");
	while (s->inside->up >= 0) {
		if (poll(fds, 2, -1) < 0 || fds[1].revents || !message_read(client, &m) ||
		    !pass(s, client, &m))
			break;
	}
	if (s->inside->up >= 0)
		close(s->inside->up);
	close(client);
}

static void *serve(void *arg)
{
	struct swtpm *s = arg;
	struct pollfd fds[] = { { .fd = s->inside->listener, .events = POLLIN },
				{ .fd = s->inside->stop, .events = POLLIN } };

	while (poll(fds, 2, -1) > 0 && !fds[1].revents) {
		int client = accept4(s->inside->listener, NULL, NULL, SOCK_CLOEXEC);

		if (client >= 0)
			serve_client(s, client);
	}
	return NULL;
}

void swtpm_ask(struct swtpm *s, const void *command, size_t len, struct swtpm_message *answer)
{
	struct swtpm_message m = { .len = len };

	memcpy(m.data, command, len);
	assert_true(message_write(s->inside->up, &m));
	assert_true(message_read(s->inside->up, answer));
}

/* ---- the process ------------------------------------------------------------------- */

void swtpm_kill(struct swtpm *s)
{
	if (s->inside->pid <= 0)
		return;
	kill(s->inside->pid, SIGKILL);
	waitpid(s->inside->pid, NULL, 0);
	s->inside->pid = 0;
}

/* It dies with us, whatever becomes of the test. */
static pid_t run(const char *state, const char *server)
{
	pid_t parent = getpid(), pid = fork();

	if (pid)
		return pid;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(1);
	if (!freopen("/dev/null", "w", stdout) || !freopen("/dev/null", "w", stderr))
		_exit(126);
	execlp("swtpm", "swtpm", "socket", "--tpm2", "--tpmstate", state, "--server", server,
	       "--flags", "not-need-init,startup-clear", "--log", "level=0", (char *)NULL);
	_exit(127);
}

void swtpm_again(struct swtpm *s)
{
	char state[96], server[128], path[96];
	int fd = -1;

	snprintf(path, sizeof(path), "%s/tpm", s->dir);
	unlink(path);
	snprintf(state, sizeof(state), "dir=%s", s->dir);
	snprintf(server, sizeof(server), "type=unixio,path=%s/tpm", s->dir);
	s->inside->pid = run(state, server);
	assert_true(s->inside->pid > 0);
	for (int i = 0; fd < 0 && i < START_TRIES; i++) {
		fd = connect_to(s->dir, "tpm");
		if (fd < 0)
			usleep(20000);
	}
	assert_true(fd >= 0);
	close(fd);
}

static bool installed(void)
{
	const char *path = getenv("PATH");
	char *copy = strdup(path ? path : ""), *rest = NULL, file[4096];
	bool found = false;

	for (char *dir = strtok_r(copy, ":", &rest); dir && !found;
	     dir = strtok_r(NULL, ":", &rest)) {
		snprintf(file, sizeof(file), "%s/swtpm", dir);
		found = !access(file, X_OK);
	}
	free(copy);
	return found;
}

static int listen_at(const char *dir)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	snprintf(at.sun_path, sizeof(at.sun_path), "%s/middle", dir);
	assert_int_equal(bind(fd, (struct sockaddr *)&at, sizeof(at)), 0);
	assert_int_equal(listen(fd, 4), 0);
	return fd;
}

struct swtpm *swtpm_start(void)
{
	struct swtpm *s;

	if (!installed()) {
		ut_skip("swtpm is not installed");
		return NULL;
	}
	setenv("TSS2_LOG", "all+NONE", 0);
	s = calloc(1, sizeof(*s));
	s->inside = calloc(1, sizeof(*s->inside));
	s->seen = malloc(SEEN_MAX);
	strcpy(s->dir, "/tmp/ward-swtpm-XXXXXX");
	assert_non_null(mkdtemp(s->dir));
	snprintf(s->socket, sizeof(s->socket), "unix:%s/middle", s->dir);
	s->inside->listener = listen_at(s->dir);
	s->inside->stop = eventfd(0, EFD_CLOEXEC);
	swtpm_again(s);
	assert_int_equal(pthread_create(&s->inside->thread, NULL, serve, s), 0);
	return s;
}

static void remove_files(const char *dir)
{
	static const char *const names[] = { "tpm", "middle", "tpm2-00.permall", ".lock",
					     "tpm2-00.volatilestate", "event", "ima" };
	char path[128];

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		snprintf(path, sizeof(path), "%s/%s", dir, names[i]);
		unlink(path);
	}
	rmdir(dir);
}

void swtpm_end(struct swtpm *s)
{
	if (!s)
		return;
	eventfd_write(s->inside->stop, 1);
	pthread_join(s->inside->thread, NULL);
	swtpm_kill(s);
	close(s->inside->listener);
	close(s->inside->stop);
	remove_files(s->dir);
	free(s->inside);
	free(s->seen);
	free(s);
}
