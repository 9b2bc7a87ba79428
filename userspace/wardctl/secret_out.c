// SPDX-License-Identifier: MIT
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <curl/curl.h>

#include "libward.h"
#include "outfile.h"
#include "secret_out.h"

static char *wiping_strdup(const char *text)
{
	size_t size = strlen(text) + 1;
	char *out = ward_wiping_malloc(size);

	return out ? memcpy(out, text, size) : NULL;
}

static void *wiping_calloc(size_t n, size_t size)
{
	void *out = size && n > SIZE_MAX / size ? NULL : ward_wiping_malloc(n * size);

	return out ? memset(out, 0, n * size) : NULL;
}

void secret_keep(void)
{
	const struct rlimit none = { 0, 0 };

	setrlimit(RLIMIT_CORE, &none);
	prctl(PR_SET_DUMPABLE, 0);
	ward_hook_openssl();
	ward_hook_jansson();
	/* libcurl copies what a request shows, tokens among it */
	curl_global_init_mem(CURL_GLOBAL_DEFAULT, ward_wiping_malloc, ward_wiping_free,
			     ward_wiping_realloc, wiping_strdup, wiping_calloc);
}

int secret_out_fd(struct wardctl *ctl, struct secret_out *to, const char *text)
{
	char *end;
	long fd = strtol(text, &end, 10);

	if (end == text || *end || fd < 3 || fd > 65535)
		return ctl_usage(ctl, "--fd takes a descriptor's number from 3 on, not '%s'", text);
	if (fcntl((int)fd, F_GETFD) < 0)
		return ctl_usage(ctl, "--fd %ld: no such descriptor is open", fd);
	to->fd = (int)fd;
	return EXIT_OK;
}

int secret_out_check(struct wardctl *ctl, struct secret_out *to)
{
	int ways = !!to->path + (to->fd >= 0) + to->to_stdout;

	if (ways > 1)
		return ctl_usage(ctl, "--out, --fd and --stdout are three ways: take one");
	if (!ways && isatty(STDOUT_FILENO))
		return ctl_usage(ctl, "a secret is not for a terminal: --out FILE, --fd NUMBER, a pipe,"
				 " or --stdout");
	to->to_stdout = to->to_stdout || !ways;
	if (to->to_stdout && ctl->json)
		return ctl_usage(ctl, "-o json and the secret both want the standard output: --out"
				 " FILE or --fd NUMBER");
	return EXIT_OK;
}

int secret_out_write(struct wardctl *ctl, const struct secret_out *to, const void *data,
		     size_t len)
{
	int err;

	if (to->path)
		err = outfile_whole(to->path, 0600, data, len);
	else
		err = outfile_put(to->to_stdout ? STDOUT_FILENO : to->fd, data, len);
	if (to->to_stdout)
		out_reset(ctl->out);
	if (!err)
		return EXIT_OK;
	if (err > 0)
		return ctl_error(ctl, EXIT_DEVICE, "output-unsynced",
				 "%s is written, but its directory can't be synced: %s; a power cut may undo it",
				 to->path, outfile_strerror(err));
	return ctl_error(ctl, err == -EEXIST ? EXIT_USAGE : EXIT_DEVICE, "output",
			 "can't write %s: %s", to->path ? to->path : "the secret",
			 outfile_strerror(err));
}
