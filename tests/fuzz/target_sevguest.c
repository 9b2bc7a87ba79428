// SPDX-License-Identifier: MIT
/*
 * What the host answers through /dev/sev-guest: calls, the last of which is repeated. Each:
 * an errno, the host's error and the firmware's, how many bytes of certificates it has
 * (all little endian, 32 bits); then the response and the table, as fuzz_split() has them.
 */
#include <linux/sev-guest.h>

#include "cursor.h"
#include "device.h"

#define CALLS_MAX 8
#define CALL_LEN 13	/* before response and table, which are every call's */

static struct cursor calls;
static struct wv_bytes response, table;

static void fill(void *to, size_t room, struct wv_bytes from)
{
	if (from.len)
		memcpy(to, from.data, from.len < room ? from.len : room);
}

static int device_answer(unsigned long request, void *arg)
{
	struct snp_guest_request_ioctl *cmd = arg;
	struct snp_ext_report_req *ask = (void *)(uintptr_t)cmd->req_data;
	struct snp_report_resp *to = (void *)(uintptr_t)cmd->resp_data;
	struct cursor c = calls;
	uint64_t exit;
	uint8_t error;

	if (request != SNP_GET_EXT_REPORT || ask->certs_len > WARD_AUX_MAX)
		fuzz_die("a request that the driver does not know");
	error = cursor_u8(&c);
	exit = cursor_le32(&c);
	exit = exit << 32 | cursor_le32(&c);
	memcpy((uint8_t *)cmd + sizeof(*cmd) - sizeof(exit), &exit, sizeof(exit));
	/* The kernel tells a length beside an error alone, and of one that nobody interrupted. */
	if (error && error != EINTR)
		ask->certs_len = cursor_le32(&c);
	if (!error) {
		fill((void *)(uintptr_t)ask->certs_address, ask->certs_len, table);
		fill(to->data, sizeof(to->data), response);
	}
	if (cursor_left(&calls) >= 2 * CALL_LEN)
		cursor_skip(&calls, CALL_LEN);
	return error;
}

int fuzz_one(struct wv_bytes in)
{
	struct cursor c = cursor_over(in.data, in.len);
	size_t count = 1 + cursor_u8(&c) % CALLS_MAX;

	calls = cursor_sub(&c, 1, CALL_LEN * count);
	cursor_skip(&c, CALL_LEN * count);
	if (!cursor_ok(&c) ||
	    !fuzz_split((struct wv_bytes){ in.data + c.at, cursor_left(&c) }, &response, &table))
		return WV_USAGE;
	return device_quote(&sev_guest_backend, NULL);
}
