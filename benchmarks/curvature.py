"""Eigenvalues and spectral densities of Hessians: ours against scipy, curvlinops and hessian-eigenthings.

The Hessian is that of a small tanh classifier after some hundred steps of Adam, in float32. The truth, computed
once in float64, is its dense Hessian's spectrum: every contestant is held to it, and may use settings that were
chosen with hindsight as the cheapest that reach the accuracy asked for. Ours stops by its own error bound.

* Outermost eigenvalues: 10 at the top, 5 at the bottom, none farther off than NEAR times the largest.
* Spectral density: the measure's Wasserstein-1 distance from the true spectrum, relative to the mean size of an
  eigenvalue; a peer takes part if ours is as near, on average over RUNS runs.
* Stacks: the largest eigenvalue of each of many small networks, which ours finds all at once.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import torch
from scipy.sparse.linalg import LinearOperator, eigsh
from scipy.stats import wasserstein_distance
from torch import Tensor, nn

from benchmarks.harness import Contest, device_for, offered
from hdintuition.networks.curvature import curvature, loss_of
from hdintuition.networks.denormals import flushed
from hdintuition.networks.dense_hessian import dense
from hdintuition.networks.ensemble import Networks, mlp
from hdintuition.networks.lanczos import lanczos
from hdintuition.networks.operators import Operator
from hdintuition.networks.quadrature import slq

TOP, BOTTOM = 10, 5
NEAR = 1e-6  # of the largest eigenvalue; peers are let in at twice that, for float32 works against all alike
RUNS = 4
SCIPY, BOTH_ENDS = "scipy eigsh on the same product", "scipy eigsh on the same product, both ends in one call"
CURVLINOPS, EIGENTHINGS = "curvlinops", "hessian-eigenthings"
ONE_RUN = "hessian-eigenthings, both ends from one lanczos_tridiagonal"


@dataclass(frozen=True)
class Problem:
    """Trained networks, the data they were trained on, and the spectra of their Hessians."""

    nets: Networks
    x: Tensor
    y: Tensor

    def operator(self, dtype: torch.dtype | None = None) -> Operator:
        return curvature(self.nets, self.x, self.y, dtype=dtype)

    @cached_property
    def spectra(self) -> np.ndarray:
        """The true eigenvalues, (members, size), ascending."""
        members = [
            curvature(self.nets[[i]], self.x, self.y, dtype=torch.float64) for i in range(len(self.nets))
        ]
        return np.stack([torch.linalg.eigvalsh(dense(one, memory=2**33))[0].cpu().numpy() for one in members])

    def module(self, member: int = 0) -> nn.Module:
        """The same network in the form the other libraries take."""
        layers: list[nn.Module] = []
        for w, b in zip(self.nets.weights, self.nets.biases, strict=True):
            linear = nn.Linear(w.shape[2], w.shape[1])
            linear.weight.data, linear.bias.data = w[member].clone(), b[member].clone()
            layers += [linear, nn.Tanh()]
        return nn.Sequential(*layers[:-1])


def problem(sizes: list[int], points: int, *, members: int, steps: int, device: torch.device) -> Problem:
    """Ten overlapping Gaussian clouds and tanh networks trained to tell them apart; float32."""
    generator = torch.Generator(device).manual_seed(1)
    centres = 0.7 * torch.randn(10, sizes[0], generator=generator, device=device)
    y = torch.randint(10, (points,), generator=generator, device=device)
    x = centres[y] + torch.randn(points, sizes[0], generator=generator, device=device)
    nets = mlp(sizes, members=members, activation="tanh", generator=generator)
    at = nets.parameters.clone().requires_grad_()
    loss, adam = loss_of(nets, x, y), torch.optim.Adam([at], lr=3e-3)
    for _ in range(steps):
        adam.zero_grad()
        loss(at).sum().backward()
        adam.step()
    return Problem(nets.with_parameters(at.detach()), x, y)


def contests(scale: str) -> list[Contest]:
    """The three contests at a scale: smoke, cpu or gpu."""
    device = device_for(scale)
    width, points = {"smoke": (8, 200), "cpu": (32, 1000), "gpu": (64, 20_000)}[scale]
    one = problem([40, width, width, 10], points, members=1, steps=200, device=device)
    members, thin = {"smoke": (4, 4), "cpu": (32, 8), "gpu": (256, 16)}[scale]
    many = problem([10, thin, 10], 200, members=members, steps=100, device=device)
    return [extremes(one), density(one, scale), stacks(many)]


# ------------------------------------------------------------------------- outermost eigenvalues
Ends = tuple[np.ndarray, np.ndarray]  # the top in falling order, the bottom in rising order


def extremes(task: Problem) -> Contest:
    size = task.nets.parameters.shape[1]
    truth = task.spectra[0]

    def ours() -> Ends:
        generator = torch.Generator(task.x.device).manual_seed(0)
        found = lanczos(task.operator(), top=TOP, bottom=BOTTOM, tolerance=NEAR, generator=generator)
        return found.top[0].cpu().numpy(), found.bottom[0].cpu().numpy()

    def off(ends: Ends) -> float:
        return float(
            max(np.abs(ends[0] - truth[::-1][:TOP]).max(), np.abs(ends[1] - truth[:BOTTOM]).max()) / truth[-1]
        )

    def same(own: Ends, theirs: Ends) -> str:
        assert off(own) <= NEAR, f"ours is off by {off(own):.1e} of the largest"
        assert off(theirs) <= 2 * NEAR, f"off by {off(theirs):.1e} of the largest"
        return f"farthest off, of the largest: ours {off(own):.1e}, theirs {off(theirs):.1e}"

    return Contest(
        work=f"top {TOP} and bottom {BOTTOM} Hessian eigenvalues, tanh MLP, {size} parameters, {len(task.x)} points",
        ours=ours,
        peers={
            SCIPY: lambda: two_calls(scipy_operator(task.operator())),
            BOTH_ENDS: lambda: one_call(scipy_operator(task.operator())),
            CURVLINOPS: offered(curvlinops_ends, task),
            EIGENTHINGS: offered(eigenthings_ends, task),
            ONE_RUN: offered(eigenthings_one_run, task),
        },
        same=same,
        must={SCIPY: 1.3, EIGENTHINGS: 3, CURVLINOPS: 6},
        goal={SCIPY: 2, EIGENTHINGS: 5, CURVLINOPS: 10},
    )


def scipy_operator(operator: Operator) -> LinearOperator:
    def product(v: np.ndarray) -> np.ndarray:
        given = torch.as_tensor(v.reshape(1, -1), dtype=operator.dtype, device=operator.device)
        return operator.one(given)[0].cpu().numpy()

    return LinearOperator((operator.size,) * 2, product, dtype=np.float32)


def two_calls(operator: Any, *, ncv: int = 30, tol: float = 1e-2) -> Ends:
    """As scipy's documentation has it, one end at a time. Its tolerance is relative to each eigenvalue."""
    ncv = min(ncv, operator.shape[0])
    with flushed():
        top, bottom = (
            eigsh(operator, k, which=which, ncv=ncv, tol=tol, v0=start(operator), return_eigenvectors=False)
            for k, which in ((TOP, "LA"), (BOTTOM, "SA"))
        )
    return np.sort(top)[::-1], np.sort(bottom)


def one_call(operator: Any, *, ncv: int = 130, tol: float = 0.1) -> Ends:
    """Half of the eigenvalues from either end: 10 at the bottom, too, though 5 are wanted.

    So large a basis is filled once and never restarted, and so loose a tolerance lets the first look be the last: it
    pays only for who knows how many products are needed. With ncv=60 and tol=1e-2 it takes half as long again.
    """
    ncv = min(ncv, operator.shape[0])
    with flushed():
        found = eigsh(
            operator, 2 * TOP, which="BE", ncv=ncv, tol=tol, v0=start(operator), return_eigenvectors=False
        )
    return np.sort(found)[::-1][:TOP], np.sort(found)[:BOTTOM]


def start(operator: Any) -> np.ndarray:
    return np.random.default_rng(0).standard_normal(operator.shape[0]).astype(np.float32)


def curvlinops_hessian(task: Problem) -> Any:
    from curvlinops import HessianLinearOperator

    module = task.module().to(task.x.device)
    data, loss = [(task.x, task.y)], nn.CrossEntropyLoss()
    return HessianLinearOperator(module, loss, list(module.parameters()), data, check_deterministic=False)


def curvlinops_ends(task: Problem) -> Callable[[], Ends]:
    operator = curvlinops_hessian(task)
    return lambda: two_calls(operator.to_scipy())


def eigenthings_hessian(task: Problem) -> Any:
    from hessian_eigenthings import HessianOperator, supervised_loss

    module = task.module().to(task.x.device)
    return HessianOperator(module, [(task.x, task.y)], supervised_loss(nn.functional.cross_entropy))


def eigenthings_ends(task: Problem, *, above: int = 60, below: int = 130) -> Callable[[], Ends]:
    """One call for each end, each with as few steps as will do."""
    from hessian_eigenthings import lanczos as their_lanczos

    operator = eigenthings_hessian(task)

    def ends() -> Ends:
        top, bottom = (
            their_lanczos(
                operator, k=k, max_iter=min(m, operator.size), reorthogonalize=True, which=which, seed=0
            )
            for k, m, which in ((TOP, above, "LA"), (BOTTOM, below, "SA"))
        )
        return top.eigenvalues.cpu().numpy(), bottom.eigenvalues.cpu().numpy()

    return ends


def eigenthings_one_run(task: Problem, *, steps: int = 130) -> Callable[[], Ends]:
    """Not what its documentation proposes, but what can be built from its parts."""
    from hessian_eigenthings import lanczos_tridiagonal
    from scipy.linalg import eigvalsh_tridiagonal

    operator = eigenthings_hessian(task)

    def ends() -> Ends:
        v0 = torch.as_tensor(start(np.empty((operator.size, 0)))).to(operator.device)
        run = lanczos_tridiagonal(operator, v0, min(steps, operator.size))
        values = eigvalsh_tridiagonal(run.alphas.double().cpu().numpy(), run.betas.double().cpu().numpy())
        return values[::-1][:TOP], values[:BOTTOM]

    return ends


# ---------------------------------------------------------------------------- spectral density
Measure = tuple[np.ndarray, np.ndarray]  # nodes and weights


@dataclass(frozen=True)
class Run:
    """One estimate, which is what is timed, and how to make others of the same kind."""

    estimate: Callable[[int], Measure]
    first: Measure

    def distance(self, truth: np.ndarray) -> float:
        """The mean over RUNS runs; their scatter would let one run decide by luck."""
        each = [self.first, *(self.estimate(seed) for seed in range(1, RUNS))]
        far = [wasserstein_distance(nodes, truth, weights) for nodes, weights in each]
        return float(np.mean(far) / np.abs(truth).mean())


def density(task: Problem, scale: str) -> Contest:
    truth = task.spectra[0]
    steps = 40 if scale == "smoke" else 80

    def timed(estimate: Callable[[int], Measure]) -> Callable[[], Run]:
        return lambda: Run(estimate, estimate(0))

    def same(own: Run, theirs: Run) -> str:
        near, far = own.distance(truth), theirs.distance(truth)
        assert near <= far, f"ours is off by {near:.4f}, theirs by {far:.4f} only"
        return f"Wasserstein-1 distance, of the mean size of an eigenvalue: ours {near:.4f}, theirs {far:.4f}"

    def offer(build: Callable[..., Callable[[int], Measure]], *args: Any) -> Callable[[], Run]:
        return offered(lambda: timed(build(*args)))

    # The peers' cheapest settings found that come about as near as ours.
    return Contest(
        work="spectral density of the same Hessian, Wasserstein distance as near",
        ours=timed(lambda seed: own_measure(task, steps, seed)),
        peers={
            CURVLINOPS: offer(curvlinops_measure, task, steps),
            EIGENTHINGS: offer(eigenthings_measure, task, steps * 3 // 2),
        },
        same=same,
        must={CURVLINOPS: 1.3, EIGENTHINGS: 1.3},
        goal={CURVLINOPS: 3, EIGENTHINGS: 3},
    )


def own_measure(task: Problem, steps: int, seed: int) -> Measure:
    generator = torch.Generator(task.x.device).manual_seed(seed)
    found = slq(task.operator(), probes=1, steps=steps, deflate=steps + steps // 4, generator=generator)
    return found.nodes[0].cpu().numpy(), found.weights[0].cpu().numpy()


def curvlinops_measure(
    task: Problem, steps: int, *, runs: int = 5, kappa: float = 1e4
) -> Callable[[int], Measure]:
    """Its density on a grid; kappa makes the bumps narrower than the default, which comes nearer."""
    from curvlinops import lanczos_approximate_spectrum

    operator = curvlinops_hessian(task)

    def estimate(seed: int) -> Measure:
        torch.manual_seed(seed)
        grid, height = lanczos_approximate_spectrum(
            operator, steps, num_points=4096, num_repeats=runs, kappa=kappa
        )
        return grid.cpu().numpy(), height.clamp_min(0).cpu().numpy()

    return estimate


def eigenthings_measure(task: Problem, steps: int, *, runs: int = 3) -> Callable[[int], Measure]:
    """The nodes and weights in its result, which come nearer than its smoothed density."""
    from hessian_eigenthings import spectral_density

    operator = eigenthings_hessian(task)

    def estimate(seed: int) -> Measure:
        found = spectral_density(operator, num_runs=runs, lanczos_steps=steps, seed=1000 * seed)
        nodes, weights = found.raw_eigenvalues.flatten(), found.raw_weights.flatten()
        kept = nodes.isfinite()
        return nodes[kept].cpu().numpy(), weights[kept].cpu().numpy()

    return estimate


# -------------------------------------------------------------------------------------- stacks
def stacks(task: Problem) -> Contest:
    largest = task.spectra[:, -1]

    def ours() -> np.ndarray:
        generator = torch.Generator(task.x.device).manual_seed(0)
        return lanczos(task.operator(), tolerance=NEAR, generator=generator).top[:, 0].cpu().numpy()

    def each() -> np.ndarray:
        parts = (scipy_operator(curvature(task.nets[[i]], task.x, task.y)) for i in range(len(task.nets)))
        return np.array(
            [eigsh(p, 1, which="LA", tol=1e-3, v0=start(p), return_eigenvectors=False)[0] for p in parts]
        )

    def same(own: np.ndarray, theirs: np.ndarray) -> str:
        off = [float((np.abs(found - largest) / largest).max()) for found in (own, theirs)]
        assert off[0] <= 2 * NEAR, f"ours is off by {off[0]:.1e}"
        assert off[1] <= 2 * NEAR, f"off by {off[1]:.1e}"
        return f"farthest off, relatively: ours {off[0]:.1e}, theirs {off[1]:.1e}"

    members, size = task.nets.parameters.shape
    return Contest(
        work=f"largest Hessian eigenvalue of {members} tanh MLPs, {size} parameters, {len(task.x)} points",
        ours=ours,
        peers={"a loop of " + SCIPY: each},
        same=same,
    )
