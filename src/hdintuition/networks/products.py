"""Hessians and Gauss-Newton matrices of a stack of networks, as operators.

The parameters of S members are the rows of one tensor (S, P), and the loss of member i depends on row i only.
The Hessian of the *sum* of the losses is then block diagonal, with the members' Hessians as its blocks, so that
one pass multiplies all of them with a vector each.

A product is the derivative of (gradient · vector), as in B. A. Pearlmutter, Fast Exact Multiplication by the
Hessian, Neural Computation 6, 1994. The gradient, with what is needed to differentiate it, is computed once and
kept; a product is one more backward pass through it, as cheap as a gradient. The Gauss-Newton matrix JᵀHJ, with J
the Jacobian of the outputs and H the Hessian of the loss with respect to the outputs (N. N. Schraudolph, Fast
Curvature Matrix-Vector Products for Second-Order Gradient Descent, Neural Computation 14, 2002), takes three
passes, all through kept graphs: u ↦ Jᵀu is linear, so that its derivative by u along v is Jv.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from hdintuition.networks.alignment import aligned
from hdintuition.networks.denormals import flushed
from hdintuition.networks.operators import Operator


def hessian(loss: Callable[[Tensor], Tensor], parameters: Tensor) -> Operator:
    """The Hessians of the members' losses, one a member, as an operator.

    Args:
        loss: Takes parameters, (members, P), gives one loss a member, (members,); the loss of member i may
            depend on row i only. Twice differentiable; called once here, and never by a product.
        parameters: Where, (members, P), floating point. The products have their dtype: for float64 products,
            give float64 parameters and let the loss hold float64 data.

    Raises:
        ValueError: If the shapes do not match or the loss does not depend on the parameters.

    >>> H = hessian(lambda w: w.pow(3).sum(1), torch.tensor([[1.0, 2.0]]))
    >>> H(torch.tensor([[1.0, 1.0]]))
    tensor([[ 6., 12.]])
    """
    at = _leaf(parameters)
    with flushed(), torch.enable_grad():
        value = loss(at)
        _check(value, at)
        gradient = _backward(value.sum(), at, None, create_graph=True)

    def one(v: Tensor) -> Tensor:
        return _backward(gradient, at, v)

    def work() -> Tensor:
        again = _leaf(parameters)
        return _backward(loss(again).sum(), again, None, create_graph=True)

    return _operator(at, one, _batched(lambda v, **how: _backward(gradient, at, v, **how), one), work)


def gauss_newton(
    outputs: Callable[[Tensor], Tensor], loss: Callable[[Tensor], Tensor], parameters: Tensor
) -> Operator:
    """The Gauss-Newton matrices JᵀHJ of the members' losses, one a member, as an operator.

    It is the Hessian without the curvature of the outputs themselves; positive semidefinite if the loss is
    convex in the outputs.

    Args:
        outputs: Takes parameters, (members, P), gives outputs, (members, …); those of member i may depend on
            row i only.
        loss: Takes such outputs, gives one loss a member, (members,).
        parameters: Where, (members, P), floating point.

    Raises:
        ValueError: If the shapes do not match, or outputs or loss depend on nothing.
    """
    at = _leaf(parameters)
    with flushed(), torch.enable_grad():
        f = outputs(at)
        if f.ndim == 0 or len(f) != len(at) or not f.requires_grad:
            raise ValueError(f"outputs must depend on the parameters, one row a member, got {tuple(f.shape)}")
        leaf = f.detach().requires_grad_()
        value = loss(leaf)
        _check(value, leaf)
        slope = _backward(value.sum(), leaf, None, create_graph=True)
        any_u = torch.zeros_like(f).requires_grad_()
        pulled = _backward(f, at, any_u, create_graph=True)

    def three(v: Tensor, **how: Any) -> Tensor:
        return _backward(f, at, _backward(slope, leaf, _backward(pulled, any_u, v, **how), **how), **how)

    def one(v: Tensor) -> Tensor:
        return three(v)

    def work() -> Tensor:
        again = _leaf(parameters)
        f = outputs(again)
        return _backward(f, again, torch.zeros_like(f).requires_grad_(), create_graph=True)

    return _operator(at, one, _batched(three, one), work)


def _leaf(parameters: Tensor) -> Tensor:
    if parameters.ndim != 2 or 0 in parameters.shape or not parameters.is_floating_point():
        raise ValueError(
            f"parameters must have shape (members, P), both >= 1, and be floating point, "
            f"got {tuple(parameters.shape)} and {parameters.dtype}"
        )
    return aligned(parameters.detach()).requires_grad_()


def _check(value: Tensor, at: Tensor) -> None:
    if value.shape != at.shape[:1]:
        raise ValueError(f"the loss must give one value a member, ({len(at)},), got {tuple(value.shape)}")
    if not value.requires_grad:
        raise ValueError("the loss does not depend on what it is given: is something detached in it?")


def _backward(f: Tensor, x: Tensor, v: Tensor | None, **how: Any) -> Tensor:
    """The derivative of (f · v) by x, keeping the graph; zero where f does not depend on x."""
    if f.requires_grad:
        found = torch.autograd.grad(f, x, v, retain_graph=True, allow_unused=True, **how)[0]
        if found is not None:
            return found if how.get("create_graph") else found.detach()
    batch = v.shape[:1] if v is not None and how.get("is_grads_batched") else ()
    return x.new_zeros(*batch, *x.shape)


def _batched(backward: Callable[..., Tensor], one: Callable[[Tensor], Tensor]) -> Callable[[Tensor], Tensor]:
    """Many vectors through the kept graph in one pass; where vmap refuses an operation of it, one by one."""

    def many(vectors: Tensor) -> Tensor:
        if len(vectors) > 1:
            try:
                return backward(vectors, is_grads_batched=True)
            except torch.OutOfMemoryError:
                raise
            except RuntimeError:  # such as "view size is not compatible": only how it is computed changes
                pass
        return torch.stack([one(v) for v in vectors])

    return many


def _operator(
    at: Tensor, one: Callable[[Tensor], Tensor], many: Callable[[Tensor], Tensor], work: Callable[[], Tensor]
) -> Operator:
    known: list[int] = []

    def vector_bytes() -> int:
        """What the kept graph holds: a batched pass makes about that much anew for every vector."""
        if not known:
            known.append(_saved_bytes(work))
        return known[0]

    members, size = at.shape
    return Operator(members, size, at.dtype, at.device, one, many, vector_bytes)


def _saved_bytes(work: Callable[[], Tensor]) -> int:
    sizes: dict[int, int] = {}

    def note(t: Tensor) -> Tensor:
        storage = t.untyped_storage()
        sizes[storage.data_ptr()] = storage.nbytes()
        return t.detach()  # the tensor itself would keep its own graph alive, and that the tensor

    with flushed(), torch.enable_grad(), torch.autograd.graph.saved_tensors_hooks(note, lambda t: t):
        work()
    return sum(sizes.values())
