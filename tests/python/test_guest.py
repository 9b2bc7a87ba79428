# SPDX-License-Identifier: MIT
"""Evidence, its verdict, receipts and declarations by the module and a simulated TEE."""

import errno
import os
import sys
import threading

import pytest

import ward
from conftest import GUEST, kernel

pytestmark = kernel
ROOT = os.environ.get("WARD_PY_ROOT", "")
NONCE = bytes(range(32))


def judged(bundle, **expected):
    policy = {"ward-policy": 1, "measurement": [os.environ["WARD_PY_MEASUREMENT"]],
              "uid": [os.getuid()], "allow_tee": ["simulated-snp"]}
    return ward.verify(bundle, policy=policy, roots=[ROOT], **expected)


def test_a_session_says_what_it_is(session):
    info = session.info()
    assert len(info.session) == 16 and any(info.session) and info.abi == 1
    assert {"attest", "keys"} <= info.features and info.level == "low"
    assert info.session.hex() in repr(session)


def test_evidence_is_judged_here(session):
    bundle = ward.attest(NONCE, session=session, request=b"who?", records="whole")
    verdict = judged(bundle, nonce=NONCE, purpose="report", session=session.info().session,
                     binding=ward._keys.report_binding(b"who?"), complete=True)
    assert verdict.simulated and verdict.measured
    assert verdict.claims["caller"]["uid"] == os.getuid()
    with pytest.raises(ward.Refused) as caught:
        judged(bundle, nonce=bytes(32))
    assert caught.value.reason == "nonce-mismatch"


def test_a_receipt_is_of_a_sealed_session():
    ids = {"release_id": b"\x07" * 16, "dataset_id": b"\x06" * 16, "receipt_nonce": NONCE}
    with ward.Session() as session:
        buffer = session.alloc(1 << 20)
        with pytest.raises(ward.Error) as caught:
            session.receipt(ids)
        assert caught.value.errno == errno.EINVAL
        buffer.view()[0] = 1
        assert session.seal() == (1 << 20, 0)
        buffer.wipe()
        with pytest.raises(ward.Error) as caught:
            session.alloc(1)
        assert caught.value.errno == errno.ESHUTDOWN
        info = session.info()
        bundle = session.receipt(ids)
    line = {"version": 1, "time": "2026-01-01T00:00:00Z", "resource": "a/b/c",
            "dataset": "06" * 16, "release": "07" * 16, "receipt_nonce": NONCE.hex(),
            "session": info.session.hex(), "instance": info.instance.hex(), "uid": os.getuid(),
            "measurement": os.environ["WARD_PY_MEASUREMENT"], "evidence_sha256": "00" * 32}
    policy = {"ward-policy": 1, "measurement": [line["measurement"]],
              "allow_tee": ["simulated-snp"]}
    receipt = ward.verify_receipt(bundle, line, policy=policy, roots=[ROOT], complete=True)
    assert (receipt.bytes, receipt.buffers, receipt.peak_bytes) == (1 << 20, 1, 1 << 20)
    assert receipt.records_summed and not receipt.tombstone and receipt.class_b_live == 0


def test_claims_name_what_was_declared(session, tmp_path):
    script = tmp_path / "train.py"
    script.write_text("print(1)\n")
    made = ward.declare(session, script=str(script), packages=["ward"])
    claims = judged(session.attest("report", NONCE)).claims
    assert made.register.hex() in str(claims)
    assert session.declared == made.parts
    register = session.measure(bytes(64))
    assert register == ward.register([d for _, d in made.parts] + [bytes(64)])
    with pytest.raises(RuntimeError, match="train.py, ward"):
        ward.declare(session, script=str(script), packages=[])
    with pytest.raises(ValueError):
        session.measure(bytes(63))


def test_other_threads_run_while_one_waits_for_evidence(session):
    seen = []

    def look():
        for _ in range(5):
            seen.append(len(ward.attest(NONCE, session=session)))

    threads = [threading.Thread(target=look) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(seen) == 15 and min(seen) > 1024


def test_a_dead_sessions_buffers_are_gone():
    session = ward.Session()
    np = pytest.importorskip("numpy")
    ours = session.alloc(4096, shared=True)
    session.close()
    with pytest.raises(ward.Error) as caught:
        np.frombuffer(ours)
    assert caught.value.errno == errno.EOWNERDEAD and "session ended" in str(caught.value)


def test_protected_memory_is_the_kernels(session):
    np = pytest.importorskip("numpy")

    @ward.protected(budget=1 << 20, session=session)
    def look():
        x = np.arange(1000.0)
        live = session.info().live
        return live if x[-1] == 999 else 0

    assert look() == 1 << 20
    assert session.info().live == 0


def test_no_evidence_for_another_nonce_length(session):
    with pytest.raises(ValueError):
        session.attest("report", bytes(65))
    assert GUEST and sys.version_info >= (3, 11)
