/* SPDX-License-Identifier: MIT */
/* The link to the kernel's TSM reports, for the verbs that make it. */
#ifndef WARDCTL_PROVIDER_H
#define WARDCTL_PROVIDER_H

#include "wardctl.h"

/** provider_link_text - the word for WARD_LINK_* */
const char *provider_link_text(int state);

/** provider_attribute - set one of the report entry's; an exit code, told if not 0 */
int provider_attribute(struct wardctl *ctl, const char *attribute, const char *value);

/** provider_attach - make the link, unless it is made; an exit code, told if not 0 */
int provider_attach(struct wardctl *ctl);

#endif /* WARDCTL_PROVIDER_H */
