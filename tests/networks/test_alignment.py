"""Aligned rows hold what they were given, and begin where they should."""

import pytest
import torch

from hdintuition.networks.alignment import aligned, wide


@pytest.mark.parametrize("shape", [(1, 1), (5, 21), (3, 4, 16), (2, 33)])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_a_copy_whose_rows_begin_at_multiples_of_64_bytes(shape, dtype, generator):
    rows = torch.randn(shape, generator=generator, dtype=dtype)
    found = aligned(rows)
    assert torch.equal(found, rows)
    assert found.data_ptr() != rows.data_ptr()
    starts = [found.data_ptr() + found.stride(-2) * found.element_size() * i for i in range(shape[-2])]
    assert all(start % 64 == 0 for start in starts)


def test_no_wider_than_needed():
    assert [wide(n) for n in (1, 15, 16, 17, 2698)] == [16, 16, 16, 32, 2704]
