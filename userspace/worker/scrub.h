/* SPDX-License-Identifier: MIT */
/*
 * Wiping what is not protected memory: the stack below the caller, and, as
 * the last act of the program, the heap.
 */
#ifndef WARD_WORKER_SCRUB_H
#define WARD_WORKER_SCRUB_H

/**
 * scrub_stack() - zero the stack below the caller's frame
 *
 * For use after a call that may have spilled keys or fields of a table. Wipes
 * 128 KiB, more than the deepest call of the libraries that handle keys here
 * was seen to use.
 */
void scrub_stack(void);

/**
 * scrub_exit() - flush standard output, zero heap and stack, and end
 * @code: exit code
 *
 * Nothing may run after the heap is zero, so this ends the process by itself,
 * without exit handlers.
 */
_Noreturn void scrub_exit(int code);

#endif /* WARD_WORKER_SCRUB_H */
