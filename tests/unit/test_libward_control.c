// SPDX-License-Identifier: MIT
/*
 * What the control plane's client makes of answers: messages built here, read
 * by the library's own functions, which is why its source is included.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../../userspace/lib/control.c"
#include "../../userspace/lib/control_attr.c"
#include "../../userspace/lib/control_limit.c"
#include "../../userspace/lib/control_pressure.c"
#include "../../userspace/lib/control_session.c"
#include "../../userspace/lib/control_status.c"
#include "../../userspace/lib/control_walk.c"

static struct nl_msg *message(void)
{
	struct nl_msg *msg = nlmsg_alloc();

	assert_non_null(msg);
	assert_non_null(genlmsg_put(msg, 0, 0, 0x1f, 0, 0,
				    WARD_GENL_CMD_STATUS_GET, 1));
	return msg;
}

/* Reads @msg as an answer and gives it back to its pool. */
static int answer(struct nl_msg *msg, int (*valid)(const struct answer *, void *),
		  void *arg)
{
	struct exchange x = { .valid = valid, .arg = arg };

	assert_int_equal(control_on_valid(msg, &x), NL_OK);
	assert_int_equal(x.answers, x.err == -EBADMSG && !x.answers ? 0 : 1);
	nlmsg_free(msg);
	return x.err;
}

static void status_takes_every_figure(void **state)
{
	struct ward_status status = { 0 };
	struct nl_msg *msg = message();
	uint8_t bytes[32];

	(void)state;
	memset(bytes, 0x42, sizeof(bytes));
	nla_put_u32(msg, WARD_A_ABI, 1);
	nla_put_u32(msg, WARD_A_MODULE_VERSION, 0x10203);
	nla_put(msg, WARD_A_BUILD_ID, 20, bytes);
	nla_put(msg, WARD_A_INSTANCE, 16, bytes);
	nla_put(msg, WARD_A_GLOBAL_HEAD, 32, bytes);
	nla_put_u64(msg, WARD_A_POSTURE, 1ull << 63);
	nla_put_u64(msg, WARD_A_GLOBAL_SEQ, UINT64_MAX);
	nla_put_u32(msg, WARD_A_LEVEL, WARD_LEVEL_CRITICAL);
	nla_put_u64(msg, WARD_A_LIVE_A, 5);
	nla_put_u64(msg, WARD_A_LIVE_B, 6);
	nla_put_u64(msg, WARD_A_LIMIT, 7);
	/* A later module may say more. */
	nla_put_u32(msg, WARD_A_MAX + 5, 1);
	assert_int_equal(answer(msg, status_valid, &status), 0);
	assert_int_equal(status.module_version, 0x10203);
	assert_int_equal(status.build_id[19], 0x42);
	assert_true(status.posture == 1ull << 63);
	assert_true(status.global_seq == UINT64_MAX);
	assert_int_equal(status.global_head[31], 0x42);
	assert_int_equal(status.memory.level, WARD_LEVEL_CRITICAL);
	assert_int_equal(status.memory.live_a, 5);
	assert_int_equal(status.memory.live_b, 6);
	assert_int_equal(status.memory.limit, 7);
}

static void no_limit_is_the_highest_number(void **state)
{
	struct ward_memory memory = { 0 };
	struct nl_msg *msg = message();

	(void)state;
	nla_put_u32(msg, WARD_A_LEVEL, 0);
	assert_int_equal(answer(msg, memory_valid, &memory), 0);
	assert_true(memory.limit == UINT64_MAX);
}

static void what_is_missing_or_misshapen_is_refused(void **state)
{
	struct ward_status status = { 0 };
	struct ward_memory memory = { 0 };
	struct walk walk = { .size = sizeof(struct ward_session_entry), .fill = session_fill };
	uint8_t bytes[64] = { 0 };
	struct nl_msg *msg;

	(void)state;
	assert_int_equal(answer(message(), status_valid, &status), -EBADMSG);
	assert_int_equal(answer(message(), memory_valid, &memory), -EBADMSG);
	assert_int_equal(answer(message(), walk_valid, &walk), -EBADMSG);

	msg = message();
	nla_put(msg, WARD_A_SESSION_ID, 15, bytes);
	assert_int_equal(answer(msg, walk_valid, &walk), -EBADMSG);
	msg = message();
	nla_put(msg, WARD_A_SESSION_ID, 17, bytes);
	assert_int_equal(answer(msg, walk_valid, &walk), -EBADMSG);
	msg = message();
	nla_put(msg, WARD_A_ABI, 2, bytes);
	assert_int_equal(answer(msg, status_valid, &status), -EBADMSG);
	msg = message();
	nla_put_u32(msg, WARD_A_ABI, 1);
	nla_put(msg, WARD_A_LIVE_A, 4, bytes);
	assert_int_equal(answer(msg, status_valid, &status), -EBADMSG);
	msg = message();
	nla_put_u32(msg, WARD_A_ABI, 1);
	nla_put(msg, WARD_A_GLOBAL_HEAD, 64, bytes);
	assert_int_equal(answer(msg, status_valid, &status), -EBADMSG);
	assert_int_equal(walk.count, 0);
	free(walk.entry);
}

static void sessions_pile_up(void **state)
{
	struct walk walk = { .size = sizeof(struct ward_session_entry), .fill = session_fill };
	const struct ward_session_entry *entry;
	uint8_t id[WARD_ID_LEN] = { 0 };
	unsigned int i;

	(void)state;
	for (i = 0; i < 1000; i++) {
		struct nl_msg *msg = message();

		id[0] = i;
		id[1] = i >> 8;
		nla_put(msg, WARD_A_SESSION_ID, sizeof(id), id);
		nla_put_u32(msg, WARD_A_UID, i);
		nla_put_u64(msg, WARD_A_LEASE_NS, 9000 + i);
		nla_put_string(msg, WARD_A_COMM, "a name that is too long");
		assert_int_equal(answer(msg, walk_valid, &walk), 0);
	}
	assert_int_equal(walk.count, 1000);
	for (i = 0; i < 1000; i++) {
		entry = (const struct ward_session_entry *)walk.entry + i;
		assert_int_equal(entry->uid, i);
		assert_int_equal(entry->id[1], i >> 8);
		assert_string_equal(entry->comm, "a name that is ");
		assert_true(entry->lease_ns == 9000u + i);
	}
	walk.room = WALK_MAX;
	walk.count = WALK_MAX;
	assert_int_equal(walk_grow(&walk), -EOVERFLOW);
	free(walk.entry);
}

static void a_detached_provider_has_no_name(void **state)
{
	struct ward_provider provider = { 0 };
	struct nl_msg *msg = message();

	(void)state;
	nla_put_u64(msg, WARD_A_CALLS, 3);
	assert_int_equal(answer(msg, provider_valid, &provider), 0);
	assert_int_equal(provider.attached, 0);
	assert_int_equal(provider.calls, 3);
	msg = message();
	nla_put_string(msg, WARD_A_PROVIDER, "sev_guest");
	assert_int_equal(answer(msg, provider_valid, &provider), 0);
	assert_int_equal(provider.attached, 1);
	assert_string_equal(provider.name, "sev_guest");
}

/* Callers that were built against a shorter or a longer struct. */
static void structs_of_other_ages(void **state)
{
	struct { uint32_t size; uint32_t a; uint64_t b, c; } now = { 0, 1, 2, 3 };
	struct { uint32_t size; uint32_t a; uint64_t b; } older = { 0 };
	struct { uint32_t size; uint32_t a; uint64_t b, c, d; } newer = { 0 };

	(void)state;
	assert_int_equal(control_copy_out(&older, &now, sizeof(now)), -EINVAL);
	older.size = 4;
	assert_int_equal(control_copy_out(&older, &now, sizeof(now)), -EINVAL);
	older.size = sizeof(older);
	assert_int_equal(control_copy_out(&older, &now, sizeof(now)), 0);
	assert_int_equal(older.size, sizeof(older));
	assert_int_equal(older.b, 2);
	newer.size = sizeof(newer);
	newer.d = 9;
	assert_int_equal(control_copy_out(&newer, &now, sizeof(now)), 0);
	assert_int_equal(newer.size, sizeof(newer));
	assert_int_equal(newer.c, 3);
	assert_int_equal(newer.d, 0);
}

static void the_kernels_errno_is_kept(void **state)
{
	struct { struct nlmsghdr head; struct nlmsgerr error; } m = {
		.head = { .nlmsg_len = sizeof(m), .nlmsg_type = NLMSG_ERROR },
		.error = { .error = -EPERM },
	};
	struct exchange x = { 0 };

	(void)state;
	assert_int_equal(on_error(NULL, &m.error, &x), NL_STOP);
	assert_int_equal(x.err, -EPERM);
	assert_int_equal(x.done, 1);
	assert_int_equal(control_errno(-NLE_OBJ_NOTFOUND), -ENOENT);
	assert_int_equal(control_errno(-NLE_DUMP_INTR), -EINTR);
	assert_int_equal(control_errno(-NLE_PARSE_ERR), -EBADMSG);
}

/* What the kernel says of a refusal, whole, cut, absent or misshapen. */
static void the_kernels_words_are_kept(void **state)
{
	struct {
		struct nlmsghdr head;
		struct nlmsgerr error;
		struct nlattr attr;
		char text[200];
	} m = {
		.head = { .nlmsg_flags = NLM_F_ACK_TLVS | NLM_F_CAPPED },
		.error = { .error = -EINVAL },
	};
	static const struct {
		unsigned int text_len, flags;
		size_t said;
	} cases[] = {
		{ 11, NLM_F_ACK_TLVS | NLM_F_CAPPED, 10 },
		{ 11, NLM_F_CAPPED, 0 },
		{ 11, NLM_F_ACK_TLVS, 0 },
		{ 0, NLM_F_ACK_TLVS | NLM_F_CAPPED, 0 },
		{ 200, NLM_F_ACK_TLVS | NLM_F_CAPPED, sizeof(((struct ward_control *)0)->said) - 1 },
	};
	struct ward_control control;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct exchange x = { .control = &control };

		memset(&control, 0, sizeof(control));
		memset(m.text, 'w', sizeof(m.text));
		m.text[cases[i].text_len ? cases[i].text_len - 1 : 0] = '\0';
		m.attr.nla_type = NLMSGERR_ATTR_MSG;
		m.attr.nla_len = sizeof(m.attr) + cases[i].text_len;
		m.head.nlmsg_flags = cases[i].flags;
		m.head.nlmsg_len = offsetof(typeof(m), attr) +
				   (cases[i].text_len ? m.attr.nla_len : 0);
		assert_int_equal(on_error(NULL, &m.error, &x), NL_STOP);
		assert_int_equal(x.err, -EINVAL);
		assert_int_equal(strlen(ward_control_said(&control)), cases[i].said);
	}
}

static struct nl_msg *figure(struct nl_msg *msg, const char *name, uint64_t value)
{
	struct nlattr *nest = nla_nest_start(msg, WARD_A_FIGURE);

	assert_non_null(nest);
	if (name)
		nla_put_string(msg, WARD_A_NAME, name);
	nla_put_u64(msg, WARD_A_VALUE, value);
	nla_put_string(msg, WARD_A_SOURCE, "/proc/meminfo");
	nla_nest_end(msg, nest);
	return msg;
}

static void a_gauge_takes_every_figure(void **state)
{
	struct ward_stall some = { .avg10 = 12, .total_us = 99 };
	struct ward_gauge gauge = { .figures = 0 };
	struct nl_msg *msg = message();

	(void)state;
	nla_put_u32(msg, WARD_A_LEVEL, WARD_LEVEL_MEDIUM);
	nla_put_u64(msg, WARD_A_LIMIT_USER, 4096);
	nla_put_u64(msg, WARD_A_VOLATILE, 3);
	nla_put_u64(msg, WARD_A_POOL, 4);
	nla_put_u64(msg, WARD_A_LIVE_SHARED, 5);
	nla_put_u32(msg, WARD_A_WAITING, 6);
	nla_put_u64(msg, WARD_A_LEVEL_SEQ, 7);
	nla_put(msg, WARD_A_SOME, sizeof(some), &some);
	nla_put(msg, WARD_A_FULL, sizeof(some), &some);
	figure(msg, "free", 1);
	figure(msg, "available", 2);
	assert_int_equal(answer(msg, gauge_valid, &gauge), 0);
	assert_int_equal(gauge.memory.level, WARD_LEVEL_MEDIUM);
	assert_int_equal(gauge.memory.live_volatile, 3);
	assert_int_equal(gauge.memory.pool, 4);
	assert_int_equal(gauge.memory.live_shared, 5);
	assert_int_equal(gauge.limit_user, 4096);
	assert_true(gauge.limit_session == UINT64_MAX);
	assert_int_equal(gauge.waiting, 6);
	assert_true(gauge.has_level_seq && gauge.level_seq == 7);
	assert_true(gauge.has_stalls);
	assert_int_equal(gauge.some.avg10, 12);
	assert_int_equal(gauge.full.total_us, 99);
	assert_int_equal(gauge.figures, 2);
	assert_string_equal(gauge.figure[1].name, "available");
	assert_string_equal(gauge.figure[1].source, "/proc/meminfo");
	free(gauge.figure);
}

static void a_gauge_of_an_older_module(void **state)
{
	struct ward_gauge gauge = { .figures = 0 };
	struct nl_msg *msg = message();

	(void)state;
	nla_put_u32(msg, WARD_A_LEVEL, WARD_LEVEL_LOW);
	assert_int_equal(answer(msg, gauge_valid, &gauge), 0);
	assert_false(gauge.has_level_seq || gauge.has_stalls);
	assert_int_equal(gauge.figures, 0);
	free(gauge.figure);
	memset(&gauge, 0, sizeof(gauge));
	msg = figure(message(), NULL, 1);
	nla_put_u32(msg, WARD_A_LEVEL, WARD_LEVEL_LOW);
	assert_int_equal(answer(msg, gauge_valid, &gauge), -EBADMSG);
	free(gauge.figure);
}

static void a_change_of_level(void **state)
{
	struct ward_level_change change = { .size = sizeof(change) };
	struct nl_msg *msg = message();

	(void)state;
	nla_put_u32(msg, WARD_A_LEVEL, WARD_LEVEL_CRITICAL);
	assert_int_equal(answer(msg, level_valid, &change), -EBADMSG);
	msg = message();
	nla_put_u32(msg, WARD_A_LEVEL, WARD_LEVEL_CRITICAL);
	nla_put_u64(msg, WARD_A_LEVEL_SEQ, 11);
	nla_put_u64(msg, WARD_A_LIVE_A, 12);
	assert_int_equal(answer(msg, level_valid, &change), 0);
	assert_int_equal(change.memory.level, WARD_LEVEL_CRITICAL);
	assert_int_equal(change.seq, 11);
	assert_int_equal(change.memory.live_a, 12);
}

static void a_buffer_has_all_its_members(void **state)
{
	struct walk walk = { .size = sizeof(struct ward_buffer_entry), .fill = buffer_fill };
	const struct ward_buffer_entry *entry;
	uint8_t bytes[32];
	struct nl_msg *msg = message();

	(void)state;
	memset(bytes, 0x7e, sizeof(bytes));
	nla_put(msg, WARD_A_SESSION_ID, 16, bytes);
	assert_int_equal(answer(msg, walk_valid, &walk), -EBADMSG);
	assert_int_equal(walk.count, 0);
	msg = message();
	nla_put(msg, WARD_A_SESSION_ID, 16, bytes);
	nla_put_u64(msg, WARD_A_BUFFER_ID, 1);
	nla_put_u32(msg, WARD_A_CLASS, WARD_CLASS_A);
	nla_put_u64(msg, WARD_A_LENGTH, 2);
	nla_put_u64(msg, WARD_A_PRESENT, 3);
	nla_put_u64(msg, WARD_A_HUGE, 4);
	nla_put_u32(msg, WARD_A_MAPPED, 5);
	nla_put_u32(msg, WARD_A_BUFFER_STATE, WARD_BUF_IS_VOLATILE);
	nla_put_u64(msg, WARD_A_PROTECTION, WARD_PROTECT_WIPED);
	nla_put(msg, WARD_A_LABEL, 32, bytes);
	assert_int_equal(answer(msg, walk_valid, &walk), 0);
	entry = (const struct ward_buffer_entry *)walk.entry;
	assert_int_equal(entry->session[15], 0x7e);
	assert_int_equal(entry->id, 1);
	assert_int_equal(entry->buf_class, WARD_CLASS_A);
	assert_int_equal(entry->length, 2);
	assert_int_equal(entry->present, 3);
	assert_int_equal(entry->huge, 4);
	assert_int_equal(entry->mapped, 5);
	assert_int_equal(entry->state, WARD_BUF_IS_VOLATILE);
	assert_int_equal(entry->protection, WARD_PROTECT_WIPED);
	assert_int_equal(entry->label[31], 0x7e);
	free(walk.entry);
}

/* Only what was named is sent; wrong calls never reach the kernel. */
static void limits_are_sent_as_named(void **state)
{
	struct ward_limits limits = { .size = sizeof(limits), .user = 4096, .session = 8192 };
	struct ward_control control = { .sock = NULL };
	struct nlattr *attr[WARD_A_MAX + 1];
	struct nl_msg *msg = message();
	uint32_t uid = 1001;

	(void)state;
	assert_int_equal(put_limits(msg, &limits, WARD_LIMIT_USER | WARD_LIMIT_SESSION), 0);
	assert_non_null(of_user(msg, &uid));
	assert_true(genlmsg_parse(nlmsg_hdr(msg), 0, attr, WARD_A_MAX, control_policy) >= 0);
	assert_null(attr[WARD_A_LIMIT]);
	assert_int_equal(nla_get_u64(attr[WARD_A_LIMIT_USER]), 4096);
	assert_int_equal(nla_get_u64(attr[WARD_A_LIMIT_SESSION]), 8192);
	assert_int_equal(nla_get_u32(attr[WARD_A_UID]), 1001);
	nlmsg_free(msg);
	assert_int_equal(ward_control_limit_set(&control, 0, NULL, &limits), -EINVAL);
	assert_int_equal(ward_control_limit_set(&control, 8, NULL, &limits), -EINVAL);
	assert_int_equal(ward_control_limit_set(&control, WARD_LIMIT_GLOBAL, &uid, &limits),
			 -EINVAL);
	limits.size = 4;
	assert_int_equal(ward_control_limit_set(&control, WARD_LIMIT_GLOBAL, NULL, &limits),
			 -EINVAL);
	assert_int_equal(ward_control_level(&control, 0, NULL), -EBADF);
	assert_int_equal(ward_control_fd(&control), -EBADF);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(status_takes_every_figure),
		cmocka_unit_test(no_limit_is_the_highest_number),
		cmocka_unit_test(what_is_missing_or_misshapen_is_refused),
		cmocka_unit_test(sessions_pile_up),
		cmocka_unit_test(a_detached_provider_has_no_name),
		cmocka_unit_test(structs_of_other_ages),
		cmocka_unit_test(the_kernels_errno_is_kept),
		cmocka_unit_test(the_kernels_words_are_kept),
		cmocka_unit_test(a_gauge_takes_every_figure),
		cmocka_unit_test(a_gauge_of_an_older_module),
		cmocka_unit_test(a_change_of_level),
		cmocka_unit_test(a_buffer_has_all_its_members),
		cmocka_unit_test(limits_are_sent_as_named),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
