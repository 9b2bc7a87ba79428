/* SPDX-License-Identifier: MIT */
/*
 * libward: how fast evidence may be asked for. Included by libward_control.h.
 */
#ifndef LIBWARD_PACE_H
#define LIBWARD_PACE_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

struct ward_control;

/**
 * struct ward_pace - how fast evidence may be asked for
 * @call_ms: from one call of the provider to the next, sustained; 0 = no pacing
 * @call_burst: calls at once after a quiet time
 * @ask_ms: from one request of a user to the next, sustained; 0 = no bound
 * @ask_burst: requests of a user at once after a quiet time
 * @cooldown_ms: how long a provider that failed is left alone at first; 0 = it
 *	is asked all the same
 */
struct ward_pace {
	uint32_t call_ms;
	uint32_t call_burst;
	uint32_t ask_ms;
	uint32_t ask_burst;
	uint32_t cooldown_ms;
};

#define WARD_PACE_CALL_MS	(1u << 0)
#define WARD_PACE_CALL_BURST	(1u << 1)
#define WARD_PACE_ASK_MS	(1u << 2)
#define WARD_PACE_ASK_BURST	(1u << 3)
#define WARD_PACE_COOLDOWN_MS	(1u << 4)
#define WARD_PACE_ALL		((1u << 5) - 1)

/**
 * ward_control_pace_set() - set how fast evidence may be asked for, all that is
 *	named or nothing (CAP_SYS_ADMIN)
 * @control: control
 * @which: WARD_PACE_*: the members of @pace that count
 * @pace: at most an hour each, bursts of 1 to 4096
 *
 * Return: 0; -EPERM, -EINVAL, -EOPNOTSUPP.
 */
int ward_control_pace_set(struct ward_control *control, uint32_t which,
			  const struct ward_pace *pace);

/**
 * struct ward_provider_entry - one provider of evidence
 * @size: sizeof(struct ward_provider_entry) of the library
 * @kind: WARD_PROVIDER_*
 * @tee: WARD_TEE_*
 * @flags: WARD_AGENT_*, of an agent
 * @primary: it is the one whose TEE the claims name
 * @reserved: 0
 * @calls: calls of it
 * @errors: calls that failed
 * @generation: of its last evidence
 * @name: its name
 */
struct ward_provider_entry {
	uint32_t size;
	uint32_t kind;
	uint32_t tee;
	uint32_t flags;
	uint32_t primary;
	uint32_t reserved;
	uint64_t calls;
	uint64_t errors;
	uint64_t generation;
	char name[WARD_LABEL_LEN + 1];
};

/**
 * ward_control_providers() - every provider of evidence, by place
 * @control: control
 * @each: called for each; a result that is not 0 ends the walk
 * @arg: handed on
 *
 * Return: 0; -EPERM, -ENOMEM, -EBADMSG, -EOPNOTSUPP (a module that has one
 * provider only), or what @each returned below 0.
 */
int ward_control_providers(struct ward_control *control,
			   int (*each)(const struct ward_provider_entry *entry,
				       void *arg), void *arg);

#ifdef __cplusplus
}
#endif

#endif /* LIBWARD_PACE_H */
