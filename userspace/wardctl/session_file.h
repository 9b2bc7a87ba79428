/* SPDX-License-Identifier: MIT */
/*
 * Files in $XDG_RUNTIME_DIR/ward: memory of the user's login, gone with it; mode 0600 in a
 * directory of 0700, both the caller's own. Who could write there could read our memory as
 * well.
 */
#ifndef WARDCTL_SESSION_FILE_H
#define WARDCTL_SESSION_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#define SESSION_FILE_MAX (512u << 10)

/**
 * session_file_path - PREFIX-DIGEST, over @what and what the file @ca holds: other
 *	certificates in the same place are another authority
 * @make: the directory, too
 * False = there is no such place.
 */
bool session_file_path(const char *prefix, const char *what, const char *ca, bool make,
		       char *path, size_t size);

/** session_file_read - SESSION_FILE_MAX bytes of @text; -1 = not a file that only we could have written */
ssize_t session_file_read(const char *path, char *text);

/** session_file_write - what fails keeps nothing */
void session_file_write(const char *path, const char *text);

#endif /* WARDCTL_SESSION_FILE_H */
