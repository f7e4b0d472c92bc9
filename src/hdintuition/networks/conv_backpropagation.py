"""The gradient of a whole stack of convolutional networks, written out from the last layer to the first.

With P the patches that a kernel sees, a convolution is z = W P + b, one matrix product a member. So, with δ the
slope of the loss by z,

    ∂/∂W = δ Pᵀ        ∂/∂h = fold(Wᵀ δ)

where fold adds every entry of a patch to the pixel it was copied from. Pooling hands a slope back to the first of
the largest. Everything but what pooling returns is written into buffers made once. The patches, nine times as
large as the images for a kernel of 3, are held for a few members at a time, so that they stay in the cache.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from hdintuition.networks.conv_buffers import Buffers, buffers
from hdintuition.networks.convnets import ConvNetworks
from hdintuition.networks.convolutions import Layer, inside, patches
from hdintuition.networks.multiply import multiply

aten = torch.ops.aten


class ConvBackpropagation:
    """Evaluates a stack and pulls slopes of its outputs back to its parameters, again and again.

    Args:
        nets: The stack; its tensors are read at every call, so they may change in place.
        gradients: Where the gradients go: the same stack with other tensors.
    """

    def __init__(self, nets: ConvNetworks, gradients: ConvNetworks) -> None:
        self.nets, self.gradients = nets, gradients
        self.layers = nets.convolutions
        self._buffers: dict[tuple[int, bool], Buffers] = {}

    @torch.no_grad()
    def __call__(
        self, x: Tensor, slopes: Callable[[Tensor], Tensor], *, first: bool = True, scale: float = 1.0
    ) -> Tensor:
        """The outputs, in a buffer that the next call writes over; else as :class:`~.stack.Gradient` says."""
        room = self._room(x)
        self._enter(room, x)
        for cut in room.cuts:
            self._forward(room, cut)
        features, w, b = room.images[-1].flatten(1, -2), self.nets.weights[-1], self.nets.biases[-1]
        torch.baddbmm(b[:, :, None], w, features, out=room.outputs)
        error, keep = slopes(room.outputs), not first
        multiply(error, features.mT, self.gradients.weights[-1], scale=scale, keep=keep)
        _add_sum(self.gradients.biases[-1], error, keep, scale)
        for cut in room.cuts:
            self._backward(room, cut, torch.bmm(w[cut].mT, error[cut]), keep, scale)
        return room.outputs

    def _enter(self, room: Buffers, x: Tensor) -> None:
        """Put the points in; where all members see the same ones, lay out their patches once and for all."""
        layer = self.layers[0]
        points = x if x.ndim == 3 else x[None]
        self._inside(room, 0).copy_(points.mT.unflatten(1, layer.before))
        self._wrap(room.images[0], layer)
        if x.ndim == 2:
            room.seen[0].copy_(patches(room.images[0], layer.kernel))

    def _forward(self, room: Buffers, cut: slice) -> None:
        for i in range(len(self.layers)):
            w, b, h = self.nets.weights[i][cut], self.nets.biases[i][cut], self._inside(room, i + 1)[cut]
            z = room.products[i][: len(w)]
            multiply(w.flatten(2), self._seen(room, i, cut), z)
            torch.add(self._pooled(room, i, cut, z), b[:, :, None, None, None], out=h)
            self._activate(h)
            if i + 1 < len(self.layers):
                self._wrap(room.images[i + 1][cut], self.layers[i + 1])

    def _pooled(self, room: Buffers, i: int, cut: slice, z: Tensor) -> Tensor:
        z, winners, pool = self._image(i, z), room.winners[i], [self.nets.pool] * 2
        if winners is None:
            return z
        best, index = aten.max_pool2d_with_indices(_channels_last(z), pool)
        _channels_last(winners[cut]).copy_(index)
        return best.permute(0, 2, 3, 1).unflatten(0, z.shape[:2])

    def _activate(self, z: Tensor) -> None:
        if self.nets.activation == "relu":
            z.relu_()
        if self.nets.activation == "tanh":
            z.tanh_()

    def _backward(self, room: Buffers, cut: slice, error: Tensor, keep: bool, scale: float) -> None:
        error = error.unflatten(1, self.layers[-1].pooled)
        for i in reversed(range(len(self.layers))):
            error = self._through(error, self._inside(room, i + 1)[cut])
            _add_sum(self.gradients.biases[i][cut], error.flatten(2, -1), keep, scale)
            delta = self._unpooled(room, i, cut, error)
            seen = self._seen(room, i, cut, again=len(room.cuts) > 1)
            w = self.gradients.weights[i][cut]
            multiply(delta, seen.mT, w.view(*delta.shape[:2], -1), scale=scale, keep=keep)
            if i:
                multiply(self.nets.weights[i][cut].flatten(2).mT, delta, seen)
                error = self._folded(room, i, len(delta))

    def _unpooled(self, room: Buffers, i: int, cut: slice, error: Tensor) -> Tensor:
        """The slope by what is pooled, as matrices, from that by what pooling puts out."""
        count, winners, pool = len(error), room.winners[i], [self.nets.pool] * 2
        if winners is None:
            return error.flatten(2).contiguous()
        delta, like = (
            room.deltas[i][:count],
            room.products[i][:count],
        )  # of `like` only the shape is looked at
        aten.max_pool2d_with_indices_backward.grad_input(
            _channels_last(error),
            _channels_last(self._image(i, like)),
            *(pool, pool, [0, 0], [1, 1], False),  # kernel, stride, padding, dilation, ceiling
            _channels_last(winners[cut]),
            grad_input=_channels_last(self._image(i, delta)),
        )
        return delta

    def _image(self, i: int, z: Tensor) -> Tensor:
        """What a convolution puts out, from matrices (members, channels, places and points)."""
        return z.unflatten(2, (*self.layers[i].after[1:], -1))

    def _folded(self, room: Buffers, i: int, members: int) -> Tensor:
        """The slope by the input of a convolution, from that by its patches."""
        layer, error, seen = self.layers[i], room.errors[i][:members].zero_(), room.seen[i][:members]
        _, height, width = layer.after
        for dy in range(layer.kernel):
            for dx in range(layer.kernel):
                error[:, :, dy : dy + height, dx : dx + width].add_(seen[:, :, dy, dx])
        if self.nets.padding == "circular":
            for dim in (2, 3):
                for margin, other in _sides(error, layer, dim):
                    other.add_(margin)
        return inside(error, layer)

    def _wrap(self, image: Tensor, layer: Layer) -> None:
        """Fill the margin, where it is not zero."""
        if self.nets.padding == "circular":
            for dim in (3, 2):
                for margin, other in _sides(image, layer, dim):
                    margin.copy_(other)

    def _through(self, error: Tensor, h: Tensor) -> Tensor:
        """The error before the activation that put out h, in place."""
        if self.nets.activation == "relu":
            return aten.threshold_backward.grad_input(error, h, 0, grad_input=error)
        if self.nets.activation == "tanh":
            return aten.tanh_backward.grad_input(error, h, grad_input=error)
        return error

    def _inside(self, room: Buffers, i: int) -> Tensor:
        """The input of layer i, without its margin."""
        return inside(room.images[i], self.layers[i]) if i < len(self.layers) else room.images[i]

    def _seen(self, room: Buffers, i: int, cut: slice, *, again: bool = True) -> Tensor:
        """The patches of layer i as matrices, (members, numbers in a patch, places and points)."""
        count, shared = cut.stop - cut.start, len(room.images[i]) < len(self.nets)
        seen = room.seen[i][:count]
        if again and not shared:
            seen.copy_(patches(room.images[i][cut], self.layers[i].kernel))
        return seen.view(len(seen), self.layers[i].patch, -1).expand(count, -1, -1)

    def _room(self, x: Tensor) -> Buffers:
        """Buffers for as many points, made when they are first needed."""
        key = (x.shape[-2], x.ndim == 2)
        if key not in self._buffers:
            self._buffers[key] = buffers(self.nets, x)
        return self._buffers[key]


def _sides(image: Tensor, layer: Layer, dim: int) -> list[tuple[Tensor, Tensor]]:
    """Both margins along one axis, each with the pixels on the other side that it stands for."""
    size, m = layer.before[dim - 1], layer.margin
    starts = [(0, size), (size + m, m)]
    return [(image.narrow(dim, a, m), image.narrow(dim, b, m)) for a, b in starts]


def _channels_last(t: Tensor) -> Tensor:
    """(members, C, H, W, points) as images whose channels are the points, which pooling is fastest on."""
    return t.flatten(0, 1).permute(0, 3, 1, 2)


def _add_sum(gradient: Tensor, error: Tensor, keep: bool, scale: float) -> None:
    """The sum over the points, put or added."""
    if keep:
        gradient.add_(error.sum(2), alpha=scale)
    else:
        torch.sum(error, 2, out=gradient).mul_(scale)
