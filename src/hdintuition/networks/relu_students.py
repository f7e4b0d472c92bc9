"""Students of the orthogonal ReLU teacher, as surfaces to walk down: loss, slope and curvature in closed form.

A student with weights w_i, every output weight 1, is compared with the teacher Σ_j max(x_j, 0) over all Gaussian
inputs. With u = w/|w|, θ the angle between two units, and one sum over the students (sign +) and the teacher's units
(sign −), everything follows from E[max(w·x, 0) max(v·x, 0)] = |w||v| (sin θ + (π − θ) cos θ) / 2π (Cho and Saul,
NeurIPS 2009), whose gradient with respect to w is (|v| sin θ u_w + (π − θ) v) / 2π. The loss, the start and the step
are those of I. Safran and O. Shamir, Spurious Local Minima are Common in Two-Layer ReLU Neural Networks, ICML 2018.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

BLOCK = 2**26  # numbers in one block of Hessians, 512 MB in float64


@dataclass(frozen=True)
class ReluStudents:
    """``count`` times the loss of a student with ``units`` units and a teacher with ``teacher`` units and inputs.

    A point is a student's weights in one row, unit after unit: (count, units · teacher).
    """

    count: int
    units: int
    teacher: int

    def __len__(self) -> int:
        return self.count

    def __getitem__(self, kept: Tensor) -> ReluStudents:
        """The surfaces that a mask or an index picks."""
        picked = int(kept.sum()) if kept.dtype == torch.bool else len(kept)
        return ReluStudents(picked, self.units, self.teacher)

    @property
    def dim(self) -> int:
        """The number of weights."""
        return self.units * self.teacher

    @property
    def rate(self) -> float:
        """Safran and Shamir's: 0.1."""
        return 0.1

    def random_points(self, generator: torch.Generator) -> Tensor:
        """The usual start, weights from N(0, 1/inputs); float64, shape (count, dim)."""
        draws = torch.randn(
            self.count, self.dim, generator=generator, device=generator.device, dtype=torch.float64
        )
        return draws / self.teacher**0.5

    def weights(self, points: Tensor) -> Tensor:
        """The same numbers unit by unit, (count, units, inputs)."""
        if tuple(points.shape) != (self.count, self.dim):
            raise ValueError(
                f"points must have the shape (count, dim) = {(self.count, self.dim)}, got {tuple(points.shape)}"
            )
        return points.unflatten(1, (self.units, self.teacher))

    def values(self, points: Tensor) -> Tensor:
        """Losses ½ E[(student − teacher)²], shape (count,)."""
        w = self.weights(points)
        length, _, cosine, sine, angle = _angles(w)
        kernel = sine + (math.pi - angle) * cosine
        own, other = kernel.split([self.units, self.teacher], dim=2)
        found = (length * (own @ length / 2 - other.sum(2, keepdim=True))).sum((1, 2))
        k = self.teacher  # the teacher's units among themselves: π on the diagonal, and 1 at right angles
        return (found + k * (math.pi + k - 1) / 2) / (2 * math.pi)

    def gradients(self, points: Tensor) -> Tensor:
        """Gradients, shape (count, dim)."""
        w = self.weights(points)
        length, u, _, sine, angle = _angles(w)
        along = sine @ self._signed(length)
        return (((math.pi - angle) @ self._signed(w)).add_(along * u) / (2 * math.pi)).flatten(1)

    def hessians(self, points: Tensor) -> Tensor:
        """Second derivatives, shape (count, dim, dim)."""
        w = self.weights(points)
        n, k = self.units, self.teacher
        length, u, cosine, sine, angle = _angles(w)
        away, ratio = _away(u, cosine, sine)
        eye = torch.eye(k, dtype=w.dtype, device=w.device)
        # ∂²/∂w_i∂w_j: (π − θ) I + sin θ u_i u_jᵀ + (u_j − cos θ u_i)(u_i − cos θ u_j)ᵀ / sin θ
        pairs = (math.pi - angle[..., :n])[:, :, None, :, None] * eye[:, None]
        pairs = pairs + (sine[..., :n, None] * u[:, None])[:, :, None] * u[:, :, :, None, None]
        students = away[:, :, :n]
        turned = (ratio[..., :n, None] * students.transpose(1, 2))[:, :, None]
        pairs = pairs + students.transpose(2, 3)[..., None] * turned
        pairs = pairs / (2 * math.pi)
        same = torch.arange(n, device=w.device)
        pairs[:, same, :, same] = (self._own(length, u, sine, away, ratio) + eye / 2).transpose(0, 1)
        return pairs.reshape(len(w), n * k, n * k)

    def curvatures(self, points: Tensor) -> Tensor:
        """Eigenvalues of the Hessian in ascending order, shape (count, dim)."""
        return torch.linalg.eigvalsh(self.hessians(points))

    def openings(self, points: Tensor) -> Tensor:
        """The lowest curvature that splitting a unit opens, (count, units); below zero it is a way down.

        A unit w becomes two, w/2 each: the same function. Moving one by v and the other by −v, with v at a right
        angle to w and (v, −v) of length one, changes the loss by vᵀ 2S v with S the unit's block of the Hessian
        without its ½I; the lowest eigenvalue of 2S is given.
        """
        w = self.weights(points)
        length, u, cosine, sine, _ = _angles(w)
        return torch.linalg.eigvalsh(2 * self._own(length, u, sine, *_away(u, cosine, sine)))[..., 0]

    def turned(self, points: Tensor) -> Tensor:
        """Which units look the wrong way, their largest weight in size being negative; (count, units), bool."""
        w = self.weights(points)
        return w.gather(2, w.abs().argmax(2, keepdim=True))[..., 0] < 0

    def split(self, points: Tensor, push: float, *, among: Tensor | None = None) -> Tensor:
        """The students with one unit more: that with the lowest opening, split and pushed apart along it.

        Args:
            points: The students, (count, dim).
            push: How far each half is moved; 0 leaves the function as it is.
            among: Which units may be split, (count, units), bool, at least one of each student; by default all.

        Returns:
            Points of ``ReluStudents(count, units + 1, teacher)``.
        """
        w = self.weights(points)
        length, u, cosine, sine, _ = _angles(w)
        curvature, direction = torch.linalg.eigh(2 * self._own(length, u, sine, *_away(u, cosine, sine)))
        opening = curvature[..., 0]
        which = (opening if among is None else opening.where(among, torch.inf)).argmin(1)
        row = torch.arange(len(w), device=w.device)
        aside, half = push * direction[row, which, :, 0], w[row, which] / 2
        more = torch.cat([w, (half - aside)[:, None]], dim=1)
        more[row, which] = half + aside
        return more.flatten(1)

    def _signed(self, students: Tensor) -> Tensor:
        """A number or a vector for every unit of the student, and below them minus the teacher's."""
        eye = torch.eye(self.teacher, dtype=students.dtype, device=students.device)
        teacher = eye if students.shape[2] > 1 or self.teacher == 1 else eye.new_ones(self.teacher, 1)
        return torch.cat([students, -teacher.expand(len(students), -1, -1)], dim=1)

    def _own(self, length: Tensor, u: Tensor, sine: Tensor, away: Tensor, ratio: Tensor) -> Tensor:
        """The diagonal blocks of the Hessian without ½I, (count, units, inputs, inputs)."""
        sign = self._signed(length)[:, None, :, 0]
        eye = torch.eye(self.teacher, dtype=u.dtype, device=u.device)
        across = (away * (sign * ratio)[..., None]).mT @ away
        flat = (sign * sine).sum(2)[..., None, None] * (eye - u[..., :, None] * u[..., None, :])
        return (across + flat) / (2 * math.pi * length[..., None])


def relu_students(count: int, *, units: int, teacher: int) -> ReluStudents:
    """The exact loss surface of students of the orthogonal ReLU teacher, the same one ``count`` times.

    Args:
        count: How many students walk.
        units: Hidden units of a student; its output weights are 1.
        teacher: Units of the teacher, and inputs.

    Raises:
        ValueError: If one of them is below 1.

    >>> students = relu_students(1, units=3, teacher=3)
    >>> students.values(torch.eye(3).flatten()[None]).abs() < 1e-6
    tensor([True])
    """
    if min(count, units, teacher) < 1:
        raise ValueError(f"count, units and teacher must be at least 1, got {count}, {units}, {teacher}")
    return ReluStudents(count, units, teacher)


def _angles(w: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor, Tensor]:
    """Lengths (…, 1), unit vectors, and cosine, sine, angle of every student's unit with all students' and teacher's.

    The latter are (count, units, units + teacher). Rounding moves the angle of two nearly parallel units by 1e-16
    over the angle; value and slope change with it at most in proportion to the angle, so that no digit is lost. Of
    the curvature of parallel units about 1e-8 is.
    """
    length = w.norm(dim=2, keepdim=True)
    u = w / length.clamp_min(torch.finfo(w.dtype).tiny)
    cosine = (u @ _with_teacher(u).mT).clamp_(-1, 1)
    cosine.diagonal(dim1=1, dim2=2).fill_(1)
    return length, u, cosine, (1 - cosine * cosine).sqrt_(), cosine.acos()


def _away(u: Tensor, cosine: Tensor, sine: Tensor) -> tuple[Tensor, Tensor]:
    """u_j − cos θ u_i for all pairs, (count, units, units + teacher, inputs), and 1/sin θ, or 0 for parallel units."""
    away = _with_teacher(u)[:, None] - cosine[..., None] * u[:, :, None]
    rounding = 4 * torch.finfo(u.dtype).eps ** 0.5  # of the sine of parallel units
    return away, torch.where(sine > rounding, 1 / sine.clamp_min(rounding), 0.0)


def _with_teacher(u: Tensor) -> Tensor:
    """The students' unit vectors and, below them, the teacher's."""
    eye = torch.eye(u.shape[2], dtype=u.dtype, device=u.device)
    return torch.cat([u, eye.expand(len(u), -1, -1)], dim=1)
