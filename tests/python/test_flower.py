# SPDX-License-Identifier: MIT
"""examples/python/flower_client.py over a stand-in for Flower: what its documentation says of a
NumPyClient (types of results, parameters through bytes), and federated averaging. Not Flower."""

import importlib.util
import io
import pathlib
import sys

import pytest

from ward import safetensors

np = pytest.importorskip("numpy")
EXAMPLE = pathlib.Path(__file__).parent.parent.parent / "examples" / "python" / "flower_client.py"
pytestmark = pytest.mark.skipif(not EXAMPLE.exists(), reason="no examples at hand")


@pytest.fixture
def example():
    spec = importlib.util.spec_from_file_location("flower_client", EXAMPLE)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def sent(arrays):
    """Through bytes and back, as between a client and its server."""
    assert type(arrays) is list and all(type(a) is np.ndarray for a in arrays)
    back = []
    for array in arrays:
        file = io.BytesIO()
        np.save(file, array, allow_pickle=False)
        back.append(np.load(io.BytesIO(file.getvalue()), allow_pickle=False))
    return back


class Server:
    """Federated averaging, weighted by examples."""

    def __init__(self, clients, config):
        self.clients, self.config = clients, config

    def fit(self, rounds):
        parameters = sent(self.clients[0].get_parameters({}))
        for _ in range(rounds):
            results = [client.fit(sent(parameters), dict(self.config)) for client in self.clients]
            for result in results:
                assert type(result) is tuple and len(result) == 3
                assert type(result[1]) is int and type(result[2]) is dict
            examples = sum(n for _, n, _ in results)
            updates = [(sent(p), n) for p, n, _ in results]
            parameters = [sum(p[i] * n for p, n in updates) / examples
                          for i in range(len(parameters))]
        return parameters

    def evaluate(self, parameters):
        results = [client.evaluate(sent(parameters), {}) for client in self.clients]
        for result in results:
            assert type(result) is tuple and len(result) == 3
            assert type(result[0]) is float and type(result[1]) is int
            assert all(type(value) is float for value in result[2].values())
        examples = sum(n for _, n, _ in results)
        return (sum(loss * n for loss, n, _ in results) / examples,
                sum(m["accuracy"] * n for _, n, m in results) / examples)


def hospitals(session, folder, example, count=3):
    """(client, its buffer); each has another kind of patients."""
    draw = np.random.default_rng(7)
    for i in range(count):
        x = draw.normal(size=(120 + 40 * i, 4)) * [1, 10, 1, 1] + [i - 1, 0, 0, 0]
        y = (x[:, 0] + x[:, 1] / 10 > 0).astype("f8")
        safetensors.save(folder / f"{i}", {"x": x, "y": y})
        buffer, tensors = safetensors.load(folder / f"{i}", session=session)
        yield example.Client(tensors.pop("x"), tensors.pop("y"), scale=[1, 10, 1, 1]), buffer


def test_clients_learn_and_let_go(session, tmp_path, example):
    pairs = list(hospitals(session, tmp_path, example))
    server = Server([client for client, _ in pairs], {"steps": 5, "rate": 2.0})
    first = server.evaluate(server.fit(0))
    parameters = server.fit(20)
    loss, accuracy = server.evaluate(parameters)
    assert loss < first[0] / 2 and accuracy > .93
    assert parameters[0].shape == (4,) and parameters[1].shape == (1,)
    server.clients.clear()
    for _ in range(len(pairs)):
        client, buffer = pairs.pop()
        del client
        buffer.close()      # BufferError where anything still has a view of the rows


def test_its_arrays_are_in_ward_memory(session, tmp_path, example, monkeypatch):
    seen = []
    real = example.chances

    def chances(x, weights, intercept):
        out = real(x, weights, intercept)
        seen.append({np.core.multiarray.get_handler_name(a) for a in (x, weights, intercept, out)})
        return out

    monkeypatch.setattr(example, "chances", chances)
    pairs = list(hospitals(session, tmp_path, example, 1))
    server = Server([pairs[0][0]], {"steps": 3})
    parameters = server.fit(2)
    server.evaluate(parameters)
    outside = np.core.multiarray.get_handler_name(np.zeros(4))
    assert len(seen) == 7 and all(len(names) == 1 and outside not in names for names in seen)
    # What is handed out is none of it.
    given = pairs[0][0].fit(parameters, {})[0]
    assert {np.core.multiarray.get_handler_name(p) for p in given} == {outside}


def test_through_flower_itself(session, tmp_path, example):
    """Where it is installed: as its server's messages reach a NumPyClient."""
    common = pytest.importorskip("flwr.common")
    (ours, buffer), = hospitals(session, tmp_path, example, 1)
    client = ours.to_client()
    at = common.ndarrays_to_parameters(ours.get_parameters({}))
    for _ in range(3):
        result = client.fit(common.FitIns(at, {"steps": 20, "rate": 2.0}))
        assert result.num_examples == 90
        at = result.parameters
    judged = client.evaluate(common.EvaluateIns(at, {}))
    assert judged.num_examples == 30 and judged.metrics["accuracy"] > .8
    del client, ours
    buffer.close()


def test_without_flower_it_says_so(example, tmp_path, monkeypatch, capsys):
    if example.NumPyClient is not object:
        pytest.skip("Flower is installed")
    monkeypatch.setattr(sys, "argv", ["flower_client.py", "--server", "127.0.0.1:1", "--keyfile",
                                      "k", "--out", str(tmp_path), "a=b"])
    with pytest.raises(SystemExit) as ended:
        example.main()
    assert ended.value.code == 2 and "Flower is not installed" in capsys.readouterr().err
