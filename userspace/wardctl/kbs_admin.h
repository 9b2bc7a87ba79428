/* SPDX-License-Identifier: MIT */
/* One request to the administration of a key broker, by the client's certificate. */
#ifndef WARDCTL_KBS_ADMIN_H
#define WARDCTL_KBS_ADMIN_H

#include <jansson.h>

#include "wardctl.h"

/**
 * struct kbs_admin - whose administration, and who asks
 * @url: https://HOST:PORT of the administration, not of what workers talk to
 * @ca: who vouches for it (PEM); @cert, @key: of this client (PEM)
 * @timeout: in seconds
 */
struct kbs_admin {
	const char *url, *ca, *cert, *key;
	long timeout;
};

/** struct kbs_request - @path begins with '/'; without a body @data is NULL */
struct kbs_request {
	const char *method, *path;
	const void *data;
	size_t len;
};

#define KBS_ADMIN_LONGS \
	{ "url", required_argument, NULL, 'u' }, { "ca", required_argument, NULL, 'c' }, \
	{ "cert", required_argument, NULL, 'C' }, { "cert-key", required_argument, NULL, 'K' }, \
	{ "timeout", required_argument, NULL, 'T' }
#define KBS_ADMIN_ARGS "--url URL --ca FILE --cert FILE --cert-key FILE [--timeout SECONDS]"
#define KBS_ADMIN_DETAILS \
	"  --url URL           the broker's port of administration: https://HOST:PORT\n" \
	"  --ca FILE           who vouches for its certificate (PEM)\n" \
	"  --cert FILE         your certificate (PEM), whose key the broker's configuration lists\n" \
	"  --cert-key FILE     its private key (PEM)\n" \
	"  --timeout SECONDS   of the request (60)\n"

/** kbs_admin_option - one of KBS_ADMIN_LONGS; an exit code, told */
int kbs_admin_option(struct wardctl *ctl, struct kbs_admin *a, int opt, const char *text);

/** kbs_admin_check - all that is needed was said; an exit code, told */
int kbs_admin_check(struct wardctl *ctl, const struct kbs_admin *a);

/** kbs_admin_ask - EXIT_OK with the answer's object, json_decref() it; else an exit code, told */
int kbs_admin_ask(struct wardctl *ctl, const struct kbs_admin *a, const struct kbs_request *req,
		  json_t **answer);

#endif /* WARDCTL_KBS_ADMIN_H */
