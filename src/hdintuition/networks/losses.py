"""Four losses of a stack's outputs, each with its slope written out.

Outputs are (members, outputs, examples): the classes lie along dimension 1, where a softmax over ten of them
is several times faster than along the last. A loss gives one value per member and example. The loss *of a member*
is the mean of those over its examples; over members it is only ever summed, so that no member's gradient depends
on its company.

* ``cross_entropy``: −log softmax(f)[y], for classes y = 0, 1, ….
* ``any_of``: −log Σ softmax(f) over the right answers, where a question has several; with one it is cross-entropy.
* ``squared``: ½ Σ (f − y)², for real targets (or classes, as one-hot targets).
* ``logistic``: log(1 + exp(−y f)), for labels y = −1 or +1 and one output.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy as _cross_entropy
from torch.nn.functional import one_hot


class Loss(ABC):
    """A loss of outputs (members, outputs, examples) against targets as :meth:`targets` prepares them."""

    name: str

    @abstractmethod
    def targets(self, y: Tensor, outputs: int, like: Tensor) -> Tensor:
        """The targets in the form the other methods take, examples last.

        Args:
            y: As the user has them: (examples,) or (members, examples), with one more axis behind for real
                targets of networks with several outputs.
            outputs: How many outputs the networks have.
            like: A tensor of the wanted dtype and device.

        Raises:
            ValueError: If y cannot be a target of this loss.
        """

    @abstractmethod
    def __call__(self, f: Tensor, y: Tensor) -> Tensor:
        """One value per member and example, (members, examples); differentiable."""

    @abstractmethod
    def slopes(self, f: Tensor, y: Tensor, out: Tensor | None = None) -> Tensor:
        """The derivative of each value by the outputs, of the shape of f; written to ``out`` if given."""

    def bend(self, f: Tensor, y: Tensor) -> Callable[[Tensor], Tensor]:
        """The second derivative by the outputs, H: takes any u of the shape of f and gives H u, example by example.

        Here by autograd, for any loss; those below have it in closed form.
        """
        leaf = f.detach().requires_grad_()
        with torch.enable_grad():
            slope = torch.autograd.grad(self(leaf, y).sum(), leaf, create_graph=True)[0]
        if not slope.requires_grad:  # straight everywhere
            return torch.zeros_like
        return lambda u: torch.autograd.grad(slope, leaf, u, retain_graph=True)[0]

    @abstractmethod
    def right(self, f: Tensor, y: Tensor) -> Tensor | None:
        """Which examples are classified rightly, (members, examples); None if the targets are no classes."""

    def __repr__(self) -> str:
        return self.name


class CrossEntropy(Loss):
    """−log softmax(f)[y]."""

    name = "cross_entropy"

    def targets(self, y: Tensor, outputs: int, like: Tensor) -> Tensor:
        """Classes as int64, (examples,) or (members, examples)."""
        if outputs < 2:
            raise ValueError(
                "cross-entropy needs networks with two or more outputs; use loss=logistic for one"
            )
        _integers(y, outputs, "cross-entropy")
        return y.to(like.device, torch.int64)

    def __call__(self, f: Tensor, y: Tensor) -> Tensor:
        """(members, examples)."""
        return _cross_entropy(f, y.expand(len(f), -1), reduction="none")

    def slopes(self, f: Tensor, y: Tensor, out: Tensor | None = None) -> Tensor:
        """softmax(f) − one-hot(y)."""
        p = torch.softmax(f, 1) if out is None else torch.softmax(f, 1, out=out)
        index = y.expand(len(f), -1)[:, None]
        return p.scatter_add_(1, index, p.new_full((), -1.0).expand(index.shape))

    def bend(self, f: Tensor, y: Tensor) -> Callable[[Tensor], Tensor]:
        """H = diag p − p pᵀ, with p = softmax(f)."""
        p = torch.softmax(f, 1)

        def product(u: Tensor) -> Tensor:
            pu = p * u
            return pu.addcmul_(p, pu.sum(1, keepdim=True), value=-1)

        return product

    def right(self, f: Tensor, y: Tensor) -> Tensor:
        """The largest output is that of the right class."""
        return f.argmax(1) == y


class AnyOf(Loss):
    """−log Σ softmax(f) over the right answers: which of them is believed in costs nothing."""

    name = "any_of"

    def targets(self, y: Tensor, outputs: int, like: Tensor) -> Tensor:
        """Right answers as booleans, (outputs, examples) or (members, outputs, examples)."""
        fits = y.dtype == torch.bool and y.ndim in (2, 3) and y.shape[-1] == outputs
        if not fits or not bool(y.any(-1).all()):
            raise ValueError(
                f"right answers must be booleans, (examples, {outputs}) or (members, examples, {outputs}), with a "
                f"True in every row, got {y.dtype} of shape {tuple(y.shape)}"
            )
        return y.to(like.device).mT.contiguous()

    def __call__(self, f: Tensor, y: Tensor) -> Tensor:
        """(members, examples)."""
        return torch.logsumexp(f, 1) - torch.logsumexp(f.masked_fill(~y, -torch.inf), 1)

    def slopes(self, f: Tensor, y: Tensor, out: Tensor | None = None) -> Tensor:
        """softmax(f) minus the same over the right answers alone."""
        among_right = torch.softmax(f.masked_fill(~y, -torch.inf), 1)
        p = torch.softmax(f, 1) if out is None else torch.softmax(f, 1, out=out)
        return p.sub_(among_right)

    def right(self, f: Tensor, y: Tensor) -> Tensor:
        """The largest output is that of a right answer."""
        return y.expand(len(f), -1, -1).gather(1, f.argmax(1, keepdim=True))[:, 0]


class Squared(Loss):
    """½ Σ (f − y)² over the outputs."""

    name = "squared"

    def targets(self, y: Tensor, outputs: int, like: Tensor) -> Tensor:
        """Real targets, (outputs, examples) or (members, outputs, examples)."""
        if not y.is_floating_point() and outputs > 1:
            _integers(y, outputs, "one-hot targets")
            y = one_hot(y.to(torch.int64), outputs)
        elif outputs == 1 and (y.ndim == 1 or y.shape[-1] != 1):
            y = y[..., None]
        if y.ndim not in (2, 3) or y.shape[-1] != outputs:
            raise ValueError(
                f"targets of {outputs} outputs must be (examples, {outputs}) or (members, examples, {outputs}), "
                f"got {tuple(y.shape)}"
            )
        return y.mT.to(like).contiguous()

    def __call__(self, f: Tensor, y: Tensor) -> Tensor:
        """(members, examples)."""
        return (f - y).square().sum(1) / 2

    def slopes(self, f: Tensor, y: Tensor, out: Tensor | None = None) -> Tensor:
        """f − y."""
        return torch.sub(f, y, out=out)

    def bend(self, f: Tensor, y: Tensor) -> Callable[[Tensor], Tensor]:
        """H = 1."""
        return torch.clone

    def right(self, f: Tensor, y: Tensor) -> Tensor | None:
        """For several outputs, taken as classes: the largest output is where the largest target is."""
        return f.argmax(1) == y.argmax(-2) if f.shape[1] > 1 else None


class Logistic(Loss):
    """log(1 + exp(−y f))."""

    name = "logistic"

    def targets(self, y: Tensor, outputs: int, like: Tensor) -> Tensor:
        """Labels as −1 and +1, (1, examples) or (members, 1, examples)."""
        if outputs != 1:
            raise ValueError(f"the logistic loss needs networks with one output, got {outputs}")
        if y.ndim not in (1, 2) or not bool(((y == 1) | (y == -1)).all()):
            raise ValueError(
                f"labels must be -1 or +1, (examples,) or (members, examples), got values "
                f"{sorted(set(y.flatten().tolist()))[:5]} of shape {tuple(y.shape)}"
            )
        return y[..., None, :].to(like)

    def __call__(self, f: Tensor, y: Tensor) -> Tensor:
        """(members, examples)."""
        # Not softplus: its last bit depends on where in the stack a member stands, and it drops exp(−z) too soon.
        z = (-y * f)[:, 0]
        return torch.where(z > 40, z, z.clamp(max=40).exp().log1p())

    def slopes(self, f: Tensor, y: Tensor, out: Tensor | None = None) -> Tensor:
        """−y / (1 + exp(y f))."""
        # Not torch.sigmoid: its vectorised and its scalar code differ in the last bit, and which of the two
        # serves a member depends on where in the stack it stands.
        slope = torch.mul(f, y, out=out)
        return slope.exp_().add_(1).reciprocal_().mul_(-y)

    def bend(self, f: Tensor, y: Tensor) -> Callable[[Tensor], Tensor]:
        """H = 1 / (2 + eᶠ + e⁻ᶠ)."""
        curvature = (f.exp() + (-f).exp() + 2).reciprocal_()
        return lambda u: curvature * u

    def right(self, f: Tensor, y: Tensor) -> Tensor:
        """The output has the sign of the label."""
        return (f * y > 0)[:, 0]


cross_entropy, any_of, squared, logistic = CrossEntropy(), AnyOf(), Squared(), Logistic()
LOSSES: dict[str, Loss] = {loss.name: loss for loss in (cross_entropy, any_of, squared, logistic)}


def loss_named(loss: str | Loss | None, outputs: int) -> Loss:
    """The loss of this name; without one, logistic for networks with one output and cross-entropy else.

    Raises:
        ValueError: If there is no loss of this name.
    """
    if isinstance(loss, Loss):
        return loss
    if loss is None:
        return logistic if outputs == 1 else cross_entropy
    if loss not in LOSSES:
        raise ValueError(f"loss must be one of {', '.join(LOSSES)} or a Loss, got {loss!r}")
    return LOSSES[loss]


def _integers(y: Tensor, outputs: int, what: str) -> None:
    whole = not y.is_floating_point() and y.ndim in (1, 2)
    low, high = (int(end) for end in y.aminmax()) if whole and y.numel() else (0, 0)
    if not whole or low < 0 or high >= outputs:
        raise ValueError(
            f"{what}: y must hold classes 0 to {outputs - 1} as integers, (examples,) or (members, examples), "
            f"got {y.dtype} of shape {tuple(y.shape)}" + (f" from {low} to {high}" if whole else "")
        )
