#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""broker_end.py PORT CA PID: the broker is told to end while requests are on their way.

It was started with shutdown_timeout 8. Prints one TAP result a line.
"""
import os
import signal
import socket
import ssl
import sys
import time

PORT, CA, PID = int(sys.argv[1]), sys.argv[2], int(sys.argv[3])
AUTH = b'{"version":"0.4.0","tee":"ward","extra-params":{}}'
TLS = ssl.create_default_context(cafile=CA)


def result(good, text):
    print(("ok - " if good else "not ok - ") + text, flush=True)


def tls():
    raw = socket.create_connection(("127.0.0.1", PORT), 60)
    return TLS.wrap_socket(raw, server_hostname="127.0.0.1")


def rest(s):
    got = b""
    try:
        while chunk := s.recv(65536):
            got += chunk
    except OSError:
        pass
    return got


def running():
    try:
        with open("/proc/%d/stat" % PID) as f:
            return f.read().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


def taken(s):
    """The broker has read all that was sent to it on @s."""
    row = ":%04X 0100007F:%04X " % (PORT, s.getsockname()[1])
    for _ in range(3000):
        with open("/proc/net/tcp") as f:
            if any(row in line and line.split()[4].endswith(":00000000") for line in f):
                return
        time.sleep(0.02)


begun, endless, idle = tls(), tls(), tls()
idle.sendall(b"GET / HTTP/1.1\r\n\r\n")
idle.recv(65536)
head = b"POST /kbs/v0/auth HTTP/1.1\r\nContent-Length: %d\r\n\r\n" % len(AUTH)
begun.sendall(head + AUTH[:10])
endless.sendall(head + AUTH[:10])
taken(begun)
taken(endless)
time.sleep(0.3)
start = time.monotonic()
os.kill(PID, signal.SIGTERM)
result(b"HTTP/" not in rest(idle) and time.monotonic() - start < 6, "who waits for nothing is let go")
try:
    socket.create_connection(("127.0.0.1", PORT), 2).close()
    result(False, "nobody new is taken")
except OSError:
    result(True, "nobody new is taken")
begun.sendall(AUTH[10:])
reply = rest(begun)
result(reply.startswith(b"HTTP/1.1 200 ") and b"nonce" in reply and b"Connection: close" in reply,
       "a request that had begun is answered")
while running() and time.monotonic() - start < 90:
    time.sleep(0.02)
took = time.monotonic() - start
result(7.5 < took < 60, "one that never ends is waited for no longer than that: %.1f s" % took)
