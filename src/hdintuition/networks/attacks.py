"""Small changes of the input that fool a stack of networks, each member at its own points.

* ``fgsm``: one step of length eps up the loss, along the sign of its gradient for changes measured by ‖·‖_∞
  (I. Goodfellow, J. Shlens and C. Szegedy, Explaining and harnessing adversarial examples, ICLR 2015).
* ``pgd``: many shorter steps, each followed by the nearest allowed change, from the point itself or from random
  ones (A. Madry, A. Makelov, L. Schmidt, D. Tsipras and A. Vladu, Towards deep learning models resistant to
  adversarial attacks, ICLR 2018). Of all points seen, the clean one included, the best for the attacker is kept.

Every member is attacked on its own: losses are summed over members and points, and what fools one is not shown to
another. For one linear layer a step changes the output by exactly eps times the dual norm of the weights, ‖w‖_1 for
‖·‖_∞ and ‖w‖_2 for ‖·‖_2, and no other change of that size does more.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import inf

import torch
from torch import Tensor

from hdintuition.networks.aim import Box, Found, aim_at
from hdintuition.networks.ensemble import Networks
from hdintuition.networks.losses import Loss
from hdintuition.networks.norm_balls import in_ball, on_sphere


@dataclass(frozen=True)
class Attack:
    """What an attack came to.

    Attributes:
        x: The changed points, each member's own, (members, points, inputs).
        loss: The loss of each member there, (members, points); for a targeted attack that of the target.
        fooled: Whether the member takes the point for another than it is, or for the target, (members, points);
            None if the loss is not one of classes.
    """

    x: Tensor
    loss: Tensor
    fooled: Tensor | None


def fgsm(
    nets: Networks,
    x: Tensor,
    y: Tensor,
    *,
    eps: float | Tensor,
    norm: float = inf,
    loss: str | Loss | None = None,
    targeted: bool = False,
    box: Box | None = None,
) -> Attack:
    """The points one step of length eps further up the loss.

    Where the gradient is zero, rounded or not, a point stays as it is: a network that is too sure of itself is
    better attacked by its margin, ``loss=margin``.

    Args:
        nets: A stack of networks.
        x: Points, (points, inputs), or each member's own, (members, points, inputs).
        y: What the points are, in the form the loss takes; for a targeted attack what they shall be taken for.
        eps: Longest change, >= 0; one number, one for each point, (points,), or (members, points).
        norm: By which the change is measured: infinity or 2.
        loss: As for training; by default logistic for networks with one output and cross-entropy else.
        targeted: Go down the loss of y instead of up.
        box: Least and largest value an input may take, such as (0, 1).

    Raises:
        ValueError: If shapes do not match, eps is negative, norm is another, or points lie outside the box.
    """
    aim = aim_at(nets, x, y, eps, norm, loss, targeted, box)
    return _attack(
        [part.look(part.moved(part.x.clone(), part.slope(part.x)[1], part.eps)) for part in aim.blocks()]
    )


def pgd(
    nets: Networks,
    x: Tensor,
    y: Tensor,
    *,
    eps: float | Tensor,
    norm: float = inf,
    steps: int = 20,
    rate: float | None = None,
    starts: int = 1,
    generator: torch.Generator | None = None,
    loss: str | Loss | None = None,
    targeted: bool = False,
    box: Box | None = None,
) -> Attack:
    """The best of the points that steps up the loss pass through, none farther than eps from where they began.

    Best for the attacker is a point that fools the member; of several such, or if there is none, the one where
    the loss is largest (for a targeted attack smallest). The clean points are among those looked at, so that no
    member is right more often under attack than without.

    Args:
        nets: A stack of networks.
        x: Points, (points, inputs), or each member's own, (members, points, inputs).
        y: What the points are, in the form the loss takes; for a targeted attack what they shall be taken for.
        eps: Longest change, >= 0; one number, one for each point, (points,), or (members, points).
        norm: By which the change is measured: infinity or 2.
        steps: How many, >= 1.
        rate: Length of a step as a multiple of eps; by default 2.5 / steps, so that the border can be reached from
            anywhere.
        starts: From how many random changes, >= 1.
        generator: Where those are drawn from; without one the first step starts from the clean point. All members
            start alike, so that what a member comes to does not depend on its company.
        loss: As for training; by default logistic for networks with one output and cross-entropy else.
        targeted: Go down the loss of y instead of up.
        box: Least and largest value an input may take, such as (0, 1).

    Raises:
        ValueError: If shapes do not match, a setting is out of range, points lie outside the box, or there is more
            than one start and no generator.
    """
    rate = 2.5 / steps if rate is None and steps > 0 else rate
    if steps < 1 or not (rate and rate > 0) or starts < 1 or (starts > 1 and generator is None):
        raise ValueError(
            "steps and starts must be >= 1, rate > 0, and several starts need a generator, "
            f"got steps={steps}, rate={rate}, starts={starts}, generator={generator}"
        )
    aim = aim_at(nets, x, y, eps, norm, loss, targeted, box)
    shape, dtype = aim.x.shape[1:], aim.x.dtype
    drawn = [
        aim.x.new_zeros(shape)
        if generator is None
        else in_ball(shape, norm=norm, generator=generator, dtype=dtype)
        for _ in range(starts)
    ]
    return _attack([part.search(drawn, steps, rate) for part in aim.blocks()])


def random_shift(
    x: Tensor, *, eps: float | Tensor, norm: float = inf, generator: torch.Generator, box: Box | None = None
) -> Tensor:
    """The points, each changed by exactly eps in a random direction: what an attack is to be compared with.

    Args:
        x: Points, (..., inputs), on the generator's device.
        eps: Length of the change, >= 0; one number, or one for each point, (...).
        norm: By which it is measured: infinity, for random signs, or 2, for a uniform direction.
        generator: Where the directions are drawn from.
        box: Least and largest value an input may take; what leaves it is cut off, and the change is shorter.

    Raises:
        ValueError: If norm is another.
    """
    eps = torch.as_tensor(eps, dtype=x.dtype, device=x.device)
    changed = x + eps[..., None] * on_sphere(tuple(x.shape), norm=norm, generator=generator, dtype=x.dtype)
    return changed if box is None else changed.clamp(*box)


def input_gradients(nets: Networks, x: Tensor, y: Tensor, *, loss: str | Loss | None = None) -> Tensor:
    """The derivative of each member's loss at each point by that point's inputs, (members, points, inputs).

    Args:
        nets: A stack of networks.
        x: Points, (points, inputs), or each member's own, (members, points, inputs).
        y: Targets in the form the loss takes.
        loss: As for training; by default logistic for networks with one output and cross-entropy else.

    Raises:
        ValueError: If shapes do not match.
    """
    aim = aim_at(nets, x, y, 0.0, inf, loss, False, None)
    return torch.cat([part.slope(part.x)[1] for part in aim.blocks()]).contiguous()


def _attack(parts: list[Found]) -> Attack:
    """One result out of the blocks'."""
    xs, losses, fooled = zip(*parts, strict=True)
    return Attack(
        torch.cat(xs).contiguous(), torch.cat(losses), None if fooled[0] is None else torch.cat(fooled)
    )
