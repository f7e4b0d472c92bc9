"""Matrices without a negative eigenvalue: counting them, and estimating odds at which none will ever be counted.

How good an estimator of rare odds is shows in what one per cent of error costs: seconds times relative variance over
1e-4, for independent runs. The variance is the mean squared error against the exact odds; runs of plain sequential
Monte Carlo are so skewed that a handful of them, if anything, make it look better than it is.

Plain sequential Monte Carlo adds one row of the matrix at a time, in a lower triangle L with A = L Lᵀ: a particle is
weighted with the chance that its next Schur complement is positive, resampled, and given a positive one. In dense form
it carries L; on pivots the matrix is first made tridiagonal, as ours is, which leaves one number to carry.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from time import perf_counter

import torch
from torch import Tensor

import hdintuition as hdi
from benchmarks.harness import Contest, Cost, device_for
from hdintuition.seeds import generator as seeded

DENSE, PIVOTS = "plain sequential Monte Carlo", "plain sequential Monte Carlo on pivots"
ROOT2 = 2**0.5


def contests(scale: str) -> list[Contest]:
    device = device_for(scale)
    smoke = scale == "smoke"
    counted = [(3, 20_000), (8, 20_000)] if smoke else [(2, 200_000), (5, 200_000), (8, 200_000)]
    tested = [(8, 500)] if smoke else [(3, 50_000), (8, 20_000), (20, 5_000)]
    return [
        rare(6 if smoke else 13, particles=2000 if smoke else 20_000, device=device),
        *(counting(n, draws, device) for n, draws in counted),
        *(testing(n, draws, device) for n, draws in tested),
    ]


# ------------------------------------------------------------------------------------------- odds


def rare(n: int, *, particles: int, device: torch.device) -> Contest:
    source = seeded("rare", device=device)

    def ours() -> float:
        return hdi.psd_estimate(n, draws=1000, generator=source).log_estimate

    def plain(method: Callable[[int, int, torch.Generator], float]) -> Callable[[], Cost]:
        return lambda: cost_of_one_per_cent(n, lambda: method(n, particles, source))

    return Contest(
        work=f"P(no negative eigenvalue) to 1 %, GOE, n={n}",
        ours=lambda: cost_of_one_per_cent(n, ours),
        peers={DENSE: plain(dense_particles), PIVOTS: plain(pivot_particles)},
        same=near_estimates,
        must={DENSE: 4} if n == 13 else {},
        goal={DENSE: 10} if n == 13 else {},
    )


def cost_of_one_per_cent(n: int, log_estimate: Callable[[], float], *, runs: int = 16) -> Cost:
    """Seconds of independent runs until their mean is right to 1 %; the value: mean over exact, and its error."""
    exact = hdi.psd_probability(n, log=True)
    started = perf_counter()
    ratios = torch.tensor([log_estimate() - exact for _ in range(runs)], dtype=torch.float64).exp()
    seconds = (perf_counter() - started) / runs
    variance = float((ratios - 1).square().mean())
    return Cost(seconds * variance / 1e-4, (float(ratios.mean()), (variance / runs) ** 0.5))


def near_estimates(ours: tuple[float, float], theirs: tuple[float, float]) -> str:
    for mean, error in (ours, theirs):
        assert abs(mean - 1) < 3.5 * error, f"mean over exact: {mean} ± {error}"
    return (
        f"mean over exact odds: ours {ours[0]:.4f} ± {ours[1]:.4f}, theirs {theirs[0]:.2f} ± {theirs[1]:.2f}"
    )


def dense_particles(n: int, particles: int, source: torch.Generator) -> float:
    """ln of the estimate; the rows of L with the particles last, so that every operation is on whole runs."""
    pivot = ROOT2 * normal(source, particles).abs()
    triangle, log_odds = [[pivot.sqrt()]], math.log(0.5)
    for k in range(1, n):
        row: list[Tensor] = []
        for i in range(k):  # forward substitution: L row = the new column
            rest = normal(source, particles)
            for j in range(i):
                rest = rest - triangle[i][j] * row[j]
            row.append(rest / triangle[i][i])
        taken = sum(entry.square() for entry in row)
        log_mean, kept, pivot = survive(taken, source)
        log_odds += log_mean
        triangle = [[entry[kept] for entry in line] for line in [*triangle, row]]
        triangle[k].append(pivot.sqrt())
    return log_odds


def pivot_particles(n: int, particles: int, source: torch.Generator) -> float:
    pivot, log_odds = ROOT2 * normal(source, particles).abs(), math.log(0.5)
    for k in range(1, n):
        chi_square = normal(source, k, particles).square_().sum(0)
        log_mean, _, pivot = survive(chi_square / pivot, source)
        log_odds += log_mean
    return log_odds


def survive(taken: Tensor, source: torch.Generator) -> tuple[float, Tensor, Tensor]:
    """Weigh with P(N(0, 2) > taken), resample systematically, and draw what is left: the new pivots."""
    middle = -taken.double() / ROOT2
    odds = torch.special.ndtr(middle)
    ticks = torch.arange(len(odds), device=odds.device) + torch.rand(
        1, generator=source, device=odds.device, dtype=odds.dtype
    )
    ends = odds.cumsum(0)
    kept = torch.searchsorted(ends, ticks * (ends[-1] / len(odds))).clamp(max=len(odds) - 1)
    luck = torch.rand(len(odds), generator=source, device=odds.device, dtype=odds.dtype)
    pivot = ROOT2 * (middle[kept] - torch.special.ndtri(luck * odds[kept]))
    return float(odds.mean().log()), kept, pivot.float().clamp(min=1e-30)


def normal(source: torch.Generator, *shape: int) -> Tensor:
    return torch.randn(shape, generator=source, device=source.device)


# ------------------------------------------------------------------------------------------ counts


def counting(n: int, draws: int, device: torch.device) -> Contest:
    source = seeded("counting", device=device)

    def batches(test: Callable[[Tensor], Tensor]) -> Callable[[], int]:
        # Dense peers get the batch that was fastest for them.
        return lambda: int(
            sum(test(hdi.goe(n, 10_000, generator=source)).sum() for _ in range(draws // 10_000))
        )

    return Contest(
        work=f"count GOE matrices without a negative eigenvalue, n={n}, {draws} draws",
        ours=lambda: int(hdi.psd_counts(n, draws, generator=source)[-1]),
        peers={name: batches(test) for name, test in TESTS.items()},
        same=lambda ours, theirs: near_counts(ours, theirs, draws * hdi.psd_probability(n)),
    )


def near_counts(ours: int, theirs: int, expected: float) -> str:
    for count in (ours, theirs):
        assert abs(count - expected) < 4 * expected**0.5 + 2, f"{count} counted, {expected:.1f} expected"
    return f"{ours} and {theirs} of them, {expected:.1f} expected"


def testing(n: int, draws: int, device: torch.device) -> Contest:
    """Matrices of which about half have no negative eigenvalue."""
    edge = (2 * n**0.5 - 1.2 * n ** (-1 / 6)) * torch.eye(n, device=device)
    matrices = hdi.goe(n, draws, generator=seeded("testing", device=device)) + edge
    plain = matrices.contiguous()  # the layout that suits LAPACK; ours takes it as goe makes it
    others = {name: test for name, test in TESTS.items() if name != "our elimination, dense"}
    return Contest(
        work=f"is this symmetric matrix positive definite, n={n}, {draws} of them",
        ours=lambda: hdi.is_positive_definite(matrices),
        peers={name: lambda test=test: test(plain) for name, test in others.items()},
        same=near_answers,
    )


def near_answers(ours: Tensor, theirs: Tensor) -> str:
    differ = float((ours != theirs).double().mean())
    assert differ < 1e-3, f"{differ:.2%} of the answers differ"
    return f"{float(ours.double().mean()):.0%} are, {differ:.2%} of the answers differ"


TESTS: dict[str, Callable[[Tensor], Tensor]] = {
    "our elimination, dense": hdi.is_positive_definite,
    "torch.linalg.cholesky_ex": lambda matrices: torch.linalg.cholesky_ex(matrices).info == 0,
    "torch.linalg.eigvalsh": lambda matrices: (torch.linalg.eigvalsh(matrices) > 0).all(1),
}
