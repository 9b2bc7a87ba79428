#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""kds.py DIR: AMD's, Intel's and Azure's services for tests, on 127.0.0.1, which
misbehave as they are asked to.

DIR holds what mkcollateral makes, tls.pem and tls.key, and late.pem and late.key that are
expired. Writes DIR/port-tls, DIR/port-late, DIR/port-old (TLS 1.1 alone), DIR/port-http; each request becomes a line of
DIR/requests. The first part of a path says how its request is answered:

  ok                  as it should be
  NUMxCOUNT[raSEC]    so many times with that status (and Retry-After), then ok
  NUM[raSEC]          always so
  slow                ok, after three seconds
  loris               a byte each half second
  never               no answer
  reset, truncated    the connection breaks, before or in the body
  oversized           more than anybody wants
  headers             headers without end
  loop, tohttp        a redirection, to itself or to plain http
  html                another page, with status 200
  NAME=FILE           FILE where NAME is asked for (ca, vcek, crl, tcb, qe, pck, root,
                      signers)
"""
import http.server
import json
import pathlib
import re
import socket
import ssl
import struct
import sys
import threading
import time
import urllib.parse

DIR = pathlib.Path(sys.argv[1])
LOCK = threading.Lock()
SEEN = {}
FILES = {"ca": "chain.pem", "vcek": "vcek.der", "crl": "crl.der", "tcb": "tcbinfo.json",
         "qe": "qeidentity.json", "pck": "pck.crl", "root": "root.crl",
         "signers": "signers.pem", "thim": "vcek.pem"}
PATHS = (
    (r"/(vcek|vlek)/v1/(Milan|Genoa|Turin)/cert_chain", "ca", None),
    (r"/(vcek|vlek)/v1/(Milan|Genoa|Turin)/crl", "crl", None),
    (r"/vcek/v1/(Milan|Genoa)/[0-9a-f]{128}\?blSPL=\d\d&teeSPL=\d\d&snpSPL=\d\d&ucodeSPL=\d{2,3}",
     "vcek", None),
    (r"/vcek/v1/Turin/[0-9a-f]{16}\?fmcSPL=03&blSPL=00&teeSPL=00&snpSPL=00&ucodeSPL=115",
     "vcek", None),
    (r"/metadata/THIM/amd/certification", "thim", None),
    (r"/tdx/certification/v4/tcb\?fmspc=[0-9a-f]{12}", "tcb", "TCB-Info-Issuer-Chain"),
    (r"/tdx/certification/v4/qe/identity", "qe", "SGX-Enclave-Identity-Issuer-Chain"),
    (r"/sgx/certification/v4/pckcrl\?ca=platform&encoding=der", "pck",
     "SGX-PCK-CRL-Issuer-Chain"),
    (r"/sgx/certification/v4/rootcacrl", "root-hex", None),
    (r"/IntelSGXRootCA.der", "root", None),
)


def read(name):
    return (DIR / name).read_bytes()


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def say(self, status, body=b"", headers=()):
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):
        _, mode, rest = self.path.split("/", 2)
        with LOCK:
            count = SEEN[self.path] = SEEN.get(self.path, 0) + 1
            with open(DIR / "requests", "a", encoding="ascii") as f:
                f.write(f"{mode} /{rest}\n")
        self.close_connection = True
        try:
            self.act(mode, "/" + rest, count)
        except (BrokenPipeError, ConnectionResetError, ssl.SSLError):
            pass

    def act(self, mode, path, count):
        status = re.fullmatch(r"(\d{3})(?:x(\d+))?(?:ra(\d+))?", mode)
        if status and (not status[2] or count <= int(status[2])):
            self.say(int(status[1]), b"", [("Retry-After", status[3])] if status[3] else [])
        elif hasattr(self, "do_" + mode):
            getattr(self, "do_" + mode)(path)
        else:
            name, _, file = mode.partition("=")
            self.right(path, {**FILES, name: file} if file else FILES)

    def right(self, path, files):
        for pattern, name, header in PATHS:
            if re.fullmatch(pattern, path):
                return self.say(200, *self.content(name, header, files, path))
        return self.say(404, b"no such thing")

    def content(self, name, header, files, path):
        if name == "thim":
            if self.headers.get("Metadata") != "true":
                return b"{}", ()
            return json.dumps({"vcekCert": read(files["thim"]).decode(),
                               "certificateChain": read(files["ca"]).decode(),
                               "tcbm": "7308000000000003"}).encode(), ()
        if name == "root-hex":
            return read(files["root"]).hex().encode(), ()
        if name == "ca" and "/vlek/" in path and files["ca"] == FILES["ca"]:
            return read("vlek-chain.pem"), ()
        if not header:
            return read(files[name]), ()
        chain = read("pck-chain.pem" if name == "pck" else files["signers"])
        return read(files[name]), [(header, urllib.parse.quote(chain.decode()))]

    def do_slow(self, path):
        time.sleep(8)
        self.right(path, FILES)

    def do_never(self, _):
        time.sleep(60)

    def do_loris(self, _):
        self.send_response(200)
        self.send_header("Content-Length", "5000")
        self.end_headers()
        for _ in range(200):
            self.wfile.write(b"x")
            self.wfile.flush()
            time.sleep(0.5)

    def do_reset(self, _):
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        socket.socket(fileno=self.connection.detach()).close()

    def do_truncated(self, _):
        self.send_response(200)
        self.send_header("Content-Length", "5000")
        self.end_headers()
        self.wfile.write(b"-----BEGIN CERTIFICATE-----\n")

    def do_oversized(self, _):
        self.send_response(200)
        self.end_headers()
        for _ in range(10000):
            self.wfile.write(b"A" * 65536)

    def do_headers(self, _):
        self.wfile.write(b"HTTP/1.1 200 OK\r\n")
        for _ in range(10000):
            self.wfile.write(b"X-More: " + b"A" * 1000 + b"\r\n")

    def do_loop(self, _):
        self.say(302, b"", [("Location", self.path)])

    def do_tohttp(self, path):
        port = (DIR / "port-http").read_text(encoding="ascii").strip()
        self.say(302, b"", [("Location", f"http://127.0.0.1:{port}/ok{path}")])

    def do_html(self, _):
        self.say(200, b"<html>sign in to the hospital's network</html>")


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64
    context = None

    def get_request(self):
        sock, address = self.socket.accept()
        if self.context:	# the handshake is for the request's own thread
            sock = self.context.wrap_socket(sock, server_side=True, do_handshake_on_connect=False)
        return sock, address

    def handle_error(self, request, client_address):
        pass


def context(name, old=False):
    c = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    if old:
        c.set_ciphers("ALL:@SECLEVEL=0")
        c.minimum_version = ssl.TLSVersion.TLSv1
        c.maximum_version = ssl.TLSVersion.TLSv1_1
    c.load_cert_chain(DIR / f"{name}.pem", DIR / f"{name}.key")
    return c


def main():
    servers = {"http": None, "old": context("tls", old=True), "late": context("late"),
               "tls": context("tls")}
    for name, c in servers.items():
        server = Server(("127.0.0.1", 0), Handler)
        server.context = c
        threading.Thread(target=server.serve_forever).start()
        temp = DIR / f"port-{name}.new"
        temp.write_text(f"{server.server_address[1]}\n", encoding="ascii")
        temp.rename(DIR / f"port-{name}")


main()
