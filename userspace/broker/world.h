/* SPDX-License-Identifier: MIT */
/*
 * What the broker goes by, as its files have it: read whole or not at all, so that a
 * new one takes the place of the old at once, or the old one stays.
 */
#ifndef BROKER_WORLD_H
#define BROKER_WORLD_H

#include "collateral.h"
#include "config.h"
#include "wardverify.h"

#define WORLD_PRINT_LEN 32

/** struct world - @print: world_print() of before the files were read */
struct world {
	struct config config;
	struct wv_roots *roots;
	struct wv_policy *policy;
	uint8_t policy_sha256[32], roots_sha256[32];
	struct collateral *collateral;
	uint8_t print[WORLD_PRINT_LEN];
};

/**
 * world_load - read the configuration and everything that it names
 * @out: world_clear() it, also after a failure
 * Returns 0 or -1 with *fault filled.
 */
int world_load(const char *path, struct world *out, struct config_fault *fault);
void world_clear(struct world *world);

/**
 * world_follows - may @next take @now's place while the broker runs?
 * What it was started with can't change: listen, admin's listen,
 * release_log, database, keyring, metrics, session_max and
 * session_timeout. Returns 0 or -1 with *fault filled.
 */
int world_follows(const struct world *now, const struct world *next, struct config_fault *fault);

/** world_print - of the names, times and sizes of all files: others when one of them changed */
void world_print(const char *path, const struct config *config, uint8_t out[WORLD_PRINT_LEN]);

#endif /* BROKER_WORLD_H */
