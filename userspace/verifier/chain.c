// SPDX-License-Identifier: MIT
#include <openssl/evp.h>
#include <stdio.h>
#include <string.h>

#include "chain.h"
#include "cursor.h"
#include "digest.h"
#include "fault.h"

const char *wv_event_type_text(uint16_t type)
{
	static const char names[][13] = {
		"unknown", "session-open", "session-seal", "session-end", "buf-alloc", "buf-pin",
		"buf-wipe", "buf-unpin", "measure", "attest-ok", "attest-fail", "level",
		"provider", "link", "module", "lease", "revoke", "power", "limit", "breaker",
		"policy", "key-pair", "key-import", "key-end",
	};

	return type < sizeof(names) / sizeof(names[0]) ? names[type] : names[0];
}

const char *wv_end_text(uint16_t end)
{
	static const char names[][8] = {
		"none", "wipe", "close", "mm", "session", "revoke", "lease", "purge", "reboot",
		"unmap", "uses", "time", "seal",
	};

	return end < sizeof(names) / sizeof(names[0]) ? names[end] : "unknown";
}

int wv_event_parse(struct wv_bytes record, struct wv_event *out, struct wv_fault *fault)
{
	struct cursor c = cursor_over(record.data, record.len);
	uint32_t size = cursor_le32(&c);

	memset(out, 0, sizeof(*out));
	out->type = cursor_le16(&c);
	out->reason = cursor_le16(&c);
	out->seq = cursor_le64(&c);
	out->time_ns = cursor_le64(&c);
	out->id = cursor_le64(&c);
	out->bytes = cursor_le64(&c);
	out->cost_ns = cursor_le64(&c);
	out->uid = cursor_le32(&c);
	out->class_ = cursor_le32(&c);
	cursor_copy(&c, out->label, sizeof(out->label));
	cursor_copy(&c, out->detail, sizeof(out->detail));
	cursor_zero(&c, 8);
	if (size != WARD_EVENT_SIZE || !out->type || !out->seq || !cursor_done(&c))
		return fault_set(fault, WV_EVENT_DAMAGED, "event", (int64_t)c.at,
				 "not a record of %d bytes: size %u, type %u", WARD_EVENT_SIZE,
				 size, out->type);
	return fault_clear(fault);
}

static bool chain_start(const struct wv_claims *k, uint8_t head[32])
{
	struct wv_bytes pieces[] = {
		PIECE("WARD-CHAIN-V1", sizeof("WARD-CHAIN-V1")),
		PIECE(k->instance, sizeof(k->instance)),
		PIECE(k->subject, sizeof(k->subject)),
	};

	return digest_sha256(head, pieces, 3);
}

/* An entry is a record or, where it is withheld, the record's digest. */
static bool chain_extend(EVP_MD_CTX *ctx, uint8_t head[32], struct wv_bytes entry)
{
	static const uint8_t tags[2] = { 0x00, 0x01 };
	struct wv_bytes record[] = { PIECE(&tags[0], 1), entry };
	struct wv_bytes link[] = { PIECE(&tags[1], 1), PIECE(head, 32), entry };
	uint8_t b[32];

	if (entry.len == WARD_EVENT_SIZE) {
		if (!digest_sha256_again(ctx, b, record, 2))
			return false;
		link[2] = PIECE(b, sizeof(b));
	}
	return digest_sha256_again(ctx, head, link, 3);
}

static int check_record(struct wv_bytes entry, uint64_t i, uint64_t seq, struct chain_result *r,
			struct wv_fault *fault)
{
	struct wv_event e;
	int rc = wv_event_parse(entry, &e, fault);

	if (rc) {
		if (fault)
			snprintf(fault->field, sizeof(fault->field), "events[%llu]",
				 (unsigned long long)i);
		return rc;
	}
	if (e.seq != seq)
		return fault_set(fault, WV_CHAIN_BROKEN, "events", -1,
				 "entry %llu is record %llu, record %llu belongs there",
				 (unsigned long long)i, (unsigned long long)e.seq,
				 (unsigned long long)seq);
	if (e.type == WARD_EVENT_BUF_WIPE) {
		r->wiped_buffers++;
		if (__builtin_add_overflow(r->wiped_bytes, e.bytes, &r->wiped_bytes))
			return fault_set(fault, WV_EVENT_DAMAGED, "events", -1,
					 "the wiped bytes overflow");
	}
	return WV_OK;
}

static int walk_with(EVP_MD_CTX *ctx, const struct wv_bundle *bundle, const struct wv_claims *k,
		     uint8_t head[32], struct chain_result *r, struct wv_fault *fault)
{
	uint64_t first = k->session_seq - r->count + 1, i;

	for (i = 0; i < r->count; i++) {
		struct wv_bytes e = bundle->events[i];
		int rc = WV_OK;

		if (e.len == WARD_EVENT_SIZE)
			rc = check_record(e, i, first + i, r, fault);
		else
			r->withheld++;
		if (rc)
			return rc;
		if (!chain_extend(ctx, head, e))
			return fault_set(fault, WV_NO_MEMORY, "events", -1, "no memory");
	}
	return WV_OK;
}

static int walk(const struct wv_bundle *bundle, const struct wv_claims *k, uint8_t head[32],
		struct chain_result *r, struct wv_fault *fault)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	int rc = walk_with(ctx, bundle, k, head, r, fault);

	EVP_MD_CTX_free(ctx);
	return rc;
}

int chain_check(const struct wv_bundle *bundle, const struct wv_claims *k,
		struct chain_result *r, struct wv_fault *fault)
{
	uint8_t head[32];
	int rc;

	memset(r, 0, sizeof(*r));
	fault_clear(fault);
	r->count = bundle->event_count;
	if (r->count > k->session_seq)
		return fault_set(fault, WV_CHAIN_BROKEN, "events", -1,
				 "%llu entries, but the attested head has only %llu records",
				 (unsigned long long)r->count,
				 (unsigned long long)k->session_seq);
	if (!r->count && k->session_seq)
		return WV_OK;
	if (!chain_start(k, head))
		return fault_set(fault, WV_NO_MEMORY, "events", -1, "no memory");
	rc = walk(bundle, k, head, r, fault);
	if (rc)
		return rc;
	if (r->count < k->session_seq) {
		r->gap = 1;
		return WV_OK;
	}
	if (memcmp(head, k->session_head, sizeof(head)))
		return fault_set(fault, WV_CHAIN_BROKEN, "events", -1,
				 "the %llu entries do not lead to the attested head",
				 (unsigned long long)r->count);
	r->complete = 1;
	return WV_OK;
}
