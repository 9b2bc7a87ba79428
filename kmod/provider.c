// SPDX-License-Identifier: GPL-2.0-only
/*
 * Providers of evidence: the linked TSM report entry and agents, in places. One
 * of them is the primary one, whose evidence every answer has: the entry, or
 * else the first agent that is not bound beside. Agents beside are asked at the
 * same time over the same report data.
 *
 * providers_lock is a leaf: nothing is called with it held. Who is asked is held
 * by a reference, so that providers come and go while a call is under way.
 */
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/string.h>

#include "critical.h"
#include "evidence.h"
#include "ward.h"

enum {
	TSM_MAX = 1,
	BESIDE_MAX = WARD_PARTS_MAX - 1,
	CHOICES = 3,			/* how often it is chosen anew */
};

static DEFINE_SPINLOCK(providers_lock);	/* protects the next two */
static LIST_HEAD(providers);		/* by place; those with a mere seat too */
static u64 last_serial;

/* ---- evidence ---------------------------------------------------------------- */

/**
 * struct format - evidence whose report data is found without parsing
 * @tee: WARD_TEE_*
 * @version: what its first two bytes say, little endian; 0 = any. A version that is
 *	not here is the verifier's to judge
 * @data_min: bytes
 * @report_data_at: 64 bytes of it, as they were asked for
 */
struct format {
	u32 tee;
	u16 version;
	size_t data_min;
	size_t report_data_at;
};

/*
 * AMD 56860, table 23: 1184 bytes, report data at 0x50. Intel's quotes: a header of
 * 48 bytes, in version 5 with 6 more of type and size, and a TD's body, which is 584
 * bytes long at least and has its report data at 520.
 */
static const struct format formats[] = {
	{ WARD_TEE_SNP, 0, 1184, 0x50 },
	{ WARD_TEE_SIMULATED, 0, 1184, 0x50 },
	{ WARD_TEE_TDX, 4, 48 + 584, 48 + 520 },
	{ WARD_TEE_TDX, 5, 54 + 584, 54 + 520 },
};

static bool is_of(const struct format *format, const struct ward_evidence *ev)
{
	if (format->tee != ev->tee)
		return false;
	return !format->version ||
	       (ev->data_len >= 2 && (ev->data[0] | ev->data[1] << 8) == format->version);
}

static const struct format *format_of(const struct ward_evidence *ev)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(formats); i++)
		if (is_of(&formats[i], ev))
			return &formats[i];
	return NULL;
}

int ward_evidence_check(const struct ward_evidence *ev, const u8 *report_data)
{
	const struct format *format = format_of(ev);

	if (ev->data_len < (format ? format->data_min : 1))
		return -EBADMSG;
	if (format && memcmp(ev->data + format->report_data_at, report_data,
			     WARD_DIGEST_LEN))
		return -EBADMSG;
	return 0;
}

/* What came in is dropped; who it is from stays. */
void ward_evidence_free(struct ward_evidence *ev)
{
	kvfree(ev->data);
	kvfree(ev->aux);
	kvfree(ev->manifest);
	ev->data = NULL;
	ev->aux = NULL;
	ev->manifest = NULL;
	ev->data_len = 0;
	ev->aux_len = 0;
	ev->manifest_len = 0;
}

void ward_evidence_set_free(struct ward_evidence_set *set)
{
	ward_evidence_free(&set->primary);
	kvfree(set->more);
	memset(set, 0, sizeof(*set));
}

/* ---- coming and going ------------------------------------------------------------ */

void ward_provider_init(struct ward_provider *p, const struct ward_provider_ops *ops,
			const char *name, u32 tee, u32 flags)
{
	kref_init(&p->ref);
	INIT_LIST_HEAD(&p->node);
	p->ops = ops;
	p->facts.kind = ops->kind;
	p->facts.tee = tee;
	p->facts.flags = flags;
	strscpy_pad(p->facts.name, name, sizeof(p->facts.name));
}

void ward_provider_get(struct ward_provider *p)
{
	kref_get(&p->ref);
}

static void provider_release(struct kref *ref)
{
	struct ward_provider *p = container_of(ref, struct ward_provider, ref);

	p->ops->release(p);
}

void ward_provider_put(struct ward_provider *p)
{
	kref_put(&p->ref, provider_release);
}

/*
 * The record's number makes each change one of its own: IMA drops what it has
 * already.
 */
static void measure(const struct ward_provider *p, const struct ward_event *ev)
{
	struct {
		u8 instance[WARD_ID_LEN];
		__le64 seq;
		__le32 bound;
		__le32 kind;
		__le32 tee;
		__le32 flags;
		char name[WARD_LABEL_LEN];
	} change = {
		.seq = ev->seq,
		.bound = cpu_to_le32(le16_to_cpu(ev->reason)),
		.kind = cpu_to_le32(p->facts.kind),
		.tee = cpu_to_le32(p->facts.tee),
		.flags = cpu_to_le32(p->facts.flags),
	};

	memcpy(change.instance, ward_instance, sizeof(change.instance));
	memcpy(change.name, p->facts.name, sizeof(change.name));
	ward_critical("ward_provider", &change, sizeof(change));
}

/* No lock of ours is held: to measure sleeps. */
static void record(const struct ward_provider *p, bool bound)
{
	struct ward_event ev = {
		.type = cpu_to_le16(WARD_EVENT_PROVIDER),
		.reason = cpu_to_le16(bound),
		.id = cpu_to_le64(p->facts.kind),
	};

	strscpy((char *)ev.detail, p->facts.name, sizeof(ev.detail));
	ward_ledger_system(&ev);
	measure(p, &ev);
}

static bool is_beside(const struct ward_provider *p)
{
	return p->facts.flags & WARD_AGENT_BESIDE;
}

/* Whom @p would take over from. */
static struct ward_provider *elder_of(const struct ward_provider *p)
{
	struct ward_provider *each;

	lockdep_assert_held(&providers_lock);
	if (p->facts.kind != WARD_PROVIDER_AGENT)
		return NULL;
	list_for_each_entry(each, &providers, node)
		if (each->bound && each->facts.kind == p->facts.kind &&
		    !strcmp(each->facts.name, p->facts.name))
			return each;
	return NULL;
}

static bool has_seat(const struct ward_provider *p)
{
	unsigned int max = p->facts.kind == WARD_PROVIDER_TSM ? TSM_MAX : WARD_AGENTS_MAX;
	const struct ward_provider *elder = elder_of(p);
	unsigned int same = 0, beside = 0;
	struct ward_provider *each;

	lockdep_assert_held(&providers_lock);
	list_for_each_entry(each, &providers, node) {
		if (each == elder)
			continue;
		same += each->facts.kind == p->facts.kind;
		beside += is_beside(each);
	}
	return same < max && (!is_beside(p) || beside < BESIDE_MAX);
}

int ward_provider_seat(struct ward_provider *p)
{
	guard(spinlock)(&providers_lock);
	if (!has_seat(p))
		return p->facts.kind == WARD_PROVIDER_TSM ? -EBUSY : -EUSERS;
	p->facts.serial = ++last_serial;
	list_add_tail(&p->node, &providers);
	return 0;
}

struct ward_provider *ward_provider_bind(struct ward_provider *p)
{
	struct ward_provider *elder;

	spin_lock(&providers_lock);
	elder = elder_of(p);
	if (elder) {
		ward_provider_get(elder);
		elder->bound = false;
		p->facts.serial = elder->facts.serial;
		list_move(&p->node, &elder->node);
		list_del_init(&elder->node);
	}
	p->bound = true;
	spin_unlock(&providers_lock);
	if (elder)
		record(elder, false);
	record(p, true);
	return elder;
}

void ward_provider_unbind(struct ward_provider *p)
{
	bool was_bound;

	spin_lock(&providers_lock);
	was_bound = p->bound;
	p->bound = false;
	list_del_init(&p->node);
	spin_unlock(&providers_lock);
	if (was_bound)
		record(p, false);
}

/* ---- who there is ------------------------------------------------------------------ */

static struct ward_provider *find_primary(void)
{
	struct ward_provider *each, *first = NULL;

	lockdep_assert_held(&providers_lock);
	list_for_each_entry(each, &providers, node) {
		if (!each->bound || is_beside(each))
			continue;
		if (each->facts.kind == WARD_PROVIDER_TSM)
			return each;
		if (!first)
			first = each;
	}
	return first;
}

int ward_provider_primary(struct ward_provider_facts *out)
{
	const struct ward_provider *p;

	guard(spinlock)(&providers_lock);
	p = find_primary();
	if (!p)
		return -ENODEV;
	*out = p->facts;
	out->primary = true;
	return 0;
}

bool ward_provider_after(u64 serial, struct ward_provider_facts *out)
{
	const struct ward_provider *each;

	guard(spinlock)(&providers_lock);
	list_for_each_entry(each, &providers, node) {
		if (!each->bound || each->facts.serial <= serial)
			continue;
		*out = each->facts;
		out->primary = each == find_primary();
		return true;
	}
	return false;
}

bool ward_provider_exclusive(void)
{
	const struct ward_provider *each;

	guard(spinlock)(&providers_lock);
	list_for_each_entry(each, &providers, node)
		if (each->bound && each->facts.flags & WARD_AGENT_EXCLUSIVE)
			return true;
	return false;
}

/* ---- asking ------------------------------------------------------------------------- */

/* A provider's part in one answer; @rc is -EINPROGRESS while it is asked. */
struct turn {
	struct ward_ask ask;
	struct ward_evidence ev;
	int rc;
};

/* A provider's own errors are EIO: what they mean is not in our contract. */
static int public_error(int rc)
{
	switch (rc) {
	case 0:
	case -ENODEV:
	case -ENXIO:
	case -EBADMSG:
	case -EOVERFLOW:
	case -ENOMEM:
		return rc;
	default:
		return -EIO;
	}
}

static void choose(struct turn *turn, struct ward_provider *p, const u8 *report_data)
{
	lockdep_assert_held(&providers_lock);
	ward_provider_get(p);
	memset(turn, 0, sizeof(*turn));
	turn->ask.provider = p;
	turn->ask.report_data = report_data;
	turn->ev.tee = p->facts.tee;
	memcpy(turn->ev.provider, p->facts.name, sizeof(turn->ev.provider));
}

/* The primary one first; 0 where there is none. */
static unsigned int choose_all(struct turn *turns, const u8 *report_data)
{
	struct ward_provider *each;
	unsigned int n = 0;

	guard(spinlock)(&providers_lock);
	each = find_primary();
	if (!each)
		return 0;
	choose(&turns[n++], each, report_data);
	list_for_each_entry(each, &providers, node)
		if (each->bound && is_beside(each) && n < WARD_PARTS_MAX)
			choose(&turns[n++], each, report_data);
	return n;
}

static int start(struct turn *turn)
{
	const struct ward_provider_ops *ops = turn->ask.provider->ops;

	turn->rc = (ops->start ? ops->start(&turn->ask) : 0) ?: -EINPROGRESS;
	return turn->rc;
}

static void cancel(struct turn *turn)
{
	const struct ward_provider_ops *ops = turn->ask.provider->ops;

	if (turn->rc == -EINPROGRESS && ops->cancel)
		ops->cancel(&turn->ask);
}

static void account(struct turn *turn)
{
	struct ward_provider_facts *facts = &turn->ask.provider->facts;

	guard(spinlock)(&providers_lock);
	facts->calls++;
	if (turn->rc)
		facts->errors++;
	else
		facts->generation = turn->ev.generation;
}

static void finish(struct turn *turn)
{
	struct ward_ask *ask = &turn->ask;

	if (turn->rc == -EINPROGRESS)
		turn->rc = ask->provider->ops->finish(ask, &turn->ev) ?:
			   ward_evidence_check(&turn->ev, ask->report_data);
	if (turn->rc)
		ward_evidence_free(&turn->ev);
	account(turn);
}

static void put_all(struct turn *turns, unsigned int n)
{
	while (n--) {
		ward_evidence_free(&turns[n].ev);
		ward_provider_put(turns[n].ask.provider);
	}
}

/*
 * Whoever was unbound between the choice and the start took over, or is gone: it is
 * chosen anew.
 */
static int start_all(struct turn *turns, unsigned int n)
{
	unsigned int i, j;

	for (i = 0; i < n; i++) {
		if (start(&turns[i]) != -EAGAIN)
			continue;
		for (j = 0; j < i; j++)
			cancel(&turns[j]);
		return -EAGAIN;
	}
	return 0;
}

static int choose_and_start(struct turn *turns, const u8 *report_data, unsigned int *n)
{
	int choices;

	for (choices = 0; choices < CHOICES; choices++) {
		*n = choose_all(turns, report_data);
		if (!*n)
			return -ENODEV;
		if (!start_all(turns, *n))
			return 0;
		put_all(turns, *n);
	}
	return -ENXIO;
}

/* ---- the answer ------------------------------------------------------------------------ */

enum { PART_ALIGN = 8 };

static size_t part_size(const struct ward_evidence *ev)
{
	return sizeof(struct ward_evidence_part) + ALIGN(ev->data_len, PART_ALIGN) +
	       ALIGN(ev->aux_len, PART_ALIGN) + ALIGN(ev->manifest_len, PART_ALIGN);
}

/* @to is zeroed: padding needs no more. */
static u8 *pack_bytes(u8 *to, const u8 *data, size_t len)
{
	memcpy(to, data, len);
	return to + ALIGN(len, PART_ALIGN);
}

static u8 *pack_part(u8 *to, const struct turn *turn)
{
	const struct ward_evidence *ev = &turn->ev;
	struct ward_evidence_part *part = (struct ward_evidence_part *)to;

	part->size = part_size(ev);
	part->tee = ev->tee;
	part->data_len = ev->data_len;
	part->aux_len = ev->aux_len;
	part->manifest_len = ev->manifest_len;
	/* No caller's deadline is meant, so that ETIME can say what it was. */
	part->error = turn->rc == -ETIME ? ETIME : -public_error(turn->rc);
	part->generation = ev->generation;
	memcpy(part->provider, ev->provider, sizeof(part->provider));
	to = pack_bytes(to + sizeof(*part), ev->data, ev->data_len);
	to = pack_bytes(to, ev->aux, ev->aux_len);
	return pack_bytes(to, ev->manifest, ev->manifest_len);
}

static int pack_all(const struct turn *turns, unsigned int n, struct ward_evidence_set *out)
{
	size_t len = 0;
	unsigned int i;
	u8 *to;

	if (!n)
		return 0;
	for (i = 0; i < n; i++)
		len += part_size(&turns[i].ev);
	out->more = kvzalloc(len, GFP_KERNEL);
	if (!out->more)
		return -ENOMEM;
	to = out->more;
	for (i = 0; i < n; i++)
		to = pack_part(to, &turns[i]);
	out->more_len = len;
	out->parts = n;
	return 0;
}

/* Nobody waits for those beside once the primary one has failed. */
static int finish_all(struct turn *turns, unsigned int n, struct ward_evidence_set *out)
{
	unsigned int i;
	int rc;

	finish(&turns[0]);
	for (i = 1; i < n; i++) {
		if (turns[0].rc)
			cancel(&turns[i]);
		else
			finish(&turns[i]);
	}
	rc = public_error(turns[0].rc) ?: pack_all(turns + 1, n - 1, out);
	if (rc)
		return rc;
	out->primary = turns[0].ev;
	memset(&turns[0].ev, 0, sizeof(turns[0].ev));
	return 0;
}

/**
 * ward_provider_evidence() - one answer of all providers that are bound
 * @report_data: 64 bytes
 * @out: filled on success, owned by the caller
 *
 * Process context, no lock held; takes as long as the slowest provider.
 *
 * Return: 0 where the primary provider gave evidence; what the others gave, or why
 * not, is told in @out. -ENODEV without a primary provider, -ENXIO, -EBADMSG,
 * -EOVERFLOW, -ENOMEM, or -EIO
 */
int ward_provider_evidence(const u8 *report_data, struct ward_evidence_set *out)
{
	struct turn turns[WARD_PARTS_MAX];
	unsigned int n;
	int rc;

	memset(out, 0, sizeof(*out));
	rc = choose_and_start(turns, report_data, &n);
	if (rc)
		return rc;
	rc = finish_all(turns, n, out);
	put_all(turns, n);
	return rc;
}

static_assert(sizeof(struct ward_evidence_part) == 64);
static_assert(BESIDE_MAX * (sizeof(struct ward_evidence_part) + WARD_EVIDENCE_MAX +
			    WARD_AUX_MAX + WARD_MANIFEST_MAX) == WARD_MORE_MAX);
