// SPDX-License-Identifier: MIT
/*
 * What the calling process is. Nothing but this library's word binds a key to it: whoever
 * may ask the firmware for the key can say anything here.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include <openssl/evp.h>

#include "seal_private.h"

#define BUILD_ID "/sys/module/ward/notes/.note.gnu.build-id"

/* A small file of the kernel's, whole; how many bytes, or -errno. */
static ssize_t small_file(const char *path, char *buf, size_t room)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	size_t at = 0;
	ssize_t n = fd < 0 ? -1 : 1;
	int err = errno;

	while (n > 0 && at < room) {
		n = read(fd, buf + at, room - at);
		err = errno;
		at += n > 0 ? (size_t)n : 0;
	}
	if (fd >= 0)
		close(fd);
	return n < 0 ? -err : at == room ? -EOVERFLOW : (ssize_t)at;
}

static int sum(const char *data, size_t len, uint8_t out[32])
{
	return EVP_Digest(data, len, out, NULL, EVP_sha256(), NULL) == 1 ? 0 : -EIO;
}

/* The path of the one hierarchy that counts, without the newline: "0::/user.slice". */
static int cgroup_read(uint8_t out[32], char said[WARD_SEAL_SAID])
{
	char text[8192], *line = text, *end;
	ssize_t n = small_file("/proc/self/cgroup", text, sizeof(text) - 1);

	text[n > 0 ? n : 0] = 0;
	while (n > 0 && line && strncmp(line, "0::", 3)) {
		line = strchr(line, '\n');
		line = line ? line + 1 : NULL;
	}
	end = n > 0 && line ? strchr(line, '\n') : NULL;
	if (!end)
		return seal_say(said, -ENOENT, "this process is in no cgroup of version 2");
	return sum(line + 3, (size_t)(end - line) - 3, out);
}

static int module_read(uint8_t out[32], char said[WARD_SEAL_SAID])
{
	char note[256];
	ssize_t n = small_file(BUILD_ID, note, sizeof(note));

	if (n <= 0)
		return seal_say(said, -ENOENT, "the ward module is not loaded, or has no build id: "
				"wardctl module load");
	return sum(note, (size_t)n, out);
}

int seal_identity_read(uint32_t bind, struct seal_identity *id, char said[WARD_SEAL_SAID])
{
	int rc = 0;

	memset(id, 0, sizeof(*id));
	if (bind & WARD_SEAL_BIND_UID)
		id->uid = getuid();
	if (bind & WARD_SEAL_BIND_CGROUP)
		rc = cgroup_read(id->cgroup, said);
	if (!rc && bind & WARD_SEAL_BIND_MODULE)
		rc = module_read(id->module, said);
	return rc;
}
