"""Splits: nothing lost, nothing twice, every class in its share, and no look at the test part."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from hdintuition.networks.data import Dataset, check_bytes


def numbered(counts, generator):
    """Examples whose input tells which one it is; counts[c] of class c, in random order."""
    y = torch.repeat_interleave(torch.arange(len(counts)), torch.tensor(counts))
    y = y[torch.randperm(len(y), generator=generator)]
    return Dataset(torch.arange(float(len(y)))[:, None], y, "numbers", len(counts))


def test_parts_have_no_example_in_common_and_keep_their_labels(generator):
    data = numbered([20, 30, 50], generator)
    parts = data.split([60, 25, 10], generator=generator)
    assert [len(part) for part in parts] == [60, 25, 10]
    numbers = torch.cat([part.x for part in parts]).flatten()
    assert len(numbers.unique()) == 95
    assert all(torch.equal(data.y[part.x.flatten().long()], part.y) for part in parts)
    assert parts[0].name == "numbers"


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.integers(1, 40), min_size=2, max_size=6),
    st.floats(0.05, 0.95),
    st.integers(0, 2**31),
)
def test_every_stretch_holds_each_class_in_its_share(counts, share, seed):
    g = torch.Generator().manual_seed(seed)
    data = numbered(counts, g)
    n, classes = len(data), len(counts)
    first = max(1, round(share * n))
    (part, rest) = (
        data.split([first, n - first], generator=g) if first < n else (*data.split([n], generator=g), None)
    )
    for stretch in (part, part[: first // 2], rest):
        if stretch is not None and len(stretch):
            fair = torch.tensor(counts) * len(stretch) / n
            # Where all classes are of one size, each stretch is within one of fair; else within what rounding leaves.
            slack = 1 if len(set(counts)) == 1 else classes
            assert (stretch.y.bincount(minlength=classes) - fair).abs().max() <= slack


def test_equal_classes_are_split_exactly(generator):
    train, validation, test = numbered([50] * 10, generator).split([400, 50, 50], generator=generator)
    assert [part.y.bincount().unique().tolist() for part in (train, validation, test)] == [[40], [5], [5]]
    assert train[:70].y.bincount().tolist() == [7] * 10


def test_the_choice_is_uniform(generator):
    # Each of 12 examples is in a part of 4 a third of the time: 2000 splits, 5 standard errors of 0.0105.
    data = numbered([6, 6], generator)
    seen = torch.zeros(12)
    for _ in range(2000):
        seen[data.split([4], generator=generator)[0].x.flatten().long()] += 1
    assert (seen / 2000 - 1 / 3).abs().max() < 0.053


def test_real_targets_are_split_too(generator):
    data = Dataset(torch.arange(10.0)[:, None], torch.arange(10.0), "line")
    train, test = data.split([7, 3], generator=generator)
    assert torch.equal(train.x[:, 0], train.y)
    assert sorted([*train.y.tolist(), *test.y.tolist()]) == list(range(10))


def test_labels_may_be_minus_and_plus_one(generator):
    data = Dataset(torch.randn(40, 3, generator=generator), torch.tensor([-1, 1]).repeat(20), "signs", 2)
    (part,) = data.split([10], generator=generator)
    assert part.y.sum() == 0


def test_the_same_seed_gives_the_same_split_and_another_another():
    data = numbered([50, 50], torch.Generator().manual_seed(0))
    first, again, other = (
        data.split([30], generator=torch.Generator().manual_seed(k))[0].x for k in (1, 1, 2)
    )
    assert torch.equal(first, again)
    assert not torch.equal(first, other)


def test_standardised_by_the_first_part_alone(generator):
    x = 5 + 3 * torch.randn(300, 4, generator=generator) * torch.tensor([1.0, 2.0, 3.0, 0.0])
    data = Dataset(x, torch.arange(300) % 3, "clouds", 3)
    seed = lambda: torch.Generator().manual_seed(3)  # noqa: E731
    raw, parts = (data.split([200, 100], generator=seed(), standardise=s) for s in (False, True))
    assert parts[0].x.mean(0).abs().max() < 1e-6
    assert abs(parts[0].x.square().mean() - 1) < 1e-5
    size = (raw[0].x - raw[0].x.mean(0)).square().mean().sqrt()
    torch.testing.assert_close(parts[1].x, (raw[1].x - raw[0].x.mean(0)) / size)
    # Other test examples do not move the training ones.
    data.x[data.x[:, 0] == raw[1].x[0, 0]] += 100
    assert torch.equal(data.split([200, 100], generator=seed(), standardise=True)[0].x, parts[0].x)


def test_equal_inputs_cannot_be_standardised(generator):
    data = Dataset(torch.ones(10, 2), torch.arange(10) % 2, "ones", 2)
    with pytest.raises(ValueError, match="all inputs of the first part of ones are equal"):
        data.split([5, 5], generator=generator, standardise=True)


@pytest.mark.parametrize("sizes", [[], [0], [5, -1], [6, 5]])
def test_sizes_are_positive_and_fit(sizes, generator):
    data = numbered([5, 5], generator)
    with pytest.raises(ValueError, match="add up to at most 10, the number of examples in numbers, got"):
        data.split(sizes, generator=generator)


def test_bytes_are_compared_in_one_form():
    array = np.arange(6, dtype="<i4").reshape(2, 3)
    known = "0ef1b5bd28ecd49b3b3ba2c7c0e0c9d0a6f4a2b2"  # not the hash of anything here
    with pytest.raises(RuntimeError, match=f"six numbers: SHA-256 [0-9a-f]{{64}}, expected {known}"):
        check_bytes(array, known, "six numbers")
    import hashlib

    known = hashlib.sha256(array.tobytes()).hexdigest()
    for same in (array, array.astype(">i4"), np.asfortranarray(array)):
        check_bytes(same, known, "six numbers")


@pytest.mark.cuda
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_parts_lie_on_the_generators_device(generator):
    data = numbered([50, 50], generator)
    train, test = data.split([60, 40], generator=torch.Generator("cuda").manual_seed(0), standardise=True)
    assert train.x.is_cuda
    assert train.y.is_cuda
    assert test.to("cpu").y.bincount().tolist() == [20, 20]
