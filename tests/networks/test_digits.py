"""The small digits: what they are, that they are those digits, and what is said when they are not there."""

import sys

import numpy as np
import pytest
import torch

from hdintuition.networks.digits import digits


def test_they_are_1797_images_of_ten_digits():
    data = digits()
    assert data.x.shape == (1797, 64)
    assert (data.classes, data.image, data.x.dtype, data.y.dtype) == (
        10,
        (1, 8, 8),
        torch.float32,
        torch.int64,
    )
    assert (data.x.min(), data.x.max()) == (0, 1)
    assert data.y.bincount().tolist() == [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]


def test_a_digit_looks_like_itself():
    # The nearest of the other images is nearly always of the same digit; for shuffled labels one in ten would be.
    data = digits()
    apart = torch.cdist(data.x, data.x).fill_diagonal_(torch.inf)
    assert (data.y[apart.argmin(1)] == data.y).float().mean() > 0.98


def test_other_images_are_refused(monkeypatch):
    import sklearn.datasets

    monkeypatch.setattr(
        sklearn.datasets, "load_digits", lambda return_X_y: (np.zeros((3, 64)), np.zeros(3, int))
    )
    with pytest.raises(RuntimeError, match="does not give the known 1797 images: SHA-256"):
        digits()


def test_without_scikit_learn_it_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "sklearn.datasets", None)
    with pytest.raises(ModuleNotFoundError, match="pip install scikit-learn"):
        digits()
