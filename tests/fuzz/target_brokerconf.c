// SPDX-License-Identifier: MIT
/* ward-broker's configuration. */
#include <string.h>

#include "../../userspace/broker/config.h"
#include "sentence.h"

/* What the broker leans on without asking again. */
static void sound(const struct config *c)
{
	size_t i;

	if (!c->host || !c->tls_certificate || !c->tls_key || !c->policy || !c->release_log)
		fuzz_die("a configuration without what it must have");
	if (!c->session_max || !c->session_timeout || !c->token_lifetime)
		fuzz_die("a limit of 0");
	if (!c->resource_count || c->root_count > CONFIG_ROOTS_MAX)
		fuzz_die("%zu resources, %zu roots", c->resource_count, c->root_count);
	for (i = 0; i < c->resource_count; i++)
		if (!c->resources[i].key_file || !config_find(c, c->resources[i].path))
			fuzz_die("a resource that cannot be found");
}

int fuzz_one(struct wv_bytes in)
{
	struct config_fault fault = { "" };
	struct config config;
	int rc = config_parse((const char *)in.data, in.len, "/etc/ward-broker", &config, &fault);

	if (!memchr(fault.text, 0, sizeof(fault.text)))
		fuzz_die("a sentence without an end");
	rc = fuzz_sentence(rc ? fault.text : NULL);
	if (!rc)
		sound(&config);
	config_clear(&config);
	return rc;
}
