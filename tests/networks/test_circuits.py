"""Rounding and jostling written-down weights: what it does to them, and to a network that sorts."""

import pytest
import torch

from hdintuition.networks.circuits import CircuitSize, circuit_size, jostled, rounded, sorted_share, written
from hdintuition.networks.ensemble import mlp
from hdintuition.networks.sorting import sorting_network


def inputs(n, values):
    return torch.cartesian_prod(*[torch.arange(float(values))] * n)


def test_the_size_counts_what_is_not_zero():
    nets = written(
        (torch.tensor([[1.0, 0.0], [2.0, 3.0]]), torch.zeros(2)), (torch.ones(1, 2), torch.ones(1))
    )
    assert circuit_size(nets) == CircuitSize(units=(2,), wires=5, biases=1, parameters=9)


@pytest.mark.parametrize(("bits", "dtype"), [(8, torch.bfloat16), (11, torch.float16), (24, torch.float32)])
def test_rounding_is_that_of_the_dtype_with_so_many_bits(bits, dtype, generator):
    nets = mlp([20, 30, 2], members=3, generator=generator, dtype=torch.float64)
    for mine, t in zip(rounded(nets, bits=bits).tensors, nets.tensors, strict=True):
        normal = t.abs() > 1e-4  # below, float16 has fewer bits
        assert torch.equal(mine[normal], t.to(dtype).double()[normal])


def test_a_network_of_small_whole_numbers_survives_rounding_and_one_bit_is_too_few():
    nets, x = sorting_network(4, largest=4), inputs(4, 5)
    assert sorted_share(rounded(nets, bits=4), x).tolist() == [1.0]
    assert sorted_share(rounded(nets, bits=1), x).item() < 1


def test_the_more_the_weights_are_moved_the_less_is_sorted(generator):
    nets, x = sorting_network(4, largest=4), inputs(4, 5)
    shares = [
        sorted_share(jostled(nets, share=share, copies=50, generator=generator), x).mean().item()
        for share in (0.0, 0.001, 0.01, 0.03)
    ]
    assert shares[:2] == [1.0, 1.0]
    assert 1 > shares[2] > shares[3] + 0.2


def test_the_error_of_small_changes_grows_in_proportion(generator):
    nets, x = sorting_network(4, largest=4, dtype=torch.float64), inputs(4, 5).double()
    errors = []
    for share in (1e-6, 1e-5):
        moved = jostled(nets, share=share, copies=50, generator=torch.Generator().manual_seed(3))
        errors.append((moved(x) - nets(x)).square().mean().sqrt().item())
    assert errors[1] / errors[0] == pytest.approx(10, rel=0.01)


def test_copies_are_moved_each_by_its_own_numbers_and_zeros_stay(generator):
    nets = mlp([30, 40, 1], members=2, generator=generator, dtype=torch.float64)
    nets.weights[0][:, 0] = 0
    moved = jostled(nets, share=0.1, copies=30, generator=generator)
    assert len(moved) == 60
    assert not moved.weights[0][:, 0].any()
    change = moved.weights[0][:, 1:] / nets.weights[0][:, 1:].repeat(30, 1, 1) - 1
    assert change.mean().abs().item() < 5 * 0.1 / change.numel() ** 0.5
    assert change.std().item() == pytest.approx(0.1, rel=5 / (2 * change.numel()) ** 0.5)
    assert not torch.equal(moved.weights[0][0], moved.weights[0][2])


def test_settings_that_make_no_sense_are_refused(generator):
    nets = mlp([3, 1], members=1, generator=generator)
    with pytest.raises(ValueError, match="bits must be >= 1, got 0"):
        rounded(nets, bits=0)
    for settings in ({"share": -0.1}, {"share": 0.1, "copies": 0}):
        with pytest.raises(ValueError, match="share must be >= 0 and copies >= 1"):
            jostled(nets, generator=generator, **settings)
