// SPDX-License-Identifier: MIT
/*
 * P11: hearing of a record over the netlink group "events", beside a plain netlink
 * multicast of the same size. What the record itself costs is taken off: the same
 * is recorded while nobody listens.
 */
#include <errno.h>
#include <linux/netlink.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <linux/ward.h>

#include "bench.h"
#include "libward.h"

static char news[8192];
static ssize_t news_len;	/* of one record, as the group is told */

static void record(int session)
{
	struct ward_measure cmd = { .size = sizeof(cmd), .digest = { 1 } };

	need(!ioctl(session, WARD_MEASURE, &cmd), "WARD_MEASURE");
}

static void unheard_round(const void *arg, uint64_t part[PARTS])
{
	uint64_t t = __rdtsc();
	int i;

	for (i = 0; i < CALLS; i++)
		record(*(const int *)arg);
	part[0] = (__rdtsc() - t) / CALLS;
}

/* So many are recorded before they are read. */
static void heard_by(int session, int run, uint64_t part[PARTS])
{
	struct ward_control *control;
	uint64_t t;
	int i, j, fd;

	need(!ward_control_open(&control) && !ward_control_events_watch(control), "the group");
	fd = ward_control_events_fd(control);
	t = __rdtsc();
	for (i = 0; i < CALLS; i += run) {
		for (j = 0; j < run; j++)
			record(session);
		for (j = 0; j < run; j++) {
			news_len = recv(fd, news, sizeof(news), 0);
			need(news_len > 0, "a record");
		}
	}
	part[0] = (__rdtsc() - t) / CALLS;
	ward_control_close(control);
}

static void heard_round(const void *arg, uint64_t part[PARTS])
{
	heard_by(*(const int *)arg, 1, part);
}

static void run_round(const void *arg, uint64_t part[PARTS])
{
	heard_by(*(const int *)arg, CALLS / 4, part);
}

struct plain {
	int from, to;
};

static void multicast_round(const void *arg, uint64_t part[PARTS])
{
	const struct plain *p = arg;
	struct sockaddr_nl all = { .nl_family = AF_NETLINK, .nl_groups = 1 };
	uint64_t t = __rdtsc();
	int i;

	for (i = 0; i < CALLS; i++) {
		/* The kernel is sent it too, does not listen, and that is told. */
		need(sendto(p->from, news, news_len, 0, (void *)&all, sizeof(all)) < 0 &&
		     errno == ECONNREFUSED, "a multicast");
		need(recv(p->to, news, sizeof(news), 0) == news_len, "what was sent");
	}
	part[0] = (__rdtsc() - t) / CALLS;
}

static int user_socket(unsigned int groups)
{
	struct sockaddr_nl me = { .nl_family = AF_NETLINK, .nl_groups = groups };
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_USERSOCK);

	need(fd >= 0 && !bind(fd, (void *)&me, sizeof(me)), "a netlink socket");
	return fd;
}

void rows_heard(void)
{
	int session = session_open();
	struct plain plain = { user_socket(0), user_socket(1) };
	struct side s[] = {
		{ "a record that is heard of", heard_round, &session, { { 0 } } },
		{ "a record that nobody hears of", unheard_round, &session, { { 0 } } },
		{ "a plain multicast", multicast_round, &plain, { { 0 } } },
		{ "a run of 50 records", run_round, &session, { { 0 } } },
	};
	double event;

	race(s, 4);
	event = (double)median(&s[0], 0) - (double)median(&s[1], 0);
	row_ratio("P11 a netlink event / a plain netlink multicast of its size",
		  event / (double)median(&s[2], 0), 1.2);
	tell("the event", event, "instructions");
	tell("one of 50 in a run", (double)median(&s[3], 0) - (double)median(&s[1], 0),
	     "instructions");
	tell("the multicast", (double)median(&s[2], 0), "instructions");
	tell("the size", (double)news_len, "bytes");
	close(plain.from);
	close(plain.to);
	close(session);
}
