// SPDX-License-Identifier: MIT
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "limits.h"

static const struct {
	const char *name;
	size_t offset;
	uint32_t most, usual;
} members[] = {
#define M(name, most, usual) { #name, offsetof(struct limits, name), most, usual }
#define C(name, most, usual) { #name, offsetof(struct limits, connection.name), most, usual }
	C(connections, 16384, 512), M(peer_connections, 16384, 64),
	M(peer_rate, 100000, 200), M(peer_burst, 100000, 2000),
	M(peer_sessions, 65536, 0),	/* three quarters of all there are */
	C(request_timeout, 300, 20), C(shutdown_timeout, 300, 5),
};

#define MEMBERS (sizeof(members) / sizeof(members[0]))

static uint32_t *place(struct limits *l, size_t i)
{
	return (uint32_t *)((char *)l + members[i].offset);
}

static int take(const char *name, json_t *value, struct limits *out, char why[160])
{
	size_t i;

	for (i = 0; i < MEMBERS; i++)
		if (!strcmp(members[i].name, name))
			break;
	if (i == MEMBERS) {
		snprintf(why, 160, "limits: there is no member '%.64s'", name);
		return -1;
	}
	if (!json_is_integer(value) || json_integer_value(value) < 1 ||
	    json_integer_value(value) > members[i].most) {
		snprintf(why, 160, "limits: %s: must be from 1 to %u", name, members[i].most);
		return -1;
	}
	*place(out, i) = (uint32_t)json_integer_value(value);
	return 0;
}

int limits_read(json_t *object, uint32_t sessions, struct limits *out, char why[160])
{
	const char *name;
	json_t *value;

	for (size_t i = 0; i < MEMBERS; i++)
		*place(out, i) = members[i].usual;
	out->connection.buffered = LIMITS_BUFFERED;
	out->peer_sessions = sessions - sessions / 4;
	if (object && !json_is_object(object)) {
		snprintf(why, 160, "limits: must be an object");
		return -1;
	}
	json_object_foreach(object, name, value)
		if (take(name, value, out, why))
			return -1;
	return 0;
}
