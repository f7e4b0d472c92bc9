"""How large an experiment runs: smoke, cpu or gpu."""

from __future__ import annotations

import os
from typing import Literal, cast, get_args

import torch

Scale = Literal["smoke", "cpu", "gpu"]
VARIABLE = "HDI_SCALE"


def resolve(scale: str = "auto") -> Scale:
    """The scale to run at.

    ``"auto"`` reads the environment variable ``HDI_SCALE``; where that is not set, it is
    ``"gpu"`` if CUDA is there and ``"cpu"`` otherwise.

    Raises:
        ValueError: If the name is not a scale, or gpu is asked for and no CUDA device is there.
    """
    allowed = get_args(Scale)
    asked = os.environ.get(VARIABLE, "auto") if scale == "auto" else scale
    if asked == "auto":
        return "gpu" if torch.cuda.is_available() else "cpu"
    if asked not in allowed:
        where = f"{VARIABLE} is" if scale == "auto" else "scale is"
        raise ValueError(f"{where} {asked!r}; allowed: auto, {', '.join(allowed)}")
    if asked == "gpu" and not torch.cuda.is_available():
        raise ValueError(
            "scale 'gpu' needs a CUDA device and none was found; "
            "use 'cpu' here, or choose a GPU runtime (on Colab: Runtime, Change runtime type)"
        )
    return cast("Scale", asked)


def device_of(scale: Scale) -> torch.device:
    """The device a scale computes on."""
    return torch.device("cuda" if scale == "gpu" else "cpu")
