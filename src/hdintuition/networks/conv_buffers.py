"""The memory that the gradient of a stack of convolutional networks is worked out in."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod

import torch
from torch import Tensor

from hdintuition.networks.convnets import ConvNetworks, member_blocks


@dataclass(frozen=True)
class Buffers:
    """For so many points; the first three for all members, the others for a block of them.

    Attributes:
        images: The input of each convolution with its margin, (members, C, H, W, points), then that of the linear
            layer. The first is of one member only where all see the same points.
        winners: Where each maximum was, by convolution; None where nothing is pooled.
        outputs: Of the networks, (members, outputs, points).
        seen: The patches of each convolution, (members, C, kernel, kernel, H', W', points).
        products: What each convolution puts out, (members, channels, places and points).
        deltas: The slope by that, where it is pooled.
        errors: The slope by each convolution's input with its margin; the first is not needed.
        cuts: The blocks of members.
    """

    images: list[Tensor]
    winners: list[Tensor | None]
    outputs: Tensor
    seen: list[Tensor]
    products: list[Tensor]
    deltas: list[Tensor]
    errors: list[Tensor]
    cuts: list[slice]


def buffers(nets: ConvNetworks, x: Tensor) -> Buffers:
    """New buffers for points such as x, (points, inputs) or each member's own. Margins are zero."""
    layers, members, cuts = nets.convolutions, len(nets), member_blocks(nets, x)
    block = max(cut.stop - cut.start for cut in cuts)

    def zeros(count: int, *shape: int, dtype: torch.dtype = x.dtype) -> Tensor:
        return x.new_zeros(count, *shape, x.shape[-2], dtype=dtype)

    def first(i: int, count: int) -> int:
        return 1 if i == 0 and x.ndim == 2 else count

    def put_out(count: int) -> list[Tensor]:
        return [zeros(count, layer.after[0], prod(layer.after[1:])).flatten(2) for layer in layers]

    seen = [(layer.before[0], layer.kernel, layer.kernel, *layer.after[1:]) for layer in layers]
    return Buffers(
        images=[zeros(first(i, members), *layer.with_margin) for i, layer in enumerate(layers)]
        + [zeros(members, *layers[-1].pooled)],
        winners=[
            zeros(members, *layer.pooled, dtype=torch.int64) if nets.pool > 1 else None for layer in layers
        ],
        outputs=zeros(members, nets.outputs),
        seen=[zeros(first(i, block), *shape) for i, shape in enumerate(seen)],
        products=put_out(block),
        deltas=put_out(block if nets.pool > 1 else 0),
        errors=[zeros(block if i else 0, *layer.with_margin) for i, layer in enumerate(layers)],
        cuts=cuts,
    )
