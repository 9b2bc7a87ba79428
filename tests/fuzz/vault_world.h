/* SPDX-License-Identifier: MIT */
/* What is asked of a key vault, on a machine without a TPM. */
#ifndef FUZZ_VAULT_WORLD_H
#define FUZZ_VAULT_WORLD_H

#include "../../userspace/wardctl/skr.h"

extern const struct skr_request vault_request;

#endif /* FUZZ_VAULT_WORLD_H */
