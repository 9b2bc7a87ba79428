// SPDX-License-Identifier: MIT
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "private.h"

#define BATCH 256u		/* records per call */
#define RECORDS_MAX (1u << 20)	/* 128 MiB: no ring of a session is that long */

static int records_grow(struct ward_records *records)
{
	struct ward_event *more;

	if (records->count > RECORDS_MAX - BATCH)
		return -EOVERFLOW;
	more = reallocarray(records->event, records->count + BATCH,
			    sizeof(*more));
	if (!more)
		return -ENOMEM;
	records->event = more;
	return 0;
}

/*
 * Appends one batch. Where the ring dropped records between two calls, what
 * was fetched before the gap is given up: the list is always contiguous.
 *
 * Return: 1 when more remain, 0 when done, or -errno.
 */
static int records_fetch(struct ward_session *session,
			 struct ward_records *records, uint64_t from)
{
	struct ward_events arg = {
		.size = sizeof(arg),
		.from_seq = from,
		.addr = (uintptr_t)(records->event + records->count),
		.count = BATCH,
	};
	int err;

	err = ward_sys_ioctl(session->sys, session->fd, WARD_EVENTS, &arg);
	if (err && err != -EMSGSIZE)
		return err;
	if (arg.count > BATCH || (err && !arg.count))
		return -EBADMSG;
	if (arg.out_first_seq != from && arg.count) {
		memmove(records->event, records->event + records->count,
			arg.count * sizeof(*records->event));
		records->count = 0;
	}
	if (!records->count && arg.count)
		records->first_seq = arg.out_first_seq;
	records->count += arg.count;
	records->last_seq = arg.out_last_seq;
	return err ? 1 : 0;
}

int ward_session_records(struct ward_session *session, uint64_t from_seq,
			 struct ward_records **out)
{
	struct ward_records *records;
	int more;

	if (!from_seq)
		return -EINVAL;
	records = calloc(1, sizeof(*records));
	if (!records)
		return -ENOMEM;
	records->first_seq = from_seq;
	do {
		more = records_grow(records);
		if (!more)
			more = records_fetch(session, records,
					     records->first_seq +
					     records->count);
	} while (more > 0);
	if (more < 0) {
		ward_records_free(records);
		return more;
	}
	*out = records;
	return 0;
}

void ward_records_free(struct ward_records *records)
{
	if (!records)
		return;
	free(records->event);
	free(records);
}
