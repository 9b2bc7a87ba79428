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
 * checked here. Nothing of the evidence is parsed but the report data, where
 * its place is known.
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
 * @ref: held by the link and by each call under way
 * @item: the entry, referenced
 * @owner: its module, referenced, before @item and longer; NULL = built in
 * @generation: attribute
 * @provider: attribute
 * @blob: attributes; NULL where the entry has none of the kind
 * @blob_nr: their positions in ct_bin_attrs, for is_bin_visible()
 */
struct tsm_source {
	struct kref ref;
	struct config_item *item;
	struct module *owner;
	struct configfs_attribute *generation;
	struct configfs_attribute *provider;
	struct configfs_bin_attribute *blob[BLOBS];
	int blob_nr[BLOBS];
};

/* Formats whose report data can be found without parsing. */
struct tsm_format {
	const char *provider;
	u32 tee;
	size_t data_min;
	size_t report_data_at;		/* 0 = not known */
};

/* AMD 56860, table 23: 1184 bytes, report data at 0x50. */
static const struct tsm_format formats[] = {
	{ "sev_guest", WARD_TEE_SNP, 1184, 0x50 },
	{ "tsmsim", WARD_TEE_SIMULATED, 1184, 0x50 },
	{ "tdx_guest", WARD_TEE_TDX, 1, 0 },
	{ "arm_cca_guest", WARD_TEE_CCA, 1, 0 },
};

/* A leaf: nothing is called with it held. */
static DEFINE_SPINLOCK(source_lock);	/* protects the next three */
static struct tsm_source *source;
static char source_name[WARD_LABEL_LEN];	/* as of the last call */
static u64 source_generation;			/* likewise */

/* ---- the source --------------------------------------------------------------- */

static void source_release(struct kref *ref)
{
	struct tsm_source *src = container_of(ref, struct tsm_source, ref);
	struct module *owner = src->owner;

	config_item_put(src->item);
	module_put(owner);
	kfree(src);
}

static void source_put(struct tsm_source *src)
{
	kref_put(&src->ref, source_release);
}

static struct tsm_source *source_get(void)
{
	guard(spinlock)(&source_lock);
	if (source)
		kref_get(&source->ref);
	return source;
}

static void source_remember(const struct tsm_source *src, const char *name,
			    u64 generation)
{
	guard(spinlock)(&source_lock);
	if (source != src)
		return;
	strscpy_pad(source_name, name, sizeof(source_name));
	source_generation = generation;
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
	src->provider = find_attr(type, "provider");
	find_blobs(src, type);
	return src->generation && src->provider &&
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

void ward_evidence_free(struct ward_evidence *ev)
{
	kvfree(ev->data);
	kvfree(ev->aux);
	kvfree(ev->manifest);
	memset(ev, 0, sizeof(*ev));
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

/* ---- what came back ---------------------------------------------------------------- */

static const struct tsm_format *format_of(const char *provider)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(formats); i++)
		if (!strcmp(formats[i].provider, provider))
			return &formats[i];
	return NULL;
}

/* Evidence that is empty, too short, or speaks of other report data. */
static int check(const struct ward_evidence *ev, const u8 *report_data)
{
	const struct tsm_format *format = format_of(ev->provider);
	size_t min = format ? format->data_min : 1;

	if (ev->data_len < min)
		return -EBADMSG;
	if (format && format->report_data_at &&
	    memcmp(ev->data + format->report_data_at, report_data, WARD_DIGEST_LEN))
		return -EBADMSG;
	return 0;
}

/**
 * ward_tsm_tee() - the kind of TEE that a provider's name stands for
 * @provider: as configfs-tsm gives it
 *
 * Return: WARD_TEE_*, WARD_TEE_NONE for a name that is not known
 */
u32 ward_tsm_tee(const char *provider)
{
	const struct tsm_format *format = format_of(provider);

	return format ? format->tee : WARD_TEE_NONE;
}

static int get_from(struct tsm_source *src, const u8 *report_data, char *page,
		    struct ward_evidence *out)
{
	int rc;

	rc = ask(src, report_data, page, out);
	/* What the core says when the provider left between write and read. */
	if (rc == -ENOTTY)
		return -ENXIO;
	if (rc)
		return rc;
	rc = attr_show(src, src->provider, page);
	if (rc)
		return rc;
	strscpy_pad(out->provider, page, sizeof(out->provider));
	out->tee = ward_tsm_tee(out->provider);
	source_remember(src, out->provider, out->generation);
	return check(out, report_data);
}

static int tsm_get(const u8 *report_data, struct ward_evidence *out)
{
	struct tsm_source *src = source_get();
	unsigned long page;
	int rc;

	memset(out, 0, sizeof(*out));
	if (!src)
		return -ENODEV;
	page = __get_free_page(GFP_KERNEL);
	rc = page ? get_from(src, report_data, (char *)page, out) : -ENOMEM;
	free_page(page);
	source_put(src);
	if (rc)
		ward_evidence_free(out);
	return rc;
}

static int tsm_peek(char *name, u64 *generation)
{
	guard(spinlock)(&source_lock);
	if (!source)
		return -ENODEV;
	memcpy(name, source_name, sizeof(source_name));
	*generation = source_generation;
	return 0;
}

/* ---- the link -------------------------------------------------------------------------- */

static void record_provider(bool attached, const char *name)
{
	struct ward_event ev = {
		.type = cpu_to_le16(WARD_EVENT_PROVIDER),
		.reason = cpu_to_le16(attached),
	};

	strscpy((char *)ev.detail, name, sizeof(ev.detail));
	ward_ledger_system(&ev);
}

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
	kref_init(&src->ref);
	src->owner = type->ct_owner;
	src->item = config_item_get(target);
	return src;
}

static int source_name_of(struct tsm_source *src, char *name, u64 *generation)
{
	char *page = (char *)__get_free_page(GFP_KERNEL);
	int rc = -ENOMEM;

	if (page)
		rc = attr_show(src, src->provider, page);
	if (!rc) {
		strscpy_pad(name, page, WARD_LABEL_LEN);
		rc = attr_generation(src, page, generation);
	}
	free_page((unsigned long)page);
	return rc;
}

static bool source_publish(struct tsm_source *src, const char *name, u64 generation)
{
	guard(spinlock)(&source_lock);
	if (source)
		return false;
	source = src;
	memcpy(source_name, name, sizeof(source_name));
	source_generation = generation;
	return true;
}

/* Runs before the link exists; drop_link() follows if that fails. */
static int tsm_allow_link(struct config_item *item, struct config_item *target)
{
	struct tsm_source *src = source_new(target);
	char name[WARD_LABEL_LEN];
	u64 generation;
	int rc;

	if (IS_ERR(src))
		return PTR_ERR(src);
	rc = source_name_of(src, name, &generation);
	if (!rc && !source_publish(src, name, generation))
		rc = -EBUSY;
	if (rc) {
		source_put(src);
		return rc;
	}
	record_provider(true, name);
	return 0;
}

/* Only swaps the pointer: a call under way has references of its own. */
static void tsm_drop_link(struct config_item *item, struct config_item *target)
{
	char name[WARD_LABEL_LEN];
	struct tsm_source *old;

	spin_lock(&source_lock);
	old = source;
	source = NULL;
	memcpy(name, source_name, sizeof(name));
	spin_unlock(&source_lock);
	if (!old)
		return;
	record_provider(false, name);
	source_put(old);
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

static int tsm_get(const u8 *report_data, struct ward_evidence *out)
{
	memset(out, 0, sizeof(*out));
	return -ENODEV;
}

static int tsm_peek(char *name, u64 *generation)
{
	return -ENODEV;
}

void ward_evidence_free(struct ward_evidence *ev)
{
	memset(ev, 0, sizeof(*ev));
}

u32 ward_tsm_tee(const char *provider)
{
	return WARD_TEE_NONE;
}

int ward_tsm_init(void)
{
	return 0;
}

void ward_tsm_exit(void)
{
}

#endif

const struct ward_provider_ops ward_tsm_ops = {
	.name = "configfs-tsm",
	.get = tsm_get,
	.peek = tsm_peek,
};
