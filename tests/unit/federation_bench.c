// SPDX-License-Identifier: MIT
#include "federation_bench.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include "channel_pair.h"

const char fed_plan[] =
	"{\"ward-plan\":1,\"name\":\"bench\",\"features\":[{\"column\":\"age\"},"
	"{\"column\":\"dose\"},{\"column\":\"kind\",\"levels\":[2,3]}],"
	"\"label\":{\"column\":\"ill\",\"above\":0},\"missing\":\"mean\","
	"\"split\":{\"rule\":\"hash\",\"seed\":7,\"fraction\":0.3},"
	"\"runs\":[{\"name\":\"newton\",\"method\":\"newton\",\"l2\":0.001,\"tolerance\":1e-10},"
	"{\"name\":\"lbfgs\",\"method\":\"lbfgs\",\"hidden\":[3],\"activation\":\"tanh\","
	"\"l2\":0.01,\"tolerance\":1e-6,\"max_steps\":200,\"seed\":5},"
	"{\"name\":\"fedavg\",\"method\":\"sgd\",\"epochs\":2,\"batch\":16,\"rate\":0.1,"
	"\"decay\":0.05,\"rounds\":6,\"seed\":3,\"max_norm\":1000}]}";

/* ---- a socket as a connection ------------------------------------------------ */

static int end_read(void *arg, void *data, size_t len)
{
	struct fed_end *end = arg;
	uint8_t *at = data;

	while (len) {
		ssize_t got = recv(end->fd, at, len, 0);

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return -ECONNRESET;
		at += got;
		len -= (size_t)got;
	}
	return 0;
}

static void end_cut(void *arg)
{
	shutdown(((struct fed_end *)arg)->fd, SHUT_RDWR);
}

static int send_all(int fd, const uint8_t *data, size_t len)
{
	while (len) {
		ssize_t sent = send(fd, data, len, MSG_NOSIGNAL);

		if (sent < 0 && errno == EINTR)
			continue;
		if (sent <= 0)
			return -ECONNRESET;
		data += sent;
		len -= (size_t)sent;
	}
	return 0;
}

/* The hook has a copy: questions are shared. */
static int end_write(void *arg, const void *data, size_t len)
{
	struct fed_end *end = arg;
	uint8_t *copy;
	int ret;

	if (!end->hook)
		return send_all(end->fd, data, len);
	copy = malloc(len);
	if (!copy)
		return -ENOMEM;
	memcpy(copy, data, len);
	ret = end->hook(end->arg, copy, len);
	if (ret)
		end_cut(end);
	else
		ret = send_all(end->fd, copy, len);
	free(copy);
	return ret;
}

static void end_close(void *arg)
{
	struct fed_end *end = arg;

	close(end->fd);
	free(end);
}

static struct link link_of(struct fed_end *end)
{
	return (struct link){
		.read = end_read, .write = end_write, .cut = end_cut, .close = end_close,
		.arg = end,
	};
}

/* ---- the aggregator ------------------------------------------------------------- */

static void keep_told(void *arg, const char *site, const char *text)
{
	struct fed_told *told = arg;
	size_t len = strlen(told->text);

	snprintf(told->text + len, sizeof(told->text) - len, "%s: %s\n", site,
		 *text ? text : "came");
}

bool fed_said(const struct fed *p, const char *site, const char *words)
{
	char line[256];

	snprintf(line, sizeof(line), "%s: %s", site, words);
	return strstr(p->told.text, line);
}

void fed_begin(struct fed *p, const char *plan, uint32_t sites, uint32_t quorum)
{
	struct memory_backend backend = bench_backend(&p->bench);

	memset(p, 0, sizeof(*p));
	memory_init(&p->memory, &backend, 8 << 20);
	p->plan = bench_plan(plan);
	p->roster = (struct roster){
		.plan = p->plan, .memory = &p->memory, .tell = keep_told, .tell_arg = &p->told,
		.options = { .sites = sites, .quorum = quorum, .join_ms = 60000,
			     .round_ms = 60000 },
	};
	if (roster_init(&p->roster, &p->failure))
		fail_msg("%s", p->failure.text);
	p->federation = (struct federation){
		.plan = p->plan, .memory = &p->memory, .roster = &p->roster, .model = p->model,
	};
}

/* As attested.c sets its own. */
static void tcp_pair(int fd[2])
{
	static const int on = 1;
	int i;

	pair_sockets(fd);
	for (i = 0; i < 2; i++)
		setsockopt(fd[i], IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
}

int fed_socket(struct fed *p)
{
	struct fed_end *end = calloc(1, sizeof(*end));
	struct link link;
	int fd[2];

	if (!end)
		abort();
	if (p->tcp)
		tcp_pair(fd);
	else if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fd))
		abort();
	*end = (struct fed_end){ .fd = fd[0], .hook = p->hook, .arg = p->arg };
	link = link_of(end);
	if (roster_add(&p->roster, &link))
		abort();
	return fd[1];
}

void fed_run(struct fed *p)
{
	static uint8_t frame[WIRE_HEAD + 8];

	p->ret = federate_run(&p->federation, &p->failure);
	if (!p->ret) {
		roster_ask_bytes(&p->roster, frame, WIRE_FINISH, 0, WIRE_RECEIPTS,
				 FEDERATION_LIST_MAX);
		roster_ask_bytes(&p->roster, frame, WIRE_BUNDLE, 8, WIRE_READY, 0);
	}
	roster_end(&p->roster);
}

void fed_end(struct fed *p)
{
	size_t i;

	roster_end(&p->roster);
	for (i = 0; i < PLAN_RUNS_MAX; i++)
		model_clear(&p->model[i]);
	memory_release(&p->memory, NULL);
	plan_free(p->plan);
}

/* ---- sites -------------------------------------------------------------------------- */

/* No receipts, for a bundle of nothing. */
static int hand_in(struct fed_site *site)
{
	uint8_t none[WIRE_HEAD + 8] = { 0 }, *bundle = NULL;
	size_t len;
	int ret = client_receipts(&site->client, none, 8, &bundle, &len, &site->failure);

	free(bundle);
	return ret;
}

static void *site_main(void *arg)
{
	struct fed_site *site = arg;

	if (site->connect && site->connect(site->arg, &site->end.link, &site->failure)) {
		site->ret = -1;
		return NULL;
	}
	site->ret = client_run(&site->client, &site->failure);
	if (!site->ret)
		site->ret = hand_in(site);
	if (site->connect)
		site->end.link.close(site->end.link.arg);
	else
		end_cut(&site->end);
	return NULL;
}

void fed_join(struct fed *p, struct fed_site *site)
{
	world_begin(&site->world, site->plan);
	world_add(&site->world, site->name, site->text);
	site->end = (struct fed_end){
		.fd = site->connect ? -1 : fed_socket(p), .hook = site->hook, .arg = site->arg,
	};
	site->end.link = link_of(&site->end);
	site->client = (struct client){
		.link = &site->end.link, .cohort = &site->world.cohort, .model = site->model,
		.reattest_rounds = site->reattest_rounds,
	};
	snprintf(site->client.join.name, sizeof(site->client.join.name), "%s", site->name);
	memset(site->client.join.session, site->session, sizeof(site->client.join.session));
	site->joined = true;
	if (pthread_create(&site->thread, NULL, site_main, site))
		abort();
}

void fed_wait(struct fed_site *site)
{
	if (site->joined)
		pthread_join(site->thread, NULL);
	site->joined = false;
}

void fed_run_with(struct fed *p, struct fed_site *site, size_t begin, size_t sites)
{
	size_t i;

	for (i = 0; i < begin; i++)
		fed_join(p, &site[i]);
	fed_run(p);
	for (i = 0; i < sites; i++)
		fed_wait(&site[i]);
}

void fed_site_end(struct fed_site *site)
{
	size_t i;

	fed_wait(site);
	for (i = 0; i < PLAN_RUNS_MAX; i++)
		model_clear(&site->model[i]);
	if (!site->world.plan)
		return;
	if (site->end.fd >= 0)
		close(site->end.fd);
	world_end(&site->world);
	site->world.plan = NULL;
}
