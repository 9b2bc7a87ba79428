// SPDX-License-Identifier: MIT
/* The sev-guest backend over a double of /dev/sev-guest. */
#define _GNU_SOURCE
#include "fake_device.h"

#include <linux/sev-guest.h>

enum { REPORT_LEN = 1184, REPORT_AT = 32, REPORT_DATA_AT = 0x50, PAGE = 4096 };

/** struct host - what the double of firmware and host does */
static struct host {
	uint32_t report_len, status;
	uint32_t certs_len;		/* of the host's table; 0 = it has none */
	uint32_t told_len;		/* what it says it wants; 0 = the truth */
	unsigned int busy;		/* requests that it throttles first */
	int err;			/* errno, with... */
	uint64_t exit;			/* ...these bits */
	int other_data, raw_table;
	uint8_t table[WARD_AUX_MAX];
	struct snp_report_req asked;
} host;

static void put_le32(uint8_t *to, uint32_t v)
{
	for (int i = 0; i < 4; i++)
		to[i] = (uint8_t)(v >> 8 * i);
}

/* exitinfo2, by whichever name the header has it. */
static void put_exit(struct snp_guest_request_ioctl *cmd, uint64_t exit)
{
	memcpy((uint8_t *)cmd + sizeof(*cmd) - sizeof(exit), &exit, sizeof(exit));
}

static int give_certs(struct snp_guest_request_ioctl *cmd, struct snp_ext_report_req *req)
{
	if (req->certs_len < host.certs_len || host.told_len) {
		req->certs_len = host.told_len ? host.told_len : host.certs_len;
		put_exit(cmd, 1ull << 32);
		return ENOSPC;
	}
	memcpy((void *)(uintptr_t)req->certs_address, host.table, host.certs_len);
	return 0;
}

static int host_ioctl(unsigned long request, void *arg)
{
	struct snp_guest_request_ioctl *cmd = arg;
	struct snp_ext_report_req *req = (void *)(uintptr_t)cmd->req_data;
	struct snp_report_resp *resp = (void *)(uintptr_t)cmd->resp_data;

	assert_int_equal(request, SNP_GET_EXT_REPORT);
	assert_int_equal(cmd->msg_version, 1);
	assert_int_equal(req->certs_len % PAGE, 0);
	host.asked = req->data;
	if (host.busy) {
		host.busy--;
		put_exit(cmd, 2ull << 32);
		return EAGAIN;
	}
	put_exit(cmd, host.exit);
	if (host.err)
		return host.err;
	put_le32(resp->data, host.status);
	put_le32(resp->data + 4, host.report_len);
	memcpy(resp->data + REPORT_AT + REPORT_DATA_AT, req->data.user_data, 64);
	resp->data[REPORT_AT + REPORT_DATA_AT] ^= (uint8_t)host.other_data;
	return give_certs(cmd, req);
}

/* Two certificates of 100 and 300 bytes, and the entry of zeroes. */
static void table_make(uint32_t pages)
{
	memset(host.table, 0, sizeof(host.table));
	memset(host.table, 0x11, 16);
	put_le32(host.table + 16, 72);
	put_le32(host.table + 20, 100);
	memset(host.table + 24, 0x22, 16);
	put_le32(host.table + 40, 172);
	put_le32(host.table + 44, 300);
	memset(host.table + 72, 0xcc, 400);
	host.certs_len = pages * PAGE;
}

static void *device(void)
{
	memset(&host, 0, sizeof(host));
	host.report_len = REPORT_LEN;
	table_make(1);
	return fake_device_backend(&sev_guest_backend, host_ioctl, NULL);
}

static void quotes(void *state, size_t aux_len)
{
	struct ward_piece out;
	struct trouble why;

	if (fake_device_quote(&sev_guest_backend, state, &out, &why))
		fail_msg("%s", why.text);
	assert_int_equal(out.data_len, REPORT_LEN);
	assert_memory_equal(out.data + REPORT_DATA_AT, fake_report_data, 64);
	assert_int_equal(out.aux_len, aux_len);
	assert_memory_equal(out.aux ? out.aux : host.table, host.table, aux_len);
	assert_int_equal(out.manifest_len, 0);
	backend_piece_free(&out);
}

static void fails(void *state, int err, const char *text)
{
	fake_device_fails(&sev_guest_backend, state, err, text);
	sev_guest_backend.close(state);
}

static void report_and_table(void **unused)
{
	void *state = device();

	(void)unused;
	assert_string_equal(fake_device.path, "/dev/sev-guest");
	quotes(state, 472);
	assert_int_equal(host.asked.vmpl, 0);
	memset(host.table, 0, sizeof(host.table));
	quotes(state, 0);
	host.certs_len = 0;
	quotes(state, 0);
	sev_guest_backend.close(state);
	assert_int_equal(fake_device.closed, 1);
}

static void options(void **unused)
{
	void *state = device();

	(void)unused;
	assert_int_equal(sev_guest_backend.tee_of(state), WARD_TEE_SNP);
	sev_guest_backend.close(state);
	state = fake_device_backend(&sev_guest_backend, host_ioctl, "vmpl", "2", "device",
				    "/dev/other", "simulated", "", NULL);
	assert_string_equal(fake_device.path, "/dev/other");
	assert_int_equal(sev_guest_backend.tee_of(state), WARD_TEE_SIMULATED);
	quotes(state, 472);
	assert_int_equal(host.asked.vmpl, 2);
	sev_guest_backend.close(state);
	fake_device_refused(&sev_guest_backend, -EINVAL, "from 0 to 3", "vmpl", "4");
	fake_device_refused(&sev_guest_backend, -EINVAL, "from 0 to 3", "vmpl", "-1");
	fake_device_refused(&sev_guest_backend, -EINVAL, "from 0 to 3", "vmpl", "");
	fake_device_refused(&sev_guest_backend, -EINVAL, "takes no value", "simulated", "no");
	fake_device.open_errno = ENOENT;
	fake_device_refused(&sev_guest_backend, -ENOENT, "modprobe sev-guest", NULL, NULL);
	fake_device.open_errno = EACCES;
	fake_device_refused(&sev_guest_backend, -EACCES, "Permission denied (run wardd as root", NULL, NULL);
}

static void longer_tables(void **unused)
{
	void *state = device();

	(void)unused;
	table_make(5);
	quotes(state, 472);
	assert_int_equal(fake_device.ioctls, 2);
	host.told_len = WARD_AUX_MAX + PAGE;
	fails(state, -EOVERFLOW, "pages up to");
	state = device();
	host.told_len = 5 * PAGE + 1;
	fails(state, -EOVERFLOW, "pages up to");
	state = device();
	host.told_len = 1;
	fails(state, -EBADMSG, "too short");
	/* A host that wants the same again does not get us into a loop. */
	state = device();
	host.told_len = 5 * PAGE;
	fails(state, -EBADMSG, "too short");
	assert_int_equal(fake_device.ioctls, 2);
}

static void reports_that_cannot_be(void **unused)
{
	void *state = device();

	(void)unused;
	host.report_len = REPORT_LEN - 1;
	fails(state, -EBADMSG, "a report of 1183 bytes");
	state = device();
	host.report_len = 0;
	fails(state, -EBADMSG, "a report of 0 bytes");
	state = device();
	host.report_len = 4000 - REPORT_AT + 1;
	fails(state, -EOVERFLOW, "a report of 3969 bytes");
	state = device();
	host.report_len = UINT32_MAX;
	fails(state, -EOVERFLOW, "a report of");
	state = device();
	host.other_data = 1;
	fails(state, -EBADMSG, "over other data");
	state = device();
	host.status = 0x16;
	fails(state, -EIO, "status 0x16");
}

static void tables_that_lie(void **unused)
{
	void *state = device();

	(void)unused;
	put_le32(host.table + 40, 4 * PAGE - 299);
	fails(state, -EBADMSG, "a certificate at");
	state = device();
	put_le32(host.table + 44, UINT32_MAX);
	fails(state, -EBADMSG, "a certificate at");
	state = device();
	put_le32(host.table + 40, UINT32_MAX);
	put_le32(host.table + 44, 2);
	fails(state, -EBADMSG, "a certificate at");
	/* Entries to the end of the room, and no zeroes. */
	state = device();
	for (size_t at = 0; at + 24 <= sizeof(host.table); at += 24) {
		memset(host.table + at, 0x33, 16);
		put_le32(host.table + at + 16, 0);
		put_le32(host.table + at + 20, 0);
	}
	host.certs_len = 4 * PAGE;
	fails(state, -EBADMSG, "without an end");
}

/* Whatever stands in the table: an answer or a reason, and no byte beyond it. */
static void tables_of_noise(void **unused)
{
	uint64_t seed = 0x9e3779b97f4a7c15;
	void *state = device();

	(void)unused;
	for (int round = 0; round < 2000; round++) {
		struct ward_piece out;
		struct trouble why;
		int err;

		table_make(1);
		for (int n = 0; n < 1 + round % 8; n++) {
			seed ^= seed << 13;
			seed ^= seed >> 7;
			seed ^= seed << 17;
			host.table[seed % 72] = (uint8_t)(seed >> 32);
		}
		err = fake_device_quote(&sev_guest_backend, state, &out, &why);
		assert_true(!err || err == -EBADMSG);
		assert_true(out.aux_len <= 4 * PAGE);
		if (!err && out.aux_len)
			assert_memory_equal(out.aux, host.table, out.aux_len);
		backend_piece_free(&out);
	}
	sev_guest_backend.close(state);
}

static void errors_of_the_device(void **unused)
{
	void *state = device();

	(void)unused;
	host.err = ENOTTY;
	fails(state, -ENXIO, "VMPCK");
	state = device();
	host.err = EIO;
	host.exit = 0x16;
	fails(state, -EIO, "firmware error 0x16");
	state = device();
	host.err = EIO;
	host.exit = 7ull << 32;
	fails(state, -EIO, "host error 7");
	state = device();
	host.err = EPERM;
	fails(state, -EPERM, "not allowed");
	state = device();
	host.err = ENOMEM;
	fails(state, -ENOMEM, "no memory");
}

static void busy_hosts(void **unused)
{
	void *state = device();

	(void)unused;
	host.busy = 3;
	quotes(state, 472);
	assert_int_equal(fake_device.slept, 3);
	host.busy = 1000;
	fails(state, -EBUSY, "throttles");
	assert_true(fake_device.clock_ns < FAKE_DEADLINE);
	assert_true(fake_device.slept > 10 && fake_device.slept < 30);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(report_and_table),
		cmocka_unit_test(options),
		cmocka_unit_test(longer_tables),
		cmocka_unit_test(reports_that_cannot_be),
		cmocka_unit_test(tables_that_lie),
		cmocka_unit_test(tables_of_noise),
		cmocka_unit_test(errors_of_the_device),
		cmocka_unit_test(busy_hosts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
