# SPDX-License-Identifier: MIT
"""safetensors read straight into ward memory, and written from it.

Format: eight bytes, the header's length, little endian; the header, JSON: for each tensor
"dtype", "shape" and "data_offsets" from the header's end, maybe "__metadata__"; the data.
"""

from __future__ import annotations

import json
import os
from typing import Any, Dict, Mapping, Optional, Tuple, Union

from ._keys import Dataset
from ._session import Buffer, Session, default_session, end

HEADER_MAX = 100 << 20      # as the format's own library has it

# dtype: (NumPy's, bytes). BF16 has none in NumPy: its bits.
DTYPES = {
    "BOOL": ("?", 1), "U8": ("<u1", 1), "I8": ("<i1", 1), "U16": ("<u2", 2), "I16": ("<i2", 2),
    "F16": ("<f2", 2), "BF16": ("<u2", 2), "U32": ("<u4", 4), "I32": ("<i4", 4),
    "F32": ("<f4", 4), "U64": ("<u8", 8), "I64": ("<i8", 8), "F64": ("<f8", 8),
}


class Damaged(ValueError):
    """What was read is no safetensors file."""


def load(source: Union[str, "os.PathLike[str]", Dataset], *,
         session: Optional[Session] = None) -> Tuple[Buffer, Dict[str, Any]]:
    """Read a file, or decrypt a data set, into one new Buffer.

    Returns the buffer and, by name, arrays that are views of it: {name: ndarray of the
    tensor's shape}; BF16 as uint16. Let go of the arrays before the buffer is wiped. The
    header's names and shapes become Python objects; the tensors' bytes do not.

    Raises Damaged (a header or an offset that makes no sense), and as Session.alloc(),
    Dataset.load() or open().
    """
    buffer = _read(source, session or default_session())
    try:
        return buffer, tensors(buffer)
    except BaseException as error:
        end((buffer,), error)   # its frames have views
        raise


def _read(source: Any, session: Session) -> Buffer:
    if isinstance(source, Dataset):
        loaded: Buffer = source.load(session)
        return loaded
    with open(source, "rb", buffering=0) as file:
        buffer = session.alloc(max(1, os.fstat(file.fileno()).st_size), label="safetensors")
        with memoryview(buffer) as view:
            at = 0
            while at < len(view):
                got = file.readinto(view[at:])
                if not got:
                    break
                at += got
    if at < len(buffer):
        buffer.close()
        raise Damaged(f"{os.fspath(source)!r} became shorter while it was read")
    return buffer


def tensors(buffer: Any) -> Dict[str, Any]:
    """{name: array over the buffer} of a safetensors file that is in memory already."""
    import numpy

    view = memoryview(buffer)
    header, begin = _header(view)
    found: Dict[str, Any] = {}
    for name, entry in header.items():
        if name == "__metadata__":
            continue
        dtype, shape, at, count = _place(name, entry, len(view) - begin)
        found[name] = numpy.frombuffer(view, dtype, count, begin + at).reshape(shape)
    return found


def _header(view: memoryview) -> Tuple[Dict[str, Any], int]:
    length = int.from_bytes(view[:8], "little")
    if len(view) < 8 or length > min(HEADER_MAX, len(view) - 8):
        raise Damaged(f"a header of {length} bytes in a file of {len(view)}")
    try:
        header = json.loads(bytes(view[8:8 + length]))
    except (ValueError, RecursionError):
        raise Damaged("the header is no JSON") from None
    if not isinstance(header, dict):
        raise Damaged("the header is no JSON object")
    return header, 8 + length


def _whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _place(name: str, entry: Any, room: int) -> Tuple[str, Tuple[int, ...], int, int]:
    try:
        dtype, size = DTYPES[entry["dtype"]]
        shape, (begin, end) = tuple(entry["shape"]), entry["data_offsets"]
    except (KeyError, TypeError, ValueError):
        raise Damaged(f"tensor {name!r}: dtype, shape or data_offsets are not as they "
                      "must be") from None
    if not all(_whole(n) for n in (*shape, begin, end)):
        raise Damaged(f"tensor {name!r}: a shape or an offset is no whole number")
    count = 1
    for n in shape:
        count *= n
    if not begin <= end <= room or end - begin != count * size:
        raise Damaged(f"tensor {name!r}: bytes {begin} to {end} of {room} for "
                      f"{count} elements of {size} bytes")
    return dtype, shape, begin, count


def save(path: Union[str, "os.PathLike[str]"], arrays: Mapping[str, Any],
         metadata: Optional[Mapping[str, str]] = None) -> None:
    """Write arrays in their own order, straight from where they are: they leave ward memory.

    arrays: {name: ndarray}, C-contiguous, little endian. Raises TypeError and ValueError for
    what the format can't hold, and what open() says.
    """
    names = {dtype: name for name, (dtype, _) in reversed(DTYPES.items()) if name != "BF16"}
    names["|b1"], names["|u1"], names["|i1"] = "BOOL", "U8", "I8"
    header: Dict[str, Any] = {"__metadata__": dict(metadata)} if metadata else {}
    at = 0
    for name, array in arrays.items():
        if array.dtype.str not in names or not array.flags.c_contiguous:
            raise TypeError(f"array {name!r}: {array.dtype} as it lies is none of the format's")
        header[name] = {"dtype": names[array.dtype.str], "shape": list(array.shape),
                        "data_offsets": [at, at + array.nbytes]}
        at += array.nbytes
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb", buffering=0) as file:
        file.write(len(text).to_bytes(8, "little") + text)
        for array in arrays.values():
            _write(file, memoryview(array).cast("B") if array.size else memoryview(b""))


def _write(file: Any, view: memoryview) -> None:
    while len(view):
        view = view[file.write(view):]
