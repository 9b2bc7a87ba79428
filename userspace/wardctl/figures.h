/* SPDX-License-Identifier: MIT */
/*
 * Figures of memory that a kernel module cannot read, and user space can: each
 * says where it comes from, and counts as reported, not as measured by ward.
 */
#ifndef WARDCTL_FIGURES_H
#define WARDCTL_FIGURES_H

#include "libward.h"

#define FIGURES_MAX 8

/** figures_reported - up to FIGURES_MAX of them; what cannot be read is absent */
size_t figures_reported(struct ward_figure *to);

#endif /* WARDCTL_FIGURES_H */
