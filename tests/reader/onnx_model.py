#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""onnx_model.py MODEL.onnx CASES.json: onnx's checker on a model, and what its graph gives
for rows, reckoned here operator by operator, against what ward-train reckoned.

CASES: {"rows": [[number or null for a missing value]], "scores": [[number]]}."""
import json
import sys

import numpy
import onnx
from onnx import numpy_helper


def gemm(inputs, attributes):
    a, b, c = inputs
    return a @ (b.T if attributes.get("transB") else b) + c


OPERATORS = {
    "IsNaN": lambda i, _: numpy.isnan(i[0]),
    "Where": lambda i, _: numpy.where(*i),
    "Sub": lambda i, _: i[0] - i[1],
    "Div": lambda i, _: i[0] / i[1],
    "Gemm": gemm,
    "Relu": lambda i, _: numpy.maximum(i[0], 0),
    "Tanh": lambda i, _: numpy.tanh(i[0]),
    "Sigmoid": lambda i, _: 1 / (1 + numpy.exp(-i[0])),
    "Identity": lambda i, _: i[0],
}


def evaluate(graph, rows):
    values = {t.name: numpy_helper.to_array(t) for t in graph.initializer}
    values[graph.input[0].name] = rows
    for node in graph.node:
        attributes = {a.name: a.i for a in node.attribute}
        inputs = [values[name] for name in node.input]
        values[node.output[0]] = OPERATORS[node.op_type](inputs, attributes)
    return values[graph.output[0].name]


def main():
    model = onnx.load(sys.argv[1])
    onnx.checker.check_model(model, full_check=True)
    with open(sys.argv[2], encoding="utf-8") as file:
        cases = json.load(file)
    rows = numpy.array([[numpy.nan if x is None else x for x in row] for row in cases["rows"]],
                       dtype=numpy.float64)
    scores = numpy.array(cases["scores"])
    got = evaluate(model.graph, rows)
    if got.shape != scores.shape:
        sys.exit("shape %s, not %s" % (got.shape, scores.shape))
    worst = float(numpy.abs(got - scores).max())
    if not worst < 1e-12:
        sys.exit("a score is %g away" % worst)


if __name__ == "__main__":
    main()
