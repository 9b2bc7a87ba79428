/* SPDX-License-Identifier: (GPL-2.0-only WITH Linux-syscall-note) OR MIT */
/*
 * ward: buffers of protected memory. WARD_BUF_ALLOC and WARD_BUF_PIN are asked of
 * a session and make one; the other commands are asked of its file descriptor.
 * Rules and errnos: ward.h.
 */
#ifndef _UAPI_LINUX_WARD_BUFFER_H
#define _UAPI_LINUX_WARD_BUFFER_H

#include <linux/types.h>
#include <linux/ward_claims.h>

/**
 * struct ward_buf_alloc - WARD_BUF_ALLOC on a session: make a class A buffer
 * @size: sizeof(struct ward_buf_alloc)
 * @flags: WARD_BUF_*
 * @length: bytes; a multiple of the page size, not 0
 * @label: the worker's name for it; goes into the event record. UTF-8 of at most
 *	31 bytes without control characters, NUL padded (EINVAL otherwise)
 * @out_fd: the buffer: mmap it once, MAP_SHARED, whole, offset 0; O_CLOEXEC
 * @reserved: zero
 * @out_id: unique per boot
 * @deadline_ns: with WARD_BUF_WAIT: CLOCK_BOOTTIME, absolute, at most
 *	WARD_WAIT_MAX_NS ahead (EINVAL beyond); 0 = that far. One that is over is
 *	ETIME where there is no room at once. Without WARD_BUF_WAIT 0 (else EINVAL)
 *
 * The memory reads as zero. It is neither copied to children nor dumped nor
 * swapped nor reachable by ptrace, and it is bound to the caller's mm: when
 * that ends, by exit, kill or exec, the buffer is unmapped and zeroed
 * whoever else holds the fd. mmap gives EBUSY while it is mapped; EINVAL for
 * anything but MAP_SHARED, the whole length and offset 0; EPERM for PROT_EXEC
 * and for another process; EOWNERDEAD once it has ended. After munmap it may
 * be mapped again and holds what it held; munmap or mprotect of a part is
 * fine, mremap may move it and never grow it.
 *
 * While it lives the machine does not hibernate: the image would leave it out.
 *
 * Errors: EINVAL, EDQUOT, ETIME, EAGAIN, ENOMEM, ESHUTDOWN, EBUSY, EINTR, EMFILE,
 * ENFILE.
 */
struct ward_buf_alloc {
	__u32 size;
	__u32 flags;
	__aligned_u64 length;
	__u8 label[WARD_LABEL_LEN];
	__s32 out_fd;
	__u32 reserved;
	__aligned_u64 out_id;
	__aligned_u64 deadline_ns;
};

/*
 * SHARED: bound to the session in place of an mm. Every process that was given
 * the fd and runs as the session's uid may map it, once or more (EPERM for
 * another uid); children that fork() made map it for themselves. It ends with
 * its last reference, or when the session's own fd is closed for the last time.
 * Claims count it apart.
 */
#define WARD_BUF_SHARED		(1u << 0)
/*
 * LAZY: the limits are charged at once, memory is had 2 MiB at a time when it
 * is first touched. Where there is none then, the access gives SIGBUS. Not with
 * POPULATE (EINVAL).
 */
#define WARD_BUF_LAZY		(1u << 1)
/*
 * POPULATE: mmap fills the page table at once; no page of it faults later, but for what
 * WARD_KEY_OPEN wrote, once.
 */
#define WARD_BUF_POPULATE	(1u << 2)
/*
 * WAIT: where a limit of the ledger leaves no room, wait for it until
 * @deadline_ns (then ETIME). Who waits is served in order; a request that its
 * own session's or user's limit holds up is no obstacle to others. What could
 * never be granted is EDQUOT at once. 256 allocations on the sessions of one uid
 * may wait at once (EAGAIN beyond). A signal ends the wait: with a deadline the
 * call goes on where handlers are SA_RESTART, without one it is EINTR.
 */
#define WARD_BUF_WAIT		(1u << 3)
/*
 * PSI: with WAIT: the wait counts as a memory stall of the machine and of the
 * caller's cgroup (/proc/pressure/memory). Programs that kill on it will.
 * Without WAIT it is EINVAL.
 */
#define WARD_BUF_PSI		(1u << 4)

#define WARD_WAIT_MAX_NS	60000000000ull

/**
 * struct ward_buf_pin - WARD_BUF_PIN on a session: pin memory of the caller's
 *	and promise to wipe it (class B)
 * @size: sizeof(struct ward_buf_pin)
 * @flags: WARD_PIN_*
 * @addr: page aligned
 * @length: bytes; a multiple of the page size, not 0, at most WARD_PIN_MAX
 * @label: as in ward_buf_alloc
 * @out_fd: closing its last reference zeroes the memory in place and unpins it;
 *	so does the end of the caller's mm, by exit, kill or exec, and soon
 *	after it munmap or mremap of any part of the range
 * @reserved: zero
 * @out_id: unique per boot
 *
 * The range must be private anonymous memory, writable, and marked
 * MADV_DONTFORK (else EPERM: fork would copy it where ward cannot wipe). Other
 * kinds of memory (hugetlb, shmem, files, devices) give EOPNOTSUPP. Exactly
 * the range is wiped, also where it is part of a larger folio.
 *
 * Pin it before it holds anything: what it held before may have been swapped
 * out, or left behind where the kernel moved it from, and is not wiped there.
 * WARD_PIN_CLEAN makes sure of it.
 *
 * The memory stays mapped in its owner, who may read and rewrite it at any
 * time, also after the wipe; it is visible to whoever may read the owner's
 * memory. MADV_DONTNEED gives the owner other pages; the ones pinned keep what
 * they held until they are wiped. That is the weaker class, meant for O_DIRECT,
 * GPU registration and allocators that exist already; WARD_BUF_INFO tells what
 * protection was obtained.
 *
 * Errors: EINVAL, EPERM, EOPNOTSUPP, EFAULT, EDQUOT, ENOMEM, ENOTEMPTY,
 * ESHUTDOWN, EBUSY, EINTR, EMFILE, ENFILE.
 */
struct ward_buf_pin {
	__u32 size;
	__u32 flags;
	__aligned_u64 addr;
	__aligned_u64 length;
	__u8 label[WARD_LABEL_LEN];
	__s32 out_fd;
	__u32 reserved;
	__aligned_u64 out_id;
};

#define WARD_PIN_MAX		(1ull << 32)

/* ENOTEMPTY unless every byte of the range is zero once it is pinned. */
#define WARD_PIN_CLEAN		(1u << 0)

/**
 * struct ward_buf_info - WARD_BUF_INFO on a buffer
 * @size: sizeof(struct ward_buf_info)
 * @flags: must be 0
 * @out_class: WARD_CLASS_*
 * @out_end: WARD_END_*: 0 while it lives; else its memory is zeroed already
 * @out_id: unique per boot
 * @out_length: bytes
 * @out_huge: bytes of it that lie in 2 MiB folios; 0 once it has ended
 * @out_mapped: 1 when a mapping of it exists
 * @reserved: zero
 * @out_present: bytes that have memory; below @out_length for a lazy buffer
 *	that was not touched everywhere; 0 once it has ended
 * @out_protection: WARD_PROTECT_*: what was obtained, and nothing else
 * @out_state: WARD_BUF_IS_*
 * @reserved1: zero
 */
struct ward_buf_info {
	__u32 size;
	__u32 flags;
	__u32 out_class;
	__u32 out_end;
	__aligned_u64 out_id;
	__aligned_u64 out_length;
	__aligned_u64 out_huge;
	__u32 out_mapped;
	__u32 reserved;
	__aligned_u64 out_present;
	__aligned_u64 out_protection;
	__u32 out_state;
	__u32 reserved1;
};

/* ward_buf_info.out_state */
#define WARD_BUF_IS_SHARED	(1u << 0)
#define WARD_BUF_IS_VOLATILE	(1u << 1)

/*
 * ward_buf_info.out_protection. For class B a bit says what was found when it
 * was pinned; madvise() by its owner can undo NO_FORK and NO_DUMP.
 */
#define WARD_PROTECT_WIPED	(1ull << 0)	/* zeroed at its end, whatever that is */
#define WARD_PROTECT_NO_SWAP	(1ull << 1)	/* neither swapped out nor moved */
#define WARD_PROTECT_NO_FORK	(1ull << 2)	/* children don't get it */
#define WARD_PROTECT_NO_DUMP	(1ull << 3)	/* not in core dumps */
#define WARD_PROTECT_NO_GUP	(1ull << 4)	/* out of reach of ptrace, vmsplice, O_DIRECT, .. */
#define WARD_PROTECT_NO_KCORE	(1ull << 5)	/* not in /proc/kcore, crash dumps, images */
#define WARD_PROTECT_UNMAPPED	(1ull << 6)	/* unreachable for its owner at its end */
#define WARD_PROTECT_CLEAN	(1ull << 7)	/* held nothing when protection began */

/**
 * struct ward_buf_wipe - WARD_BUF_WIPE on a buffer: end it now
 * @size: sizeof(struct ward_buf_wipe)
 * @flags: must be 0
 * @out_bytes: the buffer's length where this call ended it, 0 when it had ended
 *	before. A lazy buffer counts whole, as it was charged: what never had
 *	memory held nothing (ward_buf_info.out_present tells, before, what has)
 *
 * Afterwards the owner's accesses give SIGBUS (class A). A class B buffer is
 * zeroed in place and unpinned; its memory stays the owner's.
 */
struct ward_buf_wipe {
	__u32 size;
	__u32 flags;
	__aligned_u64 out_bytes;
};

/**
 * struct ward_buf_volatile - WARD_BUF_VOLATILE on a buffer: its contents may go
 * @size: sizeof(struct ward_buf_volatile)
 * @flags: must be 0
 *
 * From here on until WARD_BUF_HOLD the kernel may end a class A buffer
 * (WARD_END_PURGE) when memory or a limit runs short: the one longest volatile
 * first, those of the session that needs room before those of others, and for a
 * limit no more of them than it takes. Until then it stays charged and mapped;
 * an access after the purge gives SIGBUS, never stale or half-wiped contents. To
 * say it again makes the buffer the youngest.
 *
 * Errors: EOPNOTSUPP (class B), EOWNERDEAD.
 */
struct ward_buf_volatile {
	__u32 size;
	__u32 flags;
};

/**
 * struct ward_buf_hold - WARD_BUF_HOLD on a buffer: keep its contents
 * @size: sizeof(struct ward_buf_hold)
 * @flags: must be 0
 * @out_survived: 1: they are as they were, and stay; 0: the buffer was purged,
 *	make another one
 * @reserved: zero
 *
 * Errors: EOPNOTSUPP (class B), EOWNERDEAD (it ended in another way).
 */
struct ward_buf_hold {
	__u32 size;
	__u32 flags;
	__u32 out_survived;
	__u32 reserved;
};

#endif /* _UAPI_LINUX_WARD_BUFFER_H */
