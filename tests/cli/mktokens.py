#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""mktokens.py DIR: tokens as Azure Attestation and Intel Trust Authority make them, sound and
unsound, and the keys for them, made for this run by openssl, for the tests of the command line.
"""
import base64
import hashlib
import hmac
import json
import pathlib
import re
import subprocess
import sys
import time

DIR = pathlib.Path(sys.argv[1])
NOW = int(time.time())
LAUNCH, OTHER = "a1" * 48, "a2" * 48
NONCE = bytes(range(1, 33))


def b64(data):
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def openssl(*arguments, data=None):
    return subprocess.run(["openssl", *arguments], input=data, check=True,
                          stdout=subprocess.PIPE, stderr=subprocess.DEVNULL).stdout


def number(n):
    return b64(n.to_bytes((n.bit_length() + 7) // 8, "big"))


def rsa_key(name):
    path = str(DIR / f"{name}.pem")
    openssl("genrsa", "-out", path, "2048")
    modulus = openssl("rsa", "-in", path, "-noout", "-modulus").decode().strip().split("=")[1]
    return path, {"kty": "RSA", "kid": name, "n": number(int(modulus, 16)), "e": "AQAB"}


def ec_key(name):
    path = str(DIR / f"{name}.pem")
    openssl("ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", path)
    point = openssl("ec", "-in", path, "-pubout", "-outform", "DER")[-64:]
    return path, {"kty": "EC", "crv": "P-256", "kid": name, "x": b64(point[:32]), "y": b64(point[32:])}


def raw_ecdsa(der):
    values, at = [], 2
    for _ in range(2):
        length = der[at + 1]
        values.append(int.from_bytes(der[at + 2:at + 2 + length], "big").to_bytes(32, "big"))
        at += 2 + length
    return b"".join(values)


SIGN = {
    "RS256": ["-sha256"],
    "PS256": ["-sha256", "-sigopt", "rsa_padding_mode:pss", "-sigopt", "rsa_pss_saltlen:32"],
    "PS384": ["-sha384", "-sigopt", "rsa_padding_mode:pss", "-sigopt", "rsa_pss_saltlen:48"],
    "ES256": ["-sha256"],
}


def token(claims, key, kid, alg="RS256", header=None):
    head = {"alg": alg, "kid": kid, "typ": "JWT"} | (header or {})
    body = claims if isinstance(claims, str) else json.dumps(claims)
    text = f"{b64(json.dumps(head).encode())}.{b64(body.encode())}"
    tag = openssl("dgst", *SIGN[alg], "-sign", key, data=text.encode())
    return f"{text}.{b64(raw_ecdsa(tag) if alg == 'ES256' else tag)}"


def maa(tee=None, **top):
    claims = {
        "exp": NOW + 3600, "iat": NOW - 5, "nbf": NOW - 5, "jti": "1",
        "iss": "https://sharedeus2.eus2.attest.azure.net", "secureboot": True,
        "x-ms-attestation-type": "azurevm", "x-ms-ver": "1.0",
        "x-ms-azurevm-bootdebug-enabled": False, "x-ms-azurevm-kerneldebug-enabled": False,
        "x-ms-isolation-tee": {
            "x-ms-attestation-type": "sevsnpvm", "x-ms-compliance-status": "azure-compliant-cvm",
            "x-ms-runtime": {"vm-configuration": {"secure-boot": True, "tpm-enabled": True}},
            "x-ms-sevsnpvm-hostdata": "00" * 32, "x-ms-sevsnpvm-is-debuggable": False,
            "x-ms-sevsnpvm-launchmeasurement": LAUNCH, "x-ms-sevsnpvm-vmpl": 0,
            "x-ms-sevsnpvm-reportdata": "00" * 64, "x-ms-sevsnpvm-smt-allowed": True,
        } | (tee or {}),
        "x-ms-runtime": {"client-payload": {"nonce": base64.b64encode(NONCE).decode()}},
    }
    return claims | top


def ita(**top):
    return {
        "exp": NOW + 300, "iat": NOW, "iss": "https://portal.trustauthority.intel.com",
        "attester_type": "TDX", "attester_tcb_status": "UpToDate", "dbgstat": "disabled",
        "tdx_is_debuggable": False, "tdx_td_attributes": "0000001000000000",
        "tdx_xfam": "e702060000000000", "tdx_mrtd": LAUNCH, "policy_ids_matched": [],
        "verifier_nonce": {"val": base64.b64encode(NONCE).decode(), "iat": "x", "signature": "x"},
    } | {f"tdx_rtmr{i}": f"b{i}" * 48 for i in range(4)} | top


def write(name, text):
    (DIR / name).write_text(text, encoding="utf-8")


def certificate(key):
    return b64_plain(openssl("req", "-new", "-x509", "-key", key, "-subj", "/CN=service", "-days",
                             "2", "-outform", "DER"))


def b64_plain(data):
    return base64.b64encode(data).decode()


def main():
    rsa, jwk = rsa_key("rsa")
    other, other_jwk = rsa_key("other")
    ec, ec_jwk = ec_key("ec")
    write("jwks.json", json.dumps({"keys": [ec_jwk, jwk]}))
    write("jwks-other.json", json.dumps({"keys": [other_jwk]}))
    # as Azure publishes them: a certificate, and no numbers
    write("jwks-x5c.json", json.dumps({"keys": [{"kty": "RSA", "kid": "rsa",
                                                 "x5c": [certificate(rsa)]}]}))
    write("jwks-twice.json", '{"keys":[],"keys":[]}')
    good = token(maa(), rsa, "rsa")
    head, body, tag = good.split(".")
    write("maa.jwt", good)
    write("maa-line.jwt", good + "\r\n")
    write("ita.jwt", token(ita(), rsa, "rsa", "PS384") + "\n")
    write("es.jwt", token(maa(), ec, "ec", "ES256"))
    write("ps.jwt", token(maa(), rsa, "rsa", "PS256"))
    write("other-image.jwt", token(maa({"x-ms-sevsnpvm-launchmeasurement": OTHER}), rsa, "rsa"))
    write("other-td.jwt", token(ita(tdx_mrtd=OTHER), rsa, "rsa", "PS384"))
    write("debug.jwt", token(maa({"x-ms-sevsnpvm-is-debuggable": True}), rsa, "rsa"))
    write("plain-vm.jwt", token(maa() | {"x-ms-isolation-tee": None}, rsa, "rsa"))
    write("not-compliant.jwt", token(maa({"x-ms-compliance-status": "none"}), rsa, "rsa"))
    write("old-firmware.jwt", token(ita(attester_tcb_status="OutOfDate"), rsa, "rsa", "PS384"))
    write("expired.jwt", token(maa(exp=NOW - 100, iat=NOW - 900, nbf=NOW - 900), rsa, "rsa"))
    write("future.jwt", token(maa(iat=NOW + 900, nbf=NOW + 900), rsa, "rsa"))
    write("later.jwt", token(maa(nbf=NOW + 900), rsa, "rsa"))
    write("no-end.jwt", token({k: v for k, v in maa().items() if k != "exp"}, rsa, "rsa"))
    write("for-others.jwt", token(maa(aud="somebody"), rsa, "rsa"))
    write("kid.jwt", token(maa(), rsa, "unknown"))
    write("wrong-key.jwt", token(maa(), other, "rsa"))
    write("own-key.jwt", token(maa(), other, "rsa", header={"jwk": other_jwk}))
    write("crit.jwt", token(maa(), rsa, "rsa", header={"crit": ["exp"]}))
    write("twice.jwt", token(json.dumps(maa())[:-1] + ',"exp":1}', rsa, "rsa"))
    write("deep.jwt", token('{"a":' + "[" * 64 + "]" * 64 + "}", rsa, "rsa"))
    write("none.jwt", f"{b64(json.dumps({'alg': 'none', 'kid': 'rsa'}).encode())}.{body}.")
    write("none-signed.jwt", f"{b64(json.dumps({'alg': 'none', 'kid': 'rsa'}).encode())}.{body}.{tag}")
    # the public key, in PEM, as the secret of an HMAC
    confused = f"{b64(json.dumps({'alg': 'HS256', 'kid': 'rsa'}).encode())}.{body}"
    secret = openssl("pkey", "-in", rsa, "-pubout")
    mac = hmac.new(secret, confused.encode(), hashlib.sha256).digest()
    write("hs256.jwt", f"{confused}.{b64(mac)}")
    write("edited.jwt", f"{head}.{b64(json.dumps(maa(iss='x')).encode())}.{tag}")
    write("cut.jwt", good[:-42])
    write("two-parts.jwt", f"{head}.{body}")
    write("four-parts.jwt", f"{good}.{tag}")
    write("junk.jwt", re.sub("[A-M]", "*", good))
    write("padded.jwt", f"{head}.{body}=.{tag}")
    write("huge.jwt", f"{head}.{'A' * (65 << 10)}.{tag}")
    write("empty.jwt", "")
    pin = {"ward-policy": 1, "allow_tee": ["azure-snp"], "measurement": [LAUNCH]}
    write("policy.json", json.dumps(pin))
    write("other-policy.json", json.dumps(pin | {"measurement": [OTHER]}))
    write("snp-policy.json", json.dumps(pin | {"allow_tee": ["snp"]}))
    write("open-policy.json", json.dumps({"ward-policy": 1, "allow_tee": ["azure-snp"]}))
    write("tdx-policy.json", json.dumps({"ward-policy": 1, "allow_tee": ["tdx"], "tdx": {
        "mrtd": [LAUNCH], "rtmr1": ["b1" * 48], "rtmr2": ["b2" * 48]}}))
    write("other-tdx-policy.json", json.dumps({"ward-policy": 1, "allow_tee": ["tdx"], "tdx": {
        "mrtd": [LAUNCH], "rtmr1": ["b1" * 48], "rtmr2": ["b9" * 48]}}))
    write("nonce", NONCE.hex())


main()
