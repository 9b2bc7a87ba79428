# SPDX-License-Identifier: MIT
"""python3 -m reader.card CARD BUNDLE ARK.pem: doc/formats.md section 20: evidence vouches for the
card, the card for the models beside it. Status 0 when all holds; else one line on stderr.
"""
import datetime
import hashlib
import json
import sys
from pathlib import Path

from cryptography import x509

from . import appraise
from .bundle import sha512
from .refused import need


def unique(pairs):
    need(len({name for name, _ in pairs}) == len(pairs), "a member stands twice")
    return dict(pairs)


def check_claims(c, card, data):
    digest, worker = sha512(data), card["worker"]
    need(c["purpose"] == "report", "no report", "wrong-purpose")
    need(c["nonce"] == digest.hex(), "another nonce", "nonce-mismatch")
    need(c["binding"] == sha512(b"WARD-CARD-V1\x00", digest).hex(), "another binding", "binding-mismatch")
    need(c["session"] == worker["session"], "of another session", "wrong-session")
    need(c["instance"] == worker["instance"], "of another boot", "card-mismatch")
    need(c["declared"] == worker["declared"], "of another declared register", "card-mismatch")


def check_models(card, folder):
    for model in (card["model"], card["onnx"]):
        need(model["file"] == Path(model["file"]).name, "a model that is not beside the card")
        data = (folder / model["file"]).read_bytes()
        need(hashlib.sha256(data).hexdigest() == model["sha256"], "another model", "card-mismatch")


def check_plan(card):
    """Where the card says of which plan it is: the register's only entry"""
    if "sha512" in card["plan"]:
        declared = sha512(bytes(64), bytes.fromhex(card["plan"]["sha512"]))
        need(card["worker"]["declared"] == declared.hex(), "another plan was declared", "card-mismatch")


def main(path, bundle, ark):
    data = Path(path).read_bytes()
    card = json.loads(data, object_pairs_hook=unique)
    need(card["ward-card"] == 1, "another version")
    root = x509.load_pem_x509_certificate(Path(ark).read_bytes())
    now = datetime.datetime.now(datetime.timezone.utc)
    said = appraise.read(Path(bundle).read_bytes(), appraise.World([root], now))
    check_claims(said["claims"], card, data)
    check_models(card, Path(path).parent)
    check_plan(card)
    print(f"{path}: of session {card['worker']['session']}, plan {card['plan']['name']}")


if __name__ == "__main__":
    if len(sys.argv) != 4:
        sys.exit("usage: python3 -m reader.card CARD BUNDLE ARK.pem")
    try:
        main(*sys.argv[1:])
    except (OSError, *appraise.FAULTS) as e:
        sys.exit(f"reader: {sys.argv[1]}: {type(e).__name__} {e}")
