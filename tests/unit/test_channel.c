// SPDX-License-Identifier: MIT
/* The attested channel between two who mean well, and between one and a peer out of order. */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <openssl/rand.h>

#include "channel_pair.h"

#define BULK	(5u << 20)	/* more than a frame, and than any socket holds */

static struct side a, b;	/* connector, acceptor */

static int setup(void **state)
{
	int fd[2];

	(void)state;
	pair_sockets(fd);
	side_new(&a, WARD_CHANNEL_CONNECTOR, fd[0]);
	side_new(&b, WARD_CHANNEL_ACCEPTOR, fd[1]);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	side_end(&a);
	side_end(&b);
	return 0;
}

static void both_open(void)
{
	pair_open(&a, &b);
	assert_int_equal(a.rc, 0);
	assert_int_equal(b.rc, 0);
}

/* A few bytes each way, then the end: nothing is missing. */
static void talk(void)
{
	char got[64];

	assert_int_equal(ward_channel_write(a.channel, "ping", 4), 0);
	assert_int_equal(ward_channel_read(b.channel, got, sizeof(got)), 4);
	assert_memory_equal(got, "ping", 4);
	assert_int_equal(ward_channel_write(b.channel, "answer", 6), 0);
	assert_int_equal(ward_channel_read(a.channel, got, 2), 2);
	assert_true(ward_channel_pending(a.channel));
	assert_int_equal(ward_channel_read(a.channel, got, sizeof(got)), 4);
	assert_memory_equal(got, "swer", 4);
	ward_channel_close(a.channel);
	a.channel = NULL;
	a.fd = -1;
	assert_int_equal(ward_channel_read(b.channel, got, sizeof(got)), 0);
	assert_int_equal(ward_channel_read(b.channel, got, sizeof(got)), 0);
}

static void mutual(void **state)
{
	const struct ward_channel_peer *peer;

	(void)state;
	both_open();
	peer = ward_channel_peer(a.channel);
	assert_int_equal(peer->role, WARD_CHANNEL_ACCEPTOR);
	assert_int_equal(peer->accepted, 1);
	assert_int_equal(peer->told, 1);
	assert_memory_equal(peer->key, ward_channel_identity_key(pair_key[1]), 32);
	assert_memory_equal(ward_channel_peer(b.channel)->key,
			    ward_channel_identity_key(pair_key[0]), 32);
	assert_true(a.verdict.simulated && a.verdict.claims.purpose == WARD_PURPOSE_CHANNEL);
	talk();
}

static void one_sided(void **state)
{
	(void)state;
	side_only_wants(&a);
	side_only_gives(&b);
	both_open();
	assert_int_equal(a.gave, 0);
	assert_int_equal(ward_channel_peer(a.channel)->accepted, 1);
	assert_int_equal(ward_channel_peer(b.channel)->accepted, 0);
	talk();
}

static void one_sided_other(void **state)
{
	(void)state;
	side_only_gives(&a);
	side_only_wants(&b);
	b.options.identity = NULL;
	both_open();
	assert_int_equal(b.gave, 0);
	talk();
}

static void none_given(void **state)
{
	(void)state;
	side_only_wants(&a);
	side_only_wants(&b);
	pair_open(&a, &b);
	assert_int_equal(a.rc, -EACCES);
	assert_int_equal(b.rc, -EACCES);
	assert_int_equal(a.fault.reason, WV_EVIDENCE_MISSING);
	assert_int_equal(b.fault.reason, WV_EVIDENCE_MISSING);
}

/* Who shall give and can't goes at once; the other knows why all the same. */
static void nothing_to_give(void **state)
{
	(void)state;
	side_only_wants(&b);
	pair_open(&a, &b);
	assert_int_equal(a.rc, -EACCES);
	assert_int_equal(b.rc, -EACCES);
	assert_int_equal(a.fault.reason, WV_EVIDENCE_MISSING);
	assert_int_equal(b.fault.reason, WV_EVIDENCE_MISSING);
	assert_true(!a.fault.by_peer && b.fault.by_peer);
}

static void refused(void **state)
{
	(void)state;
	a.uid = 1001;
	pair_open(&a, &b);
	assert_int_equal(a.rc, -EACCES);
	assert_int_equal(b.rc, -EACCES);
	assert_int_equal(a.fault.reason, WV_WRONG_UID);
	assert_int_equal(b.fault.reason, WV_WRONG_UID);
	assert_true(a.fault.by_peer && !b.fault.by_peer);
	/* To one that was not accepted nothing is shown. */
	assert_int_equal(b.gave, 0);
}

static int no_evidence(const uint8_t *nonce, const uint8_t *binding, uint8_t **bundle, size_t *len,
		       void *arg)
{
	(void)nonce, (void)binding, (void)bundle, (void)len, (void)arg;
	return -EHOSTDOWN;
}

static void without_provider(void **state)
{
	(void)state;
	b.options.evidence = no_evidence;
	pair_open(&a, &b);
	assert_int_equal(b.rc, -EHOSTDOWN);
	assert_int_equal(a.rc, -ECONNRESET);
}

static void misuse(void **state)
{
	(void)state;
	side_only_gives(&a);
	side_only_wants(&a);
	side_start(&a);
	side_wait(&a);
	assert_int_equal(a.rc, -EINVAL);
	a.options.size = 8;
	a.options.verify = b.options.verify;
	side_start(&a);
	side_wait(&a);
	assert_int_equal(a.rc, -EINVAL);
}

static void silent_peer(void **state)
{
	(void)state;
	a.options.handshake_ms = 200;
	side_start(&a);
	side_wait(&a);
	assert_int_equal(a.rc, -ETIME);
}

/* ---- data, while evidence is asked for again -------------------------------- */

struct stream {
	struct side *from, *to;
	uint8_t *data;
	int rc;
};

static void *write_bulk(void *arg)
{
	struct stream *s = arg;

	s->rc = ward_channel_write(s->from->channel, s->data, BULK);
	return NULL;
}

static void read_bulk(struct stream *s)
{
	uint8_t *got = malloc(BULK);
	size_t at = 0;
	int64_t n;

	for (; at < BULK; at += (size_t)n) {
		n = ward_channel_read(s->to->channel, got + at, BULK - at);
		assert_true(n > 0);
	}
	assert_memory_equal(got, s->data, BULK);
	free(got);
}

static void stream(struct side *from, struct side *to)
{
	struct stream s = { from, to, malloc(BULK), 0 };
	pthread_t thread;

	assert_int_equal(RAND_bytes(s.data, BULK), 1);
	assert_int_equal(pthread_create(&thread, NULL, write_bulk, &s), 0);
	read_bulk(&s);
	pthread_join(thread, NULL);
	assert_int_equal(s.rc, 0);
	free(s.data);
}

static void bulk(void **state)
{
	(void)state;
	both_open();
	stream(&a, &b);
	stream(&b, &a);
	assert_int_equal(a.gave, 1);
}

static void again_by_bytes(void **state)
{
	(void)state;
	a.options.reattest_bytes = b.options.reattest_bytes = 1 << 20;
	both_open();
	stream(&a, &b);
	stream(&b, &a);
	/* 10 MiB went by: each was asked several times, with another nonce each time. */
	assert_in_range(a.gave, 4, 11);
	assert_in_range(b.gave, 4, 11);
	assert_in_range(ward_channel_peer(a.channel)->accepted, 4, 11);
}

static void *echo(void *arg)
{
	struct side *s = arg;
	char byte;

	while (ward_channel_read(s->channel, &byte, 1) == 1)
		if (ward_channel_write(s->channel, &byte, 1))
			break;
	return NULL;
}

static void again_by_time(void **state)
{
	uint64_t from, most;
	pthread_t thread;
	char byte = 'x';

	(void)state;
	a.options.reattest_ms = 50;
	from = pair_parts.now_ms();
	both_open();
	assert_int_equal(pthread_create(&thread, NULL, echo, &b), 0);
	while (ward_channel_peer(a.channel)->accepted < 6) {
		assert_int_equal(ward_channel_write(a.channel, &byte, 1), 0);
		assert_int_equal(ward_channel_read(a.channel, &byte, 1), 1);
		assert_true(pair_parts.now_ms() - from < 60000);
	}
	/* And no more than there was time for. */
	most = 1 + (pair_parts.now_ms() - from) / 50;
	assert_in_range(ward_channel_peer(a.channel)->accepted, 6, most);
	ward_channel_close(a.channel);
	a.channel = NULL;
	a.fd = -1;
	pthread_join(thread, NULL);
}

static void again_refused(void **state)
{
	char byte;

	(void)state;
	a.options.reattest_ms = 50;
	both_open();
	b.uid = 1001;
	side_only_wants(&b);	/* what is set now changes nothing any more */
	pthread_create(&b.thread, NULL, echo, &b);
	assert_int_equal(ward_channel_read(a.channel, &byte, 1), -EACCES);
	assert_int_equal(ward_channel_peer(a.channel)->fault.reason, WV_WRONG_UID);
	assert_int_equal(ward_channel_write(a.channel, &byte, 1), -EACCES);
	side_wait(&b);
	assert_int_equal(ward_channel_peer(b.channel)->fault.reason, WV_WRONG_UID);
	assert_true(ward_channel_peer(b.channel)->fault.by_peer);
}

/* Each call has the peer prove itself once more, and no other does. */
static void again_by_call(void **state)
{
	struct pollfd at;
	pthread_t thread;
	char byte = 'x';
	unsigned int i;

	(void)state;
	both_open();
	assert_int_equal(ward_channel_write(b.channel, &byte, 1), 0);
	at = (struct pollfd){ .fd = ward_channel_fd(a.channel), .events = POLLIN };
	assert_int_equal(poll(&at, 1, -1), 1);
	/* What it sent stands before whatever it answers. */
	assert_int_equal(ward_channel_renew(a.channel), -EAGAIN);
	assert_int_equal(ward_channel_read(a.channel, &byte, 1), 1);
	assert_int_equal(pthread_create(&thread, NULL, echo, &b), 0);
	for (i = 0; i < 3; i++) {
		assert_int_equal(ward_channel_renew(a.channel), 0);
		/* Once when it opened, once for the call that did not wait. */
		assert_int_equal(ward_channel_peer(a.channel)->accepted, 3 + i);
		assert_int_equal(ward_channel_write(a.channel, &byte, 1), 0);
		assert_int_equal(ward_channel_read(a.channel, &byte, 1), 1);
	}
	b.uid = 1001;
	assert_int_equal(ward_channel_renew(a.channel), -EACCES);
	assert_int_equal(ward_channel_peer(a.channel)->fault.reason, WV_WRONG_UID);
	assert_int_equal(ward_channel_renew(a.channel), -EACCES);
	pthread_join(thread, NULL);
}

static void again_of_none(void **state)
{
	(void)state;
	side_only_gives(&a);
	side_only_wants(&b);
	both_open();
	assert_int_equal(ward_channel_renew(a.channel), -EINVAL);
	assert_int_equal(ward_channel_write(a.channel, "x", 1), 0);
}

/* The peer's program hangs: it neither reads nor answers. */
static void again_too_late(void **state)
{
	char byte;

	(void)state;
	a.options.reattest_ms = 50;
	a.options.answer_ms = 100;
	both_open();
	assert_int_equal(ward_channel_read(a.channel, &byte, 1), -ETIME);
	assert_int_equal(ward_channel_peer(a.channel)->fault.reason, WV_EVIDENCE_MISSING);
	/* It is told when it wakes up. */
	assert_int_equal(ward_channel_read(b.channel, &byte, 1), -EACCES);
	assert_int_equal(ward_channel_peer(b.channel)->fault.reason, WV_EVIDENCE_MISSING);
}

/* Nothing more is sent on evidence that is too old. */
static void idle_then_write(void **state)
{
	(void)state;
	a.options.reattest_ms = 20;
	a.options.answer_ms = 50;
	both_open();
	usleep(100000);
	assert_int_equal(ward_channel_write(a.channel, "x", 1), -ETIME);
}

/* ---- a peer out of order ----------------------------------------------------- */

/* An acceptor by hand that sends one frame where a hello belongs. */
static int answered(uint32_t type, const void *data, size_t len)
{
	struct leg m;
	int rc;

	side_only_wants(&a);
	assert_int_equal(leg_new(&m, WARD_CHANNEL_ACCEPTOR, b.fd, pair_key[1]), 0);
	b.fd = -1;
	side_start(&a);
	assert_int_equal(leg_shake(&m), 0);
	assert_int_equal(leg_take(&m), 0);
	assert_int_equal(leg_send(&m, type, data, len), 0);
	side_wait(&a);
	rc = a.rc;
	leg_end(&m);
	teardown(NULL);
	setup(NULL);
	return rc;
}

static void out_of_order(void **state)
{
	struct hello hello = { .role = WARD_CHANNEL_ACCEPTOR, .flags = HELLO_GIVES };
	uint8_t body[HELLO_LEN], verdict[VERDICT_LEN];

	(void)state;
	verdict_put(verdict, 0);
	hello_put(body, &hello);
	assert_int_equal(answered(FRAME_DATA, "x", 1), -EPROTO);
	assert_int_equal(answered(FRAME_EVIDENCE, "x", 1), -EPROTO);
	assert_int_equal(answered(FRAME_VERDICT, verdict, sizeof(verdict)), -EPROTO);
	assert_int_equal(answered(FRAME_ASK, body, 32), -EPROTO);
	assert_int_equal(answered(77, "x", 1), -EPROTO);
	assert_int_equal(answered(FRAME_HELLO, body, 39), -EPROTO);
	body[0] = 0;	/* an older version, which there never was */
	assert_int_equal(answered(FRAME_HELLO, body, sizeof(body)), -EPROTO);
	hello.role = WARD_CHANNEL_CONNECTOR;
	hello_put(body, &hello);
	assert_int_equal(answered(FRAME_HELLO, body, sizeof(body)), -EPROTO);
	hello.role = WARD_CHANNEL_ACCEPTOR;
	hello.flags = 0;
	hello_put(body, &hello);
	assert_int_equal(answered(FRAME_HELLO, body, sizeof(body)), -EACCES);
}

/* The verdict opens the peer's side, which may ask again in the same breath. */
static void asked_at_once(void **state)
{
	const struct hello hello = { .role = WARD_CHANNEL_ACCEPTOR, .flags = HELLO_WANTS };
	uint8_t body[HELLO_LEN], both[2 * FRAME_HEAD + VERDICT_LEN + WARD_CHANNEL_NONCE_LEN];
	uint8_t *ask = both + FRAME_HEAD + VERDICT_LEN;
	struct leg m;
	size_t done;

	(void)state;
	side_only_gives(&a);
	assert_int_equal(leg_new(&m, WARD_CHANNEL_ACCEPTOR, b.fd, pair_key[1]), 0);
	b.fd = -1;
	side_start(&a);
	assert_int_equal(leg_shake(&m), 0);
	assert_int_equal(leg_take(&m), 0);
	hello_put(body, &hello);
	assert_int_equal(leg_send(&m, FRAME_HELLO, body, sizeof(body)), 0);
	assert_int_equal(leg_take(&m), 0);
	assert_int_equal(m.type, FRAME_EVIDENCE);
	frame_head_put(both, FRAME_VERDICT, VERDICT_LEN);
	verdict_put(both + FRAME_HEAD, 0);
	frame_head_put(ask, FRAME_ASK, WARD_CHANNEL_NONCE_LEN);
	memset(ask + FRAME_HEAD, 7, WARD_CHANNEL_NONCE_LEN);
	assert_int_equal(SSL_write_ex(m.c->ssl, both, sizeof(both), &done), 1);
	side_wait(&a);
	assert_int_equal(a.rc, 0);
	assert_int_equal(ward_channel_write(a.channel, "x", 1), 0);
	assert_int_equal(leg_take(&m), 0);
	assert_int_equal(m.type, FRAME_EVIDENCE);
	assert_non_null(memmem(m.body, m.len, ask + FRAME_HEAD, WARD_CHANNEL_NONCE_LEN));
	assert_int_equal(a.gave, 2);
	leg_end(&m);
}

/* No tickets come, and the session that was is not taken up again. */
static void no_resumption(void **state)
{
	(void)state;
	both_open();
	talk();
	assert_false(SSL_SESSION_has_ticket(SSL_get0_session(b.channel->ssl)));
	assert_int_equal(SSL_CTX_sess_number(SSL_get_SSL_CTX(b.channel->ssl)), 0);
	assert_int_equal(SSL_get_num_tickets(b.channel->ssl), 0);
	assert_int_equal(SSL_get_max_early_data(b.channel->ssl), 0);
}

/* Byte by byte, as doc/formats.md has it. */
static void binding_bytes(void **state)
{
	struct ward_channel_bound bound = { .role = WARD_CHANNEL_ACCEPTOR };
	uint8_t bytes[16 + 4 * 32 + 1] = "WARD-CHANNEL-V1", want[64], got[64];

	(void)state;
	memset(bound.exporter, 1, 32);
	memset(bound.own_key, 2, 32);
	memset(bound.peer_key, 3, 32);
	memset(bound.nonce, 4, 32);
	memset(bytes + 16, 1, 32);
	memset(bytes + 48, 2, 32);
	memset(bytes + 80, 3, 32);
	bytes[112] = 2;
	memset(bytes + 113, 4, 32);
	assert_int_equal(EVP_Digest(bytes, sizeof(bytes), want, NULL, EVP_sha512(), NULL), 1);
	assert_int_equal(ward_binding_channel(&bound, got), 0);
	assert_memory_equal(got, want, 64);
	bound.role = 3;
	assert_int_equal(ward_binding_channel(&bound, got), -EINVAL);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(mutual), TEST(one_sided), TEST(one_sided_other), TEST(none_given),
		TEST(nothing_to_give), TEST(refused), TEST(without_provider), TEST(misuse), TEST(silent_peer),
		TEST(bulk), TEST(again_by_bytes), TEST(again_by_time), TEST(again_refused),
		TEST(again_by_call), TEST(again_of_none),
		TEST(again_too_late), TEST(idle_then_write), TEST(out_of_order),
		TEST(asked_at_once), TEST(no_resumption), cmocka_unit_test(binding_bytes),
	};

	return cmocka_run_group_tests(tests, pair_group_setup, pair_group_teardown);
}
