// SPDX-License-Identifier: MIT
/*
 * server [-e] [-p POLICY.json [-r ROOT.pem]] [-t MS] PORT
 *
 * Takes a message into class A memory and sends it back out of it, on 127.0.0.1, one
 * connection after the other. -e: this side proves what it is. -p: the peer must, and is
 * judged by this policy (-r: a root beside those that are built in); -t: every so often.
 *
 * cc server.c worker.c $(pkg-config --cflags --libs libward libwardverify)
 */
#include "worker.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static int listen_at(uint16_t port)
{
	struct sockaddr_in at = {
		.sin_family = AF_INET, .sin_port = htons(port), .sin_addr = { htonl(INADDR_LOOPBACK) },
	};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), on = 1;

	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) ||
	    bind(fd, (struct sockaddr *)&at, sizeof(at)) || listen(fd, 8)) {
		perror("server: the port");
		return -1;
	}
	printf("server: port %u\n", port);
	fflush(stdout);
	return fd;
}

/* Sends back what comes, until the peer closes. */
static void serve(struct worker *w, struct ward_channel *channel)
{
	struct ward_buffer *buffer;
	int64_t n = 0;
	int rc = ward_buffer_alloc(w->session, MESSAGE_MAX, 0, "message", &buffer);

	if (rc) {
		fprintf(stderr, "server: %s\n", ward_strerror(rc));
		return;
	}
	while (!rc && (n = worker_receive(channel, buffer)) > 0)
		rc = worker_send(channel, buffer, (uint64_t)n);
	if (rc || n < 0)
		worker_failed(rc ? rc : (int)n, &ward_channel_peer(channel)->fault);
	ward_buffer_free(buffer);	/* unmapped and zeroed by the kernel */
}

static void meet(struct worker *w, int fd)
{
	struct ward_channel_fault fault;
	struct ward_channel *channel;
	int rc = ward_channel_accept(fd, &w->options, &channel, &fault);

	if (rc) {
		worker_failed(rc, &fault);
		close(fd);
		return;
	}
	worker_met(w, channel);
	serve(w, channel);
	ward_channel_close(channel);
}

int main(int argc, char **argv)
{
	struct worker w;
	int rc = worker_open(&w, &argc, &argv), listener = -1, fd;

	if (!rc)
		listener = listen_at((uint16_t)atoi(argv[0]));
	while (listener >= 0 && (fd = accept(listener, NULL, NULL)) >= 0)
		meet(&w, fd);
	worker_close(&w);
	return rc ? rc : 8;
}
