# SPDX-License-Identifier: MIT
"""examples/python/nvflare_client.py over a stand-in for NVFlare: what its documentation says of the
Client API, and federated averaging. Not NVFlare."""

import importlib.util
import sys

import pytest

from test_flower import EXAMPLE, example, hospitals, sent  # noqa: F401 (a fixture)

np = pytest.importorskip("numpy")
PLACE = EXAMPLE.parent
pytestmark = pytest.mark.skipif(not EXAMPLE.exists(), reason="no examples at hand")


class FLModel:
    """Its members, and what it refuses."""

    def __init__(self, params_type=None, params=None, metrics=None, current_round=None, meta=None):
        if params is not None and params_type not in ("FULL", "DIFF"):
            raise ValueError("params_type must be provided when params is not None.")
        self.params, self.params_type = params, params_type
        self.metrics, self.current_round, self.meta = metrics, current_round, meta or {}


class Flare:
    """One client's side, as nvflare.client has it: a round is a model in, a model out."""

    FLModel = FLModel

    def __init__(self, inbox, evaluates=False):
        self.inbox, self.outbox, self.begun, self.evaluates = list(inbox), [], False, evaluates

    def init(self):
        assert not self.begun, "init once"
        self.begun = True

    def is_running(self):
        assert self.begun
        return bool(self.inbox)

    def is_evaluate(self):
        return self.evaluates

    def receive(self):
        return self.inbox.pop(0)

    def send(self, model):
        assert isinstance(model, FLModel) and self.begun
        assert all(type(value) is float for value in model.metrics.values())
        self.outbox.append(model)


@pytest.fixture
def nvflare_example(example, monkeypatch):  # noqa: F811
    monkeypatch.syspath_prepend(str(PLACE))
    monkeypatch.setitem(sys.modules, "flower_client", example)
    spec = importlib.util.spec_from_file_location("nvflare_client", PLACE / "nvflare_client.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def averaged(models):
    rows = [model.meta["NUM_STEPS_CURRENT_ROUND"] for model in models]
    assert all(type(n) is int and n > 0 for n in rows)
    return {name: sum(sent([model.params[name]])[0] * n for model, n in zip(models, rows)) / sum(rows)
            for name in ("weights", "intercept")}


def test_clients_learn_and_let_go(session, tmp_path, example, nvflare_example):  # noqa: F811
    pairs = list(hospitals(session, tmp_path, example))
    model = FLModel(params={}, params_type="FULL", meta={"steps": 5, "rate": 2.0})
    first = None
    for _ in range(20):
        models = []
        for client, _ in pairs:
            flare = Flare([model])
            nvflare_example.take_part(flare, client)
            models += flare.outbox
        assert len(models) == len(pairs) and {m.params_type for m in models} == {"FULL"}
        first = first or models
        model = FLModel(params=averaged(models), params_type="FULL", meta={"steps": 5, "rate": 2.0})
    assert model.params["weights"].shape == (4,) and model.params["intercept"].shape == (1,)
    for before, after in zip(first, models):
        assert after.metrics["loss"] < before.metrics["loss"] / 2
        assert after.metrics["accuracy"] > .9
    for _ in range(len(pairs)):
        client, buffer = pairs.pop()
        del client
        buffer.close()      # BufferError where anything still has a view of the rows


def test_who_is_asked_to_judge_does_not_train(session, tmp_path, example,  # noqa: F811
                                              nvflare_example):
    (client, _), = hospitals(session, tmp_path, example, 1)
    flare = Flare([FLModel(params={"weights": np.ones(4), "intercept": np.zeros(1)},
                           params_type="FULL"), None], evaluates=True)
    nvflare_example.take_part(flare, client)
    judged, = flare.outbox
    assert judged.params is None and set(judged.metrics) == {"loss", "accuracy"}


def test_what_trains_can_be_declared(nvflare_example):
    """The client stands in a module beside the script: an owner pins both."""
    from ward import package_digest
    assert nvflare_example.flower_client.Client.__module__ == "flower_client"
    assert len(package_digest("flower_client")) == 64


def test_through_its_own_model(session, tmp_path, example, nvflare_example):  # noqa: F811
    """Where NVFlare is installed: its FLModel takes what is sent."""
    flare = pytest.importorskip("nvflare.client")
    (client, _), = hospitals(session, tmp_path, example, 1)
    stand_in = Flare([])
    stand_in.FLModel = flare.FLModel
    model = nvflare_example.answer(stand_in, client, flare.FLModel(params={}, params_type="FULL"))
    assert model.params["weights"].shape == (4,) and model.meta["NUM_STEPS_CURRENT_ROUND"] == 90


def test_without_nvflare_it_says_so(nvflare_example, tmp_path, monkeypatch, capsys):
    if importlib.util.find_spec("nvflare"):
        pytest.skip("NVFlare is installed")
    monkeypatch.setattr(sys, "argv", ["nvflare_client.py", "--keyfile", "k", "--out",
                                      str(tmp_path), "a=b"])
    with pytest.raises(SystemExit) as ended:
        nvflare_example.main()
    assert ended.value.code == 2 and "NVFlare is not installed" in capsys.readouterr().err
