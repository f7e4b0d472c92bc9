"""Which examples every member sees at every step.

Each member shuffles all examples anew for every epoch, from a random stream of its own, and goes through them
batch by batch; what is left over at the end of an epoch is not seen in that epoch. A member's order does not depend
on how many others there are, nor on the device: it is drawn on the CPU and moved.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import torch
from torch import Tensor

from hdintuition.seeds import generator as fresh

STRETCH = 64  # steps whose orders are drawn at once, at least

Order = torch.Generator | Sequence[torch.Generator] | Tensor


def seeds_of(order: torch.Generator | Sequence[torch.Generator], members: int) -> list[int]:
    """A seed for each member's stream.

    Args:
        order: One generator for all, from which one number is drawn, or one for each member.
        members: How many.

    Raises:
        ValueError: If there are neither one nor as many generators as members.
    """
    if isinstance(order, torch.Generator):
        root = _number(order)
        return [_number(fresh("order", i, root=root)) for i in range(members)]
    if len(order) != members:
        raise ValueError(f"order must be one generator or {members} (one a member), got {len(order)}")
    return [_number(generator) for generator in order]


def shuffled(examples: int, batch: int, *, seeds: Sequence[int], device: torch.device) -> Iterator[Tensor]:
    """Index after index, without end, in stretches (steps, members, batch) of at least 64 steps.

    Args:
        examples: How many there are.
        batch: How many a step sees, from 1 to ``examples``.
        seeds: One for each member.
        device: Where the indices go.
    """
    streams = [torch.Generator().manual_seed(seed) for seed in seeds]
    a_epoch = examples // batch
    epochs = -(-STRETCH // a_epoch)
    while True:
        drawn = [[torch.randperm(examples, generator=g) for _ in range(epochs)] for g in streams]
        whole = torch.stack([torch.stack(member)[:, : a_epoch * batch] for member in drawn], dim=1)
        yield whole.unflatten(2, (a_epoch, batch)).transpose(1, 2).flatten(0, 1).to(device)


def written(order: Tensor, members: slice) -> Iterator[Tensor]:
    """A given order, (steps, batch) for all or (members, steps, batch), as one stretch (steps, members, batch)."""
    if order.ndim == 3:
        yield order[members].transpose(0, 1).contiguous()
    else:
        yield order[:, None].expand(-1, members.stop - members.start, -1)


def check_order(order: Order, *, examples: int, members: int, steps: int) -> None:
    """Refuse an order that cannot be followed.

    Raises:
        ValueError: Saying what was given and what is allowed.
    """
    if not isinstance(order, Tensor):
        return
    shaped = order.ndim == 2 or (order.ndim == 3 and len(order) == members)
    if order.is_floating_point() or not shaped or order.shape[-2] < steps:
        raise ValueError(
            f"an order is integers, (steps, batch) or ({members}, steps, batch), of at least {steps} steps, "
            f"got {order.dtype} of shape {tuple(order.shape)}"
        )
    low, high = (int(end) for end in order.aminmax()) if order.numel() else (0, 0)
    if low < 0 or high >= examples:
        raise ValueError(f"an order names examples 0 to {examples - 1}, got {low} to {high}")


def _number(generator: torch.Generator) -> int:
    return int(torch.randint(2**62, (), generator=generator, device=generator.device))
