# SPDX-License-Identifier: MIT
"""doc/formats.md section 11: a TPM's event log, and the registers that it leads to."""
import hashlib
import struct

from .refused import Refused, need

HASHES = {4: "sha1", 0xb: "sha256", 0xc: "sha384", 0xd: "sha512"}
SIZES = {4: 20, 0xb: 32, 0xc: 48, 0xd: 64}
NO_ACTION = 3
HEADER = struct.pack("<II20x", 0, NO_ACTION)
LOCALITY = b"StartupLocality\0"


class Log:
    """Unread (Refused) where it is of another form"""

    def __init__(self, data):
        self.data, self.at = data, 0
        need(len(data) <= 512 << 10, "longer than any log")
        need(self.take(28) == HEADER, "no header")
        self.sizes = self.kinds(self.take(self.number(4)))

    def take(self, n):
        need(self.at + n <= len(self.data), "cut")
        self.at += n
        return self.data[self.at - n:self.at]

    def number(self, n):
        return int.from_bytes(self.take(n), "little")

    @staticmethod
    def kinds(head):
        need(head[:16] == b"Spec ID Event03\0" and len(head) >= 29, "not crypto agile")
        count, found = struct.unpack_from("<I", head, 24)[0], {}
        need(1 <= count <= 8 and len(head) > 28 + 4 * count, "kinds of digests")
        for n in range(count):
            kind, size = struct.unpack_from("<HH", head, 28 + 4 * n)
            need(kind not in found and SIZES.get(kind, size) == size and 1 <= size <= 64, "a kind of digest")
            found[kind] = size
        need(len(head) == 29 + 4 * count + head[28 + 4 * count], "the vendor's bytes")
        return found

    def event(self):
        pcr, kind, count = self.number(4), self.number(4), self.number(4)
        need(pcr < 24 or kind == NO_ACTION, "a register that does not exist")
        need(count <= len(self.sizes), "more digests than the header has")
        digests = {}
        for _ in range(count):
            alg = self.number(2)
            need(alg in self.sizes and alg not in digests, "a digest of another kind, or twice")
            digests[alg] = self.take(self.sizes[alg])
        return pcr, kind, digests, self.take(self.number(4))


def replay(data, bank):
    """Values of the registers that it extends"""
    log, extended, locality, values = Log(data), [], 0, {}
    need(bank in log.sizes, "no digests of that bank")
    while log.at < len(data):
        pcr, kind, digests, said = log.event()
        if kind != NO_ACTION:
            need(bank in digests, "an event without a digest of that bank")
            extended.append((pcr, digests[bank]))
        elif pcr == 0 and said[:16] == LOCALITY and len(said) == 17:
            need(said[16] <= 4, "a locality that does not exist")
            locality = said[16]
    for pcr, digest in extended:
        before = values.get(pcr, (0 if pcr else locality).to_bytes(SIZES[bank], "big"))
        values[pcr] = hashlib.new(HASHES[bank], before + digest).digest()
    return values


def check(data, bank, quoted):
    """@quoted: values by register"""
    try:
        found = replay(data, bank)
    except Refused:
        return
    for pcr in range(10):
        if pcr in found and pcr in quoted:
            need(found[pcr] == quoted[pcr], f"register {pcr}", "event-log-mismatch")
