"""Wrong labels: how many, which, and that a member's do not depend on its company."""

import pytest
import torch

from hdintuition.networks.labels import noisy_labels, random_labels, shuffled_labels

N = 20_000


def generators(count):
    return [torch.Generator().manual_seed(100 + i) for i in range(count)]


def labels(generator, n=N, classes=10):
    return torch.randint(classes, (n,), generator=generator)


@pytest.mark.parametrize("share", [0.0, 0.2, 1.0])
def test_different_labels_are_all_wrong_and_exactly_so_many(share, generator):
    y = labels(generator)
    noisy = noisy_labels(y, share, classes=10, generator=generator)
    assert (noisy != y).sum() == round(share * N)
    assert (noisy.min(), noisy.max(), noisy.dtype) == (0, 9, torch.int64)


def test_every_other_class_is_equally_likely(generator):
    y = labels(generator)
    step = (noisy_labels(y, 1.0, classes=10, generator=generator) - y) % 10
    share = step.bincount(minlength=10) / N
    assert share[0] == 0
    # 5 standard errors of a share of 1/9.
    assert (share[1:] - 1 / 9).abs().max() < 5 * (8 / 81 / N) ** 0.5


def test_of_uniform_labels_one_in_ten_stays_right(generator):
    y = labels(generator)
    wrong = (noisy_labels(y, 0.4, classes=10, kind="uniform", generator=generator) != y).double().mean()
    assert abs(wrong - 0.36) < 5 * (0.4 * 0.09 / N) ** 0.5


def test_the_given_labels_stay_as_they_are(generator):
    y = labels(generator)
    before = y.clone()
    for kind in ("different", "uniform"):
        noisy_labels(y, 0.5, classes=10, kind=kind, generator=generator)
    assert torch.equal(y, before)


@pytest.mark.parametrize(
    "make",
    [
        lambda y, g: noisy_labels(y, 0.3, classes=10, generator=g),
        lambda y, g: random_labels(len(y), classes=10, generator=g),
        lambda y, g: shuffled_labels(y, generator=g),
    ],
    ids=["noisy", "random", "shuffled"],
)
def test_a_members_labels_do_not_depend_on_the_others(make, generator):
    y = labels(generator, n=50)
    four, one = make(y, generators(4)), make(y, generators(4)[2])
    assert four.shape == (4, 50)
    assert torch.equal(four[2], one)
    assert not torch.equal(four[0], four[1])


def test_random_labels_are_uniform_and_know_nothing(generator):
    y = labels(generator)
    drawn = random_labels(N, classes=10, generator=generator)
    error = 5 * (0.09 / N) ** 0.5
    assert (drawn.bincount(minlength=10) / N - 0.1).abs().max() < error
    assert abs((drawn == y).double().mean() - 0.1) < error


def test_shuffled_labels_keep_their_counts_and_forget_their_places(generator):
    y = torch.arange(10).repeat(N // 10)
    dealt = shuffled_labels(y, generator=generator)
    assert torch.equal(dealt.bincount(), y.bincount())
    assert abs((dealt == y).double().mean() - 0.1) < 5 * (0.09 / N) ** 0.5
    signs = torch.tensor([-1.0, 1.0, 1.0])
    assert shuffled_labels(signs, generator=generator).sort().values.tolist() == signs.tolist()


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"share": 1.1}, r"share must lie in \[0, 1\]"),
        ({"share": float("nan")}, r"share must lie in \[0, 1\]"),
        ({"kind": "other"}, "kind be different or uniform, got 0.2 and 'other'"),
        ({"y": torch.tensor([0, 3])}, "up to 3 and classes=3"),
        ({"y": torch.tensor([0, -1])}, "y must hold classes"),
        ({"y": torch.tensor([0.0, 1.0])}, "got torch.float32"),
        ({"y": torch.zeros(2, 2, dtype=torch.int64)}, r"of shape \(2, 2\)"),
        ({"y": torch.zeros(2, dtype=torch.int64), "classes": 1}, "classes be >= 2"),
    ],
)
def test_noise_that_makes_no_sense_is_refused(change, says, generator):
    given = {"y": torch.tensor([0, 1, 2]), "share": 0.2, "classes": 3, **change}
    with pytest.raises(ValueError, match=says):
        noisy_labels(given.pop("y"), given.pop("share"), generator=generator, **given)


def test_other_labels_that_make_no_sense_are_refused(generator):
    with pytest.raises(ValueError, match="n=-1 and classes=2"):
        random_labels(-1, classes=2, generator=generator)
    with pytest.raises(ValueError, match="n=3 and classes=0"):
        random_labels(3, classes=0, generator=generator)
    with pytest.raises(ValueError, match=r"one row, \(n,\), got shape \(2, 2\)"):
        shuffled_labels(torch.zeros(2, 2), generator=generator)


@pytest.mark.cuda
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_labels_lie_on_the_generators_device():
    y = torch.arange(10).repeat(10)
    for made in (
        noisy_labels(y, 0.5, classes=10, generator=torch.Generator("cuda")),
        random_labels(5, classes=2, generator=torch.Generator("cuda")),
        shuffled_labels(y, generator=torch.Generator("cuda")),
    ):
        assert made.is_cuda
