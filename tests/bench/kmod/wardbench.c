// SPDX-License-Identifier: GPL-2.0-only
/*
 * Repeats within the kernel what user space cannot call by itself, for
 * benchmark guests only: the ledger of the ward.ko that is loaded beside the
 * kernel's own account of locked memory, both ways to clear 2 MiB, and both
 * ways to learn of an mm's end. Not for any other machine: it finds ward's
 * functions by name and lets anybody who may open it run them.
 */
#include <crypto/aead.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/highmem.h>
#include <linux/kprobes.h>
#include <linux/miscdevice.h>
#include <linux/mm.h>
#include <linux/mmu_notifier.h>
#include <linux/module.h>
#include <linux/scatterlist.h>
#include <linux/sizes.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "evidence.h"
#include "fill.h"
#include "ward.h"
#include "wardbench.h"

#define HUGE_ORDER	(PMD_SHIFT - PAGE_SHIFT)

static typeof(&ward_ledger_charge) ledger_charge;
static typeof(&ward_ledger_refund) ledger_refund;
static typeof(&ward_ledger_record) ledger_record;
static typeof(&ward_merkle_leaf) merkle_leaf;
static typeof(&ward_merkle_grow) merkle_grow;
static struct folio *canvas;	/* 2 MiB to write on */

/**
 * struct bench_file - an open of the device
 * @registered: of mmu_notifier_register(); its mm is NULL while it is not
 * @got: of mmu_notifier_get(), or NULL
 */
struct bench_file {
	struct mmu_notifier registered;
	struct mmu_notifier *got;
};

/* ---- accounts ---------------------------------------------------------------- */

static int run_locked_vm(u32 n)
{
	int ret = 0;

	while (n-- && !ret) {
		ret = account_locked_vm(current->mm, 1, true);
		if (!ret)
			ret = account_locked_vm(current->mm, 1, false);
	}
	return ret;
}

static int charge_and_refund(struct ward_account *acct)
{
	int ret = ledger_charge(acct, WARD_KIND_A, PAGE_SIZE);

	if (!ret)
		ledger_refund(acct, WARD_KIND_A, PAGE_SIZE);
	return ret;
}

static int record(struct ward_account *acct)
{
	struct ward_event ev = { .type = cpu_to_le16(WARD_EVENT_MEASURE) };

	ledger_record(acct, &ev);
	return 0;
}

/* @fd: a session's, which is taken on trust. */
static int run_account(u32 n, int fd, int (*once)(struct ward_account *acct))
{
	struct file *file = fget(fd);
	struct ward_session *session;
	int ret = 0;

	if (!file)
		return -EBADF;
	session = file->private_data;
	while (n-- && !ret)
		ret = once(&session->account);
	fput(file);
	return ret;
}

/* The root over two leaves is one node. */
static int run_leaf(u32 n)
{
	static struct ward_claims claims;
	struct ward_merkle *tree = kvzalloc(sizeof(*tree), GFP_KERNEL);

	if (!tree)
		return -ENOMEM;
	tree->n = 2;
	while (n--) {
		merkle_leaf(&claims, tree->node[0]);
		merkle_grow(tree);
	}
	kvfree(tree);
	return 0;
}

/* The kernel zeroes it on the way, where it is told to (init_on_alloc). */
static int run_folio(u32 n)
{
	struct folio *folio;

	while (n--) {
		folio = folio_alloc(GFP_HIGHUSER | __GFP_ACCOUNT, HUGE_ORDER);
		if (!folio)
			return -ENOMEM;
		folio_put(folio);
	}
	return 0;
}

/* ---- fills ------------------------------------------------------------------- */

static int run_clear(u32 n)
{
	long i;

	while (n--)
		for (i = 0; i < 1L << HUGE_ORDER; i++)
			clear_highpage(folio_page(canvas, i));
	return 0;
}

static int run_fill(u32 n)
{
	while (n--)
		ward_fill_zero(folio_address(canvas), folio_size(canvas));
	return 0;
}

/* ---- decryption ---------------------------------------------------------------- */

static struct crypto_aead *gcm;	/* or an error, where the kernel has none */
static struct folio *sealed;	/* 2 MiB to read from */

enum { TAG = 16, IV = 12 };

/* As lean as can be: one entry each. The tag is wrong, which is found at the end. */
static int gcm_once(struct aead_request *req, u8 *iv)
{
	DECLARE_CRYPTO_WAIT(wait);
	struct scatterlist src, dst;
	int ret;

	sg_init_table(&src, 1);
	sg_init_table(&dst, 1);
	sg_set_page(&src, folio_page(sealed, 0), SZ_1M + TAG, 0);
	sg_set_page(&dst, folio_page(canvas, 0), SZ_1M, 0);
	aead_request_set_callback(req, 0, crypto_req_done, &wait);
	aead_request_set_ad(req, 0);
	aead_request_set_crypt(req, &src, &dst, SZ_1M + TAG, iv);
	ret = crypto_wait_req(crypto_aead_decrypt(req), &wait);
	return ret == -EBADMSG ? 0 : ret ?: -EINVAL;
}

static int run_gcm(u32 n)
{
	static const u8 key[32] = { 1 };
	struct aead_request *req;
	u8 iv[IV] = { 2 };
	int ret;

	if (IS_ERR(gcm))
		return PTR_ERR(gcm);
	ret = crypto_aead_setkey(gcm, key, sizeof(key)) ?: crypto_aead_setauthsize(gcm, TAG);
	req = aead_request_alloc(gcm, GFP_KERNEL);
	if (!req)
		return -ENOMEM;
	while (n-- && !ret)
		ret = gcm_once(req, iv);
	aead_request_free(req);
	return ret;
}

/* ---- the end of an mm -------------------------------------------------------- */

static struct mmu_notifier *got_alloc(struct mm_struct *mm)
{
	struct mmu_notifier *notifier = kzalloc(sizeof(*notifier), GFP_KERNEL);

	return notifier ?: ERR_PTR(-ENOMEM);
}

static void got_free(struct mmu_notifier *notifier)
{
	kfree(notifier);
}

static void mm_ends(struct mmu_notifier *notifier, struct mm_struct *mm)
{
}

static const struct mmu_notifier_ops got_ops = {
	.release = mm_ends,
	.alloc_notifier = got_alloc,
	.free_notifier = got_free,
};

static const struct mmu_notifier_ops registered_ops = {
	.release = mm_ends,
};

static int run_get(struct bench_file *bench)
{
	struct mmu_notifier *notifier;

	if (bench->got)
		return -EBUSY;
	notifier = mmu_notifier_get(&got_ops, current->mm);
	if (IS_ERR(notifier))
		return PTR_ERR(notifier);
	bench->got = notifier;
	return 0;
}

static int run_put(struct bench_file *bench)
{
	if (bench->got)
		mmu_notifier_put(bench->got);
	bench->got = NULL;
	return 0;
}

static int run_register(struct bench_file *bench)
{
	int ret;

	if (bench->registered.mm)
		return -EBUSY;
	bench->registered.ops = &registered_ops;
	ret = mmu_notifier_register(&bench->registered, current->mm);
	if (ret)
		bench->registered.mm = NULL;
	return ret;
}

static int run_unregister(struct bench_file *bench)
{
	if (bench->registered.mm)
		mmu_notifier_unregister(&bench->registered, bench->registered.mm);
	bench->registered.mm = NULL;
	return 0;
}

/* ---- the device --------------------------------------------------------------- */

static int bench_open(struct inode *inode, struct file *file)
{
	struct bench_file *bench = kzalloc(sizeof(*bench), GFP_KERNEL);

	file->private_data = bench;
	return bench ? 0 : -ENOMEM;
}

static int bench_release(struct inode *inode, struct file *file)
{
	struct bench_file *bench = file->private_data;

	run_put(bench);
	run_unregister(bench);
	kfree(bench);
	return 0;
}

static long bench_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	struct bench_file *bench = file->private_data;
	struct wardbench_run run;

	if (copy_from_user(&run, (void __user *)arg, sizeof(run)))
		return -EFAULT;
	switch (cmd) {
	case WARDBENCH_LOCKED_VM:
		return run_locked_vm(run.n);
	case WARDBENCH_LEDGER:
		return run_account(run.n, run.fd, charge_and_refund);
	case WARDBENCH_RECORD:
		return run_account(run.n, run.fd, record);
	case WARDBENCH_LEAF:
		return run_leaf(run.n);
	case WARDBENCH_FOLIO:
		return run_folio(run.n);
	case WARDBENCH_CLEAR:
		return run_clear(run.n);
	case WARDBENCH_FILL:
		return run_fill(run.n);
	case WARDBENCH_GCM:
		return run_gcm(run.n);
	case WARDBENCH_GET:
		return run_get(bench);
	case WARDBENCH_PUT:
		return run_put(bench);
	case WARDBENCH_REGISTER:
		return run_register(bench);
	case WARDBENCH_UNREGISTER:
		return run_unregister(bench);
	}
	return -ENOTTY;
}

static const struct file_operations bench_fops = {
	.owner = THIS_MODULE,
	.open = bench_open,
	.release = bench_release,
	.unlocked_ioctl = bench_ioctl,
};

static struct miscdevice bench_device = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = "wardbench",
	.fops = &bench_fops,
	.mode = 0600,
};

/* The address of a function that no one exports, as a probe would find it. */
static void *find(const char *name)
{
	struct kprobe probe = { .symbol_name = name };

	if (register_kprobe(&probe))
		return NULL;
	unregister_kprobe(&probe);
	return probe.addr;
}

static int __init bench_init(void)
{
	int ret = -ENOENT;

	ledger_charge = find("ward:ward_ledger_charge");
	ledger_refund = find("ward:ward_ledger_refund");
	ledger_record = find("ward:ward_ledger_record");
	merkle_leaf = find("ward:ward_merkle_leaf");
	merkle_grow = find("ward:ward_merkle_grow");
	if (!ledger_charge || !ledger_refund || !ledger_record || !merkle_leaf || !merkle_grow)
		return ret;
	canvas = folio_alloc(GFP_KERNEL, HUGE_ORDER);
	if (!canvas)
		return -ENOMEM;
	ret = -ENOMEM;
	sealed = folio_alloc(GFP_KERNEL | __GFP_ZERO, HUGE_ORDER);
	if (!sealed)
		goto err_canvas;
	gcm = crypto_alloc_aead("gcm(aes)", 0, 0);
	ret = misc_register(&bench_device);
	if (ret)
		goto err_gcm;
	return 0;

err_gcm:
	if (!IS_ERR(gcm))
		crypto_free_aead(gcm);
	folio_put(sealed);
err_canvas:
	folio_put(canvas);
	return ret;
}

static void __exit bench_exit(void)
{
	misc_deregister(&bench_device);
	mmu_notifier_synchronize();
	rcu_barrier();
	if (!IS_ERR(gcm))
		crypto_free_aead(gcm);
	folio_put(sealed);
	folio_put(canvas);
}

module_init(bench_init);
module_exit(bench_exit);
MODULE_DESCRIPTION("what only the kernel can repeat, for ward's benchmark");
MODULE_LICENSE("GPL");
