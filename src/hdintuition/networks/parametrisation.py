"""How width enters a network: the spread of the start, a factor on every layer, and a factor on its rate.

Three ways to write the same multilayer perceptron z = m_w · W h + m_b · b:

* ``standard``: m = 1 and W ~ N(0, c/fan_in), c = 2 for rectified units (K. He, X. Zhang, S. Ren and J. Sun,
  Delving Deep into Rectifiers, ICCV 2015) and 1 for others. The start of this book and of most software.
* ``ntk``: W ~ N(0, 1) and m = √(c/fan_in) (A. Jacot, F. Gabriel and C. Hongler, Neural Tangent Kernel,
  NeurIPS 2018). The same function at the start; in the limit of infinite width it moves as a linear model.
* ``mu``: what a step changes stays the same for every width, in every layer (G. Yang and E. J. Hu, Tensor
  Programs IV, ICML 2021; G. Yang et al., Tensor Programs V, NeurIPS 2021), as long as all hidden widths grow
  alike. Written relative to a base width, at which it is the standard one, so that a rate tuned there can be kept.

A bias is the weight of one more input that is always 1: it starts and is multiplied as the weights of its layer
are, except under ``mu``, where a bias has no input that grows with the width.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal, get_args

Parametrisation = Literal["standard", "ntk", "mu"]
Activation = Literal["relu", "tanh", "linear"]
BASE = 64  # the width at which ``mu`` is ``standard``, unless another is given


@dataclass(frozen=True)
class Scales:
    """What one tensor of parameters is scaled by.

    Attributes:
        start: Standard deviation at the start, for a gain of 1.
        multiplier: What the tensor is multiplied by whenever it is used.
        sgd: What the rate is multiplied by under plain and momentum descent.
        adam: The same under optimisers that divide by the size of the gradient.
    """

    start: float
    multiplier: float = 1.0
    sgd: float = 1.0
    adam: float = 1.0


def scales(
    sizes: Sequence[int],
    *,
    activation: Activation = "relu",
    parametrisation: Parametrisation = "standard",
    base: int = BASE,
) -> tuple[tuple[Scales, Scales], ...]:
    """The scales of every layer's weights and biases, in order.

    Args:
        sizes: Inputs, hidden widths and outputs.
        activation: Of the hidden units; rectified ones start √2 wider.
        parametrisation: ``standard``, ``ntk`` or ``mu``.
        base: The width at which ``mu`` is ``standard``; the others do not look at it.

    Raises:
        ValueError: If a name is unknown or base is below 1.

    >>> weights, biases = scales([40, 128, 10], parametrisation="mu", base=64)[-1]
    >>> weights.multiplier, weights.sgd, biases.sgd
    (0.5, 2.0, 1.0)
    """
    for name, given, allowed in (
        ("activation", activation, get_args(Activation)),
        ("parametrisation", parametrisation, get_args(Parametrisation)),
    ):
        if given not in allowed:
            raise ValueError(f"{name} must be one of {', '.join(allowed)}, got {given!r}")
    if base < 1:
        raise ValueError(f"base, the width at which mu is standard, must be >= 1, got {base}")
    c = 2.0 if activation == "relu" else 1.0
    layers = list(pairwise(sizes))
    if parametrisation == "mu":
        return tuple(_mu(i, layers, c, base) for i in range(len(layers)))
    spreads = [(c / fan_in) ** 0.5 for fan_in, _ in layers]
    if parametrisation == "ntk":
        return tuple((Scales(1.0, s), Scales(1.0, s)) for s in spreads)
    return tuple((Scales(s), Scales(s)) for s in spreads)


def _mu(layer: int, layers: list[tuple[int, int]], c: float, base: int) -> tuple[Scales, Scales]:
    """The table of Tensor Programs V for input, hidden and output weights, in units of the base width."""
    fan_in, fan_out = layers[layer]
    first, last = layer == 0, layer == len(layers) - 1
    wider_in = 1.0 if first else fan_in / base
    wider_out = 1.0 if last else fan_out / base
    # What a bias, or the last layer's weights, would start from at the base width.
    based = (c / (fan_in if first else base)) ** 0.5
    bias = Scales(based, 1.0, wider_out, 1.0)
    if first:
        return Scales(based, 1.0, wider_out, 1.0), bias
    if last:
        return Scales(based, 1 / wider_in, wider_in, 1.0), bias
    # Exactly 1 for equal widths; between unequal ones the step of a layer goes with its output over its input.
    return Scales((c / fan_in) ** 0.5, 1.0, wider_out / wider_in, 1 / wider_in), bias
