/* SPDX-License-Identifier: MIT */
/*
 * The administration's own port: TLS 1.3 where both sides show certificates. The
 * client's must be of the configured CA, and its key one of those that are listed.
 */
#ifndef BROKER_ADMIN_LISTENER_H
#define BROKER_ADMIN_LISTENER_H

#include <event2/event.h>
#include <openssl/ssl.h>

#include "admin.h"

struct admin_listener;

/** admin_listen - where the configuration says; @admin is borrowed; 0 or -1 */
int admin_listen(struct event_base *base, const struct config *config, struct admin *admin,
		 struct admin_listener **out, struct config_fault *fault);
void admin_listener_free(struct admin_listener *l);

/** admin_tls - the broker's certificate, and the CA that signs administrators'; NULL = *fault */
SSL_CTX *admin_tls(const struct config *config, struct config_fault *fault);

/**
 * admin_listener_take - certificate, CA and who may, for what comes from now on
 * @tls: of admin_tls(); the caller's reference goes over
 */
void admin_listener_take(struct admin_listener *l, const struct config *config, SSL_CTX *tls);

uint16_t admin_listener_port(const struct admin_listener *l);

#endif /* BROKER_ADMIN_LISTENER_H */
