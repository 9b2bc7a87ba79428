// SPDX-License-Identifier: MIT
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sysfs.h"

int sysfs_line(const char *path, char *to, size_t room)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n;

	to[0] = '\0';
	if (fd < 0)
		return -errno;
	n = read(fd, to, room - 1);
	if (n < 0)
		n = -errno;
	close(fd);
	to[n < 0 ? 0 : n] = '\0';
	to[strcspn(to, "\n")] = '\0';
	return n < 0 ? (int)n : 0;
}

long long sysfs_number(const char *path, long long fallback)
{
	char text[32], *end;
	long long value;

	if (sysfs_line(path, text, sizeof(text)))
		return fallback;
	value = strtoll(text, &end, 10);
	return end == text ? fallback : value;
}

int sysfs_chosen(const char *path, char *to, size_t room)
{
	char text[128], *from, *end;
	int err = sysfs_line(path, text, sizeof(text));

	to[0] = '\0';
	if (err)
		return err;
	from = strchr(text, '[');
	end = from ? strchr(from, ']') : NULL;
	if (!end)
		return -EINVAL;
	*end = '\0';
	snprintf(to, room, "%s", from + 1);
	return 0;
}

/* "HIERARCHY:CONTROLLER,CONTROLLER:PATH"; the unified one has no controllers there. */
static const char *cgroup_of(char *line, const char *controller)
{
	char *names = strchr(line, ':'), *path = names ? strchr(names + 1, ':') : NULL;
	char *save = NULL, *name;

	if (!path)
		return NULL;
	*names++ = '\0';
	*path++ = '\0';
	if (!*controller)
		return *names ? NULL : path;
	for (name = strtok_r(names, ",", &save); name; name = strtok_r(NULL, ",", &save))
		if (!strcmp(name, controller))
			return path;
	return NULL;
}

void sysfs_cgroup(const char *controller, char *to, size_t room)
{
	FILE *f = fopen("/proc/self/cgroup", "re");
	char line[512];

	to[0] = '\0';
	while (f && fgets(line, sizeof(line), f)) {
		const char *path;

		line[strcspn(line, "\n")] = '\0';
		path = cgroup_of(line, controller);
		if (path)
			snprintf(to, room, "%s", path);
	}
	if (f)
		fclose(f);
}
