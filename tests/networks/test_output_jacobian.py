"""The Jacobian in factors against the one that autograd writes out."""

import pytest
import torch

from hdintuition.networks.ensemble import mlp
from hdintuition.networks.output_jacobian import output_jacobian


def by_autograd(nets, x):
    """(members, outputs · points, parameters)."""
    flat = nets.parameters
    every = torch.autograd.functional.jacobian(lambda p: nets.with_parameters(p)(x).flatten(1), flat)
    return torch.stack([every[i, :, i] for i in range(len(nets))])


@pytest.mark.parametrize("sizes", [[5, 1], [5, 7, 1], [5, 7, 6, 3]])
@pytest.mark.parametrize("activation", ["relu", "tanh", "linear"])
@pytest.mark.parametrize("parametrisation", ["standard", "ntk", "mu"])
@pytest.mark.parametrize("own", [False, True])
def test_it_is_the_jacobian(sizes, activation, parametrisation, own, generator):
    nets = mlp(
        sizes,
        members=3,
        activation=activation,
        parametrisation=parametrisation,
        generator=generator,
        dtype=torch.float64,
    )
    shape = (3, 6, 5) if own else (6, 5)
    x = torch.randn(shape, generator=generator, dtype=torch.float64)
    wanted, found = by_autograd(nets, x), output_jacobian(nets, x)
    v = torch.randn(3, wanted.shape[2], generator=generator, dtype=torch.float64)
    u = torch.randn(3, wanted.shape[1], generator=generator, dtype=torch.float64)
    close = {"rtol": 1e-12, "atol": 1e-12}
    torch.testing.assert_close(found.dense(), wanted, **close)
    torch.testing.assert_close(found.gram(), wanted @ wanted.mT, **close)
    torch.testing.assert_close(found.times(v), (wanted @ v[..., None])[..., 0], **close)
    torch.testing.assert_close(found.transposed_times(u), (wanted.mT @ u[..., None])[..., 0], **close)
    f = nets(x)
    assert torch.equal(found.outputs, f[:, None] if f.ndim == 2 else f)
