"""Hidden units of one network put in the order in which they match those of another.

Hidden units can be permuted, together with the weights that lead to and from them, without changing the
function. Weight matching looks for the permutations that bring the parameters of b nearest to those of a, in other
words that maximise their inner product. With the permutations of the neighbouring layers held, the best one of a
layer is a linear assignment problem, which is solved exactly; going over the layers again and again never lowers
the inner product and ends in a local maximum (S. K. Ainsworth, J. Hayase and S. Srinivasa, Git Re-Basin, ICLR 2023).

Here the first round goes upwards, and a layer looks only at neighbours that are in place already: the layer
below and, for the last hidden layer, the outputs. Weights count as they act, times their multiplier. Other
symmetries (the sign of tanh units, the scale of rectified ones) are left alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from scipy.optimize import linear_sum_assignment
from torch import Tensor

from hdintuition.networks.ensemble import Networks

GAIN = 1e-9  # a permutation whose inner product is relatively larger by less is a tie


@dataclass(frozen=True)
class Matching:
    """A stack in the order of another.

    Attributes:
        networks: The members of b, their hidden units permuted.
        permutations: One tensor a hidden layer, (members, units), int64: unit i is what was unit
            permutations[i].
        distance: Between the parameters of a and of networks, (members,).
        rounds: After how many rounds over the layers nothing changed any more.
    """

    networks: Networks
    permutations: tuple[Tensor, ...]
    distance: Tensor
    rounds: int


def permute_units(nets: Networks, permutations: Sequence[Tensor]) -> Networks:
    """The same functions with the hidden units in another order.

    Args:
        nets: The stack.
        permutations: One tensor a hidden layer, (members, units), int64: which unit stands at each place. Of
            shape (units,) it holds for all members.

    Raises:
        ValueError: If a permutation is none, or there is not one for each hidden layer.
    """
    widths = nets.sizes[1:-1]
    if len(permutations) != len(widths):
        raise ValueError(f"one permutation a hidden layer, of {widths}, needed, got {len(permutations)}")
    for layer, order in enumerate(permutations):
        nets = _reordered(nets, layer, _order(order, len(nets), widths[layer]))
    return nets


def match_weights(a: Networks, b: Networks, *, rounds: int = 100) -> Matching:
    """The members of b with their hidden units in the order that matches those of a.

    Args:
        a: What to match.
        b: What is permuted, a stack of as many members of the same shape.
        rounds: At most so many rounds over the layers.

    Raises:
        ValueError: If the stacks differ in shape.
    """
    if a.sizes != b.sizes or len(a) != len(b):
        raise ValueError(
            f"matching needs two stacks of as many members of one shape, "
            f"got {len(a)} of {a.sizes} and {len(b)} of {b.sizes}"
        )
    layers = range(len(a.sizes) - 2)
    device = a.weights[0].device
    found = [torch.arange(width, device=device).repeat(len(a), 1) for width in a.sizes[1:-1]]
    moving = torch.ones(len(a), dtype=torch.bool)
    done = 0
    while done < rounds and bool(moving.any()):
        settled = done > 0
        moved = torch.zeros_like(moving)
        for layer in layers:
            above = settled or layer == layers[-1]
            order = _assigned(_profit(a, b, layer, above=above), moving)
            moved |= (order != torch.arange(order.shape[1])).any(1)
            order = order.to(device)
            found[layer] = found[layer].gather(1, order)
            b = _reordered(b, layer, order)
        moving = moving & (moved | (not settled))
        done += 1
    return Matching(b, tuple(found), (a.parameters - b.parameters).norm(dim=1), done)


def _profit(a: Networks, b: Networks, layer: int, *, above: bool) -> Tensor:
    """What each unit of b, (…, j), adds to the inner product at each place, (…, i), if its neighbours stay."""
    for_w, for_b = a.multipliers[layer]
    profit = for_w**2 * (a.weights[layer] @ b.weights[layer].mT)
    profit += for_b**2 * a.biases[layer][:, :, None] * b.biases[layer][:, None, :]
    if above:
        profit += a.multipliers[layer + 1][0] ** 2 * (a.weights[layer + 1].mT @ b.weights[layer + 1])
    return profit


def _assigned(profit: Tensor, moving: Tensor) -> Tensor:
    """The order of largest profit, (members, units), on the CPU; as it was for members at rest and in ties."""
    orders = torch.arange(profit.shape[1]).repeat(len(profit), 1)
    host = profit.detach().to("cpu", torch.float64)
    for member in moving.nonzero().flatten().tolist():
        each = host[member]
        order = torch.from_numpy(linear_sum_assignment(each.numpy(), maximize=True)[1])
        before, after = each.diagonal().sum(), each.gather(1, order[:, None]).sum()
        if after - before > GAIN * each.abs().amax(1).sum():
            orders[member] = order
    return orders


def _reordered(nets: Networks, layer: int, order: Tensor) -> Networks:
    weights, biases = list(nets.weights), list(nets.biases)
    weights[layer] = weights[layer].take_along_dim(order[:, :, None], 1)
    biases[layer] = biases[layer].take_along_dim(order, 1)
    weights[layer + 1] = weights[layer + 1].take_along_dim(order[:, None, :], 2)
    return nets.with_tensors([t for pair in zip(weights, biases, strict=True) for t in pair])


def _order(order: Tensor, members: int, width: int) -> Tensor:
    counted = torch.arange(width, device=order.device)
    if order.shape[-1:] != (width,) or not bool((order.sort(dim=-1).values == counted).all()):
        raise ValueError(f"a permutation must hold 0 to {width - 1} once each, got {order.tolist()}")
    return order.expand(members, width)
