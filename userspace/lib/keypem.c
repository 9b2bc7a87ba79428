// SPDX-License-Identifier: MIT
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <openssl/bio.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#include "keypem.h"

#define TEXT_MAX 4096

typedef EVP_PKEY *reader(BIO *bio, EVP_PKEY **out, pem_password_cb *password, void *arg);

/* A key under a password is none here: nobody is asked. */
static int no_password(char *buf, int size, int writing, void *arg)
{
	(void)buf, (void)size, (void)writing, (void)arg;
	return -1;
}

static int read_text(const char *path, int secret, char *text, size_t *len)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK), rc = 0;
	struct stat st;
	ssize_t n;

	if (fd < 0)
		return -errno;
	if (fstat(fd, &st))
		rc = -errno;
	else if (!S_ISREG(st.st_mode) || st.st_size > TEXT_MAX)
		rc = -EINVAL;
	else if (secret && st.st_mode & (S_IRWXG | S_IRWXO))
		rc = -EPERM;
	if (!rc) {
		n = read(fd, text, TEXT_MAX);
		rc = n < 0 ? -errno : 0;
		*len = n < 0 ? 0 : (size_t)n;
	}
	close(fd);
	return rc;
}

static EVP_PKEY *parse(const char *text, size_t len, reader *read)
{
	BIO *bio = BIO_new_mem_buf(text, (int)len);
	EVP_PKEY *key = bio ? read(bio, NULL, no_password, NULL) : NULL;

	BIO_free(bio);
	return key && EVP_PKEY_is_a(key, "X25519") ? key : (EVP_PKEY_free(key), NULL);
}

int ward_keypem_public(const char *path, uint8_t *key)
{
	char text[TEXT_MAX];
	size_t len, n = WARD_KEYPEM_LEN;
	int rc = read_text(path, 0, text, &len);
	EVP_PKEY *pkey;

	if (rc)
		return rc;
	pkey = parse(text, len, PEM_read_bio_PUBKEY);
	if (!pkey || EVP_PKEY_get_raw_public_key(pkey, key, &n) != 1)
		rc = -EINVAL;
	EVP_PKEY_free(pkey);
	return rc;
}

int ward_keypem_private(const char *path, uint8_t *key)
{
	char text[TEXT_MAX];
	size_t len = 0, n = WARD_KEYPEM_LEN;
	int rc = read_text(path, 1, text, &len);
	EVP_PKEY *pkey = NULL;

	if (!rc) {
		pkey = parse(text, len, PEM_read_bio_PrivateKey);
		if (!pkey || EVP_PKEY_get_raw_private_key(pkey, key, &n) != 1)
			rc = -EINVAL;
	}
	EVP_PKEY_free(pkey);
	OPENSSL_cleanse(text, sizeof(text));
	if (rc)
		OPENSSL_cleanse(key, WARD_KEYPEM_LEN);
	return rc;
}
