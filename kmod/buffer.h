/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the rooms that hold protected memory share: bufferfs.c, image.c, wipe.c,
 * chunk.c, pool.c, pages.c and bind.c below, buffer.c above them, veil.c, fault.c,
 * map.c and pin.c for what differs between class A and class B.
 */
#ifndef WARD_BUFFER_H
#define WARD_BUFFER_H

#include <linux/atomic.h>
#include <linux/completion.h>
#include <linux/list.h>
#include <linux/list_lru.h>
#include <linux/rbtree.h>
#include <linux/rwsem.h>
#include <linux/wait.h>
#include <linux/workqueue.h>

#include "budget.h"

struct file_operations;
struct folio;
struct inode;
struct mm_struct;
struct page;
struct vm_area_struct;
struct ward_bind;

/* ---- bufferfs.c: one inode per buffer ------------------------------------ */

int ward_bufferfs_pin(void);
void ward_bufferfs_unpin(void);
/*
 * A new O_RDWR file over a new inode, with a reference to this module that
 * fput() drops. The caller gets a reference of its own to the inode.
 */
struct file *ward_bufferfs_open(const struct file_operations *fops, void *private,
				struct inode **inode);

/* ---- image.c: memory that the kernel's own mapping shows ------------------- */

void ward_image_init(void);
bool ward_image_has(const struct page *page, unsigned long nr);

/* ---- wipe.c: zeroing ------------------------------------------------------ */

void ward_zero_folio(struct folio *folio);
void ward_zero_pages(struct page **pages, unsigned long nr);

/* ---- chunk.c: what class A memory is made of ------------------------------- */

/**
 * struct ward_chunk - at most WARD_CHUNK_PAGES pages, in a buffer or in a pool
 * @lru: while it lies in a pool: among those of its node and cgroup
 * @node: likewise: in ward_pool::chunks
 * @pool: the last that it was in
 * @huge: the folio that is the whole chunk, or NULL
 * @table: without @huge: one entry a page, of folios of any smaller order
 * @only: the table of a single page
 * @nr: pages
 */
struct ward_chunk {
	struct list_head lru;
	struct list_head node;
	struct ward_pool *pool;
	struct folio *huge;
	struct page **table;
	struct page *only;
	unsigned int nr;
};

/**
 * struct ward_supply - where folios come from during one allocation
 * @most: largest order that is still worth trying
 * @aside: folios in a place where they would show; kept until the buffer has
 *	all it needs, so that they don't come again. A few MiB at most
 */
struct ward_supply {
	unsigned int most;
	struct list_head aside;
};

int ward_chunk_init(void);
void ward_chunk_exit(void);
void ward_supply_init(struct ward_supply *supply);
void ward_supply_end(struct ward_supply *supply);
struct ward_chunk *ward_chunk_alloc(unsigned long nr, struct ward_supply *supply,
				    struct list_lru *lru);
void ward_chunk_free(struct ward_chunk *chunk);
void ward_chunk_zero(const struct ward_chunk *chunk);

/* ---- pool.c: its part that deals in chunks ---------------------------------- */

struct ward_chunk *ward_pool_alloc(unsigned long nr, struct ward_supply *supply);
struct ward_chunk *ward_pool_take(struct ward_pool *pool, unsigned long nr);
bool ward_pool_give(struct ward_pool *pool, struct ward_chunk *chunk, u32 zeroed);
u32 ward_pool_epoch(void);

/* ---- pages.c: the memory of a class A buffer -------------------------------- */

/**
 * struct ward_pages - the memory of a class A buffer
 * @chunks: one for each WARD_CHUNK_PAGES pages; NULL where a lazy buffer has
 *	none yet. Only added to, with ward_buf::lock held for read, while it lives
 * @nr: pages
 * @pool: its session's
 * @present: pages that there is memory for
 * @huge: those of them in chunks that are one folio
 * @zeroed: 0, or the epoch in which all of it was
 * @populate: a fault maps all that its page table has room for
 */
struct ward_pages {
	struct ward_chunk **chunks;
	unsigned long nr;
	struct ward_pool *pool;
	atomic_long_t present;
	atomic_long_t huge;
	u32 zeroed;
	bool populate;
};

int ward_pages_alloc(struct ward_pages *pages, struct ward_pool *pool,
		     unsigned long nr, u32 flags);
void ward_pages_free(struct ward_pages *pages);
void ward_pages_zero(struct ward_pages *pages);
struct ward_chunk *ward_pages_get(const struct ward_pages *pages, pgoff_t index);
bool ward_pages_put_in(struct ward_pages *pages, pgoff_t index,
		       struct ward_chunk *chunk);
const struct ward_chunk *ward_pages_chunk(const struct ward_pages *pages, pgoff_t index);
/**
 * struct ward_extent - bytes of a buffer that lie side by side
 * @page: where they begin; of its folio
 * @offset: from there, perhaps beyond the page
 * @len: how many
 */
struct ward_extent {
	struct page *page;
	unsigned int offset;
	unsigned int len;
};

void ward_pages_extent(const struct ward_pages *pages, u64 at, u64 most,
		       struct ward_extent *out);
void ward_extent_zero(const struct ward_extent *extent);
u64 ward_pages_present(const struct ward_pages *pages);
u64 ward_pages_huge(const struct ward_pages *pages);

/* ---- bind.c: buffers end with the mm that made them ---------------------- */

/**
 * struct ward_tie - a buffer's place among those of its mm
 * @bind: the mm's subscription; this tie holds one reference
 * @node: in the subscription's list while the buffer may have to be killed
 * @rb: in the subscription's tree while @start to @last is watched
 * @start: first address of memory that is the mm's own (class B)
 * @last: its last address
 * @subtree_last: the tree's own
 * @unmapped: some of it was unmapped, or moved
 */
struct ward_tie {
	struct ward_bind *bind;
	struct list_head node;
	struct rb_node rb;
	unsigned long start;
	unsigned long last;
	unsigned long subtree_last;
	bool unmapped;
};

/**
 * struct ward_bind_ops - how the end of an mm, or of a range, reaches the buffers
 * @hold: take a reference to what the tie is part of. Under a spinlock
 * @end: kill it, then drop that reference. May sleep
 * @unmapped: see that it is killed, soon, and that the reference is dropped
 *	then. Under a spinlock
 */
struct ward_bind_ops {
	void (*hold)(struct ward_tie *tie);
	void (*end)(struct ward_tie *tie);
	void (*unmapped)(struct ward_tie *tie);
};

void ward_bind_init(const struct ward_bind_ops *ops);
void ward_bind_exit(void);
int ward_bind_get(struct ward_tie *tie);
void ward_bind_put(struct ward_tie *tie);
void ward_bind_keep(struct ward_bind **kept);
void ward_bind_drop(struct ward_bind *kept);
void ward_bind_watch(struct ward_tie *tie, unsigned long start, u64 length);
bool ward_bind_link(struct ward_tie *tie);
void ward_bind_unlink(struct ward_tie *tie);
bool ward_bind_is(const struct ward_tie *tie, const struct mm_struct *mm);

/* ---- buffer.c: the life that both classes share --------------------------- */

struct ward_buf;

/**
 * struct ward_buf_ops - what differs between the classes
 * @class: WARD_CLASS_*
 * @made: WARD_EVENT_* of its start
 * @ended: WARD_EVENT_* of its end
 * @hide: make it unreachable for user space, for good; NULL where that is not
 *	promised. No fault comes in any more when it is called
 * @zero: overwrite every byte
 * @free: give the memory back
 * @extent: bytes that have memory, and those of them in 2 MiB folios; its lock
 *	is held
 */
struct ward_buf_ops {
	u32 class;
	u16 made;
	u16 ended;
	void (*hide)(struct ward_buf *buf);
	void (*zero)(struct ward_buf *buf);
	void (*free)(struct ward_buf *buf);
	void (*extent)(const struct ward_buf *buf, u64 *present, u64 *huge);
};

/**
 * struct ward_pins - the memory of a class B buffer
 * @pages: pinned with FOLL_LONGTERM
 * @nr: how many of them are
 * @huge_bytes: bytes in whole folios of 2 MiB
 */
struct ward_pins {
	struct page **pages;
	unsigned long nr;
	u64 huge_bytes;
};

/**
 * struct ward_buf - protected memory of either class
 * @ref: held by its file, and by the end of an mm while that kills it
 * @ops: its class
 * @kind: its column of the ledger
 * @id: unique per boot
 * @length: bytes
 * @label: the worker's name for it
 * @session: referenced
 * @inode: referenced; kill may run when the file is gone
 * @tie: to the mm that made it; without a bind for WARD_KIND_SHARED
 * @vmas: mappings of it; unless shared, more than one only where munmap or
 *	mprotect split it, and while mremap moves it
 * @protection: WARD_PROTECT_*; constant once published
 * @lock: protects @end, @is_volatile. The fault path holds it for read over test
 *	and insert
 * @end: WARD_END_*; once set, nothing is inserted in a page table any more
 * @zeroed: its memory may go back to the kernel; panic.c asks
 * @is_volatile: it may be purged; then it is in both lists
 * @lru: among all that may be purged, oldest first; volatile_lock
 * @own: among its session's; likewise
 * @work: kills class B that its owner unmapped, drops reclaim's reference to
 *	class A; owns a reference while queued
 * @gone: completed when the memory has been zeroed, recorded and freed
 * @veils: of parts that nobody may see; the inode's invalidate_lock
 * @lifts: how many were lifted; likewise, for those who change it
 * @lifted: woken when @lifts moves
 * @pages: class A
 * @pins: class B
 */
struct ward_buf {
	struct kref ref;
	const struct ward_buf_ops *ops;
	enum ward_kind kind;
	u64 id;
	u64 length;
	u8 label[WARD_LABEL_LEN];
	struct ward_session *session;
	struct inode *inode;
	struct ward_tie tie;
	atomic_t vmas;
	u64 protection;
	struct rw_semaphore lock;
	u32 end;
	bool zeroed;
	bool is_volatile;
	struct list_head lru;
	struct list_head own;
	struct work_struct work;
	struct completion gone;
	struct list_head veils;
	u64 lifts;
	wait_queue_head_t lifted;
	union {
		struct ward_pages pages;
		struct ward_pins pins;
	};
};

struct ward_buf *ward_buf_new(struct ward_session *session, enum ward_kind kind,
			      const struct ward_buf_ops *ops, u64 length,
			      const u8 *label, const struct ward_patience *patience);
void ward_buf_abort(struct ward_buf *buf);
int ward_buf_publish(struct ward_buf *buf, const struct file_operations *fops,
		     struct ward_call *call);
bool ward_buf_mark_dead(struct ward_buf *buf, u32 reason);
void ward_buf_finish(struct ward_buf *buf);
u64 ward_buf_kill(struct ward_buf *buf, u32 reason);
u64 ward_buf_next_id(void);
struct ward_buf *ward_buf_get_fd(int fd);
void ward_buf_get(struct ward_buf *buf);
void ward_buf_put(struct ward_buf *buf);
void ward_buf_put_later(struct ward_buf *buf);
void ward_buf_look(struct ward_buf *buf, struct ward_buf_info *out);
int ward_buf_release(struct inode *inode, struct file *file);

/* ---- volatile.c: contents that may go ---------------------------------------- */

void ward_volatile_forget(struct ward_buf *buf);
u64 ward_volatile_purge_own(struct ward_session *session, u64 bytes);
unsigned long ward_volatile_count(void);
unsigned long ward_volatile_purge_some(unsigned long nr_pages);

/* ---- label.c ------------------------------------------------------------------ */

bool ward_label_ok(const u8 *label);

/* ---- veil.c: what nobody may see for a while ------------------------------------ */

/**
 * struct ward_veil - before a part of a class A buffer
 * @node: among the buffer's
 * @first: page, of the first chunk that it hides
 * @last: page
 */
struct ward_veil {
	struct list_head node;
	pgoff_t first;
	pgoff_t last;
};

void ward_veil_draw(struct ward_buf *buf, struct ward_veil *veil, u64 at, u64 bytes);
void ward_veil_lift(struct ward_buf *buf, struct ward_veil *veil);
/* Held over the test for one and the insertion; ward_buf::lock may be, before. */
void ward_veil_lock(struct ward_buf *buf);
void ward_veil_unlock(struct ward_buf *buf);
bool ward_veiled(const struct ward_buf *buf, pgoff_t index);
int ward_veil_wait(struct ward_buf *buf, pgoff_t index);

/* ---- fault.c: what a fault inserts -------------------------------------------- */

vm_fault_t ward_fault(struct vm_fault *vmf);
vm_fault_t ward_fault_huge(struct vm_fault *vmf, unsigned int order);
int ward_fault_in(struct ward_buf *buf, pgoff_t first, pgoff_t last);

/* ---- populate.c: a page table filled at once ---------------------------------- */

int ward_populate_later(struct vm_area_struct *vma);

/* ---- map.c: the one mapping of a class A buffer --------------------------- */

int ward_map_mmap(struct file *file, struct vm_area_struct *vma);
bool ward_map_may(const struct ward_buf *buf, const struct mm_struct *mm);
void ward_map_hide(struct ward_buf *buf);

#endif /* WARD_BUFFER_H */
