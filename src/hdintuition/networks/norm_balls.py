"""Small changes of an input: the steepest, the nearest that is allowed, and random ones.

A change δ is small if ‖δ‖_2 or ‖δ‖_∞ is at most eps, and allowed if what it changes stays in a box such as [0, 1].
Per row, all of it in closed form.
"""

from __future__ import annotations

from math import inf

import torch
from torch import Tensor


def check_norm(norm: float) -> None:
    """Refuse other norms.

    Raises:
        ValueError: If norm is neither 2 nor infinity.
    """
    if norm not in (2, inf):
        raise ValueError(f"norm must be 2 or math.inf, got {norm!r}")


def steepest(gradient: Tensor, *, norm: float) -> Tensor:
    """The change of length 1 along which a function with this gradient rises fastest, of the shape of gradient.

    Its slope is the dual norm of the gradient: ‖g‖_1 for changes measured by ‖·‖_∞, ‖g‖_2 for ‖·‖_2. Rows of
    zeros stay zero.
    """
    check_norm(norm)
    if norm == inf:
        return gradient.sign()
    # Divided by the largest entry first: the square of a small gradient is zero in float32.
    scaled = gradient / _not_zero(gradient.abs().amax(-1, keepdim=True))
    return scaled / _not_zero(scaled.norm(dim=-1, keepdim=True))


def project(
    shift: Tensor, eps: Tensor, *, norm: float, low: Tensor | None = None, high: Tensor | None = None
) -> Tensor:
    """The nearest change, by ‖·‖_2, that is at most eps long and lies between low and high.

    For ‖·‖_2 and a box it is clip(t·δ, low, high) with the t <= 1 at which the length is eps. Its square is
    C + t² Q between the points at which an entry meets the box, so that t is found by sorting those.

    Args:
        shift: Changes, (..., inputs).
        eps: How long they may be, (..., 1), >= 0.
        norm: 2 or infinity.
        low: Least change of every entry, <= 0, (..., inputs); none if not given.
        high: Largest change of every entry, >= 0, (..., inputs); given with low or not at all.

    Raises:
        ValueError: If norm is neither 2 nor infinity.
    """
    check_norm(norm)
    if norm == inf:
        boxed = shift if low is None else shift.clamp(low, high)
        return boxed.clamp(-eps, eps)
    if low is None or high is None:
        length = shift.norm(dim=-1, keepdim=True)
        return torch.where(length > eps, shift * (eps / _not_zero(length)), shift)
    return (_shrinking(shift, eps, low, high) * shift).clamp(low, high)


def _shrinking(shift: Tensor, eps: Tensor, low: Tensor, high: Tensor) -> Tensor:
    """The t of :func:`project`, (..., 1)."""
    wall = torch.where(shift > 0, high, low)
    meets = torch.where(shift == 0, 1, wall / shift).clamp(max=1)  # at which t an entry meets its wall
    meets, order = meets.sort(dim=-1)
    squares, walls = (t.square().gather(-1, order) for t in (shift, wall))
    at_wall = walls.cumsum(-1) - walls  # of the entries before each
    free = squares.flip(-1).cumsum(-1).flip(-1)  # of each and those after it
    allowed = eps.square()
    last = (at_wall + meets.square() * free < allowed).sum(-1, keepdim=True).clamp(max=shift.shape[-1] - 1)
    rest = (allowed - at_wall.gather(-1, last)).clamp(min=0)
    t = (rest / _not_zero(free.gather(-1, last))).sqrt()
    fits = shift.clamp(low, high).square().sum(-1, keepdim=True) <= allowed
    return torch.where(fits, 1, t.clamp(max=1))


def on_sphere(
    shape: tuple[int, ...], *, norm: float, generator: torch.Generator, dtype: torch.dtype
) -> Tensor:
    """Random changes of length 1, (..., inputs): a uniform direction for 2, random signs for infinity.

    Raises:
        ValueError: If norm is neither 2 nor infinity.
    """
    check_norm(norm)
    drawn = torch.randn(shape, generator=generator, dtype=dtype, device=generator.device)
    return drawn.sign() if norm == inf else drawn / drawn.norm(dim=-1, keepdim=True)


def in_ball(shape: tuple[int, ...], *, norm: float, generator: torch.Generator, dtype: torch.dtype) -> Tensor:
    """Random changes, uniform among those of length at most 1, (..., inputs).

    Raises:
        ValueError: If norm is neither 2 nor infinity.
    """
    check_norm(norm)
    if norm == inf:
        drawn = torch.rand(shape, generator=generator, dtype=dtype, device=generator.device)
        return 2 * drawn - 1
    direction = on_sphere(shape, norm=norm, generator=generator, dtype=dtype)
    radius = torch.rand((*shape[:-1], 1), generator=generator, dtype=dtype, device=generator.device)
    return direction * radius ** (1 / shape[-1])


def _not_zero(t: Tensor) -> Tensor:
    return t.clamp(min=torch.finfo(t.dtype).tiny)
