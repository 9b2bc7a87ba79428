/* SPDX-License-Identifier: (GPL-2.0-only WITH Linux-syscall-note) OR MIT */
/*
 * ward: evidence from user space.
 *
 * Where the kernel has no TSM report entry for what the machine offers (a vTPM,
 * /dev/sev-guest on 6.1, /dev/nsm), a privileged program makes the evidence: an
 * *agent*. Part of the ABI of /dev/ward, which ward.h opens with; include that.
 *
 * How it goes
 * -----------
 *  1. WARD_AGENT_BIND on a session gives an agent fd. The session may be closed.
 *  2. read() on it gives one struct ward_agent_request: 64 bytes of report data.
 *     The agent has the hardware sign them.
 *  3. WARD_AGENT_REPLY with the request's cookie: the evidence, or an error.
 *
 * Whoever holds the agent fd is the agent: a launcher with rights may bind and
 * hand it to a process that has none. poll() reports EPOLLIN while read() would
 * not wait, and EPOLLHUP with it once the agent is retired; O_NONBLOCK makes
 * read() give EAGAIN. Several threads may read and reply on one fd.
 *
 * Exactly once
 * ------------
 * A request is answered by the first right reply, or by nobody. Its cookie is a
 * random number that serves one answer of one agent. ENOENT, and nothing is
 * touched, for a cookie that is answered already, too late, another agent's, not
 * read yet, or made up. What ends a request else:
 *  - its deadline: WARD_ATTEST gives EIO (never ETIME, which is the caller's own
 *    deadline; in a ward_evidence_part the error is ETIME);
 *  - the end of the agent (its last descriptor is closed, or it is killed): at
 *    once, ENXIO;
 *  - evidence that cannot be right: see WARD_AGENT_REPLY.
 *
 * Which agent is asked
 * --------------------
 * One provider is the *primary* one: the linked TSM report entry, or without it
 * the agent that was bound first. Agents bound with WARD_AGENT_BESIDE are asked
 * at the same time over the same report data (launch evidence and a vTPM's quote
 * in one answer, say), and WARD_ATTEST gives their evidence as further parts. One
 * of them that fails does not fail the request: its part then has an error and no
 * bytes, and a relying party that wants it refuses. Without a primary provider
 * WARD_ATTEST gives ENODEV, whoever is bound beside.
 *
 * Handing over
 * ------------
 * Binding an agent under the name of one that is bound retires the older one in
 * the same moment: new requests, and those that it has not read, go to the newer
 * one, which takes its place in the order. The retired one may still answer what
 * it has read; its read() returns 0.
 *
 * Binding and ending are recorded in the global chain (WARD_EVENT_PROVIDER).
 * While an agent fd is open the module cannot be unloaded (EBUSY or EAGAIN).
 */
#ifndef _UAPI_LINUX_WARD_AGENT_H
#define _UAPI_LINUX_WARD_AGENT_H

#include <linux/types.h>
#include <linux/ward_claims.h>

/* Agents that may be bound at once; to take over one of them there is room. */
#define WARD_AGENTS_MAX		8
/* Evidence of one answer: the primary provider's and that of those beside. */
#define WARD_PARTS_MAX		4

#define WARD_AGENT_TIMEOUT_MS	10000
#define WARD_AGENT_TIMEOUT_MAX_MS	60000

/**
 * struct ward_agent_bind - WARD_AGENT_BIND on a session: become a provider
 * @size: sizeof(struct ward_agent_bind)
 * @flags: WARD_AGENT_*
 * @name: of the provider, as answers and records tell it: 1 to 31 characters out
 *	of 0x21 to 0x7e, NUL padded
 * @tee: WARD_TEE_*: the format of its evidence. WARD_TEE_NONE = none that this
 *	header names; claims then tell the TEE that the kernel detects
 * @timeout_ms: how long a request waits for its answer; 0 =
 *	WARD_AGENT_TIMEOUT_MS, at most WARD_AGENT_TIMEOUT_MAX_MS
 * @out_fd: the agent fd, close-on-exec
 * @reserved: zero
 *
 * Needs CAP_SYS_ADMIN in the initial user namespace. The kernel takes the agent's
 * word for @name, @tee and flags: who may bind is root of the measured guest.
 *
 * Errors: EPERM, EINVAL (@name, @timeout_ms, @reserved), EOPNOTSUPP (@tee, flags),
 * EUSERS (WARD_AGENTS_MAX are bound, or WARD_PARTS_MAX - 1 beside), ENOMEM, EMFILE,
 * ENFILE, EFAULT (nothing is bound, and nobody retired).
 */
struct ward_agent_bind {
	__u32 size;
	__u32 flags;
	__u8 name[WARD_LABEL_LEN];
	__u32 tee;
	__u32 timeout_ms;
	__s32 out_fd;
	__u32 reserved;
};

/* BESIDE: its evidence stands beside the primary provider's, never alone. */
#define WARD_AGENT_BESIDE	(1u << 0)
/*
 * EXCLUSIVE: the agent asserts that no other process can reach any quote interface
 * of this machine (device nodes, TPM, configfs entries). Claims composed while it
 * is bound have WARD_POSTURE_EXCLUSIVE, known and set; without such an agent the
 * bit is not known.
 */
#define WARD_AGENT_EXCLUSIVE	(1u << 1)

/**
 * struct ward_agent_request - what read() on an agent fd returns, one at a time
 * @size: sizeof(struct ward_agent_request)
 * @flags: 0; an agent gives up on bits that it does not know
 * @cookie: names the request, to be given back; never 0
 * @report_data: to be signed. Where a field is shorter than 64 bytes it carries
 *	SHA-256(@report_data): TPM qualifying data, say
 * @deadline_ns: CLOCK_BOOTTIME; an answer after it comes too late
 *
 * read() blocks until there is a request, unless O_NONBLOCK; 0 = retired, there
 * will be none. A buffer that is too short gives EINVAL, EFAULT leaves the request
 * to the next read().
 */
struct ward_agent_request {
	__u32 size;
	__u32 flags;
	__aligned_u64 cookie;
	__u8 report_data[WARD_DIGEST_LEN];
	__aligned_u64 deadline_ns;
};

/**
 * struct ward_agent_reply - WARD_AGENT_REPLY on an agent fd: answer a request
 * @size: sizeof(struct ward_agent_reply)
 * @flags: must be 0
 * @cookie: of the request
 * @error: 0, or a positive errno out of EPERM (the device refuses this agent), EIO,
 *	ENXIO (it is gone), ENOMEM, EBUSY, EBADMSG (it answered nonsense), EOVERFLOW
 *	(it answered more than fits). WARD_ATTEST gives ENXIO, ENOMEM, EBADMSG and
 *	EOVERFLOW as they are, and EIO for the others
 * @data_len: bytes of evidence, 1 to WARD_EVIDENCE_MAX; 0 with @error
 * @aux_len: bytes of endorsements, up to WARD_AUX_MAX; 0 with @error
 * @manifest_len: bytes of a service manifest, up to WARD_MANIFEST_MAX; 0 with @error
 * @data_addr: the evidence; 0 with length 0, here and below
 * @aux_addr: endorsements: certificates, an event log
 * @manifest_addr: service manifest
 * @generation: the agent's own count of answers, for people; any number
 *
 * For WARD_TEE_SNP and WARD_TEE_SIMULATED the evidence is an SNP report, for
 * WARD_TEE_TDX a quote: the report data of these (of a quote of version 4 or 5) is
 * compared. Other formats the kernel cannot check: the verifier does.
 *
 * EBADMSG: the evidence is empty, too short, or over other report data. That is an
 * answer: the request has failed with EBADMSG, and its cookie is used up. After
 * any other error the request waits as before.
 *
 * Errors: ENOENT (see above), EBADMSG, EINVAL (@error, a length or address beside an
 * error, an address without a length), EMSGSIZE (a length beyond its maximum; nothing
 * was read or allocated), EFAULT, ENOMEM.
 */
struct ward_agent_reply {
	__u32 size;
	__u32 flags;
	__aligned_u64 cookie;
	__u32 error;
	__u32 data_len;
	__u32 aux_len;
	__u32 manifest_len;
	__aligned_u64 data_addr;
	__aligned_u64 aux_addr;
	__aligned_u64 manifest_addr;
	__aligned_u64 generation;
};

#endif /* _UAPI_LINUX_WARD_AGENT_H */
