"""Labels made wrong on purpose, from a seed.

Everywhere one generator makes one row of labels, (n,), and a sequence of them makes one row each, (members, n):
then what a member gets does not depend on how many others there are. Labels come out on the generator's device.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Literal, get_args

import torch
from torch import Tensor

Kind = Literal["different", "uniform"]
Generators = torch.Generator | Sequence[torch.Generator]


def noisy_labels(
    y: Tensor, share: float, *, classes: int, generator: Generators, kind: Kind = "different"
) -> Tensor:
    """The labels, of which a given share, chosen at random, is replaced at random.

    Exactly round(share · n) of n labels are chosen. Which of them are wrong afterwards: ``noisy != y``.

    Args:
        y: Classes, (n,), integers from 0.
        share: Of the labels that are replaced, from 0 to 1.
        classes: How many classes there are.
        generator: Where the choice comes from; one, or one for each member.
        kind: ``different``: each other class is equally likely, so all that are replaced are wrong. ``uniform``:
            each class is equally likely, so one in ``classes`` of them stays right.

    Returns:
        (n,), or (members, n) for a sequence of generators; int64.

    Raises:
        ValueError: If share is not in [0, 1], there are fewer than two classes, y holds others, or kind is unknown.

    >>> noisy_labels(torch.zeros(4, dtype=torch.int64), 0.5, classes=2, generator=torch.Generator()).sum()
    tensor(2)
    """
    _check(y, classes)
    if not 0 <= share <= 1 or kind not in get_args(Kind):
        raise ValueError(
            f"share must lie in [0, 1] and kind be different or uniform, got {share} and {kind!r}"
        )

    def drawn(g: torch.Generator) -> Tensor:
        noisy = y.to(g.device, torch.int64, copy=True)
        chosen = torch.randperm(len(y), generator=g, device=g.device)[: round(share * len(y))]
        if kind == "different":
            step = torch.randint(1, classes, (len(chosen),), generator=g, device=g.device)
            noisy[chosen] = (noisy[chosen] + step) % classes
        else:
            noisy[chosen] = torch.randint(classes, (len(chosen),), generator=g, device=g.device)
        return noisy

    return _rows(drawn, generator)


def random_labels(n: int, *, classes: int, generator: Generators) -> Tensor:
    """Labels that know nothing of the examples: n classes, each equally likely.

    After C. Zhang, S. Bengio, M. Hardt, B. Recht and O. Vinyals, Understanding Deep Learning Requires Rethinking
    Generalization, ICLR 2017.

    Args:
        n: How many labels.
        classes: How many classes there are.
        generator: Where they come from; one, or one for each member.

    Returns:
        (n,), or (members, n) for a sequence of generators; int64.

    Raises:
        ValueError: If n is negative or there is no class.
    """
    if n < 0 or classes < 1:
        raise ValueError(f"random labels need n >= 0 and classes >= 1, got n={n} and classes={classes}")
    return _rows(lambda g: torch.randint(classes, (n,), generator=g, device=g.device), generator)


def shuffled_labels(y: Tensor, *, generator: Generators) -> Tensor:
    """The same labels dealt out anew: as many of each class as before, in random order.

    Args:
        y: Labels of any kind, (n,).
        generator: Where the order comes from; one, or one for each member.

    Returns:
        (n,), or (members, n) for a sequence of generators; of the dtype of y.

    Raises:
        ValueError: If y is not one row.
    """
    if y.ndim != 1:
        raise ValueError(f"labels must be one row, (n,), got shape {tuple(y.shape)}")
    return _rows(lambda g: y.to(g.device)[torch.randperm(len(y), generator=g, device=g.device)], generator)


def _rows(drawn: Callable[[torch.Generator], Tensor], generator: Generators) -> Tensor:
    if isinstance(generator, torch.Generator):
        return drawn(generator)
    return torch.stack([drawn(g) for g in generator])


def _check(y: Tensor, classes: int) -> None:
    inside = y.ndim == 1 and not y.is_floating_point() and bool(((y >= 0) & (y < classes)).all())
    if not inside or classes < 2:
        raise ValueError(
            f"y must hold classes 0 to classes - 1 as integers, (n,), and classes be >= 2, got {y.dtype} of shape "
            f"{tuple(y.shape)}" + (f" up to {y.max()}" if y.numel() else "") + f" and classes={classes}"
        )
