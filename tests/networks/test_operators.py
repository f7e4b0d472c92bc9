"""An operator is its matrices: products are those of the matrices written out, and nothing else is let in."""

import pytest
import torch

from hdintuition.networks.operators import CACHE, matrices
from hdintuition.networks.products import hessian


def symmetric(members, size, generator):
    a = torch.randn(members, size, size, generator=generator, dtype=torch.float64)
    return a + a.mT


def test_products_with_one_and_with_several_vectors(generator):
    stack = symmetric(3, 5, generator)
    v = torch.randn(3, 7, 5, generator=generator, dtype=torch.float64)
    expected = torch.einsum("mij,mkj->mki", stack, v)
    torch.testing.assert_close(matrices(stack)(v), expected, rtol=1e-12, atol=1e-12)
    torch.testing.assert_close(matrices(stack)(v[:, 4]), expected[:, 4], rtol=1e-12, atol=1e-12)
    assert matrices(stack)(v[:, :0]).shape == (3, 0, 5)


def test_one_matrix_is_a_stack_of_one(generator):
    stack = symmetric(1, 4, generator)
    assert (matrices(stack[0]).members, matrices(stack[0]).size) == (1, 4)


@pytest.mark.parametrize("shape", [(2, 5), (3, 4), (3,), (3, 2, 4), (3, 2, 2, 5)])
def test_vectors_of_another_shape_are_refused(shape, generator):
    with pytest.raises(ValueError, match=r"\(3, 5\) or \(3, vectors, 5\) and torch.float64, got"):
        matrices(symmetric(3, 5, generator))(torch.zeros(shape, dtype=torch.float64))


def test_vectors_of_another_dtype_are_refused(generator):
    with pytest.raises(ValueError, match=r"torch.float64, got \(3, 5\) and torch.float32"):
        matrices(symmetric(3, 5, generator))(torch.zeros(3, 5))


@pytest.mark.parametrize("shape", [(3, 4, 5), (4,), (0, 0), (2, 2, 2, 2)])
def test_matrices_must_be_square(shape):
    with pytest.raises(ValueError, match="matrices must be square"):
        matrices(torch.zeros(shape))


def test_vectors_go_together_as_far_as_the_cache_bears():
    def bowl(units):
        return hessian(lambda w: (w @ torch.ones(50, units)).tanh().sum(1), torch.zeros(1, 50))

    small, large = bowl(100), bowl(2**19)
    assert 1 < small.together() <= CACHE // small.vector_bytes()
    assert large.together() == 1
