"""Stacks of symmetric matrices that are known only by what they do to vectors.

A Hessian of P parameters has P² entries, but multiplying it with a vector costs about one gradient. Everything
that asks for eigenvalues therefore takes an :class:`Operator`: S matrices, one a member, each P × P, which are
multiplied with S vectors at once. One of them is made by :func:`hdintuition.networks.products.hessian`, or by
:func:`matrices` from matrices that are written out.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from hdintuition.networks.denormals import flushed

CACHE = 2**20  # bytes: a batched pass pays on a CPU while its work stays in a core's cache


@dataclass(frozen=True)
class Operator:
    """A stack of symmetric matrices, (members, size, size), to be called on vectors.

    Attributes:
        members: How many matrices.
        size: How many rows each has.
        dtype: Of the vectors.
        device: Of the vectors.
        one: One product a member, (members, size) → (members, size), unchecked. Who calls it or ``many`` many
            times sees to denormal numbers, once (:mod:`hdintuition.networks.denormals`).
        many: Several at once, (vectors, members, size) → (vectors, members, size), unchecked.
        vector_bytes: Gives how much memory one more vector for every member takes on the way through ``many``.
    """

    members: int
    size: int
    dtype: torch.dtype
    device: torch.device
    one: Callable[[Tensor], Tensor]
    many: Callable[[Tensor], Tensor]
    vector_bytes: Callable[[], int]

    def __call__(self, vectors: Tensor) -> Tensor:
        """The products.

        Args:
            vectors: (members, size), or several a member, (members, vectors, size).

        Returns:
            Of the shape of the vectors.

        Raises:
            ValueError: If the vectors are of another shape or dtype.
        """
        fits = vectors.ndim in (2, 3) and (vectors.shape[0], vectors.shape[-1]) == (self.members, self.size)
        if not fits or vectors.dtype != self.dtype:
            raise ValueError(
                f"vectors must have shape ({self.members}, {self.size}) or ({self.members}, vectors, {self.size}) "
                f"and {self.dtype}, got {tuple(vectors.shape)} and {vectors.dtype}"
            )
        with flushed():
            if vectors.ndim == 2:
                return self.one(vectors)
            if vectors.shape[1] == 0:
                return vectors.clone()
            parts = vectors.transpose(0, 1).split(self.together())
            return torch.cat([self.many(part) for part in parts]).transpose(0, 1)

    def together(self) -> int:
        """How many vectors a member one pass takes: on a CPU, as many as stay in its cache together.

        The last bit of a product may depend on how many are taken at once, and so on the size of the stack;
        products with one vector a member never do.
        """
        if self.device.type != "cpu":
            return 64  # a GPU is filled by then
        return max(1, CACHE // max(self.vector_bytes(), 1))


def matrices(stack: Tensor) -> Operator:
    """The operator of matrices that are written out.

    Args:
        stack: Symmetric matrices, (members, size, size), or one, (size, size).

    Raises:
        ValueError: If they are not square.

    >>> matrices(torch.tensor([[2.0, 1.0], [1.0, 2.0]]))(torch.tensor([[1.0, 1.0]]))
    tensor([[3., 3.]])
    """
    if stack.ndim not in (2, 3) or stack.shape[-1] != stack.shape[-2] or stack.shape[-1] == 0:
        raise ValueError(f"matrices must be square, (members, size, size), got {tuple(stack.shape)}")
    stack = stack.detach().reshape(-1, *stack.shape[-2:])
    members, size = stack.shape[:2]
    return Operator(
        members=members,
        size=size,
        dtype=stack.dtype,
        device=stack.device,
        one=lambda v: torch.bmm(v[:, None], stack)[:, 0],
        many=lambda v: torch.bmm(v.transpose(0, 1), stack).transpose(0, 1),
        vector_bytes=lambda: members * size * stack.element_size(),
    )
