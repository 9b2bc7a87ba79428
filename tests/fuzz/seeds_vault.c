// SPDX-License-Identifier: MIT
/* Answers of Azure Key Vault: the signed text, and around it a JWS that nobody signed. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "b64.h"
#include "seeds.h"

#define WRAPPED_LEN (256 + 40)

static const struct { const char *name, *enc, *kid, *nonce; } answers[] = {
	{ "sound", "CKM_RSA_AES_KEY_WRAP", "https://v.example/keys/k/1", "00" },
	{ "other-enc", "RSA_AES_KEY_WRAP_256", "https://v.example/keys/k/1", "00" },
	{ "other-key", "CKM_RSA_AES_KEY_WRAP", "https://v.example/keys/other/1", "00" },
	{ "other-nonce", "CKM_RSA_AES_KEY_WRAP", "https://v.example/keys/k/1", "01" },
};

static void answer(size_t i)
{
	static const uint8_t wrapped[WRAPPED_LEN] = { 1 };
	static const char head[] = "{\"alg\":\"RS256\",\"typ\":\"JWT\",\"x5c\":[\"AAAA\"]}";
	char cipher[B64_TEXT_LEN(WRAPPED_LEN)], hsm[1024], inner[B64_TEXT_LEN(sizeof(hsm))];
	char text[2048], outer[B64_TEXT_LEN(sizeof(text))], first[B64_TEXT_LEN(sizeof(head))];
	char jws[8192], name[64];

	b64url_encode(wrapped, sizeof(wrapped), cipher);
	snprintf(hsm, sizeof(hsm), "{\"schema_version\":\"1.0\",\"header\":{\"kid\":\"ward\",\"alg\":\"dir\","
		 "\"enc\":\"%s\"},\"ciphertext\":\"%s\"}", answers[i].enc, cipher);
	b64url_encode((const uint8_t *)hsm, strlen(hsm), inner);
	snprintf(text, sizeof(text), "{\"request\":{\"enc\":\"%s\",\"nonce\":\"%s\"},\"response\":{\"key\":{"
		 "\"key\":{\"kid\":\"%s\",\"kty\":\"oct-HSM\",\"key_hsm\":\"%s\"}}}}", answers[i].enc,
		 answers[i].nonce, answers[i].kid, inner);
	seed_text("vault", answers[i].name, text);
	b64url_encode((const uint8_t *)text, strlen(text), outer);
	b64url_encode((const uint8_t *)head, sizeof(head) - 1, first);
	snprintf(jws, sizeof(jws), "%s.%s.AAAA", first, outer);
	snprintf(name, sizeof(name), "%s-jws", answers[i].name);
	seed_text("vault", name, jws);
}

void seeds_vault(void)
{
	for (size_t i = 0; i < sizeof(answers) / sizeof(answers[0]); i++)
		answer(i);
}
