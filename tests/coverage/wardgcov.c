// SPDX-License-Identifier: GPL-2.0-only
/*
 * wardgcov: what gcc's counters of ward.ko are kept in, on a kernel without GCOV_KERNEL.
 *
 * ward.ko compiled with -fprofile-arcs calls __gcov_init() once for each of its files, by
 * constructors, which are run from here where the kernel runs none. Its counters are in
 * its own memory: what they hold when it goes is added up here, so that a file's figures
 * are those of all the times that ward was loaded. <debugfs>/wardgcov is, for each file, the length of the name of
 * its .gcda, the name, the length of that file's bytes, and they; lengths are le32.
 */
#include <linux/debugfs.h>
#include <linux/fs.h>
#include <linux/list.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>

#if __GNUC__ < 12
#error "struct gcov_info is known here as gcc 12 and later have it: use one of those"
#endif

#define GCOV_COUNTERS	(__GNUC__ >= 14 ? 9 : 8)

/* gcc's own (libgcc/libgcov.h, gcc/gcov-io.h); it promises nobody to keep them. */
#define GCOV_MAGIC		0x67636461u
#define GCOV_TAG_FUNCTION	0x01000000u
#define GCOV_TAG_COUNTER(n)	(0x01a10000u + ((u32)(n) << 17))

struct gcov_ctr_info {
	unsigned int num;
	s64 *values;
};

struct gcov_fn_info {
	const struct gcov_info *key;
	unsigned int ident;
	unsigned int lineno_checksum;
	unsigned int cfg_checksum;
	struct gcov_ctr_info ctrs[];
};

struct gcov_info {
	unsigned int version;
	struct gcov_info *next;
	unsigned int stamp;
	unsigned int checksum;
	const char *filename;
	void (*merge[GCOV_COUNTERS])(s64 *counters, unsigned int n);
	unsigned int n_functions;
	struct gcov_fn_info **functions;
};

/**
 * struct unit - a file of ward's, whether ward is loaded or not
 * @list: in units
 * @name: of its .gcda; ours
 * @live: gcc's own, in the module's memory; NULL while that is not there
 * @len: bytes of @gcda
 * @gcda: as it was when ward went last: what it counted before
 */
struct unit {
	struct list_head list;
	char *name;
	struct gcov_info *live;
	size_t len;
	u8 *gcda;
};

static LIST_HEAD(units);
static DEFINE_MUTEX(units_lock);

/** struct out - bytes of a .gcda: where the next goes; @at NULL to count them only */
struct out {
	u8 *at;
	size_t len;
};

static void put(struct out *out, u32 word)
{
	if (out->at)
		memcpy(out->at + out->len, &word, sizeof(word));
	out->len += sizeof(word);
}

/* @before: the same counter's words as they were when ward went last, or NULL. */
static void put_counter(struct out *out, s64 now, const u8 *before)
{
	u64 sum = now, was = 0;

	if (before)
		memcpy(&was, before + out->len, sizeof(was));
	sum += was;
	put(out, sum);
	put(out, sum >> 32);
}

static void put_function(struct out *out, const struct gcov_info *info,
			 const struct gcov_fn_info *fn, const u8 *before)
{
	const struct gcov_ctr_info *ctr = fn->ctrs;
	unsigned int i, n;

	put(out, GCOV_TAG_FUNCTION);
	put(out, 3 * sizeof(u32));
	put(out, fn->ident);
	put(out, fn->lineno_checksum);
	put(out, fn->cfg_checksum);
	for (i = 0; i < GCOV_COUNTERS; i++) {
		if (!info->merge[i])
			continue;
		put(out, GCOV_TAG_COUNTER(i));
		put(out, ctr->num * sizeof(u64));
		for (n = 0; n < ctr->num; n++)
			put_counter(out, ctr->values[n], before);
		ctr++;
	}
}

/* The file's bytes; each has its place, so those of before are found by it. */
static size_t put_file(u8 *at, const struct gcov_info *info, const u8 *before)
{
	struct out out = { .at = at };
	unsigned int i;

	put(&out, GCOV_MAGIC);
	put(&out, info->version);
	put(&out, info->stamp);
	put(&out, info->checksum);
	for (i = 0; i < info->n_functions; i++) {
		const struct gcov_fn_info *fn = info->functions[i];

		/* Of a function that the linker dropped another file has the counters. */
		if (fn && fn->key == info)
			put_function(&out, info, fn, before);
	}
	return out.len;
}

/* A test that makes allocations fail means ward's: these must not be among them. */
static struct unit *unit_of(const struct gcov_info *info)
{
	struct unit *unit;

	list_for_each_entry(unit, &units, list) {
		if (!strcmp(unit->name, info->filename))
			return unit;
	}
	unit = kzalloc(sizeof(*unit), GFP_KERNEL | __GFP_NOFAIL);
	unit->name = kstrdup(info->filename, GFP_KERNEL | __GFP_NOFAIL);
	list_add_tail(&unit->list, &units);
	return unit;
}

void __gcov_init(struct gcov_info *info);
void __gcov_init(struct gcov_info *info)
{
	mutex_lock(&units_lock);
	unit_of(info)->live = info;
	mutex_unlock(&units_lock);
}
EXPORT_SYMBOL(__gcov_init);

/* What gcc's code names, and calls in user space alone. */
void __gcov_exit(void);
void __gcov_exit(void)
{
}
EXPORT_SYMBOL(__gcov_exit);

void __gcov_merge_add(s64 *counters, unsigned int n);
void __gcov_merge_add(s64 *counters, unsigned int n)
{
}
EXPORT_SYMBOL(__gcov_merge_add);

/* ---- when ward comes and goes ------------------------------------------------------ */

/* As gcc names them; the symbols are all there until the module's start is over. */
static void run_constructors(const struct module *mod)
{
	const struct mod_kallsyms *all = rcu_dereference_raw(mod->kallsyms);
	unsigned int i;

	if (IS_ENABLED(CONFIG_CONSTRUCTORS))
		return;
	for (i = 0; i < all->num_symtab; i++) {
		const char *name = all->strtab + all->symtab[i].st_name;

		if (strstarts(name, "_sub_I_00100_"))
			((void (*)(void))(unsigned long)all->symtab[i].st_value)();
	}
}

static void unit_keep(struct unit *unit)
{
	size_t len = put_file(NULL, unit->live, NULL);
	u8 *gcda = unit->gcda;

	if (!gcda)
		gcda = kmalloc(len, GFP_KERNEL | __GFP_NOFAIL);
	put_file(gcda, unit->live, unit->gcda);
	unit->gcda = gcda;
	unit->len = len;
	unit->live = NULL;
}

static int module_event(struct notifier_block *nb, unsigned long event, void *data)
{
	struct unit *unit;

	if (event == MODULE_STATE_COMING)
		run_constructors(data);
	if (event != MODULE_STATE_GOING)
		return NOTIFY_OK;
	mutex_lock(&units_lock);
	list_for_each_entry(unit, &units, list) {
		if (unit->live && within_module((unsigned long)unit->live, data))
			unit_keep(unit);
	}
	mutex_unlock(&units_lock);
	return NOTIFY_OK;
}

static struct notifier_block module_block = { .notifier_call = module_event };

/* ---- what is read ------------------------------------------------------------------- */

static size_t unit_len(const struct unit *unit)
{
	return unit->live ? put_file(NULL, unit->live, NULL) : unit->len;
}

static u8 *unit_put(u8 *at, const struct unit *unit)
{
	u32 name = strlen(unit->name), len = unit_len(unit);

	memcpy(at, &name, sizeof(name));
	memcpy(at + sizeof(name), unit->name, name);
	at += sizeof(name) + name;
	memcpy(at, &len, sizeof(len));
	at += sizeof(len);
	if (unit->live)
		put_file(at, unit->live, unit->gcda);
	else
		memcpy(at, unit->gcda, len);
	return at + len;
}

/** struct page_of - all files as they were when it was opened; the open file's */
struct page_of {
	size_t len;
	u8 bytes[];
};

static int gcov_open(struct inode *inode, struct file *file)
{
	struct page_of *all;
	struct unit *unit;
	size_t len = 0;
	u8 *at;

	mutex_lock(&units_lock);
	list_for_each_entry(unit, &units, list)
		len += 2 * sizeof(u32) + strlen(unit->name) + unit_len(unit);
	all = vmalloc(sizeof(*all) + len);
	if (all) {
		at = all->bytes;
		list_for_each_entry(unit, &units, list)
			at = unit_put(at, unit);
		all->len = len;
	}
	mutex_unlock(&units_lock);
	file->private_data = all;
	return all ? 0 : -ENOMEM;
}

static ssize_t gcov_read(struct file *file, char __user *to, size_t n, loff_t *pos)
{
	struct page_of *all = file->private_data;

	return simple_read_from_buffer(to, n, pos, all->bytes, all->len);
}

static int gcov_release(struct inode *inode, struct file *file)
{
	vfree(file->private_data);
	return 0;
}

static const struct file_operations gcov_fops = {
	.owner = THIS_MODULE,
	.open = gcov_open,
	.read = gcov_read,
	.release = gcov_release,
	.llseek = default_llseek,
};

static int __init wardgcov_init(void)
{
	debugfs_create_file("wardgcov", 0400, NULL, NULL, &gcov_fops);
	return register_module_notifier(&module_block);
}

/* No exit: the figures are those of the machine's whole life. */
module_init(wardgcov_init);
MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("gcc's counters of ward.ko");
