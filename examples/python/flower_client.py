#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""A client of Flower's, the patients' rows and all arrays of its training in ward memory.

    flower_client.py --server HOST:PORT --broker https://HOST:PORT --ca broker.pem \\
        --out DIR NAME=FILE.wds
    flower_client.py --server HOST:PORT --keyfile KEY --out DIR NAME=FILE.wds

Logistic regression by what Flower documents of a NumPyClient: get_parameters(), fit() and
evaluate(). The data set is as examples/python/logistic.py has it; each fourth row tests. After the
last round the rows are wiped, the session is sealed and its receipt is left in DIR.

What Flower sends and receives, weights after each round, is its own: it copies them to the heap and
to its connection, and who its server is it does not prove. Where that must not be, use
`ward-train aggregate` and `train --join`, whose channels are attested both ways.

Flower itself is needed by main() alone. tests/python/test_flower.py has a small stand-in for what
calls a NumPyClient, not Flower.
"""

import argparse
import pathlib

import numpy as np

import ward
from ward import safetensors

try:
    from flwr.client import NumPyClient
except ImportError:
    NumPyClient = object

BUDGET = 32 << 20       #: bytes of a call's arrays


def chances(x, weights, intercept):
    """Of label 1, a sum of ufuncs on purpose: BLAS would pack rows into memory of its own."""
    return 1 / (1 + np.exp(-((x * weights).sum(axis=1) + intercept)))


class Client(NumPyClient):
    """Trains on one hospital's rows; x: (patients, features), y: (patients,), views of buffers.

    Parameters are weights (features,) and intercept (1,) for features as they stand, divided by
    `scale`: one number a feature, which all clients must have in common.
    """

    def __init__(self, x, y, scale=1.0):
        self.x, self.y, self.scale = x, y, np.asarray(scale, "f8")

    def get_parameters(self, config):
        return [np.zeros(self.x.shape[1]), np.zeros(1)]

    def _rows(self, test):
        """Copies of those to train with, or to test, in the caller's arena."""
        kept = (np.arange(len(self.y)) % 4 == 3) == test
        return self.x[kept] / self.scale, self.y[kept]

    @ward.protected(budget=BUDGET)
    def fit(self, parameters, config):
        """config: "steps" of gradient descent on all rows (10) at "rate" (1.0)."""
        x, y = self._rows(test=False)
        weights, intercept = (np.array(p, "f8") for p in parameters)
        for _ in range(int(config.get("steps", 10))):
            wrong = chances(x, weights, intercept) - y
            weights -= float(config.get("rate", 1.0)) * (x * wrong[:, None]).mean(axis=0)
            intercept -= float(config.get("rate", 1.0)) * wrong.mean()
        return [ward.leave(weights), ward.leave(intercept)], len(y), {}

    @ward.protected(budget=BUDGET)
    def evaluate(self, parameters, config):
        x, y = self._rows(test=True)
        weights, intercept = (np.array(p, "f8") for p in parameters)
        chance = np.clip(chances(x, weights, intercept), 1e-12, 1 - 1e-12)
        loss = -(y * np.log(chance) + (1 - y) * np.log(1 - chance)).mean()
        return float(loss), len(y), {"accuracy": float(((chance > .5) == (y > 0)).mean())}


def arguments(text):
    parser = argparse.ArgumentParser(description=text.partition("\n\n")[0])
    parser.add_argument("--broker")
    parser.add_argument("--ca")
    parser.add_argument("--keyfile")
    parser.add_argument("--out", type=pathlib.Path, required=True)
    parser.add_argument("set", metavar="NAME=FILE")
    return parser


def parsed(parser):
    args = parser.parse_args()
    if not args.keyfile and not (args.broker and args.ca):
        parser.error("--broker and --ca are wanted, or --keyfile")
    return args


def train(args, packages, take_part):
    """Key, rows, take_part(client) until the last round, wipe, receipt."""
    args.out.mkdir(exist_ok=True)
    name, path = args.set.split("=", 1)
    key = None
    with ward.Session() as session:
        if args.broker:
            key = ward.fetch_key(args.broker, f"default/dataset/{name}", ca=args.ca,
                                 session=session, packages=packages)
        with key.open(path) if key else ward.Dataset(path, keyfile=args.keyfile) as dataset:
            buffer, tensors = safetensors.load(dataset, session=session)
        take_part(Client(tensors.pop("x"), tensors.pop("y")))
        buffer.close()
        if key:
            key.close()
        session.seal()
        if key:
            (args.out / f"receipt-{name}.ward").write_bytes(session.receipt(key))


def main():
    parser = arguments(__doc__)
    parser.add_argument("--server", required=True)
    args = parsed(parser)
    if NumPyClient is object:
        parser.error("Flower is not installed (package flwr)")
    import flwr
    train(args, ("ward", "flwr"), lambda client: flwr.client.start_client(
        server_address=args.server, client=client.to_client()))


if __name__ == "__main__":
    main()
