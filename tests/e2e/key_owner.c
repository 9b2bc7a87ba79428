// SPDX-License-Identifier: MIT
/*
 * key_owner: the data's owner of keys.sh, on the host, beside the guest's memory.
 *
 *   key_owner seal DIR PAIR   wrap a fresh key to that pair (as keyed said it), and seal
 *                             a message: hex on stdout, what is secret into DIR
 *   key_owner scan RAM DIR ID how often what is secret stands in that memory, and of the
 *                             key itself how often anywhere but in the key object ID
 */
#define _GNU_SOURCE
#include <endian.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <openssl/rand.h>

#include "keyed.h"

enum { OBJECT = 256 };	/* its id stands so many bytes before the secret, or fewer */

/** struct secrets - what must be in no other place; a file of DIR */
struct secrets {
	uint8_t key[WARD_KEY_LEN];
	uint8_t derived[WARD_KEY_LEN];
	uint8_t text[KEYED_TEXT];
};

static void path_of(const char *dir, char *path, size_t room)
{
	snprintf(path, room, "%s/secrets", dir);
}

static void keep(const char *dir, const struct secrets *secrets)
{
	char path[4096];
	FILE *f;

	path_of(dir, path, sizeof(path));
	f = fopen(path, "w");
	ASSERT_TRUE(f);
	ASSERT_EQ(fwrite(secrets, sizeof(*secrets), 1, f), 1);
	ASSERT_EQ(fclose(f), 0);
}

static void seal(const char *dir, const char *pair)
{
	struct ward_key_grant grant = grant_new(0, 0);
	uint8_t words[12 + 32] = "WARD-KEY-V1", public[32], iv[12] = { 1 };
	struct secrets secrets;
	struct handed handed;
	unsigned int byte;
	size_t i;

	ASSERT_EQ(strlen(pair), 128);
	for (i = 0; i < 64; i++) {
		ASSERT_EQ(sscanf(pair + 2 * i, "%2x", &byte), 1);
		if (i < 32)
			words[12 + i] = (uint8_t)byte;
		else
			public[i - 32] = (uint8_t)byte;
	}
	hpke_seal_to(public, words, sizeof(words), &grant, sizeof(grant), &handed.sealed);
	memcpy(secrets.key, grant.key, sizeof(secrets.key));
	ASSERT_EQ(RAND_bytes(handed.salt, sizeof(handed.salt)), 1);
	ASSERT_EQ(RAND_bytes(secrets.text, sizeof(secrets.text)), 1);
	derive(grant.key, &grant, handed.salt, "WARD-DATASET-V2", secrets.derived);
	gcm_seal(secrets.derived, iv, "", 0, secrets.text, KEYED_TEXT, handed.message);
	keep(dir, &secrets);
	for (i = 0; i < sizeof(handed); i++)
		printf("%02x", ((uint8_t *)&handed)[i]);
	printf("\n");
}

/* ---- the search --------------------------------------------------------------------- */

struct ram {
	const uint8_t *at;
	size_t len;
};

static struct ram ram_of(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat st;
	struct ram ram;

	ASSERT_EQ(fstat(fd, &st), 0);
	ram.len = (size_t)st.st_size;
	ram.at = mmap(NULL, ram.len, PROT_READ, MAP_SHARED, fd, 0);
	ASSERT_TRUE(ram.at != MAP_FAILED);
	close(fd);
	return ram;
}

/* Is the object's id shortly before @at? */
static bool in_object(const struct ram *ram, size_t at, uint64_t id)
{
	size_t from = at < OBJECT ? 0 : at - OBJECT;

	id = htole64(id);
	return memmem(ram->at + from, at - from, &id, sizeof(id)) != NULL;
}

/* A pattern of 16 bytes counts: a half of a key, a block of text. */
static unsigned int count(const struct ram *ram, const uint8_t *what, uint64_t id,
			  unsigned int *strange)
{
	const uint8_t *at = ram->at, *end = ram->at + ram->len;
	unsigned int n = 0;

	while ((at = memmem(at, (size_t)(end - at), what, 16))) {
		n++;
		if (strange && !in_object(ram, (size_t)(at - ram->at), id))
			++*strange;
		at++;
	}
	return n;
}

static void scan(const char *ram_path, const char *dir, uint64_t id)
{
	struct ram ram = ram_of(ram_path);
	unsigned int strange = 0, keys, derived, text = 0;
	struct secrets secrets;
	char path[4096];
	size_t i;
	FILE *f;

	path_of(dir, path, sizeof(path));
	f = fopen(path, "r");
	ASSERT_TRUE(f);
	ASSERT_EQ(fread(&secrets, sizeof(secrets), 1, f), 1);
	fclose(f);
	keys = count(&ram, secrets.key, id, &strange);
	derived = count(&ram, secrets.derived, 0, NULL);
	for (i = 0; i < KEYED_TEXT / 16; i++)
		text += count(&ram, secrets.text + 16 * i, 0, NULL);
	printf("key %u elsewhere %u derived %u text %u\n", keys, strange, derived, text);
}

int main(int argc, char **argv)
{
	if (argc == 4 && !strcmp(argv[1], "seal")) {
		seal(argv[2], argv[3]);
	} else if (argc == 5 && !strcmp(argv[1], "scan")) {
		scan(argv[2], argv[3], strtoull(argv[4], NULL, 10));
	} else {
		fprintf(stderr, "usage: key_owner seal DIR PAIR | scan RAM DIR ID\n");
		return 1;
	}
	return 0;
}
