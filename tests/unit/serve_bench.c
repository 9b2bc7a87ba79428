// SPDX-License-Identifier: MIT
#include "serve_bench.h"

#include <fcntl.h>
#include <unistd.h>

#include "../../userspace/worker/model_file.h"
#include "../../userspace/worker/train.h"

size_t serve_bench_model(const char *dir, uint8_t bytes[SERVE_BENCH_MODEL_MAX])
{
	struct failure failure = { 0 };
	struct bench_cohort c = { 0 };
	struct model model;
	struct model_file file;
	char path[512];
	ssize_t len;
	int fd;

	bench_begin(&c, 60, 4096, 8, 1 << 20);
	if (train_model(&c.cohort, &c.plan->run[0], NULL, &model, &failure) ||
	    model_file_write(&c.cohort, &model, dir, &file, &failure))
		fail_msg("%s", failure.text);
	snprintf(path, sizeof(path), "%s/%s", dir, file.name);
	fd = open(path, O_RDONLY);
	len = read(fd, bytes, SERVE_BENCH_MODEL_MAX);
	close(fd);
	assert_true(len > 0);
	assert_int_equal(unlink(path), 0);
	model_clear(&model);
	bench_end(&c);
	return (size_t)len;
}
