/* SPDX-License-Identifier: MIT */
/* The backends by their own names: for their files and for the table. */
#ifndef WARDD_BACKENDS_H
#define WARDD_BACKENDS_H

#include "backend.h"

extern const struct backend sev_guest_backend, tdx_guest_backend, nitro_backend, azure_backend,
	vtpm_backend;

#endif /* WARDD_BACKENDS_H */
