#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Logistic regression with NumPy, the patients' rows and every array in ward memory.

    logistic.py --broker https://HOST:PORT --ca broker.pem --out DIR NAME=FILE.wds ...
    logistic.py --keyfile KEY --out DIR NAME=FILE.wds ...

Each data set is a safetensors file that its owner encrypted (wardctl dataset encrypt): "x",
float64, patients x features, and "y", float64, 0 or 1. With a broker, NAME's key is its
resource default/dataset/NAME, and a receipt for it is left in DIR; what runs is declared before
the first key is fetched. With a key file an owner tries it out. DIR/weights.safetensors is all
else that leaves.

Products are written as sums of ufuncs on purpose: BLAS would pack rows into memory of its own.
"""

import argparse
import pathlib

import numpy as np

import ward
from ward import safetensors


def standardise(parts):
    """Mean and deviation of each feature over all parts; (features,) each."""
    n = sum(len(x) for x, _ in parts)
    mean = sum(x.sum(axis=0) for x, _ in parts) / n
    deviation = np.sqrt(sum(((x - mean) ** 2).sum(axis=0) for x, _ in parts) / n)
    return mean, np.where(deviation > 0, deviation, 1.0)


@ward.protected(budget=32 << 20)
def train(parts, steps=300, rate=1.0, penalty=1e-3):
    """Gradient descent over all parts; [(x, y)], (patients, features) and (patients,).

    Returns weights (features + 1,), the intercept last, for rows as they are, and the
    accuracy on the rows: both leave protected memory.
    """
    mean, deviation = standardise(parts)
    scaled = [((x - mean) / deviation, y) for x, y in parts]
    n = sum(len(y) for _, y in parts)
    weights, intercept = np.zeros(len(mean)), 0.0
    for _ in range(steps):
        gradient, offset = penalty * weights, 0.0
        for x, y in scaled:
            wrong = 1 / (1 + np.exp(-((x * weights).sum(axis=1) + intercept))) - y
            gradient += (x * wrong[:, None]).sum(axis=0) / n
            offset += wrong.sum() / n
        weights -= rate * gradient
        intercept -= rate * offset
    right = sum((((x * weights).sum(axis=1) + intercept > 0) == y).sum() for x, y in scaled)
    weights /= deviation
    intercept -= (weights * mean).sum()
    return ward.leave(np.append(weights, intercept)), int(right) / n


def open_all(args, session):
    """Keys by name, and of each data set its buffer and arrays."""
    keys, held = {}, {}
    for name, path in (item.split("=", 1) for item in args.sets):
        if args.broker:
            keys[name] = ward.fetch_key(args.broker, f"default/dataset/{name}", ca=args.ca,
                                        session=session, packages=("ward",))
            opened = keys[name].open(path)
        else:
            opened = ward.Dataset(path, keyfile=args.keyfile)
        with opened as dataset:
            held[name] = safetensors.load(dataset, session=session)
    return keys, held


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--broker")
    parser.add_argument("--ca")
    parser.add_argument("--keyfile")
    parser.add_argument("--out", type=pathlib.Path, required=True)
    parser.add_argument("sets", nargs="+", metavar="NAME=FILE")
    args = parser.parse_args()
    if not args.keyfile and not (args.broker and args.ca):
        parser.error("--broker and --ca are wanted, or --keyfile")
    args.out.mkdir(exist_ok=True)
    with ward.Session() as session:
        keys, held = open_all(args, session)
        weights, accuracy = train([(t["x"], t["y"]) for _, t in held.values()])
        patients = sum(len(t["y"]) for _, t in held.values())
        for buffer in [buffer for buffer, _ in held.values()]:
            held = {n: pair for n, pair in held.items() if pair[0] is not buffer}
            buffer.close()
        for key in keys.values():
            key.close()
        session.seal()
        for name, key in keys.items():
            (args.out / f"receipt-{name}.ward").write_bytes(session.receipt(key))
    safetensors.save(args.out / "weights.safetensors", {"weights": weights})
    print(f"{patients} patients, accuracy {accuracy:.4f}, {len(keys)} receipts")


if __name__ == "__main__":
    main()
