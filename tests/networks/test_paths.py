"""Curves between networks and the barriers on them."""

import pytest
import torch

from hdintuition.networks.ensemble import mlp
from hdintuition.networks.paths import Curve, bent_path, linear_path, loss_along
from hdintuition.networks.zero_loss_set import to_zero_loss


def pair(sizes, generator, **options):
    return tuple(mlp(sizes, members=3, generator=generator, dtype=torch.float64, **options) for _ in range(2))


def test_a_line_and_a_bend_are_the_curves_they_should_be(generator):
    a, b = pair([4, 5, 2], generator)
    c = pair([4, 5, 2], generator)[0]
    for t in (0.0, 0.3, 1.0):
        straight = (1 - t) * a.parameters + t * b.parameters
        curved = (1 - t) ** 2 * a.parameters + 2 * t * (1 - t) * c.parameters + t**2 * b.parameters
        torch.testing.assert_close(linear_path(a, b)(t).parameters, straight, rtol=1e-14, atol=1e-14)
        torch.testing.assert_close(Curve((a, c, b))(t).parameters, curved, rtol=1e-14, atol=1e-14)


def test_between_a_linear_network_and_its_mirror_image_the_barrier_is_that_of_the_zero_function(generator):
    a, _ = pair([4, 6, 1], generator, activation="linear", bias=0.0)
    b = a.with_parameters(-a.parameters)  # the same functions: two layers, two signs
    x = torch.randn(20, 4, generator=generator, dtype=torch.float64)
    y = a(x)
    profile = loss_along(linear_path(a, b), x, y, loss="squared", times=101)
    # At time t the outputs are (1 − 2t)² y.
    exact = ((1 - (1 - 2 * profile.times) ** 2) ** 2)[None] * y.square().mean(1, keepdim=True) / 2
    torch.testing.assert_close(profile.losses, exact, rtol=1e-10, atol=1e-10)
    torch.testing.assert_close(profile.barrier, y.square().mean(1) / 2, rtol=1e-10, atol=1e-10)
    assert profile.accuracies is None
    with pytest.raises(ValueError, match="use barrier"):
        _ = profile.error_barrier


def test_a_convex_loss_has_no_barrier(generator):
    a, b = pair([4, 3], generator)
    x = torch.randn(20, 4, generator=generator, dtype=torch.float64)
    profile = loss_along(linear_path(a, b), x, torch.arange(20) % 3)
    assert (profile.barrier == 0).all()
    assert (profile.losses.diff(n=2, dim=1) > 0).all()


def test_the_barriers_are_what_their_definitions_say(generator):
    a, b = pair([4, 8, 3], generator)
    x, y = torch.randn(40, 4, generator=generator, dtype=torch.float64), torch.arange(40) % 3
    profile = loss_along(linear_path(a, b), x, y, times=9)
    for member in range(3):
        losses, errors = [], []
        for t in profile.times:
            f = linear_path(a, b)(t)(x)[member].T
            losses.append(torch.nn.functional.cross_entropy(f, y).item())
            errors.append((f.argmax(1) != y).double().mean().item())
        above = max(
            v - (1 - t) * losses[0] - t * losses[-1] for v, t in zip(losses, profile.times, strict=True)
        )
        assert profile.barrier[member].item() == pytest.approx(float(above), abs=1e-12)
        wrong = max(errors) - (errors[0] + errors[-1]) / 2
        assert profile.error_barrier[member].item() == pytest.approx(wrong, abs=1e-12)


def test_a_member_has_its_own_points_and_targets(generator):
    a, b = pair([4, 8, 1], generator)
    x = torch.randn(3, 20, 4, generator=generator, dtype=torch.float64)
    y = x[:, :, 0].sign()
    together = loss_along(linear_path(a, b), x, y)
    alone = loss_along(linear_path(a[[1]], b[[1]]), x[1], y[1])
    torch.testing.assert_close(together.losses[[1]], alone.losses, rtol=1e-14, atol=0)
    assert torch.equal(together.accuracies[[1]], alone.accuracies)


@pytest.fixture(scope="module")
def solutions():
    """Two stacks that fit the same targets, and those."""
    generator = torch.Generator().manual_seed(3)
    x, y = (torch.randn(20, k, generator=generator, dtype=torch.float64) for k in (6, 1))
    stacks = pair([6, 32, 1], generator, activation="tanh")
    return *(to_zero_loss(nets, x, y) for nets in stacks), x, y


def test_a_bend_removes_the_barrier_of_the_line(solutions, generator):
    a, b, x, y = solutions
    straight = loss_along(linear_path(a, b), x, y, loss="squared").barrier
    curve = bent_path(a, b, x, y, loss="squared", steps=600, rate=0.03, generator=generator)
    curved = loss_along(curve, x, y, loss="squared").barrier
    assert (straight > 0.02).all()
    assert (curved < straight / 20).all()
    assert torch.equal(curve(0.0).parameters, a.parameters)
    assert torch.equal(curve(1.0).parameters, b.parameters)


def test_the_gradient_of_a_bend_is_that_of_the_expected_loss(solutions, generator):
    """With a rate of 1e-3 the first step of Adam is 1e-3 against the sign of the gradient."""
    a, b, x, y = solutions
    curve = bent_path(a, b, x, y, loss="squared", steps=1, rate=1e-3, generator=generator)
    moved = curve.points[1].parameters - (a.parameters + b.parameters) / 2
    t = torch.rand((), generator=generator.manual_seed(20_221_124), dtype=torch.float64)
    bend = ((a.parameters + b.parameters) / 2).requires_grad_()
    at = (1 - t) ** 2 * a.parameters + 2 * t * (1 - t) * bend + t**2 * b.parameters
    ((a.with_parameters(at)(x) - y.T).square().mean(1).sum() / 2).backward()
    firm = bend.grad.abs() > 1e-6
    assert firm.double().mean() > 0.9
    torch.testing.assert_close(moved[firm], -1e-3 * bend.grad[firm].sign(), rtol=0.02, atol=0)


@pytest.mark.parametrize("batch", [None, 7])
def test_a_bend_does_not_depend_on_company(solutions, batch, generator):
    a, b, x, y = solutions
    settings = {"loss": "squared", "steps": 20, "batch": batch}
    together = bent_path(a, b, x, y, generator=generator.manual_seed(1), **settings)
    alone = bent_path(a[[1]], b[[1]], x, y, generator=generator.manual_seed(1), **settings)
    assert torch.equal(together.points[1].parameters[[1]], alone.points[1].parameters)


def test_ends_that_do_not_belong_together_are_refused(generator):
    a, b = pair([4, 5, 2], generator)
    with pytest.raises(ValueError, match=r"got 3 of \(4, 5, 2\) relu and 2 of"):
        linear_path(a, b[:2])
    with pytest.raises(ValueError, match="one shape, activation"):
        linear_path(a, pair([4, 5, 2], generator, activation="tanh")[0])
    x, y = torch.zeros(2, 4, dtype=torch.float64), torch.tensor([0, 1])
    with pytest.raises(ValueError, match="run from 0 to 1"):
        loss_along(linear_path(a, b), x, y, times=torch.tensor([0.0, 0.5]))
    with pytest.raises(ValueError, match="steps must be >= 0"):
        bent_path(a, b, x, y, steps=-1, generator=generator)


@pytest.mark.cuda
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_cuda_finds_the_same_barriers(solutions):
    a, b, x, y = solutions
    far = [nets.with_tensors([t.cuda() for t in nets.tensors]) for nets in (a, b)]
    here = loss_along(linear_path(a, b), x, y, loss="squared")
    there = loss_along(linear_path(*far), x.cuda(), y.cuda(), loss="squared")
    torch.testing.assert_close(there.barrier.cpu(), here.barrier, rtol=1e-10, atol=1e-12)
    generator = torch.Generator("cuda").manual_seed(0)
    curve = bent_path(*far, x.cuda(), y.cuda(), loss="squared", steps=600, rate=0.03, generator=generator)
    assert (loss_along(curve, x.cuda(), y.cuda(), loss="squared").barrier.cpu() < here.barrier / 20).all()
