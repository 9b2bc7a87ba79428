# SPDX-License-Identifier: GPL-2.0-only
# Feature probes, included by Kbuild: $(call ward-probe,header,pattern,name)
# defines WARD_HAVE_name when the kernel's header matches the pattern (in which a
# dot stands for a comma, and for a parenthesis, which make would count).
ward-probe = $(if $(shell grep -sqE '$(2)' $(srctree)/include/$(1) && echo y),-DWARD_HAVE_$(3))

ccflags-y += $(call ward-probe,linux/mm.h,vm_flags_set.,VM_FLAGS_SET)
# A fault's lock is the VMA's own from 6.6 on.
ccflags-y += $(call ward-probe,linux/mm.h,release_fault_lock.struct,FAULT_LOCK)
# vmf_insert_pfn_pmd takes a plain pfn from 6.17 on.
ccflags-y += $(call ward-probe,linux/huge_mm.h,vmf_insert_pfn_pmd.struct vm_fault \*vmf. unsigned long pfn,PFN_PMD_PLAIN)
# The TSM report core came with 6.7, for arm64 with 6.13: where no guest's module asks for
# it, it is not built though the header is there.
ifneq ($(CONFIG_TSM_REPORTS),)
ccflags-y += $(call ward-probe,linux/tsm.h,TSM_REPORT|TSM_INBLOB,TSM)
endif
# fsverity_get_digest is exported since it takes both algorithms' ids (6.4).
ccflags-y += $(call ward-probe,linux/fsverity.h,u8 \*alg. enum hash_algo \*halg,VERITY_DIGEST)
# Dumpability is the task's, not the mm's, in newer 7.x.
ccflags-y += $(call ward-probe,linux/sched/exec_state.h,struct task_exec_state ,EXEC_STATE)
# configfs operations are const in 7.x.
ccflags-y += $(call ward-probe,linux/configfs.h,const struct configfs_item_operations.\*ct_item_ops,CONFIGFS_CONST)
# configfs can hide attributes from 6.10 on.
ccflags-y += $(call ward-probe,linux/configfs.h,is_bin_visible,CONFIGFS_VISIBLE)
# Shrinkers are allocated from 6.7 on.
ccflags-y += $(call ward-probe,linux/shrinker.h,shrinker_alloc.unsigned,SHRINKER_ALLOC)
# A list_lru finds node and cgroup of an object by functions of their own from 6.8 on.
ccflags-y += $(call ward-probe,linux/list_lru.h,list_lru_add_obj.struct,LRU_OBJ)
# A walk of a list_lru handed its lock to the callback up to 6.12.
ccflags-y += $(call ward-probe,linux/list_lru.h,struct list_lru_one \*list. spinlock_t \*lock. void \*cb_arg,LRU_WALK_LOCK)
# hex2bin moved out of linux/kernel.h.
ccflags-y += $(call ward-probe,linux/hex.h,hex2bin,HEX)
# crypto_memneq moved out of crypto/algapi.h.
ccflags-y += $(call ward-probe,crypto/utils.h,crypto_memneq,CRYPTO_UTILS)
# hrtimer_setup takes the function from 6.13 on.
ccflags-y += $(call ward-probe,linux/hrtimer.h,void hrtimer_setup.struct hrtimer,HRTIMER_SETUP)
# Memory that the host has given and the guest has not taken yet (6.5).
ccflags-y += $(call ward-probe,linux/mmzone.h,NR_UNACCEPTED,UNACCEPTED)
# arm64 can be a realm's guest from 6.13 on; the header is the architecture's.
ccflags-y += $(call ward-probe,../arch/arm64/include/asm/rsi.h,is_realm_world,REALM)
# X25519 is a function of the library's, not an inline choice, in newer 7.x.
ccflags-y += $(call ward-probe,crypto/curve25519.h,^curve25519.u8 mypublic,CURVE25519_FUNCTION)
