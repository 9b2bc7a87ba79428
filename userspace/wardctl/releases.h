/* SPDX-License-Identifier: MIT */
/* A broker's release log, or that part of it which lies in a range of time. */
#ifndef WARDCTL_RELEASES_H
#define WARDCTL_RELEASES_H

#include "wardctl.h"
#include "wardverify.h"

/**
 * struct releases - lines of a log, in its order
 * @since, @until: seconds since the epoch: since <= time < until
 * @has_since, @has_until: the range has this end
 * @one: releases_free() it
 */
struct releases {
	int64_t since, until;
	bool has_since, has_until;
	struct wv_release *one;
	size_t count;
};

/** releases_since, releases_until - set an end of the range; an exit code, told */
int releases_since(struct wardctl *ctl, struct releases *r, const char *text);
int releases_until(struct wardctl *ctl, struct releases *r, const char *text);

/**
 * releases_read - the lines of @path that lie in the range of @r
 *
 * Every line must be sound, also those that lie elsewhere. A range without any
 * release is an error: nothing could be said of it. An exit code, told.
 */
int releases_read(struct wardctl *ctl, const char *path, struct releases *r);
void releases_free(struct releases *r);

/** releases_file - where the receipt for one lies: DIR/RELEASE.ward; false = too long */
bool releases_file(const char *dir, const struct wv_release *one, char *to, size_t room);

/** releases_show - the range, and how many it has, as members of what is open */
void releases_show(struct wardctl *ctl, const struct releases *r);

/** releases_show_one - which one it is, as members of what is open */
void releases_show_one(struct wardctl *ctl, const struct wv_release *one);

#endif /* WARDCTL_RELEASES_H */
