// SPDX-License-Identifier: MIT
/*
 * mkcerts DIR: the keys and certificates of the simulated TEE, anew for each
 * build. Writes ark.pem, ask.pem, vcek.pem, vcek.der and tsmsim_key.h, the
 * header that tsmsim.ko is compiled with.
 */
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "certs.h"

#define PATH_LEN 4096

/* Files get their name only when they are complete. */
static FILE *open_out(const char *dir, const char *name, char temp[PATH_LEN])
{
	int n = snprintf(temp, PATH_LEN, "%s/%s.tmp", dir, name);

	return n > 0 && n < PATH_LEN ? fopen(temp, "wb") : NULL;
}

static int close_out(FILE *f, const char *dir, const char *name, const char *temp, int ok)
{
	char path[PATH_LEN];
	int n = snprintf(path, sizeof(path), "%s/%s", dir, name);

	ok = f && ok && !ferror(f);
	if (f && fclose(f))
		ok = 0;
	if (ok && n > 0 && n < PATH_LEN && !rename(temp, path))
		return 0;
	fprintf(stderr, "mkcerts: cannot write %s/%s\n", dir, name);
	return -1;
}

static int write_cert(const char *dir, const char *name, X509 *x, int der)
{
	char temp[PATH_LEN];
	FILE *f = open_out(dir, name, temp);
	int ok = f && (der ? i2d_X509_fp(f, x) : PEM_write_X509(f, x));

	return close_out(f, dir, name, temp, ok);
}

static void write_array(FILE *f, const char *name, const uint8_t *p, size_t len)
{
	size_t i;

	fprintf(f, "\nstatic const u8 %s[%zu] __maybe_unused = {", name, len);
	for (i = 0; i < len; i++)
		fprintf(f, "%s0x%02x,", i % 12 ? " " : "\n\t", p[i]);
	fputs("\n};\n", f);
}

static void write_constants(FILE *f, const struct sim_recipe *r)
{
	uint64_t tcb = (uint64_t)r->bootloader | (uint64_t)r->tee << 8 | (uint64_t)r->snp << 48 |
		       (uint64_t)r->microcode << 56;

	fprintf(f,
		"/* Made by mkcerts. A simulated TEE: protects nothing. */\n"
		"#ifndef TSMSIM_KEY_H\n#define TSMSIM_KEY_H\n\n"
		"#define TSMSIM_TCB\t\t0x%016llxULL\t/* bl %d tee %d snp %d ucode %d */\n"
		"#define TSMSIM_CPUID_FAMILY\t0x19\t\t\t/* %s */\n"
		"#define TSMSIM_CPUID_MODEL\t0x01\n"
		"#define TSMSIM_CPUID_STEPPING\t0x01\n",
		(unsigned long long)tcb, r->bootloader, r->tee, r->snp, r->microcode, r->product);
}

static int write_header(const char *dir, const struct sim_pki *pki)
{
	uint8_t scalar[48], point[96], *table;
	char temp[PATH_LEN];
	size_t len = 0;
	int ok = 0;
	FILE *f;

	table = sim_cert_table(pki, &len);
	f = open_out(dir, "tsmsim_key.h", temp);
	if (f && table && !sim_key_scalar(pki, scalar) && !sim_key_point(pki, point)) {
		write_constants(f, &sim_default_recipe);
		write_array(f, "tsmsim_key", scalar, sizeof(scalar));
		write_array(f, "tsmsim_pub", point, sizeof(point));
		write_array(f, "tsmsim_chip_id", pki->chip_id, sizeof(pki->chip_id));
		write_array(f, "tsmsim_aux", table, len);
		fputs("\n#endif /* TSMSIM_KEY_H */\n", f);
		ok = 1;
	}
	OPENSSL_cleanse(scalar, sizeof(scalar));
	free(table);
	return close_out(f, dir, "tsmsim_key.h", temp, ok);
}

int main(int argc, char **argv)
{
	struct sim_pki pki;
	int rc;

	if (argc != 2) {
		fprintf(stderr, "usage: mkcerts DIR\n");
		return 1;
	}
	if (sim_pki_make(&sim_default_recipe, NULL, &pki)) {
		ERR_print_errors_fp(stderr);
		return 1;
	}
	rc = write_cert(argv[1], "ark.pem", pki.ark, 0) ||
	     write_cert(argv[1], "ask.pem", pki.ask, 0) ||
	     write_cert(argv[1], "vcek.pem", pki.vek, 0) ||
	     write_cert(argv[1], "vcek.der", pki.vek, 1) || write_header(argv[1], &pki);
	sim_pki_free(&pki);
	return rc ? 1 : 0;
}
