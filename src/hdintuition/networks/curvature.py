"""The curvature of a stack of networks on given data, ready for :func:`lanczos`, :func:`slq` and :func:`dense`.

A member's loss is the mean over its examples; see :mod:`hdintuition.networks.losses`. Everything that one pass over
all examples leaves behind is kept for the products, so memory grows with members × examples × units.

On one CPU thread a member's products do not depend, in any bit, on the other members. Only a stack of one is a case
for itself where the networks have one output: torch multiplies a single matrix with a single column by other code.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Literal

import torch
from torch import Tensor

from hdintuition.networks.alignment import aligned
from hdintuition.networks.ensemble import Networks
from hdintuition.networks.losses import Loss, loss_named
from hdintuition.networks.operators import Operator
from hdintuition.networks.pearlmutter import Pearlmutter
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
    if kind not in ("hessian", "gauss_newton"):
        raise ValueError(f"kind must be 'hessian' or 'gauss_newton', got {kind!r}")
    flat = aligned(nets.parameters.detach() if dtype is None else nets.parameters.detach().to(dtype))
    x = nets.points(x.detach().to(flat.dtype))
    chosen = loss_named(loss, nets.outputs)
    targets = chosen.targets(y, nets.outputs, flat)
    one = Pearlmutter(nets.with_parameters(flat), x, targets, chosen, gauss_newton=kind == "gauss_newton")

    @cache
    def recorded() -> Operator:
        """The same by autograd, which takes many vectors through in one pass."""
        outputs, values = outputs_of(nets, x), values_of(nets, y, loss=chosen, like=flat)
        if kind == "gauss_newton":
            return gauss_newton(outputs, values, flat)
        return hessian(lambda at: values(outputs(at)), flat)

    return Operator(
        members=len(nets),
        size=flat.shape[1],
        dtype=flat.dtype,
        device=flat.device,
        one=one,
        many=lambda v: recorded().many(v) if len(v) > 1 else one(v[0])[None],
        vector_bytes=lambda: recorded().vector_bytes(),
    )


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
