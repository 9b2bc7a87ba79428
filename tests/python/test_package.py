# SPDX-License-Identifier: MIT
"""The package as such: what it exports, how it is typed, and which ABI its extension needs."""

import inspect
import os
import pathlib
import re
import shutil
import subprocess
import sys

import pytest

import ward
from ward import _ward

PLACE = pathlib.Path(ward.__path__[0])


def test_all_is_there_and_documented():
    for name in ward.__all__:
        thing = getattr(ward, name)
        if name.startswith("__") or not callable(thing):
            continue
        assert inspect.getdoc(thing), name
        for method, member in vars(thing).items() if inspect.isclass(thing) else ():
            if callable(member) and not method.startswith("_") and name != "Verdict":
                assert inspect.getdoc(member), f"{name}.{method}"


def test_the_stub_names_what_the_extension_has():
    text = (PLACE / "_ward.pyi").read_text()
    stub = set(re.findall(r"^(?:class|def) (\w+)|^(\w+):", text, re.M))
    names = {a or b for a, b in stub} - {"_B", "_Path"}
    assert names == {n for n in dir(_ward) if not n.startswith("__")}
    for name in ("Session", "Buffer", "Key", "Dataset", "Arena"):
        body = re.search(rf"^class {name}\b.*?(?=^\S|\Z)", text, re.M | re.S).group()
        have = {n for n in vars(getattr(_ward, name)) if not n.startswith("__")}
        assert set(re.findall(r"def (?!__)(\w+)", body)) == have, name


def test_the_extension_needs_the_stable_abi_alone():
    nm = shutil.which("nm")
    if not nm:
        pytest.skip("nm is not installed")
    said = subprocess.run([nm, "-D", "--undefined-only", PLACE / "_ward.abi3.so"],
                          capture_output=True, text=True, check=True).stdout
    wanted = set(re.findall(r"\b(_?Py\w+)", said))
    # Private names are in the stable ABI as what its macros stand for.
    private = {n for n in wanted if n.startswith("_Py") and not n.endswith("_SizeT")}
    assert private <= {"_Py_Dealloc", "_Py_NoneStruct", "_Py_TrueStruct", "_Py_FalseStruct"}
    assert len(wanted) > 30
    made = subprocess.run([nm, "-D", "--defined-only", PLACE / "_ward.abi3.so"],
                          capture_output=True, text=True, check=True).stdout
    assert re.findall(r" T (\w+)", made) == ["PyInit__ward"]


def test_it_is_imported_without_numpy():
    code = ("import sys; sys.modules['numpy'] = None; import ward, ward.safetensors; "
            "print(ward.__version__)")
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True,
                          env={**os.environ, "PYTHONPATH": str(PLACE.parent)})
    assert done.stdout.strip() == ward.__version__, done.stderr
