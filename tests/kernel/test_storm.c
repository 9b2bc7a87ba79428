// SPDX-License-Identifier: MIT
/*
 * Everything at once, by eight threads of one process: calls, mappings, faults, forks,
 * executions, closes, while an administrator revokes, sets limits and dumps, leases run
 * out, agents come and die, the provider is unloaded, and another process reads smaps,
 * numa_maps, pagemap and fdinfo. What must hold: no call gives an errno that the headers
 * do not promise, no fresh buffer holds anything, and when the process has ended, by
 * itself or by SIGKILL in the middle, every account is zero. What else may have gone
 * wrong is the kernel's to say: KASAN, lockdep, KCSAN (tests/vm/check-guest).
 *
 * A round is so many operations, drawn from the seed of its number (told_seed() begins).
 * WARD_STORM_SECONDS on the guest's command line: rounds until so much time has passed.
 */
#define _GNU_SOURCE
#include "storm/storm.h"

#include "lease_test.h"

enum { ROUNDS = 2 };	/* the second one is killed */

#define NONE	(~0ull)

/* ---- who looks on ---------------------------------------------------------------------------- */

static void read_whole(const char *path)
{
	static char room[65536];
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	unsigned int i;

	for (i = 0; fd >= 0 && i < 1000 && read(fd, room, sizeof(room)) > 0; i++)
		;
	close(fd);
}

static void read_pagemap(pid_t pid)
{
	static uint64_t room[PLACES * WINDOW / PAGE];
	char path[64];
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/pagemap", pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd >= 0)
		(void)!pread(fd, room, sizeof(room), (uintptr_t)windows / PAGE * sizeof(*room));
	close(fd);
}

/* One look from outside at everything that shows the process's memory. */
static void look_on(pid_t pid)
{
	static const char * const files[] = { "smaps", "numa_maps", "smaps_rollup", "maps" };
	char path[64];
	unsigned int i;

	for (i = 0; i < sizeof(files) / sizeof(*files); i++) {
		snprintf(path, sizeof(path), "/proc/%d/%s", pid, files[i]);
		read_whole(path);
	}
	for (i = 0; i < SEATS + PLACES; i++) {
		snprintf(path, sizeof(path), "/proc/%d/fdinfo/%u", pid, 3 + i);
		read_whole(path);
	}
	read_pagemap(pid);
}

/* ---- a round, and what is left of it ----------------------------------------------------------- */

static unsigned long vmstat(const char *name)
{
	static char text[16384];
	const char *at;

	slurp("/proc/vmstat", text, sizeof(text));
	at = strstr(text, name);
	ASSERT_TRUE(at != NULL);
	return strtoul(at + strlen(name), NULL, 10);
}

/* Pages that somebody has pinned. */
static unsigned long pins(void)
{
	return vmstat("nr_foll_pin_acquired ") - vmstat("nr_foll_pin_released ");
}

static const struct { uint16_t attr; const char *name; } accounts[] = {
	{ WARD_A_SESSIONS, "sessions" },	{ WARD_A_LIVE_A, "live of class A" },
	{ WARD_A_LIVE_B, "live of class B" },	{ WARD_A_VOLATILE, "volatile" },
	{ WARD_A_LIVE_SHARED, "shared" },	{ WARD_A_POOL, "pool" },
};

/* The name of an account that holds something, or NULL. */
static const char *not_zero(struct wire *w)
{
	struct attrs attrs;
	uint64_t value;
	size_t i;

	ASSERT_EQ(ask(w, WARD_GENL_CMD_STATUS_GET, 0, NULL, 0, &attrs), 0);
	for (i = 0; i < sizeof(accounts) / sizeof(*accounts); i++) {
		value = accounts[i].attr == WARD_A_SESSIONS ?
			attr_u32(&attrs, WARD_A_SESSIONS) : attr_u64(&attrs, accounts[i].attr);
		if (value)
			return accounts[i].name;
	}
	ASSERT_EQ(ask(w, WARD_GENL_CMD_PRESSURE_GET, 0, NULL, 0, &attrs), 0);
	if (attr_u32(&attrs, WARD_A_WAITING))
		return "waiting";
	ASSERT_EQ(ask(w, WARD_GENL_CMD_PROVIDER_GET, 0, NULL, 0, &attrs), 0);
	return attr_u32(&attrs, WARD_A_QUEUED) ? "queued" : NULL;
}

/* A killed process's last references are dropped when it has been waited for, too. */
static void expect_zero(struct wire *w, unsigned long pinned)
{
	struct timespec nap = { .tv_nsec = 10000000 };
	const char *left = not_zero(w);
	unsigned int i;

	for (i = 0; i < ktap_seconds(20) * 100 && (left || pins() != pinned); i++) {
		nanosleep(&nap, NULL);
		left = not_zero(w);
	}
	if (left)
		ktap_note("not zero: %s", left);
	EXPECT_TRUE(left == NULL);
	EXPECT_EQ(pins(), pinned);
}

static pid_t begin(uint64_t seed)
{
	pid_t pid;
	int i;

	memset(tally, 0, sizeof(*tally));
	for (i = 0; i < SEATS; i++)
		seats[i] = -1;
	for (i = 0; i < PLACES; i++)
		places[i] = -1;
	fflush(stdout);
	pid = fork();
	ASSERT_TRUE(pid >= 0);
	if (!pid) {
		alarm(ktap_seconds(100));
		storm_process(seed);
		_exit(0);
	}
	return pid;
}

/* Looks on until it has ended; its wait status. */
static int watch(pid_t pid, bool kill_it)
{
	int status;

	while (waitpid(pid, &status, WNOHANG) != pid) {
		look_on(pid);
		if (kill_it && tally->operations > THREADS * OPERATIONS / 2)
			kill(pid, SIGKILL);
	}
	return status;
}

static void set_limit(struct wire *w, uint16_t type)
{
	const uint64_t none = NONE;

	ASSERT_EQ(tell(w, WARD_GENL_CMD_LIMIT_SET, type, &none, sizeof(none)), 0);
}

static void check_round(uint64_t round, int status, bool killed)
{
	unsigned int i;

	if (WIFSIGNALED(status) && WTERMSIG(status) == SIGALRM)
		for (i = 0; i < THREADS; i++)
			ktap_note("thread %u hangs in %s", i, tally->name[i]);
	EXPECT_TRUE(status == 0 || (killed && WIFSIGNALED(status) &&
				    WTERMSIG(status) == SIGKILL));
	if (tally->strange)
		ktap_note("round %llu: %s gave errno %d", (unsigned long long)round,
			  tally->name_of, tally->errno_of);
	EXPECT_EQ(tally->strange, 0);
	EXPECT_EQ(tally->dirty, 0);
}

static void run_round(struct wire *w, uint64_t round, unsigned long pinned)
{
	bool killed = round % 2;

	check_round(round, watch(begin(told_seed() + round * THREADS), killed), killed);
	set_limit(w, WARD_A_LIMIT_USER);
	set_limit(w, WARD_A_LIMIT_SESSION);
	expect_zero(w, pinned);
}

static void prepare(void)
{
	uintptr_t p;

	tally = mmap(NULL, sizeof(*tally), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
		     -1, 0);
	ASSERT_TRUE(tally != MAP_FAILED);
	p = (uintptr_t)mmap(NULL, PLACES * WINDOW + HUGE, PROT_NONE,
			    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	ASSERT_TRUE((void *)p != MAP_FAILED);
	windows = (unsigned char *)((p + HUGE - 1) & ~(HUGE - 1));
	has_provider = !access(REPORT_CORE, F_OK) && !access("/lib/ward/tsmsim.ko", F_OK);
}

TEST_TIMEOUT(all_at_once_and_nothing_is_left, 86400)
{
	const char *text = getenv("WARD_STORM_SECONDS");
	uint64_t seconds = text ? strtoull(text, NULL, 10) : 0, round = 0, start, total = 0;
	unsigned long pinned = pins();
	struct wire *w = wire_open();

	prepare();
	provider_unpaced();
	expect_zero(w, pinned);
	start = boot_ns();
	do {
		run_round(w, round, pinned);
		total += tally->operations;
		ktap_note("round %llu: %u operations, %u touches, %u SIGBUS, %u SIGSEGV, %u verified",
			  (unsigned long long)round, tally->operations, tally->touched,
			  tally->bus, tally->segv, tally->verified);
	} while (++round < ROUNDS || boot_ns() - start < seconds * SECOND);
	ktap_note("%llu operations in %llu rounds and %llu s", (unsigned long long)total,
		  (unsigned long long)round, (unsigned long long)((boot_ns() - start) / SECOND));
	EXPECT_GT(total, THREADS * OPERATIONS);
	if (has_provider)
		provider_attach();
}

KTAP_MAIN()
