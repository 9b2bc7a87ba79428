// SPDX-License-Identifier: MIT
/*
 * Claims: doc/formats.md section 1.
 */
#include <string.h>

#include "cursor.h"
#include "fault.h"

static const char *const purposes[] = {
	[WARD_PURPOSE_RELEASE] = "release", [WARD_PURPOSE_CHANNEL] = "channel",
	[WARD_PURPOSE_RECEIPT] = "receipt", [WARD_PURPOSE_SEAL] = "seal",
	[WARD_PURPOSE_REPORT] = "report",
};

#define PURPOSES (sizeof(purposes) / sizeof(purposes[0]))

const char *wv_purpose_text(uint32_t purpose)
{
	return purpose < PURPOSES ? purposes[purpose] : NULL;
}

uint32_t wv_purpose_find(const char *text)
{
	uint32_t i;

	for (i = 1; i < PURPOSES; i++)
		if (!strcmp(purposes[i], text))
			return i;
	return 0;
}

static void read_who(struct cursor *c, struct wv_who *w)
{
	w->pid = cursor_le32(c);
	w->tgid = cursor_le32(c);
	w->start_ns = cursor_le64(c);
	w->uid = cursor_le32(c);
	w->gid = cursor_le32(c);
	w->own_uid = cursor_le32(c);
	w->own_gid = cursor_le32(c);
	w->userns_level = cursor_le32(c);
	cursor_zero(c, 4);
	w->cgroup_id = cursor_le64(c);
	cursor_copy(c, w->cgroup_hash, sizeof(w->cgroup_hash));
}

static void read_request(struct cursor *c, struct wv_claims *k)
{
	size_t used;

	k->purpose = cursor_le32(c);
	k->nonce_len = cursor_le32(c);
	used = k->nonce_len > sizeof(k->nonce) ? sizeof(k->nonce) : k->nonce_len;
	cursor_copy(c, k->nonce, used);
	cursor_zero(c, sizeof(k->nonce) - used);
	cursor_copy(c, k->binding, sizeof(k->binding));
	cursor_copy(c, k->instance, sizeof(k->instance));
	cursor_copy(c, k->session, sizeof(k->session));
	cursor_copy(c, k->subject, sizeof(k->subject));
}

static void read_identity(struct cursor *c, struct wv_claims *k)
{
	read_who(c, &k->caller);
	read_who(c, &k->opener);
	k->exe_kind = cursor_le32(c);
	k->advisory = cursor_le32(c);
	cursor_copy(c, k->exe_digest, sizeof(k->exe_digest));
	cursor_copy(c, k->declared, sizeof(k->declared));
	cursor_copy(c, k->session_key, sizeof(k->session_key));
	k->keys_live = cursor_le32(c);
	k->keys_destroyed = cursor_le32(c);
	k->posture = cursor_le64(c);
	k->posture_known = cursor_le64(c);
	k->taint = cursor_le64(c);
	k->tee = cursor_le32(c);
	k->lockdown = cursor_le32(c);
}

static void read_ledger(struct cursor *c, struct wv_claims *k)
{
	k->limit_global = cursor_le64(c);
	k->limit_user = cursor_le64(c);
	k->limit_session = cursor_le64(c);
	k->live_a = cursor_le64(c);
	k->peak_a = cursor_le64(c);
	k->live_shared = cursor_le64(c);
	k->peak_shared = cursor_le64(c);
	k->live_volatile = cursor_le64(c);
	k->peak_volatile = cursor_le64(c);
	k->live_b = cursor_le64(c);
	k->peak_b = cursor_le64(c);
	k->alloc_buffers = cursor_le64(c);
	k->alloc_bytes = cursor_le64(c);
	k->wiped_buffers = cursor_le64(c);
	k->wiped_bytes = cursor_le64(c);
	k->unpinned_buffers = cursor_le64(c);
	k->unpinned_bytes = cursor_le64(c);
	k->failed = cursor_le64(c);
}

static void read_state(struct cursor *c, struct wv_claims *k)
{
	k->state = cursor_le32(c);
	cursor_zero(c, 4);
	k->lease_deadline_ns = cursor_le64(c);
	cursor_copy(c, k->lease_anchor, sizeof(k->lease_anchor));
	k->session_seq = cursor_le64(c);
	cursor_copy(c, k->session_head, sizeof(k->session_head));
	k->global_seq = cursor_le64(c);
	cursor_copy(c, k->global_head, sizeof(k->global_head));
	k->events_dropped = cursor_le64(c);
	cursor_copy(c, k->policy_hash, sizeof(k->policy_hash));
	k->boot_ns = cursor_le64(c);
	k->real_ns = cursor_le64(c);
	k->module_version = cursor_le32(c);
	cursor_zero(c, 4);
	cursor_copy(c, k->build_id, sizeof(k->build_id));
	cursor_zero(c, 4);
	k->lease_term_ns = cursor_le64(c);
	k->lease_expires_ns = cursor_le64(c);
	cursor_zero(c, 88);
}

#define STATES \
	(WARD_STATE_SEALED | WARD_STATE_TOMBSTONE | WARD_STATE_REVOKED | WARD_STATE_EXPIRED)

struct rule {
	bool broken;
	const char *field;
	int offset;
	const char *text;
};

/* What no kernel of this version writes; unknown values may mean anything. */
static int check_values(const struct wv_claims *k, struct wv_fault *fault)
{
	const struct rule rules[] = {
		{ !wv_purpose_text(k->purpose), "claims.purpose", 8, "unknown purpose" },
		{ k->nonce_len > sizeof(k->nonce), "claims.nonce_len", 12,
		  "a nonce has at most 64 bytes" },
		{ k->exe_kind > WARD_EXE_IMA, "claims.exe_kind", 352,
		  "unknown kind of executable digest" },
		{ k->posture & ~k->posture_known, "claims.posture", 528,
		  "a posture bit is set that is not known" },
		{ k->tee > WARD_TEE_AZURE_TDX && k->tee != WARD_TEE_SIMULATED, "claims.tee", 552,
		  "unknown kind of TEE" },
		{ k->lockdown > 2, "claims.lockdown", 556, "unknown lockdown level" },
		{ k->state & ~STATES, "claims.state", 704, "unknown state bits" },
		{ k->events_dropped > k->session_seq, "claims.events_dropped", 832,
		  "more records dropped than there ever were" },
	};
	size_t i;

	for (i = 0; i < sizeof(rules) / sizeof(rules[0]); i++)
		if (rules[i].broken)
			return fault_set(fault, WV_CLAIMS_DAMAGED, rules[i].field,
					 rules[i].offset, "%s", rules[i].text);
	return fault_clear(fault);
}

int wv_claims_parse(struct wv_bytes claims, struct wv_claims *out, struct wv_fault *fault)
{
	struct cursor c = cursor_over(claims.data, claims.len);
	uint32_t size = cursor_le32(&c), version = cursor_le32(&c);

	memset(out, 0, sizeof(*out));
	if (claims.len != WARD_CLAIMS_SIZE || size != WARD_CLAIMS_SIZE)
		return fault_set(fault, WV_CLAIMS_DAMAGED, "claims.size", 0,
				 "%zu bytes that call themselves %u, %d are expected",
				 claims.len, size, WARD_CLAIMS_SIZE);
	if (version != 1)
		return fault_set(fault, WV_CLAIMS_DAMAGED, "claims.version", 4,
				 "version %u is not known (1 is)", version);
	read_request(&c, out);
	read_identity(&c, out);
	read_ledger(&c, out);
	read_state(&c, out);
	if (!cursor_done(&c))
		return fault_set(fault, WV_CLAIMS_DAMAGED, "claims", (int64_t)c.at,
				 "byte %zu must be zero", c.at);
	return check_values(out, fault);
}
