# SPDX-License-Identifier: MIT
"""Who gives evidence here, for as long as the run takes; and the evidence itself."""
import os
import pathlib
import subprocess
import time
import urllib.error
import urllib.request

import redact
from machine import Refused

# Where AMD hands out certificates of its processors; a double of it, in tests.
KDS = os.environ.get("WARD_HW_KDS", "https://kdsintf.amd.com")
PARTS = (("bootloader", "blSPL"), ("tee", "teeSPL"), ("snp", "snpSPL"), ("microcode", "ucodeSPL"))


class Provider:
    """The one that is attached already; else the kernel's TSM, else wardd."""

    def __init__(self, ward, simulated, folder):
        self.ward, self.simulated, self.folder = ward, simulated, folder
        self.made_link, self.agent, self.how = False, None, None

    def __enter__(self):
        if self.ward.run("wardctl", "-o", "json", "provider", "show").json().get("attached"):
            self.how = "attached before"
        else:
            said = self.ward.run("wardctl", "provider", "set", "tsm")
            self.made_link = said.code == 0
            self.how = "the kernel's TSM reports" if self.made_link else "wardd"
            if not self.made_link:
                self.start_agent(said.words())
        return self

    def start_agent(self, without_tsm):
        args = ["--backend", "sev-guest,simulated"] if self.simulated else []
        path = self.folder / "wardd"
        with open(path, "w", encoding="utf-8") as log:
            self.agent = subprocess.Popen([self.ward.program("wardd"), *args], stdout=log,
                                          stderr=log, stdin=subprocess.DEVNULL)
        for _ in range(300):
            said = path.read_text(encoding="utf-8", errors="replace")
            if "bound" in said:
                return
            if self.agent.poll() is not None:
                break
            time.sleep(0.1)
        self.stop_agent()
        raise Refused("this machine shows no TEE that ward has evidence from: the kernel's TSM: "
                      f"{without_tsm}; wardd: {' '.join(said.split()) or 'no answer in 30 s'}. "
                      "wardctl doctor tells what is missing")

    def stop_agent(self):
        if self.agent and self.agent.poll() is None:
            self.agent.terminate()
            try:
                self.agent.wait(20)
            except subprocess.TimeoutExpired:
                self.agent.kill()
                self.agent.wait()

    def __exit__(self, *_):
        self.stop_agent()
        if self.made_link:
            self.ward.run("wardctl", "provider", "unset")


def report_of(shown):
    """The TEE's own report, where wardctl can read it."""
    for piece in shown.get("evidence") or []:
        if piece.get("report"):
            return piece["report"]
    return {}


def take(ward, folder, simulated):
    """A bundle over a nonce of ours, asked for by the unprivileged user."""
    bundle, request = folder / "report.ward", folder / "request"
    said = ward.run("wardctl", "-o", "json", "report", "--random", "--bundle", bundle,
                    folder / "report.bin", request, worker=True)
    if said.code:
        raise Refused("no evidence: " + (said.json().get("error", {}).get("text") or said.words()))
    report = said.json()
    shown = ward.run("wardctl", "-o", "json", "display", bundle).json()
    is_simulated = report.get("tee") == "simulated" or shown.get(
        "claims", {}).get("tee") == "simulated"
    if is_simulated and not simulated:
        raise Refused("the evidence here is simulated, which says nothing of hardware: unload "
                      "the simulator, or say --simulated to try the procedure alone")
    if simulated and not is_simulated:
        raise Refused("--simulated, but this machine gives real evidence: leave it out")
    return {"asked": report, "seconds": round(said.seconds, 4), "shown": shown,
            "path": str(bundle), "nonce": redact.read_file(request).hex()}


def fetch(url, path):
    try:
        with urllib.request.urlopen(url, timeout=30) as answer:
            path.write_bytes(answer.read(1 << 20))
    except (urllib.error.URLError, OSError, ValueError) as error:
        raise Refused("no network, or no answer: AMD's certificates could not be had "
                      f"({getattr(error, 'reason', error)}); give their folder "
                      "(--collateral DIR)") from None


def collateral(report, folder):
    """ARK, ASK and VCEK of this chip, from AMD, as wardctl takes them."""
    product, tcb, chip = report.get("product"), report.get("reported_tcb", {}), report["chip_id"]
    if report.get("signing_key") != "vcek":
        raise Refused("the report is signed by a VLEK, whose certificate the cloud hands out, "
                      "AMD does not: give its folder (--collateral DIR)")
    spl = [(name, tcb.get(part, 0)) for part, name in PARTS]
    if product == "turin":
        chip = chip[:16]
        spl.insert(0, ("fmcSPL", tcb.get("fmc", 0)))
    folder.mkdir(exist_ok=True)
    base = f"{KDS}/vcek/v1/{str(product).capitalize()}"
    fetch(f"{base}/{chip}?" + "&".join(f"{n}={int(v):02d}" for n, v in spl), folder / "vcek.der")
    fetch(f"{base}/cert_chain", folder / "chain.pem")
    end = "-----END CERTIFICATE-----"
    certs = (folder / "chain.pem").read_text(encoding="ascii", errors="replace").split(end)
    for name, text in zip(("ask.pem", "ark.pem"), certs):
        pathlib.Path(folder / name).write_text(text.strip() + "\n" + end + "\n", encoding="ascii")
    return folder


def judge(ward, evidence, policy, roots, given, folder, offline):
    """The verifier's verdict, or why there is none: that is a result as well.

    Collateral is used where the evidence's own certificates do not do.
    """
    args = ["-o", "json", "verify", "bundle", evidence["path"], "--policy", policy,
            "--nonce", evidence["nonce"], "--purpose", "report", *roots]
    verdict = ward.run("wardctl", *args).json()
    beside = verdict.get("verdict") == "collateral-missing"
    if beside and (given or not offline):
        try:
            given = given or collateral(report_of(evidence["shown"]), folder / "collateral")
        except (Refused, KeyError) as why:
            return {"judged": False, "why": str(why), "verdict": verdict, "beside": beside}
        verdict = ward.run("wardctl", *args, "--collateral", given).json()
    judged = verdict.get("verdict") not in ("evidence-unsupported", "collateral-missing", None)
    return {"judged": judged, "verdict": verdict, "beside": beside,
            "why": None if judged else verdict.get("meaning", "wardctl gave no verdict")}
