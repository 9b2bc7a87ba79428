// SPDX-License-Identifier: MIT
/*
 * libward on the real device: memory that is given up, lent, leased and taken
 * away, and what the control plane tells of it.
 */
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "ktap.h"
#include "libward.h"

#pragma GCC diagnostic ignored "-Wsign-compare"

#define MIB ((size_t)1 << 20)
#define SECOND 1000000000ull

static struct ward_session *open_session(void)
{
	struct ward_session *session = NULL;

	ASSERT_EQ(ward_session_open(NULL, &session), 0);
	return session;
}

static struct ward_control *open_control(void)
{
	struct ward_control *control = NULL;

	ASSERT_EQ(ward_control_open(&control), 0);
	return control;
}

static struct ward_buffer *buffer_of(struct ward_session *session, size_t size, uint32_t flags,
				     const char *label)
{
	struct ward_buffer_options options = {
		.size = sizeof(options), .flags = flags, .label = label,
	};
	struct ward_buffer *buffer = NULL;

	ASSERT_EQ(ward_buffer_alloc_with(session, size, &options, &buffer), 0);
	return buffer;
}

static struct ward_info info_of(struct ward_session *session)
{
	struct ward_info info = { .size = sizeof(info) };

	ASSERT_EQ(ward_session_info(session, &info), 0);
	return info;
}

static uint64_t boot_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_BOOTTIME, &ts);
	return ts.tv_sec * SECOND + ts.tv_nsec;
}

static sigjmp_buf caught;

static void on_signal(int number)
{
	siglongjmp(caught, number);
}

/* 0, or the signal that reading a byte of @buffer gives. */
static int touch(const struct ward_buffer *buffer)
{
	int got;

	signal(SIGBUS, on_signal);
	signal(SIGSEGV, on_signal);
	got = sigsetjmp(caught, 1);
	if (!got)
		(void)*(volatile uint8_t *)ward_buffer_data(buffer);
	signal(SIGBUS, SIG_DFL);
	signal(SIGSEGV, SIG_DFL);
	return got;
}

TEST(a_purge_is_told_by_signal_hold_and_notice)
{
	struct ward_session *session = open_session();
	struct ward_buffer *cache, *more;
	struct ward_notice notice[8];
	int survived = -1, n, i, purged = 0;

	ASSERT_EQ(ward_session_watch(session, 0, 2 * MIB), 0);
	cache = buffer_of(session, 2 * MIB, 0, "cache");
	memset(ward_buffer_data(cache), 0x7c, 2 * MIB);
	ASSERT_EQ(ward_buffer_volatile(cache), 0);
	ASSERT_EQ(ward_buffer_hold(cache, &survived), 0);
	EXPECT_EQ(survived, 1);
	EXPECT_EQ(((uint8_t *)ward_buffer_data(cache))[2 * MIB - 1], 0x7c);
	ASSERT_EQ(ward_buffer_volatile(cache), 0);
	more = buffer_of(session, 2 * MIB, 0, "more");
	EXPECT_EQ(touch(cache), SIGBUS);
	ASSERT_EQ(ward_buffer_hold(cache, &survived), 0);
	EXPECT_EQ(survived, 0);
	n = ward_session_notices(session, 10000, notice, 8);
	ASSERT_GE(n, 1);
	for (i = 0; i < n; i++)
		purged += notice[i].kind == WARD_NOTICE_PURGE &&
			  notice[i].id == ward_buffer_id(cache);
	EXPECT_EQ(purged, 1);
	ward_buffer_free(cache);
	ward_buffer_free(more);
	ward_session_close(session);
}

/* A data loader: another process maps the buffer by its descriptor alone. */
TEST(a_shared_buffer_is_filled_by_another_process)
{
	struct ward_session *session = open_session();
	struct ward_buffer *rows = buffer_of(session, 4 * MIB, WARD_BUF_SHARED, "rows");
	struct ward_buf_info info = { .size = sizeof(info) };
	int status;
	pid_t child = fork();

	if (!child) {
		struct ward_buffer *mine = NULL;

		if (ward_buffer_from_fd(ward_buffer_fd(rows), &mine))
			_exit(1);
		memset(ward_buffer_data(mine), 0x31, ward_buffer_size(mine));
		ward_buffer_free(mine);
		_exit(0);
	}
	ASSERT_EQ(waitpid(child, &status, 0), child);
	EXPECT_EQ(status, 0);
	EXPECT_EQ(((uint8_t *)ward_buffer_data(rows))[4 * MIB - 1], 0x31);
	ASSERT_EQ(ward_buffer_info(rows, &info), 0);
	EXPECT_EQ(info.out_end, WARD_END_NONE);
	EXPECT_TRUE(info.out_state & WARD_BUF_IS_SHARED);
	ward_buffer_free(rows);
	ward_session_close(session);
}

TEST(what_is_not_shared_is_not_taken_over)
{
	struct ward_session *session = open_session();
	struct ward_buffer *buffer = buffer_of(session, 4096, 0, "own"), *other = NULL;

	EXPECT_EQ(ward_buffer_from_fd(ward_buffer_fd(buffer), &other), -EPERM);
	EXPECT_EQ(ward_buffer_from_fd(ward_session_fd(session), &other), -ENOTTY);
	EXPECT_TRUE(!other);
	EXPECT_EQ(touch(buffer), 0);
	ward_buffer_free(buffer);
	ward_session_close(session);
}

TEST(a_clean_pin_holds_nothing)
{
	struct ward_buffer_options options = {
		.size = sizeof(options), .flags = WARD_PIN_CLEAN, .label = "io",
	};
	struct ward_session *session = open_session();
	struct ward_buf_info info = { .size = sizeof(info) };
	struct ward_buffer *buffer = NULL;
	uint8_t *memory = mmap(NULL, MIB, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
			       -1, 0);

	ASSERT_TRUE(memory != MAP_FAILED);
	memory[MIB - 1] = 1;
	EXPECT_EQ(ward_buffer_pin_with(session, memory, MIB, &options, &buffer), -ENOTEMPTY);
	EXPECT_TRUE(!buffer);
	memory[MIB - 1] = 0;
	ASSERT_EQ(ward_buffer_pin_with(session, memory, MIB, &options, &buffer), 0);
	ASSERT_EQ(ward_buffer_info(buffer, &info), 0);
	EXPECT_TRUE(info.out_protection & WARD_PROTECT_CLEAN);
	EXPECT_TRUE(info.out_protection & WARD_PROTECT_WIPED);
	EXPECT_TRUE(!(info.out_protection & WARD_PROTECT_NO_GUP));
	ward_buffer_free(buffer);
	munmap(memory, MIB);
	ward_session_close(session);
}

struct search {
	uint8_t id[WARD_ID_LEN];
	struct ward_session_entry entry;
	int found;
};

static int pick(const struct ward_session_entry *entry, void *arg)
{
	struct search *search = arg;

	if (!memcmp(entry->id, search->id, WARD_ID_LEN)) {
		search->entry = *entry;
		search->found++;
	}
	return 0;
}

/* The owner's chain prolongs the lease link by link, and nothing else does. */
TEST(a_chain_renews_a_lease)
{
	struct ward_session *session = open_session();
	struct ward_lease_chain *chain = NULL;
	struct ward_control *control = open_control();
	struct ward_lease lease, before;
	struct ward_info info = info_of(session);
	struct search search = { .found = 0 };
	uint8_t bytes[WARD_HEAD_LEN];
	uint32_t i;

	memcpy(search.id, info.out_session, WARD_ID_LEN);
	ASSERT_EQ(ward_session_lease(session, &lease), 0);
	EXPECT_EQ(lease.out_expires_ns, 0);
	memset(bytes, 0, sizeof(bytes));
	EXPECT_EQ(ward_session_lease_renew(session, bytes, NULL), -EINVAL);
	ASSERT_EQ(ward_lease_chain_new(NULL, 5, &chain), 0);
	ASSERT_EQ(ward_lease_chain_anchor(chain, bytes), 0);
	ASSERT_EQ(ward_session_lease_set(session, boot_ns() + 3600 * SECOND, 600 * SECOND, bytes,
					 &before), 0);
	EXPECT_TRUE(!memcmp(before.out_anchor, bytes, sizeof(bytes)));
	EXPECT_GT(before.out_expires_ns, boot_ns() + 500 * SECOND);
	EXPECT_EQ(ward_session_lease_set(session, boot_ns() + 7200 * SECOND, 0, NULL, NULL), -EPERM);
	for (i = 1; i <= 5; i++) {
		ASSERT_EQ(ward_session_lease_renew(session, bytes, NULL), -EKEYREJECTED);
		ASSERT_EQ(ward_lease_chain_proof(chain, i, bytes), 0);
		ASSERT_EQ(ward_session_lease_renew(session, bytes, &lease), 0);
		EXPECT_GE(lease.out_expires_ns, before.out_expires_ns);
		EXPECT_TRUE(!memcmp(lease.out_anchor, bytes, sizeof(bytes)));
		before = lease;
	}
	ASSERT_EQ(ward_control_sessions(control, pick, &search), 0);
	EXPECT_EQ(search.found, 1);
	EXPECT_EQ(search.entry.lease_ns, lease.out_expires_ns);
	ward_control_close(control);
	ward_lease_chain_free(chain);
	ward_session_close(session);
}

TEST(a_lease_that_runs_out_ends_buffers_and_says_so)
{
	struct ward_session *session = open_session();
	struct ward_buffer *buffer = buffer_of(session, 2 * MIB, 0, "leased"), *late = NULL;
	struct ward_buf_info info = { .size = sizeof(info) };
	struct ward_notice notice = { 0 };
	int tries;

	ASSERT_EQ(ward_session_lease_set(session, boot_ns() + 3 * SECOND, 0, NULL, NULL), 0);
	do
		ASSERT_EQ(ward_session_notice(session, 60000, &notice), 0);
	while (notice.kind != WARD_NOTICE_LEASE);
	/* The notice may come before the last byte is zeroed. */
	for (tries = 0; tries < 20000 && !touch(buffer); tries++)
		usleep(1000);
	EXPECT_EQ(touch(buffer), SIGBUS);
	ASSERT_EQ(ward_buffer_info(buffer, &info), 0);
	EXPECT_EQ(info.out_end, WARD_END_LEASE);
	EXPECT_TRUE(info_of(session).out_state & WARD_STATE_EXPIRED);
	EXPECT_EQ(ward_buffer_alloc(session, 4096, 0, "late", &late), -ESHUTDOWN);
	ward_buffer_free(buffer);
	ward_session_close(session);
}

struct roll {
	struct ward_buffer_entry entry[8];
	size_t count;
};

static int note(const struct ward_buffer_entry *entry, void *arg)
{
	struct roll *roll = arg;

	if (roll->count < 8)
		roll->entry[roll->count] = *entry;
	roll->count++;
	return 0;
}

TEST(the_control_plane_tells_each_buffer)
{
	struct ward_session *session = open_session();
	struct ward_buffer *rows = buffer_of(session, 2 * MIB, 0, "rows");
	struct ward_buffer *cache = buffer_of(session, 4096, WARD_BUF_SHARED, "cache");
	struct ward_info info = info_of(session);
	struct ward_control *control = open_control();
	uint8_t nobody[WARD_ID_LEN] = { 1 };
	struct roll roll = { .count = 0 };

	ASSERT_EQ(ward_buffer_volatile(cache), 0);
	ASSERT_EQ(ward_control_buffers(control, info.out_session, note, &roll), 0);
	ASSERT_EQ(roll.count, 2);
	EXPECT_EQ(roll.entry[0].id, ward_buffer_id(rows));
	EXPECT_EQ(roll.entry[0].length, 2 * MIB);
	EXPECT_EQ(roll.entry[0].present, 2 * MIB);
	EXPECT_EQ(roll.entry[0].mapped, 1);
	EXPECT_EQ(roll.entry[0].buf_class, WARD_CLASS_A);
	EXPECT_EQ(roll.entry[0].state, 0);
	EXPECT_TRUE(!strcmp((char *)roll.entry[0].label, "rows"));
	EXPECT_TRUE(roll.entry[0].protection & WARD_PROTECT_NO_GUP);
	EXPECT_EQ(roll.entry[1].state, WARD_BUF_IS_SHARED | WARD_BUF_IS_VOLATILE);
	EXPECT_TRUE(!memcmp(roll.entry[1].session, info.out_session, WARD_ID_LEN));
	roll.count = 0;
	EXPECT_EQ(ward_control_buffers(control, nobody, note, &roll), -ENOENT);
	EXPECT_EQ(roll.count, 0);
	ASSERT_EQ(ward_control_buffers(control, NULL, note, &roll), 0);
	EXPECT_GE(roll.count, 2);
	ward_control_close(control);
	ward_buffer_free(rows);
	ward_buffer_free(cache);
	ward_session_close(session);
}

TEST(a_revoked_session_holds_nothing)
{
	struct ward_session *session = open_session();
	struct ward_buffer *buffer = buffer_of(session, 2 * MIB, 0, "rows"), *late = NULL;
	struct ward_info info = info_of(session);
	struct ward_control *control = open_control();
	uint8_t nobody[WARD_ID_LEN] = { 1 };
	struct ward_notice notice = { 0 };

	EXPECT_EQ(ward_control_revoke(control, nobody), -ENOENT);
	EXPECT_TRUE(strstr(ward_control_said(control), "session"));
	EXPECT_EQ(touch(buffer), 0);
	ASSERT_EQ(ward_control_revoke(control, info.out_session), 0);
	EXPECT_STREQ(ward_control_said(control), "");
	EXPECT_EQ(touch(buffer), SIGBUS);
	info = info_of(session);
	EXPECT_EQ(info.out_live, 0);
	EXPECT_TRUE(info.out_state & WARD_STATE_REVOKED);
	EXPECT_EQ(ward_buffer_alloc(session, 4096, 0, "late", &late), -ESHUTDOWN);
	do
		ASSERT_EQ(ward_session_notice(session, 10000, &notice), 0);
	while (notice.kind != WARD_NOTICE_REVOKE);
	ward_control_close(control);
	ward_buffer_free(buffer);
	ward_session_close(session);
}

KTAP_MAIN()
