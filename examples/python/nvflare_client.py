#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""A client of NVFlare's (its Client API), the patients' rows and all arrays of its training in
ward memory.

    nvflare_client.py --broker https://HOST:PORT --ca broker.pem --out DIR NAME=FILE.wds
    nvflare_client.py --keyfile KEY --out DIR NAME=FILE.wds

NVFlare starts it as a job's script. It is the client of flower_client.py, which must stand beside it,
in other clothes: the model is {"weights": (features,), "intercept": (1,)}, and an
aggregator weights it by NUM_STEPS_CURRENT_ROUND, the rows that it was trained with. A job's first
model is the server's; without one (a server that begins with nothing) training begins at zero.

What NVFlare sends and receives is its own, as it is with Flower: on the heap and on a connection
whose other end proves nothing. Where that must not be, use `ward-train aggregate`.

NVFlare itself is needed by main() alone. tests/python/test_nvflare.py has a small stand-in for it.
"""

import numpy as np

import flower_client


def answer(flare, client, model):
    """What is sent back for a model that was received."""
    given = model.params or {}
    parameters = [np.asarray(given[name]) for name in ("weights", "intercept") if name in given]
    if len(parameters) != 2:
        parameters = client.get_parameters({})
    loss, _, figures = client.evaluate(parameters, {})
    metrics = {"loss": loss, **figures}     # of the model that came, so that the server can choose
    if flare.is_evaluate():
        return flare.FLModel(metrics=metrics)
    (weights, intercept), rows, _ = client.fit(parameters, model.meta or {})
    return flare.FLModel(params={"weights": weights, "intercept": intercept}, params_type="FULL",
                         metrics=metrics, meta={"NUM_STEPS_CURRENT_ROUND": rows})


def take_part(flare, client):
    """Until the server's last round."""
    flare.init()
    while flare.is_running():
        model = flare.receive()
        if model is not None:
            flare.send(answer(flare, client, model))


def main():
    parser = flower_client.arguments(__doc__)
    args = flower_client.parsed(parser)
    try:
        import nvflare.client as flare
    except ImportError:
        parser.error("NVFlare is not installed (package nvflare)")
    flower_client.train(args, ("ward", "flower_client", "nvflare"),
                        lambda client: take_part(flare, client))


if __name__ == "__main__":
    main()
