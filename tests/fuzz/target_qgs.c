// SPDX-License-Identifier: MIT
/*
 * What a quote generation service on the host answers; the TDREPORT that it is asked with is
 * sound. connect() leads to a socket in which the answer waits, and nothing after it.
 */
#include <sys/socket.h>
#include <unistd.h>

#include "../../userspace/agent/tdx.h"
#include "device.h"

static struct wv_bytes answer;
static int service = -1;	/* the other end: open while the request is written */

int __wrap_connect(int fd, const struct sockaddr *to, socklen_t len);

int __wrap_connect(int fd, const struct sockaddr *to, socklen_t len)
{
	int pair[2];
	ssize_t n;

	(void)to;
	(void)len;
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair))
		fuzz_die("no socket");
	n = answer.len ? write(pair[1], answer.data, answer.len) : 0;
	if (n != (ssize_t)answer.len || shutdown(pair[1], SHUT_WR) || dup2(pair[0], fd) < 0)
		fuzz_die("%zu bytes do not fit into a socket", answer.len);
	close(pair[0]);
	service = pair[1];
	return 0;
}

static int device_answer(unsigned long request, void *arg)
{
	struct tdx_report_call *call = arg;

	if (request != TDX_GET_REPORT0)
		fuzz_die("a request that the driver does not know");
	call->report[0] = TDREPORT_TYPE_TDX;
	memcpy(call->report + TDREPORT_DATA_AT, call->report_data, WARD_DIGEST_LEN);
	return 0;
}

int fuzz_one(struct wv_bytes in)
{
	static const struct backend_config config = {
		.count = 1, .options = { { "socket", "/run/qgs" } },
	};
	int rc;

	if (in.len > 128 << 10)
		return WV_USAGE;
	answer = in;
	rc = device_quote(&tdx_guest_backend, &config);
	if (service >= 0)
		close(service);
	service = -1;
	return rc;
}
