/* SPDX-License-Identifier: MIT */
/*
 * A class A buffer from its file to its last reference: kmod/buffer.c, fault.c, map.c, bind.c,
 * roll.c and volatile.c, whose names these are. It has two chunks, and the second is lazy.
 * Searched whole by tests/model/buffer.sh: for every order of a thread that faults and
 * writes, a process that wipes by a passed fd, a call that decrypts into the buffer, its
 * owner's exit, the revocation of its session, and reclaim.
 *
 * What must hold: nobody's write reaches memory that was given back; what is given back,
 * recorded and uncharged is zero, out of every page table, and is so once; no chunk is lost;
 * whoever was told that the buffer has ended may rely on that; nothing of the buffer is
 * touched after its last reference, and that reference goes.
 *
 * FAULT_* plants one mistake each, which the search has to find.
 */
#define CHUNKS	2

mtype = { NONE, MM, CLOSE, WIPE, REVOKE, PURGE };

/* struct ward_buf */
byte ref = 1;			/* the file's */
mtype end = NONE;
bool zeroed, gone;
bool is_volatile = true;
byte readers;			/* of ward_buf::lock */
bool writer;
/* its file: an fd of the owner's, the mapping, an fd that was passed on */
byte file = 3;
bool linked = true;		/* ward_tie::node */
bool in_roll = true;

/* the memory */
bool present[CHUNKS];
bool dirty[CHUNKS];		/* holds what somebody wrote */
bool given_back[CHUNKS];
bool pte[CHUNKS];		/* of the owner's mapping */
/* what is counted to judge by */
byte records;
bool charged = true;
bool freed;
byte threads;			/* of the owner's mm */
byte over;			/* who is done */

/* ---- locks and references ------------------------------------------------------- */

inline down_read()
{
	atomic { !writer -> assert(!freed); readers++ }
}

inline up_read()
{
	readers--
}

inline down_write()
{
	atomic { !writer && readers == 0 -> assert(!freed); writer = true }
}

inline up_write()
{
	writer = false
}

inline ward_buf_put()
{
	atomic {
		assert(!freed && ref > 0);
		ref--;
		if
		:: ref == 0 -> assert(end == NONE || zeroed); freed = true
		:: else
		fi
	}
}

/* ---- the end -------------------------------------------------------------------- */

/* In steps: entries that are not looked at yet are still used. */
inline hide()
{
	pte[0] = false;
	pte[1] = false
}

inline zero_chunk(c)
{
	if
	:: present[c] -> assert(!given_back[c]); dirty[c] = false
	:: else
	fi
}

inline record_end()
{
	atomic {
		assert(zeroed && !dirty[0] && !dirty[1] && !pte[0] && !pte[1]);
		assert(charged);
		records++;
		charged = false
	}
}

inline give_back(c)
{
	atomic {
		if
		:: present[c] -> assert(!given_back[c] && !dirty[c] && !pte[c]);
			present[c] = false;
			given_back[c] = true
		:: else
		fi
	}
}

inline ward_buf_finish()
{
	assert(end != NONE && !zeroed && !gone);
#ifdef FAULT_ORDER
	zero_chunk(0);
	zero_chunk(1);
	hide();
#else
#ifndef FAULT_HIDE
	hide();
#endif
#ifdef FAULT_EARLY
	atomic { records++; charged = false; assert(!dirty[0] && !dirty[1]) };
#endif
	zero_chunk(0);
	zero_chunk(1);
#endif
	zeroed = true;
#ifndef FAULT_EARLY
	record_end();
#endif
	give_back(0);
	give_back(1);
	gone = true
}

inline ward_buf_mark_dead(reason, first)
{
	first = (end == NONE);
	if
	:: first -> end = reason; is_volatile = false
	:: else
	fi
}

inline kill_or_hide(reason, first)
{
#ifdef FAULT_MARK
	first = (end == NONE);
	down_write();
	if
	:: first -> end = reason; is_volatile = false
	:: else
	fi;
#else
	down_write();
	ward_buf_mark_dead(reason, first);
#endif
	up_write();
	if
	:: first -> ward_buf_finish()
	:: else ->
		if
		:: !gone -> hide()
		:: else
		fi
	fi
}

/* When it returns, no byte is left, whoever did the work. */
inline ward_buf_kill(reason, first)
{
	kill_or_hide(reason, first);
#ifndef FAULT_WAIT
	gone;
#endif
	assert(gone && zeroed && !charged && records == 1)
}

/* fput(); the last one is ward_buf_release(). */
inline fput(last, first)
{
	atomic { file--; last = (file == 0) };
	if
	:: last ->
		ward_buf_kill(CLOSE, first);
		linked = false;		/* ward_bind_unlink() */
		in_roll = false;	/* ward_roll_drop() */
		ward_buf_put()
	:: else
	fi
}

/* ---- who uses it ---------------------------------------------------------------- */

/* By an entry; a processor does it in one step. */
inline write(c)
{
	atomic {
		if
		:: pte[c] -> assert(!given_back[c]); dirty[c] = true
		:: else
		fi
	}
}

/* ward_fault(): a lazy chunk is had without the lock. */
inline fault(c, chunk)
{
	chunk = false;
again:
	down_read();
#ifdef FAULT_FAULT
	up_read();
#endif
	if
	:: end == NONE && present[c] -> pte[c] = true
	:: end == NONE && !present[c] -> chunk = true	/* WARD_FAULT_ABSENT */
	:: else						/* SIGBUS */
	fi;
#ifndef FAULT_FAULT
	up_read();
#endif
	if
	:: chunk ->			/* get_chunk() */
		down_read();
		if
#ifdef FAULT_LAZY
		:: !present[c] -> present[c] = true
#else
		:: end == NONE && !present[c] -> present[c] = true
#endif
		:: else			/* ward_chunk_free(): it was never mapped */
		fi;
		up_read();
		chunk = false;
		goto again
	:: else
	fi
}

/* Of the owner's mm. */
proctype thread(byte c)
{
	bool chunk;

	if
	:: fault(c, chunk);
		write(c);
		write(c)
	:: skip
	fi;
	atomic { threads--; over++ }
}

#ifdef FAULT_GUP
/* Where get_user_pages() took a page, its holder writes without any entry. */
proctype pinner()
{
	bool held;

	atomic { held = pte[0] };
	if
	:: held -> atomic { assert(!given_back[0]); dirty[0] = true }
	:: else
	fi;
	over++
}
#endif

#ifdef FAULT_FORK
/* Where fork() copied entries, the child's are in no list that is being unmapped any more. */
proctype child()
{
	bool entry;

	atomic { entry = pte[0] };
	if
	:: entry -> atomic { assert(!given_back[0]); dirty[0] = true }
	:: else
	fi;
	over++
}
#endif

/* WARD_KEY_OPEN: from the kernel's own mapping, with the lock held over test and write. */
proctype opener()
{
	bool alive;

	atomic {		/* ward_buf_get_fd() */
		if
		:: file > 0 -> assert(!freed); ref++
		:: else -> goto out
		fi
	};
	down_read();
	alive = (end == NONE);
#ifdef FAULT_FILL
	up_read();
#endif
	if
	:: alive -> atomic { assert(!given_back[0]); dirty[0] = true }
	:: else
	fi;
#ifndef FAULT_FILL
	up_read();
#endif
	ward_buf_put();
out:
	over++
}

/* ---- who ends it ---------------------------------------------------------------- */

/* Another process, with an fd: WARD_BUF_WIPE, and it closes the fd. */
proctype wiper()
{
	bool first, last;

	if
	:: ward_buf_kill(WIPE, first)
	:: skip
	fi;
	fput(last, first);
	over++
}

/* The owner's mm: bind_release() comes before its entries go. */
proctype exiter()
{
	bool first, last, tied;

	threads == 0;
	fput(last, first);		/* its fd */
#ifdef FAULT_HOLD
	atomic { tied = linked; linked = false };
#else
	atomic {			/* take_first() */
		tied = linked;
		linked = false;
		if
		:: tied -> assert(!freed); ref++	/* tie_hold() */
		:: else
		fi
	};
#endif
	if
	:: tied ->
		ward_buf_kill(MM, first);
#ifndef FAULT_LEAK
		ward_buf_put()
#endif
	:: else
	fi;
	hide();				/* exit_mmap() */
	fput(last, first);		/* the mapping */
	over++
}

/* ward_session_end_all() of two rounds: none is left alone while another is slow. */
proctype revoker()
{
	bool first, found;
	byte round;

	do
	:: round == 2 -> break
	:: round < 2 ->
		atomic {		/* ward_roll_after() */
			found = in_roll;
			if
			:: found -> assert(!freed); ref++
			:: else
			fi
		};
		if
		:: found && round == 0 -> kill_or_hide(REVOKE, first); ward_buf_put()
		:: found && round == 1 -> ward_buf_kill(REVOKE, first); ward_buf_put()
		:: else
		fi;
		round++
	od;
	over++
}

/* mark_oldest() only tries; ward_volatile_forget() takes it out with the lock held. */
proctype reclaim()
{
	bool found, first;

	atomic {
		found = is_volatile && !writer && readers == 0;
		if
		:: found -> assert(!freed); writer = true; ref++
		:: else
		fi
	};
	if
	:: found ->
		ward_buf_mark_dead(PURGE, first);
		up_write();
		assert(first);
		ward_buf_finish();
		ward_buf_put()
	:: else
	fi;
	over++
}

/* ---- all of it ------------------------------------------------------------------ */

init
{
	byte n;

	atomic {
		present[0] = true;
		run thread(0);
		run exiter();
		threads = 1;
		n = 2;
#ifdef LAZY
		run thread(1);
		threads++;
		n++;
#endif
#ifdef FAULT_GUP
		run pinner();
		n++;
#endif
#ifdef FAULT_FORK
		run child();
		n++;
#endif
#ifdef OPENER
		run opener();
		n++;
#endif
#ifdef REVOKER
		run revoker();
		n++;
#endif
#ifdef RECLAIM
		run reclaim();
		n++;
#endif
		run wiper();
		n++
	}
	over == n;
	assert(end != NONE && zeroed && gone && records == 1 && !charged);
	assert(!present[0] && !present[1]);
	assert(freed && ref == 0)
}
