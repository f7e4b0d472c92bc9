"""Lanczos' relations, exactly as they stand in a book: AV = VT + β v eᵀ, V orthonormal, residuals known in advance."""

import numpy as np
import pytest
import torch

from hdintuition.networks.krylov import Krylov, ritz


def run(matrix, steps, generator, *, start=None, locked=None):
    size = matrix.shape[-1]
    start = (
        torch.randn(len(matrix), size, generator=generator, dtype=matrix.dtype) if start is None else start
    )
    spare = torch.randn(size, generator=generator, dtype=matrix.dtype)
    found = Krylov(
        lambda v: torch.einsum("mij,mj->mi", matrix, v), start, most=steps, spare=spare, locked=locked
    )
    found.advance(steps)
    return found


def symmetric(members, size, generator):
    a = torch.randn(members, size, size, generator=generator, dtype=torch.float64)
    return (a + a.mT) / (2 * size) ** 0.5


def tridiagonal(found):
    m = found.steps
    beta = found.offdiagonal[:, : m - 1]
    return torch.diag_embed(found.diagonal[:, :m]) + torch.diag_embed(beta, 1) + torch.diag_embed(beta, -1)


def orthonormal(vectors, within=1e-12):
    gram = vectors @ vectors.mT
    return (gram - torch.eye(gram.shape[-1], dtype=gram.dtype)).abs().max() <= within


def test_the_three_term_recursion_holds_and_the_basis_is_orthonormal(generator):
    a = symmetric(3, 40, generator)
    found = run(a, 25, generator)
    v = found.vectors
    left = v @ a - tridiagonal(found) @ v  # rows are basis vectors, and a is symmetric
    assert orthonormal(v)
    assert left[:, :-1].abs().max() < 1e-12
    torch.testing.assert_close(left[:, -1].norm(dim=1), found.offdiagonal[:, 24], rtol=1e-10, atol=1e-12)


def test_float32_stays_orthonormal_where_plain_lanczos_does_not(generator):
    a = torch.diag(torch.logspace(0, -6, 300))[None]
    assert orthonormal(run(a, 150, generator).vectors, within=3e-6)


def test_residuals_are_those_of_the_vectors(generator):
    a = symmetric(1, 30, generator)
    found = run(a, 12, generator)
    pairs = ritz(found.diagonal[0].numpy(), found.offdiagonal[0].numpy(), complete=False)
    y = torch.as_tensor(pairs.vectors.T) @ found.vectors[0]
    misfit = (y @ a[0] - torch.as_tensor(pairs.values)[:, None] * y).norm(dim=1)
    np.testing.assert_allclose(misfit, pairs.residuals, rtol=1e-9, atol=1e-12)
    spectrum = np.linalg.eigvalsh(a[0].numpy())
    distance = np.abs(pairs.values[:, None] - spectrum).min(1)
    assert (distance <= pairs.residuals + 1e-12).all()


def test_errors_are_residuals_squared_over_the_gap():
    # Two far eigenvalues, coupled weakly to what comes after them.
    pairs = ritz(np.array([0.0, 10.0]), np.array([0.0, 1e-3]), complete=False)
    assert pairs.residuals.tolist() == [0, 1e-3]
    assert pairs.errors.tolist() == pytest.approx([0, 1e-7], rel=1e-3)
    crowded = ritz(np.array([0.0, 1e-4]), np.array([0.0, 1e-3]), complete=False)
    assert crowded.errors[1] == crowded.residuals[1] == 1e-3
    assert not ritz(np.array([3.0]), np.array([7.0]), complete=True).residuals.any()


def test_an_exhausted_space_is_left_for_a_fresh_direction(generator):
    a = torch.diag(torch.tensor([1.0, 1, 1, 2, 2, 5], dtype=torch.float64))[None]
    found = run(a, 6, generator)
    assert (found.offdiagonal[0, :5] == 0).nonzero().flatten().tolist() == [2, 4]
    assert orthonormal(found.vectors)
    values = torch.linalg.eigvalsh(tridiagonal(found))[0]
    torch.testing.assert_close(values, a[0].diagonal(), rtol=1e-12, atol=1e-12)


def test_members_exhaust_their_spaces_each_by_itself(generator):
    a = torch.stack([torch.zeros(8, 8), torch.eye(8), torch.diag(torch.arange(8.0))]).double()
    found = run(a, 8, generator)
    assert orthonormal(found.vectors)
    assert not found.offdiagonal[:2, :7].any()
    assert found.offdiagonal[2, :7].all()
    expected = torch.linalg.eigvalsh(a)
    torch.testing.assert_close(torch.linalg.eigvalsh(tridiagonal(found)), expected, rtol=1e-12, atol=1e-12)


def test_locked_directions_are_never_entered(generator):
    a = symmetric(2, 20, generator)
    locked = torch.linalg.qr(
        torch.randn(2, 20, 5, generator=generator, dtype=torch.float64)
    ).Q.mT.contiguous()
    found = run(a, 15, generator, locked=locked)
    assert orthonormal(torch.cat([locked, found.vectors], 1))
    # What is left is the matrix seen in the complement of the locked directions.
    inside = torch.linalg.qr(locked.mT, mode="complete").Q[:, :, 5:]
    expected = torch.linalg.eigvalsh(inside.mT @ a @ inside)
    torch.testing.assert_close(torch.linalg.eigvalsh(tridiagonal(found)), expected, rtol=1e-10, atol=1e-10)


@pytest.mark.parametrize("size", [21, 300])
def test_a_row_among_others_is_that_row_alone_in_every_bit(size, generator):
    d = torch.randn(32, size, generator=generator)
    start = torch.randn(32, size, generator=generator)
    spare = torch.randn(size, generator=generator)

    def diagonal(rows):
        found = Krylov(lambda v: d[rows] * v, start[rows], most=20, spare=spare)
        found.advance(20)
        return found.diagonal

    for members in (4, 32):
        together = diagonal(slice(members))
        for i in range(members):
            assert torch.equal(together[i : i + 1], diagonal(slice(i, i + 1)))


def test_what_is_not_finite_is_lost_and_stays_where_it_is(generator):
    a = symmetric(2, 10, generator)
    alone = run(a[1:], 5, generator, start=torch.ones(1, 10, dtype=torch.float64))
    a[0, 3, 3] = torch.nan
    found = run(a, 5, generator, start=torch.ones(2, 10, dtype=torch.float64))
    assert np.isnan(
        ritz(found.diagonal[0].numpy(), found.offdiagonal[0].numpy(), complete=False).values
    ).all()
    assert torch.equal(found.diagonal[1], alone.diagonal[0])
