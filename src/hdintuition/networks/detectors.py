"""What the units of a first layer look at: one number each, the difference of two, or everything.

A network that sorts by counting compares single numbers with values: its rows are multiples of e_i. One that sorts
by comparing has rows that are multiples of e_i − e_j. Two measures of how near a learned row comes to either, to
be held against the same measures of random rows.
"""

from __future__ import annotations

from typing import Literal, get_args

from torch import Tensor

Atoms = Literal["single", "difference"]


def participation(rows: Tensor) -> Tensor:
    """How many inputs each row looks at: (Σ w²)² / Σ w⁴, from 1 for one input to n for n alike.

    Args:
        rows: Weights, (..., n).

    Returns:
        (...); nan for a row of zeros.

    >>> import torch
    >>> participation(torch.tensor([[0.0, 3.0, 0.0], [1.0, -1.0, 0.0], [2.0, 2.0, 2.0]]))
    tensor([1.0000, 2.0000, 3.0000])
    """
    shares = rows.square() / rows.square().sum(-1, keepdim=True)
    return 1 / shares.square().sum(-1)


def nearest_atom(rows: Tensor, atoms: Atoms) -> Tensor:
    """The share of each row's squared length that lies along the nearest e_i, or the nearest e_i − e_j.

    Args:
        rows: Weights, (..., n), n >= 2.
        atoms: ``single`` for the e_i, ``difference`` for the e_i − e_j.

    Returns:
        (...), from 0 to 1; nan for a row of zeros.

    Raises:
        ValueError: If atoms has another name, or there are fewer than two inputs.

    >>> import torch
    >>> nearest_atom(torch.tensor([[3.0, 0.0, -3.0], [3.0, 0.0, 4.0]]), "difference")
    tensor([1.0000, 0.3200])
    """
    if atoms not in get_args(Atoms):
        raise ValueError(f"atoms must be one of {', '.join(get_args(Atoms))}, got {atoms!r}")
    if rows.shape[-1] < 2:
        raise ValueError(f"rows must have n >= 2 inputs, got shape {tuple(rows.shape)}")
    length = rows.square().sum(-1)
    if atoms == "single":
        return rows.square().amax(-1) / length
    # Of all differences the largest is that of the largest and the smallest weight; e_i − e_j has length √2.
    return (rows.amax(-1) - rows.amin(-1)).square() / 2 / length
