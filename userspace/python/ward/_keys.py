# SPDX-License-Identifier: MIT
"""Evidence, keys by a broker, and the data sets that they open."""

from __future__ import annotations

import hashlib
import json
import os
from types import TracebackType
from typing import Any, Dict, Optional, Sequence, Type, Union

from . import _ward
from ._declare import declare
from ._session import Buffer, Session, default_session

Path = Union[str, "os.PathLike[str]"]


def attest(nonce: bytes, *, session: Optional[Session] = None, purpose: str = "report",
           request: Optional[bytes] = None, binding: Optional[bytes] = None,
           timeout: float = 60.0, records: str = "none") -> bytes:
    """Evidence of what this process is, as an encoded bundle; as Session.attest().

    session: None = the process's own. request: bytes that the evidence is bound to as a
    report's are (``wardctl report``): binding = SHA-512("WARD-REPORT-V1", a zero byte, request).
    """
    if request is not None:
        if binding is not None:
            raise TypeError("request and binding exclude each other")
        binding = report_binding(request)
    return (session or default_session()).attest(purpose, nonce, binding=binding,
                                                 timeout=timeout, records=records)


def report_binding(request: bytes) -> bytes:
    """What a report over these bytes is bound to, 64 bytes (doc/formats.md section 5)."""
    return hashlib.sha512(b"WARD-REPORT-V1\0" + request).digest()


class Dataset(_ward.Dataset):
    """An encrypted data set (.wds), open. Its plaintext goes into buffers alone.

    Opened by ``Key.open(path)``; or ``Dataset(path, keyfile=path)`` by an owner, who has the
    key in a file of 32 bytes (mode 0600). Raises ward.Error: EBADMSG (damaged),
    EKEYREJECTED (another key), EPERM (others can read the key), and what open() says.
    """

    def info(self) -> Dict[str, Any]:
        """kind, id, length (bytes of plaintext), rows (0 = no table), chunks, chunk_size
        (bytes), metadata (the header's JSON as an object)."""
        i = super().info()
        i["kind"] = ("bytes", "table", "model", "sealed")[i["kind"]]
        i["metadata"] = json.loads(i["metadata"]) if i["metadata"] else {}
        return i

    def load(self, into: Union[Session, Buffer], offset: int = 0) -> Any:  # type: ignore[override]
        """Decrypt all of it.

        into: a session: returns a new Buffer of its length; or a buffer, from offset (a
        multiple of 16): returns the number of bytes. Without the GIL. After a failure none of
        it is in the buffer. Raises ward.Error: EBADMSG (damaged), EKEYREVOKED and EKEYEXPIRED
        (the key has ended), EPERM (another session's buffer), EDQUOT; ValueError (no room).
        """
        if not isinstance(into, Session):
            return super().load(into, offset)
        buffer = into.alloc(max(1, super().info()["length"]), label="dataset")
        try:
            super().load(buffer)
        except BaseException:
            buffer.close()
            raise
        return buffer

    def read_chunk(self, index: int, into: _ward.Buffer, offset: int = 0) -> int:
        """Decrypt one chunk (0 to chunks - 1) to offset (a multiple of 16); returns its bytes.

        Raises as load(); ward.Error ERANGE for a chunk that is not there.
        """
        return super().read_chunk(index, into, offset)

    def __enter__(self) -> "Dataset":
        return self

    def __exit__(self, kind: Optional[Type[BaseException]], error: Optional[BaseException],
                 trace: Optional[TracebackType]) -> None:
        self.close()


class Key:
    """A data key that was released to a session; made by fetch_key().

    Its bytes are the kernel's (kernel is True), or in a class A buffer; never in a Python
    object. After close() it is gone, and its ids still serve Session.receipt().
    """

    def __init__(self, key: _ward.Key) -> None:
        self._key = key
        self.kernel: bool = key.kernel                  #: held by the kernel alone
        self.release_id: bytes = key.release_id         #: 16 bytes, the broker's
        self.dataset_id: bytes = key.dataset_id         #: 16 bytes
        self.receipt_nonce: bytes = key.receipt_nonce   #: 32 bytes, for the receipt

    @property
    def closed(self) -> bool:
        return self._key.closed

    @property
    def live(self) -> bool:
        """Whether it still opens anything: no lease, lifetime or seal has ended it."""
        return bool(self._key.info()["live"]) if not self.closed else False

    def open(self, path: Path) -> Dataset:
        """The data set in a file, which this key is for. Raises as Dataset."""
        return Dataset(path, self._key)

    def close(self) -> None:
        """Destroy it. BufferError while a data set that it opened is open."""
        self._key.close()

    def __enter__(self) -> "Key":
        return self

    def __exit__(self, kind: Optional[Type[BaseException]], error: Optional[BaseException],
                 trace: Optional[TracebackType]) -> None:
        self.close()


def fetch_key(url: str, resource: str, *, ca: Path, session: Optional[Session] = None,
              keys: str = "kernel", timeout: float = 60.0, script: Optional[str] = None,
              packages: Optional[Sequence[str]] = None,
              declared: bool = True) -> Key:
    """Attest to a key broker and have a data key released to the session.

    url: "https://host:port". resource: "repository/type/tag". ca: PEM file of the
    authorities that the broker's certificate may come from. keys: "kernel": the key goes to
    the kernel alone, ward.Error ENOPKG where it can't; "any": else into a class A buffer,
    by way of heap that is zeroed by nobody. timeout: seconds for each request.

    Before that, unless declared is False or the session has declared already, script and
    packages are declared (declare()): the broker's policy can pin them.

    Raises ward.Refused with the broker's reason; ward.Error: ECOMM (network, TLS), EINVAL
    (URL, resource), ENOENT (ca), ENODEV (no evidence to be had), and as Session.attest().
    Waits without the GIL.
    """
    if keys not in ("kernel", "any"):
        raise ValueError(f'keys are "kernel" or "any", not {keys!r}')
    session = session or default_session()
    if declared and not session.declared:
        declare(session, script=script, packages=packages)
    return Key(_ward.fetch(session, url, resource, ca, keys == "any", max(1, round(timeout))))
