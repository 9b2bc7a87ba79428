#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The client of tests/e2e/serve.sh, on the host: asks the server in the guest, through connections
that come from there.

    serve_host.py run DIR      listens; its port goes into DIR/port, what was found into DIR/said
    serve_host.py scan DIR W   in the guest's memory ($WARD_RAM), how often each thing that was
                               asked or answered is there: DIR/found-W
"""
import http.client
import json
import mmap
import os
import pathlib
import random
import socket
import ssl
import struct
import subprocess
import sys
import threading

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "cli"))
import serve_world as world  # noqa: E402

ROWS = 40
SECRETS = "secrets"


# ---- what is asked -----------------------------------------------------------------------------------

def patients(seed):
    """Rows whose every number and word stands nowhere else."""
    rng = random.Random(seed)
    rows = []
    for _ in range(ROWS):
        rows.append({"age": rng.uniform(49, 51), "dose": rng.uniform(1, 3), "kind": rng.uniform(4, 9),
                     "sex": "".join(rng.choices("bcdfghjklmnpqrstvwxz", k=30))})
    return rows


def as_table(rows):
    return ("age,dose,kind,sex\n" + "".join(f"{r['age']!r},{r['dose']!r},{r['kind']!r},{r['sex']}\n"
                                            for r in rows)).encode()


def traces(rows, answers):
    """Of each kind some: as text, and as the double that it became. kind is looked at only for
    its levels, and standardised values are of no patient alone."""
    for row in rows[::20]:
        yield "word", row["sex"].encode()
        yield "text", repr(row["age"]).encode()
        yield "double", struct.pack("<d", row["age"])
        yield "double", struct.pack("<d", row["dose"])
    for answer in answers[::20]:
        yield "answer", ("%.17g" % answer["y"]).encode()
        yield "answer", struct.pack("<d", answer["y"])


# ---- the client ----------------------------------------------------------------------------------------

class Given(http.client.HTTPConnection):
    """Over a connection that came from the guest."""

    def __init__(self, plain, folder):
        super().__init__("guest")
        out = ssl.create_default_context(cafile=folder / "cert.pem")
        out.minimum_version = ssl.TLSVersion.TLSv1_3
        self.sock = out.wrap_socket(plain, server_hostname="127.0.0.1")

    def connect(self):
        raise OSError("the guest's connection ended")

    def ask(self, method, path, body=None, kind=None):
        self.request(method, path, body, {"Content-Type": kind} if kind else {})
        answer = self.getresponse()
        return answer.status, answer.read()


class Talk:
    def __init__(self, folder):
        self.folder = folder
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=16)
        self.listener.settimeout(1700)
        self.relays, self.asked = [], []
        (folder / "port.new").write_text(str(self.listener.getsockname()[1]))
        os.rename(folder / "port.new", folder / "port")

    def more(self):
        plain, _ = self.listener.accept()
        plain.settimeout(1700)
        line = b""
        while not line.endswith(b"\n"):
            byte = plain.recv(1)
            if not byte:
                return
            line += byte
        if line == b"relay\n":
            self.relays.append(plain)
        else:
            self.asked.append((line.decode().strip(), plain))

    def plain(self):
        while not self.relays:
            self.more()
        return self.relays.pop(0)

    def relay(self):
        return Given(self.plain(), self.folder)

    def wait(self, word):
        """The guest asks whether we have come to @word."""
        while not self.asked:
            self.more()
        said, plain = self.asked.pop(0)
        assert said == word, (said, word)
        return plain

    def go(self, word):
        plain = self.wait(word)
        plain.sendall(b"go\n")
        plain.close()


def pump(source, to, counted):
    while chunk := source.recv(65536):
        counted.append(len(chunk))
        to.sendall(chunk)
    to.shutdown(socket.SHUT_WR)


def infer(talk, policy, rows):
    """`ward-train infer` through a connection that came from the guest: its exit code, what it said,
    and how many bytes it sent."""
    sent, plain = [], talk.plain()  # first: the client's patience begins with its connection
    with socket.create_server(("127.0.0.1", 0)) as here:
        client = subprocess.Popen(
            [os.environ["WARD_TRAIN"], "infer", "--server", "127.0.0.1:%d" % here.getsockname()[1],
             "--policy", talk.folder / policy, "--root", os.environ["WARD_ROOT"], "--rows", rows,
             "-o", "json"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        ours, _ = here.accept()
    ways = [threading.Thread(target=pump, args=way) for way in ((ours, plain, sent), (plain, ours, []))]
    for way in ways:
        way.start()
    out, err = client.communicate()
    for way in ways:
        way.join()
    plain.close()
    return client.returncode, out, err, sum(sent)


def over_channel(talk, said):
    """Refused by a policy of another measurement, then accepted; the same rows as JSON and as a table."""
    rows = patients(os.urandom(16)) * 20    # so many that they can't hide in a handshake
    body = as_table(rows)
    (talk.folder / "rows.csv").write_bytes(body)
    save(talk.folder, rows, [])
    code, out, err, sent = infer(talk, "wrong.json", talk.folder / "rows.csv")
    said["wrong"] = {"exit": code, "out": out, "err": err, "less": sent < len(body) / 2}
    code, out, err, sent = infer(talk, "policy.json", talk.folder / "rows.csv")
    answers = json.loads(out)["rows"] if out else []
    said["right"] = {"exit": code, "rows": len(answers), "asked": len(rows), "err": err}
    save(talk.folder, rows, answers)
    talk.go("channel")


def unfinished(client):
    text = client.ask("GET", "/metrics")[1].decode()
    return int(text.split("\nward_serve_unfinished_bytes ")[1].split()[0])


def send_most(client, other, body):
    """All but nine bytes of a table, until @other is told that they are there."""
    client.putrequest("POST", "/infer")
    client.putheader("Content-Type", "text/csv")
    client.putheader("Content-Length", str(len(body)))
    client.endheaders()
    client.send(body[:-9])
    while unfinished(other) < len(body) - 9:
        pass


def run(folder):
    said = {}
    talk = Talk(folder)
    client, other = talk.relay(), talk.relay()
    nonce = os.urandom(32)
    status, bundle = client.ask("GET", "/attest?nonce=" + nonce.hex())
    said["attest"] = status
    (folder / "channel.ward").write_bytes(bundle)
    (folder / "peer.pem").write_text(ssl.DER_cert_to_PEM_cert(client.sock.getpeercert(True)))
    said["nonce"], said["key"] = nonce.hex(), world.key_digest(folder, "peer.pem").hex()
    rows = patients(os.urandom(16))
    body = as_table(rows)
    save(folder, rows, [])
    send_most(client, other, body)
    talk.go("half")
    plain = talk.wait("answered")
    client.send(body[-9:])
    answer = client.getresponse()
    said["csv"], table = answer.status, json.loads(answer.read())
    listed = json.dumps(rows).encode()
    status, text = client.ask("POST", "/infer", listed, "application/json")
    said["json"], said["same"] = status, json.loads(text) == table
    # the whole answer of the ones before is out when this one comes, and their stack is scrubbed
    said["health"] = client.ask("GET", "/health")[0]
    save(folder, rows, table["rows"])
    plain.sendall(b"go\n")
    plain.close()
    said["refused"] = client.ask("POST", "/infer", body + b"broken", "text/csv")[0]
    client.ask("GET", "/health")
    talk.go("refused")
    # on connections of their own: those before are near the end of their life on a slow machine
    other, client = talk.relay(), talk.relay()
    plain = talk.wait("closed")
    # cut off in the middle of it
    send_most(other, client, body)
    other.sock.close()
    while unfinished(client):
        pass
    plain.sendall(b"go\n")
    plain.close()
    over_channel(talk, said)
    (folder / "said").write_text(json.dumps(said))


def save(folder, rows, answers):
    lines = [f"{kind} {raw.hex()}" for kind, raw in traces(rows, answers)]
    (folder / "secrets.new").write_text("\n".join(lines) + "\n")
    os.rename(folder / "secrets.new", folder / SECRETS)


# ---- the search ------------------------------------------------------------------------------------------

def occurrences(memory, raw):
    count, at = 0, memory.find(raw)
    while at >= 0:
        count, at = count + 1, memory.find(raw, at + 1)
    return count


def scan(folder, word):
    found = dict.fromkeys(("word", "text", "double", "answer"), 0)
    with open(os.environ["WARD_RAM"], "rb") as ram, \
            mmap.mmap(ram.fileno(), 0, access=mmap.ACCESS_READ) as memory:
        for line in (folder / SECRETS).read_text().splitlines():
            kind, raw = line.split()
            found[kind] += occurrences(memory, bytes.fromhex(raw))
    (folder / f"found-{word}").write_text(" ".join(f"{k} {v}" for k, v in found.items()) + "\n")


if __name__ == "__main__":
    if sys.argv[1] == "run":
        run(pathlib.Path(sys.argv[2]))
    else:
        scan(pathlib.Path(sys.argv[2]), sys.argv[3])
