"""Mean-field theory against closed forms, an independent quadrature, and networks of finite width."""

import numpy as np
import pytest
import torch
from scipy.integrate import dblquad

import hdintuition as hdi
from hdintuition.mathematics import mean_field


def test_rectified_units_keep_the_size_of_a_signal_at_the_usual_start_alone():
    """σ_w = √2, a gain of 1, is critical: K. He et al. 2015."""
    for gain in (0.5, 1.0, 1.3):
        variance = hdi.propagated(20, gain=gain, activation="relu", size=0.7).variance
        assert variance == pytest.approx(2 * gain**2 * 0.7 * gain ** (2 * np.arange(20)), rel=1e-10)


def test_rectified_units_turn_angles_as_the_arc_cosine_kernel_says():
    """Two layers by hand, from inputs at right angles: c = 1/π, then the kernel once more."""
    correlation = hdi.propagated(3, activation="relu", correlation=0.0).correlation
    once = 1 / np.pi
    twice = (np.sqrt(1 - once**2) + once * (np.pi - np.arccos(once))) / np.pi
    assert correlation == pytest.approx([0, once, twice], abs=1e-12)


@pytest.mark.parametrize("c", [-0.7, 0.0, 0.4, 0.95])
@pytest.mark.parametrize("q", [0.05, 1.3, 12.0])
def test_the_sums_agree_with_adaptive_quadrature(q, c):
    def integrand(y, x):
        u, v = np.sqrt(q) * x, np.sqrt(q) * (c * x + np.sqrt(1 - c**2) * y)
        return np.tanh(u) * np.tanh(v) * np.exp(-(x**2 + y**2) / 2) / (2 * np.pi)

    known = dblquad(integrand, -8, 8, -8, 8, epsabs=1e-9, epsrel=1e-9)[0]
    assert mean_field._mean("tanh", q, c * q) == pytest.approx(known, abs=2e-8)


def test_one_and_two_dimensional_sums_agree_where_they_meet():
    for q in (1e-6, 0.3, 5.0, 300.0):
        single = mean_field._trapezoidal(np.tanh, q, q)
        assert mean_field._trapezoidal(np.tanh, q, q * (1 - 1e-14)) == pytest.approx(single, abs=1e-10)


def test_a_finer_sum_changes_nothing(monkeypatch):
    def sums():
        return [mean_field._mean("tanh", q, c * q) for q in (0.5, 16.0, 200.0) for c in (0.0, 0.6)]

    coarse = sums()
    monkeypatch.setattr(mean_field, "STEP", 0.03)
    monkeypatch.setattr(mean_field, "NEAR", 0.11)
    assert sums() == pytest.approx(coarse, abs=1e-13)


def test_fixed_points_are_fixed():
    for gain, bias in [(0.8, 0.2), (1.05, 0.0), (1.5, 0.0), (4.0, 0.0), (2.0, 0.3), (1.2, 0.1)]:
        q = hdi.fixed_variance(gain=gain, bias=bias)
        c = hdi.fixed_correlation(gain=gain, bias=bias)
        assert gain**2 * mean_field._mean("tanh", q, q) + bias**2 == pytest.approx(q, rel=1e-10)
        assert gain**2 * mean_field._mean("tanh", q, c * q) + bias**2 == pytest.approx(c * q, abs=1e-10)


def test_order_ends_at_one_and_chaos_begins_there():
    assert hdi.fixed_correlation(gain=0.9, bias=0.2) == 1
    assert 0 < hdi.fixed_correlation(gain=2.5, bias=0.2) < 1
    assert hdi.fixed_variance(gain=1.0) == 0
    # Near the edge, tanh(u)² ≈ u² − 2u⁴/3, so q* ≈ (1 − 1/gain²)/2.
    assert hdi.fixed_variance(gain=1.001) == pytest.approx((1 - 1.001**-2) / 2, rel=0.01)


def test_the_depth_scale_diverges_at_the_edge_and_has_closed_forms_below_it():
    for gain in (0.25, 0.7, 0.99):
        assert hdi.depth_scale(gain=gain) == pytest.approx(-1 / (2 * np.log(gain)), rel=1e-12)
        assert hdi.depth_scale(gain=gain, activation="relu") == pytest.approx(hdi.depth_scale(gain=gain))
    assert hdi.depth_scale(gain=1.0) == np.inf
    assert hdi.depth_scale(gain=1.01) > hdi.depth_scale(gain=1.1) > hdi.depth_scale(gain=2.0) > 1


def test_driven_far_into_saturation_tanh_is_a_sign():
    """For signs E[φ(u)φ(v)] = (2/π) arcsin c, with slope 2/π at c = 0."""
    scale = [hdi.depth_scale(gain=gain) for gain in (4.0, 10.0, 19.0)]
    limit = -1 / np.log(2 / np.pi)
    assert np.all(np.diff(np.abs(np.array(scale) - limit)) < 0)
    assert scale[-1] == pytest.approx(limit, rel=0.12)


def test_the_correlation_comes_to_rest_at_the_rate_that_the_depth_scale_says():
    for gain, bias in [(1.6, 0.0), (2.5, 0.3), (0.7, 0.4)]:
        rest = hdi.fixed_correlation(gain=gain, bias=bias)
        away = np.abs(hdi.propagated(200, gain=gain, bias=bias, correlation=0.6).correlation - rest)
        near = int(np.argmax(away < 1e-4))
        rate = np.log(away[near] / away[near + 1])
        assert 1 / rate == pytest.approx(hdi.depth_scale(gain=gain, bias=bias), rel=1e-3)


def test_the_gradients_of_wide_networks_grow_as_their_scale_says():
    """Mean squares of the slopes by the sums of one layer over those of the next, at the resting variance."""
    g = torch.Generator().manual_seed(5)
    nets = hdi.mlp(
        [300] * 9 + [1], members=24, gain=1.5, bias=0.0, activation="tanh", generator=g, dtype=torch.float64
    )
    at_rest = hdi.fixed_variance(gain=1.5) ** 0.5 / 1.5
    hidden = nets.layers(at_rest * torch.randn(4, 300, generator=g, dtype=torch.float64))[:-1]
    slope, squares = nets.weights[-1].mT.expand(-1, -1, 4), []
    for h, w in zip(reversed(hidden), reversed(nets.weights[:-1]), strict=True):
        slope = slope * (1 - h**2)
        squares.append(slope.square().mean())
        slope = w.mT @ slope
    growth = (squares[5] / squares[1]).log() / 4
    assert float(1 / growth) == pytest.approx(hdi.gradient_scale(gain=1.5), rel=0.1)


def test_below_the_edge_gradients_die_as_fast_as_differences():
    for gain in (0.5, 0.9):
        assert hdi.gradient_scale(gain=gain) == pytest.approx(hdi.depth_scale(gain=gain))
    assert hdi.gradient_scale(gain=1.0) == np.inf
    assert hdi.gradient_scale(gain=2.0) < hdi.depth_scale(gain=2.0)


@pytest.mark.parametrize("activation", ["relu", "tanh"])
def test_networks_of_finite_width_follow(activation):
    """Mean over 48 networks of width 300; the theory is exact as the width grows."""
    g = torch.Generator().manual_seed(3)
    a, b = torch.randn(2, 300, generator=g, dtype=torch.float64)
    b = 0.8 * a + 0.6 * b
    x = torch.stack([a / a.square().mean().sqrt(), b / b.square().mean().sqrt()])
    c = float(x[0] @ x[1] / 300)
    nets = hdi.mlp(
        [300] * 6, members=48, gain=1.3, bias=0.0, activation=activation, generator=g, dtype=torch.float64
    )
    z, sums = x.mT, []
    for w in nets.weights:
        sums.append(w @ z)
        z = nets.activate(sums[-1].clone())
    signal = hdi.propagated(5, gain=1.3, activation=activation, correlation=c)
    for layer, s in enumerate(sums):
        size = s.square().mean((0, 1))
        assert size.numpy() == pytest.approx([signal.variance[layer]] * 2, rel=0.05)
        covariance = (s[:, :, 0] * s[:, :, 1]).mean()
        assert float(covariance / size.prod().sqrt()) == pytest.approx(signal.correlation[layer], abs=0.02)


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda: hdi.propagated(0), "layers must be >= 1"),
        (lambda: hdi.propagated(3, correlation=1.2), "correlation in"),
        (lambda: hdi.depth_scale(gain=0.0), "gain must be positive"),
        (lambda: hdi.fixed_variance(gain=1.0, bias=-1.0), "bias >= 0"),
        (lambda: hdi.fixed_correlation(gain=1.0, activation="sine"), "activation must be one of"),
    ],
)
def test_what_is_out_of_range_is_refused(call, says):
    with pytest.raises(ValueError, match=says):
        call()


def test_too_large_a_variance_is_refused():
    with pytest.raises(OverflowError, match="above 400"):
        hdi.depth_scale(gain=30.0)


def test_growing_signals_have_no_rest():
    assert hdi.fixed_variance(gain=1.2, activation="relu") == np.inf
    assert hdi.fixed_variance(gain=1.0, bias=0.1, activation="linear") == np.inf
