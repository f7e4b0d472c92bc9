"""How far a point is from being taken for something else.

For one linear layer this is known: |f| / ‖w‖_1 for changes measured by ‖·‖_∞ and |f| / ‖w‖_2 for ‖·‖_2, by the
inequality of Hölder. For other networks the nearest point that an attack finds is an upper bound; how far it is
from the truth is not known.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from math import inf

import torch
from torch import Tensor

from hdintuition.networks.attacks import Box, pgd
from hdintuition.networks.ensemble import Networks
from hdintuition.networks.margin import margin
from hdintuition.networks.norm_balls import check_norm


@dataclass(frozen=True)
class Flip:
    """The nearest points found at which each member errs.

    Attributes:
        distance: Of each from the clean point, (members, points); 0 where the member errs anyway, infinite where
            nothing was found.
        x: The points themselves, (members, points, inputs); the clean ones where nothing was found.
    """

    distance: Tensor
    x: Tensor


def flip_distance(
    nets: Networks,
    x: Tensor,
    y: Tensor,
    *,
    largest: float,
    norm: float = inf,
    halvings: int = 15,
    steps: int = 20,
    generator: torch.Generator | None = None,
    box: Box | None = None,
) -> Flip:
    """An upper bound on each point's distance to the nearest one that its member gets wrong.

    By bisection: the attack ``pgd`` on the margin is allowed half as far whenever it succeeded.

    Args:
        nets: A stack of networks.
        x: Points, (points, inputs), or each member's own, (members, points, inputs).
        y: Classes as int64, or labels -1 and +1 for networks with one output; (points,) or (members, points).
        largest: How far to look, > 0.
        norm: By which the change is measured: infinity or 2.
        halvings: How often, >= 1; each halves what is not known.
        steps: Of each attack.
        generator: For random starts; without one each attack starts from the clean point.
        box: Least and largest value an input may take, such as (0, 1).

    Raises:
        ValueError: If shapes do not match or a setting is out of range.
    """
    if not largest > 0 or halvings < 1:
        raise ValueError(f"largest must be > 0 and halvings >= 1, got {largest} and {halvings}")
    allow = partial(_reached, nets, x, y, norm=norm, box=box)
    at, wrong, _ = allow(x.new_tensor(0.0), steps=1)
    far = torch.where(wrong, 0.0, inf).to(x)
    near = torch.zeros_like(far)
    eps = torch.where(wrong, 0.0, largest).to(x)
    for _ in range(halvings + 1):
        found, fooled, length = allow(eps, steps=steps, generator=generator)
        closer = fooled & (length < far)
        far = torch.where(closer, length, far)
        at = torch.where(closer[..., None], found, at)
        near = torch.where(fooled, near, eps)
        eps = torch.where(far.isinf(), largest, (near + far) / 2)
    return Flip(far, at)


def linear_flip_distance(nets: Networks, x: Tensor, *, norm: float = inf) -> Tensor:
    """The exact distance of each point to where its class changes, for networks of one linear layer.

    With several outputs that is the least over the other classes j of (f_c − f_j) / ‖w_c − w_j‖, c being the
    class of the point and the norm the dual one.

    Args:
        nets: A stack of networks without hidden layers.
        x: Points, (points, inputs), or each member's own, (members, points, inputs).
        norm: By which the change is measured: infinity or 2.

    Returns:
        (members, points), of the dtype of x.

    Raises:
        ValueError: If there are hidden layers, norm is another, or shapes do not match.
    """
    check_norm(norm)
    if len(nets.weights) != 1:
        raise ValueError(f"only networks of one layer are linear, got sizes {nets.sizes}")
    dual = 1 if norm == inf else 2
    f, w = nets(x), nets.weights[0]
    if nets.outputs == 1:
        return f.abs() / torch.linalg.vector_norm(w, ord=dual, dim=-1)
    first = f.argmax(1, keepdim=True)
    lead = f.gather(1, first) - f  # (members, outputs, points)
    steep = torch.linalg.vector_norm(w[:, :, None] - w[:, None], ord=dual, dim=-1)  # between any two outputs
    slope = steep.gather(1, first[:, 0, :, None].expand(-1, -1, nets.outputs)).mT
    return (lead / slope).scatter(1, first, inf).amin(1)


def _reached(
    nets: Networks,
    x: Tensor,
    y: Tensor,
    eps: Tensor,
    *,
    norm: float,
    box: Box | None,
    steps: int,
    generator: torch.Generator | None = None,
) -> tuple[Tensor, Tensor, Tensor]:
    """The points an attack so far comes to, whether they fool, and how far they are from the clean ones."""
    found = pgd(nets, x, y, eps=eps, norm=norm, steps=steps, generator=generator, loss=margin, box=box)
    fooled = found.loss >= 0 if found.fooled is None else found.fooled
    return found.x, fooled, torch.linalg.vector_norm(found.x - x, ord=norm, dim=-1)
