"""Guess and check, drawn lazily, against guess and check as one would write it down."""

import pytest
import torch
from scipy.stats import ks_2samp

from hdintuition.networks import guessing
from hdintuition.networks.ensemble import concat, mlp
from hdintuition.networks.guessing import guess_and_check
from hdintuition.networks.mnist import mnist_pair

SIZES = [[49, 12, 1], [49, 6, 6, 1], [49, 5, 4, 3, 1], [49, 1]]


def plainly(sizes, x, y, guesses, generator, block=5000):
    kept = []
    for _ in range(guesses // block):
        nets = mlp(sizes, members=block, generator=generator)
        kept.append(nets[(nets(x) * y > 0).all(1)])
    return concat(kept)


@pytest.fixture(scope="module")
def images():
    return mnist_pair(3, 8, side=7).split(4, generator=torch.Generator().manual_seed(0))


@pytest.mark.parametrize("sizes", SIZES)
def test_all_that_are_kept_fit(sizes, images, generator):
    x, y = images[0]
    nets = guess_and_check(sizes, x, y, guesses=5000, generator=generator)
    assert len(nets) > 10
    assert nets.sizes == tuple(sizes)
    assert (nets(x) * y > 0).all()


@pytest.mark.parametrize("sizes", SIZES)
def test_the_law_is_that_of_drawing_everything_at_once(sizes, images, generator):
    (x, y), (x_test, _) = images
    lazy = guess_and_check(sizes, x, y, guesses=40_000, generator=generator)
    plain = plainly(sizes, x, y, 40_000, generator)
    shares = torch.tensor([len(lazy), len(plain)]) / 40_000
    error = (2 * shares.mean() * (1 - shares.mean()) / 40_000).sqrt()
    assert abs(shares[0] - shares[1]) < 4 * error
    # The outputs at a test image, the size of the first layer, and how two test images go together.
    for statistic in (
        lambda nets: nets(x_test[:1])[:, 0],
        lambda nets: nets.weights[0].square().sum((1, 2)),
        lambda nets: nets(x_test[[0, -1]]).prod(1),
        lambda nets: (nets(x) * y).min(1).values,
    ):
        assert ks_2samp(statistic(lazy), statistic(plain)).pvalue > 1e-4


def test_more_images_than_inputs(generator):
    x = torch.randn(6, 2, generator=generator)
    y = x[:, 0].sign()
    lazy = guess_and_check([2, 5, 1], x, y, guesses=20_000, generator=generator)
    plain = plainly([2, 5, 1], x, y, 20_000, generator)
    assert len(lazy) == pytest.approx(len(plain), abs=5 * (2 * len(plain)) ** 0.5)


def test_the_same_image_twice_costs_nothing(generator):
    x = torch.randn(1, 5, generator=generator).expand(4, 5)
    nets = guess_and_check([5, 4, 4, 1], x, torch.ones(4), guesses=4000, generator=generator)
    assert len(nets) / 4000 == pytest.approx(0.5, abs=5 * 0.5 / 4000**0.5)


def test_contradictory_labels_leave_nobody(generator):
    x = torch.ones(2, 5)
    nets = guess_and_check([5, 4, 1], x, torch.tensor([-1.0, 1.0]), guesses=1000, generator=generator)
    assert len(nets) == 0
    assert nets(x).shape == (0, 2)


def test_the_same_seed_gives_the_same_networks(images):
    x, y = images[0]
    first, again = (
        guess_and_check([49, 12, 1], x, y, guesses=3000, generator=torch.Generator().manual_seed(4))(x)
        for _ in range(2)
    )
    assert torch.equal(first, again)


def test_every_guess_counts_whatever_the_block(images, generator, monkeypatch):
    x, y = images[0]
    monkeypatch.setattr(guessing, "CELLS", {"cpu": 12 * 1000})
    nets = guess_and_check([49, 12, 1], x, y, guesses=10_500, generator=generator)
    expected = len(plainly([49, 12, 1], x, y, 10_000, generator)) * 1.05
    assert len(nets) == pytest.approx(expected, abs=5 * (2 * expected) ** 0.5)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"sizes": [49, 12, 2]}, r"guessing needs sizes \[inputs, hidden \.\.\., 1\]"),
        ({"sizes": [48, 12, 1]}, r"got \[48, 12, 1\], \(4, 49\) and \(4,\)"),
        ({"y": torch.ones(3)}, r"\(4, 49\) and \(3,\)"),
        ({"y": torch.zeros(4)}, r"labels must be -1 or \+1"),
        ({"guesses": 0}, "guesses must be >= 1, got 0"),
    ],
)
def test_bad_input_is_refused(change, message, images, generator):
    given = {"sizes": [49, 12, 1], "x": images[0][0], "y": images[0][1], "guesses": 10} | change
    with pytest.raises(ValueError, match=message):
        guess_and_check(given.pop("sizes"), given.pop("x"), given.pop("y"), **given, generator=generator)
