"""Any labels are fitted with 2n + d numbers: counted, checked, and refused where points coincide."""

import pytest
import torch

from hdintuition.networks.memorisation import memorise


def points(n, d, generator):
    return torch.randn(n, d, generator=generator, dtype=torch.float64)


@pytest.mark.parametrize(("n", "d"), [(2, 1), (10, 1), (50, 3), (300, 50), (40, 500)])
def test_random_labels_are_fitted_to_rounding(n, d, generator):
    x = points(n, d, generator)
    y = torch.randn(n, generator=generator, dtype=torch.float64)
    knows = memorise(x, y, generator=generator)
    torch.testing.assert_close(knows.networks(x)[0], y, rtol=0, atol=1e-9)
    assert knows.error.item() == (knows.networks(x)[0] - y).abs().max()
    assert knows.networks.sizes == (d, n, 1)


def test_a_thousand_points_and_a_stack_of_labels(generator):
    x = points(1000, 20, generator)
    y = torch.randint(2, (5, 1000), generator=generator).double() * 2 - 1
    knows = memorise(x, y, generator=generator)
    assert torch.equal(knows.networks(x).sign(), y)
    assert knows.error.max() < 1e-6


def test_the_network_is_written_with_two_n_plus_d_numbers(generator):
    n, d = 30, 7
    knows = memorise(points(n, d, generator), torch.randn(n, generator=generator), generator=generator)
    (a, v), (kinks, bias) = knows.networks.weights, knows.networks.biases
    assert not bias.any()
    assert torch.equal(a, a[:, :1].expand_as(a))
    different = sum(len(t.unique()) for t in (a, kinks, v))
    assert different == knows.numbers == 2 * n + d


def test_between_its_points_the_network_is_the_straight_line(generator):
    x = torch.arange(5.0, dtype=torch.float64)[:, None]
    y = torch.tensor([3.0, -1.0, 4.0, 1.0, -5.0], dtype=torch.float64)
    halfway = memorise(x, y, generator=generator).networks(x[:-1] + 0.5)[0]
    torch.testing.assert_close(halfway, (y[:-1] + y[1:]) / 2, rtol=0, atol=1e-12)


def test_more_directions_never_leave_a_smaller_gap(generator):
    x, y = points(100, 4, generator), torch.randn(100, generator=generator)
    gaps = [memorise(x, y, generator=torch.Generator().manual_seed(5), directions=k).gap for k in (1, 4, 64)]
    assert gaps == sorted(gaps)
    assert 0 < gaps[0] < gaps[2] <= 1 / 99


def test_float32_points_are_fitted_in_float64(generator):
    x = points(200, 10, generator).float()
    y = torch.randn(200, generator=generator)
    knows = memorise(x, y, generator=generator)
    assert knows.networks.weights[0].dtype == torch.float64
    torch.testing.assert_close(knows.networks(x.double())[0], y.double(), rtol=0, atol=1e-9)


def test_points_that_coincide_are_named(generator):
    x = points(9, 3, generator)
    x[7] = x[2]
    with pytest.raises(ValueError, match=r"points \[2, 7\] are the same"):
        memorise(x, torch.zeros(9), generator=generator)


def test_points_that_float64_cannot_tell_apart_are_refused(generator):
    x = torch.tensor([[1.0], [1.0 + 2**-52], [3.0]], dtype=torch.float64)
    with pytest.raises(ValueError, match="two of the 3 points are too near"):
        memorise(x, torch.zeros(3), generator=generator)


@pytest.mark.parametrize(
    ("x", "y", "message"),
    [
        (torch.zeros(3), torch.zeros(3), r"got \(3,\) and \(3,\)"),
        (torch.zeros(1, 3), torch.zeros(1), "n >= 2"),
        (torch.eye(3), torch.zeros(4), r"got \(3, 3\) and \(4,\)"),
        (torch.eye(3), torch.tensor([0.0, 1.0, float("nan")]), "must be finite"),
    ],
)
def test_bad_data_are_refused(x, y, message, generator):
    with pytest.raises(ValueError, match=message):
        memorise(x, y, generator=generator)


@pytest.mark.cuda
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_on_cuda_random_labels_are_fitted(generator):
    x, y = points(300, 20, generator).cuda(), torch.randn(300, generator=generator).double().cuda()
    knows = memorise(x, y, generator=torch.Generator("cuda").manual_seed(0))
    torch.testing.assert_close(knows.networks(x)[0], y, rtol=0, atol=1e-9)
