// SPDX-License-Identifier: MIT
/*
 * A service over attested channels, on loopback, with a simulated guest's evidence: `ward-train
 * infer' and libward's own channel are its clients, each a process of its own, which ends the service.
 */
#include "attested_bench.h"
#include "serve_bench.h"

#include <malloc.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../../userspace/lib/channel_frame.h"
#include "../../userspace/worker/ask.h"
#include "../../userspace/worker/service.h"

#define BODY_MAX	(2u << 20)
#define ROWS_MANY	60000	/* more than a frame of 1 MiB */

/** struct scene - a service, and the guest that it says it is */
struct scene {
	struct bench_memory bench;
	struct memory memory, rows;
	struct plan *plan;
	struct trained trained;
	struct infer infer;
	struct standing standing;
	struct service service;
	struct party guest;
	char where[32];
};

static char dir[] = "/tmp/ward-door-XXXXXX", rows_path[64], said_path[64];
static uint8_t model[SERVE_BENCH_MODEL_MAX];
static size_t model_len;
static struct scene scene;

/* ---- the service ---------------------------------------------------------------------- */

static int broken(const uint8_t *nonce, const uint8_t *binding, uint8_t **bundle, size_t *len,
		  void *arg)
{
	(void)nonce;
	(void)binding;
	(void)bundle;
	(void)len;
	(void)arg;
	return -ENODEV;
}

static void begin(struct scene *w)
{
	struct memory_backend backend;
	struct failure failure = { 0 };

	*w = (struct scene){ .plan = bench_plan(bench_plan_text) };
	backend = bench_backend(&w->bench);
	memory_init(&w->memory, &backend, 16 << 20);
	memory_init(&w->rows, &backend, 64 << 20);
	if (trained_read(&w->trained, w->plan, &w->plan->run[0], NULL, model, model_len, &w->memory,
			 &failure))
		fail_msg("%s", failure.text);
	w->infer = (struct infer){
		.plan = w->plan, .run = &w->plan->run[0], .trained = &w->trained,
		.memory = &w->rows, .missing = "", .rows_max = ROWS_MANY,
	};
	party_begin(&w->guest, 7);
	w->standing.evidence = w->guest.attested.evidence;
	w->standing.evidence_arg = w->guest.attested.evidence_arg;
	w->service = (struct service){
		.infer = &w->infer, .standing = &w->standing, .memory = &w->memory,
		.host = "127.0.0.1", .channel = true, .body_max = BODY_MAX, .evidence_s = 60,
		.limits = { 8, 60, 60, 4 * BODY_MAX },
	};
}

/* Serve one client, which is another process; Return: what it ended with. */
static int serve(struct scene *w, int (*client)(struct scene *w))
{
	struct failure failure = { 0 };
	int status;
	pid_t pid;

	if (service_listen(&w->service, &failure))
		fail_msg("%s", failure.text);
	snprintf(w->where, sizeof(w->where), "127.0.0.1:%u", service_port(&w->service));
	pid = fork();
	if (!pid) {
		alarm(120);
		status = client(w);
		fflush(NULL);
		kill(getppid(), SIGTERM);
		_exit(status);
	}
	if (service_run(&w->service, &failure))
		fail_msg("%s", failure.text);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	service_end(&w->service);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static void end(struct scene *w)
{
	attested_close(&w->guest.attested);
	memory_release(&w->rows, NULL);
	memory_release(&w->memory, NULL);
	plan_free(w->plan);
	assert_int_equal(w->bench.live, 0);
}

/* ---- clients ------------------------------------------------------------------------------ */

/* `ward-train infer`, its exit code; what it says goes to said_path. */
static int ask(struct scene *w)
{
	const struct ask_options options = {
		.server = w->where, .policy = party_policy(), .root = party_root(),
		.rows = rows_path,
	};
	const struct emit emit = { .json = true };
	struct failure failure = { 0 };

	if (!freopen(said_path, "w", stdout))
		return 99;
	if (!ask_run(&options, &emit, &failure))
		return 0;
	fprintf(stderr, "# %s\n", failure.text);
	return failure.exit;
}

static bool read_all(struct ward_channel *channel, char *text, size_t cap, const char *end)
{
	size_t used = 0;

	for (text[0] = '\0'; !strstr(text, end); text[used] = '\0') {
		int64_t got = ward_channel_read(channel, text + used, cap - 1 - used);

		if (got <= 0)
			return false;
		used += (size_t)got;
	}
	return true;
}

static const char health[] = "GET /health HTTP/1.1\r\nHost: x\r\n\r\n";

/* Two requests, each cut into frames of one byte; then a word that is none of HTTP. */
static int talk(struct ward_channel *channel)
{
	char text[4096];
	int turn;
	size_t i;

	for (turn = 0; turn < 2; turn++) {
		for (i = 0; i < sizeof(health) - 1; i++) {
			if (ward_channel_write(channel, health + i, 1))
				return 2;
		}
		if (!read_all(channel, text, sizeof(text), "\"ok\"}\n"))
			return 3;
	}
	if (ward_channel_write(channel, "nonsense\r\n\r\n", 12) ||
	    !read_all(channel, text, sizeof(text), "request-damaged") ||
	    !strstr(text, "HTTP/1.1 400 "))
		return 4;
	return 0;
}

static int never(const uint8_t *nonce, const uint8_t *binding, uint8_t **bundle, size_t *len,
		 void *arg)
{
	(void)arg;
	return broken(nonce, binding, bundle, len, NULL);
}

static struct ward_channel *reach(struct scene *w, const struct ward_channel_options *options)
{
	struct ward_channel *channel;
	struct sockaddr_in to = {
		.sin_family = AF_INET, .sin_addr = { htonl(INADDR_LOOPBACK) },
		.sin_port = htons(service_port(&w->service)),
	};
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	return !connect(fd, (struct sockaddr *)&to, sizeof(to)) &&
	       !ward_channel_connect(fd, options, &channel, NULL) ? channel : NULL;
}

/* One that wants no evidence, and could give some. */
static int trusting(struct scene *w)
{
	struct ward_channel_options options = { .size = sizeof(options), .evidence = never };
	struct ward_channel *channel = reach(w, &options);

	return channel ? talk(channel) : 1;
}

static int accept_any(const uint8_t *nonce, const uint8_t *binding, const uint8_t *bundle,
		      size_t len, void *arg)
{
	(void)nonce;
	(void)binding;
	(void)bundle;
	(void)len;
	(void)arg;
	return 0;
}

/* Wants it again, which a server does not give: the channel ends, and no answer came. */
static int wants_more(struct scene *w)
{
	struct ward_channel_options options = { .size = sizeof(options), .verify = accept_any };
	struct ward_channel *channel = reach(w, &options);

	return !channel ? 1 : ward_channel_renew(channel) == -ECONNRESET ? 0 : 2;
}

/* TLS without the channel's steps: HTTP is no frame. */
static int no_channel(struct scene *w)
{
	struct ward_channel_identity *identity;
	struct sockaddr_in to = {
		.sin_family = AF_INET, .sin_addr = { htonl(INADDR_LOOPBACK) },
		.sin_port = htons(service_port(&w->service)),
	};
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	char text[16];
	SSL *ssl;

	if (ward_channel_identity_new(&identity) || connect(fd, (struct sockaddr *)&to, sizeof(to)))
		return 1;
	ssl = SSL_new(ward_channel_identity_tls(identity));
	if (!SSL_set_fd(ssl, fd) || SSL_connect(ssl) != 1 ||
	    SSL_write(ssl, health, sizeof(health) - 1) <= 0)
		return 2;
	return SSL_read(ssl, text, sizeof(text)) <= 0 ? 0 : 3;
}

/* ---- tests ------------------------------------------------------------------------------------ */

static void write_rows(size_t rows)
{
	FILE *file = fopen(rows_path, "w");

	assert_non_null(file);
	fputs("age,dose,kind\n", file);
	while (rows--)
		fprintf(file, "%zu.25,6.5,2\n", 40 + rows % 10);
	fclose(file);
}

/* What the model says itself of the same rows. */
static void assert_said(struct scene *w)
{
	static uint8_t body[BODY_MAX], got[8 << 20];
	struct evbuffer *out = evbuffer_new();
	struct infer_problem problem;
	FILE *file = fopen(rows_path, "r");
	size_t len = fread(body, 1, sizeof(body), file), got_len;
	uint64_t rows;

	fclose(file);
	assert_int_equal(infer_answer(&w->infer, INFER_CSV, body, len, out, &rows, &problem), 0);
	file = fopen(said_path, "r");
	got_len = fread(got, 1, sizeof(got), file);
	fclose(file);
	assert_int_equal(got_len, evbuffer_get_length(out));
	assert_memory_equal(got, evbuffer_pullup(out, -1), got_len);
	assert_int_equal(w->service.count.rows, rows);
	evbuffer_free(out);
}

static void test_answers(void **state)
{
	static const size_t rows[] = { 1, ROWS_MANY };

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		begin(&scene);
		write_rows(rows[i]);
		assert_int_equal(serve(&scene, ask), 0);
		assert_int_equal(scene.guest.gave, 1);
		assert_said(&scene);
		end(&scene);
	}
}

/* Another plan than the policy's: refused before a row is sent. */
static void test_policy_refuses(void **state)
{
	(void)state;
	begin(&scene);
	write_rows(1);
	scene.guest.declared++;
	assert_int_equal(serve(&scene, ask), EXIT_REFUSED);
	assert_int_equal(scene.guest.gave, 1);
	assert_int_equal(scene.service.count.received, 0);
	assert_int_equal(scene.service.count.codes, 0);
	end(&scene);
}

static void test_no_evidence(void **state)
{
	(void)state;
	begin(&scene);
	write_rows(1);
	scene.standing.evidence = broken;
	assert_int_equal(serve(&scene, ask), EXIT_NETWORK);	/* no policy said no */
	assert_int_equal(scene.service.count.received, 0);
	end(&scene);
}

/* So that whoever asked is gone when it is there. */
static int slow(const uint8_t *nonce, const uint8_t *binding, uint8_t **bundle, size_t *len,
		void *arg)
{
	sleep(1);
	return broken(nonce, binding, bundle, len, arg);
}

static SSL *greeted(struct scene *w, struct ward_channel_identity *identity)
{
	struct sockaddr_in to = {
		.sin_family = AF_INET, .sin_addr = { htonl(INADDR_LOOPBACK) },
		.sin_port = htons((uint16_t)service_port(&w->service)),
	};
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	SSL *ssl = SSL_new(ward_channel_identity_tls(identity));

	if (!ssl || connect(fd, (struct sockaddr *)&to, sizeof(to)) || SSL_set_fd(ssl, fd) != 1 ||
	    SSL_connect(ssl) != 1)
		_exit(98);
	return ssl;
}

/* Until the server sleeps (S) or is stopped (T), ten seconds at most. */
static void await_server(char state)
{
	char path[64], text[256], *now;
	int tries = 10000;
	size_t len;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/stat", getppid());
	do {
		usleep(1000);
		file = fopen(path, "re");
		len = file ? fread(text, 1, sizeof(text) - 1, file) : 0;
		text[len] = '\0';
		if (file)
			fclose(file);
		now = strrchr(text, ')');
	} while (--tries && !(now && now[1] && now[2] == state));
}

/* A hello and GET /attest in one record, and away: the server's hello meets a reset. */
static int rude(struct scene *w)
{
	const struct linger now = { 1, 0 };
	const struct hello hello = { .role = WARD_CHANNEL_CONNECTOR };
	uint8_t out[512], *p = out;
	struct ward_channel_identity *identity;
	char text[256];
	size_t len;
	SSL *ssl;

	if (ward_channel_identity_new(&identity))
		return 99;
	ssl = greeted(w, identity);
	len = (size_t)snprintf(text, sizeof(text),
			       "GET /attest?nonce=%064d HTTP/1.1\r\nHost: x\r\n\r\n", 7);
	frame_head_put(p, FRAME_HELLO, HELLO_LEN);
	hello_put(p + FRAME_HEAD, &hello);
	p += FRAME_HEAD + HELLO_LEN;
	frame_head_put(p, FRAME_DATA, (uint32_t)len);
	memcpy(p + FRAME_HEAD, text, len);
	p += FRAME_HEAD + len;
	await_server('S');
	kill(getppid(), SIGSTOP);	/* it meets the request and the reset together */
	await_server('T');
	usleep(100000);	/* without it the reset mostly comes before the request is read */
	if (SSL_write(ssl, out, (int)(p - out)) != p - out ||
	    setsockopt(SSL_get_fd(ssl), SOL_SOCKET, SO_LINGER, &now, sizeof(now)))
		return 99;
	close(SSL_get_fd(ssl));
	kill(getppid(), SIGCONT);
	await_server('S');	/* with its evidence under way, for which its end waits */
	return 0;
}

static void test_gone_before_its_evidence(void **state)
{
	(void)state;
	begin(&scene);
	scene.standing.evidence = slow;
	assert_int_equal(serve(&scene, rude), 0);
	end(&scene);
}

static void ends_well(int (*client)(struct scene *w), unsigned int gave)
{
	begin(&scene);
	assert_int_equal(serve(&scene, client), 0);
	assert_int_equal(scene.guest.gave, gave);
	end(&scene);
}

static void test_nobody_wants_evidence(void **state)
{
	(void)state;
	ends_well(trusting, 0);
}

static void test_evidence_once(void **state)
{
	(void)state;
	ends_well(wants_more, 1);
}

static void test_no_channel(void **state)
{
	(void)state;
	ends_well(no_channel, 0);
	assert_int_equal(scene.service.count.codes, 0);
}

static int setup(void **state)
{
	if (party_keys(state) || !mkdtemp(dir))
		return -1;
	snprintf(rows_path, sizeof(rows_path), "%s/rows.csv", dir);
	snprintf(said_path, sizeof(said_path), "%s/said", dir);
	model_len = serve_bench_model(dir, model);
	return 0;
}

static int teardown(void **state)
{
	unlink(rows_path);
	unlink(said_path);
	return party_keys_end(state) || rmdir(dir) ? -1 : 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_answers),
		cmocka_unit_test(test_policy_refuses),
		cmocka_unit_test(test_no_evidence),
		cmocka_unit_test(test_gone_before_its_evidence),
		cmocka_unit_test(test_nobody_wants_evidence),
		cmocka_unit_test(test_evidence_once),
		cmocka_unit_test(test_no_channel),
	};

	alarm(300);
	mallopt(M_PERTURB, 0x5a);	/* what is used after it was freed is seen */
	signal(SIGPIPE, SIG_IGN);	/* as ward-train does */
	return cmocka_run_group_tests(tests, setup, teardown);
}
