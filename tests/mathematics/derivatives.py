"""A surface's derivatives beside those of its values, by automatic differentiation."""

import torch
from torch import Tensor


def assert_derivatives_are_those_of_the_values(surfaces, points: Tensor) -> None:
    """Gradients to 1e-12 and curvatures to 1e-10, at points (count, dim) in float64."""
    points = points.clone().requires_grad_()
    (gradients,) = torch.autograd.grad(surfaces.values(points).sum(), points, create_graph=True)
    assert torch.allclose(surfaces.gradients(points), gradients, rtol=0, atol=1e-12)
    rows = [torch.autograd.grad(g, points, retain_graph=True)[0] for g in gradients.sum(0)]
    curvatures = torch.linalg.eigvalsh(torch.stack(rows, dim=1))
    assert torch.allclose(surfaces.curvatures(points.detach()), curvatures, rtol=0, atol=1e-10)
