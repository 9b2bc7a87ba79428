# SPDX-License-Identifier: MIT
"""Verdicts over evidence and receipts: bytes, a policy and a time in. No TEE, no network."""

from __future__ import annotations

import errno
import json
import os
import time
from dataclasses import dataclass
from typing import Any, Dict, Iterable, Mapping, Optional, Tuple, Union

from . import _ward
from ._session import purpose_number

Source = Union[bytes, str, "os.PathLike[str]"]


@dataclass(frozen=True)
class Verdict:
    """That evidence was accepted, and what it says."""

    simulated: bool             #: no TEE stands behind it: it proves the procedure only
    measured: bool              #: the policy pinned the launch's measurement, and it matches
    warnings: Tuple[str, ...]   #: words that wardctl explains
    document: Dict[str, Any]    #: all of it (doc/formats.md section 9)

    @property
    def claims(self) -> Dict[str, Any]:
        """What the kernel vouched for."""
        return self.document.get("claims", {})


@dataclass(frozen=True)
class Receipt:
    """A wipe receipt that was accepted; figures of class A unless named otherwise."""

    verdict: Verdict
    buffers: int
    bytes: int
    peak_bytes: int
    class_b_buffers: int
    class_b_bytes: int
    class_b_live: int
    keys_destroyed: int
    records_summed: bool    #: the wipe records were complete and sum up to bytes
    tombstone: bool         #: the session had ended when it was taken
    statement: str          #: what it proves and what not, in plain words


def _bytes(source: Source) -> bytes:
    if isinstance(source, (bytes, bytearray, memoryview)):
        return bytes(source)
    with open(os.fspath(source), "rb") as file:
        return file.read()


def _policy(policy: Union[Source, Mapping[str, Any], None]) -> Optional[bytes]:
    if policy is None:
        return None
    if isinstance(policy, Mapping):
        return json.dumps(policy).encode()
    return _bytes(policy)


def _ask(bundle: Source, policy: Union[Source, Mapping[str, Any], None],
         roots: Iterable[Source], collateral: Iterable[Source], at: Optional[float],
         **expected: Any) -> Dict[str, Any]:
    answer = _ward.verify(
        _bytes(bundle), int(time.time() if at is None else at), _policy(policy),
        tuple(_bytes(r) for r in roots), tuple(_bytes(c) for c in collateral),
        expected.get("purpose", 0), expected.get("nonce"), expected.get("binding"),
        expected.get("session"), expected.get("complete", False), expected.get("release"))
    document = json.loads(answer["verdict"]) if answer["verdict"] else None
    if answer["reason"] == "ok":
        answer["verdict"] = Verdict(
            simulated=bool(document.get("simulated")), measured=bool(document.get("measured")),
            warnings=tuple(document.get("warnings", ())), document=document)
        return answer
    raise _refused(answer, document)


def _refused(answer: Dict[str, Any], document: Optional[Dict[str, Any]]) -> _ward.Refused:
    where = answer["field"] or None
    if answer["line"]:
        where = f"{where or 'text'}, line {answer['line']}, column {answer['column']}"
    text = ": ".join(t for t in (answer["reason"], where, answer["text"]) if t)
    mend = " ".join(t for t in (answer["explain"], answer["mend"]) if t)
    error = _ward.Refused(errno.EACCES, f"{text}. {mend}" if mend else text)
    error.what, error.where = "verify", where
    error.reason, error.verdict = answer["reason"], document
    return error


def verify(bundle: Source, *, policy: Union[Source, Mapping[str, Any], None] = None,
           roots: Iterable[Source] = (), collateral: Iterable[Source] = (),
           at: Optional[float] = None, purpose: Optional[str] = None,
           nonce: Optional[bytes] = None, binding: Optional[bytes] = None,
           session: Optional[bytes] = None, complete: bool = False) -> Verdict:
    """Judge a bundle (.ward). Returns only when it is accepted.

    bundle, roots, collateral: bytes, or paths of files. policy: the same, or a mapping
    (doc/policy.md); None = the empty policy, under which nothing is measured and nothing is
    accepted but by its own defaults. roots: certificates that are trusted beside the
    vendors' built-in ones. collateral: certificates, revocation lists, TCB info. at: seconds
    since the epoch, None = now. purpose, nonce (8 to 64 bytes), binding (64), session (16):
    what is expected; what is None is not checked, and a warning says so. complete: refuse a
    bundle without its whole list of events.

    Raises ward.Refused: its reason is the word that wardctl explains (`wardctl explain`), its
    where the field, its verdict what was decoded, which is authentic only where accepted.
    """
    number = purpose_number(purpose) if purpose is not None else 0
    verdict: Verdict = _ask(bundle, policy, roots, collateral, at, purpose=number, nonce=nonce,
                            binding=binding, session=session, complete=complete)["verdict"]
    return verdict


def verify_receipt(bundle: Source, release: Union[Source, Mapping[str, Any]], *,
                   policy: Union[Source, Mapping[str, Any], None] = None,
                   roots: Iterable[Source] = (), collateral: Iterable[Source] = (),
                   at: Optional[float] = None, complete: bool = False) -> Receipt:
    """Judge a wipe receipt against the broker's record of the release.

    release: that line of the broker's release log: bytes, a path, or a mapping. The others
    as of verify(). Raises ward.Refused.
    """
    line = json.dumps(release).encode() if isinstance(release, Mapping) else _bytes(release)
    answer = _ask(bundle, policy, roots, collateral, at, complete=complete, release=line)
    return Receipt(verdict=answer["verdict"], **answer["receipt"])
