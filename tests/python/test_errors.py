# SPDX-License-Identifier: MIT
"""Errors say what, where and what mends it; keys and data sets without a kernel."""

import errno
import os
import pathlib
import subprocess

import pytest

import ward
from ward import _ward

WARDCTL = os.environ.get("WARD_PY_WARDCTL")
needs_wardctl = pytest.mark.skipif(not WARDCTL, reason="wardctl is not at hand")


def test_no_device_is_told(tmp_path):
    with pytest.raises(ward.Error) as caught:
        ward.Session(str(tmp_path / "none"))
    error = caught.value
    assert isinstance(error, OSError) and not isinstance(error, ward.Refused)
    assert error.errno == errno.ENOENT and error.what == "open a session"
    assert error.where == str(tmp_path / "none")
    assert "load the module" in error.strerror and "wardctl doctor" in error.strerror


def test_what_is_no_device_is_told():
    with pytest.raises(ward.Error) as caught:
        ward.Session("/dev/null")
    assert caught.value.errno == errno.ENOTTY
    null = os.open("/dev/null", os.O_RDWR)
    with pytest.raises(ward.Error):
        ward.Session(fd=null)
    os.close(null)


@pytest.mark.parametrize("url, resource, ca, number", [
    ("http://127.0.0.1:1", "a/b/c", "ca", errno.EINVAL),
    ("https://127.0.0.1:1", "a/b/c", "none", errno.ENOENT),
])
def test_a_broker_that_is_none(session, tmp_path, url, resource, ca, number):
    (tmp_path / "ca").write_text("")
    with pytest.raises(ward.Error) as caught:
        ward.fetch_key(url, resource, ca=tmp_path / ca, session=session, declared=False)
    assert caught.value.errno == number and caught.value.where == url


def test_fetch_key_takes_words(session):
    with pytest.raises(ValueError):
        ward.fetch_key("https://h:1", "a/b/c", ca="x", session=session, keys="both")
    with pytest.raises(ValueError):
        session.attest("no purpose", bytes(32))
    with pytest.raises(ValueError):
        session.attest("report", bytes(7))
    with pytest.raises(ValueError):
        session.attest("report", bytes(32), binding=bytes(3))
    with pytest.raises(ValueError):
        session.attest("report", bytes(32), records="some")
    with pytest.raises(TypeError):
        ward.attest(bytes(32), session=session, request=b"", binding=bytes(64))


def test_keys_are_made_by_brokers_alone():
    with pytest.raises(TypeError):
        _ward.Key()


@pytest.fixture
def encrypted(tmp_path):
    plain = bytes(range(256)) * 300
    (tmp_path / "plain").write_bytes(plain)
    subprocess.run([WARDCTL, "-q", "dataset", "encrypt", "--new-key", tmp_path / "key",
                    "--chunk", "4096", "--name", "numbers", tmp_path / "plain",
                    tmp_path / "set.wds"], check=True,
                   env={k: v for k, v in os.environ.items() if k != "LD_PRELOAD"})
    return tmp_path, plain


@needs_wardctl
def test_a_data_set_is_decrypted_into_a_buffer(session, encrypted):
    folder, plain = encrypted
    with ward.Dataset(folder / "set.wds", keyfile=folder / "key") as dataset:
        info = dataset.info()
        assert (info["kind"], info["length"], info["chunks"]) == ("bytes", 76800, 19)
        buffer = dataset.load(session)
        assert len(buffer) == len(plain) and bytes(buffer.view()) == plain
        part = session.alloc(4112)
        assert dataset.read_chunk(18, part, 16) == 76800 - 18 * 4096
        assert bytes(part.view()[16:16 + 3072]) == plain[18 * 4096:]
        with pytest.raises(ValueError, match="no room"):
            dataset.read_chunk(0, part, 32)
        with pytest.raises(ValueError, match="no room"):
            dataset.load(part)
        with pytest.raises(ward.Error) as caught:
            dataset.read_chunk(19, part)
        assert caught.value.errno == errno.ERANGE
        with pytest.raises(TypeError):
            dataset.load(bytearray(100000))
    assert dataset.closed
    with pytest.raises(ValueError):
        dataset.info()


@needs_wardctl
def test_nothing_is_decrypted_into_a_volatile_buffer(session, encrypted):
    folder, plain = encrypted
    buffer = session.alloc(len(plain))
    buffer.volatile()
    with ward.Dataset(folder / "set.wds", keyfile=folder / "key") as dataset:
        with pytest.raises(BufferError, match="volatile"):
            dataset.load(buffer)
        assert buffer.hold() is True
        assert dataset.load(buffer) == len(plain)


@needs_wardctl
def test_a_damaged_data_set_leaves_nothing(session, encrypted):
    folder, _ = encrypted
    damaged = bytearray((folder / "set.wds").read_bytes())
    damaged[-1] ^= 1
    (folder / "set.wds").write_bytes(damaged)
    buffer = session.alloc(76800)
    with ward.Dataset(folder / "set.wds", keyfile=folder / "key") as dataset:
        with pytest.raises(ward.Error) as caught:
            dataset.load(buffer)
    assert caught.value.errno == errno.EBADMSG
    assert bytes(buffer.view()) == bytes(76800)


@needs_wardctl
def test_a_key_that_is_none(encrypted):
    folder, _ = encrypted
    key = pathlib.Path(folder / "key")
    good = key.read_bytes()
    key.write_bytes(bytes(32))
    with pytest.raises(ward.Error) as caught:
        ward.Dataset(folder / "set.wds", keyfile=key)
    assert caught.value.errno == errno.EKEYREJECTED
    assert str(folder / "set.wds") in str(caught.value)
    key.write_bytes(good)
    key.chmod(0o644)
    with pytest.raises(ward.Error) as caught:
        ward.Dataset(folder / "set.wds", keyfile=key)
    assert caught.value.errno == errno.EPERM
    with pytest.raises(TypeError):
        ward.Dataset(folder / "set.wds")
    with pytest.raises(ward.Error) as caught:
        ward.Dataset(folder / "none", keyfile=key)
    assert caught.value.errno == errno.ENOENT
