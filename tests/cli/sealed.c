// SPDX-License-Identifier: MIT
/* A sealed file of nothing with metadata of one's own: sealed KEY METADATA OUTPUT */
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "dataset.h"

int main(int argc, char **argv)
{
	struct ward_dataset_params p = { .kind = WARD_DATASET_SEALED, .chunk_size = 4096,
					 .slot_size = WARD_DATASET_SLOT_MIN };
	struct ward_dataset_writer *w;
	unsigned char key[32];
	int fd;

	if (argc != 4 || read(open(argv[1], O_RDONLY), key, 32) != 32)
		return 1;
	p.metadata = argv[2];
	p.metadata_len = strlen(argv[2]);
	fd = open(argv[3], O_RDWR | O_CREAT | O_TRUNC, 0600);
	if (ward_dataset_create(fd, key, &p, &w, NULL) || ward_dataset_finish(w, NULL))
		return 1;
	ward_dataset_writer_free(w);
	return 0;
}
