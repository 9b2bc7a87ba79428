/* SPDX-License-Identifier: MIT */
/* What was fetched, into the folder that was named, and into the result. */
#ifndef WARDCTL_FETCH_WRITE_H
#define WARDCTL_FETCH_WRITE_H

#include <openssl/x509.h>

#include "fetch_item.h"

/** fetch_folder - make @dir unless it is there; an exit code, the error told */
int fetch_folder(struct wardctl *ctl, const char *dir);

/**
 * fetch_write - DIR/NAME whole or not at all, and its row in the open list "files"
 * @it: where it came from
 * Returns an exit code, the error told.
 */
int fetch_write(struct fetch *f, const struct fetch_item *it, const char *dir, const char *name,
		struct wv_bytes bytes);

/** fetch_write_cert, fetch_write_crl - the same as PEM or DER, under NAME.pem or NAME.der */
int fetch_write_cert(struct fetch *f, const struct fetch_item *it, const char *dir,
		     const char *name, X509 *cert, bool pem);
int fetch_write_crl(struct fetch *f, const struct fetch_item *it, const char *dir,
		    const char *name, bool pem);

/** fetch_summary - after the files: where the cache is, how often somebody was asked */
void fetch_summary(struct fetch *f);

#endif /* WARDCTL_FETCH_WRITE_H */
