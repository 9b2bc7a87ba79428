// SPDX-License-Identifier: MIT
/* What hardware answers wardd, over the report data of device.h. Nobody signed any of it. */
#include <stdio.h>
#include <string.h>

#include "../unit/support.h"
#include "roots.h"

#define DATA_LEN	64
#define REPORT_LEN	1184u
#define REPORT_DATA_AT	0x50u

static const uint8_t data[DATA_LEN] = { 0xa5, 1, 2, 3, [63] = 0x5a };

/** struct made - bytes that grow */
struct made {
	uint8_t bytes[8192];
	size_t len;
};

static void put_bytes(struct made *m, const void *from, size_t len)
{
	assert_true(len <= sizeof(m->bytes) - m->len);
	memcpy(m->bytes + m->len, from, len);
	m->len += len;
}

static void put_zeroes(struct made *m, size_t len)
{
	assert_true(len <= sizeof(m->bytes) - m->len);
	memset(m->bytes + m->len, 0, len);
	m->len += len;
}

static void put(struct made *m, uint64_t value, size_t width)
{
	uint8_t b[8];
	size_t i;

	for (i = 0; i < width; i++)
		b[i] = (uint8_t)(value >> 8 * i);
	put_bytes(m, b, width);
}

static void keep(const char *target, const char *name, struct made *m)
{
	seed(target, name, (struct wv_bytes){ m->bytes, m->len });
	m->len = 0;
}

#define put_text(m, literal) put_bytes(m, literal, sizeof(literal) - 1)

static void nsm(void)
{
	struct made m = { .len = 0 };

	put_zeroes(&m, 3);
	put_text(&m, "\xa1\x6b" "Attestation" "\xa1\x68" "document" "\x59\x01\x00\x84");
	put_zeroes(&m, 256 - 1 - DATA_LEN);
	put_bytes(&m, data, DATA_LEN);
	keep("nsm", "document", &m);
	put_zeroes(&m, 3);
	put_text(&m, "\xa1\x65" "Error" "\x6f" "InvalidArgument");
	keep("nsm", "error", &m);
	put_zeroes(&m, 3);
	put_text(&m, "\xa1\x65" "Error" "\x6e" "BufferTooSmall");
	keep("nsm", "small", &m);
	put(&m, 1, 3);
	keep("nsm", "eperm", &m);
	put(&m, 90, 3);
	keep("nsm", "emsgsize", &m);
}

/* ---- /dev/sev-guest ------------------------------------------------------------------ */

static void call(struct made *m, uint8_t error, uint32_t host, uint32_t firmware, uint32_t certs)
{
	put(m, error, 1);
	put(m, host, 4);
	put(m, firmware, 4);
	put(m, certs, 4);
}

/* The response: status, length, 24 reserved bytes, the report. */
static void response(struct made *m, uint32_t status)
{
	put(m, (32 + REPORT_LEN) >> 8, 1);
	put(m, (32 + REPORT_LEN) & 0xff, 1);
	put(m, status, 4);
	put(m, REPORT_LEN, 4);
	put_zeroes(m, 24 + REPORT_DATA_AT);
	put_bytes(m, data, DATA_LEN);
	put_zeroes(m, REPORT_LEN - REPORT_DATA_AT - DATA_LEN);
}

/* Two certificates, and the entry of zeroes. */
static void table(struct made *m)
{
	size_t i;

	for (i = 0; i < 2; i++) {
		put(m, 0x63da758de6644564ull + i, 8);
		put(m, 0xadc5f4b93be8accdull, 8);
		put(m, 72 + 100 * i, 4);
		put(m, 100, 4);
	}
	put_zeroes(m, 24 + 200);
}

static void sev_guest(void)
{
	struct made m = { .len = 0 };

	put(&m, 0, 1);
	call(&m, 0, 0, 0, 0);
	response(&m, 0);
	table(&m);
	keep("sevguest", "report", &m);
	put(&m, 2, 1);
	call(&m, 5, 1, 0, 0x8000);
	call(&m, 5, 2, 0, 0);
	call(&m, 0, 0, 0, 0);
	response(&m, 0);
	table(&m);
	keep("sevguest", "longer-busy", &m);
	put(&m, 0, 1);
	call(&m, 5, 2, 0, 0);
	response(&m, 0);
	keep("sevguest", "busy", &m);
	put(&m, 0, 1);
	call(&m, 0, 0, 0, 0);
	response(&m, 0x16);
	keep("sevguest", "status", &m);
}

/* ---- quote generation service --------------------------------------------------------- */

static void quote(struct made *m, unsigned int version)
{
	size_t before = 48 + 520 + (version > 4 ? 6 : 0);

	put(m, version, 2);
	put(m, 2, 2);
	put(m, 0x81, 4);
	put_zeroes(m, before - 8);
	put_bytes(m, data, DATA_LEN);
	put_zeroes(m, 100);
}

static void service(unsigned int version, const char *name, uint32_t error)
{
	struct made q = { .len = 0 }, m = { .len = 0 };
	uint32_t len;

	quote(&q, version);
	len = error ? 24 : 24 + 16 + (uint32_t)q.len;
	put_bytes(&m, (uint8_t[]){ 0, 0, (uint8_t)(len >> 8), (uint8_t)len }, 4);
	put(&m, 1, 2);
	put(&m, 1, 2);
	put(&m, 1, 4);
	put(&m, len, 4);
	put(&m, error, 4);
	put(&m, error ? 0 : 16, 4);
	put(&m, error ? 0 : q.len, 4);
	if (!error) {
		put_zeroes(&m, 16);
		put_bytes(&m, q.bytes, q.len);
	}
	keep("qgs", name, &m);
}

void seeds_machine(void)
{
	nsm();
	sev_guest();
	service(4, "v4", 0);
	service(5, "v5", 0);
	service(4, "error", 0x12001);
}
