// SPDX-License-Identifier: MIT
/*
 * Who the claims say is asking, when a process tries to be somebody else: by a
 * setuid program, namespaces, cgroups, descriptors over exec and over sockets,
 * and by each way to wear another executable's digest. The evidence is an
 * agent's and is not looked at: what is tested stands in the claims.
 */
#define _GNU_SOURCE
#include "agent_test.h"

#include <linux/prctl.h>
#include <openssl/sha.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "ward_test.h"

#define ASKER	"/tmp/ward-asker"

/* ---- a question, wherever it is asked --------------------------------------------------- */

static void *serve(void *arg)
{
	struct ward_agent_request req;

	while (agent_next(*(int *)arg, &req) == 1)
		agent_answer(*(int *)arg, &req);
	return NULL;
}

/* An agent answers from here on, for as long as this process lives. */
static void served(void)
{
	static pthread_t thread;
	static int agent;

	no_tsm();
	provider_unpaced();
	agent = agent_bind("tester", WARD_TEE_SIMULATED, 0, 0);
	ASSERT_GE(agent, 0);
	ASSERT_EQ(pthread_create(&thread, NULL, serve, &agent), 0);
}

/* Claims of one question on @session, into the pipe @out. */
static void tell(int out, int session)
{
	struct answer *a;
	int err;

	ASSERT_GE(session, 0);
	a = attest(session, WARD_PURPOSE_REPORT, &err);
	ASSERT_EQ(err, 0);
	ASSERT_EQ(write(out, &a->claims, sizeof(a->claims)), (ssize_t)sizeof(a->claims));
}

/* What a child's @body wrote; its pid is *@pid where that is wanted. */
static struct ward_claims told_by(void (*body)(int out), pid_t *pid)
{
	struct ward_claims claims = { 0 };
	int out[2], status;
	pid_t child;

	ASSERT_EQ(pipe(out), 0);
	fflush(stdout);
	child = fork();
	ASSERT_GE(child, 0);
	if (!child) {
		close(out[0]);
		alarm(ktap_seconds(60));
		body(out[1]);
		_exit(0);
	}
	close(out[1]);
	ASSERT_EQ(read(out[0], &claims, sizeof(claims)), (ssize_t)sizeof(claims));
	close(out[0]);
	ASSERT_EQ(waitpid(child, &status, 0), child);
	EXPECT_EQ(status, 0);
	if (pid)
		*pid = child;
	return claims;
}

/* What this program does where another one executes it: ask, tell, and end. */
__attribute__((constructor)) static void asker(void)
{
	const char *role = getenv("WARD_ASKER");
	int out, session;

	if (!role)
		return;
	ASSERT_EQ(sscanf(role, "%d %d", &out, &session), 2);
	tell(out, session < 0 ? session_open() : session);
	_exit(0);
}

/* The same in a program at @path, with a session to be inherited, or -1. */
static void exec_asker(const char *path, int out, int session)
{
	char role[64], *const argv[] = { "asker", NULL }, *const env[] = { role, NULL };

	snprintf(role, sizeof(role), "WARD_ASKER=%d %d", out, session);
	if (session >= 0)
		ASSERT_EQ(fcntl(session, F_SETFD, 0), 0);
	execve(path, argv, env);
	ASSERT_TRUE(!"executed");
}

/* This program again as ASKER, @tail bytes longer. */
static void make_asker(uid_t owner, mode_t mode, off_t tail)
{
	static char text[8 << 20];
	size_t len = slurp("/proc/self/exe", text, sizeof(text));
	int fd;

	unlink(ASKER);
	fd = open(ASKER, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0700);
	ASSERT_GE(fd, 0);
	ASSERT_EQ(write(fd, text, len), (ssize_t)len);
	ASSERT_EQ(ftruncate(fd, len + tail), 0);
	close(fd);
	ASSERT_EQ(chown(ASKER, owner, WARD_GID), 0);
	ASSERT_EQ(chmod(ASKER, mode), 0);
}

static void digest_of(const char *path, uint8_t digest[32])
{
	static char text[8 << 20];
	size_t len = slurp(path, text, sizeof(text));

	SHA256((const uint8_t *)text, len, digest);
}

/* ---- another user -------------------------------------------------------------------------- */

static void run_setuid_program(int out)
{
	int session;

	become(WORKER_UID);
	session = session_open();
	exec_asker(ASKER, out, session);
}

/* Root gave the program its owner's identity: that is what it has. Who opened is kept. */
TEST(setuid_program_with_a_session_of_its_caller)
{
	struct ward_claims c;
	pid_t pid;

	served();
	make_asker(OTHER_UID, 04755, 0);
	c = told_by(run_setuid_program, &pid);
	EXPECT_EQ(c.caller.uid, OTHER_UID);
	EXPECT_EQ(c.opener.uid, WORKER_UID);
	EXPECT_EQ(c.caller.tgid, (uint32_t)pid);
	EXPECT_EQ(c.opener.tgid, (uint32_t)pid);
	EXPECT_EQ(c.advisory & WARD_ADVISE_DUMPABLE, 0);
	unlink(ASKER);
}

/* Every way to change ids, by a process without rights: the claims stay its own. */
static void try_other_ids(int out)
{
	become(WORKER_UID);
	ASSERT_LT(setresuid(OTHER_UID, OTHER_UID, OTHER_UID), 0);
	ASSERT_LT(setresuid(0, 0, 0), 0);
	ASSERT_LT(setresgid(0, 0, 0), 0);
	syscall(SYS_setfsuid, OTHER_UID);
	syscall(SYS_setfsgid, 0);
	tell(out, session_open());
}

TEST(ids_are_as_root_set_them)
{
	struct ward_claims c;

	served();
	c = told_by(try_other_ids, NULL);
	EXPECT_EQ(c.caller.uid, WORKER_UID);
	EXPECT_EQ(c.caller.gid, WARD_GID);
	EXPECT_MEMEQ(&c.caller, &c.opener, sizeof(c.caller));
}

static int handed_over;

static void ask_as_other(int out)
{
	become(OTHER_UID);
	tell(out, handed_over);
}

static void open_and_pass(int sock)
{
	become(WORKER_UID);
	send_fd(sock, session_open());
}

/* By a socket, and the one who opened is gone. */
TEST(session_of_another_user_over_a_socket)
{
	struct peer peer;
	struct ward_claims c;
	pid_t opener;

	served();
	peer = peer_start(open_and_pass);
	opener = peer.pid;
	handed_over = recv_fd(peer.sock);
	EXPECT_EQ(peer_wait(&peer), 0);
	c = told_by(ask_as_other, NULL);
	EXPECT_EQ(c.caller.uid, OTHER_UID);
	EXPECT_EQ(c.opener.uid, WORKER_UID);
	EXPECT_EQ(c.opener.tgid, (uint32_t)opener);
	EXPECT_TRUE(c.advisory & WARD_ADVISE_CALLER_NOT_OPENER);
	close(handed_over);
}

static void name_a_stranger(int out)
{
	struct answer *a = answer_new(WARD_PURPOSE_RECEIPT);
	struct ward_info theirs = session_info(handed_over);
	int session, err;

	become(WORKER_UID);
	session = session_open();
	memcpy(a->cmd.subject, theirs.out_session, WARD_ID_LEN);
	err = answer_ask(a, session);
	ASSERT_LT(err, 0);
	memset(&a->claims, 0, sizeof(a->claims));
	ASSERT_EQ(write(out, &a->claims, sizeof(a->claims)), (ssize_t)sizeof(a->claims));
}

/* A session is named by its descriptor; another one's id in a request is refused. */
TEST(session_that_is_not_the_callers)
{
	served();
	handed_over = session_open();
	told_by(name_a_stranger, NULL);
	close(handed_over);
}

/* ---- namespaces ------------------------------------------------------------------------------ */

static void map_ids(int uid, int gid)
{
	char map[32];

	ASSERT_TRUE(write_to("/proc/self/setgroups", "deny"));
	snprintf(map, sizeof(map), "0 %d 1", uid);
	ASSERT_TRUE(write_to("/proc/self/uid_map", map));
	snprintf(map, sizeof(map), "0 %d 1", gid);
	ASSERT_TRUE(write_to("/proc/self/gid_map", map));
}

/* As a container's first process: 1 inside, and root there. */
static void ask_in_a_container(int out)
{
	int status, session;
	pid_t child;

	become(WORKER_UID);
	session = session_open();
	ASSERT_EQ(prctl(PR_SET_DUMPABLE, 1), 0);
	ASSERT_EQ(unshare(CLONE_NEWUSER), 0);
	map_ids(WORKER_UID, WARD_GID);
	ASSERT_EQ(unshare(CLONE_NEWPID | CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS |
			  CLONE_NEWIPC | CLONE_NEWNET), 0);
	child = fork();
	if (!child) {
		ASSERT_EQ(getpid(), 1);
		ASSERT_EQ(geteuid(), 0);
		tell(out, session);
		_exit(0);
	}
	ASSERT_EQ(waitpid(child, &status, 0), child);
	ASSERT_EQ(status, 0);
}

TEST(container_of_an_ordinary_user)
{
	uint8_t root[32];
	struct ward_claims c;

	served();
	c = told_by(ask_in_a_container, NULL);
	EXPECT_EQ(c.caller.uid, WORKER_UID);
	EXPECT_EQ(c.caller.gid, WARD_GID);
	EXPECT_EQ(c.caller.own_uid, 0);
	EXPECT_EQ(c.caller.own_gid, 0);
	EXPECT_EQ(c.caller.userns_level, 1);
	EXPECT_EQ(c.opener.userns_level, 0);
	EXPECT_GT(c.caller.tgid, 1);
	EXPECT_TRUE(c.advisory & WARD_ADVISE_CALLER_NOT_OPENER);
	EXPECT_EQ(c.advisory & WARD_ADVISE_INIT_USERNS, 0);
	/* Told from the root of all cgroups, not from the namespace's. */
	SHA256((const uint8_t *)"/", 1, root);
	EXPECT_MEMEQ(c.caller.cgroup_hash, root, sizeof(root));
}

/* ---- the cgroup -------------------------------------------------------------------------------- */

#define CGROUPS	"/sys/fs/cgroup"

static void ask_from_cgroup(int out)
{
	ASSERT_TRUE(write_to(CGROUPS "/ward-a/cgroup.procs", "0"));
	become(WORKER_UID);
	ASSERT_FALSE(write_to(CGROUPS "/ward-b/cgroup.procs", "0"));
	ASSERT_FALSE(write_to(CGROUPS "/cgroup.procs", "0"));
	/* In a cgroup namespace of its own its path is "/": not in the claims. */
	ASSERT_EQ(prctl(PR_SET_DUMPABLE, 1), 0);
	ASSERT_EQ(unshare(CLONE_NEWUSER | CLONE_NEWCGROUP), 0);
	tell(out, session_open());
}

TEST(cgroup_is_where_root_put_it)
{
	static const char path[] = "/ward-a";
	uint8_t hash[32];
	struct ward_claims c;
	struct stat st;

	served();
	ASSERT_TRUE(!mkdir(CGROUPS "/ward-a", 0755) || errno == EEXIST);
	ASSERT_TRUE(!mkdir(CGROUPS "/ward-b", 0755) || errno == EEXIST);
	c = told_by(ask_from_cgroup, NULL);
	ASSERT_EQ(stat(CGROUPS "/ward-a", &st), 0);
	EXPECT_EQ(c.caller.cgroup_id, st.st_ino);
	EXPECT_EQ(c.opener.cgroup_id, st.st_ino);
	SHA256((const uint8_t *)path, strlen(path), hash);
	EXPECT_MEMEQ(c.caller.cgroup_hash, hash, sizeof(hash));
	rmdir(CGROUPS "/ward-a");
	rmdir(CGROUPS "/ward-b");
}

/* ---- the executable ------------------------------------------------------------------------------ */

static void inherit_over_exec(int out)
{
	exec_asker(ASKER, out, session_open());
}

/* The digest is of what runs now, not of what opened the session. */
TEST(session_inherited_over_exec)
{
	uint8_t mine[32], theirs[32];
	struct ward_claims c;
	pid_t pid;

	served();
	make_asker(0, 0755, 1);
	digest_of("/proc/self/exe", mine);
	digest_of(ASKER, theirs);
	c = told_by(inherit_over_exec, &pid);
	EXPECT_EQ(c.exe_kind, WARD_EXE_IMA);
	EXPECT_MEMEQ(c.exe_digest, theirs, sizeof(theirs));
	EXPECT_NE(memcmp(theirs, mine, sizeof(mine)), 0);
	EXPECT_EQ(c.caller.tgid, (uint32_t)pid);
	EXPECT_EQ(c.caller.start_ns, c.opener.start_ns);
	unlink(ASKER);
}

/* /proc/meminfo, in KiB. */
static long meminfo(const char *name)
{
	char text[8192], *at;

	slurp("/proc/meminfo", text, sizeof(text));
	at = strstr(text, name);
	ASSERT_TRUE(at != NULL);
	return atol(at + strlen(name));
}

static void run_large(int out)
{
	exec_asker(ASKER, out, -1);
}

/* 10 GiB, nearly all of it a hole: read through, it would have pages. */
TEST(large_executable_is_not_read)
{
	static const uint8_t zero[64];
	struct ward_claims c;
	long before;

	served();
	make_asker(0, 0755, 10ll << 30);
	before = meminfo("Shmem:") + meminfo("\nCached:");
	c = told_by(run_large, NULL);
	EXPECT_EQ(c.exe_kind, WARD_EXE_NONE);
	EXPECT_MEMEQ(c.exe_digest, zero, sizeof(zero));
	EXPECT_LT(meminfo("Shmem:") + meminfo("\nCached:"), before + (128 << 10));
	unlink(ASKER);
}

#ifdef __aarch64__
#define INTERPRETER	"/lib/ld-linux-aarch64.so.1"
#else
#define INTERPRETER	"/lib64/ld-linux-x86-64.so.2"
#endif

static void run_by_interpreter(int out)
{
	char role[64], target[4096] = { 0 };
	char *const args[] = { "ld.so", target, NULL }, *const env[] = { role, NULL };
	ssize_t n = readlink("/proc/self/exe", target, sizeof(target) - 1);

	ASSERT_GT(n, 0);
	snprintf(role, sizeof(role), "WARD_ASKER=%d -1", out);
	execve(INTERPRETER, args, env);
	ASSERT_TRUE(!"executed");
}

/* What an interpreter runs is not told: the digest is the interpreter's. */
TEST(interpreter_is_what_the_digest_tells)
{
	uint8_t digest[32];
	struct ward_claims c;

	served();
	digest_of(INTERPRETER, digest);
	c = told_by(run_by_interpreter, NULL);
	EXPECT_EQ(c.exe_kind, WARD_EXE_IMA);
	EXPECT_MEMEQ(c.exe_digest, digest, sizeof(digest));
}

/* ---- the executable, forged ------------------------------------------------------------------------ */

/* Copies of this program's own mappings take their place: its file is mapped no more. */
static void leave_own_file(void)
{
	char line[512], mine[256], perms[8], *copy;
	ssize_t n = readlink("/proc/self/exe", mine, sizeof(mine) - 1);
	unsigned long start, end;
	FILE *maps = fopen("/proc/self/maps", "re");
	struct { unsigned long start, end; int prot; } own[16];
	int i, nr = 0;

	ASSERT_GT(n, 0);
	mine[n] = 0;
	ASSERT_TRUE(maps != NULL);
	while (fgets(line, sizeof(line), maps)) {
		if (!strstr(line, mine) || nr == 16)
			continue;
		ASSERT_EQ(sscanf(line, "%lx-%lx %7s", &start, &end, perms), 3);
		own[nr].start = start;
		own[nr].end = end;
		own[nr++].prot = (perms[0] == 'r' ? PROT_READ : 0) |
				 (perms[1] == 'w' ? PROT_WRITE : 0) |
				 (perms[2] == 'x' ? PROT_EXEC : 0);
	}
	fclose(maps);
	for (i = 0; i < nr; i++) {
		size_t len = own[i].end - own[i].start;

		copy = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		ASSERT_TRUE(copy != MAP_FAILED);
		memcpy(copy, (void *)own[i].start, len);
		ASSERT_EQ(mprotect(copy, len, own[i].prot), 0);
		ASSERT_TRUE(mremap(copy, len, len, MREMAP_MAYMOVE | MREMAP_FIXED,
				   (void *)own[i].start) != MAP_FAILED);
	}
}

/* PR_SET_MM_MAP wants the whole layout: as it is, out of /proc/self/stat. */
static int forge_exe(const char *path)
{
	unsigned long long field[53] = { 0 };
	struct prctl_mm_map map = { .exe_fd = open(path, O_RDONLY | O_CLOEXEC) };
	char text[2048], *p;
	int i;

	ASSERT_GE((int)map.exe_fd, 0);
	slurp("/proc/self/stat", text, sizeof(text));
	p = strrchr(text, ')');
	ASSERT_TRUE(p != NULL);
	for (i = 3; p && i < 53; i++) {
		p = strchr(p + 1, ' ');
		field[i] = p ? strtoull(p + 1, NULL, 10) : 0;
	}
	map.start_code = field[26];
	map.end_code = field[27];
	map.start_stack = field[28];
	map.start_data = field[45];
	map.end_data = field[46];
	map.start_brk = field[47];
	map.brk = (unsigned long)sbrk(0);
	map.arg_start = field[48];
	map.arg_end = field[49];
	map.env_start = field[50];
	map.env_end = field[51];
	return prctl(PR_SET_MM, PR_SET_MM_MAP, &map, sizeof(map), 0) ? -errno : 0;
}

static void forge_and_tell(int out)
{
	become(WORKER_UID);
	ASSERT_EQ(prctl(PR_SET_DUMPABLE, 1), 0);
	/* Without rights over itself it may not. */
	ASSERT_EQ(forge_exe("/bin/busybox"), -EPERM);
	ASSERT_EQ(unshare(CLONE_NEWUSER), 0);
	leave_own_file();
	ASSERT_EQ(forge_exe("/bin/busybox"), 0);
	tell(out, session_open());
}

/*
 * An ordinary user wears another file's digest in a user namespace of its own,
 * and there alone: the bit for the initial one is not set then.
 */
TEST(digest_forged_by_pr_set_mm)
{
	uint8_t digest[32];
	struct ward_claims c;

	served();
	digest_of("/bin/busybox", digest);
	c = told_by(forge_and_tell, NULL);
	EXPECT_MEMEQ(c.exe_digest, digest, sizeof(digest));
	EXPECT_EQ(c.advisory & WARD_ADVISE_INIT_USERNS, 0);
	EXPECT_EQ(c.caller.uid, WORKER_UID);
}

KTAP_MAIN()
