"""Handwritten digits of 8 × 8 pixels, 1797 of them, as scikit-learn ships them.

They are the test part of E. Alpaydin and C. Kaynak, Optical Recognition of Handwritten Digits, UCI Machine
Learning Repository, 1998: counts of ink, 0 to 16, in blocks of 4 × 4 pixels.
"""

from __future__ import annotations

import numpy as np
import torch

from hdintuition.networks.data import Dataset, check_bytes

INK = 16
# Of the table of 64 counts and the digit, as (1797, 65) bytes.
SHA256 = "68aea062d35a127749050fa0e52dca09d6569ac08092c925610e0954e172dde2"


def digits() -> Dataset:
    """All 1797 images, between 174 and 183 of each digit; grey values in [0, 1].

    Raises:
        ModuleNotFoundError: If scikit-learn, which brings the images, is not installed.
        RuntimeError: If it brings other images.

    >>> digits().x.shape
    torch.Size([1797, 64])
    """
    try:
        from sklearn.datasets import load_digits
    except ModuleNotFoundError as missing:
        raise ModuleNotFoundError(
            "the digits come with scikit-learn, which is not here: pip install scikit-learn"
        ) from missing
    counts, labels = load_digits(return_X_y=True)
    table = np.column_stack([counts, labels]).astype(np.uint8)
    check_bytes(table, SHA256, "scikit-learn's load_digits does not give the known 1797 images")
    x = torch.tensor(counts / INK, dtype=torch.float32)
    return Dataset(x, torch.tensor(labels, dtype=torch.int64), "digits", classes=10, image=(1, 8, 8))
