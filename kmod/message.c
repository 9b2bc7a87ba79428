// SPDX-License-Identifier: GPL-2.0-only
/*
 * WARD_KEY_OPEN: messages from user memory, decrypted straight into a buffer's pages.
 *
 * Plaintext is written nowhere else. All is aligned to the cipher's blocks, for what is
 * not the crypto API would take through memory of its own, which nobody overwrites.
 *
 * Before any lock is taken the source is pinned, a lazy buffer gets its memory, and
 * what decryption works with is allocated: pinning may wait for user space, and under
 * ward_buf::lock nothing allocates that may reclaim. Then, for each message, the key's
 * lock and the buffer's are held for read over the tests whether they live and the
 * decryption, so that who ends either waits for one message at most.
 *
 * Decryption writes before the tag is compared. So a veil hides what is written until
 * all of the call is done, or taken back.
 */
#include <crypto/aead.h>
#include <linux/highmem.h>
#include <linux/mm.h>
#include <linux/scatterlist.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "buffer.h"
#include "key.h"

enum { BLOCK = 16, PIN_BATCH = 512 };

/**
 * struct opening - a call at work
 * @cmd: its argument, checked
 * @key: that it asks
 * @buf: referenced
 * @count: messages
 * @last: bytes of the last one, with its tag
 * @total: bytes of plaintext of all
 * @tried: messages that were decrypted, the last one perhaps in vain
 * @pages: of the source, pinned
 * @pinned: how many
 * @src: room for one message's
 * @dst: likewise
 * @veil: before what is written
 * @cipher: see there
 * @req: for its transform
 * @iv: of the message
 * @aad: of every message
 */
struct opening {
	const struct ward_key_open *cmd;
	struct ward_key *key;
	struct ward_buf *buf;
	u64 count;
	u64 last;
	u64 total;
	u64 tried;
	struct page **pages;
	unsigned long pinned;
	struct scatterlist *src;
	struct scatterlist *dst;
	struct ward_veil veil;
	struct ward_cipher *cipher;
	struct aead_request *req;
	u8 iv[WARD_GCM_IV_LEN];
	u8 aad[WARD_KEY_AAD_MAX];
};

/* ---- what is asked for --------------------------------------------------------------- */

static u64 stride(const struct ward_key_open *cmd)
{
	return (u64)cmd->chunk + WARD_KEY_TAG_LEN;
}

static int check(const struct ward_key_open *cmd)
{
	if (cmd->use != WARD_KEY_USE_DATASET)
		return -EOPNOTSUPP;
	if (cmd->reserved || cmd->aad_len > WARD_KEY_AAD_MAX ||
	    memchr_inv(cmd->aad + cmd->aad_len, 0, WARD_KEY_AAD_MAX - cmd->aad_len))
		return -EINVAL;
	if (!cmd->chunk || cmd->chunk > WARD_KEY_CHUNK_MAX || cmd->chunk % BLOCK ||
	    cmd->offset % BLOCK || cmd->src % BLOCK)
		return -EINVAL;
	if (cmd->src_len < WARD_KEY_TAG_LEN || cmd->src_len > WARD_KEY_SRC_MAX)
		return -EINVAL;
	return access_ok(u64_to_user_ptr(cmd->src), cmd->src_len) ? 0 : -EFAULT;
}

static int measure(struct opening *o)
{
	const struct ward_key_open *cmd = o->cmd;
	u64 end;

	o->count = DIV_ROUND_UP_ULL(cmd->src_len, stride(cmd));
	o->last = cmd->src_len - (o->count - 1) * stride(cmd);
	if (o->last < WARD_KEY_TAG_LEN || cmd->index > U64_MAX - (o->count - 1))
		return -EINVAL;
	o->total = cmd->src_len - o->count * WARD_KEY_TAG_LEN;
	if (check_add_overflow(cmd->offset, o->total, &end) || end > o->buf->length)
		return -EINVAL;
	return 0;
}

/* Of the session's, and what the caller may map. */
static int check_buffer(const struct opening *o)
{
	if (o->buf->session != o->key->session)
		return -EPERM;
	if (o->buf->ops->class != WARD_CLASS_A)
		return -EOPNOTSUPP;
	return ward_map_may(o->buf, current->mm) ? 0 : -EPERM;
}

/* ---- what it takes ------------------------------------------------------------------- */

/* Pages that @len bytes touch, however they lie. */
static unsigned long pages_of(u64 len)
{
	return (len >> PAGE_SHIFT) + 2;
}

static int pin_source(struct opening *o)
{
	unsigned long start = o->cmd->src & PAGE_MASK, nr, batch;
	int got;

	nr = (PAGE_ALIGN(o->cmd->src + o->cmd->src_len) - start) >> PAGE_SHIFT;
	o->pages = kvmalloc_array(nr, sizeof(*o->pages), GFP_KERNEL_ACCOUNT);
	if (!o->pages)
		return -ENOMEM;
	while (o->pinned < nr) {
		if (fatal_signal_pending(current))
			return -EINTR;
		batch = min_t(unsigned long, nr - o->pinned, PIN_BATCH);
		got = pin_user_pages_fast(start + (o->pinned << PAGE_SHIFT), batch, 0,
					  o->pages + o->pinned);
		if (got <= 0)
			return got ?: -EFAULT;
		o->pinned += got;
		cond_resched();
	}
	return 0;
}

static int get_tables(struct opening *o)
{
	unsigned long most = 1 + pages_of(min(stride(o->cmd), o->cmd->src_len));

	o->src = kvmalloc_array(most, 2 * sizeof(*o->src), GFP_KERNEL_ACCOUNT);
	if (!o->src)
		return -ENOMEM;
	o->dst = o->src + most;
	sg_init_table(o->src, most);
	sg_init_table(o->dst, most);
	return 0;
}

static int get_memory(const struct opening *o)
{
	u64 first = o->cmd->offset, end = first + o->total;

	if (!o->total)
		return 0;
	return ward_fault_in(o->buf, first >> PAGE_SHIFT, (end - 1) >> PAGE_SHIFT);
}

static int get_cipher(struct opening *o)
{
	struct ward_cipher *cipher = ward_cipher_get(o->key, o->cmd->use, o->cmd->salt);

	if (IS_ERR(cipher))
		return PTR_ERR(cipher);
	o->cipher = cipher;
	o->req = kmalloc(sizeof(*o->req) + cipher->reqsize, GFP_KERNEL_ACCOUNT);
	return o->req ? 0 : -ENOMEM;
}

static struct opening *opening_new(struct ward_key *key, const struct ward_key_open *cmd)
{
	struct opening *o = kzalloc(sizeof(*o), GFP_KERNEL_ACCOUNT);

	if (!o)
		return ERR_PTR(-ENOMEM);
	o->key = key;
	o->cmd = cmd;
	memcpy(o->aad, cmd->aad, sizeof(o->aad));
	o->buf = ward_buf_get_fd(cmd->buffer_fd);
	if (o->buf)
		return o;
	kfree(o);
	return ERR_PTR(-EBADF);
}

static void opening_free(struct opening *o)
{
	kfree_sensitive(o->req);
	if (o->cipher)
		ward_cipher_put(o->key, o->cipher);
	kvfree(o->src);
	if (o->pinned)
		unpin_user_pages(o->pages, o->pinned);
	kvfree(o->pages);
	ward_buf_put(o->buf);
	kfree(o);
}

/* ---- one message ----------------------------------------------------------------------- */

static u64 length_of(const struct opening *o, u64 i)
{
	return i == o->count - 1 ? o->last : stride(o->cmd);
}

/* @sg has room. Returns the entry after the last. */
static struct scatterlist *put_source(const struct opening *o, struct scatterlist *sg, u64 i)
{
	u64 at = offset_in_page(o->cmd->src) + i * stride(o->cmd), left = length_of(o, i);
	unsigned int part;

	for (; left; left -= part, at += part) {
		part = min_t(u64, left, PAGE_SIZE - offset_in_page(at));
		sg_set_page(sg++, o->pages[at >> PAGE_SHIFT], part, offset_in_page(at));
	}
	return sg;
}

/* The buffer's lock is held, it lives and has its memory. */
static struct scatterlist *put_target(const struct opening *o, struct scatterlist *sg, u64 i)
{
	u64 at = o->cmd->offset + i * o->cmd->chunk, left = length_of(o, i) - WARD_KEY_TAG_LEN;
	struct ward_extent extent;

	for (; left; left -= extent.len, at += extent.len) {
		ward_pages_extent(&o->buf->pages, at, left, &extent);
		sg_set_page(sg++, extent.page, extent.len, extent.offset);
	}
	return sg;
}

static int decrypt(struct opening *o, struct scatterlist *dst, u64 i)
{
	__le32 prefix = cpu_to_le32(o->cmd->iv_prefix);
	__le64 index = cpu_to_le64(o->cmd->index + i);
	DECLARE_CRYPTO_WAIT(wait);

	memcpy(o->iv, &prefix, sizeof(prefix));
	memcpy(o->iv + sizeof(prefix), &index, sizeof(index));
	aead_request_set_tfm(o->req, o->cipher->tfm);
	aead_request_set_callback(o->req, 0, crypto_req_done, &wait);
	aead_request_set_ad(o->req, o->cmd->aad_len);
	aead_request_set_crypt(o->req, o->src, dst, length_of(o, i), o->iv);
	return crypto_wait_req(crypto_aead_decrypt(o->req), &wait);
}

/* Both locks are held, and both live. */
static int open_one(struct opening *o, u64 i)
{
	struct scatterlist *src = o->src, *dst = o->dst;
	int ret;

	if (o->cmd->aad_len) {
		sg_set_buf(src++, o->aad, o->cmd->aad_len);
		sg_set_buf(dst++, o->aad, o->cmd->aad_len);
	}
	src = put_source(o, src, i);
	dst = put_target(o, dst, i);
	sg_mark_end(src - 1);
	if (dst > o->dst)
		sg_mark_end(dst - 1);
	/* Where nothing is written, there has to be something all the same. */
	ret = decrypt(o, dst > o->dst ? o->dst : o->src, i);
	sg_unmark_end(src - 1);
	if (dst > o->dst)
		sg_unmark_end(dst - 1);
	return ret;
}

/* All of them are open, with the key's lock held: its end has yet to be recorded. */
static void count(const struct opening *o)
{
	atomic64_add(o->count, &o->key->messages);
	atomic64_add(o->total, &o->key->bytes);
}

static int try_one(struct opening *o, u64 i)
{
	int ret;

	down_read(&o->key->lock);
	ret = ward_key_usable(o->key);
	if (ret)
		goto out;
	ret = -EOWNERDEAD;
	down_read(&o->buf->lock);
	if (!o->buf->end) {
		o->tried++;
		ret = open_one(o, i);
	}
	up_read(&o->buf->lock);
	if (!ret && i == o->count - 1)
		count(o);
out:
	up_read(&o->key->lock);
	return ret;
}

/* ---- all of them ------------------------------------------------------------------------- */

static int open_all(struct opening *o)
{
	int ret = 0;
	u64 i;

	for (i = 0; i < o->count && !ret; i++) {
		ret = fatal_signal_pending(current) ? -EINTR : try_one(o, i);
		cond_resched();
	}
	return ret;
}

/* What was written before it failed. A buffer that has ended is zero already. */
static void take_back(const struct opening *o)
{
	u64 at = o->cmd->offset, left = min(o->tried * o->cmd->chunk, o->total);
	struct ward_extent extent = {};

	for (; left; left -= extent.len, at += extent.len) {
		down_read(&o->buf->lock);
		if (!o->buf->end) {
			ward_pages_extent(&o->buf->pages, at, left, &extent);
			ward_extent_zero(&extent);
		} else {
			extent.len = left;
		}
		up_read(&o->buf->lock);
		cond_resched();
	}
}

static int open_unseen(struct opening *o)
{
	int ret;

	/* Tags alone. */
	if (!o->total)
		return open_all(o);
	ward_veil_draw(o->buf, &o->veil, o->cmd->offset, o->total);
	ret = open_all(o);
	if (ret)
		take_back(o);
	ward_veil_lift(o->buf, &o->veil);
	return ret;
}

/* Its end, by use, waits until all that is taken is settled. */
static int open_allowed(struct opening *o)
{
	struct ward_key *key = o->key;
	u32 end = READ_ONCE(key->end);
	int ret;

	if (end)
		return ward_key_error(end);
	ret = ward_allowance_take(key->allows, o->count);
	if (ret)
		return ret;
	ret = get_cipher(o) ?: open_unseen(o);
	if (ward_allowance_settle(key->allows, o->count, o->count - o->tried))
		ward_key_kill(key->parent ?: key, WARD_END_USES);
	return ret;
}

int ward_cmd_key_open(struct ward_call *call)
{
	struct ward_key_open *cmd = call->cmd;
	struct opening *o;
	int ret = check(cmd);

	if (ret)
		return ret;
	o = opening_new(call->object, cmd);
	if (IS_ERR(o))
		return PTR_ERR(o);
	ret = check_buffer(o) ?: measure(o) ?: pin_source(o) ?: get_tables(o) ?:
	      get_memory(o) ?: open_allowed(o);
	if (!ret)
		cmd->out_bytes = o->total;
	opening_free(o);
	return ret;
}
