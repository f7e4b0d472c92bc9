"""The search for room: its force against autograd, what theorems allow it to find, and bad input."""

from __future__ import annotations

import pytest
import torch

from hdintuition.mathematics import packing_search
from hdintuition.mathematics.packing import most_balls
from hdintuition.mathematics.packing_search import all_apart, repel, squared_distances


def test_squared_distances_against_cdist(generator: torch.Generator) -> None:
    x = torch.rand(3, 5, 7, generator=generator, dtype=torch.float64)
    torch.testing.assert_close(squared_distances(x), torch.cdist(x, x) ** 2, rtol=1e-10, atol=1e-12)


def test_one_step_follows_the_gradient(generator: torch.Generator, monkeypatch: pytest.MonkeyPatch) -> None:
    state = generator.get_state()
    start = torch.rand(2, 4, 6, generator=generator).double().requires_grad_()
    generator.set_state(state)
    target = packing_search.MARGIN * 3.0
    push = (target - squared_distances(start)).clamp(min=0).triu(1)
    gradient = torch.autograd.grad(push.square().sum(), start)[0]
    rate = 0.1 / (3.0 * 4)
    expected = (start - rate * gradient / 4).clamp(0, 1)
    moved = repel(4, 6, least=3.0, restarts=2, generator=generator, steps=1)
    torch.testing.assert_close(moved.double(), expected.detach(), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(("n", "found"), [(14, 0), (15, 0), (16, 32), (18, 32)])
def test_a_second_ball_is_found_exactly_where_one_fits(
    n: int, found: int, generator: torch.Generator
) -> None:
    x = repel(2, n, least=16, restarts=32, generator=generator)
    assert int(all_apart(x, least=16).sum()) == found
    assert ((x >= 0) & (x <= 1)).all()


@pytest.mark.parametrize("n", [16, 24, 26, 27])
def test_the_bound_is_never_exceeded(n: int, generator: torch.Generator) -> None:
    balls = most_balls(n, 0.4) + 1
    assert not all_apart(repel(balls, n, least=16, restarts=16, generator=generator), least=16).any()


def test_same_generator_same_points() -> None:
    first, second = (
        repel(3, 5, least=1.0, restarts=4, generator=torch.Generator().manual_seed(1), steps=20)
        for _ in range(2)
    )
    assert torch.equal(first, second)


@pytest.mark.parametrize("wrong", [{"points": 1}, {"n": 0}, {"restarts": 0}, {"least": 0.0}, {"rate": -1.0}])
def test_bad_input_is_refused(wrong: dict[str, float], generator: torch.Generator) -> None:
    given = {"points": 2, "n": 3, "least": 1.0, "restarts": 1} | wrong
    with pytest.raises(ValueError, match="repel needs"):
        repel(given.pop("points"), given.pop("n"), generator=generator, **given)


def test_noise_carries_a_crowd_further_than_plain_descent() -> None:
    """Plain descent has placed 16 of the 64 balls in none of many hundred."""
    plain, shaken = (
        repel(16, 32, least=16, restarts=24, steps=3000, shake=s, generator=torch.Generator().manual_seed(7))
        for s in (0.0, 0.01)
    )
    assert not all_apart(plain, least=16).any()
    assert all_apart(shaken, least=16).any()


def test_noise_stops_before_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn = []
    randn = torch.randn

    def counting(*shape: object, **options: object) -> torch.Tensor:
        drawn.append(shape)
        return randn(*shape, **options)

    monkeypatch.setattr(torch, "randn", counting)
    repel(2, 3, least=1.0, restarts=1, steps=10, shake=0.1, generator=torch.Generator().manual_seed(1))
    assert len(drawn) == 8


def test_negative_noise_is_refused(generator: torch.Generator) -> None:
    with pytest.raises(ValueError, match=r"shake not below; got .*shake=-1"):
        repel(2, 3, least=1.0, restarts=1, shake=-1, generator=generator)
