"""Networks that sort, with every weight written down: two hidden layers of rectified units, no training.

Both sort n integers from 0 to L exactly. relu(d + 1) − relu(d) is 1 for an integer d >= 0 and 0 below; all else
is counting.

* By comparing. The first hidden layer passes the numbers on and compares every pair; the comparisons add up to
  the rank of every number, 0 for the smallest (of equal numbers the first comes first). In the second layer
  relu(x + L (k − rank)) − L relu(k − rank) is x if rank <= k and else 0, so that sums of these over the numbers,
  for k and for k − 1, differ by the k-th smallest number. n² + 2n² units, however large the numbers.
* By counting, as bucket sort does. The first layer compares every number with every value, the second compares
  the count of numbers that reach a value with every possible count. Twice nL units: exponential in the bits.

That n numbers of n bits are sorted by circuits of threshold gates with two hidden layers and polynomial size:
K.-Y. Siu, J. Bruck, T. Kailath and T. Hofmeister, Depth efficient neural networks for division and related
problems, IEEE Transactions on Information Theory 39, 1993. Quoted for neural networks by I. Sutskever, O. Vinyals
and Q. V. Le, Sequence to sequence learning with neural networks, NeurIPS 2014.
"""

from __future__ import annotations

import torch
from torch import Tensor

from hdintuition.networks.circuits import CircuitSize, written
from hdintuition.networks.ensemble import Networks


def sorting_network(
    n: int, *, largest: int, dtype: torch.dtype = torch.float32, device: torch.device | str = "cpu"
) -> Networks:
    """The network with hidden layers of n² and 2n² units that sorts n integers from 0 to largest by comparing.

    Args:
        n: How many numbers, >= 1.
        largest: The largest number it has to bear, L >= 1. The answer is exact up to there and wrong beyond.
        dtype: Of the weights.
        device: Where the network is to live.

    Returns:
        A stack of one: (points, n) integers, in floating point, give (1, n, points), ascending ((1, points) if
        n = 1).

    Raises:
        ValueError: If n or largest is below 1, or its sums pass the last integer to which the dtype counts.

    >>> sorting_network(4, largest=9)(torch.tensor([[7.0, 3.0, 9.0, 3.0]]))[0, :, 0]
    tensor([3., 3., 7., 9.])
    """
    _check(n, largest)
    # Before the second layer, and in the output: sums of whole numbers, none of which may be rounded.
    sums = max(
        largest * (n - 1) * (2 * largest + 1) + largest * (n + 1), 4 * n**2 * largest + 2 * n * largest
    )
    _check_exact(sums, dtype, f"n = {n} integers up to {largest}")
    compare, compare_bias = _comparisons(n)
    rank, rank_bias = _ranks(n)
    numbers, no_comparison = torch.eye(n), torch.zeros(n, n * (n - 1))
    first = torch.cat([numbers, compare])
    chosen = torch.cat([numbers, no_comparison], 1)
    rank = torch.cat([torch.zeros(n, n), rank], 1)
    second = torch.cat([(chosen - largest * rank).repeat(n, 1), (-rank).repeat(n, 1)])
    above = (torch.arange(n)[:, None] - rank_bias).flatten()  # k − rank, before the comparisons are counted
    steps = torch.kron(_steps(n).mT.contiguous(), torch.ones(1, n))
    return written(
        (first, torch.cat([torch.zeros(n), compare_bias])),
        (second, torch.cat([largest * above, above])),
        (torch.cat([steps, -largest * steps], 1), torch.zeros(n)),
        dtype=dtype,
        device=device,
    )


def counting_network(
    n: int, *, largest: int, dtype: torch.dtype = torch.float32, device: torch.device | str = "cpu"
) -> Networks:
    """The network with two hidden layers of n·largest units that sorts n integers from 0 to largest by counting.

    Args, returns and raises: as :func:`sorting_network`.

    >>> counting_network(4, largest=9)(torch.tensor([[7.0, 3.0, 9.0, 3.0]]))[0, :, 0]
    tensor([3., 3., 7., 9.])
    """
    _check(n, largest)
    _check_exact(2 * n * largest, dtype, f"n = {n} integers up to {largest}")
    thresholds, counts = torch.arange(largest), torch.arange(n)
    reach = torch.kron(torch.ones(1, n), _steps(largest))  # how many numbers reach 1, 2, … largest
    # The number in place j of n is the count of values that at least n − j numbers reach.
    return written(
        (torch.eye(n).repeat_interleave(largest, 0), -thresholds.repeat(n)),
        (reach.repeat_interleave(n, 0), -counts.repeat(largest)),
        (torch.kron(torch.ones(1, largest), _steps(n).flip(0)), torch.zeros(n)),
        dtype=dtype,
        device=device,
    )


def rank_network(
    n: int, *, dtype: torch.dtype = torch.float32, device: torch.device | str = "cpu"
) -> Networks:
    """The network with one hidden layer of n (n − 1) units that ranks n integers, 0 for the smallest.

    Exact as long as the sum of all differences is one to which the dtype counts. Of equal numbers the first gets
    the lower rank.

    Args:
        n: How many numbers, >= 2.
        dtype: Of the weights.
        device: Where the network is to live.

    Returns:
        A stack of one: (points, n) integers, in floating point, give ranks (1, n, points).

    Raises:
        ValueError: If n is below 2.

    >>> rank_network(4)(torch.tensor([[7.0, 3.0, -9.0, 3.0]]))[0, :, 0]
    tensor([3., 1., 0., 2.])
    """
    if n < 2:
        raise ValueError(f"ranking needs n >= 2 numbers, got {n}")
    return written(_comparisons(n), _ranks(n), dtype=dtype, device=device)


def sorting_size(n: int) -> CircuitSize:
    """The size of :func:`sorting_network` in closed form.

    >>> sorting_size(10).units
    (100, 200)
    """
    return CircuitSize(
        units=(n**2, 2 * n**2),
        wires=4 * n**3 + 3 * n**2 - 3 * n,
        biases=5 * n * (n - 1) // 2,
        parameters=2 * n**4 + 3 * n**3 + 3 * n**2 + n,
    )


def counting_size(n: int, largest: int) -> CircuitSize:
    """The size of :func:`counting_network` in closed form.

    >>> counting_size(10, 63).units
    (630, 630)
    """
    units = n * largest
    return CircuitSize(
        units=(units, units),
        wires=units + n**2 * (2 * largest - 1) + largest * (2 * n - 1),
        biases=n * (largest - 1) + largest * (n - 1),
        parameters=units * (n + 1) + units * (units + 1) + n * (units + 1),
    )


def _comparisons(n: int) -> tuple[Tensor, Tensor]:
    """Weights and biases of two units a pair, i < j, the difference of which is 1 where x_j >= x_i and else 0."""
    differences = _differences(n)
    pairs = len(differences)
    return differences.repeat(2, 1), torch.cat([torch.ones(pairs), torch.zeros(pairs)])


def _ranks(n: int) -> tuple[Tensor, Tensor]:
    """Weights and biases that add up the comparisons to ranks: one lost by i is one won by j."""
    wins = _differences(n).mT
    return torch.cat([wins, -wins], 1), torch.arange(n - 1, -1, -1.0)


def _differences(n: int) -> Tensor:
    """The rows x_j − x_i, for all i < j."""
    i, j = torch.triu_indices(n, n, 1)
    return torch.eye(n)[j] - torch.eye(n)[i]


def _steps(n: int) -> Tensor:
    """The differences of neighbours, row r being unit r less unit r + 1; the last row is the last unit."""
    return torch.eye(n) - torch.ones(n, n).triu(1).tril(1)


def _check(n: int, largest: int) -> None:
    if n < 1 or largest < 1:
        raise ValueError(f"n and largest must be >= 1, got n = {n}, largest = {largest}")


def _check_exact(sums: int, dtype: torch.dtype, what: str) -> None:
    last = round(2 / torch.finfo(dtype).eps)
    if sums > last:
        raise ValueError(
            f"{what} pass through sums of up to {sums}; {dtype} holds whole numbers only up to {last}: "
            "use torch.float64, or fewer or smaller numbers"
        )
