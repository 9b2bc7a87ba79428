// SPDX-License-Identifier: MIT
/*
 * Claims and events as JSON; member names are those of the structs.
 */
#include "json_write.h"

struct flag {
	uint64_t bit;
	const char *text;
};

static json_t *flags_json(uint64_t bits, const struct flag *flags)
{
	json_t *list = json_array();

	for (; list && flags->text; flags++)
		if (bits & flags->bit)
			json_array_append_new(list, json_string(flags->text));
	return list;
}

static const struct flag state_flags[] = {
	{ WARD_STATE_SEALED, "sealed" },
	{ WARD_STATE_TOMBSTONE, "ended" },
	{ WARD_STATE_REVOKED, "revoked" },
	{ WARD_STATE_EXPIRED, "expired" },
	{ 0, NULL },
};

static const struct flag advisory_flags[] = {
	{ WARD_ADVISE_TRACED, "traced" },
	{ WARD_ADVISE_DUMPABLE, "dumpable" },
	{ WARD_ADVISE_NO_NEW_PRIVS, "no-new-privs" },
	{ WARD_ADVISE_SECCOMP, "seccomp" },
	{ WARD_ADVISE_INIT_USERNS, "init-userns" },
	{ WARD_ADVISE_CALLER_NOT_OPENER, "caller-not-opener" },
	{ 0, NULL },
};

static const struct flag posture_flags[] = {
	{ WARD_POSTURE_MEM_ENCRYPT, "mem-encrypt" },
	{ WARD_POSTURE_MODULE_SIG, "module-sig" },
	{ WARD_POSTURE_KEXEC_LOADED, "kexec-loaded" },
	{ WARD_POSTURE_HIBERNATION_OFF, "hibernation-off" },
	{ WARD_POSTURE_LOCKDOWN_INTEGRITY, "lockdown-integrity" },
	{ WARD_POSTURE_LOCKDOWN_CONF, "lockdown-confidentiality" },
	{ WARD_POSTURE_EXCLUSIVE, "exclusive" },
	{ WARD_POSTURE_INIT_ON_FREE, "init-on-free" },
	{ 0, NULL },
};

const char *tee_text(uint32_t tee)
{
	static const char names[][10] = {
		"none", "snp", "tdx", "cca", "sev", "tpm", "nitro", "azure-snp", "azure-tdx",
	};

	if (tee == WARD_TEE_SIMULATED)
		return "simulated";
	return tee <= WARD_TEE_AZURE_TDX ? names[tee] : "unknown";
}

static json_t *who_json(const struct wv_who *w)
{
	struct json_out o = out_start();

	out_put_number(&o, "pid", w->pid);
	out_put_number(&o, "tgid", w->tgid);
	out_put_number(&o, "start_ns", w->start_ns);
	out_put_number(&o, "uid", w->uid);
	out_put_number(&o, "gid", w->gid);
	out_put_number(&o, "own_uid", w->own_uid);
	out_put_number(&o, "own_gid", w->own_gid);
	out_put_number(&o, "userns_level", w->userns_level);
	out_put_number(&o, "cgroup_id", w->cgroup_id);
	out_put_hex(&o, "cgroup_hash", w->cgroup_hash, 32);
	return out_take(&o);
}

static void put_request(struct json_out *o, const struct wv_claims *k)
{
	out_put_text(o, "purpose", wv_purpose_text(k->purpose));
	out_put_hex(o, "nonce", k->nonce, k->nonce_len);
	out_put_hex(o, "binding", k->binding, 64);
	out_put_hex(o, "instance", k->instance, 16);
	out_put_hex(o, "session", k->session, 16);
	out_put_hex(o, "subject", k->subject, 16);
}

static void put_identity(struct json_out *o, const struct wv_claims *k)
{
	static const char kinds[][10] = { "none", "fs-verity", "ima" };

	out_put(o, "caller", who_json(&k->caller));
	out_put(o, "opener", who_json(&k->opener));
	out_put_text(o, "exe_kind", kinds[k->exe_kind]);
	out_put(o, "advisory", flags_json(k->advisory, advisory_flags));
	out_put_hex(o, "exe_digest", k->exe_digest, 64);
	out_put_hex(o, "declared", k->declared, 64);
	out_put_hex(o, "session_key", k->session_key, 32);
	out_put_number(o, "keys_live", k->keys_live);
	out_put_number(o, "keys_destroyed", k->keys_destroyed);
	out_put(o, "posture", flags_json(k->posture, posture_flags));
	out_put(o, "posture_known", flags_json(k->posture_known, posture_flags));
	out_put_number(o, "taint", k->taint);
	out_put_text(o, "tee", tee_text(k->tee));
	out_put_number(o, "lockdown", k->lockdown);
}

static void put_ledger(struct json_out *o, const struct wv_claims *k)
{
	out_put_limit(o, "limit_global", k->limit_global);
	out_put_limit(o, "limit_user", k->limit_user);
	out_put_limit(o, "limit_session", k->limit_session);
	out_put_number(o, "live_a", k->live_a);
	out_put_number(o, "peak_a", k->peak_a);
	out_put_number(o, "live_shared", k->live_shared);
	out_put_number(o, "peak_shared", k->peak_shared);
	out_put_number(o, "live_volatile", k->live_volatile);
	out_put_number(o, "peak_volatile", k->peak_volatile);
	out_put_number(o, "live_b", k->live_b);
	out_put_number(o, "peak_b", k->peak_b);
	out_put_number(o, "alloc_buffers", k->alloc_buffers);
	out_put_number(o, "alloc_bytes", k->alloc_bytes);
	out_put_number(o, "wiped_buffers", k->wiped_buffers);
	out_put_number(o, "wiped_bytes", k->wiped_bytes);
	out_put_number(o, "unpinned_buffers", k->unpinned_buffers);
	out_put_number(o, "unpinned_bytes", k->unpinned_bytes);
	out_put_number(o, "failed", k->failed);
}

static void put_state(struct json_out *o, const struct wv_claims *k)
{
	char version[16];

	out_put(o, "state", flags_json(k->state, state_flags));
	out_put_number(o, "lease_deadline_ns", k->lease_deadline_ns);
	out_put_hex(o, "lease_anchor", k->lease_anchor, 32);
	out_put_number(o, "session_seq", k->session_seq);
	out_put_hex(o, "session_head", k->session_head, 32);
	out_put_number(o, "global_seq", k->global_seq);
	out_put_hex(o, "global_head", k->global_head, 32);
	out_put_number(o, "events_dropped", k->events_dropped);
	out_put_hex(o, "policy_hash", k->policy_hash, 32);
	out_put_number(o, "boot_ns", k->boot_ns);
	out_put_number(o, "real_ns", k->real_ns);
	snprintf(version, sizeof(version), "%u.%u.%u", k->module_version >> 16 & 0xffff,
		 k->module_version >> 8 & 0xff, k->module_version & 0xff);
	out_put_text(o, "module_version", version);
	out_put_hex(o, "build_id", k->build_id, 20);
	out_put_number(o, "lease_term_ns", k->lease_term_ns);
	out_put_number(o, "lease_expires_ns", k->lease_expires_ns);
}

json_t *claims_json(const struct wv_claims *k)
{
	struct json_out o = out_start();

	put_request(&o, k);
	put_identity(&o, k);
	put_ledger(&o, k);
	put_state(&o, k);
	return out_take(&o);
}

static const char *class_text(uint32_t class_)
{
	return class_ == WARD_CLASS_A ? "a" : class_ == WARD_CLASS_B ? "b" : "-";
}

json_t *event_json(const struct wv_event *e)
{
	struct json_out o = out_start();

	out_put_number(&o, "seq", e->seq);
	out_put_text(&o, "type", wv_event_type_text(e->type));
	if (e->type == WARD_EVENT_BUF_WIPE || e->type == WARD_EVENT_BUF_UNPIN ||
	    e->type == WARD_EVENT_KEY_END)
		out_put_text(&o, "reason", wv_end_text(e->reason));
	else
		out_put_number(&o, "reason", e->reason);
	out_put_number(&o, "time_ns", e->time_ns);
	out_put_number(&o, "id", e->id);
	out_put_number(&o, "bytes", e->bytes);
	out_put_number(&o, "cost_ns", e->cost_ns);
	out_put_number(&o, "uid", e->uid);
	out_put_text(&o, "class", class_text(e->class_));
	out_put_hex(&o, "label", e->label, 32);
	out_put_hex(&o, "detail", e->detail, 32);
	return out_take(&o);
}
