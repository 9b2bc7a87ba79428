#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""rcar_replay.py PORT CA: replay rcar.transcript with curl; one TAP result a block."""
import json
import os
import subprocess
import sys

PORT, CA = sys.argv[1], sys.argv[2]
TYPE = "https://github.com/confidential-containers/kbs/errors/"
last = {"cookie": "", "nonce": ""}


def blocks():
    path = os.path.join(os.path.dirname(os.path.abspath(__file__)), "rcar.transcript")
    with open(path) as f:
        for text in f.read().split("\n\n"):
            block = {"header": []}
            for line in text.splitlines():
                if line.startswith("#"):
                    continue
                key, _, value = line.partition(" ")
                if key == "header":
                    block[key].append(value)
                else:
                    block[key] = value
            yield block


def fill(text):
    return text.replace("{cookie}", last["cookie"]).replace("{nonce}", last["nonce"])


def call(block):
    """Status, headers (lower case) and body, as curl has them."""
    method, path = block["send"].split()
    command = ["curl", "-s", "-i", "--max-time", "20", "--cacert", CA, "--path-as-is", "-X", method,
               "https://127.0.0.1:%s%s" % (PORT, path)]
    for header in block["header"]:
        command += ["-H", fill(header)]
    if "body" in block:
        command += ["-H", "Content-Type: application/json", "--data-binary", fill(block["body"])]
    out = subprocess.run(command, capture_output=True, check=True).stdout.decode()
    head, _, body = out.partition("\r\n\r\n")
    lines = head.split("\r\n")
    headers = {k.lower(): v.strip() for k, _, v in (line.partition(":") for line in lines[1:])}
    return int(lines[0].split()[1]), headers, body


def faults(block):
    """What is wrong with the answer."""
    status, headers, text = call(block)
    body = json.loads(text)
    if status != int(block["status"]):
        yield "status %d" % status
    problem = "reason" in block
    kind = "application/problem+json" if problem else "application/json"
    if headers.get("content-type") != kind:
        yield "content type %s" % headers.get("content-type")
    if headers.get("cache-control") != "no-store":
        yield "it may be cached"
    if problem:
        if body.get("type") != TYPE + block["reason"] or body.get("status") != status \
                or body.get("reason") != block["reason"] or not body.get("title") \
                or not body.get("detail", "").startswith(block["reason"]):
            yield "body %s" % text
        if "set-cookie" in headers:
            yield "a cookie with a refusal"
        return
    if sorted(body) != block["members"].split():
        yield "members %s" % sorted(body)
    cookie = headers.get("set-cookie", "")
    if not (cookie.startswith("kbs-session-id=") and "HttpOnly" in cookie and "Secure" in cookie):
        yield "cookie %s" % cookie
    last.update(cookie=cookie.split(";")[0], nonce=body["nonce"])


count = 0
for each in blocks():
    wrong = "; ".join(faults(each))
    count += 1
    print("%s - %s%s" % ("not ok" if wrong else "ok", each["name"], ": " + wrong if wrong else ""),
          flush=True)
if count < 30:
    print("not ok - the transcript is whole", flush=True)
