"""A step captured once in a CUDA graph and replayed, so that the device never waits for the next launch.

A small step is some twenty kernels of a few microseconds each, less than it takes to launch them one by one.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

WARM_UP = 3  # calls before the capture, in which libraries choose their kernels and take their memory


class Replayed:
    """A step that runs as a CUDA graph.

    Args:
        step: Works in place on tensors that stay where they are, without asking the host for anything.
        state: Every tensor that the step changes and that the next step reads; as it was, after the capture.
    """

    def __init__(self, step: Callable[[], None], state: Sequence[Tensor]) -> None:
        before = [t.clone() for t in state]
        aside = torch.cuda.Stream()
        aside.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(aside):
            for _ in range(WARM_UP):
                step()
        torch.cuda.current_stream().wait_stream(aside)
        self.graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(self.graph):
            step()
        for t, was in zip(state, before, strict=True):
            t.copy_(was)

    def __call__(self) -> None:
        """One step."""
        self.graph.replay()
