// SPDX-License-Identifier: GPL-2.0-only
/*
 * Evidence by way of configfs-tsm. The kernel has no interface for consumers
 * of TSM reports, so root makes a report entry and links it to us:
 *
 *	mkdir /sys/kernel/config/tsm/report/ward /sys/kernel/config/ward/tsm
 *	ln -s /sys/kernel/config/tsm/report/ward /sys/kernel/config/ward/tsm/source
 *
 * allow_link() hands us the entry, whose public attribute operations are then
 * called as configfs itself would call them: no files, no paths, no
 * credentials. What configfs would check on the way (sizes, visibility) is
 * checked here.
 */
#include <linux/configfs.h>
#include <linux/module.h>
#include <linux/slab.h>

#include "evidence.h"
#include "ward.h"

#ifdef WARD_HAVE_TSM

enum {
	INBLOB,
	OUTBLOB,
	AUXBLOB,
	MANIFESTBLOB,
	BLOBS,
};

static const char * const blob_names[BLOBS] = {
	[INBLOB] = "inblob",
	[OUTBLOB] = "outblob",
	[AUXBLOB] = "auxblob",
	[MANIFESTBLOB] = "manifestblob",
};

/* How often a foreign write between ours and the end is tried again. */
enum { GENERATION_TRIES = 3 };

/**
 * struct tsm_source - a linked report entry
 * @provider: its place; the link holds the source
 * @item: the entry, referenced
 * @owner: its module, referenced, before @item and longer; NULL = built in
 * @generation: attribute
 * @name: attribute "provider"
 * @blob: attributes; NULL where the entry has none of the kind
 * @blob_nr: their positions in ct_bin_attrs, for is_bin_visible()
 */
struct tsm_source {
	struct ward_provider provider;
	struct config_item *item;
	struct module *owner;
	struct configfs_attribute *generation;
	struct configfs_attribute *name;
	struct configfs_bin_attribute *blob[BLOBS];
	int blob_nr[BLOBS];
};

/* What the providers of the kernel's TSM core call themselves. */
static const struct {
	const char *provider;
	u32 tee;
} tees[] = {
	{ "sev_guest", WARD_TEE_SNP },
	{ "tsmsim", WARD_TEE_SIMULATED },
	{ "tdx_guest", WARD_TEE_TDX },
	{ "arm_cca_guest", WARD_TEE_CCA },
};

/* The one that is linked; drop_link() takes it out. */
static struct tsm_source *source;

/* ---- the source --------------------------------------------------------------- */

static struct tsm_source *to_source(struct ward_provider *provider)
{
	return container_of(provider, struct tsm_source, provider);
}

static void tsm_release(struct ward_provider *provider)
{
	struct tsm_source *src = to_source(provider);
	struct module *owner = src->owner;

	config_item_put(src->item);
	module_put(owner);
	kfree(src);
}

static struct configfs_attribute *find_attr(const struct config_item_type *type,
					    const char *name)
{
	struct configfs_attribute **attr;

	for (attr = type->ct_attrs; attr && *attr; attr++)
		if (!strcmp((*attr)->ca_name, name) && (*attr)->show)
			return *attr;
	return NULL;
}

static void find_blobs(struct tsm_source *src, const struct config_item_type *type)
{
	struct configfs_bin_attribute **attr;
	int i, nr = 0;

	for (attr = type->ct_bin_attrs; attr && *attr; attr++, nr++)
		for (i = 0; i < BLOBS; i++)
			if (!strcmp((*attr)->cb_attr.ca_name, blob_names[i])) {
				src->blob[i] = *attr;
				src->blob_nr[i] = nr;
			}
}

/* Is it a report entry of the kernel's own TSM core, and a whole one? */
static bool source_fits(struct tsm_source *src, const struct config_item_type *type)
{
	const char *owner = type->ct_owner ? type->ct_owner->name : NULL;

	if (owner && strcmp(owner, "tsm") && strcmp(owner, "tsm_report"))
		return false;
	src->generation = find_attr(type, "generation");
	src->name = find_attr(type, "provider");
	find_blobs(src, type);
	return src->generation && src->name &&
	       src->blob[INBLOB] && src->blob[INBLOB]->write &&
	       src->blob[OUTBLOB] && src->blob[OUTBLOB]->read;
}

/* ---- calling attributes ---------------------------------------------------------- */

/* @page: PAGE_SIZE, page aligned. The value without its line end, a string. */
static int attr_show(struct tsm_source *src, struct configfs_attribute *attr,
		     char *page)
{
	ssize_t len = attr->show(src->item, page);

	if (len < 0)
		return len;
	page[min_t(ssize_t, len, PAGE_SIZE - 1)] = 0;
	page[strcspn(page, "\n")] = 0;
	return 0;
}

static int attr_generation(struct tsm_source *src, char *page, u64 *generation)
{
	return attr_show(src, src->generation, page) ?:
	       kstrtou64(page, 10, generation);
}

/*
 * Read a blob of at most @max bytes into *@out, owned by the caller; *@out
 * stays NULL where it is empty or the provider has none of the kind.
 */
static int blob_read(struct tsm_source *src, int which, size_t max, u8 **out,
		     size_t *out_len)
{
	struct configfs_bin_attribute *attr = src->blob[which];
	ssize_t len, got;
	u8 *buf;

	if (!attr || !attr->read ||
	    !ward_configfs_bin_visible(src->item, attr, src->blob_nr[which]))
		return 0;
	len = attr->read(src->item, NULL, 0);
	if (len <= 0)
		return len;
	if (len > max)
		return -EOVERFLOW;
	buf = kvmalloc(len, GFP_KERNEL);
	if (!buf)
		return -ENOMEM;
	got = attr->read(src->item, buf, len);
	if (got != len) {
		kvfree(buf);
		return got < 0 ? got : -EBADMSG;
	}
	*out = buf;
	*out_len = len;
	return 0;
}

static int read_blobs(struct tsm_source *src, struct ward_evidence *out)
{
	return blob_read(src, OUTBLOB, WARD_EVIDENCE_MAX, &out->data, &out->data_len) ?:
	       blob_read(src, AUXBLOB, WARD_AUX_MAX, &out->aux, &out->aux_len) ?:
	       blob_read(src, MANIFESTBLOB, WARD_MANIFEST_MAX, &out->manifest,
			 &out->manifest_len);
}

/*
 * One write and the reads that belong to it. -ERESTART when somebody else
 * wrote to the entry meanwhile, so that what was read may be theirs.
 */
static int ask_once(struct tsm_source *src, const u8 *report_data, char *page,
		    struct ward_evidence *out)
{
	struct configfs_bin_attribute *in = src->blob[INBLOB];
	u64 before, after;
	ssize_t written;
	int rc;

	rc = attr_generation(src, page, &before);
	if (rc)
		return rc;
	written = in->write(src->item, report_data, WARD_DIGEST_LEN);
	if (written < 0)
		return written;
	rc = read_blobs(src, out);
	if (rc)
		return rc;
	rc = attr_generation(src, page, &after);
	if (rc)
		return rc;
	out->generation = after;
	return after == before + 1 ? 0 : -ERESTART;
}

static int ask(struct tsm_source *src, const u8 *report_data, char *page,
	       struct ward_evidence *out)
{
	int tries, rc = -ERESTART;

	for (tries = 0; rc == -ERESTART && tries < GENERATION_TRIES; tries++) {
		ward_evidence_free(out);
		rc = ask_once(src, report_data, page, out);
	}
	return rc == -ERESTART ? -EBADMSG : rc;
}

static int get_from(struct tsm_source *src, const u8 *report_data, char *page,
		    struct ward_evidence *out)
{
	int rc = ask(src, report_data, page, out);

	/* What the core says when the provider left between write and read. */
	if (rc == -ENOTTY)
		return -ENXIO;
	/* Where it left later, what was read last is not whole, and it has no name. */
	return rc ?: attr_show(src, src->name, page);
}

static int tsm_finish(struct ward_ask *call, struct ward_evidence *out)
{
	char *page = (char *)__get_free_page(GFP_KERNEL);
	int rc = -ENOMEM;

	if (page)
		rc = get_from(to_source(call->provider), call->report_data, page, out);
	free_page((unsigned long)page);
	return rc;
}

static const struct ward_provider_ops tsm_ops = {
	.kind = WARD_PROVIDER_TSM,
	.finish = tsm_finish,
	.release = tsm_release,
};

/* ---- the link -------------------------------------------------------------------------- */

static struct tsm_source *source_new(struct config_item *target)
{
	const struct config_item_type *type = target->ci_type;
	struct tsm_source *src;

	if (!type)
		return ERR_PTR(-EINVAL);
	src = kzalloc(sizeof(*src), GFP_KERNEL);
	if (!src)
		return ERR_PTR(-ENOMEM);
	if (!source_fits(src, type)) {
		kfree(src);
		return ERR_PTR(-EINVAL);
	}
	/* The module first: the item's release is its code. */
	if (!try_module_get(type->ct_owner)) {
		kfree(src);
		return ERR_PTR(-ENXIO);
	}
	src->owner = type->ct_owner;
	src->item = config_item_get(target);
	return src;
}

static u32 tee_of(const char *provider)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(tees); i++)
		if (!strcmp(tees[i].provider, provider))
			return tees[i].tee;
	return WARD_TEE_NONE;
}

/* The core takes no other provider while the entry is there: the name stays. */
static int source_name(struct tsm_source *src)
{
	char *page = (char *)__get_free_page(GFP_KERNEL);
	int rc = -ENOMEM;

	if (page)
		rc = attr_show(src, src->name, page);
	if (!rc) {
		ward_provider_init(&src->provider, &tsm_ops, page, tee_of(page), 0);
		rc = attr_generation(src, page, &src->provider.facts.generation);
	}
	free_page((unsigned long)page);
	return rc;
}

/* Runs before the link exists; drop_link() follows if that fails. */
static int tsm_allow_link(struct config_item *item, struct config_item *target)
{
	struct tsm_source *src = source_new(target);
	int rc;

	if (IS_ERR(src))
		return PTR_ERR(src);
	rc = source_name(src) ?: ward_provider_seat(&src->provider);
	if (rc) {
		tsm_release(&src->provider);
		return rc;
	}
	WRITE_ONCE(source, src);
	ward_provider_bind(&src->provider);
	return 0;
}

/* Waits for nobody: a call under way has references of its own. */
static void tsm_drop_link(struct config_item *item, struct config_item *target)
{
	struct tsm_source *src = xchg(&source, NULL);

	if (!src)
		return;
	ward_provider_unbind(&src->provider);
	ward_provider_put(&src->provider);
}

/* ---- configfs: ward/ and ward/tsm ---------------------------------------------------------- */

static void tsm_item_release(struct config_item *item)
{
	kfree(to_config_group(item));
}

static ward_configfs_const struct configfs_item_operations tsm_item_ops = {
	.release = tsm_item_release,
	.allow_link = tsm_allow_link,
	.drop_link = tsm_drop_link,
};

static const struct config_item_type tsm_item_type = {
	.ct_owner = THIS_MODULE,
	.ct_item_ops = &tsm_item_ops,
};

/* A made directory, since a link in the subsystem's root would not pin us. */
static struct config_group *ward_make_group(struct config_group *parent,
					    const char *name)
{
	struct config_group *group;

	if (strcmp(name, "tsm"))
		return ERR_PTR(-EINVAL);
	group = kzalloc(sizeof(*group), GFP_KERNEL);
	if (!group)
		return ERR_PTR(-ENOMEM);
	config_group_init_type_name(group, name, &tsm_item_type);
	return group;
}

static ward_configfs_const struct configfs_group_operations ward_root_ops = {
	.make_group = ward_make_group,
};

static const struct config_item_type ward_root_type = {
	.ct_owner = THIS_MODULE,
	.ct_group_ops = &ward_root_ops,
};

static struct configfs_subsystem ward_subsystem = {
	.su_group = {
		.cg_item = {
			.ci_namebuf = "ward",
			.ci_type = &ward_root_type,
		},
	},
};

int ward_tsm_init(void)
{
	config_group_init(&ward_subsystem.su_group);
	mutex_init(&ward_subsystem.su_mutex);
	return configfs_register_subsystem(&ward_subsystem);
}

void ward_tsm_exit(void)
{
	configfs_unregister_subsystem(&ward_subsystem);
}

#else /* !WARD_HAVE_TSM: no such core, nothing to attach */

int ward_tsm_init(void)
{
	return 0;
}

void ward_tsm_exit(void)
{
}

#endif
