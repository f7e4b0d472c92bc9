"""Products and Lanczos against another library: curvlinops-for-pytorch computes the same Hessians and GGNs."""

import curvlinops
import numpy as np
import pytest
import torch
from scipy.sparse.linalg import eigsh
from torch import nn

from hdintuition.networks.curvature import curvature
from hdintuition.networks.ensemble import mlp
from hdintuition.networks.lanczos import lanczos

OPERATORS = {
    "hessian": curvlinops.HessianLinearOperator,
    "gauss_newton": curvlinops.GGNLinearOperator,
}


def module_of(nets, member):
    layers = []
    for w, b in zip(nets.weights, nets.biases, strict=True):
        linear = nn.Linear(w.shape[2], w.shape[1], dtype=w.dtype)
        linear.weight.data, linear.bias.data = w[member].clone(), b[member].clone()
        layers += [linear, nn.Tanh() if nets.activation == "tanh" else nn.ReLU()]
    return nn.Sequential(*layers[:-1])


def theirs(kind, nets, member, x, y):
    module = module_of(nets, member)
    loss = nn.CrossEntropyLoss()
    return OPERATORS[kind](module, loss, list(module.parameters()), [(x, y)], check_deterministic=False)


@pytest.mark.parametrize("kind", OPERATORS)
@pytest.mark.parametrize("activation", ["tanh", "relu"])
def test_products_agree_with_curvlinops(kind, activation, generator):
    nets = mlp([6, 8, 8, 4], members=3, activation=activation, generator=generator, dtype=torch.float64)
    x = torch.randn(50, 6, generator=generator, dtype=torch.float64)
    y = torch.randint(4, (50,), generator=generator)
    v = torch.randn(3, 5, nets.parameters.shape[1], generator=generator, dtype=torch.float64)
    found = curvature(nets, x, y, kind=kind)(v)
    for member in range(3):
        expected = (theirs(kind, nets, member, x, y) @ v[member].T).T.detach()
        assert (found[member] - expected).abs().max() <= 1e-10 * expected.abs().max()


def test_outermost_eigenvalues_agree_with_curvlinops_and_eigsh(generator):
    nets = mlp([6, 8, 4], members=2, activation="tanh", generator=generator, dtype=torch.float64)
    x = torch.randn(50, 6, generator=generator, dtype=torch.float64)
    y = torch.randint(4, (50,), generator=generator)
    found = lanczos(curvature(nets, x, y), top=3, bottom=2, tolerance=1e-10, generator=generator)
    for member in range(2):
        operator = theirs("hessian", nets, member, x, y).to_scipy()
        top = eigsh(operator, k=3, which="LA", return_eigenvectors=False)
        bottom = eigsh(operator, k=2, which="SA", return_eigenvectors=False)
        np.testing.assert_allclose(found.top[member].flip(0), np.sort(top), rtol=1e-8)
        np.testing.assert_allclose(found.bottom[member], np.sort(bottom), atol=1e-8 * top.max())
