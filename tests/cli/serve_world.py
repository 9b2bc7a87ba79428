# SPDX-License-Identifier: MIT
"""What tests of `ward-train serve` share: plans and models, a server over the stand-in for
/dev/ward, a client."""
import atexit
import hashlib
import http.client
import json
import os
import pathlib
import socket
import ssl
import struct
import subprocess

RUNS = [{"name": "newton", "method": "newton"}]
TABLE = {
    "ward-plan": 1, "name": "table", "missing": "mean", "standardise": "pooled",
    "features": [{"column": "age"}, {"column": "dose"}, {"column": "kind", "levels": [2, 3]},
                 {"column": "sex", "levels": ["f"]}],
    "label": {"column": "ill", "above": 0}, "split": {"rule": "every", "every": 3}, "runs": RUNS,
}
COURSE = {
    "ward-plan": 1, "name": "course",
    "course": {"by": "id", "time": "time", "step": 300, "column": "gl", "past": 3, "ahead": 2},
    "split": {"rule": "tail", "head": 0.7, "tail": 0.15}, "runs": RUNS,
}
WEIGHT = [0.5, -1.25, 0.75, 2.0, -0.3]
FILL, SHIFT, SCALE = [50, 2, 0, 0, 0.5], [50, 2, 0, 0, 0.5], [0.25, 0.5, 1, 1, 0.25]
BIAS = [0.125]
AHEAD = [[0.1, 0.2, 0.7], [0.05, 0.15, 0.8]]


def safetensors(meta, tensors):
    """tensors: name -> rows of numbers, or numbers"""
    header, data = {"__metadata__": meta}, b""
    for name, values in tensors.items():
        nested = isinstance(values[0], list)
        flat = [n for row in values for n in row] if nested else values
        shape = [len(values), len(values[0])] if nested else [len(values)]
        raw = struct.pack("<%dd" % len(flat), *flat)
        header[name] = {"dtype": "F64", "shape": shape, "data_offsets": [len(data), len(data) + len(raw)]}
        data += raw
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    return struct.pack("<Q", len(text)) + text + data


def table_model():
    features = ["age", "dose", "kind=2", "kind=3", "sex=f"]
    return safetensors(
        {"format": "ward-logistic-1", "plan": "table", "sites": '["here"]',
         "features": json.dumps(features, separators=(",", ":"))},
        {"weight": WEIGHT, "bias": BIAS, "fill": FILL, "shift": SHIFT, "scale": SCALE})


def course_model():
    features = ["gl[-3]", "gl[-2]", "gl[-1]"]
    return safetensors(
        {"format": "ward-linear-1", "plan": "course", "sites": '["here"]',
         "features": json.dumps(features, separators=(",", ":"))},
        {"weight": AHEAD, "bias": [0.0, 1.0], "fill": [0, 0, 0], "shift": [100, 100, 100],
         "scale": [10, 10, 10]})


def write(folder):
    folder = pathlib.Path(folder)
    for name, plan, model in (("table", TABLE, table_model()), ("course", COURSE, course_model())):
        (folder / f"{name}.json").write_text(json.dumps(plan))
        (folder / f"{name}.safetensors").write_bytes(model)
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
         "-days", "2", "-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1",
         "-keyout", folder / "key.pem", "-out", folder / "cert.pem"], check=True, capture_output=True)
    os.chmod(folder / "key.pem", 0o600)


class Server:
    """ward-train serve, over the stand-in; its steps are self.steps."""

    def __init__(self, train, preload, folder, name, *options, channel=False):
        folder = pathlib.Path(folder)
        env = dict(os.environ, LD_PRELOAD=preload, FAKEWARD="claims", FAKEWARD_MEMORY="1")
        self.folder, self.out = folder, folder / "out"
        self.process = subprocess.Popen(
            [train, "serve", "--plan", folder / f"{name}.json", "--model", folder / f"{name}.safetensors",
             "--listen", "127.0.0.1:0", "--out", self.out, "-o", "json", *options,
             *(["--channel"] if channel else
               ["--tls-cert", folder / "cert.pem", "--tls-key", folder / "key.pem"])],
            env=env, stdout=subprocess.PIPE, text=True)
        atexit.register(self.process.kill)  # where its client fails first
        self.steps, self.port = {}, 0
        while not self.port:
            line = self.process.stdout.readline()
            if not line:
                raise SystemExit("the server did not begin")
            step = json.loads(line)
            self.steps[step["step"]] = step
            self.port = step.get("port", 0)

    def end(self):
        """Wait for its end; the exit code."""
        for line in self.process.stdout:
            step = json.loads(line)
            self.steps[step["step"]] = step
        return self.process.wait()


def context(folder):
    out = ssl.create_default_context(cafile=pathlib.Path(folder) / "cert.pem")
    out.minimum_version = ssl.TLSVersion.TLSv1_3
    return out


def raw(server, source="127.0.0.1"):
    plain = socket.create_connection(("127.0.0.1", server.port), timeout=120, source_address=(source, 0))
    plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)     # what is sent is there
    return context(server.folder).wrap_socket(plain, server_hostname="127.0.0.1")


class Client:
    """One connection, kept; from whichever address of this machine."""

    def __init__(self, server, source="127.0.0.1"):
        self.http = http.client.HTTPSConnection("127.0.0.1", server.port, timeout=120,
                                                context=context(server.folder), source_address=(source, 0))

    def begin(self, path):
        """Ask, and take the answer later: end()."""
        self.http.request("GET", path)

    def end(self):
        answer = self.http.getresponse()
        return answer.status, answer.headers, answer.read()

    def ask(self, method, path, body=None, kind=None, **headers):
        if kind:
            headers["Content-Type"] = kind
        self.http.request(method, path, body, headers)
        return self.end()

    def infer(self, body, kind="text/csv"):
        status, headers, answer = self.ask("POST", "/infer", body, kind)
        return status, json.loads(answer), headers["Content-Type"]


def key_digest(folder, name="cert.pem"):
    """SHA-256 of a certificate's SubjectPublicKeyInfo, by OpenSSL's own program."""
    key = subprocess.run(["openssl", "x509", "-in", pathlib.Path(folder) / name, "-pubkey", "-noout"],
                         check=True, capture_output=True).stdout
    der = subprocess.run(["openssl", "pkey", "-pubin", "-outform", "DER"], input=key, check=True,
                         capture_output=True).stdout
    return hashlib.sha256(der).digest()
