# SPDX-License-Identifier: MIT
"""doc/formats.md section 1: the claims, and section 5: what a binding is."""
import struct

from .bundle import sha512
from .refused import need

PURPOSES = {1: "release", 2: "channel", 3: "receipt", 4: "seal", 5: "report"}
STATES = {1: "sealed", 2: "ended", 4: "revoked", 8: "expired"}
TEES = {0: "none", 1: "snp", 2: "tdx", 3: "cca", 4: "sev", 5: "tpm", 6: "nitro", 7: "azure-snp",
        8: "azure-tdx", 255: "simulated"}
EXE_KINDS = 2
ZERO = ((228, 4), (308, 4), (708, 4), (892, 4), (916, 4), (936, 88))
TEXTS = {"binding": (80, 64), "instance": (144, 16), "session": (160, 16), "subject": (176, 16),
         "exe_digest": (360, 64), "declared": (424, 64), "session_key": (488, 32),
         "session_head": (760, 32), "lease_anchor": (720, 32), "global_head": (800, 32),
         "policy_hash": (840, 32), "build_id": (896, 20)}
WORDS = {"keys_live": 520, "keys_destroyed": 524, "lockdown": 556}
LONGS = {"taint": 544, "live_a": 584, "peak_a": 592, "live_shared": 600, "peak_shared": 608,
         "live_volatile": 616, "peak_volatile": 624, "live_b": 632, "peak_b": 640,
         "alloc_buffers": 648, "alloc_bytes": 656, "wiped_buffers": 664, "wiped_bytes": 672,
         "unpinned_buffers": 680, "unpinned_bytes": 688, "failed": 696, "lease_deadline_ns": 712,
         "session_seq": 752, "global_seq": 792, "events_dropped": 832, "boot_ns": 872,
         "real_ns": 880, "lease_term_ns": 920, "lease_expires_ns": 928}


def caller(u32, u64, raw):
    names = ("pid", "tgid", "uid", "gid", "own_uid", "own_gid", "userns_level")
    return dict(zip(names, map(u32, (192, 196, 208, 212, 216, 220, 224)))) | {
        "start_ns": u64(200), "cgroup_id": u64(232), "cgroup_hash": raw[240:272].hex()}


def read(raw):
    def u32(at):
        return struct.unpack_from("<I", raw, at)[0]

    def u64(at):
        return struct.unpack_from("<Q", raw, at)[0]

    need(u32(0) == 1024 and u32(4) == 1, "claims of another size or version")
    need(u32(12) <= 64 and not any(raw[16 + u32(12):80]), "nonce")
    for at, n in ZERO:
        need(not any(raw[at:at + n]), f"byte {at} ff. must be zero")
    need(u32(8) in PURPOSES, "a purpose that nobody knows")
    need(u32(704) < 16, "unknown state bits")
    need(u32(352) <= EXE_KINDS, "a kind of digest that nobody knows")
    need(not u64(528) & ~u64(536), "posture that is not known")
    need(u32(552) in TEES and u32(556) <= 2, "TEE or lockdown")
    need(u64(832) <= u64(752), "more dropped than there were")
    out = {"purpose": PURPOSES[u32(8)], "nonce": raw[16:16 + u32(12)].hex()}
    out |= {name: raw[at:at + n].hex() for name, (at, n) in TEXTS.items()}
    out |= {name: u32(at) for name, at in WORDS.items()}
    out |= {name: u64(at) for name, at in LONGS.items()}
    out["state"] = [name for bit, name in STATES.items() if u32(704) & bit]
    out["caller"] = caller(u32, u64, raw)
    return out


def tee(raw):
    return struct.unpack_from("<I", raw, 552)[0]


def check_speaks(c):
    """Whether the session may still ask: receipts and reports are of ended ones, too."""
    if c["purpose"] in ("receipt", "report"):
        return
    need("revoked" not in c["state"], "revoked")
    need("expired" not in c["state"], "the lease ran out", "lease-expired")
    need(c["session"] == c["subject"], "the claims speak of another session")


def receipt_binding(release, dataset, nonce):
    return sha512(b"WARD-RECEIPT-V1\x00", release, dataset, nonce)
