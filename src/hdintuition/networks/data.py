"""A set of examples, and how it is split into parts.

Real data come with packages that are installed anyway, and are checked: their bytes, in one canonical form, have
to have a known SHA-256, so that a number in this book can be made again or it is said why not.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor


@dataclass(frozen=True)
class Dataset:
    """Examples: inputs with their targets.

    Attributes:
        x: Inputs, (n, inputs), float32; images are flat, row by row.
        y: Classes, (n,), int64; or real targets, (n,) or (n, outputs), float32.
        name: What they are.
        classes: How many classes there are; None for real targets.
        image: Channels, height and width of an input, if it is an image.
    """

    x: Tensor
    y: Tensor
    name: str
    classes: int | None = None
    image: tuple[int, int, int] | None = None

    def __len__(self) -> int:
        return len(self.x)

    def __getitem__(self, which: Tensor | slice | list[int]) -> Dataset:
        """The chosen examples: by boolean mask, by indices or by slice."""
        return replace(self, x=self.x[which], y=self.y[which])

    def to(self, device: str | torch.device) -> Dataset:
        """The same examples on a device."""
        return replace(self, x=self.x.to(device), y=self.y.to(device))

    def split(
        self, sizes: Sequence[int], *, generator: torch.Generator, standardise: bool = False
    ) -> tuple[Dataset, ...]:
        """Random parts without common examples, each with nearly the same share of every class.

        Any stretch of a part, too, holds its classes in nearly equal shares: ``train[:100]`` is a smaller training
        set. All parts lie on the generator's device.

        Args:
            sizes: How many examples each part gets, such as [4000, 500, 500]; what is left over is in no part.
            generator: Where the choice comes from.
            standardise: Move and stretch all parts alike so that in the first one every input has mean 0 and
                their mean square is 1. The other parts have no say in it.

        Raises:
            ValueError: If a size is not positive or there are not as many examples.

        >>> examples = Dataset(torch.randn(90, 2), torch.arange(90) % 3, "thirds", 3)
        >>> train, test = examples.split([60, 30], generator=torch.Generator().manual_seed(0))
        >>> train.y.bincount().tolist(), test.y.bincount().tolist()
        ([20, 20, 20], [10, 10, 10])
        """
        if not sizes or min(sizes) < 1 or sum(sizes) > len(self):
            raise ValueError(
                f"sizes of parts must be >= 1 and add up to at most {len(self)}, the number of examples in "
                f"{self.name}, got {list(sizes)}"
            )
        everything = self.to(generator.device)
        order = _mixed(everything, generator)
        parts = [everything[which] for which in order[: sum(sizes)].split(list(sizes))]
        return tuple(_standardised(parts) if standardise else parts)


def check_bytes(array: np.ndarray, sha256: str, what: str) -> None:
    """Refuse data other than those this book was made with.

    Args:
        array: Taken byte by byte, row by row, in the order of the machine-independent little end.
        sha256: The known hash.
        what: What and where the array is, to be named in the message.

    Raises:
        RuntimeError: If the hash is another.
    """
    canonical = np.ascontiguousarray(array, dtype=array.dtype.newbyteorder("<"))
    found = hashlib.sha256(canonical.tobytes()).hexdigest()
    if found != sha256:
        raise RuntimeError(f"{what}: SHA-256 {found}, expected {sha256}")


def _mixed(data: Dataset, generator: torch.Generator) -> Tensor:
    """A random order of the examples in which the classes are spread evenly.

    The k-th of n examples of a class, in random order, stands at (k + 1/2)/n of the way.
    """
    shuffled = torch.randperm(len(data), generator=generator, device=generator.device)
    if data.classes is None:
        return shuffled
    y = data.y[shuffled]
    place = torch.empty(len(data), dtype=torch.float64, device=y.device)
    for label in y.unique():
        mine = y == label
        count = int(mine.sum())
        place[mine] = (torch.arange(count, dtype=torch.float64, device=y.device) + 0.5) / count
    return shuffled[place.argsort(stable=True)]


def _standardised(parts: list[Dataset]) -> list[Dataset]:
    mean = parts[0].x.mean(0)
    size = (parts[0].x - mean).square().mean().sqrt()
    if not size > 0:
        raise ValueError(
            f"all inputs of the first part of {parts[0].name} are equal: they cannot be standardised"
        )
    return [replace(part, x=(part.x - mean) / size) for part in parts]
