// SPDX-License-Identifier: MIT
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <openssl/crypto.h>
#include <openssl/rand.h>

#include "keyfile.h"

static int read_key(int fd, uint8_t *key)
{
	struct stat st;
	ssize_t n;

	if (fstat(fd, &st))
		return -errno;
	if (!S_ISREG(st.st_mode) || st.st_size != WARD_KEYFILE_LEN)
		return -EINVAL;
	if (st.st_mode & 077)
		return -EPERM;
	n = pread(fd, key, WARD_KEYFILE_LEN, 0);
	if (n < 0)
		return -errno;
	return n == WARD_KEYFILE_LEN ? 0 : -EINVAL;
}

int ward_keyfile_read(const char *path, uint8_t *key)
{
	/* O_NONBLOCK: a FIFO in its place must not hang us */
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	int rc = fd < 0 ? -errno : read_key(fd, key);

	if (fd >= 0)
		close(fd);
	if (rc)
		OPENSSL_cleanse(key, WARD_KEYFILE_LEN);
	return rc;
}

static int write_key(int fd, const uint8_t *key)
{
	ssize_t n = write(fd, key, WARD_KEYFILE_LEN);

	if (n < 0)
		return -errno;
	if (n != WARD_KEYFILE_LEN)
		return -EIO;
	return fsync(fd) ? -errno : 0;
}

/* The entry in the directory, too, must outlive a power cut. */
static int sync_dir_of(const char *path)
{
	const char *slash = strrchr(path, '/');
	char *dir = !slash ? strdup(".") : slash == path ? strdup("/") :
		    strndup(path, (size_t)(slash - path));
	int fd = dir ? open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
	int rc = 0;

	if (!dir)
		rc = -ENOMEM;
	else if (fd < 0 || (fsync(fd) && errno != EINVAL))
		rc = -errno;
	if (fd >= 0)
		close(fd);
	free(dir);
	return rc;
}

int ward_keyfile_create(const char *path, uint8_t *key)
{
	int fd, rc;

	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0)
		return -errno;
	rc = RAND_priv_bytes(key, WARD_KEYFILE_LEN) == 1 ? write_key(fd, key) : -EIO;
	if (close(fd) && !rc)
		rc = -errno;
	if (!rc)
		rc = sync_dir_of(path);
	if (!rc)
		return 0;
	OPENSSL_cleanse(key, WARD_KEYFILE_LEN);
	unlink(path);
	return rc;
}
