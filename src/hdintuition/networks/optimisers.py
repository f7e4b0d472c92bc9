"""Optimisers of a stack: every member is stepped exactly as it would be alone.

Each of these looks at one parameter at a time, so that a stack of members is stepped as one long row. Rates,
momenta and weight decays may be one number, or one for each member. Rules that look at a whole network (a norm, a
line search) would mix members if they were applied to the stack: of these there is ``clip``, taken member by member.

The update rules and their names are those of ``torch.optim``, to which tests hold them:

* ``sgd``: with momentum as B. T. Polyak (1964) or Y. Nesterov (1983) have it.
* ``adam``, ``adamw``: D. P. Kingma and J. Ba, ICLR 2015; I. Loshchilov and F. Hutter, ICLR 2019; with
  ``amsgrad``: S. J. Reddi, S. Kale and S. Kumar, ICLR 2018.
* ``rmsprop``: T. Tieleman and G. Hinton, lecture 6.5, 2012. ``adagrad``: J. Duchi, E. Hazan and Y. Singer, JMLR 2011.
* ``sign_sgd``: the sign of the gradient, or of its momentum (J. Bernstein et al., ICML 2018).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import torch
from torch import Tensor

Number = float | Tensor  # a tensor holds one number for each member


@dataclass(frozen=True)
class Optimiser:
    """A rule for steps and its settings.

    Attributes:
        name: As in this module.
        settings: ``rate`` and what else the rule takes; numbers, or one for each member.
        update: (parameters, gradient, settings, memory, step) -> None, in place on rows of numbers.
        memory: The names of the rows that the rule keeps from step to step; they start at zero.
        adaptive: Whether the size of a step does not depend on the size of the gradient.
        clip: The longest gradient a member may have, or None.
    """

    name: str
    settings: Mapping[str, Number | bool]
    update: Callable[[Tensor, Tensor, Mapping[str, Number | bool], Mapping[str, Tensor], Number], None]
    memory: tuple[str, ...] = ()
    adaptive: bool = False
    clip: Number | None = None

    def each(self, change: Callable[[Tensor], Tensor]) -> Optimiser:
        """The same rule with every setting that holds one number for each member changed."""

        def changed(value: Number | bool) -> Number | bool:
            return change(value) if isinstance(value, Tensor) and value.ndim else value

        settings = {name: changed(value) for name, value in self.settings.items()}
        return replace(self, settings=settings, clip=None if self.clip is None else changed(self.clip))

    def check(self, members: int) -> None:
        """Refuse settings that do not belong to so many members.

        Raises:
            ValueError: Naming the setting.
        """
        for name, value in {**self.settings, "clip": self.clip}.items():
            if isinstance(value, Tensor) and tuple(value.shape) not in ((), (members,)):
                raise ValueError(
                    f"{name} must be one number or {members} (one a member), got shape {tuple(value.shape)}"
                )


def sgd(
    rate: Number,
    *,
    momentum: Number = 0.0,
    nesterov: bool = False,
    weight_decay: Number = 0.0,
    clip: Number | None = None,
) -> Optimiser:
    """Gradient descent: m ← μ m + g, w ← w − rate · m; with ``nesterov``, w ← w − rate · (g + μ m).

    Args:
        rate: Step length, > 0.
        momentum: μ, in [0, 1).
        nesterov: Look ahead along the momentum.
        weight_decay: λ of a penalty λ/2 ‖w‖².
        clip: Longest gradient a member may have.

    Raises:
        ValueError: If a setting is out of range.
    """
    settings = {"rate": rate, "momentum": momentum, "weight_decay": weight_decay, "nesterov": nesterov}
    _check(settings, clip)
    if nesterov and not _any(momentum):
        raise ValueError("nesterov=True needs a momentum > 0, got 0")
    return Optimiser("sgd", settings, _sgd, ("momentum",) if _any(momentum) else (), clip=clip)


def sign_sgd(rate: Number, *, momentum: Number = 0.0, clip: Number | None = None) -> Optimiser:
    """Steps of one length in every parameter: m ← μ m + g, w ← w − rate · sign(m)."""
    settings = {"rate": rate, "momentum": momentum}
    _check(settings, clip)
    return Optimiser("sign_sgd", settings, _sign, ("momentum",) if _any(momentum) else (), True, clip)


def adam(
    rate: Number,
    *,
    betas: tuple[float, float] = (0.9, 0.999),
    eps: float = 1e-8,
    weight_decay: Number = 0.0,
    amsgrad: bool = False,
    clip: Number | None = None,
) -> Optimiser:
    """Adam; a weight decay is part of the gradient.

    Args:
        rate: Step length, > 0.
        betas: How slowly the means of gradient and squared gradient forget, each in [0, 1).
        eps: Added to the root of the mean squared gradient, > 0.
        weight_decay: λ of a penalty λ/2 ‖w‖².
        amsgrad: Divide by the largest mean squared gradient so far.
        clip: Longest gradient a member may have.

    Raises:
        ValueError: If a setting is out of range.
    """
    return _adam("adam", rate, betas, eps, weight_decay, amsgrad, clip)


def adamw(
    rate: Number,
    *,
    betas: tuple[float, float] = (0.9, 0.999),
    eps: float = 1e-8,
    weight_decay: Number = 1e-2,
    amsgrad: bool = False,
    clip: Number | None = None,
) -> Optimiser:
    """Adam with the weights multiplied by 1 − rate · weight_decay before each step; else as :func:`adam`.

    The rate is that of the tensor: under the parametrisation ``mu``, wide hidden layers decay as much less as their
    rate is smaller.
    """
    return _adam("adamw", rate, betas, eps, weight_decay, amsgrad, clip)


def rmsprop(
    rate: Number,
    *,
    alpha: float = 0.99,
    eps: float = 1e-8,
    weight_decay: Number = 0.0,
    clip: Number | None = None,
) -> Optimiser:
    """The gradient over the root of its mean square, w ← w − rate · g / (√v + eps).

    Raises:
        ValueError: If a setting is out of range.
    """
    settings = {"rate": rate, "alpha": alpha, "eps": eps, "weight_decay": weight_decay}
    _check(settings, clip)
    return Optimiser("rmsprop", settings, _rmsprop, ("square", "scratch"), True, clip)


def adagrad(
    rate: Number, *, eps: float = 1e-10, weight_decay: Number = 0.0, clip: Number | None = None
) -> Optimiser:
    """The gradient over the root of the sum of its squares, w ← w − rate · g / (√Σg² + eps).

    Raises:
        ValueError: If a setting is out of range.
    """
    settings = {"rate": rate, "eps": eps, "weight_decay": weight_decay}
    _check(settings, clip)
    return Optimiser("adagrad", settings, _adagrad, ("square", "scratch"), True, clip)


def _adam(
    name: str,
    rate: Number,
    betas: tuple[float, float],
    eps: float,
    weight_decay: Number,
    amsgrad: bool,
    clip: Number | None,
) -> Optimiser:
    settings = {"rate": rate, "beta1": betas[0], "beta2": betas[1], "eps": eps, "weight_decay": weight_decay}
    _check(settings, clip)
    rows = ("mean", "square", "scratch") + (("largest",) if amsgrad else ())
    return Optimiser(name, {**settings, "decoupled": name == "adamw"}, _adam_step, rows, True, clip)


# ------------------------------------------------------------------------------- the rules, in place


def _sgd(w: Tensor, g: Tensor, s: Mapping, memory: Mapping[str, Tensor], step: Number) -> None:
    _add(g, w, s["weight_decay"])
    if "momentum" in memory:
        m = _remember(memory["momentum"], g, s["momentum"])
        if s["nesterov"]:
            _add(g, m, s["momentum"])
        else:
            g = m
    _add(w, g, -s["rate"])


def _sign(w: Tensor, g: Tensor, s: Mapping, memory: Mapping[str, Tensor], step: Number) -> None:
    if "momentum" in memory:
        g.copy_(_remember(memory["momentum"], g, s["momentum"]))
    _add(w, g.sign_(), -s["rate"])


def _adam_step(w: Tensor, g: Tensor, s: Mapping, memory: Mapping[str, Tensor], step: Number) -> None:
    if s["decoupled"]:
        _add(w, w, -s["rate"] * s["weight_decay"])
    else:
        _add(g, w, s["weight_decay"])
    mean, square, root = memory["mean"], memory["square"], memory["scratch"]
    mean.lerp_(g, 1 - s["beta1"])
    square.mul_(s["beta2"]).addcmul_(g, g, value=1 - s["beta2"])
    largest = (
        torch.maximum(memory["largest"], square, out=memory["largest"]) if "largest" in memory else square
    )
    torch.sqrt(largest, out=root).div_((1 - s["beta2"] ** step) ** 0.5).add_(s["eps"])
    _add(w, torch.div(mean, root, out=root), -s["rate"] / (1 - s["beta1"] ** step))


def _rmsprop(w: Tensor, g: Tensor, s: Mapping, memory: Mapping[str, Tensor], step: Number) -> None:
    _add(g, w, s["weight_decay"])
    square = memory["square"].mul_(s["alpha"]).addcmul_(g, g, value=1 - s["alpha"])
    _divided(w, g, square, s, memory)


def _adagrad(w: Tensor, g: Tensor, s: Mapping, memory: Mapping[str, Tensor], step: Number) -> None:
    _add(g, w, s["weight_decay"])
    _divided(w, g, memory["square"].addcmul_(g, g), s, memory)


def _divided(w: Tensor, g: Tensor, square: Tensor, s: Mapping, memory: Mapping[str, Tensor]) -> None:
    root = torch.sqrt(square, out=memory["scratch"]).add_(s["eps"])
    _add(w, torch.div(g, root, out=root), -s["rate"])


def _remember(m: Tensor, g: Tensor, momentum: Number) -> Tensor:
    """m ← g + momentum · m, in one pass."""
    if isinstance(momentum, Tensor):
        return torch.addcmul(g, m, momentum.to(m.dtype), out=m)
    return torch.add(g, m, alpha=momentum, out=m)


def _add(row: Tensor, other: Tensor, factor: Number) -> None:
    """row ← row + factor · other, the factor being one number or a row of them."""
    if isinstance(factor, Tensor):
        row.addcmul_(other, factor.to(row.dtype))
    elif factor:
        row.add_(other, alpha=factor)


# ------------------------------------------------------------------------------------- what is allowed


def _any(value: Number) -> bool:
    return bool(torch.as_tensor(value).any())


RANGES = {  # name: (what is allowed, the test)
    "rate": ("> 0", lambda v: v > 0),
    "momentum": ("in [0, 1)", lambda v: (v >= 0) & (v < 1)),
    "weight_decay": (">= 0", lambda v: v >= 0),
    "beta1": ("in [0, 1)", lambda v: (v >= 0) & (v < 1)),
    "beta2": ("in [0, 1)", lambda v: (v >= 0) & (v < 1)),
    "alpha": ("in [0, 1)", lambda v: (v >= 0) & (v < 1)),
    "eps": ("> 0", lambda v: v > 0),
    "clip": ("> 0", lambda v: v > 0),
}


SHARED = {"beta1", "beta2", "alpha", "eps"}  # one number for all members


def _check(settings: Mapping[str, Number | bool], clip: Number | None) -> None:
    for name, value in {**settings, **({} if clip is None else {"clip": clip})}.items():
        if name in RANGES:
            allowed, test = RANGES[name]
            if name in SHARED and isinstance(value, Tensor):
                raise ValueError(
                    f"{name} must be one number {allowed}, the same for all members, got {value}"
                )
            if not bool(test(torch.as_tensor(value, dtype=torch.float64)).all()):
                raise ValueError(f"{name} must be {allowed}, one number or one a member, got {value}")
