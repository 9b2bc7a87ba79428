# SPDX-License-Identifier: MIT
"""What runs, declared into the session's register before a key is fetched.

The register begins as 64 zero bytes; each digest extends it: SHA-512(register + digest).
It is the worker's word (claims call it declared): nobody stops a script that lies. What
it gives is that an honest worker whose script or packages were changed gets no key.

    script   SHA-512 of the file's bytes
    package  SHA-512 over a line "SHA-512 in hex, two spaces, path, newline" for each file
             of the package, sorted by path; path is relative to the package's parent and
             has "/"; __pycache__ is left out. It is what `sha512sum` prints, so that a
             shell can compute it
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import sys
import sysconfig
from dataclasses import dataclass
from typing import Iterable, List, Optional, Sequence, Tuple

from ._session import Session


@dataclass(frozen=True)
class Declaration:
    """What was declared, in order: (name, digest of 64 bytes)."""

    parts: Tuple[Tuple[str, bytes], ...]

    @property
    def register(self) -> bytes:
        """The register of a session that declared this and nothing else, 64 bytes."""
        return register(digest for _, digest in self.parts)


def register(digests: Iterable[bytes]) -> bytes:
    """The register after these digests, from a session's beginning."""
    value = bytes(64)
    for digest in digests:
        value = hashlib.sha512(value + digest).digest()
    return value


def _file_digest(path: str) -> bytes:
    digest = hashlib.sha512()
    with open(path, "rb") as file:
        for block in iter(lambda: file.read(1 << 20), b""):
            digest.update(block)
    return digest.digest()


def _files_of(top: str) -> List[str]:
    found = []
    for folder, folders, files in os.walk(top):
        folders[:] = [name for name in folders if name != "__pycache__"]
        found += [os.path.join(folder, name) for name in files]
    return found


def package_digest(name: str) -> bytes:
    """SHA-512 of an importable package's or module's files, 64 bytes (as above).

    Raises ModuleNotFoundError for what cannot be imported, and what open() says.
    """
    spec = importlib.util.find_spec(name)
    if spec is None or spec.origin is None or not os.path.isfile(spec.origin):
        raise ModuleNotFoundError(f"no package {name!r} with files of its own", name=name)
    places = list(spec.submodule_search_locations or ())
    files = [f for top in places for f in _files_of(top)] if places else [spec.origin]
    parent = os.path.dirname(os.path.dirname(spec.origin) if places else spec.origin)
    lines = sorted((os.path.relpath(f, parent).replace(os.sep, "/"), f) for f in files)
    text = "".join(f"{_file_digest(f).hex()}  {path}\n" for path, f in lines)
    return hashlib.sha512(text.encode()).digest()


def imported_packages() -> Tuple[str, ...]:
    """Top-level packages imported by now that are not Python's own, sorted by name."""
    own = set(sys.stdlib_module_names) | {"__main__", "__mp_main__"}
    stdlib = sysconfig.get_path("stdlib")
    names = set()
    for name, module in list(sys.modules.items()):
        top = name.partition(".")[0]
        path = getattr(sys.modules.get(top), "__file__", None)
        if top in own or path is None or getattr(module, "__file__", None) is None:
            continue
        # What site.py and Debian put beside the library itself (sitecustomize, _sysconfigdata).
        if os.path.dirname(path) != stdlib and not top.startswith("_sysconfigdata"):
            names.add(top)
    return tuple(sorted(names))


def _script() -> Optional[str]:
    return getattr(sys.modules.get("__main__"), "__file__", None)


def declaration(script: Optional[str], packages: Sequence[str]) -> Declaration:
    """What declare() would declare of these, without a session."""
    parts: List[Tuple[str, bytes]] = []
    if script is not None:
        parts.append((os.path.basename(script), _file_digest(script)))
    parts += [(name, package_digest(name)) for name in packages]
    return Declaration(tuple(parts))


def declare(session: Session, *, script: Optional[str] = None,
            packages: Optional[Sequence[str]] = None) -> Declaration:
    """Extend the session's register by a script and packages; once for a session.

    script: a path; None = the one that runs (nothing of an interactive interpreter).
    packages: names, in their order; None = all that are imported by now and not Python's
    own. `python3 -m ward declare SCRIPT --packages A,B` prints the register for an owner's
    policy (its member "declared").

    Raises ward.Error ESHUTDOWN (sealed or revoked); RuntimeError when it declared before.
    """
    if session.declared:
        raise RuntimeError("the session has declared what it runs: "
                           + ", ".join(name for name, _ in session.declared))
    made = declaration(script or _script(), imported_packages() if packages is None else packages)
    for _, digest in made.parts:
        session.measure(digest)
    session.declared = made.parts
    return made
