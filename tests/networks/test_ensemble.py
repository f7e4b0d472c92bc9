"""A stack of networks is its members: each must answer as it would alone."""

from itertools import pairwise

import pytest
import torch
from torch import nn

from hdintuition.networks import ensemble
from hdintuition.networks.ensemble import Networks, concat, mlp

SIZES = [[49, 32, 1], [5, 1], [3, 4, 6, 2], [7, 8, 8, 8, 1]]


def module_of(nets, member):
    """The same network as torch would write it."""
    layers = []
    for w, b in zip(nets.weights, nets.biases, strict=True):
        linear = nn.Linear(w.shape[2], w.shape[1], dtype=w.dtype)
        linear.weight.data, linear.bias.data = w[member].clone(), b[member].clone()
        layers += [linear, nn.ReLU()]
    return nn.Sequential(*layers[:-1])


@pytest.mark.parametrize("sizes", SIZES)
def test_every_member_answers_as_the_same_module_of_torch(sizes, generator):
    nets = mlp(sizes, members=3, generator=generator, dtype=torch.float64)
    x = torch.randn(11, sizes[0], generator=generator, dtype=torch.float64)
    for member in range(3):
        alone = module_of(nets, member)(x)
        expected = alone[:, 0] if sizes[-1] == 1 else alone.T
        torch.testing.assert_close(nets(x)[member], expected, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("sizes", SIZES)
def test_a_member_in_a_stack_is_that_member_alone_in_every_bit(sizes, generator):
    nets = mlp(sizes, members=32, generator=generator)
    x = torch.randn(100, sizes[0], generator=generator)
    for member in (0, 17, 31):
        assert torch.equal(nets(x)[member], nets[[member]](x)[0])


def test_large_stacks_are_cut_in_blocks_and_nothing_changes(generator, monkeypatch):
    nets = mlp([7, 8, 1], members=50, generator=generator)
    x = torch.randn(13, 7, generator=generator)
    whole = nets(x)
    monkeypatch.setattr(ensemble, "BLOCK", 1)
    assert torch.equal(nets(x), whole)


def test_choosing_by_mask_by_index_and_by_slice(generator):
    nets = mlp([7, 8, 1], members=5, generator=generator)
    x = torch.randn(13, 7, generator=generator)
    every = nets(x)
    mask = torch.tensor([True, False, True, False, False])
    assert torch.equal(nets[mask](x), every[mask])
    assert torch.equal(nets[[4, 0]](x), every[[4, 0]])
    assert torch.equal(nets[1:3](x), every[1:3])
    assert torch.equal(nets[-1](x), every[-1:])
    assert len(nets[mask]) == 2
    assert nets[mask & False](x).shape == (0, 13)


def test_concat_puts_stacks_behind_each_other(generator):
    nets = mlp([7, 8, 1], members=5, generator=generator)
    x = torch.randn(13, 7, generator=generator)
    assert torch.equal(concat([nets[3:], nets[:3]])(x), nets(x).roll(-3, 0))
    assert concat(iter([nets])).sizes == (7, 8, 1)


def test_concat_refuses_nothing_and_other_shapes(generator):
    nets = [mlp([7, width, 1], members=2, generator=generator) for width in (8, 9)]
    with pytest.raises(
        ValueError, match=r"one shape.*got \[\(\(7, 8, 1\), 'relu'\), \(\(7, 9, 1\), 'relu'\)\]"
    ):
        concat(nets)
    with pytest.raises(ValueError, match=r"got \[\]"):
        concat([])


def test_weights_and_biases_have_the_promised_spread(generator):
    nets = mlp([50, 40, 1], members=4000, gain=3.0, generator=generator)
    for w, b, fan_in in zip(nets.weights, nets.biases, (50, 40), strict=True):
        for drawn in (w, b):
            # The relative standard error of a variance of k normal numbers is √(2/k); five of them.
            assert drawn.var().item() == pytest.approx(9 * 2 / fan_in, rel=5 * (2 / drawn.numel()) ** 0.5)


def test_gain_scales_every_weight(generator):
    one, ten = (
        mlp([5, 4, 1], members=2, gain=g, generator=torch.Generator().manual_seed(1)) for g in (1, 10)
    )
    for a, b in zip(one.weights + one.biases, ten.weights + ten.biases, strict=True):
        torch.testing.assert_close(10 * a, b)


def test_zero_gain_is_the_zero_function(generator):
    assert not mlp([5, 4, 1], members=2, gain=0, generator=generator)(torch.ones(3, 5)).any()


def test_a_stack_cannot_be_changed_by_name(generator):
    nets = mlp([5, 4, 1], members=2, generator=generator)
    with pytest.raises(AttributeError):
        nets.weights = ()
    assert isinstance(nets, Networks)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"sizes": [5]}, r"at least inputs and outputs, all >= 1, got \[5\]"),
        ({"sizes": [5, 0, 1]}, r"got \[5, 0, 1\]"),
        ({"members": -1}, "members and gain must be >= 0.*got members=-1"),
        ({"gain": -1.0}, r"got members=2, gain=-1\.0"),
        ({"gain": torch.ones(3)}, r"gain one number or one for each member"),
        ({"bias": -1.0}, r"got members=2, bias=-1\.0"),
        ({"members": None}, r"members says how many networks"),
        ({"activation": "gelu"}, r"activation must be one of relu, tanh, linear, got 'gelu'"),
        ({"parametrisation": "sp"}, r"must be one of standard, ntk, mu, got 'sp'"),
    ],
)
def test_bad_settings_are_refused(change, message, generator):
    settings = {"sizes": [5, 4, 1], "members": 2, "gain": 1.0} | change
    with pytest.raises(ValueError, match=message):
        mlp(settings.pop("sizes"), **settings, generator=generator)


def test_points_of_another_size_are_refused(generator):
    nets = mlp([5, 4, 1], members=2, generator=generator)
    for x in (torch.zeros(3, 4), torch.zeros(5)):
        with pytest.raises(
            ValueError, match=r"points must have shape \(points, 5\) or.*\(2, points, 5\), got"
        ):
            nets(x)


# ------------------------------------------------------------------------------ parameters in one row


@pytest.mark.parametrize("sizes", SIZES)
def test_parameters_come_in_one_row_and_go_back(sizes, generator):
    nets = mlp(sizes, members=3, activation="tanh", generator=generator)
    row = nets.parameters
    assert row.shape == (3, sum(a * b + b for a, b in pairwise(sizes)))
    assert torch.equal(row[:, : sizes[1] * sizes[0]], nets.weights[0].flatten(1))
    again = nets.with_parameters(row)
    for a, b in zip(again.tensors, nets.tensors, strict=True):
        assert torch.equal(a, b)
    assert again.activation == "tanh"
    with pytest.raises(ValueError, match=rf"parameters must be \(members, {row.shape[1]}\), got \(3, 1\)"):
        nets.with_parameters(row[:, :1])


def test_derivatives_flow_through_rows_of_parameters(generator):
    nets = mlp([3, 4, 2], members=2, activation="tanh", generator=generator, dtype=torch.float64)
    x = torch.randn(5, 3, generator=generator, dtype=torch.float64)
    row = nets.parameters.requires_grad_()
    assert torch.autograd.gradcheck(lambda p: nets.with_parameters(p)(x), row)


def test_every_member_may_have_points_of_its_own(generator):
    nets = mlp([7, 8, 2], members=5, generator=generator)
    x = torch.randn(5, 13, 7, generator=generator)
    every = nets(x)
    for member in range(5):
        assert torch.equal(every[member], nets[[member]](x[member])[0])


def test_with_generators_of_their_own_members_start_alike_in_any_company():
    def drawn(seeds):
        return mlp([7, 8, 1], generator=[torch.Generator().manual_seed(s) for s in seeds])

    together = drawn([3, 1, 4])
    assert torch.equal(together[[1]].parameters, drawn([1]).parameters)
    assert not torch.equal(together.parameters[0], together.parameters[1])


def test_gain_and_bias_may_be_each_members_own(generator):
    gain = torch.tensor([0.0, 1.0, 2.0])
    nets = mlp([5, 4, 1], members=3, gain=gain, bias=0, generator=generator)
    like = mlp([5, 4, 1], members=3, generator=torch.Generator().manual_seed(20_221_124))
    for w, b, before in zip(nets.weights, nets.biases, like.weights, strict=True):
        torch.testing.assert_close(w, before * gain[:, None, None])
        assert not b.any()
