/* SPDX-License-Identifier: MIT */
/* The broker's audit as a file: one line after the other. doc/formats.md, section 15. */
#ifndef WARDCTL_AUDIT_CHAIN_H
#define WARDCTL_AUDIT_CHAIN_H

#include <stdbool.h>
#include <stdint.h>

#include <openssl/evp.h>

#define AUDIT_LINE_MAX	16384	/* bytes of a line */
#define AUDIT_HEAD_LEN	32
#define AUDIT_TIME_LEN	21

/**
 * struct audit_chain - what the lines so far said
 * @head: of the last; zeroes before the first
 * @count: lines
 * @releases: records of keys that left
 * @refused: records whose result is not ok
 * @first, @last: times of the first and the last record
 * @reason: the word of what was wrong
 * @fault: the sentence
 */
struct audit_chain {
	EVP_PKEY *key;
	uint8_t head[AUDIT_HEAD_LEN];
	uint64_t count;
	uint64_t releases;
	uint64_t refused;
	char first[AUDIT_TIME_LEN];
	char last[AUDIT_TIME_LEN];
	const char *reason;
	char fault[256];
};

/**
 * audit_chain_add - check the next line: form, number, chain, signature
 * @line: without its newline
 * Returns 0 or -1 with @reason and @fault.
 */
int audit_chain_add(struct audit_chain *c, const char *line, size_t len);

#endif /* WARDCTL_AUDIT_CHAIN_H */
