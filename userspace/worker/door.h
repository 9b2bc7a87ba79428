/* SPDX-License-Identifier: MIT */
/*
 * The accepting side of attested channels (doc/formats.md, Attested channel) in an event loop: what
 * stands between the TLS and the HTTP of each connection of a service that has --channel.
 *
 * It gives evidence to who wants it, and wants none. It is not attested again: a connection lives for
 * two minutes.
 */
#ifndef WARD_WORKER_DOOR_H
#define WARD_WORKER_DOOR_H

#include "../common/connection.h"

struct service;

/** door_layer() - the layer of all connections of @service, whose evidence it gives */
struct connection_layer door_layer(struct service *service);

#endif /* WARD_WORKER_DOOR_H */
