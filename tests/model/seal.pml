/* SPDX-License-Identifier: MIT */
/*
 * A session's figures, from the first charge to its tombstone: kmod/ledger.c, wait.c,
 * buffer.c, session.c and attest.c, whose names these are. There is room for one buffer.
 * Searched whole by tests/model/seal.sh: for every order of two who make a buffer each, use
 * it and end it, or give up in between, of the seal, and of who asks for a receipt, of the
 * session while its file is open, and of its tombstone.
 *
 * What must hold: nothing is charged or made after the seal; a receipt is given only while no
 * buffer in any state holds a byte, and none does from then on; what it counts as made it
 * counts as wiped; who waits for room is told, one way or the other; a buffer is charged and
 * uncharged once.
 *
 * FAULT_* plants one mistake each, which the search has to find.
 */
#define MAKERS	2
#define LIMIT	1

mtype = { WAITING, GRANTED, REFUSED };

/* struct ward_totals, under ward_ledger_lock: each of its uses is one step */
byte live;
byte alloc_buffers, wiped_buffers;
bool WARD_STATE_SEALED, WARD_STATE_TOMBSTONE;
/* struct ward_waiter of each maker */
mtype result[MAKERS] = REFUSED;
bool in_line[MAKERS];
/* the session, and its open file: an fd for everybody here */
byte ref = 1;
byte file = MAKERS + 2;
/* what is counted to judge by */
bool charged[MAKERS];
bool holds[MAKERS];		/* memory in which bytes may be */
bool receipt;			/* one was given */
byte over;

#ifdef FAULT_CLOSED
#define may_hold()	(!WARD_STATE_TOMBSTONE)
#else
#define may_hold()	(!WARD_STATE_SEALED)
#endif

/* ---- bytes ---------------------------------------------------------------------- */

inline add_live(i)
{
	assert(!charged[i] && live < LIMIT);
	assert(!WARD_STATE_SEALED && !WARD_STATE_TOMBSTONE && !receipt);
	charged[i] = true;
	live++
}

inline sub_live(i)
{
	assert(charged[i] && live > 0);
	charged[i] = false;
	live--
}

/* judge() */
inline serve_one(i)
{
	if
	:: in_line[i] && !may_hold() -> result[i] = REFUSED; in_line[i] = false
	:: in_line[i] && may_hold() && live < LIMIT ->
		add_live(i);
		result[i] = GRANTED;
		in_line[i] = false
	:: else
	fi
}

inline serve()
{
#ifdef FAULT_SERVE
	skip
#else
	serve_one(0);
	serve_one(1)
#endif
}

/* start_wait(), and end_wait() where a signal or the deadline comes first. */
inline ward_ledger_charge_wait(i)
{
	atomic {
		if
		:: !may_hold() -> result[i] = REFUSED
		:: may_hold() && live < LIMIT -> add_live(i); result[i] = GRANTED
		:: may_hold() && live == LIMIT -> result[i] = WAITING; in_line[i] = true
		fi
	};
	if
	:: result[i] != WAITING
#ifndef PATIENT
	:: atomic { result[i] == WAITING -> result[i] = REFUSED; in_line[i] = false }
#endif
	fi
}

/* ward_wait_fail(), in the moment of the seal. */
inline dismiss(i)
{
	if
	:: in_line[i] -> result[i] = REFUSED; in_line[i] = false
	:: else
	fi
}

/* ---- the session ---------------------------------------------------------------- */

inline ward_session_put()
{
	atomic {
		assert(ref > 0);
		ref--;
		if
		:: ref == 0 -> WARD_STATE_TOMBSTONE = true	/* session_free() */
		:: else
		fi
	}
}

inline fput()
{
	atomic {
		file--;
		if
		:: file == 0 -> ward_session_put()
		:: else
		fi
	}
}

/* A receipt is of one moment: check_claims() of ward_ledger_snapshot(). */
inline check_claims()
{
	if
	:: !live && (WARD_STATE_SEALED || WARD_STATE_TOMBSTONE) ->
		assert(!holds[0] && !holds[1] && !charged[0] && !charged[1]);
		assert(alloc_buffers == wiped_buffers);
		receipt = true
	:: else
	fi
}

/* ---- who makes a buffer --------------------------------------------------------- */

/* -ESHUTDOWN of a session that was sealed between charge and record. */
inline ward_ledger_made(made)
{
	atomic {
#ifdef FAULT_MADE
		made = true;
#else
		made = !WARD_STATE_SEALED;
#endif
		if
		:: made -> assert(!WARD_STATE_SEALED && !receipt); alloc_buffers++
		:: else
		fi
	}
}

/* What is uncharged stands among what was wiped in the same moment. */
inline ward_ledger_wiped(i)
{
#ifdef FAULT_RECORD
	atomic { sub_live(i); serve() };
	wiped_buffers++
#else
	atomic { wiped_buffers++; sub_live(i); serve() }
#endif
}

inline ward_ledger_refund(i)
{
	atomic { sub_live(i); serve() }
}

proctype maker(byte i)
{
	bool made;

	ward_ledger_charge_wait(i);
	if
	:: result[i] == REFUSED -> fput(); goto out
	:: else
	fi;
#ifndef FAULT_GRAVE
	atomic { assert(ref > 0); ref++ };	/* ward_buf_new() */
#endif
	if
	:: ward_ledger_made(made)
	:: made = false				/* no memory, or no fd */
	fi;
	if
	:: made ->
		holds[i] = true;
		fput();				/* the session's file may go before the buffer */
#ifdef FAULT_ORDER
		ward_ledger_wiped(i);
		holds[i] = false
#else
		holds[i] = false;		/* zeroed: buffer.pml */
		ward_ledger_wiped(i)
#endif
	:: else ->				/* ward_buf_abort() */
		ward_ledger_refund(i);
#ifdef FAULT_REFUND
		ward_ledger_refund(i);
#endif
		fput()
	fi;
#ifndef FAULT_GRAVE
	ward_session_put();
#endif
out:
	over++
}

/* ---- who seals, who asks -------------------------------------------------------- */

/* Nobody has to. */
proctype sealer()
{
	if
	:: atomic { WARD_STATE_SEALED = true; dismiss(0); dismiss(1) }
	:: skip
	fi;
	fput();
	over++
}

proctype asker()
{
#ifdef FAULT_SNAPSHOT
	byte was = live;	/* and the state is looked at later */

	atomic {
		if
		:: !was && WARD_STATE_SEALED ->
			assert(!holds[0] && !holds[1] && !charged[0] && !charged[1]);
			receipt = true
		:: else
		fi
	};
#elif defined(FAULT_UNSEALED)
	atomic {
		if
		:: !live -> receipt = true
		:: else
		fi
	};
#else
	atomic { check_claims() };
	atomic { check_claims() };
#endif
	fput();
	over++
}

/* By another session of the same user. */
proctype mourner()
{
	atomic { WARD_STATE_TOMBSTONE -> check_claims(); assert(receipt) };
	over++
}

/* ---- all of it ------------------------------------------------------------------ */

init
{
	atomic {
		run maker(0);
		run maker(1);
		run sealer();
		run asker();
		run mourner()
	}
	over == MAKERS + 3;
	assert(WARD_STATE_TOMBSTONE && ref == 0 && live == 0);
#ifdef NOBODY
	assert(!alloc_buffers)
#endif
}
