# SPDX-License-Identifier: MIT
"""Batches of samples in ward memory, made here or by processes of their own."""

from __future__ import annotations

import random
import signal
import traceback
from multiprocessing import connection, get_context
from typing import Any, Callable, Dict, Iterator, List, Optional, Sequence, Tuple

from ._session import Buffer, Session, default_session

Place = Tuple[Tuple[int, ...], str, int]    # shape, dtype, offset

_ALIGN = 64


class _Slot:
    """A buffer for one batch: an array for each field of a sample."""

    def __init__(self, buffer: Buffer, places: Sequence[Place]) -> None:
        self.buffer = buffer
        self.places = places

    def arrays(self, count: int) -> List[Any]:
        import numpy

        return [numpy.frombuffer(memoryview(self.buffer), dtype, count * _items(shape), offset)
                .reshape((count, *shape)) for shape, dtype, offset in self.places]

    def fill(self, dataset: Any, indices: Sequence[int]) -> None:
        arrays = self.arrays(len(indices))
        for row, index in enumerate(indices):
            for array, field in zip(arrays, _fields(dataset[index])):
                array[row] = field


def _items(shape: Tuple[int, ...]) -> int:
    n = 1
    for length in shape:
        n *= length
    return n


def _fields(sample: Any) -> Tuple[Any, ...]:
    return tuple(sample) if isinstance(sample, (tuple, list)) else (sample,)


def _layout(sample: Any, batch_size: int) -> Tuple[List[Place], int]:
    import numpy

    places: List[Place] = []
    at = 0
    for field in _fields(sample):
        array = numpy.asarray(field)
        if array.dtype.hasobject:
            raise TypeError(f"a sample's fields are numbers or arrays of them, not {array.dtype}")
        places.append((array.shape, array.dtype.str, at))
        size = batch_size * array.dtype.itemsize * _items(array.shape)
        at += -(-size // _ALIGN) * _ALIGN
    return places, max(at, 1)


def _work(dataset: Any, slots: Sequence[_Slot], pipe: connection.Connection,
          others: Sequence[connection.Connection], session: Session) -> None:
    """A worker's life until its pipe ends: (slot, indices) in, (slot, what was wrong) out."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    for other in others:
        other.close()
    session.close()     # its descriptor here: the session must not live as long as a worker
    try:
        while True:
            slot, indices = pipe.recv()
            pipe.send((slot, _try(dataset, slots[slot], indices)))
    except (EOFError, BrokenPipeError, ConnectionResetError):
        return


def _try(dataset: Any, slot: _Slot, indices: Sequence[int]) -> Optional[str]:
    try:
        slot.fill(dataset, indices)
    except Exception as error:
        # Where, and of which type: its own text may hold what is in a sample.
        lines = traceback.format_tb(error.__traceback__)
        return "".join(lines) + type(error).__name__
    return None


class DataLoader:
    """Iterate over batches whose bytes are in ward memory from the first to the last.

    dataset: has ``len()`` and ``dataset[i]``: an array or number, or a tuple of them, each of
    the same shape and type for every i. A batch is the same, with a first axis of
    batch_size (the last may be shorter, unless drop_last); one field alone is no tuple.

    shuffle: by seed (None = another order each time) and epoch. num_workers: processes that
    call ``dataset[i]`` and write into SHARED buffers; 0 = here. They are forked: what the
    dataset reads must be a shared buffer (or a file), since no other protected memory reaches
    a child. prefetch: batches for each worker to be ahead. pin_memory: batches come in class B
    memory, the weaker class, which a GPU's driver can register. wrap: called with each array,
    ``torch.from_numpy`` say.

    A batch's memory is used again for a later one: let go of its arrays before asking for
    that (BufferError else), or copy what you keep. prefetch * workers + 1 batches may be
    held at once, 2 without workers. Samples of the dataset itself (a row that
    ``dataset[i]`` computed) are where the dataset makes them: give views of a buffer.

    Raises ward.Error as Session.alloc(); RuntimeError with a worker's traceback, or when one
    died.
    """

    def __init__(self, dataset: Any, batch_size: int = 1, *, shuffle: bool = False,
                 seed: Optional[int] = None, num_workers: int = 0, prefetch: int = 2,
                 pin_memory: bool = False, drop_last: bool = False,
                 session: Optional[Session] = None,
                 wrap: Optional[Callable[[Any], Any]] = None) -> None:
        if batch_size < 1 or num_workers < 0 or prefetch < 1:
            raise ValueError("batch_size and prefetch are 1 or more, num_workers 0 or more")
        self.dataset = dataset
        self.batch_size = batch_size
        self.shuffle = shuffle
        self.seed = seed
        self.num_workers = num_workers
        self.prefetch = prefetch
        self.pin_memory = pin_memory
        self.drop_last = drop_last
        self.epoch = 0          #: counts up with each iteration
        self._session = session
        self._wrap = wrap

    def __len__(self) -> int:
        n = len(self.dataset)
        return n // self.batch_size if self.drop_last else -(-n // self.batch_size)

    def _batches(self) -> List[List[int]]:
        order = list(range(len(self.dataset)))
        if self.shuffle:
            seed = None if self.seed is None else f"{self.seed}/{self.epoch}"
            random.Random(seed).shuffle(order)
        self.epoch += 1
        size = self.batch_size
        return [order[i * size:(i + 1) * size] for i in range(len(self))]

    def __iter__(self) -> Iterator[Any]:
        batches = self._batches()
        if batches:
            yield from _Epoch(self, batches).run()

    def _shape(self, slot: _Slot, count: int) -> Any:
        arrays = slot.arrays(count)
        if self._wrap:
            arrays = [self._wrap(array) for array in arrays]
        return arrays[0] if len(arrays) == 1 else tuple(arrays)


class _Epoch:
    """One pass: its slots, its workers, and whose turn it is."""

    def __init__(self, loader: DataLoader, batches: List[List[int]]) -> None:
        self.loader = loader
        self.batches = batches
        self.session = loader._session or default_session()
        places, size = _layout(loader.dataset[batches[0][0]], loader.batch_size)
        workers = min(loader.num_workers, len(batches))
        count = workers * loader.prefetch + 1 if workers else 2
        self.buffers: List[Buffer] = []
        self.pipes: List[connection.Connection] = []
        self.processes: List[Any] = []
        try:
            self.slots = [self._slot(size, places, workers > 0) for _ in range(count)]
            # What the caller sees, where that is another kind of memory.
            self.fronts = self.slots if not (workers and loader.pin_memory) else \
                [self._slot(size, places, False) for _ in range(2)]
            for _ in range(workers):
                self._start()
        except BaseException:
            self.end()
            raise

    def _slot(self, size: int, places: Sequence[Place], shared: bool) -> _Slot:
        if self.loader.pin_memory and not shared:
            buffer = self.session.pin(size, label="batch")
        else:
            buffer = self.session.alloc(size, shared=shared, label="batch")
        self.buffers.append(buffer)
        return _Slot(buffer, places)

    def _start(self) -> None:
        context = get_context("fork")
        mine, theirs = context.Pipe()
        self.pipes.append(mine)
        process = context.Process(
            target=_work, daemon=True,
            args=(self.loader.dataset, self.slots, theirs, tuple(self.pipes),
                  self.session))
        process.start()
        theirs.close()
        self.processes.append(process)

    def run(self) -> Iterator[Any]:
        try:
            yield from self._by_workers() if self.processes else self._here()
        except (EOFError, ConnectionError):
            if not self.processes:
                raise       # of the dataset's own
            raise RuntimeError("a worker of the DataLoader died") from None
        finally:
            self.end()

    def _free(self, slots: Sequence[_Slot], taken: Sequence[int] = ()) -> Optional[int]:
        for number, slot in enumerate(slots):
            if number not in taken and not slot.buffer.views:
                return number
        return None

    def _here(self) -> Iterator[Any]:
        for indices in self.batches:
            number = self._free(self.slots)
            if number is None:
                raise _held(len(self.slots))
            self.slots[number].fill(self.loader.dataset, indices)
            yield self.loader._shape(self.slots[number], len(indices))

    def _by_workers(self) -> Iterator[Any]:
        done: Dict[int, int] = {}       # batch: slot, filled
        asked: Dict[int, int] = {}      # slot: batch, being filled
        sent = 0
        for number, indices in enumerate(self.batches):
            while number not in done:
                sent = self._ask(sent, asked, done)
                if not asked:
                    raise _held(len(self.slots))
                self._hear(asked, done)
            sent = self._ask(sent, asked, done)
            yield self._show(done.pop(number), len(indices))

    def _ask(self, sent: int, asked: Dict[int, int], done: Dict[int, int]) -> int:
        """Give out batches while there is a free slot, each worker its share."""
        while sent < len(self.batches) and len(asked) < len(self.pipes) * self.loader.prefetch:
            slot = self._free(self.slots, [*asked, *done.values()])
            if slot is None:
                break
            self.pipes[sent % len(self.pipes)].send((slot, self.batches[sent]))
            asked[slot] = sent
            sent += 1
        return sent

    def _hear(self, asked: Dict[int, int], done: Dict[int, int]) -> None:
        ready = connection.wait(self.pipes)
        for pipe in (p for p in self.pipes if p in ready):
            slot, wrong = pipe.recv()
            if wrong is not None:
                raise RuntimeError(f"a worker of the DataLoader failed:\n{wrong}")
            done[asked.pop(slot)] = slot

    def _show(self, slot: int, count: int) -> Any:
        if self.fronts is self.slots:
            return self.loader._shape(self.slots[slot], count)
        front = self._free(self.fronts)
        if front is None:
            raise _held(len(self.fronts))
        for to, here in zip(self.fronts[front].arrays(count), self.slots[slot].arrays(count)):
            to[...] = here
        return self.loader._shape(self.fronts[front], count)

    def end(self) -> None:
        """Workers first: they have the slots mapped."""
        for pipe in self.pipes:
            pipe.close()
        for process in self.processes:
            process.join(5)
            if process.is_alive():
                process.kill()
                process.join()
        for buffer in self.buffers:
            if not buffer.views:
                buffer.close()


def _held(slots: int) -> BufferError:
    return BufferError(f"arrays of all {slots} batches are held: let go of a batch before "
                       "the next, copy what you keep, or raise prefetch")
