"""MNIST-1D: ten curves, padded, stretched, moved, sheared and made noisy; made anew from a seed, without a download.

After S. Greydanus and D. Kobak, Scaling Down Deep Learning with MNIST-1D, ICML 2024, whose ten curves, ranges and
order of steps these are. A curve of 12 points, which starts and ends at 0, is

1. followed by 36 to 60 zeros, and laid over 72 points, so that it takes up 12 to 18 of them;
2. stretched by 0.8 to 1.2, and moved, cyclically, by 0 to 47 points;
3. put on a ground of smooth noise, and under a little white noise;
4. sheared, and read off at 40 points.

Their package draws from NumPy's global stream, one example after the other; here all that is random is drawn first,
from a generator, and what follows is exact. Values are in units in which those of the whole population have mean 0
and standard deviation 1, not those of the sample at hand: one example then does not depend on the others.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import torch
from scipy.ndimage import gaussian_filter1d
from torch import Tensor

from hdintuition.networks.data import Dataset

CURVES = np.array(
    [
        [5, 6, 6.5, 6.75, 7, 7, 7, 7, 6.75, 6.5, 6, 5],
        [5, 3, 3, 3.4, 3.8, 4.2, 4.6, 5, 5.4, 5.8, 5, 5],
        [5, 6, 6.5, 6.5, 6, 5.25, 4.75, 4, 3.5, 3.5, 4, 5],
        [5, 6, 6.5, 6.5, 6, 5, 5, 6, 6.5, 6.5, 6, 5],
        [5, 4.4, 3.8, 3.2, 2.6, 2.6, 5, 5, 5, 5, 5, 5],
        [5, 3, 3, 3, 3, 5, 6, 6.5, 6.5, 6, 4.5, 5],
        [5, 4, 3.5, 3.25, 3, 3, 3, 3, 3.25, 3.5, 4, 5],
        [5, 7, 7, 6.6, 6.2, 5.8, 5.4, 5, 4.6, 4.2, 5, 5],
        [5, 4, 3.5, 3.5, 4, 5, 5, 4, 3.5, 3.5, 4, 5],
        [5, 4, 3.5, 3.5, 4, 5, 5, 5, 5, 4.7, 4.3, 5],
    ]
)
PADDING = (36, 60)
FINE, LENGTH = 72, 40
STRETCH, SHEAR, SHIFTS = 0.4, 0.75, 48
GROUND, SMOOTH, WHITE = 0.25, 2.0, 0.02
# Of the values of the population, measured on a million examples.
MEAN, SPREAD = -0.006, 0.1547


@dataclass(frozen=True)
class Draws:
    """All that is random in n examples.

    Attributes:
        digit: Which curve, (n,), int64.
        padding: How many zeros follow, (n,), int64.
        stretch: Times which the curve is taken, (n,).
        shift: By how many points it moves back to the left end and on, (n,), int64.
        ground: Standard normal numbers, (n, 72), for the smooth noise.
        white: The same for the white noise.
        shear: How far the ends move apart, (n,).
    """

    digit: Tensor
    padding: Tensor
    stretch: Tensor
    shift: Tensor
    ground: Tensor
    white: Tensor
    shear: Tensor


def mnist_1d(n: int = 5000, *, generator: torch.Generator) -> Dataset:
    """Signals of 40 points, as many of each digit as of the others (or one more), in random order.

    Args:
        n: How many examples, >= 1. Usual are 4000 to train and 1000 to test.
        generator: Where they come from.

    Raises:
        ValueError: If n is not positive.

    >>> mnist_1d(20, generator=torch.Generator().manual_seed(0)).y.bincount().tolist()
    [2, 2, 2, 2, 2, 2, 2, 2, 2, 2]
    """
    if n < 1:
        raise ValueError(f"n must be >= 1, got {n}")
    draws = draw(n, generator)
    x = ((signals(draws) - MEAN) / SPREAD).to(torch.float32)
    return Dataset(x, draws.digit, "MNIST-1D", classes=10, image=(1, 1, LENGTH))


def draw(n: int, generator: torch.Generator) -> Draws:
    """What is random in n examples."""
    common: dict[str, Any] = {"generator": generator, "device": generator.device}

    def uniform(width: float) -> Tensor:
        return width * (torch.rand(n, dtype=torch.float64, **common) - 0.5)

    def normal() -> Tensor:
        return torch.randn(n, FINE, dtype=torch.float64, **common)

    return Draws(
        digit=torch.randperm(n, **common) % len(CURVES),
        padding=torch.randint(PADDING[0], PADDING[1] + 1, (n,), **common),
        stretch=1 + uniform(STRETCH),
        shift=torch.randint(SHIFTS, (n,), **common),
        ground=normal(),
        white=normal(),
        shear=uniform(SHEAR),
    )


def signals(draws: Draws) -> Tensor:
    """The signals made from what was drawn, (n, 40), float64, in the units of the curves."""
    device = draws.digit.device
    curves, smoothing, reading = (torch.tensor(table, device=device) for table in _tables())
    k = torch.arange(FINE, device=device)
    # Point k of 72 lies at k (12 + padding - 1) / 71 of the padded curve: whole numbers, so that its end is exact.
    at = k * (draws.padding[:, None] + CURVES.shape[1] - 1)
    before = (at // (FINE - 1)).clamp(max=CURVES.shape[1])
    part = (at - before * (FINE - 1)).double() / (FINE - 1)
    curve = curves[draws.digit]
    left, right = curve.gather(1, before), curve.gather(1, (before + 1).clamp(max=CURVES.shape[1]))
    drawn = (left + part * (right - left)) * draws.stretch[:, None]
    back = (k - draws.shift[:, None]) % FINE
    on_curve = (at < CURVES.shape[1] * (FINE - 1)).gather(1, back)
    x = torch.where(on_curve, drawn.gather(1, back), GROUND * draws.ground @ smoothing.T)
    x = x + WHITE * draws.white - draws.shear[:, None] * (k.double() / (FINE - 1) - 0.5)
    return x @ reading.T


@lru_cache(maxsize=1)
def _tables() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The curves with a zero behind, (10, 13); the matrices that smooth, (72, 72), and read off, (40, 72)."""
    curves = CURVES - CURVES.mean(1, keepdims=True)
    curves = curves / curves.std(1, keepdims=True)
    curves = np.pad((curves - curves[:, :1]) / 6, ((0, 0), (0, 1)))
    points = np.linspace(0, FINE - 1, LENGTH)
    reading = np.clip(1 - np.abs(points[:, None] - np.arange(FINE)), 0, None)
    return curves, gaussian_filter1d(np.eye(FINE), SMOOTH, axis=0), reading
