/* SPDX-License-Identifier: MIT */
#ifndef TEST_FUZZ_SEEDS_INTEL_H
#define TEST_FUZZ_SEEDS_INTEL_H

#include "../unit/intel_make.h"

/** seeds_intel_pki - whose root is trusted, once seeds_intel() has run; freed by nobody */
extern struct intel_pki seeds_intel_pki;

#endif /* TEST_FUZZ_SEEDS_INTEL_H */
