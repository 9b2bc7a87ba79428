// SPDX-License-Identifier: MIT
/* What each errno means, and which calls give it: ward.h and the headers it includes. */
#include <errno.h>

#include "codes.h"

#define ALL "every-ioctl"
#define NEW_BUFFER "WARD_BUF_ALLOC WARD_BUF_PIN"
#define NEW_KEY "WARD_KEY_IMPORT WARD_KEY_UNWRAP"
#define NEW_FD NEW_BUFFER " " NEW_KEY " WARD_AGENT_BIND open"

static const struct code errnos[] = {
	{ ENOTTY, "ENOTTY", ALL, "This descriptor knows no such call.",
	  "Sessions, buffers and agents have calls of their own; the module may be older." },
	{ EINVAL, "EINVAL", ALL " mmap read",
	  "Understood and wrong: a reserved field, a length, a size, a time; a receipt of a session"
	  " that is not sealed or still holds class A memory; raw report data that do not end in"
	  " 16 zero bytes.",
	  "See the call in ward(4)." },
	{ E2BIG, "E2BIG", ALL,
	  "The struct is longer than the module knows, and what it adds is not zero.",
	  "Load the module of the library's version." },
	{ EOPNOTSUPP, "EOPNOTSUPP", ALL,
	  "An unknown flag or value; or what this kind of memory cannot do: class B is never"
	  " volatile, and only anonymous memory can be pinned.",
	  "Load the module of the library's version, or ask for less." },
	{ EFAULT, "EFAULT", ALL " read",
	  "An address of the caller's cannot be read or written. Where only the answer could not be"
	  " written the call is done all the same, but for new buffers.", "Correct the address." },
	{ EMSGSIZE, "EMSGSIZE", "WARD_ATTEST WARD_EVENTS WARD_AGENT_REPLY",
	  "An array is too short, or an agent's evidence too long; the matching length says what is"
	  " needed.", "Call again with more room." },
	{ EPERM, "EPERM", "WARD_BUF_PIN WARD_LEASE WARD_ATTEST WARD_KEY_OPEN WARD_AGENT_BIND open mmap",
	  "Not allowed to this caller: memory that fork would copy; a lease that would grow; another"
	  " user's ended session; another session's buffer, or process's; an agent without"
	  " CAP_SYS_ADMIN; to open: a device cgroup.",
	  "wardctl doctor for what refuses the opening; MADV_DONTFORK before a pin." },
	{ EACCES, "EACCES", "WARD_ATTEST open mprotect",
	  "The administrator's policy denies the evidence to this caller, for this purpose, or on a"
	  " machine in this state; to open: the node's mode; mprotect: PROT_EXEC.",
	  "wardctl policy show (root) tells who may ask; usermod -aG ward USER opens the device." },
	{ ENOMEM, "ENOMEM",
	  NEW_BUFFER " " NEW_KEY " WARD_KEY_OPEN WARD_ATTEST WARD_EVENTS WARD_AGENT_BIND"
	  " WARD_AGENT_REPLY open",
	  "The kernel has no memory, or the cgroup none left.", "See memory.max of the cgroup." },
	{ EMFILE, "EMFILE", NEW_FD, "No descriptor is left to the caller.",
	  "Raise RLIMIT_NOFILE (ulimit -n, LimitNOFILE=)." },
	{ ENFILE, "ENFILE", NEW_FD, "No descriptor is left to anybody.", "Raise fs.file-max." },
	{ EDQUOT, "EDQUOT", NEW_BUFFER " " NEW_KEY " WARD_KEY_OPEN open",
	  "A limit of protected memory would be crossed; a session has 64 keys; a key has fewer uses"
	  " left than messages to open; to open /dev/ward: the user has 512 sessions open.",
	  "wardctl mem list shows who holds what; wardctl limits set; or wait (WARD_BUF_WAIT)." },
	{ ESHUTDOWN, "ESHUTDOWN",
	  NEW_BUFFER " " NEW_KEY " WARD_KEY_PAIR WARD_MEASURE WARD_LEASE WARD_ATTEST WARD_WATCH",
	  "The session is sealed or revoked, its lease has run out, or the machine goes down.",
	  "Start a new session." },
	{ EOWNERDEAD, "EOWNERDEAD", "WARD_BUF_VOLATILE WARD_BUF_HOLD WARD_KEY_OPEN mmap",
	  "The buffer has ended: wiped, revoked, its lease run out, or its owner's memory is gone.",
	  "WARD_BUF_INFO says which; make a new one." },
	{ EBUSY, "EBUSY", NEW_BUFFER " " NEW_KEY " WARD_KEY_PAIR mmap",
	  "The machine is about to hibernate; mmap: the buffer is mapped already.",
	  "Try again after it; unmap it first." },
	{ ENOTEMPTY, "ENOTEMPTY", "WARD_BUF_PIN",
	  "The range was to be empty (WARD_PIN_CLEAN) and holds something.",
	  "Pin it before anything is written there." },
	{ EKEYREJECTED, "EKEYREJECTED", "WARD_LEASE WARD_KEY_IMPORT",
	  "The proof of a renewal does not hash to the lease's anchor; a data key was not wrapped to"
	  " this session's key.",
	  "Show the next one of the owner's chain; have the key released to the session that runs." },
	{ EKEYREVOKED, "EKEYREVOKED", "WARD_KEY_OPEN WARD_KEY_UNWRAP",
	  "The key has ended: closed, sealed, revoked, used up, or the session's lease ran out.",
	  "WARD_KEY_INFO says which; ask the data's owner for another release." },
	{ EKEYEXPIRED, "EKEYEXPIRED", "WARD_KEY_OPEN WARD_KEY_UNWRAP", "The lifetime of the key's grant is over.",
	  "Ask the data's owner for another release." },
	{ ENOPKG, "ENOPKG", "WARD_KEY_PAIR WARD_KEY_IMPORT",
	  "This kernel lacks X25519 or AES-256-GCM, or had neither loaded when ward came.",
	  "modprobe libcurve25519 gcm, then load ward again; wardctl status shows the feature keys." },
	{ EBADF, "EBADF", "WARD_KEY_OPEN", "The descriptor in the argument is no buffer.",
	  "Pass what WARD_BUF_ALLOC returned." },
	{ ENODEV, "ENODEV", "WARD_ATTEST", "No provider of evidence is attached.",
	  "As root: wardctl provider set tsm, or run wardd; wardctl doctor tells what is missing." },
	{ ENXIO, "ENXIO", "WARD_ATTEST", "The provider that was attached is gone.",
	  "Load its driver again, or run wardd; wardctl doctor (a lost VMPCK looks like this, too)." },
	{ EUSERS, "EUSERS", "WARD_AGENT_BIND", "As many agents are bound as may be.",
	  "wardctl provider show lists them." },
	{ EAGAIN, "EAGAIN", "WARD_ATTEST WARD_BUF_ALLOC read",
	  "The queue, or the user's part of it, is full; the user asks too often; or no evidence can"
	  " be had before the deadline. To read: there is no notice.",
	  "Call again after out_retry_after_ns; wardctl pace show tells how fast is allowed." },
	{ EHOSTDOWN, "EHOSTDOWN", "WARD_ATTEST",
	  "The provider failed again and again, or answered with what is no evidence: it is left"
	  " alone for a while.",
	  "Call again after out_retry_after_ns; wardctl doctor and provider show tell more." },
	{ ETIME, "ETIME", "WARD_ATTEST WARD_BUF_ALLOC",
	  "The deadline passed before evidence arrived, or before there was room.",
	  "Wait longer: the host may throttle." },
	{ EBADMSG, "EBADMSG", "WARD_ATTEST WARD_AGENT_REPLY " NEW_KEY " WARD_KEY_OPEN",
	  "The provider answered with evidence that does not belong to this request: empty, short,"
	  " stale, or over other report data. Of keys: a message, a wrapped key or a grant that is"
	  " not what was sealed.",
	  "See the kernel log; distrust what else reaches the quote interface, or the data's storage." },
	{ EOVERFLOW, "EOVERFLOW", "WARD_ATTEST", "The provider answered with more than is allowed.",
	  "See the kernel log." },
	{ EIO, "EIO", "WARD_ATTEST", "The provider failed, or an agent did not answer in its time.",
	  "See the kernel log and wardd's; wardctl doctor." },
	{ ENOENT, "ENOENT", "WARD_ATTEST WARD_AGENT_REPLY open",
	  "No such ended session, of this boot and recent; no such request of this agent; to open:"
	  " the module is not loaded.", "wardctl session list; wardctl module load." },
	{ EINTR, "EINTR",
	  NEW_BUFFER " WARD_ATTEST WARD_KEY_PAIR WARD_KEY_IMPORT WARD_KEY_OPEN read",
	  "A signal came before anything was done.", "Call again." },
};

const struct code_kind code_errnos = CODE_KIND("errno", errnos);
