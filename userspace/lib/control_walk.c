// SPDX-License-Identifier: MIT
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "control_private.h"

static int walk_grow(struct walk *walk)
{
	size_t room = walk->room ? walk->room * 2 : 16;
	uint8_t *more;

	if (walk->count < walk->room)
		return 0;
	if (room > WALK_MAX)
		return -EOVERFLOW;
	more = reallocarray(walk->entry, room, walk->size);
	if (!more)
		return -ENOMEM;
	walk->entry = more;
	walk->room = room;
	return 0;
}

int walk_valid(const struct answer *answer, void *arg)
{
	struct walk *walk = arg;
	uint8_t *entry;
	int err = walk_grow(walk);

	if (err)
		return err;
	entry = memset(walk->entry + walk->count * walk->size, 0, walk->size);
	err = walk->fill(answer, entry);
	if (!err)
		walk->count++;
	return err;
}

int walk_run(struct ward_control *control, struct nl_msg *msg,
	     struct walk *walk, int (*each)(const void *entry, void *arg),
	     void *arg)
{
	struct exchange x = { .valid = walk_valid, .arg = walk };
	int err = control_talk(control, msg, &x);
	size_t i;

	for (i = 0; !err && i < walk->count; i++) {
		err = each(walk->entry + i * walk->size, arg);
		if (err > 0)
			err = 0;
	}
	free(walk->entry);
	return err;
}
