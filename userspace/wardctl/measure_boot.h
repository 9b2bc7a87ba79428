/* SPDX-License-Identifier: MIT */
/*
 * Registers of a boot that did not happen yet: the log of one that did, with
 * other programs, initrd and command line in their places.
 */
#ifndef WARDCTL_MEASURE_BOOT_H
#define WARDCTL_MEASURE_BOOT_H

#include "measure_event.h"
#include "measure_pe.h"

#define BOOT_REPLACED_MAX 64

/**
 * struct boot_parts - what the next boot starts; absent = as in the log
 * @kernel: a program: the last that firmware or boot loader start
 * @uki: a unified kernel image: its sections are what the others stand for
 * @initrd: as the kernel gets it
 * @cmdline: UTF-16 with its NUL, as Linux' stub gets it
 */
struct boot_parts {
	const struct pe *kernel, *uki;
	struct wv_bytes initrd, cmdline;
};

/** struct boot_replaced - a measurement that stands in place of one of the log */
struct boot_replaced {
	uint32_t pcr;
	char what[32];
	uint8_t digest[32];
};

struct boot {
	struct wv_tcglog_pcrs pcrs;
	size_t count;
	struct boot_replaced replaced[BOOT_REPLACED_MAX];
};

/** boot_predict - registers by SHA-256; NULL, or a sentence: why they can't be told */
const char *boot_predict(const struct wv_tcglog *log, const struct boot_parts *parts,
			 struct boot *out);

/** boot_predict_uki - without a log, register 11 alone */
const char *boot_predict_uki(const struct pe *uki, struct boot *out);

/** boot_phases - register 11 with the words that systemd-pcrphase adds, between colons */
const char *boot_phases(const char *words, struct boot *out);

#endif /* WARDCTL_MEASURE_BOOT_H */
