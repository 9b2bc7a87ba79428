/* SPDX-License-Identifier: MIT */
/*
 * A client of Intel's quote generation service: a TDREPORT goes to the host over
 * vsock, a quote comes back. The messages are those of DCAP's qgs_msg_lib, version
 * 1: a length of 4 bytes, big endian, then little endian
 *   major u16, minor u16, type u32, size u32 (of all this), error u32,
 * and for type 0, a request: report size u32, size of the list of ids u32, report,
 * ids; for type 1, its answer: size of the chosen id u32, quote size u32, id, quote.
 */
#ifndef WARDD_QGS_H
#define WARDD_QGS_H

#include <stddef.h>
#include <stdint.h>

#include "trouble.h"
#include "sys.h"

/**
 * struct qgs - where the service is
 * @path: of a socket of AF_UNIX, or NULL for vsock
 * @cid: of the host
 * @port: there
 */
struct qgs {
	const char *path;
	uint32_t cid;
	uint32_t port;
};

/**
 * qgs_quote() - one connection, one quote
 * @sys: whose clock @deadline_ns is of
 * @report: TDREPORT of @report_len bytes, at most QGS_REPORT_MAX
 * @quote: freed by the caller
 *
 * Return: 0; with @why -ENXIO (nobody there), -EIO, -EBADMSG, -EOVERFLOW (more than
 * WARD_EVIDENCE_MAX), -ENOMEM.
 */
int qgs_quote(const struct qgs *qgs, const struct ward_sys *sys, uint64_t deadline_ns,
	      const uint8_t *report, size_t report_len, uint8_t **quote, size_t *quote_len,
	      struct trouble *why);

#define QGS_REPORT_MAX 1024

#endif /* WARDD_QGS_H */
