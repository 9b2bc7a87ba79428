// SPDX-License-Identifier: MIT
/*
 * AMD SEV-SNP through /dev/sev-guest, for kernels without TSM reports (before
 * 6.7). An extended request (GHCB 56421, section 4.1.9) gives the report and the
 * host's certificate table, which the kernel's TSM provider calls auxblob.
 */
#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <linux/sev-guest.h>

#include "backends.h"
#include "cursor.h"

#define DEVICE "/dev/sev-guest"

enum {
	PAGE = 4096,
	CERTS_FIRST = 4 * PAGE,		/* what kernels take at most today */
	CERT_ENTRY = 24,		/* GUID, offset, length */
	RESPONSE_HEAD = 32,		/* MSG_REPORT_RSP, 56860 table 25: status, size, reserved */
	REPORT_MIN = 1184,		/* 56860 table 23 */
	REPORT_DATA_AT = 0x50,
	VMM_INVALID_LEN = 1,
	VMM_BUSY = 2,
};

#define BUSY_WAIT_NS 500000000ull

struct sev_guest {
	const struct ward_sys *sys;
	int fd;
	uint32_t vmpl;
	bool simulated;
	uint8_t *certs;		/* room for WARD_AUX_MAX */
};

/** struct exchange - one request and what came back */
struct exchange {
	struct snp_ext_report_req request;
	struct snp_report_resp response;
	uint64_t exit;		/* bits 63:32 the host's error, 31:0 the firmware's */
};

/* ---- the device --------------------------------------------------------------- */

/* This field was called fw_err, and later exitinfo2: same place, same bits. */
static uint64_t exit_of(const struct snp_guest_request_ioctl *cmd)
{
	uint64_t exit;

	memcpy(&exit, (const uint8_t *)cmd + offsetof(struct snp_guest_request_ioctl, resp_data) +
	       sizeof(cmd->resp_data), sizeof(exit));
	return exit;
}

static int ask(const struct sev_guest *s, const uint8_t *report_data, uint32_t certs_len,
	       struct exchange *x)
{
	struct snp_guest_request_ioctl cmd = { .msg_version = 1 };
	int err;

	memset(x, 0, sizeof(*x));
	memset(s->certs, 0, WARD_AUX_MAX);
	memcpy(x->request.data.user_data, report_data, sizeof(x->request.data.user_data));
	x->request.data.vmpl = s->vmpl;
	x->request.certs_address = (uintptr_t)s->certs;
	x->request.certs_len = certs_len;
	cmd.req_data = (uintptr_t)&x->request;
	cmd.resp_data = (uintptr_t)&x->response;
	err = ward_sys_ioctl(s->sys, s->fd, SNP_GET_EXT_REPORT, &cmd);
	x->exit = exit_of(&cmd);
	return err;
}

static int ioctl_failed(int err, uint64_t exit, struct trouble *why)
{
	if (err == -ENOTTY || err == -ENODEV || err == -ENXIO)
		return trouble_set(why, -ENXIO, "the guest's message key (VMPCK) is lost: no "
				   "more reports until the guest is restarted (dmesg says why)");
	if (err == -EPERM || err == -EACCES)
		return trouble_set(why, -EPERM, "not allowed to ask: %s", strerror(-err));
	if (err == -ENOMEM)
		return trouble_set(why, -ENOMEM, "no memory");
	return trouble_set(why, -EIO, "%s; host error %u, firmware error 0x%x (is vmpl= one "
			   "that this guest may name?)", strerror(-err),
			   (unsigned int)(exit >> 32), (unsigned int)exit);
}

/* The host wants another length: 0 and *len, once. */
static int other_length(const struct exchange *x, uint32_t *len, struct trouble *why)
{
	uint32_t told = x->request.certs_len;

	if (told <= *len)
		return trouble_set(why, -EBADMSG, "the host finds room for %u bytes of "
				   "certificates too short, and wants %u", *len, told);
	if (told > WARD_AUX_MAX || told % PAGE)
		return trouble_set(why, -EOVERFLOW, "the host has %u bytes of certificates; "
				   "pages up to %u fit", told, WARD_AUX_MAX);
	*len = told;
	return 0;
}

/* A host that throttles is asked again until the deadline. */
static int ask_patiently(const struct sev_guest *s, const uint8_t *report_data,
			 uint64_t deadline_ns, struct exchange *x, struct trouble *why)
{
	uint32_t len = CERTS_FIRST;
	int err;

	for (;;) {
		err = ask(s, report_data, len, x);
		if (!err)
			return 0;
		switch (x->exit >> 32) {
		case VMM_INVALID_LEN:
			err = other_length(x, &len, why);
			if (err)
				return err;
			break;
		case VMM_BUSY:
			if (ward_sys_wait(s->sys, BUSY_WAIT_NS, deadline_ns))
				break;
			return trouble_set(why, -EBUSY, "the host throttles requests, and "
					   "did so to the deadline: ask less often");
		default:
			return ioctl_failed(err, x->exit, why);
		}
	}
}

/* ---- what came back ------------------------------------------------------------- */

/* A view of the report inside the response. */
static int find_report(const struct exchange *x, const uint8_t *report_data,
		       const uint8_t **report, size_t *len, struct trouble *why)
{
	struct cursor c = cursor_over(x->response.data, sizeof(x->response.data));
	uint32_t status = cursor_le32(&c);

	*len = cursor_le32(&c);
	if (status)
		return trouble_set(why, -EIO, "the firmware refuses: status 0x%x%s", status,
				   status == 0x16 ? " (vmpl= is below this guest's own?)" : "");
	c.at = RESPONSE_HEAD;
	if (*len > cursor_left(&c))
		return trouble_set(why, -EOVERFLOW, "a report of %zu bytes in %zu", *len,
				   cursor_left(&c));
	if (*len < REPORT_MIN)
		return trouble_set(why, -EBADMSG, "a report of %zu bytes", *len);
	*report = cursor_take(&c, *len);
	if (memcmp(*report + REPORT_DATA_AT, report_data, WARD_DIGEST_LEN))
		return trouble_set(why, -EBADMSG, "the report is over other data");
	return 0;
}

static bool is_zero(const uint8_t *p, size_t n)
{
	return !p || (!p[0] && !memcmp(p, p + 1, n - 1));
}

/* Bytes from the start of the table to the end of the last certificate; 0 = none. */
static int table_length(const uint8_t *table, size_t room, size_t *len, struct trouble *why)
{
	struct cursor c = cursor_over(table, room);

	*len = 0;
	for (;;) {
		const uint8_t *guid = cursor_take(&c, 16);
		uint32_t at = cursor_le32(&c), n = cursor_le32(&c);

		if (!cursor_ok(&c) || is_zero(guid, 16))
			break;
		if (at > room || n > room - at)
			return trouble_set(why, -EBADMSG, "a certificate at %u, %u bytes, "
					   "in a table of %zu", at, n, room);
		if (at + n > *len)
			*len = at + n;
	}
	/* The entry of zeroes that ends the table belongs to it. */
	if (*len && *len < c.at)
		*len = c.at;
	if (!cursor_ok(&c))
		return trouble_set(why, -EBADMSG, "a certificate table without an end");
	return 0;
}

static int quote(void *state, const uint8_t *report_data, uint64_t deadline_ns,
		 struct ward_piece *out, struct trouble *why)
{
	const struct sev_guest *s = state;
	const uint8_t *report = NULL;
	size_t len = 0, aux_len = 0;
	struct exchange x;
	int err = ask_patiently(s, report_data, deadline_ns, &x, why);

	if (!err)
		err = find_report(&x, report_data, &report, &len, why);
	if (!err)
		err = table_length(s->certs, x.request.certs_len < WARD_AUX_MAX ?
				   x.request.certs_len : WARD_AUX_MAX, &aux_len, why);
	if (err)
		return err;
	if (backend_keep(report, len, &out->data, &out->data_len) ||
	    (aux_len && backend_keep(s->certs, aux_len, &out->aux, &out->aux_len)))
		return trouble_set(why, -ENOMEM, "no memory");
	return 0;
}

/* ---- coming and going ------------------------------------------------------------- */

static void sev_guest_close(void *state)
{
	struct sev_guest *s = state;

	s->sys->close(s->fd);
	free(s->certs);
	free(s);
}

static int sev_guest_open(const struct backend_config *config, void **state, struct trouble *why)
{
	struct sev_guest *s = calloc(1, sizeof(*s));
	uint64_t vmpl = 0;
	int err = 0;

	if (s)
		s->certs = malloc(WARD_AUX_MAX);
	if (!s || !s->certs)
		err = trouble_set(why, -ENOMEM, "no memory");
	if (!err)
		err = backend_number(config, "vmpl", 0, 0, 3, &vmpl, why);
	if (!err && backend_option(config, "simulated", "")[0])
		err = trouble_set(why, -EINVAL, "simulated takes no value: leave it out for a device "
				  "that is none");
	if (!err) {
		s->sys = config->sys;
		s->vmpl = (uint32_t)vmpl;
		s->simulated = backend_option(config, "simulated", NULL) != NULL;
		err = backend_open_device(config, DEVICE, "no SEV-SNP guest, or its driver is not "
					  "loaded (modprobe sev-guest)", &s->fd, why);
	}
	if (!err) {
		*state = s;
		return 0;
	}
	if (s)
		free(s->certs);
	free(s);
	return err;
}

static uint32_t tee_of(const void *state)
{
	const struct sev_guest *s = state;

	return s->simulated ? WARD_TEE_SIMULATED : WARD_TEE_SNP;
}

static const char *const options[] = { "device", "vmpl", "simulated", NULL };

const struct backend sev_guest_backend = {
	.name = "sev-guest",
	.about = "AMD SEV-SNP, " DEVICE,
	.tee = WARD_TEE_SNP,
	.options = options,
	.quotes_launch = true,
	.tee_of = tee_of,
	.open = sev_guest_open,
	.quote = quote,
	.close = sev_guest_close,
};
