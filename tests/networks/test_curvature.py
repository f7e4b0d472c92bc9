"""The front: networks and data in, the curvature of the members' mean losses out."""

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn.functional import cross_entropy, logsigmoid, mse_loss

from hdintuition.networks.curvature import curvature, loss_of
from hdintuition.networks.dense_hessian import dense
from hdintuition.networks.ensemble import mlp
from hdintuition.networks.lanczos import lanczos
from hdintuition.networks.quadrature import slq

KINDS = {
    "cross_entropy": (3, lambda f, y: cross_entropy(f, y)),
    "squared": (3, lambda f, y: f.shape[1] / 2 * mse_loss(f, y)),
    "logistic": (1, lambda f, y: -logsigmoid(y * f[:, 0]).mean()),
}


def task(loss, generator, activation="tanh", members=3):
    outputs = KINDS[loss][0]
    nets = mlp(
        [4, 5, outputs], members=members, activation=activation, generator=generator, dtype=torch.float64
    )
    x = torch.randn(30, 4, generator=generator, dtype=torch.float64)
    y = torch.randint(3, (30,), generator=generator)
    if loss == "squared":
        y = torch.randn(30, 3, generator=generator, dtype=torch.float64)
    if loss == "logistic":
        y = torch.where(x[:, 0] > 0, 1.0, -1.0).double()
    return nets, x, y


def dense_of_module(nets, member, x, y, loss):
    """The Hessian of the same network and loss as torch itself would write them."""
    layers = []
    for w, b in zip(nets.weights, nets.biases, strict=True):
        linear = nn.Linear(w.shape[2], w.shape[1], dtype=w.dtype)
        linear.weight.data, linear.bias.data = w[member].clone(), b[member].clone()
        layers += [linear, nn.Tanh() if nets.activation == "tanh" else nn.ReLU()]
    module = nn.Sequential(*layers[:-1])
    names = [name for name, _ in module.named_parameters()]
    shapes = [p.shape for p in module.parameters()]

    def value(flat):
        parts = flat.split([s.numel() for s in shapes])
        given = {n: p.view(s) for n, p, s in zip(names, parts, shapes, strict=True)}
        return KINDS[loss][1](torch.func.functional_call(module, given, (x,)), y)

    return torch.func.hessian(value)(torch.cat([p.detach().flatten() for p in module.parameters()]))


@pytest.mark.parametrize("loss", KINDS)
@pytest.mark.parametrize("activation", ["tanh", "relu"])
def test_hessians_are_those_of_the_same_module_of_torch(loss, activation, generator):
    nets, x, y = task(loss, generator, activation)
    found = dense(curvature(nets, x, y, loss=loss))
    for member in range(3):
        expected = dense_of_module(nets, member, x, y, loss)
        assert (found[member] - expected).abs().max() <= 1e-10 * expected.abs().max()


@pytest.mark.parametrize("loss", KINDS)
def test_without_hidden_layers_gauss_newton_is_the_hessian(loss, generator):
    _, x, y = task(loss, generator)
    nets = mlp([4, KINDS[loss][0]], members=2, generator=generator, dtype=torch.float64)
    both = [dense(curvature(nets, x, y, loss=loss, kind=kind)) for kind in ("hessian", "gauss_newton")]
    torch.testing.assert_close(both[0], both[1], rtol=1e-10, atol=1e-12)


def test_every_member_may_have_its_own_points(generator):
    nets, _, _ = task("cross_entropy", generator)
    x = torch.randn(3, 30, 4, generator=generator, dtype=torch.float64)
    y = torch.randint(3, (3, 30), generator=generator)
    found = dense(curvature(nets, x, y))
    for i in range(3):
        alone = dense(curvature(nets[[i]], x[i], y[i]))
        torch.testing.assert_close(found[i : i + 1], alone, rtol=1e-12, atol=1e-14)


def test_float64_where_asked(generator):
    nets, x, y = task("cross_entropy", generator)
    single = mlp([4, 5, 3], members=2, activation="tanh", generator=generator)
    operator = curvature(single, x.float(), y, dtype=torch.float64)
    assert operator.dtype == torch.float64
    rough = dense(curvature(single, x.float(), y))
    assert 1e-9 < (dense(operator) - rough).abs().max() < 1e-5
    assert curvature(nets, x, y).dtype == torch.float64


@pytest.mark.parametrize("members", [4, 32])
@pytest.mark.parametrize("kind", ["hessian", "gauss_newton"])
def test_a_member_in_a_stack_is_that_member_alone_in_every_bit(members, kind, generator):
    nets = mlp([5, 7, 7, 3], members=32, activation="tanh", generator=generator)
    x, y = torch.randn(64, 5, generator=generator), torch.randint(3, (64,), generator=generator)
    v = torch.randn(32, nets.parameters.shape[1], generator=generator)
    found = curvature(nets[:members], x, y, kind=kind)(v[:members])
    for i in (0, 1, members - 1):
        assert torch.equal(found[i : i + 1], curvature(nets[[i]], x, y, kind=kind)(v[i : i + 1]))


@pytest.mark.parametrize("members", [4, 32])
def test_with_one_output_that_holds_from_two_members_on(members, generator):
    nets = mlp([5, 7, 1], members=32, activation="tanh", generator=generator)
    x, y = torch.randn(64, 5, generator=generator), torch.randn(64, generator=generator).sign()
    v = torch.randn(32, nets.parameters.shape[1], generator=generator)
    found = curvature(nets[:members], x, y)(v[:members])
    for i in (0, members - 2):
        assert torch.equal(found[i : i + 2], curvature(nets[i : i + 2], x, y)(v[i : i + 2]))
        alone = curvature(nets[[i]], x, y)(v[i : i + 1])
        torch.testing.assert_close(found[i : i + 1], alone, rtol=1e-4, atol=1e-6)


def test_loss_of_is_the_mean_over_examples(generator):
    nets, x, y = task("cross_entropy", generator)
    value = loss_of(nets, x, y)(nets.parameters)
    expected = [cross_entropy(f.T, y) for f in nets(x)]
    torch.testing.assert_close(value, torch.stack(expected), rtol=1e-12, atol=0)


def test_from_networks_to_eigenvalues_and_density(generator):
    nets, x, y = task("cross_entropy", generator)
    operator = curvature(nets, x, y)
    exact = torch.linalg.eigvalsh(dense(operator))
    found = lanczos(operator, top=4, bottom=3, tolerance=1e-9, generator=generator)
    torch.testing.assert_close(found.top, exact.flip(1)[:, :4], rtol=0, atol=1e-8)
    torch.testing.assert_close(found.bottom, exact[:, :3], rtol=0, atol=1e-8)
    spectrum = slq(operator, probes=2, steps=exact.shape[1], generator=generator)
    np.testing.assert_allclose(spectrum.nodes, exact, atol=1e-12)


def test_an_unknown_kind_is_refused(generator):
    with pytest.raises(ValueError, match="'hessian' or 'gauss_newton', got 'fisher'"):
        curvature(*task("cross_entropy", generator), kind="fisher")
