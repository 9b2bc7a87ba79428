# SPDX-License-Identifier: MIT
"""python3 -m reader BUNDLE SHOWN ARK.pem: reads the bundle, verifies it up to the root ARK, and
compares everything with what `wardctl -o json display` showed (SHOWN; - = don't). Status 0 when all
holds; else one line on stderr.
"""
import datetime
import json
import struct
import sys

from cryptography import x509

from . import appraise, chain
from .refused import need


def compare(shown, said):
    bundle = said["bundle"]
    need(shown["report_data"] == said["report_data"].hex(), "display shows other report data")
    need(shown["chain"] == said["chain"], "display shows another state of the chain")
    need(shown["path"]["index"] == bundle["path"][0], "display shows another index")
    need(shown["path"]["leaves"] == bundle["path"][1], "display shows another tree")
    need(shown["path"]["nodes"] == [n.hex() for n in bundle["path"][2]], "nodes")
    for name, value in said["claims"].items():
        need(shown["claims"][name] == value, f"display shows another {name}")
    need(len(shown["events"]) == len(bundle["events"]), "display shows other events")
    for entry, raw in zip(shown["events"], bundle["events"]):
        if len(raw) == 128:
            need(entry["seq"] == struct.unpack_from("<Q", raw, 8)[0], "seq")
            need(entry["type"] == chain.TYPES.get(raw[4] | raw[5] << 8, "unknown"), "type")
            need(entry["bytes"] == struct.unpack_from("<Q", raw, 32)[0], "bytes")
    need(shown["evidence"][0]["report"]["measurement"] == said["measurement"].hex(), "measurement")


def main(path, shown, ark):
    with open(ark, "rb") as f:
        root = x509.load_pem_x509_certificate(f.read())
    with open(path, "rb") as f:
        said = appraise.read(f.read(), appraise.World([root], datetime.datetime.now(datetime.timezone.utc)))
    if shown != "-":
        with open(shown, encoding="utf-8") as f:
            compare(json.load(f), said)
    print(f"report data {said['report_data'].hex()[:16]}..., {len(said['bundle']['events'])} events "
          f"({said['chain']}), {len(said['claims'])} fields of the claims")


if __name__ == "__main__":
    if len(sys.argv) != 4:
        sys.exit("usage: python3 -m reader BUNDLE SHOWN|- ARK.pem")
    try:
        main(*sys.argv[1:])
    except appraise.FAULTS as e:
        sys.exit(f"reader: {sys.argv[1]}: {type(e).__name__} {e}")
