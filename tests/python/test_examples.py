# SPDX-License-Identifier: MIT
"""The examples as an owner tries them out, with a key file; tests/e2e/python.sh has a broker."""

import os
import pathlib
import subprocess
import sys

import pytest

import ward
from ward import safetensors

np = pytest.importorskip("numpy")
WARDCTL = os.environ.get("WARD_PY_WARDCTL")
EXAMPLES = pathlib.Path(__file__).parent.parent.parent / "examples" / "python"
pytestmark = pytest.mark.skipif(not WARDCTL or not EXAMPLES.exists(), reason="no wardctl at hand")


@pytest.fixture
def patients(tmp_path):
    """A line parts them, but for a few."""
    draw = np.random.default_rng(1)
    x = draw.normal(size=(200, 5)) * [1, 10, .1, 1, 1] + [5, 0, 0, 0, 0]
    y = (x[:, 0] - 5 + x[:, 1] / 10 > 0).astype("f8")
    y[::40] = 1 - y[::40]
    safetensors.save(tmp_path / "plain", {"x": x, "y": y})
    subprocess.run([WARDCTL, "-q", "dataset", "encrypt", "--new-key", tmp_path / "key", "--name",
                    "site", tmp_path / "plain", tmp_path / "site.wds"], check=True,
                   env={k: v for k, v in os.environ.items() if k != "LD_PRELOAD"})
    return tmp_path, x, y


def run(name, *args):
    done = subprocess.run([sys.executable, EXAMPLES / name, *map(str, args)], text=True,
                          capture_output=True, env={**os.environ, "OMP_NUM_THREADS": "1"})
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout


def test_logistic_regression_learns(patients):
    folder, x, y = patients
    said = run("logistic.py", "--keyfile", folder / "key", "--out", folder / "out",
               f"site={folder / 'site.wds'}")
    assert said.startswith("200 patients, accuracy ") and said.endswith(", 0 receipts\n")
    assert float(said.split()[3].rstrip(",")) > .92
    with ward.Session() as session:
        buffer, saved = safetensors.load(folder / "out" / "weights.safetensors", session=session)
        weights = ward.leave(saved["weights"])
        del saved
    right = (x @ weights[:-1] + weights[-1] > 0) == y
    assert right.mean() > .92


@pytest.mark.parametrize("workers", [0, 4])
def test_a_net_learns(patients, workers):
    pytest.importorskip("torch")
    folder = patients[0]
    said = run("torch_mlp.py", "--keyfile", folder / "key", "--out", folder / "out",
               "--epochs", 30, "--workers", workers, folder / "site.wds")
    assert said.startswith("200 patients, loss ") and float(said.split()[-1]) < .35
    assert (folder / "out" / "net.safetensors").stat().st_size > 200


def test_misuse_is_told():
    done = subprocess.run([sys.executable, EXAMPLES / "logistic.py", "--out", "x", "a=b"],
                          capture_output=True)
    assert done.returncode == 2 and b"--broker and --ca" in done.stderr
