// SPDX-License-Identifier: MIT
#include <ctype.h>
#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>

#include "size.h"

/* Digits only: strtoull() alone would take signs and blanks. */
static bool number(const char *text, uint64_t *out, const char **end)
{
	char *stop;

	if (!isdigit((unsigned char)*text))
		return false;
	errno = 0;
	*out = strtoull(text, &stop, 10);
	*end = stop;
	return !errno;
}

bool size_parse(const char *text, uint64_t *out)
{
	static const char units[] = "KMGT";
	const char *end, *unit;
	uint64_t value;
	int shift = 0;

	if (!strcmp(text, "none")) {
		*out = UINT64_MAX;
		return true;
	}
	if (!number(text, &value, &end))
		return false;
	if (*end) {
		unit = strchr(units, toupper((unsigned char)*end));
		if (!unit || end[1])
			return false;
		shift = 10 * (int)(unit - units + 1);
	}
	/* The highest number means none, and is no size. */
	if (value > (UINT64_MAX - 1) >> shift)
		return false;
	*out = value << shift;
	return true;
}

/* A number that some user or group could have. */
static bool id_parse(const char *text, uint32_t *out)
{
	const char *end;
	uint64_t value;

	if (!number(text, &value, &end) || *end || value >= UINT32_MAX)
		return false;
	*out = (uint32_t)value;
	return true;
}

bool user_parse(const char *text, uint32_t *out)
{
	const struct passwd *user;

	if (*text >= '0' && *text <= '9')
		return id_parse(text, out);
	user = getpwnam(text);
	if (!user)
		return false;
	*out = user->pw_uid;
	return true;
}

bool group_parse(const char *text, uint32_t *out)
{
	const struct group *group;

	if (*text >= '0' && *text <= '9')
		return id_parse(text, out);
	group = getgrnam(text);
	if (!group)
		return false;
	*out = group->gr_gid;
	return true;
}
