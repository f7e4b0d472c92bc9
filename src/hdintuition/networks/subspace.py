"""Training in a random slice through the start: θ = θ₀ + P z, with P fixed and z all that is trained.

P has orthonormal columns and is drawn uniformly, so that the slice {θ₀ + P z} is a flat of so many dimensions through
θ₀ that prefers no direction, and the way that z has gone is the way that θ has gone. The gradient by z is Pᵀ times
the gradient by θ. (C. Li, H. Farkhoor, R. Liu and J. Yosinski, Measuring the Intrinsic Dimension of Objective
Landscapes, ICLR 2018; they scale the columns to length 1 and leave them nearly orthogonal.)

Slices are a stack like any other: :func:`~hdintuition.networks.training.train` walks them, with every optimiser, and
its trace tells the distance from the start. A member's P takes parameters times dimensions of memory.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from hdintuition.networks.ensemble import Networks
from hdintuition.networks.stack import Stack


@dataclass(frozen=True)
class Slices(Stack):
    """A stack of networks that can move in a slice only; calling it evaluates them.

    Attributes:
        start: The networks at z = 0.
        basis: Each member's P, (members, parameters, dimensions), orthonormal columns.
        z: Where each member is in its slice, (members, dimensions).
    """

    start: Networks
    basis: Tensor
    z: Tensor

    @property
    def tensors(self) -> tuple[Tensor, ...]:
        """The one tensor of parameters, z."""
        return (self.z,)

    def with_tensors(self, tensors: Sequence[Tensor]) -> Slices:
        """The same slices at other places."""
        return replace(self, z=tensors[0])

    def __getitem__(self, which: Tensor | slice | list[int] | int) -> Slices:
        """The chosen members, each with its own slice."""
        if isinstance(which, int):
            which = slice(which, which + 1 or None)
        return Slices(self.start[which], self.basis[which], self.z[which])

    @property
    def networks(self) -> Networks:
        """The networks at z, as a stack that can move anywhere."""
        return self.start.with_parameters(self._there(self.start.parameters))

    def __call__(self, x: Tensor) -> Tensor:
        """The outputs of every member at every point, as :class:`Networks` gives them."""
        return self.networks(x)

    @property
    def inputs(self) -> tuple[int, ...]:
        """The shape of one point."""
        return self.start.inputs

    @property
    def outputs(self) -> int:
        """How many outputs a network has."""
        return self.start.outputs

    @property
    def widest(self) -> int:
        """The most numbers that one layer passes on for one point."""
        return self.start.widest

    def backpropagation(self, gradients: Slices) -> SliceGradient:
        """The gradient by z, written into the z of another stack."""
        return SliceGradient(self, gradients)

    def _there(self, origin: Tensor, out: Tensor | None = None) -> Tensor:
        """θ₀ + P z, (members, parameters)."""
        # z and gradients as rows: products with a single column take ten times as long on a CPU.
        there = None if out is None else out[:, None]
        return torch.baddbmm(origin[:, None], self.z[:, None], self.basis.mT, out=there)[:, 0]


class SliceGradient:
    """From the loss's slopes to the gradient by z, by way of the whole gradient; see :class:`~.stack.Gradient`."""

    def __init__(self, slices: Slices, gradients: Slices) -> None:
        self.slices, self.into = slices, gradients.z[:, None]
        self.origin = slices.start.parameters
        self.theta, self.slope = self.origin.clone(), torch.zeros_like(self.origin)
        self.inner = slices.start.with_parameters(self.theta).backpropagation(
            slices.start.with_parameters(self.slope)
        )

    def __call__(
        self, x: Tensor, slopes: Callable[[Tensor], Tensor], *, first: bool = True, scale: float = 1.0
    ) -> Tensor:
        """The outputs at x; as :class:`~.stack.Gradient` says."""
        self.slices._there(self.origin, out=self.theta)
        f = self.inner(x, slopes, first=first, scale=scale)
        # What was added before is still in the whole gradient.
        torch.bmm(self.slope[:, None], self.slices.basis, out=self.into)
        return f


def random_slices(nets: Networks, dimensions: int, *, generator: torch.Generator) -> Slices:
    """A slice of so many dimensions through every member, each in its own uniformly random direction.

    Args:
        nets: Where the slices pass through; they start there, at z = 0.
        dimensions: Of every slice, from 1 to the number of a member's parameters.
        generator: Where the directions come from, on the device of the networks.

    Raises:
        ValueError: If there are fewer than one or more dimensions than parameters.

    >>> from hdintuition.networks.ensemble import mlp
    >>> nets = mlp([2, 3, 1], members=5, generator=torch.Generator().manual_seed(0))
    >>> random_slices(nets, 4, generator=torch.Generator().manual_seed(1)).basis.shape
    torch.Size([5, 13, 4])
    """
    members, parameters = nets.parameters.shape
    if not 1 <= dimensions <= parameters:
        raise ValueError(f"dimensions must lie from 1 to {parameters}, the parameters, got {dimensions}")
    like = nets.parameters
    drawn = torch.randn(
        (members, parameters, dimensions), generator=generator, dtype=like.dtype, device=generator.device
    )
    # The Q of a Gaussian matrix; which sign its columns have does not matter to a slice.
    basis = torch.linalg.qr(drawn).Q
    return Slices(nets, basis, like.new_zeros(members, dimensions))
