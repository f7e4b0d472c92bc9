"""What is said of a figure: above it, below it, and by a speaker who shows it."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Collection


@dataclass(frozen=True)
class Words:
    """The sentences of a figure or explorer, and the claims that it bears on.

    Args:
        finding: What it shows, one sentence; it becomes the title of the figure's own page and of its slide.
        caption: What is plotted and what the marks mean.
        say: One sentence, true on its own, for a speaker to repeat.
        do_not_say: The tempting overstatement, with the number against it.
        claims: The ids of the claims that it bears on, the one it shows best first.
    """

    finding: str
    caption: str = ""
    say: str = ""
    do_not_say: str = ""
    claims: tuple[str, ...] = ()

    def checked(self, name: str, known: Collection[str]) -> Words:
        """These words, if the figure ``name`` may say them.

        Raises:
            ValueError: If the finding is empty, or a claim is not among ``known``.
        """
        if not self.finding.strip():
            raise ValueError(f"figure {name!r} needs a finding: one sentence that says what it shows")
        strange = [claim for claim in self.claims if claim not in known]
        if strange:
            allowed = ", ".join(known) or "none"
            raise ValueError(
                f"figure {name!r} names claims {', '.join(strange)}; this page judges: {allowed}. "
                'Give a list of its ids, such as claims=["W2"]'
            )
        return self

    def json(self) -> dict[str, Any]:
        """As a bundle holds them."""
        return asdict(self) | {"claims": list(self.claims)}
