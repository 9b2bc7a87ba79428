/* SPDX-License-Identifier: MIT */
/*
 * A worker's side of the key broker protocol, for a client that means ill: each
 * message can be changed before it is sent. ward-train has its own client.
 */
#ifndef WARD_E2E_RCAR_H
#define WARD_E2E_RCAR_H

#include <stddef.h>
#include <stdint.h>

#include <curl/curl.h>
#include <jansson.h>
#include <openssl/evp.h>

#define RCAR_NONCE_MAX	64

/**
 * struct rcar - one conversation with the broker
 * @curl: with the session's cookie
 * @url: https://host:port
 * @key: ephemeral P-384 key
 * @jwk: its public half, or the session's own key; the members of RFC 7638 alone
 * @nonce: the challenge, decoded
 * @nonce_text: as it was sent
 * @status: HTTP status of the last answer, 0 = none came
 * @answer: its body, or NULL
 */
struct rcar {
	CURL *curl;
	const char *url;
	EVP_PKEY *key;
	json_t *jwk;
	uint8_t nonce[RCAR_NONCE_MAX];
	size_t nonce_len;
	char *nonce_text;
	long status;
	json_t *answer;
};

/**
 * rcar_open() - make a key, get a challenge
 * @r: filled in; ended by rcar_close(), also on failure
 * @url: of the broker
 * @ca: file with the certificate that it must show
 *
 * Return: 0 or -1.
 */
int rcar_open(struct rcar *r, const char *url, const char *ca);

/**
 * rcar_show() - have keys released to the session's own X25519 key
 * @r: opened
 * @key: 32 bytes
 *
 * Return: 0 or -1.
 */
int rcar_show(struct rcar *r, const uint8_t *key);

/**
 * rcar_thumbprint() - SHA-256 JWK thumbprint (RFC 7638) of what is shown
 * @r: opened
 * @out: 32 bytes
 *
 * Return: 0 or -1.
 */
int rcar_thumbprint(const struct rcar *r, uint8_t *out);

/**
 * rcar_attest() - send evidence
 * @r: opened
 * @nonce: to be named, as text
 * @jwk: to be named
 * @bundle: bytes of a .ward file
 * @len: how many
 *
 * Return: 0 when an answer came (@r->status, @r->answer), else -1.
 */
int rcar_attest(struct rcar *r, const char *nonce, json_t *jwk, const uint8_t *bundle,
		size_t len);

/**
 * rcar_resource() - ask for a resource
 * @r: opened
 * @path: repository/type/tag
 *
 * Return: as rcar_attest().
 */
int rcar_resource(struct rcar *r, const char *path);

/**
 * rcar_close() - forget it
 * @r: or all zero
 */
void rcar_close(struct rcar *r);

#endif /* WARD_E2E_RCAR_H */
