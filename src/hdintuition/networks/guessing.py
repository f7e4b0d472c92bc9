"""Guess and check: networks that fit the training set by luck alone.

Draw a network from the prior, keep it if it is right on every training image, draw the next: what is kept
is an exact sample from the prior given the data. It is the gradient-free 'optimiser' of P. Chiang and
others, Loss Landscapes are All You Need, ICLR 2023.

To draw all weights of a guess and then to throw nearly every guess away is slow. Here a weight is drawn
when an image asks for it. The first image shows a layer one direction of its input space, the second image
one more (its part orthogonal to the first), and so on; Gaussian weights along orthogonal directions are
independent, so those along the i-th direction can wait until a guess has survived i - 1 images. Each image
leaves about half of the guesses: a layer pays for about two directions a guess instead of for all its
inputs. The survivors' remaining weights are drawn at the end.

Nor need the first half be drawn that is wrong on the first image. The last layer's weights are as likely as
their negatives, so exactly half of the guesses fail there; to draw one that does not, draw one and turn the
signs of its last layer if need be. All this changes the time a guess takes and not its law.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import torch
from torch import Tensor

from hdintuition.networks.ensemble import Networks, concat, mlp

# Guesses at once, times units of the widest layer: on a CPU what its cache holds, on a GPU what keeps it busy.
# Fixed, and never by free memory, so that the same seed gives the same guesses.
CELLS = {"cpu": 2**19, "cuda": 2**26}
PARALLEL = 1e-5  # an input whose part outside the directions seen is relatively shorter shows nothing new


def guess_and_check(
    sizes: Sequence[int], x: Tensor, y: Tensor, *, guesses: int, generator: torch.Generator
) -> Networks:
    """The lucky ones among so many networks drawn from the prior of :func:`mlp`.

    Args:
        sizes: Inputs, hidden widths and 1 output.
        x: Training images, (points, inputs).
        y: Labels, (points,), each -1 or +1.
        guesses: How many networks to draw.
        generator: Where they come from; its device must be that of x.

    Returns:
        The networks that are right on every training image, as many as were lucky (perhaps none), in the
        dtype of x. Their number over guesses estimates the prior's probability of fitting.

    Raises:
        ValueError: If the sizes do not end in one output or do not match x, y does not match x or has a
            label that is neither -1 nor +1, or guesses < 1.
    """
    matching = x.ndim == 2 and x.shape[1] == sizes[0] and y.shape == x.shape[:1] and len(y) > 0
    if len(sizes) < 2 or sizes[-1] != 1 or not matching:
        raise ValueError(
            f"guessing needs sizes [inputs, hidden ..., 1], x (points, inputs) and y (points,), "
            f"got {list(sizes)}, {tuple(x.shape)} and {tuple(y.shape)}"
        )
    if not bool((y.abs() == 1).all()):
        raise ValueError(f"labels must be -1 or +1, got values {sorted(set(y.tolist()))[:5]}")
    if guesses < 1:
        raise ValueError(f"guesses must be >= 1, got {guesses}")
    block = max(1, CELLS[generator.device.type] // max(sizes[1:]))
    drawn = torch.tensor([guesses, 0.5], dtype=torch.float64, device=x.device)
    survive = int(torch.binomial(drawn[0], drawn[1], generator=generator))  # right on the first image
    counts = [min(block, survive - start) for start in range(0, survive, block)] or [0]
    lucky = concat(_lucky(sizes, x, y, count, generator) for count in counts)
    # A guess that was right by less than the rounding error may have tipped over since.
    return lucky[(lucky(x) * y > 0).all(1)]


def _lucky(sizes: Sequence[int], x: Tensor, y: Tensor, count: int, generator: torch.Generator) -> Networks:
    hidden = [_Layer(count, *shape, generator) for shape in pairwise(sizes[:-1])]
    last = mlp(sizes[-2:], members=count, generator=generator, dtype=x.dtype)
    for i, (image, label) in enumerate(zip(x, y, strict=True)):
        passed = image[None]
        for layer in hidden:
            passed = layer.show(passed).relu()
        agreement = ((last.weights[0][:, 0] * passed).sum(1) + last.biases[0][:, 0]) * label
        if i == 0:
            turn = agreement.sign()[:, None]
            last = Networks((last.weights[0] * turn[:, None],), (last.biases[0] * turn,))
            continue
        right = agreement > 0
        last = last[right]
        for layer in hidden:
            layer.keep(right)
    drawn = [layer.finish() for layer in hidden]
    return Networks(
        (*(w[:, :, :-1].contiguous() for w in drawn), *last.weights),
        (*(w[:, :, -1].contiguous() for w in drawn), *last.biases),
    )


class _Layer:
    """One hidden layer of a block of guesses, its weights known only along the directions it was shown.

    The bias is the weight of one more input, which is always 1. The first layer of all guesses sees the same
    inputs, so its directions are kept once: there "guesses or 1" below is 1.
    """

    def __init__(self, count: int, fan_in: int, fan_out: int, generator: torch.Generator) -> None:
        self.count, self.fan_in, self.fan_out, self.generator = count, fan_in, fan_out, generator
        self.directions: list[Tensor] = []  # orthonormal, each (guesses or 1, inputs + 1)
        self.along: list[Tensor] = []  # the weights along each of them, (guesses, outputs)

    def show(self, inputs: Tensor) -> Tensor:
        """What the layer answers, (guesses, outputs), to inputs (guesses or 1, fan_in)."""
        rest = torch.cat([inputs, torch.ones_like(inputs[:, :1])], dim=1)
        length = rest.norm(dim=1, keepdim=True)
        parts = [torch.zeros_like(length) for _ in self.directions]
        for _ in range(2):  # Gram-Schmidt; twice, as one pass leaves rounding errors along old directions
            for part, direction in zip(parts, self.directions, strict=True):
                found = (rest * direction).sum(1, keepdim=True)
                rest = rest - found * direction
                part += found
        left = rest.norm(dim=1, keepdim=True)
        left = torch.where(left > PARALLEL * length, left, 0)
        self.directions.append(torch.where(left > 0, rest / left, 0))
        self.along.append(self._normal(self.count, self.fan_out, like=rest))
        answer = self.along[-1] * left
        for part, along in zip(parts, self.along, strict=False):
            answer.addcmul_(part, along)
        return answer

    def keep(self, right: Tensor) -> None:
        """Forget the guesses that were wrong."""
        self.count = int(right.sum())
        self.along = [along[right] for along in self.along]
        self.directions = [d if len(d) == 1 else d[right] for d in self.directions]

    def finish(self) -> Tensor:
        """All weights, (guesses, outputs, inputs + 1): those not asked for are drawn now."""
        weights = self._normal(self.count, self.fan_out, self.fan_in + 1, like=self.along[0])
        for direction, along in zip(self.directions, self.along, strict=True):
            drawn = weights @ direction[:, :, None]  # along this direction, to be replaced by what was shown
            weights += (along[:, :, None] - drawn) * direction[:, None, :]
        return weights

    def _normal(self, *shape: int, like: Tensor) -> Tensor:
        drawn = torch.randn(shape, generator=self.generator, dtype=like.dtype, device=like.device)
        return drawn * (2 / self.fan_in) ** 0.5
