"""Gradient descent on deep linear networks, x ↦ W_D ⋯ W_1 x, many at once, on the loss ½‖W_D ⋯ W_1 − target‖².

That is the squared loss over all inputs when they are white, E[x xᵀ] = I, up to a constant. Every local minimum is
global and every other critical point a saddle (K. Kawaguchi, Deep Learning without Poor Local Minima, NeurIPS 2016);
how descents pass the saddles: A. Saxe, J. McClelland and S. Ganguli, ICLR 2014.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from itertools import accumulate

import torch
from torch import Tensor


def chain(layers: Sequence[Tensor]) -> Tensor:
    """The product W_D ⋯ W_1 of layers W_1, …, W_D, each (members, outputs of the layer, inputs of the layer).

    >>> chain([torch.full((1, 1, 1), 2.0), torch.full((1, 1, 1), 3.0)])
    tensor([[[6.]]])
    """
    return reduce(lambda done, layer: layer @ done, layers)


def linear_descent(
    layers: Sequence[Tensor], target: Tensor, *, rate: float, moments: Sequence[int]
) -> Tensor:
    """The losses of deep linear networks on their way down.

    Args:
        layers: Where they start: W_1, …, W_D, each (members, outputs of the layer, inputs of the layer); left as
            they are.
        target: What each product should be, (members, outputs, inputs).
        rate: Length of a step over the gradient's.
        moments: After which steps to look, rising; the last one ends the descent.

    Returns:
        Losses, (moments, members).

    Raises:
        ValueError: If there is no layer, or the moments do not rise from 0 or above.
    """
    moments = list(moments)
    if not layers or not moments or moments != sorted(set(moments)) or moments[0] < 0:
        raise ValueError(f"at least one layer and rising moments are needed, got {len(layers)} and {moments}")
    w = [layer.clone() for layer in layers]
    losses: list[Tensor] = []
    for step in range(moments[-1] + 1):
        before = list(accumulate(w, lambda done, layer: layer @ done))  # W_l ⋯ W_1
        behind = before[-1] - target  # the slope in what the layers up to here have made
        if step == moments[len(losses)]:
            losses.append(behind.square().sum((1, 2)) / 2)
        for layer in range(len(w) - 1, -1, -1):
            passed = w[layer].mT @ behind if layer else behind
            w[layer] -= rate * (behind @ before[layer - 1].mT if layer else behind)
            behind = passed
    return torch.stack(losses)
