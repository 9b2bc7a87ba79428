#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Commands to a software TPM behind a socket: tpm.py SOCKET extend PCR | clear"""
import socket
import struct
import sys


def ask(path, command):
    with socket.socket(socket.AF_UNIX) as s:
        s.connect(path)
        s.sendall(command)
        answer = s.recv(4096)
    code = struct.unpack(">I", answer[6:10])[0]
    if code:
        sys.exit(f"the TPM answers {code:#x}")


def command(code, handle, parameters):
    session = struct.pack(">IHBH", 0x40000009, 0, 0, 0)
    body = struct.pack(">II", handle, len(session)) + session + parameters
    return struct.pack(">HII", 0x8002, 10 + len(body), code) + body


def main():
    path, what = sys.argv[1:3]
    if what == "extend":
        ask(path, command(0x182, int(sys.argv[3]), struct.pack(">IH", 1, 0x0b) + b"\x5a" * 32))
    elif what == "clear":
        ask(path, command(0x126, 0x4000000C, b""))  # by the platform's authorization
    else:
        sys.exit(__doc__)


main()
