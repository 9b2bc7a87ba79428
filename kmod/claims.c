// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the kernel vouches for. Claims are composed in the context of whoever
 * calls, since who that is can only be asked there; nothing in them but nonce,
 * binding, purpose and the declared register is the caller's to choose.
 */
#include <linux/kernel.h>
#include <linux/timekeeping.h>

#include "evidence.h"
#include "ward.h"

#ifndef WARD_BUILD_ID
#define WARD_BUILD_ID ""
#endif

/* The struct is a format that leaves the machine: doc/formats.md section 1. */
static_assert(sizeof(struct ward_who) == 80);
static_assert(sizeof(struct ward_claims) == WARD_CLAIMS_SIZE);
static_assert(offsetof(struct ward_claims, caller) == 192);
static_assert(offsetof(struct ward_claims, exe_kind) == 352);
static_assert(offsetof(struct ward_claims, posture) == 528);
static_assert(offsetof(struct ward_claims, live_a) == 584);
static_assert(offsetof(struct ward_claims, state) == 704);
static_assert(offsetof(struct ward_claims, session_seq) == 752);
static_assert(offsetof(struct ward_claims, boot_ns) == 872);
static_assert(offsetof(struct ward_claims, lease_term_ns) == 920);

void ward_build_id(u8 *id)
{
	const size_t len = sizeof_field(struct ward_claims, build_id);

	if (sizeof(WARD_BUILD_ID) != 2 * len + 1 || hex2bin(id, WARD_BUILD_ID, len))
		memset(id, 0, len);
}

static bool is_zero(const u8 *id)
{
	return !memchr_inv(id, 0, WARD_ID_LEN);
}

static void fill_request(const struct ward_session *session,
			 const struct ward_attest *cmd, struct ward_claims *claims)
{
	claims->size = cpu_to_le32(WARD_CLAIMS_SIZE);
	claims->version = cpu_to_le32(1);
	claims->purpose = cpu_to_le32(cmd->purpose);
	claims->nonce_len = cpu_to_le32(cmd->nonce_len);
	memcpy(claims->nonce, cmd->nonce, cmd->nonce_len);
	memcpy(claims->binding, cmd->binding, WARD_BINDING_LEN);
	memcpy(claims->instance, ward_instance, WARD_ID_LEN);
	memcpy(claims->session, session->id, WARD_ID_LEN);
	memcpy(claims->subject, is_zero(cmd->subject) ? session->id : cmd->subject,
	       WARD_ID_LEN);
}

/* A process id is used again; with its start it is not. */
static bool same_process(const struct ward_who *a, const struct ward_who *b)
{
	return a->tgid == b->tgid && a->start_ns == b->start_ns;
}

static void fill_who(const struct ward_session *session, struct ward_claims *claims)
{
	ward_identity_who(current, &claims->caller);
	claims->opener = session->opener;
	ward_identity_exe(claims);
	if (!same_process(&claims->caller, &claims->opener))
		claims->advisory |= cpu_to_le32(WARD_ADVISE_CALLER_NOT_OPENER);
}

/**
 * ward_claims_posture() - the machine's state as claims tell it
 * @out: filled whole: as ward_posture_get() has it, with what the providers say:
 *	the primary one names the TEE, and an agent may assert that nobody else
 *	reaches it
 */
void ward_claims_posture(struct ward_posture *out)
{
	struct ward_provider_facts facts;

	ward_posture_get(out);
	if (!ward_provider_primary(&facts) && facts.tee != WARD_TEE_NONE)
		out->tee = facts.tee;
	if (ward_provider_exclusive()) {
		out->known |= WARD_POSTURE_EXCLUSIVE;
		out->bits |= WARD_POSTURE_EXCLUSIVE;
	}
}

static void fill_machine(struct ward_claims *claims)
{
	struct ward_posture posture;

	ward_claims_posture(&posture);
	claims->posture = cpu_to_le64(posture.bits);
	claims->posture_known = cpu_to_le64(posture.known);
	claims->taint = cpu_to_le64(posture.taint);
	claims->lockdown = cpu_to_le32(posture.lockdown);
	claims->tee = cpu_to_le32(posture.tee);
	claims->module_version = cpu_to_le32(WARD_VERSION_CODE);
	ward_build_id(claims->build_id);
}

/*
 * The ledger comes last, so that its figures are as fresh as can be: reading
 * the executable may take long.
 */
static int fill_ledger(struct ward_session *session, struct ward_claims *claims)
{
	struct ward_totals totals;
	int rc;

	if (!memcmp(claims->subject, session->id, WARD_ID_LEN)) {
		ward_ledger_snapshot(&session->account, claims);
	} else {
		rc = ward_session_tombstone(claims->subject, &totals);
		if (rc)
			return rc;
		ward_ledger_epitaph(&totals, claims);
	}
	claims->boot_ns = cpu_to_le64(ktime_get_boottime_ns());
	claims->real_ns = cpu_to_le64(ktime_get_real_ns());
	return 0;
}

/**
 * ward_claims_fill() - compose claims about current
 * @session: on which it asks
 * @cmd: its checked request; a zero subject means the session itself
 * @claims: filled whole on success
 *
 * May sleep and read the caller's executable.
 *
 * Return: 0, or for the subject -ENOENT (no such ended session) or -EPERM
 * (another user's)
 */
int ward_claims_fill(struct ward_session *session, const struct ward_attest *cmd,
		     struct ward_claims *claims)
{
	memset(claims, 0, sizeof(*claims));
	fill_request(session, cmd, claims);
	fill_who(session, claims);
	fill_machine(claims);
	return fill_ledger(session, claims);
}
