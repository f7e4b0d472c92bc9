"""Spectra by quadrature: mass 1, right moments, exact where nothing is left out, near the truth in between."""

import numpy as np
import pytest
import torch
from scipy.stats import wasserstein_distance

from hdintuition.networks.operators import matrices
from hdintuition.networks.quadrature import slq

OUTLIERS = np.r_[np.linspace(-0.1, 0.2, 390) ** 3 * 5, np.linspace(1, 5, 10)]


def rotated(spectrum, generator):
    spectrum = torch.as_tensor(spectrum, dtype=torch.float64)
    q = torch.linalg.qr(torch.randn(len(spectrum), len(spectrum), generator=generator, dtype=torch.float64)).Q
    return (q * spectrum) @ q.T


def distance(found, spectrum, member=0):
    return wasserstein_distance(found.nodes[member], spectrum, found.weights[member])


@pytest.mark.parametrize("deflate", [0, 7, None])
@pytest.mark.parametrize("law", ["rademacher", "gaussian"])
def test_mass_is_one_and_nodes_lie_in_the_spectrum(deflate, law, generator):
    a = torch.stack([rotated(OUTLIERS, generator), torch.zeros(400, 400), torch.eye(400)]).double()
    found = slq(matrices(a), probes=3, steps=20, deflate=deflate, law=law, generator=generator)
    torch.testing.assert_close(found.weights.sum(1), torch.ones(3, dtype=torch.float64), rtol=1e-14, atol=0)
    assert (found.weights >= 0).all()
    assert (found.nodes.diff(dim=1) >= 0).all()
    assert (found.nodes[0] >= OUTLIERS.min() - 1e-10).all()
    assert (found.nodes[0] <= OUTLIERS.max() + 1e-10).all()
    assert found.products == 60 + (20 if deflate is None else deflate)
    # Where the space is exhausted at once, all the mass is on the one eigenvalue.
    assert found.moment(1)[1:].tolist() == pytest.approx([0, 1], abs=1e-12)
    assert found.moment(2)[1:].tolist() == pytest.approx([0, 1], abs=1e-12)


@pytest.mark.parametrize("law", ["rademacher", "gaussian"])
def test_plain_quadrature_has_the_moments_of_its_probe(law, generator):
    a = rotated(OUTLIERS, generator)
    state = generator.get_state()
    found = slq(matrices(a), probes=1, steps=6, deflate=0, law=law, generator=generator)
    generator.set_state(state)
    drawn = torch.stack([torch.randn(400, generator=generator, dtype=torch.float64) for _ in range(3)])[2]
    g = drawn if law == "gaussian" else drawn.sign()
    g = g / g.norm()
    for k in range(12):  # to degree 2m - 1
        assert found.moment(k).item() == pytest.approx(
            (g @ torch.linalg.matrix_power(a, k) @ g).item(), rel=1e-9
        )
    assert found.moment(12).item() != pytest.approx(
        (g @ torch.linalg.matrix_power(a, 12) @ g).item(), rel=1e-9
    )


@pytest.mark.parametrize("deflate", [0, 20])
def test_moments_are_traces_within_their_interval(deflate, generator):
    a = rotated(OUTLIERS, generator)
    members = 60  # independent probes for every member
    stack = matrices(a.expand(members, -1, -1))
    found = slq(stack, probes=2, steps=20, deflate=deflate, law="gaussian", generator=generator)
    for k in (1, 2, 3):
        estimates, truth = found.moment(k), (OUTLIERS**k).mean()
        error = (estimates.std() / members**0.5).item()
        assert abs(estimates.mean().item() - truth) <= 4 * error + 2 * found.moved.max().item()
        assert error < 0.1 * truth


def test_taking_the_outermost_out_first_pays(generator):
    stack = matrices(rotated(OUTLIERS, generator).expand(30, -1, -1))
    plain = slq(stack, probes=2, steps=20, deflate=0, generator=generator)
    deflated = slq(stack, probes=1, steps=20, deflate=20, generator=generator)
    assert plain.products == deflated.products
    far = [np.mean([distance(one, OUTLIERS, i) for i in range(30)]) for one in (plain, deflated)]
    assert far[1] < far[0] / 3


def test_what_deflation_moves_is_bounded(generator):
    spectrum = np.linspace(-1, 1, 200)
    a = rotated(spectrum, generator)
    exact_rest = slq(matrices(a), probes=1, steps=200, deflate=30, generator=generator)
    # With one probe the weights of the rest are random; its nodes are exactly the eigenvalues of the rest.
    nodes = exact_rest.nodes[0].numpy()
    assert len(nodes) == 200
    moved = wasserstein_distance(nodes, spectrum)
    assert 0 < moved <= exact_rest.moved.item()


@pytest.mark.parametrize("size", [1, 2, 3, 40])
@pytest.mark.parametrize("law", ["rademacher", "gaussian"])
def test_as_many_steps_as_parameters_is_exact(size, law, generator):
    a = torch.randn(3, size, size, generator=generator, dtype=torch.float64)
    a = torch.cat([a + a.mT, torch.zeros(1, size, size), torch.eye(size)[None]]).double()
    found = slq(matrices(a), probes=2, steps=size + 5, law=law, generator=generator)
    torch.testing.assert_close(found.nodes, torch.linalg.eigvalsh(a), rtol=1e-10, atol=1e-10)
    assert torch.equal(found.weights, torch.full((5, size), 1 / size, dtype=torch.float64))
    assert not found.moved.any()


def test_without_deflation_as_many_steps_give_every_eigenvalue_the_probes_share(generator):
    a = rotated([0.0, 1, 1, 3], generator)
    found = slq(matrices(a), probes=400, steps=4, deflate=0, law="gaussian", generator=generator)
    at = torch.tensor([-0.5, 0.5, 2.0, 3.5])
    np.testing.assert_allclose(found.below(at)[0], [0, 1 / 4, 3 / 4, 1], atol=0.06)
    assert found.below(at)[0, [0, 3]].tolist() == pytest.approx([0, 1], abs=1e-12)


def test_shares_below_count_the_mass(generator):
    found = slq(matrices(torch.stack([torch.diag(torch.arange(4.0)), torch.eye(4)])), generator=generator)
    at = torch.tensor([-1.0, 0.5, 1.01, 2.5, 9])
    np.testing.assert_allclose(found.below(at), [[0, 0.25, 0.5, 0.75, 1], [0, 0, 1, 1, 1]], atol=1e-12)


def test_the_density_is_the_measure_smoothed(generator):
    found = slq(matrices(torch.diag(torch.arange(4.0))), generator=generator)
    grid = torch.linspace(-3, 6, 2001, dtype=torch.float64)
    density = found.density(grid, width=0.3)
    assert torch.trapezoid(density, grid).item() == pytest.approx(1, rel=1e-9)
    mean, square = (torch.trapezoid(density * grid**k, grid).item() for k in (1, 2))
    assert mean == pytest.approx(1.5, rel=1e-6)
    assert square - mean**2 == pytest.approx(1.25 + 0.3**2, rel=1e-6)
    with pytest.raises(ValueError, match="width must be > 0, got 0"):
        found.density(grid, width=0)


def test_a_member_does_not_depend_on_the_members_behind_it(generator):
    a = torch.stack([rotated(OUTLIERS[::4], generator) for _ in range(3)])
    few, many = (
        slq(matrices(part), probes=1, steps=10, deflate=5, generator=torch.Generator().manual_seed(5))
        for part in (a[:1], a)
    )
    torch.testing.assert_close(few.nodes, many.nodes[:1], rtol=1e-10, atol=1e-12)
    torch.testing.assert_close(few.weights, many.weights[:1], rtol=1e-8, atol=1e-12)


def test_a_member_that_is_not_finite_is_reported_and_the_others_unharmed(generator):
    a = torch.stack([rotated(OUTLIERS[::4], generator)] * 2)
    a[1, 2, 2] = torch.nan
    found = slq(matrices(a), probes=1, steps=10, generator=generator)
    assert found.nodes[1].isnan().all()
    assert found.nodes[0].isfinite().all()
    assert found.weights[0].sum().item() == pytest.approx(1)


@pytest.mark.parametrize(
    "options", [{"probes": 0}, {"steps": 0}, {"deflate": -1}, {"law": "uniform"}], ids=lambda o: next(iter(o))
)
def test_bad_options_are_refused(options, generator):
    name, value = next(iter(options.items()))
    with pytest.raises(ValueError, match=f"{name}={value!r}"):
        slq(matrices(torch.eye(5)), **options, generator=generator)


@pytest.mark.cuda
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_cuda_and_cpu_agree(generator):
    a = rotated(OUTLIERS, generator)
    for device in ("cpu", "cuda"):
        found = slq(matrices(a.to(device)), probes=2, steps=40, generator=torch.Generator(device))
        assert found.nodes.device.type == device
        assert wasserstein_distance(found.nodes[0].cpu(), OUTLIERS, found.weights[0].cpu()) < 0.02
