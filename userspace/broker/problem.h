/* SPDX-License-Identifier: MIT */
/*
 * Refusals: one word each, its HTTP status, and the body that RFC 7807 describes.
 * The words of libwardverify are refusals too, all with status 401.
 */
#ifndef BROKER_PROBLEM_H
#define BROKER_PROBLEM_H

/** problem_status - HTTP status of a reason */
int problem_status(const char *reason);

/** problem_word - @reason as this list has it, for good; NULL = it is not there */
const char *problem_word(const char *reason);

/**
 * problem_json - the body of a refusal
 * @reason: a word of this broker or of wv_reason_text()
 * @detail: more about this very case, or NULL; no secrets
 *
 * type ends in the reason, detail begins with it. Returns text to be freed with
 * free(), or NULL = no memory.
 */
char *problem_json(const char *reason, const char *detail);

#endif /* BROKER_PROBLEM_H */
