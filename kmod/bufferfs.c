// SPDX-License-Identifier: GPL-2.0-only
/*
 * A pseudo file system that nobody can mount: it gives each buffer an inode,
 * hence an address_space, of its own. The files of anon_inode_getfile() all
 * share one, so that unmapping a buffer there would unmap strangers too.
 */
#include <linux/err.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/module.h>
#include <linux/mount.h>
#include <linux/pseudo_fs.h>

#include "buffer.h"

#define WARD_BUFFERFS_MAGIC	0x57415244	/* "WARD" */

/* There while somebody pins it; simple_pin_fs() has the lock. */
static struct vfsmount *ward_bufferfs_mnt;
static int ward_bufferfs_pins;

static int bufferfs_init_fs_context(struct fs_context *fc)
{
	if (!init_pseudo(fc, WARD_BUFFERFS_MAGIC))
		return -ENOMEM;
	/* No mapping ever gets PROT_EXEC; init_pseudo() says so itself from 6.16 on. */
	fc->s_iflags |= SB_I_NOEXEC;
	return 0;
}

/*
 * The mount outlives our files where a user has the inode open with O_PATH: it
 * is the file system that keeps the module then.
 */
static struct file_system_type ward_bufferfs = {
	.owner = THIS_MODULE,
	.name = "ward",
	.init_fs_context = bufferfs_init_fs_context,
	.kill_sb = kill_anon_super,
};

/**
 * ward_bufferfs_pin() - have it mounted until ward_bufferfs_unpin()
 *
 * Return: 0 or -ENOMEM.
 */
int ward_bufferfs_pin(void)
{
	return simple_pin_fs(&ward_bufferfs, &ward_bufferfs_mnt, &ward_bufferfs_pins);
}

/* No inode is left that the caller wanted it for. */
void ward_bufferfs_unpin(void)
{
	simple_release_fs(&ward_bufferfs_mnt, &ward_bufferfs_pins);
}

/**
 * ward_bufferfs_open() - a file with an inode of its own, while it is pinned
 * @fops: operations; their owner is this module
 * @private: becomes the file's private_data
 * @inode: set to the inode, with a reference for the caller
 *
 * Return: the file, or ERR_PTR(-ENOMEM), ERR_PTR(-ENFILE).
 */
struct file *ward_bufferfs_open(const struct file_operations *fops, void *private,
				struct inode **inode)
{
	struct inode *node = alloc_anon_inode(ward_bufferfs_mnt->mnt_sb);
	struct file *file;

	if (IS_ERR(node))
		return ERR_CAST(node);
	/* __fput() drops a module reference that alloc_file_pseudo() does not take. */
	__module_get(THIS_MODULE);
	file = alloc_file_pseudo(node, ward_bufferfs_mnt, "[ward]", O_RDWR, fops);
	if (IS_ERR(file)) {
		module_put(THIS_MODULE);
		iput(node);
		return file;
	}
	file->private_data = private;
	ihold(node);
	*inode = node;
	return file;
}
