"""An estimate with its 95 % interval: what every chapter measures, and all that drawing and judging take."""

from __future__ import annotations

import html
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NoReturn

import numpy as np

from hdintuition.evidence import numbers
from hdintuition.evidence.arrays import as_float64, check_order, checked_note, frozen_float64, plain


@dataclass(frozen=True, eq=False, repr=False)
class Interval:
    """One estimate with its 95 % interval, or a stack of them.

    Args:
        estimate: A number, or a one-dimensional array (a stack); kept in float64. May be infinite.
        low: Lower bounds, of the same shape, nowhere above the estimate.
        high: Upper bounds, of the same shape, nowhere below the estimate.
        note: What it rests on ("36 of 10 000", "8 draws"); for a stack one for all, or a tuple.

    An Interval is multiplied, divided and shifted by exact numbers only. Two of them are never
    combined: the bounds of a difference do not follow from the bounds of its terms.

    Raises:
        ValueError: If the shapes differ, a value is NaN, or the estimate lies outside its bounds.

    >>> x = Interval(0.245, 0.235, 0.255)
    >>> print(f"{x} | {x:%} | {100 * x:.0f}")
    0.245 (0.235 to 0.255) | 24.5\u2009% | 24
    """

    estimate: Any
    low: Any
    high: Any
    note: str | tuple[str, ...] = ""

    __array_ufunc__ = None  # array * interval is the interval's business, not numpy's

    def __post_init__(self) -> None:
        for name in ("estimate", "low", "high"):
            given = getattr(self, name)
            if isinstance(given, Interval):
                _refuse_two()
            object.__setattr__(self, name, frozen_float64(given, name))
        object.__setattr__(self, "note", checked_note(self.note, np.shape(self.estimate)))
        check_order(self.estimate, self.low, self.high)

    @property
    def is_stack(self) -> bool:
        """True for a stack, False for one estimate."""
        return bool(np.ndim(self.estimate))

    def __len__(self) -> int:
        self._need_stack("has no length")
        return len(self.estimate)

    def __bool__(self) -> bool:
        raise TypeError("an Interval is neither true nor false; compare its .low or .high with a number")

    def __getitem__(self, index: int | slice) -> Interval:
        """One estimate of a stack, or with a slice a shorter stack."""
        self._need_stack("cannot be indexed")
        note = self.note[index] if isinstance(self.note, tuple) else self.note
        return Interval(self.estimate[index], self.low[index], self.high[index], note)

    def __iter__(self) -> Iterator[Interval]:
        self._need_stack("cannot be iterated over")
        return (self[i] for i in range(len(self)))

    def __neg__(self) -> Interval:
        return Interval(-self.estimate, -self.high, -self.low, self.note)

    def __add__(self, other: Any) -> Interval:
        c = self._constant(other)
        return Interval(self.estimate + c, self.low + c, self.high + c, self.note)

    def __sub__(self, other: Any) -> Interval:
        return self + -self._constant(other)

    def __rsub__(self, other: Any) -> Interval:
        return -self + other

    def __mul__(self, other: Any) -> Interval:
        c = self._constant(other)
        ends = self.low * c, self.high * c
        return Interval(self.estimate * c, np.minimum(*ends), np.maximum(*ends), self.note)

    def __truediv__(self, other: Any) -> Interval:
        c = self._constant(other)
        if np.any(c == 0):
            raise ZeroDivisionError("an Interval cannot be divided by 0")
        ends = self.low / c, self.high / c
        return Interval(self.estimate / c, np.minimum(*ends), np.maximum(*ends), self.note)

    __radd__ = __add__
    __rmul__ = __mul__

    def __eq__(self, other: object) -> bool:
        """Same estimates, same bounds, same note; for tests and records."""
        return self._key() == other._key() if isinstance(other, Interval) else NotImplemented

    def __hash__(self) -> int:
        return hash(self._key())

    def __format__(self, spec: str) -> str:
        """The text that :func:`hdintuition.evidence.numbers.interval_text` gives for ``spec``."""
        if self.is_stack:
            return "[" + ", ".join(format(one, spec) for one in self) + "]"
        values = float(self.estimate), float(self.low), float(self.high)
        return numbers.interval_text(*values, spec, basis=self._basis())

    def __str__(self) -> str:
        return format(self)

    def __repr__(self) -> str:
        notes = "" if not self.note else self.note if isinstance(self.note, str) else "; ".join(self.note)
        return f"<Interval {self}{', ' if notes else ''}{notes}>"

    def _repr_html_(self) -> str:
        """For notebooks: a share in per cent, anything else as it is, and what it rests on."""
        ones = list(self) if self.is_stack else [self]
        return f'<span class="hd-interval">{"; ".join(one._html() for one in ones)}</span>'

    def json(self) -> dict[str, Any]:
        """A dictionary of plain numbers, lists and strings; infinities are ``"inf"`` and ``"-inf"``."""
        values = {name: plain(getattr(self, name)) for name in ("estimate", "low", "high")}
        return values | {"note": list(self.note) if isinstance(self.note, tuple) else self.note}

    @classmethod
    def of_json(cls, record: dict[str, Any]) -> Interval:
        """The Interval that :meth:`json` wrote.

        Raises:
            ValueError: If a key is missing or unknown, or the numbers make no Interval.
        """
        wanted = {"estimate", "low", "high", "note"}
        if set(record) != wanted:
            raise ValueError(f"an Interval record has the keys {sorted(wanted)}, got {sorted(record)}")
        note = record["note"]
        estimate, low, high = (
            np.asarray(record[name], dtype=np.float64) for name in ("estimate", "low", "high")
        )
        return cls(estimate, low, high, note if isinstance(note, str) else tuple(note))

    def _html(self) -> str:
        share = isinstance(self.note, str) and " of " in self.note and self.low >= 0 and self.high <= 1
        note = f" <small>{html.escape(str(self.note))}</small>" if self.note else ""
        return html.escape(f"{self:%i}" if share else f"{self}") + note

    def _basis(self) -> numbers.Basis:
        if self.note == "exact":
            return "exact"
        never = self.estimate == self.low == 0 < self.high and str(self.note).startswith("0 of ")
        return "unseen" if never else "measured"

    def _key(self) -> tuple[Any, ...]:
        values = (self.estimate, self.low, self.high)
        return np.shape(self.estimate), *(tuple(np.ravel(value).tolist()) for value in values), self.note

    def _need_stack(self, problem: str) -> None:
        if not self.is_stack:
            raise TypeError(f"a single Interval {problem}; stack several with hdi.stack([...])")

    def _constant(self, other: Any) -> Any:
        if isinstance(other, Interval):
            _refuse_two()
        c = as_float64(other)
        if c.shape not in ((), np.shape(self.estimate)):
            raise ValueError(
                f"an Interval of shape {np.shape(self.estimate)} goes with a number or an array of that "
                f"shape, got shape {c.shape}"
            )
        return c[()]


def _refuse_two() -> NoReturn:
    raise TypeError(
        "two Intervals cannot be combined: the bounds of a difference or ratio do not follow from theirs. "
        "Pair the differences draw by draw and take hdi.mean of them"
    )
