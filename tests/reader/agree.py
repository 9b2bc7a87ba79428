# SPDX-License-Identifier: MIT
"""agree.py WARDCTL DIR COUNT: wardctl and the second reader over mkevidence's bundles in DIR, and
over COUNT mutations of sound ones (fixed seed): both accept a file or both refuse it, for the same
reason where doc/formats.md names one. Status 0 when they agree. SEED is another seed than 1, ONLY names
the bundles that are mutated.
"""
import datetime
import json
import os
import random
import re
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from cryptography import x509  # noqa: E402
import agree_ranges  # noqa: E402
from reader import aimed, appraise, certs  # noqa: E402

OPEN = {"ward-policy": 1, "accept_unmeasured": True, "allow_debug": True, "vmpl_max": 3,
        "allow_tee": ["simulated-snp", "tpm", "tdx", "nitro", "cca", "azure-snp", "azure-tdx"],
        "tpm": {"accept_unpinned_ak": True, "required": False}, "sgx": {"required": False},
        "gpu": {"required": False}}
SEED = int(os.environ.get("SEED", "1"))
COSE_TIME = "2026-01-01T00:00:00Z"
# How much damage a PEM text takes is OpenSSL's own: it is not mutated here
PEM = re.compile(b"-----BEGIN CERTIFICATE.*-----END CERTIFICATE-----\n?", re.S)
SOUND = ("release", "tree", "no-events", "both", "tpm", "td", "receipt", "receipt-gap", "receipt-withheld", "nitro", "cca",
         "snp-genoa", "snp-turin", "snp-vlek", "log", "log-locality-0", "gpu", "gpu-blackwell", "sgx", "psa", "psa-32",
         "azure-snp", "azure-bare", "azure-tdx", "azure-tdx-15")
# Those of which half of the mutations go to what lies behind a signature, or is small
AIMED = {"tree": aimed.Account, "no-events": aimed.Account, "receipt": aimed.Account,
         "receipt-gap": aimed.Account, "receipt-withheld": aimed.Account, "release": aimed.Launch,
         "snp-genoa": aimed.Launch, "snp-turin": aimed.Launch, "snp-vlek": aimed.Launch,
         "log": aimed.EventLog, "log-locality-0": aimed.EventLog,
         "gpu": aimed.Gpu, "gpu-blackwell": aimed.Gpu, "psa": aimed.Psa,
         "azure-snp": aimed.Azure, "azure-bare": aimed.Azure, "azure-tdx": aimed.TdReport,
         "azure-tdx-15": aimed.TdReport}
PARTS = {"bundle-damaged", "claims-damaged", "event-damaged", "chain-broken", "report-data-mismatch"}
RECEIPTS = ("receipt", "receipt-bare", "receipt-gap", "receipt-withheld", "unsealed", "live", "other-session")


class Case:
    def __init__(self, top, name):
        self.name, self.top = name, top
        self.data = (top / f"{name}.ward").read_bytes()
        self.receipt = name in RECEIPTS
        self.cose = name.split("-")[0] in ("nitro", "cca")
        self.azure = name.split("-")[0] == "azure"
        self.pem = [m.span() for m in PEM.finditer(self.data)]
        self.aimed = AIMED[name](top, name) if name in AIMED else None


def roots(top):
    return [p for p in sorted(top.glob("*root.pem")) + [top / "ark.pem"] if p.exists()]


def whole_of(path):
    return certs.whole_of(x509.load_pem_x509_certificate(path.read_bytes()))


def policy(top):
    """Asks for nothing that evidence need not have; who may sign CCA and PSA tokens it must say"""
    rules = dict(OPEN, cca=json.loads((top / "cca.json").read_text())["cca"],
                 psa=json.loads((top / "psa.json").read_text()))
    (top / "open.json").write_text(json.dumps(rules))
    return [rules["cca"]["platform_keys"][0]["public_key"].encode(), rules["psa"]["keys"][0]["public_key"].encode()]


class Both:
    def __init__(self, wardctl, top):
        self.wardctl, self.top, self.keys = wardctl, top, policy(top)
        self.roots_at = roots(top)
        self.roots = [x509.load_pem_x509_certificate(p.read_bytes()) for p in self.roots_at]
        self.now = datetime.datetime.now(datetime.timezone.utc)
        self.given = {p.stem: whole_of(p) for p in (top / "azure").glob("*.pem")}
        self.ber = 0
        self.log = (top / "log.json").read_bytes()

    def ward(self, case, data, more=()):
        path = self.top / "case.ward"
        path.write_bytes(data)
        verb = ("receipt", "verify") if case.receipt else ("verify", "bundle")
        named = [a for p in self.roots_at for a in ("--root", str(p))]
        if case.receipt:
            named += ["--release", str(self.top / "log.json")]
        if case.azure:
            named += ["--collateral", str(self.top / "azure")]
        if case.cose:
            named += ["--at", COSE_TIME]
        done = subprocess.run([self.wardctl, *verb, str(path), "--policy", str(self.top / "open.json"),
                               *named, *more], capture_output=True, text=True, check=False)
        words = [line.split()[1] for line in done.stdout.splitlines() if line.startswith("verdict:")]
        if len(words) != 1 or done.returncode not in (0, 2, 3, 4, 5, 7):
            raise SystemExit(f"{case.name}: wardctl {done.returncode}: {done.stdout}{done.stderr}")
        return words[0], done.stdout

    def world(self, cose=False, given=None):
        at = datetime.datetime.fromisoformat(COSE_TIME.replace("Z", "+00:00")) if cose else self.now
        return appraise.World(self.roots, at, *self.keys, given or {})

    def reader(self, case, data, complete=False):
        try:
            appraise.read(data, self.world(case.cose, self.given if case.azure else None), self.log if case.receipt else None, complete)
            return "ok", ""
        except appraise.FAULTS as e:
            return getattr(e, "word", None) or "refused", f"{type(e).__name__} {e}"

    def differ(self, case, data, what, more=()):
        word, text = self.ward(case, data, more)
        said, why = self.reader(case, data, "--complete" in more)
        if (word == "ok") == (said == "ok") and said in (word, "refused"):
            return False, word
        # OpenSSL reads BER, cryptography DER alone: a carried root that only the first can read
        # is none by its name, its key or its signature, and the named root stands in.
        if word == "ok" and "a certificate that cannot be read" in why:
            self.ber += 1
            return False, word
        print(f"{case.name}, {what}: wardctl {word}, reader {said} {why}\n{text[:400]}")
        return True, word


def mutate(r, case):
    data, kind, at = bytearray(case.data), r.randrange(10), r.randrange(len(case.data))
    while any(begin <= at < end for begin, end in case.pem):
        at = r.randrange(len(data))
    if kind < 5:
        data[at] ^= 1 << r.randrange(8)
        what = f"a bit of byte {at}"
    elif kind < 8:
        data[at] = (data[at] + 1 + r.randrange(255)) & 255
        what = f"byte {at}"
    elif kind == 8:
        del data[at:]
        what = f"cut at {at}"
    else:
        data += bytes(r.randrange(1, 9))
        what = "bytes behind"
    return bytes(data), what


def files(both, top):
    bad, told = 0, {}
    for path in sorted(top.glob("*.ward")):
        if path.name == "case.ward":
            continue
        case = Case(top, path.stem)
        for more in ((), ("--complete",)):
            differs, word = both.differ(case, case.data, f"as it is {more}", more)
            bad += differs
            told[case.name] = word if not more else told[case.name]
    print("files:", ", ".join(f"{k} {v}" for k, v in told.items()))
    unsound = sum(v != "ok" for v in told.values())
    assert unsound >= 5 and len(told) - unsound >= len(SOUND), "evidence of both sorts"
    return bad


def mutations(r, both, top, count):
    bad, words, same = 0, {}, 0
    sound = [Case(top, name) for name in os.environ.get("ONLY", "").split() or SOUND]
    for n in range(count):
        case = sound[n % len(sound)]
        aimed = case.aimed and r.randrange(2)
        data, what = case.aimed.mutate(r, case.data) if aimed else mutate(r, case)
        differs, word = both.differ(case, data, f"mutation {n}, {what}")
        bad += differs
        same += word == "ok" and not aimed
        words[word] = words.get(word, 0) + 1
    assert both.ber <= 1 + count // 500, f"{both.ber} certificates that only OpenSSL can read"
    print(f"{count} mutations, {bad} differences, {both.ber} in BER:", ", ".join(f"{k} {v}" for k, v in sorted(words.items())))
    assert same < count / 4, "mutations that change nothing"
    assert "ONLY" in os.environ or PARTS <= words.keys(), "each part of a bundle is refused for its own sake"
    return bad


def main(wardctl, top, count):
    both = Both(wardctl, Path(top))
    r = random.Random(SEED)
    bad = files(both, Path(top)) + agree_ranges.differences(r, both, int(count) // 20)
    return 1 if bad + mutations(r, both, Path(top), int(count)) else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
