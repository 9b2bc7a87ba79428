// SPDX-License-Identifier: MIT
/* Providers of evidence, as the control plane shows them. */
#include <errno.h>

#include "control_private.h"

static int provider_fill(const struct answer *a, void *to)
{
	struct ward_provider_entry *entry = to;

	if (!a->attr[WARD_A_PROVIDER])
		return -EBADMSG;
	entry->size = sizeof(*entry);
	entry->kind = get_u32(a, WARD_A_PROVIDER_KIND);
	entry->tee = get_u32(a, WARD_A_TEE);
	entry->flags = get_u32(a, WARD_A_AGENT_FLAGS);
	entry->primary = a->attr[WARD_A_PRIMARY] != NULL;
	entry->calls = get_u64(a, WARD_A_CALLS);
	entry->errors = get_u64(a, WARD_A_ERRORS);
	entry->generation = get_u64(a, WARD_A_GENERATION);
	get_text(a, WARD_A_PROVIDER, entry->name, sizeof(entry->name));
	return 0;
}

/* The two ends of a walk, so that callers' functions keep their own type. */
struct provider_each {
	int (*each)(const struct ward_provider_entry *entry, void *arg);
	void *arg;
};

static int provider_each(const void *entry, void *arg)
{
	const struct provider_each *to = arg;

	return to->each(entry, to->arg);
}

int ward_control_providers(struct ward_control *control,
			   int (*each)(const struct ward_provider_entry *entry,
				       void *arg), void *arg)
{
	struct provider_each to = { each, arg };
	struct walk walk = {
		.size = sizeof(struct ward_provider_entry),
		.fill = provider_fill,
	};

	return walk_run(control,
			control_command(control, WARD_GENL_CMD_PROVIDER_GET,
					NLM_F_DUMP), &walk, provider_each, &to);
}
