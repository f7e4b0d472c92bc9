"""Curvature matrices written out, row blocks at a time and within a stated memory."""

from __future__ import annotations

import torch
from torch import Tensor

from hdintuition.networks.denormals import flushed
from hdintuition.networks.operators import Operator

MEMORY = 2**31


def dense(operator: Operator, *, memory: int = MEMORY) -> Tensor:
    """The matrices of an operator, (members, size, size), exactly symmetric, in its dtype and on its device.

    Row i is the product with the i-th unit vector; as many rows are computed at once as the memory allows and
    the processor likes. For eigenvalues in full precision, give an operator of float64 parameters.

    Args:
        operator: Such as ``hessian(loss, parameters)``.
        memory: Bytes that the matrices and the work on them may take together, beside the operator itself.

    Raises:
        ValueError: If the matrices and the work on a single row do not fit into the memory.

    >>> from hdintuition.networks.products import hessian
    >>> dense(hessian(lambda w: (w[:, 0] * w[:, 1] ** 2), torch.tensor([[1.0, 3.0]])))
    tensor([[[0., 6.],
             [6., 2.]]])
    """
    members, size = operator.members, operator.size
    rows = _rows(operator, memory)
    found = torch.empty(members, size, size, dtype=operator.dtype, device=operator.device)
    for start in range(0, size, rows):
        stop = min(start + rows, size)
        unit = torch.zeros(stop - start, size, dtype=operator.dtype, device=operator.device)
        unit.diagonal(start).fill_(1)
        with flushed():
            found[:, start:stop] = operator.many(unit[:, None].expand(-1, members, -1)).transpose(0, 1)
    _symmetrise(found, rows)
    return found


def _rows(operator: Operator, memory: int) -> int:
    item = torch.empty(0, dtype=operator.dtype).element_size()
    result = operator.members * operator.size**2 * item
    each = operator.vector_bytes() + 3 * operator.members * operator.size * item
    if result + each > memory:
        raise ValueError(
            f"{operator.members} matrices of size {operator.size} take {result:,} bytes and the work on one row "
            f"{each:,} more, memory is {memory:,}: raise memory, pass fewer members, or ask for the outermost "
            "eigenvalues (lanczos) or the spectral density (slq)"
        )
    return min((memory - result) // each, operator.together(), operator.size)


def _symmetrise(stack: Tensor, rows: int) -> None:
    """In place, the mean with the transpose: rounding differs on the two sides of the diagonal."""
    for start in range(0, stack.shape[-1], rows):
        stop = start + rows
        mean = (stack[:, start:stop, start:] + stack[:, start:, start:stop].mT) / 2
        stack[:, start:stop, start:] = mean
        stack[:, start:, start:stop] = mean.mT
