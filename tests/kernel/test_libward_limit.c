// SPDX-License-Identifier: MIT
/* libward on the real device: limits, waiting for room, figures and levels. */
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include "ktap.h"
#include "libward.h"

#pragma GCC diagnostic ignored "-Wsign-compare"

#define MIB ((size_t)1 << 20)

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

static struct ward_limits limits_of(struct ward_control *control, const uint32_t *uid)
{
	struct ward_limits limits = { .size = sizeof(limits) };

	ASSERT_EQ(ward_control_limits(control, uid, &limits), 0);
	return limits;
}

TEST(limits_are_set_all_or_none)
{
	struct ward_control *control = open_control();
	struct ward_limits before = limits_of(control, NULL), now, want = before;
	uint32_t uid = 1001;

	want.session = 8 * MIB;
	want.user = 4097;
	EXPECT_EQ(ward_control_limit_set(control, WARD_LIMIT_USER | WARD_LIMIT_SESSION, NULL, &want),
		  -EINVAL);
	EXPECT_TRUE(strstr(ward_control_said(control), "page"));
	now = limits_of(control, NULL);
	EXPECT_EQ(now.session, before.session);
	want.user = 16 * MIB;
	ASSERT_EQ(ward_control_limit_set(control, WARD_LIMIT_USER | WARD_LIMIT_SESSION, NULL, &want),
		  0);
	now = limits_of(control, NULL);
	EXPECT_EQ(now.session, 8 * MIB);
	EXPECT_EQ(now.user, 16 * MIB);
	EXPECT_EQ(now.global, before.global);
	want.user = 4 * MIB;
	ASSERT_EQ(ward_control_limit_set(control, WARD_LIMIT_USER, &uid, &want), 0);
	EXPECT_EQ(limits_of(control, &uid).user, 4 * MIB);
	EXPECT_EQ(limits_of(control, NULL).user, 16 * MIB);
	want.user = UINT64_MAX;
	EXPECT_EQ(ward_control_limit_set(control, WARD_LIMIT_USER, &uid, &want), 0);
	EXPECT_EQ(ward_control_limit_set(control, WARD_LIMIT_USER | WARD_LIMIT_SESSION, NULL, &before),
		  0);
	ward_control_close(control);
}

TEST(a_wait_for_room_ends_at_its_deadline)
{
	struct ward_buffer_options options = {
		.size = sizeof(options), .flags = WARD_BUF_WAIT, .label = "more", .timeout_ms = 300,
	};
	struct ward_session *session = open_session();
	struct ward_buffer *held = NULL, *more = NULL;

	ASSERT_EQ(ward_session_watch(session, 0, 2 * MIB), 0);
	ASSERT_EQ(ward_buffer_alloc(session, MIB, 0, "held", &held), 0);
	EXPECT_EQ(ward_buffer_alloc_with(session, 2 * MIB, &options, &more), -ETIME);
	/* What could never be had is not waited for. */
	options.timeout_ms = 60000;
	EXPECT_EQ(ward_buffer_alloc_with(session, 3 * MIB, &options, &more), -EDQUOT);
	EXPECT_TRUE(!more);
	EXPECT_EQ(ward_buffer_alloc_with(session, MIB, &options, &more), 0);
	ward_buffer_free(more);
	ward_buffer_free(held);
	ward_session_close(session);
}

TEST(every_figure_names_its_source)
{
	struct ward_control *control = open_control();
	struct ward_gauge *gauge = NULL;
	size_t i;

	ASSERT_EQ(ward_control_gauge(control, &gauge), 0);
	EXPECT_GE(gauge->figures, 3);
	for (i = 0; i < gauge->figures; i++) {
		EXPECT_GE(strlen(gauge->figure[i].name), 3);
		EXPECT_GE(strlen(gauge->figure[i].source), 3);
	}
	EXPECT_TRUE(gauge->has_level_seq && gauge->has_stalls);
	EXPECT_LE(gauge->some.avg10, 10000);
	EXPECT_LE(gauge->full.total_us, gauge->some.total_us);
	ward_gauge_free(gauge);
	ward_control_close(control);
}

/* Held memory makes a level of whatever limit is set around it. */
TEST(changes_of_level_are_told_and_numbered)
{
	struct ward_session *session = open_session();
	struct ward_control *control = open_control(), *teller = open_control();
	struct ward_level_change change = { .size = sizeof(change) };
	struct ward_limits before = limits_of(control, NULL), low = before;
	struct ward_buffer *buffer = NULL;
	struct ward_gauge *gauge = NULL;
	uint64_t seq;

	ASSERT_EQ(ward_buffer_alloc(session, 8 * MIB, 0, "rows", &buffer), 0);
	EXPECT_EQ(ward_control_level(teller, 0, &change), -EBADF);
	ASSERT_EQ(ward_control_watch(teller), 0);
	ASSERT_EQ(ward_control_watch(teller), 0);
	EXPECT_GE(ward_control_fd(teller), 0);
	ASSERT_EQ(ward_control_gauge(control, &gauge), 0);
	EXPECT_EQ(gauge->memory.level, WARD_LEVEL_LOW);
	seq = gauge->level_seq;
	ward_gauge_free(gauge);
	EXPECT_EQ(ward_control_level(teller, 0, &change), -ETIME);
	low.global = 10 * MIB;
	ASSERT_EQ(ward_control_limit_set(control, WARD_LIMIT_GLOBAL, NULL, &low), 0);
	ASSERT_EQ(ward_control_level(teller, 20000, &change), 0);
	EXPECT_EQ(change.memory.level, WARD_LEVEL_MEDIUM);
	EXPECT_EQ(change.seq, seq + 1);
	EXPECT_EQ(change.memory.limit, 10 * MIB);
	/* The teller's other socket still answers in between. */
	ASSERT_EQ(ward_control_gauge(teller, &gauge), 0);
	EXPECT_EQ(gauge->memory.level, WARD_LEVEL_MEDIUM);
	ward_gauge_free(gauge);
	ASSERT_EQ(ward_control_limit_set(control, WARD_LIMIT_GLOBAL, NULL, &before), 0);
	ASSERT_EQ(ward_control_level(teller, 20000, &change), 0);
	EXPECT_EQ(change.memory.level, WARD_LEVEL_LOW);
	EXPECT_EQ(change.seq, seq + 2);
	ward_buffer_free(buffer);
	ward_control_close(teller);
	ward_control_close(control);
	ward_session_close(session);
}

KTAP_MAIN()
