# SPDX-License-Identifier: MIT
"""Protected memory, attestation and keys through /dev/ward, for Python.

A worker's whole job::

    import numpy as np
    import ward

    with ward.Session() as session:
        key = ward.fetch_key("https://broker:8443", "default/dataset/site",
                             ca="broker.pem", session=session)
        with key.open("site.wds") as dataset, dataset.load(session) as rows:
            x = np.frombuffer(rows).reshape(-1, 14)     # no copy
            ...
            del x                                       # else BufferError
        key.close()
        session.seal()
        receipt = session.receipt(key)

What is PHI stays in a Buffer, or in arrays made inside ``ward.arena()`` or a function
that is ``@ward.protected``. Nothing here copies it, or a key, into a Python object:
only ``bytes(buffer)``, ``buffer[...]`` through a memoryview, ``ndarray.tobytes()`` and
their like do, which you call yourself. What NumPy and PyTorch put on the heap beside
their arrays is listed in doc/python.md.

Errors are ``ward.Error`` (an OSError: errno, what was done, where); a broker's or a
verifier's refusal is ``ward.Refused``, which has a reason.
"""

from ._arena import arena, leave, protected
from ._declare import Declaration, declare, package_digest, register
from ._keys import Dataset, Key, attest, fetch_key
from ._loader import DataLoader
from ._session import Buffer, Session, SessionInfo, default_session
from ._verify import Receipt, Verdict, verify, verify_receipt
from ._ward import VERSION as __version__
from ._ward import Error, Refused

__all__ = [
    "Buffer", "DataLoader", "Dataset", "Declaration", "Error", "Key", "Receipt", "Refused",
    "Session", "SessionInfo", "Verdict", "arena", "attest", "declare", "default_session",
    "fetch_key", "leave", "package_digest", "protected", "register", "verify",
    "verify_receipt", "__version__",
]
