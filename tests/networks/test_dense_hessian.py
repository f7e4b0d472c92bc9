"""Matrices written out: right, symmetric, and within the memory that was allowed."""

import pytest
import torch

from hdintuition.networks import operators
from hdintuition.networks.dense_hessian import dense
from hdintuition.networks.operators import matrices
from hdintuition.networks.products import hessian


def wavy(members, size, generator, dtype=torch.float64):
    mix = torch.randn(size, 2 * size, generator=generator, dtype=dtype)
    return lambda p: (p @ mix).sin().sum(1), torch.randn(members, size, generator=generator, dtype=dtype)


def test_it_is_the_hessian_of_every_member(generator):
    loss, at = wavy(3, 11, generator)
    found = dense(hessian(loss, at))
    for member in range(3):
        expected = torch.func.hessian(lambda p: loss(p[None])[0])(at[member])
        assert (found[member] - expected).abs().max() <= 1e-10 * expected.abs().max()


@pytest.mark.parametrize("cache", [1, 5000, 2**30])
def test_every_block_of_rows_gives_the_same_symmetric_matrix(cache, generator, monkeypatch):
    loss, at = wavy(2, 13, generator)
    expected = dense(hessian(loss, at))
    monkeypatch.setattr(operators, "CACHE", cache)
    found = dense(hessian(loss, at))
    assert torch.equal(found, found.mT)
    torch.testing.assert_close(found, expected, rtol=1e-12, atol=1e-12)


def test_it_has_the_dtype_of_the_parameters(generator):
    loss, at = wavy(2, 13, generator, torch.float32)
    found = dense(hessian(loss, at))
    assert found.dtype == torch.float32
    assert torch.equal(found, found.mT)


def test_rounding_on_the_two_sides_of_the_diagonal_is_averaged(generator, monkeypatch):
    a = torch.randn(2, 9, 9, generator=generator, dtype=torch.float64)
    for cache in (1, 500, 2**20):
        monkeypatch.setattr(operators, "CACHE", cache)
        torch.testing.assert_close(dense(matrices(a)), (a + a.mT) / 2, rtol=1e-15, atol=0)


def test_memory_bounds_the_rows_taken_at_once(generator):
    loss, at = wavy(2, 40, generator)
    operator, most = hessian(loss, at), []
    watched = operators.Operator(
        2,
        40,
        at.dtype,
        at.device,
        operator.one,
        lambda v: most.append(len(v)) or operator.many(v),
        lambda: 1000,
    )
    result, each = 2 * 40 * 40 * 8, 1000 + 3 * 2 * 40 * 8
    whole = dense(watched, memory=result + 7 * each)
    assert max(most) == 7
    assert sum(most) == 40
    torch.testing.assert_close(whole, dense(operator), rtol=1e-12, atol=1e-12)


def test_too_little_memory_is_refused_with_numbers(generator):
    operator = hessian(*wavy(2, 40, generator))
    with pytest.raises(
        ValueError, match=r"2 matrices of size 40 take 25,600 bytes .* memory is 25,600: raise memory"
    ):
        dense(operator, memory=25_600)


@pytest.mark.cuda
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_cuda_and_cpu_agree(generator):
    mix = torch.randn(9, 20, generator=generator, dtype=torch.float64)
    at = torch.randn(2, 9, generator=generator, dtype=torch.float64)
    found = [
        dense(hessian(lambda p, mix=mix: (p @ mix).sin().sum(1), at))
        for mix, at in ((mix, at), (mix.cuda(), at.cuda()))
    ]
    torch.testing.assert_close(found[1].cpu(), found[0], rtol=1e-10, atol=1e-10)
