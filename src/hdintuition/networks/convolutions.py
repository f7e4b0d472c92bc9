"""The parts of a convolution: shapes, margins, and the patches that a kernel sees.

Layout: the points come last, (members, channels, height, width, points).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from torch import Tensor
from torch.nn.functional import pad

Padding = Literal["same", "circular", "valid"]
Image = tuple[int, int, int]


@dataclass(frozen=True)
class Layer:
    """The shapes of one convolution.

    Attributes:
        before: What comes in: channels, height, width.
        after: What the convolution gives, before pooling.
        pooled: What the layer passes on.
        kernel: Side of the kernel.
        margin: How many pixels are added on each side.
    """

    before: Image
    after: Image
    pooled: Image
    kernel: int
    margin: int

    @property
    def patch(self) -> int:
        """How many numbers a kernel looks at."""
        return self.before[0] * self.kernel**2

    @property
    def with_margin(self) -> Image:
        """What comes in, with its margin."""
        channels, height, width = self.before
        return channels, height + 2 * self.margin, width + 2 * self.margin


def chain(
    image: Image, channels: Sequence[int], kernels: Sequence[int], padding: Padding, pool: int
) -> Iterator[Layer]:
    """The shapes of convolutions with so many channels out, layer by layer."""
    for out, kernel in zip(channels, kernels, strict=True):
        margin = 0 if padding == "valid" else kernel // 2
        height, width = (side + 2 * margin - kernel + 1 for side in image[1:])
        pooled = (out, height // pool, width // pool)
        yield Layer(image, (out, height, width), pooled, kernel, margin)
        image = pooled


def patches(h: Tensor, kernel: int) -> Tensor:
    """What a kernel sees at every place, as a view: (…, C, H, W, points) -> (…, C, kernel, kernel, H', W', points)."""
    windows = h.unfold(-3, kernel, 1).unfold(-3, kernel, 1)  # (…, C, H', W', points, kernel, kernel)
    return windows.movedim((-2, -1), (-5, -4))


def padded(h: Tensor, margin: int, padding: Padding) -> Tensor:
    """Images with a margin on each side, (members, C, H, W, points)."""
    if not margin:
        return h
    around = (0, 0, margin, margin, margin, margin)
    return pad(h, around, mode="circular") if padding == "circular" else pad(h, around)


def inside(image: Tensor, layer: Layer) -> Tensor:
    """Images without their margin, as a view."""
    _, height, width = layer.before
    return image.narrow(2, layer.margin, height).narrow(3, layer.margin, width)
