// SPDX-License-Identifier: MIT
/*
 * Data sets by a key that the kernel holds: the reader against a stand-in for the kernel
 * that unwraps and decrypts as doc/formats.md has it. What the kernel's own code does
 * with the same bytes tests/kernel/test_key_open.c shows.
 */
#define _GNU_SOURCE
#include "fake_ward.h"

#include <sys/stat.h>

#include <openssl/evp.h>

#include "dataset_private.h"

#define CHUNK	WARD_DATASET_CHUNK_MIN
#define LENGTH	(2 * CHUNK + 1000)

static char path[] = "/tmp/ward-dataset-XXXXXX";
static uint8_t key[32] = "the hospital's data key, 32 byte", plain[LENGTH];
static uint8_t id[16], content[32];
static uint8_t *memory;
static unsigned int unwraps;
static int fail_with;

/* As the kernel knows it: the grant's key, its data set, the content key of a child. */
static int decrypt(const uint8_t *secret, enum dataset_use use, const uint8_t *salt,
		   const uint8_t iv[12], const uint8_t *aad, size_t aad_len, const uint8_t *in,
		   size_t len, uint8_t *out)
{
	uint8_t id_salt[32], none[16];
	EVP_CIPHER_CTX *ctx;
	int n, ok;

	memcpy(id_salt, id, 16);
	memcpy(id_salt + 16, salt, 16);
	ctx = dataset_cipher(secret, id_salt, use, 0);
	assert_non_null(ctx);
	ok = EVP_CipherInit_ex(ctx, NULL, NULL, NULL, iv, -1) == 1 &&
	     (!aad_len || EVP_CipherUpdate(ctx, NULL, &n, aad, (int)aad_len) == 1) &&
	     (!len || EVP_CipherUpdate(ctx, out, &n, in, (int)len) == 1) &&
	     EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_TAG, 16, (void *)(in + len)) == 1 &&
	     EVP_CipherFinal_ex(ctx, none, &n) == 1;
	EVP_CIPHER_CTX_free(ctx);
	return ok ? 0 : EBADMSG;
}

static int unwrap_hook(struct ward_key_unwrap *u)
{
	static const uint8_t iv[12];

	unwraps++;
	u->out_fd = 2001;
	return decrypt(key, DATASET_USE_WRAP, u->salt, iv, id, 16, u->wrapped, 32, content);
}

static int open_hook(struct ward_key_open *o)
{
	size_t len = o->src_len - WARD_KEY_TAG_LEN;
	uint8_t iv[12];
	int rc;

	if (fail_with)
		return fail_with;
	/* one message a call is what the reader asks for */
	assert_true(len <= o->chunk);
	assert_int_equal(o->src % 16, 0);
	assert_int_equal(o->use, WARD_KEY_USE_DATASET);
	dataset_put32(iv, o->iv_prefix);
	dataset_put64(iv + 4, o->index);
	rc = decrypt(content, DATASET_USE_CONTENT, o->salt, iv, o->aad, o->aad_len,
		     (void *)(uintptr_t)o->src, len, memory + o->offset);
	if (rc)
		memset(memory + o->offset, 0, len);
	o->out_bytes = len;
	return rc;
}

static int hook(unsigned int cmd, void *arg)
{
	if (cmd == WARD_CMD_KEY_IMPORT)
		((struct ward_key_import *)arg)->out_fd = 2000;
	if (cmd == WARD_CMD_KEY_UNWRAP)
		return unwrap_hook(arg);
	return cmd == WARD_CMD_KEY_OPEN ? open_hook(arg) : 0;
}

/* For two people with keys and one with a private key: ours is among them, not first. */
static void write_dataset(void)
{
	static const uint8_t other[32] = { 1 };
	struct ward_recipient_key to[3];
	struct ward_dataset_params params = {
		.kind = WARD_DATASET_TABLE, .chunk_size = CHUNK, .length = LENGTH, .rows = 1,
		.metadata = "{}", .metadata_len = 2, .to = to, .to_count = 3,
	};
	struct ward_dataset_writer *w = NULL;
	uint8_t public_key[32] = { 9 };
	int fd = mkstemp(path);

	assert_int_equal(ward_recipient_x25519(&to[0], public_key), 0);
	assert_int_equal(ward_recipient_key(&to[1], other, "another's"), 0);
	assert_int_equal(ward_recipient_key(&to[2], key, NULL), 0);
	for (size_t i = 0; i < sizeof(plain); i++)
		plain[i] = (uint8_t)(i * 7 + i / 251);
	assert_int_equal(ward_dataset_create(fd, NULL, &params, &w, NULL), 0);
	assert_int_equal(ward_dataset_write(w, plain, sizeof(plain), NULL), 0);
	memcpy(id, ward_dataset_writer_id(w), 16);
	assert_int_equal(ward_dataset_finish(w, NULL), 0);
	ward_dataset_writer_free(w);
	close(fd);
}

struct world {
	struct ward_session *session;
	struct ward_key *key;
	struct ward_buffer *buffer;
	int fd;
};

static int setup(void **state)
{
	static struct world w;
	uint8_t enc[32] = { 0 }, sealed[112] = { 0 };

	strcpy(path, "/tmp/ward-dataset-XXXXXX");
	write_dataset();
	w.session = fake_session();
	fake.ioctl_hook = hook;
	fail_with = 0;
	unwraps = 0;
	assert_int_equal(ward_key_import(w.session, enc, sealed, &w.key), 0);
	assert_int_equal(ward_buffer_alloc(w.session, 4 * CHUNK, 0, NULL, &w.buffer), 0);
	memory = ward_buffer_data(w.buffer);
	w.fd = open(path, O_RDWR);
	*state = &w;
	return 0;
}

static int teardown(void **state)
{
	struct world *w = *state;

	ward_key_free(w->key);
	ward_buffer_free(w->buffer);
	ward_session_close(w->session);
	close(w->fd);
	return unlink(path);
}

static struct ward_dataset *opened(struct world *w)
{
	struct ward_dataset_error err = { 0 };
	struct ward_dataset *ds = NULL;

	if (ward_dataset_open_kernel(w->fd, w->key, w->buffer, &ds, &err))
		fail_msg("%s", err.text);
	return ds;
}

static void chunks_in_any_order(void **state)
{
	static const uint64_t order[] = { 2, 0, 1, 2 };
	struct world *w = *state;
	struct ward_dataset *ds = opened(w);

	assert_int_equal(unwraps, 2);
	assert_true(ward_dataset_info(ds)->verified);
	assert_int_equal(memory[0], 0);
	for (size_t i = 0; i < sizeof(order) / sizeof(*order); i++) {
		uint64_t n = order[i];
		uint32_t len = ward_dataset_chunk_len(ds, n);

		memset(memory, 0xaa, 2 * CHUNK);
		assert_int_equal(ward_dataset_read_chunk_into(ds, n, w->buffer, 32, NULL), len);
		assert_memory_equal(memory + 32, plain + n * CHUNK, len);
		assert_int_equal(memory[31], 0xaa);
		assert_int_equal(memory[32 + len], 0xaa);
	}
	fake.log[0] = '\0';
	ward_dataset_close(ds);
	assert_string_equal(fake.log, "close:2001 ");
}

/* Whole, at an offset, by whose key ever; nothing beside it. */
static void loads(struct world *w, struct ward_dataset *ds)
{
	struct ward_dataset_error err = { 0 };

	memset(memory, 0xaa, 4 * CHUNK);
	assert_int_equal(ward_dataset_load(ds, w->buffer, 48, &err), LENGTH);
	assert_memory_equal(memory + 48, plain, LENGTH);
	assert_int_equal(memory[47], 0xaa);
	assert_int_equal(memory[48 + LENGTH], 0xaa);
	assert_int_equal(ward_dataset_load(ds, w->buffer, 40, &err), -EINVAL);
	assert_int_equal(ward_dataset_load(ds, w->buffer, 2 * CHUNK, &err), -EMSGSIZE);
	assert_non_null(strstr(err.text, "no room"));
	assert_int_equal(ward_dataset_load(ds, w->buffer, 5 * CHUNK, &err), -EMSGSIZE);
	ward_dataset_close(ds);
}

static void whole(void **state)
{
	struct world *w = *state;
	struct ward_dataset *ds = NULL;

	loads(w, opened(w));
	assert_int_equal(ward_dataset_open(w->fd, key, &ds, NULL), 0);
	loads(w, ds);
	assert_int_equal(ward_dataset_open(w->fd, NULL, &ds, NULL), 0);
	assert_int_equal(ward_dataset_load(ds, w->buffer, 0, NULL), -ENOKEY);
	ward_dataset_close(ds);
}

static void what_is_asked_the_wrong_way(void **state)
{
	struct world *w = *state;
	struct ward_dataset *ds = opened(w), *bare;
	uint8_t out[CHUNK];

	assert_int_equal(ward_dataset_read_chunk(ds, 0, out, sizeof(out), NULL), -ENOKEY);
	assert_int_equal(ward_dataset_read_chunk_into(ds, 3, w->buffer, 0, NULL), -ERANGE);
	ward_dataset_close(ds);
	assert_int_equal(ward_dataset_open(w->fd, key, &bare, NULL), 0);
	assert_int_equal(ward_dataset_read_chunk_into(bare, 0, w->buffer, 0, NULL), -ENOKEY);
	ward_dataset_close(bare);
}

static void flip(int fd, off_t at)
{
	uint8_t byte;

	assert_int_equal(pread(fd, &byte, 1, at), 1);
	byte ^= 1;
	assert_int_equal(pwrite(fd, &byte, 1, at), 1);
}

static void damaged(struct world *w, off_t at, int want, const char *text)
{
	struct ward_dataset_error err = { 0 };
	struct ward_dataset *ds = NULL;
	int64_t rc;

	flip(w->fd, at);
	rc = ward_dataset_open_kernel(w->fd, w->key, w->buffer, &ds, &err);
	if (!rc)
		rc = ward_dataset_read_chunk_into(ds, 1, w->buffer, 0, &err);
	if (rc != want || !strstr(err.text, text))
		fail_msg("offset %ld: %ld, '%s'", (long)at, (long)rc, err.text);
	ward_dataset_close(ds);
	flip(w->fd, at);
}

/* The last chunk is damaged: those before it have been decrypted, and are gone again. */
static void none_of_a_damaged_one(void **state)
{
	static const uint8_t zero[LENGTH];
	struct world *w = *state;
	struct ward_dataset *ds[2] = { opened(w), NULL };
	struct stat st;

	assert_int_equal(ward_dataset_open(w->fd, key, &ds[1], NULL), 0);
	assert_int_equal(fstat(w->fd, &st), 0);
	flip(w->fd, st.st_size - 1);
	for (int i = 0; i < 2; i++) {
		memset(memory, 0, 4 * CHUNK);
		assert_int_equal(ward_dataset_load(ds[i], w->buffer, 0, NULL), -EBADMSG);
		assert_memory_equal(memory, zero, LENGTH);
		ward_dataset_close(ds[i]);
	}
}

static void what_was_changed_is_noticed(void **state)
{
	struct world *w = *state;
	struct ward_dataset *ds = opened(w);
	const struct ward_dataset_info *info = ward_dataset_info(ds);
	off_t body = (off_t)dataset_body(info), tag = (off_t)info->header_len - 1;
	off_t second = body + CHUNK + WARD_DATASET_TAG_LEN;

	ward_dataset_close(ds);
	damaged(w, tag, -EKEYREJECTED, "header");
	damaged(w, 89, -EKEYREJECTED, "header");
	damaged(w, DATASET_OFF_SALT, -EKEYREJECTED, "recipients");
	damaged(w, second, -EBADMSG, "chunk 1");
	damaged(w, second + CHUNK, -EBADMSG, "chunk 1");
	damaged(w, second + CHUNK + 15, -EBADMSG, "chunk 1");
	/* a first chunk that was changed is none of the second's */
	flip(w->fd, body);
	ds = opened(w);
	assert_int_equal(ward_dataset_read_chunk_into(ds, 1, w->buffer, 0, NULL), CHUNK);
	ward_dataset_close(ds);
}

static void another_key(void **state)
{
	struct world *w = *state;
	struct ward_dataset_error err = { 0 };
	struct ward_dataset *ds = NULL;

	key[0] ^= 1;
	assert_int_equal(ward_dataset_open_kernel(w->fd, w->key, w->buffer, &ds, &err),
			 -EKEYREJECTED);
	key[0] ^= 1;
	assert_non_null(strstr(err.text, "any of its recipients (3)"));
	assert_int_equal(unwraps, 2);	/* of people with keys alone */
	assert_null(ds);
}

/* What the kernel says of the key's end is not called damage. */
static void an_ended_key(void **state)
{
	static const int why[] = { EKEYREVOKED, EKEYEXPIRED, EDQUOT, EOWNERDEAD };
	struct world *w = *state;
	struct ward_dataset_error err = { 0 };
	struct ward_dataset *ds = opened(w), *other = NULL;

	for (size_t i = 0; i < sizeof(why) / sizeof(*why); i++) {
		fail_with = why[i];
		assert_int_equal(ward_dataset_read_chunk_into(ds, 0, w->buffer, 0, &err), -why[i]);
		assert_int_equal(err.chunk, 0);
		assert_int_equal(ward_dataset_open_kernel(w->fd, w->key, w->buffer, &other, &err),
				 -why[i]);
	}
	ward_dataset_close(ds);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(chunks_in_any_order), T(whole), T(what_is_asked_the_wrong_way),
		T(none_of_a_damaged_one), T(what_was_changed_is_noticed), T(another_key),
		T(an_ended_key),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
