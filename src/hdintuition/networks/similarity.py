"""How alike two networks are: in what their layers hold, and in what they answer.

Representations are what :meth:`Networks.layers` gives, (members, units, points). Linear centred kernel alignment
of X and Y, whose units have mean 0 over the points, is

    CKA = ‖X Yᵀ‖² / (‖X Xᵀ‖ ‖Y Yᵀ‖)

in Frobenius norms; it lies in [0, 1] and does not see rotations and the common scale of the units, but other
linear maps it does (S. Kornblith, M. Norouzi, H. Lee and G. Hinton, Similarity of Neural Network Representations
Revisited, ICML 2019). With fewer points than units it is near 1 whatever they hold. The debiased version replaces the
three by unbiased estimates of what infinitely many points would give (L. Song, A. Smola, A. Gretton, J. Bedo and
K. Borgwardt, Feature Selection via Dependence Maximization, JMLR 2012). For centred units and the squared lengths
d, e of the points these are, but for a common factor,

    ‖X Yᵀ‖² − n/(n−2) Σ_i d_i e_i + Σ_i d_i Σ_i e_i / ((n−1)(n−2)).

Singular vector canonical correlation is blind to every invertible linear map of the directions it keeps: M. Raghu,
J. Gilmer, J. Yosinski and J. Sohl-Dickstein, SVCCA, NeurIPS 2017.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

BLOCK = 2**23  # entries of kernel matrices held at once


def cka(a: Tensor, b: Tensor, *, debiased: bool = False) -> Tensor:
    """The linear CKA of paired representations, (...).

    Args:
        a: (..., units, points), floating point.
        b: (..., other units, points); leading axes are broadcast.
        debiased: Correct for the number of points; may then leave [0, 1] a little.

    Returns:
        One number a pair; NaN where a representation is the same at every point.

    Raises:
        ValueError: If the points do not match, or are fewer than 2 (debiased: 4).

    >>> x = torch.tensor([[1.0, 2.0, 3.0, 5.0]])
    >>> cka(x, 7 - 2 * x)
    tensor(1.)
    """
    _check(a, b, 4 if debiased else 2)
    a, b = _centred(a), _centred(b)
    pairs = ((a, b), (a, a), (b, b))
    both, one, other = (_products(*pair) - (_bias(*map(_lengths, pair)) if debiased else 0) for pair in pairs)
    return both / (one * other).sqrt()


def cka_matrix(
    layers: Sequence[Tensor], others: Sequence[Tensor] | None = None, *, debiased: bool = False
) -> Tensor:
    """The linear CKA of every layer of every member with every other, (layers, members, layers', members').

    The kernel matrices of all are swept through in blocks of points and multiplied all with all at once.

    Args:
        layers: One tensor a layer, (members, units, points); the units may differ.
        others: The same of other networks, at the same points; the first ones again if not given.
        debiased: Correct for the number of points.

    Raises:
        ValueError: If the points do not match, or are fewer than 2 (debiased: 4).
    """
    again = others is None
    others = layers if others is None else others
    for other in (*layers, *others):
        _check(layers[0], other, 4 if debiased else 2)
    left = [_centred(layer) for layer in layers]
    right = left if again else [_centred(layer) for layer in others]
    products = _all_products(left, right)
    own = [torch.cat([_products(x, x) for x in xs]) for xs in (left, right)]
    if debiased:
        d, e = (torch.cat([_lengths(x) for x in xs]) for xs in (left, right))
        products = products - _bias(d[:, None], e)
        own = [own[0] - _bias(d, d), own[1] - _bias(e, e)]
    result = products / (own[0][:, None] * own[1]).sqrt()
    return result.view(len(layers), -1, len(others), result.shape[1] // len(others))


def gap_closed(similarity: Tensor, baseline: Tensor) -> Tensor:
    """How much of the way from a baseline to 1 a similarity has gone: (s − s₀)/(1 − s₀).

    Layers are much alike before any training, the lower ones most. With s the similarity of a layer at some time
    to what it becomes, and s₀ that of the untrained layer, this is 0 at the start and 1 at the end for every layer.

    Args:
        similarity: Any shape.
        baseline: Broadcast against it; NaN comes back where it is 1.

    >>> gap_closed(torch.tensor([0.90, 0.95]), torch.tensor([0.90, 0.50]))
    tensor([0.0000, 0.9000])
    """
    return (similarity - baseline) / (1 - baseline)


def svcca(a: Tensor, b: Tensor, *, keep: float = 0.99) -> Tensor:
    """The mean canonical correlation of paired representations, (...), in [0, 1].

    Args:
        a: (..., units, points), floating point; more points than units, or it is 1 whatever they hold.
        b: (..., other units, points); leading axes are broadcast.
        keep: The share of the variance that the directions compared hold, in (0, 1]; the rest is noise. With 1
            all directions count that there are: the mean canonical correlation of plain CCA.

    Raises:
        ValueError: If the points do not match or keep is out of range.
    """
    _check(a, b, 2)
    if not 0 < keep <= 1:
        raise ValueError(f"keep must lie in (0, 1], got {keep}")
    (left, count), (right, other) = (_directions(x, keep) for x in (a, b))
    correlations = torch.linalg.svdvals(left @ right.mT).clamp(max=1)
    return correlations.sum(-1) / torch.minimum(count, other)


def agreement(f: Tensor, g: Tensor | None = None) -> Tensor:
    """On which share of the points two networks answer the same, all with all, (members, members').

    Args:
        f: Outputs, (members, classes, points), whose largest is the answer, or (members, points), whose sign is.
        g: The same of other networks; those of f again if not given.

    >>> agreement(torch.tensor([[1.0, 2.0], [1.0, -2.0]]))
    tensor([[1.0000, 0.5000],
            [0.5000, 1.0000]])
    """
    g = f if g is None else g
    if f.shape[1:] != g.shape[1:]:
        raise ValueError(
            f"outputs must be of one shape but for the members, got {(*f.shape,)} and {(*g.shape,)}"
        )
    return _answers(f) @ _answers(g).T / f.shape[-1]


def _answers(f: Tensor) -> Tensor:
    """A one for every answer given, (members, classes · points)."""
    if f.ndim == 2:
        f = torch.stack([f, -f], dim=1)
    return torch.zeros_like(f).scatter_(1, f.argmax(1, keepdim=True), 1).flatten(1)


def _centred(x: Tensor) -> Tensor:
    """Units of mean 0 over the points, and the whole of length 1: the square of a square must not overflow."""
    x = x - x.mean(-1, keepdim=True)
    return x / torch.linalg.matrix_norm(x, keepdim=True)


def _products(a: Tensor, b: Tensor) -> Tensor:
    """‖a bᵀ‖², (...), by whichever of units and points there are fewer."""
    p, q, n = a.shape[-2], b.shape[-2], a.shape[-1]
    if p * q <= n * (p + q):
        return (a @ b.mT).square().sum((-2, -1))
    return ((a.mT @ a) * (b.mT @ b)).sum((-2, -1))


def _all_products(left: list[Tensor], right: list[Tensor]) -> Tensor:
    """‖a bᵀ‖² of all with all, (layers · members, layers' · members')."""
    points = left[0].shape[-1]
    count = sum(len(x) for x in left) + sum(len(x) for x in right)
    total = left[0].new_zeros(())
    for rows in torch.arange(points, device=left[0].device).split(max(1, BLOCK // (count * points))):
        kernels = _kernels(left, rows)
        total = total + kernels @ (kernels if right is left else _kernels(right, rows)).T
    return total


def _kernels(layers: list[Tensor], rows: Tensor) -> Tensor:
    return torch.cat([(x[:, :, rows].mT @ x).flatten(1) for x in layers])


def _lengths(x: Tensor) -> Tensor:
    return x.square().sum(-2)


def _bias(d: Tensor, e: Tensor) -> Tensor:
    n = d.shape[-1]
    return (d * e).sum(-1) * n / (n - 2) - d.sum(-1) * e.sum(-1) / ((n - 1) * (n - 2))


def _directions(x: Tensor, keep: float) -> tuple[Tensor, Tensor]:
    """Orthonormal rows over the points that hold this share of the variance, the others zero, and their number."""
    _, s, rows = torch.linalg.svd(_centred(x), full_matrices=False)
    variance = s.square()
    held_before = variance.cumsum(-1) - variance
    real = s > s[..., :1] * max(x.shape[-2:]) * torch.finfo(x.dtype).eps
    kept = real & (held_before < keep * variance.sum(-1, keepdim=True))
    return torch.where(kept[..., None], rows, 0), kept.sum(-1)


def _check(a: Tensor, b: Tensor, fewest: int) -> None:
    if a.ndim < 2 or b.ndim < 2 or a.shape[-1] != b.shape[-1] or a.shape[-1] < fewest:
        raise ValueError(
            f"representations must be (..., units, points) at the same {fewest} or more points, "
            f"got {tuple(a.shape)} and {tuple(b.shape)}"
        )
