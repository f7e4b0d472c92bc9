"""The desk a chapter works at: sizes, generators, figures, explorers, and the judge.

A chapter opens its desk with ``ch = hdi.Chapter("walls/odds-of-walls")`` and closes it with
``ch.judge(...)``. In between, rooms that know nothing of claims compute, and rooms that compute nothing draw.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, TypeVar

import torch

from hdintuition import __version__, seeds
from hdintuition import scale as scales
from hdintuition.evidence import claims as claim_files
from hdintuition.evidence.interval import Interval
from hdintuition.evidence.verdict import judge
from hdintuition.page import downloads, explorer, figure
from hdintuition.page.mime import Shown
from hdintuition.page.words import Words
from hdintuition.records.reference import SCHEMA, load_reference

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from matplotlib.axes import Axes

    from hdintuition.evidence.claims import Claim

T = TypeVar("T")


class Desk(Shown):
    """A page's tools: how large to run, where from to draw random numbers, how to show a picture.

    Args:
        slug: The page, ``"part/chapter"`` or ``"index"``.
        scale: ``"smoke"``, ``"cpu"``, ``"gpu"``, or ``"auto"``: the environment variable ``HDI_SCALE``, else
            gpu where CUDA is there and cpu elsewhere.
        seed: The root of every random stream of the page.

    Raises:
        ValueError: If the scale is unknown or its device is absent, or the seed is negative.
    """

    claims: Mapping[str, Claim] = MappingProxyType({})
    """The claims that the page judges, by id; only a chapter has any."""

    def __init__(self, slug: str, *, scale: str = "auto", seed: int = 0) -> None:
        self.slug = slug
        self.scale = scales.resolve(scale)
        self.device = scales.device_of(self.scale)
        seeds.seed_of(root=seed)
        self.seed = seed
        super().__init__({"kind": "claims", "slug": slug, "stamp": self.stamp})

    @property
    def stamp(self) -> dict[str, Any]:
        """Scale, device, threads, seed and versions of this run."""
        cuda = self.device.type == "cuda"
        return {
            "scale": self.scale,
            "device": torch.cuda.get_device_name(self.device) if cuda else "cpu",
            "threads": torch.get_num_threads(),
            "seed": self.seed,
            "torch": torch.__version__,
            "version": __version__,
        }

    def size(self, *, smoke: T, cpu: T, gpu: T) -> T:
        """The one of the three that belongs to the scale of this run."""
        return {"smoke": smoke, "cpu": cpu, "gpu": gpu}[self.scale]

    def generator(self, *key: str | int) -> torch.Generator:
        """A generator of its own for every key, on the page's device.

        Args:
            key: Strings and non-negative integers, e.g. ``("surfaces", 3)``; the same key gives the same
                numbers, whatever was drawn before.
        """
        return seeds.generator(self.slug, *key, root=self.seed, device=self.device)

    def figure(
        self,
        name: str,
        draw: Callable[[Axes], str],
        *,
        finding: str,
        caption: str = "",
        say: str = "",
        do_not_say: str = "",
        claims: Sequence[str] = (),
    ) -> Shown:
        """A figure: ``draw(ax)`` draws and returns the alt text.

        Args:
            name: Lower-case words joined by hyphens; the figure's id is made of it and is frozen.
            draw: Draws on the axes it is given and returns what the picture shows, in words.
            finding: One sentence: the title of the figure's own page and of its slide.
            caption: What is plotted, and what the marks mean.
            say: One sentence, true on its own, that a speaker may repeat.
            do_not_say: The tempting overstatement, with the number against it.
            claims: The ids of the claims it bears on, the one it shows best first.

        Raises:
            ValueError: If the name is malformed, the finding empty, a claim not of this page, or no alt text
                comes back.
        """
        words = Words(finding, caption, say, do_not_say, tuple(claims)).checked(name, self.claims)
        return Shown(downloads.with_files(figure.figure_bundle(self.slug, name, draw, words), draw))

    def explorer(
        self,
        name: str,
        draw: Callable[..., str],
        *,
        finding: str,
        caption: str = "",
        say: str = "",
        do_not_say: str = "",
        claims: Sequence[str] = (),
        **settings: Any,
    ) -> explorer.Explorer:
        """An explorer: ``draw(ax, **setting)`` draws one frame and returns its alt text.

        Args:
            name: As for a figure, like finding, caption, say, do_not_say and claims.
            draw: Draws one frame; called with every combination of the settings.
            finding: One sentence.
            caption: What is plotted.
            say: One sentence that a speaker may repeat.
            do_not_say: The tempting overstatement.
            claims: The ids of the claims it bears on.
            settings: One or two, each a list of values (the starting one first) or ``hdi.slider``.

        Raises:
            ValueError: As for a figure; also without settings, with three, or above 40 frames.
        """
        words = Words(finding, caption, say, do_not_say, tuple(claims)).checked(name, self.claims)
        shortened = self.scale == "smoke"
        shown = explorer.explorer(self.slug, name, draw, words, settings=settings, shortened=shortened)
        downloads.with_files(shown.bundle, shown.draw_first)
        return shown


class Chapter(Desk):
    """The desk of a chapter: a :class:`Desk` with claims to judge. Shown, it is the claim cards.

    Raises:
        ValueError: As :class:`Desk`; also if no claim file has this slug, or its reference record cannot be
            read.
    """

    def __init__(self, slug: str, *, scale: str = "auto", seed: int = 0) -> None:
        super().__init__(slug, scale=scale, seed=seed)
        self.claims = claim_files.load(slug)
        self.reference = load_reference(slug)
        self.record: dict[str, Any] | None = None
        self._kept: dict[str, Any] = {}

    def keep(self, **measured: Any) -> Runs:
        """Keep what was measured: it goes into the record, and beside the reference run's.

        Args:
            measured: Intervals, stacks of them, or plain numbers and sequences of numbers (positions).

        Raises:
            TypeError: If a value is none of these.
            ValueError: If a plain number is not finite.
        """
        self._kept |= {name: _json(name, value) for name, value in measured.items()}
        there = self.reference["kept"] if self.reference is not None else {}
        return Runs(
            dict(measured), {name: there[name] for name in measured} if set(measured) <= set(there) else None
        )

    def judge(self, **claims: Mapping[str, Interval]) -> Shown:
        """Judge the chapter's claims by their rules; the last call of a chapter.

        Args:
            claims: For every claim of the chapter its measured tests: ``W2=dict(walled_in=interval)``.
                Tests with a proof are not given.

        Returns:
            What the cell shows: the verdict tables. Its record holds everything kept and measured.

        Raises:
            ValueError: If a claim or a test is missing, or unknown to the claim file.
            TypeError: If something measured is not an Interval.
        """
        if set(claims) != set(self.claims):
            given = ", ".join(claims) or "nothing"
            raise ValueError(f"{self.slug} judges {', '.join(self.claims)}; judge() was given {given}")
        for name, tests in claims.items():
            judge(self.claims[name], dict(tests))
        entries = {
            name: {
                test: {"interval": interval.json(), "rule": self.claims[name].tests[test].digest}
                for test, interval in tests.items()
            }
            for name, tests in claims.items()
        }
        self.record = {
            "schema": SCHEMA,
            "slug": self.slug,
            **self.stamp,
            "kept": self._kept,
            "claims": entries,
        }
        shown = self.record if self.reference is None else {**self.record, "reference": self.reference}
        return Shown({"kind": "verdicts", "record": shown})


@dataclass(frozen=True)
class Run:
    """What one run kept; its names are attributes. ``role`` is how it is drawn."""

    role: str
    values: Mapping[str, Any]

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_") or name not in self.values:
            raise AttributeError(f"this run kept {', '.join(self.values)}; there is no {name!r}")
        return self.values[name]


class Runs(Shown):
    """This run's numbers as attributes; ``runs`` holds this run and, if there is one, the reference run."""

    def __init__(self, measured: dict[str, Any], reference: Mapping[str, Any] | None) -> None:
        kept = {name: _json(name, value) for name, value in measured.items()}
        # A notebook file sorts the keys of its outputs: the order of the columns is kept beside them.
        super().__init__({"kind": "measurements", "order": list(kept), "kept": kept})
        here = Run("measured", measured)
        there = {} if reference is None else {name: _value(kept) for name, kept in reference.items()}
        self.runs = [here] if reference is None else [here, Run("reference", there)]

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_") or name in {"runs", "bundle"}:
            raise AttributeError(name)
        return getattr(self.runs[0], name)


def _json(name: str, value: Any) -> dict[str, Any]:
    """A kept value as a record holds it."""
    if isinstance(value, Interval):
        return value.json()
    if hasattr(value, "tolist"):
        value = value.tolist()
    plain = list(value) if isinstance(value, (range, list, tuple)) else value
    numbers = plain if isinstance(plain, list) else [plain]
    if all(isinstance(v, (int, float)) for v in numbers) and not isinstance(plain, bool):
        if not all(math.isfinite(v) for v in numbers):
            raise ValueError(
                f"keep takes finite numbers, for a record holds no others; {name} is {value}. Say what was measured "
                "otherwise, such as the share of runs that ended"
            )
        return {"value": plain}
    raise TypeError(
        f"keep takes Intervals, numbers and sequences of numbers; {name} is a {type(value).__name__}. "
        "Use hdi.mean, hdi.wilson or hdi.stack for what was measured"
    )


def _value(kept: Mapping[str, Any]) -> Any:
    return kept["value"] if "value" in kept else Interval.of_json(dict(kept))
