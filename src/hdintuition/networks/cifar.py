"""CIFAR-10, for those who have it: 60 000 colour photographs of ten kinds of things.

After A. Krizhevsky, Learning Multiple Layers of Features from Tiny Images, 2009; read by the package torchvision,
which this library does without. torchvision checks the files, each by a hash of its own, whenever it opens them.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch

from hdintuition.networks.data import Dataset

IMAGE = (3, 32, 32)


def cifar10(folder: str | Path, *, download: bool = False) -> tuple[Dataset, Dataset]:
    """The 50 000 training and 10 000 test images, (n, 3 · 32 · 32); values in [0, 1].

    Args:
        folder: Where the files are: the one that holds ``cifar-10-batches-py``.
        download: Fetch them to there (170 MB) if they are not. Nothing is ever fetched unasked.

    Returns:
        Training and test set: 614 and 123 MB of float32.

    Raises:
        ModuleNotFoundError: If torchvision is not installed or does not fit the installed torch.
        RuntimeError: If the files are missing or damaged.
    """
    try:
        from torchvision.datasets import CIFAR10 as reader
    # A torchvision that does not belong to the torch beside it fails with a RuntimeError.
    except (ImportError, RuntimeError) as missing:
        raise ModuleNotFoundError(
            "CIFAR-10 is read by torchvision, which is not here or does not fit: pip install torchvision, in "
            f"the version that belongs to your torch (Colab has both), or use hdi.mnist_5k() ({missing})"
        ) from missing
    return _part(reader, folder, download, train=True), _part(reader, folder, download, train=False)


def _part(reader: Any, folder: str | Path, download: bool, *, train: bool) -> Dataset:
    try:
        images = reader(str(folder), train=train, download=download)
    except RuntimeError as trouble:
        raise RuntimeError(
            f"{folder} does not hold the files of CIFAR-10, or they are damaged: pass download=True to fetch "
            f"170 MB to there, or name the folder that holds cifar-10-batches-py ({trouble})"
        ) from trouble
    x = torch.from_numpy(images.data).permute(0, 3, 1, 2).flatten(1).to(torch.float32) / 255
    y = torch.tensor(images.targets, dtype=torch.int64)
    return Dataset(x, y, f"CIFAR-10 {'training' if train else 'test'} set", classes=10, image=IMAGE)
