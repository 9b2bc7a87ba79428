/* SPDX-License-Identifier: MIT */
/* For cmocka: Intel's chain under test roots, made once for all tests of a program. */
#ifndef TEST_INTEL_GROUP_H
#define TEST_INTEL_GROUP_H

#include "intel_make.h"

static struct intel_pki pki;

static inline int intel_setup(void **state)
{
	(void)state;
	intel_pki_make(&intel_default, &pki);
	return 0;
}

static inline int intel_teardown(void **state)
{
	(void)state;
	intel_pki_free(&pki);
	return 0;
}

#endif /* TEST_INTEL_GROUP_H */
