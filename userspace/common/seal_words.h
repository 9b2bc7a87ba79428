/* SPDX-License-Identifier: MIT */
/*
 * Who can open a sealed file, in the words of a command line: `wardctl seal --pcr, --bind` and
 * `ward-train --seal-to` have the same ones.
 */
#ifndef WARD_COMMON_SEAL_WORDS_H
#define WARD_COMMON_SEAL_WORDS_H

#include <stdint.h>

#define SEAL_WORDS_PCRS	"numbers of PCRs, 0 to 23, such as 0,2,4,7, or none"
#define SEAL_WORDS_BIND	"words of measurement,policy,image,family,svn,tcb,uid,cgroup,module"

/**
 * seal_words_pcrs() - read SEAL_WORDS_PCRS
 * @text: as it was typed
 * @pcrs: a bit for each
 *
 * Return: 0, or -1 where it is something else.
 */
int seal_words_pcrs(const char *text, uint32_t *pcrs);

/**
 * seal_words_bind() - read SEAL_WORDS_BIND, with commas between
 * @text: as it was typed
 * @fields: WARD_SEAL_SNP_*
 * @bind: WARD_SEAL_BIND_*
 *
 * Return: 0, or -1 where there is another word.
 */
int seal_words_bind(const char *text, uint32_t *fields, uint32_t *bind);

#endif /* WARD_COMMON_SEAL_WORDS_H */
