"""Bounds for the time that training a stack takes: what nobody can leave out.

The GEMM floor is the time that the matrix products take alone, forward and backward, in the fastest of a few
arrangements and into memory that is already there. The device floor is what the device would need at the rates
that it shows for one large product and one large copy.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

import hdintuition as hdi
from benchmarks.harness import Cost, clocked, fastest
from benchmarks.stacks.task import CLASSES, INPUTS, Task
from hdintuition.networks.multiply import multiply

BLOCKS = (16, 4)  # members whose numbers a processor's caches can hold


def gemm_floor(one: Task) -> Callable[[], None]:
    """Only the matrix products of all steps, torch's or ours."""
    blocks = (len(one.nets),) if one.x.is_cuda else sorted({len(one.nets), *BLOCKS})
    best = fastest(
        [
            products(one, block, features_first=first, by=by)
            for block in blocks
            for first in (True, False)
            for by in (bmm, multiply)
        ]
    )

    def call() -> None:
        best()

    return call


def bmm(a: Tensor, b: Tensor, out: Tensor) -> Tensor:
    """torch's own products."""
    return torch.bmm(a, b, out=out)


def products(
    one: Task, block: int, *, features_first: bool, by: Callable[[Tensor, Tensor, Tensor], Tensor]
) -> Callable[[], list[Tensor]]:
    """The five products of a step, two forward and three backward (the points need no gradient).

    Args:
        one: The task.
        block: How many members go through all steps before the next ones do.
        features_first: Whether the examples are the last axis, or the features.
        by: Writes the product of the first two into the third.

    Returns:
        Does the products of all steps, over and over with the same factors, and gives the last ones, block by block.
    """
    starts = range(0, len(one.nets), block)
    work = [operands(one, one.nets[start : start + block], features_first) for start in starts]

    def call() -> list[Tensor]:
        for pairs, rooms in work:
            for _ in range(one.steps):
                for (a, b), room in zip(pairs, rooms, strict=True):
                    by(a, b, room)
        return [room for _, rooms in work for room in rooms]

    return call


def operands(
    one: Task, nets: hdi.Networks, features_first: bool
) -> tuple[list[tuple[Tensor, Tensor]], list[Tensor]]:
    """The factors of the five products, and room for the results."""
    width, batch = nets.sizes[1], one.order.shape[2]
    like = {"device": one.x.device, "generator": torch.Generator(one.x.device).manual_seed(0)}
    sizes = [(INPUTS, batch), (width, batch), (CLASSES, batch)]
    x, h, g = (torch.randn(len(nets), *(size if features_first else size[::-1]), **like) for size in sizes)
    w1, w2 = (w.contiguous() for w in nets.weights)
    if features_first:
        pairs = [(w1, x), (w2, h), (g, h.mT), (w2.mT, g), (h, x.mT)]
    else:
        pairs = [(x, w1.mT), (h, w2.mT), (g.mT, h), (g, w2), (h.mT, x)]
    return pairs, [torch.bmm(a, b) for a, b in pairs]


def device_floor(one: Task) -> Callable[[], Cost]:
    """What the device needs at the least for all steps, at the rates it shows in this process.

    The larger of two times: the floating point operations of the five products at the rate of one large product,
    and their bytes at the rate of one large copy. Bytes are those of five products that each read both factors and
    write their result, of the minibatch, which is read and written, and of the update, which reads weights,
    momenta and gradients and writes the first two.
    """
    device, members = one.x.device, len(one.nets)
    each = max(operations(one) / product_rate(device), 4 * floats(one) / copy_rate(device))
    return lambda: Cost(one.steps * members * each)


def operations(one: Task) -> int:
    """Floating point operations of one member's five products."""
    (_, width, _), batch = one.nets.sizes, one.order.shape[2]
    return 2 * batch * width * (2 * INPUTS + 3 * CLASSES)


def floats(one: Task) -> int:
    """Numbers that one member's step reads or writes."""
    (_, width, _), batch = one.nets.sizes, one.order.shape[2]
    inputs, hidden, outputs = INPUTS * batch, width * batch, CLASSES * batch
    first, last = INPUTS * width, CLASSES * width
    products = 2 * (inputs + first + hidden) + 3 * (hidden + last + outputs)
    return products + 2 * inputs + 5 * (first + width + last + CLASSES)


def product_rate(device: torch.device, side: int = 8192) -> float:
    """Floating point operations a second in one large product."""
    a, b = torch.rand(2, side, side, device=device)
    room = torch.empty_like(a)
    return 2 * side**3 / min(clocked(lambda: torch.mm(a, b, out=room))[0].seconds for _ in range(3))


def copy_rate(device: torch.device, floats: int = 2**28) -> float:
    """Bytes read and written a second in one large copy."""
    here = torch.rand(floats, device=device)
    there = torch.empty_like(here)
    return 8 * floats / min(clocked(lambda: there.copy_(here))[0].seconds for _ in range(3))
