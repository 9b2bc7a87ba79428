// SPDX-License-Identifier: MIT
/*
 * The rules that every ioctl obeys, walked for every command, every length and
 * every flag; the layout of each argument; and calls by 32-bit programs.
 */
#define _GNU_SOURCE
#include <stddef.h>

#include "key_test.h"

/* ---- layout: the same for 32 and 64 bit, fixed for ever --------------------- */

#define SIZE_IS(type, n)	_Static_assert(sizeof(struct type) == (n), #type)
#define AT(type, field, n)	_Static_assert(offsetof(struct type, field) == (n), #field)

SIZE_IS(ward_info, 96);
AT(ward_info, out_session, 24);
AT(ward_info, out_features, 80);
SIZE_IS(ward_buf_alloc, 72);
AT(ward_buf_alloc, length, 8);
AT(ward_buf_alloc, out_fd, 48);
AT(ward_buf_alloc, out_id, 56);
AT(ward_buf_alloc, deadline_ns, 64);
SIZE_IS(ward_buf_pin, 72);
AT(ward_buf_pin, out_fd, 56);
SIZE_IS(ward_measure, 136);
SIZE_IS(ward_attest, 336);
AT(ward_attest, subject, 144);
AT(ward_attest, deadline_ns, 160);
AT(ward_attest, claims_len, 208);
AT(ward_attest, out_generation, 240);
AT(ward_attest, more_addr, 288);
AT(ward_attest, max_age_ns, 304);
AT(ward_attest, out_denied_by, 320);
AT(ward_attest, out_denied, 328);
SIZE_IS(ward_evidence_part, 64);
SIZE_IS(ward_agent_bind, 56);
AT(ward_agent_bind, out_fd, 48);
SIZE_IS(ward_agent_request, 88);
SIZE_IS(ward_agent_reply, 64);
AT(ward_agent_reply, data_addr, 32);
SIZE_IS(ward_pressure, 160);
AT(ward_pressure, out_some, 112);
SIZE_IS(ward_stall, 24);
SIZE_IS(ward_lease, 144);
AT(ward_lease, out_expires_ns, 88);
SIZE_IS(ward_watch, 24);
SIZE_IS(ward_notice, 48);
SIZE_IS(ward_events, 48);
SIZE_IS(ward_seal, 24);
SIZE_IS(ward_buf_info, 72);
AT(ward_buf_info, out_present, 48);
SIZE_IS(ward_buf_volatile, 8);
SIZE_IS(ward_buf_hold, 16);
SIZE_IS(ward_buf_wipe, 16);
SIZE_IS(ward_key_pair, 40);
SIZE_IS(ward_key_grant, WARD_KEY_GRANT_SIZE);
AT(ward_key_grant, key, 56);
SIZE_IS(ward_key_import, 168);
AT(ward_key_import, out_fd, 152);
SIZE_IS(ward_key_open, 120);
AT(ward_key_open, offset, 32);
AT(ward_key_open, out_bytes, 112);
SIZE_IS(ward_key_unwrap, 88);
AT(ward_key_unwrap, out_id, 80);
SIZE_IS(ward_key_info, 96);
AT(ward_key_info, out_dataset, 64);
SIZE_IS(ward_key_end, 16);
SIZE_IS(ward_event, WARD_EVENT_SIZE);
SIZE_IS(ward_claims, WARD_CLAIMS_SIZE);

/* ---- one row for each command ------------------------------------------------- */

union argument {
	struct {
		uint32_t size;
		uint32_t flags;
	} head;
	struct ward_buf_alloc alloc;
	struct ward_buf_pin pin;
	struct ward_attest attest;
	struct ward_events events;
	struct ward_pressure pressure;
	struct ward_buf_info info;
	struct ward_agent_bind bind;
	struct ward_agent_reply reply;
	struct ward_key_open open;
	unsigned char bytes[512];
};

/* Fills in what a well-formed call needs beside size and flags. */
typedef void prepare_fn(union argument *arg);

static unsigned char *pin_memory;

static void prepare_alloc(union argument *arg)
{
	arg->alloc.length = PAGE;
}

static void prepare_pin(union argument *arg)
{
	arg->pin.addr = (uintptr_t)pin_memory;
	arg->pin.length = PAGE;
}

static void prepare_attest(union argument *arg)
{
	arg->attest.purpose = WARD_PURPOSE_REPORT;
	arg->attest.nonce_len = 32;
}

static void prepare_bind(union argument *arg)
{
	memcpy(arg->bind.name, "abi", 4);
}

static void prepare_reply(union argument *arg)
{
	arg->reply.cookie = 1;
}

static void prepare_open(union argument *arg)
{
	arg->open.use = WARD_KEY_USE_DATASET;
	arg->open.src = (uintptr_t)pin_memory;
	arg->open.src_len = PAGE;
	arg->open.chunk = PAGE;
	arg->open.buffer_fd = -1;
}

/* What a command is called on. */
enum object { SESSION, BUFFER, AGENT, KEY, OBJECTS };

static const struct command {
	const char *name;
	unsigned int nr;
	enum object object;
	uint32_t min, size;
	uint32_t reserved;	/* offset of the reserved field, 0 = none */
	bool may_fail;		/* the answer to a well-formed call depends */
	prepare_fn *prepare;
} commands[] = {
	{ "INFO", WARD_CMD_INFO, SESSION, 8, sizeof(struct ward_info), 0, false, NULL },
	{ "BUF_ALLOC", WARD_CMD_BUF_ALLOC, SESSION, offsetof(struct ward_buf_alloc, deadline_ns),
	  sizeof(struct ward_buf_alloc), offsetof(struct ward_buf_alloc, reserved),
	  false, prepare_alloc },
	{ "BUF_PIN", WARD_CMD_BUF_PIN, SESSION, sizeof(struct ward_buf_pin),
	  sizeof(struct ward_buf_pin), offsetof(struct ward_buf_pin, reserved),
	  false, prepare_pin },
	{ "MEASURE", WARD_CMD_MEASURE, SESSION, offsetof(struct ward_measure, out_register),
	  sizeof(struct ward_measure), 0, false, NULL },
	{ "LEASE", WARD_CMD_LEASE, SESSION, offsetof(struct ward_lease, out_expires_ns),
	  sizeof(struct ward_lease), 0, false, NULL },
	{ "ATTEST", WARD_CMD_ATTEST, SESSION, offsetof(struct ward_attest, more_addr),
	  sizeof(struct ward_attest), offsetof(struct ward_attest, reserved), true,
	  prepare_attest },
	{ "PRESSURE", WARD_CMD_PRESSURE, SESSION, 8, sizeof(struct ward_pressure),
	  offsetof(struct ward_pressure, reserved), false, NULL },
	{ "WATCH", WARD_CMD_WATCH, SESSION, offsetof(struct ward_watch, limit),
	  sizeof(struct ward_watch), 0, false, NULL },
	{ "EVENTS", WARD_CMD_EVENTS, SESSION, sizeof(struct ward_events),
	  sizeof(struct ward_events), offsetof(struct ward_events, reserved), true, NULL },
	{ "SEAL", WARD_CMD_SEAL, SESSION, 8, sizeof(struct ward_seal), 0, false, NULL },
	{ "BUF_INFO", WARD_CMD_BUF_INFO, BUFFER, 8, sizeof(struct ward_buf_info),
	  offsetof(struct ward_buf_info, reserved), false, NULL },
	{ "BUF_WIPE", WARD_CMD_BUF_WIPE, BUFFER, 8, sizeof(struct ward_buf_wipe), 0,
	  false, NULL },
	{ "BUF_VOLATILE", WARD_CMD_BUF_VOLATILE, BUFFER, 8,
	  sizeof(struct ward_buf_volatile), 0, false, NULL },
	{ "BUF_HOLD", WARD_CMD_BUF_HOLD, BUFFER, offsetof(struct ward_buf_hold, reserved),
	  sizeof(struct ward_buf_hold), offsetof(struct ward_buf_hold, reserved),
	  false, NULL },
	{ "AGENT_BIND", WARD_CMD_AGENT_BIND, SESSION,
	  offsetof(struct ward_agent_bind, reserved), sizeof(struct ward_agent_bind),
	  offsetof(struct ward_agent_bind, reserved), false, prepare_bind },
	{ "KEY_IMPORT", WARD_CMD_KEY_IMPORT, SESSION, sizeof(struct ward_key_import),
	  sizeof(struct ward_key_import), offsetof(struct ward_key_import, reserved), true, NULL },
	{ "KEY_PAIR", WARD_CMD_KEY_PAIR, SESSION, sizeof(struct ward_key_pair),
	  sizeof(struct ward_key_pair), 0, true, NULL },
	{ "KEY_OPEN", WARD_CMD_KEY_OPEN, KEY, offsetof(struct ward_key_open, out_bytes),
	  sizeof(struct ward_key_open), offsetof(struct ward_key_open, reserved), true,
	  prepare_open },
	{ "KEY_UNWRAP", WARD_CMD_KEY_UNWRAP, KEY, sizeof(struct ward_key_unwrap),
	  sizeof(struct ward_key_unwrap), offsetof(struct ward_key_unwrap, reserved), true, NULL },
	{ "KEY_INFO", WARD_CMD_KEY_INFO, KEY, 8, sizeof(struct ward_key_info),
	  offsetof(struct ward_key_info, reserved), false, NULL },
	{ "KEY_END", WARD_CMD_KEY_END, KEY, 8, sizeof(struct ward_key_end),
	  offsetof(struct ward_key_end, reserved), false, NULL },
	{ "AGENT_REPLY", WARD_CMD_AGENT_REPLY, AGENT, sizeof(struct ward_agent_reply),
	  sizeof(struct ward_agent_reply), 0, true, prepare_reply },
};

enum { COMMANDS = sizeof(commands) / sizeof(commands[0]) };

/* Files that came out of a call are closed again. */
static void drop_files(const struct command *c, const union argument *arg, int ret)
{
	if (!ret && c->nr == WARD_CMD_BUF_ALLOC)
		close(arg->alloc.out_fd);
	if (!ret && c->nr == WARD_CMD_BUF_PIN)
		close(arg->pin.out_fd);
	if (!ret && c->nr == WARD_CMD_AGENT_BIND)
		close(arg->bind.out_fd);
}

static int bind_agent(int session)
{
	struct ward_agent_bind cmd = { .size = sizeof(cmd), .name = "abi-agent" };

	ASSERT_EQ(ward_call(session, WARD_AGENT_BIND, &cmd), 0);
	return cmd.out_fd;
}

static int any_key(int session)
{
	struct ward_key_grant grant = grant_new(0, 0);

	return key_of(session, &grant);
}

static int object_of(enum object object, int session)
{
	switch (object) {
	case BUFFER:
		return buf_alloc(session, PAGE);
	case AGENT:
		return bind_agent(session);
	case KEY:
		return any_key(session);
	default:
		return dup(session);
	}
}

/* A call on an object of its own, since some commands change it for ever. */
static int call_at(const struct command *c, union argument *arg)
{
	int s = session_open();
	int fd = object_of(c->object, s);
	int ret;

	ASSERT_GE(fd, 0);
	ret = ward_call(fd, _IO('W', c->nr), arg);
	close(fd);
	close(s);
	return ret;
}

static int call_sized(const struct command *c, uint32_t size, unsigned char last)
{
	union argument arg = { .head.size = size };
	int ret;

	if (c->prepare)
		c->prepare(&arg);
	if (last)
		arg.bytes[size - 1] = last;
	ret = call_at(c, &arg);
	drop_files(c, &arg, ret);
	return ret;
}

static bool well_formed(const struct command *c, int ret)
{
	if (!ret)
		return true;
	return c->may_fail && ret != -EINVAL && ret != -E2BIG && ret != -EOPNOTSUPP &&
	       ret != -ENOTTY && (ret != -EFAULT || c->nr == WARD_CMD_ATTEST);
}

static void note_command(const struct command *c, uint32_t size, int ret)
{
	ktap_note("%s with size %u: %d", c->name, size, ret);
}

static void set_up(void)
{
	pin_memory = mmap(NULL, PAGE, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ASSERT_TRUE(pin_memory != MAP_FAILED);
	ASSERT_EQ(madvise(pin_memory, PAGE, MADV_DONTFORK), 0);
}

#define FOR_EACH_COMMAND(c) \
	for (const struct command *c = commands; c < commands + COMMANDS; c++)

TEST(every_length)
{
	uint32_t size;
	int ret;

	set_up();
	FOR_EACH_COMMAND(c) {
		for (size = 0; size <= c->size + 40; size++) {
			ret = call_sized(c, size, 0);
			if (size < c->min ? ret == -EINVAL : well_formed(c, ret))
				continue;
			note_command(c, size, ret);
			EXPECT_TRUE(!"a wrong answer to a length");
		}
	}
}

TEST(tail_that_is_not_zero)
{
	uint32_t size;
	int ret;

	set_up();
	FOR_EACH_COMMAND(c) {
		for (size = c->size + 1; size <= c->size + 40; size++) {
			ret = call_sized(c, size, 1);
			if (ret == -E2BIG)
				continue;
			note_command(c, size, ret);
			EXPECT_TRUE(!"a tail that was ignored");
		}
	}
}

TEST(absurd_lengths)
{
	static const uint32_t sizes[] = { 4097, 65536, 1u << 31, ~0u };
	unsigned int i;
	union argument arg;

	set_up();
	FOR_EACH_COMMAND(c) {
		for (i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
			arg = (union argument){ .head.size = sizes[i] };
			EXPECT_EQ(call_at(c, &arg), -E2BIG);
		}
	}
}

static uint32_t known_flags(const struct command *c)
{
	if (c->nr == WARD_CMD_BUF_ALLOC)
		return WARD_BUF_SHARED | WARD_BUF_LAZY | WARD_BUF_POPULATE |
		       WARD_BUF_WAIT | WARD_BUF_PSI;
	if (c->nr == WARD_CMD_LEASE)
		return WARD_LEASE_RENEW;
	if (c->nr == WARD_CMD_AGENT_BIND)
		return WARD_AGENT_BESIDE | WARD_AGENT_EXCLUSIVE;
	return c->nr == WARD_CMD_BUF_PIN ? WARD_PIN_CLEAN : 0;
}

TEST(every_flag)
{
	union argument arg;
	unsigned int bit;
	int ret;

	set_up();
	FOR_EACH_COMMAND(c) {
		for (bit = 0; bit < 32; bit++) {
			if (known_flags(c) & 1u << bit)
				continue;
			arg = (union argument){ .head = { c->size, 1u << bit } };
			if (c->prepare)
				c->prepare(&arg);
			ret = call_at(c, &arg);
			if (ret == -EOPNOTSUPP)
				continue;
			ktap_note("%s with flag %u: %d", c->name, bit, ret);
			EXPECT_TRUE(!"a flag that was ignored");
		}
	}
}

TEST(reserved_fields)
{
	union argument arg;

	set_up();
	FOR_EACH_COMMAND(c) {
		if (!c->reserved)
			continue;
		arg = (union argument){ .head.size = c->size };
		if (c->prepare)
			c->prepare(&arg);
		arg.bytes[c->reserved] = 1;
		if (call_at(c, &arg) == -EINVAL)
			continue;
		ktap_note("%s", c->name);
		EXPECT_TRUE(!"a reserved field that was ignored");
	}
}

/* Two pages of which the second cannot be touched. */
static unsigned char *fenced_page(void)
{
	unsigned char *p = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE,
				MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	ASSERT_TRUE(p != MAP_FAILED);
	ASSERT_EQ(mprotect(p + PAGE, PAGE, PROT_NONE), 0);
	return p;
}

TEST(unreadable_arguments)
{
	unsigned char *page = fenced_page();
	union argument *cut;

	set_up();
	FOR_EACH_COMMAND(c) {
		EXPECT_EQ(call_at(c, NULL), -EFAULT);
		EXPECT_EQ(call_at(c, (void *)(page + PAGE)), -EFAULT);
		EXPECT_EQ(call_at(c, (void *)-PAGE), -EFAULT);
		EXPECT_EQ(call_at(c, (void *)(page + PAGE - 2)), -EFAULT);
		cut = (void *)(page + PAGE - c->size + 4);
		memset(cut, 0, c->size - 4);
		memcpy(cut, &c->size, sizeof(c->size));
		EXPECT_EQ(call_at(c, cut), -EFAULT);
	}
}

TEST(argument_at_the_end_of_memory)
{
	unsigned char *page = fenced_page();
	union argument *whole;

	set_up();
	FOR_EACH_COMMAND(c) {
		union argument arg = { .head.size = c->size };
		int ret;

		if (c->prepare)
			c->prepare(&arg);
		whole = (void *)(page + PAGE - c->size);
		memcpy(whole, &arg, c->size);
		ret = call_at(c, whole);
		EXPECT_TRUE(well_formed(c, ret));
		memcpy(&arg, whole, c->size);
		drop_files(c, &arg, ret);
	}
}

TEST(nothing_is_written_beyond_a_short_argument)
{
	unsigned int i;

	set_up();
	FOR_EACH_COMMAND(c) {
		union argument arg;
		int ret;

		memset(&arg, 0, sizeof(arg));
		arg.head.size = c->min;
		if (c->prepare)
			c->prepare(&arg);
		memset(arg.bytes + c->min, 0xee, sizeof(arg) - c->min);
		ret = call_at(c, &arg);
		EXPECT_TRUE(well_formed(c, ret));
		for (i = c->min; i < sizeof(arg); i++)
			ASSERT_EQ(arg.bytes[i], 0xee);
		EXPECT_EQ(arg.head.size, c->min);
		drop_files(c, &arg, ret);
	}
}

TEST(unknown_commands)
{
	int s = session_open(), fds[OBJECTS], fd;
	struct ward_info info = { .size = sizeof(info) };
	bool known[OBJECTS][256] = { { false } };
	unsigned int nr, object;

	FOR_EACH_COMMAND(c)
		known[c->object][c->nr] = true;
	for (object = 0; object < OBJECTS; object++) {
		fds[object] = object_of(object, s);
		for (nr = 0; nr < 256; nr++)
			if (!known[object][nr])
				EXPECT_EQ(ward_call(fds[object], _IO('W', nr), &info), -ENOTTY);
	}
	fd = fds[BUFFER];
	EXPECT_EQ(ward_call(s, _IOWR('W', WARD_CMD_INFO, struct ward_info), &info), -ENOTTY);
	EXPECT_EQ(ward_call(s, _IO('w', WARD_CMD_INFO), &info), -ENOTTY);
	EXPECT_EQ(ward_call(s, WARD_CMD_INFO, &info), -ENOTTY);
	EXPECT_EQ(ward_call(fd, _IO('V', WARD_CMD_BUF_INFO), &info), -ENOTTY);
	EXPECT_EQ(ward_call(s, WARD_INFO, &info), 0);
}

TEST(info_says_what_it_is)
{
	int s = session_open(), t = session_open();
	struct ward_info a = session_info(s), b = session_info(t);

	EXPECT_EQ(a.out_abi, WARD_ABI_VERSION);
	EXPECT_EQ(a.out_state, 0);
	EXPECT_EQ(a.out_live, 0);
	EXPECT_TRUE(a.out_features & WARD_FEATURE_NO_GUP);
	EXPECT_TRUE(!all_zero(a.out_session, WARD_ID_LEN));
	EXPECT_TRUE(memcmp(a.out_session, b.out_session, WARD_ID_LEN) != 0);
	EXPECT_MEMEQ(a.out_instance, b.out_instance, WARD_ID_LEN);
}

/* Down to its head alone: what there is room for is what the whole would say. */
TEST(info_says_as_much_as_there_is_room_for)
{
	int s = session_open();
	struct ward_info whole = session_info(s), some;
	uint32_t size;

	for (size = 8; size < sizeof(some); size++) {
		memset(&some, 0, sizeof(some));
		some.size = size;
		ASSERT_EQ(ward_call(s, WARD_INFO, &some), 0);
		EXPECT_EQ(some.size, size);
		EXPECT_MEMEQ((uint8_t *)&some + 8, (uint8_t *)&whole + 8, size - 8);
		EXPECT_TRUE(all_zero((uint8_t *)&some + size, sizeof(some) - size));
	}
}

/* ---- 32-bit programs -------------------------------------------------------------- */

#ifdef __x86_64__
/* The kernel's entry for 32-bit programs; works from a 64-bit one as well. */
static int ioctl32(int fd, unsigned int cmd, void *arg)
{
	int ret;

	asm volatile("int $0x80" : "=a"(ret)
		     : "a"(54), "b"(fd), "c"(cmd), "d"(arg)
		     : "memory", "r8", "r9", "r10", "r11");
	return ret;
}

TEST(calls_of_32_bit_programs)
{
	union argument *arg = mmap(NULL, PAGE, PROT_READ | PROT_WRITE,
				   MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);
	int s = session_open(), fd = buf_alloc(s, PAGE);
	struct ward_info *info = (void *)arg;

	ASSERT_TRUE((void *)arg != MAP_FAILED);
	info->size = sizeof(*info);
	EXPECT_EQ(ioctl32(s, WARD_INFO, arg), 0);
	EXPECT_EQ(info->out_live, PAGE);
	arg->info = (struct ward_buf_info){ .size = sizeof(arg->info) };
	EXPECT_EQ(ioctl32(fd, WARD_BUF_INFO, arg), 0);
	EXPECT_EQ(arg->info.out_length, PAGE);
	arg->alloc = (struct ward_buf_alloc){ .size = sizeof(arg->alloc), .length = PAGE };
	EXPECT_EQ(ioctl32(s, WARD_BUF_ALLOC, arg), 0);
	EXPECT_EQ(close(arg->alloc.out_fd), 0);
	EXPECT_EQ(ioctl32(s, _IO('W', 0x7f), arg), -ENOTTY);
}
#endif

KTAP_MAIN()
