"""Networks whose weights are written down, and what becomes of them when the weights are only nearly right.

A written-down network is exact because its sums are whole numbers. Rounding its weights to few bits, or moving
each by a share of itself, shows how much of that exactness was needed.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from hdintuition.networks.ensemble import Networks


@dataclass(frozen=True)
class CircuitSize:
    """How large a network is.

    Attributes:
        units: Of every hidden layer.
        wires: Weights that are not zero.
        biases: Biases that are not zero.
        parameters: Weights and biases of a dense network of this shape.
    """

    units: tuple[int, ...]
    wires: int
    biases: int
    parameters: int


def circuit_size(nets: Networks) -> CircuitSize:
    """The size of the first member of a stack, counted."""
    weights, biases = [w[0] for w in nets.weights], [b[0] for b in nets.biases]
    return CircuitSize(
        units=nets.sizes[1:-1],
        wires=sum(int(w.count_nonzero()) for w in weights),
        biases=sum(int(b.count_nonzero()) for b in biases),
        parameters=sum(t.numel() for t in weights + biases),
    )


def written(
    *layers: tuple[Tensor, Tensor], dtype: torch.dtype = torch.float32, device: torch.device | str = "cpu"
) -> Networks:
    """A stack of one rectified network, from the weights (out, in) and biases (out,) of every layer.

    >>> written((torch.ones(2, 3), torch.zeros(2)), (torch.ones(1, 2), torch.ones(1)))(torch.ones(4, 3))
    tensor([[7., 7., 7., 7.]])
    """
    weights, biases = (
        [t.to(device, dtype)[None].contiguous() for t in each] for each in zip(*layers, strict=True)
    )
    return Networks(tuple(weights), tuple(biases), "relu")


def rounded(nets: Networks, *, bits: int) -> Networks:
    """The same networks with every weight and bias rounded to so many significant binary digits.

    Args:
        nets: A stack; unchanged.
        bits: Digits of the significand, the leading one included, >= 1: 24 is float32, 8 bfloat16, and 1 leaves
            powers of two.

    Raises:
        ValueError: If bits is below 1.

    >>> rounded(written((torch.tensor([[5.0, 0.3, -7.0]]), torch.zeros(1))), bits=2).weights[0]
    tensor([[[ 4.0000,  0.2500, -8.0000]]])
    """
    if bits < 1:
        raise ValueError(f"bits must be >= 1, got {bits}")
    return nets.with_tensors([_to_bits(t, bits) for t in nets.tensors])


def jostled(nets: Networks, *, share: float, generator: torch.Generator, copies: int = 1) -> Networks:
    """Copies of a stack in which every weight and bias w has become w (1 + share · z), z ~ N(0, 1).

    Zeros stay zero: what is not wired stays unwired.

    Args:
        nets: A stack; unchanged. On the generator's device.
        share: Standard deviation of the relative change, >= 0.
        generator: Where the changes are drawn from.
        copies: How many of each member.

    Returns:
        A stack of copies × members, the copies of the whole stack one behind the other.

    Raises:
        ValueError: If share is negative or copies is below 1.
    """
    if not share >= 0 or copies < 1:
        raise ValueError(f"share must be >= 0 and copies >= 1, got share={share}, copies={copies}")
    many = [t.repeat(copies, *[1] * (t.ndim - 1)) for t in nets.tensors]
    return nets.with_tensors([t * (1 + share * _normal(t, generator)) for t in many])


def sorted_share(nets: Networks, x: Tensor) -> Tensor:
    """The share of the points that are sorted rightly once the outputs are rounded to whole numbers, (members,).

    Args:
        nets: Networks with as many outputs as inputs, n >= 2.
        x: Integers in floating point, (points, n).
    """
    right = nets(x).round() == x.sort(dim=1).values.mT
    return right.all(1).double().mean(1)


def _to_bits(t: Tensor, bits: int) -> Tensor:
    mantissa, exponent = torch.frexp(t)  # the mantissa lies in [1/2, 1)
    return torch.ldexp((mantissa * 2**bits).round() / 2**bits, exponent)


def _normal(like: Tensor, generator: torch.Generator) -> Tensor:
    return torch.randn(like.shape, generator=generator, dtype=like.dtype, device=generator.device)
