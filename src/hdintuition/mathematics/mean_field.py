"""What becomes of inputs on their way through a very wide random network: sizes, angles, and a scale of depth.

With weights N(0, σ_w²/fan_in) and biases N(0, σ_b²) the sums that enter the units of a layer become independent
Gaussian numbers as the width grows. All that is left of an input is then their variance q, and all that is left of
two inputs their variances and their covariance k:

    q ← σ_w² E[φ(√q z)²] + σ_b²          k ← σ_w² E[φ(u) φ(v)] + σ_b²

with z standard Gaussian, u and v Gaussian with variance q and covariance k (B. Poole, S. Lahiri, M. Raghu,
J. Sohl-Dickstein and S. Ganguli, Exponential expressivity in deep neural networks through transient chaos, NeurIPS
2016). At rest, q = q* and k = c* q*, the slope of the second map is χ = σ_w² E[φ′(u) φ′(v)], and 1/|ln χ| is the
number of layers over which a deviation shrinks to 1/e (S. S. Schoenholz, J. Gilmer, S. Ganguli and
J. Sohl-Dickstein, Deep information propagation, ICLR 2017).

As everywhere in this library a gain of 1 is the usual start: σ_w² = c · gain², with c = 2 for rectified units and
c = 1 for others. For rectified units the means are elementary (Y. Cho and L. K. Saul, Kernel methods for deep
learning, NIPS 2009). For tanh they are trapezoidal sums against the Gaussian density, which converge exponentially
for an analytic function: what is left is rounding.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy.optimize import brentq

Activation = Literal["relu", "tanh", "linear"]
REACH = 9.0  # beyond it a standard Gaussian number has a density below 1e-18
STEP = 0.05  # of the sums, at most, and at most
NEAR = 0.18  # of the distance to the nearest pole: they err by exp(-2π · distance/step), here below 1e-15
LARGEST = 400.0  # of the variances that units of tanh take: twenty times into saturation


@dataclass(frozen=True)
class Signal:
    """What arrives at each layer of a very wide random network.

    Attributes:
        variance: Of the sums that enter a unit, (layers,); the first entry belongs to the first hidden layer.
        correlation: Between the sums of the two inputs, (layers,).
    """

    variance: np.ndarray
    correlation: np.ndarray


def propagated(
    layers: int,
    *,
    gain: float = 1.0,
    bias: float = 0.0,
    activation: Activation = "tanh",
    size: float = 1.0,
    correlation: float = 0.0,
) -> Signal:
    """Variance and correlation, layer by layer, for two inputs of equal size.

    Args:
        layers: How many, >= 1.
        gain: The start scale of the weights, in units of the usual one.
        bias: Standard deviation σ_b of the biases.
        activation: relu, tanh or linear.
        size: Mean square of the entries of either input.
        correlation: The inputs' scalar product over their squared length.

    Raises:
        ValueError: If a setting is out of range.
        OverflowError: If a variance leaves the range of the sums (tanh: above 400).

    >>> propagated(3, gain=0.5, activation="linear").variance
    array([0.25    , 0.0625  , 0.015625])
    """
    _check(gain, bias, activation)
    if layers < 1 or not size > 0 or not -1 <= correlation <= 1:
        raise ValueError(
            "layers must be >= 1, size positive and correlation in [-1, 1], "
            f"got {layers}, {size} and {correlation}"
        )
    weight = _weight(gain, activation)
    q, k = weight * size + bias**2, weight * size * correlation + bias**2
    rows = [(q, k)]
    for _ in range(layers - 1):
        q, k = (weight * _mean(activation, q, c) + bias**2 for c in (q, k))
        rows.append((q, k))
    variance, covariance = np.array(rows).T
    return Signal(variance, np.divide(covariance, variance, out=np.ones(layers), where=variance > 0))


def fixed_variance(*, gain: float, bias: float = 0.0, activation: Activation = "tanh") -> float:
    """The variance q* at which the sums of deep layers come to rest: 0 if signals die out, inf if they grow on.

    Args:
        gain: The start scale of the weights, in units of the usual one.
        bias: Standard deviation σ_b of the biases.
        activation: relu, tanh or linear.

    Raises:
        ValueError: If a setting is out of range.
        OverflowError: If the variance leaves the range of the sums (tanh: above 400).

    >>> fixed_variance(gain=0.5, bias=0.3, activation="relu")
    0.12
    """
    _check(gain, bias, activation)
    if gain <= 1 and bias == 0:
        return 0.0
    if activation != "tanh":  # q ← gain² q + σ_b²
        return bias**2 / (1 - gain**2) if gain < 1 else np.inf
    # tanh(u)² >= u² - 2u⁴/3, and so the map lies above the diagonal at this q; at the other end it lies below.
    low = bias**2 if bias else (1 - gain**-2) / 2
    high = gain**2 + bias**2
    return float(brentq(lambda q: gain**2 * _mean("tanh", q, q) + bias**2 - q, low, high, xtol=1e-15))


def fixed_correlation(*, gain: float, bias: float = 0.0, activation: Activation = "tanh") -> float:
    """The correlation c* to which all pairs of different inputs tend: 1 in order, below 1 in chaos.

    Without biases and below the critical gain of 1 sizes die out before angles change; the value is 1, the limit
    for small biases. Arguments and errors as :func:`fixed_variance`.

    >>> fixed_correlation(gain=2.0), fixed_correlation(gain=0.5)
    (0.0, 1.0)
    """
    q = fixed_variance(gain=gain, bias=bias, activation=activation)
    if activation != "tanh" or q == 0 or _slope(gain, q, 1.0) <= 1:
        return 1.0
    if bias == 0:  # an odd function keeps uncorrelated signs uncorrelated
        return 0.0
    # At c = 0 the map is positive; just below c = 1, where its slope is above 1, it lies below the diagonal.
    excess = lambda c: gain**2 * _mean("tanh", q, c * q) + bias**2 - c * q  # noqa: E731
    high = 1 - 1e-3
    while excess(high) >= 0:
        high = 1 - (1 - high) / 4
        if high > 1 - 1e-9:  # the edge of chaos, up to rounding
            return 1.0
    return float(brentq(excess, 0.0, high, xtol=1e-15))


def depth_scale(*, gain: float, bias: float = 0.0, activation: Activation = "tanh") -> float:
    """The number of layers over which what distinguishes two inputs is lost by a factor e: 1/|ln χ|.

    In order χ is the factor by which a layer multiplies the squared difference of two like inputs; in chaos it is
    the factor by which their correlation comes nearer to c*. Infinite at the edge between them. For rectified and
    linear units, which have no chaos, χ = gain² is also the factor by which sizes grow or die.

    Args:
        gain: The start scale of the weights, in units of the usual one.
        bias: Standard deviation σ_b of the biases.
        activation: relu, tanh or linear.

    Raises:
        ValueError: If a setting is out of range.
        OverflowError: If a variance leaves the range of the sums (tanh: above 400).

    >>> round(depth_scale(gain=np.exp(-1)), 12)
    0.5
    """
    return _scale(gain, bias, activation, fixed_correlation(gain=gain, bias=bias, activation=activation))


def gradient_scale(*, gain: float, bias: float = 0.0, activation: Activation = "tanh") -> float:
    """The number of layers over which squared gradients grow or shrink by a factor e: 1/|ln χ| at c = 1.

    In order it is the depth scale; in chaos, where like inputs part, it is shorter. Arguments and errors as
    :func:`depth_scale`.

    >>> gradient_scale(gain=0.5) == depth_scale(gain=0.5)
    True
    """
    return _scale(gain, bias, activation, 1.0)


def _scale(gain: float, bias: float, activation: Activation, c: float) -> float:
    """1/|ln χ| at rest, for inputs of correlation c."""
    q = fixed_variance(gain=gain, bias=bias, activation=activation)
    slope = _slope(gain, q, c) if activation == "tanh" and q > 0 else gain**2
    with np.errstate(divide="ignore"):
        return float(1 / np.abs(np.log(slope)))


def _weight(gain: float, activation: Activation) -> float:
    return (2.0 if activation == "relu" else 1.0) * gain**2


def _slope(gain: float, q: float, c: float) -> float:
    """χ of units of tanh: gain² E[φ′(u) φ′(v)]."""
    return gain**2 * _trapezoidal(lambda u: 1 - np.tanh(u) ** 2, q, c * q)


def _mean(activation: Activation, q: float, k: float) -> float:
    """E[φ(u) φ(v)] for u, v Gaussian with variance q and covariance k."""
    if activation == "linear":
        return k
    if activation == "tanh":
        return _trapezoidal(np.tanh, q, k)
    c = np.clip(k / q, -1, 1) if q > 0 else 1.0
    return float(q * (np.sqrt(1 - c**2) + c * (np.pi - np.arccos(c))) / (2 * np.pi))


def _trapezoidal(f: Callable[[np.ndarray], np.ndarray], q: float, k: float) -> float:
    """E[f(u) f(v)], f having its poles where tanh has."""
    if q > LARGEST:
        raise OverflowError(
            f"a variance of {q:.3g} is above {LARGEST:g}, the largest that tanh is summed for"
        )
    step = min(STEP, NEAR * np.pi / 2 / np.sqrt(max(q, 1e-300)))
    z = np.arange(-np.ceil(REACH / step), np.ceil(REACH / step) + 1) * step
    density = step * np.exp(-(z**2) / 2) / np.sqrt(2 * np.pi)
    c = np.clip(k / q, -1, 1) if q > 0 else 1.0
    along = f(np.sqrt(q) * z)
    if c == 1:
        return float(density @ along**2)
    # Given u, v is Gaussian around c u.
    across = f(np.sqrt(q) * (c * z[:, None] + np.sqrt(1 - c**2) * z))
    return float((density * along) @ (across @ density))


def _check(gain: float, bias: float, activation: Activation) -> None:
    if not 0 < gain < np.inf or not 0 <= bias < np.inf:
        raise ValueError(f"gain must be positive and bias >= 0, both finite, got {gain} and {bias}")
    if activation not in ("relu", "tanh", "linear"):
        raise ValueError(f"activation must be one of relu, tanh, linear, got {activation!r}")
