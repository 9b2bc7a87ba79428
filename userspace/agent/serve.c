// SPDX-License-Identifier: MIT
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "notify.h"
#include "say.h"
#include "serve.h"

/* How long requests that are with a device may still be answered at the end. */
#define GRACE_NS	3000000000ull

/* ---- one request ------------------------------------------------------------ */

/* What WARD_AGENT_REPLY takes; a backend's slip must not leave a caller waiting. */
static uint32_t reply_error(int err)
{
	switch (err) {
	case -EPERM:
	case -ENXIO:
	case -ENOMEM:
	case -EBUSY:
	case -EBADMSG:
	case -EOVERFLOW:
		return (uint32_t)-err;
	}
	return EIO;
}

static int checked(const struct ward_piece *piece, struct trouble *why)
{
	if (!piece->data_len)
		return trouble_set(why, -EBADMSG, "evidence of no bytes");
	if (piece->data_len > WARD_EVIDENCE_MAX || piece->aux_len > WARD_AUX_MAX ||
	    piece->manifest_len > WARD_MANIFEST_MAX)
		return trouble_set(why, -EOVERFLOW, "%zu, %zu and %zu bytes are more than fit",
				   piece->data_len, piece->aux_len, piece->manifest_len);
	return 0;
}

/* A device that fails on every request fills no log. */
static void tell_failure(struct agent *agent, int err, const struct trouble *why)
{
	agent->failed++;
	if (agent->failed > 1 && !strcmp(why->text, agent->last.text))
		return;
	agent->last = *why;
	say(SAID_FAILED, agent->backend->name, err, "%s (%s)", why->text, strerror(-err));
}

static void tell_success(struct agent *agent)
{
	if (agent->failed)
		say(SAID_WORKS, agent->backend->name, 0, "works again after %" PRIu64 " failures",
		    agent->failed);
	agent->failed = 0;
	agent->answers++;
}

static int reply(struct agent *agent, uint64_t cookie, const struct ward_piece *piece)
{
	int err = ward_agent_reply(agent->link, cookie, piece);
	struct trouble why;

	if (!err && !piece->error)
		tell_success(agent);
	if (err == -EBADMSG) {
		trouble_set(&why, err, "the kernel refuses the evidence: too short, or not over the "
			    "request's report data");
		tell_failure(agent, err, &why);
	}
	if (err == -ENOMEM) {
		const struct ward_piece none = { .error = ENOMEM };

		/* Else who asked would wait to the deadline. */
		trouble_set(&why, err, "the kernel has no memory for the evidence");
		tell_failure(agent, err, &why);
		err = ward_agent_reply(agent->link, cookie, &none);
	}
	return err == -ENOENT || err == -EBADMSG ? 0 : err;
}

int serve_request(struct agent *agent, const struct ward_agent_request *request)
{
	struct ward_piece piece = { .generation = agent->answers + 1 };
	struct trouble why = { "no reason given" };
	int err;

	if (ward_sys_now(agent->sys) >= request->deadline_ns)
		return 0;
	err = agent->backend->quote(agent->state, request->report_data, request->deadline_ns,
				    &piece, &why);
	if (!err)
		err = checked(&piece, &why);
	if (err)
		tell_failure(agent, err, &why);
	/* Whoever waited has been told; the cookie serves nothing any more. */
	if (ward_sys_now(agent->sys) < request->deadline_ns) {
		piece.error = err ? reply_error(err) : 0;
		err = reply(agent, request->cookie, &piece);
	} else {
		if (!err)
			tell_failure(agent, trouble_set(&why, -ETIME, "an answer after the request's "
				     "deadline (timeout= is how long one may wait)"), &why);
		err = 0;
	}
	backend_piece_free(&piece);
	return err;
}

/* ---- a thread ----------------------------------------------------------------- */

/* 1: a request or the end of the agent; 0: told to stop; -errno. */
static int wait_for_work(struct agent *agent)
{
	struct pollfd fds[] = {
		{ .fd = ward_agent_fd(agent->link), .events = POLLIN },
		{ .fd = agent->stop_fd, .events = POLLIN },
	};

	while (poll(fds, 2, -1) < 0)
		if (errno != EINTR)
			return -errno;
	return !fds[1].revents;
}

static int work(struct agent *agent)
{
	struct ward_agent_request request;
	int n;

	while ((n = wait_for_work(agent)) == 1) {
		n = ward_agent_next(agent->link, 0, &request);
		if (n == -ETIME || n == -EAGAIN || n == -EINTR)
			continue;
		if (!n)
			say(SAID_RETIRED, agent->backend->name, 0,
			    "retired, another agent took its place");
		if (n == 1)
			n = serve_request(agent, &request);
		else if (n >= 0)
			return 0;
		if (n < 0)
			break;
	}
	if (n < 0)
		say(SAID_BROKEN, agent->backend->name, n, "ends, the kernel gives no sense: %s",
		    strerror(-n));
	return n;
}

static void *run(void *arg)
{
	struct agent *agent = arg;

	agent->err = work(agent);
	agent->ended = true;
	eventfd_write(agent->ended_fd, 1);
	return NULL;
}

/* ---- all of them ---------------------------------------------------------------- */

static size_t living(const struct agent *agents, size_t count)
{
	size_t n = 0;

	for (size_t i = 0; i < count; i++)
		n += !agents[i].ended;
	return n;
}

/*
 * One that ended by an error has its seat still, and the kernel asks it in vain:
 * all end, so that the kernel knows, and whoever started us can begin anew.
 */
static bool broken(const struct agent *agents, size_t count)
{
	bool yes = false;

	for (size_t i = 0; i < count; i++)
		yes |= agents[i].ended && agents[i].err;
	return yes;
}

/*
 * Until all have ended; with a @signal_fd until that is readable, or one broke. ms:
 * -1 = as long as it takes.
 */
static void wait_for_end(const struct agent *agents, size_t count, int signal_fd, int ms)
{
	struct pollfd fds[] = {
		{ .fd = count ? agents->ended_fd : -1, .events = POLLIN },
		{ .fd = signal_fd, .events = POLLIN },
	};
	eventfd_t n;

	while ((!count || living(agents, count)) && (signal_fd < 0 || !broken(agents, count))) {
		int ready = poll(fds, 2, ms);

		if (!ready || (ready < 0 && errno != EINTR) || (ready > 0 && fds[1].revents))
			return;
		if (ready > 0)
			eventfd_read(agents->ended_fd, &n);
	}
}

static void grace(const struct agent *agents, size_t count)
{
	uint64_t now, until = ward_sys_now(agents->sys) + GRACE_NS;

	while (living(agents, count) && (now = ward_sys_now(agents->sys)) < until)
		wait_for_end(agents, count, -1, (int)((until - now) / 1000000) + 1);
}

/* Threads inherit the mask: signals are for the one that waits for them. */
static int block_signals(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	if (pthread_sigmask(SIG_BLOCK, &set, NULL))
		return -EINVAL;
	return signalfd(-1, &set, SFD_CLOEXEC);
}

/* How many run; fewer than @count after an error. */
static size_t start(struct agent *agents, size_t count, int stop_fd, int ended_fd)
{
	for (size_t i = 0; i < count; i++) {
		agents[i].stop_fd = stop_fd;
		agents[i].ended_fd = ended_fd;
		if (pthread_create(&agents[i].thread, NULL, run, &agents[i]))
			return i;
	}
	return count;
}

/* Those that are still in a device keep what they use. */
static int finish(struct agent *agents, size_t count)
{
	int err = 0;

	for (size_t i = 0; i < count; i++) {
		struct agent *a = &agents[i];

		if (!a->ended) {
			say(SAID_HUNG, a->backend->name, 0, "its device does not answer; left behind");
			continue;
		}
		pthread_join(a->thread, NULL);
		say(SAID_ENDED, a->backend->name, a->err, "ended after %" PRIu64 " answers",
		    a->answers);
		ward_agent_close(a->link);
		a->backend->close(a->state);
		if (a->err)
			err = a->err;
	}
	return err;
}

int serve(struct agent *agents, size_t count)
{
	int signal_fd = block_signals();
	int stop_fd = eventfd(0, EFD_CLOEXEC), ended_fd = eventfd(0, EFD_CLOEXEC);
	size_t running = 0;
	int err, told;

	if (signal_fd < 0 || stop_fd < 0 || ended_fd < 0)
		return -errno;
	running = start(agents, count, stop_fd, ended_fd);
	if (running == count) {
		told = notify("READY=1");
		if (told)
			say(SAID_MANAGER, NULL, told, "the service manager cannot be told: %s",
			    strerror(-told));
		wait_for_end(agents, count, signal_fd, -1);
		notify("STOPPING=1");
	}
	eventfd_write(stop_fd, 1);
	grace(agents, running);
	err = finish(agents, running);
	return running == count ? err : -EAGAIN;
}
