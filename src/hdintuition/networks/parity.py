"""Parities: is the number of −1 among some of the bits even? Easy to write down, hard to learn step by step.

The parity of a set S of bits is χ_S(x) = Π_{i in S} x_i, for x in {−1, +1}^d. All 2^d parities are orthonormal under
uniform x, so that by Parseval any function's correlations with them share out a fixed budget. Applied to the
derivatives of a network's output by its parameters: the part of the gradient that tells parities apart,
E[χ_S ∇f], has squared length 2^{−d} E‖∇f‖² on average over S, and at most E‖∇f‖²/C(d, k) over the sets of k bits.
The argument, for variances: S. Shalev-Shwartz, O. Shamir and S. Shammah, Failures of Gradient-Based Deep Learning,
ICML 2017.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor

from hdintuition.networks.ensemble import Networks
from hdintuition.networks.output_jacobian import output_jacobian

MOST_BITS = 16  # beyond it the table of all inputs is too large to enumerate


def parity_bits(n: int, bits: int, *, generator: torch.Generator) -> Tensor:
    """Uniform inputs of ±1, float32, (n, bits), on the generator's device.

    Raises:
        ValueError: If n or bits is below 1.
    """
    if min(n, bits) < 1:
        raise ValueError(f"n and bits must be at least 1, got {n} and {bits}")
    heads = torch.randint(2, (n, bits), generator=generator, device=generator.device, dtype=torch.int8)
    return heads.to(torch.float32).mul_(2).sub_(1)


def parity(x: Tensor, of: Sequence[int] | Tensor) -> Tensor:
    """χ_S(x), the product of the bits named; −1 or +1, of the dtype of x.

    Args:
        x: Inputs of ±1, (…, bits).
        of: The bits that count, at least one.

    Raises:
        ValueError: If no bit is named.

    >>> parity(torch.tensor([[1.0, -1.0, -1.0], [1.0, -1.0, 1.0]]), [1, 2])
    tensor([ 1., -1.])
    """
    which = torch.as_tensor(of, device=x.device)
    if which.numel() < 1:
        raise ValueError("a parity needs at least one bit, got none")
    return x[..., which].prod(-1)


def parity_network(bits: int, of: Sequence[int]) -> Networks:
    """A stack of one network that computes a parity exactly, with as many rectified units as bits count.

    The sum s of the k bits that count is one of −k, −k + 2, …, k, and the parity alternates along them: a zigzag
    of slope ±1, bent by one unit at each step.

    Args:
        bits: Length of an input.
        of: The bits that count: different numbers from 0 to bits − 1.

    Raises:
        ValueError: If a bit is named twice or out of range, or none is named.

    >>> x = torch.tensor([[1.0, 1.0, 1.0], [1.0, -1.0, 1.0], [-1.0, -1.0, 1.0]])
    >>> parity_network(3, [0, 1])(x)
    tensor([[ 1., -1.,  1.]])
    """
    k = len(of)
    if k < 1 or len(set(of)) < k or min(of) < 0 or max(of) >= bits:
        raise ValueError(f"of must name different bits from 0 to {bits - 1}, got {list(of)}")
    into = torch.zeros(1, k, bits)
    into[:, :, list(of)] = 1
    bends = 2.0 * (-1.0) ** torch.arange(k)
    bends[0] /= 2
    first = (-1.0) ** k  # the parity where all bits are −1
    knots = torch.arange(k, dtype=torch.float32)[None] * -2 + k
    return Networks((into, -first * bends[None, None]), (knots, torch.full((1, 1), first)))


def parity_signal(nets: Networks, bits: int) -> Tensor:
    """How much of the gradient tells one parity from another, by the number of bits that count.

    Exact, over all 2^bits inputs: the mean over the sets S of k bits of ‖E[χ_S ∇f]‖² / E‖∇f‖², the part of the
    squared gradient of the output that belongs to one parity. Weighted by the number of sets these parts sum to 1,
    so none is larger than 1/C(bits, k).

    Args:
        nets: A stack of networks with one output.
        bits: Inputs of the networks, at most 16.

    Returns:
        (members, bits + 1), for k = 0, …, bits; float64.

    Raises:
        ValueError: If the networks do not have so many inputs and one output, or there are too many bits.
    """
    if nets.sizes[0] != bits or nets.outputs != 1 or bits > MOST_BITS:
        raise ValueError(
            f"networks of {bits} inputs (at most {MOST_BITS}) and one output needed, got {nets.sizes}"
        )
    device = nets.tensors[0].device
    codes = torch.arange(2**bits, device=device)
    flipped = codes[:, None] >> torch.arange(bits, device=device) & 1
    x = (1 - 2 * flipped).to(nets.tensors[0].dtype)
    count = flipped.sum(1)  # of the bits of S, for the S with this code
    degrees = torch.arange(bits + 1, device=device)
    sets = torch.tensor([math.comb(bits, k) for k in range(bits + 1)], dtype=torch.float64, device=device)
    found = []
    for i in range(len(nets)):
        rows = output_jacobian(nets[i : i + 1], x).dense()[0].to(torch.float64)
        power = _walsh(rows).square().sum(1)
        weight = torch.zeros(bits + 1, dtype=torch.float64, device=device).index_add_(0, count, power)
        found.append(weight[degrees] / sets / power.sum())
    return torch.stack(found)


def _walsh(rows: Tensor) -> Tensor:
    """E[χ_S rows] for every set S, coded like the inputs; (2^bits, columns) to the same shape."""
    total = len(rows)
    bits = total.bit_length() - 1
    for i in range(bits):
        pairs = rows.view(2 ** (bits - 1 - i), 2, 2**i, -1)
        rows = torch.stack([pairs[:, 0] + pairs[:, 1], pairs[:, 0] - pairs[:, 1]], dim=1)
    return rows.reshape(total, -1) / total
