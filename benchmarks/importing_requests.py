"""What other people wait while an import runs: those of the same company, and those of another."""

from __future__ import annotations

import statistics
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from itertools import cycle
from pathlib import Path

from benchmarks.importing_process import ImportProcess
from benchmarks.importing_rows import Keys, fill
from benchmarks.isolation_requests import Kind, Visitor, send, sign_in
from benchmarks.report import Figure
from benchmarks.web import serve
from tenants.models import Client

PROCESSES = 2
#: So many requests of each kind to each company are enough, and so many imports.
REQUESTS, IMPORTS = 100, 3
WARM_UP = 5
A_LIST, A_CHANGE = "a list", "a change"
THE_SAME, ANOTHER = "the same company", "another company"

_THERE = {"from": "open", "to": "in_progress"}
_BACK = {"from": "in_progress", "to": "open"}

#: By the kind of request, whose it is, and whether an import was running: seconds.
Waits = dict[tuple[str, str, bool], list[float]]


def waits(
    clients: list[Client], keys: list[Keys], path: Path, rows: int, say: Callable[[str], None]
) -> Iterator[Figure]:
    """Milliseconds of requests one after the other, with an import into the first company and
    without. The imports check the file first."""
    found: Waits = defaultdict(list)
    with_import, without = ((A_LIST, THE_SAME, importing) for importing in (True, False))
    environ = {"DJANGO_SETTINGS_MODULE": "benchmarks.web_settings", "LOG_LEVEL": "CRITICAL"}
    with serve(processes=PROCESSES, environ=environ) as port:
        for number in range(IMPORTS):
            if len(found[with_import]) >= REQUESTS:
                break
            say(f"Measuring: other requests, with import {number + 1} and without")
            people = {
                whose: _visitor(clients[company], company, keys[company], rows)
                for company, whose in enumerate((THE_SAME, ANOTHER))
            }
            kinds = _kinds()
            for _time in range(WARM_UP):
                _each_once(port, kinds, people, defaultdict(list), importing=False)
            while len(found[without]) < REQUESTS:
                _each_once(port, kinds, people, found, importing=False)
            process = ImportProcess(clients[0].schema_name, path, rows)
            while process.is_running:
                _each_once(port, kinds, people, found, importing=True)
            process.result()
    for kind in _kinds():
        for whose in (THE_SAME, ANOTHER):
            yield from _figures(kind, whose, found)


def _kinds() -> dict[str, Kind]:
    """The list of tasks, and the status of one changed there and back."""
    turns = {number: cycle((_THERE, _BACK)) for number in range(2)}
    return {
        A_LIST: Kind(1, lambda visitor: "/tenant_data/task/"),
        A_CHANGE: Kind(
            1,
            lambda visitor: f"/tenant_data/task/{visitor.task}/status/",
            data=lambda visitor: next(turns[visitor.number]),
        ),
    }


def _each_once(
    port: int, kinds: dict[str, Kind], people: dict[str, Visitor], into: Waits, *, importing: bool
) -> None:
    for name, kind in kinds.items():
        for whose, visitor in people.items():
            start = time.perf_counter()
            answer = send(port, kind, visitor, visitor)
            into[name, whose, importing].append(time.perf_counter() - start)
            if answer.status != 200:
                raise RuntimeError(f"{name} of {whose} was answered {answer.status}")


def _visitor(client: Client, number: int, keys: Keys, rows: int) -> Visitor:
    """With a task that no file speaks of."""
    return sign_in(client, number, fill(client.schema_name, keys, rows))


def _figures(kind: str, whose: str, found: Waits) -> Iterator[Figure]:
    with_import, without = (found[kind, whose, importing] for importing in (True, False))
    for name, of in (("median", statistics.median), ("p99", _p99)):
        yield Figure(
            f"{kind}, {whose}, {name} of {len(with_import)}",
            of(with_import) * 1000,
            "ms",
            f"no import, of {len(without)}",
            of(without) * 1000,
            "none",
            None,
        )


def _p99(seconds: list[float]) -> float:
    return statistics.quantiles(seconds, n=100, method="inclusive")[98]
