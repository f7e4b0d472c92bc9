"""The margin as a loss: by hand, by autograd, and positive exactly where an example is wrong."""

import pytest
import torch

from hdintuition.networks.losses import cross_entropy, logistic
from hdintuition.networks.margin import margin


@pytest.mark.parametrize("outputs", [1, 2, 5])
def test_the_margin_is_the_definition_and_its_slope_is_autograds(outputs, generator):
    f = torch.randn(3, outputs, 40, generator=generator, dtype=torch.float64, requires_grad=True)
    y = torch.randint(max(outputs, 2), (3, 40), generator=generator)
    y = y if outputs > 1 else 2 * y - 1
    targets = margin.targets(y, outputs, f)
    for s in range(3):
        for i in range(40):
            row, label = f[s, :, i].tolist(), y[s, i].item()
            others = (
                [-label * row[0]]
                if outputs == 1
                else [v - row[label] for j, v in enumerate(row) if j != label]
            )
            assert margin(f, targets)[s, i].item() == pytest.approx(max(others), abs=1e-15)
    (slope,) = torch.autograd.grad(margin(f, targets).sum(), f)
    assert torch.equal(slope, margin.slopes(f, targets))
    out = torch.empty_like(f)
    assert margin.slopes(f.detach(), targets, out=out) is out
    assert torch.equal(out, slope)


@pytest.mark.parametrize(("outputs", "other"), [(1, logistic), (4, cross_entropy)])
def test_an_example_is_right_where_its_margin_is_negative(outputs, other, generator):
    f = torch.randn(2, outputs, 100, generator=generator)
    y = torch.randint(2, (100,), generator=generator)
    y = y if outputs > 1 else 2 * y - 1
    targets = margin.targets(y, outputs, f)
    assert torch.equal(margin(f, targets) < 0, margin.right(f, targets))
    assert torch.equal(margin.right(f, targets), other.right(f, other.targets(y, outputs, f)))


def test_targets_are_those_of_the_losses_it_stands_for():
    with pytest.raises(ValueError, match="labels must be -1 or"):
        margin.targets(torch.tensor([0, 1]), 1, torch.zeros(1))
    with pytest.raises(ValueError, match="classes 0 to 2"):
        margin.targets(torch.tensor([0, 3]), 3, torch.zeros(1))
