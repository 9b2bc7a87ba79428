// SPDX-License-Identifier: MIT
/* Which backends there are. */
#include <string.h>

#include "backends.h"

const struct backend *const backends[] = {
	&sev_guest_backend,
	&tdx_guest_backend,
	&nitro_backend,
	&azure_backend,
	&vtpm_backend,
	NULL
};

const struct backend *backend_find(const char *name)
{
	for (size_t i = 0; backends[i]; i++)
		if (!strcmp(backends[i]->name, name))
			return backends[i];
	return NULL;
}
