// SPDX-License-Identifier: MIT
/*
 * The tdx-guest backend over a double of /dev/tdx_guest and a double of the quote
 * generation service, whose quotes nobody signed.
 */
#define _GNU_SOURCE
#include "fake_device.h"

#include <pthread.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "../../userspace/agent/tdx.h"

enum { PREFIX = 4, HEAD = 16, QUOTE_MAX = WARD_EVIDENCE_MAX + 1, REQUEST = HEAD + 8 + TDREPORT_LEN };

/** struct module - the double of the TDX module */
static struct module {
	int err, other_type, other_data;
} module;

/** struct service - the double of the service; it answers one connection */
static struct service {
	char path[64];
	int fd;
	pthread_t thread;
	uint8_t asked[PREFIX + REQUEST];
	uint32_t prefix, size, type, version, error, id_len, quote_len;	/* as it says them */
	size_t sends;			/* bytes behind the prefix */
	int silent;			/* says nothing, until the other side leaves */
	uint8_t message[HEAD + 8 + 16 + QUOTE_MAX];
} service;

/* ---- doubles ------------------------------------------------------------------- */

static int module_ioctl(unsigned long request, void *arg)
{
	struct tdx_report_call *call = arg;

	assert_int_equal(request, 0xc4405401);
	if (module.err)
		return module.err;
	call->report[0] = module.other_type ? 0 : TDREPORT_TYPE_TDX;
	memcpy(call->report + TDREPORT_DATA_AT, call->report_data, 64);
	call->report[TDREPORT_DATA_AT] ^= (uint8_t)module.other_data;
	return 0;
}

static void put_le32(uint8_t *to, uint32_t v)
{
	for (int i = 0; i < 4; i++)
		to[i] = (uint8_t)(v >> 8 * i);
}

static void write_all(int fd, const uint8_t *data, size_t len)
{
	while (len) {
		ssize_t n = send(fd, data, len, MSG_NOSIGNAL);

		if (n <= 0)
			return;
		data += n;
		len -= (size_t)n;
	}
}

static void answer(int fd)
{
	uint8_t prefix[PREFIX] = { service.prefix >> 24, service.prefix >> 16,
				   service.prefix >> 8, service.prefix };

	put_le32(service.message, service.version);
	put_le32(service.message + 4, service.type);
	put_le32(service.message + 8, service.size);
	put_le32(service.message + 12, service.error);
	put_le32(service.message + 16, service.id_len);
	put_le32(service.message + 20, service.quote_len);
	write_all(fd, prefix, sizeof(prefix));
	write_all(fd, service.message, service.sends);
}

static void *service_run(void *arg)
{
	int fd = accept(service.fd, NULL, NULL);
	uint8_t byte;

	(void)arg;
	if (fd < 0)
		return NULL;
	if (recv(fd, service.asked, sizeof(service.asked), MSG_WAITALL) == sizeof(service.asked) &&
	    !service.silent)
		answer(fd);
	shutdown(fd, SHUT_WR);
	if (service.silent)
		while (recv(fd, &byte, 1, 0) > 0)
			;
	close(fd);
	return NULL;
}

/* A quote of @len bytes, version @version, behind an id of @id_len bytes. */
static void quote_make(uint16_t version, uint32_t len, uint32_t id_len)
{
	uint8_t *quote = service.message + HEAD + 8 + id_len;
	size_t at = 48 + 520 + (version > 4 ? 6 : 0);

	memset(service.message, 0, sizeof(service.message));
	quote[0] = (uint8_t)version;
	quote[4] = 0x81;
	if (at + 64 <= len)
		memcpy(quote + at, fake_report_data, 64);
	service.version = 1 | 1 << 16;
	service.type = 1;
	service.error = 0;
	service.id_len = id_len;
	service.quote_len = len;
	service.sends = HEAD + 8 + id_len + len;
	service.size = service.prefix = (uint32_t)service.sends;
}

static void *device(void)
{
	memset(&module, 0, sizeof(module));
	quote_make(4, 5006, 0);
	return fake_device_backend(&tdx_guest_backend, module_ioctl, "socket", service.path, NULL);
}

static void service_start(void)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };

	strcpy(at.sun_path, service.path);
	unlink(service.path);
	service.silent = 0;
	service.fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_true(service.fd >= 0);
	assert_int_equal(bind(service.fd, (struct sockaddr *)&at, sizeof(at)), 0);
	assert_int_equal(listen(service.fd, 1), 0);
}

static void service_end(void)
{
	assert_int_equal(pthread_join(service.thread, NULL), 0);
	close(service.fd);
}

static void serve_one(void)
{
	assert_int_equal(pthread_create(&service.thread, NULL, service_run, NULL), 0);
}

/* Asked once, the service as it was set up; it must fail so. */
static void fails(void *state, int err, const char *text)
{
	serve_one();
	fake_device_fails(&tdx_guest_backend, state, err, text);
	service_end();
	tdx_guest_backend.close(state);
}

static void quotes(void *state, uint32_t len)
{
	struct ward_piece out;
	struct trouble why;

	service_start();
	serve_one();
	if (fake_device_quote(&tdx_guest_backend, state, &out, &why))
		fail_msg("%s", why.text);
	service_end();
	assert_int_equal(out.data_len, len);
	assert_int_equal(out.data[4], 0x81);
	backend_piece_free(&out);
}

/* ---- tests ----------------------------------------------------------------------- */

static void the_quote(void **unused)
{
	static const uint8_t head[] = { 0, 0, 4, 24, 1, 0, 0, 0, 0, 0, 0, 0, 24, 4, 0, 0, 0, 0, 0, 0,
					0, 4, 0, 0, 0, 0, 0, 0, TDREPORT_TYPE_TDX };
	void *state = device();

	(void)unused;
	assert_string_equal(fake_device.path, "/dev/tdx_guest");
	quotes(state, 5006);
	assert_memory_equal(service.asked, head, sizeof(head));
	quote_make(5, 6000, 16);
	quotes(state, 6000);
	/* An older service: version 1.0. The largest quote that fits. */
	quote_make(4, WARD_EVIDENCE_MAX, 0);
	service.version = 1;
	quotes(state, WARD_EVIDENCE_MAX);
	tdx_guest_backend.close(state);
}

static void quotes_that_cannot_be(void **unused)
{
	void *state;

	(void)unused;
	state = device();
	service_start();
	quote_make(4, 631, 0);
	fails(state, -EBADMSG, "not a TDX quote");
	state = device();
	service_start();
	quote_make(3, 5000, 0);
	fails(state, -EBADMSG, "not a TDX quote: version 3");
	state = device();
	service_start();
	service.message[HEAD + 8 + 4] = 0;
	fails(state, -EBADMSG, "TEE type 0x0");
	state = device();
	service_start();
	service.message[HEAD + 8 + 48 + 520] ^= 1;
	fails(state, -EBADMSG, "over other data");
	state = device();
	service_start();
	quote_make(4, 1, 0);
	fails(state, -EBADMSG, "not a TDX quote");
}

static void lengths_that_lie(void **unused)
{
	static const struct { uint32_t prefix, size, id_len, quote_len; int err; } table[] = {
		{ 15, 0, 0, 0, -EBADMSG },		{ 0, 0, 0, 0, -EBADMSG },
		{ UINT32_MAX, 0, 0, 0, -EOVERFLOW },	{ 65536, 0, 0, 0, -EOVERFLOW },
		{ 5030, 5029, 0, 5006, -EBADMSG },	{ 5030, 5030, 1, 5006, -EBADMSG },
		{ 5030, 5030, 0, 5007, -EBADMSG },	{ 5030, 5030, 0, 5005, -EBADMSG },
		{ 5030, 5030, 5006, 0, -EBADMSG },	{ 5030, 5030, UINT32_MAX, 5007, -EBADMSG },
		{ 5030, 5030, 0, UINT32_MAX, -EBADMSG }, { 16, 16, 0, 0, -EBADMSG },
		{ 5031, 5031, 0, 5007, -EIO },
	};

	(void)unused;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		void *state = device();

		service_start();
		service.prefix = table[i].prefix;
		service.size = table[i].size;
		service.id_len = table[i].id_len;
		service.quote_len = table[i].quote_len;
		fails(state, table[i].err, "");
	}
}

static void refusals_of_the_service(void **unused)
{
	void *state = device();

	(void)unused;
	service_start();
	service.error = 0x12001;
	fails(state, -EIO, "error 0x12001");
	state = device();
	service_start();
	service.version = 2;
	fails(state, -EBADMSG, "version 2");
	state = device();
	service_start();
	service.type = 3;
	fails(state, -EBADMSG, "type 3");
	/* It hangs up without a word. */
	state = device();
	service_start();
	service.silent = 1;
	fails(state, -EIO, "answer");
}

/* It holds the line and says nothing, to the deadline. */
static void a_silent_service(void **unused)
{
	void *state = device();
	struct ward_piece out;
	struct trouble why;
	int fd;

	(void)unused;
	service_start();
	fake_device.clock_ns = FAKE_DEADLINE - 20000000;
	assert_int_equal(fake_device_quote(&tdx_guest_backend, state, &out, &why), -EIO);
	assert_non_null(strstr(why.text, "timed out"));
	fd = accept(service.fd, NULL, NULL);
	assert_true(fd >= 0);
	close(fd);
	close(service.fd);
	/* Nobody listens any more. */
	assert_int_equal(fake_device_quote(&tdx_guest_backend, state, &out, &why), -ENXIO);
	assert_non_null(strstr(why.text, service.path));
	tdx_guest_backend.close(state);
}

static void errors_of_the_device(void **unused)
{
	static const struct { int err, ret; } table[] = {
		{ EPERM, -EPERM }, { EIO, -EIO }, { ENODEV, -ENXIO }, { ENOTTY, -ENXIO },
		{ ENOMEM, -ENOMEM }, { EBUSY, -EBUSY }, { EINVAL, -EIO },
	};
	void *state = device();

	(void)unused;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		module.err = table[i].err;
		fake_device_fails(&tdx_guest_backend, state, table[i].ret, "");
	}
	module.err = 0;
	module.other_type = 1;
	fake_device_fails(&tdx_guest_backend, state, -EBADMSG, "type 0x0");
	module.other_type = 0;
	module.other_data = 1;
	fake_device_fails(&tdx_guest_backend, state, -EBADMSG, "over other data");
	tdx_guest_backend.close(state);
	fake_device_refused(&tdx_guest_backend, -EINVAL, "port=", "port", "4294967296");
	fake_device.open_errno = ENOENT;
	fake_device_refused(&tdx_guest_backend, -ENOENT, "modprobe tdx_guest", NULL, NULL);
}

static int make_directory(void **unused)
{
	char dir[] = "/tmp/wardd-test-XXXXXX";

	(void)unused;
	if (!mkdtemp(dir))
		return -1;
	snprintf(service.path, sizeof(service.path), "%s/qgs", dir);
	return 0;
}

static int remove_directory(void **unused)
{
	(void)unused;
	unlink(service.path);
	*strrchr(service.path, '/') = '\0';
	return rmdir(service.path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_quote),
		cmocka_unit_test(quotes_that_cannot_be),
		cmocka_unit_test(lengths_that_lie),
		cmocka_unit_test(refusals_of_the_service),
		cmocka_unit_test(a_silent_service),
		cmocka_unit_test(errors_of_the_device),
	};

	return cmocka_run_group_tests(tests, make_directory, remove_directory);
}
