// SPDX-License-Identifier: MIT
/* A model's weights, encrypted by their owner, opened straight into class A memory. */
#define _GNU_SOURCE
#include "key_test.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include <openssl/rand.h>

#include "dataset.h"
#include "libward.h"

#define WEIGHTS	((3 << 20) + 5)

static uint8_t *weights;

/* The owner's file. */
static int encrypted(const struct ward_key_grant *grant)
{
	struct ward_dataset_params params = {
		.kind = WARD_DATASET_MODEL, .length = WEIGHTS, .metadata = "{}",
		.metadata_len = 2, .id = grant->dataset,
	};
	struct ward_dataset_writer *w = NULL;
	int fd = memfd_create("weights", MFD_CLOEXEC);

	weights = malloc(WEIGHTS);
	ASSERT_EQ(RAND_bytes(weights, WEIGHTS), 1);
	ASSERT_EQ(ward_dataset_create(fd, grant->key, &params, &w, NULL), 0);
	ASSERT_EQ(ward_dataset_write(w, weights, WEIGHTS, NULL), 0);
	ASSERT_EQ(ward_dataset_finish(w, NULL), 0);
	ward_dataset_writer_free(w);
	return fd;
}

static struct ward_buffer *buffer_of(struct ward_session *session)
{
	struct ward_buffer *buffer = NULL;

	ASSERT_EQ(ward_buffer_alloc(session, 2 * HUGE, 0, "weights", &buffer), 0);
	return buffer;
}

static void loads(struct ward_dataset *ds, struct ward_buffer *buffer)
{
	struct ward_dataset_error err = { 0 };
	uint8_t *p = ward_buffer_data(buffer);

	EXPECT_EQ(ward_dataset_info(ds)->kind, WARD_DATASET_MODEL);
	EXPECT_EQ(ward_dataset_load(ds, buffer, 64, &err), WEIGHTS);
	EXPECT_MEMEQ(p + 64, weights, WEIGHTS);
	EXPECT_EQ(p[63], 0);
	EXPECT_EQ(p[64 + WEIGHTS], 0);
	ward_dataset_close(ds);
}

TEST_TIMEOUT(by_a_key_that_the_kernel_holds, 120)
{
	struct ward_key_grant grant = grant_new(0, 0);
	struct ward_session *session = NULL;
	struct ward_dataset *ds = NULL;
	struct ward_buffer *buffer;
	struct ward_key *key = NULL;
	struct sealed sealed;
	int fd;

	need_keys();
	fd = encrypted(&grant);
	ASSERT_EQ(ward_session_open(NULL, &session), 0);
	sealed = seal_to(ward_session_fd(session), &grant);
	ASSERT_EQ(ward_key_import(session, sealed.enc, sealed.text, &key), 0);
	buffer = buffer_of(session);
	ASSERT_EQ(ward_dataset_open_kernel(fd, key, buffer, &ds, NULL), 0);
	loads(ds, buffer);
	/* Once the key has ended nothing more is opened. */
	ASSERT_EQ(ward_dataset_open_kernel(fd, key, buffer, &ds, NULL), 0);
	ASSERT_EQ(ward_key_end(key), WARD_END_WIPE);
	EXPECT_EQ(ward_dataset_load(ds, buffer, 64, NULL), -EKEYREVOKED);
	ward_dataset_close(ds);
	ward_key_free(key);
	ward_buffer_free(buffer);
	ward_session_close(session);
	close(fd);
	free(weights);
}

TEST_TIMEOUT(by_a_key_of_its_own, 120)
{
	struct ward_key_grant grant = grant_new(0, 0);
	struct ward_session *session = NULL;
	struct ward_dataset *ds = NULL;
	struct ward_buffer *buffer;
	int fd = encrypted(&grant);

	ASSERT_EQ(ward_session_open(NULL, &session), 0);
	buffer = buffer_of(session);
	ASSERT_EQ(ward_dataset_open(fd, grant.key, &ds, NULL), 0);
	loads(ds, buffer);
	ward_buffer_free(buffer);
	ward_session_close(session);
	close(fd);
	free(weights);
}

KTAP_MAIN()
