"""Linear models: closed forms to 1e-10, numpy and scikit-learn as oracles, and the identities of the chapter."""

import math

import numpy as np
import pytest
import torch
from sklearn.linear_model import Ridge

from hdintuition.mathematics.linear import (
    gradient_descent,
    gradient_flow,
    interpolators,
    min_norm,
    ridge,
)

SHAPES = [(3, 10), (10, 3), (5, 5), (1, 4)]
EXACT = {"rtol": 1e-10, "atol": 1e-10}


def problem(n, p, generator, rank=None):
    X = torch.randn(n, p, generator=generator, dtype=torch.float64)
    if rank is not None:
        X = X[:, :rank] @ torch.randn(rank, p, generator=generator, dtype=torch.float64)
    return X, torch.randn(n, generator=generator, dtype=torch.float64)


def half_squares(X, y):
    return lambda w: (X @ w - y).square().sum() / 2


@pytest.mark.parametrize("shape", SHAPES)
def test_min_norm_is_numpys_least_squares_solution(shape, generator):
    X, y = problem(*shape, generator)
    expected = np.linalg.lstsq(X.numpy(), y.numpy(), rcond=None)[0]
    np.testing.assert_allclose(min_norm(X, y), expected, **EXACT)


def test_min_norm_of_dependent_rows_is_numpys(generator):
    X, y = problem(6, 9, generator, rank=3)
    np.testing.assert_allclose(min_norm(X, y), np.linalg.pinv(X.numpy()) @ y.numpy(), **EXACT)


def test_min_norm_follows_a_rotation_of_the_inputs(generator):
    X, y = problem(4, 7, generator)
    Q = torch.linalg.qr(torch.randn(7, 7, generator=generator, dtype=torch.float64)).Q
    torch.testing.assert_close(min_norm(X @ Q, y), Q.T @ min_norm(X, y), **EXACT)


@pytest.mark.parametrize("shape", SHAPES)
def test_ridge_is_scikit_learns(shape, generator):
    X, y = problem(*shape, generator)
    expected = Ridge(alpha=0.7, fit_intercept=False, solver="svd").fit(X.numpy(), y.numpy()).coef_
    np.testing.assert_allclose(ridge(X, y, penalty=0.7), expected, **EXACT)


def test_ridge_with_a_vanishing_penalty_is_min_norm(generator):
    X, y = problem(4, 9, generator)
    torch.testing.assert_close(ridge(X, y, penalty=1e-12), min_norm(X, y), **EXACT)


def test_gradient_flow_of_one_weight_is_an_exponential():
    X, y = torch.tensor([[2.0]], dtype=torch.float64), torch.tensor([6.0], dtype=torch.float64)
    w = gradient_flow(X, y, time=0.3, start=torch.tensor([1.0], dtype=torch.float64))
    assert w.item() == pytest.approx(3 + (1 - 3) * math.exp(-4 * 0.3), rel=1e-10)


def test_gradient_flow_solves_its_differential_equation(generator):
    X, y = problem(3, 6, generator)
    w0 = torch.randn(6, generator=generator, dtype=torch.float64)
    h = 1e-5
    before, after = (gradient_flow(X, y, time=0.4 + k * h, start=w0) for k in (-1, 1))
    slope = -X.T @ (X @ gradient_flow(X, y, time=0.4, start=w0) - y)
    torch.testing.assert_close((after - before) / (2 * h), slope, rtol=1e-6, atol=1e-6)
    torch.testing.assert_close(gradient_flow(X, y, time=0.0, start=w0), w0, **EXACT)


@pytest.mark.parametrize("rank", [None, 3])
def test_gradient_flow_forever_from_zero_is_min_norm(rank, generator):
    X, y = problem(6, 9, generator, rank=rank)
    torch.testing.assert_close(gradient_flow(X, y, time=math.inf), min_norm(X, y), **EXACT)


@pytest.mark.parametrize("shape", SHAPES)
def test_descent_from_zero_ends_at_the_shortest_solution(shape, generator):
    X, y = problem(*shape, generator)
    ended = gradient_descent(half_squares(X, y), torch.zeros(shape[1], dtype=torch.float64))
    torch.testing.assert_close(ended, min_norm(X, y), rtol=1e-8, atol=1e-8)


def test_descent_from_a_prior_draw_ends_at_the_matheron_sample(generator):
    X, y = problem(5, 12, generator)
    start = torch.randn(12, generator=generator, dtype=torch.float64)
    before = start.clone()
    ended = gradient_descent(half_squares(X, y), start)
    torch.testing.assert_close(ended, interpolators(X, y).nearest(start), **EXACT)
    assert torch.equal(start, before)


def test_descent_minimises_a_convex_loss_that_is_not_quadratic():
    def loss(w):
        return (w.exp() - 2 * w).sum()  # minimum where exp(w) = 2

    ended = gradient_descent(loss, torch.tensor([-1.0, 3.0], dtype=torch.float64))
    torch.testing.assert_close(ended, torch.full((2,), math.log(2), dtype=torch.float64), **EXACT)


def test_descent_stays_where_the_slope_is_zero():
    start = torch.tensor([1.0, 2.0])
    assert torch.equal(gradient_descent(lambda w: (w - start).square().sum(), start), start)


def test_descent_that_is_not_done_says_so(generator):
    X, y = problem(5, 12, generator)
    with pytest.raises(RuntimeError, match=r"after 3 steps the gradient is still .* asked for 1e-12"):
        gradient_descent(half_squares(X, y), torch.zeros(12, dtype=torch.float64), steps=3)


@pytest.mark.parametrize(
    "loss", [lambda w: -w.square().sum(), lambda w: w.sum(), lambda w: (w / 0).square().sum()]
)
def test_descent_refuses_what_is_not_convex_or_not_finite(loss):
    with pytest.raises(ValueError, match="must be convex and finite"):
        gradient_descent(loss, torch.ones(2))


def test_interpolators_all_fit_and_their_mean_is_the_shortest(generator):
    X, y = problem(4, 9, generator)
    fits = interpolators(X, y, scale=2.0)
    samples = fits.sample(50, generator=generator)
    torch.testing.assert_close(samples @ X.T, y.expand(50, -1), **EXACT)
    torch.testing.assert_close(fits.mean, min_norm(X, y), **EXACT)
    assert (samples.norm(dim=1) > fits.mean.norm()).all()


def test_the_null_space_is_a_projector_of_the_right_rank(generator):
    X, y = problem(4, 9, generator)
    P = interpolators(X, y).null_space
    torch.testing.assert_close(P @ P, P, **EXACT)
    torch.testing.assert_close(P, P.T, **EXACT)
    torch.testing.assert_close(X @ P, torch.zeros(4, 9, dtype=torch.float64), **EXACT)
    assert P.trace().item() == pytest.approx(9 - 4, rel=1e-10)


def test_the_law_of_the_interpolators_is_the_conditional_gaussian(generator):
    """Mean and covariance of (w, Xw) jointly Gaussian, conditioned on Xw = y by the textbook formula."""
    X, y = problem(3, 5, generator)
    S = 1.5**2 * torch.eye(5, dtype=torch.float64)
    K = S @ X.T @ torch.linalg.inv(X @ S @ X.T)
    fits = interpolators(X, y, scale=1.5)
    torch.testing.assert_close(fits.mean, K @ y, **EXACT)
    torch.testing.assert_close(1.5**2 * fits.null_space, S - K @ X @ S, **EXACT)


def test_samples_have_that_mean_and_covariance(generator):
    X, y = problem(3, 5, generator)
    fits = interpolators(X, y, scale=1.5)
    samples = fits.sample(200_000, generator=generator)
    # Five standard errors of a mean and of a second moment with standard deviation at most 1.5 and 1.5²√2.
    torch.testing.assert_close(samples.mean(0), fits.mean, rtol=0, atol=5 * 1.5 / 200_000**0.5)
    torch.testing.assert_close(
        samples.T.cov(), 1.5**2 * fits.null_space, rtol=0, atol=5 * 1.5**2 * 2**0.5 / 200_000**0.5
    )


def test_excess_risk_of_a_sample_over_the_mean(generator):
    """E|w - X⁺y|² = s²(p - n): the unit in which the chapter measures distance from the average."""
    X, y = problem(20, 100, generator)
    fits = interpolators(X, y)
    squares = (fits.sample(20_000, generator=generator) - fits.mean).square().sum(1)
    assert squares.mean().item() == pytest.approx(80, abs=5 * (2 * 80 / 20_000) ** 0.5)


def test_data_that_nothing_fits_are_refused(generator):
    X, y = problem(10, 3, generator)
    with pytest.raises(ValueError, match="no weights fit: the best leave a misfit of"):
        interpolators(X, y)


@pytest.mark.parametrize(
    "call",
    [
        lambda X, y: min_norm(X, y[:-1]),
        lambda X, y: min_norm(X[0], y),
        lambda X, y: ridge(X, y[:, None], penalty=1.0),
        lambda X, y: interpolators(X[:0], y[:0]),
    ],
)
def test_shapes_that_do_not_match_are_refused(call, generator):
    with pytest.raises(ValueError, match=r"X must have shape \(n, p\) and y \(n,\)"):
        call(*problem(3, 5, generator))


def test_numbers_out_of_range_are_refused(generator):
    X, y = problem(3, 5, generator)
    with pytest.raises(ValueError, match="penalty must be > 0, got 0; without one, use min_norm"):
        ridge(X, y, penalty=0)
    with pytest.raises(ValueError, match="time must be >= 0, got -1"):
        gradient_flow(X, y, time=-1)
    with pytest.raises(ValueError, match="scale must be > 0, got 0"):
        interpolators(X, y, scale=0)
