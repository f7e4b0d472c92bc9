"""What every stack can do, on the smallest one there is."""

from dataclasses import dataclass

import pytest
import torch
from torch import Tensor

from hdintuition.networks.stack import Stack


@dataclass(frozen=True)
class Lines(Stack):
    """Members f(x) = a·x + b."""

    tensors: tuple[Tensor, ...] = ()

    inputs, outputs, widest = (3,), 1, 1

    def with_tensors(self, tensors):
        return Lines(tuple(tensors))

    def __call__(self, x):
        return (self.tensors[0] @ x.mT)[:, 0] + self.tensors[1]

    def backpropagation(self, gradients):
        raise NotImplementedError


LINES = Lines((torch.arange(12.0).view(4, 1, 3), torch.tensor([[90.0], [91], [92], [93]])))


def test_rows_hold_all_parameters_in_order():
    assert len(LINES) == 4
    assert LINES.parameters[1].tolist() == [3, 4, 5, 91]


def test_rows_go_back_as_views_of_any_number_of_members():
    flat = LINES.parameters[:2].clone().requires_grad_()
    lines = LINES.with_parameters(flat)
    assert len(lines) == 2
    assert torch.equal(lines.tensors[0], LINES.tensors[0][:2])
    (slope,) = torch.autograd.grad(lines.tensors[1].sum(), flat)
    assert slope.tolist() == [[0, 0, 0, 1]] * 2


@pytest.mark.parametrize(
    ("which", "left"),
    [
        (slice(1, 3), [91, 92]),
        ([3, 0], [93, 90]),
        (torch.tensor([True, False, False, True]), [90, 93]),
        (2, [92]),
        (-1, [93]),
    ],
)
def test_members_are_chosen(which, left):
    assert LINES[which].tensors[1].flatten().tolist() == left


@pytest.mark.parametrize("shape", [(4, 5), (4,), (4, 3)])
def test_rows_of_another_length_are_refused(shape):
    with pytest.raises(ValueError, match=r"parameters must be \(members, 4\), got"):
        LINES.with_parameters(torch.zeros(shape))
