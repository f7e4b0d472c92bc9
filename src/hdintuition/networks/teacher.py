"""Examples that a network, the teacher, has answered: Gaussian inputs, and what the teacher makes of them.

For the two-layer teacher of rectified units, f(x) = Σ_i max(v_i·x, 0), the loss over all inputs is known exactly,
by E[max(w·x, 0) max(v·x, 0)] = |w||v| (sin θ + (π − θ) cos θ) / 2π for standard normal x, θ being the angle between
w and v (Y. Cho and L. Saul, Kernel Methods for Deep Learning, NeurIPS 2009). With orthogonal v_i it is the setting of
I. Safran and O. Shamir, Spurious Local Minima are Common in Two-Layer ReLU Neural Networks, ICML 2018.
"""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import Tensor

from hdintuition.networks.data import Dataset
from hdintuition.networks.ensemble import Networks


def teacher_student(
    teacher: Networks, n: int, *, noise: float = 0.0, labels: bool = False, generator: torch.Generator
) -> Dataset:
    """Inputs from N(0, I) with the teacher's outputs, or with its decisions.

    Args:
        teacher: A stack of one network, such as ``mlp(sizes, members=1, generator=g)`` draws.
        n: How many examples, >= 1.
        noise: Standard deviation of what is added to every output (before the decision, if labels are asked for).
        labels: Decisions instead of outputs: the largest of several outputs, the sign of a single one.
        generator: Where inputs and noise come from; its device is the teacher's.

    Returns:
        x (n, inputs) in the dtype of the teacher and as y its outputs, (n,) for a single one and else (n, outputs);
        or classes, int64: 0, 1, … or, for a single output, −1 and +1.

    Raises:
        ValueError: If there are several teachers, or n or noise is out of range.

    >>> examples = teacher_student(orthogonal_teacher(3), 5, generator=torch.Generator().manual_seed(0))
    >>> torch.equal(examples.y, examples.x.relu().sum(1))
    True
    """
    if len(teacher) != 1 or n < 1 or not noise >= 0:
        raise ValueError(
            f"one teacher, n >= 1 and noise >= 0 are needed, got {len(teacher)} teachers (choose one: teacher[i]), "
            f"n={n} and noise={noise}"
        )
    like = teacher.weights[0]
    common: dict[str, Any] = {"generator": generator, "device": generator.device, "dtype": like.dtype}
    x = torch.randn(n, *teacher.inputs, **common)
    f = teacher(x)[0].detach()
    y = f.T if f.ndim == 2 else f
    if noise:
        y = y + noise * torch.randn(y.shape, **common)
    if not labels:
        return Dataset(x, y.contiguous(), "teacher's outputs")
    if y.ndim == 1:
        return Dataset(x, torch.where(y >= 0, 1, -1), "teacher's decisions", classes=2)
    return Dataset(x, y.argmax(1), "teacher's decisions", classes=teacher.outputs)


def orthogonal_teacher(
    units: int,
    *,
    inputs: int | None = None,
    device: str | torch.device = "cpu",
    dtype: torch.dtype = torch.float32,
) -> Networks:
    """The teacher f(x) = Σ_i max(x_i, 0) over the first inputs: orthogonal units, weights 1, no biases.

    Args:
        units: How many hidden units.
        inputs: How many inputs, at least as many; by default as many.
        device: Where it lies.
        dtype: Of the weights.

    Raises:
        ValueError: If there is no unit or there are fewer inputs than units.
    """
    inputs = units if inputs is None else inputs
    if not 1 <= units <= inputs:
        raise ValueError(
            f"an orthogonal teacher needs 1 <= units <= inputs, got {units} units, {inputs} inputs"
        )
    like = torch.zeros((), device=device, dtype=dtype)
    weights = (torch.eye(units, inputs, device=device, dtype=dtype)[None], like.new_ones(1, 1, units))
    return Networks(weights, (like.new_zeros(1, units), like.new_zeros(1, 1)), "relu")


def relu_population_loss(w: Tensor, v: Tensor) -> Tensor:
    """The loss ½ E[(Σ_i max(w_i·x, 0) − Σ_j max(v_j·x, 0))²] over x ~ N(0, I), exactly.

    Args:
        w: The students' hidden weights, (members, units, inputs); differentiable.
        v: The teacher's, (units, inputs).

    Returns:
        One loss for each member, (members,).

    >>> relu_population_loss(torch.eye(4)[None], torch.eye(4)).abs() < 1e-6
    tensor([True])
    """
    v = v.expand(len(w), -1, -1)
    return _together(w, w) / 2 - _together(w, v) + _together(v, v) / 2


def _together(a: Tensor, b: Tensor) -> Tensor:
    """The sum of E[max(a_i·x, 0) max(b_j·x, 0)] over all pairs, member by member."""
    # With θ for the angle, |a||b| (sin θ + (π − θ) cos θ) = π a·b + |a||b| (sin θ − θ cos θ), and the second part goes
    # with θ³: for units that are the same it is left out, where the derivatives of an angle are not defined.
    tiny = torch.finfo(a.dtype).tiny  # a unit of length zero has no angle, and is given any
    unit_a, unit_b = (t / t.norm(dim=2, keepdim=True).clamp_min(tiny) for t in (a, b))
    difference, total = unit_a[:, :, None] - unit_b[:, None], unit_a[:, :, None] + unit_b[:, None]
    same = (difference == 0).all(3)
    apart = torch.where(same[..., None], 1.0, difference).norm(dim=3)
    angle = 2 * torch.atan2(apart, total.norm(dim=3))
    lengths = a.norm(dim=2)[:, :, None] * b.norm(dim=2)[:, None, :]
    rest = torch.where(same, 0.0, lengths * (angle.sin() - angle * angle.cos()))
    return (math.pi * a @ b.mT + rest).sum((1, 2)) / (2 * math.pi)
