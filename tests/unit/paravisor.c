// SPDX-License-Identifier: MIT
#include <jansson.h>
#include <jose/b64.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

#include "cursor.h"
#include "paravisor.h"

#define REPORT_INDEX	0x01400001u
#define USER_INDEX	0x01400002u

/* Commands and attributes: TPM 2.0 part 2. */
enum { CC_NV_WRITE = 0x137, CC_NV_READ = 0x14e, CC_NV_READ_PUBLIC = 0x169 };
#define RC_HANDLE	0x18bu	/* the first handle is not there */
#define NV_ATTRIBUTES	0x62020002u	/* platformcreate written noda ownerread ownerwrite */

static uint8_t *put(uint8_t *at, uint64_t value, int len)
{
	while (len--)
		*at++ = (uint8_t)(value >> (8 * len));
	return at;
}

static uint32_t get(const struct swtpm_message *m, size_t at, int len)
{
	struct cursor c = cursor_over(m->data, m->len);

	c.at = at < m->len ? at : m->len;
	return (uint32_t)cursor_be(&c, (size_t)len);
}

static void put_le32(uint8_t *at, uint32_t value)
{
	for (int i = 0; i < 4; i++)
		at[i] = (uint8_t)(value >> (8 * i));
}

static json_t *runtime_data(const struct paravisor *p, const uint8_t *user_data)
{
	char hex[129];

	for (int i = 0; i < 64; i++)
		snprintf(hex + 2 * i, 3, "%02X", user_data ? user_data[i] : 0);
	return json_pack("{s:[{s:s,s:[s],s:s,s:s,s:o}],s:{s:b},s:s}", "keys", "kid", "HCLAkPub",
			 "key_ops", "sign", "kty", "RSA", "e", "AQAB", "n",
			 jose_b64_enc(p->key.data, p->key.len), "vm-configuration", "secure-boot", 1,
			 "user-data", hex);
}

void paravisor_make(struct paravisor *p, uint32_t kind, const uint8_t *user_data)
{
	json_t *root = runtime_data(p, user_data);
	char *text = json_dumps(root, JSON_COMPACT);
	size_t n = strlen(text);

	memset(p->report, 0, sizeof(p->report));
	memcpy(p->report, "HCLA", 4);
	put_le32(p->report + 4, 2);
	put_le32(p->report + 8, (uint32_t)(1236 + n));
	put_le32(p->report + 12, 2);
	put_le32(p->report + 1216, (uint32_t)(20 + n));
	put_le32(p->report + 1220, 1);
	put_le32(p->report + 1224, kind);
	put_le32(p->report + 1228, 1);
	put_le32(p->report + 1232, (uint32_t)n);
	memcpy(p->report + 1236, text, n);
	EVP_Digest(text, n, p->report + 32 + (kind == 2 ? 0x50 : 128), NULL, EVP_sha256(), NULL);
	p->len = 2600;
	p->kind = kind;
	free(text);
	json_decref(root);
}

/* ---- the index ------------------------------------------------------------------- */

static void say_public(const struct paravisor *p, struct swtpm_message *answer)
{
	uint8_t public[14], name[34] = { 0, 0x0b }, *at = public;

	at = put(at, REPORT_INDEX, 4);
	at = put(at, 0x000b, 2);
	at = put(at, NV_ATTRIBUTES, 4);
	at = put(at, 0, 2);
	put(at, p->len, 2);
	EVP_Digest(public, sizeof(public), name + 2, NULL, EVP_sha256(), NULL);
	swtpm_say(answer, 0);
	at = put(answer->data + answer->len, sizeof(public), 2);
	memcpy(at, public, sizeof(public));
	at = put(at + sizeof(public), sizeof(name), 2);
	memcpy(at, name, sizeof(name));
	answer->len = (size_t)(at + sizeof(name) - answer->data);
	put(answer->data + 2, answer->len, 4);
}

/* With a password: its part of the answer is five bytes that say nothing. */
static void say_piece(const struct paravisor *p, size_t at, size_t n, struct swtpm_message *answer)
{
	uint8_t *to;

	swtpm_say(answer, 0);
	answer->data[1] = 2;
	to = put(answer->data + answer->len, n + 2, 4);
	to = put(to, n, 2);
	memcpy(to, p->report + at, n);
	to = put(to + n, 0x0000010000, 5);
	answer->len = (size_t)(to - answer->data);
	put(answer->data + 2, answer->len, 4);
}

/* The first piece of a report that is read may be that of a new one. */
static void time_passes(struct paravisor *p)
{
	if (p->pending && !--p->pending)
		paravisor_make(p, p->kind, p->user_data);
}

static void written(struct paravisor *p, const struct swtpm_message *m)
{
	p->writes++;
	if (m->len < 68)
		return;
	memcpy(p->user_data, m->data + m->len - 66, 64);
	if (p->refresh)
		p->pending = p->after + 1;
}

enum swtpm_way paravisor_command(struct swtpm *s, const struct swtpm_message *m,
				 struct swtpm_message *answer)
{
	struct paravisor *p = s->arg;
	size_t n, at;

	if (swtpm_code(m) == CC_NV_READ_PUBLIC && get(m, 10, 4) == REPORT_INDEX) {
		if (p->len)
			say_public(p, answer);
		else
			swtpm_say(answer, RC_HANDLE);
		return SWTPM_ANSWER;
	}
	if (swtpm_code(m) == CC_NV_READ && get(m, 14, 4) == REPORT_INDEX) {
		n = get(m, m->len - 4, 2);
		at = get(m, m->len - 2, 2);
		if (!at)
			time_passes(p);
		assert_true(n <= 1024 && at + n <= p->len);
		say_piece(p, at, n, answer);
		return SWTPM_ANSWER;
	}
	if (swtpm_code(m) == CC_NV_WRITE && get(m, 14, 4) == USER_INDEX)
		written(p, m);
	return SWTPM_PASS;
}
