#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""trustee.py DIR: a double of Trustee's key broker on 127.0.0.1, written from its protocol's
specification (0.4.0); nothing of Trustee itself is here. It checks what binds evidence to
nonce and key, and believes reports that nobody signed.

DIR holds tls.pem, tls.key and secret, which resource/test/key/one is; DIR/port is written,
and DIR/requests gets a line of each request, DIR/exchanges what went both ways (JSON), for
rcar_client.py. The first part of a path says how it is
answered:

  ok          as it should be
  sha256, sha512, hash   the challenge selects that digest, or no word for one
  version     /auth refuses the version
  nonce-other the nonce is not the one that the verifier remembers
  nonce-huge, nonce-text, nonce-none   a challenge of 10^5 bytes, no base64, or none
  huge        an answer of 10 MB
  slow        no answer for five seconds
  text        an answer that is not JSON
  expired, endless   a token that has ended, or never says when
  alg, enc, tag, stranger   a JWE of RSA1_5, of A128GCM, changed, or to another key
  aad         a JWE with "aad": null, as some brokers write it
  deny, lost, broken   /resource refuses by policy, has no such thing, or fails
  forgetful   /resource refuses tokens, takes cookies
  short       a token that ends in 12 s
"""
import base64
import hashlib
import http.server
import json
import os
import ssl
import sys
import time

from cryptography.hazmat.primitives import hashes, keywrap
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.concatkdf import ConcatKDFHash

DIR = sys.argv[1]
SIGNER = ec.generate_private_key(ec.SECP256R1())
CURVES = {"P-256": ec.SECP256R1(), "P-521": ec.SECP521R1()}
ERRORS = "https://github.com/confidential-containers/kbs/errors/"
sessions = {}


def b64u(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def un64u(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def canonical(value):
    """RFC 8785, as far as texts in ASCII need it."""
    return json.dumps(value, separators=(",", ":"), sort_keys=True, ensure_ascii=False).encode()


def sign(claims):
    body = b64u(json.dumps({"alg": "ES256", "typ": "JWT"}).encode()) + "." + b64u(json.dumps(claims).encode())
    r, s = decode_dss_signature(SIGNER.sign(body.encode(), ec.ECDSA(hashes.SHA256())))
    return body + "." + b64u(r.to_bytes(32, "big") + s.to_bytes(32, "big"))


def token(mode, key):
    now = int(time.time())
    claims = {"eat_profile": "tag:github.com,2024:confidential-containers/Trustee", "iat": now,
              "exp": now + {"short": 12, "expired": -60}.get(mode, 300), "tee-pubkey": key,
              "submods": {"cpu0": {"ear.status": "affirming"}}}
    if mode == "endless":
        del claims["exp"]
    return sign(claims)


def report_data(tee, evidence):
    if tee == "snp":
        report = evidence["attestation_report"]
        assert report["version"] == 3 and len(report["signature"]["r"]) == 72
        assert report["cpuid_fam_id"] == 0x19 and report["launch_mit_vector"] is None
        assert evidence["cert_chain"] is None and report["current_tcb"]["fmc"] is None
        return bytes(report["report_data"])
    if tee == "tdx":
        return base64.b64decode(evidence["quote"])[568:632]
    assert tee == "cca"
    return bytes(evidence["token"])[568:632]


def bound(mode, session, body):
    """Is the evidence over this nonce and this key?"""
    runtime = {"tee-pubkey": body["runtime-data"]["tee-pubkey"], "nonce": session["nonce"],
               "additional-evidence": body["tee-evidence"]["additional_evidence"]}
    digest = hashlib.new(mode if mode == "sha256" else "sha384", canonical(runtime)).digest()
    found = report_data(session["tee"], body["tee-evidence"]["primary_evidence"])
    return found == digest + bytes(64 - len(digest)) and body["runtime-data"]["nonce"] == session["nonce"]


def wrap_ec(key, cek, header):
    theirs = ec.EllipticCurvePublicNumbers(int.from_bytes(un64u(key["x"]), "big"), int.from_bytes(un64u(key["y"]), "big"),
                                           CURVES[key["crv"]]).public_key()
    own = ec.generate_private_key(CURVES[key["crv"]])
    size = (theirs.curve.key_size + 7) // 8
    point = own.public_key().public_numbers()
    header["epk"] = {"kty": "EC", "crv": key["crv"], "x": b64u(point.x.to_bytes(size, "big")),
                     "y": b64u(point.y.to_bytes(size, "big"))}
    name = b"ECDH-ES+A256KW"
    info = len(name).to_bytes(4, "big") + name + bytes(8) + (256).to_bytes(4, "big")
    kek = ConcatKDFHash(hashes.SHA256(), 32, info).derive(own.exchange(ec.ECDH(), theirs))
    return keywrap.aes_key_wrap(kek, cek)


def jwe(mode, key, data):
    cek, iv = os.urandom(32), os.urandom(12)
    header = {"alg": "RSA1_5" if mode == "alg" else key["alg"], "enc": "A128GCM" if mode == "enc" else "A256GCM"}
    if mode == "stranger":
        point = ec.generate_private_key(CURVES["P-256"]).public_key().public_numbers()
        key = dict(key, x=b64u(point.x.to_bytes(32, "big")), y=b64u(point.y.to_bytes(32, "big")))
    if key["kty"] == "EC":
        wrapped = wrap_ec(key, cek, header)
    else:
        public = rsa.RSAPublicNumbers(int.from_bytes(un64u(key["e"]), "big"), int.from_bytes(un64u(key["n"]), "big")).public_key()
        wrapped = public.encrypt(cek, padding.OAEP(padding.MGF1(hashes.SHA256()), hashes.SHA256(), None))
    protected = b64u(json.dumps(header).encode())
    sealed = AESGCM(cek).encrypt(iv, data, protected.encode())
    tag = bytes(16) if mode == "tag" else sealed[-16:]
    out = {"protected": protected, "encrypted_key": b64u(wrapped), "iv": b64u(iv), "ciphertext": b64u(sealed[:-16]), "tag": b64u(tag)}
    return dict(out, aad=None) if mode == "aad" else out


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    asked = None

    def log_message(self, *args):
        pass

    def answer(self, status, body, cookie=None):
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        with open(DIR + "/exchanges", "a", encoding="ascii") as log:
            log.write(json.dumps({
                "got": self.command + " " + self.path, "headers": dict(self.headers), "body": self.asked,
                "status": status, "cookie": cookie, "answer": None if isinstance(body, bytes) else body}) + "\n")
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        if cookie:
            self.send_header("Set-Cookie", "kbs-session-id=" + cookie)
        self.end_headers()
        try:
            self.wfile.write(data)
        except OSError:
            pass

    def refuse(self, what, status=401):
        self.answer(status, {"type": ERRORS + what, "detail": "double: " + what})

    def begin(self):
        _, mode, rest = self.path.split("/", 2)
        with open(DIR + "/requests", "a", encoding="ascii") as log:
            log.write(self.command + " " + self.path + "\n")
        if mode == "slow":
            time.sleep(5)
        return mode, rest.removeprefix("kbs/v0/")

    def session(self):
        cookie = self.headers.get("Cookie", "").removeprefix("kbs-session-id=")
        return sessions.get(cookie)

    def auth(self, mode, body):
        if body["version"] != "0.4.0" or mode == "version":
            return self.refuse("RcarAuthFailed")
        if mode == "huge":
            return self.answer(200, b" " * 10**7)
        if mode == "text":
            return self.answer(200, b"welcome")
        nonce = base64.b64encode(os.urandom(32)).decode()
        cookie = os.urandom(8).hex()
        sessions[cookie] = {"nonce": nonce, "tee": body["tee"]}
        if mode == "nonce-other":
            sessions[cookie]["nonce"] = base64.b64encode(os.urandom(32)).decode()
        nonce = {"nonce-huge": "A" * 10**5, "nonce-text": "no, none!", "nonce-none": None}.get(mode, nonce)
        extra = {"selected-hash-algorithm": mode} if mode in ("sha256", "sha512") else ""
        if mode == "hash":
            extra = {"selected-hash-algorithm": 7}
        return self.answer(200, {"nonce": nonce, "extra-params": extra}, cookie)

    def attest(self, mode, body):
        session = self.session()
        if not session:
            return self.refuse("RcarAttestFailed")
        if not bound(mode, session, body):
            return self.refuse("VerificationFailed")
        session["key"] = body["runtime-data"]["tee-pubkey"]
        return self.answer(200, {"token": token(mode, session["key"])})

    def do_POST(self):
        mode, path = self.begin()
        self.asked = self.rfile.read(int(self.headers["Content-Length"])).decode()
        body = json.loads(self.asked)
        return self.auth(mode, body) if path == "auth" else self.attest(mode, body)

    def who(self, mode):
        bearer = self.headers.get("Authorization", "").removeprefix("Bearer ")
        if bearer:
            claims = json.loads(un64u(bearer.split(".")[1]))
            return None if mode == "forgetful" or claims["exp"] < time.time() else claims["tee-pubkey"]
        return (self.session() or {}).get("key")

    def do_GET(self):
        self.asked = None
        mode, path = self.begin()
        key = self.who(mode)
        if not key or mode == "deny":
            return self.refuse("PolicyDeny" if key else "TokenNotFound")
        if mode == "broken":
            return self.answer(500, b"oh dear")
        if path != "resource/test/key/one":
            return self.refuse("PluginNotFound", 404)
        with open(DIR + "/secret", "rb") as f:
            return self.answer(200, jwe(mode, key, f.read()))


def main():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(DIR + "/tls.pem", DIR + "/tls.key")
    server.socket = context.wrap_socket(server.socket, server_side=True)
    with open(DIR + "/port.new", "w", encoding="ascii") as f:
        f.write(str(server.server_address[1]))
    os.rename(DIR + "/port.new", DIR + "/port")
    server.serve_forever()


main()
