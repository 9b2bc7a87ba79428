/* SPDX-License-Identifier: MIT */
/*
 * What went wrong, as one line for people: what, where, and what mends it. No
 * report data, keys or evidence in it.
 */
#ifndef WARD_TROUBLE_H
#define WARD_TROUBLE_H

/** struct trouble - a bounded text; "" = nothing to tell */
struct trouble {
	char text[320];
};

/**
 * trouble_set() - say why
 * @why: overwritten; a longer text is cut
 * @err: 0 or -errno
 *
 * Return: @err, so that a failing function ends in one line.
 */
int trouble_set(struct trouble *why, int err, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

#endif /* WARD_TROUBLE_H */
