/* SPDX-License-Identifier: MIT */
/*
 * libward, the administrator's side: who may ask for evidence. Conventions as in
 * libward.h; libward_control.h includes this.
 */
#ifndef LIBWARD_POLICY_H
#define LIBWARD_POLICY_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

struct ward_control;

#define WARD_ATTEST_RULES_MAX 256u
#define WARD_PURPOSES_ALL 0x3eu	/* bit n: WARD_PURPOSE_ n; raw report data is none of them */

/**
 * struct ward_attest_rule - what a user or a group may ask for
 * @is_group: @id is a gid, the effective one or a supplementary one of who asks;
 *	else the effective uid. In the initial user namespace
 * @id: whose
 * @purposes: bit n: WARD_PURPOSE_ n, raw too
 */
struct ward_attest_rule {
	uint32_t is_group;
	uint32_t id;
	uint32_t purposes;
};

/**
 * struct ward_attest_policy - who may ask for evidence, and on what machine
 * @purposes: of whom no rule names
 * @refuse: WARD_ADVISE_TRACED, WARD_ADVISE_DUMPABLE: such processes get nothing
 * @latches: WARD_LATCH_*, for as long as the module is loaded
 * @posture: WARD_POSTURE_*: all must be known and true
 * @hash: as in the claims (doc/formats.md section 10); zero = none was set
 * @rules: how many, up to WARD_ATTEST_RULES_MAX; in any order when it is set
 * @rule: who is named by several may do what any of them allows
 */
struct ward_attest_policy {
	uint32_t purposes;
	uint32_t refuse;
	uint32_t latches;
	uint64_t posture;
	uint8_t hash[32];
	size_t rules;
	struct ward_attest_rule *rule;
};

/**
 * ward_control_policy() - who may ask for evidence (CAP_SYS_ADMIN)
 * @control: control
 * @out: freed by ward_attest_policy_free()
 *
 * Return: 0; -EPERM, -ENOMEM, -EBADMSG, -EOPNOTSUPP (an older module).
 */
int ward_control_policy(struct ward_control *control, struct ward_attest_policy **out);

/**
 * ward_attest_policy_free() - free what ward_control_policy() gave
 * @policy: or NULL
 */
void ward_attest_policy_free(struct ward_attest_policy *policy);

/**
 * ward_control_policy_set() - another policy in place of the one in force, whole
 *	(CAP_SYS_ADMIN)
 * @control: control
 * @policy: its hash counts for nothing
 *
 * Latches that are set must be in it again, with what they hold.
 *
 * Return: 0; -EPERM (also for what a latch forbids: ward_control_said() tells),
 * -EINVAL, -ENOMEM, -EOPNOTSUPP.
 */
int ward_control_policy_set(struct ward_control *control,
			    const struct ward_attest_policy *policy);

#ifdef __cplusplus
}
#endif

#endif /* LIBWARD_POLICY_H */
