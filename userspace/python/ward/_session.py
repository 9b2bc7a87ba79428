# SPDX-License-Identifier: MIT
"""Sessions and buffers."""

from __future__ import annotations

import os
import select
import weakref
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Callable, Dict, FrozenSet, Mapping, Optional, Tuple, Type

from . import _ward

LEVELS = ("low", "medium", "critical")
PURPOSES = {
    "release": _ward.PURPOSE_RELEASE,
    "channel": _ward.PURPOSE_CHANNEL,
    "receipt": _ward.PURPOSE_RECEIPT,
    "seal": _ward.PURPOSE_SEAL,
    "report": _ward.PURPOSE_REPORT,
}
_RECORDS = {"none": _ward.RECORDS_NONE, "whole": _ward.RECORDS_WHOLE,
            "digests": _ward.RECORDS_DIGESTS}
_FEATURES = {"attest": _ward.FEATURE_ATTEST, "huge": _ward.FEATURE_HUGE,
             "no_gup": _ward.FEATURE_NO_GUP, "agent": _ward.FEATURE_AGENT,
             "keys": _ward.FEATURE_KEYS}

os.register_at_fork(after_in_child=_ward._after_fork)


def purpose_number(purpose: str) -> int:
    """The ABI's number of a purpose; ValueError for what is none."""
    try:
        return PURPOSES[purpose]
    except KeyError:
        raise ValueError(f"{purpose!r} is no purpose; these are: {', '.join(PURPOSES)}") from None


@dataclass(frozen=True)
class SessionInfo:
    """What the module is and what a session has; bytes unless said otherwise."""

    session: bytes          #: id, 16 bytes
    instance: bytes         #: of the loaded module, 16 bytes
    live: int               #: class A held now
    live_b: int             #: class B held now
    limit: int              #: that the session may hold, by the tightest limit
    pool: int               #: wiped memory kept for the next buffers
    level: str              #: "low", "medium" or "critical"
    sealed: bool
    revoked: bool
    expired: bool           #: the lease ran out
    features: FrozenSet[str]   #: of "attest", "huge", "no_gup", "agent", "keys"
    abi: int                #: version of the ioctl ABI


class Buffer(_ward.Buffer):
    """Protected memory that gives itself by the buffer protocol.

    Made by ``Session.alloc()``, ``Session.pin()`` and ``Buffer.from_fd()``. It has exactly
    one mapping; ``memoryview(buffer)``, ``numpy.frombuffer(buffer, dtype)`` and
    ``file.readinto(buffer)`` use it without a copy. ``len(buffer)`` is what was asked for,
    in bytes; the memory is zeroed at first.

    Views are counted (``views``). While one lives, ``wipe()`` and ``close()`` raise
    BufferError; once the buffer has ended, by ``wipe()`` or by itself (lease, revocation),
    a new view raises ``ward.Error`` with errno EOWNERDEAD. A view that was there when a
    lease ran out or ``wipe(force=True)`` was called faults: SIGBUS, which ends the process.
    PyTorch forgets the view that it made: use ``ward.torch.frombuffer()``, which keeps one.

    In a child of ``os.fork()`` a buffer cannot be used, unless it is shared.
    """

    @classmethod
    def from_fd(cls, fd: int, length: int = 0) -> "Buffer":
        """Map the shared buffer of a descriptor, which the buffer owns from then on.

        length: bytes to show, 0 = all. Closing it here wipes nothing; ``wipe()`` ends it
        for all. Raises ward.Error: EOWNERDEAD (it has ended), EPERM (not shared, or another
        uid's), ENOTTY (no buffer).
        """
        return cls._from_fd(fd, length)

    def view(self) -> memoryview:
        """A memoryview of bytes; release() it, or let go of it, before wipe()."""
        return memoryview(self)

    def __enter__(self) -> "Buffer":
        return self

    def __exit__(self, kind: Optional[Type[BaseException]], error: Optional[BaseException],
                 trace: Optional[TracebackType]) -> None:
        end((self,), error)

    def __reduce__(self) -> Tuple[Callable[..., Any], Tuple[Any, ...]]:
        """For multiprocessing: a shared buffer is passed on as its descriptor."""
        if not self.shared:
            raise TypeError("only a shared buffer goes to other processes: alloc(shared=True)")
        from multiprocessing import reduction
        return _rebuild, (reduction.DupFd(self.fileno()), len(self))

    def __repr__(self) -> str:
        state = "ended" if self.wiped else f"{self.views} views"
        return f"<ward.Buffer of {len(self)} bytes, {state}>"


def _rebuild(fd: Any, length: int) -> Buffer:
    return Buffer.from_fd(fd.detach(), length)


def end(buffers: Tuple[_ward.Buffer, ...], error: Optional[BaseException]) -> None:
    """Close them; what is viewed still is zeroed now and wiped by the last view's end."""
    viewed = 0
    for buffer in buffers:
        if buffer.wiped and not buffer.views:
            buffer.close()
        elif buffer.views:
            viewed += 1
            _scrub(buffer)
        else:
            buffer.close()
    if viewed and error is None:
        raise BufferError(f"views of {viewed} buffers are left; the buffers were zeroed. "
                          "Let go of arrays before the block ends (del)")


def _scrub(buffer: _ward.Buffer) -> None:
    try:
        buffer.scrub()
    except _ward.Error:     # it has ended meanwhile: wiped already
        pass


class Session(_ward.Session):
    """An open of /dev/ward: what holds protected memory, attests and is sealed.

    device: its path; fd: instead of it, a descriptor of it that this process was given, which
    the session owns from then on. As a context manager it ends its buffers and closes itself.
    Methods may be called by any thread; a session belongs to the process that opened it.

    Raises ward.Error: ENOENT (module not loaded), EACCES (not in the group ward), EPERM (a
    device cgroup), EDQUOT (512 sessions of this user), EPROTO (another ABI).
    """

    def __init__(self, device: str = "/dev/ward", fd: int = -1) -> None:
        self._buffers: "weakref.WeakSet[Buffer]" = weakref.WeakSet()
        self.declared: Tuple[Tuple[str, bytes], ...] = ()   #: (name, digest) by declare()

    def info(self) -> SessionInfo:  # type: ignore[override]
        """What the module is and what the session has."""
        i = super().info()
        return SessionInfo(
            session=i["session"], instance=i["instance"], live=i["live"], live_b=i["live_b"],
            limit=i["limit"], pool=i["pool"], level=LEVELS[min(i["level"], 2)],
            sealed=bool(i["state"] & _ward.STATE_SEALED),
            revoked=bool(i["state"] & _ward.STATE_REVOKED),
            expired=bool(i["state"] & _ward.STATE_EXPIRED),
            features=frozenset(n for n, bit in _FEATURES.items() if i["features"] & bit),
            abi=i["abi"])

    def alloc(self, length: int, *, shared: bool = False, lazy: bool = False,
              populate: bool = False, wait: Optional[float] = None,
              label: Optional[str] = None) -> Buffer:
        """A class A buffer of length bytes, zeroed.

        shared: processes of this uid may map it, children of fork() have it at once, and
        it ends with the session. lazy: memory comes at first touch, SIGBUS where there is
        none then. populate: no page of it faults later. wait: seconds (at most 60) to wait
        for room. label: its name in the event record, which leaves the machine: no
        patient data.

        Raises ward.Error: EDQUOT (a limit), ENOMEM, ESHUTDOWN (sealed, revoked, expired),
        ETIME (no room in time), EBUSY (hibernating); ValueError for a length below 1.
        """
        flags = (shared and _ward.BUF_SHARED) | (lazy and _ward.BUF_LAZY) | \
            (populate and _ward.BUF_POPULATE) | (wait is not None and _ward.BUF_WAIT)
        timeout_ms = 0 if wait is None else max(1, round(wait * 1000))
        buffer: Buffer = Buffer._alloc(self, length, int(flags), label, timeout_ms)
        self._buffers.add(buffer)
        return buffer

    def pin(self, length: int = 0, *, memory: Any = None, label: Optional[str] = None) -> Buffer:
        """A class B buffer, the weaker class: memory of this process, pinned and zeroed at its
        end in place. For O_DIRECT, for registering with a GPU, for allocators that exist.

        length: bytes of new anonymous memory; or memory: an object with writable memory of
        whole pages (an ``mmap.mmap(-1, n)``, private), which stays pinned until the buffer
        ends. It is no part of a receipt's total.

        Raises ward.Error: EDQUOT, ENOMEM, EOPNOTSUPP (no private anonymous memory),
        ESHUTDOWN; ValueError.
        """
        buffer: Buffer = Buffer._pin(self, length, memory, label)
        self._buffers.add(buffer)
        return buffer

    def measure(self, digest: bytes) -> bytes:
        """Extend the declared register by 64 bytes: register = SHA-512(register + digest).

        Returns the register, 64 bytes. Raises ward.Error ESHUTDOWN (sealed or revoked).
        """
        return super().measure(digest)

    def lease(self, *, deadline_ns: int = 0, term_ns: int = 0,  # type: ignore[override]
              anchor: Optional[bytes] = None, proof: Optional[bytes] = None) -> Dict[str, Any]:
        """The session's lease; with arguments set, shortened or renewed first.

        deadline_ns: CLOCK_BOOTTIME (``time.clock_gettime_ns(time.CLOCK_BOOTTIME)``). term_ns
        and anchor (32 bytes, the owner's): set once, together. proof: the owner's next, alone.
        When it runs out, all buffers of the session end whatever runs.

        Returns expires_ns, deadline_ns, term_ns (0 = none) and anchor. Raises ward.Error:
        EINVAL, EPERM (it would grow), EKEYREJECTED (not the proof that is due), ESHUTDOWN.
        """
        return super().lease(deadline_ns, term_ns, anchor, proof)

    def attest(self, purpose: str, nonce: bytes, *,  # type: ignore[override]
               binding: Optional[bytes] = None, subject: Optional[bytes] = None,
               timeout: float = 60.0, max_age: float = 0.0, records: str = "none") -> bytes:
        """Evidence over what the kernel says of this process, as an encoded bundle (.ward).

        purpose: "release", "channel", "receipt", "seal" or "report". nonce: the relying
        party's, 8 to 64 bytes. binding: 64 bytes that the evidence is bound to. subject: id of
        an ended session of this uid. timeout: seconds. max_age: seconds; an earlier answer to
        the same request will do. records: of the session's events: "none", "whole", "digests".

        Raises ward.Error: ENODEV (no provider), EACCES (the administrator's policy), ETIME,
        EHOSTDOWN (the provider failed), EINVAL (a receipt before the seal), ESHUTDOWN.
        """
        if records not in _RECORDS:
            raise ValueError(f"records are none, whole or digests, not {records!r}")
        return super().attest(purpose_number(purpose), nonce, binding, subject,
                              max(1, round(timeout * 1000)), round(max_age * 1e9),
                              _RECORDS[records])

    def seal(self) -> Tuple[int, int]:
        """No more protected memory and no key, for ever.

        Returns the bytes of class A and of class B that are still held.
        """
        return super().seal()

    def receipt(self, release: Any) -> bytes:  # type: ignore[override]
        """A wipe receipt for one release: evidence and the session's records, a bundle.

        release: a ward.Key, closed or not, or a mapping with the bytes release_id (16),
        dataset_id (16) and receipt_nonce (32), as the broker's log has them.

        The session must be sealed and hold nothing: ward.Error EINVAL else. It proves that
        every byte of class A memory that the session ever held was unmapped and zeroed; not
        that no copy was made elsewhere.
        """
        ids = [release[name] if isinstance(release, Mapping) else getattr(release, name)
               for name in ("release_id", "dataset_id", "receipt_nonce")]
        return super().receipt(*ids)

    def pressure(self) -> Dict[str, Any]:
        """How full protected memory is: level ("low", "medium", "critical") and bytes: live,
        peak, limit, live_user, limit_user, live_global, limit_global, volatile; failed and
        waiting count allocations."""
        p = super().pressure()
        p["level"] = LEVELS[min(p["level"], 2)]
        return p

    def watch(self, *, threshold: int = 0, limit: int = 0) -> None:  # type: ignore[override]
        """A notice at threshold bytes (0 = levels alone); hold no more than limit bytes from
        now on (0 = as it is; it only shrinks)."""
        super().watch(threshold, limit)

    def notice(self, timeout: Optional[float] = None) -> Optional[Dict[str, Any]]:
        """The next notice: kind ("level", "purge", "lease", "revoke"), level, seq, live,
        time_ns, buffer. timeout: seconds, None = for ever. None when none came."""
        waiter = select.poll()
        waiter.register(self.fileno(), select.POLLIN)
        if not waiter.poll(None if timeout is None else timeout * 1000):
            return None
        return super().notice(0)

    def close(self) -> None:
        """End the session. Buffers that are alive keep their memory, but for shared ones,
        which end: BufferError while views of those live."""
        super().close()

    def __enter__(self) -> "Session":
        return self

    def __exit__(self, kind: Optional[Type[BaseException]], error: Optional[BaseException],
                 trace: Optional[TracebackType]) -> None:
        if self.closed:
            return
        end(tuple(self._buffers), error)
        if error is None or not any(b.views for b in self._buffers):
            self.close()

    def __repr__(self) -> str:
        if self.closed:
            return "<ward.Session, closed>"
        return f"<ward.Session {super().info()['session'].hex()}>"


_default: Optional[Tuple[int, Session]] = None


def default_session() -> Session:
    """This process's own session, opened at the first call, for what is given none."""
    global _default
    if _default is None or _default[0] != os.getpid() or _default[1].closed:
        _default = (os.getpid(), Session())
    return _default[1]


