#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""rcar_client.py EXCHANGES: hold what a client sent to trustee.py against rcar_client.transcript.

One TAP result a block. Where the protocol fixes bytes they are compared as bytes, the order
of members and the lack of blanks with them; what is random has its alphabet and length.
"""
import json
import pathlib
import re
import sys

HERE = pathlib.Path(__file__).resolve().parent
NUMBER = r"(?:\d|[1-9]\d|1\d\d|2[0-4]\d|25[0-5])"


def blocks():
    text = (HERE / "rcar_client.transcript").read_text(encoding="ascii")
    for block in text.split("\n\n"):
        lines = [line for line in block.splitlines() if not line.startswith("#")]
        yield dict(line.split(" ", 1) for line in lines)


def pattern(body, nonce):
    """The body with what stands in braces filled in, as an expression for all of it."""
    def one(match):
        what = match.group(1)
        if what == "nonce":
            return re.escape(nonce)
        if what == "base64":
            return r"[A-Za-z0-9+/]+={0,2}"
        if what.startswith("text:"):
            return r"[A-Za-z0-9_-]{%s}" % what[5:]
        return r"%s(?:,%s){%d}" % (NUMBER, NUMBER, int(what) - 1)
    parts = re.split(r"(\{(?:nonce|base64|text:\d+|\d+)\})", body)
    return "".join(re.sub(r"^\{(.*)\}$", one, p) if i % 2 else re.escape(p) for i, p in enumerate(parts))


def faults(block, sent, last):
    headers = {k.lower(): v for k, v in sent["headers"].items()}
    if sent["got"] != block["got"]:
        yield sent["got"]
    cookie = "kbs-session-id=" + last["cookie"] if block["cookie"] == "last" else None
    if headers.get("cookie") != cookie:
        yield "cookie %s" % headers.get("cookie")
    if "authorization" in headers:
        yield "a token beside the cookie"
    if "body" in block:
        if not re.fullmatch(pattern(block["body"], last["nonce"]), sent["body"] or ""):
            yield "body %s" % sent["body"]
        if headers.get("content-type") != "application/json":
            yield "content type %s" % headers.get("content-type")
        if headers.get("content-length") != str(len(sent["body"] or "")):
            yield "length %s" % headers.get("content-length")
    elif sent["body"] is not None or "content-length" in headers:
        yield "a body where there is none"
    if sent["status"] != 200 or sorted(sent["answer"]) != block["answer"].split():
        yield "answered by %s" % sent["status"]


with open(sys.argv[1], encoding="ascii") as f:
    exchanges = [json.loads(line) for line in f]
transcript = list(blocks())
seen = {"cookie": "", "nonce": ""}
if len(exchanges) != len(transcript):
    print("not ok - %d exchanges, %d in the transcript" % (len(exchanges), len(transcript)))
for expected, exchange in zip(transcript, exchanges):
    wrong = "; ".join(faults(expected, exchange, seen))
    print("%s - %s%s" % ("not ok" if wrong else "ok", expected["name"], ": " + wrong if wrong else ""))
    if exchange["cookie"]:
        seen = {"cookie": exchange["cookie"], "nonce": exchange["answer"]["nonce"]}
