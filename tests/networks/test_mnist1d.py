"""MNIST-1D: the same numbers as the authors' package from the same draws, and an honest population."""

import random

import numpy as np
import pytest
import torch

from hdintuition.networks import mnist1d
from hdintuition.networks.mnist1d import Draws, draw, mnist_1d, signals


def drawn_as_the_package_does(n, seed):
    """What the authors' package draws for n examples of every digit, one example after the other."""
    stream = np.random.RandomState(seed)
    rows = []
    for digit in range(10):
        for _ in range(n):
            padding = 36 + int(stream.rand() * 25)
            stretch = 1 + 0.4 * (stream.rand() - 0.5)
            shift = stream.choice(48)
            ground, white = stream.randn(72), stream.randn(72)
            rows.append((digit, padding, stretch, shift, ground, white, 0.75 * (stream.rand() - 0.5)))
    return Draws(*(torch.tensor(np.array(column)) for column in zip(*rows, strict=True))), stream


def test_the_package_gives_the_same_signals():
    package = pytest.importorskip("mnist1d.data")
    args = package.get_dataset_args()
    args.num_samples = 400
    states = random.getstate(), np.random.get_state()  # noqa: NPY002
    theirs = package.make_dataset(args)
    random.setstate(states[0])
    np.random.set_state(states[1])  # noqa: NPY002
    draws, stream = drawn_as_the_package_does(40, args.seed)
    order = stream.permutation(400)
    ours = signals(draws)[order].numpy()
    ours = (ours - ours.mean()) / ours.std()
    np.testing.assert_allclose(ours, np.concatenate([theirs["x"], theirs["x_test"]]), rtol=0, atol=1e-6)
    assert (draws.digit.numpy()[order] == np.concatenate([theirs["y"], theirs["y_test"]])).all()


PUBLISHED_DIGITS = [2, 6, 4, 5, 6, 6, 6, 0, 3, 1, 6, 9]
PUBLISHED_FIRST = [-0.332006, -0.47191, -0.778697, -1.009741, -0.882353, 0.103935, 1.643284, 1.652507]
PUBLISHED_LAST = [0.447233, 0.659876, 0.877734, 1.193152]


def test_the_published_set_comes_out_of_its_seed():
    # Of the authors' 5000 examples (seed 42), as their package 0.0.2 makes them.
    draws, stream = drawn_as_the_package_does(500, 42)
    order = stream.permutation(5000)
    x = signals(draws)[order]
    x = (x - x.mean()) / x.std(correction=0)
    assert draws.digit[order][:12].tolist() == PUBLISHED_DIGITS
    torch.testing.assert_close(
        x[0, :8], torch.tensor(PUBLISHED_FIRST, dtype=torch.float64), rtol=0, atol=1e-5
    )
    torch.testing.assert_close(
        x[4999, -4:], torch.tensor(PUBLISHED_LAST, dtype=torch.float64), rtol=0, atol=1e-5
    )


def test_the_population_has_mean_0_and_standard_deviation_1(generator):
    data = mnist_1d(50_000, generator=generator)
    assert data.x.shape == (50_000, 40)
    assert (data.classes, data.image, data.x.dtype, data.y.dtype) == (
        10,
        (1, 1, 40),
        torch.float32,
        torch.int64,
    )
    assert abs(data.x.mean()) < 0.01
    assert abs(data.x.std() - 1) < 0.01


@pytest.mark.parametrize("n", [1, 7, 40, 43])
def test_digits_come_in_equal_numbers_or_one_more(n, generator):
    counts = mnist_1d(n, generator=generator).y.bincount(minlength=10)
    assert counts.max() - counts.min() <= 1
    assert counts.sum() == n


def test_what_is_drawn_stays_in_its_range(generator):
    draws = draw(20_000, generator)
    assert (draws.padding.min(), draws.padding.max()) == (36, 60)
    assert (draws.shift.min(), draws.shift.max()) == (0, 47)
    for drawn, low, high in ((draws.stretch, 0.8, 1.2), (draws.shear, -0.375, 0.375)):
        assert low <= drawn.min() < low + 0.01
        assert high - 0.01 < drawn.max() <= high
    assert draws.digit.bincount().tolist() == [2000] * 10


def plain(**change):
    """One example of every digit without anything random."""
    zeros = torch.zeros(10, 72, dtype=torch.float64)
    given = {
        "digit": torch.arange(10),
        "padding": torch.full((10,), 60),
        "stretch": torch.ones(10, dtype=torch.float64),
        "shift": torch.zeros(10, dtype=torch.int64),
        "ground": zeros,
        "white": zeros,
        "shear": torch.zeros(10, dtype=torch.float64),
        **change,
    }
    return signals(Draws(**given))


def test_with_60_zeros_the_curve_is_read_off_point_by_point():
    curves = mnist1d.CURVES - mnist1d.CURVES.mean(1, keepdims=True)
    curves = (curves - curves[:, :1]) / mnist1d.CURVES.std(1, keepdims=True) / 6
    at = np.arange(40) * 71 / 39
    expected = np.stack([np.interp(at, np.arange(13), [*curve, 0]) for curve in curves])
    np.testing.assert_allclose(plain().numpy(), expected, rtol=0, atol=1e-14)


def test_stretching_multiplies_and_shearing_tilts():
    torch.testing.assert_close(plain(stretch=torch.full((10,), 1.2, dtype=torch.float64)), 1.2 * plain())
    tilt = plain(shear=torch.full((10,), 0.3, dtype=torch.float64)) - plain()
    line = -0.3 * torch.linspace(-0.5, 0.5, 40, dtype=torch.float64)
    torch.testing.assert_close(tilt, line.expand(10, -1), rtol=0, atol=1e-14)


def test_the_global_streams_are_left_alone(generator):
    def streams():
        words = np.random.get_state()[1].tolist()  # noqa: NPY002
        return random.getstate(), words, torch.random.get_rng_state().tolist()

    before = streams()
    mnist_1d(50, generator=generator)
    assert streams() == before


def test_the_same_seed_gives_the_same_signals():
    first, again, other = (mnist_1d(30, generator=torch.Generator().manual_seed(k)) for k in (1, 1, 2))
    assert torch.equal(first.x, again.x)
    assert not torch.equal(first.x, other.x)


def test_at_least_one_example(generator):
    with pytest.raises(ValueError, match="n must be >= 1, got 0"):
        mnist_1d(0, generator=generator)


@pytest.mark.cuda
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_cpu_and_cuda_agree(generator):
    draws = draw(200, generator)
    there = Draws(*(getattr(draws, name).cuda() for name in Draws.__dataclass_fields__))
    torch.testing.assert_close(signals(there).cpu(), signals(draws), rtol=0, atol=1e-12)
    assert mnist_1d(10, generator=torch.Generator("cuda")).x.is_cuda
