"""Distillation: a student learns from what its teacher answers, not only from labels.

The loss of an example is

    (1 − α) T² KL(softmax(t/T) ‖ softmax(f/T)) + α · (−log softmax(f)[y])

with f the outputs of the student, t those of the teacher, y the label, a temperature T that softens both, and T² to
keep the size of the gradient (G. Hinton, O. Vinyals and J. Dean, Distilling the Knowledge in a Neural Network, 2015;
they write a cross-entropy, which differs by what the student cannot change, so that here a student that is its
teacher has loss 0). For large T this becomes the squared distance of the centred outputs. Networks with one output f
answer as those with the two outputs f/2 and −f/2 would, for labels +1 and −1.

Least squares on the teacher's outputs needs nothing new: ``train(student, x, lesson(teacher, x), loss="squared")``.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from hdintuition.networks.ensemble import Networks
from hdintuition.networks.losses import Loss


@dataclass(frozen=True, repr=False)
class Distillation(Loss):
    """The loss above; its targets are made by :func:`lesson`.

    Attributes:
        temperature: T, > 0.
        hard: α, the share of the labels in the loss, in [0, 1]. With 0 no labels are needed.
    """

    temperature: float = 1.0
    hard: float = 0.0

    name = "distillation"

    def __post_init__(self) -> None:
        if not self.temperature > 0 or not 0 <= self.hard <= 1:
            raise ValueError(
                f"temperature must be > 0 and hard lie in [0, 1], got {self.temperature} and {self.hard}"
            )

    def targets(self, y: Tensor, outputs: int, like: Tensor) -> Tensor:
        """The teacher's softened probabilities and, if labels count, a row for each class's label.

        Args:
            y: A lesson, (examples, outputs) or each member's own, (members, examples, outputs), with one more
                column for the labels if they count.
            outputs: How many outputs the networks have.
            like: A tensor of the wanted dtype and device.

        Returns:
            (classes or 2 · classes, examples), or (members, ..., examples); one output counts as two classes.

        Raises:
            ValueError: If y is no such lesson.
        """
        columns = outputs + (self.hard > 0)
        if y.ndim not in (2, 3) or y.shape[-1] != columns or not y.is_floating_point():
            raise ValueError(
                f"a lesson for {outputs} outputs with hard={self.hard} must be real, ([members,] examples, {columns}), "
                f"as lesson(teachers, x{', labels' * (self.hard > 0)}) makes it; got {y.dtype} {tuple(y.shape)}"
            )
        y = y.mT.to(like)
        soft = torch.softmax(_classes(y[..., :outputs, :]) / self.temperature, -2)
        if not self.hard:
            return soft
        return torch.cat([soft, _one_hot(y[..., outputs:, :], soft.shape[-2], outputs)], dim=-2)

    def __call__(self, f: Tensor, y: Tensor) -> Tensor:
        """(members, examples)."""
        f = _classes(f)
        soft, label = self._parts(y, f.shape[1])
        log_q = torch.log_softmax(f / self.temperature, 1)
        value = self.temperature**2 * (torch.xlogy(soft, soft) - soft * log_q).sum(-2)
        if label is None:
            return value
        return (1 - self.hard) * value - self.hard * (label * torch.log_softmax(f, 1)).sum(-2)

    def slopes(self, f: Tensor, y: Tensor, out: Tensor | None = None) -> Tensor:
        """(1 − α) T (softmax(f/T) − softmax(t/T)) + α (softmax(f) − one-hot(y))."""
        one = f.shape[1] == 1
        f = _classes(f)
        soft, label = self._parts(y, f.shape[1])
        slope = torch.softmax(f / self.temperature, 1).sub_(soft).mul_(self.temperature)
        if label is not None:
            slope.mul_(1 - self.hard).add_(torch.softmax(f, 1).sub_(label), alpha=self.hard)
        # With f/2 and −f/2 in place of f, half the difference of two slopes that are opposite.
        slope = slope[:, :1] if one else slope
        return slope if out is None else out.copy_(slope)

    def right(self, f: Tensor, y: Tensor) -> Tensor:
        """The largest output is that of the label or, where labels do not count, that of the teacher's choice."""
        f = _classes(f)
        soft, label = self._parts(y, f.shape[1])
        return f.argmax(1) == (soft if label is None else label).argmax(-2)

    def _parts(self, y: Tensor, classes: int) -> tuple[Tensor, Tensor | None]:
        return y[..., :classes, :], y[..., classes:, :] if self.hard else None


@torch.no_grad()
def lesson(teachers: Networks, x: Tensor, labels: Tensor | None = None) -> Tensor:
    """What teachers have to say about points, in the form that :class:`Distillation` takes as targets.

    Args:
        teachers: One teacher for all students, or a stack with one for each.
        x: Points, (points, inputs), or for a stack each teacher's own.
        labels: Also the labels, (points,) or (members, points): classes, or −1 and +1 for one output.

    Returns:
        (points, outputs) from a single teacher, (members, points, outputs) from several; with labels, one more
        column of them.
    """
    f = teachers(x)
    said = f[..., None] if f.ndim == 2 else f.mT
    if labels is not None:
        column = labels.to(said).expand(said.shape[:2])[..., None]
        said = torch.cat([said, column], dim=2)
    return said[0] if len(teachers) == 1 and x.ndim == 2 else said


def _classes(f: Tensor) -> Tensor:
    """Outputs of two or more classes: one output f stands for f/2 and −f/2."""
    return torch.cat([f, -f], dim=-2) / 2 if f.shape[-2] == 1 else f


def _one_hot(labels: Tensor, classes: int, outputs: int) -> Tensor:
    """Labels (..., 1, examples), classes or ±1, as ones in the rows of their classes."""
    rows = torch.arange(classes, dtype=labels.dtype, device=labels.device)[:, None]
    ones = ((1 - labels) / 2 if outputs == 1 else labels) == rows
    if not bool(ones.any(-2).all()):
        allowed = "-1 or +1" if outputs == 1 else f"classes 0 to {classes - 1}"
        raise ValueError(f"the last column of a lesson must hold {allowed}, got values from {labels.min()}")
    return ones.to(labels)
