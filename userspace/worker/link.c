// SPDX-License-Identifier: MIT
#include "link.h"

#include <errno.h>

int link_send(const struct link *link, uint8_t *frame, uint32_t type, uint64_t number, size_t len)
{
	struct wire_head head = { .type = type, .len = (uint32_t)len, .number = number };

	if (len > WIRE_PAYLOAD_MAX)
		return -EMSGSIZE;
	wire_head_put(frame, &head);
	return link->write(link->arg, frame, WIRE_HEAD + len);
}

int link_head(const struct link *link, struct wire_head *head)
{
	uint8_t bytes[WIRE_HEAD];
	int err = link->read(link->arg, bytes, sizeof(bytes));

	return err ? err : wire_head_get(bytes, head) ? -EPROTO : 0;
}

int link_renew(const struct link *link, uint64_t every, uint64_t rounds)
{
	if (!every || rounds % every)
		return 0;
	return link->renew ? link->renew(link->arg) : -EOPNOTSUPP;
}

void link_refuse(const struct link *link, uint64_t number, uint32_t reason)
{
	uint8_t frame[WIRE_HEAD + WIRE_REFUSE_LEN];

	wire_refuse_put(frame + WIRE_HEAD, reason);
	link_send(link, frame, WIRE_REFUSE, number, WIRE_REFUSE_LEN);
}
