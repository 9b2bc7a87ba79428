// SPDX-License-Identifier: MIT
/*
 * Collateral out of a folder as Trustee lays it out: an item (one byte), then files, each of
 * which but the last has its length before it, as fuzz_split() has it.
 */
#include "fetch_world.h"
#include "folder.h"

static bool run(struct wv_bytes in, struct fetch *f, struct fetch_item *it, unsigned int *kind)
{
	static const char *const names[] = {
		"vcek/0123456789abcdef/bl03_tee00_snp08_ucode115_vcek.der", "vcek/0123456789abcdef/vcek.der",
		"issuers.pem", "deep/er/and/below.json", "deep/er/and/too/deep.der",
	};
	struct wv_bytes file;
	size_t i;

	if (!in.len)
		return false;
	*kind = in.data[0] % FETCH_ITEMS;
	in = (struct wv_bytes){ in.data + 1, in.len - 1 };
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (!fuzz_split(in, &file, &in)) {
			folder_drop(names[i]);
			continue;
		}
		folder_put(names[i], file);
	}
	fetch_world(f, *kind, it);
	f->offline = true;
	f->imports[f->import_count++] = folder_path();
	return true;
}

int fuzz_one(struct wv_bytes in)
{
	return fetch_world_get(run, in);
}
