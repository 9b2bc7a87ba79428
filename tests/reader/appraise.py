# SPDX-License-Identifier: MIT
"""A whole bundle, in the order of doc/formats.md section 4; no policy."""
import dataclasses
import datetime

from cryptography.exceptions import UnsupportedAlgorithm

from . import bundle, chain, claims, cose, gpu, hcl, quote, receipt, snp, tpm
from .refused import Refused, need

KINDS = {"snp": snp.check, "simulated-snp": snp.check, "tpm": tpm.check, "tdx": quote.check,
         "sgx": quote.check, "nitro": cose.check_nitro, "cca": cose.check_cca, "psa": cose.check_psa,
         "nvidia-gpu": gpu.check, "azure-snp": hcl.check, "azure-tdx": hcl.check}
LAUNCH = ("snp", "simulated-snp", "tdx", "nitro", "cca", "azure-snp", "azure-tdx")
ONCE = {"snp": "snp", "simulated-snp": "snp", "azure-snp": "snp", "azure-tdx": "tdx", "tpm": "tpm", "tdx": "tdx", "sgx": "sgx",
        "nitro": "nitro", "cca": "cca", "psa": "psa", "nvidia-gpu": "gpu"}
# What cryptography and a missing or odd member raise
FAULTS = (Refused, KeyError, TypeError, ValueError, IndexError, AttributeError, OverflowError,
          UnsupportedAlgorithm)


@dataclasses.dataclass
class World:
    """What a verifier holds: roots (certificates), the time, keys of a CCA and a PSA platform in base64,
    certificates of AMD's in DER (vcek, ask, ark)"""
    roots: list
    now: datetime.datetime
    arm_key: bytes = b""
    psa_key: bytes = b""
    given: dict = dataclasses.field(default_factory=dict)


def check_evidence(b, want, world):
    tees = [piece["tee"] for piece in b["evidence"]]
    launch = [t for t in tees if t in LAUNCH]
    need(launch or "tpm" in tees, "nothing that speaks of the guest", "evidence-unsupported")
    if not launch:
        named = claims.TEES.get(claims.tee(b["claims"]))
        need(named in tees, f"the claims name {named}", "evidence-missing")
    measurements, seen = [], set()
    for piece in b["evidence"]:
        tee = piece["tee"]
        if tee not in KINDS:
            continue
        need(ONCE[tee] not in seen, f"a second {tee}", "evidence-repeated")
        seen.add(ONCE[tee])
        measured = KINDS[tee](piece, want, world)
        if tee in LAUNCH:
            measurements.append(measured)
    return measurements[0] if measurements else bytes(48)


def read(data, world, release=None, complete=False):
    """What the bundle says; Refused, or one of FAULTS, where it does not hold"""
    b = bundle.read(data)
    c = claims.read(b["claims"])
    want = bundle.report_data(b)
    measurement = check_evidence(b, want, world)
    claims.check_speaks(c)
    if release:
        receipt.check_answer(c, release)
    state = chain.state(b)
    need(not complete or state == "complete", "records are missing", "events-gap")
    if release:
        receipt.check(b, c, state, measurement, release)
    return {"bundle": b, "claims": c, "report_data": want, "chain": state, "measurement": measurement}
