# SPDX-License-Identifier: MIT
"""The main job on this machine: an owner's broker on its loopback, a worker, receipts.

The table is made up here, and so is who gets ill: nobody's data are in it.
"""
import hashlib
import json
import random
import subprocess
import time

from machine import Refused

ROWS = 600
PLAN = {
    "ward-plan": 1, "name": "made-up",
    "features": [{"column": c} for c in ("age", "pressure", "marker")],
    "label": {"column": "ill", "above": 0.5}, "missing": "drop", "standardise": "pooled",
    "split": {"rule": "every", "every": 3},
    "runs": [{"name": "newton", "method": "newton", "l2": 0.01, "tolerance": 1e-10}]}


def table():
    numbers = random.Random(20)
    yield "age,pressure,marker,ill"
    for _ in range(ROWS):
        age, pressure, marker = numbers.gauss(60, 9), numbers.gauss(130, 15), numbers.gauss(0, 1)
        risk = (age - 60) / 9 + (pressure - 130) / 30 + 2 * marker + numbers.gauss(0, 1)
        yield f"{age:.1f},{pressure:.0f},{marker:.3f},{int(risk > 0)}"


def policy(path, ward, members, **more):
    """@members: what is pinned of the machine; of the worker it is who it runs as."""
    path.write_text(json.dumps({"ward-policy": 1, "uid": [ward.uid], "gid": [ward.gid],
                                **members, **more}), encoding="ascii")
    return path


def ok(said, what):
    if said.code:
        raise Refused(f"{what}: {said.words()}")
    return said


def certificate(folder):
    """The broker's, for the loopback address; its key stays in the folder."""
    config = folder / "openssl.cnf"
    config.write_text("[req]\ndistinguished_name=dn\nx509_extensions=ext\nprompt=no\n"
                      "[dn]\nCN=ward hardware run\n[ext]\nsubjectAltName=IP:127.0.0.1\n",
                      encoding="ascii")
    try:
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                        "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-config", config,
                        "-keyout", folder / "broker.key", "-out", folder / "broker.pem"],
                       capture_output=True, timeout=60, check=True)
    except (OSError, subprocess.SubprocessError):
        raise Refused("openssl made no certificate for the broker: is it installed?") from None


class Broker:
    """ward-broker, as long as the block lasts; port is where it listens."""

    def __init__(self, ward, folder, roots, collateral):
        self.ward, self.folder, self.process, self.port = ward, folder, None, None
        config = {
            "ward-broker": 1, "listen": "127.0.0.1:0",
            "tls": {"certificate": "broker.pem", "key": "broker.key"}, "policy": "policy.json",
            "release_log": "release.log", "session_timeout": 300,
            "resources": {"default/dataset/made-up": {"file": "made-up.wds",
                                                      "key": "made-up.key"}}}
        if roots:
            config["roots"] = [str(r) for r in roots]
        if collateral:
            config["collateral"] = str(collateral)
        (folder / "broker.json").write_text(json.dumps(config), encoding="ascii")

    def __enter__(self):
        out = self.folder / "broker.out"
        with open(out, "w", encoding="utf-8") as log:
            self.process = subprocess.Popen(
                [self.ward.program("ward-broker"), "--config", self.folder / "broker.json"],
                stdout=log, stderr=log, stdin=subprocess.DEVNULL)
        for _ in range(200):
            text = out.read_text(encoding="utf-8", errors="replace")
            if "listening on" in text:
                self.port = text.split("listening on", 1)[1].split()[0].rsplit(":", 1)[1]
                return self
            if self.process.poll() is not None:
                break
            time.sleep(0.1)
        self.__exit__()
        raise Refused("ward-broker did not start: " + " ".join(text.split()))

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()


def prepare(ward, owner, members):
    (owner / "made-up.csv").write_text("\n".join(table()) + "\n", encoding="ascii")
    (owner / "plan.json").write_text(json.dumps(PLAN), encoding="ascii")
    ok(ward.run("wardctl", "-q", "dataset", "encrypt", "--new-key", owner / "made-up.key",
                "--name", "made-up", "--chunk", "4096", "--table", "--label", "ill",
                owner / "made-up.csv", owner / "made-up.wds"), "the table was not encrypted")
    plan = hashlib.sha512((owner / "plan.json").read_bytes()).digest()
    declared = hashlib.sha512(bytes(64) + plan).hexdigest()
    policy(owner / "policy.json", ward, members, purpose="release", declared=[declared])
    certificate(owner)


def hand_over(owner, given):
    """In a folder of root's: what root writes into the worker's own, a link there leads astray."""
    given.mkdir(mode=0o755, exist_ok=True)
    given.chmod(0o755)
    for name in ("made-up.wds", "plan.json", "broker.pem"):
        (given / name).write_bytes((owner / name).read_bytes())
        (given / name).chmod(0o644)
    return given


def train(ward, owner, shared, port):
    given = hand_over(owner, owner / "given")
    said = ward.run("ward-train", "train", "-o", "json", "--broker", f"https://127.0.0.1:{port}",
                    "--ca", given / "broker.pem", "--plan", given / "plan.json",
                    "--data", f"made-up={given / 'made-up.wds'}", "--budget", "256K",
                    "--out", shared / "out", worker=True)
    steps = []
    for line in said.out.splitlines():
        try:
            steps.append(json.loads(line))
        except ValueError:
            continue
    if said.code:
        raise Refused(f"the worker ended with status {said.code}: {said.words()}")
    return {"seconds": round(said.seconds, 3), "steps": steps}


def run(ward, owner, shared, members, roots, collateral):
    """What the job came to. @owner is root's folder, @shared the worker's; @members of the
    policy pin the machine."""
    prepare(ward, owner, members)
    with Broker(ward, owner, roots, collateral) as broker:
        result = {"train": train(ward, owner, shared, broker.port)}
    lines = (owner / "release.log").read_text(encoding="utf-8").splitlines()
    result["released"] = len(lines)
    (owner / "line.json").write_text(lines[0], encoding="utf-8")
    args = [x for r in roots for x in ("--root", r)]
    args += ["--collateral", collateral] if collateral else []
    verify = ward.run("wardctl", "-o", "json", "receipt", "verify",
                      shared / "out/receipt-made-up.ward", "--release", owner / "line.json",
                      "--policy", owner / "policy.json", "--complete", *args)
    result["receipt"] = verify.json()
    result["receipt_status"] = verify.code
    return result
