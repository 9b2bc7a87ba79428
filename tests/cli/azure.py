#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""azure.py DIR: a double, not Azure, of Azure Attestation and of Key Vault on 127.0.0.1, written
from their documentation; nothing of Microsoft's is here. It checks what binds evidence to TPM,
key and registers, and believes hardware reports that nobody signed.

DIR holds tls.pem, tls.key, other.pem, other.key, secret (the key that is released) and bearer;
DIR/port is written, DIR/requests gets a line of each request. The first part of a path says how
it is answered:

  ok           as it should be
  short        a token that ends in 12 s
  nonce, key, keys, tee, other, debug   a token with another nonce, another key, two keys, of
               another TEE or measurement, of a guest that can be looked into
  expired, issuer, forged, none          a token that has ended, of another instance, by another
               key, by the algorithm "none"
  inner, tag   an envelope for another key, or changed
  throttle     429 with Retry-After: 1 once; throttled: with Retry-After: 3600 always
  redirect, huge, text, empty, refuse    what the words say; refuse is 400 with an error
  v-*          of the vault: key, enc, kid, nonce, sign, edit, wrap, aes, form, deny, cert
  by-NAME      of the vault: the answer is signed by DIR/NAME.key, whose certificate is NAME.pem
"""
import base64
import hashlib
import http.server
import json
import os
import ssl
import struct
import sys
import time

from cryptography.hazmat.primitives import hashes, keywrap, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

DIR = sys.argv[1]
DOUBLE = "double, not Azure"
SIGNER, STRANGER = (rsa.generate_private_key(public_exponent=65537, key_size=2048) for _ in range(2))
LAUNCH = "a1" * 48
throttled = set()


def read(name):
    return open(DIR + "/" + name, "rb").read()


def b64u(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def un64(text):
    return base64.urlsafe_b64decode(text.replace("+", "-").replace("/", "_").rstrip("=") + "=" * (-len(text.rstrip("=")) % 4))


def number(n):
    return b64u(n.to_bytes((n.bit_length() + 7) // 8, "big"))


def jwk(key, kid):
    public = key.public_numbers()
    return {"kty": "RSA", "kid": kid, "n": number(public.n), "e": number(public.e)}


def sign(claims, key, header):
    body = b64u(json.dumps(header).encode()) + "." + b64u(json.dumps(claims).encode())
    tag = key.sign(body.encode(), padding.PKCS1v15(), hashes.SHA256())
    return body + "." + ("" if header["alg"] == "none" else b64u(tag))


# ---- Azure Attestation ---------------------------------------------------------------

def token(mode, base, tee, runtime, nonce, measurement):
    now = int(time.time())
    if mode == "tee":
        tee = {"sevsnpvm": "tdxvm", "tdxvm": "sevsnpvm"}[tee]
    if mode == "other":
        measurement = "a2" * 48
    inner = {"x-ms-attestation-type": tee, "x-ms-compliance-status": "azure-compliant-cvm"}
    if tee == "sevsnpvm":
        inner |= {"x-ms-sevsnpvm-is-debuggable": mode == "debug", "x-ms-sevsnpvm-launchmeasurement": measurement,
                  "x-ms-sevsnpvm-vmpl": 0}
    else:
        inner |= {"tdx_mrtd": measurement, "tdx_td_attributes": "0000000000000000", "tdx_td_attributes_debug": mode == "debug",
                  "attester_tcb_status": "UpToDate"}
    claims = {"iss": base + ("x" if mode == "issuer" else ""), "iat": now, "nbf": now, "about": DOUBLE,
              "exp": now + {"expired": -600, "short": 12}.get(mode, 3600)}
    keys = runtime.get("keys", [])
    if mode == "key":
        keys = [dict(keys[0], n=jwk(STRANGER.public_key(), "")["n"])]
    if mode == "keys":
        keys = keys + [dict(keys[0], n=jwk(STRANGER.public_key(), "")["n"])]
    runtime = dict(runtime, keys=keys)
    if mode == "nonce":
        nonce = runtime["nonce"] = os.urandom(32).hex()
        runtime.pop("client-payload", None)
    if "client-payload" in runtime:
        claims |= {"x-ms-attestation-type": "azurevm", "x-ms-isolation-tee": inner}
    else:
        claims |= inner | {"nonce": nonce}
    claims["x-ms-runtime"] = runtime
    return sign(claims, STRANGER if mode == "forged" else SIGNER,
                {"alg": "none" if mode == "none" else "RS256", "kid": "double", "typ": "JWT"})


def hardware(tdx, proof, runtime):
    """Measurement of a report that is over these runtime data."""
    if tdx:
        assert proof[0] == 4, "no quote of version 4"
        data, launch = proof[568:632], proof[184:232]
    else:
        report = json.loads(proof)
        assert b"BEGIN CERTIFICATE" in un64(report["VcekCertChain"]), "no chain"
        raw = un64(report["SnpReport"])
        assert len(raw) == 1184, "no report"
        data, launch = raw[0x50:0x90], raw[0x90:0xc0]
    assert data == hashlib.sha256(runtime).digest() + bytes(32), "runtime data that the report is not over"
    return launch.hex()


def rsa_public(public):
    """Of a TPM2B_PUBLIC of RSA: key, attributes, policy, bytes without their length."""
    size = struct.unpack(">H", public[:2])[0]
    body = public[2:]
    assert size == len(body) and body[:4] == b"\0\x01\0\x0b", "no TPM2B_PUBLIC of RSA with SHA-256"
    attributes, n = struct.unpack(">IH", body[4:10])
    policy, rest = body[10:10 + n], body[10 + n:]
    at = 2 if rest[:2] == b"\0\x10" else 6
    at += 2 if rest[at:at + 2] == b"\0\x10" else 4
    bits, exponent, length = struct.unpack(">HIH", rest[at:at + 8])
    modulus = rest[at + 8:]
    assert bits == 2048 and exponent == 0 and length == 256 == len(modulus), "no RSA of 2048 bits"
    return rsa.RSAPublicNumbers(65537, int.from_bytes(modulus, "big")).public_key(), attributes, policy, body


def attested(blob, kind):
    """What is behind the head of a TPMS_ATTEST."""
    assert blob[:6] == b"\xffTCG" + struct.pack(">H", kind), "no TPMS_ATTEST of that kind"
    at = 6
    for _ in range(2):
        at += 2 + struct.unpack(">H", blob[at:at + 2])[0]
    return blob[at + 25:]


def check_tpm(tpm, ak_modulus):
    ak, attributes, _, _ = rsa_public(un64(tpm["AikPub"]))
    assert ak.public_numbers().n == ak_modulus, "the AK is not the one that the paravisor names"
    assert attributes & 0x10000, "the AK is not restricted"
    for what, signature in (("PcrQuote", "PcrSignature"), ("EncKeyCertifyInfo", "EncKeyCertifyInfoSignature")):
        ak.verify(un64(tpm[signature]), un64(tpm[what]), padding.PKCS1v15(), hashes.SHA256())
    quoted = attested(un64(tpm["PcrQuote"]), 0x8018)
    selection, digest = quoted[:10], quoted[12:]
    values = [un64(pcr["Digest"]) for pcr in tpm["PCRs"]]
    mask = int.from_bytes(selection[7:10], "little")
    assert [pcr["Index"] for pcr in tpm["PCRs"]] == tpm["PcrSet"] == [i for i in range(24) if mask >> i & 1], "other registers"
    assert digest == hashlib.sha256(b"".join(values)).digest(), "the registers are not those quoted"
    key, attributes, policy, body = rsa_public(un64(tpm["EncKeyPub"]))
    assert attributes & 0x60072 == 0x20032 and not attributes & 0x50000, "attributes of the key: %x" % attributes
    want = hashlib.sha256(bytes(32) + struct.pack(">I", 0x17f) + selection + digest).digest()
    assert policy == want, "the key's policy is not these registers"
    name = attested(un64(tpm["EncKeyCertifyInfo"]), 0x8017)
    assert name[2:36] == b"\0\x0b" + hashlib.sha256(body).digest(), "another key is certified"
    assert un64(tpm["AikCert"]), "no certificate of the AK"
    return key


def envelope(mode, key, jwt):
    inner, iv = os.urandom(32), os.urandom(12)
    sealed = AESGCM(inner).encrypt(iv, jwt.encode(), b"Transport Key")
    to = STRANGER.public_key() if mode == "inner" else key
    b64 = lambda data: base64.b64encode(data).decode()
    return b64u(json.dumps({"Jwt": b64(sealed[:-16]), "AuthenticationData": b64(bytes(16) if mode == "tag" else sealed[-16:]),
                            "EncryptionParams": {"Iv": b64(iv)},
                            "EncryptedInnerKey": b64(to.encrypt(inner, padding.PKCS1v15()))}).encode())


def attest_guest(mode, base, body):
    info = json.loads(un64(body["AttestationInfo"]))
    assert info["AttestationProtocolVersion"] == "2.0" and un64(info["OSType"]) == b"Linux"
    isolation = info["IsolationInfo"]
    tdx = {"SevSnp": False, "Tdx": True}[isolation["Type"]]
    text = un64(isolation["Evidence"]["RunTimeData"])
    launch = hardware(tdx, un64(isolation["Evidence"]["Proof"]), text)
    named = [k for k in json.loads(text)["keys"] if k["kid"] == "HCLAkPub"]
    key = check_tpm(info["TpmInfo"], int.from_bytes(un64(named[0]["n"]), "big"))
    nonce = info["ClientPayload"]["nonce"]
    assert len(un64(nonce)) >= 8, "no nonce"
    runtime = {"client-payload": {"nonce": nonce}, "keys": [dict(jwk(key, "TpmEphemeralEncryptionKey"), key_ops=["encrypt"])]}
    return envelope(mode, key, token(mode, base, "tdxvm" if tdx else "sevsnpvm", runtime, nonce, launch))


def attest_platform(mode, base, tdx, body):
    assert body["runtimeData"]["dataType"] == "JSON"
    text = un64(body["runtimeData"]["data"])
    launch = hardware(tdx, un64(body["quote" if tdx else "report"]), text)
    return token(mode, base, "tdxvm" if tdx else "sevsnpvm", json.loads(text), body["nonce"], launch)


# ---- Key Vault -----------------------------------------------------------------------

def accepted(target):
    """The key that a token of ours names; a vault trusts the service, and looks at the time."""
    head, body, tag = target.split(".")
    SIGNER.public_key().verify(un64(tag), (head + "." + body).encode(), padding.PKCS1v15(), hashes.SHA256())
    claims = json.loads(un64(body))
    assert claims["exp"] > time.time(), "the token has ended"
    keys = [k for k in claims["x-ms-runtime"]["keys"] if "encrypt" in k["key_ops"]]
    assert len(keys) == 1, "not one key to encrypt to"
    return rsa.RSAPublicNumbers(int.from_bytes(un64(keys[0]["e"]), "big"), int.from_bytes(un64(keys[0]["n"]), "big")).public_key()


def wrap(mode, key, enc):
    digest = {"CKM_RSA_AES_KEY_WRAP": hashes.SHA1, "RSA_AES_KEY_WRAP_256": hashes.SHA256, "RSA_AES_KEY_WRAP_384": hashes.SHA384}[enc]()
    kek = os.urandom(16 if mode == "v-aes" else 32)
    to = STRANGER.public_key() if mode == "v-key" else key
    wrapped = keywrap.aes_key_wrap_with_padding(kek, read("secret"))
    if mode == "v-wrap":
        wrapped = wrapped[:-1] + bytes([wrapped[-1] ^ 1])
    return to.encrypt(kek, padding.OAEP(padding.MGF1(digest), digest, None)) + wrapped


def release(mode, base, path, body):
    key = accepted(body["target"])
    name, version = (path.split("/") + ["latest0"])[:2]
    enc = "RSA_AES_KEY_WRAP_384" if mode == "v-enc" else body["enc"]
    hsm = {"schema_version": "2.0" if mode == "v-form" else "1.0", "ciphertext": b64u(wrap(mode, key, body["enc"])),
           "header": {"kid": "TpmEphemeralEncryptionKey", "alg": "dir", "enc": enc}}
    kid = f"{base}/keys/{'other' if mode == 'v-kid' else name}/{version}"
    payload = {"about": DOUBLE,
               "request": {"api-version": "7.4", "enc": enc, "kid": kid, "nonce": "0" if mode == "v-nonce" else body["nonce"]},
               "response": {"key": {"attributes": {"enabled": True, "exportable": True},
                                    "key": {"kid": kid, "kty": "oct-HSM", "key_ops": ["decrypt"], "key_hsm": b64u(json.dumps(hsm).encode())}}}}
    who = "other" if mode == "v-cert" else mode[3:] if mode.startswith("by-") else "tls"
    signer = serialization.load_pem_private_key(read(("other" if mode == "v-sign" else who) + ".key"), None)
    der = ssl.PEM_cert_to_DER_cert(read(who + ".pem").decode())
    jws = sign(payload, signer, {"alg": "RS256", "kid": "double", "typ": "JWT", "x5c": [base64.b64encode(der).decode()]})
    if mode == "v-edit":
        head, text, tag = jws.split(".")
        jws = ".".join((head, b64u(un64(text).replace(b"oct-HSM", b"oct-hsm")), tag))
    return jws


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version, sys_version = DOUBLE, ""

    def log_message(self, *args):
        pass

    def answer(self, status, body, **headers):
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        try:
            self.wfile.write(data)
        except OSError:
            pass

    def refuse(self, status, why):
        self.answer(status, {"error": {"code": "Double", "message": f"{DOUBLE}: {why}"}})

    def early(self, mode):
        if mode == "throttled" or (mode == "throttle" and self.path not in throttled):
            throttled.add(self.path)
            self.answer(429, {}, Retry_After="3600" if mode == "throttled" else "1")
        elif mode == "redirect":
            self.answer(307, b"", Location=self.path.replace("redirect", "ok"))
        elif mode in ("huge", "text", "empty"):
            self.answer(200, {"huge": b"{" + b" " * 10**7 + b"}", "text": b"welcome", "empty": b"{}"}[mode])
        elif mode in ("refuse", "v-deny"):
            self.refuse(400 if mode == "refuse" else 403, "the policy does not allow that")
        else:
            return False
        return True

    def begin(self):
        _, mode, rest = self.path.split("/", 2)
        with open(DIR + "/requests", "a", encoding="ascii") as log:
            log.write(self.command + " " + self.path + "\n")
        return mode, f"https://127.0.0.1:{self.server.server_port}/{mode}", rest

    def do_GET(self):
        _, _, rest = self.begin()
        if rest == "certs":
            return self.answer(200, {"keys": [jwk(SIGNER.public_key(), "double")]})
        return self.refuse(404, "no such thing")

    def post(self, mode, base, rest, body):
        if rest == "attest/AzureGuest?api-version=2020-10-01":
            return {"token": attest_guest(mode, base, body)}
        if rest == "attest/SevSnpVm?api-version=2022-08-01":
            return {"token": attest_platform(mode, base, False, body)}
        if rest == "attest/TdxVm?api-version=2025-06-01":
            return {"token": attest_platform(mode, base, True, body)}
        assert rest.startswith("keys/") and rest.endswith("/release?api-version=7.4"), "no such address"
        return {"value": release(mode, base, rest[5:-len("/release?api-version=7.4")], body)}

    def do_POST(self):
        mode, base, rest = self.begin()
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if self.headers.get("Content-Type") != "application/json":
            return self.refuse(415, "JSON is expected")
        if rest.startswith("keys/") and self.headers.get("Authorization") != "Bearer " + read("bearer").decode().strip():
            return self.refuse(401, "who are you?")
        if self.early(mode):
            return None
        try:
            return self.answer(200, self.post(mode, base, rest, body))
        except Exception as e:  # whatever is not as it should be is the client's fault
            return self.refuse(400, repr(e))


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(DIR + "/tls.pem", DIR + "/tls.key")
server.socket = context.wrap_socket(server.socket, server_side=True)
with open(DIR + "/port.new", "w", encoding="ascii") as out:
    out.write(str(server.server_port))
os.rename(DIR + "/port.new", DIR + "/port")
server.serve_forever()
