"""Stacks of matrix products written into memory that is there, by NumPy or by torch.

torch's products on a CPU (MKL in the wheels) go by who made the processor, and NumPy's (OpenBLAS in the wheels) by
what it can do. Where that is AVX-512 they are left to NumPy, unless torch may share them among several threads; the
book's page of benchmarks says what that is worth. Each matrix is multiplied by itself, so that no member's last bit
hangs on how many others there are.
"""

from __future__ import annotations

from functools import cache

import numpy as np
import torch
from threadpoolctl import threadpool_info
from torch import Tensor

WIDE = {"skylakex", "cooperlake", "sapphirerapids"}  # OpenBLAS's names of its kernels for AVX-512
SMALL = 10**6  # multiplications up to which these take the factors as they lie, instead of packing them first
FEW = 1200  # entries of a result up to which they do so even if the second factor alone is turned


def multiply(a: Tensor, b: Tensor, out: Tensor, *, scale: float = 1.0, keep: bool = False) -> Tensor:
    """``out`` ← scale · a b, matrix by matrix; with ``keep`` that is added to what is there.

    No derivatives are recorded.

    Args:
        a: (members, rows, inner).
        b: (members, inner, columns), of the same dtype.
        out: (members, rows, columns), none of the factors. Without ``keep`` what it holds, NaN too, does not count.
        scale: A number.
        keep: Add instead of replacing.

    Returns:
        ``out``.
    """
    if out.device.type != "cpu" or torch.get_num_threads() > 1 or not by_numpy():
        return out.baddbmm_(a, b, beta=float(keep), alpha=scale)
    there = torch.empty_like(out) if keep else out
    with np.errstate(all="ignore"):  # a member that is lost is noticed elsewhere
        np.matmul(*_laid(a.numpy(), b.numpy()), out=there.numpy())
    if keep:
        return out.add_(there, alpha=scale)
    return out if scale == 1 else out.mul_(scale)


@cache
def by_numpy() -> bool:
    """Whether NumPy's library has kernels for AVX-512, and uses them here."""
    return any(str(library.get("architecture")).lower() in WIDE for library in threadpool_info())


def _laid(a: np.ndarray, b: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The factors, the first turned in memory where the second is and packing both would take longer."""
    if a.strides[2] < a.strides[1] and b.strides[1] < b.strides[2]:  # the second alone is turned
        (_, rows, inner), columns = a.shape, b.shape[2]
        if rows * columns > FEW and rows * columns * inner <= SMALL:
            return np.ascontiguousarray(a.transpose(0, 2, 1)).transpose(0, 2, 1), b
    return a, b
