// SPDX-License-Identifier: MIT
#include "attested.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "infile.h"

#define FILE_MAX	(1u << 20)
#define TRY_AGAIN_US	500000
#define BACKLOG		64

/** struct wire_channel - a connection; @verdict: on the peer's evidence */
struct wire_channel {
	const struct attested *attested;
	int fd;
	struct ward_channel *channel;
	struct ward_channel_judge judge;
	struct wv_verdict verdict;
	int reason;	/* why this side refused; 0 = it did not */
	char why[160];
};

/* ---- files of the policy -------------------------------------------------------- */

static int take_policy(struct attested *a, struct wv_bytes text, struct wv_fault *fault)
{
	return wv_policy_parse(text, &a->policy, fault);
}

static int take_root(struct attested *a, struct wv_bytes text, struct wv_fault *fault)
{
	return wv_roots_add(a->roots, text, fault);
}

static int read_file(struct attested *a, const char *option, const char *path,
		     int (*take)(struct attested *a, struct wv_bytes text, struct wv_fault *fault),
		     struct failure *failure)
{
	struct wv_fault fault = { 0 };
	uint8_t *text;
	size_t len;
	int ret = 0;

	if (infile_read(option, path, FILE_MAX, &text, &len, failure))
		return -1;
	if (take(a, (struct wv_bytes){ text, len }, &fault))
		ret = failed(failure, EXIT_MISUSE, "%s%s: %s", option, path, fault.text);
	free(text);
	return ret;
}

int attested_read(struct attested *a, const struct attested_files *files, struct failure *failure)
{
	a->roots = wv_roots_new();
	if (!a->roots)
		return failed(failure, EXIT_DEVICE, "no roots for the channel: out of memory");
	if (read_file(a, files->policy_option, files->policy, take_policy, failure) ||
	    (files->root && read_file(a, files->root_option, files->root, take_root, failure)))
		return -1;
	a->appraisal = (struct wv_appraisal){ .roots = a->roots, .policy = a->policy };
	return 0;
}

int attested_open(struct attested *a, struct failure *failure)
{
	if (ward_channel_identity_new(&a->identity))
		return failed(failure, EXIT_DEVICE, "no key for the channel: out of memory");
	return 0;
}

void attested_close(struct attested *a)
{
	ward_channel_identity_free(a->identity);
	wv_policy_free(a->policy);
	wv_roots_free(a->roots);
	a->identity = NULL;
	a->policy = NULL;
	a->roots = NULL;
}

/* ---- a channel as a connection ---------------------------------------------------- */

static int open_channel(struct wire_channel *w, bool accept)
{
	const struct attested *a = w->attested;
	struct ward_channel_options options = {
		.size = sizeof(options), .identity = a->identity,
		.evidence = a->evidence ? a->evidence : a->session ? ward_channel_attest : NULL,
		.evidence_arg = a->evidence ? a->evidence_arg : a->session,
		.verify = ward_channel_judge, .verify_arg = &w->judge,
		.handshake_ms = a->handshake_ms, .reattest_ms = a->reattest_ms, .answer_ms = ATTESTED_ANSWER_MS,
	};
	struct ward_channel_fault fault = { 0 };
	int err;

	w->judge = (struct ward_channel_judge){
		.appraisal = &a->appraisal, .verdict = &w->verdict,
	};
	err = (accept ? ward_channel_accept : ward_channel_connect)(w->fd, &options, &w->channel,
								    &fault);
	if (!err)
		return 0;
	w->reason = fault.by_peer ? 0 : fault.reason;
	if (fault.by_peer && fault.reason == WV_EVIDENCE_MISSING && !options.evidence) {
		snprintf(w->why, sizeof(w->why), "it has no evidence for now: its TEE does not "
			 "answer, or it was asked too often; ask again in a minute");
		return -EAGAIN;
	}
	if (fault.reason)
		snprintf(w->why, sizeof(w->why), "evidence refused%s: %s: %.90s",
			 fault.by_peer ? " by the other side" : "",
			 wv_reason_text(fault.reason), fault.text);
	else
		snprintf(w->why, sizeof(w->why), "no channel: %.120s",
			 fault.text[0] ? fault.text : ward_strerror(err));
	return err;
}

static const char *why(void *arg)
{
	struct wire_channel *w = arg;
	const struct ward_channel_peer *peer = w->channel ? ward_channel_peer(w->channel) : NULL;

	if (peer && peer->fault.text[0] && !w->why[0])
		snprintf(w->why, sizeof(w->why), "%s%.130s",
			 peer->fault.reason ? "evidence refused: " : "", peer->fault.text);
	return w->why;
}

static int read_all(void *arg, void *data, size_t len)
{
	struct wire_channel *w = arg;
	uint8_t *at = data;

	if (!w->channel) {
		int err = open_channel(w, true);

		if (err)
			return err;
	}
	while (len) {
		int64_t got = ward_channel_read(w->channel, at, len);

		if (got <= 0)
			return got ? (int)got : -ECONNRESET;
		at += got;
		len -= (size_t)got;
	}
	return 0;
}

static int write_all(void *arg, const void *data, size_t len)
{
	struct wire_channel *w = arg;
	int err = w->channel ? ward_channel_write(w->channel, data, len) : -ENOTCONN;

	/* Nobody sends before its turn: what would have to be read first does not belong there. */
	return err == -EAGAIN ? -EPROTO : err;
}

static int renew(void *arg)
{
	struct wire_channel *w = arg;
	int err = w->channel ? ward_channel_renew(w->channel) : -ENOTCONN;

	return err == -EAGAIN ? -EPROTO : err;
}

static void cut(void *arg)
{
	shutdown(((struct wire_channel *)arg)->fd, SHUT_RDWR);
}

static void end(void *arg)
{
	struct wire_channel *w = arg;

	if (w->channel)
		ward_channel_close(w->channel);
	else
		close(w->fd);
	free(w);
}

static const uint8_t *session(void *arg)
{
	return ((struct wire_channel *)arg)->verdict.claims.session;
}

/* Who is gone without a word is found out within a minute, whoever's turn it is to send. */
static void set_socket(int fd)
{
	static const int on = 1, idle = 30, interval = 10, count = 3;
	static const unsigned int unanswered_ms = 60000;

	setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof(on));
	setsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &idle, sizeof(idle));
	setsockopt(fd, IPPROTO_TCP, TCP_KEEPINTVL, &interval, sizeof(interval));
	setsockopt(fd, IPPROTO_TCP, TCP_KEEPCNT, &count, sizeof(count));
	setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &unanswered_ms, sizeof(unanswered_ms));
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
}

int attested_accept(const struct attested *attested, int fd, struct link *link)
{
	struct wire_channel *w = calloc(1, sizeof(*w));

	if (!w) {
		close(fd);
		return -ENOMEM;
	}
	set_socket(fd);
	w->attested = attested;
	w->fd = fd;
	*link = (struct link){
		.read = read_all, .write = write_all, .cut = cut, .close = end, .why = why,
		.renew = renew, .session = session, .arg = w,
	};
	return 0;
}

/* ---- addresses ----------------------------------------------------------------------- */

static struct addrinfo *resolve(const char *where, int flags, struct failure *failure)
{
	const struct addrinfo hints = { .ai_socktype = SOCK_STREAM, .ai_flags = flags };
	const char *colon = strrchr(where, ':');
	struct addrinfo *list = NULL;
	char host[256];
	size_t len;
	int err;

	if (!colon || !colon[1] || (size_t)(colon - where) >= sizeof(host)) {
		failed(failure, EXIT_MISUSE, "%s: must be HOST:PORT", where);
		return NULL;
	}
	len = (size_t)(colon - where);
	memcpy(host, where, len);
	host[len] = '\0';
	if (len > 1 && host[0] == '[' && host[len - 1] == ']') {
		memmove(host, host + 1, len - 2);
		host[len - 2] = '\0';
	}
	err = getaddrinfo(host[0] ? host : NULL, colon + 1, &hints, &list);
	if (err)
		failed(failure, EXIT_NETWORK, "%s: %s", where, gai_strerror(err));
	return err ? NULL : list;
}

int attested_listen(const char *where, struct failure *failure)
{
	struct addrinfo *list = resolve(where, AI_PASSIVE, failure), *at;
	int fd = -1, on = 1, err = 0;

	if (!list)
		return -1;
	for (at = list; at && fd < 0; at = at->ai_next) {
		fd = socket(at->ai_family, at->ai_socktype | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
		if (fd < 0)
			continue;
		setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
		if (bind(fd, at->ai_addr, at->ai_addrlen) || listen(fd, BACKLOG)) {
			err = errno;
			close(fd);
			fd = -1;
		}
	}
	freeaddrinfo(list);
	return fd >= 0 ? fd : failed(failure, EXIT_NETWORK, "%s: %s", where, strerror(err));
}

/* Return: a descriptor, or a negative errno. */
static int try_connect(const struct addrinfo *list)
{
	int err = ECONNREFUSED;

	for (; list; list = list->ai_next) {
		int fd = socket(list->ai_family, list->ai_socktype | SOCK_CLOEXEC, 0);

		if (fd < 0)
			continue;
		if (!connect(fd, list->ai_addr, list->ai_addrlen))
			return fd;
		err = errno;
		close(fd);
	}
	return -err;
}

int attested_connect(const struct attested *attested, const char *where, uint32_t patience_s,
		     struct link *link, struct failure *failure)
{
	struct addrinfo *list = resolve(where, 0, failure);
	uint64_t tries = 1 + (uint64_t)patience_s * 1000000 / TRY_AGAIN_US;
	struct wire_channel *w;
	int fd = -1, err;

	if (!list)
		return -1;
	while (tries--) {
		fd = try_connect(list);
		if (fd >= 0 || !tries)
			break;
		usleep(TRY_AGAIN_US);
	}
	freeaddrinfo(list);
	if (fd < 0)
		return failed(failure, EXIT_NETWORK, "%s: %s", where, strerror(-fd));
	if (attested_accept(attested, fd, link))
		return failed(failure, EXIT_DEVICE, "out of memory");
	w = link->arg;
	err = open_channel(w, false);
	if (!err)
		return 0;
	failed(failure, w->reason ? wv_reason_exit(w->reason) :
	       err == -EACCES ? EXIT_REFUSED : EXIT_NETWORK, "%s: %s", where, w->why);
	link->close(link->arg);
	*link = (struct link){ 0 };
	return -1;
}
