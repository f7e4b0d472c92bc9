"""Outermost eigenvalues on spectra that are known, easy and nasty, against numpy's eigvalsh."""

import numpy as np
import pytest
import torch

from hdintuition.networks.lanczos import lanczos
from hdintuition.networks.operators import Operator, matrices
from hdintuition.networks.products import hessian


def rotated(spectrum, generator):
    """A matrix with these eigenvalues and random eigenvectors, float64."""
    spectrum = torch.as_tensor(spectrum, dtype=torch.float64)
    q = torch.linalg.qr(torch.randn(len(spectrum), len(spectrum), generator=generator, dtype=torch.float64)).Q
    return (q * spectrum) @ q.T


SPECTRA = {
    "spread": np.linspace(-1, 2, 120),
    "outliers": np.r_[np.linspace(-0.1, 0.1, 117), 5, 7, 11],
    "clustered ends": np.r_[-1 - 1e-4 * np.arange(6), np.linspace(0, 1, 100), 2 + 1e-4 * np.arange(6)],
    "degenerate": np.r_[[-3.0] * 4, [0.0] * 60, [2.0] * 5],
    "rank 3": np.r_[np.zeros(97), 1, 2, 3],
    "rank 1, negative": np.r_[-1, np.zeros(60)],
    "zero": np.zeros(50),
    "identity": np.ones(50),
    "twelve decades": np.logspace(-12, 0, 80),
}


@pytest.mark.parametrize("name", SPECTRA)
@pytest.mark.parametrize(("top", "bottom"), [(4, 3), (1, 0), (0, 2), (7, 7)])
def test_known_spectra(name, top, bottom, generator):
    a = rotated(SPECTRA[name], generator)
    found = lanczos(
        matrices(a), top=top, bottom=bottom, tolerance=1e-8, most=len(a), vectors=True, generator=generator
    )
    exact = np.linalg.eigvalsh(a.numpy())
    scale = np.abs(exact).max() or 1
    assert found.converged.all()
    np.testing.assert_allclose(found.top[0], exact[::-1][:top], atol=1e-8 * scale)
    np.testing.assert_allclose(found.bottom[0], exact[:bottom], atol=1e-8 * scale)
    for values, vectors, residuals in (
        (found.top, found.top_vectors, found.top_residuals),
        (found.bottom, found.bottom_vectors, found.bottom_residuals),
    ):
        misfit = (vectors[0] @ a - values[0, :, None] * vectors[0]).norm(dim=1)
        assert (misfit <= residuals[0] + 1e-12 * scale).all()
        gram = vectors[0] @ vectors[0].T
        torch.testing.assert_close(gram, torch.eye(len(gram), dtype=gram.dtype), rtol=0, atol=1e-10)


@pytest.mark.parametrize("size", [1, 2, 3])
def test_the_smallest_matrices_are_solved_completely(size, generator):
    a = torch.randn(6, size, size, generator=generator, dtype=torch.float64)
    a = torch.cat([a + a.mT, torch.zeros(1, size, size), torch.eye(size)[None]]).double()
    found = lanczos(matrices(a), top=size, bottom=size, generator=generator)
    exact = torch.linalg.eigvalsh(a)
    torch.testing.assert_close(found.bottom, exact, rtol=1e-12, atol=1e-12)
    torch.testing.assert_close(found.top, exact.flip(1), rtol=1e-12, atol=1e-12)
    assert found.converged.all()


def test_asking_for_all_gives_all(generator):
    a = rotated(np.random.default_rng(0).standard_normal(60), generator)
    found = lanczos(matrices(a), top=60, generator=generator)
    np.testing.assert_allclose(found.top[0].flip(0), np.linalg.eigvalsh(a.numpy()), rtol=0, atol=1e-11)


def test_errors_promised_are_kept_and_the_residual_bound_is_rigorous(generator):
    spectra = np.random.default_rng(1).standard_normal((12, 200)) * np.linspace(0, 1, 200) ** 3
    a = torch.stack([rotated(s, generator) for s in spectra])
    found = lanczos(matrices(a), top=5, bottom=5, tolerance=1e-4, generator=generator)
    exact = torch.linalg.eigvalsh(a)
    assert found.converged.all()
    assert (found.steps < 200).all()
    off = (found.top - exact.flip(1)[:, :5]).abs()
    assert (off <= 1e-4 * found.scale[:, None]).all()
    assert (off <= found.top_residuals + 1e-12).all()
    assert (found.top_errors <= found.top_residuals).all()
    assert off.max() > 1e-9  # it did stop early


def test_members_stop_each_by_itself_as_if_alone(generator):
    easy, hard = rotated(np.r_[np.zeros(90), 1:11], generator), rotated(np.linspace(0, 1, 100), generator)
    both = torch.stack([hard, easy, torch.zeros_like(easy)])
    together = lanczos(matrices(both), top=3, generator=torch.Generator().manual_seed(1))
    alone = lanczos(matrices(hard), top=3, generator=torch.Generator().manual_seed(1))
    assert torch.equal(together.steps[:1], alone.steps)
    assert torch.equal(together.top_residuals[:1], alone.top_residuals)
    assert together.steps[0] > 2 * together.steps[1]
    assert together.top[2].tolist() == [0, 0, 0]


@pytest.mark.parametrize("members", [4, 32])
def test_a_member_in_a_stack_is_that_member_alone_in_every_bit(members, generator):
    mix = torch.randn(21, 50, generator=generator)
    at = torch.randn(32, 21, generator=generator)

    def first(count):
        operator = hessian(
            lambda p: torch.bmm(p[:, None], mix.expand(len(p), -1, -1)).sin().sum((1, 2)), at[:count]
        )
        return lanczos(operator, top=2, bottom=2, most=16, generator=torch.Generator().manual_seed(3))

    assert torch.equal(first(members).top[:1], first(1).top)
    assert torch.equal(first(members).bottom[:1], first(1).bottom)


def test_copies_of_an_eigenvalue_are_looked_for_after_exhaustion(generator):
    # Each block of T has one copy of each of six values, so that the first look, after 80 products, sees too few.
    a = rotated(np.r_[np.repeat([0, 0.2, 0.4, 0.6, 1.0], 70), [2.0] * 30], generator)
    found = lanczos(matrices(a), top=40, tolerance=1e-7, generator=generator)
    np.testing.assert_allclose(found.top[0], [2] * 30 + [1] * 10, atol=1e-9)
    assert found.converged.all()
    assert 80 < found.steps[0] < 380
    below = lanczos(matrices(-a), bottom=40, top=0, tolerance=1e-7, generator=generator)
    np.testing.assert_allclose(below.bottom[0], [-2] * 30 + [-1] * 10, atol=1e-9)


def test_what_did_not_converge_is_said(generator):
    a = rotated(np.linspace(0, 1, 300), generator)
    found = lanczos(matrices(a), top=3, most=20, generator=generator)
    exact = np.linspace(0, 1, 300)[::-1][:3]
    assert not found.converged.any()
    assert found.steps.tolist() == [20]
    assert (np.abs(found.top[0].numpy() - exact) > 1e-6).any()
    assert (found.top_residuals > 1e-6).any()


def test_a_member_that_is_not_finite_is_reported_and_the_others_unharmed(generator):
    a = torch.stack([rotated(np.linspace(0, 1, 30), generator)] * 2)
    a[1, 2, 2] = torch.inf
    found = lanczos(matrices(a), top=2, bottom=1, most=30, vectors=True, generator=generator)
    assert found.converged.tolist() == [True, False]
    assert found.top[1].isnan().all()
    torch.testing.assert_close(
        found.top[0], torch.tensor([1, 28 / 29], dtype=torch.float64), rtol=1e-6, atol=0
    )


def test_float32_reaches_what_its_products_allow(generator):
    exact = np.r_[np.linspace(-0.1, 0.5, 250), 0.7, 0.9, 1.0]
    found = lanczos(matrices(rotated(exact, generator).float()), top=3, bottom=2, generator=generator)
    assert found.converged.all()
    assert found.top.dtype == torch.float32
    np.testing.assert_allclose(found.top[0], [1, 0.9, 0.7], atol=2e-6)
    np.testing.assert_allclose(found.bottom[0], np.linspace(-0.1, 0.5, 250)[:2], atol=2e-6)


def test_the_same_seed_gives_the_same_bits(generator):
    operator = matrices(rotated(np.linspace(0, 1, 40), generator))
    one, two = (lanczos(operator, top=3, generator=torch.Generator().manual_seed(7)) for _ in range(2))
    assert torch.equal(one.top, two.top)


def test_no_product_is_wasted_on_a_looked_at_member(generator):
    inner, calls = matrices(rotated(np.r_[np.zeros(50), 1, 2, 3], generator)), []
    watched = Operator(
        1,
        53,
        inner.dtype,
        inner.device,
        lambda v: calls.append(1) or inner.one(v),
        inner.many,
        inner.vector_bytes,
    )
    found = lanczos(watched, top=2, generator=generator)
    assert len(calls) == found.steps.item()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"top": 0}, "not both 0"),
        ({"top": 6}, r"\[0, 5\] \(the size\).* got top=6"),
        ({"top": -1, "bottom": 2}, "got top=-1"),
        ({"top": 3, "most": 2}, "most be no less than either"),
        ({"tolerance": 0.0}, "tolerance must be > 0, got 0.0"),
    ],
)
def test_bad_options_are_refused(options, message, generator):
    with pytest.raises(ValueError, match=message):
        lanczos(matrices(torch.eye(5)), **options, generator=generator)


@pytest.mark.cuda
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_cuda_and_cpu_agree(generator):
    a = torch.stack([rotated(SPECTRA[name][:50], generator) for name in ("spread", "degenerate", "zero")])
    for device in ("cpu", "cuda"):
        found = lanczos(
            matrices(a.to(device)), top=3, bottom=3, most=50, vectors=True, generator=torch.Generator(device)
        )
        exact = torch.linalg.eigvalsh(a)
        assert found.top.device.type == device
        torch.testing.assert_close(found.top.cpu(), exact.flip(1)[:, :3], rtol=1e-6, atol=1e-6)
        torch.testing.assert_close(found.bottom.cpu(), exact[:, :3], rtol=1e-6, atol=1e-6)
