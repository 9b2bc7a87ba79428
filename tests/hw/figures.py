#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What protected memory costs here, beside ordinary memory; libward by ctypes.

  figures.py LIBRARY MiB ROUNDS     medians as JSON; both sides take turns in one loop
"""
import ctypes
import json
import mmap
import statistics
import sys
import time


def clock(call):
    began = time.perf_counter_ns()
    value = call()
    return value, time.perf_counter_ns() - began


class Memory:
    """One session's buffers."""

    def __init__(self, library):
        self.lib = ctypes.CDLL(library)
        self.lib.ward_strerror.restype = ctypes.c_char_p
        self.lib.ward_buffer_data.restype = ctypes.c_void_p
        self.lib.ward_buffer_data.argtypes = [ctypes.c_void_p]
        self.lib.ward_buffer_free.argtypes = [ctypes.c_void_p]
        self.lib.ward_buffer_alloc.argtypes = [
            ctypes.c_void_p, ctypes.c_size_t, ctypes.c_uint32, ctypes.c_char_p,
            ctypes.POINTER(ctypes.c_void_p)]
        self.session = ctypes.c_void_p()
        self.must(self.lib.ward_session_open(None, ctypes.byref(self.session)))

    def must(self, err):
        if err:
            sys.exit(self.lib.ward_strerror(err).decode())

    def round(self, size):
        buffer = ctypes.c_void_p()
        err, alloc = clock(lambda: self.lib.ward_buffer_alloc(
            self.session, size, 0, b"figures", ctypes.byref(buffer)))
        self.must(err)
        data = self.lib.ward_buffer_data(buffer)
        _, first = clock(lambda: ctypes.memset(data, 1, size))
        _, again = clock(lambda: ctypes.memset(data, 2, size))
        _, end = clock(lambda: self.lib.ward_buffer_free(buffer))
        return {"alloc": alloc, "first_touch": first, "touch": again, "end": end}


def ordinary(size):
    area, alloc = clock(lambda: mmap.mmap(-1, size, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS))
    view = (ctypes.c_char * size).from_buffer(area)
    _, first = clock(lambda: ctypes.memset(view, 1, size))
    _, again = clock(lambda: ctypes.memset(view, 2, size))
    _, wipe = clock(lambda: ctypes.memset(view, 0, size))
    del view
    _, end = clock(area.close)
    return {"alloc": alloc, "first_touch": first, "touch": again, "wipe": wipe, "end": wipe + end}


def medians(rounds):
    return {name: round(statistics.median(r[name] for r in rounds)) for name in rounds[0]}


def main(library, mib, rounds):
    size = int(mib) << 20
    memory = Memory(library)
    both = [(memory.round(size), ordinary(size)) for _ in range(int(rounds) + 1)][1:]
    ward, plain = (medians([pair[i] for pair in both]) for i in (0, 1))
    whole = {n: sum(side[k] for k in ("alloc", "first_touch", "end"))
             for n, side in (("ward", ward), ("plain", plain))}
    json.dump({
        "mib": int(mib), "rounds": int(rounds), "unit": "ns, median",
        "ward": ward, "ordinary": plain,
        "ratio": {
            "alloc, first touch, wipe, free": round(whole["ward"] / whole["plain"], 3),
            "touch": round(ward["touch"] / plain["touch"], 3),
            "wipe and free": round(ward["end"] / plain["end"], 3)}}, sys.stdout)


if __name__ == "__main__":
    main(*sys.argv[1:])
