/* SPDX-License-Identifier: MIT */
/* What accepted evidence said, as the text that a session keeps. */
#ifndef BROKER_ATTESTED_JSON_H
#define BROKER_ATTESTED_JSON_H

#include <stddef.h>

#include <jansson.h>

#include "attested.h"

/** attested_write - JSON, to be freed with free(); NULL = no memory */
char *attested_write(const struct attested *who);

/** attested_read - 0, or -1: it is not what attested_write() writes */
int attested_read(const char *json, size_t len, struct attested *out);

/** attested_policies_write, attested_policies_read - the list of policies alone; -1 = damaged */
json_t *attested_policies_write(const struct attested *who);
int attested_policies_read(const json_t *list, struct attested *out);

#endif /* BROKER_ATTESTED_JSON_H */
