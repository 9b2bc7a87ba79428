/* SPDX-License-Identifier: MIT */
/*
 * /dev/nsm as Linux has it from 6.8 on, and the driver that came before it: the
 * headers of older kernels lack it.
 */
#ifndef WARDD_NSM_H
#define WARDD_NSM_H

#include <linux/ioctl.h>
#include <stdint.h>

#define NSM_REQUEST_MAX		0x1000
#define NSM_RESPONSE_MAX	0x3000

struct nsm_part {
	uint64_t addr;
	uint64_t len;
};

/**
 * struct nsm_call - CBOR in, CBOR out
 * @response: its len is the room that there is, and then what was written
 */
struct nsm_call {
	struct nsm_part request;
	struct nsm_part response;
};

#define NSM_CALL _IOWR(0x0a, 0, struct nsm_call)

#endif /* WARDD_NSM_H */
