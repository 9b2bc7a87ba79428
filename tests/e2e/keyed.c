// SPDX-License-Identifier: MIT
/*
 * keyed: a worker that has a data key in the kernel, in the guest of keys.sh. What is
 * secret it never sees: the owner is outside. Lines on stdin, a line back for each:
 *
 *   pair        "pair HEX": instance, session, public key
 *   open HEX    "open ID": what `key_owner seal` printed is imported, its message opened,
 *               into another buffer where the last one was wiped
 *   end         "end WHY"
 *   wipe        "wipe BYTES"
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../kernel/key_test.h"
#include "keyed.h"

static int session, key;
static struct buf buf;

static void say_pair(void)
{
	struct ward_info info = session_info(session);
	uint8_t all[64];
	size_t i;

	memcpy(all, info.out_instance, 16);
	memcpy(all + 16, info.out_session, 16);
	ASSERT_EQ(key_pair(session, all + 32), 0);
	printf("pair ");
	for (i = 0; i < sizeof(all); i++)
		printf("%02x", all[i]);
	printf("\n");
}

static void read_hex(const char *text, void *out, size_t len)
{
	uint8_t *to = out;
	unsigned int byte;
	size_t i;

	for (i = 0; i < len; i++) {
		ASSERT_EQ(sscanf(text + 2 * i, "%2x", &byte), 1);
		to[i] = (uint8_t)byte;
	}
}

static void open_it(const char *text)
{
	struct handed *handed = mmap(NULL, PAGE, PROT_READ | PROT_WRITE,
				     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct ward_key_open cmd = { .size = sizeof(cmd), .use = WARD_KEY_USE_DATASET };

	if (buf_info(buf.fd).out_end) {
		buf_drop(&buf);
		buf = buf_get(session, HUGE);
	}
	ASSERT_TRUE(handed != MAP_FAILED);
	ASSERT_EQ(strlen(text), 2 * sizeof(*handed));
	read_hex(text, handed, sizeof(*handed));
	key = key_import(session, &handed->sealed);
	ASSERT_GE(key, 0);
	cmd.src = (uintptr_t)handed->message;
	cmd.src_len = sizeof(handed->message);
	cmd.chunk = KEYED_TEXT;
	cmd.iv_prefix = 1;
	cmd.buffer_fd = buf.fd;
	memcpy(cmd.salt, handed->salt, sizeof(cmd.salt));
	ASSERT_EQ(ward_call(key, WARD_KEY_OPEN, &cmd), 0);
	printf("open %llu\n", (unsigned long long)key_info(key).out_id);
}

int main(void)
{
	static char line[8192];

	session = session_open();
	ASSERT_GE(session, 0);
	buf = buf_get(session, HUGE);
	setvbuf(stdout, NULL, _IOLBF, 0);
	while (fgets(line, sizeof(line), stdin)) {
		line[strcspn(line, "\n")] = '\0';
		if (!strcmp(line, "pair"))
			say_pair();
		else if (!strncmp(line, "open ", 5))
			open_it(line + 5);
		else if (!strcmp(line, "end"))
			printf("end %d\n", key_end(key));
		else if (!strcmp(line, "wipe"))
			printf("wipe %lld\n", (long long)buf_wipe(buf.fd));
	}
	return 0;
}
