"""Linear models f(x) = x·w with more weights than data: all that fit, their average, and where descent ends.

With X of shape (n, p) and y of shape (n,), the weights that fit are the solutions of Xw = y: a flat set
X⁺y + null(X), X⁺ being the pseudo-inverse. Under the prior w ~ N(0, s²I) the fitting weights are distributed
as N(X⁺y, s²P), P = I - X⁺X being the projector onto null(X). Two facts tie this to gradient descent:

* the mean X⁺y is also the shortest solution, and the limit of gradient descent started at zero;
* w₀ + X⁺(y - Xw₀), the limit of gradient descent started at w₀, is an exact sample of that distribution if w₀
  is a sample of the prior (Matheron's rule for conditioning a Gaussian).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor


def min_norm(X: Tensor, y: Tensor) -> Tensor:
    """The shortest of the least-squares solutions, X⁺y.

    Args:
        X: Inputs, (n, p), floating point.
        y: Targets, (n,).

    Returns:
        Weights, (p,), in the dtype of X. Where the data can be fitted, they fit it.

    Raises:
        ValueError: If the shapes do not match.

    >>> min_norm(torch.tensor([[3.0, 4.0]]), torch.tensor([5.0]))
    tensor([0.6000, 0.8000])
    """
    _check(X, y)
    return torch.linalg.pinv(X) @ y


def ridge(X: Tensor, y: Tensor, *, penalty: float) -> Tensor:
    """The weights that minimise |Xw - y|² + penalty·|w|², (p,); as penalty falls to 0 they reach X⁺y.

    Raises:
        ValueError: If the shapes do not match or penalty is not positive.
    """
    _check(X, y)
    if not penalty > 0:
        raise ValueError(f"penalty must be > 0, got {penalty}; without one, use min_norm")
    U, s, Vt = torch.linalg.svd(X, full_matrices=False)
    return Vt.T @ (s / (s.square() + penalty) * (U.T @ y))


def gradient_flow(X: Tensor, y: Tensor, *, time: float, start: Tensor | None = None) -> Tensor:
    """The weights, (p,), that gradient descent on |Xw - y|²/2 in tiny steps reaches after so much time.

    In the singular value decomposition X = U diag(s) Vᵀ the residual along u_i shrinks as exp(-s_i² time).

    Args:
        X: Inputs, (n, p).
        y: Targets, (n,).
        time: Sum of the step lengths, >= 0; may be infinite.
        start: Weights to start from, (p,); zero if not given.

    Raises:
        ValueError: If the shapes do not match or time is negative.
    """
    _check(X, y)
    if not time >= 0:
        raise ValueError(f"time must be >= 0, got {time}")
    w = X.new_zeros(X.shape[1]) if start is None else start
    U, s, Vt = torch.linalg.svd(X, full_matrices=False)
    live = s > s.max() * max(X.shape) * torch.finfo(X.dtype).eps  # the others are 0 but for rounding
    gone = -torch.expm1(-s.square() * time)
    return w + Vt.T @ (torch.where(live, gone / s, 0) * (U.T @ (y - X @ w)))


@dataclass(frozen=True)
class Interpolators:
    """All weights that fit the data, weighted by the prior N(0, scale²I): the law N(mean, scale²·null_space).

    Attributes:
        mean: Their average, (p,); also the shortest of them.
        null_space: Projector onto the directions that the data do not see, (p, p), symmetric.
        inverse: The pseudo-inverse of the inputs, (p, n).
        X: Inputs, (n, p).
        y: Targets, (n,).
        scale: Standard deviation of the prior.
    """

    mean: Tensor
    null_space: Tensor
    inverse: Tensor
    X: Tensor
    y: Tensor
    scale: float

    def sample(self, count: int, *, generator: torch.Generator) -> Tensor:
        """Independent draws, (count, p): a draw from the prior, moved onto the fitting set (Matheron)."""
        prior = torch.randn(
            count, len(self.mean), generator=generator, dtype=self.X.dtype, device=self.X.device
        )
        return self.nearest(self.scale * prior)

    def nearest(self, start: Tensor) -> Tensor:
        """The fitting weights nearest to start, (..., p): where gradient descent from there ends."""
        return start + (self.y - start @ self.X.T) @ self.inverse.T


def interpolators(X: Tensor, y: Tensor, *, scale: float = 1.0) -> Interpolators:
    """The law of w ~ N(0, scale²I) given that Xw = y.

    Args:
        X: Inputs, (n, p).
        y: Targets, (n,).
        scale: Standard deviation of the prior, > 0.

    Raises:
        ValueError: If the shapes do not match, scale is not positive, or no weights fit the data.
    """
    _check(X, y)
    if not scale > 0:
        raise ValueError(f"scale must be > 0, got {scale}")
    inverse = torch.linalg.pinv(X)
    mean = inverse @ y
    misfit = (X @ mean - y).norm()
    if misfit > torch.finfo(X.dtype).eps ** 0.5 * y.norm():
        raise ValueError(
            f"no weights fit: the best leave a misfit of {misfit:.3g}; more weights than independent data needed"
        )
    eye = torch.eye(X.shape[1], dtype=X.dtype, device=X.device)
    return Interpolators(mean, eye - inverse @ X, inverse, X, y, scale)


def gradient_descent(
    loss: Callable[[Tensor], Tensor], w: Tensor, *, tolerance: float | None = None, steps: int = 10_000
) -> Tensor:
    """Where gradient descent on a smooth convex loss ends, to rounding error.

    Every step goes straight against the gradient; only its length is chosen, from how the gradient changed
    over the last step (J. Barzilai and J. M. Borwein, Two-point step size gradient methods, IMA Journal of
    Numerical Analysis 8, 1988). For least squares the limit does not depend on the lengths: no step leaves
    the span of the data, so what the start had outside it stays.

    Args:
        loss: Takes weights like w, gives a 0-d tensor.
        w: Where to start, any shape; unchanged.
        tolerance: Stop when the gradient is this much shorter than at the start (or the loss's gradient is
            zero); by default 1e-12 in float64 and 1e-5 in float32.
        steps: At most so many.

    Returns:
        The weights at the end, like w.

    Raises:
        ValueError: If the loss curves downwards or is not finite on the way.
        RuntimeError: If the steps are used up before the gradient has shrunk to the tolerance.
    """
    if tolerance is None:
        tolerance = 1e-12 if w.dtype == torch.float64 else 1e-5
    w = w.detach().clone()
    gradient, curvature = _slope(loss, w)
    first, length = gradient.norm(), 1 / curvature
    if not first.isfinite():
        raise ValueError("the loss must be convex and finite; its gradient at the start is not finite")
    for _ in range(steps):
        if gradient.norm() <= tolerance * first:
            return w
        step = -length * gradient
        w = w + step
        before, gradient = gradient, _gradient(loss, w)
        change = ((gradient - before) * step).sum()
        if not change > 0:
            raise ValueError(
                f"the loss must be convex and finite; its slope changed by {change:.3g} on a step"
            )
        length = step.square().sum() / change
    raise RuntimeError(
        f"after {steps} steps the gradient is still {gradient.norm() / first:.2g} of the first one, "
        f"asked for {tolerance:.2g}: allow more steps or a larger tolerance"
    )


def _gradient(loss: Callable[[Tensor], Tensor], w: Tensor) -> Tensor:
    w = w.detach().requires_grad_()
    return torch.autograd.grad(loss(w), w)[0]


def _slope(loss: Callable[[Tensor], Tensor], w: Tensor) -> tuple[Tensor, Tensor]:
    """The gradient at w, and the curvature of the loss along it (1 where the gradient is zero)."""
    w = w.detach().requires_grad_()
    gradient = torch.autograd.grad(loss(w), w, create_graph=True)[0]
    square = gradient.square().sum()
    bent = torch.autograd.grad(square / 2, w)[0] if square.requires_grad else torch.zeros_like(w)
    along = (bent * gradient).sum() / square
    return gradient.detach(), torch.where(along > 0, along, 1).detach()


def _check(X: Tensor, y: Tensor) -> None:
    if X.ndim != 2 or y.ndim != 1 or len(X) != len(y) or min(X.shape) == 0:
        raise ValueError(
            f"X must have shape (n, p) and y (n,), n and p >= 1, got {tuple(X.shape)} and {tuple(y.shape)}"
        )
