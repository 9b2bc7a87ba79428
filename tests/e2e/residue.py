# SPDX-License-Identifier: MIT
"""Markers (marker.h) in a Buffer, in a shared one and in NumPy's arrays: held, let go of, and as a
control in ordinary arrays. Says a word at each stage and waits for a line.

Words are written a column at a time: no register ever has a whole marker.
"""

import sys

import numpy as np

import ward

PLACES, WORDS, STRIDE = 4096, 4, 32     # markers; words of one; words from one to the next


def mix(x):
    x ^= x >> np.uint64(30)
    x *= np.uint64(0xbf58476d1ce4e5b9)
    x ^= x >> np.uint64(27)
    x *= np.uint64(0x94d049bb133111eb)
    x ^= x >> np.uint64(31)
    return x


def write(rows, seed, way):
    """rows: (PLACES, STRIDE) of uint64."""
    seed, other = np.uint64(seed), np.uint64(seed ^ (2 ** 64 - 1))
    column = np.arange(PLACES, dtype="u8")
    column |= np.uint64(way << 56)
    column = mix(column ^ seed)
    for i in range(WORDS):
        rows[:, i] = column
        column = mix(column ^ other)


def wait(word):
    print(word, flush=True)
    sys.stdin.readline()


@ward.protected(budget=8 << 20)
def arrays(seed):
    rows = np.zeros((PLACES, STRIDE), "u8")
    write(rows, seed, 3)
    wait("held")
    return int((rows[:, 0] != 0).sum())


def main():
    seed = int(sys.argv[1])
    with ward.Session() as session:
        own = session.alloc(PLACES * STRIDE * 8)
        shared = session.alloc(PLACES * STRIDE * 8, shared=True)
        for way, buffer in ((1, own), (2, shared)):
            write(np.frombuffer(buffer, "u8").reshape(PLACES, STRIDE), seed, way)
        assert arrays(seed) == PLACES
        own.wipe()
        shared.wipe()
    wait("left")
    rows = np.zeros((PLACES, STRIDE), "u8")
    write(rows, seed, 4)
    wait("control")


main()
