"""A stack of multilayer perceptrons of one shape, evaluated together.

Layout: the points come last, (members, units, points), so that no layer has to transpose and elementwise
steps run over contiguous memory. The last layer is linear.

A fresh stack is a draw from the usual random initialisation, which is also the prior of this book: every
weight, and every bias (as the weight of one more input that is always 1), comes from
N(0, gain² · c / fan_in), with c = 2 for rectified units, f(z) = max(z, 0), after K. He, X. Zhang, S. Ren and
J. Sun, Delving Deep into Rectifiers, ICCV 2015, and c = 1 for others. Other ways to let width enter:
:mod:`hdintuition.networks.parametrisation`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import torch
from torch import Tensor

from hdintuition.networks.backpropagation import Backpropagation
from hdintuition.networks.parametrisation import BASE, Activation, Parametrisation, Scales, scales
from hdintuition.networks.stack import Stack

BLOCK = 2**22  # hidden activations held at once: 16 MB in float32, about what a core's cache bears


@dataclass(frozen=True)
class Networks(Stack):
    """A stack of networks of one shape; calling it evaluates all of them.

    Attributes:
        weights: One tensor a layer, each (members, outputs of the layer, inputs of the layer).
        biases: One tensor a layer, each (members, outputs of the layer).
        activation: Of the hidden units: relu, tanh or linear.
        scales: Of every layer's weights and biases; none given means that nothing is multiplied.
    """

    weights: tuple[Tensor, ...]
    biases: tuple[Tensor, ...]
    activation: Activation = "relu"
    scales: tuple[tuple[Scales, Scales], ...] = ()

    @property
    def sizes(self) -> tuple[int, ...]:
        """Inputs, hidden widths and outputs, in order."""
        return (self.weights[0].shape[2], *(w.shape[1] for w in self.weights))

    @property
    def inputs(self) -> tuple[int, ...]:
        """The shape of one point."""
        return self.sizes[:1]

    @property
    def outputs(self) -> int:
        """How many outputs a network has."""
        return self.sizes[-1]

    @property
    def widest(self) -> int:
        """The most numbers that one layer passes on for one point."""
        return max(self.sizes[1:])

    @property
    def tensors(self) -> tuple[Tensor, ...]:
        """Weights and biases layer by layer: W1, b1, W2, b2 and so on."""
        return tuple(t for layer in zip(self.weights, self.biases, strict=True) for t in layer)

    @property
    def tensor_scales(self) -> tuple[Scales, ...]:
        """The scales of :attr:`tensors`, in their order."""
        return tuple(scale for layer in self.scales for scale in layer) or super().tensor_scales

    @property
    def multipliers(self) -> list[tuple[float, float]]:
        """What weights and biases are multiplied by, layer by layer."""
        return [(w.multiplier, b.multiplier) for w, b in self.scales] or [(1.0, 1.0)] * len(self.weights)

    def with_tensors(self, tensors: Sequence[Tensor]) -> Networks:
        """The same networks with other parameters, given as :attr:`tensors` gives them."""
        return replace(self, weights=tuple(tensors[::2]), biases=tuple(tensors[1::2]))

    def __call__(self, x: Tensor) -> Tensor:
        """The outputs of every member at every point.

        Args:
            x: Points, (points, inputs), or each member's own, (members, points, inputs); of the dtype and on
                the device of the weights.

        Returns:
            (members, points) where the networks have one output, else (members, outputs, points).

        Raises:
            ValueError: If the points do not have as many coordinates as the networks have inputs.
        """
        own = self.points(x).ndim == 3
        # Blocks of members, or the activations of a large stack would be swept through memory layer by layer.
        block = max(1, BLOCK // (self.widest * max(x.shape[-2], 1)))
        if len(self) <= block:
            f = self.layers(x)[-1]
        else:
            cuts = [slice(start, start + block) for start in range(0, len(self), block)]
            f = torch.cat([self[cut].layers(x[cut] if own else x)[-1] for cut in cuts])
        return f[:, 0] if self.outputs == 1 else f

    def points(self, x: Tensor) -> Tensor:
        """The points, as they are.

        Raises:
            ValueError: If these networks cannot be evaluated there.
        """
        own = x.ndim == 3 and x.shape[0] == len(self)
        if not (own or x.ndim == 2) or x.shape[-1] != self.sizes[0]:
            raise ValueError(
                f"points must have shape (points, {self.sizes[0]}) or, each member its own, "
                f"({len(self)}, points, {self.sizes[0]}), got {tuple(x.shape)}"
            )
        return x

    def backpropagation(self, gradients: Networks) -> Backpropagation:
        """The gradient of this stack, written into the tensors of another."""
        return Backpropagation(self, gradients)

    def layers(self, x: Tensor) -> list[Tensor]:
        """What each layer passes on, (members, units, points) each; the last one is linear."""
        # One product a member, not one for all: as fast, and a member's last bit does not hang on its company.
        passed, result = x.mT.expand(len(self), -1, -1), []
        for layer, (for_w, for_b) in enumerate(self.multipliers):
            w, b = self.weights[layer], self.biases[layer][:, :, None]
            passed = torch.baddbmm(b, w, passed, alpha=for_w, beta=for_b)
            passed = self.activate(passed) if layer < len(self.weights) - 1 else passed
            result.append(passed)
        return result

    def activate(self, z: Tensor) -> Tensor:
        """What hidden units pass on; in place where no derivative is asked for."""
        if self.activation == "linear":
            return z
        inplace = not z.requires_grad
        if self.activation == "tanh":
            return z.tanh_() if inplace else z.tanh()
        return z.relu_() if inplace else z.relu()


def mlp(
    sizes: Sequence[int],
    *,
    members: int | None = None,
    gain: float | Tensor = 1.0,
    bias: float | Tensor | None = None,
    activation: Activation = "relu",
    parametrisation: Parametrisation = "standard",
    base: int = BASE,
    generator: torch.Generator | Sequence[torch.Generator],
    dtype: torch.dtype = torch.float32,
) -> Networks:
    """A stack of freshly drawn networks.

    Args:
        sizes: Inputs, hidden widths and outputs, such as [49, 32, 1].
        members: How many networks; with a sequence of generators as many as there are of those.
        gain: The start scale: every weight and bias is multiplied by it; one number, or one for each member.
            A network of L layers without biases is then gain^L times as large.
        bias: The start scale of the biases where it is another, such as 0.
        activation: Of the hidden units: relu, tanh or linear.
        parametrisation: How width enters: standard, ntk or mu.
        base: The width at which mu is standard.
        generator: Where the draw comes from; its device is the device of the stack. One for all, or one for
            each member: then what a member draws does not depend on how many others there are.
        dtype: Of the weights.

    Raises:
        ValueError: If there are fewer than two sizes, one is not positive, members, gain or bias is negative,
            members is missing or does not match, or a name is unknown.

    >>> nets = mlp([49, 32, 1], members=3, generator=torch.Generator().manual_seed(0))
    >>> nets(torch.zeros(5, 49)).shape
    torch.Size([3, 5])
    """
    each = None if isinstance(generator, torch.Generator) else list(generator)
    members = _members(members, each)
    _check(sizes, members, gain, bias)
    layers = scales(sizes, activation=activation, parametrisation=parametrisation, base=base)
    one = generator if isinstance(generator, torch.Generator) else None
    drawn = list(_draw(sizes, members, one, dtype)) if one else _draw_each(sizes, each or [], dtype)
    gains = [_gain(g, members, like=drawn[0][0]) for g in (gain, gain if bias is None else bias)]
    weights = [
        w.mul_(gains[0][:, None, None] * s.start) for (w, _), (s, _) in zip(drawn, layers, strict=True)
    ]
    biases = [b.mul_(gains[1][:, None] * s.start) for (_, b), (_, s) in zip(drawn, layers, strict=True)]
    multiplied = layers if parametrisation != "standard" else ()
    return Networks(tuple(weights), tuple(biases), activation, multiplied)


def concat(stacks: Iterable[Networks]) -> Networks:
    """One stack out of several of the same shape, in order.

    Raises:
        ValueError: If there is none, or their sizes, activations or scales differ.
    """
    stacks = list(stacks)
    shapes = {(stack.sizes, stack.activation, stack.scales) for stack in stacks}
    if len(shapes) != 1:
        raise ValueError(
            "concat needs one or more stacks of one shape, one activation and one parametrisation, "
            f"got {sorted((sizes, activation) for sizes, activation, _ in shapes)}"
        )
    return stacks[0].with_tensors(
        [torch.cat(parts) for parts in zip(*(s.tensors for s in stacks), strict=True)]
    )


def _draw(
    sizes: Sequence[int], members: int, generator: torch.Generator, dtype: torch.dtype
) -> Iterator[tuple[Tensor, Tensor]]:
    """Standard normal weights and biases, layer by layer."""
    for fan_in, fan_out in pairwise(sizes):
        shape = (members, fan_out, fan_in + 1)
        drawn = torch.randn(shape, generator=generator, dtype=dtype, device=generator.device)
        yield drawn[:, :, :-1].contiguous(), drawn[:, :, -1].contiguous()


def _draw_each(
    sizes: Sequence[int], generators: list[torch.Generator], dtype: torch.dtype
) -> list[tuple[Tensor, Tensor]]:
    """The same, every member from its own generator."""
    alone = [list(_draw(sizes, 1, generator, dtype)) for generator in generators]
    layers = [list(zip(*layer, strict=True)) for layer in zip(*alone, strict=True)]
    return [(torch.cat(weights), torch.cat(biases)) for weights, biases in layers]


def _gain(gain: float | Tensor, members: int, *, like: Tensor) -> Tensor:
    return torch.as_tensor(gain, dtype=like.dtype, device=like.device).expand(members)


def _members(members: int | None, each: list[torch.Generator] | None) -> int:
    found = members if each is None else len(each)
    if found is None or members not in (None, found) or each == []:
        raise ValueError(
            "members says how many networks; with one generator for each there are as many as generators, "
            f"got members={members} and {1 if each is None else len(each)} generators"
        )
    return found


def _check(sizes: Sequence[int], members: int, gain: float | Tensor, bias: float | Tensor | None) -> None:
    if len(sizes) < 2 or min(sizes) < 1:
        raise ValueError(f"sizes must hold at least inputs and outputs, all >= 1, got {list(sizes)}")
    for name, value in (("gain", gain), ("bias", 0.0 if bias is None else bias)):
        shape = tuple(value.shape) if isinstance(value, Tensor) else ()
        if members < 0 or not bool(torch.as_tensor(value >= 0).all()) or shape not in ((), (members,)):
            raise ValueError(
                f"members and {name} must be >= 0, {name} one number or one for each member, "
                f"got members={members}, {name}={value}"
            )
