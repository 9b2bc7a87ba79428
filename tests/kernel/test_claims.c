// SPDX-License-Identifier: MIT
/*
 * What the claims say, field by field, against what user space can see of the
 * same thing by other ways.
 */
#include "attest_test.h"

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <openssl/sha.h>
#include <sched.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "ward_test.h"

/* Claims of a fresh request, or the test ends. */
static struct ward_claims claims_of(int session)
{
	struct ward_claims claims;
	struct answer *a;
	int err;

	a = attest(session, WARD_PURPOSE_REPORT, &err);
	ASSERT_EQ(err, 0);
	answer_check(a);
	claims = a->claims;
	free(a);
	return claims;
}

static int ready_session(void)
{
	int session;

	provider_attach();
	session = session_open();
	ASSERT_GE(session, 0);
	return session;
}

/* ---- request, ids, constants ------------------------------------------------------ */

TEST(request_and_ids)
{
	int session = ready_session();
	struct ward_info info = session_info(session);
	uint64_t boot = now_ns(CLOCK_BOOTTIME), real = now_ns(CLOCK_REALTIME);
	struct answer *a = answer_new(WARD_PURPOSE_CHANNEL);
	struct ward_claims *c = &a->claims;

	ASSERT_EQ(answer_ask(a, session), 0);
	answer_check(a);
	EXPECT_EQ(c->size, WARD_CLAIMS_SIZE);
	EXPECT_EQ(c->version, 1);
	EXPECT_EQ(c->purpose, WARD_PURPOSE_CHANNEL);
	EXPECT_EQ(c->nonce_len, 32);
	EXPECT_MEMEQ(c->nonce, a->cmd.nonce, WARD_NONCE_MAX);
	EXPECT_MEMEQ(c->binding, a->cmd.binding, WARD_BINDING_LEN);
	EXPECT_MEMEQ(c->instance, info.out_instance, WARD_ID_LEN);
	EXPECT_MEMEQ(c->session, info.out_session, WARD_ID_LEN);
	EXPECT_MEMEQ(c->subject, info.out_session, WARD_ID_LEN);
	EXPECT_EQ(c->module_version, info.out_module_version);
	EXPECT_EQ(c->tee, WARD_TEE_SIMULATED);
	EXPECT_GE(c->boot_ns, boot);
	EXPECT_LE(c->boot_ns, now_ns(CLOCK_BOOTTIME));
	EXPECT_GE(c->real_ns, real);
	EXPECT_LE(c->real_ns, now_ns(CLOCK_REALTIME));
}

TEST(nothing_in_reserved_fields)
{
	static const uint8_t zero[128];
	struct ward_claims c = claims_of(ready_session());

	EXPECT_EQ(c.caller.reserved, 0);
	EXPECT_EQ(c.opener.reserved, 0);
	EXPECT_EQ(c.reserved0, 0);
	EXPECT_EQ(c.reserved1, 0);
	EXPECT_MEMEQ(c.reserved2, zero, sizeof(c.reserved2));
	EXPECT_MEMEQ(c.reserved, zero, sizeof(c.reserved));
	/* Not there yet, and zero until then. */
	EXPECT_MEMEQ(c.session_key, zero, sizeof(c.session_key));
	EXPECT_MEMEQ(c.policy_hash, zero, sizeof(c.policy_hash));
	EXPECT_MEMEQ(c.lease_anchor, zero, sizeof(c.lease_anchor));
	EXPECT_EQ(c.keys_live + c.keys_destroyed, 0);
	EXPECT_EQ(c.lease_deadline_ns, 0);
	EXPECT_EQ(c.live_volatile + c.peak_volatile, 0);
	/* The build gave an id, and it is not empty. */
	EXPECT_NE(memcmp(c.build_id, zero, sizeof(c.build_id)), 0);
}

/* ---- who ------------------------------------------------------------------------------ */

/* Field 22 of /proc/self/stat: start in clock ticks since boot. */
static uint64_t start_ticks(void)
{
	char text[1024], *p;
	int field;

	slurp("/proc/self/stat", text, sizeof(text));
	p = strrchr(text, ')');
	ASSERT_TRUE(p != NULL);
	for (field = 2; field < 22; field++) {
		p = strchr(p + 1, ' ');
		ASSERT_TRUE(p != NULL);
	}
	return strtoull(p + 1, NULL, 10);
}

static void expect_self(const struct ward_who *who)
{
	EXPECT_EQ(who->pid, (uint32_t)syscall(SYS_gettid));
	EXPECT_EQ(who->tgid, (uint32_t)getpid());
	EXPECT_EQ(who->start_ns / 10000000, start_ticks());	/* USER_HZ = 100 */
	EXPECT_EQ(who->uid, geteuid());
	EXPECT_EQ(who->gid, getegid());
	EXPECT_EQ(who->own_uid, geteuid());
	EXPECT_EQ(who->own_gid, getegid());
	EXPECT_EQ(who->userns_level, 0);
}

TEST(who_is_root)
{
	struct ward_claims c = claims_of(ready_session());

	expect_self(&c.caller);
	expect_self(&c.opener);
	EXPECT_MEMEQ(&c.caller, &c.opener, sizeof(c.caller));
	EXPECT_EQ(c.advisory & WARD_ADVISE_CALLER_NOT_OPENER, 0);
}

TEST(who_is_worker)
{
	struct ward_claims c;

	provider_attach();
	become(WORKER_UID);
	c = claims_of(session_open());
	expect_self(&c.caller);
	EXPECT_EQ(c.caller.uid, WORKER_UID);
	EXPECT_EQ(c.caller.gid, WARD_GID);
}

static void write_text(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY);

	ASSERT_GE(fd, 0);
	ASSERT_EQ(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	close(fd);
}

/* The kernel's view of a caller that is root in a namespace of its own. */
TEST(who_is_in_a_user_namespace)
{
	int session = ready_session();
	struct ward_claims c;
	char map[32];

	become(WORKER_UID);
	/* /proc/self must be ours again for the map to be writable. */
	ASSERT_EQ(prctl(PR_SET_DUMPABLE, 1), 0);
	if (unshare(CLONE_NEWUSER))
		SKIP("unprivileged user namespaces are off");
	write_text("/proc/self/setgroups", "deny");
	snprintf(map, sizeof(map), "0 %d 1", WORKER_UID);
	write_text("/proc/self/uid_map", map);
	snprintf(map, sizeof(map), "0 %d 1", WARD_GID);
	write_text("/proc/self/gid_map", map);
	ASSERT_EQ(geteuid(), 0);
	c = claims_of(session);
	EXPECT_EQ(c.caller.uid, WORKER_UID);
	EXPECT_EQ(c.caller.gid, WARD_GID);
	EXPECT_EQ(c.caller.own_uid, 0);
	EXPECT_EQ(c.caller.own_gid, 0);
	EXPECT_EQ(c.caller.userns_level, 1);
	EXPECT_EQ(c.opener.uid, 0);
	EXPECT_EQ(c.advisory & WARD_ADVISE_INIT_USERNS, 0);
}

#define CGROUP "/sys/fs/cgroup/ward-claims-test"

TEST(cgroup_path_and_id)
{
	static const char path[] = "/ward-claims-test";
	uint8_t hash[32];
	struct ward_claims before, after;
	int session = ready_session();
	struct stat st;

	before = claims_of(session);
	SHA256((const uint8_t *)"/", 1, hash);
	EXPECT_MEMEQ(before.caller.cgroup_hash, hash, sizeof(hash));

	ASSERT_TRUE(!mkdir(CGROUP, 0755) || errno == EEXIST);
	write_text(CGROUP "/cgroup.procs", "0");
	after = claims_of(session);
	ASSERT_EQ(stat(CGROUP, &st), 0);
	SHA256((const uint8_t *)path, strlen(path), hash);
	EXPECT_MEMEQ(after.caller.cgroup_hash, hash, sizeof(hash));
	EXPECT_EQ(after.caller.cgroup_id, st.st_ino);
	/* The opener stays what it was at open. */
	EXPECT_MEMEQ(&after.opener, &before.opener, sizeof(after.opener));
	write_text("/sys/fs/cgroup/cgroup.procs", "0");
	rmdir(CGROUP);
}

/* ---- the executable and what weakens it --------------------------------------------------- */

TEST(exe_digest_is_sha256)
{
	static const uint8_t zero[32];
	char *exe = malloc(8 << 20);
	struct ward_claims c;
	uint8_t hash[32];
	size_t len;

	c = claims_of(ready_session());
	len = slurp("/proc/self/exe", exe, 8 << 20);
	ASSERT_GT(len, 1000);
	SHA256((const uint8_t *)exe, len, hash);
	EXPECT_EQ(c.exe_kind, WARD_EXE_IMA);
	EXPECT_MEMEQ(c.exe_digest, hash, sizeof(hash));
	EXPECT_MEMEQ(c.exe_digest + 32, zero, 32);
	free(exe);
}

TEST(advisory_dumpable_and_no_new_privs)
{
	int session = ready_session();
	struct ward_claims c = claims_of(session);

	EXPECT_EQ(c.advisory, WARD_ADVISE_DUMPABLE | WARD_ADVISE_INIT_USERNS);
	ASSERT_EQ(prctl(PR_SET_DUMPABLE, 0), 0);
	ASSERT_EQ(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), 0);
	c = claims_of(session);
	EXPECT_EQ(c.advisory, WARD_ADVISE_NO_NEW_PRIVS | WARD_ADVISE_INIT_USERNS);
}

TEST(advisory_seccomp)
{
	struct sock_filter allow = BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
	struct sock_fprog prog = { .len = 1, .filter = &allow };
	int session = ready_session();

	ASSERT_EQ(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), 0);
	ASSERT_EQ(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &prog), 0);
	EXPECT_TRUE(claims_of(session).advisory & WARD_ADVISE_SECCOMP);
}

static int passed_session;

static void traced_child(int sock)
{
	hear(sock);
	ASSERT_TRUE(claims_of(passed_session).advisory & WARD_ADVISE_TRACED);
}

TEST(advisory_traced)
{
	struct peer peer;
	int status;

	passed_session = ready_session();
	peer = peer_start(traced_child);
	ASSERT_EQ(ptrace(PTRACE_SEIZE, peer.pid, 0, 0), 0);
	say(peer.sock);
	status = peer_wait(&peer);
	EXPECT_TRUE(WIFEXITED(status) && !WEXITSTATUS(status));
}

static void other_process(int sock)
{
	struct ward_claims c = claims_of(passed_session);

	(void)sock;
	ASSERT_TRUE(c.advisory & WARD_ADVISE_CALLER_NOT_OPENER);
	ASSERT_EQ(c.caller.tgid, (uint32_t)getpid());
	ASSERT_EQ(c.opener.tgid, (uint32_t)getppid());
}

TEST(fd_passed_on)
{
	struct peer peer;
	int status;

	passed_session = ready_session();
	peer = peer_start(other_process);
	status = peer_wait(&peer);
	EXPECT_TRUE(WIFEXITED(status) && !WEXITSTATUS(status));
}

/* ---- the machine ----------------------------------------------------------------------------- */

static unsigned long long number_in(const char *path)
{
	char text[64];

	slurp(path, text, sizeof(text));
	return strtoull(text, NULL, 10);
}

TEST(posture)
{
	const uint64_t always = WARD_POSTURE_MEM_ENCRYPT | WARD_POSTURE_MODULE_SIG |
		WARD_POSTURE_KEXEC_LOADED | WARD_POSTURE_LOCKDOWN_INTEGRITY |
		WARD_POSTURE_LOCKDOWN_CONF | WARD_POSTURE_INIT_ON_FREE;
	struct ward_claims c = claims_of(ready_session());
	char text[128];

	EXPECT_EQ(c.posture & ~c.posture_known, 0);
	EXPECT_EQ(c.posture_known & always, always);
	EXPECT_EQ(c.posture_known & WARD_POSTURE_EXCLUSIVE, 0);
	EXPECT_EQ(c.posture & WARD_POSTURE_MEM_ENCRYPT, 0);	/* QEMU without a TEE */
	slurp("/sys/module/ward/taint", text, sizeof(text));
	EXPECT_EQ(!!(c.posture & WARD_POSTURE_MODULE_SIG), !strchr(text, 'E'));
	EXPECT_EQ(c.taint, number_in("/proc/sys/kernel/tainted") & ~(1ull << 12));
	EXPECT_EQ(!!(c.posture & WARD_POSTURE_KEXEC_LOADED),
		  number_in("/sys/kernel/kexec_crash_loaded"));
	slurp("/sys/kernel/security/lockdown", text, sizeof(text));
	EXPECT_EQ(c.lockdown, strstr(text, "[none]") ? 0 :
			      strstr(text, "[integrity]") ? 1 : 2);
}

/* ---- the ledger ---------------------------------------------------------------------------------- */

TEST(declared_register)
{
	struct ward_measure m = { .size = sizeof(m) };
	uint8_t text[128] = { 0 };
	int session = ready_session(), i;

	for (i = 0; i < 3; i++) {
		memset(m.digest, 0x11 * (i + 1), sizeof(m.digest));
		ASSERT_EQ(ward_call(session, WARD_MEASURE, &m), 0);
		memcpy(text + 64, m.digest, 64);
		SHA512(text, sizeof(text), text);
	}
	EXPECT_MEMEQ(m.out_register, text, 64);
	EXPECT_MEMEQ(claims_of(session).declared, text, 64);
}

TEST(ledger_figures)
{
	int session = ready_session();
	struct buf a = buf_get(session, 2 * HUGE), b = buf_get(session, 3 * PAGE);
	void *p = mmap(NULL, 4 * PAGE, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct ward_claims c;
	int pin;

	ASSERT_TRUE(p != MAP_FAILED);
	ASSERT_EQ(madvise(p, 4 * PAGE, MADV_DONTFORK), 0);
	pin = buf_pin(session, p, 4 * PAGE);
	ASSERT_GE(pin, 0);
	ASSERT_EQ(buf_wipe(a.fd), 2 * HUGE);
	EXPECT_LT(buf_alloc(session, 1ull << 40), 0);		/* refused, counted */
	c = claims_of(session);
	EXPECT_EQ(c.live_a, 3 * PAGE);
	EXPECT_EQ(c.peak_a, 2 * HUGE + 3 * PAGE);
	EXPECT_EQ(c.live_b, 4 * PAGE);
	EXPECT_EQ(c.peak_b, 4 * PAGE);
	EXPECT_EQ(c.live_shared + c.peak_shared, 0);
	EXPECT_EQ(c.alloc_buffers, 2);
	EXPECT_EQ(c.alloc_bytes, 2 * HUGE + 3 * PAGE);
	EXPECT_EQ(c.wiped_buffers, 1);
	EXPECT_EQ(c.wiped_bytes, 2 * HUGE);
	EXPECT_EQ(c.unpinned_buffers, 0);
	EXPECT_EQ(c.failed, 1);
	EXPECT_EQ(c.state, 0);
	EXPECT_EQ(c.limit_global, session_pressure(session).out_limit_global);
	EXPECT_EQ(c.limit_session, session_pressure(session).out_limit_session);
	close(pin);
	buf_drop(&a);
	buf_drop(&b);
	c = claims_of(session);
	EXPECT_EQ(c.live_a + c.live_b, 0);
	EXPECT_EQ(c.wiped_buffers, 2);
	EXPECT_EQ(c.wiped_bytes, c.alloc_bytes);
	EXPECT_EQ(c.unpinned_bytes, 4 * PAGE);
}

KTAP_MAIN()
