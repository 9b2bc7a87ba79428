// SPDX-License-Identifier: MIT
/* Attributes of the family `ward`: what they must look like, and reading them. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "control_private.h"

#define FIXED(n) { .minlen = (n), .maxlen = (n) }

const struct nla_policy control_policy[WARD_A_MAX + 1] = {
	[WARD_A_ABI] = { .type = NLA_U32 },
	[WARD_A_MODULE_VERSION] = { .type = NLA_U32 },
	[WARD_A_BUILD_ID] = FIXED(20),
	[WARD_A_INSTANCE] = FIXED(WARD_ID_LEN),
	[WARD_A_FEATURES] = { .type = NLA_U64 },
	[WARD_A_POSTURE] = { .type = NLA_U64 },
	[WARD_A_POSTURE_KNOWN] = { .type = NLA_U64 },
	[WARD_A_TAINT] = { .type = NLA_U64 },
	[WARD_A_TEE] = { .type = NLA_U32 },
	[WARD_A_SESSIONS] = { .type = NLA_U32 },
	[WARD_A_TOMBSTONES] = { .type = NLA_U32 },
	[WARD_A_GLOBAL_SEQ] = { .type = NLA_U64 },
	[WARD_A_GLOBAL_HEAD] = FIXED(WARD_HEAD_LEN),
	[WARD_A_LEVEL] = { .type = NLA_U32 },
	[WARD_A_LIVE_A] = { .type = NLA_U64 },
	[WARD_A_LIVE_B] = { .type = NLA_U64 },
	[WARD_A_PEAK] = { .type = NLA_U64 },
	[WARD_A_LIMIT] = { .type = NLA_U64 },
	[WARD_A_FAILED] = { .type = NLA_U64 },
	[WARD_A_WIPED_BYTES] = { .type = NLA_U64 },
	[WARD_A_SESSION_ID] = FIXED(WARD_ID_LEN),
	[WARD_A_UID] = { .type = NLA_U32 },
	[WARD_A_TGID] = { .type = NLA_U32 },
	[WARD_A_STATE] = { .type = NLA_U32 },
	[WARD_A_BUFFERS] = { .type = NLA_U64 },
	[WARD_A_SEQ] = { .type = NLA_U64 },
	[WARD_A_HEAD] = FIXED(WARD_HEAD_LEN),
	[WARD_A_DROPPED] = { .type = NLA_U64 },
	[WARD_A_COMM] = { .type = NLA_STRING, .maxlen = 64 },
	[WARD_A_BOOT_NS] = { .type = NLA_U64 },
	[WARD_A_PROVIDER] = { .type = NLA_STRING, .maxlen = 256 },
	[WARD_A_CALLS] = { .type = NLA_U64 },
	[WARD_A_ERRORS] = { .type = NLA_U64 },
	[WARD_A_SERVED] = { .type = NLA_U64 },
	[WARD_A_QUEUED] = { .type = NLA_U32 },
	[WARD_A_GENERATION] = { .type = NLA_U64 },
	[WARD_A_LIMIT_USER] = { .type = NLA_U64 },
	[WARD_A_LIMIT_SESSION] = { .type = NLA_U64 },
	[WARD_A_LIVE_SHARED] = { .type = NLA_U64 },
	[WARD_A_VOLATILE] = { .type = NLA_U64 },
	[WARD_A_POOL] = { .type = NLA_U64 },
	[WARD_A_WAITING] = { .type = NLA_U32 },
	[WARD_A_SOME] = FIXED(sizeof(struct ward_stall)),
	[WARD_A_FULL] = FIXED(sizeof(struct ward_stall)),
	[WARD_A_LEVEL_SEQ] = { .type = NLA_U64 },
	[WARD_A_FIGURE] = { .type = NLA_NESTED },
	[WARD_A_NAME] = { .type = NLA_STRING, .maxlen = 64 },
	[WARD_A_VALUE] = { .type = NLA_U64 },
	[WARD_A_SOURCE] = { .type = NLA_STRING, .maxlen = 256 },
	[WARD_A_LEASE_NS] = { .type = NLA_U64 },
	[WARD_A_BUFFER_ID] = { .type = NLA_U64 },
	[WARD_A_CLASS] = { .type = NLA_U32 },
	[WARD_A_LENGTH] = { .type = NLA_U64 },
	[WARD_A_LABEL] = FIXED(WARD_LABEL_LEN),
	[WARD_A_MAPPED] = { .type = NLA_U32 },
	[WARD_A_HUGE] = { .type = NLA_U64 },
	[WARD_A_PRESENT] = { .type = NLA_U64 },
	[WARD_A_PROTECTION] = { .type = NLA_U64 },
	[WARD_A_BUFFER_STATE] = { .type = NLA_U32 },
	[WARD_A_PROVIDER_KIND] = { .type = NLA_U32 },
	[WARD_A_AGENT_FLAGS] = { .type = NLA_U32 },
	[WARD_A_PRIMARY] = { .type = NLA_FLAG },
	[WARD_A_FROM_SEQ] = { .type = NLA_U64 },
	[WARD_A_EVENT_SEQ] = { .type = NLA_U64 },
	[WARD_A_EVENT] = FIXED(WARD_EVENT_SIZE),
	[WARD_A_CALL_MS] = { .type = NLA_U32 },
	[WARD_A_CALL_BURST] = { .type = NLA_U32 },
	[WARD_A_ASK_MS] = { .type = NLA_U32 },
	[WARD_A_ASK_BURST] = { .type = NLA_U32 },
	[WARD_A_COOLDOWN_MS] = { .type = NLA_U32 },
	[WARD_A_REFUSED] = { .type = NLA_U64 },
	[WARD_A_TOKENS] = { .type = NLA_U32 },
	[WARD_A_NEXT_CALL_NS] = { .type = NLA_U64 },
	[WARD_A_BREAKER] = { .type = NLA_U32 },
	[WARD_A_PROBE_NS] = { .type = NLA_U64 },
	[WARD_A_REUSED] = { .type = NLA_U64 },
	[WARD_A_PURPOSES] = { .type = NLA_U32 },
	[WARD_A_RULE] = { .type = NLA_NESTED },
	[WARD_A_GID] = { .type = NLA_U32 },
	[WARD_A_REFUSE] = { .type = NLA_U32 },
	[WARD_A_LATCHES] = { .type = NLA_U32 },
	[WARD_A_POLICY_HASH] = FIXED(32),
};

uint32_t get_u32(const struct answer *a, int type)
{
	return a->attr[type] ? nla_get_u32(a->attr[type]) : 0;
}

uint64_t get_u64(const struct answer *a, int type)
{
	return a->attr[type] ? nla_get_u64(a->attr[type]) : 0;
}

uint64_t get_limit(const struct answer *a, int type)
{
	return a->attr[type] ? nla_get_u64(a->attr[type]) : UINT64_MAX;
}

void get_bytes(const struct answer *a, int type, void *to, size_t len)
{
	if (a->attr[type])
		memcpy(to, nla_data(a->attr[type]), len);
}

void get_text(const struct answer *a, int type, char *to, size_t room)
{
	if (a->attr[type])
		nla_strlcpy(to, a->attr[type], room);
}

void get_memory(const struct answer *a, struct ward_memory *memory)
{
	memory->level = get_u32(a, WARD_A_LEVEL);
	memory->live_a = get_u64(a, WARD_A_LIVE_A);
	memory->live_b = get_u64(a, WARD_A_LIVE_B);
	memory->peak = get_u64(a, WARD_A_PEAK);
	memory->limit = get_limit(a, WARD_A_LIMIT);
	memory->failed = get_u64(a, WARD_A_FAILED);
	memory->wiped = get_u64(a, WARD_A_WIPED_BYTES);
	memory->live_shared = get_u64(a, WARD_A_LIVE_SHARED);
	memory->live_volatile = get_u64(a, WARD_A_VOLATILE);
	memory->pool = get_u64(a, WARD_A_POOL);
}

int get_nests(const struct answer *a, int type, struct nests *nests)
{
	struct nlattr *at;
	size_t n = 0;
	int rest, err;

	nla_for_each_attr(at, a->first, a->len, rest)
		n += nla_type(at) == type;
	if (n > nests->most)
		return -EBADMSG;
	nests->entry = calloc(n ? n : 1, nests->size);
	if (!nests->entry)
		return -ENOMEM;
	nla_for_each_attr(at, a->first, a->len, rest) {
		if (nla_type(at) != type)
			continue;
		err = nests->read(at, (char *)nests->entry + nests->count * nests->size);
		if (err)
			return err;
		nests->count++;
	}
	return 0;
}
