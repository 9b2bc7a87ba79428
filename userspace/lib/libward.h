/* SPDX-License-Identifier: MIT */
/*
 * libward: protected memory and attestation through /dev/ward.
 *
 * Conventions
 * -----------
 *  - Functions that can fail return 0 (or a length where said) or a negative
 *    errno. The errno contract of <linux/ward.h> holds for whatever reaches the
 *    kernel; ward_strerror() words it for people.
 *  - Outputs are written on success only. Handles are opaque; every X_free and
 *    X_close accepts NULL.
 *  - Structs of the kernel ABI (struct ward_info and its kin) are the caller's:
 *    set @size to sizeof before the call, as for the ioctl itself. Structs that
 *    the library allocates are read only and may grow at their end.
 *  - The library prints nothing, reads no environment, installs no signal
 *    handler, never exits, and keeps no state outside its handles. Handles may
 *    be used by one thread at a time; different handles are independent.
 *  - All file descriptors are close-on-exec.
 */
#ifndef LIBWARD_H
#define LIBWARD_H

#include <stddef.h>
#include <stdint.h>

#include <linux/ward.h>

#ifdef __cplusplus
extern "C" {
#endif

struct ward_session;
struct ward_buffer;
struct ward_evidence;

/* ---- session.c ---------------------------------------------------------- */

/**
 * ward_session_open() - open the device, which makes a new session
 * @device: path, or NULL for WARD_DEVICE
 * @out: the session; the caller closes it with ward_session_close()
 *
 * Return: 0; -ENOENT or -ENXIO (module not loaded), -EACCES (not in group
 * ward), -EPERM (a device cgroup refuses), -EDQUOT (512 sessions of this user
 * are open), -EPROTO (the module's WARD_ABI_VERSION is another one), -ENOMEM, or
 * what open(2) says.
 */
int ward_session_open(const char *device, struct ward_session **out);

/**
 * ward_session_from_fd() - take over a session that is open already
 * @fd: a descriptor of /dev/ward, passed on by a service manager, say; owned
 *	by the session on success
 * @out: the session
 *
 * Return: 0; -ENOTTY when @fd is no session, -EBADF, -EPROTO, -ENOMEM.
 */
int ward_session_from_fd(int fd, struct ward_session **out);

/**
 * ward_session_close() - give up the session; what it was remains as a
 *	tombstone in the kernel
 * @session: or NULL. Buffers that are still alive keep the session alive; those
 *	that are WARD_BUF_SHARED end here, whoever uses them, unless another
 *	process has the session's descriptor
 */
void ward_session_close(struct ward_session *session);

/**
 * ward_session_fd() - the descriptor, to poll() for notices
 * @session: stays the owner of it
 *
 * Return: the descriptor.
 */
int ward_session_fd(const struct ward_session *session);

/**
 * ward_session_info() - what the module is and what the session has
 * @session: session
 * @info: @info->size = sizeof(*info) set by the caller
 *
 * Return: 0; -EINVAL.
 */
int ward_session_info(struct ward_session *session, struct ward_info *info);

/**
 * ward_session_seal() - no more protected memory, for ever
 * @session: session
 * @seal: size set by the caller, bytes still held are filled in; or NULL
 *
 * Return: 0, also when it was sealed before or is revoked; -EINVAL.
 */
int ward_session_seal(struct ward_session *session, struct ward_seal *seal);

/**
 * ward_session_measure() - extend the declared register
 * @session: session
 * @digest: WARD_DIGEST_LEN bytes of the worker's choice
 * @out_register: WARD_DIGEST_LEN bytes, the register afterwards; or NULL
 *
 * Return: 0; -ESHUTDOWN.
 */
int ward_session_measure(struct ward_session *session, const uint8_t *digest,
			 uint8_t *out_register);

/**
 * ward_session_watch() - set the session's own threshold and limit
 * @session: session
 * @threshold: bytes held at which a notice comes; 0 = levels alone
 * @limit: bytes that the session may hold from now on; 0 = as it is. It can
 *	only shrink
 *
 * Return: 0; -EINVAL (@limit above the one in force), -ESHUTDOWN.
 */
int ward_session_watch(struct ward_session *session, uint64_t threshold,
		       uint64_t limit);

/**
 * ward_session_pressure() - how full protected memory is
 * @session: session
 * @pressure: size set by the caller
 *
 * Return: 0; -EINVAL.
 */
int ward_session_pressure(struct ward_session *session,
			  struct ward_pressure *pressure);

/**
 * ward_session_notice() - wait for a notice: the level changed, a volatile
 *	buffer was purged, the lease ran out, the session was revoked
 * @session: session
 * @timeout_ms: 0 = do not wait, negative = for ever
 * @notice: filled in; @notice->kind is WARD_NOTICE_*. That of a lease or a
 *	revocation may come before the buffers have ended
 *
 * Return: 0; -ETIME when none came in time, -EINTR, -EBADF.
 */
int ward_session_notice(struct ward_session *session, int timeout_ms,
			struct ward_notice *notice);

/**
 * ward_session_notices() - the same, for all that are there
 * @session: session
 * @timeout_ms: as above; until the first one
 * @notice: room for @count of them
 * @count: at least 1
 *
 * A notice's seq that is not one more than the last one's tells how many
 * were lost between: the kernel keeps the last 32.
 *
 * Return: how many were read, from 1; or as above, -EINVAL.
 */
int ward_session_notices(struct ward_session *session, int timeout_ms,
			 struct ward_notice *notice, size_t count);

/* ---- buffer.c ----------------------------------------------------------- */

/**
 * ward_buffer_alloc() - make a class A buffer and map it
 * @session: session
 * @length: bytes, not 0; rounded up to whole pages
 * @flags: WARD_BUF_*
 * @label: its name in the event record: UTF-8 without control characters, cut
 *	to 31 bytes; or NULL. Records leave the machine: no patient data in labels
 * @out: the buffer, mapped read-write and zeroed; ends by ward_buffer_free()
 *
 * Return: 0; -EINVAL, -EDQUOT, -ENOMEM, -ESHUTDOWN, -EBUSY (the machine
 * hibernates), -EINTR (1000 signals came, each before anything was done), -EMFILE,
 * -ENFILE, -EOPNOTSUPP; with WARD_BUF_WAIT -ETIME (no room came in time) and
 * -EAGAIN (256 allocations of this user wait already).
 */
int ward_buffer_alloc(struct ward_session *session, size_t length,
		      uint32_t flags, const char *label,
		      struct ward_buffer **out);

/**
 * struct ward_buffer_options - how a buffer is made
 * @size: sizeof(struct ward_buffer_options), set by the caller
 * @flags: WARD_BUF_* to allocate, WARD_PIN_* to pin
 * @label: its name in the event record, as above; or NULL
 * @timeout_ms: with WARD_BUF_WAIT: how long to wait for room, at most 60000;
 *	0 = that long. Else 0
 */
struct ward_buffer_options {
	uint32_t size;
	uint32_t flags;
	const char *label;
	uint32_t timeout_ms;
};

/**
 * ward_buffer_alloc_with() - the same, with every choice there is
 * @session: session
 * @length: bytes, not 0; rounded up to whole pages
 * @options: or NULL for none
 * @out: the buffer, mapped read-write and zeroed; ends by ward_buffer_free()
 *
 * A signal neither ends nor prolongs a wait. A buffer that is WARD_BUF_LAZY may
 * meet SIGBUS where memory runs out at first touch.
 *
 * Return: as ward_buffer_alloc(); -E2BIG for options of a later library.
 */
int ward_buffer_alloc_with(struct ward_session *session, size_t length,
			   const struct ward_buffer_options *options,
			   struct ward_buffer **out);

/**
 * ward_buffer_from_fd() - map a WARD_BUF_SHARED buffer of the same session's
 *	uid in this process: a data loader's, a forked child's
 * @fd: its descriptor, passed on or inherited; owned by the buffer on success
 * @out: the buffer. ward_buffer_free() then unmaps it here and closes @fd; it
 *	wipes nothing, since others use it. ward_buffer_wipe() ends it for all
 *
 * Never pass a handle across fork(): the child's mapping is gone, and to free
 * it there would wipe the buffer under its owner.
 *
 * Return: 0; -EOWNERDEAD (it has ended), -EPERM (not shared, or another uid's),
 * -ENOTTY (no buffer), -ENOMEM.
 */
int ward_buffer_from_fd(int fd, struct ward_buffer **out);

/**
 * ward_buffer_pin() - pin memory of the caller's as class B, the weaker class
 * @session: session
 * @addr: page aligned start of private anonymous memory
 * @length: bytes, a multiple of the page size, at most WARD_PIN_MAX
 * @label: as above
 * @out: the pin. ward_buffer_free() zeroes and unpins the memory in place; the
 *	mapping stays the caller's
 *
 * Marks the range MADV_DONTFORK and MADV_DONTDUMP first; both stay after the
 * pin has ended.
 *
 * Return: 0; -EINVAL, -EPERM, -EOPNOTSUPP, -EFAULT (nothing is mapped at a part
 * of it), -EDQUOT, -ENOMEM, -ESHUTDOWN, -EBUSY, -EINTR, -EMFILE, -ENFILE.
 */
int ward_buffer_pin(struct ward_session *session, void *addr, size_t length,
		    const char *label, struct ward_buffer **out);

/**
 * ward_buffer_pin_with() - the same, with flags
 * @session: session
 * @addr: page aligned start of private anonymous memory
 * @length: bytes, a multiple of the page size, at most WARD_PIN_MAX
 * @options: flags are WARD_PIN_*; NULL for none
 * @out: the pin
 *
 * Return: as ward_buffer_pin(); -ENOTEMPTY (WARD_PIN_CLEAN, and the range held
 * something).
 */
int ward_buffer_pin_with(struct ward_session *session, void *addr,
			 size_t length,
			 const struct ward_buffer_options *options,
			 struct ward_buffer **out);

/**
 * ward_buffer_data() - where it is mapped
 * @buffer: buffer
 *
 * Return: its first byte; accesses after a wipe give SIGBUS (class A).
 */
void *ward_buffer_data(const struct ward_buffer *buffer);

/**
 * ward_buffer_size() - how long it is
 * @buffer: buffer
 *
 * Return: bytes, whole pages.
 */
size_t ward_buffer_size(const struct ward_buffer *buffer);

/**
 * ward_buffer_id() - its name in event records
 * @buffer: buffer
 *
 * Return: the id, unique per boot.
 */
uint64_t ward_buffer_id(const struct ward_buffer *buffer);

/**
 * ward_buffer_fd() - its descriptor
 * @buffer: stays the owner of it
 *
 * Return: the descriptor.
 */
int ward_buffer_fd(const struct ward_buffer *buffer);

/**
 * ward_buffer_info() - class, size, whether and why it ended
 * @buffer: buffer
 * @info: size set by the caller
 *
 * Return: 0; -EINVAL.
 */
int ward_buffer_info(struct ward_buffer *buffer, struct ward_buf_info *info);

/**
 * ward_buffer_wipe() - end it now: unmapped and zeroed when this returns
 * @buffer: buffer; remains to be freed
 * @bytes: bytes zeroed by this call, 0 when it had ended before; or NULL. Its
 *	whole length, also of a lazy buffer that had no memory for some of it
 *
 * Return: 0.
 */
int ward_buffer_wipe(struct ward_buffer *buffer, uint64_t *bytes);

/**
 * ward_buffer_volatile() - its contents may be purged until it is held again
 * @buffer: class A
 *
 * For what can be made anew: decrypted chunks of a cache, say. Accesses after
 * a purge give SIGBUS, so hold it before it is read.
 *
 * Return: 0; -EOPNOTSUPP (class B), -EOWNERDEAD.
 */
int ward_buffer_volatile(struct ward_buffer *buffer);

/**
 * ward_buffer_hold() - keep its contents from here on
 * @buffer: class A
 * @survived: 1 = they are as they were, 0 = purged: free it, make another
 *
 * Return: 0; -EOPNOTSUPP (class B), -EOWNERDEAD (it ended in another way).
 */
int ward_buffer_hold(struct ward_buffer *buffer, int *survived);

/**
 * ward_buffer_free() - wipe, unmap, close, forget
 * @buffer: or NULL
 */
void ward_buffer_free(struct ward_buffer *buffer);

/* ---- events.c ----------------------------------------------------------- */

/**
 * struct ward_records - event records of a session, oldest first
 * @first_seq: sequence number of the first one here; above the one asked for
 *	where the kernel's ring had dropped some
 * @last_seq: sequence number of the chain's newest record
 * @count: records here
 * @event: the records as they leave the machine (little endian)
 */
struct ward_records {
	uint64_t first_seq;
	uint64_t last_seq;
	size_t count;
	struct ward_event *event;
};

/**
 * ward_session_records() - fetch the session's records
 * @session: session
 * @from_seq: first one wanted, from 1
 * @out: freed by ward_records_free()
 *
 * Return: 0; -EINVAL, -ENOMEM.
 */
int ward_session_records(struct ward_session *session, uint64_t from_seq,
			 struct ward_records **out);

/**
 * ward_records_free() - free what ward_session_records() gave
 * @records: or NULL
 */
void ward_records_free(struct ward_records *records);

/* ---- binding.c: doc/formats.md section 5 --------------------------------- */

/**
 * ward_binding_release() - bind to the key that a released key is wrapped to
 * @nonce: the broker's challenge, decoded
 * @nonce_len: bytes, at most WARD_NONCE_MAX
 * @thumbprint: SHA-256 JWK thumbprint (RFC 7638), 32 bytes
 * @out: WARD_BINDING_LEN bytes
 *
 * Return: 0; -EINVAL, -ENOMEM.
 */
int ward_binding_release(const uint8_t *nonce, size_t nonce_len,
			 const uint8_t *thumbprint, uint8_t *out);

/**
 * ward_binding_receipt() - bind to one release of one data set
 * @release: 16 bytes, the broker's
 * @dataset: 16 bytes
 * @owner_nonce: 32 bytes, the broker's; also the nonce of the request
 * @out: WARD_BINDING_LEN bytes
 *
 * Return: 0; -ENOMEM.
 */
int ward_binding_receipt(const uint8_t *release, const uint8_t *dataset,
			 const uint8_t *owner_nonce, uint8_t *out);

/**
 * ward_binding_report() - bind to any bytes
 * @request: bytes, or NULL when @len is 0
 * @len: how many
 * @out: WARD_BINDING_LEN bytes
 *
 * Return: 0; -ENOMEM.
 */
int ward_binding_report(const void *request, size_t len, uint8_t *out);

/**
 * ward_binding_card() - bind to a model's card
 * @digest: SHA-512 of its bytes
 * @out: WARD_BINDING_LEN bytes
 *
 * Return: 0 or -ENOMEM.
 */
int ward_binding_card(const uint8_t *digest, uint8_t *out);

/* ---- bundle.c: doc/formats.md section 4 ---------------------------------- */

#define WARD_BUNDLE_MAX		(1u << 20)

#define WARD_BUNDLE_DIGESTS	(1u << 0)	/* records as digests, contents withheld */

/**
 * ward_bundle_encode() - evidence, claims, path and records as a .ward file
 * @evidence: what ward_session_attest() gave. Every piece goes in that is one
 * @records: what ward_session_records() gave; NULL = not included. Those after
 *	the head that the claims name are left out
 * @flags: 0 or WARD_BUNDLE_DIGESTS
 * @out: deterministic CBOR; the caller frees it with free()
 * @out_len: bytes, at most WARD_BUNDLE_MAX
 *
 * Return: 0; -EINVAL, -ENOMEM, -EMSGSIZE when it would be longer than
 * WARD_BUNDLE_MAX (leave records out, or take digests).
 */
int ward_bundle_encode(const struct ward_evidence *evidence,
		       const struct ward_records *records, uint32_t flags,
		       uint8_t **out, size_t *out_len);

/* ---- error.c --------------------------------------------------------------- */

/**
 * ward_strerror() - what an error of libward means and what mends it
 * @err: a negative errno that a function of this library returned, or its
 *	positive form
 *
 * Return: a static text, never NULL.
 */
const char *ward_strerror(int err);

#ifdef __cplusplus
}
#endif

#include "libward_agent.h"
#include "libward_attest.h"
#include "libward_control.h"
#include "libward_key.h"
#include "libward_lease.h"
#include "libward_memory.h"

#endif /* LIBWARD_H */
