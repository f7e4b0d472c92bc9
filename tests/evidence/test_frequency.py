"""Counting an event in blocks: fixed blocks, the generator's own stream, conditions, refusals."""

import numpy as np
import pytest
import torch

from hdintuition.evidence.estimates import wilson
from hdintuition.evidence.frequency import BLOCK, frequency


def seeded(seed=0):
    return torch.Generator().manual_seed(seed)


def below(draws, generator, threshold=0.3):
    return torch.rand(draws, generator=generator) < threshold


def test_it_counts_in_blocks_of_a_fixed_size():
    sizes = []

    def event(draws, generator):
        sizes.append(draws)
        return below(draws, generator)

    x = frequency(event, 2 * BLOCK["cpu"] + 5, generator=seeded())
    assert sizes == [BLOCK["cpu"], BLOCK["cpu"], 5]
    g = seeded()
    assert x == wilson(sum(int(below(n, g).sum()) for n in sizes), sum(sizes))


def test_the_same_seed_gives_the_same_share():
    assert frequency(below, 1000, generator=seeded(3)) == frequency(below, 1000, generator=seeded(3))
    assert frequency(below, 1000, generator=seeded(3)) != frequency(below, 1000, generator=seeded(4))


def test_settings_are_passed_on():
    assert frequency(below, 100, generator=seeded(), threshold=2.0).estimate == 1
    assert frequency(below, 100, generator=seeded(), threshold=-1.0).note == "0 of 100"


def test_it_is_right_about_a_known_share():
    x = frequency(below, 200_000, generator=seeded(1))
    assert x.low <= 0.3 <= x.high


def test_draws_that_do_not_meet_a_condition_do_not_count():
    def second_given_first(draws, generator):
        pair = torch.rand(draws, 2, generator=generator) < 0.5
        return pair[pair[:, 0], 1]

    x = frequency(second_given_first, 100_000, generator=seeded(2))
    assert x.low <= 0.5 <= x.high
    assert 49_000 < int(x.note.split(" of ")[1].replace("\u2009", "")) < 51_000


def test_numpy_generators_work_too():
    x = frequency(lambda n, rng: rng.random(n) < 0.3, 1000, generator=np.random.default_rng(0))
    assert 0.2 < x.estimate < 0.4


@pytest.mark.parametrize("draws", [0, -1, 1.5, True])
def test_draws_is_a_count(draws):
    with pytest.raises(ValueError, match="draws is a whole number of at least 1"):
        frequency(below, draws, generator=seeded())


@pytest.mark.parametrize(
    ("event", "message"),
    [
        (lambda n, g: torch.rand(n, generator=g), r"got torch\.float32 of shape \(10,\)"),
        (lambda n, g: torch.ones(n + 1, dtype=torch.bool), r"shape \(11,\)"),
        (lambda n, g: torch.ones(n, 1, dtype=torch.bool), r"shape \(10, 1\)"),
        (lambda n, g: True, "got bool"),
        (lambda n, g: None, "got NoneType"),
        (lambda n, g: torch.ones(0, dtype=torch.bool), "none of 10 draws met the condition"),
    ],
)
def test_an_event_that_returns_something_else_is_refused(event, message):
    with pytest.raises(ValueError, match=message):
        frequency(event, 10, generator=seeded())


@pytest.mark.cuda
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_on_a_gpu_blocks_are_larger():
    sizes = []

    def event(draws, generator):
        sizes.append(draws)
        return torch.rand(draws, generator=generator, device=generator.device) < 0.3

    x = frequency(event, BLOCK["cuda"] + 1, generator=torch.Generator("cuda").manual_seed(0))
    assert sizes == [BLOCK["cuda"], 1]
    assert 0.29 < x.estimate < 0.31
