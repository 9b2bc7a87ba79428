// SPDX-License-Identifier: MIT
/*
 * The answer of AWS Nitro's security module. Before it: an errno, and (big endian) how many
 * bytes more it claims to have written than it has.
 */
#include "../../userspace/agent/nsm.h"
#include "device.h"

static struct wv_bytes answer;
static int error;
static uint16_t more;

static int device_answer(unsigned long request, void *arg)
{
	struct nsm_call *call = arg;

	if (request != NSM_CALL || call->request.len > NSM_REQUEST_MAX ||
	    call->response.len != NSM_RESPONSE_MAX)
		fuzz_die("a request that the driver does not know");
	if (error)
		return error;
	if (answer.len)
		memcpy((void *)(uintptr_t)call->response.addr, answer.data, answer.len);
	call->response.len = answer.len + more;
	return 0;
}

int fuzz_one(struct wv_bytes in)
{
	if (in.len < 3 || in.len - 3 > NSM_RESPONSE_MAX)
		return WV_USAGE;
	error = in.data[0];
	more = (uint16_t)(in.data[1] << 8 | in.data[2]);
	answer = (struct wv_bytes){ in.data + 3, in.len - 3 };
	return device_quote(&nitro_backend, NULL);
}
