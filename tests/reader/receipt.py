# SPDX-License-Identifier: MIT
"""doc/formats.md section 9: what an accepted receipt must say, of a release's line (section 8)."""
import json

from . import chain, claims
from .refused import need


def check_answer(c, line):
    """The claims answer this release's nonce, for this session"""
    r = json.loads(line)
    release, dataset, nonce = (bytes.fromhex(r[n]) for n in ("release", "dataset", "receipt_nonce"))
    need(c["purpose"] == "receipt", "no receipt", "wrong-purpose")
    need(c["nonce"] == r["receipt_nonce"], "another nonce", "nonce-mismatch")
    need(c["binding"] == claims.receipt_binding(release, dataset, nonce).hex(), "another binding",
         "binding-mismatch")
    need(c["instance"] == r["instance"], "of another boot", "wrong-instance")
    need(c["subject"] == r["session"], "of another session", "wrong-session")


def check_session(c, release):
    ended = "ended" in c["state"]
    need(ended or c["session"] == c["subject"], "another session speaks for it", "wrong-session")
    need(ended or c["caller"]["uid"] == release["uid"], "of another user", "wrong-uid")
    need(ended or "sealed" in c["state"], "neither sealed nor ended", "not-sealed")


def check_ledger(c, bundle, state):
    need(not c["live_a"] and not c["live_shared"], "memory is live", "memory-live")
    need(c["wiped_bytes"] == c["alloc_bytes"] and c["wiped_buffers"] == c["alloc_buffers"], "not all",
         "wiped-short")
    need(not c["keys_live"], "keys are live", "keys-live")
    said = chain.wiped(bundle)
    if state == "complete" and said is not None:
        need(said == (c["wiped_buffers"], c["wiped_bytes"]), "the records say otherwise", "wiped-short")


def check(bundle, c, state, measurement, line):
    """After the chain's own check"""
    r = json.loads(line)
    need(measurement[:48].ljust(48, b"\0").hex() == r["measurement"], "another measurement",
         "measurement-mismatch")
    check_session(c, r)
    check_ledger(c, bundle, state)
