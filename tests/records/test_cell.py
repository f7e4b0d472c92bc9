"""A cell's bytes: everything comes back bit for bit, and no changed bit goes unnoticed."""

import sys

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from hdintuition.records.cell import Identity, decode, encode, optional

STAMP = {**Identity("module:work", "1", 0).stamp({"a": 1}), "seconds": "0.1"}


def test_numbers_arrays_and_tensors_come_back():
    weird = torch.tensor([0.0, -0.0, torch.inf, torch.nan, 1e-310], dtype=torch.float64)
    given = {
        "weird": weird, "float": 0.1, "int": -(2**62), "bool": True, "scalar": np.float32(0.1),
        "half": torch.tensor([1.5], dtype=torch.bfloat16), "strided": torch.arange(12).reshape(3, 4).T[::2],
        "backwards": np.arange(5)[::-1], "nothing": torch.zeros(0, 3), "complex": torch.tensor([1 + 2j]).conj(),
        "graph": torch.ones(2, requires_grad=True) * 2,
    }  # fmt: skip
    cell = decode(encode(given, STAMP))
    assert cell.metadata == STAMP
    assert list(cell.values) == sorted(given)
    assert cell.values["weird"].numpy().tobytes() == weird.numpy().tobytes()
    assert cell.values["float"].dtype == torch.float64
    assert cell.values["int"].dtype == torch.int64
    assert cell.values["bool"].dtype == torch.bool
    assert cell.values["scalar"].dtype == torch.float32
    for name in ("strided", "half", "nothing", "complex", "graph"):
        assert torch.equal(cell.values[name], given[name].detach())
        assert cell.values[name].dtype == given[name].dtype
    assert cell.values["backwards"].tolist() == [4, 3, 2, 1, 0]
    assert not cell.values["graph"].requires_grad


def test_one_tensor_under_two_names_is_two_results():
    x = torch.arange(3.0)
    cell = decode(encode({"x": x, "y": x[1:]}, STAMP))
    assert torch.equal(cell.values["y"], x[1:])


def test_every_changed_bit_and_every_cut_is_noticed():
    data = encode({"x": torch.arange(4.0), "n": 3}, STAMP)
    for place in range(len(data)):
        changed = bytearray(data)
        changed[place] ^= 1 << place % 8
        with pytest.raises(ValueError, match=r"not whole|changed since|not one that a sweep"):
            decode(bytes(changed))
        with pytest.raises(ValueError, match="not whole"):
            decode(data[:place])


@given(st.binary(max_size=200))
@settings(max_examples=200, deadline=None)
def test_no_string_of_bytes_is_a_cell(data):
    for candidate in (data, len(data).to_bytes(8, "little") + data):
        with pytest.raises(ValueError):
            decode(candidate)


def test_a_safetensors_file_of_other_making_is_no_cell():
    other = optional("safetensors.torch").save({"x": torch.ones(2)}, {"format": "pt"})
    with pytest.raises(ValueError, match="not one that a sweep wrote"):
        decode(other)


def test_file_names_depend_on_all_that_makes_a_cell():
    names = {
        Identity(work, code, seed).file_name({"a": a})
        for work in ("m:f", "m:g") for code in ("1", "2") for seed in (0, 1) for a in (1, 1.0)
    }  # fmt: skip
    assert len(names) == 16


def test_what_to_install_is_said(monkeypatch):
    monkeypatch.setitem(sys.modules, "safetensors.torch", None)
    with pytest.raises(
        ModuleNotFoundError, match=r'needs the package safetensors: pip install "hdintuition\[sweep\]"'
    ):
        optional("safetensors.torch")
