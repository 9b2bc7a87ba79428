# SPDX-License-Identifier: MIT
"""NumPy's arrays in ward memory, by its own memory handlers (NEP 49; NumPy 1.22 and later)."""

from __future__ import annotations

import functools
import gc
import inspect
import traceback
from types import TracebackType
from typing import Any, Callable, Optional, Type, TypeVar, Union, overload

from . import _ward
from ._session import Session, default_session

F = TypeVar("F", bound=Callable[..., Any])

BUDGET = 64 << 20   #: bytes of an arena, unless said


class arena:
    """``with ward.arena(budget=...):`` the data of arrays made inside live in ward memory.

    So do temporaries of expressions, results of ufuncs, copies and casts that are arrays.
    budget: bytes, one class A buffer, all of it charged at once; NumPy raises MemoryError
    where it is used up. session: None = the process's own. It holds for this thread (this
    context); threads that are started inside do not inherit it.

    At the end everything is wiped by the kernel. Arrays that still live (they escaped into a
    variable outside) are zeroed first, and BufferError is raised, unless an exception is on
    its way: it is ``ward.leave(array)`` that gives what may leave.

    What NumPy allocates beside arrays (buffers of casts inside ufuncs, of sort, of LAPACK and
    of BLAS) is on the heap still: doc/python.md.
    """

    def __init__(self, budget: int = BUDGET, *, session: Optional[Session] = None,
                 label: Optional[str] = "numpy") -> None:
        self._arena = _ward.Arena(session or default_session(), budget, label)

    @property
    def used(self) -> int:
        """Bytes taken now."""
        return self._arena.used

    @property
    def peak(self) -> int:
        """Most bytes ever taken."""
        return self._arena.peak

    @property
    def live(self) -> int:
        """Arrays whose data are here."""
        return self._arena.live

    def holds(self, array: Any) -> bool:
        """Whether an array's data are here."""
        return self._arena.holds(array.__array_interface__["data"][0])

    def __enter__(self) -> "arena":
        self._arena.enter()
        return self

    def __exit__(self, kind: Optional[Type[BaseException]], error: Optional[BaseException],
                 trace: Optional[TracebackType]) -> None:
        self._arena.leave()
        if self._arena.live:
            _let_go(error)
        escaped = self._arena.end()
        if escaped and error is None:
            raise BufferError(f"{escaped} arrays escaped the arena; they were zeroed. Return "
                              "ward.leave(array) for what may leave it")


def _let_go(error: Optional[BaseException]) -> None:
    """Of frames that an exception keeps, and of cycles."""
    while error is not None:
        if error.__traceback__ is not None:
            traceback.clear_frames(error.__traceback__)
        error = error.__context__
    gc.collect()


def leave(value: Any) -> Any:
    """A copy of an array in ordinary memory: it leaves ward's protection, for good.

    value: an array, or a scalar of NumPy's. Returns an array of its shape and type.
    """
    import numpy

    inside = _ward.numpy_usual()
    try:
        return numpy.array(value, copy=True)
    finally:
        _ward.numpy_restore(inside)


@overload
def protected(function: F) -> F: ...


@overload
def protected(function: None = None, *, budget: int = BUDGET,
              session: Optional[Session] = None) -> Callable[[F], F]: ...


def protected(function: Optional[F] = None, *, budget: int = BUDGET,
              session: Optional[Session] = None) -> Union[F, Callable[[F], F]]:
    """Arrays that a function makes live in ward memory and are wiped on its return.

    As ``with ward.arena(budget=budget, session=session)`` around its body: each call has an
    arena of its own. What it returns must have left it (``ward.leave()``): an array that lives
    there still is zeroed, and the call raises BufferError. Arguments stay where they are:
    give it Buffers. Generators and coroutines, which go on after their return, are a
    TypeError.
    """
    def wrap(inner: F) -> F:
        if inspect.isgeneratorfunction(inner) or inspect.iscoroutinefunction(inner) or \
                inspect.isasyncgenfunction(inner):
            raise TypeError(f"{inner.__qualname__} goes on after its return: "
                            "use ward.arena() inside")

        @functools.wraps(inner)
        def call(*args: Any, **kwargs: Any) -> Any:
            with arena(budget, session=session, label=inner.__name__[:31]):
                return inner(*args, **kwargs)
        return call  # type: ignore[return-value]

    return wrap if function is None else wrap(function)
