// SPDX-License-Identifier: MIT
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "evidence.h"
#include "fetch_pool.h"
#include "fetch_write.h"
#include "infile.h"

int fetch_folder(struct wardctl *ctl, const char *dir)
{
	struct stat st;

	if (mkdir(dir, 0755) && errno != EEXIST)
		return ctl_error(ctl, EXIT_DEVICE, "output", "can't make %s: %s", dir,
				 strerror(errno));
	if (!stat(dir, &st) && S_ISDIR(st.st_mode))
		return EXIT_OK;
	return ctl_error(ctl, EXIT_USAGE, "usage", "%s is not a folder", dir);
}

int fetch_write(struct fetch *f, const struct fetch_item *it, const char *dir, const char *name,
		struct wv_bytes bytes)
{
	struct output *o = f->ctl->out;
	char path[PATH_MAX], next[32];
	int rc;

	if (snprintf(path, sizeof(path), "%s/%s", dir, name) >= (int)sizeof(path))
		return ctl_error(f->ctl, EXIT_USAGE, "usage", "%s: the path is too long", dir);
	rc = evidence_write(f->ctl, path, bytes.data, bytes.len);
	if (rc)
		return rc;
	out_object(o, NULL);
	out_text(o, "file", path);
	out_text(o, "from", it->from);
	if (it->next_update) {
		wv_time_text(it->next_update, next);
		out_text(o, "next_update", next);
	} else {
		out_null(o, "next_update");
	}
	out_close(o);
	return EXIT_OK;
}

/* The verifying verbs read .pem before .der: an older one would hide the new. */
static void warn_hidden(const char *dir, const char *name, bool pem)
{
	char path[PATH_MAX];

	if (!pem && snprintf(path, sizeof(path), "%s/%s.pem", dir, name) < (int)sizeof(path) &&
	    !access(path, F_OK))
		fprintf(stderr, "wardctl: %s is there, too, and is read in place of the .der\n",
			path);
}

static int write_encoded(struct fetch *f, const struct fetch_item *it, const char *dir,
			 const char *name, bool pem, struct wv_bytes bytes)
{
	char file[64];
	int rc;

	if (!bytes.data)
		return ctl_error(f->ctl, EXIT_DEVICE, "no-memory", "no memory");
	snprintf(file, sizeof(file), "%s.%s", name, pem ? "pem" : "der");
	warn_hidden(dir, name, pem);
	rc = fetch_write(f, it, dir, file, bytes);
	infile_free(&bytes);
	return rc;
}

int fetch_write_cert(struct fetch *f, const struct fetch_item *it, const char *dir,
		     const char *name, X509 *cert, bool pem)
{
	return write_encoded(f, it, dir, name, pem, fetch_cert_bytes(cert, pem));
}

int fetch_write_crl(struct fetch *f, const struct fetch_item *it, const char *dir,
		    const char *name, bool pem)
{
	X509_CRL *crl = fetch_crl(it->body);
	struct wv_bytes bytes = { NULL, 0 };

	if (crl)
		bytes = fetch_crl_bytes(crl, pem);
	X509_CRL_free(crl);
	return write_encoded(f, it, dir, name, pem, bytes);
}

void fetch_summary(struct fetch *f)
{
	if (f->cache[0])
		out_text(f->ctl->out, "cache", f->cache);
	else
		out_null(f->ctl->out, "cache");
	out_uint(f->ctl->out, "requests", f->requests);
}
