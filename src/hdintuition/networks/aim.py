"""What an attack is made of: gradients by the inputs, steps along them, and the best point seen so far.

Losses are summed over members and points before they are differentiated, so that neither mixes. The slope of the
loss by the outputs is written out; autograd carries it through the networks, of whatever kind they are.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from math import inf

import torch
from torch import Tensor

from hdintuition.networks.ensemble import Networks
from hdintuition.networks.examples import Examples, prepared
from hdintuition.networks.losses import Loss, loss_named
from hdintuition.networks.norm_balls import check_norm, project, steepest

BLOCK = {"cpu": 2**18, "cuda": 2**28}  # input numbers of the members that are attacked at once
Box = tuple[float, float]
Found = tuple[Tensor, Tensor, Tensor | None]  # points, their losses, and whether they fool the member


@dataclass(frozen=True)
class Aim:
    """Who is attacked, where, and what is allowed."""

    nets: Networks
    x: Tensor  # the clean points, (members, points, inputs)
    examples: Examples
    eps: Tensor  # (members, points, 1)
    norm: float
    loss: Loss
    targeted: bool
    box: Box | None
    walls: tuple[Tensor, Tensor] | None = (
        None  # of the inputs for ‖·‖_∞, of their changes for ‖·‖_2 and a box
    )

    def blocks(self) -> Iterator[Aim]:
        """Some members at a time, or the points of a large stack would have to be held several times over."""
        at_once = max(1, BLOCK.get(self.x.device.type, BLOCK["cpu"]) // max(self.x[:1].numel(), 1))
        for start in range(0, len(self.nets), at_once):
            cut = slice(start, start + at_once)
            # Points last in memory, as the gradients come: elementwise steps over two orders are slow.
            x = self.x[cut].mT.contiguous().mT
            eps = self.eps[cut]
            yield replace(self, nets=self.nets[cut], x=x, examples=self.examples.of(cut), eps=eps).walled()

    def walled(self) -> Aim:
        """The same with what each input may be, worked out once: with ‖·‖_∞ that is all there is to be held to."""
        low, high = (-inf, inf) if self.box is None else self.box
        if self.norm == inf:
            walls = (self.x - self.eps).clamp_(min=low), (self.x + self.eps).clamp_(max=high)
            return replace(self, walls=walls)
        return self if self.box is None else replace(self, walls=(low - self.x, high - self.x))

    def outputs(self, x: Tensor) -> Tensor:
        """(members, outputs, points)."""
        f = self.nets(x)
        return f[:, None] if f.ndim == 2 else f

    def look(self, x: Tensor) -> Found:
        """The points, their losses, and whether the attack has succeeded there."""
        with torch.no_grad():
            return self.judged(x, self.outputs(x))

    def judged(self, x: Tensor, f: Tensor) -> Found:
        """The same from outputs that are known."""
        right = self.loss.right(f, self.examples.y)
        return x, self.loss(f, self.examples.y), right if right is None or self.targeted else ~right

    @torch.enable_grad()
    def slope(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """The outputs, and the gradient of the loss by the inputs."""
        x = x.detach().requires_grad_()
        f = self.outputs(x)
        return f.detach(), torch.autograd.grad(f, x, self.loss.slopes(f.detach(), self.examples.y))[0]

    def moved(self, x: Tensor, gradient: Tensor, rate: Tensor) -> Tensor:
        """One step of this length from x, in place, in the direction of the attack, and back to where it may be."""
        up = steepest(gradient, norm=self.norm)
        return self.allowed(x.addcmul_(up, rate, value=-1 if self.targeted else 1))

    def allowed(self, x: Tensor) -> Tensor:
        """The nearest points that are no farther than eps from the clean ones and inside the box; may be in place."""
        if self.norm == inf and self.walls is not None:
            return x.clamp_(*self.walls)
        low, high = self.walls or (None, None)
        allowed = self.x + project(x - self.x, self.eps, norm=self.norm, low=low, high=high)
        return allowed if self.box is None else allowed.clamp(*self.box)  # the sum is rounded

    def search(self, drawn: list[Tensor], steps: int, rate: float) -> Found:
        """The best point seen on the way from every start."""
        best = self.look(self.x)
        for start in drawn:
            at = self.allowed(self.x + self.eps * start)
            for _ in range(steps):
                f, gradient = self.slope(at)
                best = self.better(best, self.judged(at, f))
                at = self.moved(at, gradient, rate * self.eps)
            best = self.better(best, self.look(at))
        return best

    def better(self, best: Found, new: Found) -> Found:
        """Of two points the better for the attacker, member by member and point by point."""
        (x, loss, fooled), (new_x, new_loss, new_fooled) = best, new
        better = new_loss < loss if self.targeted else new_loss > loss
        if fooled is not None and new_fooled is not None:
            better = (new_fooled & ~fooled) | ((new_fooled == fooled) & better)
            fooled = torch.where(better, new_fooled, fooled)
        return torch.where(better[..., None], new_x, x), torch.where(better, new_loss, loss), fooled


def aim_at(
    nets: Networks,
    x: Tensor,
    y: Tensor,
    eps: float | Tensor,
    norm: float,
    loss: str | Loss | None,
    targeted: bool,
    box: Box | None,
) -> Aim:
    """An attack on this stack at these points; the arguments are those of :func:`attacks.pgd`.

    Raises:
        ValueError: If shapes do not match, eps is negative, norm is another, or points lie outside the box.
    """
    chosen = loss_named(loss, nets.outputs)
    examples = prepared(nets, x, y, chosen)
    check_norm(norm)
    clean = examples.x.expand(len(nets), -1, -1)
    eps = torch.as_tensor(eps, dtype=clean.dtype, device=clean.device)
    if tuple(eps.shape) not in ((), clean.shape[1:2], clean.shape[:2]) or not bool((eps >= 0).all()):
        raise ValueError(
            f"eps must be >= 0, one number, one for each of the {clean.shape[1]} points, or "
            f"{tuple(clean.shape[:2])}, got {eps if eps.ndim == 0 else tuple(eps.shape)}"
        )
    if box is not None and not (box[0] < box[1] and bool(((x >= box[0]) & (x <= box[1])).all())):
        raise ValueError(f"the points must lie in the box {box}, got values from {x.min()} to {x.max()}")
    each = eps.expand(clean.shape[:2])[..., None]
    return Aim(nets, clean, examples, each, norm, chosen, targeted, box)
