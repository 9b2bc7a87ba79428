// SPDX-License-Identifier: MIT
/*
 * Two brokers of one database: each serves what the other began, and of two that are
 * asked for the last use at once exactly one gives it.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "exchange.h"
#include "pg.h"

#define ROUNDS 100

static char url[256];

/* The broker that rx_call() talks to, connected anew. */
static struct rcar another(const char *log)
{
	struct db_fault fault = { "" };
	struct rcar r = rx_rcar;

	if (db_open(url, &r.db, &fault) || audit_open(r.db, &r.audit, &fault) ||
	    token_key_open(r.db, &r.token, &fault) || release_log_open(log, &r.log))
		fail_msg("%s", fault.text);
	return r;
}

static void leave(struct rcar *r, const char *log)
{
	token_key_free(r->token);
	audit_close(r->audit);
	release_log_close(r->log);
	db_close(r->db);
	unlink(log);
}

static const char *log_of(char name)
{
	static char path[96];

	snprintf(path, sizeof(path), "%s.%c", rx_log_path, name);
	return path;
}

/* Each way to share the four steps of a flow between two. */
static void test_halves(void **state)
{
	struct rcar brokers[2] = { rx_rcar, another(log_of('b')) };
	struct rx *x = *state;
	char token[TOKEN_MAX];

	for (int way = 0; way < 16; way++) {
		rx_rcar = brokers[way & 1];
		rx_auth(x);
		rx_evidence(x);
		rx_rcar = brokers[way >> 1 & 1];
		assert_int_equal(rx_attest(x), 200);
		snprintf(token, sizeof(token), "%s", rx_member("token"));
		rx_rcar = brokers[way >> 2 & 1];
		assert_int_equal(rx_get(x), 200);
		rx_rcar = brokers[way >> 3 & 1];
		assert_int_equal(rx_call("GET", "/kbs/v0/resource/" RX_PATH, NULL, token, NULL,
					 x->now), 200);
		x->now += RX_TIMEOUT;	/* keeps the table from filling */
	}
	rx_rcar = brokers[0];
	assert_int_equal(rx_number("SELECT used FROM use_count"), 32);
	assert_int_equal(rx_number("SELECT max(seq) FROM audit"), 48);
	assert_int_equal(rx_number("SELECT count(*) FROM audit"), 48);
	leave(&brokers[1], log_of('b'));
}

/* A nonce that one broker took is used up at the other, accepted or not. */
static void test_replay_at_the_other(void **state)
{
	struct rcar brokers[2] = { rx_rcar, another(log_of('b')) };
	struct rx *x = *state;

	for (int refused = 0; refused < 2; refused++) {
		x->guest.claims.caller.uid = htole32(refused ? 1001 : 1000);
		rx_auth(x);
		rx_evidence(x);
		assert_int_equal(rx_attest(x), refused ? 401 : 200);
		rx_rcar = brokers[1];
		rx_attest(x);
		rx_refused(401, "nonce-replayed");
		rx_rcar = brokers[0];
	}
	leave(&brokers[1], log_of('b'));
}

/* As many sessions live as may, over both. */
static void test_cap_of_both(void **state)
{
	struct rcar brokers[2] = { rx_rcar, another(log_of('b')) };
	struct rx *x = *state;

	for (uint32_t i = 0; i < rx_config.session_max; i++) {
		rx_rcar = brokers[i & 1];
		rx_auth(x);
	}
	for (int i = 0; i < 2; i++) {
		rx_rcar = brokers[i];
		rx_call("POST", "/kbs/v0/auth", NULL, NULL,
			"{\"version\":\"0.4.0\",\"tee\":\"ward\"}", x->now);
		rx_refused(503, "sessions-exhausted");
	}
	rx_rcar = brokers[0];
	leave(&brokers[1], log_of('b'));
}

/** struct racer - a broker in a process of its own; @go: it asks; @got: what came */
struct racer {
	pid_t pid;
	int go, got;
};

static void race(const char *token, int64_t now, int go, int got, char name)
{
	const char *log = log_of(name);
	char byte;
	int status;

	release_log_close(rx_rcar.log);
	rx_rcar = another(log);
	while (read(go, &byte, 1) == 1) {
		status = rx_call("GET", "/kbs/v0/resource/" RX_PATH, NULL, token, NULL, now);
		if (status != 200 && status != 403)
			fprintf(stderr, "# racer: %s\n", rx_reply.body);
		if (write(got, &status, sizeof(status)) != sizeof(status))
			break;
	}
	unlink(log);
	_exit(0);
}

static struct racer racer(const char *token, int64_t now, char name)
{
	struct racer r;
	int go[2], got[2];

	assert_int_equal(pipe(go) | pipe(got), 0);
	r.pid = fork();
	assert_true(r.pid >= 0);
	if (!r.pid) {
		close(go[1]);
		close(got[0]);
		race(token, now, go[0], got[1], name);
	}
	close(go[0]);
	close(got[1]);
	r.go = go[1];
	r.got = got[0];
	return r;
}

static void one_round(struct racer *r)
{
	int status[2], left = 1;

	rx_run("DELETE FROM use_count");
	for (int i = 0; i < 2; i++)
		assert_int_equal(write(r[i].go, "", 1), 1);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(read(r[i].got, &status[i], sizeof(int)), sizeof(int));
		assert_true(status[i] == 200 || status[i] == 403);
		left -= status[i] == 200;
	}
	assert_int_equal(left, 0);
}

static void test_last_use(void **state)
{
	struct db_fault fault = { "" };
	struct rx *x = *state;
	char token[TOKEN_MAX];
	struct racer r[2];
	int won;

	rx_auth(x);
	rx_evidence(x);
	assert_int_equal(rx_attest(x), 200);
	snprintf(token, sizeof(token), "%s", rx_member("token"));
	rx_resource.uses = 1;
	db_close(rx_rcar.db);	/* SQLite's locks don't go with a fork */
	r[0] = racer(token, x->now, 'a');
	r[1] = racer(token, x->now, 'b');
	assert_int_equal(db_open(url, &rx_rcar.db, &fault), 0);
	for (int i = 0; i < ROUNDS; i++)
		one_round(r);
	won = (int)rx_number("SELECT count(*) FROM audit WHERE line IS NOT NULL");
	for (int i = 0; i < 2; i++) {
		close(r[i].go);
		close(r[i].got);
	}
	for (int i = 0; i < 2; i++)
		waitpid(r[i].pid, NULL, 0);
	assert_int_equal(won, ROUNDS);
	/* one attestation, and each round a release and a refusal, in one chain */
	assert_int_equal(rx_number("SELECT max(seq) FROM audit"), 1 + 2 * ROUNDS);
}

static int file_url(void **state)
{
	int rc = rx_group_setup(state);

	snprintf(url, sizeof(url), "sqlite:%s", rx_db_path);
	return rc;
}

static int server_url(void **state)
{
	snprintf(url, sizeof(url), "%s", rx_url);
	return rx_group_setup(state);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, rx_setup, rx_teardown)
	const struct CMUnitTest tests[] = {
		T(test_halves), T(test_replay_at_the_other), T(test_cap_of_both), T(test_last_use),
	};
	struct pg *server = pg_start();
	int failed = cmocka_run_group_tests_name("sqlite", tests, file_url, rx_group_teardown);

	if (!server)
		return failed;
	rx_url = pg_url(server);
	failed += cmocka_run_group_tests_name("postgresql", tests, server_url, rx_group_teardown);
	pg_stop(server);
	return failed;
}
