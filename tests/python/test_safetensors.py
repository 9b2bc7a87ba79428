# SPDX-License-Identifier: MIT
"""safetensors into ward memory and out of it; headers that lie."""

import json

import pytest

from ward import safetensors

np = pytest.importorskip("numpy")


def file_of(path, header, data=b"", length=None):
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    size = len(text) if length is None else length
    path.write_bytes(size.to_bytes(8, "little") + text + data)
    return path


def test_what_is_saved_is_loaded(session, tmp_path):
    arrays = {"w": np.arange(6.0).reshape(2, 3), "b": np.array([1, 2, 3], "<i4"),
              "none": np.zeros((0, 4), "<f4"), "scalar": np.array(7, "<u2"),
              "flags": np.array([True, False])}
    safetensors.save(tmp_path / "m", arrays, {"model": "logistic"})
    buffer, loaded = safetensors.load(tmp_path / "m", session=session)
    assert list(loaded) == list(arrays)
    for name, array in arrays.items():
        assert loaded[name].dtype == array.dtype and loaded[name].shape == array.shape
        assert (loaded[name] == array).all()
    with pytest.raises(BufferError):
        buffer.wipe()
    del loaded
    assert buffer.wipe() > 0


def test_tensors_are_views(session, tmp_path):
    safetensors.save(tmp_path / "m", {"w": np.zeros(4)})
    buffer, loaded = safetensors.load(tmp_path / "m", session=session)
    loaded["w"][0] = 1
    assert safetensors.tensors(buffer)["w"][0] == 1
    del loaded


W = {"dtype": "F64", "shape": [2], "data_offsets": [0, 16]}


@pytest.mark.parametrize("header, data, length", [
    (b"", b"", 1), (b"", b"", 2 ** 63), (b"{", b"", None), (b"[]", b"", None),
    (b"\xff", b"", None), (b"[" * 50000, b"", None),
    ({"w": W}, bytes(15), None),
    ({"w": {**W, "dtype": "F65"}}, bytes(16), None),
    ({"w": {**W, "shape": [3]}}, bytes(16), None),
    ({"w": {**W, "shape": [-1, -2]}}, bytes(16), None),
    ({"w": {**W, "shape": [2 ** 62, 4]}}, bytes(16), None),
    ({"w": {**W, "shape": ["2"]}}, bytes(16), None),
    ({"w": {**W, "shape": [True, 2]}}, bytes(16), None),
    ({"w": {**W, "shape": 2}}, bytes(16), None),
    ({"w": {**W, "data_offsets": [16, 0]}}, bytes(16), None),
    ({"w": {**W, "data_offsets": [-8, 8]}}, bytes(16), None),
    ({"w": {**W, "data_offsets": [0]}}, bytes(16), None),
    ({"w": {**W, "data_offsets": [8, 24]}}, bytes(16), None),
    ({"w": []}, bytes(16), None), ({"w": {}}, bytes(16), None),
], ids=range(20))
def test_a_header_that_lies_is_damaged(session, tmp_path, header, data, length):
    with pytest.raises(safetensors.Damaged):
        safetensors.load(file_of(tmp_path / "m", header, data, length), session=session)


def test_no_file_is_too_short(session, tmp_path):
    for size in (0, 1, 7, 8):
        (tmp_path / "m").write_bytes(bytes(size))
        with pytest.raises(safetensors.Damaged):
            safetensors.load(tmp_path / "m", session=session)
    with pytest.raises(FileNotFoundError):
        safetensors.load(tmp_path / "none", session=session)


def test_what_the_format_cannot_hold_is_not_saved(tmp_path):
    for wrong in (np.zeros(2, "c16"), np.zeros((3, 3)).T[:, :2], np.zeros(2, ">f8")):
        with pytest.raises(TypeError):
            safetensors.save(tmp_path / "m", {"w": wrong})
