# SPDX-License-Identifier: MIT
"""PyTorch over ward memory: parameters, gradients, optimizer state, batches."""

import pytest

import ward

torch = pytest.importorskip("torch")
np = pytest.importorskip("numpy")

import ward.torch  # noqa: E402 (where PyTorch is)


@pytest.fixture(autouse=True)
def one_thread():
    torch.set_num_threads(1)


def model():
    torch.manual_seed(1)
    return torch.nn.Sequential(torch.nn.Linear(4, 8), torch.nn.BatchNorm1d(8), torch.nn.Tanh(),
                               torch.nn.Linear(8, 1))


def test_a_tensor_is_a_view(session):
    buffer = session.alloc(64)
    tensor = ward.torch.frombuffer(buffer)
    tensor[0] = 1.0
    assert np.frombuffer(buffer, "f4")[0] == 1 and tensor.data_ptr() == buffer.address
    with pytest.raises(BufferError):
        buffer.wipe()
    part = tensor[3:]
    del tensor
    with pytest.raises(BufferError):
        buffer.wipe()
    del part
    assert buffer.wipe() > 0


def learn(net, optimizer, x, y, steps=5):
    for _ in range(steps):
        optimizer.zero_grad(set_to_none=False)
        torch.nn.functional.mse_loss(net(x), y).backward()
        optimizer.step()


@pytest.mark.parametrize("make", [
    lambda p: torch.optim.SGD(p, lr=.1), lambda p: torch.optim.SGD(p, lr=.1, momentum=.9),
    lambda p: torch.optim.Adam(p, lr=.1), lambda p: torch.optim.AdamW(p, lr=.1, amsgrad=True)])
def test_training_stays_inside_and_is_the_same(session, make):
    x = torch.linspace(-1, 1, 40).reshape(10, 4)
    y = x.sum(1, keepdim=True)
    plain, inside = model(), model()
    learn(plain, make(plain.parameters()), x, y)

    weights = ward.torch.adopt(inside, session=session)
    optimizer = make(inside.parameters())
    state = ward.torch.adopt_state(optimizer, session=session)
    assert ward.torch.outside(inside, [weights]) == []
    learn(inside, optimizer, x, y)
    assert ward.torch.outside(inside, [weights]) == []
    for one, other in zip(plain.state_dict().values(), inside.state_dict().values()):
        assert torch.equal(one, other)
    for kept in optimizer.state.values():
        for name, tensor in kept.items():
            if torch.is_tensor(tensor) and tensor.numel() > 1:
                assert state.address <= tensor.data_ptr() < state.address + len(state), name
    del inside, optimizer, kept, tensor, one, other
    assert weights.views == 0 and weights.wipe() > 0


def test_what_left_is_named(session):
    net = model()
    weights = ward.torch.adopt(net, session=session)
    net.zero_grad(set_to_none=True)
    assert "0.weight.grad" in ward.torch.outside(net, [weights])
    del net


def test_an_optimizer_that_is_not_known(session):
    net = model()
    with pytest.raises(ValueError, match="Rprop"):
        ward.torch.adopt_state(torch.optim.Rprop(net.parameters()), session=session)


@pytest.mark.parametrize("workers", [0, 4])
def test_batches_are_tensors_over_ward_memory(session, workers):
    rows = np.frombuffer(session.alloc(4 * 40, shared=True), "f4").reshape(10, 4)
    rows[:] = np.arange(40).reshape(10, 4)
    seen = []
    for batch in ward.torch.DataLoader(rows, 4, num_workers=workers, session=session):
        assert batch.dtype == torch.float32
        seen += batch[:, 0].tolist()
    del batch
    assert seen == [4.0 * i for i in range(10)]
    del rows
