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

#ifdef __cplusplus
extern "C" {
#endif

struct ward_control;

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
