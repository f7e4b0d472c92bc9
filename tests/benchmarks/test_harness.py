"""What is timed, in which order, and what becomes of a peer that is absent, fails or disagrees."""

import gc
import json
import time

import pytest
from benchmarks.harness import Contest, Cost, clocked, fastest, measure, offered, reason


def close(ours, theirs):
    assert abs(ours - theirs) < 0.1, f"{ours} is not {theirs}"
    return f"within {abs(ours - theirs):.1g}"


def contest(ours, *, same=close, must=None, rounds=5, **peers):
    return Contest(work="add", ours=ours, peers=peers, same=same, must=must or {}, rounds=rounds)


def costs(*seconds, value=1.0):
    """A callable whose calls cost so much, one after the other."""
    left = iter(seconds)
    return lambda: Cost(next(left), value)


def test_ratios_are_taken_round_by_round():
    """The machine is ten times slower in the third round: no ratio notices."""
    warm = 99.0
    ours, theirs = costs(warm, 1, 1, 10, 1, 1), costs(warm, 2, 3, 40, 5, 6)
    [result] = measure(contest(ours, other=theirs, must={"other": 4.5}))
    assert (result["ratio"], result["low"], result["high"], result["quartiles"]) == (4, 2, 6, [3, 5])
    assert (result["ours_seconds"], result["their_seconds"]) == (1, 5)
    assert (result["rounds"], result["must"], result["goal"], result["failed"]) == (5, 4.5, None, None)
    assert result["same"] == "within 0"
    json.dumps(result, allow_nan=False)


def test_everyone_runs_in_turn_after_one_warm_up_each():
    calls = []

    def calling(name):
        return lambda: calls.append(name) or 1.0

    measure(contest(calling("us"), a=calling("a"), b=calling("b"), rounds=3))
    assert calls == [*("us", "a", "b"), *("us", "a", "b"), *("b", "a", "us"), *("us", "a", "b")]


def test_the_clock_is_right_and_the_collector_waits():
    def sleeping():
        assert not gc.isenabled()
        time.sleep(0.02)
        return 5

    cost, cores = clocked(sleeping)
    assert 0.02 <= cost.seconds < 0.2
    assert cost.value == 5
    assert cores < 0.7, "asleep, it keeps no core busy"
    assert gc.isenabled()


def test_the_collector_is_put_back_after_a_failure():
    with pytest.raises(ZeroDivisionError):
        clocked(lambda: 1 / 0)
    assert gc.isenabled()


def test_a_busy_core_is_counted():
    _, cores = clocked(lambda: sum(k * k for k in range(10**6)))
    assert 0.2 < cores < 1.2


def test_a_peer_that_disagrees_gets_no_ratio():
    good, bad = measure(contest(lambda: 1.0, good=lambda: 1.01, bad=lambda: 2.0, rounds=2))
    assert good["ratio"] is not None
    assert bad["ratio"] is None
    assert bad["failed"].startswith("the results disagree: 1.0 is not 2.0")


def test_results_that_cannot_be_compared():
    [result] = measure(contest(lambda: 1.0, other=lambda: "one", rounds=2))
    assert result["failed"].startswith("the results cannot be compared: TypeError")


def test_a_peer_that_is_not_installed_is_a_result():
    def build():
        import a_library_that_is_nowhere

        return a_library_that_is_nowhere.run

    there, absent = measure(contest(lambda: 1.0, there=lambda: 1.0, absent=offered(build), rounds=1))
    assert there["ratio"] is not None
    assert absent["ratio"] is None
    assert absent["failed"] == "ModuleNotFoundError: No module named 'a_library_that_is_nowhere'"


def test_a_peer_that_fails_later_spoils_nobody_else():
    state = iter([1.0, 1.0])

    fine, failed = measure(contest(lambda: 1.0, fine=lambda: 1.0, failed=lambda: next(state), rounds=4))
    assert fine["rounds"] == 4
    assert failed["failed"] == "StopIteration"


def test_our_own_failure_is_no_win():
    [result] = measure(contest(lambda: 1 / 0, other=lambda: 1.0, rounds=2))
    assert result["ratio"] is None
    assert result["failed"] == "our own code failed: ZeroDivisionError: division by zero"


def test_costs_instead_of_time_are_compared_by_value():
    [result] = measure(contest(costs(1, 1, value=3.0), other=costs(8, 8, value=3.05), rounds=1))
    assert (result["ratio"], result["same"]) == (8, "within 0.05")


def test_rounds_can_be_overridden():
    [result] = measure(contest(lambda: 1.0, other=lambda: 1.0, rounds=9), rounds=2)
    assert result["rounds"] == 2


def test_the_fastest_of_several():
    slow, quick = (lambda: time.sleep(0.01)), (lambda: None)
    assert fastest([slow, quick]) is quick


def test_a_long_error_is_one_line():
    text = reason(ValueError("two\nlines " + "x" * 400))
    assert text.startswith("ValueError: two lines xxx")
    assert len(text) == 300


@pytest.mark.cuda
def test_what_cuda_still_computes_is_waited_for():
    import torch

    a = torch.rand(8192, 8192, device="cuda")
    cost, _ = clocked(lambda: [a @ a for _ in range(20)][-1])
    assert cost.seconds > 20 * 2 * 8192**3 / 1e15, "faster than any GPU: the clock did not wait"
