/* SPDX-License-Identifier: MIT */
/* A program in a process of its own, and what the kernel said of it. */
#ifndef FUZZ_ABI_RUN_H
#define FUZZ_ABI_RUN_H

#include "program.h"

enum verdict { RUN_FINE, RUN_SPLAT, RUN_HANGS };

/* @disk: where each program is written before it runs, for whoever finds a dead kernel; or NULL. */
void run_open(const char *disk);
enum verdict run_program(const struct program *program);
/* The line of the kernel's log that was a splat. */
const char *run_said(void);
/* Nobody bounded or refused, the provider linked: what programs change for others. */
void run_reset(void);

#endif /* FUZZ_ABI_RUN_H */
