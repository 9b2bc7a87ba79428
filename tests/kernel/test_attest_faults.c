// SPDX-License-Identifier: MIT
/*
 * The fault matrix: every way in which a provider can fail has its errno, is
 * recorded, and leaves the next request untouched.
 */
#include "attest_test.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "ward_test.h"

/* ---- what is recorded ----------------------------------------------------------- */

static void expect_fails(int session, int wanted)
{
	struct ward_event ev;
	int err;

	free(attest(session, WARD_PURPOSE_CHANNEL, &err));
	EXPECT_EQ(err, wanted);
	ev = last_event(session);
	EXPECT_EQ(ev.type, WARD_EVENT_ATTEST_FAIL);
	EXPECT_EQ(ev.reason, -wanted);
	EXPECT_EQ(ev.id, WARD_PURPOSE_CHANNEL);
}

static void expect_works(int session)
{
	uint8_t leaf[WARD_DIGEST_LEN];
	struct ward_event ev;
	struct answer *a;
	int err;

	a = attest(session, WARD_PURPOSE_REPORT, &err);
	ASSERT_EQ(err, 0);
	answer_check(a);
	ev = last_event(session);
	leaf_of(&a->claims, leaf);
	EXPECT_EQ(ev.type, WARD_EVENT_ATTEST_OK);
	EXPECT_EQ(ev.reason, 0);
	EXPECT_EQ(ev.id, WARD_PURPOSE_REPORT);
	EXPECT_MEMEQ(ev.detail, leaf, sizeof(ev.detail));
	/* Recorded after the head that the claims name. */
	EXPECT_EQ(ev.seq, a->claims.session_seq + 1);
	free(a);
}

/* ---- faults of the evidence ---------------------------------------------------------- */

static const struct {
	const char *name;
	const char *value;
	int err;
} matrix[] = {
	{ "stale", "1", -EBADMSG },
	{ "empty", "1", -EBADMSG },
	{ "short", "1", -EBADMSG },
	{ "oversized", "1", -EOVERFLOW },
	{ "error", "1", -EIO },		/* EPERM */
	{ "error", "4", -EIO },		/* EINTR */
	{ "error", "5", -EIO },
	{ "error", "6", -ENXIO },
	{ "error", "11", -EIO },	/* EAGAIN: never "queue full" */
	{ "error", "12", -ENOMEM },
	{ "error", "16", -EIO },	/* EBUSY */
	{ "error", "22", -EIO },	/* EINVAL: never the caller's fault */
	{ "error", "62", -EIO },	/* ETIME: never "your deadline" */
	{ "error", "110", -EIO },	/* ETIMEDOUT */
	{ "error", "512", -EIO },	/* ERESTARTSYS stays inside */
	{ "error", "4095", -EIO },
};

TEST(every_fault_has_its_errno)
{
	int session;
	size_t i;

	provider_attach();
	session = session_open();
	expect_works(session);
	for (i = 0; i < sizeof(matrix) / sizeof(*matrix); i++) {
		fault(matrix[i].name, matrix[i].value);
		ktap_note("%s=%s", matrix[i].name, matrix[i].value);
		expect_fails(session, matrix[i].err);
		fault(matrix[i].name, "0");
		expect_works(session);
	}
}

/* A debug guest's evidence is sound: to refuse it is the verifier's part. */
TEST(debug_bit_is_told)
{
	struct answer *a;
	int err, session;

	provider_attach();
	session = session_open();
	fault("debug", "1");
	a = attest(session, WARD_PURPOSE_REPORT, &err);
	fault("debug", "0");
	ASSERT_EQ(err, 0);
	answer_check(a);
	EXPECT_EQ(a->evidence[0x0a] & 0x08, 0x08);	/* policy bit 19 */
}

/* The first request of all cannot be answered with an older report either. */
TEST(stale_from_the_start)
{
	int session;

	provider_attach();
	provider_detach();
	ASSERT_EQ(tsmsim_unload(), 0);
	provider_attach();
	session = session_open();
	fault("stale", "1");
	expect_fails(session, -EBADMSG);
	fault("stale", "0");
	expect_works(session);
}

/* ---- somebody else writes to the same entry --------------------------------------------- */

TEST(foreign_writes_never_pass)
{
	int session, i, good = 0, bad = 0, other = 0, err;
	struct meddler meddler = { 0 };
	struct answer *a;

	provider_attach();
	session = session_open();
	meddler_start(&meddler);
	for (i = 0; i < 30; i++) {
		a = attest(session, WARD_PURPOSE_REPORT, &err);
		if (a)
			answer_check(a);
		good += !err;
		bad += err == -EBADMSG;
		other += err && err != -EBADMSG;
		free(a);
	}
	meddler_stop(&meddler);
	ktap_note("30 requests under fire: %d answered, %d EBADMSG", good, bad);
	EXPECT_EQ(other, 0);
	expect_works(session);
}

static void reload(const char *parameters)
{
	provider_detach();
	ASSERT_EQ(tsmsim_unload(), 0);
	ASSERT_EQ(tsmsim_load_with(parameters), 0);
	provider_attach();
}

/*
 * Where report data stands in a CCA token the kernel doesn't know: what keeps another
 * one's evidence out is the entry's generation alone. The bytes are an SNP report's all the
 * same, so that here it is seen.
 */
TEST(foreign_writes_of_a_tee_whose_format_is_not_known)
{
	struct meddler meddler = { 0 };
	uint8_t report_data[WARD_DIGEST_LEN];
	struct answer *a;
	int session, i, err;

	provider_attach();
	reload("name=arm_cca_guest");
	session = session_open();
	meddler_start(&meddler);
	for (i = 0; i < 30; i++) {
		a = attest(session, WARD_PURPOSE_REPORT, &err);
		if (a) {
			EXPECT_EQ(a->cmd.out_tee, WARD_TEE_CCA);
			EXPECT_TRUE(report_data_of(a, report_data));
			EXPECT_MEMEQ(a->evidence + 0x50, report_data, sizeof(report_data));
		}
		free(a);
	}
	meddler_stop(&meddler);
	a = attest(session, WARD_PURPOSE_REPORT, &err);
	EXPECT_EQ(err, 0);
	free(a);
	reload("");
	expect_works(session);
}

/* ---- coming and going of the provider ------------------------------------------------------ */

TEST(provider_gone_is_enxio)
{
	int session;

	provider_attach();
	session = session_open();
	expect_works(session);
	ASSERT_EQ(tsmsim_unload(), 0);
	expect_fails(session, -ENXIO);
	expect_fails(session, -ENXIO);
	/* The core takes no new provider while entries of the old one are left. */
	EXPECT_EQ(tsmsim_load(), -EBUSY);
	provider_detach();
	provider_attach();
	expect_works(session);
}

TEST(unlinked_is_enodev)
{
	int session, err;

	provider_attach();
	session = session_open();
	ASSERT_EQ(unlink(WARD_CONFIGFS "/tsm/source"), 0);
	free(attest(session, WARD_PURPOSE_REPORT, &err));
	EXPECT_EQ(err, -ENODEV);
	provider_attach();
	expect_works(session);
}

static int slow_session;

static void *slow_request(void *arg)
{
	int *err = arg;
	struct answer *a = attest(slow_session, WARD_PURPOSE_REPORT, err);

	if (a)
		answer_check(a);
	free(a);
	return NULL;
}

/* A call under way owns what it uses: unlinking neither waits nor breaks it. */
TEST(unlink_during_a_call)
{
	unsigned long before;
	uint64_t start;
	pthread_t thread;
	int err = 1;

	provider_attach();
	slow_session = session_open();
	before = provider_calls();
	fault("slow_ms", "8000");
	ASSERT_EQ(pthread_create(&thread, NULL, slow_request, &err), 0);
	call_begins(before);
	start = now_ns(CLOCK_BOOTTIME);
	ASSERT_EQ(unlink(WARD_CONFIGFS "/tsm/source"), 0);
	ASSERT_EQ(rmdir(REPORT_CORE "/ward"), 0);
	EXPECT_LT(now_ns(CLOCK_BOOTTIME) - start, 7000000000ull);
	pthread_join(thread, NULL);
	EXPECT_EQ(err, 0);
	provider_attach();
	expect_works(slow_session);
}

static void ask_and_die(int sock)
{
	int err, session = session_open();

	say(sock);
	attest(session, WARD_PURPOSE_REPORT, &err);
}

static int module_users(void)
{
	char text[32];

	slurp("/sys/module/ward/refcnt", text, sizeof(text));
	return atoi(text);
}

/* A request whose caller was killed still runs our code: it holds the module. */
TEST(module_stays_for_a_dead_callers_request)
{
	unsigned long before;
	struct peer peer;
	unsigned int i;

	provider_attach();
	before = provider_calls();
	fault("slow_ms", "8000");
	peer = peer_start(ask_and_die);
	hear(peer.sock);
	call_begins(before);
	peer_kill(&peer);
	ASSERT_EQ(unlink(WARD_CONFIGFS "/tsm/source"), 0);
	ASSERT_EQ(rmdir(WARD_CONFIGFS "/tsm"), 0);
	/* The request does, and its session by the buffers' mount. */
	EXPECT_GE(module_users(), 1);
	EXPECT_ERRNO(syscall(SYS_delete_module, "ward", O_NONBLOCK), EAGAIN);
	for (i = 0; i < ktap_seconds(60) * 10 && module_users(); i++)
		usleep(100000);
	EXPECT_EQ(module_users(), 0);
	provider_attach();
	expect_works(session_open());
}

/* ---- what the link takes ---------------------------------------------------------------------- */

TEST(links_and_directories)
{
	provider_attach();
	EXPECT_ERRNO(mkdir(WARD_CONFIGFS "/other", 0755), EINVAL);
	EXPECT_ERRNO(symlink(REPORT_CORE "/ward", WARD_CONFIGFS "/tsm/second"), EBUSY);
	EXPECT_ERRNO(rmdir(WARD_CONFIGFS "/tsm"), ENOTEMPTY);
	EXPECT_ERRNO(rmdir(REPORT_CORE "/ward"), EBUSY);
	EXPECT_ERRNO(syscall(SYS_delete_module, "ward", O_NONBLOCK), EAGAIN);
	ASSERT_EQ(unlink(WARD_CONFIGFS "/tsm/source"), 0);
	/* No report entry: the core's directory of them, and our own. */
	EXPECT_ERRNO(symlink(REPORT_CORE, WARD_CONFIGFS "/tsm/source"), EINVAL);
	EXPECT_ERRNO(symlink(WARD_CONFIGFS "/tsm", WARD_CONFIGFS "/tsm/source"), EINVAL);
	provider_attach();
	expect_works(session_open());
}

TEST(worker_cannot_attach)
{
	provider_attach();
	provider_detach();
	ASSERT_EQ(mkdir(WARD_CONFIGFS "/tsm", 0755), 0);
	ASSERT_EQ(mkdir(REPORT_CORE "/ward", 0755), 0);
	if (fork() == 0) {
		become(WORKER_UID);
		_exit(symlink(REPORT_CORE "/ward", WARD_CONFIGFS "/tsm/source") == 0 ?
		      1 : errno == EACCES || errno == EPERM ? 0 : 2);
	}
	int status = 0;

	wait(&status);
	EXPECT_EQ(status, 0);
	provider_attach();
}

/* Loading and unloading, linking and asking, all at once. */
TEST(attach_and_detach_under_fire)
{
	int errs[4] = { 0 }, i;
	pthread_t thread;
	int err;

	provider_attach();
	slow_session = session_open();
	for (i = 0; i < 20; i++) {
		fault("slow_ms", "40");
		ASSERT_EQ(pthread_create(&thread, NULL, slow_request, &err), 0);
		usleep(i * 4000);	/* before, during and after the call */
		unlink(WARD_CONFIGFS "/tsm/source");
		if (i % 2) {
			rmdir(REPORT_CORE "/ward");
			tsmsim_unload();
		}
		pthread_join(thread, NULL);
		EXPECT_TRUE(err == 0 || err == -ENODEV || err == -ENXIO);
		errs[err == 0 ? 0 : err == -ENODEV ? 1 : 2]++;
		provider_attach();
	}
	ktap_note("%d answered, %d ENODEV, %d ENXIO", errs[0], errs[1], errs[2]);
	expect_works(slow_session);
}

KTAP_MAIN()
