/* SPDX-License-Identifier: MIT */
/*
 * The opening of attested channels: doc/channel.md, userspace/lib/channel_attest.c.
 * Searched whole by tests/model/channel.sh, for two connectors with one TLS key and an
 * acceptor with another, each of whom wants evidence or not, and talks to one of
 * the others or, believing so, to an attacker.
 *
 * The attacker ends any TLS connection with a key of his own, or with the one that he has
 * stolen (STOLEN: 1 the connectors', 2 the acceptors'). He shows any nonce and any evidence
 * that ever came to him, and accepts whatever he is shown. No guest that would be accepted
 * is his: he can't make evidence. TLS 1.3 itself is taken for sound: a connection has two
 * ends, its exporter is no other connection's, and who is not an end learns nothing.
 *
 * What must hold: whoever accepts has an honest peer who accepts or gave evidence in that very
 * connection, in the other role (agreement), nobody's evidence is accepted twice (injective),
 * and no secret goes to the attacker, who is the other end of a connection whose evidence
 * he could not have.
 *
 * WITHOUT_* leaves a part out of what is compared; the search has to find an attack.
 */
#ifndef STOLEN
#define STOLEN		2
#endif
#define RUNS		3	/* 0 and 1 connect, 2 accepts */
#define CONNECTS(r)	((r) < 2)
#define KEY(r)		(CONNECTS(r) -> 1 : 2)
#define ATTACKERS	3	/* his own key */
#define NONCE(r)	((r) + 1)
#define MADE_UP		9

/* Exporter: of the connection, over both nonces; the connector's is the first. */
#ifdef WITHOUT_EXPORTER
#define SAME_EXPORTER(e, v) true
#else
#define FIRST(r)	(CONNECTS(r) -> NONCE(r) : heard[r])
#define SECOND(r)	(CONNECTS(r) -> heard[r] : NONCE(r))
#define SAME_EXPORTER(e, v) \
	(line[e] == line[v] && FIRST(e) == FIRST(v) && SECOND(e) == SECOND(v))
#endif
#ifdef WITHOUT_OWN
#define SAME_OWN(e, v)	true
#else
#define SAME_OWN(e, v)	(KEY(e) == shown[v])
#endif
#ifdef WITHOUT_PEER
#define SAME_PEER(e, v)	true
#else
#define SAME_PEER(e, v)	(shown[e] == KEY(v))
#endif
#ifdef WITHOUT_ROLE
#define OTHER_ROLE(e, v) true
#else
#define OTHER_ROLE(e, v) (CONNECTS(e) != CONNECTS(v))
#endif
#ifdef WITHOUT_NONCE
#define ANSWERS(e, v)	true
#else
#define ANSWERS(e, v)	(heard[e] == NONCE(v))
#endif
#define HOLDS(e, v) \
	(SAME_EXPORTER(e, v) && SAME_OWN(e, v) && SAME_PEER(e, v) && OTHER_ROLE(e, v) && ANSWERS(e, v))

byte line[RUNS];	/* the TLS connection; 0 = none yet */
byte peer[RUNS];	/* the other end: an honest run + 1, or 0 = the attacker */
byte shown[RUNS];	/* the TLS key that the other end has */
byte heard[RUNS];	/* its nonce */
bool nonce_out[RUNS];	/* the attacker has its nonce, its evidence */
bool evidence_out[RUNS];
byte taken[RUNS];	/* how often its evidence was accepted */
bool busy[RUNS];	/* an acceptor that has its connection */
byte opened;		/* channels on which an honest peer was accepted */

/* Evidence of run @e is shown to run @v. */
inline judge(e, v)
{
	if
	:: HOLDS(e, v) ->
		taken[e]++;
		assert(peer[v] == e + 1 && peer[e] == v + 1);	/* agreement, and the secret is safe */
		assert(CONNECTS(e) != CONNECTS(v));
		assert(taken[e] == 1);				/* injective */
		opened++;
		ok = true
	:: else -> ok = false
	fi
}

/* The other end is honest: it takes what it is sent, in order. */
inline honest(c, a)
{
	d_step {
		line[c] = c + 1;
		line[a] = c + 1;
		peer[c] = a + 1;
		peer[a] = c + 1;
		shown[c] = KEY(a);
		shown[a] = KEY(c);
		heard[c] = NONCE(a);
		heard[a] = NONCE(c)
	}
	judge(c, a);
	assert(ok);
	judge(a, c);
	assert(ok)
}

/* Whatever nonce the attacker has. */
inline hear(r)
{
	if
	:: heard[r] = MADE_UP
	:: nonce_out[0] -> heard[r] = NONCE(0)
	:: nonce_out[1] -> heard[r] = NONCE(1)
	:: nonce_out[2] -> heard[r] = NONCE(2)
	fi
}

/* Whatever evidence he has; none of it will do where all is well. */
inline want(r)
{
	if
	:: evidence_out[0] -> judge(0, r)
	:: evidence_out[1] -> judge(1, r)
	:: evidence_out[2] -> judge(2, r)
	:: ok = false
	fi
}

/*
 * The attacker is the other end. What he learns he keeps: that a step of an honest run goes
 * undivided takes no order from him that he had use for.
 */
inline attacked(r)
{
	atomic {
		line[r] = RUNS + 1 + r;
		if
		:: shown[r] = ATTACKERS
		:: STOLEN != ATTACKERS -> shown[r] = STOLEN
		fi;
		nonce_out[r] = true;	/* nobody else has use for it before */
		hear(r);
		if
		:: evidence_out[r] = true	/* a connector at once, an acceptor that wants nothing */
		:: skip
		fi
	};
	atomic {
		want(r);
		if
		:: ok -> evidence_out[r] = true
		:: else -> skip
		fi;
		ok = false
	}
}

proctype connector(byte r)
{
	bool ok;

	if
	:: atomic { !busy[2] -> busy[2] = true; honest(r, 2) }
	:: attacked(r)
	fi
}

proctype acceptor(byte r)
{
	bool ok;

	if
	:: atomic { !busy[r] -> busy[r] = true };
		attacked(r)
	:: busy[r] -> skip
	fi
}

init {
	atomic {
		run connector(0);
		run connector(1);
		run acceptor(2)
	}
#ifdef NOBODY
	_nr_pr == 1;
	assert(opened == 0)
#endif
}
