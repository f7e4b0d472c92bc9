"""Weights removed by size, and lottery tickets.

A mask is one tensor of zeros and ones for each of :attr:`Networks.tensors`, members first; that is also what
``train(..., mask=...)`` takes. Only weights are pruned, biases stay. Every member has its own mask, with exactly
the number of weights asked for, all members' masks being made at once.

Iterative magnitude pruning: train, remove the smallest of the remaining weights, put the others back to what they
were at the start (or soon after it), and again (J. Frankle and M. Carbin, The Lottery Ticket Hypothesis, ICLR 2019;
with weights from soon after the start: J. Frankle, G. K. Dziugaite, D. M. Roy and M. Carbin, Linear Mode Connectivity
and the Lottery Ticket Hypothesis, ICML 2020).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor

from hdintuition.networks.ensemble import Networks

Masks = tuple[Tensor, ...]
Scope = Literal["global", "layer"]


@dataclass(frozen=True)
class Ticket:
    """What one round of iterative magnitude pruning trained.

    Attributes:
        masks: Of this round; those of the first are all ones.
        networks: Trained under them.
        density: The share of weights that they keep, (members,).
    """

    masks: Masks
    networks: Networks
    density: Tensor


def all_ones(nets: Networks) -> Masks:
    """The masks that remove nothing."""
    return tuple(torch.ones_like(t) for t in nets.tensors)


def magnitude_masks(
    nets: Networks, density: float | Sequence[float], *, scope: Scope = "global", within: Masks | None = None
) -> Masks:
    """Masks that keep the weights of largest size.

    Args:
        nets: The stack.
        density: The share of all weights to keep, in [0, 1], rounded to a whole number of them; with scope
            "layer" also one share for each layer.
        scope: Rank the weights of a network together, or those of each layer for themselves.
        within: Masks whose zeros stay zero.

    Raises:
        ValueError: If a density is out of range, the scope unknown, or more is to be kept than there is.
    """
    shares = _shares(nets, density, scope)
    within = all_ones(nets) if within is None else within
    # What is gone already ranks below a weight that happens to be zero.
    sizes = [
        torch.where(m > 0, w.abs(), -1.0).flatten(1) for w, m in zip(nets.weights, within[::2], strict=True)
    ]
    if scope == "global":
        kept = _largest([torch.cat(sizes, dim=1)], shares[:1])[0].split([s.shape[1] for s in sizes], dim=1)
    else:
        kept = _largest(sizes, shares)
    _check_within(kept, sizes)
    return _with_biases([k.view_as(w) for k, w in zip(kept, nets.weights, strict=True)], within)


def random_masks(masks: Masks, *, generator: torch.Generator) -> Masks:
    """Masks that keep as many weights in each layer of each member as the given ones, but any of them.

    Args:
        masks: What to imitate.
        generator: Where the places come from.
    """
    return _with_biases([_shuffled(m, generator) for m in masks[::2]], masks)


def mask_density(masks: Masks) -> Tensor:
    """The share of weights that each member's masks keep, (members,), float64."""
    counts = [m.flatten(1).sum(1, dtype=torch.float64) for m in masks[::2]]
    return torch.stack(counts).sum(0) / sum(m[:1].numel() for m in masks[::2])


def masked(nets: Networks, masks: Masks) -> Networks:
    """The stack with its pruned weights exactly zero; applied to a start, its rewinding.

    >>> from hdintuition.networks.ensemble import mlp
    >>> start = mlp([4, 8, 2], members=3, generator=torch.Generator().manual_seed(0))
    >>> half = masked(start, magnitude_masks(start, 0.5))
    >>> (half.parameters == 0).sum(1)
    tensor([24, 24, 24])
    """
    return nets.with_tensors([torch.where(m > 0, t, 0) for t, m in zip(nets.tensors, masks, strict=True)])


def iterative_pruning(
    start: Networks,
    train: Callable[[Networks, Masks], Networks],
    *,
    rounds: int,
    remove: float = 0.2,
    scope: Scope = "global",
    rewind: Networks | None = None,
) -> list[Ticket]:
    """The tickets of iterative magnitude pruning, from the dense networks to the sparsest, rounds + 1 of them.

    Args:
        start: The networks before training.
        train: From a stack with its pruned weights at zero and its masks to the trained stack, with those
            weights still at zero; for instance ``lambda nets, masks: hdi.train(nets, x, y, ..., mask=masks).networks``.
        rounds: How often to prune.
        remove: The share of the remaining weights that each round removes, in (0, 1).
        scope: Rank the weights of a network together, or those of each layer for themselves.
        rewind: What surviving weights go back to; the start by default.

    Raises:
        ValueError: If rounds or remove is out of range, or train moved a pruned weight from zero.
    """
    if rounds < 0 or not 0 < remove < 1:
        raise ValueError(f"rounds must be >= 0 and remove lie in (0, 1), got {rounds} and {remove}")
    masks, begin = all_ones(start), start
    tickets = []
    for done in range(rounds + 1):
        trained = train(begin, masks)
        _check_still_zero(trained, masks)
        tickets.append(Ticket(masks, trained, mask_density(masks)))
        if done < rounds:
            masks = magnitude_masks(trained, (1 - remove) ** (done + 1), scope=scope, within=masks)
            begin = masked(start if rewind is None else rewind, masks)
    return tickets


def _largest(sizes: Sequence[Tensor], shares: Sequence[float]) -> list[Tensor]:
    """Ones at the largest of each row, exactly as many as the share says."""
    counts = [round(share * size.shape[1]) for size, share in zip(sizes, shares, strict=True)]
    tops = [size.topk(count, dim=1).indices for size, count in zip(sizes, counts, strict=True)]
    return [torch.zeros_like(size).scatter_(1, top, 1) for size, top in zip(sizes, tops, strict=True)]


def _shuffled(mask: Tensor, generator: torch.Generator) -> Tensor:
    flat = mask.flatten(1)
    drawn = torch.rand(flat.shape, generator=generator, dtype=torch.float64, device=flat.device)
    return flat.gather(1, drawn.argsort(dim=1)).view_as(mask)


def _with_biases(weights: Sequence[Tensor], masks: Masks) -> Masks:
    return tuple(t for pair in zip(weights, masks[1::2], strict=True) for t in pair)


def _shares(nets: Networks, density: float | Sequence[float], scope: str) -> list[float]:
    if scope not in ("global", "layer"):
        raise ValueError(f"scope must be global or layer, got {scope!r}")
    layers = len(nets.weights)
    shares = [float(density)] * layers if isinstance(density, int | float) else list(density)
    several = not isinstance(density, int | float)
    if len(shares) != layers or (several and scope == "global") or not all(0 <= s <= 1 for s in shares):
        raise ValueError(
            f"density must lie in [0, 1], one number or, with scope 'layer', one for each of {layers} layers, "
            f"got {density} with scope {scope!r}"
        )
    return shares


def _check_within(kept: Sequence[Tensor], sizes: Sequence[Tensor]) -> None:
    revived = torch.stack([((k > 0) & (s < 0)).any() for k, s in zip(kept, sizes, strict=True)]).any()
    if bool(revived):
        raise ValueError("density asks for more weights than the masks given as within have left; lower it")


def _check_still_zero(nets: Networks, masks: Masks) -> None:
    moved = [((m == 0) & (t != 0)).any() for t, m in zip(nets.tensors, masks, strict=True)]
    if bool(torch.stack(moved).any()):
        raise ValueError(
            "train moved pruned weights from zero: hand the masks on, as in hdi.train(..., mask=masks)"
        )
