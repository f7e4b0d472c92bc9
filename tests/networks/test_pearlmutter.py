"""Hessian and Gauss-Newton products written out, against those by autograd."""

import pytest
import torch
from torch.nn.functional import softplus

from hdintuition.networks import multiply
from hdintuition.networks.curvature import curvature, outputs_of, values_of
from hdintuition.networks.ensemble import mlp
from hdintuition.networks.losses import LOSSES, Loss
from hdintuition.networks.products import gauss_newton, hessian


class Softplus(Loss):
    """A loss of somebody else's: Σ log(1 + e^(f − y))."""

    name = "softplus"

    def targets(self, y, outputs, like):
        return y.mT.to(like)

    def __call__(self, f, y):
        return softplus(f - y).sum(1)

    def slopes(self, f, y, out=None):
        return torch.sigmoid(f - y)

    def right(self, f, y):
        return None


class Straight(Softplus):
    """A loss without curvature."""

    def __call__(self, f, y):
        return (f * y).sum(1)

    def slopes(self, f, y, out=None):
        return y.expand(len(f), -1, -1)


def targets(loss, points, generator, members=()):
    """Targets for three outputs, or for one of the logistic loss."""
    shape = (*members, points)
    if loss == "cross_entropy":
        return torch.randint(3, shape, generator=generator)
    if loss == "any_of":
        return torch.rand((*shape, 3), generator=generator).argsort(-1) < 2
    if loss == "logistic":
        return torch.randn(shape, generator=generator, dtype=torch.float64).sign()
    return torch.randn((*shape, 3), generator=generator, dtype=torch.float64)


EVERY = [*LOSSES, Softplus(), Straight()]


def by_autograd(nets, x, y, loss, kind):
    outputs, values = outputs_of(nets, x), values_of(nets, y, loss=loss, like=x)
    if kind == "gauss_newton":
        return gauss_newton(outputs, values, nets.parameters)
    return hessian(lambda at: values(outputs(at)), nets.parameters)


@pytest.mark.parametrize("by_numpy", [True, False])
@pytest.mark.parametrize("kind", ["hessian", "gauss_newton"])
@pytest.mark.parametrize("own", [True, False], ids=["own points", "shared points"])
@pytest.mark.parametrize("activation", ["tanh", "relu", "linear"])
@pytest.mark.parametrize(("hidden", "parametrisation"), [([], "standard"), ([6], "ntk"), ([5, 7, 5], "mu")])
def test_products_are_those_by_autograd(
    hidden, parametrisation, activation, own, kind, by_numpy, generator, monkeypatch
):
    monkeypatch.setattr(multiply, "by_numpy", lambda: by_numpy)
    for loss in EVERY:
        nets = mlp(
            [4, *hidden, 1 if loss == "logistic" else 3],
            members=3, activation=activation, parametrisation=parametrisation, base=2, bias=0.5,
            generator=generator, dtype=torch.float64,
        )  # fmt: skip
        x = torch.randn(*([3] if own else []), 20, 4, generator=generator, dtype=torch.float64)
        y = targets(loss, 20, generator, (3,) if own else ())
        theirs, ours = by_autograd(nets, x, y, loss, kind), curvature(nets, x, y, loss=loss, kind=kind)
        for _ in range(2):  # what one product leaves behind does not reach the next
            v = torch.randn(3, ours.size, generator=generator, dtype=torch.float64)
            expected = theirs.one(v)
            assert (ours.one(v) - expected).abs().max() <= 1e-12 * max(1, expected.abs().max())


def test_a_straight_loss_has_no_gauss_newton_matrix(generator):
    nets = mlp([4, 5, 3], members=2, activation="tanh", generator=generator, dtype=torch.float64)
    x, y = (torch.randn(9, n, generator=generator, dtype=torch.float64) for n in (4, 3))
    found = curvature(nets, x, y, loss=Straight(), kind="gauss_newton")
    assert not found(torch.ones(2, found.size, dtype=torch.float64)).any()


@pytest.mark.parametrize("loss", LOSSES)
def test_second_derivatives_in_closed_form_are_those_by_autograd(loss, generator):
    one = LOSSES[loss]
    outputs = 1 if loss == "logistic" else 3
    f, u = 8 * torch.randn(2, 4, outputs, 20, generator=generator, dtype=torch.float64)
    y = one.targets(targets(loss, 20, generator), outputs, f)
    torch.testing.assert_close(one.bend(f, y)(u), Loss.bend(one, f, y)(u), rtol=1e-10, atol=1e-14)


@pytest.mark.parametrize("loss", ["cross_entropy", "logistic"])
def test_far_out_a_loss_is_straight_and_no_number_is_lost(loss):
    outputs = 1 if loss == "logistic" else 3
    f = torch.zeros(1, outputs, 2)
    f[:, 0] = torch.tensor([200.0, -200.0])
    y = LOSSES[loss].targets(torch.tensor([1, 1]), outputs, f)
    found = LOSSES[loss].bend(f, y)(torch.ones_like(f))
    assert found.isfinite().all()
    assert found.abs().max() < 1e-6


def test_a_product_is_a_new_tensor_and_leaves_its_vector_alone(generator):
    nets = mlp([4, 5, 3], members=2, generator=generator)
    operator = curvature(nets, torch.randn(9, 4, generator=generator), targets("cross_entropy", 9, generator))
    whole = torch.randn(2, 3 * operator.size, generator=generator)
    v = whole[:, operator.size : 2 * operator.size]  # as the rows of a basis lie
    before = v.clone()
    first = operator.one(v)
    kept = first.clone()
    operator.one(2 * v)
    assert torch.equal(first, kept)
    assert torch.equal(v, before)


@pytest.mark.cuda
@pytest.mark.parametrize("kind", ["hessian", "gauss_newton"])
def test_cuda_and_cpu_agree(kind, generator):
    nets = mlp([4, 6, 3], members=3, activation="tanh", generator=generator, dtype=torch.float64)
    x = torch.randn(20, 4, generator=generator, dtype=torch.float64)
    y = targets("cross_entropy", 20, generator)
    there = nets.with_tensors([t.cuda() for t in nets.tensors])
    v = torch.randn(3, nets.parameters.shape[1], generator=generator, dtype=torch.float64)
    found = curvature(there, x.cuda(), y.cuda(), kind=kind).one(v.cuda())
    torch.testing.assert_close(found.cpu(), curvature(nets, x, y, kind=kind).one(v), rtol=1e-10, atol=1e-12)
