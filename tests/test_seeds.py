"""Streams: the same key gives the same numbers, another key independent ones."""

import pytest
import torch
from scipy.stats import pearsonr

from hdintuition import seeds


def test_same_key_same_numbers():
    draws = [torch.randn(5, generator=seeds.generator("a", 1, root=7)) for _ in range(2)]
    assert torch.equal(*draws)


@pytest.mark.parametrize("other", [("a", 2), ("b", 1), ("a", "1"), ("a",), ("a", 1, 0)])
def test_other_key_other_seed(other):
    assert seeds.seed_of(*other) != seeds.seed_of("a", 1)


def test_root_changes_every_stream():
    assert seeds.seed_of("a", root=0) != seeds.seed_of("a", root=1)


def test_neighbouring_streams_are_uncorrelated():
    first, second = (torch.randn(20_000, generator=seeds.generator("draw", i)).numpy() for i in (0, 1))
    interval = pearsonr(first, second).confidence_interval(0.9999)
    assert interval.low < 0 < interval.high


@pytest.mark.parametrize("bad", [-1, 1.5, None, True])
def test_bad_key_is_refused(bad):
    with pytest.raises(ValueError, match="strings and integers"):
        seeds.seed_of(bad)
