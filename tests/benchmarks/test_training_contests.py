"""The contests of training: everyone does the same work, and the floors count what they say."""

import warnings

import pytest
import torch
from benchmarks import training
from benchmarks.harness import offered
from benchmarks.stacks import floors, peers
from benchmarks.stacks.task import NEAR, POINTS, agreement, losses, orders, stacked, task

CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def small():
    return task(3, 16, batch=100, steps=8, device=CPU)


@pytest.fixture(scope="module")
def reference(small):
    """Where plain arithmetic in float64 ends."""
    w1, b1, w2, b2 = (tensor.double() for tensor in small.start)
    leaves = [tensor.clone().requires_grad_() for tensor in (w1, b1, w2, b2)]
    momenta = [torch.zeros_like(tensor) for tensor in leaves]
    for step in range(small.steps):
        x, y = small.batch(step)
        w1, b1, w2, b2 = leaves
        f = (x.double() @ w1.mT + b1[:, None]).relu() @ w2.mT + b2[:, None]
        loss = torch.nn.functional.cross_entropy(f.movedim(2, 1), y, reduction="none").mean(1).sum()
        for leaf, momentum, slope in zip(leaves, momenta, torch.autograd.grad(loss, leaves), strict=True):
            momentum.mul_(0.9).add_(slope)
            leaf.data.sub_(0.05 * momentum)
    return [leaf.detach() for leaf in leaves]


def done(build, one):
    with warnings.catch_warnings():
        return offered(build, one)()


@pytest.mark.parametrize("build", [peers.loop, peers.vmapped, peers.sklearn_loop, training.ours])
def test_everyone_ends_where_plain_arithmetic_ends(build, small, reference):
    assert agreement(small, reference, done(build, small)).startswith("same final losses")


def test_jax_too(small, reference):
    pytest.importorskip("jax")
    assert agreement(small, reference, done(peers.jax_scan, small)).startswith("same final losses")


@pytest.mark.parametrize("build", [peers.loop, training.ours])
def test_a_second_call_starts_again(build, small):
    call = build(small)
    first, second = ([part.clone() for part in stacked(call())] for _ in range(2))
    assert all(torch.equal(a, b) for a, b in zip(first, second, strict=True))


def test_full_batch_agrees():
    one = task(2, 8, batch=None, steps=6, device=CPU)
    expected = done(peers.loop, one)
    for build in (peers.vmapped, training.ours):
        assert agreement(one, expected, done(build, one)).startswith("same final losses")


def test_other_steps_are_noticed(small):
    other = task(3, 16, batch=100, steps=7, device=CPU)
    with pytest.raises(AssertionError, match="final losses differ"):
        agreement(small, done(peers.vmapped, small), done(peers.vmapped, other))


def test_no_training_at_all_is_noticed(small):
    with pytest.raises(AssertionError, match="agreeing would say little"):
        agreement(small, small.start, small.start)


def test_members_differ_in_labels_starts_and_orders(small):
    assert not torch.equal(small.y[0], small.y[1])
    assert not torch.equal(small.order[0], small.order[1])
    assert float(losses(small, small.start).std()) > 100 * NEAR


def test_minibatches_are_shuffles_of_all_points(generator):
    order = orders(2, 100, 60, generator)
    assert order.shape == (2, 60, 100)
    first = order[:, : POINTS // 100].flatten(1).sort(1).values
    assert torch.equal(first, torch.arange(POINTS).expand(2, -1))
    assert not torch.equal(order[:, 0], order[:, POINTS // 100]), "each epoch has its own shuffle"


@pytest.mark.parametrize("features_first", [True, False])
def test_the_floor_has_the_products_of_a_step(features_first, small):
    """Shapes of the results: both layers forward, the slopes of both layers' weights, those of the hidden layer."""
    pairs, rooms = floors.operands(small, small.nets, features_first)
    shapes = [tuple(sorted(room.shape[1:])) for room in rooms]
    assert shapes == [(16, 100), (10, 100), (10, 16), (16, 100), (16, 40)]
    work = sum(2 * a.shape[1] * a.shape[2] * b.shape[2] for a, b in pairs)
    assert work == floors.operations(small)
    moved = sum(t[0].numel() for pair in pairs for t in pair) + sum(room[0].numel() for room in rooms)
    update, minibatch = 5 * (16 * 40 + 16 + 10 * 16 + 10), 2 * 40 * 100
    assert floors.floats(small) == moved + update + minibatch


def test_the_products_alone_are_the_same_whoever_makes_them(small):
    contest = training._products(small)
    mine, theirs = contest.ours(), contest.peers["torch.bmm"]()
    assert len(mine) == 5
    assert "products" in contest.same(mine, theirs)
    with pytest.raises(AssertionError, match="products differ"):
        contest.same([2 * room for room in mine], theirs)


def test_the_device_floor_is_the_larger_of_two_times(small, monkeypatch):
    monkeypatch.setattr(floors, "product_rate", lambda device: 1e3)
    monkeypatch.setattr(floors, "copy_rate", lambda device: 1e30)
    expected = small.steps * 3 * floors.operations(small) / 1e3
    assert floors.device_floor(small)().seconds == pytest.approx(expected)
    monkeypatch.setattr(floors, "product_rate", lambda device: 1e30)
    monkeypatch.setattr(floors, "copy_rate", lambda device: 1e3)
    assert floors.device_floor(small)().seconds == pytest.approx(
        small.steps * 3 * 4 * floors.floats(small) / 1e3
    )


def test_rates_are_rates():
    assert 1e8 < floors.product_rate(CPU, side=256) < 1e14
    assert 1e7 < floors.copy_rate(CPU, floats=2**20) < 1e13


def test_the_contests_of_smoke_scale_are_made():
    works = []
    for contest in training.contests("smoke"):
        works.append(contest.work)
        assert set(contest.must) | set(contest.goal) <= set(contest.peers)
        contest.ours()
    assert len(works) == len(set(works)) == 6


@pytest.mark.cuda
def test_on_cuda_everyone_does_the_same():
    one = task(4, 32, batch=100, steps=8, device=torch.device("cuda"))
    expected = done(peers.loop, one)
    for build in (peers.vmapped, training.ours):
        assert agreement(one, expected, done(build, one)).startswith("same final losses")
    assert floors.device_floor(one)().seconds > 0
