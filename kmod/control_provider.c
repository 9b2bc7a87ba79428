// SPDX-License-Identifier: GPL-2.0-only
/*
 * PROVIDER_GET's dump: each provider that can be asked for evidence, to
 * administrators.
 */
#include "control.h"
#include "evidence.h"

static int put_facts(struct sk_buff *skb, const void *what)
{
	const struct ward_provider_facts *facts = what;

	return nla_put_string(skb, WARD_A_PROVIDER, facts->name) ?:
	       nla_put_u32(skb, WARD_A_PROVIDER_KIND, facts->kind) ?:
	       nla_put_u32(skb, WARD_A_TEE, facts->tee) ?:
	       nla_put_u32(skb, WARD_A_AGENT_FLAGS, facts->flags) ?:
	       (facts->primary ? nla_put_flag(skb, WARD_A_PRIMARY) : 0) ?:
	       ward_put_u64(skb, WARD_A_CALLS, facts->calls) ?:
	       ward_put_u64(skb, WARD_A_ERRORS, facts->errors) ?:
	       ward_put_u64(skb, WARD_A_GENERATION, facts->generation);
}

/* Where a dump goes on: providers are told in the order of their places. */
struct provider_dump {
	u64 serial;
};

static struct provider_dump *dump_of(struct netlink_callback *cb)
{
	BUILD_BUG_ON(sizeof(struct provider_dump) > sizeof(cb->ctx));
	return (struct provider_dump *)cb->ctx;
}

int ward_control_providers_start(struct netlink_callback *cb)
{
	if (!ward_control_asker(cb->skb).admin)
		return -EPERM;
	dump_of(cb)->serial = 0;
	return 0;
}

int ward_control_providers(struct sk_buff *skb, struct netlink_callback *cb)
{
	struct provider_dump *dump = dump_of(cb);
	struct ward_provider_facts facts;
	int rc = 0;

	while (!rc && ward_provider_after(dump->serial, &facts)) {
		rc = ward_control_part(skb, cb, WARD_GENL_CMD_PROVIDER_GET, put_facts, &facts);
		if (!rc)
			dump->serial = facts.serial;
	}
	/* A full message is no error: the next one goes on after @serial. */
	return skb->len ? skb->len : rc;
}
