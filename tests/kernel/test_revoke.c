// SPDX-License-Identifier: MIT
/*
 * An administrator takes a session's rights away: when the answer is there, no
 * mapping of class A memory exists and no byte of it can be read, with the
 * owner alive; and what the administrator sees of the buffers before.
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <sched.h>

#include "wire.h"

#define LENGTH	(2 * HUGE + PAGE)
#define WORKER	1000

static int take_away(struct wire *w, const uint8_t *id)
{
	return tell(w, WARD_GENL_CMD_SESSION_REVOKE, WARD_A_SESSION_ID, id, WARD_ID_LEN);
}

TEST(nothing_is_left_and_nothing_can_be_made)
{
	int s = session_open();
	struct ward_info info = session_info(s);
	struct wire *w = wire_open();
	struct buf b = buf_get(s, LENGTH), unmapped = { .fd = buf_alloc(s, HUGE) };

	fill_words(b.p, b.length, 3);
	ASSERT_EQ(take_away(w, info.out_session), 0);
	EXPECT_EQ(touch(b.p, false), SIGBUS);
	EXPECT_EQ(touch(b.p + b.length - 1, true), SIGBUS);
	EXPECT_EQ(buf_info(b.fd).out_end, WARD_END_REVOKE);
	EXPECT_EQ(buf_info(unmapped.fd).out_end, WARD_END_REVOKE);
	EXPECT_EQ(try_map(unmapped.fd, HUGE, PROT_READ, MAP_SHARED, 0), -EOWNERDEAD);
	info = session_info(s);
	EXPECT_EQ(info.out_live, 0);
	EXPECT_TRUE(info.out_state & WARD_STATE_REVOKED);
	EXPECT_EQ(buf_alloc(s, PAGE), -ESHUTDOWN);
	/* Again: nothing left to do. */
	EXPECT_EQ(take_away(w, info.out_session), 0);
}

TEST(pinned_memory_is_wiped_and_stays_its_owners)
{
	unsigned char *p = mmap(NULL, HUGE, PROT_READ | PROT_WRITE,
				MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	int s = session_open(), fd;
	struct ward_info info = session_info(s);
	struct wire *w = wire_open();

	ASSERT_EQ(madvise(p, HUGE, MADV_DONTFORK), 0);
	fd = buf_pin(s, p, HUGE);
	ASSERT_GE(fd, 0);
	fill_words(p, HUGE, 4);
	ASSERT_EQ(take_away(w, info.out_session), 0);
	EXPECT_TRUE(all_zero(p, HUGE));
	EXPECT_EQ(buf_info(fd).out_end, WARD_END_REVOKE);
	EXPECT_EQ(session_info(s).out_live_b, 0);
	p[0] = 1;
}

/* ---- from outside, while the owner is stopped ----------------------------------- */

static uint8_t owner_id[WARD_ID_LEN];

static void own_as_worker(int sock)
{
	int s = session_open();
	struct buf b;
	struct ward_info info;

	ASSERT_GE(s, 0);
	ASSERT_EQ(setuid(WORKER), 0);
	b = buf_get(s, LENGTH);
	info = session_info(s);
	fill_words(b.p, b.length, 5);
	ASSERT_EQ(write(sock, info.out_session, WARD_ID_LEN), WARD_ID_LEN);
	send_fd(sock, b.fd);
	hear(sock);
	ASSERT_EQ(touch(b.p, false), SIGBUS);
	ASSERT_EQ(touch(b.p + HUGE, true), SIGBUS);
	say(sock);
	hear(sock);
}

TEST(a_stopped_owner_loses_it_too)
{
	struct peer peer = peer_start(own_as_worker);
	struct wire *w = wire_open();
	int fd, status;

	ASSERT_EQ(read(peer.sock, owner_id, sizeof(owner_id)), WARD_ID_LEN);
	fd = recv_fd(peer.sock);
	kill(peer.pid, SIGSTOP);
	ASSERT_EQ(waitpid(peer.pid, &status, WUNTRACED), peer.pid);
	ASSERT_EQ(take_away(w, owner_id), 0);
	EXPECT_EQ(buf_info(fd).out_end, WARD_END_REVOKE);
	kill(peer.pid, SIGCONT);
	say(peer.sock);
	hear(peer.sock);
	say(peer.sock);
	EXPECT_EQ(peer_wait(&peer), 0);
}

/* ---- rights and bad input ---------------------------------------------------------- */

static void revoke_as_worker(int sock)
{
	struct wire *w;

	ASSERT_EQ(read(sock, owner_id, sizeof(owner_id)), WARD_ID_LEN);
	ASSERT_EQ(setuid(WORKER), 0);
	w = wire_open();
	ASSERT_EQ(take_away(w, owner_id), -EPERM);
}

TEST(only_an_administrator_may)
{
	int s = session_open();
	struct ward_info info = session_info(s);
	struct peer peer = peer_start(revoke_as_worker);

	ASSERT_EQ(write(peer.sock, info.out_session, WARD_ID_LEN), WARD_ID_LEN);
	EXPECT_EQ(peer_wait(&peer), 0);
	EXPECT_EQ(session_info(s).out_state, 0);
}

TEST(unknown_and_malformed_ids)
{
	static const uint8_t none[WARD_ID_LEN + 1];
	struct wire *w = wire_open();

	EXPECT_EQ(take_away(w, none), -ENOENT);
	EXPECT_EQ(tell(w, WARD_GENL_CMD_SESSION_REVOKE, 0, NULL, 0), -EINVAL);
	EXPECT_TRUE(tell(w, WARD_GENL_CMD_SESSION_REVOKE, WARD_A_SESSION_ID, none, 15) < 0);
	EXPECT_TRUE(tell(w, WARD_GENL_CMD_SESSION_REVOKE, WARD_A_SESSION_ID, none, 17) < 0);
}

/* ---- against allocation in full swing ------------------------------------------------ */

static int busy_session;
static volatile unsigned int busy_made;

static void *allocate(void *unused)
{
	int fd;

	while ((fd = buf_alloc(busy_session, 4 * PAGE)) >= 0) {
		busy_made++;
		if (busy_made % 3)
			close(fd);
	}
	return (void *)(intptr_t)fd ?: unused;
}

TEST(no_buffer_slips_through)
{
	struct wire *w = wire_open();
	pthread_t thread[3];
	struct ward_info info;
	int round, i;

	for (round = 0; round < 10; round++) {
		busy_session = session_open();
		info = session_info(busy_session);
		busy_made = 0;
		for (i = 0; i < 3; i++)
			ASSERT_EQ(pthread_create(&thread[i], NULL, allocate, NULL), 0);
		for (i = 0; i < 1000 && busy_made < 20; i++)
			usleep(1000);
		ASSERT_EQ(take_away(w, info.out_session), 0);
		for (i = 0; i < 3; i++)
			pthread_join(thread[i], NULL);
		EXPECT_EQ(session_info(busy_session).out_live, 0);
		for (i = 3; i < 1024; i++)
			if (i != busy_session && i != w->fd)
				close(i);
		close(busy_session);
	}
}

/* ---- while its owner keeps the wipe of one buffer from running ----------------------- */

#define SLOW_LENGTH	(64 * HUGE)

static int slow_fd;
static volatile bool spinning;
static int spin_pipe[2];

static void on_cpu(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	ASSERT_EQ(sched_setaffinity(0, sizeof(set), &set), 0);
}

static void *wipe_slowly(void *unused)
{
	on_cpu(0);
	buf_wipe(slow_fd);
	return unused;
}

/* Once it is told, nobody else gets anywhere on its CPU. */
static void *spin(void *unused)
{
	const struct sched_param param = { .sched_priority = 50 };

	on_cpu(0);
	ASSERT_EQ(sched_setscheduler(0, SCHED_FIFO, &param), 0);
	hear(spin_pipe[0]);
	while (spinning)
		;
	return unused;
}

enum { LIVES, IS_WIPED_NOW, IS_GONE };

/* WARD_BUF_INFO would wait for the end of the wipe. */
static int slow_state(void)
{
	char path[64], text[1024];
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", slow_fd);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	n = read(fd, text, sizeof(text) - 1);
	close(fd);
	ASSERT_GT(n, 0);
	text[n] = '\0';
	if (!strstr(text, "ward-end:\t0\n"))
		return IS_GONE;
	return strstr(text, "ward-present:\t0\n") ? IS_WIPED_NOW : LIVES;
}

static void *revoke_it(void *id)
{
	struct wire *w = wire_open();

	EXPECT_EQ(take_away(w, id), 0);
	return NULL;
}

/* False where the wipe was too fast to be caught. */
static bool caught_a_wipe(pthread_t *wiper, pthread_t *spinner)
{
	spinning = true;
	ASSERT_EQ(pthread_create(spinner, NULL, spin, NULL), 0);
	ASSERT_EQ(pthread_create(wiper, NULL, wipe_slowly, NULL), 0);
	while (slow_state() == LIVES)
		;
	say(spin_pipe[1]);
	usleep(1000);
	return slow_state() == IS_WIPED_NOW;
}

TEST(a_wipe_that_does_not_get_on_holds_up_no_other)
{
	int s = session_open(), i;
	pthread_t wiper, spinner, revoker;
	struct ward_info info = session_info(s);
	struct buf b;

	if (sysconf(_SC_NPROCESSORS_ONLN) < 2)
		SKIP("one CPU");
	ASSERT_EQ(pipe(spin_pipe), 0);
	on_cpu(1);
	write_to("/proc/sys/kernel/sched_rt_runtime_us", "-1");
	slow_fd = buf_alloc(s, SLOW_LENGTH);
	ASSERT_GE(slow_fd, 0);
	b = buf_get(s, HUGE);
	touch_all(b.p, b.length);
	ASSERT_TRUE(caught_a_wipe(&wiper, &spinner));
	ASSERT_EQ(pthread_create(&revoker, NULL, revoke_it, info.out_session), 0);
	for (i = 0; i < 10000 && touch(b.p, false) == 0 && slow_state() != IS_GONE; i++)
		usleep(1000);
	EXPECT_EQ(touch(b.p, false), SIGBUS);
	EXPECT_EQ(slow_state(), IS_WIPED_NOW);
	spinning = false;
	pthread_join(revoker, NULL);
	pthread_join(spinner, NULL);
	pthread_join(wiper, NULL);
	write_to("/proc/sys/kernel/sched_rt_runtime_us", "950000");
	EXPECT_EQ(buf_info(b.fd).out_end, WARD_END_REVOKE);
}

/* ---- BUFFER_GET ------------------------------------------------------------------------ */

struct told {
	int count;		/* messages */
	uint64_t bytes;
	uint64_t last;		/* id */
	bool sorted;
	char label[WARD_LABEL_LEN];
};

static void take_buffer(const struct attrs *attrs, void *arg)
{
	struct told *out = arg;

	out->sorted &= attr_u64(attrs, WARD_A_BUFFER_ID) > out->last;
	out->last = attr_u64(attrs, WARD_A_BUFFER_ID);
	out->bytes += attr_u64(attrs, WARD_A_LENGTH);
	out->count++;
	memcpy(out->label, attr_data(attrs, WARD_A_LABEL, WARD_LABEL_LEN), WARD_LABEL_LEN);
	ASSERT_EQ(attr_u32(attrs, WARD_A_CLASS), WARD_CLASS_A);
	ASSERT_TRUE(attr_u64(attrs, WARD_A_PROTECTION) & WARD_PROTECT_NO_GUP);
}

static int told_buffers(struct wire *w, const uint8_t *session, struct told *out)
{
	const struct request_attr of_session = {
		session ? WARD_A_SESSION_ID : 0, WARD_ID_LEN, session,
	};

	*out = (struct told){ .sorted = true };
	return dump_each(w, WARD_GENL_CMD_BUFFER_GET, &of_session, 1, take_buffer, out);
}

TEST(buffers_are_told_one_by_one)
{
	enum { MANY = 500 };
	int s = session_open(), other = session_open(), fd[MANY], i;
	struct ward_info info = session_info(s);
	struct wire *w = wire_open();
	struct told told;

	ASSERT_GE(buf_alloc(other, HUGE), 0);
	for (i = 0; i < MANY; i++) {
		fd[i] = buf_alloc(s, (1 + i % 3) * PAGE);
		ASSERT_GE(fd[i], 0);
	}
	ASSERT_EQ(told_buffers(w, info.out_session, &told), 0);
	EXPECT_EQ(told.count, MANY);
	EXPECT_EQ(told.bytes, session_info(s).out_live);
	EXPECT_TRUE(told.sorted);
	EXPECT_STREQ(told.label, "test");
	/* Those that have ended are told no longer. */
	buf_wipe(fd[0]);
	close(fd[1]);
	ASSERT_EQ(told_buffers(w, info.out_session, &told), 0);
	EXPECT_EQ(told.count, MANY - 2);
	ASSERT_EQ(told_buffers(w, NULL, &told), 0);
	EXPECT_EQ(told.count, MANY - 1);
}

static void tell_as_worker(int sock)
{
	struct told told;
	struct wire *w;

	ASSERT_EQ(read(sock, owner_id, sizeof(owner_id)), WARD_ID_LEN);
	ASSERT_EQ(setuid(WORKER), 0);
	w = wire_open();
	ASSERT_EQ(told_buffers(w, owner_id, &told), -EPERM);
	ASSERT_EQ(told_buffers(w, NULL, &told), 0);
	ASSERT_EQ(told.count, 0);
}

TEST(buffers_of_others_are_not_told)
{
	int s = session_open();
	struct ward_info info = session_info(s);
	struct peer peer = peer_start(tell_as_worker);

	ASSERT_GE(buf_alloc(s, PAGE), 0);
	ASSERT_EQ(write(peer.sock, info.out_session, WARD_ID_LEN), WARD_ID_LEN);
	EXPECT_EQ(peer_wait(&peer), 0);
}

KTAP_MAIN()
