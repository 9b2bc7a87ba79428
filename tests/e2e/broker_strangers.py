#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""broker_strangers.py PORT CA: clients without evidence, most of them rude.

Prints one TAP result a line. The broker was started with session_max 4 and
session_timeout 3.
"""
import http.client
import json
import socket
import ssl
import sys
import time

PORT, CA = int(sys.argv[1]), sys.argv[2]
AUTH = b'{"version":"0.4.0","tee":"ward","extra-params":{}}'
LIFE = 3  # seconds of a session; the broker counts whole ones
TLS = ssl.create_default_context(cafile=CA)


def result(good, text):
    print(("ok - " if good else "not ok - ") + text, flush=True)


def call(method, path, body=None, headers=None):
    """Status, headers and body; status None = the connection was closed on us."""
    conn = http.client.HTTPSConnection("127.0.0.1", PORT, context=TLS, timeout=60)
    try:
        conn.request(method, path, body, headers or {})
        reply = conn.getresponse()
        return reply.status, dict(reply.getheaders()), reply.read()
    except (OSError, http.client.HTTPException):
        return None, {}, b""
    finally:
        conn.close()


def tls_socket():
    return TLS.wrap_socket(socket.create_connection(("127.0.0.1", PORT), 60),
                           server_hostname="127.0.0.1")


def is_problem(reply, status, reason):
    try:
        body = json.loads(reply[2])
        return (reply[0] == status and body["status"] == status
                and body["type"].endswith("/" + reason)
                and body["detail"].startswith(reason)
                and reply[1]["Content-Type"] == "application/problem+json")
    except (ValueError, KeyError):
        return False


def fresh():
    """The cookie, among others, of a session that has just begun."""
    cookie = call("POST", "/kbs/v0/auth", AUTH)[1].get("Set-Cookie", "")
    return {"Cookie": "a=b; " + cookie.split(";")[0] + "; c=d"}


def protocol():
    status, headers, body = call("POST", "/kbs/v0/auth", AUTH)
    cookie = headers.get("Set-Cookie", "")
    result(status == 200 and len(json.loads(body)["nonce"]) == 44, "a challenge has a nonce of 32 bytes")
    result(cookie.startswith("kbs-session-id=") and "Secure" in cookie and "HttpOnly" in cookie,
           "its cookie is for this channel alone")
    result(is_problem(call("POST", "/kbs/v0/attest", b"{", fresh()), 400, "malformed-request"),
           "malformed JSON")
    result(is_problem(call("POST", "/kbs/v0/attest", b"[" * 100000, fresh()), 400, "malformed-request"),
           "JSON nested too deep")
    result(is_problem(call("POST", "/kbs/v0/attest", b"{}"), 401, "session-missing"), "no cookie")
    result(is_problem(call("GET", "/kbs/v0/resource/hospital/dataset/one", None, fresh()),
                      401, "session-not-attested"), "a resource before attestation")
    result(is_problem(call("GET", "/kbs/v0/resource/hospital/dataset/one", None,
                           {"Authorization": "Bearer a.b.c"}), 401, "token-invalid"), "a made-up token")
    result(is_problem(call("GET", "/kbs/v0/auth"), 405, "method-unsupported"), "another method")
    result(is_problem(call("DELETE", "/kbs/v0/auth"), 405, "method-unsupported"), "a method of no path")
    result(is_problem(call("POST", "/kbs/v0/resource/hospital/dataset/one", b"x"), 405,
                      "method-unsupported"), "registering a resource")
    result(is_problem(call("GET", "/"), 404, "path-unknown"), "another path")
    result(is_problem(call("GET", "/kbs/v0/../../etc/passwd"), 404, "path-unknown"), "a path upwards")


def sizes():
    status, _, _ = call("POST", "/kbs/v0/attest", b" " * (3 << 20))
    result(status in (None, 400, 413), "a body of 3 MiB is not taken (%s)" % status)
    status, _, _ = call("GET", "/", None, {"X": "x" * 100000})
    result(status in (None, 400, 413, 431), "nor headers of 100 kB (%s)" % status)
    with tls_socket() as s:
        s.sendall(b"POST /kbs/v0/auth HTTP/1.1\r\nContent-Length: 99999999999999\r\n\r\n")
        first = s.recv(4096)
        result(not first or b" 413 " in first.split(b"\r\n")[0], "nor a length that announces as much")
    with tls_socket() as s:
        s.sendall(b"\x00\xff" * 3000 + b"\r\n\r\n")
        try:
            first = s.recv(4096)
        except OSError:
            first = b""
        result(not first or b" 400 " in first.split(b"\r\n")[0], "bytes that are no HTTP")


def plaintext():
    with socket.create_connection(("127.0.0.1", PORT), 60) as s:
        s.sendall(b"POST /kbs/v0/auth HTTP/1.1\r\nContent-Length: 50\r\n\r\n" + AUTH)
        try:
            reply = s.recv(4096)
        except OSError:
            reply = b""
        result(b"HTTP/" not in reply and b"nonce" not in reply, "HTTP without TLS is not answered")


def sessions():
    for _ in range(10):
        time.sleep(LIFE + 0.2)  # those of before are over
        start = time.monotonic()
        replies = [call("POST", "/kbs/v0/auth", AUTH) for _ in range(5)]
        if time.monotonic() - start < LIFE - 1:  # else the first was over before the last was asked for
            break
    result([r[0] for r in replies[:4]] == [200] * 4, "as many sessions as there may be")
    result(is_problem(replies[4], 503, "sessions-exhausted"), "not one more")
    cookie = {"Cookie": replies[0][1]["Set-Cookie"].split(";")[0]}
    time.sleep(LIFE + 0.2)
    result(is_problem(call("POST", "/kbs/v0/attest", b"{}", cookie), 401, "evidence-expired"),
           "a session that is over")
    result(call("POST", "/kbs/v0/auth", AUTH)[0] == 200, "makes room for a new one")


def crowd():
    """Idle connections up to the cap; the broker serves again once they go."""
    held = []
    for _ in range(80):
        s = socket.create_connection(("127.0.0.1", PORT), 60)
        held.append(s)
    for s in held:
        s.close()
    end = time.monotonic() + 60  # until the broker has seen them go, the address has enough
    while (status := call("GET", "/")[0]) is None and time.monotonic() < end:
        time.sleep(0.05)
    result(status == 404, "eighty silent connections come and go")


protocol()
sizes()
plaintext()
sessions()
crowd()
