// SPDX-License-Identifier: MIT
/*
 * A broker that is killed at each step of a release and started again, on either
 * database: no key leaves more often than it may, and nothing that was committed is
 * lost, the attestation of the worker that was waiting included. The program is ward-broker with places to die at (Makefile).
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "live.h"
#include "pg.h"

#include "../../userspace/broker/db.h"
#include "kbs.h"

#define DIES "../tests/ward-broker-dies"
#define USES 2

/**
 * struct place - where it dies
 * @state: of the session that it leaves behind
 * @used: uses that are counted by then
 */
static const struct place {
	const char *name;
	int state;
	int used;
} places[] = {
	{ "nonce-issued", 1, 0 }, { "evidence-received", 1, 0 }, { "verdict-stored", 3, 0 },
	{ "use-counted", 3, 1 }, { "key-wrapped", 3, 1 }, { "half-sent", 3, 1 },
};

static char url[256];	/* of the database */

static int take(void *arg, const struct db_value *c, size_t count)
{
	*(int64_t *)arg = count == 1 && c[0].type == DB_INT ? c[0].number : -1;
	return 0;
}

/* The tables as another connection sees them. */
static int64_t number(const char *sql)
{
	int64_t n = 0;
	struct db_query q = { .sql = sql, .row = take, .arg = &n };
	struct db_fault fault = { "" };
	struct db *db;

	if (db_open(url, &db, &fault) || db_run(db, &q, &fault) < 0)
		fail_msg("%s: %s", sql, fault.text);
	db_close(db);
	return n;
}

static char *token;	/* of the worker whose broker died, if it had come to it */

/* One worker from beginning to end, or by @saved; 0 = it has the key. */
static int release_by(const char *saved, char *reason)
{
	struct ward_kbs_error err = { 0 };
	struct ward_kbs_release r;
	struct ward_kbs *kbs;
	int rc;

	assert_int_equal(ward_kbs_new(live_url, live_path("tls.pem"), &kbs), 0);
	if (saved)
		assert_int_equal(ward_kbs_load(kbs, saved, strlen(saved)), 0);
	rc = saved ? 0 : ward_kbs_attest(kbs, live_evidence, NULL, &err);
	if (!rc && !saved) {
		free(token);
		assert_int_equal(ward_kbs_save(kbs, &token), 0);
	}
	rc = rc ? rc : ward_kbs_get(kbs, LIVE_RESOURCE, &r, &err);
	strcpy(reason, err.reason);
	ward_kbs_free(kbs);
	return rc;
}

static int release_once(char *reason)
{
	return release_by(NULL, reason);
}

static void run(const char *program, const char *where)
{
	if (where)
		setenv("BROKER_DIE_AT", where, 1);
	else
		unsetenv("BROKER_DIE_AT");
	assert_int_equal(live_run(program), 0);
}

static void dies_there(const struct place *p)
{
	char reason[48];
	int status;

	run(DIES, p->name);
	free(token);
	token = NULL;
	assert_int_not_equal(release_once(reason), 0);
	assert_true(!token == !p->used);
	status = live_wait();
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
	assert_int_equal(number("SELECT count(*) FROM session"), 1);
	assert_int_equal(number("SELECT max(state) FROM session"), p->state);
	assert_int_equal(number("SELECT count(*) FROM use_count WHERE used = 1"), p->used);
	assert_int_equal(number("SELECT count(*) FROM audit WHERE line IS NOT NULL"), p->used);
	assert_int_equal(number("SELECT count(*) FROM audit"), (p->state == 3) + p->used);
}

/*
 * What is left may be had, and no more; the log has all that was counted. Who was waiting for
 * its key asks again: neither its session nor the key that signed its token is lost.
 */
static void goes_on(const struct place *p)
{
	char reason[48], *waiting = token;

	run("ward-broker", NULL);
	assert_int_equal(live_log_lines(), p->used);
	token = NULL;
	for (int i = p->used; i < USES; i++)
		assert_int_equal(release_by(waiting, reason), 0);
	if (waiting) {
		assert_int_not_equal(release_by(waiting, reason), 0);
		assert_string_equal(reason, "resource-used-up");
	}
	free(waiting);
	for (int i = 0; i < 2; i++) {
		assert_int_not_equal(release_once(reason), 0);
		assert_string_equal(reason, "resource-used-up");
	}
	assert_int_equal(live_log_lines(), USES);
	assert_int_equal(number("SELECT used FROM use_count"), USES);
}

static void audit_verifies(void)
{
	const char *bin = getenv("BIN") ? getenv("BIN") : "build/bin";
	char command[1024];

	snprintf(command, sizeof(command),
		 "B='%s/ward-broker' C='%s' && \"$B\" --audit-key --config \"$C\" >\"$C.pem\" &&"
		 " \"$B\" --audit-export --config \"$C\" | '%s/wardctl' audit verify - --key \"$C.pem\""
		 " | grep -qx 'releases: *%d'; rc=$?; rm -f \"$C.pem\"; exit $rc",
		 bin, live_path("broker.json"), bin, USES);
	assert_int_equal(system(command), 0);
}

static void each_place(void (*fresh)(void))
{
	for (size_t i = 0; i < sizeof(places) / sizeof(*places); i++) {
		print_message("# killed at %s\n", places[i].name);
		assert_int_equal(live_prepare(), 0);
		fresh();
		dies_there(&places[i]);
		goes_on(&places[i]);
		audit_verifies();
		assert_int_equal(live_stop(), 0);
	}
}

static struct pg *server;

static void fresh_file(void)
{
	snprintf(url, sizeof(url), "sqlite:%s", live_path("broker.db"));
	assert_int_equal(live_configure("\"session_timeout\":600", ",\"uses\":2"), 0);
}

static void fresh_server(void)
{
	char more[320];

	pg_fresh(server);
	snprintf(url, sizeof(url), "%s", pg_url(server));
	snprintf(more, sizeof(more), "\"session_timeout\":600,\"database\":\"%s\"", url);
	assert_int_equal(live_configure(more, ",\"uses\":2"), 0);
}

static void test_file(void **state)
{
	(void)state;
	each_place(fresh_file);
}

static void test_server(void **state)
{
	(void)state;
	server = pg_start();
	if (!server)
		skip();
	each_place(fresh_server);
	pg_stop(server);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_file),
		cmocka_unit_test(test_server),
	};

	sim_guest_new(&live_guest, WARD_PURPOSE_RELEASE);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
