// SPDX-License-Identifier: MIT
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "collateral.h"
#include "infile.h"

static int load(struct wardctl *ctl, const char *dir, const char *name, struct wv_bytes *out)
{
	static const char *const suffixes[] = { "pem", "der" };
	char path[4096];
	size_t i;
	int rc = EXIT_OK;

	for (i = 0; !rc && !out->data && i < 2; i++) {
		if (snprintf(path, sizeof(path), "%s/%s.%s", dir, name, suffixes[i]) >=
		    (int)sizeof(path))
			return ctl_error(ctl, EXIT_USAGE, "usage", "%s: the path is too long", dir);
		rc = infile_read_if(ctl, path, out);
	}
	return rc;
}

int collateral_load(struct wardctl *ctl, const char *dir, int kind, struct wv_collateral *out)
{
	struct stat st;
	int rc;

	memset(out, 0, sizeof(*out));
	if (stat(dir, &st))
		return ctl_error(ctl, EXIT_COLLATERAL, "collateral-missing", "%s: %s", dir,
				 strerror(errno));
	if (!S_ISDIR(st.st_mode))
		return ctl_error(ctl, EXIT_USAGE, "usage", "%s is not a folder", dir);
	rc = load(ctl, dir, "ark", &out->ark);
	if (!rc && kind != WV_VEK_VLEK)
		rc = load(ctl, dir, "vcek", &out->vek);
	if (!rc && out->vek.data)
		return load(ctl, dir, "ask", &out->intermediate);
	if (!rc && kind != WV_VEK_VCEK)
		rc = load(ctl, dir, "vlek", &out->vek);
	if (!rc && out->vek.data)
		return load(ctl, dir, "asvk", &out->intermediate);
	return rc ? rc : load(ctl, dir, "ask", &out->intermediate);
}

void collateral_free(struct wv_collateral *c)
{
	infile_free(&c->vek);
	infile_free(&c->intermediate);
	infile_free(&c->ark);
}
