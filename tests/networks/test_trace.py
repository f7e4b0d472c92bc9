"""Where to look, and the joining of blocks."""

import pytest
import torch

from hdintuition.networks.trace import Recorder, joined, log_steps, steps_of


@pytest.mark.parametrize("steps", [0, 1, 2, 7, 600, 10**6])
@pytest.mark.parametrize("points", [2, 3, 50])
def test_logarithmic_steps_begin_at_the_start_and_end_at_the_end(steps, points):
    found = log_steps(steps, points)
    assert found[0] == 0
    assert found[-1] == steps
    assert found == sorted(set(found))
    assert len(found) <= points


def test_logarithmic_steps_grow_by_one_factor():
    ratios = torch.tensor(log_steps(10**6, 20)[8:], dtype=torch.float64).log().diff()
    assert ratios.max() / ratios.min() < 1.01


@pytest.mark.parametrize("bad", [(-1, 5), (5, 1)])
def test_bad_counts_are_refused(bad):
    with pytest.raises(ValueError, match="steps must be >= 0 and points >= 2"):
        log_steps(*bad)


def test_named_steps_are_sorted_and_checked():
    assert steps_of([5, 0, 5, 3], 5) == [0, 3, 5]
    assert steps_of(None, 5) == []
    with pytest.raises(ValueError, match="must lie from 0 to 5, got -1 to 3"):
        steps_of([3, -1], 5)


def test_a_block_that_stopped_early_stays_as_it_was():
    long, short = Recorder(), Recorder()
    for step in (0, 1, 2):
        long.add(step, torch.tensor([[step > 0, False]]), loss=torch.tensor([float(step)]),
                 accuracy=torch.zeros(1), gradient=torch.zeros(1), distance=torch.zeros(1))  # fmt: skip
    short.add(0, torch.tensor([[True, False]]), loss=torch.tensor([9.0]),
              accuracy=torch.zeros(1), gradient=torch.zeros(1), distance=torch.zeros(1))  # fmt: skip
    trace = joined([short, long], examples=2)
    assert trace.steps.tolist() == [0, 1, 2]
    assert trace.loss.tolist() == [[9, 0], [9, 1], [9, 2]]
    assert trace.first_fit.tolist() == [[0, -1], [1, -1]]
    assert len(trace) == 3
