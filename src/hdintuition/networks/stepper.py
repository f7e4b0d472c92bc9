"""An optimiser at work on the parameters of a stack: its settings laid out, its memory, its counters.

On CUDA a step is replayed from a graph, without a word from the host; whatever changes from step to step must then
be counted on the device.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from hdintuition.networks.arena import Arena
from hdintuition.networks.optimisers import Number, Optimiser
from hdintuition.networks.parametrisation import Scales


class Counter:
    """A number that the host and, on CUDA, the device count each for itself.

    Attributes:
        value: What the host has counted.
        state: The device's number in a list, or nothing on a CPU.
    """

    def __init__(self, device: torch.device) -> None:
        self.value = 0
        self.state = [torch.zeros(1, dtype=torch.int64, device=device)] if device.type == "cuda" else []

    def reset(self) -> None:
        """Both at zero."""
        self.value = 0
        for number in self.state:
            number.zero_()

    def tick(self) -> None:
        """One more on the device; the host counts by itself, as it does not see a step that is replayed."""
        for number in self.state:
            number.add_(1)

    def row(self, table: Tensor) -> Tensor:
        """The row of a table at this number."""
        if not self.state:
            return table[self.value]
        # Steps that only warm up a graph may count beyond the end.
        return table.index_select(0, self.state[0].clamp(max=len(table) - 1))[0]

    def next(self) -> Number:
        """The number plus one, as a float64 tensor on the device or a plain number."""
        return self.state[0][0].double() + 1 if self.state else self.value + 1


class Stepper:
    """Steps the numbers of one arena along the gradients in another.

    Args:
        rule: The optimiser.
        at: The parameters, stepped in place.
        gradient: Their gradient; changed by a step.
        scales: Of every tensor: what its rate is multiplied by.
        factors: What the rate is multiplied by at every step, or None.

    Attributes:
        count: Steps taken.
        state: What a step changes besides the parameters.
    """

    def __init__(
        self,
        rule: Optimiser,
        at: Arena,
        gradient: Arena,
        *,
        scales: Sequence[Scales],
        factors: Sequence[float] | None,
    ) -> None:
        self.rule, self.at, self.gradient = rule, at, gradient
        device = at.flat.device
        self.settings: dict[str, Number] = {name: self._laid(value) for name, value in rule.settings.items()}
        clip = torch.inf if rule.clip is None else rule.clip
        self.longest = torch.as_tensor(clip, dtype=at.flat.dtype, device=device)
        shares = [scale.adam if rule.adaptive else scale.sgd for scale in scales]
        if any(share != 1 for share in shares):
            self.settings["rate"] = self.settings["rate"] * at.per_tensor(shares)
        self.factors = None if factors is None else torch.tensor(factors, dtype=torch.float64, device=device)
        self.memory = {name: torch.zeros_like(at.flat) for name in rule.memory}
        self.count = Counter(device)
        self.state = [*self.memory.values(), *self.count.state]

    def step(self) -> None:
        """One step, in place."""
        self._clip()
        settings = self.settings
        if self.factors is not None:
            factor = self.count.row(self.factors)
            settings = {
                **settings,
                "rate": settings["rate"] * (factor if self.count.state else factor.item()),
            }
        self.rule.update(self.at.flat, self.gradient.flat, settings, self.memory, self.count.next())
        self.count.tick()

    def _laid(self, value: Number | bool) -> Number | bool:
        """One number, or one for each member beside that member's parameters."""
        if isinstance(value, Tensor):
            return self.at.spread(value) if value.ndim else value.item()
        return value

    def _clip(self) -> None:
        if self.rule.clip is None:
            return
        norms = self.gradient.norms()
        # A gradient of zero stays what it is.
        shorter = (self.longest / norms).clamp(max=1).nan_to_num(nan=1.0)
        for g in self.gradient.tensors:
            g.mul_(shorter.view(-1, *[1] * (g.ndim - 1)))
