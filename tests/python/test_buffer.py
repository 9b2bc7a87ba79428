# SPDX-License-Identifier: MIT
"""Buffers: the protocol, what counts as a view, and every way out."""

import errno
import mmap
import os
import pickle
import resource
import signal
import threading

import pytest

import ward
from conftest import kernel

np = pytest.importorskip("numpy")


def ended(buffer):
    with pytest.raises(ward.Error) as caught:
        memoryview(buffer)
    assert caught.value.errno == errno.EOWNERDEAD
    return str(caught.value)


def test_it_is_zeroed_memory_of_the_length_asked_for(session):
    buffer = session.alloc(1000)
    view = memoryview(buffer)
    assert (len(buffer), view.nbytes, view.format, view.readonly) == (1000, 1000, "B", False)
    assert bytes(view) == bytes(1000)


def test_arrays_are_views_of_the_one_mapping(session):
    buffer = session.alloc(64)
    ints, floats = np.frombuffer(buffer, "<u8"), np.frombuffer(buffer)
    floats[0] = 1.0
    assert ints[0] == 0x3ff0000000000000
    assert floats.__array_interface__["data"][0] == buffer.address


@pytest.mark.parametrize("length", [0, -1, -2 ** 40])
def test_a_length_makes_sense(session, length):
    with pytest.raises(ValueError):
        session.alloc(length)


def test_an_argument_of_another_type_is_an_exception(session):
    for wrong in ("8", None, 1.5, b"8"):
        with pytest.raises(TypeError):
            session.alloc(wrong)
    with pytest.raises(TypeError):
        ward.Buffer._alloc(object(), 8)
    with pytest.raises(TypeError):
        ward.Buffer()


def test_a_wipe_waits_for_nobody_and_is_refused_while_a_view_lives(session):
    buffer = session.alloc(4096)
    array = np.frombuffer(buffer)
    assert buffer.views == 1
    with pytest.raises(BufferError, match="1 view of the buffer lives"):
        buffer.wipe()
    with pytest.raises(BufferError):
        buffer.close()
    array[:] = 1
    part = array[5:7]
    del array
    with pytest.raises(BufferError):
        buffer.wipe()
    del part
    assert (buffer.views, buffer.wipe(), buffer.wiped, buffer.wipe()) == (0, 4096, True, 0)


def test_after_a_wipe_it_is_an_exception(session):
    buffer = session.alloc(4096)
    buffer.wipe()
    assert "it was wiped" in ended(buffer)
    buffer.close()
    buffer.close()
    assert "it was closed" in ended(buffer)
    with pytest.raises(ward.Error):
        buffer.info()
    with pytest.raises(ward.Error):
        buffer.fileno()
    assert buffer.wipe() == 0


def test_a_forced_wipe_faults_who_looks(session):
    buffer = session.alloc(4096)
    view = memoryview(buffer)
    child = None
    # In a child of its own, whose session and buffer are its own, too.
    child = os.fork()
    if child == 0:
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        signal.signal(signal.SIGBUS, signal.SIG_DFL)
        mine = ward.Session().alloc(4096)
        sight = memoryview(mine)
        mine.wipe(force=True)
        sight[0]
        os._exit(0)
    assert os.WTERMSIG(os.waitpid(child, 0)[1]) == signal.SIGBUS
    view.release()


def test_readinto_and_slices_write_it(session, tmp_path):
    (tmp_path / "f").write_bytes(bytes(range(200)))
    buffer = session.alloc(200)
    with open(tmp_path / "f", "rb", buffering=0) as file, buffer.view() as view:
        assert file.readinto(view) == 200
        view[:2] = b"\xff\xfe"
        assert bytes(view[:4]) == b"\xff\xfe\x02\x03"
    assert buffer.views == 0


def test_with_ends_it_and_zeroes_what_is_viewed(session):
    with session.alloc(64) as buffer:
        pass
    assert buffer.wiped
    with pytest.raises(BufferError, match="were zeroed"), session.alloc(64) as buffer:
        kept = np.frombuffer(buffer, "u1")
        kept[:] = 7
    assert not kept.any() and not buffer.wiped


def test_an_exception_in_with_is_not_hidden(session):
    with pytest.raises(KeyError), session.alloc(64) as buffer:
        kept = np.frombuffer(buffer, "u1")
        kept[:] = 7
        raise KeyError(1)
    assert not kept.any()


def test_a_closed_session_gives_nothing():
    session = ward.Session()
    session.close()
    session.close()
    assert session.closed and "closed" in repr(session)
    for call in (session.info, session.seal, session.fileno, lambda: session.alloc(1)):
        with pytest.raises(ValueError):
            call()


def test_a_session_with_views_of_shared_buffers_is_not_closed():
    session = ward.Session()
    array = np.frombuffer(session.alloc(64, shared=True))
    with pytest.raises(BufferError, match="shared"):
        session.close()
    del array
    session.close()


def test_the_end_of_with_zeroes_what_lives():
    with pytest.raises(BufferError):
        with ward.Session() as session:
            kept = np.frombuffer(session.alloc(64), "u1")
            kept[:] = 9
    assert not kept.any()


def test_volatile_contents_are_not_seen(session):
    buffer = session.alloc(4096)
    with buffer.view() as view:
        view[:] = b"x" * 4096
        with pytest.raises(BufferError):
            buffer.volatile()
    buffer.volatile()
    with pytest.raises(BufferError, match="volatile"):
        memoryview(buffer)
    assert buffer.hold() is True
    assert bytes(memoryview(buffer)[:3]) == b"xxx"


def test_a_child_has_shared_buffers_and_no_others(session):
    mine, ours = session.alloc(4096), session.alloc(3 << 20, shared=True)
    numbers = np.frombuffer(ours, "<i8")
    numbers[:] = np.arange(len(numbers))
    child = os.fork()
    if child == 0:
        status = 0
        try:
            if numbers[-1] != len(numbers) - 1:
                status = 1
            numbers[0] = 42
            for refused in (mine.view, session.info, ours.wipe):
                try:
                    refused()
                    status = 2
                except ward.Error as error:
                    if error.errno != errno.EPERM:
                        status = 3
        except BaseException:
            status = 4
        os._exit(status)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert numbers[0] == 42
    mine.view().release()


def test_a_child_that_lets_go_ends_nothing(session):
    mine, ours = session.alloc(4096), session.alloc(4096, shared=True)
    child = os.fork()
    if child == 0:
        try:
            mine.close()
            ours.close()
            session.close()
        except BaseException:
            os._exit(1)
        os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert not mine.wiped and bytes(mine.view()) == bytes(4096)
    assert bytes(ours.view()) == bytes(4096)


def test_a_descriptor_is_mapped_by_who_got_it(session):
    mine, ours = session.alloc(100), session.alloc(100, shared=True)
    with ward.Buffer.from_fd(os.dup(ours.fileno()), 100) as other:
        assert len(other) == 100
        other.view()[0] = 5
    assert ours.view()[0] == 5
    with pytest.raises(ward.Error) as caught:
        ward.Buffer.from_fd(os.dup(mine.fileno()))
    assert caught.value.errno == errno.EPERM
    with open("/dev/null", "rb") as null, pytest.raises(ward.Error) as caught:
        ward.Buffer.from_fd(null.fileno())
    assert caught.value.errno == errno.ENOTTY


def test_only_shared_buffers_are_pickled(session):
    with pytest.raises(TypeError, match="shared"):
        pickle.dumps(session.alloc(8))


def test_two_threads_use_a_session_at_once(session):
    wrong = []

    def use():
        try:
            for _ in range(50):
                with session.alloc(5000) as buffer:
                    buffer.view()[4999] = 1
                session.info()
        except BaseException as error:
            wrong.append(error)

    threads = [threading.Thread(target=use) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


def test_nothing_is_kept_of_a_thousand_buffers(session):
    before = len(os.listdir("/proc/self/fd"))
    for _ in range(1000):
        session.alloc(10)
    assert len(os.listdir("/proc/self/fd")) <= before + 1


@kernel
def test_the_kernel_says_what_it_is(session):
    buffer = session.alloc(5000, label="rows")
    info = buffer.info()
    assert (info["class"], info["length"], info["end"], info["shared"]) == ("A", 8192, 0, False)
    assert session.info().live == 8192
    buffer.wipe()
    assert buffer.info()["end"] == 1 and session.info().live == 0


@kernel
def test_a_limit_is_an_exception(session):
    session.watch(limit=8192)
    with pytest.raises(ward.Error) as caught:
        session.alloc(1 << 20)
    assert caught.value.errno == errno.EDQUOT
    assert caught.value.what == "allocate 1048576 bytes of protected memory"


@kernel
def test_class_b_is_pinned_and_zeroed_in_place(session):
    buffer = session.pin(5000)
    assert (buffer.info()["class"], len(buffer), session.info().live_b) == ("B", 5000, 8192)
    np.frombuffer(buffer, "u1")[:] = 3
    assert buffer.wipe() == 8192 and session.info().live_b == 0
    memory = mmap.mmap(-1, 8192, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
    buffer = session.pin(memory=memory)
    memory[:4] = b"data"
    assert bytes(buffer.view()[:4]) == b"data"
    buffer.close()
    assert memory[:4] == bytes(4)
    del buffer
    with pytest.raises(ValueError):
        session.pin(memory=bytearray(100))
    with pytest.raises(ValueError):
        session.pin(0)


@kernel
def test_a_lease_that_ran_out_is_an_exception(session):
    import time
    buffer = session.alloc(4096)
    now = time.clock_gettime_ns(time.CLOCK_BOOTTIME)
    lease = session.lease(deadline_ns=now + 200_000_000)
    assert 0 < lease["expires_ns"] <= now + 200_000_000
    with pytest.raises(ward.Error) as caught:
        session.lease(deadline_ns=now + 400_000_000_000)
    assert caught.value.errno == errno.EPERM
    assert session.notice(60.0)["kind"] == "lease"
    for _ in range(600):    # the notice may come before the buffers have ended
        if session.info().live == 0:
            break
        time.sleep(0.1)
    assert "lease ran out" in ended(buffer)
    assert session.info().expired
    with pytest.raises(ward.Error) as caught:
        session.alloc(1)
    assert caught.value.errno == errno.ESHUTDOWN


@kernel
def test_a_shared_buffer_ends_for_all(session):
    ours = session.alloc(4096, shared=True)
    with ward.Buffer.from_fd(os.dup(ours.fileno())) as other:
        assert other.wipe() == 4096
        assert "it was wiped" in ended(ours)


@kernel
def test_pressure_has_figures(session):
    buffer = session.alloc(4096)
    pressure = session.pressure()
    assert pressure["level"] == "low" and pressure["live"] == 4096 <= pressure["peak"]
    assert session.notice(0) is None
    del buffer
