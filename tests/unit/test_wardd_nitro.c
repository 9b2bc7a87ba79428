// SPDX-License-Identifier: MIT
/* The nitro backend over a double of /dev/nsm, whose documents nobody signed. */
#define _GNU_SOURCE
#include "fake_device.h"

#include "../../userspace/agent/nsm.h"

/** struct module - what the double of the security module answers */
static struct module {
	uint8_t answer[NSM_RESPONSE_MAX];
	size_t len;
	uint64_t told_len;	/* 0 = the truth */
	int err;
	uint8_t asked[NSM_REQUEST_MAX];
	size_t asked_len;
} module;

static int module_ioctl(unsigned long request, void *arg)
{
	struct nsm_call *call = arg;

	assert_int_equal(request, 0xc0200a00);
	assert_true(call->request.len <= NSM_REQUEST_MAX);
	assert_int_equal(call->response.len, NSM_RESPONSE_MAX);
	memcpy(module.asked, (void *)(uintptr_t)call->request.addr, call->request.len);
	module.asked_len = call->request.len;
	if (module.err)
		return module.err;
	memcpy((void *)(uintptr_t)call->response.addr, module.answer, module.len);
	call->response.len = module.told_len ? module.told_len : module.len;
	return 0;
}

static void answer_bytes(const void *data, size_t len)
{
	assert_true(module.len + len <= sizeof(module.answer));
	memcpy(module.answer + module.len, data, len);
	module.len += len;
}

#define answer(literal) answer_bytes(literal, sizeof(literal) - 1)

/* {"Attestation": {"document": @size bytes, the report data at its end}} */
static void answer_document(uint16_t size)
{
	uint8_t head[] = { 0x59, (uint8_t)(size >> 8), (uint8_t)size };
	uint8_t fill[NSM_RESPONSE_MAX] = { 0x84 };

	answer("\xa1\x6b" "Attestation" "\xa1\x68" "document");
	answer_bytes(head, sizeof(head));
	answer_bytes(fill, size - sizeof(fake_report_data));
	answer_bytes(fake_report_data, sizeof(fake_report_data));
}

static void *device(void)
{
	memset(&module, 0, sizeof(module));
	return fake_device_backend(&nitro_backend, module_ioctl, NULL);
}

static void fails(void *state, int err, const char *text)
{
	fake_device_fails(&nitro_backend, state, err, text);
	nitro_backend.close(state);
}

static void the_document(void **unused)
{
	static const uint8_t head[] = "\xa1\x6b" "Attestation" "\xa3\x69" "user_data" "\x58\x40";
	static const uint8_t tail[] = "\x65" "nonce" "\xf6\x6a" "public_key" "\xf6";
	void *state = device();
	struct ward_piece out;
	struct trouble why;

	(void)unused;
	answer_document(4500);
	if (fake_device_quote(&nitro_backend, state, &out, &why))
		fail_msg("%s", why.text);
	assert_string_equal(fake_device.path, "/dev/nsm");
	assert_int_equal(out.data_len, 4500);
	assert_int_equal(out.data[0], 0x84);
	assert_int_equal(out.aux_len, 0);
	assert_int_equal(module.asked_len, sizeof(head) - 1 + 64 + sizeof(tail) - 1);
	assert_memory_equal(module.asked, head, sizeof(head) - 1);
	assert_memory_equal(module.asked + sizeof(head) - 1, fake_report_data, 64);
	assert_memory_equal(module.asked + sizeof(head) - 1 + 64, tail, sizeof(tail) - 1);
	backend_piece_free(&out);
	nitro_backend.close(state);
}

static void refusals(void **unused)
{
	void *state = device();

	(void)unused;
	answer("\xa1\x65" "Error" "\x6f" "InvalidArgument");
	fails(state, -EIO, "InvalidArgument");
	state = device();
	answer("\xa1\x65" "Error" "\x6e" "BufferTooSmall");
	fails(state, -EOVERFLOW, "BufferTooSmall");
	state = device();
	answer("\xa1\x65" "Error" "\x01");
	fails(state, -EBADMSG, "not an answer");
}

static void garbage(void **unused)
{
	void *state;

	(void)unused;
	/* Every truncation of a sound answer, and one byte more. */
	for (size_t n = 0; n < 26 + 300; n++) {
		state = device();
		answer_document(300);
		assert_true(module.len > n);
		module.len = n;
		fails(state, -EBADMSG, "");
	}
	state = device();
	answer_document(300);
	answer("\x00");
	fails(state, -EBADMSG, "");
	state = device();
	answer_document(300);
	module.answer[module.len - 1] ^= 1;
	fails(state, -EBADMSG, "over other data");
	state = device();
	answer("\xbf\xff");
	fails(state, -EBADMSG, "");
	state = device();
	answer("\xa1\x6b" "Attestation" "\xa1\x68" "document" "\x5b\xff\xff\xff\xff\xff\xff\xff\xff");
	fails(state, -EBADMSG, "");
	state = device();
	answer("\xa1\x6b" "Attestation" "\xbb\xff\xff\xff\xff\xff\xff\xff\xff");
	fails(state, -EBADMSG, "");
	state = device();
	answer("\xa1\x6b" "Attestation" "\xa1\x68" "document" "\x40");
	fails(state, -EBADMSG, "document");
	state = device();
	memset(module.answer, 0x81, sizeof(module.answer));
	module.len = sizeof(module.answer);
	fails(state, -EBADMSG, "");
}

static void lengths_that_lie(void **unused)
{
	void *state = device();

	(void)unused;
	answer_document(300);
	module.told_len = NSM_RESPONSE_MAX + 1;
	fails(state, -EBADMSG, "12289 bytes");
	state = device();
	answer_document(300);
	module.told_len = UINT64_MAX;
	fails(state, -EBADMSG, "bytes in 12288");
	state = device();
	answer_document(300);
	module.told_len = module.len - 1;
	fails(state, -EBADMSG, "");
}

static void errors_of_the_device(void **unused)
{
	static const struct { int err, ret; } table[] = {
		{ EPERM, -EPERM }, { EIO, -EIO }, { ENODEV, -ENXIO }, { ENOMEM, -ENOMEM },
		{ EMSGSIZE, -EOVERFLOW }, { EBUSY, -EBUSY }, { ETIMEDOUT, -EIO },
	};
	void *state;

	(void)unused;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		state = device();
		module.err = table[i].err;
		fails(state, table[i].ret, "");
	}
	fake_device.open_errno = ENOENT;
	fake_device_refused(&nitro_backend, -ENOENT, "/dev/nsm is not there", NULL, NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_document),
		cmocka_unit_test(refusals),
		cmocka_unit_test(garbage),
		cmocka_unit_test(lengths_that_lie),
		cmocka_unit_test(errors_of_the_device),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
