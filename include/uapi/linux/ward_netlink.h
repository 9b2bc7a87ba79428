/* SPDX-License-Identifier: (GPL-2.0-only WITH Linux-syscall-note) OR MIT */
/*
 * ward: the control plane.
 */
#ifndef _UAPI_LINUX_WARD_NETLINK_H
#define _UAPI_LINUX_WARD_NETLINK_H

/*
 * Generic netlink family "ward", version 1: the control plane. All commands
 * need CAP_SYS_ADMIN in the initial user namespace and network namespace,
 * except SESSION_GET, BUFFER_GET and EVENT_GET for sessions of the caller's own
 * uid, STATUS_GET and PRESSURE_GET (global figures only), which everybody may ask.
 * What is refused is explained in extended ack text.
 *
 * Multicast group "pressure" (CAP_SYS_ADMIN to join): PRESSURE_NTF for every
 * change of the global level. WARD_A_LEVEL_SEQ counts them from 1: a jump by
 * more than one is that many lost.
 *
 * Multicast group "events" (CAP_SYS_ADMIN to join): EVENT_NTF for every record of
 * every chain but the global one's links. WARD_A_EVENT_SEQ counts them from 1: a
 * jump by more than one is that many lost, to this listener, since it was too slow
 * (its socket says ENOBUFS too) or the kernel had no memory; the chains have them
 * all the same. EVENT_GET gives those that are still there: the newest 1024, but of one
 * session's at most 256, so that nobody pushes out what others did.
 */
#define WARD_GENL_NAME		"ward"
#define WARD_GENL_VERSION	1
#define WARD_GENL_GROUP_PRESSURE	"pressure"
#define WARD_GENL_GROUP_EVENTS		"events"

enum {
	WARD_GENL_CMD_UNSPEC,
	WARD_GENL_CMD_STATUS_GET,	/* do: what the module is and holds */
	WARD_GENL_CMD_SESSION_GET,	/* do (by id) or dump: WARD_A_SESSION_* */
	WARD_GENL_CMD_PRESSURE_GET,	/* do: levels and bytes */
	/*
	 * do: the primary provider and the figures of all requests. dump: every
	 * provider that is bound, by place: PROVIDER, PROVIDER_KIND, TEE, AGENT_FLAGS,
	 * PRIMARY, and CALLS, ERRORS, GENERATION of its own
	 */
	WARD_GENL_CMD_PROVIDER_GET,
	/*
	 * dump: live buffers of WARD_A_SESSION_ID, or of every session that the
	 * caller may see; one message each
	 */
	WARD_GENL_CMD_BUFFER_GET,
	/*
	 * do: WARD_A_SESSION_ID: end all its buffers, and let it make no more.
	 * When it is answered, none of its class A memory is mapped or readable
	 */
	WARD_GENL_CMD_SESSION_REVOKE,
	/* do: WARD_A_LIMIT, _USER, _SESSION; with WARD_A_UID that user's */
	WARD_GENL_CMD_LIMIT_GET,
	/*
	 * do: one or more of WARD_A_LIMIT, WARD_A_LIMIT_USER (of every user, or
	 * with WARD_A_UID of that one), WARD_A_LIMIT_SESSION; bytes, a multiple
	 * of the page size, below 2^63, ~0 = none (for one user: none of their
	 * own, that of every user holds). Below what is held: nothing is taken
	 * away, nothing more is given until it fits. All or nothing
	 */
	WARD_GENL_CMD_LIMIT_SET,
	WARD_GENL_CMD_PRESSURE_NTF,	/* multicast: the global level changed */
	/*
	 * dump: records, oldest first, numbered above WARD_A_FROM_SEQ (absent = 0):
	 * of the chain of WARD_A_SESSION_ID, which its owner may ask for too (16 zero
	 * bytes = the global chain); or else of all chains in the order in which
	 * they were made, as far as the kernel still has them
	 */
	WARD_GENL_CMD_EVENT_GET,
	WARD_GENL_CMD_EVENT_NTF,	/* multicast: a record was made */
	/*
	 * do: one or more of WARD_A_CALL_MS, _CALL_BURST, _ASK_MS, _ASK_BURST,
	 * _COOLDOWN_MS: how fast evidence may be asked for, see struct
	 * ward_attest. An interval of 0 is no bound, a cool-down of 0 no breaker;
	 * at most an hour, and 1 to 4096 tokens. All or nothing, in force at once;
	 * PROVIDER_GET tells them
	 */
	WARD_GENL_CMD_PACE_SET,
	WARD_GENL_CMD_POLICY_GET,	/* do: who may ask for evidence */
	/*
	 * do: the whole policy of who may ask for evidence, in place of the one
	 * before: WARD_A_PURPOSES of whom no rule names (bit n = purpose n, with
	 * raw); WARD_A_RULE, up to 256, by uid and then by gid, ascending: who is
	 * named by several may do what any of them allows (by effective uid; by
	 * effective gid or any supplementary group, though claims show the
	 * effective gid alone); WARD_A_POSTURE that the machine must have;
	 * WARD_A_REFUSE; WARD_A_LATCHES, which stay until the module is loaded
	 * again (EPERM for what they forbid). Absent = 0. In force at once, for
	 * requests that are not queued yet
	 */
	WARD_GENL_CMD_POLICY_SET,
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
	/* LIMIT_GET, LIMIT_SET, PRESSURE_GET */
	WARD_A_LIMIT_USER,		/* u64: bytes, ~0 = none */
	WARD_A_LIMIT_SESSION,		/* u64: bytes, ~0 = none */
	/* PRESSURE_GET, STATUS_GET, SESSION_GET */
	WARD_A_LIVE_SHARED,		/* u64: bytes, part of LIVE_A */
	WARD_A_VOLATILE,		/* u64: bytes, part of LIVE_A */
	WARD_A_POOL,			/* u64: bytes of wiped memory kept for reuse */
	/* PRESSURE_GET, PRESSURE_NTF */
	WARD_A_WAITING,			/* u32: allocations that wait */
	WARD_A_SOME,			/* binary: struct ward_stall */
	WARD_A_FULL,			/* binary: struct ward_stall */
	WARD_A_LEVEL_SEQ,		/* u64: changes of the global level */
	WARD_A_FIGURE,			/* nest, several: NAME, VALUE, SOURCE */
	WARD_A_NAME,			/* string */
	WARD_A_VALUE,			/* u64 */
	WARD_A_SOURCE,			/* string: where the kernel has it from */
	/* SESSION_GET */
	WARD_A_LEASE_NS,		/* u64: when the lease runs out; absent = never */
	/* BUFFER_GET, with WARD_A_SESSION_ID */
	WARD_A_BUFFER_ID,		/* u64 */
	WARD_A_CLASS,			/* u32: WARD_CLASS_* */
	WARD_A_LENGTH,			/* u64: bytes */
	WARD_A_LABEL,			/* binary, 32 */
	WARD_A_MAPPED,			/* u32: mappings */
	WARD_A_HUGE,			/* u64: bytes in 2 MiB folios */
	WARD_A_PRESENT,			/* u64: bytes that have memory */
	WARD_A_PROTECTION,		/* u64: WARD_PROTECT_* */
	WARD_A_BUFFER_STATE,		/* u32: WARD_BUF_IS_* */
	/* EVENT_GET, EVENT_NTF, with WARD_A_SESSION_ID (zero = the global chain) */
	WARD_A_FROM_SEQ,		/* u64: in the request */
	WARD_A_EVENT_SEQ,		/* u64: among the records of all chains */
	WARD_A_EVENT,			/* binary, 128: struct ward_event */
	/* PACE_SET, PROVIDER_GET */
	WARD_A_CALL_MS,			/* u32: ms from call to call, sustained */
	WARD_A_CALL_BURST,		/* u32: calls at once */
	WARD_A_ASK_MS,			/* u32: ms from request to request of a user */
	WARD_A_ASK_BURST,		/* u32: requests of a user at once */
	WARD_A_COOLDOWN_MS,		/* u32: how long the breaker stays open at first */
	/* PROVIDER_GET */
	WARD_A_REFUSED,			/* u64: requests with EAGAIN or EHOSTDOWN */
	WARD_A_TOKENS,			/* u32: calls that may be made at once */
	WARD_A_NEXT_CALL_NS,		/* u64: ns until one may be made */
	WARD_A_BREAKER,			/* u32: WARD_BREAKER_IS_* */
	WARD_A_PROBE_NS,		/* u64: ns until a probe may pass, 0 = now */
	/* PROVIDER_GET's dump */
	WARD_A_PROVIDER_KIND,		/* u32: WARD_PROVIDER_* */
	WARD_A_AGENT_FLAGS,		/* u32: WARD_AGENT_* */
	WARD_A_PRIMARY,			/* flag: the one whose TEE the claims name */
	/* PROVIDER_GET */
	WARD_A_REUSED,			/* u64: requests answered with an earlier answer */
	/* POLICY_GET, POLICY_SET, with WARD_A_POSTURE */
	WARD_A_PURPOSES,		/* u32: bit n: WARD_PURPOSE_ n, raw too */
	WARD_A_RULE,			/* nest, several: UID or GID, PURPOSES */
	WARD_A_GID,			/* u32, initial user namespace */
	WARD_A_REFUSE,			/* u32: WARD_ADVISE_TRACED, _DUMPABLE */
	WARD_A_LATCHES,			/* u32: WARD_LATCH_* */
	WARD_A_POLICY_HASH,		/* binary, 32; zero = none was set */
	__WARD_A_MAX,
};

#define WARD_A_MAX (__WARD_A_MAX - 1)

/* WARD_A_BREAKER */
enum {
	WARD_BREAKER_IS_CLOSED = 0,	/* the provider is called */
	WARD_BREAKER_IS_OPEN = 1,	/* it failed, and is left alone */
	WARD_BREAKER_IS_PROBING = 2,	/* one call is under way, to see */
};

/* WARD_A_LATCHES: one-way, until the module is loaded again. */
#define WARD_LATCH_RULES	(1u << 0)	/* purposes and rules stay as they are */
#define WARD_LATCH_POSTURE	(1u << 1)	/* what is required can only grow */
#define WARD_LATCH_REFUSE	(1u << 2)	/* what is refused can only grow */

#endif /* _UAPI_LINUX_WARD_NETLINK_H */
