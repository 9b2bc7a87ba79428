# SPDX-License-Identifier: MIT
"""Batches in ward memory, by 0 and by 4 workers."""

import os
import signal

import pytest

import ward
from conftest import kernel

np = pytest.importorskip("numpy")


class Rows:
    """Row i is i, i + .5, ...; its label i."""

    def __init__(self, session, n=50):
        buffer = session.alloc(n * 32, shared=True)
        self.rows = np.frombuffer(buffer).reshape(n, 4)
        self.rows[:] = np.arange(n)[:, None] + np.arange(4) / 2

    def __len__(self):
        return len(self.rows)

    def __getitem__(self, i):
        return self.rows[i], i


@pytest.mark.parametrize("workers", [0, 1, 4])
def test_every_sample_comes_once_and_whole(session, workers):
    loader = ward.DataLoader(Rows(session), 8, num_workers=workers, shuffle=True, seed=3,
                             session=session)
    assert len(loader) == 7
    orders = []
    for _ in range(2):
        seen = []
        for rows, labels in loader:
            assert rows.shape == (len(labels), 4) and rows.dtype == "f8"
            assert (rows == labels[:, None] + np.arange(4) / 2).all()
            seen += labels.tolist()
        del rows, labels
        assert sorted(seen) == list(range(50))
        orders.append(seen)
    assert orders[0] != orders[1]
    again = ward.DataLoader(Rows(session), 8, shuffle=True, seed=3, session=session)
    assert [int(i) for _, labels in again for i in labels] == orders[0]


def test_in_order_and_without_the_last(session):
    loader = ward.DataLoader(Rows(session), 8, drop_last=True, session=session, num_workers=2)
    assert len(loader) == 6
    assert [int(i) for _, labels in loader for i in labels] == list(range(48))


def test_batches_are_in_ward_memory(session):
    for workers in (0, 2):
        loader = ward.DataLoader(Rows(session), 50, num_workers=workers, session=session)
        (rows, labels), = loader
        base = rows
        while isinstance(base, np.ndarray):
            base = base.base
        assert isinstance(base.obj, ward.Buffer)
        del base, rows, labels


def test_who_holds_all_batches_is_told(session):
    for workers in (0, 2):
        loader = ward.DataLoader(Rows(session), 2, num_workers=workers, session=session)
        held = []
        with pytest.raises(BufferError, match="let go of a batch"):
            for batch in loader:
                held.append(batch)
        first = held[0][1].tolist()
        assert first == [0, 1]
        del held, batch


def test_no_samples_are_no_batches(session):
    assert list(ward.DataLoader([], 4, session=session)) == []


def test_one_field_is_no_tuple(session):
    batch, = ward.DataLoader([1.0, 2.0], 4, session=session)
    assert batch.tolist() == [1, 2]
    del batch


@pytest.mark.parametrize("workers", [0, 2])
def test_a_dataset_that_fails_is_told_without_its_words(session, workers):
    class Fails(Rows):
        def __getitem__(self, i):
            if i == 9:
                raise KeyError(f"patient {4700 + 11}")
            return super().__getitem__(i)

    with pytest.raises(KeyError if workers == 0 else RuntimeError) as caught:
        for batch in ward.DataLoader(Fails(session), 4, num_workers=workers, session=session):
            del batch
    if workers:
        assert "KeyError" in str(caught.value) and "4711" not in str(caught.value)


def test_a_worker_that_dies_is_told(session):
    class Kills(Rows):
        def __getitem__(self, i):
            if i == 9:
                os.kill(os.getpid(), signal.SIGKILL)
            return super().__getitem__(i)

    with pytest.raises(RuntimeError, match="died"):
        for batch in ward.DataLoader(Kills(session), 4, num_workers=2, session=session):
            del batch


def test_what_is_broken_off_leaves_no_process(session):
    loader = ward.DataLoader(Rows(session), 2, num_workers=3, session=session)
    iterator = iter(loader)
    next(iterator)
    iterator.close()
    with pytest.raises(ChildProcessError):
        os.waitpid(-1, os.WNOHANG)


def test_objects_are_no_samples(session):
    with pytest.raises(TypeError, match="numbers"):
        next(iter(ward.DataLoader([object()], session=session)))
    for wrong in ({"batch_size": 0}, {"num_workers": -1}, {"prefetch": 0}):
        with pytest.raises(ValueError):
            ward.DataLoader([1], **wrong)


@kernel
@pytest.mark.parametrize("workers", [0, 4])
def test_pinned_batches_are_class_b(session, workers):
    loader = ward.DataLoader(Rows(session), 8, num_workers=workers, pin_memory=True,
                             session=session)
    seen = []
    for rows, labels in loader:
        assert session.info().live_b > 0
        assert (rows == labels[:, None] + np.arange(4) / 2).all()
        seen += labels.tolist()
    del rows, labels
    assert seen == list(range(50)) and session.info().live_b == 0


@kernel
def test_nothing_lives_after_an_epoch(session):
    rows = Rows(session)
    held = session.info().live
    for batch in ward.DataLoader(rows, 8, num_workers=4, session=session):
        del batch
    assert session.info().live == held
