// SPDX-License-Identifier: MIT
#include <arpa/inet.h>
#include <endian.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "channel_pair.h"

static struct sim_pki pki;
static struct wv_roots *roots;
static struct wv_policy *policy, *policy_anybody;
struct ward_channel_identity *pair_key[3];
struct wv_appraisal pair_appraisal, pair_anybody;
unsigned int pair_weak;

static int weak_binding(const struct ward_channel_bound *bound, uint8_t *out)
{
	struct ward_channel_bound b = *bound;

	if (pair_weak & NO_EXPORTER)
		memset(b.exporter, 0, sizeof(b.exporter));
	if (pair_weak & NO_OWN)
		memset(b.own_key, 0, sizeof(b.own_key));
	if (pair_weak & NO_PEER)
		memset(b.peer_key, 0, sizeof(b.peer_key));
	if (pair_weak & NO_ROLE)
		b.role = WARD_CHANNEL_CONNECTOR;
	if (pair_weak & NO_NONCE)
		memset(b.nonce, 0, sizeof(b.nonce));
	return ward_binding_channel(&b, out);
}

static uint64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

const struct channel_parts pair_parts = { weak_binding, now_ms };

static struct wv_policy *read_policy(const char *json)
{
	struct wv_policy *out;
	struct wv_fault fault;

	ut_reason(WV_OK, wv_policy_parse((struct wv_bytes){ (const uint8_t *)json, strlen(json) },
					 &out, &fault), &fault);
	return out;
}

int pair_group_setup(void **state)
{
	struct wv_bytes pem;
	size_t i;

	(void)state;
	if (sim_pki_make(&sim_default_recipe, NULL, &pki))
		return -1;
	roots = wv_roots_new();
	pem = sim_pem(pki.ark);
	if (wv_roots_add(roots, pem, NULL))
		return -1;
	ut_free(pem);
	policy = read_policy(PAIR_POLICY(",\"uid\":[1000]"));
	policy_anybody = read_policy(PAIR_POLICY(""));
	pair_appraisal = (struct wv_appraisal){ .roots = roots, .policy = policy };
	pair_anybody = (struct wv_appraisal){ .roots = roots, .policy = policy_anybody };
	for (i = 0; i < 3; i++)
		if (ward_channel_identity_new(&pair_key[i]))
			return -1;
	return 0;
}

int pair_group_teardown(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < 3; i++)
		ward_channel_identity_free(pair_key[i]);
	wv_policy_free(policy);
	wv_policy_free(policy_anybody);
	wv_roots_free(roots);
	sim_pki_free(&pki);
	return 0;
}

void pair_sockets(int fd[2])
{
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr = { htonl(INADDR_LOOPBACK) } };
	socklen_t len = sizeof(at);
	int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_int_equal(bind(listener, (struct sockaddr *)&at, sizeof(at)), 0);
	assert_int_equal(listen(listener, 1), 0);
	assert_int_equal(getsockname(listener, (struct sockaddr *)&at, &len), 0);
	fd[0] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(connect(fd[0], (struct sockaddr *)&at, sizeof(at)), 0);
	fd[1] = accept(listener, NULL, NULL);
	assert_true(fd[1] >= 0);
	close(listener);
}

/* A ward_channel_evidence_fn. */
static int evidence(const uint8_t *nonce, const uint8_t *binding, uint8_t **bundle,
		    size_t *bundle_len, void *arg)
{
	struct side *s = arg;
	struct sim_guest guest;

	sim_guest_new(&guest, WARD_PURPOSE_CHANNEL);
	guest.claims.caller.uid = guest.claims.opener.uid = htole32(s->uid);
	memcpy(guest.claims.nonce, nonce, WARD_CHANNEL_NONCE_LEN);
	memcpy(guest.claims.binding, binding, sizeof(guest.claims.binding));
	ut_free(s->sent);
	s->sent = sim_bundle(&guest, &pki);
	s->gave++;
	*bundle_len = s->sent.len;
	*bundle = malloc(s->sent.len);
	memcpy(*bundle, s->sent.data, s->sent.len);
	return 0;
}

static int judge_without_nonce(struct side *s, const uint8_t *binding, struct wv_bytes in)
{
	struct wv_expect expect = {
		.purpose = WARD_PURPOSE_CHANNEL, .binding = { binding, WARD_BINDING_LEN },
	};
	struct wv_appraisal appraisal = *s->judge.appraisal;

	appraisal.expect = &expect;
	appraisal.now = time(NULL);
	return wv_verify_bundle(in, &appraisal, &s->verdict);
}

/* A ward_channel_verify_fn. */
static int verify(const uint8_t *nonce, const uint8_t *binding, const uint8_t *bundle,
		  size_t bundle_len, void *arg)
{
	struct side *s = arg;

	if (!s->judge_nonce)
		return judge_without_nonce(s, binding, (struct wv_bytes){ bundle, bundle_len });
	return ward_channel_judge(nonce, binding, bundle, bundle_len, &s->judge);
}

void side_new(struct side *s, uint8_t role, int fd)
{
	memset(s, 0, sizeof(*s));
	s->role = role;
	s->fd = fd;
	s->uid = 1000;
	s->judge_nonce = true;
	s->judge.appraisal = &pair_appraisal;
	s->judge.verdict = &s->verdict;
	s->options = (struct ward_channel_options){
		.size = sizeof(s->options), .handshake_ms = 60000,
		.identity = pair_key[role - WARD_CHANNEL_CONNECTOR],
		.evidence = evidence, .evidence_arg = s, .verify = verify, .verify_arg = s,
	};
}

void side_only_gives(struct side *s)
{
	s->options.verify = NULL;
}

void side_only_wants(struct side *s)
{
	s->options.evidence = NULL;
}

static void *open_side(void *arg)
{
	struct side *s = arg;

	s->rc = channel_open_with(&pair_parts, s->role, s->fd, &s->options, &s->channel, &s->fault);
	return NULL;
}

void side_start(struct side *s)
{
	assert_int_equal(pthread_create(&s->thread, NULL, open_side, s), 0);
}

void side_wait(struct side *s)
{
	assert_int_equal(pthread_join(s->thread, NULL), 0);
}

void side_end(struct side *s)
{
	if (s->channel)
		ward_channel_close(s->channel);
	else if (s->fd >= 0)
		close(s->fd);
	s->channel = NULL;
	s->fd = -1;
	ut_free(s->sent);
	s->sent = (struct wv_bytes){ NULL, 0 };
}

void pair_open(struct side *a, struct side *b)
{
	side_start(a);
	side_start(b);
	side_wait(a);
	side_wait(b);
}
