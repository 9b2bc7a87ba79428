// SPDX-License-Identifier: MIT
/*
 * A passphrase in a file: scrypt makes a key of it, which wraps the master key. The
 * parameters stand beside each wrap, so that they can grow.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>

#include "cursor.h"
#include "keyring_source.h"

#define PASSPHRASE_MIN	12
#define PASSPHRASE_MAX	1024
#define SALT		16
#define HEAD		(1 + 1 + 4 + 4 + SALT)
#define SEALED		(12 + KEYRING_KEY + 16)
/* 64 MiB and about a fifth of a second. What a row asks for is taken up to 1 GiB. */
#define COST_LOG2	16
#define BLOCK		8
#define PARALLEL	1
#define MEMORY_MAX	(1ull << 30)

struct passphrase {
	char text[PASSPHRASE_MAX + 2];
	size_t len;
};

static int check(const char *place, struct config_fault *fault)
{
	return *place ? 0 : keyring_fail(fault, -1, "keyring", "passphrase: names no file");
}

static int read_open(int fd, const char *path, struct passphrase *p, struct config_fault *fault)
{
	struct stat st;
	ssize_t n;

	if (fstat(fd, &st) || !S_ISREG(st.st_mode))
		return keyring_fail(fault, -EIO, path, "not a regular file");
	if (st.st_mode & 077)
		return keyring_fail(fault, -EIO, path,
				    "others may reach this passphrase: chmod 600 it");
	n = read(fd, p->text, PASSPHRASE_MAX + 2);
	if (n < 0)
		return keyring_fail(fault, -EIO, path, "%s", strerror(errno));
	p->len = (size_t)n;
	if (p->len && p->text[p->len - 1] == '\n')
		p->len--;
	if (p->len < PASSPHRASE_MIN || p->len > PASSPHRASE_MAX)
		return keyring_fail(fault, -EIO, path,
				    "a passphrase has from %d to %d bytes; openssl rand -hex 32 makes one",
				    PASSPHRASE_MIN, PASSPHRASE_MAX);
	return 0;
}

static int read_passphrase(const char *path, struct passphrase *p, struct config_fault *fault)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	int rc;

	if (fd < 0)
		return keyring_fail(fault, -EIO, path, "%s", strerror(errno));
	rc = read_open(fd, path, p, fault);
	close(fd);
	return rc;
}

/* The key that a passphrase makes with the parameters of @head; 0, -EBADMSG, -EIO. */
static int derive(const struct passphrase *p, const uint8_t *head, uint8_t *key,
		  struct config_fault *fault)
{
	struct cursor c = cursor_over(head, HEAD);
	uint64_t cost, block, parallel;

	cursor_skip(&c, 1);
	cost = cursor_u8(&c);
	block = cursor_be32(&c);
	parallel = cursor_be32(&c);
	if (cost < 14 || cost > 24 || !block || block > 64 || !parallel || parallel > 64 ||
	    (128 * block << cost) > MEMORY_MAX)
		return keyring_fail(fault, -EBADMSG, "keyring",
				    "a wrap asks for scrypt parameters beyond 1 GiB, or weak ones");
	if (EVP_PBE_scrypt(p->text, p->len, head + HEAD - SALT, SALT, 1ull << cost, block, parallel,
			   2 * MEMORY_MAX, key, KEYRING_KEY) != 1)
		return keyring_fail(fault, -EIO, "keyring", "scrypt: no memory");
	return 0;
}

static void put_be32(uint8_t *p, uint32_t v)
{
	p[0] = (uint8_t)(v >> 24);
	p[1] = (uint8_t)(v >> 16);
	p[2] = (uint8_t)(v >> 8);
	p[3] = (uint8_t)v;
}

static int wrap(const char *place, const uint8_t *key, struct keyring_wrapped *out,
		struct config_fault *fault)
{
	struct passphrase p;
	uint8_t kek[KEYRING_KEY];
	int rc = read_passphrase(place, &p, fault);

	out->data[0] = keyring_passphrase.tag;
	out->data[1] = COST_LOG2;
	put_be32(out->data + 2, BLOCK);
	put_be32(out->data + 6, PARALLEL);
	out->len = HEAD + SEALED;
	if (!rc && RAND_bytes(out->data + HEAD - SALT, SALT) != 1)
		rc = keyring_fail(fault, -EIO, "keyring", "no random numbers");
	if (!rc)
		rc = derive(&p, out->data, kek, fault);
	if (!rc && keyring_seal(kek, out->data, HEAD, key, KEYRING_KEY, out->data + HEAD))
		rc = keyring_fail(fault, -EIO, "keyring", "no memory");
	OPENSSL_cleanse(kek, sizeof(kek));
	OPENSSL_cleanse(&p, sizeof(p));
	return rc;
}

static int unwrap(const char *place, const struct keyring_wrapped *in, uint8_t *key,
		  struct config_fault *fault)
{
	struct passphrase p;
	uint8_t kek[KEYRING_KEY];
	int rc;

	if (in->len != HEAD + SEALED)
		return keyring_fail(fault, -EBADMSG, "keyring", "a wrap has another length");
	rc = read_passphrase(place, &p, fault) ?: derive(&p, in->data, kek, fault);
	if (!rc && keyring_unseal(kek, in->data, HEAD, in->data + HEAD, SEALED, key))
		rc = keyring_fail(fault, -EACCES, place, "not the passphrase of this wrap");
	OPENSSL_cleanse(kek, sizeof(kek));
	OPENSSL_cleanse(&p, sizeof(p));
	return rc;
}

const struct keyring_source keyring_passphrase = {
	.name = "passphrase", .tag = 1, .check = check, .wrap = wrap, .unwrap = unwrap,
};
