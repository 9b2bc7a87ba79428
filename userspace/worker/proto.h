/* SPDX-License-Identifier: MIT */
/*
 * Messages in the encoding of Protocol Buffers (protobuf.dev, "Encoding"): as much of it as
 * writing an ONNX file takes.
 */
#ifndef WARD_WORKER_PROTO_H
#define WARD_WORKER_PROTO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/**
 * struct proto - a message that grows
 * @data: on the heap; freed by proto_free()
 * @len: bytes
 * @failed: there was no memory: what follows is not written, and nobody need ask before the
 *	end
 */
struct proto {
	uint8_t *data;
	size_t len;
	size_t room;
	bool failed;
};

/** proto_free() - forget a message; all zero afterwards */
void proto_free(struct proto *proto);

/**
 * proto_number() - a field of an integer
 * @proto: message
 * @field: its number
 * @value: written as varint
 */
void proto_number(struct proto *proto, unsigned int field, uint64_t value);

/**
 * proto_bytes() - a field of bytes
 * @proto: message
 * @field: its number
 * @data: bytes
 * @len: how many
 */
void proto_bytes(struct proto *proto, unsigned int field, const void *data, size_t len);

/**
 * proto_text() - a field of text
 * @proto: message
 * @field: its number
 * @text: NUL terminated
 */
void proto_text(struct proto *proto, unsigned int field, const char *text);

/**
 * proto_message() - a field that is a message itself
 * @proto: message
 * @field: its number
 * @inner: taken over, and empty afterwards
 */
void proto_message(struct proto *proto, unsigned int field, struct proto *inner);

#endif /* WARD_WORKER_PROTO_H */
