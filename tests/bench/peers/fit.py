# SPDX-License-Identifier: MIT
"""fit.py TABLE.csv RUN [TIMES]: as fit_cost, by scikit-learn (methods lbfgs and newton, whose
newton-cholesky it is) or PyTorch (adam, with hidden layers).

On stdout the same five numbers. For the first two methods "tolerance" is of the mean loss's
gradient, as in ward's plans; scikit-learn's is of the sum over the rows. It stops earlier where
the loss hardly changes (SciPy's ftol), so the norm that it came to is told."""

import json
import statistics
import sys
import time

import numpy as np


def of_scikit_learn(run, rows):
    import warnings

    from sklearn.linear_model import LogisticRegression

    warnings.simplefilter("ignore")
    # Its objective is C times the sum of losses, and half the weights' square.
    strength = 1 / (run["l2"] * rows)
    solver = {"lbfgs": "lbfgs", "newton": "newton-cholesky"}[run["method"]]
    scale = rows if solver == "lbfgs" else 1

    def fit(x, y):
        model = LogisticRegression(C=strength, solver=solver, tol=run["tolerance"] * scale,
                                   max_iter=run.get("max_steps", 100))
        model.fit(x, y)
        return model.n_iter_[0], model.coef_[0], model.intercept_[0]
    return fit


def of_pytorch(run):
    import torch

    kind = {"relu": torch.nn.ReLU, "tanh": torch.nn.Tanh}[run.get("activation", "relu")]

    def net(columns):
        layers, width = [], columns
        for units in run["hidden"]:
            layers += [torch.nn.Linear(width, units), kind()]
            width = units
        return torch.nn.Sequential(*layers, torch.nn.Linear(width, 1))

    def fit(x, y):
        torch.manual_seed(1)
        model = net(x.shape[1])
        rows, labels = torch.from_numpy(x).float(), torch.from_numpy(y).float()[:, None]
        optimizer = torch.optim.Adam(model.parameters(), lr=run["rate"])
        loss_of = torch.nn.BCEWithLogitsLoss()
        for _ in range(run["epochs"]):
            total, order = 0.0, torch.randperm(len(rows))
            for at in range(0, len(rows), run["batch"]):
                picked = order[at:at + run["batch"]]
                optimizer.zero_grad()
                loss = loss_of(model(rows[picked]), labels[picked])
                loss.backward()
                optimizer.step()
                total += loss.item() * len(picked)
        return run["epochs"], total / len(rows), None
    return fit


def told(run, x, y, weights, intercept):
    """Loss and the gradient's largest part, as ward reckons them."""
    if intercept is None:
        return weights, 0.0
    score = x @ weights + intercept
    wrong = 1 / (1 + np.exp(-score)) - y
    slope = x.T @ wrong / len(y) + run["l2"] * weights
    loss = np.logaddexp(0, score).mean() - (score * y).mean() + run["l2"] / 2 * weights @ weights
    return loss, max(abs(slope).max(), abs(wrong.mean()))


def read(path):
    table = np.loadtxt(path, delimiter=",", skiprows=1)
    x, y = table[:, :-1], (table[:, -1] > 0).astype("f8")
    return (x - x.mean(axis=0)) / x.std(axis=0, ddof=1), y


def main():
    path, run = sys.argv[1], json.loads(sys.argv[2])
    times = int(sys.argv[3]) if len(sys.argv) > 3 else 5
    rows = len(read(path)[1])
    fit = of_pytorch(run) if run["method"] == "adam" else of_scikit_learn(run, rows)
    fit(*read(path))    # what is imported and made by the first alone is not counted
    whole, training = [], []
    for _ in range(times):
        began = time.process_time()
        x, y = read(path)
        ready = time.process_time()
        steps, weights, intercept = fit(x, y)
        whole.append((time.process_time() - began) * 1e3)
        training.append((time.process_time() - ready) * 1e3)
    loss, norm = told(run, x, y, weights, intercept)
    print(f"{statistics.median(whole):.3f} {statistics.median(training):.3f} {steps} "
          f"{loss:.9f} {norm:.3e}")


main()
