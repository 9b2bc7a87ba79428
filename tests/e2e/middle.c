// SPDX-License-Identifier: MIT
/*
 * A man in the middle of attested channels on loopback, with a TLS key of his own:
 *
 *   middle relay PORT SERVER   passes on all that either side of one channel says
 *   middle replay PORT SERVER  has the server prove itself first, and shows that to who
 *                              comes later
 *
 * Says what of it he could do; "data" would mean that he has won.
 */
#include <arpa/inet.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "../unit/channel_leg.h"

#define IDLE_MS	20000

static struct ward_channel_identity *own;

static int die(const char *what)
{
	printf("middle: %s\n", what);
	exit(1);
}

static void say(const char *what)
{
	printf("middle: %s\n", what);
	fflush(stdout);
}

static struct sockaddr_in loopback(const char *port)
{
	return (struct sockaddr_in){
		.sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(port)),
		.sin_addr = { htonl(INADDR_LOOPBACK) },
	};
}

static int listen_at(const char *port)
{
	struct sockaddr_in at = loopback(port);
	int fd = socket(AF_INET, SOCK_STREAM, 0), on = 1;

	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) ||
	    bind(fd, (struct sockaddr *)&at, sizeof(at)) || listen(fd, 1))
		die("no port");
	return fd;
}

static void reach(struct leg *m, const char *server)
{
	struct sockaddr_in at = loopback(server);
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	if (fd < 0 || connect(fd, (struct sockaddr *)&at, sizeof(at)) ||
	    leg_new(m, WARD_CHANNEL_CONNECTOR, fd, own) || leg_shake(m))
		die("the server is out of reach");
}

static void await_victim(struct leg *m, int listener)
{
	int fd = accept(listener, NULL, NULL);

	if (fd < 0 || leg_new(m, WARD_CHANNEL_ACCEPTOR, fd, own) || leg_shake(m))
		die("nobody came");
}

static bool waits(const struct leg *m, const struct pollfd *at)
{
	return at->revents || SSL_has_pending(m->c->ssl);
}

/* Frames as they come, until one side goes. */
static void pass_on(struct leg side[2])
{
	struct pollfd at[2] = {
		{ .fd = side[0].c->fd, .events = POLLIN }, { .fd = side[1].c->fd, .events = POLLIN },
	};
	int i, ready = 1;

	while (ready > 0) {
		for (i = 0; i < 2; i++) {
			if (!waits(&side[i], &at[i]))
				continue;
			if (leg_pass(&side[i], &side[!i]))
				return;
			if (side[i].type == FRAME_DATA)
				say("data");
		}
		ready = SSL_has_pending(side[0].c->ssl) || SSL_has_pending(side[1].c->ssl) ||
			poll(at, 2, IDLE_MS);
	}
}

static void relay(int listener, const char *server)
{
	struct leg side[2];

	await_victim(&side[0], listener);
	reach(&side[1], server);
	pass_on(side);
	leg_end(&side[0]);
	leg_end(&side[1]);
}

static void replay(int listener, const char *server)
{
	struct leg from, to;

	reach(&from, server);
	if (leg_hello(&from, HELLO_WANTS) || leg_take(&from) || leg_take(&from) ||
	    from.type != FRAME_EVIDENCE)
		die("the server gave no evidence");
	say("has evidence");
	await_victim(&to, listener);
	if (leg_take(&to) || leg_hello(&to, HELLO_GIVES) ||
	    leg_send(&to, FRAME_EVIDENCE, from.body, from.len) || leg_take(&to))
		die("the victim went");
	if (!leg_take(&to) && to.type == FRAME_DATA)
		say("data");
	leg_end(&to);
	leg_end(&from);
}

int main(int argc, char **argv)
{
	int listener;

	if (argc != 4 || ward_channel_identity_new(&own))
		die("relay or replay, PORT, SERVER");
	listener = listen_at(argv[2]);
	say("listens");
	if (!strcmp(argv[1], "relay"))
		relay(listener, argv[3]);
	else
		replay(listener, argv[3]);
	say("ends");
	ward_channel_identity_free(own);
	return 0;
}
