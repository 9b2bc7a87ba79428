// SPDX-License-Identifier: MIT
#include <glob.h>
#include <stdio.h>

#include "figures.h"
#include "sysfs.h"

#define SLOT 2048u	/* bytes of a swiotlb slot: IO_TLB_SIZE */

static size_t put(struct ward_figure *to, const char *name, uint64_t value, const char *source)
{
	snprintf(to->name, sizeof(to->name), "%s", name);
	snprintf(to->source, sizeof(to->source), "%s", source);
	to->value = value;
	return 1;
}

/* A number in a file, times @unit; 0 = nothing was put. */
static size_t put_file(struct ward_figure *to, const char *name, const char *path, uint64_t unit)
{
	long long value = sysfs_number(path, -1);

	return value < 0 ? 0 : put(to, name, (uint64_t)value * unit, path);
}

/* The enclave page cache, on every node of the machine. */
static size_t put_epc(struct ward_figure *to)
{
	static const char pattern[] = "/sys/devices/system/node/node*/x86/sgx_total_bytes";
	uint64_t sum = 0;
	glob_t found;
	size_t i, n = 0;

	if (glob(pattern, 0, NULL, &found))
		return 0;
	for (i = 0; i < found.gl_pathc; i++) {
		long long value = sysfs_number(found.gl_pathv[i], -1);

		n |= value >= 0;
		sum += value > 0 ? (uint64_t)value : 0;
	}
	globfree(&found);
	return n ? put(to, "sgx.epc", sum, pattern) : 0;
}

size_t figures_reported(struct ward_figure *to)
{
	size_t n = 0;

	n += put_file(to + n, "swiotlb.total", "/sys/kernel/debug/swiotlb/io_tlb_nslabs", SLOT);
	n += put_file(to + n, "swiotlb.used", "/sys/kernel/debug/swiotlb/io_tlb_used", SLOT);
	n += put_file(to + n, "kexec.loaded", "/sys/kernel/kexec_loaded", 1);
	n += put_file(to + n, "kexec.crash_loaded", "/sys/kernel/kexec_crash_loaded", 1);
	n += put_file(to + n, "kexec.crash_size", "/sys/kernel/kexec_crash_size", 1);
	n += put_epc(to + n);
	return n;
}
