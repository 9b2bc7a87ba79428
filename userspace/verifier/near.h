/* SPDX-License-Identifier: MIT */
#ifndef WARD_NEAR_H
#define WARD_NEAR_H

/** near_word - the one of @words (ends with NULL) that @typed may have been meant for, or NULL */
const char *near_word(const char *typed, const char *const *words);

#endif /* WARD_NEAR_H */
