#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What 'wardctl measure' is compared with, and fed: shares nothing with it.

  measure.py ovmf OUT [no-hashes|odd]     an image with the tables of OVMF's end and
                                          every kind of section; the rest is noise
  measure.py snp OVMF VMM VCPUS SIGNATURE FEATURES [KERNEL INITRD CMDLINE]
                                          the launch digest, from AMD 56860
  measure.py log OUT                      an event log with SHA-256 and SHA-384
  measure.py pe OUT [NAME=FILE]...        a program for UEFI with these sections
  measure.py registers LOG BANK           "PCR VALUE" a line, where it leads
"""
import hashlib
import pathlib
import random
import struct
import sys
import uuid

PAGE = 4096
TABLE, RESET, HASHES, METADATA = (uuid.UUID(g).bytes_le for g in (
    "96b582de-1fb2-45f7-baea-a366c55a082d", "00f771de-1a7e-4fcb-890e-68c77e2fb44e",
    "7255371f-3a3b-4b04-927b-1da6efa8d454", "dc886566-984a-4798-a75e-5585a7bf67cc"))
MEMORY, SECRETS, CPUID, SVSM, KERNEL = 1, 2, 3, 4, 0x10


def make_ovmf(kind):
    noise = random.Random(kind)
    image = bytearray(noise.randbytes(4 * PAGE))
    sections = [(0x800000, 0x9000, MEMORY), (0x80A000, 0x3000, MEMORY), (0x80D000, PAGE, SECRETS),
                (0x80E000, PAGE, CPUID), (0x80F000, PAGE, SVSM), (0x811000, 0xF000, MEMORY)]
    if kind != "no-hashes":
        sections.insert(1 if kind == "odd" else 5, (0x810000, PAGE, KERNEL))
    data = b"ASEV" + struct.pack("<III", 16 + 12 * len(sections), 1, len(sections))
    data += b"".join(struct.pack("<III", *s) for s in sections)
    at = 2 * PAGE + (0 if kind == "odd" else 72)
    image[at:at + len(data)] = data
    table = b"".join(struct.pack("<IH", value, 22) + guid for guid, value in (
        (METADATA, len(image) - at), (HASHES, 0 if kind == "no-hashes" else 0x810C00),
        (RESET, 0x80B004)))
    table += struct.pack("<H", len(table) + 18) + TABLE
    image[-32 - len(table):-32] = table
    return bytes(image)


def entries(image):
    """{guid: data} of the table, read forwards from where its length says it begins."""
    length = struct.unpack("<H", image[-50:-48])[0]
    assert image[-48:-32] == TABLE
    rest, found = image[-32 - length:-50], {}
    while rest:
        size = struct.unpack("<H", rest[-18:-16])[0]
        found[rest[-16:]] = rest[-size:-18]
        rest = rest[:-size]
    return found


class Launch:
    """SNP_LAUNCH_UPDATE, page for page."""

    def __init__(self):
        self.digest = bytes(48)

    def page(self, kind, address, contents=None):
        measured = hashlib.sha384(contents).digest() if contents else bytes(48)
        info = self.digest + measured + struct.pack("<HBBBBBBQ", 112, kind, 0, 0, 0, 0, 0, address)
        assert len(info) == 112
        self.digest = hashlib.sha384(info).digest()

    def pages(self, kind, address, size):
        for at in range(address, address + size, PAGE):
            self.page(kind, at)


def hash_table(kernel, initrd, cmdline):
    rows = (("97d02dd8-bd20-4c94-aa78-e7714d36ab2a", cmdline.encode() + b"\0"),
            ("44baf731-3a2f-4bd7-9af1-41e29169781d", initrd),
            ("4de79437-abd2-427f-b835-d5b172d2045b", kernel))
    body = b"".join(uuid.UUID(g).bytes_le + struct.pack("<H", 50) + hashlib.sha256(d).digest()
                    for g, d in rows)
    head = uuid.UUID("9438d606-4f22-4cc9-b479-a793d411fd21").bytes_le
    return head + struct.pack("<H", len(body) + 18) + body


def registers_page(vmm, eip, signature, features):
    first = eip == 0xFFFFFFF0
    aws = vmm == "ec2"
    segment = {"es": 0x93, "cs": 0x9A if aws and first else 0x9B, "ss": 0x92 if aws else 0x93,
               "ds": 0x93, "fs": 0x93, "gs": 0x93, "gdtr": 0, "ldtr": 0x82, "idtr": 0,
               "tr": 0x83 if aws else 0x8B}
    page = b"".join(struct.pack("<HHIQ", 0xF000 if name == "cs" else 0, attributes, 0xFFFF,
                                eip & 0xFFFF0000 if name == "cs" else 0)
                    for name, attributes in segment.items())
    page = bytearray(page.ljust(PAGE, b"\0"))
    numbers = {0xD0: 0x1000, 0x148: 0x40, 0x158: 0x10, 0x160: 0x400, 0x168: 0xFFFF0FF0, 0x170: 2,
               0x178: eip & 0xFFFF, 0x268: 0x70106 if vmm == "gce" else 0x0007040600070406,
               0x310: signature if vmm == "qemu" else 0x600, 0x3B0: features, 0x3E8: 1,
               0x408: 0x1F80 if vmm == "qemu" else 0, 0x410: 0x37F if vmm == "qemu" else 0}
    for at, value in numbers.items():
        page[at:at + 8] = value.to_bytes(8, "little")
    return bytes(page)


def launch_digest(image, vmm, vcpus, signature, features, handed):
    table, launch = entries(image), Launch()
    for at in range(0, len(image), PAGE):
        launch.page(1, (1 << 32) - len(image) + at, image[at:at + PAGE])
    start = len(image) - struct.unpack("<I", table[METADATA][:4])[0]
    count = struct.unpack("<I", image[start + 12:start + 16])[0]
    late = []
    for i in range(count):
        address, size, kind = struct.unpack_from("<III", image, start + 16 + 12 * i)
        if kind == CPUID and vmm == "ec2":
            late.append((address, size))
        elif kind == KERNEL and handed:
            page = bytes(struct.unpack("<I", table[HASHES][:4])[0] % PAGE) + hash_table(*handed)
            launch.page(1, address, page.ljust(PAGE, b"\0"))
        else:
            launch.pages({MEMORY: 4 if vmm == "gce" else 3, SECRETS: 5, CPUID: 6, SVSM: 3,
                          KERNEL: 3}[kind], address, size)
    for address, size in late:
        launch.pages(6, address, size)
    other = struct.unpack("<I", table[RESET][:4])[0]
    for i in range(vcpus):
        launch.page(2, 0xFFFFFFFFF000,
                    registers_page(vmm, other if i else 0xFFFFFFF0, signature, features))
    return launch.digest.hex()


def make_log():
    header = b"Spec ID Event03\0" + struct.pack("<IBBBBI", 0, 0, 2, 0, 2, 2)
    header += struct.pack("<HHHH", 0xB, 32, 0xC, 48) + b"\0"
    log = struct.pack("<II20sI", 0, 3, b"", len(header)) + header
    for pcr, kind, data in ((0, 3, b"StartupLocality\0\3"), (0, 8, b"1.0\0"), (0, 4, bytes(4)),
                            (7, 0x80000001, struct.pack("<16sQQ", b"g" * 16, 2, 0) + "PK".encode("utf-16-le")),
                            (4, 0x80000003, struct.pack("<QQQQ", 0, 4711, 0, 0)),
                            (9, 6, struct.pack("<II", 0x8F3B22ED, 26) + b"LOADED_IMAGE::LoadOptions\0"),
                            (9, 6, struct.pack("<II", 0x8F3B22EC, 13) + b"Linux initrd\0"),
                            (5, 0x80000007, b"Exit Boot Services Invocation")):
        log += struct.pack("<III", pcr, kind, 2)
        log += struct.pack("<H", 0xB) + hashlib.sha256(data).digest()
        log += struct.pack("<H", 0xC) + hashlib.sha384(data).digest()
        log += struct.pack("<I", len(data)) + data
    return log


def make_ccel():
    """A TD's log, SHA-384 alone, and its registers 0 to 3 by this program's own account."""
    header = b"Spec ID Event03\0" + struct.pack("<IBBBBI", 0, 0, 2, 0, 2, 1) + struct.pack("<HH", 0xC, 48) + b"\0"
    log = struct.pack("<II20sI", 0, 3, b"", len(header)) + header
    rtmr = [bytes(48)] * 4
    for n, data in ((0, b"td hob"), (1, b"kernel"), (1, b"Exit Boot Services"), (2, b"initrd with ward.ko\0\0")):
        digest = hashlib.sha384(data).digest()
        rtmr[n] = hashlib.sha384(rtmr[n] + digest).digest()
        log += struct.pack("<III", n + 1, 6, 1) + struct.pack("<H", 0xC) + digest
        log += struct.pack("<I", len(data)) + data
    return log, rtmr


def make_pe(sections):
    head = bytearray(0x400)
    head[:2], head[0x3C:0x40] = b"MZ", struct.pack("<I", 0x80)
    head[0x80:0x98] = struct.pack("<4sHHIIIHH", b"PE", 0x8664, len(sections), 0, 0, 0, 240, 0x206)
    head[0x98:0x9A], head[0xD4:0xD8] = struct.pack("<H", 0x20B), struct.pack("<I", len(head))
    head[0x104:0x108] = struct.pack("<I", 16)
    body = b""
    for i, (name, data) in enumerate(sections):
        padded = data.ljust((len(data) + 511) // 512 * 512, b"\0")
        head[0x188 + 40 * i:0x188 + 40 * i + 24] = struct.pack(
            "<8sIIII", name.encode(), len(data), 0x1000 * (i + 1), len(padded), len(head) + len(body))
        body += padded
    return bytes(head) + body


def replayed(path, bank):
    sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "vm"))
    import tcglog_read
    values = tcglog_read.replay(pathlib.Path(path).read_bytes())
    return [f"{pcr} {value.hex()}" for (name, pcr), value in sorted(values.items()) if name == bank]


def main(words):
    if words[0] == "ovmf":
        pathlib.Path(words[1]).write_bytes(make_ovmf((words[2:] or ["plain"])[0]))
    elif words[0] == "snp":
        handed = None
        if words[6:]:
            handed = [pathlib.Path(p).read_bytes() if p else b"" for p in words[6:8]] + [words[8]]
        print(launch_digest(pathlib.Path(words[1]).read_bytes(), words[2], int(words[3]),
                            int(words[4], 16), int(words[5], 16), handed))
    elif words[0] == "log":
        pathlib.Path(words[1]).write_bytes(make_log())
    elif words[0] == "ccel":
        log, rtmr = make_ccel()
        pathlib.Path(words[1]).write_bytes(log + bytes([int(words[2], 16)]) * 5000)
        print("\n".join(f"rtmr{n} {value.hex()}" for n, value in enumerate(rtmr) if any(value)))
    elif words[0] == "pe":
        pathlib.Path(words[1]).write_bytes(make_pe([
            (name, pathlib.Path(path).read_bytes()) for name, path in
            (word.split("=", 1) for word in words[2:])]))
    elif words[0] == "registers":
        print("\n".join(replayed(words[1], words[2])))


if __name__ == "__main__":
    main(sys.argv[1:])
