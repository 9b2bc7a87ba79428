// SPDX-License-Identifier: MIT
/*
 * See fail_nth.h. Faults are armed for one thread alone, the caller's or a
 * child's, by its file fail-nth, which counts down at each point that could fail.
 * To read one's own passes such a point too. A zombie still has the file.
 */
#define _GNU_SOURCE
#include "fail_nth.h"

#include <dirent.h>

#include "ward_test.h"

#define FAIL_NTH	"/proc/thread-self/fail-nth"
#define FAIL_NTH_OF	"/proc/%d/fail-nth"
#define DEBUGFS		"/sys/kernel/debug/"

/* More points than any operation has: it would mean that it never passes. */
enum { POINTS_MAX = 5000 };

/* Where the kernel puts its modules; the kernel's own code lies elsewhere. */
#define MODULES_START	"0xffffffffa0000000"
#define MODULES_END	"0xffffffffff000000"
#define ANYWHERE_END	"0xffffffffffffffff"

/** struct state - what a refusal must leave as it was. */
struct state {
	uint64_t live;
	unsigned int fds;
	unsigned int maps;
};

static int own_nth = -1;
static int observer = -1;

/* ---- the kernel's side --------------------------------------------------------- */

int fail_nth_main(int argc, char **argv)
{
	if (!access(FAIL_NTH, W_OK))
		return ktap_main(argc, argv);
	printf("KTAP version 1\n1..0 # SKIP this kernel injects no faults\n");
	return 0;
}

static void set(const char *kind, const char *name, const char *value)
{
	char path[128];
	int fd;

	snprintf(path, sizeof(path), DEBUGFS "%s/%s", kind, name);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	ASSERT_GE(fd, 0);
	ASSERT_EQ(write(fd, value, strlen(value)), strlen(value));
	close(fd);
}

/* Everything may fail, also what may wait for memory; nothing is said in the log. */
static void set_up_faults(bool module_code)
{
	static const char * const kinds[] = { "failslab", "fail_page_alloc", "fail_usercopy" };
	unsigned int i;

	for (i = 0; i < sizeof(kinds) / sizeof(*kinds); i++) {
		set(kinds[i], "verbose", "0");
		set(kinds[i], "require-start", module_code ? MODULES_START : "0");
		set(kinds[i], "require-end", module_code ? MODULES_END : ANYWHERE_END);
	}
	set("failslab", "ignore-gfp-wait", "N");
	set("failslab", "cache-filter", "N");
	set("fail_page_alloc", "ignore-gfp-wait", "N");
	set("fail_page_alloc", "ignore-gfp-highmem", "N");
	set("fail_page_alloc", "min-order", "0");
}

static const char *kind_name(enum fault_kind kind)
{
	return kind == FAULT_SLAB ? "failslab" : "fail_page_alloc";
}

void fault_anywhere(enum fault_kind kind, unsigned int space)
{
	char text[16];

	set_up_faults(true);
	snprintf(text, sizeof(text), "%u", space);
	set(kind_name(kind), "task-filter", "N");
	set(kind_name(kind), "interval", "1");
	set(kind_name(kind), "times", "1");
	set(kind_name(kind), "space", text);
	set(kind_name(kind), "probability", "100");
}

bool fault_nowhere(enum fault_kind kind)
{
	char path[128], text[16] = { 0 };
	int fd;

	set(kind_name(kind), "probability", "0");
	snprintf(path, sizeof(path), DEBUGFS "%s/times", kind_name(kind));
	fd = open(path, O_RDONLY | O_CLOEXEC);
	ASSERT_GE(fd, 0);
	ASSERT_GT(read(fd, text, sizeof(text) - 1), 0);
	close(fd);
	return strtol(text, NULL, 10) == 0;
}

/* The file of whose points are to fail; stays open. */
static int nth_of(const struct stage *st)
{
	char path[64];
	int fd;

	if (!st->child)
		return own_nth;
	snprintf(path, sizeof(path), FAIL_NTH_OF, st->child);
	fd = open(path, O_RDWR | O_CLOEXEC);
	ASSERT_GE(fd, 0);
	return fd;
}

static void arm(int nth_file, unsigned int nth)
{
	char text[16];
	int n = snprintf(text, sizeof(text), "%u", nth);

	ASSERT_EQ(pwrite(nth_file, text, n, 0), n);
}

/* True when the fault was met since arm(). */
static bool disarm(int nth_file)
{
	char text[16] = { 0 };
	ssize_t n = pread(nth_file, text, sizeof(text) - 1, 0);
	unsigned int left;

	if (n < 0) {		/* the reading itself was the one that failed */
		ASSERT_EQ(errno, EFAULT);
		return false;
	}
	left = strtoul(text, NULL, 10);
	while (left && pwrite(nth_file, "0", 1, 0) != 1)
		ASSERT_EQ(errno, EFAULT);
	return !left;
}

/* ---- what must stay as it was ------------------------------------------------------ */

static unsigned int count_fds(void)
{
	DIR *dir = opendir("/proc/self/fd");
	unsigned int n = 0;

	ASSERT_TRUE(dir != NULL);
	while (readdir(dir))
		n++;
	closedir(dir);
	return n;
}

static unsigned int count_maps(void)
{
	FILE *f = fopen("/proc/self/maps", "r");
	unsigned int n = 0;
	char line[512];

	ASSERT_TRUE(f != NULL);
	while (fgets(line, sizeof(line), f))
		n += strstr(line, "[ward]") != NULL;
	fclose(f);
	return n;
}

static struct state look(void)
{
	struct state s = { .fds = count_fds(), .maps = count_maps() };

	if (observer >= 0)
		s.live = session_pressure(observer).out_live_global;
	return s;
}

static bool same(const struct step *step, unsigned int nth, const char *when,
		 const struct state *was)
{
	struct state is = look();

	if (is.live == was->live && is.fds == was->fds &&
	    (is.maps == was->maps || step->flags & MAY_SPLIT))
		return true;
	ktap_note("%s, point %u, %s: live %llu and was %llu, fds %u and %u, mappings %u and %u",
		  step->name, nth, when, (unsigned long long)is.live,
		  (unsigned long long)was->live, is.fds, was->fds, is.maps, was->maps);
	return false;
}

/* ---- the sweep ------------------------------------------------------------------------ */

static bool allowed(const struct step *step, int ret)
{
	unsigned int i;

	if (ret == -ENOMEM || ret == -EFAULT)
		return true;
	for (i = 0; i < sizeof(step->errnos) / sizeof(*step->errnos) && step->errnos[i]; i++)
		if (ret == -step->errnos[i])
			return true;
	return false;
}

static void after_refusal(const struct step *step, struct stage *st, unsigned int nth,
			  int ret, const struct state *was)
{
	int again;

	if (!allowed(step, ret))
		ktap_note("%s, point %u: answered %d (%s)", step->name, nth, ret,
			  strerror(-ret));
	EXPECT_TRUE(allowed(step, ret));
	if (!(step->flags & ONE_WAY))
		EXPECT_TRUE(same(step, nth, "after the refusal", was));
	again = step->act(st);
	if (again < 0)
		ktap_note("%s, point %u: answered %d, and then, without a fault, %d",
			  step->name, nth, ret, again);
	ASSERT_GE(again, 0);
}

/* True while the fault was met; counts refusals. */
static bool try(const struct step *step, unsigned int nth, unsigned int *refused)
{
	struct stage st = {
		.session = -1, .fd = -1, .file = -1, .length = step->length,
		.with = step->with,
	};
	struct state start = look(), before;
	int nth_file, ret;
	bool met;

	if (step->prepare)
		step->prepare(&st);
	nth_file = nth_of(&st);
	before = look();
	arm(nth_file, nth);
	ret = step->act(&st);
	met = disarm(nth_file);
	if (ret < 0) {
		++*refused;
		ASSERT_TRUE(met);
		after_refusal(step, &st, nth, ret, &before);
	}
	if (step->undo)
		step->undo(&st);
	if (step->clean)
		step->clean(&st);
	if (nth_file != own_nth)
		close(nth_file);
	EXPECT_TRUE(same(step, nth, "at the end", &start));
	return met;
}

/**
 * sweep() - try a step with each of its points failing
 * @step: a row
 *
 * Prints how many points there were, and how many of their failures were passed on
 * to the caller; the others were borne.
 */
void sweep(const struct step *step)
{
	unsigned int nth, refused = 0;

	set_up_faults(step->flags & MODULE_CODE);
	own_nth = open(FAIL_NTH, O_RDWR | O_CLOEXEC);
	ASSERT_GE(own_nth, 0);
	if (!(step->flags & NO_OBSERVER)) {
		observer = session_open();
		ASSERT_GE(observer, 0);
	}
	for (nth = 1; nth <= POINTS_MAX && try(step, nth, &refused); nth++)
		;
	ASSERT_LE(nth, POINTS_MAX);
	ktap_note("%s: %u points, %u refused", step->name, nth - 1, refused);
}

/* ---- what many begin and end with ------------------------------------------------------ */

void open_session(struct stage *st)
{
	st->session = session_open();
	ASSERT_GE(st->session, 0);
}

void close_session(struct stage *st)
{
	close(st->session);
}
