"""Similarities: what they must not see, what they must, and an answer known beforehand."""

import numpy as np
import pytest
import torch

from hdintuition.networks import similarity
from hdintuition.networks.ensemble import mlp
from hdintuition.networks.similarity import agreement, cka, cka_matrix, gap_closed, svcca

SHAPES = [(5, 7, 30), (40, 35, 20), (3, 60, 25)]  # units, other units, points


def representations(shape, generator, members=4):
    p, q, n = shape
    draw = lambda units: torch.randn(members, units, n, generator=generator, dtype=torch.float64)  # noqa: E731
    a = draw(p) + 3
    return a, draw(q) + draw(q)[:, :, :1] + a[:, :1]


def rotation(units, generator):
    return torch.linalg.qr(torch.randn(units, units, generator=generator, dtype=torch.float64))[0]


def kernel_cka(a, b, *, debiased):
    """From the definition by kernel matrices; debiased: equation (5) of Song and others, with its double sums."""
    n = a.shape[1]
    kernels = [(x.T @ x).numpy().copy() for x in (a, b)]
    if debiased:
        for k in kernels:
            np.fill_diagonal(k, 0)
        one = np.ones(n)

        def hsic(k, m):
            middle = (one @ k @ one) * (one @ m @ one) / ((n - 1) * (n - 2))
            return (np.trace(k @ m) + middle - 2 / (n - 2) * (one @ k @ m @ one)) / (n * (n - 3))

    else:
        centre = np.eye(n) - 1 / n

        def hsic(k, m):
            return np.trace(k @ centre @ m @ centre) / (n - 1) ** 2

    k, m = kernels
    return hsic(k, m) / np.sqrt(hsic(k, k) * hsic(m, m))


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("debiased", [False, True])
def test_it_is_the_definition_by_kernels(shape, debiased, generator):
    a, b = representations(shape, generator)
    found = cka(a, b, debiased=debiased)
    wanted = [kernel_cka(x, y, debiased=debiased) for x, y in zip(a, b, strict=True)]
    torch.testing.assert_close(found, torch.tensor(wanted, dtype=torch.float64), rtol=1e-10, atol=1e-10)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("debiased", [False, True])
def test_rotations_scales_and_shifts_are_not_seen(shape, debiased, generator):
    a, b = representations(shape, generator)
    turned = 1e-3 * rotation(shape[0], generator) @ a + 10
    plain, other = cka(a, b, debiased=debiased), cka(turned, b, debiased=debiased)
    torch.testing.assert_close(other, plain, rtol=1e-10, atol=1e-10)
    itself = cka(a, turned, debiased=debiased)
    torch.testing.assert_close(itself, torch.ones_like(itself), rtol=1e-10, atol=1e-10)
    order = torch.randperm(shape[2], generator=generator)
    torch.testing.assert_close(cka(a[..., order], b[..., order], debiased=debiased), plain)
    torch.testing.assert_close(cka(b, a, debiased=debiased), plain)


def test_other_invertible_maps_are_seen(generator):
    a, b = representations((5, 7, 30), generator)
    stretched = torch.tensor([10.0, 1, 1, 1, 1], dtype=torch.float64)[:, None] * a
    assert (cka(stretched, a) < 0.95).all()
    assert ((cka(stretched, b) - cka(a, b)).abs() > 0.01).all()


def test_orthogonal_representations_have_none_in_common():
    n = 8
    waves = torch.stack([torch.cos(2 * torch.pi * k * torch.arange(n).double() / n) for k in (1, 2, 3)])
    assert cka(waves[:1], waves[1:]).abs() < 1e-12
    # Sharing one of two directions of equal size: 1/(√1 √2).
    assert cka(waves[:1], waves[:2]).item() == pytest.approx(0.5**0.5, abs=1e-12)


def test_debiasing_removes_what_few_points_feign(generator):
    a, b = (torch.randn(200, 50, 40, generator=generator, dtype=torch.float64) for _ in range(2))
    plain, mended = cka(a, b), cka(a, b, debiased=True)
    assert plain.min() > 0.3
    assert abs(mended.mean()) < 5 * mended.std() / 200**0.5
    assert mended.std() < 0.1


@pytest.mark.parametrize("debiased", [False, True])
@pytest.mark.parametrize("block", [2**23, 1])
def test_all_with_all_is_pair_by_pair(debiased, block, generator, monkeypatch):
    monkeypatch.setattr(similarity, "BLOCK", block)
    nets, others = (mlp([6, 9, 12, 3], members=m, generator=generator, dtype=torch.float64) for m in (3, 2))
    x = torch.randn(10, 6, generator=generator, dtype=torch.float64)
    left, right = nets.layers(x), others.layers(x)
    same, cross = (cka_matrix(*pair, debiased=debiased) for pair in ((left,), (left, right[:2])))
    assert same.shape == (3, 3, 3, 3)
    assert cross.shape == (3, 3, 2, 2)
    for i in range(3):
        for j in range(3):
            wanted = cka(left[i][:, None], left[j], debiased=debiased)
            torch.testing.assert_close(same[i, :, j], wanted, rtol=1e-10, atol=1e-10)
        for j in range(2):
            wanted = cka(left[i][:, None], right[j], debiased=debiased)
            torch.testing.assert_close(cross[i, :, j], wanted, rtol=1e-10, atol=1e-10)


def test_a_dead_layer_is_like_nothing_and_harms_nobody(generator):
    a, b = representations((5, 7, 30), generator)
    a[1] = 2.0
    found = cka(a, b)
    assert found.isnan().tolist() == [False, True, False, False]
    assert cka_matrix([a], [b])[0, 1].isnan().all()


def test_sizes_that_overflow_float32_squared_do_not(generator):
    a = torch.randn(5, 30, generator=generator)
    assert cka(1e15 * a, 1e-15 * a).item() == pytest.approx(1, abs=1e-5)


def test_the_gap_closed_starts_at_zero_and_ends_at_one(generator):
    start, end = torch.rand(2, 5, generator=generator, dtype=torch.float64)
    assert (gap_closed(start, start) == 0).all()
    assert (gap_closed(torch.ones(5), start) == 1).all()
    halfway = gap_closed((1 + start) / 2, start)
    torch.testing.assert_close(halfway, torch.full((5,), 0.5, dtype=torch.float64))
    assert gap_closed(end, torch.ones(5)).isfinite().sum() == 0


def test_plain_cca_is_that_of_two_orthonormal_bases(generator):
    a, b = representations((4, 6, 50), generator)
    correlations = []
    for x, y in zip(a, b, strict=True):
        qx, qy = (torch.linalg.qr((m - m.mean(1, keepdim=True)).T)[0] for m in (x, y))
        correlations.append(torch.linalg.svdvals(qx.T @ qy).mean())
    torch.testing.assert_close(svcca(a, b, keep=1.0), torch.stack(correlations), rtol=1e-10, atol=1e-10)


def test_plain_cca_does_not_see_invertible_maps(generator):
    a, b = representations((4, 6, 50), generator)
    mixed = torch.randn(4, 4, generator=generator, dtype=torch.float64) @ a
    torch.testing.assert_close(svcca(mixed, b, keep=1.0), svcca(a, b, keep=1.0), rtol=1e-9, atol=1e-9)
    torch.testing.assert_close(svcca(mixed, a, keep=1.0), torch.ones(4, dtype=torch.float64))


def test_svcca_leaves_out_what_holds_little_variance(generator):
    signal = torch.randn(2, 60, generator=generator, dtype=torch.float64)
    a, b = (
        torch.cat([signal, 1e-3 * torch.randn(3, 60, generator=generator, dtype=torch.float64)]) for _ in "ab"
    )
    assert svcca(a, b).item() == pytest.approx(1, abs=1e-4)
    assert svcca(a, b, keep=1.0).item() < 0.9


def test_agreement_is_counted(generator):
    f = torch.randn(4, 3, 25, generator=generator)
    g = torch.randn(2, 3, 25, generator=generator)
    counted = [[(x.argmax(0) == y.argmax(0)).double().mean().item() for y in g] for x in f]
    assert agreement(f, g).tolist() == [pytest.approx(row, abs=1e-6) for row in counted]
    assert agreement(f).diagonal().tolist() == [1.0] * 4
    signs = [[((x > 0) == (y > 0)).double().mean().item() for y in g[:, 0]] for x in f[:, 0]]
    assert agreement(f[:, 0], g[:, 0]).tolist() == [pytest.approx(row, abs=1e-6) for row in signs]


def test_what_cannot_be_compared_is_refused():
    a = torch.zeros(5, 30)
    for call in (
        lambda: cka(a, a[:, :10]),
        lambda: cka(a[:, :3], a[:, :3], debiased=True),
        lambda: cka_matrix([a[None]], [a[None, :, :10]]),
        lambda: svcca(a, a[0]),
    ):
        with pytest.raises(ValueError, match=r"must be \(\.\.\., units, points\) at the same"):
            call()
    with pytest.raises(ValueError, match=r"keep must lie in \(0, 1\]"):
        svcca(a, a, keep=0.0)
    with pytest.raises(ValueError, match="of one shape but for the members"):
        agreement(a, a[:, :3])


@pytest.mark.cuda
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_cuda_agrees(generator):
    a, b = representations((5, 7, 30), generator)
    torch.testing.assert_close(cka(a.cuda(), b.cuda()).cpu(), cka(a, b))
    torch.testing.assert_close(cka_matrix([a.cuda()], [b.cuda()]).cpu(), cka_matrix([a], [b]))
    torch.testing.assert_close(svcca(a.cuda(), b.cuda()).cpu(), svcca(a, b))
    torch.testing.assert_close(agreement(a.cuda()).cpu(), agreement(a))
