#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""serve.py WARD_TRAIN STANDIN FOLDER: ask `ward-train serve` all kinds of questions, sound and not.

A line for each result: 0 or 1, a blank, what was looked at."""
import base64
import hashlib
import json
import math
import os
import pathlib
import signal
import socket
import ssl
import subprocess
import sys
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from cli.serve_world import (AHEAD, BIAS, FILL, SCALE, SHIFT, WEIGHT, Client, Server,  # noqa: E402
                             context, key_digest, raw, write)
from reader import bundle, claims  # noqa: E402

CSV = "age,dose,kind,sex\n51.5,2.25,2,f\n49.5,,3,m\n50.25,1e0,1,\n"
ROWS = [[51.5, 2.25, 1, 0, 1], [49.5, None, 0, 1, 0], [50.25, 1, 0, 0, None]]
JSON = [{"age": 51.5, "dose": 2.25, "kind": 2, "sex": "f"}, {"age": 49.5, "dose": None, "kind": 3, "sex": "m"},
        {"age": 50.25, "dose": 1.0, "kind": 1, "sex": None}]


def result(good, text):
    print("0" if good else "1", text, flush=True)


def expected(row):
    x = [(FILL[i] if v is None else v) for i, v in enumerate(row)]
    score = BIAS[0] + sum(w * (v - m) / s for w, v, m, s in zip(WEIGHT, x, SHIFT, SCALE))
    return 1 / (1 + math.exp(-score))


def near(a, b):
    return abs(a - b) < 1e-12


# ---- answers -------------------------------------------------------------------------------------

def answers(server, client):
    status, answer, kind = client.infer(CSV)
    result(status == 200 and kind == "application/json" and
           [r["row"] for r in answer["rows"]] == [1, 2, 3] and
           all(near(r["y"], expected(x)) for r, x in zip(answer["rows"], ROWS)),
           "a table has the model's probabilities")
    model = (server.folder / "table.safetensors").read_bytes()
    plan = (server.folder / "table.json").read_bytes()
    result(answer["model"] == hashlib.sha256(model).hexdigest() and
           answer["plan"] == hashlib.sha512(plan).hexdigest() and answer["run"] == "newton",
           "and names model, plan and run")
    bodies = {client.ask("POST", "/infer", CSV, "text/csv")[2] for _ in range(20)}
    bodies.add(client.ask("POST", "/infer", json.dumps(JSON), "application/json; charset=utf-8")[2])
    other = "\ufeffsex,\"kind\",ill,age,dose\r\n\"f\",2,9,51.5,2.25\r\nm,3,0,49.5,\r\n,1,,50.25,1\r\n"
    bodies.add(client.ask("POST", "/infer", other.encode(), "Text/CSV")[2])
    bodies.add(Client(server).ask("POST", "/infer", CSV, "text/csv")[2])
    result(len(bodies) == 1, "the same rows have the same answer, byte by byte: again, as JSON, "
           "in another order with the label, in another connection")
    result(client.infer("age,dose,kind,sex\n")[1]["rows"] == [] and
           client.infer("[]", "application/json")[1]["rows"] == [], "no rows, no answers")


# Body, type, status, reason, what else the answer must say.
REFUSED = [
    ("", "text/csv", 400, "column-unknown", {"line": 1, "column": 1}),
    ("age,dose,kind\n", "text/csv", 400, "table-damaged", {}),
    ("age,dose,kind,sex,blood\n", "text/csv", 400, "column-unknown", {"line": 1, "column": 5}),
    ("age,dose,age,kind,sex\n", "text/csv", 400, "column-twice", {"line": 1, "column": 3}),
    ("age,dose,kind,sex,ill,age\n", "text/csv", 400, "too-many-columns", {"line": 1, "column": 6}),
    ("age,\"dose,kind,sex\n", "text/csv", 400, "table-damaged", {"line": 1, "column": 2}),
    (CSV + "7,8,SECRET,f\n", "text/csv", 400, "table-damaged", {"line": 5, "column": 3, "row": 4, "field": "kind"}),
    (CSV + "7,8\n", "text/csv", 400, "table-damaged", {"line": 5, "row": 4}),
    (CSV + "1,1,1,f\n", "text/csv", 413, "too-many-rows", {"line": 5}),
    (CSV.replace("51.5", "1e308").replace("2.25", "1e308"), "text/csv", 422, "out-of-range", {"row": 1}),
    ("{", "application/json", 400, "json-damaged", {"line": 1}),
    ("[{\"SECRET\"\n:}]", "application/json", 400, "json-damaged", {"line": 2}),
    ("{}", "application/json", 400, "json-damaged", {}),
    ("[1]", "application/json", 400, "json-damaged", {"row": 1}),
    ("[[[[[[", "application/json", 400, "json-damaged", {}),
    ('[{"age":1,"age":2}]', "application/json", 400, "json-damaged", {}),
    (json.dumps(JSON[:1] + [{"age": 1}]), "application/json", 400, "column-missing", {"row": 2, "field": "dose"}),
    (json.dumps([dict(JSON[0], SECRET=1)]), "application/json", 400, "column-unknown", {"row": 1}),
    (json.dumps([dict(JSON[0], age="SECRET")]), "application/json", 400, "value-damaged", {"row": 1, "field": "age"}),
    (json.dumps([dict(JSON[0], sex=1)]), "application/json", 400, "value-damaged", {"row": 1, "field": "sex"}),
    (json.dumps([dict(JSON[0], age=True)]), "application/json", 400, "value-damaged", {"row": 1, "field": "age"}),
    (json.dumps(JSON + JSON), "application/json", 413, "too-many-rows", {}),
    (CSV, "text/plain", 415, "type-unsupported", {}),
    (CSV, None, 415, "type-unsupported", {}),
    ("x" * 5000, "text/csv", 413, "request-too-long", {}),
]


def refusals(client):
    for body, kind, status, reason, more in REFUSED:
        got, headers, answer = client.ask("POST", "/infer", body.encode(), kind)
        problem = json.loads(answer)
        good = (got == status == problem["status"] and problem["reason"] == reason and
                headers["Content-Type"] == "application/problem+json" and
                problem["type"] == "urn:ward:problem:" + reason and
                all(problem.get(k) == v for k, v in more.items()) and b"SECRET" not in answer)
        result(good, f"{status} {reason}: {body[:40]!r}" + ("" if good else f": {got} {answer}"))
    for method, path, status, allow in (("GET", "/infer", 405, "POST"), ("POST", "/health", 405, "GET"),
                                        ("DELETE", "/attest", 405, "GET"), ("PATCH", "/", 405, "GET"),
                                        ("GET", "/etc/passwd", 404, None), ("GET", "/health/", 404, None)):
        got, headers, answer = client.ask(method, path)
        result(got == status and json.loads(answer)["status"] == status and headers["Allow"] == allow,
               f"{status}: {method} {path}")


# ---- what else it says -------------------------------------------------------------------------------

def figures(client):
    status, headers, text = client.ask("GET", "/metrics")
    lines = dict(line.rsplit(" ", 1) for line in text.decode().splitlines() if not line.startswith("#"))
    live, vault = int(lines["ward_serve_ward_live_bytes"]), int(lines["ward_serve_ward_vault_used_bytes"])
    result(status == 200 and headers["Content-Type"].startswith("text/plain; version=0.0.4"),
           "metrics are Prometheus text")
    result(int(lines['ward_serve_requests_total{path="/infer",code="200"}']) >= 25 and
           int(lines['ward_serve_requests_total{path="/infer",code="400"}']) >= 15 and
           int(lines['ward_serve_requests_total{path="other",code="404"}']) == 2 and
           int(lines["ward_serve_rows_total"]) >= 72 and live >= vault > 0,
           "and count requests by path and code, rows, and protected memory")
    result(client.ask("GET", "/health")[::2] == (200, b'{"status":"ok"}\n'), "it says that it is well")


def page(client):
    status, headers, text = client.ask("GET", "/")
    policy = headers["Content-Security-Policy"]
    result(status == 200 and headers["Content-Type"] == "text/html; charset=utf-8" and
           policy.startswith("default-src 'none'; script-src 'sha256-") and "unsafe" not in policy and
           b"http:" not in text.replace(b"http://www.w3.org/2000/svg", b"") and b"https:" not in text,
           "the page takes nothing from elsewhere, by its policy and by its text")
    result(b"SIMULATED: it protects nothing" in text, "and calls a simulated TEE so")


def bound(folder, nonce, key=None):
    return hashlib.sha512(b"WARD-CHANNEL-V1\0" + bytes(32) + (key or key_digest(folder)) + bytes(32) +
                          b"\2" + nonce).hexdigest()


def evidence(server, client):
    nonce = os.urandom(32)
    status, headers, raw_bundle = client.ask("GET", f"/attest?nonce={nonce.hex()}")
    said = claims.read(bundle.read(raw_bundle)["claims"])
    result(status == 200 and headers["Content-Type"] == "application/octet-stream" and
           said["purpose"] == "channel" and said["nonce"] == nonce.hex(),
           "evidence of purpose channel with our nonce")
    result(said["binding"] == bound(server.folder, nonce), "and it is bound to the key of this connection's TLS")
    result(said["binding"] != bound(server.folder, nonce, os.urandom(32)), "another key's is another binding")
    result(said["declared"] == hashlib.sha512(
        (server.folder / "table.safetensors").read_bytes()).hexdigest(), "the model was declared last")
    again = client.ask("GET", f"/attest?nonce={os.urandom(32).hex()}", Accept="application/json")
    told = json.loads(again[2])
    fresh = claims.read(bundle.read(base64.b64decode(told["bundle"]))["claims"])
    result(fresh["nonce"] != said["nonce"] and told["simulated"] is True and told["tee"] == "simulated-snp",
           "as JSON in base64, and the TEE is called simulated")
    for query in ("", "?nonce=", f"?nonce={nonce.hex()[:-1]}", f"?nonce={nonce.hex()}0",
                  f"?nonce={nonce.hex()}&x=1", "?nonce=" + "g" * 64):
        status, _, answer = client.ask("GET", "/attest" + query)
        result(status == 400 and json.loads(answer)["reason"] == "nonce-damaged", f"400: /attest{query[:20]}")


# ---- what libevent refuses by itself --------------------------------------------------------------------

# What is sent, the status, the reason.
FOREIGN = [
    (b"\r\n\r\nSECRET\r\n\r\n", 400, "request-damaged"),
    (b"GET\r\n\r\n", 400, "request-damaged"),
    (b"GET /health HTTP/9.SECRET\r\n\r\n", 400, "request-damaged"),
    (b"GET /health HTTP/1.1\r\nSECRET\r\n\r\n", 400, "request-damaged"),
    (b"GET /health HTTP/1.1\r\nX: " + b"x" * 9000 + b"\r\n\r\n", 400, "request-damaged"),
    (b"GET /" + b"x" * 9000 + b" HTTP/1.1\r\n\r\n", 400, "request-damaged"),
    (b"POST /infer HTTP/1.1\r\nHost: x\r\nContent-Length: 99999\r\n\r\n", 413, "request-too-long"),
    (b"POST /infer HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n", 400, "request-damaged"),
    (b"SECRET / HTTP/1.1\r\nHost: x\r\n\r\n", 501, "method-unsupported"),
]


def whole(one):
    """All that comes until the other side closes: status, headers, body."""
    got = b""
    while chunk := one.recv(65536):
        got += chunk
    head, _, body = got.partition(b"\r\n\r\n")
    lines = head.decode().split("\r\n")
    return int(lines[0].split()[1]), dict(line.split(": ", 1) for line in lines[1:]), body


def foreign(server):
    for said, status, reason in FOREIGN:
        one = raw(server)
        one.sendall(said)
        got, headers, body = whole(one)
        problem = json.loads(body)
        good = (got == status == problem["status"] and problem["reason"] == reason and
                headers["Content-Type"] == "application/problem+json" and
                int(headers["Content-Length"]) == len(body) and b"SECRET" not in body)
        result(good, f"{status} {reason}: {said[:30]!r}" + ("" if good else f": {got} {headers} {body}"))
    one = raw(server)
    for _ in range(2):      # answered, and then refused in the same connection
        one.sendall(b"GET /health HTTP/1.1\r\nHost: x\r\n\r\n")
        said = one.recv(65536)
        while b'"ok"}' not in said:
            said += one.recv(65536)
    one.sendall(b"nothing\r\n\r\n")
    got, headers, body = whole(one)
    result(got == 400 and json.loads(body)["reason"] == "request-damaged", "400 behind two answers, too")
    one = raw(server)
    one.sendall(b"POST /infer HTTP/1.1\r\nHost: x\r\nContent-Type: text/csv\r\nContent-Length: %d\r\n"
                b"Connection: close\r\nExpect: 100-continue\r\n\r\n" % len(CSV))
    said = one.recv(65536)
    one.sendall(CSV.encode())
    result(said.startswith(b"HTTP/1.1 100 ") and whole(one)[0] == 200, "who expects it is told to go on")


# ---- a TEE that takes its time ---------------------------------------------------------------------------

def figure(client, name):
    lines = client.ask("GET", "/metrics")[2].decode().splitlines()
    return int(next(line for line in lines if line.startswith(f"ward_serve_{name} ")).split()[1])


def wait_for(client, name, reached):
    """Until a figure is what it shall be; no more often than a client may ask."""
    while not reached(figure(client, name)):
        time.sleep(0.02)


def ask_evidence(server, source, count):
    """Requests under way, from one address."""
    asked = []
    for _ in range(count):
        client, nonce = Client(server, source), os.urandom(32)
        client.begin(f"/attest?nonce={nonce.hex()}")
        asked.append((client, nonce))
    return asked


def is_evidence(client, nonce):
    status, _, answer = client.end()
    return status == 200 and claims.read(bundle.read(answer)["claims"])["nonce"] == nonce.hex()


def is_refused(server, source, status, reason):
    got, headers, answer = Client(server, source).ask("GET", "/attest?nonce=" + bytes(32).hex())
    return got == status and json.loads(answer)["reason"] == reason and int(headers["Retry-After"]) > 0


class Held:
    """The stand-in's TEE stands still until it is let go on."""

    def __init__(self, folder):
        self.path = folder / "hold"
        os.mkfifo(self.path)
        self.pipe = os.open(self.path, os.O_RDWR)

    def let(self, count):
        os.write(self.pipe, b"." * count)

    def hold_no_more(self):
        """Of what begins from now on; the receipt is evidence, too."""
        self.path.unlink()

    def end(self):
        os.close(self.pipe)


def held(folder, train, standin):
    server = Server(train, standin, folder, "table", "--evidence-timeout", "60")
    tee, other = Held(folder), Client(server, "127.0.0.9")
    asked = ask_evidence(server, "127.0.0.1", 4)
    wait_for(other, "evidence_waiting", lambda n: n == 4)
    result(other.infer(CSV)[0] == 200 and other.ask("GET", "/health")[0] == 200,
           "while the TEE stands still, others are answered")
    result(is_refused(server, "127.0.0.1", 429, "rate-limited"), "429: too many of one address wait for evidence")
    for source in ("127.0.0.2", "127.0.0.3", "127.0.0.4"):
        asked += ask_evidence(server, source, 4)
    wait_for(other, "evidence_waiting", lambda n: n == 16)
    result(is_refused(server, "127.0.0.5", 503, "busy"), "503: too many wait")
    tee.let(len(asked))
    result(all(is_evidence(*one) for one in asked), "then each has evidence for its own nonce")
    late = ask_evidence(server, "127.0.0.6", 1)
    wait_for(other, "evidence_waiting", lambda n: n == 1)
    tee.hold_no_more()
    server.process.send_signal(signal.SIGTERM)
    while listens(server):
        pass
    tee.let(1)
    result(is_evidence(*late[0]) and server.end() == 0, "told to end, it waits for the evidence under way")
    tee.end()


def held_too_long(folder, train, standin):
    server = Server(train, standin, folder, "table", "--evidence-timeout", "1")
    tee, client = Held(folder), Client(server)
    status, _, answer = client.ask("GET", "/attest?nonce=" + bytes(32).hex())
    result(status == 504 and json.loads(answer)["reason"] == "evidence-late" and
           client.infer(CSV)[0] == 200, "504: the TEE takes too long, and the connection goes on")
    gone = ask_evidence(server, "127.0.0.1", 1)[0][0]
    gone.http.close()
    wait_for(client, "evidence_waiting", lambda n: n == 0)
    result(client.infer(CSV)[0] == 200, "who goes without its evidence leaves nothing behind")
    tee.hold_no_more()
    tee.let(2)
    server.process.send_signal(signal.SIGTERM)
    result(server.end() == 0, "and it ends well")
    tee.end()


def evidence_for_many(folder, train, standin):
    server = Server(train, standin, folder, "table")
    said = []
    for i in range(4):
        client = Client(server, f"127.0.0.{i + 1}")
        said += [client.ask("GET", "/attest?nonce=" + bytes(32).hex())[0] for _ in range(16)]
    result(said == [200] * 64 and is_refused(server, "127.0.0.9", 429, "rate-limited"),
           "429: too much evidence in a minute, of all addresses together")
    server.process.send_signal(signal.SIGTERM)
    result(server.end() == 0, "it ends well")


# ---- who is slow, who comes late ------------------------------------------------------------------------

def slow(folder, train, standin):
    server = Server(train, standin, folder, "table", "--request-timeout", "1", "--connections", "2")
    half = raw(server)
    half.sendall(b"POST /infer HTTP/1.1\r\nHost: x\r\nContent-Type: text/csv\r\nContent-Length: 9\r\n\r\nage")
    try:
        end = half.recv(1)
    except (ssl.SSLError, ConnectionError):
        end = b""
    result(end == b"", "who does not end a request is cut off")
    crowd = [raw(server, f"127.0.{1 + i}.1") for i in range(6)]
    result(Client(server, "127.0.0.9").ask("GET", "/health")[0] == 200, "who comes when it is crowded has an answer")
    for one in crowd:
        one.close()
    server.process.send_signal(signal.SIGTERM)
    result(server.end() == 0, "and it ends well")


def crowded_by_one(folder, train, standin):
    server = Server(train, standin, folder, "table", "--connections", "4")
    crowd = [raw(server) for _ in range(2)]
    try:
        more = raw(server).recv(1)
    except OSError:     # also TLS's
        more = b""
    result(more == b"", "one prefix has half of the connections, and no more")
    answered = [Client(server, "127.0.0.2").ask("GET", "/health")[0] for _ in range(8)]
    result(answered == [200] * 8, "... and another one has answers meanwhile")
    for one in crowd:
        one.close()
    server.process.send_signal(signal.SIGTERM)
    server.end()


def several(server):
    """Requests back to back, in one record: what stands behind the first would keep its buffer."""
    request = (b"POST /infer HTTP/1.1\r\nHost: x\r\nContent-Type: text/csv\r\nContent-Length: %d\r\n\r\n%s" %
               (len(CSV), CSV.encode()))
    once = raw(server)
    once.sendall(2 * request)
    got = b""
    while chunk := once.recv(65536):
        got += chunk
    result(got.count(b"HTTP/1.1 200") == 1 and b"Connection: close" in got,
           "a second request on the heels of the first ends the connection behind the first's answer")
    plain = socket.create_connection(("127.0.0.1", server.port), timeout=120)
    plain.sendall(b"GET /health HTTP/1.1\r\nHost: x\r\n\r\n")
    try:
        said = plain.recv(100)
    except ConnectionError:
        said = b""
    result(not said.startswith(b"HTTP"), "without TLS there is no answer")


# A hello that says it is as long as TLS lets it be, of which no more comes.
HELLO = bytes.fromhex("1603010004" "01020100")


def hello(server, i):
    """From one of several prefixes, each of which may have 64."""
    one = socket.create_connection(("127.0.0.1", server.port), timeout=120, source_address=(f"127.0.{1 + i // 60}.1", 0))
    one.sendall(HELLO)
    return one


def bodiless(folder, train, standin):
    server = Server(train, standin, folder, "table", "--body", "32")
    one = raw(server)
    one.sendall(b"HEAD /health HTTP/1.1\r\nHost: x\r\nX-Long: " + b"x" * 512 + b"\r\n\r\n")
    got = b""
    while chunk := one.recv(65536):
        got += chunk
    one.close()
    result(got.startswith(b"HTTP/1.1 405") and got.endswith(b"\r\n\r\n") and b"Connection: close" in got,
           "HEAD: no body and the connection's end, also where bodies are shorter than headers")
    server.process.send_signal(signal.SIGTERM)
    result(server.end() == 0, "and it ends well")


def hello_crowd(folder, train, standin):
    server = Server(train, standin, folder, "table", "--connections", "128", "--budget", "64M")
    server.process.send_signal(signal.SIGSTOP)  # so that all of them are there at once, and one more
    crowd = [hello(server, i) for i in range(190)]
    said = []
    other = threading.Thread(target=lambda: said.append(Client(server).ask("GET", "/health")[0]))
    other.start()
    crowd += [hello(server, 190 + i) for i in range(30)]
    server.process.send_signal(signal.SIGCONT)
    other.join()
    result(said == [200], "a crowd that begins long hellos keeps nobody out")
    for one in crowd:
        one.close()
    server.process.send_signal(signal.SIGTERM)
    result(server.end() == 0, "and it ends well")


def unread(server, rows):
    """Ask, and read no more of the answer than its status; the connection and that."""
    plain = socket.socket()
    plain.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
    plain.settimeout(120)
    plain.connect(("127.0.0.1", server.port))
    one = context(server.folder).wrap_socket(plain, server_hostname="127.0.0.1")
    body = b"age,dose,kind,sex\n" + b",,,\n" * rows
    one.sendall(b"POST /infer HTTP/1.1\r\nHost: x\r\nContent-Type: text/csv\r\nContent-Length: %d\r\n\r\n%s" %
                (len(body), body))
    return one, one.recv(12)[-3:]


def hoard(folder, train, standin):
    """Answers that nobody reads and hellos that do not end take all there is."""
    server = Server(train, standin, folder, "table", "--rows", "1000000", "--body", "2M", "--budget", "64M")
    held, rows, full = [], 250000, False
    try:
        while rows > 10000:
            one, status = unread(server, rows)
            held.append(one)
            full |= status == b"503"
            rows //= 2 if status == b"503" else 1
        held += [hello(server, i) for i in range(120)]
    except OSError:
        pass    # it may well have no room for another
    result(full and server.process.poll() is None, "who takes all memory gets no more, and does not end the server")
    for one in held:
        one.close()
    result(Client(server).ask("GET", "/health")[0] == 200, "which answers once that is given back")
    server.process.send_signal(signal.SIGTERM)
    result(server.end() == 0, "and ends well")


def listens(server):
    try:
        raw(server).close()
    except OSError:
        return False
    return True


def ending(folder, train, standin):
    server = Server(train, standin, folder, "table")
    request = (b"POST /infer HTTP/1.1\r\nHost: x\r\nContent-Type: text/csv\r\nContent-Length: %d\r\n\r\n%s" %
               (len(CSV), CSV.encode()))
    half = raw(server)
    half.sendall(request[:-7])
    Client(server).ask("GET", "/health")    # by then it has read that half
    server.process.send_signal(signal.SIGTERM)
    while listens(server):
        pass
    half.sendall(request[-7:])
    got = b""
    while chunk := half.recv(65536):
        got += chunk
    result(got.startswith(b"HTTP/1.1 200") and b"Connection: close" in got and got.endswith(b"]}\n"),
           "told to end, it answers what is under way")
    result(server.end() == 0 and {"wipe", "seal", "receipt"} <= set(server.steps),
           "then wipes, seals and writes its receipt")
    said = claims.read(bundle.read((server.out / "receipt-serve.ward").read_bytes())["claims"])
    step = server.steps["receipt"]
    model = hashlib.sha256((folder / "table.safetensors").read_bytes()).hexdigest()
    binding = hashlib.sha512(b"WARD-RECEIPT-V1\0" + bytes.fromhex(
        step["release"] + step["dataset"] + step["nonce"])).hexdigest()
    result(said["purpose"] == "receipt" and said["state"] == ["sealed"] and said["live_a"] == 0 and
           said["nonce"] == model == step["nonce"] and said["binding"] == binding and
           server.steps["wipe"]["live"] == 0, "which is of the sealed session, and names the model")


def courses(folder, train, standin):
    server = Server(train, standin, folder, "course")
    client = Client(server)
    times = "id,time,gl\n" + "".join(f"a,{300 * i},{v}\n" for i, v in enumerate((90, 110, 120, 130)))
    times += "b,0,100\nb,300,100\nc,0,80\nc,300,\nc,600,100\nc,900,100\nc,1200,100\n"
    status, answer, _ = client.infer(times)
    want = [sum(w * (v - 100) / 10 for w, v in zip(row, (110, 120, 130))) + b
            for row, b in zip(AHEAD, (0, 1))]
    rows = answer["rows"]
    result(status == 200 and [r["row"] for r in rows] == [4, 6, 7, 11], "each unbroken course has one answer")
    result(len(rows) == 4 and all(map(near, rows[0]["y"], want)), "its next values")
    result(rows[1]["y"] is None and rows[2]["y"] is None and rows[3]["y"] == [0, 1],
           "none where it is too short, and a gap begins anew")
    listed = [{"id": 17, "time": f"2026-01-01T00:{5 * i:02}:00", "gl": v} for i, v in enumerate((110, 120, 130))]
    result(all(map(near, client.infer(json.dumps(listed), "application/json")[1]["rows"][0]["y"], want)),
           "the same of JSON with moments")
    listed[1]["time"] = "yesterday"
    result(client.infer(json.dumps(listed), "application/json")[1].get("field") == "time", "a moment that is none")
    server.process.send_signal(signal.SIGTERM)
    result(server.end() == 0, "it ends well")


def unsigned(folder, train, standin):
    """Its evidence is none: refused, and no row is sent."""
    server = Server(train, standin, folder, "table", channel=True)
    (folder / "rows.csv").write_text(CSV)
    (folder / "policy.json").write_text('{"ward-policy": 1, "accept_unmeasured": true, "allow_tee": ["simulated-snp"]}')
    asked = subprocess.run([train, "infer", "--server", f"127.0.0.1:{server.port}", "--policy",
                            folder / "policy.json", "--rows", folder / "rows.csv"], capture_output=True, text=True)
    server.process.send_signal(signal.SIGTERM)
    result(asked.returncode == 7 and not asked.stdout and "evidence refused" in asked.stderr and
           server.end() == 0 and server.steps["answered"]["rows"] == 0,
           "over the attested channel evidence that is none is refused, and no row is sent")


def main(train, standin, folder):
    folder = pathlib.Path(folder)
    write(folder)
    server = Server(train, standin, folder, "table", "--rows", "3", "--body", "4K")
    client = Client(server)
    answers(server, client)
    refusals(client)
    figures(client)
    page(client)
    several(server)
    foreign(server)
    evidence(server, client)
    server.process.send_signal(signal.SIGTERM)
    result(server.end() == 0, "at SIGTERM it ends, and well")
    os.environ["FAKEWARD_HOLD"] = str(folder / "hold")
    held(folder, train, standin)
    held_too_long(folder, train, standin)
    evidence_for_many(folder, train, standin)
    slow(folder, train, standin)
    crowded_by_one(folder, train, standin)
    bodiless(folder, train, standin)
    hello_crowd(folder, train, standin)
    hoard(folder, train, standin)
    ending(folder, train, standin)
    courses(folder, train, standin)
    unsigned(folder, train, standin)


main(*sys.argv[1:])
