# SPDX-License-Identifier: MIT
"""The policy that pins what the evidence itself shows: this launch, and no other.

A machine that is trusted by its own word proves the procedure alone: that its evidence is
judged, and that what differs would be refused. An owner pins values that were computed
elsewhere (doc/measured-boot.md).
"""

# Of a TPM: what firmware started, whose signatures it takes, what that loaded.
REGISTERS = ("4", "7", "9")


def of_snp(_, verdict):
    return {"measurement": [verdict["report"]["measurement"]]}


def of_tdx(_, verdict):
    return {"tdx": {name: [verdict["tdx"][name]] for name in ("mrtd", "rtmr1", "rtmr2")}}


def registers(said):
    (bank, values), = said["pcrs"].items()
    return {bank: {n: [values[n]] for n in REGISTERS if n in values}}


def of_azure_snp(_, verdict):
    return {**of_snp(_, verdict), "azure": {"pcrs": registers(verdict["azure"]["quote"])}}


def of_azure_tdx(_, verdict):
    return {"tdx": {"mrtd": [verdict["tdx"]["mrtd"]]},
            "azure": {"pcrs": registers(verdict["azure"]["quote"])}}


def of_nitro(_, verdict):
    return {"nitro": {"pcrs": {"0": [verdict["nitro"]["pcrs"]["0"]]}}}


def of_tpm(piece, _):
    return {"tpm": {"ak": [piece["ak_sha256"]], "pcrs": registers(piece)}}


KINDS = {"snp": of_snp, "simulated-snp": of_snp, "tdx": of_tdx, "azure-snp": of_azure_snp,
         "azure-tdx": of_azure_tdx, "nitro": of_nitro, "tpm": of_tpm}


def piece_of(shown):
    """What the verdict can rest on: launch evidence, or a TPM's where there is none."""
    pieces = [p for p in shown.get("evidence") or [] if p.get("tee") in KINDS]
    return next((p for p in pieces if p["tee"] != "tpm"), pieces[0] if pieces else None)


def nothing(piece):
    """Of a policy, the members for a first look: no launch is pinned yet."""
    members = {"allow_tee": [piece["tee"]]}
    return {**members, "tpm": {"accept_unpinned_ak": True}} if piece["tee"] == "tpm" else members


def launch(piece, verdict):
    """Of a policy, the members that pin what @piece, judged as @verdict, shows."""
    return {"allow_tee": [piece["tee"]], **KINDS[piece["tee"]](piece, verdict)}
