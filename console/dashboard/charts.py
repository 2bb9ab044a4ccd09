"""Charts as lists of links: a bar for each number, and behind it the rows that it counts."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

#: How long the longest bar is; the drawings have this width, or height.
FULL = 100


@dataclass(frozen=True, slots=True)
class Bar:
    """One number of a chart."""

    label: Any
    number: int
    url: str
    #: The whole of it in words, for those who do not see the drawing: “June 2026: 3 clients”.
    text: str
    #: Of ``FULL``, as SVG writes it.
    length: str = "0"
    #: What is left of ``FULL``: where a bar begins that stands on the ground.
    rest: str = "100"
    kind: str = ""


def scaled(bars: Iterable[Bar]) -> list[Bar]:
    """The bars with their lengths, the longest being as long as can be.

    A number that is not zero can be seen, however small it is beside the others.
    """
    bars = list(bars)
    most = max((bar.number for bar in bars), default=0)
    return [_with_length(bar, most) for bar in bars]


def _with_length(bar: Bar, most: int) -> Bar:
    length = max(FULL * bar.number / most, 1.5) if bar.number else 0
    return Bar(
        bar.label,
        bar.number,
        bar.url,
        bar.text,
        f"{length:.1f}",
        f"{FULL - length:.1f}",
        bar.kind,
    )
