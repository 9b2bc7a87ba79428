#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""A small net with PyTorch: rows, batches, parameters, gradients and Adam's moments in ward memory.

    torch_mlp.py --keyfile KEY --out DIR FILE.wds        (an owner tries it out)
    torch_mlp.py --broker URL --ca PEM --resource R --out DIR FILE.wds

The data set is as logistic.py has it. What PyTorch still puts on its heap, and is not protected:
activations, the gradients of activations, what backward() adds to .grad from, work space of
its kernels (doc/python.md).
"""

import argparse
import pathlib

import numpy as np
import torch

import ward
import ward.torch
from ward import safetensors


class Patients:
    """A row and its label, as float32, out of a shared buffer."""

    def __init__(self, session, x, y):
        """x: (patients, features), y: (patients,); standardised on their way."""
        with ward.arena(16 << 20, session=session):
            deviation = x.std(axis=0)
            scaled = (x - x.mean(axis=0)) / np.where(deviation > 0, deviation, 1.0)
            buffer = session.alloc((x.shape[1] + 1) * len(x) * 4, shared=True, label="rows")
            self.rows = np.frombuffer(buffer, "f4").reshape(len(x), -1)
            self.rows[:, :-1] = scaled
            self.rows[:, -1] = y
            del deviation, scaled

    def __len__(self):
        return len(self.rows)

    def __getitem__(self, i):
        return self.rows[i, :-1], self.rows[i, -1:]


def train(session, patients, epochs, workers):
    """Returns the net, its buffers, and the last epoch's mean loss."""
    torch.manual_seed(1)
    net = torch.nn.Sequential(torch.nn.Linear(patients.rows.shape[1] - 1, 8), torch.nn.Tanh(),
                              torch.nn.Linear(8, 1))
    weights = ward.torch.adopt(net, session=session)
    optimizer = torch.optim.Adam(net.parameters(), lr=0.01)
    moments = ward.torch.adopt_state(optimizer, session=session)
    loader = ward.torch.DataLoader(patients, 32, shuffle=True, seed=1, num_workers=workers,
                                   session=session)
    for _ in range(epochs):
        total = 0.0
        for x, y in loader:
            optimizer.zero_grad(set_to_none=False)      # None would move them to the heap
            loss = torch.nn.functional.binary_cross_entropy_with_logits(net(x), y)
            loss.backward()
            optimizer.step()
            total += loss.item() * len(y)
            del x, y, loss
    outside = ward.torch.outside(net, [weights])
    if outside:
        raise RuntimeError(f"not in ward memory: {', '.join(outside)}")
    return net, (weights, moments), total / len(patients)


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    for name in ("broker", "ca", "resource", "keyfile"):
        parser.add_argument(f"--{name}")
    parser.add_argument("--out", type=pathlib.Path, required=True)
    parser.add_argument("--epochs", type=int, default=20)
    parser.add_argument("--workers", type=int, default=0)
    parser.add_argument("file")
    args = parser.parse_args()
    if not args.keyfile and not (args.broker and args.ca and args.resource):
        parser.error("--broker, --ca and --resource are wanted, or --keyfile")
    args.out.mkdir(exist_ok=True)
    torch.set_num_threads(1)    # each thread's stack and work space is one more place
    with ward.Session() as session:
        key = None
        if args.broker:
            key = ward.fetch_key(args.broker, args.resource, ca=args.ca, session=session,
                                 packages=("ward",))
        with key.open(args.file) if key else ward.Dataset(args.file, keyfile=args.keyfile) as d:
            buffer, tensors = safetensors.load(d, session=session)
        patients = Patients(session, tensors["x"], tensors["y"])
        del tensors
        buffer.close()
        net, kept, loss = train(session, patients, args.epochs, args.workers)
        safetensors.save(args.out / "net.safetensors",
                         {name: p.detach().numpy() for name, p in net.named_parameters()})
        n = len(patients)
        del net, kept, patients, buffer
        if key:
            key.close()
            session.seal()
            (args.out / "receipt.ward").write_bytes(session.receipt(key))
    print(f"{n} patients, loss {loss:.4f}")


if __name__ == "__main__":
    main()
