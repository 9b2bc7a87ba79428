# SPDX-License-Identifier: MIT
"""Who gives evidence here, for as long as the run takes; and the evidence itself."""
import subprocess
import time

import job
import pinned
import redact
from machine import Refused

COLLATERAL = "collateral"       # what was fetched, in the run's own folder


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


def fetched(ward, evidence, folder):
    """Certificates of this chip from who made it, in a folder as wardctl takes them."""
    for what, named in (("vcek", []), ("ca", ["-r"])):
        said = ward.run("wardctl", "fetch", what, "--cache", folder.parent / "cache", "pem", folder,
                        *named, evidence["path"], timeout=600)
        if said.code:
            raise Refused("the evidence carries no certificates of its chip, and they could not be "
                          f"had: {said.words()}; give their folder (--collateral DIR)")
    return folder


def look(ward, evidence, members, roots, given, folder):
    """The verifier's answer under a policy with @members."""
    policy = job.policy(folder / "report.json", ward, members, purpose="report")
    args = ["--policy", policy, "--nonce", evidence["nonce"], "--purpose", "report"]
    args += [x for r in roots for x in ("--root", r)] + (["--collateral", given] if given else [])
    return ward.run("wardctl", "-o", "json", "verify", "bundle", evidence["path"], *args).json()


def judge(ward, evidence, roots, given, folder, offline):
    """The verifier's verdict, or why there is none: that is a result as well.

    A first look, that pins nothing, shows what there is to pin. Collateral is used where the
    evidence's own certificates do not do.
    """
    piece, used = pinned.piece_of(evidence["shown"]), None
    if not piece:
        return {"judged": False, "verdict": {}, "why": "no evidence of a kind that says by itself "
                "what it can be pinned to"}
    members = pinned.nothing(piece)
    verdict = look(ward, evidence, members, roots, None, folder)
    if verdict.get("verdict") == "collateral-missing" and (given or not offline):
        try:
            used = given or fetched(ward, evidence, folder / COLLATERAL)
        except Refused as why:
            return {"judged": False, "verdict": verdict, "why": str(why)}
        verdict = look(ward, evidence, members, roots, used, folder)
    if verdict.get("verdict") == "guest-unmeasured":
        members = pinned.launch(piece, verdict)
        verdict = look(ward, evidence, members, roots, used, folder)
    judged = verdict.get("verdict") not in ("evidence-unsupported", "collateral-missing", None)
    return {"judged": judged, "verdict": verdict, "pinned": members,
            "collateral": None if not used else "given" if given else "fetched",
            "why": None if judged else verdict.get("meaning", "wardctl gave no verdict")}
