# SPDX-License-Identifier: MIT
"""NumPy's arrays in ward memory, and what happens to those that stay."""

import os

import pytest

import ward

np = pytest.importorskip("numpy")


def test_arrays_and_temporaries_are_inside(session):
    with ward.arena(1 << 20, session=session) as inside:
        x = np.arange(1000.0)
        made = [x, x + 1, x.reshape(10, 100).T.copy(), np.concatenate([x, x]), x[x > 5],
                x.astype("f4"), np.linalg.inv(np.eye(5)), np.sort(x), x @ np.ones((1000, 2)),
                np.where(x > 1, x, 0), np.array([1, 2]), np.zeros(3), np.unique(x)]
        assert all(inside.holds(a) for a in made)
        assert inside.live == len(made) and 8000 < inside.used <= inside.peak
        del x, made
        assert inside.live == 0 and inside.used == 0


def test_outside_nothing_is_inside(session):
    with ward.arena(1 << 20, session=session) as inside:
        pass
    assert not inside.holds(np.zeros(10))


def test_what_leaves_is_outside(session):
    with ward.arena(1 << 20, session=session) as inside:
        weights = ward.leave(np.arange(5.0))
        assert not inside.holds(weights)
    assert weights.tolist() == [0, 1, 2, 3, 4]


def test_a_large_array_is_used_as_any(session):
    with ward.arena(32 << 20, session=session) as inside:
        x = np.ones(1 << 20)
        x.resize(1 << 21, refcheck=False)
        assert x[0] == 1 and x[-1] == 0 and inside.holds(x)
        total = float(x.sum())
        del x
    assert total == 1 << 20


def test_a_budget_that_is_used_up_is_a_memory_error(session):
    with ward.arena(1 << 16, session=session), pytest.raises(MemoryError):
        np.zeros(1 << 16)


def test_what_escapes_is_zeroed_and_told(session):
    with pytest.raises(BufferError, match="1 arrays escaped"):
        with ward.arena(1 << 16, session=session):
            kept = np.arange(1.0, 9.0)
    assert not kept.any()
    kept[0] = 1     # its memory is there still
    del kept


def test_protected_gives_back_what_may_leave(session):
    @ward.protected(budget=1 << 20, session=session)
    def mean(n, *, keep=False):
        """Of some numbers."""
        x = np.arange(float(n))
        return x if keep else ward.leave(x.mean())

    assert mean.__name__ == "mean" and mean.__doc__ == "Of some numbers."
    assert mean(5) == 2
    with pytest.raises(BufferError):
        mean(5, keep=True)
    assert mean(7) == 3


def test_an_exception_comes_through_and_its_frames_keep_nothing(session):
    arenas = []

    @ward.protected(budget=1 << 20, session=session)
    def fails():
        x = np.arange(10.0)
        raise KeyError(str(len(x)))

    with pytest.raises(KeyError) as caught:
        fails()
    assert caught.value.args == ("10",)
    assert not arenas


def test_a_cycle_keeps_nothing(session):
    @ward.protected(budget=1 << 20, session=session)
    def cycle():
        one = [np.arange(10.0)]
        one.append(one)

    cycle()


def test_what_goes_on_after_its_return_is_refused(session):
    with pytest.raises(TypeError, match="generator"):
        @ward.protected
        def generator():
            yield 1


def test_arenas_nest(session):
    with ward.arena(1 << 16, session=session) as outer:
        with ward.arena(1 << 16, session=session) as inner:
            x = np.zeros(10)
            assert inner.holds(x) and not outer.holds(x)
            del x
        y = np.zeros(10)
        assert outer.holds(y)
        del y
    with pytest.raises(ValueError):
        with outer, outer:
            pass


def test_a_child_that_frees_ends_nothing(session):
    with ward.arena(1 << 16, session=session):
        x = np.arange(10.0)
        child = os.fork()
        if child == 0:
            try:
                del x
                status = 0
                try:
                    np.zeros(10)
                    status = 1
                except MemoryError:
                    pass
            except BaseException:
                status = 2
            os._exit(status)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
        assert x[9] == 9
        del x


def test_an_arena_has_a_size(session):
    with pytest.raises(ValueError):
        ward.arena(0, session=session)
