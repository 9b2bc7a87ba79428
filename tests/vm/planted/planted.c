// SPDX-License-Identifier: GPL-2.0-only
/*
 * Faults on purpose, one for each judge of the debug kernel that could be asleep
 * without anybody noticing. Loading it commits the one that is named, and fails, so
 * that it can be loaded again.
 */
#include <linux/delay.h>
#include <linux/kthread.h>
#include <linux/list.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/slab.h>
#include <linux/spinlock.h>

static char *kind = "";
module_param(kind, charp, 0);
MODULE_PARM_DESC(kind, "order, sleep, freed, shift, list, lost or race");

static DEFINE_MUTEX(first);
static DEFINE_MUTEX(second);
static DEFINE_SPINLOCK(spin);

static void lock_both(struct mutex *outer, struct mutex *inner)
{
	mutex_lock(outer);
	mutex_lock(inner);
	mutex_unlock(inner);
	mutex_unlock(outer);
}

static void plant_order(void)
{
	lock_both(&first, &second);
	lock_both(&second, &first);
}

static void plant_sleep(void)
{
	spin_lock(&spin);
	might_sleep();
	spin_unlock(&spin);
}

static void plant_freed(void)
{
	volatile char *p = kmalloc(64, GFP_KERNEL);

	if (!p)
		return;
	kfree((void *)p);
	p[8] = 1;
}

static void plant_shift(void)
{
	static volatile int by = 40;
	static volatile int value = 1;

	value <<= by;
}

static void plant_list(void)
{
	LIST_HEAD(head);
	struct list_head node;

	list_add(&node, &head);
	list_del(&node);
	list_del(&node);
}

/* Several: a pointer to one may lie about somewhere. */
static void plant_lost(void)
{
	int i;

	for (i = 0; i < 16; i++)
		if (!kmalloc(200, GFP_KERNEL))
			return;
}

/* Not static: the compiler must not make one store of all. */
u64 planted_word;

static int race_on(void *unused)
{
	while (!kthread_should_stop()) {
		planted_word++;
		cond_resched();
	}
	return 0;
}

/* The detector looks at one access in thousands. */
static void plant_race(void)
{
	struct task_struct *racers[2];
	int i;

	for (i = 0; i < ARRAY_SIZE(racers); i++)
		racers[i] = kthread_run(race_on, NULL, "racer");
	msleep(5000);
	for (i = 0; i < ARRAY_SIZE(racers); i++)
		if (!IS_ERR(racers[i]))
			kthread_stop(racers[i]);
}

static int __init planted_init(void)
{
	static const struct {
		const char *kind;
		void (*plant)(void);
	} faults[] = {
		{ "order", plant_order }, { "sleep", plant_sleep },
		{ "freed", plant_freed }, { "shift", plant_shift },
		{ "list", plant_list }, { "lost", plant_lost }, { "race", plant_race },
	};
	int i;

	for (i = 0; i < ARRAY_SIZE(faults); i++)
		if (!strcmp(kind, faults[i].kind))
			faults[i].plant();
	return -ECANCELED;
}

module_init(planted_init);
MODULE_DESCRIPTION("Faults on purpose");
MODULE_LICENSE("GPL");
