// SPDX-License-Identifier: MIT
/*
 * P15: an attested handshake, both sides in one process, beside plain mutual TLS 1.3 on
 * P-384 by OpenSSL and one verification each way of the same kind of evidence, in turns.
 * The plain one is spared what it can be: contexts are kept, the peer's certificate is
 * trusted itself, no tickets. What makes the evidence, a simulated TEE, counts for nobody.
 * The processor's time of both sides' threads.
 *
 *	handshake_cost                figures
 *	handshake_cost attested|plain one of them, 1 + SOME times, for callgrind
 *	                              (tests/bench/handshake/instructions)
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "../unit/channel_pair.h"

#define TURNS	21
#define EACH	8
#define SOME	3

/** struct plain - a side of the peer; @given: evidence of an earlier channel, as it was judged */
struct plain {
	int role, fd;
	SSL_CTX *ctx;
	SSL *ssl;
	struct wv_bytes given;
	uint8_t nonce[WARD_CHANNEL_NONCE_LEN], binding[WARD_BINDING_LEN];
	double ms;
	pthread_t thread;
};

static struct plain plain[2];
static ward_channel_evidence_fn make_evidence;
static double spent[2];		/* ms of each side's thread, without its evidence */

static double now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

/* ---- attested --------------------------------------------------------------------- */

/* A function of its own, as are the others: callgrind collects by their names. */
__attribute__((noipa)) static int give(const uint8_t *nonce, const uint8_t *binding,
					  uint8_t **bundle, size_t *len, void *arg)
{
	struct side *s = arg;
	double from = now_ms();
	int rc = make_evidence(nonce, binding, bundle, len, arg);

	spent[s->role - WARD_CHANNEL_CONNECTOR] -= now_ms() - from;
	return rc;
}

static int keep(const uint8_t *nonce, const uint8_t *binding, const uint8_t *bundle, size_t len,
		void *arg)
{
	struct side *s = arg;
	struct plain *p = &plain[s->role - WARD_CHANNEL_CONNECTOR];

	if (!p->given.data) {
		uint8_t *copy = malloc(len);

		memcpy(copy, bundle, len);
		p->given = (struct wv_bytes){ copy, len };
		memcpy(p->nonce, nonce, sizeof(p->nonce));
		memcpy(p->binding, binding, sizeof(p->binding));
	}
	return ward_channel_judge(nonce, binding, bundle, len, &s->judge);
}

__attribute__((noipa)) static void attested_side(struct side *s)
{
	if (s->role == WARD_CHANNEL_CONNECTOR)
		s->rc = ward_channel_connect(s->fd, &s->options, &s->channel, &s->fault);
	else
		s->rc = ward_channel_accept(s->fd, &s->options, &s->channel, &s->fault);
}

static void *attested_thread(void *arg)
{
	struct side *s = arg;
	double from = now_ms();

	attested_side(s);
	spent[s->role - WARD_CHANNEL_CONNECTOR] += now_ms() - from;
	return NULL;
}

static void attested_once(void)
{
	struct side s[2];
	int fd[2];

	pair_sockets(fd);
	for (int i = 0; i < 2; i++) {
		side_new(&s[i], (uint8_t)(WARD_CHANNEL_CONNECTOR + i), fd[i]);
		make_evidence = s[i].options.evidence;
		s[i].options.evidence = give;
		s[i].options.verify = keep;
		s[i].options.handshake_ms = 600000;
	}
	for (int i = 0; i < 2; i++)
		assert_int_equal(pthread_create(&s[i].thread, NULL, attested_thread, &s[i]), 0);
	for (int i = 0; i < 2; i++) {
		side_wait(&s[i]);
		if (s[i].rc)
			fail_msg("side %d: %s", i, s[i].fault.text);
	}
	for (int i = 0; i < 2; i++)
		side_end(&s[i]);
}

/* ---- plain -------------------------------------------------------------------------- */

static void plain_context(struct plain *p, int role)
{
	const struct ward_channel_identity *own = pair_key[role], *other = pair_key[!role];
	X509_VERIFY_PARAM *param;

	p->role = role;
	p->ctx = SSL_CTX_new(TLS_method());
	assert_non_null(p->ctx);
	param = SSL_CTX_get0_param(p->ctx);
	X509_VERIFY_PARAM_set_flags(param, X509_V_FLAG_PARTIAL_CHAIN);
	SSL_CTX_set_options(p->ctx, SSL_OP_NO_TICKET);
	SSL_CTX_set_session_cache_mode(p->ctx, SSL_SESS_CACHE_OFF);
	SSL_CTX_set_verify(p->ctx, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
	assert_true(SSL_CTX_set_min_proto_version(p->ctx, TLS1_3_VERSION) &&
		    SSL_CTX_set_num_tickets(p->ctx, 0) &&
		    SSL_CTX_set1_groups_list(p->ctx, "P-384") &&
		    SSL_CTX_set1_sigalgs_list(p->ctx, "ECDSA+SHA384") &&
		    SSL_CTX_set_ciphersuites(p->ctx, "TLS_AES_256_GCM_SHA384") &&
		    SSL_CTX_use_PrivateKey(p->ctx, own->key) &&
		    SSL_CTX_use_certificate(p->ctx, own->cert) &&
		    X509_STORE_add_cert(SSL_CTX_get_cert_store(p->ctx), other->cert));
}

__attribute__((noipa)) static void plain_side(struct plain *p)
{
	struct wv_verdict verdict;
	struct ward_channel_judge judge = { .appraisal = &pair_appraisal, .verdict = &verdict };

	p->ssl = SSL_new(p->ctx);
	SSL_set_fd(p->ssl, p->fd);
	assert_int_equal(p->role ? SSL_accept(p->ssl) : SSL_connect(p->ssl), 1);
	assert_int_equal(SSL_get_verify_result(p->ssl), X509_V_OK);
	assert_int_equal(ward_channel_judge(p->nonce, p->binding, p->given.data, p->given.len,
					    &judge), WV_OK);
}

static void *plain_thread(void *arg)
{
	struct plain *p = arg;
	double from = now_ms();

	plain_side(p);
	p->ms += now_ms() - from;
	return NULL;
}

static void plain_once(void)
{
	int fd[2];

	pair_sockets(fd);
	for (int i = 0; i < 2; i++) {
		plain[i].fd = fd[i];
		assert_int_equal(pthread_create(&plain[i].thread, NULL, plain_thread, &plain[i]), 0);
	}
	for (int i = 0; i < 2; i++)
		pthread_join(plain[i].thread, NULL);
	for (int i = 0; i < 2; i++) {
		SSL_free(plain[i].ssl);
		close(fd[i]);
	}
}

/* ---- rounds ------------------------------------------------------------------------ */

static double attested(void)
{
	spent[0] = spent[1] = 0;
	for (int i = 0; i < EACH; i++)
		attested_once();
	return (spent[0] + spent[1]) / EACH;
}

static double without(void)
{
	plain[0].ms = plain[1].ms = 0;
	for (int i = 0; i < EACH; i++)
		plain_once();
	return (plain[0].ms + plain[1].ms) / EACH;
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double median(double *v)
{
	qsort(v, TURNS, sizeof(*v), by_value);
	return v[TURNS / 2];
}

static void figures(void)
{
	static double ours[TURNS], theirs[TURNS], ratio[TURNS], control[TURNS];
	double middle;

	for (int t = 0; t < TURNS; t++) {
		ours[t] = attested();
		theirs[t] = without();
		ratio[t] = ours[t] / theirs[t];
		control[t] = theirs[t] / without();
	}
	middle = median(ratio);
	printf("%-44s %7.3f ms\n", "attested handshake, both sides", median(ours));
	printf("%-44s %7.3f ms\n", "plain mTLS P-384, a verification each way", median(theirs));
	printf("%-44s %7.3f (%.3f to %.3f; control %.3f)\n", "attested / plain (P15: 1.1)", middle,
	       ratio[0], ratio[TURNS - 1], median(control));
}

/* The peer's evidence is an attested channel's. */
static int some(const char *which)
{
	int plain_ones = !strcmp(which, "plain");

	if (!plain_ones && strcmp(which, "attested"))
		return 1;
	attested_once();
	for (int i = plain_ones ? -1 : 0; i < SOME; i++)
		(plain_ones ? plain_once : attested_once)();
	return 0;
}

int main(int argc, char **argv)
{
	if (pair_group_setup(NULL))
		return 1;
	for (int i = 0; i < 2; i++)
		plain_context(&plain[i], i);
	if (argc > 1)
		return some(argv[1]) | pair_group_teardown(NULL);
	attested_once();
	plain_once();
	figures();
	return pair_group_teardown(NULL);
}
