"""What a terminal shows of work on many schemas."""

from __future__ import annotations

import time
from typing import Any

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
            self._stdout.write(
                f"{over} of {fleet.behind}, {fleet.rate:.0f} a second, "
                f"{fleet.seconds_left:.0f} seconds left"
            )
