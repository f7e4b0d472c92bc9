"""Training a whole stack of networks at once, each member exactly as it would be trained alone.

The loss of a member is the mean over its examples; nothing is averaged over members. Members go in blocks that a
processor's cache can hold, and the examples of a step in blocks of rows whose number depends on the networks and
the batch alone, so that a member takes the same path, bit for bit, in any company. On CUDA all members go
together, the step runs as a CUDA graph, and if the memory does not suffice fewer members go at a time.

Networks of several shapes are trained shape by shape: padding them to one shape costs up to six times as much, and
is not bit for bit the same.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor

from hdintuition.networks.batches import Order, check_order, seeds_of, shuffled, written
from hdintuition.networks.denormals import flushed
from hdintuition.networks.examples import Examples, prepared
from hdintuition.networks.losses import Loss, loss_named
from hdintuition.networks.optimisers import Number, Optimiser, sgd
from hdintuition.networks.stack import Stack
from hdintuition.networks.trace import Trace, joined, steps_of
from hdintuition.networks.walk import Plan, Walk

CELLS = 2**18  # numbers that the widest layers of a block of members pass on, on a CPU: 1 MB in float32
ROWS = 2**18  # numbers that a member's widest layer passes on at once: 1 MB in float32
LOOKS = 50  # looks at the validation examples, where no others are asked for


class Diverged(ArithmeticError):
    """Weights have left the finite numbers."""


@dataclass(frozen=True)
class Trained:
    """A stack after training; calling it evaluates the trained networks.

    Attributes:
        networks: As they ended.
        trace: What was written down on the way, or None if that was not asked for.
        best: Each member as it was where its validation loss was lowest among the steps looked at; None without
            validation examples.
        best_step: Which step that was, (members,), int64.
        snapshots: The stack after each step asked for.
        diverged: The step at which a member was first seen to have left the finite numbers, (members,), int64;
            −1 where it never did.
    """

    networks: Stack
    trace: Trace | None
    best: Stack | None
    best_step: Tensor | None
    snapshots: dict[int, Stack]
    diverged: Tensor

    def __call__(self, x: Tensor) -> Tensor:
        """The outputs of the trained networks at x."""
        return self.networks(x)


def train(
    nets: Stack,
    x: Tensor,
    y: Tensor,
    *,
    steps: int,
    rate: Number | None = None,
    optimiser: Optimiser | None = None,
    loss: str | Loss | None = None,
    batch: int | None = None,
    order: Order | None = None,
    schedule: Callable[[int], float] | None = None,
    mask: Sequence[Tensor] | None = None,
    trace: int | Sequence[int] | None = None,
    validation: tuple[Tensor, Tensor] | None = None,
    patience: int | None = None,
    snapshots: Sequence[int] = (),
    diverged: Literal["raise", "keep"] = "raise",
) -> Trained:
    """The stack after so many steps, and what was seen on the way; the given stack is unchanged.

    Plain gradient descent has no memory: training for 100 steps and then for 200 is training for 300.

    Args:
        nets: Where every member starts.
        x: Training inputs, (examples, inputs), or each member's own, (members, examples, inputs).
        y: Targets in the form that the loss takes, (examples, …) or (members, examples, …).
        steps: How many steps, >= 0.
        rate: Step length of plain gradient descent; one number, or one for each member.
        optimiser: Another rule, such as ``adam(1e-3)``; instead of ``rate``.
        loss: cross_entropy, any_of, squared or logistic, or a Loss. By default logistic for networks with one output,
            else cross-entropy.
        batch: Examples that a step sees; all of them by default.
        order: Where the order of the examples comes from: a generator, or one for each member; or the
            indices themselves, (steps, batch) or (members, steps, batch). Needed with ``batch``.
        schedule: What the rate is multiplied by at step 0, 1, ….
        mask: One tensor of zeros and ones for each of ``nets.tensors``; where it is zero the parameter is zero
            and stays so.
        trace: When to measure: at so many steps on a logarithmic axis, or at the steps named.
        validation: Inputs and targets by which ``best`` is chosen, among the steps of ``trace`` (50 of them if
            it is not given).
        patience: A member is settled after so many looks without a better validation loss: it stays as it is
            then, in ``networks`` and ``trace``, and training ends when all are.
        snapshots: After which steps to keep the stack.
        diverged: What to do when the weights of a member stop being finite, which is looked at every 100 steps:
            raise, or keep that member, NaN and all, beside the others, which are not affected.

    Raises:
        Diverged: If a member's weights stop being finite; says how many, which, and what to do.
        ValueError: If shapes do not match or a setting is out of range.

    Warns:
        RuntimeWarning: If the device's memory does not suffice for all members at once.
    """
    rule = _rule(rate, optimiser, len(nets))
    chosen = loss_named(loss, nets.outputs)
    data = prepared(nets, x, y, chosen)
    held = None if validation is None else prepared(nets, *validation, chosen)
    _check(nets, len(data), steps, batch, order, mask, patience, held)
    plan = Plan(
        loss=chosen,
        optimiser=rule,
        steps=steps,
        factors=None if schedule is None else [float(schedule(step)) for step in range(steps)],
        looks=steps_of(LOOKS if trace is None and held is not None else trace, steps),
        snapshots=steps_of(list(snapshots), steps),
        patience=patience,
        rows=max(1, ROWS // nets.widest),
    )
    batch = order.shape[-1] if isinstance(order, Tensor) else batch
    orders = _streams(order, batch, nets, len(data))

    def walked(members: slice) -> Walk:
        walk = Walk(
            nets[members],
            data.of(members),
            plan.of(members),
            orders=orders(members),
            held=None if held is None else held.of(members),
            mask=None if mask is None else [m[members] for m in mask],
        )
        walk.run(
            lambda lost, step: _lost(lost, step, members, rule, len(nets)) if diverged == "raise" else None
        )
        return walk

    rows = min(batch or len(data), plan.rows)
    with flushed(), torch.no_grad():
        walks = _in_blocks(walked, nets, at_once=_members_at_once(nets, rows))
    return _joined(nets, walks, len(data))


def _in_blocks(walked: Callable[[slice], Walk], nets: Stack, *, at_once: int) -> list[Walk]:
    """All blocks of members one after the other; half as many at a time whenever the memory does not suffice."""
    walks: list[Walk] = []
    start, members = 0, len(nets)
    while start < members:
        at_once = min(at_once, members - start)
        try:
            walks.append(walked(slice(start, start + at_once)))
        except torch.OutOfMemoryError:
            if at_once == 1:
                raise
            at_once = (at_once + 1) // 2
            warnings.warn(
                f"the memory of {nets.tensors[0].device} does not suffice for these members at once: "
                f"training {at_once} of {members} at a time",
                RuntimeWarning,
                stacklevel=3,
            )
            continue
        start += at_once
    return walks


def _members_at_once(nets: Stack, rows: int) -> int:
    if nets.tensors[0].is_cuda:
        return max(1, len(nets))
    most = max(1, CELLS // (rows * nets.widest))
    return -(-len(nets) // -(-len(nets) // most)) if len(nets) else 1  # as few blocks, but of one size


def _joined(nets: Stack, walks: list[Walk], examples: int) -> Trained:
    """One result out of the blocks'."""
    if not walks:
        return Trained(nets, None, None, None, {}, torch.empty(0, dtype=torch.int64))

    def stack(parts: Sequence[Sequence[Tensor]]) -> Stack:
        return nets.with_tensors([torch.cat(ts) for ts in zip(*parts, strict=True)])

    stopping = [walk.stopping for walk in walks if walk.stopping is not None]
    return Trained(
        networks=stack([walk.ended() for walk in walks]),
        trace=joined([walk.record for walk in walks], examples=examples) if walks[0].record.steps else None,
        best=stack([stop.best.tensors for stop in stopping]) if stopping else None,
        best_step=torch.cat([stop.step for stop in stopping]) if stopping else None,
        snapshots={s: stack([walk.snapshots[s].tensors for walk in walks]) for s in walks[0].snapshots},
        diverged=torch.cat([walk.diverged for walk in walks]),
    )


def _streams(
    order: Order | None, batch: int | None, nets: Stack, examples: int
) -> Callable[[slice], Iterator[Tensor] | None]:
    """From members to the order of their examples, the same however the blocks are cut."""
    device = nets.tensors[0].device
    if order is None or batch is None:
        return lambda members: None
    if isinstance(order, Tensor):
        there = order.to(device)
        return lambda members: written(there, members)
    seeds = seeds_of(order, len(nets))
    return lambda members: shuffled(examples, batch, seeds=seeds[members], device=device)


def _rule(rate: Number | None, optimiser: Optimiser | None, members: int) -> Optimiser:
    if (rate is None) == (optimiser is None):
        raise ValueError(
            "say how to step either by rate=, for plain gradient descent, or by optimiser=, such as "
            f"sgd(0.1, momentum=0.9) or adam(1e-3), got rate={rate} and optimiser={optimiser}"
        )
    if isinstance(optimiser, str) or (optimiser is not None and not isinstance(optimiser, Optimiser)):
        raise ValueError(
            f"optimiser must be one of this library's, such as sgd(0.1, momentum=0.9) or adam(1e-3), got "
            f"{optimiser!r}. Rules that look at a whole network, such as LBFGS or LARS, would mix the members "
            "of a stack and are not offered; a longest gradient, member by member, is: sgd(0.1, clip=1)"
        )
    rule = optimiser if optimiser is not None else sgd(rate)  # type: ignore[arg-type]
    rule.check(members)
    return rule


def _check(
    nets: Stack,
    examples: int,
    steps: int,
    batch: int | None,
    order: Order | None,
    mask: Sequence[Tensor] | None,
    patience: int | None,
    held: Examples | None,
) -> None:
    if steps < 0:
        raise ValueError(f"steps must be >= 0, got {steps}")
    if batch is not None and (order is None or not 1 <= batch <= examples):
        raise ValueError(
            f"batch must lie from 1 to {examples}, the number of examples, and needs an order to take them in "
            f"(order=a generator), got batch={batch} and order={order}"
        )
    if isinstance(order, Tensor) and batch not in (None, order.shape[-1]):
        raise ValueError(
            f"batch={batch}, but the order names {order.shape[-1]} examples a step; leave batch out"
        )
    if order is not None:
        if batch is None and not isinstance(order, Tensor):
            raise ValueError("an order needs batch=, the number of examples that a step sees")
        check_order(order, examples=examples, members=len(nets), steps=steps)
    if patience is not None and (held is None or patience < 1):
        raise ValueError(f"patience must be >= 1 and needs validation=(x, y), got patience={patience}")
    shapes = [tuple(t.shape) for t in nets.tensors]
    if mask is not None and [tuple(m.shape) for m in mask] != shapes:
        raise ValueError(f"mask must hold tensors of shapes {shapes}, got {[tuple(m.shape) for m in mask]}")


def _lost(lost: Tensor, step: int, members: slice, rule: Optimiser, count: int) -> None:
    which = lost.nonzero().flatten().tolist()
    rate = torch.as_tensor(rule.settings["rate"]).expand(count)[members.start + which[0]]
    raise Diverged(
        f"{len(which)} of {count} members (the first is member {members.start + which[0]}) left the finite numbers "
        f"within {step} steps: its rate, {rate:g}, is too large; lower it, or pass diverged='keep'"
    )
