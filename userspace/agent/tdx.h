/* SPDX-License-Identifier: MIT */
/*
 * /dev/tdx_guest as Linux has it from 6.2 on: the headers of older kernels lack
 * it. The report is a TDREPORT (Intel TDX module ABI, TDREPORT_STRUCT).
 */
#ifndef WARDD_TDX_H
#define WARDD_TDX_H

#include <linux/ioctl.h>
#include <stdint.h>

enum {
	TDREPORT_LEN = 1024,
	TDREPORT_TYPE_TDX = 0x81,	/* its first byte */
	TDREPORT_DATA_AT = 128,
};

struct tdx_report_call {
	uint8_t report_data[64];
	uint8_t report[TDREPORT_LEN];
};

#define TDX_GET_REPORT0 _IOWR('T', 1, struct tdx_report_call)

#endif /* WARDD_TDX_H */
