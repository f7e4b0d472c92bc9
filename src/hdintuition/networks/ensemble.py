"""A stack of multilayer perceptrons of one shape, evaluated together.

Layout: the points come last, (members, units, points), so that no layer has to transpose and elementwise
steps run over contiguous memory. Hidden units are rectified, f(z) = max(z, 0); the last layer is linear.

A fresh stack is a draw from the usual random initialisation, which is also the prior of this book: every
weight, and every bias (as the weight of one more input that is always 1), comes from
N(0, gain² · 2 / fan_in), after K. He, X. Zhang, S. Ren and J. Sun, Delving Deep into Rectifiers, ICCV 2015.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import torch
from torch import Tensor

BLOCK = 2**22  # hidden activations held at once: 16 MB in float32, about what a core's cache bears


@dataclass(frozen=True)
class Networks:
    """A stack of networks of one shape; calling it evaluates all of them.

    Attributes:
        weights: One tensor a layer, each (members, outputs of the layer, inputs of the layer).
        biases: One tensor a layer, each (members, outputs of the layer).
    """

    weights: tuple[Tensor, ...]
    biases: tuple[Tensor, ...]

    @property
    def sizes(self) -> tuple[int, ...]:
        """Inputs, hidden widths and outputs, in order."""
        return (self.weights[0].shape[2], *(w.shape[1] for w in self.weights))

    def __len__(self) -> int:
        return self.weights[0].shape[0]

    def __getitem__(self, which: Tensor | slice | list[int]) -> Networks:
        """The chosen members, as a stack: by boolean mask, by indices or by slice."""
        if isinstance(which, int):
            which = slice(which, which + 1 or None)
        return Networks(tuple(w[which] for w in self.weights), tuple(b[which] for b in self.biases))

    def __call__(self, x: Tensor) -> Tensor:
        """The outputs of every member at every point.

        Args:
            x: Points, (points, inputs), of the dtype and on the device of the weights.

        Returns:
            (members, points) where the networks have one output, else (members, outputs, points).

        Raises:
            ValueError: If the points do not have as many coordinates as the networks have inputs.
        """
        if x.ndim != 2 or x.shape[1] != self.sizes[0]:
            raise ValueError(f"points must have shape (points, {self.sizes[0]}), got {tuple(x.shape)}")
        # Blocks of members, or the activations of a large stack would be swept through memory layer by layer.
        block = max(1, BLOCK // (max(self.sizes[1:]) * max(len(x), 1)))
        parts = (self[start : start + block] for start in range(0, len(self), block))
        outputs = [part.layers(x)[-1] for part in parts]
        f = torch.cat(outputs) if outputs else x.new_empty(0, self.sizes[-1], len(x))
        return f[:, 0] if self.sizes[-1] == 1 else f

    def layers(self, x: Tensor) -> list[Tensor]:
        """What each layer passes on, (members, units, points) each; the last one is not rectified."""
        # One product a member, not one for all: as fast, and a member's last bit does not hang on its company.
        passed = [x.T.expand(len(self), -1, -1)]
        for w, b in zip(self.weights, self.biases, strict=True):
            passed.append(torch.baddbmm(b[:, :, None], w, passed[-1]))
            passed[-1] = passed[-1].relu_() if w is not self.weights[-1] else passed[-1]
        return passed[1:]


def mlp(
    sizes: Sequence[int],
    *,
    members: int,
    gain: float = 1.0,
    generator: torch.Generator,
    dtype: torch.dtype = torch.float32,
) -> Networks:
    """A stack of freshly drawn networks.

    Args:
        sizes: Inputs, hidden widths and outputs, such as [49, 32, 1].
        members: How many networks.
        gain: The start scale: every weight and bias is multiplied by it. A network of L layers without
            biases is then gain^L times as large.
        generator: Where the draw comes from; its device is the device of the stack.
        dtype: Of the weights.

    Raises:
        ValueError: If there are fewer than two sizes, one is not positive, or members or gain is negative.

    >>> nets = mlp([49, 32, 1], members=3, generator=torch.Generator().manual_seed(0))
    >>> nets(torch.zeros(5, 49)).shape
    torch.Size([3, 5])
    """
    if len(sizes) < 2 or min(sizes) < 1:
        raise ValueError(f"sizes must hold at least inputs and outputs, all >= 1, got {list(sizes)}")
    if members < 0 or gain < 0:
        raise ValueError(f"members and gain must be >= 0, got members={members}, gain={gain}")
    weights, biases = [], []
    for fan_in, fan_out in pairwise(sizes):
        drawn = torch.randn(
            members, fan_out, fan_in + 1, generator=generator, dtype=dtype, device=generator.device
        )
        drawn *= gain * (2 / fan_in) ** 0.5
        weights.append(drawn[:, :, :-1].contiguous())
        biases.append(drawn[:, :, -1].contiguous())
    return Networks(tuple(weights), tuple(biases))


def concat(stacks: Iterable[Networks]) -> Networks:
    """One stack out of several of the same shape, in order.

    Raises:
        ValueError: If there is none, or their sizes differ.
    """
    stacks = list(stacks)
    shapes = {stack.sizes for stack in stacks}
    if len(shapes) != 1:
        raise ValueError(f"concat needs one or more stacks of one shape, got {sorted(shapes)}")
    return Networks(
        tuple(torch.cat(parts) for parts in zip(*(s.weights for s in stacks), strict=True)),
        tuple(torch.cat(parts) for parts in zip(*(s.biases for s in stacks), strict=True)),
    )
