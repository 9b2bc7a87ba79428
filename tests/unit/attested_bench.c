// SPDX-License-Identifier: MIT
#include "attested_bench.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "sim.h"

#define HEX16 "5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a"

static const char policy_text[] =
	"{\"ward-policy\":1,\"purpose\":\"channel\",\"accept_unmeasured\":true,"
	"\"allow_tee\":[\"simulated-snp\"],\"declared\":[\"" HEX16 HEX16 HEX16 HEX16 "\"]}";

static struct sim_pki pki;
static char dir[] = "/tmp/ward-attested-XXXXXX", policy_path[64], root_path[64];
static struct party *listening;		/* the aggregator */
static struct fed *taking;
static int listener;
static pthread_t acceptor;

static double thread_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

/* A ward_channel_evidence_fn; of the aggregator, called by many threads. */
static int evidence(const uint8_t *nonce, const uint8_t *binding, uint8_t **bundle,
		    size_t *bundle_len, void *arg)
{
	static pthread_mutex_t one = PTHREAD_MUTEX_INITIALIZER;
	struct party *p = arg;
	struct sim_guest guest;
	double from = thread_ms();
	struct wv_bytes out;

	pthread_mutex_lock(&one);
	sim_guest_new(&guest, WARD_PURPOSE_CHANNEL);
	if (p->turns_at && p->gave >= p->turns_at)
		p->declared = DECLARED_BYTE + 1;
	memset(guest.claims.declared, p->declared, sizeof(guest.claims.declared));
	memset(guest.claims.session, p->session, sizeof(guest.claims.session));
	memset(guest.claims.subject, p->session, sizeof(guest.claims.subject));
	memcpy(guest.claims.nonce, nonce, WARD_CHANNEL_NONCE_LEN);
	memcpy(guest.claims.binding, binding, sizeof(guest.claims.binding));
	sim_heads(&guest);
	out = sim_bundle(&guest, &pki);
	*bundle_len = out.len;
	*bundle = malloc(out.len);
	memcpy(*bundle, out.data, out.len);
	ut_free(out);
	p->gave++;
	p->gave_ms += thread_ms() - from;
	pthread_mutex_unlock(&one);
	return 0;
}

static void write_file(const char *path, const void *data, size_t len)
{
	FILE *file = fopen(path, "wb");

	assert_non_null(file);
	assert_int_equal(fwrite(data, 1, len, file), len);
	fclose(file);
}

int party_keys(void **state)
{
	struct wv_bytes pem;

	(void)state;
	if (sim_pki_make(&sim_default_recipe, NULL, &pki) || !mkdtemp(dir))
		return -1;
	snprintf(policy_path, sizeof(policy_path), "%s/policy.json", dir);
	snprintf(root_path, sizeof(root_path), "%s/root.pem", dir);
	write_file(policy_path, policy_text, strlen(policy_text));
	pem = sim_pem(pki.ark);
	write_file(root_path, pem.data, pem.len);
	ut_free(pem);
	return 0;
}

int party_keys_end(void **state)
{
	(void)state;
	sim_pki_free(&pki);
	unlink(policy_path);
	unlink(root_path);
	return rmdir(dir);
}

const char *party_policy(void)
{
	return policy_path;
}

const char *party_root(void)
{
	return root_path;
}

void party_begin(struct party *p, uint8_t session)
{
	const struct attested_files files = {
		.policy = policy_path, .policy_option = "--policy ",
		.root = root_path, .root_option = "--root ",
	};
	struct failure failure = { 0 };

	*p = (struct party){ .declared = DECLARED_BYTE, .session = session };
	p->attested.evidence = evidence;
	p->attested.evidence_arg = p;
	if (attested_read(&p->attested, &files, &failure) || attested_open(&p->attested, &failure))
		fail_msg("%s", failure.text);
}

/* Takes connections until the test shuts the listener down. */
static void *accept_all(void *arg)
{
	struct link link;
	int fd;

	(void)arg;
	while ((fd = accept(listener, NULL, NULL)) >= 0) {
		if (!attested_accept(&listening->attested, fd, &link))
			roster_add(&taking->roster, &link);
	}
	return NULL;
}

int party_reach(void *arg, struct link *link, struct failure *failure)
{
	struct party *p = arg;

	int ret = attested_connect(&p->attested, p->where, 30, link, failure);

	p->left = ret && link->close;
	return ret;
}

uint16_t party_listen(struct party *p)
{
	struct failure failure = { 0 };
	struct sockaddr_in at;
	socklen_t len = sizeof(at);

	listening = p;
	listener = attested_listen("127.0.0.1:0", &failure);
	assert_true(listener >= 0);
	assert_int_equal(fcntl(listener, F_SETFL, 0), 0);
	assert_int_equal(getsockname(listener, (struct sockaddr *)&at, &len), 0);
	return ntohs(at.sin_port);
}

void party_accept(struct fed *fed)
{
	taking = fed;
	assert_int_equal(pthread_create(&acceptor, NULL, accept_all, NULL), 0);
}

void party_accept_end(void)
{
	shutdown(listener, SHUT_RDWR);
	pthread_join(acceptor, NULL);
	close(listener);
}
