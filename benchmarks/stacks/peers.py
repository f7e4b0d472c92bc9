"""The usual ways of training many small networks, each as fast as its library makes it without tricks of ours.

Each function takes a :class:`Task` and prepares what a patient user would prepare once (data in the library's own
form, models, a compiled program); the callable it returns does all steps from the start.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from benchmarks.harness import fastest
from benchmarks.stacks.task import CLASSES, INPUTS, MOMENTUM, RATE, Task, Weights


def loop(one: Task) -> Callable[[], list[nn.Module]]:
    """One model after the other, as a tutorial trains one; the fused optimiser is the fastest of torch's three."""
    _, width, _ = one.nets.sizes
    models = [
        nn.Sequential(nn.Linear(INPUTS, width), nn.ReLU(), nn.Linear(width, CLASSES)).to(one.x.device)
        for _ in range(len(one.nets))
    ]

    def call() -> list[nn.Module]:
        for member, model in enumerate(models):
            with torch.no_grad():
                for parameter, start in zip(model.parameters(), one.start, strict=True):
                    parameter.copy_(start[member])
            optimiser = torch.optim.SGD(model.parameters(), lr=RATE, momentum=MOMENTUM, fused=True)
            x, y = one.x, one.y[member]
            for step in range(one.steps):
                if one.order is not None:
                    chosen = one.order[member, step]
                    x, y = one.x.index_select(0, chosen), one.y[member].index_select(0, chosen)
                optimiser.zero_grad()
                cross_entropy(model(x), y).backward()
                optimiser.step()
        return models

    return call


def vmapped(one: Task) -> Callable[[], Weights]:
    """torch's own ensembles: the gradient of one model, vectorised over stacked parameters."""
    from torch.func import functional_call, grad, vmap

    _, width, _ = one.nets.sizes
    model = nn.Sequential(nn.Linear(INPUTS, width), nn.ReLU(), nn.Linear(width, CLASSES)).to(one.x.device)
    names = [name for name, _ in model.named_parameters()]

    def loss(parameters: dict[str, Tensor], x: Tensor, y: Tensor) -> Tensor:
        return cross_entropy(functional_call(model, parameters, (x,)), y)

    gradient = vmap(grad(loss))

    def call() -> Weights:
        moving = [tensor.clone() for tensor in one.start]
        momenta = [torch.zeros_like(tensor) for tensor in moving]
        for step in range(one.steps):
            slopes = gradient(dict(zip(names, moving, strict=True)), *one.batch(step))
            torch._foreach_mul_(momenta, MOMENTUM)
            torch._foreach_add_(momenta, [slopes[name] for name in names])
            torch._foreach_add_(moving, momenta, alpha=-RATE)
        return moving

    return call


def jax_scan(one: Task) -> Callable[[], Any]:
    """The same in JAX: one compiled program for all steps, in the faster of two layouts, compiled beforehand."""
    import jax

    if one.x.is_cuda and jax.default_backend() != "gpu":
        raise RuntimeError("this JAX is built for the CPU")
    return fastest([jax_program(one, features_first=first) for first in (True, False)])


def jax_program(one: Task, *, features_first: bool) -> Callable[[], Any]:
    """All steps as a scan over the minibatches, compiled."""
    import jax
    from jax import numpy as jnp

    def moved(tensor: Tensor) -> Any:
        return jnp.asarray(tensor.cpu().numpy())

    x, y, start = moved(one.x), moved(one.y), [moved(tensor) for tensor in one.start]
    order = None if one.order is None else moved(one.order.movedim(1, 0))  # scan walks along the first axis
    axis = 0 if features_first else 1  # of the classes

    def loss(parameters: Any, x: Any, y: Any) -> Any:
        w1, b1, w2, b2 = parameters
        if features_first:
            f = w2 @ jax.nn.relu(w1 @ x.T + b1[:, None]) + b2[:, None]
        else:
            f = jax.nn.relu(x @ w1.T + b1) @ w2.T + b2
        right = jnp.take_along_axis(f, jnp.expand_dims(y, axis), axis=axis).squeeze(axis)
        return (jax.nn.logsumexp(f, axis=axis) - right).mean()

    gradient = jax.vmap(jax.grad(loss), in_axes=(0, None if order is None else 0, 0))

    def step(state: Any, chosen: Any) -> Any:
        parameters, momenta = state
        batch = (x, y) if order is None else (x[chosen], jnp.take_along_axis(y, chosen, axis=1))
        momenta = jax.tree.map(lambda m, g: MOMENTUM * m + g, momenta, gradient(parameters, *batch))
        return (jax.tree.map(lambda p, m: p - RATE * m, parameters, momenta), momenta), None

    def run(parameters: Any, order: Any) -> Any:
        state = parameters, jax.tree.map(jnp.zeros_like, parameters)
        return jax.lax.scan(step, state, order, length=one.steps)[0][0]

    compiled = jax.jit(run).lower(start, order).compile()
    return lambda: compiled(start, order)


def sklearn_loop(one: Task) -> Callable[[], list[Any]]:
    """MLPClassifier, one model after the other: points laid out in each member's order, one epoch without shuffling."""
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.neural_network import MLPClassifier

    if one.x.is_cuda:
        raise RuntimeError("scikit-learn computes on the CPU")
    settings = dict(hidden_layer_sizes=(one.nets.sizes[1],), solver="sgd", alpha=0.0, batch_size=one.order.shape[2],
                    learning_rate_init=RATE, momentum=MOMENTUM, nesterovs_momentum=False, max_iter=1, shuffle=False,
                    warm_start=True)  # fmt: skip
    models, data = [], []
    warnings.filterwarnings("ignore", category=ConvergenceWarning)  # one epoch is what is asked for
    for member in range(len(one.nets)):
        chosen = one.order[member].flatten()
        data.append((one.x[chosen].numpy(), one.y[member, chosen].numpy()))
        models.append(MLPClassifier(**settings).fit(data[-1][0][:200], data[-1][1][:200]))

    def call() -> list[Any]:
        for model, (x, y), w1, b1, w2, b2 in zip(models, data, *one.start, strict=True):
            model.coefs_ = [w1.numpy().T.copy(), w2.numpy().T.copy()]
            model.intercepts_ = [b1.numpy().copy(), b2.numpy().copy()]
            model.fit(x, y)
        return models

    return call
