// SPDX-License-Identifier: MIT
/*
 * A man in the middle of an attested channel, on loopback, with real TLS. Each attack is
 * run twice: against the channel as it is, and against one whose binding leaves out what
 * stands against it, where it must succeed, or the test shows nothing.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "channel_pair.h"

static const char secret[] = "name,birth date,diagnosis";

/* The middle of two connections: a hears the connector, b the acceptor. */
struct middle {
	struct side connector, acceptor;
	struct leg a, b;
};

static void middle_new(struct middle *m, const struct ward_channel_identity *shown_to_connector,
		       const struct ward_channel_identity *shown_to_acceptor)
{
	int left[2], right[2];

	pair_sockets(left);
	pair_sockets(right);
	side_new(&m->connector, WARD_CHANNEL_CONNECTOR, left[0]);
	side_new(&m->acceptor, WARD_CHANNEL_ACCEPTOR, right[1]);
	assert_int_equal(leg_new(&m->a, WARD_CHANNEL_ACCEPTOR, left[1], shown_to_connector), 0);
	assert_int_equal(leg_new(&m->b, WARD_CHANNEL_CONNECTOR, right[0], shown_to_acceptor), 0);
}

static void middle_end(struct middle *m)
{
	side_end(&m->connector);
	side_end(&m->acceptor);
	leg_end(&m->a);
	leg_end(&m->b);
}

/* The connector's secret comes out at the man in the middle. */
static bool leaks(struct side *from, struct leg *to)
{
	assert_int_equal(ward_channel_write(from->channel, secret, sizeof(secret)), 0);
	return !leg_take(to) && to->type == FRAME_DATA && to->len == sizeof(secret) &&
	       !memcmp(to->body, secret, sizeof(secret));
}

/* Frames are passed on: hello, hello, then evidence and verdict as both want them. */
static void pass_all(struct middle *m, bool mutual)
{
	struct leg *a = &m->a, *b = &m->b;

	assert_int_equal(leg_shake(a), 0);
	assert_int_equal(leg_shake(b), 0);
	if (leg_pass(a, b) || leg_pass(b, a))
		return;
	if (mutual && (leg_pass(a, b) || leg_pass(b, a)))
		return;
	if (leg_pass(b, a))
		return;
	leg_pass(a, b);
}

/* Returns true where the connector sent its secret to the man in the middle. */
static bool relayed(unsigned int weak, bool stolen, bool mutual)
{
	struct middle m;
	bool won;

	pair_weak = weak;
	middle_new(&m, pair_key[stolen ? 1 : 2], pair_key[2]);
	if (!mutual) {
		side_only_wants(&m.connector);
		side_only_gives(&m.acceptor);
	}
	side_start(&m.connector);
	side_start(&m.acceptor);
	pass_all(&m, mutual);
	shutdown(m.b.c->fd, SHUT_WR);
	side_wait(&m.connector);
	side_wait(&m.acceptor);
	won = !m.connector.rc;
	if (won)
		assert_true(leaks(&m.connector, &m.a));
	else
		assert_int_equal(m.connector.rc, -EACCES);
	if (!won && !mutual)
		assert_int_equal(m.connector.fault.reason, WV_BINDING_MISMATCH);
	middle_end(&m);
	pair_weak = 0;
	return won;
}

static void relay(void **state)
{
	(void)state;
	assert_false(relayed(0, false, false));
	assert_false(relayed(0, false, true));
	assert_true(relayed(NO_EXPORTER | NO_OWN | NO_PEER, false, false));
	assert_true(relayed(NO_EXPORTER | NO_OWN | NO_PEER, false, true));
	/* Either alone would do against it. */
	assert_false(relayed(NO_OWN | NO_PEER, false, false));
	assert_false(relayed(NO_EXPORTER, false, false));
}

/* He has the acceptor's TLS key, and has the acceptor itself prove that it is its own. */
static void stolen_key(void **state)
{
	(void)state;
	assert_false(relayed(0, true, false));
	assert_false(relayed(0, true, true));
	/* What binds evidence to a certificate alone falls. */
	assert_true(relayed(NO_EXPORTER | NO_PEER, true, false));
	assert_false(relayed(NO_EXPORTER, true, false));
	assert_false(relayed(NO_PEER, true, false));
}

/* The connector's own evidence is shown to it as the acceptor's. */
static bool reflected(unsigned int weak, bool stolen)
{
	struct hello hello;
	uint8_t body[HELLO_LEN], accepted[VERDICT_LEN];
	struct side s;
	struct leg m;
	int fd[2];
	bool won;

	pair_weak = weak;
	pair_sockets(fd);
	side_new(&s, WARD_CHANNEL_CONNECTOR, fd[0]);
	assert_int_equal(leg_new(&m, WARD_CHANNEL_ACCEPTOR, fd[1], pair_key[stolen ? 0 : 2]), 0);
	side_start(&s);
	assert_int_equal(leg_shake(&m), 0);
	assert_int_equal(leg_take(&m), 0);
	assert_int_equal(hello_get(m.body, m.len, &hello), 0);
	hello.role = WARD_CHANNEL_ACCEPTOR;
	hello_put(body, &hello);
	assert_int_equal(leg_send(&m, FRAME_HELLO, body, sizeof(body)), 0);
	assert_int_equal(leg_take(&m), 0);
	assert_int_equal(m.type, FRAME_EVIDENCE);
	verdict_put(accepted, 0);
	assert_int_equal(leg_send(&m, FRAME_VERDICT, accepted, sizeof(accepted)), 0);
	assert_int_equal(leg_send(&m, FRAME_EVIDENCE, m.body, m.len), 0);
	assert_int_equal(leg_take(&m), 0);
	side_wait(&s);
	won = !s.rc;
	assert_int_equal(won ? 0 : s.fault.reason, won ? 0 : WV_BINDING_MISMATCH);
	assert_true(!won || leaks(&s, &m));
	side_end(&s);
	leg_end(&m);
	pair_weak = 0;
	return won;
}

static void reflection(void **state)
{
	(void)state;
	assert_false(reflected(0, false));
	assert_false(reflected(0, true));
	/* The exporter alone is the same for both sides. */
	assert_true(reflected(NO_OWN | NO_PEER | NO_ROLE, false));
	/* Who has the victim's own TLS key is told from it by the role alone. */
	assert_true(reflected(NO_ROLE, true));
	assert_false(reflected(NO_ROLE, false));
}

/* An acceptor by hand: any bundle, behind any TLS key. */
static int shown(struct side *s, const struct ward_channel_identity *identity, struct leg *m, int fd,
		 struct wv_bytes bundle)
{
	assert_int_equal(leg_new(m, WARD_CHANNEL_ACCEPTOR, fd, identity), 0);
	side_only_wants(s);
	side_start(s);
	assert_int_equal(leg_shake(m), 0);
	assert_int_equal(leg_take(m), 0);
	assert_int_equal(leg_hello(m, HELLO_GIVES), 0);
	assert_int_equal(leg_send(m, FRAME_EVIDENCE, bundle.data, bundle.len), 0);
	assert_int_equal(leg_take(m), 0);
	assert_int_equal(m->type, FRAME_VERDICT);
	side_wait(s);
	return s->rc ? s->fault.reason : 0;
}

/* Evidence of an earlier channel of the same two, by who has the acceptor's TLS key. */
static int replayed(unsigned int weak, bool nonce)
{
	struct side a, b, again;
	struct leg m;
	int fd[2], reason;

	pair_weak = weak;
	pair_sockets(fd);
	side_new(&a, WARD_CHANNEL_CONNECTOR, fd[0]);
	side_new(&b, WARD_CHANNEL_ACCEPTOR, fd[1]);
	side_only_wants(&a);
	side_only_gives(&b);
	pair_open(&a, &b);
	assert_int_equal(a.rc, 0);
	pair_sockets(fd);
	side_new(&again, WARD_CHANNEL_CONNECTOR, fd[0]);
	again.judge_nonce = nonce;
	reason = shown(&again, pair_key[1], &m, fd[1], b.sent);
	assert_true(reason || leaks(&again, &m));
	side_end(&a);
	side_end(&b);
	side_end(&again);
	leg_end(&m);
	pair_weak = 0;
	return reason;
}

static void replay(void **state)
{
	(void)state;
	assert_int_equal(replayed(0, true), WV_NONCE_MISMATCH);
	assert_int_equal(replayed(0, false), WV_BINDING_MISMATCH);
	assert_int_equal(replayed(NO_EXPORTER, false), WV_BINDING_MISMATCH);
	assert_int_equal(replayed(NO_NONCE, false), WV_BINDING_MISMATCH);
	assert_int_equal(replayed(NO_EXPORTER | NO_NONCE, false), 0);
}

/* Packets for the acceptor go to another worker, whose evidence is as good. */
static int diverted(bool pinned)
{
	struct side a, b;
	int fd[2], rc;

	pair_sockets(fd);
	side_new(&a, WARD_CHANNEL_CONNECTOR, fd[0]);
	side_new(&b, WARD_CHANNEL_ACCEPTOR, fd[1]);
	b.options.identity = pair_key[2];
	if (pinned)
		a.options.peer_key = ward_channel_identity_key(pair_key[1]);
	pair_open(&a, &b);
	rc = a.rc;
	assert_int_equal(!b.rc, !rc);
	assert_true(!rc || !b.gave);
	side_end(&a);
	side_end(&b);
	return rc;
}

static void diversion(void **state)
{
	(void)state;
	assert_int_equal(diverted(true), -EACCES);
	assert_int_equal(diverted(false), 0);
}

/* Sound evidence for this very channel, of another user's session on the machine. */
static int foreign(const struct wv_appraisal *appraisal)
{
	struct side a, b;
	int fd[2], reason;

	pair_sockets(fd);
	side_new(&a, WARD_CHANNEL_CONNECTOR, fd[0]);
	side_new(&b, WARD_CHANNEL_ACCEPTOR, fd[1]);
	b.uid = 1001;
	a.judge.appraisal = appraisal;
	pair_open(&a, &b);
	reason = a.fault.reason;
	assert_int_equal(b.fault.reason, reason);
	assert_int_equal(b.fault.by_peer, reason != 0);
	side_end(&a);
	side_end(&b);
	return reason;
}

static void other_session(void **state)
{
	(void)state;
	assert_int_equal(foreign(&pair_appraisal), WV_WRONG_UID);
	assert_int_equal(foreign(&pair_anybody), 0);
}

/* Evidence as the certificate extension has it: nonce, role and connection left out. */
static void bind_to_key(struct side *s, uint8_t nonce[WARD_CHANNEL_NONCE_LEN],
			uint8_t binding[WARD_BINDING_LEN])
{
	struct ward_channel_bound bound = { .role = s->role };

	memcpy(bound.own_key, s->options.identity->spki, sizeof(bound.own_key));
	assert_int_equal(ward_binding_channel(&bound, binding), 0);
	memset(nonce, 0, WARD_CHANNEL_NONCE_LEN);
}

/* A certificate of the key of @s with evidence in it, for the same key. */
static struct ward_channel_identity attested_identity(struct side *s)
{
	uint8_t nonce[WARD_CHANNEL_NONCE_LEN], binding[WARD_BINDING_LEN], *bundle;
	struct ward_channel_identity out = *s->options.identity;
	ASN1_OBJECT *oid = OBJ_txt2obj("2.23.133.5.4.9", 1);
	ASN1_OCTET_STRING *value = ASN1_OCTET_STRING_new();
	X509_EXTENSION *extension;
	size_t len;

	bind_to_key(s, nonce, binding);
	assert_int_equal(s->options.evidence(nonce, binding, &bundle, &len, s), 0);
	assert_int_equal(ASN1_OCTET_STRING_set(value, bundle, (int)len), 1);
	extension = X509_EXTENSION_create_by_OBJ(NULL, oid, 0, value);
	out.cert = X509_dup(out.cert);
	assert_int_equal(X509_add_ext(out.cert, extension, -1), 1);
	assert_true(X509_sign(out.cert, out.key, EVP_sha384()) > 0);
	X509_EXTENSION_free(extension);
	ASN1_OCTET_STRING_free(value);
	ASN1_OBJECT_free(oid);
	free(bundle);
	return out;
}

/* The evidence itself is sound for who asks no more of it than the extension can give. */
static void sound_for_the_key(struct side *from, struct side *to)
{
	uint8_t nonce[WARD_CHANNEL_NONCE_LEN], binding[WARD_BINDING_LEN];

	bind_to_key(from, nonce, binding);
	assert_int_equal(ward_channel_judge(nonce, binding, from->sent.data, from->sent.len,
					    &to->judge), 0);
}

/* The certificate of @who has evidence in it; @gives: and @who, too. What the other says. */
static int certified(uint8_t who, bool gives)
{
	struct ward_channel_identity identity;
	struct side a, b, *shows = who == WARD_CHANNEL_ACCEPTOR ? &b : &a,
			  *judges = shows == &a ? &b : &a;
	int fd[2], reason;

	pair_sockets(fd);
	side_new(&a, WARD_CHANNEL_CONNECTOR, fd[0]);
	side_new(&b, WARD_CHANNEL_ACCEPTOR, fd[1]);
	identity = attested_identity(shows);
	sound_for_the_key(shows, judges);
	shows->options.identity = &identity;
	if (!gives)
		side_only_wants(shows);
	pair_open(&a, &b);
	reason = judges->rc ? judges->fault.reason : 0;
	assert_int_equal(judges->rc, gives ? 0 : -EACCES);
	assert_false(judges->fault.by_peer);
	side_end(&a);
	side_end(&b);
	X509_free(identity.cert);
	return reason;
}

static void certificate(void **state)
{
	(void)state;
	assert_int_equal(certified(WARD_CHANNEL_ACCEPTOR, false), WV_EVIDENCE_MISSING);
	assert_int_equal(certified(WARD_CHANNEL_ACCEPTOR, true), 0);
	assert_int_equal(certified(WARD_CHANNEL_CONNECTOR, false), WV_EVIDENCE_MISSING);
	assert_int_equal(certified(WARD_CHANNEL_CONNECTOR, true), 0);
}

/* The peer speaks no more than TLS 1.2. @weak: so may the victim. */
static int downgraded(bool weak)
{
	struct leg a, b;
	int fd[2], rc, i, done[2] = { 0 };

	pair_sockets(fd);
	assert_int_equal(leg_new(&a, WARD_CHANNEL_CONNECTOR, fd[0], pair_key[0]), 0);
	assert_int_equal(leg_new(&b, WARD_CHANNEL_ACCEPTOR, fd[1], pair_key[1]), 0);
	SSL_set_min_proto_version(b.c->ssl, TLS1_2_VERSION);
	SSL_set_max_proto_version(b.c->ssl, TLS1_2_VERSION);
	if (weak)
		SSL_set_min_proto_version(a.c->ssl, TLS1_2_VERSION);
	for (i = 0; i < 10000 && !(done[0] && done[1]); i++) {
		rc = SSL_do_handshake((i & 1 ? b : a).c->ssl);
		done[i & 1] = rc == 1;
		if (rc != 1 && SSL_get_error((i & 1 ? b : a).c->ssl, rc) != SSL_ERROR_WANT_READ)
			break;
	}
	rc = done[0] && done[1] ? SSL_version(a.c->ssl) : 0;
	if (rc)
		assert_int_equal(channel_tls_peer(a.c), -EPROTO);
	leg_end(&a);
	leg_end(&b);
	return rc;
}

static void downgrade(void **state)
{
	(void)state;
	assert_int_equal(downgraded(false), 0);
	assert_int_equal(downgraded(true), TLS1_2_VERSION);
}

/* The connection is cut behind what was sent so far; @weak: TLS is told not to mind. */
static int64_t cut(bool weak)
{
	char got[64];
	struct side a, b;
	int fd[2];
	int64_t n;

	pair_sockets(fd);
	side_new(&a, WARD_CHANNEL_CONNECTOR, fd[0]);
	side_new(&b, WARD_CHANNEL_ACCEPTOR, fd[1]);
	pair_open(&a, &b);
	assert_int_equal(a.rc, 0);
	if (weak)
		SSL_set_options(b.channel->ssl, SSL_OP_IGNORE_UNEXPECTED_EOF);
	assert_int_equal(ward_channel_write(a.channel, secret, sizeof(secret)), 0);
	assert_int_equal(ward_channel_read(b.channel, got, sizeof(got)), sizeof(secret));
	shutdown(ward_channel_fd(a.channel), SHUT_RDWR);
	n = ward_channel_read(b.channel, got, sizeof(got));
	side_end(&a);
	side_end(&b);
	return n;
}

static void truncation(void **state)
{
	(void)state;
	assert_int_equal(cut(false), -ECONNRESET);
	assert_int_equal(cut(true), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(relay), cmocka_unit_test(stolen_key), cmocka_unit_test(reflection),
		cmocka_unit_test(replay), cmocka_unit_test(diversion),
		cmocka_unit_test(other_session), cmocka_unit_test(certificate),
		cmocka_unit_test(downgrade), cmocka_unit_test(truncation),
	};

	return cmocka_run_group_tests(tests, pair_group_setup, pair_group_teardown);
}
