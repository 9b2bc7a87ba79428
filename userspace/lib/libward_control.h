/* SPDX-License-Identifier: MIT */
/*
 * libward, the administrator's side: the control plane and the provider's link.
 * Conventions as in libward.h, which includes this.
 */
#ifndef LIBWARD_CONTROL_H
#define LIBWARD_CONTROL_H

#include <stddef.h>
#include <stdint.h>

#include <linux/ward.h>
#include <linux/ward_netlink.h>

#include "libward_pace.h"
#include "libward_policy.h"

#ifdef __cplusplus
extern "C" {
#endif

struct ward_control;

/* ---- control*.c: the generic netlink family ------------------------------ */

/**
 * struct ward_memory - bytes of protected memory and how full it is
 * @level: WARD_LEVEL_*
 * @live_a: class A bytes held now
 * @live_b: class B bytes held now
 * @peak: most bytes of both ever held
 * @limit: bytes; UINT64_MAX = none
 * @failed: charges refused
 * @wiped: bytes unmapped and zeroed so far
 * @live_shared: part of @live_a that is bound to its session
 * @live_volatile: part of @live_a that the kernel may purge
 * @pool: bytes of wiped memory kept for reuse; no part of the above
 */
struct ward_memory {
	uint32_t level;
	uint64_t live_a;
	uint64_t live_b;
	uint64_t peak;
	uint64_t limit;
	uint64_t failed;
	uint64_t wiped;
	uint64_t live_shared;
	uint64_t live_volatile;
	uint64_t pool;
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
 * @lease_ns: when its lease runs out, CLOCK_BOOTTIME; 0 = never
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
	uint64_t lease_ns;
};

/**
 * struct ward_buffer_entry - one live buffer as the control plane shows it
 * @session: id of its session
 * @id: as in event records
 * @buf_class: WARD_CLASS_*
 * @state: WARD_BUF_IS_*
 * @mapped: mappings
 * @length: bytes
 * @present: bytes that have memory
 * @huge: bytes in 2 MiB folios
 * @protection: WARD_PROTECT_*
 * @label: what the worker called it, NUL padded: escape before printing
 */
struct ward_buffer_entry {
	uint8_t session[WARD_ID_LEN];
	uint64_t id;
	uint32_t buf_class;
	uint32_t state;
	uint32_t mapped;
	uint64_t length;
	uint64_t present;
	uint64_t huge;
	uint64_t protection;
	uint8_t label[WARD_LABEL_LEN];
};

/**
 * struct ward_limits - limits of the ledger, bytes; UINT64_MAX = none
 * @size: sizeof(struct ward_limits), set by the caller
 * @global: of the machine
 * @user: of each user, or of the one that was named
 * @session: of each session
 */
struct ward_limits {
	uint32_t size;
	uint64_t global;
	uint64_t user;
	uint64_t session;
};

#define WARD_LIMIT_GLOBAL	(1u << 0)
#define WARD_LIMIT_USER		(1u << 1)
#define WARD_LIMIT_SESSION	(1u << 2)
#define WARD_LIMIT_ALL		(WARD_LIMIT_GLOBAL | WARD_LIMIT_USER | WARD_LIMIT_SESSION)

/**
 * struct ward_figure - one number, and where the kernel has it from
 * @name: a word
 * @value: the number
 * @source: the kernel's source of it
 */
struct ward_figure {
	char name[40];
	uint64_t value;
	char source[120];
};

/**
 * struct ward_gauge - how full protected memory is, with every figure there is
 * @memory: global figures
 * @limit_user: of each user, bytes; UINT64_MAX = none
 * @limit_session: of each session, likewise
 * @waiting: allocations that wait
 * @has_level_seq: @level_seq was told
 * @has_stalls: @some and @full were told
 * @level_seq: changes of the global level so far
 * @some: time in which at least one allocation waited
 * @full: time in which every session that holds or wants memory waited
 * @figures: how many
 * @figure: what else the kernel counts
 */
struct ward_gauge {
	struct ward_memory memory;
	uint64_t limit_user;
	uint64_t limit_session;
	uint32_t waiting;
	uint8_t has_level_seq;
	uint8_t has_stalls;
	uint64_t level_seq;
	struct ward_stall some;
	struct ward_stall full;
	size_t figures;
	struct ward_figure *figure;
};

/**
 * struct ward_level_change - the global level changed
 * @size: sizeof(struct ward_level_change), set by the caller
 * @waiting: allocations that wait
 * @seq: from 1; a jump by more than one = that many were lost
 * @memory: global figures at that moment; memory.level is the new level
 * @some: as in struct ward_gauge
 * @full: likewise
 */
struct ward_level_change {
	uint32_t size;
	uint32_t waiting;
	uint64_t seq;
	struct ward_memory memory;
	struct ward_stall some;
	struct ward_stall full;
};

/**
 * struct ward_event_entry - a record, and whose it is
 * @seq: its number among the records of all chains, from 1; 0 where one chain
 *	was asked for
 * @session: in whose chain it is; zero = the global one
 * @event: the record, little endian
 */
struct ward_event_entry {
	uint64_t seq;
	uint8_t session[WARD_ID_LEN];
	struct ward_event event;
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
 * @breaker: WARD_BREAKER_IS_*
 * @tokens: calls that may be made at once
 * @refused: requests with EAGAIN or EHOSTDOWN
 * @next_call_ns: how long until one may be made
 * @probe_ns: how long until one may be, to see, while the breaker is open
 * @reused: requests answered with an earlier answer
 * @pace: how fast it may be asked
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
	uint32_t breaker;
	uint32_t tokens;
	uint64_t refused;
	uint64_t next_call_ns;
	uint64_t probe_ns;
	uint64_t reused;
	struct ward_pace pace;
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
 * ward_control_said() - why the kernel refused the last command, in its words
 * @control: control
 *
 * Return: text that holds until the next call; empty where it said nothing.
 */
const char *ward_control_said(const struct ward_control *control);

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
 * ward_control_buffers() - live buffers of one session, or of all that the
 *	caller may see
 * @control: control
 * @session: WARD_ID_LEN bytes; NULL = all
 * @each: called once per buffer; a negative value ends the walk
 * @arg: passed on to @each
 *
 * Return: 0; what @each returned, -ENOENT (no such session), -EPERM (another
 * user's), -EBADMSG, -EINTR as above, -EOPNOTSUPP (an older module).
 */
int ward_control_buffers(struct ward_control *control, const uint8_t *session,
			 int (*each)(const struct ward_buffer_entry *entry,
				     void *arg), void *arg);

/**
 * ward_control_revoke() - end all buffers of a session, and let it make no more
 *	(CAP_SYS_ADMIN)
 * @control: control
 * @session: WARD_ID_LEN bytes
 *
 * When it returns, none of the session's class A memory is mapped or readable.
 *
 * Return: 0; -EPERM, -ENOENT (no such session), -EOPNOTSUPP.
 */
int ward_control_revoke(struct ward_control *control, const uint8_t *session);

/**
 * ward_control_limits() - the limits in force (CAP_SYS_ADMIN)
 * @control: control
 * @uid: whose limit @limits->user tells; NULL = that of every user
 * @limits: size set by the caller
 *
 * Return: 0; -EPERM, -EINVAL, -EBADMSG, -EOPNOTSUPP.
 */
int ward_control_limits(struct ward_control *control, const uint32_t *uid,
			struct ward_limits *limits);

/**
 * ward_control_limit_set() - set limits, all of those named or none
 *	(CAP_SYS_ADMIN)
 * @control: control
 * @which: WARD_LIMIT_*: the members of @limits that count
 * @uid: with WARD_LIMIT_USER: that user's alone; NULL = every user's
 * @limits: bytes, multiples of the page size
 *
 * A limit below what is held takes nothing away; nothing more is given
 * until it fits.
 *
 * Return: 0; -EPERM, -EINVAL, -EOPNOTSUPP.
 */
int ward_control_limit_set(struct ward_control *control, uint32_t which,
			   const uint32_t *uid,
			   const struct ward_limits *limits);

/**
 * ward_control_gauge() - global figures, all of them; everybody may ask
 * @control: control
 * @out: freed by ward_gauge_free()
 *
 * Return: 0; -ENOMEM, -EBADMSG.
 */
int ward_control_gauge(struct ward_control *control, struct ward_gauge **out);

/**
 * ward_gauge_free() - free what ward_control_gauge() gave
 * @gauge: or NULL
 */
void ward_gauge_free(struct ward_gauge *gauge);

/**
 * ward_control_watch() - be told of every change of the global level
 *	(CAP_SYS_ADMIN)
 * @control: control
 *
 * Return: 0, also when it is watched already; -EPERM, -EOPNOTSUPP (an older
 * module), -ENOMEM.
 */
int ward_control_watch(struct ward_control *control);

/**
 * ward_control_fd() - the descriptor to poll() for changes
 * @control: stays the owner of it
 *
 * Return: the descriptor; -EBADF before ward_control_watch().
 */
int ward_control_fd(const struct ward_control *control);

/**
 * ward_control_level() - wait for a change of the global level
 * @control: control, watched
 * @timeout_ms: 0 = do not wait, negative = for ever
 * @change: size set by the caller
 *
 * Return: 0; -ETIME when none came in time, -EINTR, -EBADF (not watched),
 * -EINVAL, -EBADMSG.
 */
int ward_control_level(struct ward_control *control, int timeout_ms,
		       struct ward_level_change *change);

/**
 * ward_control_events() - records, oldest first: of one session's chain, which its
 *	owner may ask for; of the global chain or of all chains (CAP_SYS_ADMIN)
 * @control: control
 * @session: WARD_ID_LEN bytes, zero = the global chain; NULL = of all chains, in
 *	the order in which they were made
 * @from: records numbered above it; 0 = all that the kernel still has
 * @each: called once per record; a negative value ends the walk
 * @arg: passed on to @each
 *
 * What the kernel has let go shows as a first number greater than @from + 1.
 *
 * Return: 0; what @each returned, -ENOENT (no such session, or it ended), -EPERM,
 * -EBADMSG, -EOPNOTSUPP (an older module).
 */
int ward_control_events(struct ward_control *control, const uint8_t *session, uint64_t from,
			int (*each)(const struct ward_event_entry *entry, void *arg), void *arg);

/**
 * ward_control_events_watch() - be told of every record as it is made
 *	(CAP_SYS_ADMIN)
 * @control: control
 *
 * Return: as ward_control_watch().
 */
int ward_control_events_watch(struct ward_control *control);

/**
 * ward_control_events_fd() - the descriptor to poll() for records
 * @control: stays the owner of it
 *
 * Return: the descriptor; -EBADF before ward_control_events_watch().
 */
int ward_control_events_fd(const struct ward_control *control);

/**
 * ward_control_event() - wait for a record
 * @control: control, with ward_control_events_watch()
 * @timeout_ms: 0 = do not wait, negative = for ever
 * @entry: filled in; a jump of its @seq by more than one = that many were lost to
 *	this listener, which ward_control_events() may still have
 *
 * Return: 0; -ETIME when none came in time, -EINTR, -EBADF (not watched),
 * -EBADMSG.
 */
int ward_control_event(struct ward_control *control, int timeout_ms,
		       struct ward_event_entry *entry);

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
	WARD_LINK_NO_TSM,		/* no tsm/report: the TSM core is not there */
	WARD_LINK_NO_WARD,		/* no ward directory: module not loaded, or
					 * built for a kernel without TSM */
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
 * ward_provider_probe() - is a TSM provider registered with the kernel? (root)
 * @configfs: mount point, or NULL for /sys/kernel/config
 *
 * Only making an entry tells; what is made is removed at once.
 *
 * Return: 0; -ENODEV (none is), -EACCES or -EPERM (not told to this user).
 */
int ward_provider_probe(const char *configfs);

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
 * ward_provider_set() - what the TSM is to be asked for (root)
 * @configfs: mount point, or NULL for /sys/kernel/config
 * @attribute: of the report entry: `privlevel` (VMPL on SNP), or, for a service
 *	beside the kernel such as an SVSM, `service_provider`, `service_guid`,
 *	`service_manifest_version`
 * @value: as Documentation/ABI/testing/configfs-tsm-report has it
 *
 * Makes tsm/report/ward where it is not there. Holds for later requests, also
 * where the link is made already.
 *
 * Return: 0; -EINVAL (another attribute, or a value that the kernel refuses),
 * -EOPNOTSUPP (this provider has no such attribute), -ENODEV (no TSM provider
 * registered), -EACCES, -EPERM, or what the kernel says.
 */
int ward_provider_set(const char *configfs, const char *attribute,
		      const char *value);

/**
 * ward_provider_detach() - undo it; requests then answer ENODEV
 * @configfs: mount point, or NULL for /sys/kernel/config
 *
 * Return: 0, also when nothing was there; -EACCES, -EPERM, -EBUSY.
 */
int ward_provider_detach(const char *configfs);

#ifdef __cplusplus
}
#endif

#endif /* LIBWARD_CONTROL_H */
