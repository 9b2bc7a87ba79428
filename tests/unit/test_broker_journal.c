// SPDX-License-Identifier: MIT
/* Decisions of the broker as messages: which kind each becomes, and what it carries. */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static char journal_path[64];
#define JOURNALD_SOCKET journal_path

#include "../../userspace/broker/audit_record.h"
#include "../../userspace/broker/journal_native.c"
#include "../../userspace/broker/problem.h"

static char dir[] = "/tmp/test-broker-journal-XXXXXX";
static int journal_fd;

/* The journal reads our standard error, or so JOURNAL_STREAM says. */
static int setup(void **state)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	struct stat st;
	char text[64];

	(void)state;
	if (!mkdtemp(dir) || fstat(STDERR_FILENO, &st))
		return -1;
	snprintf(journal_path, sizeof(journal_path), "%s/socket", dir);
	strcpy(at.sun_path, journal_path);
	journal_fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	snprintf(text, sizeof(text), "%llu:%llu", (unsigned long long)st.st_dev,
		 (unsigned long long)st.st_ino);
	setenv("JOURNAL_STREAM", text, 1);
	return bind(journal_fd, (struct sockaddr *)&at, sizeof(at));
}

static int teardown(void **state)
{
	(void)state;
	close(journal_fd);
	unlink(journal_path);
	return rmdir(dir);
}

static const char *hear(void)
{
	static char got[sizeof(((struct journald *)0)->data) + 1];
	ssize_t n = recv(journal_fd, got, sizeof(got) - 1, 0);

	assert_true(n > 0);
	got[n] = '\0';
	return got;
}

static void assert_line(const char *message, const char *name, const char *value)
{
	char line[256];

	snprintf(line, sizeof(line), "%s=%s\n", name, value);
	if (!strstr(message, line))
		fail_msg("no %s in: %s", line, message);
}

struct row {
	struct decision d;
	const char *id;
	const char *priority;
	const char *text;
};

static void every_decision_has_its_kind(void **state)
{
	static const struct row rows[] = {
		{ { .event = "auth", .result = "ok", .peer = "192.0.2.7" },
		  JOURNAL_BROKER_CHALLENGED, "6", "challenge for 192.0.2.7" },
		{ { .event = "auth", .result = "tee-unsupported", .peer = "192.0.2.7" },
		  JOURNAL_BROKER_REFUSED, "4", "refused to 192.0.2.7: tee-unsupported" },
		{ { .event = "attest", .result = "ok", .peer = "192.0.2.7" },
		  JOURNAL_BROKER_ACCEPTED, "6", "evidence accepted of 192.0.2.7" },
		{ { .event = "attest", .result = "wrong-uid", .peer = "192.0.2.7", .detail = "uid 7" },
		  JOURNAL_BROKER_REFUSED, "4", "refused to 192.0.2.7: wrong-uid: uid 7" },
		{ { .event = "attest", .result = "wrong-uid" },
		  JOURNAL_BROKER_REFUSED, "4", "refused to a client: wrong-uid" },
		{ { .event = "resource", .result = "ok", .peer = "192.0.2.7", .resource = "a/b/c" },
		  JOURNAL_BROKER_RELEASED, "5", "key released to 192.0.2.7: a/b/c" },
		{ { .event = "resource", .result = "release-failed", .peer = "::1", .resource = "a/b/c" },
		  JOURNAL_BROKER_REFUSED, "4", "refused to ::1: release-failed: a/b/c" },
		{ { .event = "request", .result = "path-unknown", .peer = "::1" },
		  JOURNAL_BROKER_REFUSED, "4", "refused to ::1: path-unknown" },
		{ { .event = "policy", .result = "simulated", .detail = "It protects nothing." },
		  JOURNAL_BROKER_POLICY, "5",
		  "the policy leaves open: simulated: It protects nothing." },
		{ { .event = "collateral", .result = "ok", .detail = "5 files" },
		  JOURNAL_BROKER_COLLATERAL, "5", "collateral read anew: 5 files" },
		{ { .event = "collateral", .result = "collateral-kept", .detail = "d/x.crl: damaged" },
		  JOURNAL_BROKER_COLLATERAL_KEPT, "4",
		  "collateral stays as it was: collateral-kept: d/x.crl: damaged" },
		{ { .event = "start", .result = "ok" }, JOURNAL_BROKER_STARTED, "6", "started" },
		{ { .event = "stop", .result = "ok" }, JOURNAL_BROKER_STOPPED, "6", "stopped" },
		{ { .event = "stop", .result = "internal-error" },
		  JOURNAL_BROKER_TROUBLE, "3", "trouble: internal-error" },
		{ { .event = "error", .result = "libevent", .detail = "no descriptor" },
		  JOURNAL_BROKER_TROUBLE, "3", "trouble: libevent: no descriptor" },
		{ { .event = "of tomorrow", .result = "ok" }, JOURNAL_BROKER_TROUBLE, "3", "trouble" },
	};
	const char *message;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_int_equal(journal_native(&rows[i].d), 0);
		message = hear();
		assert_line(message, "MESSAGE_ID", rows[i].id);
		assert_line(message, "PRIORITY", rows[i].priority);
		assert_line(message, "MESSAGE", rows[i].text);
		assert_line(message, "WARD_EVENT", rows[i].d.event);
		assert_line(message, "WARD_RESULT", rows[i].d.result);
	}
}

static void a_worker_is_named(void **state)
{
	const struct attested who = {
		.session = { 0xab }, .instance = { 0xcd }, .uid = 1001, .measurement = { 0xef },
		.simulated = 1,
	};
	const struct platform platform = { .tcb = "UpToDate", .until = 86400,
					   .revocation = "checked" };
	const struct decision d = { .event = "resource", .result = "ok", .peer = "192.0.2.7",
				    .resource = "a/b/c", .who = &who, .platform = &platform };
	const char *message;

	(void)state;
	assert_int_equal(journal_native(&d), 0);
	message = hear();
	assert_line(message, "WARD_SESSION", "ab000000000000000000000000000000");
	assert_line(message, "WARD_INSTANCE", "cd000000000000000000000000000000");
	assert_line(message, "WARD_UID", "1001");
	assert_line(message, "WARD_RESOURCE", "a/b/c");
	assert_line(message, "WARD_SIMULATED", "yes");
	assert_line(message, "WARD_TCB", "UpToDate");
	assert_line(message, "WARD_TCB_UNTIL", "1970-01-02T00:00:00Z");
	assert_line(message, "WARD_REVOCATION", "checked");
	assert_non_null(strstr(message, "\nWARD_MEASUREMENT=ef00"));
}

/* What a client wrote into its request is a value, whatever it has in it. */
static void no_client_makes_a_field(void **state)
{
	const struct decision d = { .event = "request", .result = "path-unknown", .peer = "::1",
				    .detail = "x\nMESSAGE_ID=0\nPRIORITY=6" };
	const char *message;

	(void)state;
	assert_int_equal(journal_native(&d), 0);
	message = hear();
	/* The text has it, too: it comes first, by its length. */
	assert_memory_equal(message, "MESSAGE\n", 8);
	assert_int_equal((unsigned char)message[8],
			 strlen("refused to ::1: path-unknown: ") + strlen(d.detail));
}

static void a_fault_is_told(void **state)
{
	const char *message;

	(void)state;
	assert_int_equal(journal_native_fault("broker.json: line 1: no"), 0);
	message = hear();
	assert_line(message, "MESSAGE_ID", JOURNAL_BROKER_NOT_STARTED);
	assert_line(message, "MESSAGE", "broker.json: line 1: no");
}

static void nobody_listens(void **state)
{
	const struct decision d = { .event = "start", .result = "ok" };

	(void)state;
	unsetenv("JOURNAL_STREAM");
	assert_int_equal(journal_native(&d), -ENOTCONN);
	assert_int_equal(journal_native_fault("no"), -ENOTCONN);
}

/* What journal() writes to standard error. */
static void line_of(const struct decision *d, char *out, size_t size)
{
	int saved = dup(STDERR_FILENO), ends[2];
	ssize_t n;

	assert_int_equal(pipe(ends), 0);
	dup2(ends[1], STDERR_FILENO);
	journal(d);
	dup2(saved, STDERR_FILENO);
	close(saved);
	close(ends[1]);
	n = read(ends[0], out, size - 1);
	close(ends[0]);
	assert_true(n >= 0);
	out[n] = 0;
}

/* A stranger's bytes cost no line, no answer and no record; what is UTF-8 stays. */
static void bytes_are_escaped(void **state)
{
	const struct decision d = { .event = "attest", .result = "wrong-uid",
				    .resource = "caf\xc3\xa9", .detail = "caf\xc3\xa9 \xff\xfe" };
	const struct audit_entry e = { .event = "admin", .result = "ok", .resource = d.detail };
	char line[512], *text;

	(void)state;
	line_of(&d, line, sizeof(line));
	assert_non_null(strstr(line, "\"resource\":\"caf\xc3\xa9\""));
	assert_non_null(strstr(line, "\"detail\":\"caf\\\\xc3\\\\xa9 \\\\xff\\\\xfe\""));
	text = problem_json("wrong-uid", d.detail);
	assert_non_null(text);
	assert_non_null(strstr(text, "wrong-uid: caf\\\\xc3\\\\xa9 \\\\xff\\\\xfe"));
	free(text);
	text = audit_record(1, &e);
	assert_non_null(text);
	assert_non_null(strstr(text, "\\\\xff"));
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_decision_has_its_kind),
		cmocka_unit_test(a_worker_is_named),
		cmocka_unit_test(no_client_makes_a_field),
		cmocka_unit_test(a_fault_is_told),
		cmocka_unit_test(nobody_listens),
		cmocka_unit_test(bytes_are_escaped),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
