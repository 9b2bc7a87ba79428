// SPDX-License-Identifier: MIT
/*
 * What a server has of requests and answers, and where: all that this process may write is searched
 * for what a client asked and was told, while a request is unfinished, and when its answer is out and
 * the connection still stands. The client is another process, so that this one meets its words by
 * decrypting them alone.
 */
#include "serve_bench.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <netinet/in.h>
#include <unistd.h>

#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include "../../userspace/worker/scrub.h"
#include "../../userspace/worker/service.h"
#include "../../userspace/worker/vault.h"

#define VAULT		(8u << 20)
#define LOOKS_MAX	60000	/* of a millisecond each */
#define WORD_LEN	20
#define WORDS		3	/* two of the request, as text and as a double; of the answer */

/** struct told - what the client's process says: bytes inverted, which match nothing */
struct told {
	uint8_t word[WORDS][WORD_LEN];
	size_t len[WORDS];
};

/** struct hits - in the vault, and in all else that may be written */
struct hits {
	size_t vault;
	size_t elsewhere;
};

/** struct bench - a service, a client, and what was found */
struct bench {
	struct bench_memory bench;
	struct memory memory, rows;
	struct plan *plan;
	struct trained trained;
	struct infer infer;
	struct standing standing;
	struct service service;
	struct event *told_event, *look_event;
	unsigned int looks;
	int to_client;
	pid_t client;
	struct told told;
	struct hits unfinished[WORDS], answered[WORDS];
	unsigned int stage;
};

static char dir[] = "/tmp/ward-serve-XXXXXX";
static char cert[64], key[64];

/* ---- a key ------------------------------------------------------------------- */

static void make_key(void)
{
	EVP_PKEY *pkey = EVP_EC_gen("P-256");
	X509 *x = X509_new();
	X509_NAME *name = X509_get_subject_name(x);
	FILE *f;

	X509_set_version(x, 2);
	ASN1_INTEGER_set(X509_get_serialNumber(x), 1);
	X509_gmtime_adj(X509_getm_notBefore(x), -3600);
	X509_gmtime_adj(X509_getm_notAfter(x), 3600);
	X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, (const uint8_t *)"test", -1, -1, 0);
	X509_set_issuer_name(x, name);
	X509_set_pubkey(x, pkey);
	assert_true(X509_sign(x, pkey, EVP_sha256()) > 0);
	snprintf(cert, sizeof(cert), "%s/cert.pem", dir);
	snprintf(key, sizeof(key), "%s/key.pem", dir);
	f = fopen(cert, "w");
	assert_true(f && PEM_write_X509(f, x));
	fclose(f);
	f = fdopen(open(key, O_WRONLY | O_CREAT | O_TRUNC, 0600), "w");
	assert_true(f && PEM_write_PrivateKey(f, pkey, NULL, NULL, 0, NULL, NULL));
	fclose(f);
	X509_free(x);
	EVP_PKEY_free(pkey);
}

/* ---- the client ---------------------------------------------------------------------------- */

static void invert(struct told *told, size_t i, const void *bytes, size_t len)
{
	told->len[i] = len;
	for (size_t j = 0; j < len; j++)
		told->word[i][j] = (uint8_t)~((const uint8_t *)bytes)[j];
}

static SSL *connect_to(uint16_t port)
{
	struct sockaddr_in to = {
		.sin_family = AF_INET, .sin_port = htons(port), .sin_addr = { htonl(INADDR_LOOPBACK) },
	};
	SSL *ssl = SSL_new(SSL_CTX_new(TLS_client_method()));
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	if (connect(fd, (struct sockaddr *)&to, sizeof(to)) || !SSL_set_fd(ssl, fd) ||
	    SSL_connect(ssl) != 1)
		_exit(2);
	return ssl;
}

static void send_text(SSL *ssl, const char *text, size_t len)
{
	if (SSL_write(ssl, text, (int)len) != (int)len)
		_exit(3);
}

/* Until @end stands in it. */
static void receive(SSL *ssl, char *text, size_t cap, const char *end)
{
	size_t used = 0;

	do {
		int got = SSL_read(ssl, text + used, (int)(cap - 1 - used));

		if (got <= 0)
			_exit(4);
		used += (size_t)got;
		text[used] = '\0';
	} while (!strstr(text, end));
}

static void tell(int to, const struct told *told)
{
	if (write(to, told, sizeof(*told)) != sizeof(*told))
		_exit(5);
}

static void wait_for(int from)
{
	char go;

	if (read(from, &go, 1) != 1)
		_exit(6);
}

/* Asks for one row, half of it first; then is told, and asks how the server is. */
_Noreturn static void ask(uint16_t port, int to, int from)
{
	char body[128], request[256], text[4096], *y;
	struct told told = { 0 };
	double age, dose, answer;
	uint64_t random[2];
	SSL *ssl;
	int len;

	alarm(120);
	ssl = connect_to(port);
	RAND_bytes((uint8_t *)random, sizeof(random));
	age = 40 + (double)(random[0] >> 11) * 0x1p-53;
	dose = 5 + (double)(random[1] >> 11) * 0x1p-53;
	len = snprintf(body, sizeof(body), "age,dose,kind\n%.16g,%.17g,2\n", age, dose);
	snprintf(text, sizeof(text), "%.16g", age);
	invert(&told, 0, text, strlen(text) > WORD_LEN ? WORD_LEN : strlen(text));
	invert(&told, 1, &dose, sizeof(dose));
	len = snprintf(request, sizeof(request), "POST /infer HTTP/1.1\r\nHost: x\r\n"
		       "Content-Type: text/csv\r\nContent-Length: %d\r\n\r\n%s", len, body);
	send_text(ssl, request, (size_t)len - 4);
	tell(to, &told);
	wait_for(from);
	send_text(ssl, request + len - 4, 4);
	receive(ssl, text, sizeof(text), "]}\n");
	y = strstr(text, "\"y\":");
	answer = y ? strtod(y + 4, NULL) : 0;
	if (!(answer > 0 && answer < 1))
		_exit(7);
	invert(&told, 2, &answer, sizeof(answer));
	tell(to, &told);
	wait_for(from);
	_exit(0);
}

/* ---- the search -------------------------------------------------------------------------------- */

static void count(uintptr_t from, uintptr_t to, const uint8_t *inverted, size_t len,
		  struct hits *hits)
{
	const volatile uint8_t *at = (const volatile uint8_t *)from;
	const volatile uint8_t *end = (const volatile uint8_t *)to - len;
	size_t i;

	for (; at <= end; at++) {
		for (i = 0; i < len && at[i] == (uint8_t)~inverted[i]; i++)
			;
		if (i != len)
			continue;
		*(vault_owns((const void *)at) ? &hits->vault : &hits->elsewhere) += 1;
	}
}

static void look(const uint8_t *inverted, size_t len, struct hits *hits)
{
	FILE *maps = fopen("/proc/self/maps", "r");
	uintptr_t from, to;
	char line[512], mode[8];

	assert_non_null(maps);
	while (fgets(line, sizeof(line), maps)) {
		if (sscanf(line, "%lx-%lx %7s", &from, &to, mode) == 3 && !strncmp(mode, "rw", 2))
			count(from, to, inverted, len, hits);
	}
	fclose(maps);
}

static void look_for_all(const struct told *told, struct hits *hits)
{
	for (size_t i = 0; i < WORDS; i++) {
		if (told->len[i])
			look(told->word[i], told->len[i], &hits[i]);
	}
}

/* The client has sent half of its request, which must be read by then, or has its answer. */
static void on_look(evutil_socket_t fd, short what, void *arg)
{
	struct timeval soon = { 0, 1000 };
	struct bench *b = arg;

	(void)fd;
	(void)what;
	if (!b->stage && !https_count(b->service.https).unfinished) {
		if (++b->looks > LOOKS_MAX || event_add(b->look_event, &soon))
			event_base_loopbreak(https_base(b->service.https));
		return;
	}
	look_for_all(&b->told, b->stage++ ? b->answered : b->unfinished);
	assert_int_equal(write(b->to_client, "g", 1), 1);
	if (b->stage == 2)
		raise(SIGTERM);
}

static void on_told(evutil_socket_t fd, short what, void *arg)
{
	struct bench *b = arg;

	(void)what;
	if (read(fd, &b->told, sizeof(b->told)) == sizeof(b->told))
		on_look(-1, 0, b);
	else if (b->stage < 2)		/* the client has died */
		event_base_loopbreak(https_base(b->service.https));
	else
		event_del(b->told_event);
}

/* ---- a server that is asked ------------------------------------------------------------------------ */

static void begin(struct bench *b)
{
	static uint8_t bytes[SERVE_BENCH_MODEL_MAX];
	struct memory_backend backend = bench_backend(&b->bench), rows;
	struct failure failure = { 0 };
	size_t len;

	len = serve_bench_model(dir, bytes);
	b->plan = bench_plan(bench_plan_text);
	memory_init(&b->memory, &backend, 16 << 20);
	if (trained_read(&b->trained, b->plan, &b->plan->run[0], NULL, bytes, len, &b->memory, &failure))
		fail_msg("%s", failure.text);
	assert_int_equal(vault_open(&b->memory, VAULT), 0);
	rows = vault_backend();
	memory_init(&b->rows, &rows, VAULT);
	b->infer = (struct infer){
		.plan = b->plan, .run = &b->plan->run[0], .trained = &b->trained,
		.memory = &b->rows, .missing = "", .rows_max = 10,
	};
	b->service = (struct service){
		.infer = &b->infer, .standing = &b->standing, .memory = &b->memory,
		.host = "127.0.0.1", .certificate = cert, .key = key, .body_max = 4096,
		.limits = { 8, 60, 60, 65536 },
	};
}

static void run(struct bench *b)
{
	int up[2], down[2], status;
	struct failure failure = { 0 };

	assert_true(!pipe(up) && !pipe(down));
	vault_limit(SIZE_MAX);
	vault_enter();
	if (service_listen(&b->service, &failure))
		fail_msg("%s", failure.text);
	b->to_client = down[1];
	b->client = fork();
	if (!b->client) {
		vault_leave();
		close(up[0]);
		close(down[1]);
		ask(service_port(&b->service), up[1], down[0]);
	}
	close(up[1]);
	close(down[0]);
	b->look_event = event_new(https_base(b->service.https), -1, 0, on_look, b);
	b->told_event = event_new(https_base(b->service.https), up[0], EV_READ | EV_PERSIST,
				  on_told, b);
	assert_int_equal(event_add(b->told_event, NULL), 0);
	if (service_run(&b->service, &failure))
		fail_msg("%s", failure.text);
	event_free(b->told_event);
	event_free(b->look_event);
	service_end(&b->service);
	vault_leave();
	assert_int_equal(waitpid(b->client, &status, 0), b->client);
	assert_int_equal(status, 0);
}

static void test_residue(void **state)
{
	struct bench b = { 0 };

	(void)state;
	begin(&b);
	run(&b);
	assert_int_equal(b.stage, 2);
	/* the search finds it where it is, and it is nowhere else */
	assert_true(b.unfinished[0].vault > 0);
	for (size_t i = 0; i < WORDS; i++) {
		print_message("word %zu: unfinished %zu, %zu elsewhere; answered %zu, %zu elsewhere\n", i,
			      b.unfinished[i].vault, b.unfinished[i].elsewhere, b.answered[i].vault,
			      b.answered[i].elsewhere);
		assert_int_equal(b.unfinished[i].elsewhere, 0);
		assert_int_equal(b.answered[i].vault, 0);
		assert_int_equal(b.answered[i].elsewhere, 0);
		assert_true(b.told.len[i] > 0);
	}
	vault_close();
	memory_release(&b.memory, NULL);
	assert_int_equal(b.memory.live, 0);
	plan_free(b.plan);
}

static int setup(void **state)
{
	(void)state;
	if (!mkdtemp(dir))
		return -1;
	make_key();
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	return unlink(cert) || unlink(key) || rmdir(dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_residue) };

	return cmocka_run_group_tests(tests, setup, teardown);
}
