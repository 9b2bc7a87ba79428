// SPDX-License-Identifier: MIT
/*
 * The writer of doc/formats.md section 4. Heads come from libcbor, which takes
 * the shortest form; definite lengths and the order of keys (RFC 8949 section
 * 4.2.1: shorter first, then bytewise) stand in the sequence of calls below.
 */
#include <cbor.h>
#include <endian.h>
#include <errno.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

#include "private.h"

#define HEAD_MAX 9u		/* bytes of the longest CBOR head */
#define FIXED_MAX 2048u		/* claims, keys and heads outside the arrays */
#define PIECE_MAX 256u		/* a piece without its bytes */

struct writer {
	uint8_t *buf;
	size_t len;
	size_t room;
};

typedef size_t (*head_fn)(uint64_t value, unsigned char *buf, size_t room);

static size_t head_uint(uint64_t value, unsigned char *buf, size_t room)
{
	return cbor_encode_uint(value, buf, room);
}

static size_t head_bytes(uint64_t len, unsigned char *buf, size_t room)
{
	return cbor_encode_bytestring_start(len, buf, room);
}

static size_t head_text(uint64_t len, unsigned char *buf, size_t room)
{
	return cbor_encode_string_start(len, buf, room);
}

static size_t head_array(uint64_t n, unsigned char *buf, size_t room)
{
	return cbor_encode_array_start(n, buf, room);
}

static size_t head_map(uint64_t n, unsigned char *buf, size_t room)
{
	return cbor_encode_map_start(n, buf, room);
}

/* The room was computed beforehand, so nothing here can run out of it. */
static void put_head(struct writer *w, head_fn head, uint64_t value)
{
	w->len += head(value, w->buf + w->len, w->room - w->len);
}

static void put_raw(struct writer *w, const void *data, size_t len)
{
	if (len)
		memcpy(w->buf + w->len, data, len);
	w->len += len;
}

static void put_bytes(struct writer *w, const void *data, size_t len)
{
	put_head(w, head_bytes, len);
	put_raw(w, data, len);
}

static void put_text(struct writer *w, const char *text)
{
	put_head(w, head_text, strlen(text));
	put_raw(w, text, strlen(text));
}

static void put_path(struct writer *w, const struct ward_evidence *evidence)
{
	size_t i, n = evidence->path_len / WARD_DIGEST_LEN;

	put_text(w, "path");
	put_head(w, head_array, 3);
	put_head(w, head_uint, evidence->index);
	put_head(w, head_uint, evidence->leaves);
	put_head(w, head_array, n);
	for (i = 0; i < n; i++)
		put_bytes(w, evidence->path + i * WARD_DIGEST_LEN,
			  WARD_DIGEST_LEN);
}

/* b = SHA-256(0x00 || record), section 3. */
static int put_digest(struct writer *w, const struct ward_event *event)
{
	uint8_t record[1 + sizeof(*event)], digest[WARD_HEAD_LEN];

	record[0] = 0;
	memcpy(record + 1, event, sizeof(*event));
	if (!EVP_Digest(record, sizeof(record), digest, NULL, EVP_sha256(),
			NULL))
		return -ENOMEM;
	put_bytes(w, digest, sizeof(digest));
	return 0;
}

/*
 * Records up to the head that the claims name. The kernel records the answer
 * to a request after that head, so what was fetched later is longer.
 */
static size_t records_claimed(const struct ward_evidence *evidence,
			      const struct ward_records *records)
{
	struct ward_claims claims;
	uint64_t seq;

	if (!records)
		return 0;
	memcpy(&claims, evidence->claims, sizeof(claims));
	seq = le64toh(claims.session_seq);
	if (seq < records->first_seq)
		return 0;
	seq -= records->first_seq;
	return seq < records->count ? seq + 1 : records->count;
}

static int put_events(struct writer *w, const struct ward_evidence *evidence,
		      const struct ward_records *records, uint32_t flags)
{
	size_t i, n = records_claimed(evidence, records);
	int err;

	put_text(w, "events");
	put_head(w, head_array, n);
	for (i = 0; i < n; i++) {
		if (!(flags & WARD_BUNDLE_DIGESTS)) {
			put_bytes(w, &records->event[i], WARD_EVENT_SIZE);
			continue;
		}
		err = put_digest(w, &records->event[i]);
		if (err)
			return err;
	}
	return 0;
}

static void put_piece(struct writer *w, const struct ward_piece *piece)
{
	put_head(w, head_map, 5);
	put_text(w, "aux");
	put_bytes(w, piece->aux, piece->aux_len);
	put_text(w, "tee");
	put_text(w, ward_tee_name(piece->tee));
	put_text(w, "data");
	put_bytes(w, piece->data, piece->data_len);
	put_text(w, "manifest");
	put_bytes(w, piece->manifest, piece->manifest_len);
	put_text(w, "provider");
	put_text(w, piece->provider);
}

static struct ward_piece first_piece(const struct ward_evidence *evidence)
{
	struct ward_piece piece = {
		.data = evidence->data, .data_len = evidence->data_len,
		.aux = evidence->aux, .aux_len = evidence->aux_len,
		.manifest = evidence->manifest,
		.manifest_len = evidence->manifest_len,
		.tee = evidence->tee,
	};

	memcpy(piece.provider, evidence->provider, sizeof(piece.provider));
	return piece;
}

/* Those beside that gave nothing have no place in a bundle. */
static size_t pieces_beside(const struct ward_evidence *evidence)
{
	size_t i, n = 0;

	for (i = 0; i < evidence->more_count; i++)
		n += evidence->more[i].data_len != 0;
	return n;
}

static void put_evidence(struct writer *w, const struct ward_evidence *evidence)
{
	struct ward_piece first = first_piece(evidence);
	size_t i;

	put_text(w, "evidence");
	put_head(w, head_array, 1 + pieces_beside(evidence));
	put_piece(w, &first);
	for (i = 0; i < evidence->more_count; i++)
		if (evidence->more[i].data_len)
			put_piece(w, &evidence->more[i]);
}

static int put_bundle(struct writer *w, const struct ward_evidence *evidence,
		      const struct ward_records *records, uint32_t flags)
{
	int err;

	put_head(w, head_map, 5);
	put_path(w, evidence);
	put_text(w, "claims");
	put_bytes(w, evidence->claims, sizeof(evidence->claims));
	err = put_events(w, evidence, records, flags);
	if (err)
		return err;
	put_text(w, "version");
	put_head(w, head_uint, 1);
	put_evidence(w, evidence);
	return 0;
}

/* Of the pieces beside the first; longer than a bundle may be where one is. */
static size_t room_beside(const struct ward_evidence *evidence)
{
	size_t i, sum = 0;

	for (i = 0; i < evidence->more_count; i++) {
		const struct ward_piece *piece = &evidence->more[i];
		size_t len[] = { piece->data_len, piece->aux_len, piece->manifest_len };
		size_t k;

		for (k = 0; k < 3; k++)
			sum += len[k] > WARD_BUNDLE_MAX ? WARD_BUNDLE_MAX + 1 : len[k];
		sum += PIECE_MAX;
	}
	return sum;
}

/* Upper bound of the bundle's size; 0 = longer than a bundle may be. */
static size_t room_for(const struct ward_evidence *evidence,
		       const struct ward_records *records, uint32_t flags)
{
	size_t record = flags & WARD_BUNDLE_DIGESTS ? WARD_HEAD_LEN :
						      WARD_EVENT_SIZE;
	size_t part[] = {
		evidence->path_len, evidence->data_len, evidence->aux_len,
		evidence->manifest_len, records ? records->count : 0,
		room_beside(evidence),
	};
	size_t i, sum = FIXED_MAX;

	for (i = 0; i < sizeof(part) / sizeof(*part); i++)
		if (part[i] > WARD_BUNDLE_MAX)
			return 0;
	for (i = 0; i < 4; i++)
		sum += part[i];
	sum += WARD_PATH_NODES_MAX * HEAD_MAX;
	return sum + part[5] + part[4] * (record + HEAD_MAX);
}

static int pieces_valid(const struct ward_evidence *evidence)
{
	size_t i;

	for (i = 0; i < evidence->more_count; i++) {
		const char *name = evidence->more[i].provider;

		if (!*name || strnlen(name, WARD_LABEL_LEN) == WARD_LABEL_LEN)
			return 0;
	}
	return evidence->more_count < WARD_PARTS_MAX;
}

static int evidence_valid(const struct ward_evidence *evidence)
{
	return evidence->data_len && evidence->leaves && pieces_valid(evidence) &&
	       evidence->path_len % WARD_DIGEST_LEN == 0 &&
	       evidence->path_len <= WARD_PATH_NODES_MAX * WARD_DIGEST_LEN &&
	       strnlen(evidence->provider, sizeof(evidence->provider)) <
		       sizeof(evidence->provider);
}

int ward_bundle_encode(const struct ward_evidence *evidence,
		       const struct ward_records *records, uint32_t flags,
		       uint8_t **out, size_t *out_len)
{
	struct writer w = { 0 };
	int err;

	if (!evidence_valid(evidence) || flags & ~WARD_BUNDLE_DIGESTS)
		return -EINVAL;
	w.room = room_for(evidence, records, flags);
	if (!w.room)
		return -EMSGSIZE;
	w.buf = malloc(w.room);
	if (!w.buf)
		return -ENOMEM;
	err = put_bundle(&w, evidence, records, flags);
	if (!err && w.len > WARD_BUNDLE_MAX)
		err = -EMSGSIZE;
	if (err) {
		free(w.buf);
		return err;
	}
	*out = w.buf;
	*out_len = w.len;
	return 0;
}
