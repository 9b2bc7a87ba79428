// SPDX-License-Identifier: MIT
/*
 * One thread and one question at a time: the firmware answers no more anyhow, and a
 * pause after each leaves room for evidence, since the host throttles all alike. A
 * connection that doesn't ask soon makes room for others.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <openssl/crypto.h>
#include <openssl/rand.h>

#include "keys.h"
#include "libward.h"
#include "seal_agent.h"

#define WAITING_MAX	32		/* connections that have not asked yet */
#define WAITING_NS	2000000000ull
#define PAUSE_NS	20000000	/* between two questions to the firmware */
#define NONCE_LEN	32
#define CLAIMS_MS	10000

struct keys {
	const char *device;
	int listener, stop;
	bool running;
	atomic_bool ended;
	pthread_t thread;
	struct { int fd; uint64_t since; } waiting[WAITING_MAX];
	size_t count;
};

/** struct asker - who asks, and what came along */
struct asker {
	struct ucred is;
	int fds[SEAL_AGENT_FDS];
};

/* ---- what the asker is ----------------------------------------------------------------- */

/* An ioctl on what is no session could do anything. */
static bool is_session(int fd)
{
	struct stat it, ward;

	return !fstat(fd, &it) && !stat(WARD_DEVICE, &ward) && S_ISCHR(it.st_mode) &&
	       it.st_rdev == ward.st_rdev;
}

/* The kernel's word on who opened the session, over a question of ours. */
static int opener_of(int fd, struct ward_who *who, char said[WARD_SEAL_SAID])
{
	uint8_t nonce[NONCE_LEN];
	struct ward_request request = {
		.size = sizeof(request), .purpose = WARD_PURPOSE_SEAL, .nonce = nonce,
		.nonce_len = sizeof(nonce), .timeout_ms = CLAIMS_MS,
	};
	struct ward_evidence *evidence = NULL;
	struct ward_session *session;
	int copy = fcntl(fd, F_DUPFD_CLOEXEC, 3), rc;

	if (copy < 0 || RAND_bytes(nonce, sizeof(nonce)) != 1)
		return seal_say(said, -EIO, "wardd has no descriptors or no random numbers left");
	rc = ward_session_from_fd(copy, &session);
	if (rc) {
		close(copy);
		return seal_say(said, -EINVAL, "no session of this machine's came along");
	}
	rc = ward_session_attest(session, &request, &evidence);
	if (rc)
		seal_say(said, -EIO, "the kernel does not say who opened the session: %s "
			 "(wardctl provider show)", strerror(-rc));
	else
		memcpy(who, evidence->claims + offsetof(struct ward_claims, opener), sizeof(*who));
	ward_evidence_free(evidence);
	ward_session_close(session);
	return rc ? -EIO : 0;
}

static int cgroup_of(const struct asker *a, uint8_t cgroup[32], char said[WARD_SEAL_SAID])
{
	static const uint8_t unknown[32];
	struct ward_who who;
	int rc = opener_of(a->fds[SEAL_AGENT_SESSION], &who, said);

	if (rc)
		return rc;
	if (le32toh(who.uid) != a->is.uid)
		return seal_say(said, -EACCES, "the session was opened by another user");
	if (!memcmp(who.cgroup_hash, unknown, sizeof(unknown)))
		return seal_say(said, -ENOENT, "the kernel can't tell the session's cgroup");
	memcpy(cgroup, who.cgroup_hash, 32);
	return 0;
}

static int identify(const struct asker *a, uint32_t bind, struct seal_identity *id,
		    char said[WARD_SEAL_SAID])
{
	int rc = seal_identity_read(bind & WARD_SEAL_BIND_MODULE, id, said);

	if (!rc && bind & WARD_SEAL_BIND_CGROUP)
		rc = cgroup_of(a, id->cgroup, said);
	if (bind & WARD_SEAL_BIND_UID)
		id->uid = a->is.uid;
	return rc;
}

/* ---- one question ---------------------------------------------------------------------- */

/* The secret is in @made and is not copied: registers that held it would keep it. */
static int derive(const struct keys *k, const struct seal_agent_ask *ask, const struct asker *a,
		  struct seal_agent_answer *answer, struct ward_recipient_key *made)
{
	struct ward_seal_snp snp = { .device = k->device };
	const struct ward_recipient r = { .type = WARD_RECIPIENT_SNP, .how = ask->how,
					  .how_len = sizeof(ask->how) };
	struct seal_identity id;
	struct seal_snp_how how;
	const char *why;
	int rc;

	if (seal_snp_parse(ask->how, sizeof(ask->how), &how, &why))
		return seal_say(answer->said, -EBADMSG, "wardd was asked for %s", why);
	rc = identify(a, how.bind, &id, answer->said);
	if (rc)
		return rc;
	snp.fields = (uint32_t)how.fields;
	snp.bind = how.bind;
	snp.vmrk = (int)how.root;
	snp.vmpl = how.vmpl;
	if (ask->what == SEAL_AGENT_MAKE)
		rc = seal_snp_make(&ward_sys_real, &id, made, &snp);
	else
		rc = seal_snp_unlock(&ward_sys_real, &id, &snp, &r, made->secret);
	memcpy(answer->how, ask->what == SEAL_AGENT_MAKE ? made->how : ask->how, sizeof(answer->how));
	return rc ? seal_say(answer->said, rc, "%s", snp.said) : 0;
}

/* Written, not mapped: what its owner does with it can't fault us; and it is plain memory. */
static int put_secret(int fd, const uint8_t secret[WARD_RECIPIENT_SECRET_LEN])
{
	int seals = fcntl(fd, F_GET_SEALS);
	struct stat st;

	if (seals < 0 || !(seals & F_SEAL_SHRINK) || fstat(fd, &st) || !S_ISREG(st.st_mode) ||
	    st.st_size != SEAL_AGENT_ROOM)
		return -EINVAL;
	return pwrite(fd, secret, WARD_RECIPIENT_SECRET_LEN, 0) == WARD_RECIPIENT_SECRET_LEN ? 0 :
	       -EIO;
}

static void answer_one(const struct keys *k, int fd, const struct seal_agent_ask *ask,
		       const struct asker *a)
{
	struct seal_agent_answer answer = { .magic = SEAL_AGENT_MAGIC };
	struct ward_recipient_key made = { .type = 0 };

	if (ask->magic != SEAL_AGENT_MAGIC || ask->what > SEAL_AGENT_UNLOCK)
		answer.rc = seal_say(answer.said, -EINVAL, "a question that wardd does not know");
	else if (!is_session(a->fds[SEAL_AGENT_SESSION]))
		answer.rc = seal_say(answer.said, -EINVAL, "no session of /dev/ward came along");
	else
		answer.rc = derive(k, ask, a, &answer, &made);
	if (!answer.rc && put_secret(a->fds[SEAL_AGENT_MEMORY], made.secret))
		answer.rc = seal_say(answer.said, -EINVAL, "no memory for the secret came along");
	ward_recipient_clear(&made);
	send(fd, &answer, sizeof(answer), MSG_NOSIGNAL | MSG_DONTWAIT);
}

/* Whatever came along is ours to close. 0: a whole question with all that belongs to it. */
static int take(int fd, struct seal_agent_ask *ask, struct asker *a)
{
	union {
		char bytes[CMSG_SPACE(SEAL_AGENT_FDS * sizeof(int))];
		struct cmsghdr align;
	} control;
	struct iovec iov = { ask, sizeof(*ask) };
	struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = control.bytes,
			    .msg_controllen = sizeof(control.bytes) };
	ssize_t n = recvmsg(fd, &m, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
	struct cmsghdr *c = n < 0 ? NULL : CMSG_FIRSTHDR(&m);
	socklen_t len = sizeof(a->is);
	size_t got = 0;

	if (c && c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_RIGHTS) {
		got = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
		memcpy(a->fds, CMSG_DATA(c), got * sizeof(int));
	}
	if (n == (ssize_t)sizeof(*ask) && got == SEAL_AGENT_FDS &&
	    !(m.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) &&
	    !getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &a->is, &len))
		return 0;
	while (got)
		close(a->fds[--got]);
	return -1;
}

static void serve_one(const struct keys *k, int fd)
{
	const struct timespec pause = { .tv_nsec = PAUSE_NS };
	struct seal_agent_ask ask;
	struct asker a;

	if (take(fd, &ask, &a))
		return;
	answer_one(k, fd, &ask, &a);
	for (size_t i = 0; i < SEAL_AGENT_FDS; i++)
		close(a.fds[i]);
	nanosleep(&pause, NULL);
}

/* ---- connections ------------------------------------------------------------------------- */

static void let_go(struct keys *k, size_t i)
{
	close(k->waiting[i].fd);
	k->waiting[i] = k->waiting[--k->count];
}

static void let_in(struct keys *k)
{
	int fd = accept4(k->listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

	if (fd < 0)
		return;
	if (k->count == WAITING_MAX)
		let_go(k, 0);
	k->waiting[k->count].fd = fd;
	k->waiting[k->count++].since = ward_sys_now(&ward_sys_real);
}

/* Backwards: who is let go is replaced by the last. */
static void look_at(struct keys *k, const struct pollfd *fds)
{
	uint64_t now = ward_sys_now(&ward_sys_real);

	for (size_t i = k->count; i-- > 0;) {
		if (fds[i].revents)
			serve_one(k, k->waiting[i].fd);
		if (fds[i].revents || now - k->waiting[i].since > WAITING_NS)
			let_go(k, i);
	}
}

static void *run(void *arg)
{
	struct pollfd fds[WAITING_MAX + 2];
	struct keys *k = arg;

	for (;;) {
		size_t n = k->count;

		for (size_t i = 0; i < n; i++)
			fds[i] = (struct pollfd){ .fd = k->waiting[i].fd, .events = POLLIN };
		fds[n] = (struct pollfd){ .fd = k->listener, .events = POLLIN };
		fds[n + 1] = (struct pollfd){ .fd = k->stop, .events = POLLIN };
		if (poll(fds, n + 2, n ? 1000 : -1) < 0 && errno != EINTR)
			break;
		if (fds[n + 1].revents)
			break;
		look_at(k, fds);
		if (fds[n].revents)
			let_in(k);
	}
	k->ended = true;
	return NULL;
}

/* ---- coming and going ---------------------------------------------------------------------- */

static int listen_at(const char *path, struct trouble *why)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	struct stat ward, made;
	mode_t mask;
	int fd, bad;

	if (strlen(path) >= sizeof(at.sun_path))
		return trouble_set(why, -ENAMETOOLONG, "%.100s: too long for a socket", path);
	strcpy(at.sun_path, path);
	fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	unlink(path);
	mask = umask(0117);
	bad = fd < 0 || bind(fd, (struct sockaddr *)&at, sizeof(at));
	umask(mask);
	bad = bad || stat(WARD_DEVICE, &ward) || stat(path, &made) ||
	      (made.st_gid != ward.st_gid && chown(path, (uid_t)-1, ward.st_gid)) || listen(fd, 16);
	if (!bad)
		return fd;
	trouble_set(why, -errno, "--keys: %.100s: %s", path, strerror(errno));
	if (fd >= 0)
		close(fd);
	return -EIO;
}

int keys_open(const char *device, const char *socket, struct keys **out, struct trouble *why)
{
	struct keys *k;
	int fd = open(device, O_RDWR | O_CLOEXEC), rc;

	if (fd < 0)
		return trouble_set(why, -errno, "--keys: %.100s: %s: keys come from an SEV-SNP guest's "
				   "firmware", device, strerror(errno));
	close(fd);
	k = calloc(1, sizeof(*k));
	if (!k)
		return trouble_set(why, -ENOMEM, "no memory");
	k->device = device;
	k->stop = eventfd(0, EFD_CLOEXEC);
	k->listener = listen_at(socket, why);
	if (k->listener >= 0 && k->stop >= 0) {
		*out = k;
		return 0;
	}
	rc = k->listener < 0 ? k->listener : trouble_set(why, -EMFILE, "no descriptors are left");
	keys_close(k);
	return rc;
}

int keys_start(struct keys *k)
{
	k->running = !pthread_create(&k->thread, NULL, run, k);
	return k->running ? 0 : -EAGAIN;
}

void keys_close(struct keys *k)
{
	if (!k)
		return;
	if (k->running) {
		const struct timespec moment = { .tv_nsec = 100000000 };

		eventfd_write(k->stop, 1);
		for (int i = 0; i < 20 && !k->ended; i++)
			nanosleep(&moment, NULL);
		if (!k->ended)
			return;
		pthread_join(k->thread, NULL);
	}
	while (k->count)
		let_go(k, k->count - 1);
	if (k->listener >= 0)
		close(k->listener);
	if (k->stop >= 0)
		close(k->stop);
	free(k);
}
