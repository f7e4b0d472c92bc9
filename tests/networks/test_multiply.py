"""Products of stacks: the same whichever library makes them, however the factors lie, in any company."""

import pytest
import torch

from hdintuition.networks import multiply as module
from hdintuition.networks.multiply import FEW, SMALL, multiply

SHAPES = [  # rows, inner, columns
    *[(5, 7, 9), (16, 40, 100), (128, 100, 10), (30, 200, 200)],
    *[(1, 3, 40), (5, 9, 1), (7, 1, 5), (1, 4, 1)],
]


@pytest.fixture(params=[True, False], ids=["NumPy", "torch"])
def library(request, monkeypatch):
    """Whose products are used."""
    monkeypatch.setattr(module, "by_numpy", lambda: request.param)


def turned(t):
    """The same numbers, laid out column by column."""
    return t.mT.contiguous().mT


def factors(shape, generator, dtype=torch.float64, members=3):
    rows, inner, columns = shape
    a = torch.randn(members, rows, inner, generator=generator, dtype=dtype)
    return a, torch.randn(members, inner, columns, generator=generator, dtype=dtype)


def lots(a, b):
    """The factors, each as it is and turned."""
    return [(one, other) for one in (a, turned(a)) for other in (b, turned(b))]


def test_the_shapes_here_lie_on_both_sides_of_every_bound():
    sizes = [(rows * columns > FEW, rows * inner * columns > SMALL) for rows, inner, columns in SHAPES]
    assert set(sizes) == {(False, False), (True, False), (True, True)}


@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize(("dtype", "near"), [(torch.float64, 1e-13), (torch.float32, 1e-5)])
def test_it_is_the_product(shape, dtype, near, library, generator):
    a, b = factors(shape, generator, dtype)
    expected = torch.einsum("mij,mjk->mik", a.double(), b.double())
    for left, right in lots(a, b):
        out = torch.full_like(expected, torch.nan, dtype=dtype)
        assert multiply(left, right, out) is out
        torch.testing.assert_close(out.double(), expected, rtol=near, atol=near * shape[1])


@pytest.mark.parametrize("keep", [True, False])
def test_scaled_and_added(keep, library, generator):
    a, b = factors((16, 40, 100), generator)
    before = torch.randn(3, 16, 100, generator=generator, dtype=torch.float64)
    expected = keep * before - 2.5 * (a @ b)
    torch.testing.assert_close(multiply(a, b, before.clone(), scale=-2.5, keep=keep), expected)


def test_factors_may_be_shared_or_have_gaps_and_the_result_may_be_a_part(library, generator):
    a, b = factors((6, 5, 4), generator)
    shared, gaps = b[:1].expand(3, -1, -1), torch.stack([a, a], dim=3).flatten(2)[:, :, ::2]
    table = torch.zeros(3, 6, 9, dtype=torch.float64)
    multiply(gaps, shared, table[:, :, 2:6])
    torch.testing.assert_close(table[:, :, 2:6], a @ b[0])
    assert not table[:, :, :2].any()
    assert not table[:, :, 6:].any()


@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_a_member_is_bitwise_the_same_in_any_company(shape, library, generator):
    a, b = factors(shape, generator, torch.float32, members=31)
    for left, right in lots(a, b):
        whole = multiply(left, right, left.new_empty(31, shape[0], shape[2]))
        for some in (slice(0, 1), slice(30, 31), slice(3, 7)):
            out = left.new_empty(len(left[some]), shape[0], shape[2])
            assert torch.equal(multiply(left[some], right[some], out), whole[some])


def test_a_lost_member_is_passed_on_without_a_word(library):
    a, b = torch.full((2, 3, 4), 1e30), torch.full((2, 4, 5), 1e30)
    a[1] = 1
    out = multiply(a, b, torch.empty(2, 3, 5))
    assert out[0].isinf().all()
    assert out[1].isfinite().all()


def test_no_members_no_products(library):
    assert multiply(torch.ones(0, 2, 3), torch.ones(0, 3, 4), torch.ones(0, 2, 4)).shape == (0, 2, 4)


@pytest.mark.parametrize(("core", "chosen"), [("SkylakeX", True), ("Haswell", False), (None, False)])
def test_numpy_is_chosen_by_what_its_library_says_of_itself(core, chosen, monkeypatch):
    said = [{"user_api": "openmp"}, {"user_api": "blas", "architecture": core}]
    monkeypatch.setattr(module, "threadpool_info", lambda: said)
    assert module.by_numpy.__wrapped__() is chosen


def test_several_threads_are_left_to_torch(monkeypatch, generator):
    monkeypatch.setattr(module, "by_numpy", lambda: pytest.fail("torch may share the product among threads"))
    monkeypatch.setattr(torch, "get_num_threads", lambda: 2)
    a, b = factors((5, 7, 9), generator)
    torch.testing.assert_close(multiply(a, b, torch.empty(3, 5, 9, dtype=torch.float64)), a @ b)
