/* SPDX-License-Identifier: (GPL-2.0-only WITH Linux-syscall-note) OR MIT */
/*
 * ward: the control plane.
 */
#ifndef _UAPI_LINUX_WARD_NETLINK_H
#define _UAPI_LINUX_WARD_NETLINK_H

/*
 * Generic netlink family "ward", version 1: the control plane. All commands
 * need CAP_SYS_ADMIN in the initial user namespace and network namespace,
 * except SESSION_GET for sessions of the caller's own uid, STATUS_GET and
 * PRESSURE_GET (global figures only), which everybody may ask.
 */
#define WARD_GENL_NAME		"ward"
#define WARD_GENL_VERSION	1

enum {
	WARD_GENL_CMD_UNSPEC,
	WARD_GENL_CMD_STATUS_GET,	/* do: what the module is and holds */
	WARD_GENL_CMD_SESSION_GET,	/* do (by id) or dump: WARD_A_SESSION_* */
	WARD_GENL_CMD_PRESSURE_GET,	/* do: levels and bytes */
	WARD_GENL_CMD_PROVIDER_GET,	/* do: what is attached */
	__WARD_GENL_CMD_MAX,
};

#define WARD_GENL_CMD_MAX (__WARD_GENL_CMD_MAX - 1)

enum {
	WARD_A_UNSPEC,
	WARD_A_PAD,
	/* STATUS_GET */
	WARD_A_ABI,			/* u32 */
	WARD_A_MODULE_VERSION,		/* u32 */
	WARD_A_BUILD_ID,		/* binary, 20 */
	WARD_A_INSTANCE,		/* binary, 16 */
	WARD_A_FEATURES,		/* u64, WARD_FEATURE_* */
	WARD_A_POSTURE,			/* u64 */
	WARD_A_POSTURE_KNOWN,		/* u64 */
	WARD_A_TAINT,			/* u64 */
	WARD_A_TEE,			/* u32 */
	WARD_A_SESSIONS,		/* u32: live */
	WARD_A_TOMBSTONES,		/* u32 */
	WARD_A_GLOBAL_SEQ,		/* u64 */
	WARD_A_GLOBAL_HEAD,		/* binary, 32 */
	/* PRESSURE_GET, STATUS_GET */
	WARD_A_LEVEL,			/* u32 */
	WARD_A_LIVE_A,			/* u64: bytes */
	WARD_A_LIVE_B,			/* u64: bytes */
	WARD_A_PEAK,			/* u64: bytes of both classes */
	WARD_A_LIMIT,			/* u64: bytes */
	WARD_A_FAILED,			/* u64: charges refused */
	WARD_A_WIPED_BYTES,		/* u64 */
	/* SESSION_GET: one nest or message per session, with LIVE_*, PEAK, .. too */
	WARD_A_SESSION_ID,		/* binary, 16 */
	WARD_A_UID,			/* u32, initial user namespace */
	WARD_A_TGID,			/* u32, of the opener, initial pid namespace */
	WARD_A_STATE,			/* u32, WARD_STATE_* */
	WARD_A_BUFFERS,			/* u64: class A buffers live */
	WARD_A_SEQ,			/* u64: records in its chain */
	WARD_A_HEAD,			/* binary, 32 */
	WARD_A_DROPPED,			/* u64 */
	WARD_A_COMM,			/* string: the opener's comm */
	WARD_A_BOOT_NS,			/* u64: opened at */
	/* PROVIDER_GET */
	WARD_A_PROVIDER,		/* string: its name; absent = none attached */
	WARD_A_CALLS,			/* u64: calls of the provider */
	WARD_A_ERRORS,			/* u64: calls that failed */
	WARD_A_SERVED,			/* u64: requests answered with evidence */
	WARD_A_QUEUED,			/* u32: requests waiting */
	WARD_A_GENERATION,		/* u64 */
	__WARD_A_MAX,
};

#define WARD_A_MAX (__WARD_A_MAX - 1)

#endif /* _UAPI_LINUX_WARD_NETLINK_H */
