"""Training many small networks at once: ours against a loop, against torch's and JAX's own ensembles, and a floor."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

import torch
from torch import Tensor

import hdintuition as hdi
from benchmarks.harness import Contest, device_for, offered
from benchmarks.stacks import floors, peers
from benchmarks.stacks.task import MOMENTUM, POINTS, RATE, Task, Weights, agreement, described, task
from hdintuition.evidence.numbers import significant
from hdintuition.networks.multiply import multiply

LOOP, VMAP, JAX, SKLEARN = "loop of nn.Module", "torch.func vmap(grad)", "JAX vmap+jit+scan", "scikit-learn"
GEMM, DEVICE = "GEMM floor", "device floor"
BUILD = {LOOP: peers.loop, VMAP: peers.vmapped, JAX: peers.jax_scan, SKLEARN: peers.sklearn_loop,
         GEMM: floors.gemm_floor, DEVICE: floors.device_floor}  # fmt: skip
ON_GPU = (64, 256, 1024, 4096)  # members


def contests(scale: str) -> Iterator[Contest]:
    """One after the other, so that only one task's data are there at a time."""
    device = device_for(scale)
    if scale == "gpu":
        yield from (_on_gpu(members, device) for members in ON_GPU)
        return
    members, few, epoch, full = (64, 8, POINTS // 100, 5) if scale == "cpu" else (3, 2, 4, 2)
    small = partial(task, members, batch=100, steps=epoch, device=device)
    yield _contest(
        small(16),
        [LOOP, VMAP, JAX, SKLEARN, GEMM],
        must={LOOP: 18, JAX: 1},
        goal={LOOP: 30, JAX: 1.3},
    )
    yield _contest(
        small(128),
        [LOOP, VMAP, JAX, SKLEARN, GEMM],
        must={LOOP: 4.5, JAX: 1, GEMM: 1 / 6},
        goal={LOOP: 8, JAX: 1.3, GEMM: 1 / 3},
    )
    yield _products(small(128))
    yield _contest(small(512), [JAX, GEMM], must={JAX: 1}, goal={JAX: 1.3})
    yield _contest(task(1, 16, batch=100, steps=10 * epoch, device=device), [LOOP, JAX], must={}, goal={})
    one = task(few, 512, batch=None, steps=full, device=device)
    yield _contest(one, [LOOP, JAX], must={LOOP: 1}, goal={LOOP: 2}, rounds=5)


def ours(one: Task) -> Callable[[], Weights]:
    """The library's own trainer."""
    rule = hdi.sgd(RATE, momentum=MOMENTUM)

    def call() -> Weights:
        done = hdi.train(
            one.nets, one.x, one.y, loss="cross_entropy", optimiser=rule, steps=one.steps, order=one.order
        )
        (w1, w2), (b1, b2) = done.networks.weights, done.networks.biases
        return [w1, b1, w2, b2]

    return call


def _contest(
    one: Task, names: list[str], *, must: dict[str, float], goal: dict[str, float], rounds: int = 7
) -> Contest:
    return Contest(
        work=described(one),
        ours=offered(ours, one),
        peers={name: offered(BUILD[name], one) for name in names},
        same=partial(agreement, one),
        must=must,
        goal=goal,
        rounds=rounds,
    )


def _products(one: Task) -> Contest:
    """The matrix products of the same steps alone: how much of the lead is owed to whoever makes them."""

    def done(by: Callable[[Tensor, Tensor, Tensor], Tensor]) -> Callable[[], list[Tensor]]:
        return floors.products(one, floors.BLOCKS[0], features_first=True, by=by)

    def same(mine: list[Tensor], theirs: list[Tensor]) -> str:
        apart = max(float((a - b).norm() / b.norm()) for a, b in zip(mine, theirs, strict=True))
        assert apart < 1e-6, f"products differ by {apart:.2g}, relatively"
        return f"products equal to {significant(apart, 1)}, relatively" if apart else "same products, exactly"

    _, width, _ = one.nets.sizes
    return Contest(
        work=f"only the matrix products of these steps, {len(one.nets)} networks of width {width}",
        ours=done(multiply),
        peers={"torch.bmm": done(floors.bmm)},
        same=same,
    )


def _on_gpu(members: int, device: torch.device) -> Contest:
    """One size of a series over S, with the share of the device that is reached."""
    one = task(members, 128, batch=100, steps=400 if members <= 256 else 100, device=device)
    names = [*([LOOP] if members == ON_GPU[0] else []), VMAP, JAX, GEMM, DEVICE]
    return _contest(one, names, must={}, goal={})
