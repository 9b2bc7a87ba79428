// SPDX-License-Identifier: MIT
#include "proto.h"

#include <stdlib.h>
#include <string.h>

enum wire { WIRE_VARINT = 0, WIRE_BYTES = 2 };

void proto_free(struct proto *proto)
{
	free(proto->data);
	*proto = (struct proto){ 0 };
}

static void append(struct proto *proto, const void *data, size_t len)
{
	size_t room = proto->room ? proto->room : 256;
	uint8_t *more;

	while (room - proto->len < len)
		room *= 2;
	if (room != proto->room && !proto->failed) {
		more = realloc(proto->data, room);
		proto->failed = !more;
		proto->data = more ? more : proto->data;
		proto->room = more ? room : proto->room;
	}
	if (proto->failed)
		return;
	if (len)
		memcpy(proto->data + proto->len, data, len);
	proto->len += len;
}

static void put_varint(struct proto *proto, uint64_t value)
{
	uint8_t out[10];
	size_t len = 0;

	do {
		out[len++] = (uint8_t)(value | 0x80);
		value >>= 7;
	} while (value);
	out[len - 1] &= 0x7f;
	append(proto, out, len);
}

static void put_key(struct proto *proto, unsigned int field, enum wire wire)
{
	put_varint(proto, (uint64_t)field << 3 | wire);
}

void proto_number(struct proto *proto, unsigned int field, uint64_t value)
{
	put_key(proto, field, WIRE_VARINT);
	put_varint(proto, value);
}

void proto_bytes(struct proto *proto, unsigned int field, const void *data, size_t len)
{
	put_key(proto, field, WIRE_BYTES);
	put_varint(proto, len);
	append(proto, data, len);
}

void proto_text(struct proto *proto, unsigned int field, const char *text)
{
	proto_bytes(proto, field, text, strlen(text));
}

void proto_message(struct proto *proto, unsigned int field, struct proto *inner)
{
	proto->failed |= inner->failed;
	proto_bytes(proto, field, inner->data, inner->len);
	proto_free(inner);
}
