// SPDX-License-Identifier: MIT
#include <errno.h>
#include <stddef.h>

#include "libward.h"

struct text {
	int err;
	const char *text;
};

static const struct text texts[] = {
	{ 0, "success" },
	{ EPERM, "not allowed: CAP_SYS_ADMIN is needed, or what was set forbids it (a latch of the policy; a lease, which can only shrink; to open the device: a device cgroup)" },
	{ ENOENT, "not there: the ward module is not loaded, no such session, a request that nobody waits for any more, or a chain of renewals that is shorter" },
	{ EINTR, "interrupted by a signal: call again" },
	{ EIO, "the provider of evidence failed: see the kernel log" },
	{ ENXIO, "the ward module or the provider of evidence is gone" },
	{ E2BIG, "a struct says more than is known here: update the module where the library is newer, or libward where the program is newer" },
	{ EBADF, "not an open descriptor" },
	{ EAGAIN, "the queue is full, or the user asks too often: try again later" },
	{ EHOSTDOWN, "the provider failed and is left alone for a while: wardctl provider show tells until when" },
	{ ENOMEM, "out of memory" },
	{ EACCES, "permission denied: the user must be in group ward, or the administrator's policy denies this evidence" },
	{ EFAULT, "bad address" },
	{ EBUSY, "in use, or the machine is about to hibernate" },
	{ ENODEV, "no provider of evidence is attached: wardctl provider set tsm, or run wardd" },
	{ EUSERS, "as many agents are bound as may be: wardctl provider show lists them" },
	{ EINVAL, "invalid argument: libward(3) says what the call takes, and in what state of the session" },
	{ ENFILE, "no file descriptor is left to anybody: raise fs.file-max" },
	{ EMFILE, "too many open files: raise RLIMIT_NOFILE" },
	{ ENOTTY, "not a ward descriptor" },
	{ EPROTO, "the module's interface is of another version: libward and ward-dkms must be of one release" },
	{ EMSGSIZE, "too long for its place" },
	{ EOPNOTSUPP, "not supported by this module" },
	{ ETIME, "the deadline passed: wait longer, or free something" },
	{ EBADMSG, "an answer that does not belong to the request or cannot be read; or encrypted data that was changed" },
	{ ENOTEMPTY, "the memory held something before it was to be protected" },
	{ EOVERFLOW, "an answer longer than allowed" },
	{ ENAMETOOLONG, "path too long" },
	{ EDQUOT, "a limit would be crossed: free something; wait where others hold it (WARD_BUF_WAIT); have it raised (wardctl limits set), but a session's own (WARD_WATCH) only shrinks: open another" },
	{ ESHUTDOWN, "the session is sealed, revoked or its lease has run out, or the machine goes down: open another session" },
	{ EOWNERDEAD, "the buffer has ended: wiped, revoked, its lease run out, or its owner gone" },
	{ EKEYREJECTED, "the proof does not fit the lease's anchor: show the next one of the chain; or a key that is wrapped to another session's key" },
	{ EKEYREVOKED, "the key has ended: have its owner release it anew" },
	{ EKEYEXPIRED, "the key's lifetime is over: have its owner release it anew" },
	{ ENOPKG, "this kernel lacks the cryptography that keys need: gcm(aes), curve25519; modprobe ward loads it where it is there" },
};

const char *ward_strerror(int err)
{
	size_t i;

	if (err < 0)
		err = -err;
	for (i = 0; i < sizeof(texts) / sizeof(*texts); i++)
		if (texts[i].err == err)
			return texts[i].text;
	return "unexpected error";
}
