"""The one dial: where it comes from and what it refuses."""

import pytest
import torch

from hdintuition import scale


def test_environment_decides(monkeypatch):
    monkeypatch.setenv("HDI_SCALE", "smoke")
    assert scale.resolve() == "smoke"
    assert scale.resolve("cpu") == "cpu"


def test_default_follows_the_machine(monkeypatch):
    monkeypatch.delenv("HDI_SCALE", raising=False)
    assert scale.resolve() == ("gpu" if torch.cuda.is_available() else "cpu")


def test_unknown_scale_names_the_variable(monkeypatch):
    monkeypatch.setenv("HDI_SCALE", "huge")
    with pytest.raises(ValueError, match=r"HDI_SCALE is 'huge'; allowed: auto, smoke, cpu, gpu"):
        scale.resolve()


@pytest.mark.skipif(torch.cuda.is_available(), reason="needs a machine without CUDA")
def test_gpu_without_a_device_says_what_to_do():
    with pytest.raises(ValueError, match="use 'cpu' here"):
        scale.resolve("gpu")
