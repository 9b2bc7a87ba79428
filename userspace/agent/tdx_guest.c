// SPDX-License-Identifier: MIT
/*
 * Intel TDX through /dev/tdx_guest, for kernels from 6.2 to 6.6: the TDX module
 * gives a TDREPORT, and the quote generation service on the host turns that into a
 * quote. Later kernels ask the service themselves (TSM reports).
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "backends.h"
#include "cursor.h"
#include "qgs.h"
#include "tdx.h"

#include <linux/vm_sockets.h>

#define DEVICE "/dev/tdx_guest"

enum {
	QGS_PORT = 4050,
	QUOTE_TEE_TDX = 0x81,
	QUOTE_HEAD = 48,
	QUOTE_TYPE_HEAD = 6,		/* of the body, from version 5 on */
	BODY_REPORT_DATA_AT = 520,
};

struct tdx_guest {
	const struct ward_sys *sys;
	int fd;
	struct qgs qgs;
	char *path;
};

static int report_failed(int err, struct trouble *why)
{
	switch (err) {
	case -EPERM:
	case -EACCES:
		return trouble_set(why, -EPERM, "not allowed to ask: %s", strerror(-err));
	case -ENODEV:
	case -ENXIO:
	case -ENOTTY:
		return trouble_set(why, -ENXIO, "the device gives no TDREPORT: %s", strerror(-err));
	}
	return trouble_set(why, err == -ENOMEM || err == -EBUSY ? err : -EIO,
			   "no TDREPORT: %s", strerror(-err));
}

static int get_report(const struct tdx_guest *s, const uint8_t *report_data,
		      struct tdx_report_call *call, struct trouble *why)
{
	int err;

	memset(call, 0, sizeof(*call));
	memcpy(call->report_data, report_data, sizeof(call->report_data));
	err = ward_sys_ioctl(s->sys, s->fd, TDX_GET_REPORT0, call);
	if (err)
		return report_failed(err, why);
	if (call->report[0] != TDREPORT_TYPE_TDX)
		return trouble_set(why, -EBADMSG, "not a TDREPORT: type 0x%x", call->report[0]);
	if (memcmp(call->report + TDREPORT_DATA_AT, report_data, WARD_DIGEST_LEN))
		return trouble_set(why, -EBADMSG, "the TDREPORT is over other data");
	return 0;
}

/* No more than that it can be ours: the verifier judges it. */
static int check_quote(const uint8_t *quote, size_t len, const uint8_t *report_data,
		       struct trouble *why)
{
	struct cursor c = cursor_over(quote, len);
	uint16_t version = cursor_le16(&c);
	const uint8_t *data;
	uint32_t tee;

	cursor_skip(&c, 2);
	tee = cursor_le32(&c);
	c.at = cursor_ok(&c) && len >= QUOTE_HEAD ? QUOTE_HEAD : len;
	cursor_skip(&c, BODY_REPORT_DATA_AT + (version > 4 ? QUOTE_TYPE_HEAD : 0));
	data = cursor_take(&c, WARD_DIGEST_LEN);
	if (version < 4 || tee != QUOTE_TEE_TDX || !data)
		return trouble_set(why, -EBADMSG, "not a TDX quote: version %u, TEE type 0x%x, %zu bytes",
				   version, tee, len);
	if (memcmp(data, report_data, WARD_DIGEST_LEN))
		return trouble_set(why, -EBADMSG, "the quote is over other data");
	return 0;
}

static int quote(void *state, const uint8_t *report_data, uint64_t deadline_ns,
		 struct ward_piece *out, struct trouble *why)
{
	const struct tdx_guest *s = state;
	struct tdx_report_call call;
	uint8_t *data = NULL;
	int err = get_report(s, report_data, &call, why);

	if (!err)
		err = qgs_quote(&s->qgs, s->sys, deadline_ns, call.report, sizeof(call.report),
				&data, &out->data_len, why);
	out->data = data;
	return err ? err : check_quote(out->data, out->data_len, report_data, why);
}

/* ---- coming and going ------------------------------------------------------------- */

static void tdx_guest_close(void *state)
{
	struct tdx_guest *s = state;

	s->sys->close(s->fd);
	free(s->path);
	free(s);
}

static int find_service(const struct backend_config *config, struct tdx_guest *s,
			struct trouble *why)
{
	const char *path = backend_option(config, "socket", NULL);
	uint64_t cid, port;
	int err = backend_number(config, "cid", VMADDR_CID_HOST, 0, UINT32_MAX, &cid, why);

	if (!err)
		err = backend_number(config, "port", QGS_PORT, 0, UINT32_MAX, &port, why);
	if (err)
		return err;
	s->path = path ? strdup(path) : NULL;
	if (path && !s->path)
		return trouble_set(why, -ENOMEM, "no memory");
	s->qgs = (struct qgs){ .path = s->path, .cid = (uint32_t)cid, .port = (uint32_t)port };
	return 0;
}

static int tdx_guest_open(const struct backend_config *config, void **state, struct trouble *why)
{
	struct tdx_guest *s = calloc(1, sizeof(*s));
	int err;

	if (!s)
		return trouble_set(why, -ENOMEM, "no memory");
	s->sys = config->sys;
	err = find_service(config, s, why);
	if (!err)
		err = backend_open_device(config, DEVICE, "no TDX guest, or its driver is not loaded "
					  "(modprobe tdx_guest)", &s->fd, why);
	if (!err) {
		*state = s;
		return 0;
	}
	free(s->path);
	free(s);
	return err;
}

static const char *const options[] = { "device", "cid", "port", "socket", NULL };

const struct backend tdx_guest_backend = {
	.name = "tdx-guest",
	.about = "Intel TDX, " DEVICE " and a quote generation service",
	.tee = WARD_TEE_TDX,
	.options = options,
	.quotes_launch = true,
	.open = tdx_guest_open,
	.quote = quote,
	.close = tdx_guest_close,
};
