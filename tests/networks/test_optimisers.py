"""Every optimiser against torch.optim: the same path, member by member, whatever the settings."""

import pytest
import torch
from torch import nn

from hdintuition.networks import optimisers
from hdintuition.networks.ensemble import mlp
from hdintuition.networks.optimisers import adagrad, adam, adamw, rmsprop, sgd, sign_sgd
from hdintuition.networks.training import train

PAIRS = {
    "plain": (sgd(0.1), lambda p: torch.optim.SGD(p, lr=0.1)),
    "momentum": (sgd(0.05, momentum=0.9), lambda p: torch.optim.SGD(p, lr=0.05, momentum=0.9)),
    "nesterov": (
        sgd(0.05, momentum=0.9, nesterov=True, weight_decay=0.01),
        lambda p: torch.optim.SGD(p, lr=0.05, momentum=0.9, nesterov=True, weight_decay=0.01),
    ),
    "adam": (adam(0.01, betas=(0.8, 0.99)), lambda p: torch.optim.Adam(p, lr=0.01, betas=(0.8, 0.99))),
    "adam with decay": (
        adam(0.01, weight_decay=0.1),
        lambda p: torch.optim.Adam(p, lr=0.01, weight_decay=0.1),
    ),
    "adamw": (adamw(0.01, weight_decay=0.1), lambda p: torch.optim.AdamW(p, lr=0.01, weight_decay=0.1)),
    "amsgrad": (
        adam(0.05, betas=(0.5, 0.6), amsgrad=True),  # forgets fast, so that the largest is not the last
        lambda p: torch.optim.Adam(p, lr=0.05, betas=(0.5, 0.6), amsgrad=True),
    ),
    "amsgrad adamw": (adamw(0.05, amsgrad=True), lambda p: torch.optim.AdamW(p, lr=0.05, amsgrad=True)),
    "rmsprop": (rmsprop(0.01), lambda p: torch.optim.RMSprop(p, lr=0.01)),
    "rmsprop with decay": (
        rmsprop(0.01, alpha=0.9, eps=1e-4, weight_decay=0.1),
        lambda p: torch.optim.RMSprop(p, lr=0.01, alpha=0.9, eps=1e-4, weight_decay=0.1),
    ),
    "adagrad": (adagrad(0.1, weight_decay=0.1), lambda p: torch.optim.Adagrad(p, lr=0.1, weight_decay=0.1)),
}


class SignSGD(torch.optim.SGD):
    """What torch has no class for: each step the sign of what SGD's buffer holds."""

    def __init__(self, p, lr, momentum):
        super().__init__(p, lr=lr)
        self.buffers, self.lr, self.momentum = [torch.zeros_like(t) for t in p], lr, momentum

    @torch.no_grad()
    def step(self):
        for p, m in zip(self.param_groups[0]["params"], self.buffers, strict=True):
            m.mul_(self.momentum).add_(p.grad)
            p.sub_(self.lr * m.sign())


PAIRS["sign"] = (sign_sgd(0.001), lambda p: SignSGD(p, 0.001, 0.0))
PAIRS["sign with momentum"] = (sign_sgd(0.001, momentum=0.9), lambda p: SignSGD(p, 0.001, 0.9))


@pytest.mark.parametrize("name", PAIRS)
def test_fifty_steps_are_those_of_torch_optim(name, generator):
    ours, theirs = PAIRS[name]
    nets = mlp([6, 8, 3], members=3, activation="tanh", generator=generator, dtype=torch.float64)
    x = torch.randn(20, 6, generator=generator, dtype=torch.float64)
    y = torch.randint(3, (3, 20), generator=generator)
    order = torch.randint(20, (3, 50, 5), generator=generator)
    ended = train(nets, x, y, optimiser=ours, steps=50, order=order).networks
    for member in range(3):
        leaves = [t[member].clone().requires_grad_() for t in nets.tensors]
        optimiser = theirs(leaves)
        for rows in order[member]:
            optimiser.zero_grad()
            hidden = torch.tanh(x[rows] @ leaves[0].T + leaves[1])
            nn.functional.cross_entropy(hidden @ leaves[2].T + leaves[3], y[member, rows]).backward()
            optimiser.step()
        for mine, leaf in zip(ended.tensors, leaves, strict=True):
            torch.testing.assert_close(mine[member], leaf.detach(), rtol=1e-12, atol=1e-12)


def test_clipping_is_that_of_torch_member_by_member(generator):
    nets = mlp([6, 8, 3], members=3, gain=3.0, generator=generator, dtype=torch.float64)
    x = torch.randn(20, 6, generator=generator, dtype=torch.float64)
    y = torch.randint(3, (20,), generator=generator)
    lengths = train(nets, x, y, rate=1.0, steps=0, trace=[0]).trace.gradient[0]
    longest = lengths.median().item()  # so that some are cut and others are not
    ended = train(nets, x, y, optimiser=sgd(1.0, clip=longest), steps=1).networks
    for member in range(3):
        leaves = [t[member].clone().requires_grad_() for t in nets.tensors]
        hidden = torch.relu(x @ leaves[0].T + leaves[1])
        nn.functional.cross_entropy(hidden @ leaves[2].T + leaves[3], y).backward()
        nn.utils.clip_grad_norm_(leaves, longest)
        for mine, leaf in zip(ended.tensors, leaves, strict=True):
            # torch adds 1e-6 to the length it divides by.
            torch.testing.assert_close(mine[member], (leaf - leaf.grad).detach(), rtol=1e-5, atol=1e-7)
    assert (ended.parameters - nets.parameters).norm(dim=1).max() == pytest.approx(longest, rel=1e-12)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: sgd(0), "rate must be > 0"),
        (lambda: sgd(0.1, momentum=1), r"momentum must be in \[0, 1\), one number or one a member, got 1"),
        (lambda: sgd(0.1, nesterov=True), "needs a momentum > 0"),
        (lambda: sgd(0.1, weight_decay=-1), "weight_decay must be >= 0"),
        (lambda: sgd(0.1, clip=0), "clip must be > 0"),
        (lambda: adam(0.1, betas=(0.9, 1)), r"beta2 must be in \[0, 1\)"),
        (lambda: adam(0.1, eps=0), "eps must be > 0"),
        (lambda: adam(0.1, betas=(0.9, torch.tensor([0.9, 0.99]))), r"beta2 must be one number in \[0, 1\)"),
        (lambda: rmsprop(torch.tensor([0.1, 0.0])), "rate must be > 0"),
        (lambda: adagrad(float("nan")), "rate must be > 0"),
    ],
)
def test_bad_settings_are_refused(make, message):
    with pytest.raises(ValueError, match=message):
        make()


def test_settings_of_too_few_members_are_refused():
    with pytest.raises(
        ValueError, match=r"weight_decay must be one number or 3 \(one a member\), got shape \(2,\)"
    ):
        optimisers.sgd(0.1, weight_decay=torch.zeros(2)).check(3)
