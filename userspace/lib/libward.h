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
struct ward_arena;
struct ward_control;

/* ---- session.c ---------------------------------------------------------- */

/**
 * ward_session_open() - open the device, which makes a new session
 * @device: path, or NULL for WARD_DEVICE
 * @out: the session; the caller closes it with ward_session_close()
 *
 * Return: 0; -ENOENT or -ENXIO (module not loaded), -EACCES (not in group
 * ward), -EPERM (a device cgroup refuses), -ENOMEM, or what open(2) says.
 */
int ward_session_open(const char *device, struct ward_session **out);

/**
 * ward_session_from_fd() - take over a session that is open already
 * @fd: a descriptor of /dev/ward, passed on by a service manager, say; owned
 *	by the session on success
 * @out: the session
 *
 * Return: 0; -ENOTTY when @fd is no session, -EBADF, -ENOMEM.
 */
int ward_session_from_fd(int fd, struct ward_session **out);

/**
 * ward_session_close() - give up the session; what it was remains as a
 *	tombstone in the kernel
 * @session: or NULL. Buffers that are still alive keep the session alive.
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
 * Return: 0, also when it was sealed before; -ESHUTDOWN when revoked.
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
 * ward_session_notice() - wait for a change of level or of the threshold
 * @session: session
 * @timeout_ms: 0 = do not wait, negative = for ever
 * @notice: filled in
 *
 * Return: 0; -ETIME when none came in time, -EINTR, -ESHUTDOWN.
 */
int ward_session_notice(struct ward_session *session, int timeout_ms,
			struct ward_notice *notice);

/* ---- buffer.c ----------------------------------------------------------- */

/**
 * ward_buffer_alloc() - make a class A buffer and map it
 * @session: session
 * @length: bytes, not 0; rounded up to whole pages
 * @flags: 0
 * @label: its name in the event record, up to WARD_LABEL_LEN bytes; or NULL.
 *	Records leave the machine: no patient data in labels
 * @out: the buffer, mapped read-write and zeroed; ends by ward_buffer_free()
 *
 * Return: 0; -EINVAL, -EDQUOT, -ENOMEM, -ESHUTDOWN, -EMFILE, -EOPNOTSUPP.
 */
int ward_buffer_alloc(struct ward_session *session, size_t length,
		      uint32_t flags, const char *label,
		      struct ward_buffer **out);

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
 * Return: 0; -EINVAL, -EPERM, -EOPNOTSUPP, -EFAULT, -EDQUOT, -ENOMEM,
 * -ESHUTDOWN.
 */
int ward_buffer_pin(struct ward_session *session, void *addr, size_t length,
		    const char *label, struct ward_buffer **out);

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
 * @bytes: bytes zeroed by this call, 0 when it had ended before; or NULL
 *
 * Return: 0.
 */
int ward_buffer_wipe(struct ward_buffer *buffer, uint64_t *bytes);

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

/* ---- attest.c ----------------------------------------------------------- */

/**
 * struct ward_request - what evidence is wanted
 * @size: sizeof(struct ward_request)
 * @purpose: WARD_PURPOSE_*
 * @nonce: the relying party's
 * @nonce_len: 8 to WARD_NONCE_MAX
 * @binding: what the evidence is bound to, see ward_binding_*()
 * @subject: id of an ended session of this uid, or zero
 * @timeout_ms: 0 = 60 s
 */
struct ward_request {
	uint32_t size;
	uint32_t purpose;
	const uint8_t *nonce;
	size_t nonce_len;
	uint8_t binding[WARD_BINDING_LEN];
	uint8_t subject[WARD_ID_LEN];
	uint32_t timeout_ms;
};

/**
 * struct ward_evidence - evidence and the claims that it is over
 * @claims: as hashed into the report data, doc/formats.md section 1
 * @index: position of these claims among the leaves
 * @leaves: leaves of the tree
 * @path: nodes of WARD_DIGEST_LEN bytes, from the leaf upwards
 * @path_len: bytes
 * @data: the provider's evidence
 * @data_len: bytes, not 0
 * @aux: endorsements that came with it
 * @aux_len: bytes, maybe 0
 * @manifest: service manifest
 * @manifest_len: bytes, maybe 0
 * @tee: WARD_TEE_*
 * @generation: the provider's write generation
 * @provider: its name
 */
struct ward_evidence {
	uint8_t claims[WARD_CLAIMS_SIZE];
	uint32_t index;
	uint32_t leaves;
	const uint8_t *path;
	size_t path_len;
	const uint8_t *data;
	size_t data_len;
	const uint8_t *aux;
	size_t aux_len;
	const uint8_t *manifest;
	size_t manifest_len;
	uint32_t tee;
	uint64_t generation;
	char provider[WARD_LABEL_LEN + 1];
};

/**
 * ward_session_attest() - get evidence of what the caller is
 * @session: session; may be sealed, not revoked
 * @request: what is wanted
 * @out: freed by ward_evidence_free()
 *
 * Waits up to @request->timeout_ms; a full queue (EAGAIN) and signals are
 * retried within that time.
 *
 * Return: 0; -EINVAL, -EOPNOTSUPP, -ENODEV (no provider attached), -ENXIO
 * (provider gone), -ETIME, -EBADMSG, -EOVERFLOW, -EIO, -ENOENT (subject),
 * -EPERM, -ESHUTDOWN, -ENOMEM.
 */
int ward_session_attest(struct ward_session *session,
			const struct ward_request *request,
			struct ward_evidence **out);

/**
 * ward_evidence_free() - free what ward_session_attest() gave
 * @evidence: or NULL
 */
void ward_evidence_free(struct ward_evidence *evidence);

/**
 * ward_evidence_tee_name() - the bundle's hint for people
 * @evidence: evidence
 *
 * Return: `snp`, `tdx`, `cca`, `sev`, `none`, or `simulated-snp` where the
 * provider calls itself a simulator.
 */
const char *ward_evidence_tee_name(const struct ward_evidence *evidence);

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

/* ---- bundle.c: doc/formats.md section 4 ---------------------------------- */

#define WARD_BUNDLE_MAX		(1u << 20)

#define WARD_BUNDLE_DIGESTS	(1u << 0)	/* records as digests, contents withheld */

/**
 * ward_bundle_encode() - evidence, claims, path and records as a .ward file
 * @evidence: what ward_session_attest() gave
 * @records: what ward_session_records() gave; NULL = not included
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

/* ---- control.c: the generic netlink family ------------------------------- */

/**
 * struct ward_memory - bytes of protected memory and how full it is
 * @level: WARD_LEVEL_*
 * @live_a: class A bytes held now
 * @live_b: class B bytes held now
 * @peak: most bytes of both ever held
 * @limit: bytes; UINT64_MAX = none
 * @failed: charges refused
 * @wiped: bytes unmapped and zeroed so far
 */
struct ward_memory {
	uint32_t level;
	uint64_t live_a;
	uint64_t live_b;
	uint64_t peak;
	uint64_t limit;
	uint64_t failed;
	uint64_t wiped;
};

/**
 * struct ward_status - what the module is and holds
 * @size: sizeof(struct ward_status), set by the caller
 * @abi: WARD_ABI_VERSION of the module
 * @module_version: major << 16 | minor << 8 | patch
 * @tee: WARD_TEE_*
 * @sessions: live ones
 * @tombstones: ended ones that can still be attested
 * @build_id: of the module, self-asserted
 * @instance: random, made when the module was loaded
 * @features: WARD_FEATURE_*
 * @posture: WARD_POSTURE_*
 * @posture_known: those that the kernel could find out
 * @taint: the kernel's taint bits
 * @global_seq: records in the global chain
 * @global_head: its head
 * @memory: global figures
 */
struct ward_status {
	uint32_t size;
	uint32_t abi;
	uint32_t module_version;
	uint32_t tee;
	uint32_t sessions;
	uint32_t tombstones;
	uint8_t build_id[20];
	uint8_t instance[WARD_ID_LEN];
	uint64_t features;
	uint64_t posture;
	uint64_t posture_known;
	uint64_t taint;
	uint64_t global_seq;
	uint8_t global_head[WARD_HEAD_LEN];
	struct ward_memory memory;
};

/**
 * struct ward_session_entry - one session as the control plane shows it
 * @id: session id
 * @uid: opener, initial user namespace
 * @tgid: opener, initial pid namespace
 * @state: WARD_STATE_*
 * @buffers: class A buffers live
 * @seq: records in its chain
 * @head: its head
 * @dropped: records that its ring no longer holds
 * @opened_ns: CLOCK_BOOTTIME
 * @comm: the opener's, arbitrary bytes: escape before printing
 * @memory: the session's figures
 */
struct ward_session_entry {
	uint8_t id[WARD_ID_LEN];
	uint32_t uid;
	uint32_t tgid;
	uint32_t state;
	uint64_t buffers;
	uint64_t seq;
	uint8_t head[WARD_HEAD_LEN];
	uint64_t dropped;
	uint64_t opened_ns;
	char comm[16];
	struct ward_memory memory;
};

/**
 * struct ward_provider - who answers requests for evidence
 * @size: sizeof(struct ward_provider), set by the caller
 * @attached: 0 when none is; the rest is then as the last one left it
 * @queued: requests waiting
 * @tee: WARD_TEE_*
 * @calls: calls of the provider
 * @errors: calls that failed
 * @served: requests answered with evidence
 * @generation: the provider's write generation
 * @name: as configfs-tsm gives it
 */
struct ward_provider {
	uint32_t size;
	uint32_t attached;
	uint32_t queued;
	uint32_t tee;
	uint64_t calls;
	uint64_t errors;
	uint64_t served;
	uint64_t generation;
	char name[WARD_LABEL_LEN + 1];
};

/**
 * ward_control_open() - connect to the control plane
 * @out: closed by ward_control_close()
 *
 * Return: 0; -ENOENT when the family is not there (module not loaded, or not
 * the initial network namespace), -ENOMEM.
 */
int ward_control_open(struct ward_control **out);

/**
 * ward_control_close() - disconnect
 * @control: or NULL
 */
void ward_control_close(struct ward_control *control);

/**
 * ward_control_status() - what the module is and holds; everybody may ask
 * @control: control
 * @status: size set by the caller
 *
 * Return: 0; -EINVAL, -EBADMSG (an answer that this library cannot read).
 */
int ward_control_status(struct ward_control *control,
			struct ward_status *status);

/**
 * ward_control_pressure() - global figures; everybody may ask
 * @control: control
 * @memory: filled in
 *
 * Return: 0; -EBADMSG.
 */
int ward_control_pressure(struct ward_control *control,
			  struct ward_memory *memory);

/**
 * ward_control_sessions() - all live sessions; without CAP_SYS_ADMIN the
 *	caller's own
 * @control: control
 * @each: called once per session; a negative value ends the walk
 * @arg: passed on to @each
 *
 * Return: 0; what @each returned, -EBADMSG, -EINTR when the list changed
 * under the walk and is not consistent (call again).
 */
int ward_control_sessions(struct ward_control *control,
			  int (*each)(const struct ward_session_entry *entry,
				      void *arg), void *arg);

/**
 * ward_control_provider() - who answers requests for evidence
 * @control: control
 * @provider: size set by the caller
 *
 * Return: 0; -EPERM, -EINVAL, -EBADMSG.
 */
int ward_control_provider(struct ward_control *control,
			  struct ward_provider *provider);

/* ---- provider.c: the configfs link ---------------------------------------- */

/* What ward_provider_state() finds. */
enum ward_provider_link {
	WARD_LINK_NO_CONFIGFS,		/* configfs is not mounted */
	WARD_LINK_NO_TSM,		/* no tsm/report: no provider registered */
	WARD_LINK_NO_WARD,		/* no ward directory: module not loaded */
	WARD_LINK_UNMADE,
	WARD_LINK_MADE,
};

/**
 * ward_provider_state() - how far the way to a provider has been made
 * @configfs: mount point, or NULL for /sys/kernel/config
 *
 * Return: enum ward_provider_link; -EACCES where configfs cannot be read.
 */
int ward_provider_state(const char *configfs);

/**
 * ward_provider_attach() - let the kernel's TSM answer requests (root)
 * @configfs: mount point, or NULL for /sys/kernel/config
 *
 * Makes tsm/report/ward, ward/tsm and the link ward/tsm/source.
 *
 * Return: 0, also when made already; -ENODEV (no TSM provider registered),
 * -ENXIO (ward not loaded), -EACCES, -EPERM, -EBUSY, or what the kernel says.
 */
int ward_provider_attach(const char *configfs);

/**
 * ward_provider_detach() - undo it; requests then answer ENODEV
 * @configfs: mount point, or NULL for /sys/kernel/config
 *
 * Return: 0, also when nothing was there; -EACCES, -EPERM, -EBUSY.
 */
int ward_provider_detach(const char *configfs);

/* ---- arena.c: an allocator on one class A buffer -------------------------- */

#define WARD_ARENA_ALIGN	64

/**
 * ward_arena_new() - an arena for a program's plaintext
 * @session: session
 * @budget: bytes, rounded up to whole pages; bookkeeping lies outside them
 * @label: as for ward_buffer_alloc()
 * @out: ended by ward_arena_destroy()
 *
 * Return: 0; as ward_buffer_alloc().
 */
int ward_arena_new(struct ward_session *session, size_t budget,
		   const char *label, struct ward_arena **out);

/**
 * ward_arena_alloc() - take zeroed bytes, aligned to WARD_ARENA_ALIGN
 * @arena: arena
 * @size: bytes, not 0
 *
 * Return: the bytes, or NULL when no gap of the arena is long enough.
 */
void *ward_arena_alloc(struct ward_arena *arena, size_t size);

/**
 * ward_arena_free() - zero and give back
 * @arena: arena
 * @ptr: what ward_arena_alloc() gave, or NULL
 *
 * Return: 0; -EINVAL when @ptr is no allocation of the arena.
 */
int ward_arena_free(struct ward_arena *arena, void *ptr);

/**
 * ward_arena_reset() - zero and give back everything
 * @arena: arena
 */
void ward_arena_reset(struct ward_arena *arena);

/**
 * ward_arena_used() - bytes taken, in units of WARD_ARENA_ALIGN
 * @arena: arena
 *
 * Return: bytes.
 */
size_t ward_arena_used(const struct ward_arena *arena);

/**
 * ward_arena_peak() - most bytes ever taken
 * @arena: arena
 *
 * Return: bytes.
 */
size_t ward_arena_peak(const struct ward_arena *arena);

/**
 * ward_arena_budget() - bytes in all
 * @arena: arena
 *
 * Return: bytes.
 */
size_t ward_arena_budget(const struct ward_arena *arena);

/**
 * ward_arena_buffer() - the buffer under the arena
 * @arena: stays the owner of it
 *
 * Return: the buffer.
 */
struct ward_buffer *ward_arena_buffer(struct ward_arena *arena);

/**
 * ward_arena_destroy() - wipe by the kernel, unmap, forget
 * @arena: or NULL
 */
void ward_arena_destroy(struct ward_arena *arena);

/* ---- wiping.c: an allocator that zeroes what it frees ---------------------- */

/**
 * ward_wiping_malloc() - malloc() whose memory is zeroed on ward_wiping_free()
 * @size: bytes
 *
 * The memory is ordinary heap: not pinned, not hidden, not counted in any
 * receipt. It only leaves no residue behind once freed.
 *
 * Return: memory, or NULL.
 */
void *ward_wiping_malloc(size_t size);

/**
 * ward_wiping_realloc() - realloc() that zeroes what it leaves behind
 * @ptr: what ward_wiping_malloc() gave, or NULL
 * @size: bytes; 0 frees
 *
 * Return: memory, or NULL, @ptr then being untouched (freed for @size 0).
 */
void *ward_wiping_realloc(void *ptr, size_t size);

/**
 * ward_wiping_free() - zero and free
 * @ptr: or NULL
 */
void ward_wiping_free(void *ptr);

/**
 * ward_hook_openssl() - let OpenSSL allocate through the wiping allocator
 *
 * For a program's first lines: OpenSSL takes it only before its own first
 * allocation. Process wide; for programs, not for libraries.
 *
 * Return: 0; -EBUSY when OpenSSL has allocated before.
 */
int ward_hook_openssl(void);

/**
 * ward_hook_jansson() - let jansson allocate through the wiping allocator
 *
 * For a program's first lines, before any value is made. Process wide.
 *
 * Return: 0.
 */
int ward_hook_jansson(void);

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

#endif /* LIBWARD_H */
