"""What every stack of networks of one shape can do, whatever its networks are made of.

A stack holds some tensors of parameters, the member axis first in each of them. All that is below follows from
those tensors and from the way to put other ones in their place.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from typing import Any, Protocol, Self

import torch
from torch import Tensor

from hdintuition.networks.parametrisation import Scales


class Gradient(Protocol):
    """What :meth:`Stack.backpropagation` gives."""

    def __call__(
        self, x: Tensor, slopes: Callable[[Tensor], Tensor], *, first: bool = True, scale: float = 1.0
    ) -> Tensor:
        """The outputs at x; the gradients go into (``first``) or are added to the tensors given before.

        Args:
            x: (points, inputs), or each member's own (members, points, inputs).
            slopes: From the outputs, (members, outputs, points), to the derivative of what is to be
                differentiated by them.
            first: Put the gradients in place; else add to what is there.
            scale: Times which the gradients are taken.
        """


class Stack(ABC):
    """Networks of one shape, side by side."""

    @property
    @abstractmethod
    def tensors(self) -> tuple[Tensor, ...]:
        """All parameters, (members, …) each."""

    @abstractmethod
    def with_tensors(self, tensors: Sequence[Tensor]) -> Self:
        """The same networks with other parameters, given as :attr:`tensors` gives them."""

    @abstractmethod
    def __call__(self, x: Tensor) -> Tensor:
        """The outputs at x: (members, points) for networks with one output, else (members, outputs, points)."""

    @abstractmethod
    def backpropagation(self, gradients: Any) -> Gradient:
        """The gradient of this stack, written into the tensors of another of the same shape."""

    @property
    @abstractmethod
    def inputs(self) -> tuple[int, ...]:
        """The shape of one point."""

    @property
    @abstractmethod
    def outputs(self) -> int:
        """How many outputs a network has."""

    @property
    @abstractmethod
    def widest(self) -> int:
        """The most numbers that one layer passes on for one point."""

    @property
    def tensor_scales(self) -> tuple[Scales, ...]:
        """The scales of :attr:`tensors`, in their order; here nothing is scaled."""
        return (Scales(1.0),) * len(self.tensors)

    @property
    def parameters(self) -> Tensor:
        """All parameters of a member in one row, (members, parameters), in the order of :attr:`tensors`."""
        return torch.cat([t.flatten(1) for t in self.tensors], dim=1)

    def with_parameters(self, flat: Tensor) -> Self:
        """The same networks with other parameters, as views of rows such as :attr:`parameters` gives.

        Args:
            flat: (members, parameters); any number of members. Derivatives flow through.

        Raises:
            ValueError: If the rows do not have as many numbers as a member has parameters.
        """
        shapes = [t.shape[1:] for t in self.tensors]
        counts = [shape.numel() for shape in shapes]
        if flat.ndim != 2 or flat.shape[1] != sum(counts):
            raise ValueError(f"parameters must be (members, {sum(counts)}), got {tuple(flat.shape)}")
        parts = flat.split(counts, dim=1)
        return self.with_tensors(
            [part.unflatten(1, shape) for part, shape in zip(parts, shapes, strict=True)]
        )

    def __len__(self) -> int:
        return self.tensors[0].shape[0]

    def __getitem__(self, which: Tensor | slice | list[int] | int) -> Self:
        """The chosen members, as a stack: by boolean mask, by indices, by slice, or a single one."""
        if isinstance(which, int):
            which = slice(which, which + 1 or None)
        return self.with_tensors([t[which] for t in self.tensors])
