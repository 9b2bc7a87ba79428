# SPDX-License-Identifier: MIT
"""PyTorch over ward memory: tensors, parameters with their gradients, optimizer state.

What PyTorch allocates itself (activations, gradients on their way, work space) is on its heap
and not protected: doc/python.md lists it.
"""

from __future__ import annotations

from typing import Any, Dict, Iterable, List, Optional, Tuple

import torch

from ._loader import DataLoader as _DataLoader
from ._session import Buffer, Session, default_session

_ALIGN = 64


def frombuffer(buffer: Buffer, dtype: torch.dtype = torch.float32, count: int = -1,
               offset: int = 0) -> torch.Tensor:
    """A tensor of one axis over a buffer, without a copy, which counts as a view of it.

    count: elements, -1 = to the end. offset: bytes. ``torch.frombuffer(buffer)`` itself keeps
    no view: a wipe would not see such a tensor.
    """
    return torch.frombuffer(memoryview(buffer), dtype=dtype, count=count, offset=offset)


def _bytes(tensors: Iterable[torch.Tensor]) -> int:
    return sum(-(-t.numel() * t.element_size() // _ALIGN) * _ALIGN for t in tensors)


class _Carver:
    """Tensors one after the other out of a buffer."""

    def __init__(self, buffer: Buffer) -> None:
        self.buffer = buffer
        self.at = 0

    def like(self, tensor: torch.Tensor) -> torch.Tensor:
        if tensor.numel() == 0:
            return torch.empty_like(tensor)
        made = frombuffer(self.buffer, tensor.dtype, tensor.numel(), self.at).view(tensor.shape)
        self.at += _bytes((tensor,))
        return made


def adopt(module: torch.nn.Module, *, session: Optional[Session] = None,
          label: str = "parameters") -> Buffer:
    """Move a module's parameters, their gradients and its buffers into one new ward Buffer.

    Each parameter's ``.grad`` is preset to zeroes there, so that backward() adds to it in
    place: zero gradients by ``optimizer.zero_grad(set_to_none=False)``. The memory that the
    parameters had is freed, not wiped: adopt a module before it has learned anything.
    Returns the buffer; its views end with the module. Raises as Session.alloc().
    """
    parameters = [p for p in module.parameters()]
    states = [b for b in module.buffers()]
    size = _bytes(parameters) * 2 + _bytes(states)
    buffer = (session or default_session()).alloc(max(1, size), label=label)
    carver = _Carver(buffer)
    with torch.no_grad():
        for parameter in parameters:
            data = carver.like(parameter)
            data.copy_(parameter)
            parameter.data = data
            parameter.grad = carver.like(parameter)
        for state in states:
            data = carver.like(state)
            data.copy_(state)
            state.data = data
    return buffer


def adopt_state(optimizer: torch.optim.Optimizer, names: Tuple[str, ...] = (), *,
                session: Optional[Session] = None) -> Buffer:
    """Have an optimizer's per-parameter tensors in ward memory: make them there beforehand.

    names: the tensors of its state, () = those that are known of SGD (momentum_buffer), Adam
    and AdamW (exp_avg, exp_avg_sq, with amsgrad max_exp_avg_sq). SGD without momentum has
    none. Call it before the first step. Raises ValueError for another optimizer without names.
    """
    group = optimizer.param_groups[0]
    names = names or _known(optimizer, group)
    parameters = [p for g in optimizer.param_groups for p in g["params"]]
    size = _bytes(parameters) * len(names)
    buffer = (session or default_session()).alloc(max(1, size), label="optimizer")
    carver = _Carver(buffer)
    for parameter in parameters:
        state: Dict[str, Any] = optimizer.state[parameter]
        if "exp_avg" in names and "step" not in state:
            state["step"] = torch.tensor(0.0)
        for name in names:
            state[name] = carver.like(parameter)
    return buffer


def _known(optimizer: torch.optim.Optimizer, group: Dict[str, Any]) -> Tuple[str, ...]:
    if isinstance(optimizer, torch.optim.SGD):
        return ("momentum_buffer",) if group["momentum"] else ()
    if isinstance(optimizer, (torch.optim.Adam, torch.optim.AdamW)):
        return ("exp_avg", "exp_avg_sq") + (("max_exp_avg_sq",) if group["amsgrad"] else ())
    raise ValueError(f"name the tensors of {type(optimizer).__name__}'s state")


def outside(module: torch.nn.Module, buffers: Iterable[Buffer]) -> List[str]:
    """Names of parameters, gradients and buffers of a module that lie in none of these.

    After training it should be empty: a ``.grad`` that was set to None, a parameter that was
    replaced, show here.
    """
    spans = [(b.address, b.address + len(b)) for b in buffers]

    def inside(tensor: Optional[torch.Tensor]) -> bool:
        return tensor is not None and (tensor.numel() == 0 or any(
            low <= tensor.data_ptr() < high for low, high in spans))

    wrong = [name for name, p in module.named_parameters() if not inside(p)]
    wrong += [f"{name}.grad" for name, p in module.named_parameters() if not inside(p.grad)]
    return wrong + [name for name, b in module.named_buffers() if not inside(b)]


class DataLoader(_DataLoader):
    """ward.DataLoader whose batches are tensors: over the same memory, without a copy.

    PyTorch's own DataLoader copies what its workers make through /dev/shm, which is not
    protected; with num_workers=0 it collates on the heap.
    """

    def __init__(self, dataset: Any, batch_size: int = 1, **options: Any) -> None:
        super().__init__(dataset, batch_size, wrap=torch.from_numpy, **options)
