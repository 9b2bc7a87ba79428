# SPDX-License-Identifier: MIT
"""Verdicts as libwardverify gives them: no device is needed."""

import json
import os
import pathlib

import pytest

import ward

EVIDENCE = os.environ.get("WARD_PY_EVIDENCE")
pytestmark = pytest.mark.skipif(not EVIDENCE, reason="no evidence was made (tests/cli/python.sh)")
D = pathlib.Path(EVIDENCE or ".")


def known():
    return {"policy": D / "policy.json", "roots": [D / "ark.pem"]}


def refused(*args, **kwargs):
    with pytest.raises(ward.Refused) as caught:
        ward.verify(*args, **kwargs)
    return caught.value


def test_what_is_sound_is_accepted():
    verdict = ward.verify(D / "release.ward", purpose="release", nonce=b"\x11" * 32,
                          binding=b"\x22" * 64, session=b"\x44" * 16, complete=True, **known())
    assert verdict.simulated and verdict.measured
    assert "simulated" in verdict.warnings and "nonce-unchecked" not in verdict.warnings
    assert verdict.claims["purpose"] == "release" and verdict.document["ok"] is True


def test_bytes_paths_and_mappings_are_the_same():
    policy = json.loads((D / "policy.json").read_text())
    verdict = ward.verify((D / "release.ward").read_bytes(), policy=policy,
                          roots=[(D / "ark.pem").read_bytes()])
    assert "nonce-unchecked" in verdict.warnings


@pytest.mark.parametrize("name, reason, change", [
    ("edited", "report-data-mismatch", {}),
    ("other-uid", "wrong-uid", {}),
    ("debug", "debug-allowed", {}),
    ("other-image", "measurement-mismatch", {}),
    ("release", "chain-untrusted", {"roots": []}),
    ("release", "certificate-expired", {"at": 2524608000}),
    ("release", "wrong-purpose", {"purpose": "receipt"}),
    ("release", "nonce-mismatch", {"nonce": b"\x12" * 32}),
    ("release", "binding-mismatch", {"binding": bytes(64)}),
    ("release", "wrong-session", {"session": bytes(16)}),
    ("no-events", "events-gap", {"complete": True}),
    ("release", "simulated-refused", {"policy": None}),
])
def test_what_is_not_has_its_reason(name, reason, change):
    error = refused(D / f"{name}.ward", **{**known(), **change})
    assert error.reason == reason and reason in str(error)
    assert error.what == "verify" and error.verdict["verdict"] == reason


def test_a_damaged_policy_says_where():
    error = refused(D / "release.ward", policy=b'{"ward-policy": 1,\n "uid": [x]}')
    assert error.reason == "policy-damaged" and "line 2" in error.where
    assert error.verdict is None


def test_a_damaged_bundle_and_root():
    assert refused(b"", **known()).reason == "bundle-damaged"
    assert refused((D / "release.ward").read_bytes()[:-1], **known()).reason == "bundle-damaged"
    assert refused(D / "release.ward", roots=[b"no certificate"]).reason == "certificate-damaged"


def test_misuse_is_no_verdict():
    with pytest.raises(ValueError):
        ward.verify(b"", purpose="nothing")
    with pytest.raises(ValueError):
        ward.verify(b"", binding=b"short")
    with pytest.raises(FileNotFoundError):
        ward.verify(D / "none.ward")
    with pytest.raises(TypeError):
        ward.verify(b"", roots=[1])


def test_a_receipt_has_figures():
    receipt = ward.verify_receipt(D / "receipt.ward", D / "log.json", **known())
    assert receipt.bytes > 0 and receipt.buffers > 0 and receipt.records_summed
    assert "Not proved" in receipt.statement and receipt.verdict.simulated


def test_a_receipt_of_another_release_is_none():
    line = json.loads((D / "log.json").read_text())
    line["release"] = "00" * 16
    with pytest.raises(ward.Refused) as caught:
        ward.verify_receipt(D / "receipt.ward", line, **known())
    assert caught.value.reason == "binding-mismatch"
    with pytest.raises(ward.Refused) as caught:
        ward.verify_receipt(D / "receipt.ward", b"{}", **known())
    assert caught.value.reason == "release-damaged"
