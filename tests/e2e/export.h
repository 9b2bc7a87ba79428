/* SPDX-License-Identifier: MIT */
/* Writing what the control program shall hold, see holding.h. */
#ifndef WARD_E2E_EXPORT_H
#define WARD_E2E_EXPORT_H

#include "derive.h"
#include "site.h"

/**
 * export_holding() - tables, matrices and keys of all sites, masked
 * @path: file, mode 0600; whole or not there
 * @site: sites
 * @sites: how many
 * @design: or NULL
 * @numbers: of training; or none
 *
 * Return: 0 or -1 with errno.
 */
int export_holding(const char *path, const struct site *site, size_t sites,
		   const struct design *design, const struct numbers *numbers);

#endif /* WARD_E2E_EXPORT_H */
