// SPDX-License-Identifier: MIT
/* A file with a data key: 32 bytes, whatever they are, and nothing else. */
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../../userspace/lib/keyfile.h"
#include "sentence.h"

int fuzz_one(struct wv_bytes in)
{
	static const uint8_t none[WARD_KEYFILE_LEN];
	uint8_t key[WARD_KEYFILE_LEN] = { 1 };
	int fd = memfd_create("key", MFD_CLOEXEC), err;
	bool mine = in.len && in.data[0] & 1;
	char path[64];

	if (fd < 0 || fchmod(fd, mine ? 0600 : 0640) ||
	    (in.len && write(fd, in.data, in.len) != (ssize_t)in.len))
		fuzz_die("no file");
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	err = ward_keyfile_read(path, key);
	close(fd);
	if (!err != (mine && in.len == WARD_KEYFILE_LEN))
		fuzz_die("%zu bytes: %d", in.len, err);
	if (memcmp(key, err ? none : in.data, sizeof(key)))
		fuzz_die("another key than the file's");
	return err ? WV_USAGE : WV_OK;
}
