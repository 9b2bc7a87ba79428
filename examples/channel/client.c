// SPDX-License-Identifier: MIT
/*
 * client [-e] [-p POLICY.json [-r ROOT.pem]] [-t MS] PORT <MESSAGE
 *
 * Opens a channel to 127.0.0.1, reads a message into class A memory, sends it and compares
 * what comes back. The message is not read before the peer was accepted. Options as of the
 * server; exit codes as of wardctl(1).
 *
 * cc client.c worker.c $(pkg-config --cflags --libs libward libwardverify)
 */
#include "worker.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static int connect_to(uint16_t port)
{
	struct sockaddr_in at = {
		.sin_family = AF_INET, .sin_port = htons(port), .sin_addr = { htonl(INADDR_LOOPBACK) },
	};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || connect(fd, (struct sockaddr *)&at, sizeof(at))) {
		perror("client: the server");
		return -1;
	}
	return fd;
}

/* From the standard input into the buffer, by way of no other memory of this process. */
static size_t read_message(struct ward_buffer *buffer)
{
	size_t len = 0;
	ssize_t n = 1;

	while (n > 0 && len < ward_buffer_size(buffer)) {
		n = read(STDIN_FILENO, (uint8_t *)ward_buffer_data(buffer) + len,
			 ward_buffer_size(buffer) - len);
		len += n > 0 ? (size_t)n : 0;
	}
	return len;
}

static int exchange(struct ward_channel *channel, struct ward_buffer *out, struct ward_buffer *in)
{
	size_t len = read_message(out);
	int64_t n = worker_send(channel, out, len);

	if (!n)
		n = worker_receive(channel, in);
	if (n < 0)
		return worker_failed((int)n, &ward_channel_peer(channel)->fault);
	if ((size_t)n != len || memcmp(ward_buffer_data(out), ward_buffer_data(in), len)) {
		printf("another message came back\n");
		return 7;
	}
	printf("message: %zu bytes there and back\n", len);
	return 0;
}

static int talk(struct worker *w, int fd)
{
	struct ward_buffer *out = NULL, *in = NULL;
	struct ward_channel_fault fault;
	struct ward_channel *channel;
	int rc = ward_channel_connect(fd, &w->options, &channel, &fault);

	if (rc) {
		close(fd);
		return worker_failed(rc, &fault);
	}
	worker_met(w, channel);
	rc = ward_buffer_alloc(w->session, MESSAGE_MAX, 0, "message", &out);
	if (!rc)
		rc = ward_buffer_alloc(w->session, MESSAGE_MAX, 0, "answer", &in);
	if (rc)
		fprintf(stderr, "client: %s\n", ward_strerror(rc));
	rc = rc ? 6 : exchange(channel, out, in);
	ward_buffer_free(out);		/* unmapped and zeroed by the kernel */
	ward_buffer_free(in);
	ward_channel_close(channel);
	return rc;
}

int main(int argc, char **argv)
{
	struct worker w;
	int rc = worker_open(&w, &argc, &argv), fd;

	if (!rc) {
		fd = connect_to((uint16_t)atoi(argv[0]));
		rc = fd < 0 ? 8 : talk(&w, fd);
	}
	worker_close(&w);
	return rc;
}
