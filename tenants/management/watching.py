"""What a terminal shows of work on many schemas, and on many rows."""

from __future__ import annotations

import time
from typing import Any

from console.importing.progress import Pace
from tenants.operations.fleet import Fleet, Outcome

#: A run of no more schemas than this names each; of a larger one, the terminal sees how it goes.
NAMED = 20
#: After so many schemas, or so many seconds.
EVERY, SECONDS = 50, 1.0


class FleetLines:
    """Writes a line for each schema that fails, and now and then how far the run is."""

    def __init__(self, stdout: Any, stderr: Any) -> None:
        self._stdout, self._stderr = stdout, stderr
        self._at, self._count = time.monotonic(), 0

    def __call__(self, outcome: Outcome, fleet: Fleet) -> None:
        name = outcome.client.schema_name
        if outcome.error:
            self._stderr.write(f"{name}: {outcome.error}\n{outcome.detail}".rstrip())
        elif fleet.behind <= NAMED:
            self._stdout.write(f"{name}: Done")
            return
        over = fleet.done + fleet.failed
        if over - self._count >= EVERY or time.monotonic() - self._at >= SECONDS:
            self._at, self._count = time.monotonic(), over
            self._stdout.write(how_far(over, fleet.behind, fleet.rate, fleet.seconds_left))


def number_of(count: int, thing: str) -> str:
    """Such as “1 schema” or “1,200 schemas”."""
    return f"{count:,} {thing}{'' if count == 1 else 's'}"


def how_far(done: int, total: int, rate: float, seconds_left: float) -> str:
    """Such as “1,200 of 5,000, 300 a second, 13 seconds left”."""
    left = number_of(round(seconds_left), "second")
    return f"{done:,} of {total:,}, {rate:,.0f} a second, {left} left"


class RowsBar:
    """How far the work on rows is: a bar that is drawn over itself on a terminal, or else a line
    now and then. To be used as a context manager, at whose end the bar is gone."""

    WIDTH = 24
    #: A log needs less than a person who waits.
    SECONDS = 5.0

    def __init__(self, stream: Any) -> None:
        self._stream, self._pace = stream, Pace()
        self._is_terminal, self._said_at = stream.isatty(), time.monotonic()

    def __enter__(self) -> RowsBar:
        return self

    def __exit__(self, *of_error: Any) -> None:
        if self._is_terminal:
            self._draw("")

    def __call__(self, done: int, total: int) -> None:
        if not self._pace.is_time():
            return
        rate = self._pace.at(done)
        if total:
            words = how_far(done, total, rate, (total - done) / rate if rate else 0)
        else:
            words = "reading the file"
        if self._is_terminal:
            filled = self.WIDTH * done // total if total else 0
            self._draw(f"[{'#' * filled:{self.WIDTH}}] {words}")
        elif time.monotonic() - self._said_at >= self.SECONDS:
            self._said_at = time.monotonic()
            self._stream.write(words, style_func=str)

    def _draw(self, text: str) -> None:
        # What is no error is not in the colour of one.
        self._stream.write(f"\r{text}\x1b[K", style_func=str, ending="")
        self._stream.flush()
