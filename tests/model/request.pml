/* SPDX-License-Identifier: MIT */
/*
 * A request for evidence from submit to its last reference, and the trees that
 * requests share: kmod/request.c, queue.c and breaker.c, whose names these are.
 * Searched whole by tests/model/request.sh: for every order of N callers, each of whom
 * may give up at any moment, of the worker and of the clock.
 *
 * What must hold: a request that was submitted is completed exactly once, and
 * one that was refused never; who waits is woken; nobody touches what has been
 * freed, and everything is freed; a tree has at most LEAVES requests, each its
 * own and only in that one, and one that goes alone (raw) is in none; a call that has begun comes to its end; while the
 * breaker probes, one request at most is on its way.
 *
 * FAULT_* plants one mistake each, which the search has to find.
 */
#ifndef N
#define N	3
#endif
#define LEAVES	2

mtype = { CLOSED, OPEN, PROBING };
mtype = { NONE, OK, FAILED, SHUT_OUT, GAVE_UP };

/* struct ward_request */
byte ref[N];
bool queued[N];
bool REQ_DONE[N];
bool done[N];			/* the completion */
mtype result[N] = NONE;
byte tree[N];			/* number of the call that served it; 0 = none */
bool alone[N];			/* constant: the first is, where ALONE */
/* what is counted to judge by */
byte completions[N];
bool refused[N];
bool freed[N];

/* the gate, under queue_lock: each of its uses is one step */
mtype breaker = CLOSED;
byte waiting;
bool token;

/* attest_work: pending to run, or pending by its timer */
bool work_pending, timer_armed;
bool calling;
byte calls;

inline ward_request_get(i)
{
	atomic { assert(!freed[i]); ref[i]++ }
}

inline ward_request_put(i)
{
	atomic {
		assert(!freed[i] && ref[i] > 0);
		ref[i]--;
		if
		:: ref[i] == 0 -> freed[i] = true
		:: else
		fi
	}
}

/* @won: who sets REQ_DONE completes it. */
inline complete_request(i, what, won)
{
	assert(!freed[i]);
#ifdef FAULT_DONE
	won = !REQ_DONE[i];
	REQ_DONE[i] = true;
#else
	atomic { won = !REQ_DONE[i]; REQ_DONE[i] = true }
#endif
	if
	:: won ->
		result[i] = what;
		completions[i]++;
		done[i] = true
	:: else
	fi
}

inline queue_delayed_work_now()
{
	atomic {
		if
		:: !timer_armed -> work_pending = true
		:: else
		fi
	}
}

/* Until the bucket has a token. */
inline queue_delayed_work_later()
{
#ifdef FAULT_TIMER
	skip
#else
	atomic {
		if
		:: !work_pending -> timer_armed = true
		:: else
		fi
	}
#endif
}

inline ward_queue_join(i)
{
	atomic {
		if
		:: breaker == CLOSED -> queued[i] = true
		:: breaker == OPEN -> refused[i] = true
		:: breaker == OPEN -> breaker = PROBING; queued[i] = true	/* cooled down */
		:: breaker == PROBING ->
#ifdef FAULT_PROBE
			queued[i] = true
#else
			refused[i] = true
#endif
		fi;
		if
		:: queued[i] -> waiting++; ward_request_get(i)
		:: else
		fi
	}
}

inline ward_queue_leave(i, was_queued)
{
	atomic {
		was_queued = queued[i];
		if
		:: was_queued ->
			queued[i] = false;
			waiting--;
#ifndef FAULT_ABANDON
			if
			:: breaker == PROBING -> breaker = OPEN
			:: else
			fi
#endif
		:: else
		fi
	}
}

/* ---- a caller ----------------------------------------------------------------- */

proctype caller(byte i)
{
	bool won, was_queued;

	ref[i] = 1;
	ward_queue_join(i);
	if
	:: refused[i] -> goto out
	:: else
	fi;
	queue_delayed_work_now();
	if
	:: done[i]
#ifndef PATIENT
	:: true ->			/* killed, or the deadline */
#ifdef FAULT_CANCEL
		calling = false;
#endif
		complete_request(i, GAVE_UP, won);
		if
		:: won ->
			ward_queue_leave(i, was_queued);
			if
#ifdef FAULT_PUT
			:: true -> ward_request_put(i)
#else
			:: was_queued -> ward_request_put(i)
			:: else
#endif
			fi
		:: else -> done[i]
		fi
#endif
	fi;
	assert(completions[i] == 1 && result[i] != NONE);
	/* Who has an answer has it of one call. */
	assert(result[i] != OK || tree[i] > 0);
out:
	ward_request_put(i)
}

/* ---- the worker ------------------------------------------------------------------ */

proctype worker()
{
	bool taken[N], shut_out[N], won;
	byte i, n;
	mtype what;

end:
	do
	:: work_pending ->
		work_pending = false;
		do
		:: atomic { waiting == 0 -> break }
		:: atomic {		/* ward_queue_take() */
			waiting > 0 && !token ->
				if
				:: token = true
				:: queue_delayed_work_later(); break
				fi
		   }
		:: atomic {
			waiting > 0 && token ->
				token = false;
				assert(breaker != OPEN);
				n = 0;
				i = 0;
				/* take_call(): whose turn it is may be anybody's */
				if
				:: queued[0] && alone[0] ->
					queued[0] = false;
					waiting--;
					taken[0] = true;
					tree[0] = calls + 1;
					n = 1;
#ifndef FAULT_ALONE
					i = N
#endif
				:: !(queued[0] && alone[0]) || waiting > 1
				fi;
				do
				:: i == N -> break
				:: i < N && queued[i] && n < LEAVES && !alone[i] ->
					assert(tree[i] == 0);
					queued[i] = false;
					waiting--;
					taken[i] = true;
					tree[i] = calls + 1;
					n++;
					i++
				:: i < N && !(queued[i] && n < LEAVES && !alone[i]) -> i++
				od;
				assert(n >= 1 && n <= LEAVES);
				assert(n == 1 || !taken[0] || !alone[0]);
				assert(breaker != PROBING || (n == 1 && waiting == 0))
		   }
			/* call_provider(): no lock, and nobody can stop it */
			calls++;
			calling = true;
			if
			:: what = OK
			:: what = FAILED
			fi;
			assert(calling);
			calling = false;
			atomic {	/* ward_queue_called() */
				if
				:: what == OK -> breaker = CLOSED
				:: what == FAILED && breaker == CLOSED		/* not in a row yet */
				:: what == FAILED && breaker != OPEN -> breaker = OPEN
				:: what == FAILED && breaker == PROBING -> breaker = OPEN /* neutral */
				fi;
				i = 0;
				do
				:: i == N -> break
				:: i < N && breaker == OPEN && queued[i] ->
					queued[i] = false;
					waiting--;
					shut_out[i] = true;
					i++
				:: i < N && !(breaker == OPEN && queued[i]) -> i++
				od
			}
			i = 0;		/* answer_all() */
			do
			:: i == N -> break
			:: i < N && taken[i] ->
				taken[i] = false;
				complete_request(i, what, won);
				ward_request_put(i);
				i++
			:: i < N && shut_out[i] ->
				shut_out[i] = false;
				complete_request(i, SHUT_OUT, won);
				ward_request_put(i);
				i++
			:: i < N && !taken[i] && !shut_out[i] -> i++
			od
		od
	od
}

proctype clock()
{
end:
	do
	:: atomic { timer_armed -> timer_armed = false; token = true; work_pending = true }
	od
}

/* ---- all of it -------------------------------------------------------------------- */

init
{
	byte i;

	atomic {
#ifdef ALONE
		alone[0] = true;
#endif
		run worker();
		run clock();
		for (i : 0 .. N - 1) {
			run caller(i)
		}
	}
	(_nr_pr == 3);		/* the callers are gone */
	(!work_pending && !timer_armed && !calling);
	for (i : 0 .. N - 1) {
		/* The worker may still have to let go. */
		(freed[i]);
		assert(!queued[i] && ref[i] == 0);
		assert(completions[i] == (refused[i] -> 0 : 1))
	}
	assert(waiting == 0);
	assert(breaker != PROBING)
}
