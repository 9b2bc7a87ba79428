/* SPDX-License-Identifier: MIT */
/* A decision as a message with fields for systemd's journal. */
#ifndef BROKER_JOURNAL_NATIVE_H
#define BROKER_JOURNAL_NATIVE_H

#include "journal.h"

/** journal_native - 0, or -errno where nobody takes it; a line on stderr is left then */
int journal_native(const struct decision *d);

/** journal_native_fault - why the broker does not start; returns the same */
int journal_native_fault(const char *text);

#endif /* BROKER_JOURNAL_NATIVE_H */
