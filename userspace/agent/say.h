/* SPDX-License-Identifier: MIT */
/*
 * Lines on stderr, each written in one call, so that threads do not mix them. The
 * journal gets their priority as sd-daemon(3) has it, people just the text.
 */
#ifndef WARDD_SAY_H
#define WARDD_SAY_H

/** say() - something that an administrator may want to know */
void say(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/** say_wrong() - something that is to be mended */
void say_wrong(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

#endif /* WARDD_SAY_H */
