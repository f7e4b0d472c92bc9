"""The curvature of a stack of networks on given data, ready for :func:`lanczos`, :func:`slq` and :func:`dense`.

A member's loss is the mean over its examples; see :mod:`hdintuition.networks.losses`. Everything that one pass over
all examples leaves behind is kept for the products, so memory grows with members × examples × units.

On one CPU thread a member's products do not depend, in any bit, on the other members. Only a stack of one is a case
for itself where the networks have one output: torch multiplies a single matrix with a single column by other code.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import torch
from torch import Tensor

from hdintuition.networks.ensemble import Networks
from hdintuition.networks.losses import Loss, loss_named
from hdintuition.networks.operators import Operator
from hdintuition.networks.products import gauss_newton, hessian


def curvature(
    nets: Networks,
    x: Tensor,
    y: Tensor,
    *,
    loss: str | Loss | None = None,
    kind: Literal["hessian", "gauss_newton"] = "hessian",
    dtype: torch.dtype | None = None,
) -> Operator:
    """The Hessians or Gauss-Newton matrices of the members' losses at their parameters, as an operator.

    Args:
        nets: The stack.
        x: Points, (points, inputs), or each member's own, (members, points, inputs).
        y: Targets, in the form the loss asks for.
        loss: cross_entropy, squared or logistic; by default logistic for networks with one output and
            cross_entropy for others.
        kind: Which matrix.
        dtype: Compute in this one instead of the networks' own, such as torch.float64.

    Raises:
        ValueError: If the targets do not suit the loss or a name is unknown.

    >>> from hdintuition.networks.ensemble import mlp
    >>> nets = mlp([3, 1], members=2, generator=torch.Generator().manual_seed(0))
    >>> curvature(nets, torch.ones(5, 3), torch.zeros(5), loss="squared")(torch.ones(2, 4))
    tensor([[4., 4., 4., 4.],
            [4., 4., 4., 4.]])
    """
    flat = nets.parameters if dtype is None else nets.parameters.to(dtype)
    outputs = outputs_of(nets, x.to(flat.dtype))
    values = values_of(nets, y, loss=loss, like=flat)
    if kind == "hessian":
        return hessian(lambda at: values(outputs(at)), flat)
    if kind == "gauss_newton":
        return gauss_newton(outputs, values, flat)
    raise ValueError(f"kind must be 'hessian' or 'gauss_newton', got {kind!r}")


def loss_of(
    nets: Networks, x: Tensor, y: Tensor, *, loss: str | Loss | None = None
) -> Callable[[Tensor], Tensor]:
    """The losses as a function of the parameters alone, (members, P) → (members,); differentiable.

    It computes in the dtype of x, and expects parameters of that dtype; arguments as for :func:`curvature`.
    """
    outputs, values = outputs_of(nets, x), values_of(nets, y, loss=loss, like=x)
    return lambda at: values(outputs(at))


def outputs_of(nets: Networks, x: Tensor) -> Callable[[Tensor], Tensor]:
    """The outputs as a function of the parameters, (members, P) → (members, outputs, points)."""

    def outputs(at: Tensor) -> Tensor:
        f = nets.with_parameters(at)(x)
        return f[:, None] if f.ndim == 2 else f

    return outputs


def values_of(
    nets: Networks, y: Tensor, *, loss: str | Loss | None, like: Tensor
) -> Callable[[Tensor], Tensor]:
    """The losses as a function of the outputs, (members, outputs, points) → (members,)."""
    chosen = loss_named(loss, nets.outputs)
    targets = chosen.targets(y, nets.outputs, like)
    return lambda f: chosen(f, targets).mean(1)
