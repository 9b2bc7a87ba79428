// SPDX-License-Identifier: MIT
/* What the module is, and who answers requests for evidence. */
#include <errno.h>

#include "control_private.h"

static int status_valid(const struct answer *a, void *arg)
{
	struct ward_status *status = arg;

	if (!a->attr[WARD_A_ABI])
		return -EBADMSG;
	status->abi = get_u32(a, WARD_A_ABI);
	status->module_version = get_u32(a, WARD_A_MODULE_VERSION);
	status->tee = get_u32(a, WARD_A_TEE);
	status->sessions = get_u32(a, WARD_A_SESSIONS);
	status->tombstones = get_u32(a, WARD_A_TOMBSTONES);
	get_bytes(a, WARD_A_BUILD_ID, status->build_id,
		  sizeof(status->build_id));
	get_bytes(a, WARD_A_INSTANCE, status->instance,
		  sizeof(status->instance));
	status->features = get_u64(a, WARD_A_FEATURES);
	status->posture = get_u64(a, WARD_A_POSTURE);
	status->posture_known = get_u64(a, WARD_A_POSTURE_KNOWN);
	status->taint = get_u64(a, WARD_A_TAINT);
	status->global_seq = get_u64(a, WARD_A_GLOBAL_SEQ);
	get_bytes(a, WARD_A_GLOBAL_HEAD, status->global_head,
		  sizeof(status->global_head));
	get_memory(a, &status->memory);
	return 0;
}

int ward_control_status(struct ward_control *control,
			struct ward_status *status)
{
	struct ward_status got = { 0 };
	int err;

	err = control_ask(control,
			  control_command(control, WARD_GENL_CMD_STATUS_GET,
					  NLM_F_ACK), status_valid, &got);
	return err ? err : control_copy_out(status, &got, sizeof(got));
}

static void get_pace(const struct answer *a, struct ward_pace *pace)
{
	pace->call_ms = get_u32(a, WARD_A_CALL_MS);
	pace->call_burst = get_u32(a, WARD_A_CALL_BURST);
	pace->ask_ms = get_u32(a, WARD_A_ASK_MS);
	pace->ask_burst = get_u32(a, WARD_A_ASK_BURST);
	pace->cooldown_ms = get_u32(a, WARD_A_COOLDOWN_MS);
}

static int provider_valid(const struct answer *a, void *arg)
{
	struct ward_provider *provider = arg;

	provider->attached = a->attr[WARD_A_PROVIDER] != NULL;
	provider->queued = get_u32(a, WARD_A_QUEUED);
	provider->tee = get_u32(a, WARD_A_TEE);
	provider->calls = get_u64(a, WARD_A_CALLS);
	provider->errors = get_u64(a, WARD_A_ERRORS);
	provider->served = get_u64(a, WARD_A_SERVED);
	provider->generation = get_u64(a, WARD_A_GENERATION);
	provider->breaker = get_u32(a, WARD_A_BREAKER);
	provider->tokens = get_u32(a, WARD_A_TOKENS);
	provider->refused = get_u64(a, WARD_A_REFUSED);
	provider->next_call_ns = get_u64(a, WARD_A_NEXT_CALL_NS);
	provider->probe_ns = get_u64(a, WARD_A_PROBE_NS);
	provider->reused = get_u64(a, WARD_A_REUSED);
	get_pace(a, &provider->pace);
	get_text(a, WARD_A_PROVIDER, provider->name, sizeof(provider->name));
	return 0;
}

int ward_control_provider(struct ward_control *control,
			  struct ward_provider *provider)
{
	struct ward_provider got = { 0 };
	int err;

	err = control_ask(control,
			  control_command(control, WARD_GENL_CMD_PROVIDER_GET,
					  NLM_F_ACK), provider_valid, &got);
	return err ? err : control_copy_out(provider, &got, sizeof(got));
}

static int put_pace(struct nl_msg *msg, const struct ward_pace *pace, uint32_t which)
{
	const struct { uint32_t bit; int attr; uint32_t value; } parts[] = {
		{ WARD_PACE_CALL_MS, WARD_A_CALL_MS, pace->call_ms },
		{ WARD_PACE_CALL_BURST, WARD_A_CALL_BURST, pace->call_burst },
		{ WARD_PACE_ASK_MS, WARD_A_ASK_MS, pace->ask_ms },
		{ WARD_PACE_ASK_BURST, WARD_A_ASK_BURST, pace->ask_burst },
		{ WARD_PACE_COOLDOWN_MS, WARD_A_COOLDOWN_MS, pace->cooldown_ms },
	};
	size_t i;

	for (i = 0; i < sizeof(parts) / sizeof(*parts); i++)
		if (which & parts[i].bit &&
		    nla_put_u32(msg, parts[i].attr, parts[i].value))
			return -ENOMEM;
	return 0;
}

int ward_control_pace_set(struct ward_control *control, uint32_t which,
			  const struct ward_pace *pace)
{
	struct nl_msg *msg;

	if (!which || which & ~WARD_PACE_ALL)
		return -EINVAL;
	msg = control_command(control, WARD_GENL_CMD_PACE_SET, NLM_F_ACK);
	if (msg && put_pace(msg, pace, which)) {
		nlmsg_free(msg);
		msg = NULL;
	}
	return control_tell(control, msg);
}
