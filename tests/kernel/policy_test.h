/* SPDX-License-Identifier: MIT */
/* The kernel's policy as POLICY_SET takes it and doc/formats.md section 10 hashes it. */
#ifndef POLICY_TEST_H
#define POLICY_TEST_H

#include <openssl/sha.h>

#include "wire.h"

#define ALL	0x3eu	/* WARD_PURPOSE_RELEASE to _REPORT: over claims */
#define ONE(p)	(1u << (p))
#define LATCHES	(WARD_LATCH_RULES | WARD_LATCH_POSTURE | WARD_LATCH_REFUSE)

/* A rule as doc/formats.md has it, and so as it is hashed. */
struct rule {
	uint32_t kind;	/* 0 uid, 1 gid */
	uint32_t id;
	uint32_t purposes;
	uint32_t zero;
};

struct policy {
	uint32_t otherwise;
	uint32_t refuse;
	uint64_t posture;
	uint32_t latches;
	uint32_t n;
	struct rule rules[8];
};

static const struct policy open_to_all = { .otherwise = ALL };

/* ---- over the wire --------------------------------------------------------------- */

static inline void put_u32(uint8_t *at, uint16_t type, uint32_t value)
{
	struct nlattr head = { .nla_type = type, .nla_len = NLA_HDRLEN + 4 };

	memcpy(at, &head, sizeof(head));
	memcpy(at + NLA_HDRLEN, &value, sizeof(value));
}

/* 0 or -errno. */
static inline int set(struct wire *w, const struct policy *p)
{
	struct request_attr attrs[16] = {
		{ WARD_A_PURPOSES, 4, &p->otherwise }, { WARD_A_REFUSE, 4, &p->refuse },
		{ WARD_A_POSTURE, 8, &p->posture }, { WARD_A_LATCHES, 4, &p->latches },
	};
	uint8_t in[8][16];
	uint32_t i;

	for (i = 0; i < p->n; i++) {
		put_u32(in[i], p->rules[i].kind ? WARD_A_GID : WARD_A_UID, p->rules[i].id);
		put_u32(in[i] + 8, WARD_A_PURPOSES, p->rules[i].purposes);
		attrs[4 + i] = (struct request_attr){ NLA_F_NESTED | WARD_A_RULE, 16, in[i] };
	}
	i = send_attrs(w, w->family, NLM_F_ACK, WARD_GENL_CMD_POLICY_SET, attrs, 4 + p->n);
	return i ? (int)i : receive(w);
}

static inline void hash_of(const struct policy *p, uint8_t *out)
{
	uint8_t text[15 + 24 + sizeof(p->rules)] = "WARD-POLICY-V1";
	size_t len = 24 + p->n * sizeof(p->rules[0]);

	memcpy(text + 15, p, len);
	SHA256(text, 15 + len, out);
}

static inline void in_force(struct wire *w, uint8_t *hash, uint32_t *purposes)
{
	struct attrs attrs = { 0 };

	ASSERT_EQ(ask(w, WARD_GENL_CMD_POLICY_GET, 0, NULL, 0, &attrs), 0);
	memcpy(hash, attr_data(&attrs, WARD_A_POLICY_HASH, 32), 32);
	*purposes = attr_u32(&attrs, WARD_A_PURPOSES);
}

#endif /* POLICY_TEST_H */
