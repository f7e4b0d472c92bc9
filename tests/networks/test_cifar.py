"""CIFAR-10: what is said where it is not, and the layout of what torchvision gives."""

import sys
from types import ModuleType, SimpleNamespace

import numpy as np
import pytest
import torch

from hdintuition.networks.cifar import cifar10


@pytest.fixture
def reader(monkeypatch):
    """Stands in for torchvision, and notes what it is asked for."""
    asked = []

    def CIFAR10(root, *, train, download):
        asked.append((root, train, download))
        if root == "nowhere":
            raise RuntimeError("Dataset not found or corrupted.")
        data = np.random.default_rng(0).integers(0, 256, (6, 32, 32, 3), dtype=np.uint8)
        return SimpleNamespace(data=data, targets=[0, 1, 2, 3, 4, 9])

    package, datasets = ModuleType("torchvision"), ModuleType("torchvision.datasets")
    datasets.CIFAR10, package.datasets = CIFAR10, datasets
    monkeypatch.setitem(sys.modules, "torchvision", package)
    monkeypatch.setitem(sys.modules, "torchvision.datasets", datasets)
    return SimpleNamespace(asked=asked, read=CIFAR10)


def test_images_are_flat_channel_by_channel(reader):
    train, test = cifar10("here")
    raw = reader.read("here", train=True, download=False)
    assert train.x.shape == (6, 3072)
    assert (train.classes, train.image, train.x.dtype) == (10, (3, 32, 32), torch.float32)
    assert train.y.tolist() == [0, 1, 2, 3, 4, 9]
    # Row 5, column 7, blue, of the third image.
    assert train.x.view(6, 3, 32, 32)[2, 2, 5, 7] == np.float32(raw.data[2, 5, 7, 2]) / np.float32(255)
    assert test.name == "CIFAR-10 test set"


def test_nothing_is_fetched_unasked(reader):
    cifar10("here")
    cifar10("here", download=True)
    assert [(train, download) for _, train, download in reader.asked] == [
        (True, False),
        (False, False),
        (True, True),
        (False, True),
    ]


def test_missing_files_are_named(reader):
    with pytest.raises(
        RuntimeError, match=r"nowhere does not hold the files of CIFAR-10.*pass download=True"
    ):
        cifar10("nowhere")


def test_without_torchvision_it_says_what_to_do(monkeypatch):
    monkeypatch.setitem(sys.modules, "torchvision", None)
    monkeypatch.setitem(sys.modules, "torchvision.datasets", None)
    with pytest.raises(ModuleNotFoundError, match="pip install torchvision"):
        cifar10("here")


def test_a_torchvision_for_another_torch_is_no_missing_file(monkeypatch):
    class Broken(ModuleType):
        def __getattr__(self, name):
            raise RuntimeError("operator torchvision::nms does not exist")

    monkeypatch.setitem(sys.modules, "torchvision", ModuleType("torchvision"))
    monkeypatch.setitem(sys.modules, "torchvision.datasets", Broken("torchvision.datasets"))
    with pytest.raises(ModuleNotFoundError, match=r"does not fit.*torchvision::nms does not exist"):
        cifar10("here")


def test_torchvision_itself_answers_as_we_expect(tmp_path):
    try:
        import torchvision.datasets  # noqa: F401
    except (ImportError, RuntimeError) as missing:
        pytest.skip(f"needs a torchvision that fits: {missing}")
    with pytest.raises(RuntimeError, match="does not hold the files of CIFAR-10"):
        cifar10(tmp_path)
