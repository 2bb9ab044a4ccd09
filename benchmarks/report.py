"""What every benchmark reports, and how it takes turns."""

from __future__ import annotations

import gc
import os
import platform
import statistics
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from importlib.metadata import version
from typing import Any

from django.db import connection

#: Calls that are not measured: templates are compiled, plans are made, caches are filled.
WARM_UP = 2


@dataclass(frozen=True)
class Figure:
    """A value beside what it is compared with; ``ratio`` is the value by the other's."""

    figure: str
    value: float
    unit: str
    against: str
    against_value: float
    goal: str
    met: bool | None

    @property
    def ratio(self) -> float:
        return self.value / self.against_value


def take_turns(work: dict[str, Callable[[], None]], *, rounds: int, times: int) -> dict[str, float]:
    """The median seconds of one call of each, from ``rounds`` turns of ``times`` calls.

    Who begins changes from round to round, so that what the machine does beside it falls on all
    alike. Python sweeps its memory between the turns: its own rhythm would meet the same one each
    time.
    """
    seconds: dict[str, list[float]] = {name: [] for name in work}
    for call in work.values():
        for _time in range(WARM_UP):
            call()
    gc.collect()
    gc.freeze()
    gc.disable()
    order = list(work.items())
    for _round in range(rounds):
        order.reverse()
        for name, call in order:
            gc.collect()
            start = time.perf_counter()
            for _time in range(times):
                call()
            seconds[name].append((time.perf_counter() - start) / times)
    gc.enable()
    gc.unfreeze()
    return {name: statistics.median(values) for name, values in seconds.items()}


def report(name: str, figures: list[Figure]) -> dict[str, Any]:
    """One object with the figures, and what they were measured on."""
    with connection.cursor() as cursor:
        cursor.execute("SHOW server_version")
        postgresql = cursor.fetchone()[0]
    return {
        "name": name,
        "machine": {"cores": os.cpu_count(), "system": platform.system()},
        "versions": {
            "python": platform.python_version(),
            "postgresql": postgresql,
            **{package: version(package) for package in ("django", "django-tenants", "psycopg")},
        },
        "figures": [{**asdict(figure), "ratio": round(figure.ratio, 3)} for figure in figures],
    }
