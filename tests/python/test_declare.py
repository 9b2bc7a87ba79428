# SPDX-License-Identifier: MIT
"""What is declared, against what a shell computes."""

import hashlib
import json
import os
import subprocess
import sys

import pytest

import ward


PLACE = ward.__path__[0].rpartition("/")[0]


@pytest.fixture
def package(tmp_path, monkeypatch):
    top = tmp_path / "site" / "twins"
    (top / "inner" / "__pycache__").mkdir(parents=True)
    (top / "__init__.py").write_text("A = 1\n")
    (top / "inner" / "b.py").write_text("B = 2\n")
    (top / "inner" / "__pycache__" / "b.pyc").write_text("made")
    monkeypatch.syspath_prepend(str(tmp_path / "site"))
    yield top
    sys.modules.pop("twins", None)


def test_a_register_is_a_chain():
    a, b = bytes(64), b"\x01" * 64
    assert ward.register([]) == bytes(64)
    assert ward.register([a]) == hashlib.sha512(bytes(64) + a).digest()
    assert ward.register([a, b]) == hashlib.sha512(ward.register([a]) + b).digest()


def test_a_package_is_what_sha512sum_says(package):
    said = subprocess.run(
        "find twins -type f -not -path '*/__pycache__/*' | LC_ALL=C sort | xargs sha512sum",
        shell=True, cwd=package.parent, capture_output=True, check=True).stdout
    assert ward.package_digest("twins") == hashlib.sha512(said).digest()


def test_a_changed_file_changes_it_and_a_cache_does_not(package):
    before = ward.package_digest("twins")
    (package / "inner" / "__pycache__" / "b.pyc").write_text("made again")
    assert ward.package_digest("twins") == before
    (package / "inner" / "b.py").write_text("B = 3\n")
    assert ward.package_digest("twins") != before


def test_a_module_is_its_file(package):
    (package.parent / "lone.py").write_text("C = 3\n")
    line = f"{hashlib.sha512(b'C = 3' + bytes([10])).hexdigest()}  lone.py\n"
    assert ward.package_digest("lone") == hashlib.sha512(line.encode()).digest()


def test_what_is_not_there_is_an_exception():
    for name in ("no_such_package_here", "sys"):
        with pytest.raises(ModuleNotFoundError):
            ward.package_digest(name)


def test_the_command_says_the_same(package, tmp_path):
    script = tmp_path / "train.py"
    script.write_text("print(1)\n")
    said = subprocess.run(
        [sys.executable, "-m", "ward", "declare", str(script), "--packages", "twins,ward"],
        capture_output=True, check=True,
        env={**os.environ, "PYTHONPATH": f"{package.parent}:" + PLACE}).stdout
    digests = [hashlib.sha512(b"print(1)\n").digest(), ward.package_digest("twins"),
               ward.package_digest("ward")]
    said = json.loads(said)
    assert said["declared"] == ward.register(digests).hex()
    assert [p["name"] for p in said["parts"]] == ["train.py", "twins", "ward"]


@pytest.mark.parametrize("wrong", [["declare"], ["declare", "/none"], ["nothing"], []])
def test_misuse_is_1(wrong):
    done = subprocess.run([sys.executable, "-m", "ward", *wrong], capture_output=True,
                          env={**os.environ, "PYTHONPATH": PLACE})
    assert done.returncode == 1 and done.stderr and b"Traceback" not in done.stderr
