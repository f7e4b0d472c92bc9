"""A stack of small convolutional networks of one shape, evaluated together.

Every network is a chain of layers *convolution, maximum over small squares, activation*, and a linear layer on
what the last of them passes on (Y. LeCun, L. Bottou, Y. Bengio and P. Haffner, Gradient-based learning applied to
document recognition, Proceedings of the IEEE, 1998).

Layout: the points come last, (members, channels, height, width, points). A convolution is then one copy, which
lays the patches that the kernel sees side by side, and one matrix product a member; every row copied is
contiguous, and so is what pooling and activation run over. Points are given flat, (points, channels · height ·
width), as multilayer perceptrons take them, so that data, batches and losses need not know of images.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import prod
from typing import TYPE_CHECKING, get_args

import torch
from torch import Tensor
from torch.nn.functional import max_pool2d

from hdintuition.networks.convolutions import Image, Layer, Padding, chain, padded, patches
from hdintuition.networks.parametrisation import Activation
from hdintuition.networks.stack import Stack

if TYPE_CHECKING:
    from hdintuition.networks.conv_backpropagation import ConvBackpropagation

# Numbers in the patches held at once. A core's cache bears 4 MB; a GPU wants work for all its cores.
BLOCK = {"cpu": 2**20, "cuda": 2**28}


@dataclass(frozen=True)
class ConvNetworks(Stack):
    """A stack of convolutional networks of one shape; calling it evaluates all of them.

    Attributes:
        weights: One tensor a convolution, (members, channels out, channels in, kernel, kernel), then that of the
            linear layer, (members, outputs, features).
        biases: One tensor a layer, (members, channels out) or (members, outputs).
        image: Channels, height and width of a point.
        padding: What lies beyond the border: ``same``, zeros, and ``circular``, the other side of the image, keep
            the size; ``valid`` adds nothing.
        pool: Side of the squares whose maximum is passed on; a remainder at the border is dropped.
        activation: After pooling: relu, tanh or linear.
    """

    weights: tuple[Tensor, ...]
    biases: tuple[Tensor, ...]
    image: Image
    padding: Padding
    pool: int
    activation: Activation

    @property
    def convolutions(self) -> list[Layer]:
        """The shapes of every convolution, in order."""
        channels = [w.shape[1] for w in self.weights[:-1]]
        kernels = [w.shape[3] for w in self.weights[:-1]]
        return list(chain(self.image, channels, kernels, self.padding, self.pool))

    @property
    def inputs(self) -> tuple[int, ...]:
        """The shape of one point: flat."""
        return (prod(self.image),)

    @property
    def outputs(self) -> int:
        """How many outputs a network has."""
        return self.weights[-1].shape[1]

    @property
    def widest(self) -> int:
        """The most numbers that one layer puts out for one point, before pooling."""
        return max(self.outputs, *(prod(layer.after) for layer in self.convolutions))

    @property
    def tensors(self) -> tuple[Tensor, ...]:
        """Weights and biases layer by layer: W1, b1, W2, b2 and so on."""
        return tuple(t for layer in zip(self.weights, self.biases, strict=True) for t in layer)

    def with_tensors(self, tensors: Sequence[Tensor]) -> ConvNetworks:
        """The same networks with other parameters, given as :attr:`tensors` gives them."""
        return replace(self, weights=tuple(tensors[::2]), biases=tuple(tensors[1::2]))

    def backpropagation(self, gradients: ConvNetworks) -> ConvBackpropagation:
        """What evaluates this stack and puts gradients into the tensors of another."""
        from hdintuition.networks.conv_backpropagation import ConvBackpropagation

        return ConvBackpropagation(self, gradients)

    def __call__(self, x: Tensor) -> Tensor:
        """The outputs of every member at every point.

        Args:
            x: Points, (points, channels · height · width), or each member's own, (members, points, …); of the
                dtype and on the device of the weights.

        Returns:
            (members, points) where the networks have one output, else (members, outputs, points).

        Raises:
            ValueError: If the points do not have as many numbers as the image.
        """
        own = x.ndim == 3 and x.shape[0] == len(self)
        if not (own or x.ndim == 2) or x.shape[-1] != self.inputs[0]:
            raise ValueError(
                f"points must be flat images of shape (points, {self.inputs[0]}) or, each member its own, "
                f"({len(self)}, points, {self.inputs[0]}), got {tuple(x.shape)}"
            )
        if not x.numel():
            return x.new_empty(len(self), *([self.outputs] if self.outputs > 1 else []), x.shape[-2])
        rows = x.split(max(1, room(x) // held(self)), dim=-2)
        f = torch.cat([self._all_members(part, own=own) for part in rows], dim=2)
        return f[:, 0] if self.outputs == 1 else f

    def _all_members(self, x: Tensor, *, own: bool) -> Tensor:
        cuts = member_blocks(self, x)
        outputs = [self[cut].layers(x[cut] if own else x)[-1] for cut in cuts]
        return torch.cat(outputs or [x.new_empty(0, self.outputs, x.shape[-2])])

    def layers(self, x: Tensor) -> list[Tensor]:
        """What each layer passes on: (members, channels, height, width, points), at last (members, outputs, points)."""
        members, points = len(self), x.shape[-2]
        passed = x.mT.expand(members, -1, -1).unflatten(1, self.image)
        result = []
        for layer, w, b in zip(self.convolutions, self.weights, self.biases, strict=False):
            seen = patches(padded(passed, layer.margin, self.padding), layer.kernel)
            z = torch.bmm(w.flatten(2), seen.reshape(members, layer.patch, -1))
            # The largest of z + b is the largest of z, plus b, also when rounded; and there are fewer of those.
            best = self._pooled(z.view(members, *layer.after, points)) + b[:, :, None, None, None]
            passed = activated(best, self.activation)
            result.append(passed)
        w, b = self.weights[-1], self.biases[-1]
        return [*result, torch.baddbmm(b[:, :, None], w, passed.reshape(members, -1, points))]

    def _pooled(self, z: Tensor) -> Tensor:
        if self.pool == 1:
            return z
        # For the pooling, points are channels, and channels that come last are what it is fastest on.
        best = max_pool2d(z.flatten(0, 1).permute(0, 3, 1, 2), self.pool)
        return best.permute(0, 2, 3, 1).unflatten(0, z.shape[:2])


def convnet(
    image: Image,
    channels: Sequence[int],
    outputs: int,
    *,
    members: int | None = None,
    kernel: int = 3,
    padding: Padding = "same",
    pool: int = 2,
    gain: float | Tensor = 1.0,
    activation: Activation = "relu",
    generator: torch.Generator | Sequence[torch.Generator],
    dtype: torch.dtype = torch.float32,
) -> ConvNetworks:
    """A stack of freshly drawn convolutional networks, every weight and bias from N(0, gain² · c / fan_in).

    Args:
        image: Channels, height and width of a point, such as (1, 14, 14).
        channels: How many channels each convolution puts out, such as [8, 16].
        outputs: How many outputs.
        members: How many networks; with a sequence of generators as many as there are of those.
        kernel: Side of the kernels; odd, unless the padding is valid.
        padding: Beyond the border: ``same`` (zeros), ``circular`` or ``valid`` (nothing).
        pool: Side of the squares whose maximum is passed on; 1 for no pooling.
        gain: Every weight and bias is multiplied by it; one number, or one for each member.
        activation: After pooling; c is 2 for relu and 1 for tanh and linear.
        generator: Where the draw comes from; its device is the device of the stack. One for all, or one for
            each member: then what a member draws does not depend on how many others there are.
        dtype: Of the weights.

    Raises:
        ValueError: If a size is not positive, nothing is left of the image, members is missing or does not match,
            gain is negative, or a name is unknown.

    >>> nets = convnet((1, 14, 14), [4, 8], 10, members=3, generator=torch.Generator().manual_seed(0))
    >>> nets(torch.zeros(5, 196)).shape
    torch.Size([3, 10, 5])
    """
    each = [generator] if isinstance(generator, torch.Generator) else list(generator)
    _check(image, channels, outputs, kernel, padding, pool, activation)
    members = _members(members, generator)
    _check_gain(gain, members)
    shapes_of = list(chain(image, channels, [kernel] * len(channels), padding, pool))
    shapes: list[tuple[int, ...]] = [(layer.after[0], layer.before[0], kernel, kernel) for layer in shapes_of]
    shapes.append((outputs, prod(shapes_of[-1].pooled)))
    count = members if isinstance(generator, torch.Generator) else 1
    drawn = [[_draw(shape, count, g, dtype) for shape in shapes] for g in each]
    gains = torch.as_tensor(gain, dtype=dtype, device=each[0].device).expand(members)
    spreads = [((2.0 if activation == "relu" else 1.0) / prod(shape[1:])) ** 0.5 for shape in shapes]
    tensors = []
    for layer, spread in zip(zip(*drawn, strict=True), spreads, strict=True):
        for parts in zip(*layer, strict=True):
            t = torch.cat(parts)
            tensors.append(t * (gains * spread).view(-1, *[1] * (t.ndim - 1)))
    return ConvNetworks(tuple(tensors[::2]), tuple(tensors[1::2]), image, padding, pool, activation)


def activated(z: Tensor, activation: Activation) -> Tensor:
    """What units pass on."""
    return z if activation == "linear" else z.tanh() if activation == "tanh" else z.relu()


def room(x: Tensor) -> int:
    """How many numbers of patches are held at once on the device of x."""
    return BLOCK["cuda" if x.is_cuda else "cpu"]


def held(nets: ConvNetworks) -> int:
    """How many numbers the patches of one point are, in the widest convolution."""
    return max(layer.patch * prod(layer.after[1:]) for layer in nets.convolutions)


def member_blocks(nets: ConvNetworks, x: Tensor) -> list[slice]:
    """So many members at a time that their patches at the points of x fit; the size does not depend on S."""
    block = max(1, room(x) // (held(nets) * max(x.shape[-2], 1)))
    return [slice(start, min(start + block, len(nets))) for start in range(0, len(nets), block)]


def _draw(
    shape: tuple[int, ...], members: int, generator: torch.Generator, dtype: torch.dtype
) -> tuple[Tensor, Tensor]:
    """Standard normal weights and biases of one layer."""
    size = (members, shape[0], prod(shape[1:]) + 1)
    drawn = torch.randn(size, generator=generator, dtype=dtype, device=generator.device)
    return drawn[:, :, :-1].reshape(-1, *shape), drawn[:, :, -1].contiguous()


def _check(
    image: Image, channels: Sequence[int], outputs: int, kernel: int, padding: str, pool: int, activation: str
) -> None:
    for name, given, allowed in (
        ("padding", padding, get_args(Padding)),
        ("activation", activation, get_args(Activation)),
    ):
        if given not in allowed:
            raise ValueError(f"{name} must be one of {', '.join(allowed)}, got {given!r}")
    if len(image) != 3 or not channels or min(*image, *channels, outputs, kernel, pool) < 1:
        raise ValueError(
            "image is (channels, height, width), channels names one or more convolutions, and all sizes are >= 1, "
            f"got image={image}, channels={list(channels)}, outputs={outputs}, kernel={kernel}, pool={pool}"
        )
    if padding != "valid" and kernel % 2 == 0:
        raise ValueError(f"kernel must be odd for padding {padding!r}, got {kernel}")
    for layer in chain(
        image, channels, [kernel] * len(channels), "valid" if padding == "valid" else "same", pool
    ):
        if min(layer.after[1:]) < 1 or min(layer.pooled[1:]) < 1 or layer.margin > min(layer.before[1:]):
            raise ValueError(
                f"nothing is left of the image at a layer that takes {layer.before}: use fewer convolutions, a "
                f"smaller kernel than {kernel}, a smaller pool than {pool} or padding='same'"
            )


def _members(members: int | None, generator: torch.Generator | Sequence[torch.Generator]) -> int:
    count = members if isinstance(generator, torch.Generator) else len(generator)
    if count is None or count < 1 or members not in (None, count):
        raise ValueError(
            "members says how many networks, >= 1; with one generator for each there are as many as generators, "
            f"got members={members}"
            + ("" if isinstance(generator, torch.Generator) else f" and {count} generators")
        )
    return count


def _check_gain(gain: float | Tensor, members: int) -> None:
    shape = tuple(gain.shape) if isinstance(gain, Tensor) else ()
    if shape not in ((), (members,)) or not bool(torch.as_tensor(gain >= 0).all()):
        raise ValueError(f"gain must be >= 0, one number or one for each of {members} members, got {gain}")
